"""One PostgreSQL connection, and the statements run on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING

from psycopg import pq

from tusk.core.dialect import POSTGRES, Dialect, check_identifier, quote_identifier
from tusk.core.errors import ConnectError, ConnectionLost, QueryError
from tusk.core.events import Notice
from tusk.core.params import ParameterValue
from tusk.core.statement import Statement, classify, split
from tusk.engines.base import CsvForm, FetchMode, ServerInfo, Target, TransactionState
from tusk.engines.postgres.connecting import (
    connect,
    reconnect,
    set_search_path,
    startup_error,
)
from tusk.engines.postgres.copy_guard import refuse_copy
from tusk.engines.postgres.errors import REOPEN
from tusk.engines.postgres.execution import Execution
from tusk.engines.postgres.launching import Launch
from tusk.engines.postgres.server import SUPERUSER_CAN, ask_server, is_superuser
from tusk.engines.postgres.shelter import first_word, is_select, shelter_for
from tusk.engines.postgres.stopping import Watch

if TYPE_CHECKING:
    from tusk.engines.postgres.cursor import PostgresCursor
    from tusk.engines.postgres.link import Link

_STATES = {
    pq.TransactionStatus.IDLE: TransactionState.IDLE,
    pq.TransactionStatus.ACTIVE: TransactionState.ACTIVE,
    pq.TransactionStatus.INTRANS: TransactionState.IN_TRANSACTION,
    pq.TransactionStatus.INERROR: TransactionState.FAILED,
    pq.TransactionStatus.UNKNOWN: TransactionState.LOST,
}
_COMMITS = ("COMMIT", "END")
_OPEN = (TransactionState.IN_TRANSACTION, TransactionState.FAILED)

Parameters = Mapping[str, ParameterValue] | None
OnNotice = Callable[[Notice], None] | None


class PostgresSession:
    """One connection to a PostgreSQL server.

    Args:
        target: Where to connect.

    Raises:
        ConnectError: It cannot be connected to.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._execution: Execution | None = None
        self._cursor: PostgresCursor | None = None
        self._link: Link | None = connect(target)
        self._prepare_session()

    # ── the connection ───────────────────────────────────────────────────────────────────

    @property
    def target(self) -> Target:
        """What this session is connected to."""
        return self._target

    @property
    def dialect(self) -> Dialect:
        """PostgreSQL's lexical rules."""
        return POSTGRES

    @property
    def transaction(self) -> TransactionState:
        """State of the transaction."""
        link, execution = self._link, self._execution
        if link is None or link.wire.is_lost:
            return TransactionState.LOST
        if execution is not None and not execution.is_over:
            in_transaction = link.wire.in_transaction
            return TransactionState.IN_TRANSACTION if in_transaction else TransactionState.ACTIVE
        return _STATES[link.wire.status]

    @property
    def caution(self) -> str:
        """What a user should know before trusting this session; empty when there is nothing."""
        link = self._link
        if link is None or not self._target.read_only or not is_superuser(link.wire):
            return ""
        return f"{self._target.name} is read-only, but {SUPERUSER_CAN}"

    def _require(self) -> Link:
        if self._link is None:
            raise ConnectionLost("the connection is closed", hint=REOPEN)
        return self._link

    def _prepare_session(self) -> None:
        try:
            set_search_path(self._require().wire, self._target)
            self._run_startup_sql()
        except ConnectError:
            self.close()
            raise

    def _run_startup_sql(self) -> None:
        # Each one through the same door as the user's statements: read-only, time limit, all.
        try:
            for text in self._target.startup_sql:
                for statement in split(text, POSTGRES):
                    self._run(statement)
        except QueryError as exc:
            raise startup_error(self._target, exc) from exc

    def reopen(self) -> None:
        """Connect again after a loss."""
        self.close()
        self._link = reconnect(self._target)
        self._prepare_session()

    def test(self) -> ServerInfo:
        """Ask the server who and how it is."""
        link = self._require()
        self._let_go()
        link.wire.check_alive()
        return ask_server(link.wire, self._target)

    def cancel(self) -> None:
        """Ask the running statement to end."""
        execution = self._execution
        if execution is not None:
            execution.watch.stop()

    def abandon(self) -> None:
        """Break the connection, without waiting for the server."""
        link = self._link
        if link is not None:
            link.wire.abandon()

    def close(self) -> None:
        """Close the connection."""
        link, self._link = self._link, None
        if link is None:
            return
        if self._execution is not None and not self._execution.is_over:
            # Else the server would go on with a statement that nobody waits for.
            self._let_go()
        self._cursor = None
        link.wire.close()

    # ── statements ───────────────────────────────────────────────────────────────────────

    def execute(
        self,
        statement: Statement,
        parameters: Parameters = None,
        *,
        mode: FetchMode = FetchMode.PAGE,
        timeout_s: float | None = None,
        on_notice: OnNotice = None,
    ) -> PostgresCursor:
        """Send one statement; see `tusk.engines.base.Session.execute`."""
        launch = self._prepare(statement, parameters, timeout_s, on_notice)
        self._cursor = launch.cursor(mode)
        return self._cursor

    def _prepare(
        self,
        statement: Statement,
        parameters: Parameters,
        timeout_s: float | None,
        on_notice: OnNotice,
    ) -> Launch:
        link = self._require()
        self._let_go()
        wire = link.wire
        wire.on_notice = on_notice
        wire.check_alive()
        wire.is_committing = first_word(statement.text) in _COMMITS
        message = link.binder.message(statement.text, parameters)
        if self._target.read_only:
            refuse_copy(wire.session_text().decode(message.sql))
        limit = self._target.statement_timeout_s if timeout_s is None else timeout_s
        watch = Watch(wire.cancel, wire.abandon, timeout_s=limit, patience_s=link.patience_s)
        shelter = shelter_for(wire, statement, read_only=self._target.read_only)
        self._execution = Execution(wire, watch, shelter, statement, message)
        wire.watch = watch
        return Launch(link, self._execution, statement, parameters)

    def _let_go(self) -> None:
        """End the statement whose rows are still being read."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.replace()

    def copy_csv(
        self,
        statement: Statement,
        parameters: Parameters,
        out: IO[bytes],
        *,
        header: bool = True,
        form: CsvForm | None = None,
        timeout_s: float | None = None,
        on_notice: OnNotice = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int | None:
        """Write the rows as CSV; see `tusk.engines.base.CsvSource.copy_csv`."""
        if not is_select(statement):
            return None
        launch = self._prepare(statement, parameters, timeout_s, on_notice)
        form = form or CsvForm()
        return launch.write_csv(out, header=header, form=form, on_progress=on_progress)

    # ── transactions ─────────────────────────────────────────────────────────────────────

    def _run(self, statement: Statement) -> str:
        cursor = self.execute(statement)
        for _ in cursor.batches():
            pass
        return cursor.tag

    def _command(self, text: str) -> str:
        return self._run(Statement(text, kind=classify(text, POSTGRES)))

    def _state(self) -> TransactionState:
        """State of the transaction, once the statement under way has been let go of."""
        self._require()
        self._let_go()
        return self.transaction

    def begin(self) -> None:
        """Open a transaction."""
        if self._state() in _OPEN:
            raise QueryError("a transaction is open already")
        self._command("BEGIN")

    def commit(self) -> None:
        """Commit the open transaction."""
        if self._state() not in _OPEN:
            raise QueryError("no transaction is open")
        if self._command("COMMIT") == "ROLLBACK":
            raise QueryError(
                "the transaction had failed and was rolled back, nothing was committed",
                sqlstate="25P02",
            )

    def rollback(self) -> None:
        """Roll the open transaction back."""
        if self._link is not None and self._state() in _OPEN:
            self._command("ROLLBACK")

    def savepoint(self, name: str) -> None:
        """Set a savepoint."""
        self._command(f"SAVEPOINT {_identifier(name)}")

    def rollback_to(self, name: str) -> None:
        """Roll back to a savepoint."""
        self._command(f"ROLLBACK TO SAVEPOINT {_identifier(name)}")


def _identifier(name: str) -> str:
    return quote_identifier(check_identifier(name, POSTGRES))
