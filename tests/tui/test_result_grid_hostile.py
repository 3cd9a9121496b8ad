"""Hostile texts through every path of the grid: nothing raw is painted, nothing misaligns."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.hostile import HOSTILE, HOSTILE_BYTES, WITH_NUL, unsafe_characters
from tests.tui.grid_pilot import Stage, staged
from tusk.core.schema import make_field
from tusk.core.text import safe
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_grid.paint import fit

TEXTS = [*HOSTILE.values(), WITH_NUL]


def check(stage: Stage) -> None:
    """No raw control character on the screen, and every line exactly as wide as the grid."""
    width = stage.grid.size.width
    for strip in stage.grid.render_lines(stage.grid.size.region):
        assert unsafe_characters(strip.text, allow="") == []
        assert cell_len(strip.text) == strip.cell_length == width
    for line in stage.screen_text():
        assert unsafe_characters(line, allow="") == []


def hostile_table() -> pa.Table:
    """Hostile texts as names, types and values, between columns whose place can be checked."""
    fields = [pa.field("edge", pa.string())]
    columns = [pa.array(["|"] * len(TEXTS))]
    for number, text in enumerate(TEXTS):
        engine = ("postgres", "duckdb", "sqlite", "datafusion")[number % 4]
        fields.append(make_field(text, pa.string(), engine=engine, db_type=text))
        columns.append(pa.array(TEXTS[number:] + TEXTS[:number]))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


@pytest.mark.parametrize("size", [(80, 24), (33, 7)])
async def test_nothing_raw_is_painted_anywhere(size: tuple[int, int]) -> None:
    table = hostile_table()
    async with staged(table, size=size) as stage:
        stage.grid.show_types = True
        for column in range(0, table.num_columns, 3):
            stage.grid.move_cursor(column % table.num_rows, column)
            await stage.pilot.pause()
            check(stage)
        await stage.press("G", "v", "k", "h", "z")
        check(stage)
        await stage.press("escape", "s")
        await stage.idle()
        check(stage)


async def test_one_text_in_every_row_keeps_the_next_column_in_place() -> None:
    table = pa.table({"hostile": TEXTS, "edge": ["#"] * len(TEXTS)})
    async with staged(table, size=(80, len(TEXTS) + 2)) as stage:
        places = {
            cell_len(strip.text[: strip.text.rindex("#")])
            for strip in stage.grid.render_lines(stage.grid.size.region)[1 : len(TEXTS) + 1]
        }
        assert len(places) == 1


async def test_scrolling_cuts_wide_characters_cleanly() -> None:
    table = pa.table({"wide": ["漢字" * 10, "a漢" * 13, "ab漢字" * 6], "end": ["#", "#", "#"]})
    async with staged(table, size=(30, 6)) as stage:
        for x in range(25):
            stage.grid.scroll_to(x, 0, animate=False)
            await stage.pilot.pause()
            check(stage)
            lines = stage.grid.render_lines(stage.grid.size.region)[1:4]
            ends = {cell_len(s.text.partition("#")[0]) for s in lines if "#" in s.text}
            assert len(ends) <= 1


async def test_bytes_that_are_no_text_are_shown_and_found() -> None:
    values = list(HOSTILE_BYTES.values())
    fields = [
        make_field("bytea", pa.binary(), engine="postgres", db_type="bytea"),
        make_field("text", pa.binary(), engine="postgres", db_type="text"),
        make_field("blob", pa.binary(), engine="duckdb", db_type="BLOB"),
        make_field("blob", pa.binary(), engine="sqlite", db_type="BLOB"),
    ]
    table = pa.Table.from_arrays([pa.array(values)] * len(fields), schema=pa.schema(fields))
    async with staged(table, size=(160, 10)) as stage:
        check(stage)
        assert "\\x636166e9" in stage.lines()[1]
        for key in ("s", "l", "s", "l", "s", "l", "s", "s"):
            await stage.press(key)
            await stage.idle()
        await stage.press("/", "e", "9", "enter")
        await stage.idle()
        check(stage)
        for column in range(4):
            stage.grid.move_cursor(0, column)
            await stage.press("enter")
            await stage.pilot.pause()
            for line in stage.screen_text():
                assert unsafe_characters(line, allow="") == []
            await stage.press("escape", "c", "Y")
            await stage.idle()


async def test_hostile_texts_as_filter_and_search_are_plain_texts() -> None:
    async with staged(pa.table({"t": TEXTS})) as stage:
        grid: ResultGrid = stage.grid
        for text in TEXTS:
            grid.arrange_rows(filter_text=text)
            await stage.idle()
            shown = {TEXTS[grid.buffer_row(row)] for row in range(grid.row_count)}
            assert text in shown or text == "" or "\n" in text
            check(stage)


@given(st.text(max_size=20), st.integers(0, 12), st.booleans())
def test_fitting_gives_exactly_the_width(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(safe(text), width, right=right)) == width
