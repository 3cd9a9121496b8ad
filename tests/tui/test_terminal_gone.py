"""A terminal that vanishes without a signal ends tusk, instead of leaving it spinning."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path


def test_tusk_ends_when_the_other_side_of_its_terminal_is_closed(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    # A session of its own, and no controlling terminal: nobody sends SIGHUP.
    tusk = subprocess.Popen(
        [sys.executable, "-m", "tusk", ":memory:"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TUSK_HOME": str(tmp_path), "TERM": "xterm-256color"},
        start_new_session=True,
    )
    try:
        os.close(theirs)
        painted = b""
        while b"memory" not in painted:
            painted += os.read(ours, 65536)
        os.close(ours)
        assert tusk.wait(60) == 128 + signal.SIGHUP
    finally:
        tusk.kill()
        tusk.wait()
