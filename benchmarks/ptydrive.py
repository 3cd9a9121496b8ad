"""A program in a pseudo terminal, driven key by key: how long until the key shows."""

from __future__ import annotations

import ctypes
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

# A frame comes as one write; when nothing follows it for this long, it is complete.
_FRAME_GAP_S = 0.004
_PR_SET_PDEATHSIG = 1
KEYS = {
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    "ctrl+home": b"\x1b[1;5H",
    "ctrl+end": b"\x1b[1;5F",
    "enter": b"\r",
    "escape": b"\x1b",
}


class Driven:
    """The program, its terminal and its memory."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        width: int,
        height: int,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LINES", "COLUMNS")}
        env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            start_new_session=True,
            preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509 - it takes no lock
        )
        os.close(slave)
        self.seen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _read(self, timeout_s: float) -> bool:
        """Take what the program has written; False when it wrote nothing for that long."""
        if not select.select([self._master], [], [], max(0.0, timeout_s))[0]:
            return False
        try:
            data = os.read(self._master, 1 << 20)
        except OSError:  # the program has ended
            data = b""
        if not data:
            raise RuntimeError("the program ended:\n" + self.seen[-2_000:].decode(errors="replace"))
        self.seen += data
        return True

    def wait_for(self, pattern: bytes, timeout_s: float = 300.0) -> float:
        """Wait until something was written, and the rest of its frame; when the last byte came."""
        end = time.perf_counter() + timeout_s
        compiled = re.compile(pattern)
        while not compiled.search(self.seen):
            if time.perf_counter() > end:
                shown = self.seen[-2_000:].decode(errors="replace")
                raise TimeoutError(f"{pattern!r} not written in {timeout_s} s:\n{shown}")
            self._read(end - time.perf_counter())
        last = time.perf_counter()
        while self._read(_FRAME_GAP_S):
            last = time.perf_counter()
        return last

    def write(self, key: str) -> None:
        """Press a key, or type a text, and wait for nothing."""
        os.write(self._master, KEYS.get(key) or key.encode())

    def press(self, key: str, pattern: bytes, timeout_s: float = 300.0) -> float:
        """Press a key; seconds until what it must show has been written."""
        self.drain()
        began = time.perf_counter()
        self.write(key)
        return self.wait_for(pattern, timeout_s) - began

    def drain(self, quiet_s: float = 0.0) -> None:
        """Forget what was written so far, and wait until nothing more is for a while."""
        while self._read(quiet_s):
            pass
        self.seen = b""

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._process.pid

    def memory_mb(self) -> float:
        """Resident memory now, in MB."""
        return psutil.Process(self.pid).memory_info().rss / 1e6

    def peak_mb(self) -> float:
        """The most resident memory so far, in MB."""
        return peak_mb(self.pid)


def _end_with(parent: int) -> Callable[[], None]:
    """Has the kernel end the program when this process is killed, where it can (Linux).

    Closing the terminal does not: it is not the controlling one of the new session.
    """
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)

    def before_it_runs() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)

    return before_it_runs


def peak_mb(pid: int) -> float:
    """The most memory that a process had resident, in MB; the present one where nobody counts it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return psutil.Process(pid).memory_info().rss / 1e6
    return int(line.split()[1]) * 1024 / 1e6


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile95(values: Sequence[float]) -> float:
    """Nineteen of twenty values are not above it."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]
