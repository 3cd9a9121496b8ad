"""Threads that work for a front end: how they share the interpreter and the processor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")

_SWITCH_S = 0.0005
# A third of the share of a thread at the usual priority, while both want to run.
_NICER_BY = 5


def take_short_turns() -> None:
    """Have a thread that is in Python let another one in after half a millisecond, not five.

    Whoever writes or draws what another thread fetches asks for the interpreter several times a
    batch. PostgreSQL's rows went to Parquet in 1.9 instead of 2.3 times psql's time (2 cores).
    """
    sys.setswitchinterval(_SWITCH_S)


def step_back() -> None:
    """Let the calling thread, and all that it starts, wait for threads of the usual priority.

    Only Linux has a priority for each thread (`setpriority(2)`, notes); elsewhere the screen would
    step back too.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            nice = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, nice + _NICER_BY)


async def call_apart(call: Callable[[], T]) -> T:
    """Call in a thread that nobody waits for at the end: a disk that hangs keeps no one here.

    `asyncio.to_thread` has threads that the end of the program waits for.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(cast("T", result))

    def work() -> None:
        result, error = None, None
        try:
            result = call()
        except Exception as exc:  # noqa: BLE001 - raised where it is waited for
            error = exc
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=work, daemon=True, name="apart").start()
    return await answer
