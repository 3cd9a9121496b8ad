"""Sessions for the catalogue's tests, one that counts, and names that break careless SQL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from tusk.core.params import ParameterValue
from tusk.core.statement import Statement, split
from tusk.engines.base import Cursor, Session, Target
from tusk.engines.registry import load_engine
from tusk.engines.target import parse_target

HOSTILE_NAMES = [
    "plain",
    "Upper",
    "select",
    " leading",
    "trailing ",
    'quo"te',
    '"',
    "apo'strophe",
    "back\\slash",
    "new\nline",
    "tab\tbed",
    "esc\x1b[31m",
    "bidi\u202egnp.exe",
    "ünïcödé 表",
    "x" + "é" * 31,
    "a.b",
    "[x]",
    "`tick`",
    "%s",
    "%",
    "_",
    ":schema",
    "{schema}",
    "$1",
    "?",
    "/* c",
    "-- c",
    "; drop table plain; --",
    "[/markup]",
]
"""Each is at most 63 bytes long, PostgreSQL's limit; the one with `é` exactly."""


def open_session(target: Target) -> Session:
    """Connect with the engine that the target names."""
    return load_engine(target.engine).connect(target)


def open_postgres(dsn: str) -> Session:
    """A session on PostgreSQL."""
    return open_session(parse_target(dsn))


def open_duckdb(path: str = "") -> Session:
    """A session on a DuckDB database, in memory without a path."""
    return open_session(Target("duckdb", "duckdb", {"path": path, "create": "true"}))


def open_sqlite(path: Path, *, read_only: bool = False) -> Session:
    """A session on a SQLite file, which is made if need be."""
    parameters = {"path": str(path), "create": "true"}
    return open_session(Target("sqlite", "sqlite", parameters, read_only=read_only))


def open_datafusion() -> Session:
    """A session on an empty DataFusion."""
    return open_session(Target("datafusion", "datafusion", {"path": ""}))


def run(session: Session, script: str) -> None:
    """Run statements and read them to the end."""
    for statement in split(script, session.dialect):
        for _ in session.execute(statement).batches():
            pass


def rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    """The rows of one statement."""
    (statement,) = split(sql, session.dialect)
    return [
        tuple(row.values())
        for batch in session.execute(statement).batches()
        for row in batch.to_pylist()
    ]


class CountingSession:
    """A session that remembers the statements sent through it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.sent: list[str] = []

    def execute(
        self,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None = None,
        **options: Any,
    ) -> Cursor:
        self.sent.append(statement.text)
        return self._session.execute(statement, parameters, **options)

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)


def counting(session: Session) -> tuple[Session, list[str]]:
    """The same session, and the list that its statements are added to."""
    wrapped = CountingSession(session)
    return cast("Session", wrapped), wrapped.sent
