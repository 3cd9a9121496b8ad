"""`Connection`: an open connection as a front end sees it."""

from __future__ import annotations

import enum
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from tusk.core.dialect import DIALECTS, Dialect
from tusk.core.errors import ConnectError, ConnectionLost, StorageError, TuskError, UsageError
from tusk.core.events import Failed
from tusk.core.statement import Statement, split
from tusk.engines.base import Session, Target, TransactionState
from tusk.services.history_recorder import process_recorder
from tusk.services.session_state import leaves_state
from tusk.services.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tusk.catalog.objects import CatalogReader
    from tusk.core.events import Event
    from tusk.services.history_recorder import Recorder
    from tusk.services.queries import RunOptions
    from tusk.services.query_run import QueryRun
    from tusk.services.tunnels import Tunnel

_log = logging.getLogger(__name__)

_T = TypeVar("_T")


def open_session(target: Target) -> Session:
    """Open a session. The caller closes it.

    Raises:
        ConnectError: It cannot be reached.
        MissingExtraError: The engine is not installed.
    """
    from tusk.engines.registry import load_engine

    return load_engine(target.engine).connect(target)


@runtime_checkable
class HasSibling(Protocol):
    """A session of an embedded engine, which can open a second one on the same database."""

    def sibling(self) -> Session:
        """Open another session on the same database instance."""
        ...


@runtime_checkable
class HasCaution(Protocol):
    """A session that may have something to say before it is used."""

    @property
    def caution(self) -> str:
        """What a user should know; empty when there is nothing."""
        ...


def _recorder() -> Recorder | None:
    """The recorder for what is run; settings that cannot be read keep nobody from working."""
    try:
        return process_recorder(load_settings().history)
    except StorageError as exc:
        _log.warning("statements are not recorded: %s", exc.message)
        return None


def caution_of(session: Session) -> str:
    """What a user should know before using a session; empty when there is nothing."""
    return session.caution if isinstance(session, HasCaution) else ""


