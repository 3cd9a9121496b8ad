"""Work that Ctrl+C stops properly: cancelled where it runs, then cleaned up, then the exit code.

The work runs in a thread; the main thread waits for its end or for a signal. (In the main
thread, a signal would have to wait until the driver returns from C code.)
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from types import FrameType
from typing import Generic, TypeVar

import typer

from tusk.cli.exits import ExitCode
from tusk.services.background import take_short_turns

T = TypeVar("T")

_EXIT_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HUNG_UP,
}
# A cancelled statement ends in milliseconds; a server that takes longer does not answer.
_CANCEL_WAIT_S = 1.5
_GIVE_UP_WAIT_S = 0.5
_ASK_AGAIN_S = 0.1


def run_interruptible(
    work: Callable[[], T],
    *,
    stop: Callable[[], None] | None = None,
    give_up: Callable[[], None] | None = None,
) -> T:
    """Run blocking work until it ends, or a signal asks to end it.

    After the first signal the work is asked to stop and gets a moment for it; after that, or at
    a second signal, it is given up.

    Args:
        work: Runs in a thread.
        stop: Asks it to end; must return at once. None: it cannot be asked, so give it up.
        give_up: Makes it end without waiting for anybody; must return at once.

    Returns:
        What the work returns.

    Raises:
        typer.Exit: A signal came, and the work has ended.
        Exception: What the work raises, when no signal came.
    """
    take_short_turns()
    job = _Job(work)
    with _signals(job.inbox):
        job.start()
        code = job.wait()
        if code is not None:
            _stop(job, code, stop, give_up)
            raise typer.Exit(code)
    return job.result()


def _stop(
    job: _Job[T],
    code: ExitCode,
    stop: Callable[[], None] | None,
    give_up: Callable[[], None] | None,
) -> None:
    if stop is not None and job.ends_by(stop, _CANCEL_WAIT_S):
        return
    if give_up is not None and job.ends_by(give_up, _GIVE_UP_WAIT_S):
        return
    from tusk.services.history_recorder import finish_recorders

    # Python would wait for the thread, which waits for a server that may never answer.
    finish_recorders()
    sys.stderr.flush()
    os._exit(code)


class _Job(Generic[T]):
    """The work in its thread, and a queue on which its end and signals arrive."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.inbox: queue.SimpleQueue[signal.Signals | None] = queue.SimpleQueue()
        self._work = work
        self._value: T
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="tusk-work", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as exc:  # noqa: BLE001 - raised again by `result`
            self._error = exc
        finally:
            self.inbox.put(None)

    def wait(self) -> ExitCode | None:
        """Wait for the end (None), or for a signal (its exit code)."""
        received = self.inbox.get()
        return None if received is None else _EXIT_CODES[received]

    def ends_by(self, ask: Callable[[], None], seconds: float) -> bool:
        """Ask for the end; False when it did not come in time or another signal came.

        Asked again and again: a cancel that comes between two statements has nothing to cancel.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ask()
            with contextlib.suppress(queue.Empty):
                return self.inbox.get(timeout=_ASK_AGAIN_S) is None
        return False

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value


@contextlib.contextmanager
def _signals(inbox: queue.SimpleQueue[signal.Signals | None]) -> Generator[None]:
    """Put signals into the queue, except those that were ignored from the start (nohup)."""

    def receive(number: int, _frame: FrameType | None) -> None:
        inbox.put(signal.Signals(number))

    before = {
        number: signal.signal(number, receive)
        for number in _EXIT_CODES
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
