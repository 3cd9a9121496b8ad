"""Keeps a snapshot of the catalogue, loaded in the background and swapped as a whole."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tusk.catalog.overview import Overview, Row
from tusk.core.errors import ConnectError
from tusk.core.schema import db_type_of
from tusk.core.statement import Statement, StatementKind
from tusk.services.completion.local import search_path_of
from tusk.services.completion.snapshot import (
    Column,
    ForeignKey,
    Function,
    Relation,
    Snapshot,
    split_arguments,
)
from tusk.services.connection import HasSibling, open_session

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.engines.base import Session
    from tusk.services.connection import Connection


def spare_session(connection: Connection) -> Session:
    """Open one more session of a connection, for the caller to close.

    Raises:
        ConnectError: The connection is not open, or refuses another session.
    """
    session = connection.session
    return session.sibling() if isinstance(session, HasSibling) else open_session(session.target)


class CompletionCatalog:
    """The latest snapshot of one connection's catalogue.

    `snapshot` costs nothing and never waits. `refresh` blocks: call it from a worker thread, once
    when the connection is open and again when `follow` says so.

    Args:
        dialect: Of the connection.
        connect: Opens a session of its own for each refresh, so that no statement of the user's
            is waited for.
    """

    def __init__(self, dialect: Dialect, connect: Callable[[], Session]) -> None:
        self._connect = connect
        self._loading = threading.Lock()
        self._counting = threading.Lock()
        self._snapshot = Snapshot(dialect)
        self._search_path: tuple[str, ...] | None = None
        self._may_be_uncommitted = False
        self._reading: Session | None = None
        self._is_stopped = False
        self._asked = 0
        self._loaded = 0

    @classmethod
    def of(
        cls, connection: Connection, opened: Callable[[Session], None] = lambda session: None
    ) -> CompletionCatalog:
        """The catalogue of an open connection.

        Args:
            connection: Whose.
            opened: Called with the session of each refresh, before it reads.
        """

        def connect() -> Session:
            session = spare_session(connection)
            opened(session)
            return session

        return cls(connection.dialect, connect)

    @property
    def asked(self) -> int:
        """How often `refresh` was called."""
        return self._asked

    @property
    def is_reading(self) -> bool:
        """Whether a session reads for a refresh."""
        return self._reading is not None

    @property
    def snapshot(self) -> Snapshot:
        """What is known now; empty until the first `refresh` is over."""
        path = self._search_path
        return self._snapshot if path is None else self._snapshot.with_search_path(path)

    def refresh(self) -> Snapshot:
        """Read the catalogue anew.

        While one thread reads, others that ask wait, and share one more reading.

        Raises:
            ConnectError: No session can be opened. The old snapshot stays.
            QueryError: The server refused. The old snapshot stays.
        """
        with self._counting:
            self._asked += 1
            wanted = self._asked
        with self._loading:
            if self._loaded < wanted:
                covered = self._asked
                self._snapshot = self._read()
                self._loaded = covered
        return self.snapshot

    def _read(self) -> Snapshot:
        with closing(self._connect()) as session:
            self._reading = session
            try:
                if self._is_stopped:
                    raise ConnectError("the connection was closed")
                return load_snapshot(session)
            finally:
                self._reading = None

    def stop(self) -> None:
        """Give up a refresh that goes on, since the connection is closed. Any thread."""
        self._is_stopped = True
        self.give_up()

    def give_up(self) -> None:
        """End a refresh that goes on, which fails then: the server may never answer. Any thread."""
        if (session := self._reading) is not None:
            session.abandon()

    def follow(self, statements: Iterable[Statement]) -> bool:
        """Take statements that the user's session has run; whether to `refresh` because of them.

        A search path that they set is followed at once: the session that reads does not see it. Nor
        does it see what is not committed, so that a commit counts when anything has changed before.
        """
        is_outdated = False
        for statement in statements:
            path = search_path_of(statement.text, self._snapshot.dialect)
            if path is not None:
                self._search_path = path or None
            if changes_names(statement):
                is_outdated = self._may_be_uncommitted = True
            elif statement.kind is StatementKind.TRANSACTION and _COMMIT.match(statement.text):
                is_outdated = is_outdated or self._may_be_uncommitted
                self._may_be_uncommitted = False
        return is_outdated


_FIRST_WORD = re.compile(r"\s*(?:select|call|do|execute)\b", re.IGNORECASE)
_COMMIT = re.compile(r"\s*(?:commit|end)\b", re.IGNORECASE)
_CHANGES = re.compile(
    r"\b(?:attach|detach|use|rollback|import|install|load|prepared)\b",
    re.IGNORECASE,
)


def changes_names(statement: Statement) -> bool:
    """Whether a statement may make, change or drop something that completion knows.

    >>> changes_names(Statement("create table t (a int)", kind=StatementKind.DDL))
    True
    >>> changes_names(Statement("select 1"))
    False
    """
    if statement.kind is StatementKind.DDL:
        # Comments and rights show nowhere in names, but REINDEX and GRANT cost a refresh only.
        return True
    if statement.kind in {StatementKind.UTILITY, StatementKind.TRANSACTION}:
        return _CHANGES.search(statement.text[:200]) is not None
    # SELECT … INTO makes a table; DO and CALL may do anything.
    is_open = _FIRST_WORD.match(statement.text) is not None
    return statement.kind is StatementKind.DML and is_open


def load_snapshot(session: Session) -> Snapshot:
    """Read the catalogue of a session.

    Raises:
        QueryError: The server refused, or the connection is gone.
    """
    overview = Overview(session)
    schemas = overview.schemas()
    placed = sorted((s["place"], s["name"]) for s in schemas if s["place"] and s["is_current"])
    current = next((s["database"] for s in schemas if s["is_current"]), "")
    snapshot = Snapshot(
        session.dialect,
        tuple(_relations(overview)),
        tuple(dict.fromkeys(s["name"] for s in schemas if _is_typeable(s["name"]))),
        _databases(schemas, session.dialect),
        tuple(dict.fromkeys(name for _, name in placed)),
        tuple(_function(row) for row in overview.functions() if _is_typeable(row["name"])),
        tuple(_foreign_key(row) for row in overview.foreign_keys()),
        tuple(dict.fromkeys(t["name"] for t in overview.types() if _is_typeable(t["name"]))),
        current,
        tuple((s["name"], s["comment"] or "") for s in overview.settings()),
    )
    snapshot.warm()
    return snapshot


def _databases(schemas: Iterable[Row], dialect: Dialect) -> tuple[str, ...]:
    """Databases whose names can stand before a schema's."""
    if dialect.name not in {"duckdb", "datafusion"}:
        return ()
    return tuple(dict.fromkeys(s["database"] for s in schemas if not s["is_current"]))


