"""Work on a result that takes a while: how far it is, and how it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tusk.core.errors import QueryCancelled


class Job:
    """Shared by the thread that works and the one that waits.

    `done` is how much is done, 0 … 1, as far as anybody can tell.
    """

    def __init__(self) -> None:
        self.done = 0.0
        self._lock = threading.Lock()
        self._is_stopped = False
        self._stops: list[Callable[[], None]] = []

    def stop(self) -> None:
        """End the work; whoever does it gets `QueryCancelled`. Any thread."""
        with self._lock:
            self._is_stopped = True
            stops = list(self._stops)
        for stop in stops:
            stop()

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Have something called when the work is to end, at once if it already is."""
        with self._lock:
            self._stops.append(stop)
            is_late = self._is_stopped
        if is_late:
            stop()

    def check(self) -> None:
        """Go on, or not.

        Raises:
            QueryCancelled: The work is to end.
        """
        if self._is_stopped:
            raise QueryCancelled("stopped")
