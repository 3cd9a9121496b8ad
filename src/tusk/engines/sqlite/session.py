"""One SQLite connection, and the statements run on it."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.core.dialect import SQLITE, Dialect, quote_identifier
from tusk.core.errors import ConnectionLost, QueryError
from tusk.core.statement import BoundText, Statement, StatementKind, bind, classify, first_word
from tusk.engines.base import ServerInfo, TransactionState
from tusk.engines.embedded import EmbeddedSession
from tusk.engines.sqlite.cursor import SQLiteCursor
from tusk.engines.sqlite.errors import DRIVER_ERRORS, map_error, primary_code
from tusk.engines.sqlite.values import Value, decode_text, parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tusk.core.events import Notice
    from tusk.core.params import ParameterValue
    from tusk.engines.base import FetchMode, Target
    from tusk.engines.running import Running
    from tusk.engines.sqlite.access import Access

_LOCK_WAIT_S = 5.0
# SQLite tells nobody when a lock goes, and its own waiting for that cannot be cancelled.
_LOCK_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Link:
    """A driver's connection with what tusk attached to it."""

    connection: sqlite3.Connection
    access: Access

    def accept_any_text(self) -> None:
        """Decode text that is not UTF-8 from now on."""
        self.connection.text_factory = decode_text


class SQLiteSession(EmbeddedSession[SQLiteCursor]):
    """One connection to an SQLite database.

    Args:
        target: What it is connected to.
        connect: Opens the connection, now and when it is reopened.
        owns_link: False when the connection belongs to another session.
    """

    def __init__(
        self, target: Target, connect: Callable[[], Link], *, owns_link: bool = True
    ) -> None:
        super().__init__(target)
        self._connect = connect
        self._owns_link = owns_link
        self._link: Link | None = connect()

    @property
    def dialect(self) -> Dialect:
        """SQLite's lexical rules."""
        return SQLITE

    @property
    def transaction(self) -> TransactionState:
        """State of the transaction."""
        if self._link is None:
            return TransactionState.LOST
        if self._link.connection.in_transaction:
            return TransactionState.IN_TRANSACTION
        return TransactionState.ACTIVE if self._is_busy else TransactionState.IDLE

    def sibling(self) -> SQLiteSession:
        """Another session of the same database.

        A database in memory belongs to its connection, so there the two share it, and with it
        the transaction; cancelling one also cancels what the other runs.
        """
        link = self._require()
        if self._target.parameters.get("path"):
            return SQLiteSession(self._target, self._connect)
        return SQLiteSession(self._target, lambda: link, owns_link=False)

    def _require(self) -> Link:
        if self._link is None:
            raise ConnectionLost("the connection is closed", hint="open it again")
        return self._link

    def _open(
        self,
        running: Running,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None,
        mode: FetchMode,
        on_notice: Callable[[Notice], None] | None,
    ) -> SQLiteCursor:
        link = self._require()
        given = parameters or {}
        bound = BoundText(statement.text, ())
        if given:
            bound = bind(statement.text, SQLITE, given, lambda number, _: f"?{number}")
        values = [parameter(name, given[name]) for name in bound.names]
        was_in_transaction = link.connection.in_transaction

        def fail(exc: BaseException) -> QueryError:
            ended = was_in_transaction and not link.connection.in_transaction
            return self._failed(exc, bound, running, transaction_ended=ended)

        try:
            with running.working():
                return self._run(link, bound.text, values, running, fail)
        except DRIVER_ERRORS as exc:
            running.finish()
            raise fail(exc) from exc

    def _interrupt(self) -> None:
        if (link := self._link) is not None:
            link.connection.interrupt()

    def _run(
        self,
        link: Link,
        text: str,
        values: list[Value],
        running: Running,
        fail: Callable[[BaseException], QueryError],
    ) -> SQLiteCursor:
        connection = link.connection
        link.access.columns_read.clear()
        changes_before = connection.total_changes

        def count() -> int:
            # Asked only when something changed: it would repeat an earlier statement's number.
            if connection.total_changes == changes_before:
                return 0
            return int(_ask(connection, "SELECT changes()"))

        cursor = connection.cursor()
        try:
            self._execute_waiting(cursor, text, values, running)
        except BaseException:
            # Left to the garbage collector, it would be collected by any thread at any time,
            # which then waits until this connection's next statement has ended.
            cursor.close()
            raise
        return SQLiteCursor(
            cursor,
            running,
            word=first_word(text, SQLITE),
            changes_rows=classify(text, SQLITE) is StatementKind.DML,
            accept_any_text=link.accept_any_text,
            declared=lambda name: self._declared(link, name),
            count=count,
            fail=fail,
        )

    def _execute_waiting(
        self, cursor: sqlite3.Cursor, text: str, values: list[Value], running: Running
    ) -> None:
        """Execute; while another connection holds the database, wait and try again."""
        give_up = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                cursor.execute(text, values)
            except sqlite3.OperationalError as exc:
                is_locked = primary_code(exc) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
                # A snapshot that is too old does not become newer by waiting.
                is_hopeless = exc.sqlite_errorcode == sqlite3.SQLITE_BUSY_SNAPSHOT
                if not is_locked or is_hopeless or time.monotonic() > give_up:
                    raise
                running.check()
                time.sleep(_LOCK_POLL_S)
            else:
                return

    def _declared(self, link: Link, name: str) -> str:
        """The declared type of a result column that has the name of a column just read."""
        for database, table, column in dict.fromkeys(link.access.columns_read):
            if column != name:
                continue
            pragma = f"{quote_identifier(database)}.table_info({quote_identifier(table)})"
            for row in link.connection.execute(f"PRAGMA {pragma}").fetchall():
                if row[1] == name:
                    return str(row[2])
        return ""

    def _failed(
        self, exc: BaseException, bound: BoundText, running: Running, *, transaction_ended: bool
    ) -> QueryError:
        if (stopped := running.error()) is not None:
            if transaction_ended:
                stopped.hint = "the transaction was rolled back"
            return stopped
        error = map_error(exc, bound.text, self._try_parse, transaction_ended=transaction_ended)
        if error.position is not None:
            error.position = bound.original_offset(error.position)
        return error

    def _try_parse(self, text: str) -> str:
        """What SQLite says to a text; EXPLAIN parses it without running it."""
        try:
            self._require().connection.execute(f"EXPLAIN {text}").close()
        except DRIVER_ERRORS as exc:
            return str(exc)
        return ""

    def _command(self, text: str) -> None:
        self.execute(Statement(text)).close()

    def begin(self) -> None:
        """Open a transaction."""
        if self._require().connection.in_transaction:
            raise QueryError("a transaction is open already")
        self._command("BEGIN")

    def commit(self) -> None:
        """Commit the open transaction."""
        self._require_transaction()
        self._command("COMMIT")

    def rollback(self) -> None:
        """Roll the open transaction back."""
        if self._link is not None and self._link.connection.in_transaction:
            self._command("ROLLBACK")

    def savepoint(self, name: str) -> None:
        """Set a savepoint in the open transaction."""
        self._require_transaction()
        self._command(f"SAVEPOINT {quote_identifier(name)}")

    def rollback_to(self, name: str) -> None:
        """Roll back to a savepoint, keeping it."""
        self._require_transaction()
        self._command(f"ROLLBACK TO {quote_identifier(name)}")

    def _require_transaction(self) -> None:
        if not self._require().connection.in_transaction:
            raise QueryError("no transaction is open")

    def reopen(self) -> None:
        """Open the database again."""
        self.close()
        self._link = self._connect()

    def test(self) -> ServerInfo:
        """Ask the database who and how it is."""
        connection = self._require().connection
        self._let_go()
        began = time.perf_counter()
        version = _ask(connection, "SELECT sqlite_version()")
        latency = time.perf_counter() - began
        return ServerInfo(
            product="SQLite",
            version=version,
            latency_s=latency,
            is_read_only=self._target.read_only,
            encoding=_ask(connection, "PRAGMA encoding"),
            database=self._target.parameters.get("path", "") or "memory",
            details={"journal": _ask(connection, "PRAGMA journal_mode")},
        )

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self._let_go()
        if self._link is not None and self._owns_link:
            self._link.connection.close()
        self._link = None


def _ask(connection: sqlite3.Connection, query: str) -> str:
    """The one value that a query gives, as text."""
    [(value,)] = connection.execute(query).fetchall()
    return str(value)