def _is_typeable(name: str) -> bool:
    """Not those that are no valid UTF-8: no statement can be written with them."""
    return name.isascii() or not any(0xD800 <= ord(char) < 0xE000 for char in name)


def _relations(overview: Overview) -> list[Relation]:
    """Relations with their columns."""
    columns: dict[tuple[Any, ...], list[Row]] = {
        place: list(rows) for place, rows in groupby(overview.columns(), _place_of_column)
    }
    found: list[Relation] = []
    for row in overview.relations():
        own = [
            c for c in columns.get((row["database"], row["schema"], row["name"]), ())
            if _is_typeable(c["name"])
        ]  # fmt: skip
        if _is_typeable(row["name"]):
            found.append(_relation(row, own))
    return found


def _place_of_column(row: Row) -> tuple[Any, ...]:
    return row["database"], row["schema"], row["relation"]


def _relation(row: Row, columns: list[Row]) -> Relation:
    # Names and types repeat from table to table: each is kept once.
    return Relation(
        sys.intern(row["schema"]),
        row["name"],
        sys.intern(row["kind"]),
        tuple(sys.intern(c["name"]) for c in columns),
        tuple(sys.intern(c["type"] or "") for c in columns),
        sys.intern(row["database"] or ""),
        row["comment"] or "",
        {c["name"]: c["comment"] for c in columns if c["comment"]},
        frozenset(c["name"] for c in columns if c["is_generated"]),
        bool(row["is_system"]),
    )


def _foreign_key(row: Row) -> ForeignKey:
    return ForeignKey(
        row["schema"],
        row["relation"],
        tuple(row["columns"]),
        row["referenced_schema"],
        row["referenced"],
        tuple(row["referenced_columns"]),
        row["database"] or "",
    )


def _function(row: Row) -> Function:
    arguments = row.get("arguments")
    if arguments is None:
        # An example of a call: its arguments as the manual names them.
        example = (row.get("example") or "").partition("\n")[0]
        arguments = example.partition("(")[2].rpartition(")")[0]
    return Function(
        sys.intern(row["schema"]),
        row["name"],
        sys.intern(row["kind"]),
        tuple(sys.intern(a) for a in split_arguments(arguments)),
        "" if "{" in (row["result"] or "") else sys.intern(row["result"] or ""),
        row["comment"] or "",
        bool(row["is_system"]),
        tuple(row.get("options") or ()),
    )


def describe_source(session: Session, source: str) -> list[Column]:
    """The columns of a file, by reading no row of it; see `FileCatalog`.

    Args:
        session: Used by one call at a time.
        source: From `WantedColumns.source`.

    Raises:
        QueryError: It cannot be read.
    """
    # The source is a literal, or a reading function's call with literals only.
    query = f"select * from {source} limit 0"  # noqa: S608
    cursor = session.execute(Statement(query))
    try:
        schema = cursor.schema
        return [] if schema is None else [Column(f.name, db_type_of(f)) for f in schema]
    finally:
        cursor.close()
