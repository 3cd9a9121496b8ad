"""Cells of hundreds of megabytes: never copied whole on the screen's account, never in its way."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psutil
import pyarrow as pa
import pytest

from tests.tui.grid_pilot import Stage, column_of, staged
from tusk.core.render import beginning, render_column
from tusk.services.results.matching import Matcher
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_grid.cells import CellReader
from tusk.tui.widgets.result_grid.lines import WindowLines
from tusk.tui.widgets.result_grid.viewer import INDENTED_BYTES, CellViewer, LinesView

SIZE = 200_000_000


@contextlib.asynccontextmanager
async def measured() -> AsyncIterator[None]:
    """Memory grows by less than two such values, and the loop looks at little of one.

    Memory is measured by a thread: a loop that is busy copying would not see it.
    """
    process, is_over = psutil.Process(), threading.Event()
    before = most = process.memory_info().rss

    def watch() -> None:
        nonlocal most
        while not is_over.wait(0.005):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with bytes_looked_at() as looked_at:
            yield
    finally:
        is_over.set()
        watcher.join()
    assert most - before < SIZE * 1.5, f"memory grew by {(most - before) / 1e6:.0f} MB"
    on_the_loop = looked_at[threading.get_ident()]
    assert on_the_loop < SIZE / 4, f"the loop looked at {on_the_loop / 1e6:.0f} MB"


@contextlib.contextmanager
def bytes_looked_at() -> Iterator[Counter[int]]:
    """How much of values each thread makes lines or cells of, or searches."""
    counted: Counter[int] = Counter()
    read, matching, short = WindowLines._read, Matcher.rows, CellReader.read

    def read_lines(self: WindowLines, place: Any) -> Any:
        lines, following = read(self, place)
        counted[threading.get_ident()] += sum(map(len, lines))
        return lines, following

    def match(self: Matcher, batch: pa.RecordBatch, schema: pa.Schema) -> Any:
        counted[threading.get_ident()] += batch.nbytes
        return matching(self, batch, schema)

    def read_cells(self: CellReader, rows: range, column: int) -> list[str | None]:
        texts = short(self, rows, column)
        counted[threading.get_ident()] += sum(len(text) for text in texts if text)
        return texts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WindowLines, "_read", read_lines)
        patch.setattr(Matcher, "rows", match)
        patch.setattr(CellReader, "read", read_cells)
        yield counted


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
    await stage.until(lambda: bool(stage.app.screen.query(LinesView)), "its lines")
    view = stage.app.screen.query_one(LinesView)
    await stage.until(lambda: len(view._lines) > 0, "lines")
    return view


@pytest.mark.parametrize("make", MAKERS)
async def test_a_huge_cell_is_shown_and_viewed(make: object) -> None:
    table = make()  # type: ignore[operator]
    async with staged() as stage, measured():
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
    async with staged(table) as stage, measured():
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
    async with staged(big_text(end="Needle")) as stage, measured():
        stage.grid.arrange_rows(filter_text="needle")
        await stage.idle()
        assert stage.grid.row_count == 1
        stage.grid.arrange_rows(filter_text="nothing like it")
        await stage.idle()
        assert stage.grid.row_count == 0


async def test_huge_bytes_are_searched_at_their_beginning() -> None:
    async with staged(big_bytes()) as stage, measured():
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
