"""Cells of hundreds of megabytes: never copied whole on the screen's account, never in its way."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import psutil
import pyarrow as pa
import pytest

from tests.tui.grid_pilot import Stage, column_of, staged
from tusk.core.render import beginning, render_column
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_grid.lines import WindowLines
from tusk.tui.widgets.result_grid.viewer import INDENTED_BYTES, CellViewer, LinesView

SIZE = 200_000_000
# The longest that the loop may compute at once: making all lines of a value takes seconds. By the
# clock it may take longer on a busy machine.
LONGEST_S = 0.25
LONGEST_BY_CLOCK_S = 1.5


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncIterator[None]:
    """The loop is never away for long, and memory grows by less than two such values."""
    process = psutil.Process()
    before = process.memory_info().rss
    longest, longest_by_clock, most = 0.0, 0.0, before

    async def beat() -> None:
        nonlocal longest, longest_by_clock, most
        while True:
            began, began_by_clock = time.thread_time(), time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.thread_time() - began)
            longest_by_clock = max(longest_by_clock, time.monotonic() - began_by_clock)
            most = max(most, process.memory_info().rss)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
    assert longest < LONGEST_S, f"the loop was away for {longest:.2f} s"
    assert longest_by_clock < LONGEST_BY_CLOCK_S, f"the loop waited {longest_by_clock:.2f} s"
    assert most - before < SIZE * 1.5, f"memory grew by {(most - before) / 1e6:.0f} MB"


def big_text(end: str = "") -> pa.Table:
    value = pa.py_buffer(b"x" * (SIZE - len(end)) + end.encode())
    offsets = pa.array([0, SIZE], pa.int32()).buffers()[1]
    return pa.table({"big": pa.Array.from_buffers(pa.string(), 1, [None, offsets, value])})


def big_bytes() -> pa.Table:
    return column_of([b"y" * SIZE], pa.binary(), "big", engine="postgres", db_type="bytea")


def big_json() -> pa.Table:
    text = '{"a": [' + '"some text", ' * (SIZE // 13) + "0]}"
    return column_of([text], pa.string(), "big", db_type="JSON")


def big_list() -> pa.Table:
    return column_of([["z" * (SIZE // 4)] * 4], pa.list_(pa.string()), "big")


def big_struct() -> pa.Table:
    return column_of([{"s": "z" * SIZE}], pa.struct([("s", pa.string())]), "big")


MAKERS = [big_text, big_bytes, big_json, big_list, big_struct]


async def open_viewer(stage: Stage) -> LinesView:
    await stage.press("enter")
    await stage.until(lambda: isinstance(stage.app.screen, CellViewer), "the viewer")
    view = stage.app.screen.query_one(LinesView)
    await stage.until(lambda: len(view._lines) > 0, "lines")
    return view


@pytest.mark.parametrize("make", MAKERS)
async def test_a_huge_cell_is_shown_and_viewed(make: object) -> None:
    table = make()  # type: ignore[operator]
    async with staged() as stage, heartbeat():
        await stage.show(table)
        assert "big" in stage.lines()[0]
        view = await open_viewer(stage)
        await stage.press("pagedown", "end", "home", "x")
        await stage.until(lambda: len(view._lines) > 1_000, "bytes")
        await stage.press("r", "pagedown", "end", "i", "pagedown")
        await stage.until(lambda: len(view._lines) > 0, "lines")
        await stage.press("escape")
        assert stage.app.screen is stage.app.screen_stack[0]


@pytest.mark.parametrize("make", MAKERS)
async def test_a_huge_cell_is_too_much_for_the_clipboard(make: object) -> None:
    table = make()  # type: ignore[operator]
    async with staged(table) as stage, heartbeat():
        await stage.press("y")
        await stage.until(lambda: bool(stage.heard(ResultGrid.Refused)), "a refusal")
        await stage.press("Y")
        await stage.until(lambda: len(stage.heard(ResultGrid.Refused)) == 2, "another one")
        await open_viewer(stage)
        await stage.press("c")
        await stage.until(lambda: len(stage.heard(ResultGrid.Refused)) == 3, "a third one")
        assert "clipboard" in stage.heard(ResultGrid.Refused)[0].reason
        assert stage.app.clipboard == ""


async def test_a_huge_text_is_searched_to_its_end() -> None:
    async with staged(big_text(end="Needle")) as stage, heartbeat():
        stage.grid.arrange_rows(filter_text="needle")
        await stage.idle()
        assert stage.grid.row_count == 1
        stage.grid.arrange_rows(filter_text="nothing like it")
        await stage.idle()
        assert stage.grid.row_count == 0


async def test_huge_bytes_are_searched_at_their_beginning() -> None:
    async with staged(big_bytes()) as stage, heartbeat():
        stage.grid.arrange_rows(filter_text="7979")
        await stage.idle()
        assert stage.grid.row_count == 1


async def test_indenting_a_huge_json_says_that_it_is_only_the_beginning() -> None:
    async with staged(big_json()) as stage:
        await open_viewer(stage)
        await stage.pilot.pause()
        shown = "\n".join(stage.screen_text())
        assert f"Only the first {INDENTED_BYTES:,} bytes" in shown
        assert '"some text",' in shown
        await stage.press("r")
        await stage.pilot.pause()
        assert "Only the first" not in "\n".join(stage.screen_text())


async def test_the_text_of_huge_bytes_says_that_it_is_only_the_beginning() -> None:
    async with staged(big_bytes()) as stage:
        await open_viewer(stage)
        await stage.press("r")
        await stage.pilot.pause()
        shown = "\n".join(stage.screen_text())
        assert "Only the first 1,000,000 bytes of text" in shown
        assert "200,000,000 bytes" in shown
        assert "\\x7979" in shown


@pytest.mark.parametrize("unit", ["x", "é", "漢", "😀", "ab\n", "\t", "x" * 70_000 + "\n"])
@pytest.mark.parametrize("shift", range(4))
def test_a_line_goes_on_from_one_window_to_the_next(unit: str, shift: int) -> None:
    text = "a" * shift + unit * (200_000 // len(unit))
    lines = WindowLines(memoryview(text.encode()), 79)
    while lines.grow(1.0):
        pass
    made = [lines[index] for index in range(len(lines))]
    if unit != "\t":
        assert "".join(made) == text.replace("\n", "")
    if "\n" not in unit:  # only the last line is shorter than it could be
        assert len({len(line) for line in made[1:-1]}) == 1
    else:
        longest = -(-max(map(len, text.split("\n"))) // 79)
        assert len(made) <= (text.count("\n") + 1) * longest


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (["it's", None, "x" * 3_000_000, "y"], pa.list_(pa.string())),
        ([["x" * 3_000_000], [], None], pa.large_list(pa.list_(pa.string()))),
        (
            {"a": "x" * 3_000_000, "b": [1, 2]},
            pa.struct([("a", pa.string()), ("b", pa.list_(pa.int8()))]),
        ),
    ],
)
def test_the_beginning_of_a_nested_value_is_that_of_its_text(
    value: object, type_: pa.DataType
) -> None:
    table = column_of([None, value, value, None], type_)
    values: Any = table.column(0).chunk(0).slice(1, 3)
    cut = beginning(values, 600)
    assert cut.nbytes < 100_000
    field = table.schema.field(0)
    for short, whole in zip(render_column(cut, field), render_column(values, field), strict=True):
        assert (short and short[:600]) == (whole and whole[:600])
