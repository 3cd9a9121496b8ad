"""What a screen other than an editor tab does on a connection's session: in turn, cancellable."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tusk.core.events import Failed
from tusk.tui.connecting import connect
from tusk.tui.run_status import Phase, RunStatus
from tusk.tui.turns import ask_for_turn

if TYPE_CHECKING:
    from textual.app import App

    from tusk.core.events import Event
    from tusk.core.statement import Statement
    from tusk.services.queries import RunOptions
    from tusk.tui.connection_book import ConnectionBook, Entry


class SessionWork:
    """Runs one thing at a time, and is a `tusk.tui.turns.Runner` meanwhile.

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
        self.title = title
        self.status = RunStatus()

    @property
    def is_active(self) -> bool:
        """Whether something runs, or is about to."""
        return self.status.phase.is_active

    def make_way(self, other: str) -> None:
        """Its run is about to be ended."""
        self._app.notify(f"{self.title} was given up for {other}.", severity="warning")

    async def connect(self) -> bool:
        """Open the connection, in a worker; False when the user would rather not wait for it.

        Raises:
            TuskError: It cannot be opened.
        """
        if not await ask_for_turn(self._app, self._book, self._entry, self):
            return False
        self._set(Phase.RUNNING if self._entry.is_open else Phase.CONNECTING)
        await connect(self._app, self._book, self._entry)
        return True

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
        await self._book.take_turn(self._entry, self, lambda _: self._set(Phase.WAITING))
        self._set(Phase.RUNNING)
        run = self._book.start(self._entry, [statement], options, self, how=how)
        try:
            async with run:
                async for event in run:
                    if isinstance(event, Failed):
                        raise event.error
                    follow(event)
        finally:
            self._book.touch(self._entry)

    def end(self) -> None:
        """Nothing runs any more."""
        self._set(Phase.IDLE)

    async def cancel(self) -> bool:
        """Cancel on the server, and give up one that stays silent.

        Returns:
            False when nothing runs there yet, so that the worker is to be cancelled.
        """
        run = self._entry.run
        if self.status.phase is not Phase.RUNNING or run is None or run.is_over:
            return False
        if not await self._book.release(self._entry):
            self._app.notify("The server does not answer: it was given up.", severity="warning")
        return True

    def _set(self, phase: Phase) -> None:
        started = self.status.started_at if self.is_active else time.monotonic()
        self.status = RunStatus(phase, started_at=started)
        self._changed()
