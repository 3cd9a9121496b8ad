"""Work behind a screen: it takes what processor time the screen leaves."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

# A third of the share of a thread at the usual priority, while both want to run.
_NICER_BY = 5


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
