"""What a benchmark drives does not outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import is_alive, wait_until

ROOT = Path(__file__).resolve().parents[2]
PARENT = """
import sys, time
from benchmarks.ptydrive import Driven
with Driven(["sleep", "600"], width=80, height=24) as driven:
    print(driven.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_driven_program_ends_with_a_benchmark_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    assert is_alive(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not is_alive(child), "the end of the program")
