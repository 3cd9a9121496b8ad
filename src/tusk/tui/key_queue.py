"""Keys one after another: the next when the one before has done what it does.

Over a slow line `/name` comes in one piece. Textual sends all of it to the widget that has the
focus now; what the first key opens would get nothing of the rest, or get it too late.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from textual import events

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode

Input: TypeAlias = events.Key | events.Paste
# A key whose way cannot be followed (its widget went away) holds up the next one for so long.
_PATIENCE_S = 0.3
# How often, and for how many times, it is looked whether a screen that opens is there.
_SCREEN_POLL_S, _SCREEN_POLLS = 0.005, 400


class KeyQueue:
    """Holds keys and pastes back until the one before has been dealt with.

    Args:
        app: Whose keys they are.
        dispatch: Sends one on its way, as the app does by itself.
        on_settled: Called when all that were typed have been dealt with.
    """

    def __init__(
        self,
        app: App[None],
        dispatch: Callable[[Input], Awaitable[None]],
        on_settled: Callable[[], None],
    ) -> None:
        self._app = app
        self._dispatch = dispatch
        self._on_settled = on_settled
        self._waiting: deque[Input] = deque()
        self._current: Input | None = None
        self._polls = 0
        self._is_polling = False
        self._patience: asyncio.TimerHandle | None = None

    async def put(self, event: Input) -> None:
        """Take one that was just typed."""
        self._waiting.append(event)
        await self._go_on()

    async def _go_on(self) -> None:
        while self._waiting and self._current is None:
            if not self._has_screen and self._polls < _SCREEN_POLLS:
                self._poll()
                return
            self._polls = 0
            event = self._current = self._waiting.popleft()
            target = self._app.focused or self._app.screen
            try:
                await self._dispatch(event)
            except BaseException:
                # A defect in an action must not keep all later keys waiting.
                self._current = None
                raise
            if event.is_forwarded:
                self._patience = asyncio.get_running_loop().call_later(
                    _PATIENCE_S, self._app.call_later, self._done, event
                )
                self._follow(target, event)
            else:
                self._current = None
        if self._current is None:
            self._on_settled()

    def _poll(self) -> None:
        """Look again soon; keys typed meanwhile wait for the same look."""
        if self._is_polling:
            return
        self._polls += 1
        self._is_polling = True
        asyncio.get_running_loop().call_later(_SCREEN_POLL_S, self._app.call_later, self._look)

    async def _look(self) -> None:
        self._is_polling = False
        await self._go_on()

    @property
    def _has_screen(self) -> bool:
        """Whether the screen in front is whole: what takes its keys is made with it."""
        stack = self._app.screen_stack
        return bool(stack) and stack[-1].is_mounted

    def _follow(self, node: DOMNode | None, event: Input) -> None:
        """Go where a key goes: into the queue of each node, as it bubbles up to the app."""
        while node is not None and node is not self._app:
            if node.call_later(self._follow, node.parent, event):
                return
            node = node.parent
        self._app.call_later(self._done, event)

    async def _done(self, event: Input) -> None:
        if event is not self._current:
            return
        self._current = None
        if self._patience is not None:
            self._patience.cancel()
        await self._go_on()
