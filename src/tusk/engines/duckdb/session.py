"""One DuckDB connection, and the statements run on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import duckdb

from tusk.core.dialect import DUCKDB, Dialect
from tusk.core.errors import ConnectionLost, MissingExtraError, QueryError
from tusk.core.search_path import write_search_path
from tusk.core.statement import Statement
from tusk.engines.base import FetchMode, ServerInfo, Target, TransactionState
from tusk.engines.duckdb.cursor import DuckDBCursor
from tusk.engines.duckdb.errors import map_error
from tusk.engines.duckdb.execution import DRIVER_ERRORS, Answer, Message, send
from tusk.engines.duckdb.extensions import EXTRAS, missing_extension, with_extensions
from tusk.engines.embedded import EmbeddedSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tusk.core.events import Notice
    from tusk.core.params import ParameterValue
    from tusk.engines.running import Running

_BEGIN_WORDS = frozenset(["BEGIN", "START"])


class Database(Protocol):
    """Where the connections of sessions come from; see `tusk.engines.duckdb.engine`."""

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection for one more session."""
        ...

    def release(self) -> None:
        """A session has closed its connection."""
        ...


class DuckDBSession(EmbeddedSession[DuckDBCursor]):
    """One connection to a DuckDB database.

    Args:
        target: What it is connected to.
        database: The instance, which siblings share.
    """

    def __init__(self, target: Target, database: Database) -> None:
        super().__init__(target)
        self._database = database
        self._connection: duckdb.DuckDBPyConnection | None = database.connect()
        self._transaction = TransactionState.IDLE

    @property
    def dialect(self) -> Dialect:
        """DuckDB's lexical rules."""
        return DUCKDB

    @property
    def transaction(self) -> TransactionState:
        """State of the transaction."""
        if self._connection is None:
            return TransactionState.LOST
        if self._is_busy and self._transaction is TransactionState.IDLE:
            return TransactionState.ACTIVE
        return self._transaction

    def sibling(self) -> DuckDBSession:
        """Another session of the same database instance, with its own transaction."""
        self._require()
        return DuckDBSession(self._target, self._database)

    def _require(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            raise ConnectionLost("the connection is closed", hint="open it again")
        return self._connection

    def _open(
        self,
        running: Running,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None,
        mode: FetchMode,
        on_notice: Callable[[Notice], None] | None,
    ) -> DuckDBCursor:
        connection = self._require()
        message = Message(statement, parameters)

        def fail(exc: BaseException) -> QueryError:
            return self._failed(exc, message, running)

        try:
            with running.working():
                answer = self._send(connection, message, mode)
            cursor = DuckDBCursor(running, answer, fail)
        except DRIVER_ERRORS as exc:
            running.finish()
            raise fail(exc) from exc
        self._follow(answer)
        return cursor

    def _interrupt(self) -> None:
        if (connection := self._connection) is not None:
            connection.interrupt()

    def _send(
        self, connection: duckdb.DuckDBPyConnection, message: Message, mode: FetchMode
    ) -> Answer:
        if self._target.read_only:
            return send(connection, message, mode, read_only=True)
        return with_extensions(
            connection,
            message.text,
            lambda: send(connection, message, mode, read_only=False),
        )

    def _failed(self, exc: BaseException, message: Message, running: Running) -> QueryError:
        self._look_at_transaction()
        if (stopped := running.error()) is not None:
            return stopped
        error = map_error(exc, message.locate)
        extra = EXTRAS.get(missing_extension(error.message) or "")
        if extra is not None and not error.hint:
            error.hint = MissingExtraError("this", extra).hint
        return error

    def _look_at_transaction(self) -> None:
        """After an error: some of them end a transaction, and DuckDB does not say which."""
        if self._transaction is TransactionState.IDLE or self._connection is None:
            return
        try:
            self._connection.execute("SELECT 1")
        except duckdb.Error:
            self._transaction = TransactionState.FAILED

    def _follow(self, answer: Answer) -> None:
        """Keep track of the transaction; DuckDB cannot be asked."""
        if answer.kind == "TRANSACTION":
            opens = answer.word in _BEGIN_WORDS
            self._transaction = TransactionState.IN_TRANSACTION if opens else TransactionState.IDLE

    def _command(self, text: str) -> None:
        for _ in self.execute(Statement(text)).batches():
            pass

    def begin(self) -> None:
        """Open a transaction."""
        if self._transaction is not TransactionState.IDLE:
            raise QueryError("a transaction is open already")
        self._command("BEGIN TRANSACTION")

    def commit(self) -> None:
        """Commit the open transaction."""
        if self._transaction is TransactionState.IDLE:
            raise QueryError("no transaction is open")
        self._command("COMMIT")

    def rollback(self) -> None:
        """Roll the open transaction back."""
        if self._transaction is not TransactionState.IDLE and self._connection is not None:
            self._command("ROLLBACK")

    def savepoint(self, name: str) -> None:
        """DuckDB has no savepoints."""
        raise QueryError(f"DuckDB has no savepoints, so {name!r} cannot be set")

    def rollback_to(self, name: str) -> None:
        """DuckDB has no savepoints."""
        raise QueryError(f"DuckDB has no savepoints, so there is no {name!r} to go back to")

    def reopen(self) -> None:
        """Open the database again."""
        self.close()
        self._connection = self._database.connect()

    def test(self) -> ServerInfo:
        """Ask the database who and how it is."""
        connection = self._require()
        self._let_go()
        began = time.perf_counter()
        [row] = connection.execute("SELECT version(), current_database()").fetchall()
        latency = time.perf_counter() - began
        path = write_search_path(self._target.search_path)
        return ServerInfo(
            product="DuckDB",
            version=str(row[0]).removeprefix("v"),
            latency_s=latency,
            is_read_only=self._target.read_only,
            encoding="UTF8",
            database=str(row[1]),
            details={"search path": path} if path else {},
        )

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self._let_go()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._database.release()
        self._transaction = TransactionState.IDLE
