"""What a screen other than an editor tab does on a connection's session: in turn, cancellable."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tusk.core.errors import TuskError, UsageError
from tusk.core.events import Failed
from tusk.services.completion.loading import spare_session
from tusk.services.query_run import QueryRun
from tusk.tui.connecting import connect
from tusk.tui.connection_book import CANCEL_GRACE_S
from tusk.tui.run_status import Phase, RunStatus
from tusk.tui.turns import ask_about_rest, ask_for_turn

if TYPE_CHECKING:
    from textual.app import App

    from tusk.core.events import Event
    from tusk.core.statement import Statement
    from tusk.engines.base import Session
    from tusk.services.connections import Connection
    from tusk.services.queries import RunOptions
    from tusk.tui.connection_book import ConnectionBook, Entry

_OWN_STATE = "It has a transaction, settings or temporary tables that no other one has."
_SQLITE = "SQLite changes nothing while rows wait."


class SessionWork:
    """Runs one thing at a time, and is a `tusk.tui.turns.Runner` meanwhile.

    `connect`, then `run` as often as it takes, then `end`. Where the connection's session is taken,
    by a result that waits for its rest or by a statement, and another session would see the same,
    it works on such a one and disturbs nobody.

    Args:
        app: The app.
        book: Its connections.
        entry: Where it runs.
        title: What other tabs call it.
        changed: Called when its status has changed.
    """

    def __init__(
        self,
        app: App[object],
        book: ConnectionBook,
        entry: Entry,
        title: str,
        changed: Callable[[], None],
    ) -> None:
        self._app = app
        self._book = book
        self._entry = entry
        self._changed = changed
        self._side: Session | None = None
        self._run: QueryRun | None = None
        self._why_not_aside = ""
        self.title = title
        self.status = RunStatus()

    @property
    def is_active(self) -> bool:
        """Whether something runs, or is about to."""
        return self.status.phase.is_active

    def make_way(self, other: str) -> None:
        """Its run is about to be ended."""
        self._app.notify(f"{self.title} was given up for {other}.", severity="warning")

    # ── where it runs ────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Something is about to run, or waits for an answer before it goes on."""
        self._set(Phase.ASKING)

    async def connect(self, *, writes: bool = False) -> bool:
        """Find a session, in a worker; False when the user would rather not.

        Args:
            writes: Whether rows are to be changed.

        Raises:
            TuskError: The connection cannot be opened.
        """
        self.begin()
        if not await self._step_aside(writes=writes) and not await self._take_session():
            return False
        self._set(Phase.RUNNING)
        return True

    async def _take_session(self) -> bool:
        """Have the connection's own session, opened if need be."""
        book, entry = self._book, self._entry
        if not await ask_about_rest(self._app, entry, self, self._why_not_aside, self._wait_for):
            return False
        if not await ask_for_turn(self._app, book, entry, self):
            return False
        self._set(Phase.RUNNING if entry.is_open else Phase.CONNECTING)
        await connect(self._app, book, entry)
        return True

    async def _step_aside(self, *, writes: bool) -> bool:
        """Open another session where the own one is taken; False where it must be that one."""
        run, connection = self._entry.run, self._entry.connection
        if run is None or run.is_over or connection is None or not self._entry.is_open:
            return False
        if connection.has_own_state:
            self._why_not_aside = _OWN_STATE
        elif writes and connection.engine == "sqlite":
            self._why_not_aside = _SQLITE
        else:
            try:
                self._side = await _opened(connection)
            except TuskError as exc:
                self._why_not_aside = f"There is no other: {exc.message}."
        return self._side is not None

    def end(self) -> None:
        """Nothing runs any more."""
        side, self._side, self._run = self._side, None, None
        if side is not None:
            asyncio.get_running_loop().run_in_executor(None, side.close)
        self._set(Phase.IDLE)

    # ── running ──────────────────────────────────────────────────────────────────────────

    async def run(
        self,
        statement: Statement,
        options: RunOptions,
        how: Callable[..., bool],
        follow: Callable[[Event], None],
    ) -> None:
        """Run it in a thread and follow its events, in a worker.

        Raises:
            TuskError: It failed.
        """
        if self._side is None:
            await self._book.take_turn(self._entry, self, lambda r: self._wait_for(r.title))
        self._set(Phase.RUNNING)
        self._run = run = self._new_run(statement, options, how)
        try:
            async with run:
                async for event in run:
                    if isinstance(event, Failed):
                        raise event.error
                    follow(event)
        finally:
            self._book.touch(self._entry, self._entry.note)

    def _new_run(
        self, statement: Statement, options: RunOptions, how: Callable[..., bool]
    ) -> QueryRun:
        connection = self._entry.connection
        if self._side is None:
            return self._book.start(self._entry, [statement], options, self, how=how)
        if connection is None:
            raise UsageError(f"{self._entry.label!r} is not connected")
        recorded = replace(options, recorder=connection.recorder)
        return QueryRun(self._side, [statement], recorded, how=how)

    async def cancel(self) -> bool:
        """Cancel on the server, and give up one that stays silent.

        Returns:
            False when nothing runs there yet, so that the worker is to be cancelled.
        """
        run = self._run
        if self.status.phase is not Phase.RUNNING or run is None or run.is_over:
            return False
        if not await self._cancelled(run):
            self._app.notify("The server does not answer: it was given up.", severity="warning")
        return True

    async def _cancelled(self, run: QueryRun) -> bool:
        if self._side is None:
            return await self._book.release(self._entry)
        run.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(run.finished(), CANCEL_GRACE_S)
            return True
        await asyncio.to_thread(run.abandon)
        return False

    def _wait_for(self, other: str) -> None:
        self._set(Phase.WAITING, other)

    def _set(self, phase: Phase, other: str = "") -> None:
        started = self.status.started_at if self.is_active else time.monotonic()
        self.status = RunStatus(phase, started_at=started, other=other)
        self._changed()


async def _opened(connection: Connection) -> Session:
    """One more session; one that comes when nobody waits any more is closed."""
    opening = asyncio.ensure_future(asyncio.to_thread(spare_session, connection))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_late)
        raise


def _close_late(opening: asyncio.Future[Session]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        asyncio.get_running_loop().run_in_executor(None, opening.result().close)
