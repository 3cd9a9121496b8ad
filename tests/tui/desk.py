"""The app under a pilot, seen as its user sees it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.widget import Widget

from tusk.core.text import safe
from tusk.tui.app import TuskApp
from tusk.tui.run_status import Phase
from tusk.tui.screens.query import QueryScreen
from tusk.tui.widgets.connection_list import ConnectionList
from tusk.tui.widgets.document_pane import DocumentPane
from tusk.tui.widgets.message_log import Entry, Level
from tusk.tui.widgets.status_line import StatusLine

TIMEOUT_S = 30.0
"""Only ends a test that would hang."""
_KEYS = {" ": "space", "\n": "enter", "_": "underscore"}


class Desk:
    """A running app. Waits for facts, never for time."""

    def __init__(self, app: TuskApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> QueryScreen:
        for screen in self.app.screen_stack:
            if isinstance(screen, QueryScreen):
                return screen
        raise AssertionError(f"no query screen in {self.app.screen_stack}")

    @property
    def pane(self) -> DocumentPane:
        pane = self.screen.pane
        assert pane is not None
        return pane

    @property
    def connections(self) -> ConnectionList:
        return self.screen.query_one(ConnectionList)

    # ── acting ───────────────────────────────────────────────────────────────────────────

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self.pilot.press(*(_KEYS.get(char, char) for char in text))

    def write(self, text: str, caret: int | None = None) -> None:
        """Put a text into the editor, with the caret at its end."""
        self.pane.editor.load_text(text)
        self.pane.editor.place_caret(len(text) if caret is None else caret)

    async def run(self, sql: str, *, key: str = "f5") -> None:
        """Write a script, run it, and wait for its end or its pause."""
        self.write(sql)
        await self.start(key)
        await self.ended()

    async def start(self, key: str = "f5") -> None:
        """Run what is in the editor, and wait until it has begun."""
        before = self.pane.status.started_at
        await self.press(key)
        await self.until(lambda: self.pane.status.started_at != before, "the run to begin")

    async def ended(self) -> None:
        await self.until(lambda: not self.pane.is_running, "the run to end")
        await self.pilot.pause()

    async def until(
        self, is_true: Callable[[], bool], what: str, timeout_s: float = TIMEOUT_S
    ) -> None:
        deadline = time.monotonic() + timeout_s
        while not is_true():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout_s} s for {what}; on screen:\n{self.text()}")
            await asyncio.sleep(0.01)

    async def until_phase(self, phase: Phase) -> None:
        await self.until(lambda: self.pane.status.phase is phase, f"the phase {phase}")

    async def until_shown(self, text: str) -> None:
        await self.until(lambda: text in self.text(), f"{text!r} on the screen")

    async def until_told(self, text: str) -> None:
        """Wait for a notification; on the screen it may be wrapped anywhere."""
        await self.until(
            lambda: any(text in each.message for each in self.app._notifications), f"{text!r} told"
        )

    # ── seeing ───────────────────────────────────────────────────────────────────────────

    def text(self) -> str:
        """What is on the screen, line by line."""
        # A dialog whose first lines are asked for without this keeps nothing as what is below it.
        visible_screen_stack.set(self.app._background_screens)
        return "\n".join(
            strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()
        )

    @property
    def status(self) -> str:
        """What the status line would show, were it wide enough."""
        fields = self.screen.query_one(StatusLine).fields
        return " │ ".join(safe(field.text) for field in fields if field.text)

    @property
    def messages(self) -> list[Entry]:
        return self.pane.results.messages.entries

    @property
    def last_error(self) -> Entry:
        return [entry for entry in self.messages if entry.level is Level.ERROR][-1]

    def column(self, number: int = 0, result: int = -1) -> list[object]:
        """A column of a result, as Python values."""
        buffer = self.pane.results.results[result].buffer
        return [value for batch in buffer.batches() for value in batch.column(number).to_pylist()]

    @property
    def focused(self) -> Widget | None:
        return self.app.focused


@contextlib.asynccontextmanager
async def open_desk(
    target: str | None = None,
    *,
    demo: bool = False,
    size: tuple[int, int] = (120, 40),
    files: Sequence[Path] = (),
) -> AsyncIterator[Desk]:
    """Run the app and wait until it can be used."""
    app = TuskApp(target, demo=demo, files=files)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: app.has_begun, "the first tab")
        await pilot.pause()
        try:
            yield desk
        finally:
            # As leaving does: else a collected garbage of connections fails some other test.
            await app.book.close_all()
