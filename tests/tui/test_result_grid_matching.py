"""Filter and search: what is found, in which order, in any view of the rows."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.grid_pilot import buffer_of, numbers, staged
from tusk.services.results import matching
from tusk.services.results.matching import Matcher, match_steps, search_index, search_steps
from tusk.services.results.order import RowIndex
from tusk.tui.widgets.result_grid import ResultGrid

CELLS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "xay", None]), st.sampled_from([1, 12, None])),
    min_size=1,
    max_size=40,
)


def cells_in_order(rows: list[tuple], text: str, order: list[int]) -> list[tuple[int, int]]:
    """Shown row and column of every cell that has the text."""
    return [
        (place, column)
        for place, row in enumerate(order)
        for column, value in enumerate(rows[row])
        if value is not None and text in str(value)
    ]


def expected(hits: list[tuple[int, int]], cell: tuple[int, int], *, backwards: bool):
    if not hits:
        return None
    if backwards:
        return next((hit for hit in reversed(hits) if hit < cell), hits[-1])
    return next((hit for hit in hits if hit > cell), hits[0])


@settings(max_examples=200)
@given(
    rows=CELLS,
    text=st.sampled_from(["a", "1", "2", "z", "ay"]),
    backwards=st.booleans(),
    data=st.data(),
)
def test_search_finds_the_nearest_cell_once_around(
    rows: list[tuple], text: str, backwards: bool, data: st.DataObject
) -> None:
    cell = (data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 1)))
    table = pa.table({"t": [row[0] for row in rows], "n": [row[1] for row in rows]})
    buffer = buffer_of(table, rows=7, budget=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_SEARCH_ROWS", 4)
        (*_, last) = search_steps(buffer, Matcher(text), cell, backwards=backwards)
    natural = list(range(len(rows)))
    hits = cells_in_order(rows, text, natural)
    assert last.cell == expected(hits, cell, backwards=backwards)

    order = data.draw(st.permutations(natural), "order")
    index = RowIndex()
    for row in order:
        index.append(pa.array([row], pa.uint64()))
    found = pa.concat_arrays([step.rows for step in match_steps(buffer, Matcher(text))])
    got = search_index(buffer, Matcher(text), index, found, cell, backwards=backwards)
    assert got == expected(cells_in_order(rows, text, order), cell, backwards=backwards)


def matching_rows(table: pa.Table, text: str) -> list[int]:
    steps = match_steps(buffer_of(table, rows=3), Matcher(text))
    return [int(row) for step in steps for row in step.rows.to_pylist() if row is not None]


def test_every_column_is_searched_as_it_is_shown() -> None:
    table = pa.table(
        {
            "i": [1, 20, 300, None],
            "f": [0.5, 1e300, None, -2.25],
            "t": ["Alpha", None, "beta", "100%"],
            "b": [True, False, None, True],
            "l": [[1, 2], [], None, [3]],
        }
    )
    assert matching_rows(table, "20") == [1]
    assert matching_rows(table, "e+300") == [1] or matching_rows(table, "1e300") == [1]
    assert matching_rows(table, "true") == [0, 3]
    assert matching_rows(table, "[1, 2]") == [0]
    assert matching_rows(table, "%") == [3]
    assert matching_rows(table, "-2.25") == [3]
    assert matching_rows(table, "zzz") == []


@pytest.mark.parametrize(("text", "rows"), [("alpha", [0, 1]), ("Alpha", [0]), ("ä", [2, 3])])
def test_case_matters_only_with_capital_letters(text: str, rows: list[int]) -> None:
    assert matching_rows(pa.table({"t": ["Alpha", "ALPHA", "äx", "ÄX"]}), text) == rows


def test_regular_expressions_are_plain_text() -> None:
    assert matching_rows(pa.table({"t": ["a.c", "abc", "(", "\\"]}), "a.c") == [0]
    assert matching_rows(pa.table({"t": ["a.c", "abc", "(", "\\"]}), "(") == [2]
    assert matching_rows(pa.table({"t": ["a.c", "abc", "(", "\\"]}), "\\") == [3]


async def test_filter_narrows_while_typing_and_escape_brings_back() -> None:
    async with staged(numbers(2_000)) as stage:
        await stage.press("f", "7", "7")
        await stage.until(lambda: stage.grid.row_count == rows_with("77"), "rows with 77")
        await stage.press("7")
        await stage.until(lambda: stage.grid.row_count == rows_with("777"), "rows with 777")
        await stage.press("enter")
        await stage.idle()
        assert stage.grid.view_state.filter_text == "777"
        assert stage.grid.cell_text(0, 0) == "777"
        assert "▽" in stage.lines()[0]
        await stage.press("f", "1", "escape")
        await stage.idle()
        assert stage.grid.view_state.filter_text == "777"
        await stage.press("F")
        await stage.idle()
        assert stage.grid.row_count == 2_000
        assert stage.grid.cursor_row == 777


def rows_with(text: str) -> int:
    return sum(
        any(text in str(column * 1_000_000 + row) for column in range(3)) for row in range(2_000)
    )


async def test_a_filtered_result_can_be_sorted_and_grows_with_new_rows() -> None:
    table = pa.table({"n": [5, 15, 2, 55]})
    async with staged() as stage:
        buffer = await stage.show(table)
        await stage.press("f", "5", "enter", "s")
        await stage.idle()
        assert [stage.grid.cell_text(row) for row in range(3)] == ["5", "15", "55"]
        buffer.append(pa.record_batch([pa.array([51, 7, 25])], schema=table.schema))
        stage.grid.rows_arrived()
        await stage.until(lambda: stage.grid.row_count == 5, "new rows that match")
        await stage.idle()
        assert [stage.grid.cell_text(row) for row in range(5)] == ["5", "15", "25", "51", "55"]


async def test_search_goes_to_the_next_cell_and_around() -> None:
    table = pa.table({"a": ["x", "needle", "y"], "b": ["Needle 2", "z", "w"]})
    async with staged(table) as stage:
        await stage.press("/")
        await stage.write("needle")
        await stage.press("enter")
        await stage.idle()
        places = [(stage.grid.cursor_row, stage.grid.cursor_column)]
        for key in ("n", "n", "N"):
            await stage.press(key)
            await stage.idle()
            places.append((stage.grid.cursor_row, stage.grid.cursor_column))
        assert places == [(0, 1), (1, 0), (0, 1), (1, 0)]
        assert [style.underline for style in stage.styles(1, "Needle 2")] == [True]
        await stage.press("escape")
        await stage.idle()
        assert not any(style.underline for style in stage.styles(1))


async def test_search_works_in_a_sorted_view() -> None:
    async with staged(numbers(3_000, columns=1)) as stage:
        await stage.press("s", "s")
        await stage.idle()
        await stage.press("/")
        await stage.write("299")
        await stage.press("enter")
        await stage.idle()
        assert stage.grid.cell_text() == "2998"  # 2999 is the current cell
        await stage.press("N")
        await stage.idle()
        await stage.press("N")
        await stage.idle()
        assert stage.grid.cell_text() == "299"


async def test_a_text_that_is_nowhere_is_said_to_be() -> None:
    async with staged(numbers(100)) as stage:
        await stage.press("/", "q", "enter")
        await stage.idle()
        (refused,) = stage.heard(ResultGrid.Refused)
        assert refused.reason == "no cell has this text"
        await stage.press("f", "q", "enter")
        await stage.idle()
        assert stage.grid.row_count == 0
        assert stage.lines()[2].strip() == "(no rows)"
        await stage.press("j", "enter", "c", "n", "F")
        await stage.idle()
        assert stage.grid.row_count == 100
