"""Nothing that waits or works for long runs on the UI thread."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator

import pytest

from tests.tui.desk import Desk, open_desk
from tusk.tui.run_status import Phase

BEAT_S = 0.005


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """How late the loop came back each time, in seconds."""
    late: list[float] = []

    async def beat() -> None:
        while True:
            due = time.perf_counter() + BEAT_S
            await asyncio.sleep(BEAT_S)
            late.append(time.perf_counter() - due)

    task = asyncio.ensure_future(beat())
    try:
        yield late
    finally:
        task.cancel()


def worst_of_most(late: list[float]) -> float:
    """The 99th percentile: what one feels, without a hiccup of the machine."""
    return statistics.quantiles(late, n=100)[-1]


async def fetch_all(desk: Desk, sql: str) -> None:
    desk.write(sql)
    await desk.start()
    await desk.until_phase(Phase.PAUSED)
    await desk.press("shift+f9")
    while desk.pane.is_running:
        await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_the_loop_stays_free_while_millions_of_rows_arrive() -> None:
    sql = "select range a, range * 2 b, 'text ' || range c, range / 7 d from range(3000000)"
    async with open_desk() as desk, heartbeat() as late:
        await desk.run("select 1")
        late.clear()
        await fetch_all(desk, sql)
        assert desk.pane.status.rows == 3_000_000
        assert worst_of_most(late) < 0.1, f"{worst_of_most(late) * 1000:.0f} ms"


async def test_typing_goes_on_while_a_query_runs() -> None:
    slow = "select count(*) from range(200000) a, range(200000) b where a.range * b.range % 7 = 1"
    async with open_desk() as desk:
        desk.write(slow)
        await desk.start()
        await desk.until_phase(Phase.RUNNING)
        text = desk.pane.editor.text
        took = []
        for char in "abcdefghij":
            pressed = time.perf_counter()
            desk.app.simulate_key(char)
            while desk.pane.editor.text == text:
                await asyncio.sleep(0.001)
            text = desk.pane.editor.text
            took.append(time.perf_counter() - pressed)
        assert desk.pane.is_running
        assert statistics.median(took) < 0.05, took
        await desk.press("escape")
        await desk.ended()
