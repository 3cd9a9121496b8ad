"""Calls in threads that nobody waits for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from tusk.services.background import call_apart

HANGS = """
import asyncio, time
from tusk.services.background import call_apart

async def main():
    try:
        await asyncio.wait_for(call_apart(lambda: time.sleep(3600)), 0.05)
    except TimeoutError:
        print("left")

asyncio.run(main())
"""


async def test_what_the_call_returns_or_raises_comes_back() -> None:
    assert await call_apart(lambda: threading.current_thread().daemon) is True
    with pytest.raises(ZeroDivisionError):
        await call_apart(lambda: 1 // 0)


async def test_who_no_longer_waits_is_left_alone() -> None:
    go_on = threading.Event()
    waiting = asyncio.ensure_future(call_apart(go_on.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go_on.set()
    assert await call_apart(lambda: "next") == "next"


def test_a_call_that_hangs_does_not_keep_the_program_from_its_end() -> None:
    done = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, timeout=60)
    assert done.stdout == b"left\n"