class ConnectionState(enum.Enum):
    """State of a connection as a front end shows it."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    ONLINE = "online"
    BUSY = "running"
    IN_TRANSACTION = "in transaction"
    FAILED_TRANSACTION = "failed transaction"
    LOST = "connection lost"
    FAILED = "cannot connect"


_TRANSACTION_STATES = {
    TransactionState.IDLE: ConnectionState.ONLINE,
    TransactionState.ACTIVE: ConnectionState.BUSY,
    TransactionState.IN_TRANSACTION: ConnectionState.IN_TRANSACTION,
    TransactionState.FAILED: ConnectionState.FAILED_TRANSACTION,
    TransactionState.LOST: ConnectionState.LOST,
}
_OUTSIDE = {TransactionState.IDLE, TransactionState.ACTIVE}
# Classes of SQLSTATE (PostgreSQL manual, appendix A) that waiting may cure: of the connection,
# too few resources, a server that starts or stops, its system.
_PASSING = ("08", "53", "57", "58")
_REJECTED = "08004"
# How long closing waits for a cancelled statement before it gives the server up.
_CLOSE_WAIT_S = 2.0


def may_pass(error: TuskError) -> bool:
    """Whether connecting again later may succeed: not for a refused user or a missing database.

    >>> may_pass(ConnectError("refused", sqlstate="08001"))
    True
    >>> may_pass(ConnectError("wrong password", sqlstate="28P01"))
    False
    """
    if not isinstance(error, ConnectError):
        return False
    # Of what the network does libpq tells in words only.
    state = error.sqlstate
    return not state or (state.startswith(_PASSING) and state != _REJECTED)


class Connection:
    """A connection as front ends see it: one session for statements, one for the catalogue.

    `open`, `reopen`, `close`, `begin`, `commit`, `rollback` and `catalog` block: call them from
    a worker thread, one at a time. `state`, `cancel` and `abandon` may be called from anywhere.

    Args:
        target: Where it leads.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._browser: Session | None = None
        self._run: QueryRun | None = None
        self._tunnel: Tunnel | None = None
        self._is_connecting = False
        self._is_closed = False
        self._error: TuskError | None = None
        self._leaves_state = False
        self.recorder: Recorder | None = None
        """Keeps in the history what is run here; `RunOptions.recorder` for what `run` does not."""

    @property
    def name(self) -> str:
        """What the user calls it; never a secret, but not made safe for a screen."""
        return self._target.name

    @property
    def engine(self) -> str:
        """Registered engine name."""
        return self._target.engine

    @property
    def target(self) -> Target:
        """Where it leads."""
        return self._target

    @property
    def dialect(self) -> Dialect:
        """Lexical rules of its SQL; known before it is open."""
        return DIALECTS[self._target.engine]

    @property
    def error(self) -> TuskError | None:
        """Why the last `open` or `reopen` failed."""
        return self._error

    @property
    def state(self) -> ConnectionState:
        """Its state now; costs nothing to ask."""
        session = self._session
        if self._is_connecting:
            return ConnectionState.CONNECTING
        if session is None:
            return ConnectionState.OFFLINE if self._error is None else ConnectionState.FAILED
        if self._run is not None and not self._run.is_over:
            return ConnectionState.BUSY
        return _TRANSACTION_STATES[session.transaction]

    @property
    def session(self) -> Session:
        """The session for statements. Raises ConnectError when the connection is not open."""
        if self._session is None:
            raise ConnectError(f"{self.name} is not open", hint="connect first")
        return self._session

    def open(self) -> None:
        """Connect, unless it is open already.

        Raises:
            ConnectError: It cannot be reached; also kept in `error`.
        """
        if self._session is not None:
            return
        self._is_closed = self._leaves_state = False
        session = self._connecting(self._reach)
        self.recorder = _recorder()
        with self._lock:
            if not self._is_closed:
                self._session = session
                return
        session.close()
        self._close_tunnel()

    def _reach(self) -> Session:
        """A new session, through the tunnel where there is one."""
        if self._target.ssh is None:
            return open_session(self._target)
        from tusk.services.tunnels import Tunnel

        self._close_tunnel()
        self._tunnel = tunnel = Tunnel(self._target.ssh, self._target)
        try:
            tunnel.open()
            return open_session(tunnel.target)
        except ConnectError as exc:
            tunnel.close()
            explained = tunnel.explain(exc)
            if explained is exc:
                raise
            raise explained from exc

    def _close_tunnel(self) -> None:
        tunnel, self._tunnel = self._tunnel, None
        if tunnel is not None:
            tunnel.close()

    def reopen(self) -> None:
        """Connect again after a loss; settings and transaction of the session are gone.

        Raises:
            ConnectError: It cannot be reached; also kept in `error`.
        """
        session = self._session
        self._close_browser()
        self._leaves_state = False
        if session is None:
            self.open()
            return
        if self._tunnel is None:
            self._connecting(session.reopen)
        else:
            # A new tunnel is reached by another port, of which the lost session knows nothing.
            lost, session = session, self._connecting(self._reach)
            lost.close()
        with self._lock:
            if not self._is_closed:
                self._session = session
                _log.info("%s: open again", self.name)
                return
        # Given up meanwhile: nobody else would close it.
        session.close()
        self._close_tunnel()

    def _connecting(self, connect: Callable[[], _T]) -> _T:
        self._is_connecting = True
        try:
            result = connect()
        except TuskError as exc:
            self._error = exc
            _log.info("%s: not connected: %s", self.name, exc.message)
            raise
        finally:
            self._is_connecting = False
        self._error = None
        return result

    def close(self) -> None:
        """Disconnect; a running statement is cancelled, an open transaction rolled back."""
        with self._lock:
            self._is_closed = True
            session, self._session = self._session, None
            run, self._run = self._run, None
        if run is not None and not run.is_over:
            run.cancel()
            if not run.join(_CLOSE_WAIT_S):
                run.abandon()
        self._close_browser()
        if session is not None:
            session.close()
        self._close_tunnel()
        self._error = None

    # ── statements ───────────────────────────────────────────────────────────────────────────

    def run(
        self,
        source: str | Sequence[Statement],
        options: RunOptions | None = None,
        *,
        in_history: bool = True,
        how: Callable[..., bool] | None = None,
    ) -> QueryRun:
        """Prepare a run, to be entered with `async with`.

        An earlier run of this connection is cancelled and waited for when it is entered.

        Args:
            source: A script, or its statements.
            options: See `RunOptions`; its recorder is this connection's.
            in_history: Keep the statements in the history; not what tusk runs by itself.
            how: Runs them in place of `run_statements`, with the same arguments.

        Raises:
            ConnectError: The connection is not open.
        """
        statements = split(source, self.dialect) if isinstance(source, str) else source
        from tusk.services.queries import run_statements
        from tusk.services.query_run import INTERACTIVE, QueryRun  # asyncio: 15 ms at a start

        def noted(
            session: Session,
            statements: Sequence[Statement],
            sink: Callable[[Event], None],
            *others: Any,
        ) -> bool:
            # Here in the run's thread: a script may be as long as a dump.
            self._leaves_state |= any(leaves_state(each, session.dialect) for each in statements)

            def heard(event: Event) -> None:
                if isinstance(event, Failed) and isinstance(event.error, ConnectionLost):
                    _log.warning("%s: %s", self.name, event.error.message)
                sink(event)

            return run_statements(session, statements, heard, *others)

        recorder = self.recorder if in_history else None
        options = replace(options or INTERACTIVE, recorder=recorder)
        self._run = QueryRun(self.session, statements, options, after=self._run, how=how or noted)
        return self._run

    @property
    def has_own_state(self) -> bool:
        """Whether another session may see other things than the one for statements.

        It has a transaction open, or settings or temporary tables, as far as one can tell.
        """
        return self._leaves_state or self.session.transaction not in _OUTSIDE

    def cancel(self) -> None:
        """Cancel what runs, if anything does. Returns at once."""
        if self._run is not None:
            self._run.cancel()

    def abandon(self) -> None:
        """Give up a server that no longer answers. Returns at once."""
        if self._run is not None and not self._run.is_over:
            self._run.abandon()
        elif self._session is not None:
            self._session.abandon()

    def begin(self) -> None:
        """Open a transaction. Raises UsageError while a statement runs, and QueryError."""
        self._free_session().begin()

    def commit(self) -> None:
        """Commit the transaction. Raises UsageError while a statement runs, and QueryError."""
        self._free_session().commit()

    def rollback(self) -> None:
        """Roll the transaction back. Raises UsageError while a statement runs."""
        self._free_session().rollback()

    def _free_session(self) -> Session:
        """The session with nothing running on it; a result waiting at its limit is let go."""
        run = self._run
        if run is not None and run.is_paused:
            run.stop_fetching()
            run.join()
        if run is not None and not run.is_over:
            raise UsageError("a statement is running", hint="wait for it, or cancel it")
        return self.session

    # ── catalogue ────────────────────────────────────────────────────────────────────────────

    def catalog(self) -> CatalogReader:
        """A reader of the catalogue over a session of its own, opened with the first call.

        Browsing never waits for a query. Embedded engines share the database instance, so that
        what the other session made is seen.

        Raises:
            ConnectError: The connection is not open, or a second session is refused.
        """
        from tusk.catalog import open_catalog

        with self._lock:
            if self._browser is None or self._browser.transaction is TransactionState.LOST:
                self._browser = self._open_browser()
            return open_catalog(self._browser)

    def _open_browser(self) -> Session:
        session = self.session
        if isinstance(session, HasSibling):
            return session.sibling()
        return open_session(session.target)

    def _close_browser(self) -> None:
        with self._lock:
            browser, self._browser = self._browser, None
        if browser is not None:
            browser.close()
