"""Stopping a statement of an embedded engine: by hand, or by its time limit.

An embedded driver runs the statement in the caller's thread, and another thread interrupts it.
Drivers forget an interruption that comes a moment before the statement starts, and a late one
may hit the next statement. `Running` repeats it until the driver has returned, and never
interrupts after that.
"""

from __future__ import annotations

import enum
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tusk.core.errors import QueryCancelled, QueryError, QueryTimeout
from tusk.core.events import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_REPEAT_S = 0.02


class StopReason(enum.Enum):
    """Why a statement was stopped."""

    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    REPLACED = "replaced"
    """Another statement was executed in the session before this one was read to its end."""


class Running:
    """A statement from `execute` to its last row.

    Args:
        interrupt: Makes the driver give up what it does now. Called from any thread.
        timeout_s: Time the statement may spend in the driver; time between two batches, in
            which the reader does something else, is not counted. None: no limit.
    """

    def __init__(self, interrupt: Callable[[], None], timeout_s: float | None = None) -> None:
        self._interrupt = interrupt
        self._timeout_s = timeout_s
        # Reentrant: a signal handler that cancels may run while this thread holds it.
        self._lock = threading.RLock()
        self._idle = threading.Event()
        self._idle.set()
        self._is_over = False
        self._reason: StopReason | None = None
        self._entered: float | None = None
        self._worked_s = 0.0
        self._first_s: float | None = None

    @property
    def is_over(self) -> bool:
        """True after `finish`."""
        return self._is_over

    @property
    def timing(self) -> Timing:
        """Times so far."""
        total = self._spent()
        return Timing(total if self._first_s is None else self._first_s, total)

    def _spent(self) -> float:
        """Seconds spent in the driver, with those of a call that goes on."""
        entered = self._entered
        return self._worked_s + (0.0 if entered is None else time.perf_counter() - entered)

    def stop(self, reason: StopReason = StopReason.CANCELLED) -> None:
        """End the statement. Any thread; returns at once; the first reason stays."""
        with self._lock:
            if self._is_over or self._reason is not None:
                return
            self._reason = reason
            if self._idle.is_set():
                return
            self._interrupt()
        threading.Thread(target=self._repeat, name="tusk-interrupt", daemon=True).start()

    def _repeat(self) -> None:
        while not self._idle.wait(_REPEAT_S):
            with self._lock:
                if not self._idle.is_set():
                    self._interrupt()

    @contextmanager
    def working(self) -> Generator[None]:
        """Around each call of the driver.

        Raises:
            QueryCancelled: Before the call, when the statement has been stopped.
            QueryTimeout: Likewise, when its time is up.
        """
        timer: threading.Timer | None = None
        with self._lock:
            self.check()
            self._idle.clear()
        self._entered = time.perf_counter()
        if self._timeout_s is not None:
            left = min(max(0.0, self._timeout_s - self._worked_s), threading.TIMEOUT_MAX)
            timer = threading.Timer(left, self.stop, (StopReason.TIMEOUT,))
            timer.daemon = True
            timer.start()
        try:
            yield
        finally:
            with self._lock:
                self._idle.set()
            self._worked_s, self._entered = self._spent(), None
            if timer is not None:
                timer.cancel()

    def first_row(self) -> None:
        """Note that the first batch is here."""
        if self._first_s is None:
            self._first_s = self._spent()

    def finish(self) -> None:
        """The statement is over; `stop` does nothing from now on."""
        with self._lock:
            self._is_over = True

    def check(self) -> None:
        """Raise the error of a stopped statement."""
        if (error := self.error()) is not None:
            raise error

    def error(self) -> QueryError | None:
        """The error that a stopped statement ends with, None when nobody stopped it."""
        match self._reason:
            case None:
                return None
            case StopReason.TIMEOUT:
                return QueryTimeout(
                    f"the statement ran into its time limit of {self._timeout_s:g} s",
                    hint="raise the statement timeout, or ask for less",
                )
            case StopReason.CANCELLED:
                return QueryCancelled("the statement was cancelled")
            case StopReason.REPLACED:
                return QueryCancelled("another statement was run before all rows were read")
