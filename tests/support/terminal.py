"""A program in a real terminal: tmux, on a private server socket."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.waiting import wait_until

POLL_S = 0.03
PANE = "screen:0.0"


class ScreenTimeout(AssertionError):
    """What was waited for did not appear; the message shows what was on the screen."""


class Terminal:
    """One program in one tmux window.

    with Terminal(["tusk", "demo"], width=100, height=30) as terminal:
        terminal.wait_for("rows")
        terminal.send_keys("Down", "C-q")
        assert terminal.wait_for_exit() == 0

    Skips the test when there is no tmux.
    """

    def __init__(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        width: int = 80,
        height: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        term: str = "tmux-256color",
    ) -> None:
        """Describe the window; it opens with the `with` block.

        Args:
            command: The program and its arguments.
            width: In cells.
            height: In cells.
            env: Variables on top of the test's own environment.
            cwd: Where the program starts; by default in a private directory.
            term: TERM inside the window.
        """
        if not shutil.which("tmux"):
            pytest.skip("tmux is not installed")
        self._command = shlex.join(os.fspath(word) for word in command)
        self._size = (width, height)
        self._directory = Path(tempfile.mkdtemp(prefix="tuskterm-"))
        self._cwd = cwd or self._directory
        self._term = term
        # Of the outer environment, tmux' own variables would lead to another server.
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("TMUX")}
        self._env |= {"TMUX_TMPDIR": str(self._directory), "LC_ALL": "C.UTF-8", **(env or {})}

    def __enter__(self) -> Self:
        width, height = self._size
        config = self._directory / "tmux.conf"
        config.write_text(
            f"set -g default-terminal {self._term}\n"
            "set -g remain-on-exit on\n"
            "set -g remain-on-exit-format ''\n"
            "set -g status off\n"
            "set -g history-limit 10000\n"
            "set -s escape-time 0\n"
            "set -s set-clipboard on\n"
            "set -g default-shell /bin/sh\n"
        )
        # The program starts only when the raw bytes are being captured. Its exit code is kept by
        # the shell around it: tmux 3.3 misses the end of about a third of all short programs.
        # The shell must outlive Ctrl-C, but not a hang-up, which it passes on by ending.
        run = shlex.quote(f"echo $$ > {self._file('pid')}; exec {self._command}")
        script = (
            "trap : INT QUIT; tmux wait-for started; "
            f"sh -c {run}; "
            f"echo $? > {self._file('status.new')}; "
            f"mv {self._file('status.new')} {self._file('status')}"
        )
        try:
            self._tmux(
                *("-f", str(config), "new-session", "-d", "-s", "screen"),
                *("-x", str(width), "-y", str(height), "-c", str(self._cwd), script),
            )
            self._tmux("pipe-pane", "-t", PANE, f"exec cat >> {self._file('raw')}")
            self._tmux("wait-for", "-S", "started")
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    def send_keys(self, *keys: str) -> None:
        """Press keys by tmux' names: "Enter", "Escape", "C-c", "M-x", "F5", "a"."""
        self._tmux("send-keys", "-t", PANE, *keys)

    def send_text(self, text: str) -> None:
        """Type a text as it is."""
        self._tmux("send-keys", "-t", PANE, "-l", "--", text)

    def paste(self, text: str) -> None:
        """Paste a text, bracketed if the program asked for it."""
        self._tmux("set-buffer", "--", text)
        self._tmux("paste-buffer", "-p", "-t", PANE)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, in cells."""
        self._tmux("resize-window", "-t", PANE, "-x", str(width), "-y", str(height))

    def capture(self, *, colours: bool = False) -> str:
        """The screen now, line by line; with `colours`, as escape sequences."""
        flags = ["-e"] if colours else []
        return self._tmux("capture-pane", "-p", *flags, "-t", PANE)

    def raw_bytes(self) -> bytes:
        """All that the program has written to the terminal so far."""
        raw = self._directory / "raw"
        return raw.read_bytes() if raw.exists() else b""

    def wait_for(self, pattern: str, timeout: float = 20.0) -> str:
        """Wait until a regular expression matches the screen; return the screen."""
        compiled = re.compile(pattern, re.MULTILINE)
        return self.wait_until(
            lambda screen: compiled.search(screen) is not None, timeout, what=repr(pattern)
        )

    def wait_until(
        self, is_true: Callable[[str], bool], timeout: float = 20.0, *, what: str = "the state"
    ) -> str:
        """Wait until a fact holds for the screen; return the screen."""
        deadline = time.monotonic() + timeout
        while True:
            screen = self.capture()
            if is_true(screen):
                return screen
            if time.monotonic() > deadline:
                raise ScreenTimeout(f"{what} not seen within {timeout} s on:\n{screen}")
            time.sleep(POLL_S)

    def wait_for_raw(self, expected: bytes, timeout: float = 20.0) -> bytes:
        """Wait until the program has written these bytes; return all it has written."""
        deadline = time.monotonic() + timeout
        while True:
            raw = self.raw_bytes()
            if expected in raw:
                return raw
            if time.monotonic() > deadline:
                raise ScreenTimeout(f"{expected!r} not written within {timeout} s")
            time.sleep(POLL_S)

    def wait_for_exit(self, timeout: float = 20.0) -> int:
        """Wait until the program has ended; return its exit code (128 + n for signal n)."""
        status = self._directory / "status"
        deadline = time.monotonic() + timeout
        while not status.exists():
            if time.monotonic() > deadline:
                raise ScreenTimeout(f"still running after {timeout} s:\n{self.capture()}")
            time.sleep(POLL_S)
        return int(status.read_text())

    @property
    def is_running(self) -> bool:
        """Whether the program has not ended by itself; meaningless after `hang_up`."""
        return not (self._directory / "status").exists()

    @property
    def pid(self) -> int:
        """The program's process id."""
        file = self._directory / "pid"
        wait_until(lambda: file.exists() and file.read_text().endswith("\n"), "the program's start")
        return int(file.read_text())

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the terminal's cursor, from 0."""
        x, y = self._show("#{cursor_x} #{cursor_y}").split()
        return int(x), int(y)

    def hang_up(self) -> None:
        """Close the window under the program, as a dropped SSH connection does (SIGHUP)."""
        self._tmux("kill-window", "-t", PANE)

    def kill(self) -> None:
        """End the tmux server, and with it the program. Again is fine."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._tmux("kill-server")
        shutil.rmtree(self._directory, ignore_errors=True)

    def _file(self, name: str) -> str:
        """The path of a file of ours, quoted for a shell."""
        return shlex.quote(str(self._directory / name))

    def _show(self, template: str) -> str:
        return self._tmux("display-message", "-p", "-t", PANE, template).rstrip("\n")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-u", *arguments],
            env=self._env,
            check=True,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=20,
        )
        return done.stdout
