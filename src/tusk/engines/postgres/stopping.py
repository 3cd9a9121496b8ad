"""Stopping a statement: by hand or by its time limit, without ever stopping the next one.

A cancel request travels on a connection of its own, so it may reach the server before the
statement does (and be forgotten) or after it ended (and hit the next one). `Watch` therefore
repeats it while the statement runs, and lets no other statement start while one is under way.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from tusk.core.errors import QueryCancelled, QueryError, QueryTimeout
from tusk.core.events import Timing
from tusk.engines.running import StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_REPEAT_S = 0.3


class Watch:
    """Clock and stop of one statement, from `execute` to its last row.

    Args:
        send_cancel: Asks the server to cancel, within so many seconds. Called from a thread of
            its own; raises psycopg's errors.
        give_up: Breaks the connection, for a server that cannot even be asked.
        timeout_s: Time the statement may take; what the reader of its rows does between two
            batches is not counted. None: no limit.
        patience_s: How long a cancel request may take to reach the server.
    """

    def __init__(
        self,
        send_cancel: Callable[[float], None],
        give_up: Callable[[], None],
        *,
        timeout_s: float | None,
        patience_s: float,
    ) -> None:
        self._send_cancel = send_cancel
        self._give_up = give_up
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        # Reentrant: a signal handler that cancels may run while this thread holds it.
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._is_working = False
        self._sender: threading.Thread | None = None
        self._reason: StopReason | None = None
        self._entered = 0.0
        self._worked_s = 0.0
        self._first_s: float | None = None

    @property
    def reason(self) -> StopReason | None:
        """Why the statement was stopped, None when it was not."""
        return self._reason

    @property
    def is_interrupted(self) -> bool:
        """Whether it was tusk that had the statement ended."""
        return self._reason is not None or self._sender is not None

    @property
    def timing(self) -> Timing:
        """Times so far, without those between batches."""
        return Timing(self._worked_s if self._first_s is None else self._first_s, self._worked_s)

    def stop(self, reason: StopReason = StopReason.CANCELLED) -> None:
        """End the statement. Any thread; returns at once; the first reason stays."""
        with self._lock:
            if self._over.is_set():
                return
            if self._reason is None:
                self._reason = reason
            if self._is_working:
                self.interrupt()

    def interrupt(self) -> None:
        """Have the server end what it does, in the background, until `finish`."""
        with self._lock:
            if self._sender is None and not self._over.is_set():
                self._sender = threading.Thread(
                    target=self._keep_asking, name="tusk-cancel", daemon=True
                )
                self._sender.start()

    def _keep_asking(self) -> None:
        while not self._over.is_set():
            try:
                self._send_cancel(self._patience_s)
            except psycopg.Error:
                if not self._over.is_set():
                    self._give_up()
                return
            self._over.wait(_REPEAT_S)

    @contextmanager
    def working(self) -> Generator[None, None, None]:
        """Around everything that waits for the server.

        Raises:
            QueryCancelled: Before it begins, when the statement has been stopped.
            QueryTimeout: Likewise.
        """
        self._entered = time.perf_counter()
        with self._lock:
            self.check()
            self._is_working = True
        try:
            yield
        finally:
            with self._lock:
                self._is_working = False
            self._worked_s += time.perf_counter() - self._entered

    def remaining_s(self) -> float | None:
        """Time left, None without a limit or when the statement is being stopped already."""
        if self._timeout_s is None or self._reason is not None:
            return None
        return max(0.0, self._timeout_s - self._worked_s - (time.perf_counter() - self._entered))

    def check_time(self) -> None:
        """Stop the statement when its time is up."""
        if self.remaining_s() == 0:
            self.stop(StopReason.TIMEOUT)

    def first_row(self) -> None:
        """Note that the first rows are here."""
        if self._first_s is None:
            self._first_s = self._worked_s + (time.perf_counter() - self._entered)

    def finish(self, *, is_lost: bool = False) -> None:
        """The statement is over; nothing stops from now on, and nothing is on its way.

        Args:
            is_lost: The connection is gone, so that there is nothing left to hit.
        """
        with self._lock:
            self._over.set()
            sender = self._sender
        if sender is not None and not is_lost:
            sender.join(self._patience_s)
            if sender.is_alive():
                # It may still arrive, at some other statement's expense.
                self._give_up()

    def check(self) -> None:
        """Raise the error of a stopped statement, and of one whose time is up."""
        self.check_time()
        if (error := self.error()) is not None:
            raise error

    def error(self, sqlstate: str = "") -> QueryError | None:
        """The error that a stopped statement ends with, None when nobody stopped it."""
        match self._reason:
            case None:
                return None
            case StopReason.TIMEOUT:
                return QueryTimeout(
                    f"the statement ran into its time limit of {self._timeout_s:g} s",
                    hint="raise the statement timeout, or ask for less",
                    sqlstate=sqlstate,
                )
            case StopReason.CANCELLED:
                return QueryCancelled("the statement was cancelled", sqlstate=sqlstate)
            case StopReason.REPLACED:
                return QueryCancelled(
                    "another statement was run before all rows were read", sqlstate=sqlstate
                )
