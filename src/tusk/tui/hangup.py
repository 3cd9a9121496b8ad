"""SIGHUP, SIGTERM or a terminal that is gone: save, roll back, end; in bounded time."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Awaitable, Callable

_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
# After a hang-up there may be no terminal: writing to it can block or fail for ever.
_LIMIT_S = 5.0


def _end_in_time(code: int) -> None:
    watchdog = threading.Timer(_LIMIT_S, os._exit, (code,))
    watchdog.daemon = True
    watchdog.start()


class HangUp:
    """Ends the app when a signal or a vanished terminal tells it to.

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
        if sys.__stdin__ is not None and sys.__stdin__.isatty():
            watcher = threading.Thread(
                target=self._watch_terminal,
                args=(sys.__stdin__.fileno(), loop),
                name="tusk-hang-up",
                daemon=True,
            )
            watcher.start()

    def _watch_terminal(self, terminal: int, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until the terminal's other side is closed.

        A terminal that is not the controlling one sends no SIGHUP, and by the time the loop
        could notice, it may be stuck in writing to it: the clock starts in this thread.
        """
        poll = select.poll()
        poll.register(terminal, 0)  # POLLHUP and POLLERR are always reported
        poll.poll()
        _end_in_time(128 + signal.SIGHUP)
        loop.call_soon_threadsafe(self._received, signal.SIGHUP)

    def _received(self, number: signal.Signals) -> None:
        if self._task is not None:
            return
        code = 128 + number
        _end_in_time(code)
        self._task = asyncio.ensure_future(self._run(code))

    async def _run(self, code: int) -> None:
        await self._leave(code)
