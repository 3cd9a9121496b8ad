"""Running the installed command: with pipes, or in a pseudo terminal."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

TUSK = str(Path(sys.executable).with_name("tusk"))
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


def tusk(
    *arguments: str | Path,
    stdin: str | bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Done:
    """Run `tusk` with pipes."""
    done = subprocess.run(
        [TUSK, *map(str, arguments)],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        timeout=TIMEOUT_S,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def start(*arguments: str | Path, **options: object) -> subprocess.Popen[bytes]:
    """Start `tusk` with pipes, to be looked at while it runs."""
    return subprocess.Popen(
        [TUSK, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,  # type: ignore[call-overload]
    )


def finish(process: subprocess.Popen[bytes], timeout_s: float = TIMEOUT_S) -> Done:
    """Wait for the end of what was started."""
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Done(process.returncode, out.decode(), err.decode())


class InTerminal:
    """`tusk` in a pseudo terminal, which is stdin, stdout and stderr.

    Args:
        arguments: Of the command.
        width: Columns.
        to_pipe: Give stdout a pipe instead, as in `tusk … | cat`.
        env: Variables on top of the test's own.
    """

    def __init__(
        self,
        *arguments: str | Path,
        width: int = 80,
        to_pipe: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._arguments = [TUSK, *map(str, arguments)]
        self._width = width
        self._to_pipe = to_pipe
        self._env = {**os.environ, "TERM": "xterm-256color", **(env or {})}
        self.screen = b""

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, self._width, 0, 0))
        # The terminal becomes the controlling one of a session, so that Ctrl+C reaches it.
        self.process = subprocess.Popen(
            [sys.executable, "-c", _IN_SESSION, *self._arguments],
            stdin=slave,
            stdout=subprocess.PIPE if self._to_pipe else slave,
            stderr=slave,
            env=self._env,
            start_new_session=True,
        )
        os.close(slave)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        os.close(self._master)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def wait_for(self, text: str, timeout_s: float = TIMEOUT_S) -> str:
        """Read until a text has appeared; all that was written so far."""
        deadline = time.monotonic() + timeout_s
        while text.encode() not in self.screen:
            if not self._read(deadline) or time.monotonic() > deadline:
                raise AssertionError(f"{text!r} not seen in {self.screen!r}")
        return self.screen.decode("utf-8", "replace")

    def finish(self, timeout_s: float = TIMEOUT_S) -> Done:
        """Read to the end; what was written to the terminal is `out`."""
        deadline = time.monotonic() + timeout_s
        while self._read(deadline):
            if time.monotonic() > deadline:
                raise AssertionError(f"still running after {timeout_s} s: {self.screen!r}")
        code = self.process.wait(timeout=10)
        return Done(code, self.screen.decode("utf-8", "replace").replace("\r\n", "\n"), "")

    def _read(self, deadline: float) -> bool:
        """Read what is there; False at the end."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError as exc:
            if exc.errno != errno.EIO:  # how Linux tells that the other side is closed
                raise
            return False
        self.screen += data
        return bool(data)


_IN_SESSION = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def on_terminal(*arguments: str | Path, **options: object) -> Done:
    """Run `tusk` in a pseudo terminal to its end."""
    with InTerminal(*arguments, **options) as terminal:  # type: ignore[arg-type]
        return terminal.finish()


def interrupt(process: subprocess.Popen[bytes], number: int = signal.SIGINT) -> None:
    """Send a signal as a terminal or `kill` does."""
    process.send_signal(number)
