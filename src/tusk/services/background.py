"""Threads that work for a front end: how they share the interpreter and the processor."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

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
