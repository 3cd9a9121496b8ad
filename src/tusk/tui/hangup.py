"""SIGHUP and SIGTERM: save, roll back, restore the terminal, end; in bounded time."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable

_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
# After a hang-up there may be no terminal: writing to it can block or fail for ever.
_LIMIT_S = 5.0


class HangUp:
    """Ends the app when it is told to by a signal.

    Args:
        leave: Saves, closes connections and ends the app; given the exit code.
    """

    def __init__(self, leave: Callable[[int], Awaitable[None]]) -> None:
        self._leave = leave
        self._task: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Take the signals over; call it on the UI thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._received, number)

    def _received(self, number: signal.Signals) -> None:
        if self._task is not None:
            return
        code = 128 + number
        watchdog = threading.Timer(_LIMIT_S, os._exit, (code,))
        watchdog.daemon = True
        watchdog.start()
        self._task = asyncio.ensure_future(self._run(code))

    async def _run(self, code: int) -> None:
        await self._leave(code)
