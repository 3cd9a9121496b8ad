"""The process between tusk and its `ssh`, which ends that however tusk ends.

Runs by `python -I -S` with the command as arguments and needs the standard library only. The end
of its standard input means that tusk is gone, be it by `kill -9`: then ssh is ended. When this
process itself is killed, the kernel signals ssh (Linux only).
"""

from __future__ import annotations

import contextlib
import ctypes  # Loaded before the fork.
import os
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1
_GRACE_S = 1.0


def _end_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _exit_with(child: subprocess.Popen[bytes]) -> None:
    code = child.wait()
    os._exit(code if code >= 0 else 128 - code)


def guard(command: list[str]) -> None:
    """Run a command until it ends, or standard input does."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_end_with_parent)  # noqa: PLW1509 - no thread yet; argv from tusk
    threading.Thread(target=_exit_with, args=[child], daemon=True).start()
    sys.stdin.buffer.read()
    child.terminate()
    # The thread above exits when it has ended.
    threading.Event().wait(_GRACE_S)
    child.kill()
    threading.Event().wait()


if __name__ == "__main__":
    guard(sys.argv[1:])
