"""Dialogs of the grid: filters by column, statistics, columns, record, copies."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from tests.tui.grid_pilot import Stage, column_of, numbers, staged
from tusk.core.schema import make_field
from tusk.core.text import is_safe
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_grid.columns_screen import ColumnsScreen
from tusk.tui.widgets.result_grid.copy_menu import CopyMenu
from tusk.tui.widgets.result_grid.filter_screen import FilterScreen
from tusk.tui.widgets.result_grid.record_screen import RecordScreen
from tusk.tui.widgets.result_grid.statistics_screen import StatisticsScreen

HOSTILE = "\x1b[31m[/x]\u202eevil\x9b0m"


def shop(rows: int = 60) -> pa.Table:
    """Orders, with NULLs and repeated values."""
    cities = ["Berlin", "Madrid", None, "Ber\tn", ""]
    return pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "city": [cities[row % 5] for row in range(rows)],
            "price": [None if row % 7 == 0 else row * 1000.5 for row in range(rows)],
            "day": pa.array([row % 20 for row in range(rows)], pa.date32()),
        }
    )


async def shown(stage: Stage, text: str) -> None:
    await stage.until(lambda: text in "\n".join(stage.screen_text()), repr(text))


def column(stage: Stage, number: int) -> list[str | None]:
    return [stage.grid.cell_text(row, number) for row in range(stage.grid.row_count)]


# ── filters by column ────────────────────────────────────────────────────────────────────────


async def test_columns_are_filtered_by_conditions_values_and_a_text_together() -> None:
    async with staged(shop()) as stage:
        await stage.press("w")
        assert isinstance(stage.app.screen, FilterScreen)
        await stage.write(">=30")
        await stage.press("enter")
        await stage.idle()
        assert column(stage, 0) == [str(row) for row in range(30, 60)]
        assert "id ▽" in stage.lines()[0]
        assert "▽ id: >= 30 · F: all rows" in stage.lines()[1]

        await stage.press("l", "w")
        await shown(stage, "☐          12  Berlin")
        await stage.press("tab", "j", "j", "space", "enter")
        await stage.idle()
        assert set(column(stage, 1)) == {"Berlin"}
        assert "· city: in (Berlin) ·" in stage.lines()[1]

        await stage.press("f", "5", "enter")
        await stage.idle()
        assert column(stage, 0) == ["30", "35", "45", "50", "55"]
        assert "any column: 5" in stage.lines()[1]

        await stage.press("0", "s", "s")
        await stage.idle()
        assert column(stage, 0) == ["55", "50", "45", "35", "30"]
        assert stage.grid.view_state.is_filtered
        assert len(stage.grid.view_state.conditions) == 2

        await stage.press("F")
        await stage.idle()
        assert column(stage, 0)[:2] == ["59", "58"]
        assert "▽" not in "\n".join(stage.lines())


async def test_a_condition_is_changed_taken_back_and_refused_with_a_reason() -> None:
    async with staged(shop()) as stage:
        await stage.press("w")
        await stage.write("> x")
        await stage.press("enter")
        await shown(stage, "'x' is no number (~ looks for a text in a column of numbers)")
        await stage.press(*["backspace"] * 3, *"=7", "enter")
        await stage.idle()
        assert column(stage, 0) == ["7"]
        await stage.press("w")
        assert stage.app.screen.query_one("Input").value == "= 7"  # type: ignore[attr-defined]
        await stage.press("escape")
        assert stage.grid.row_count == 1
        await stage.press("w", *["backspace"] * 3, "enter")
        await stage.idle()
        assert stage.grid.row_count == 60


async def test_values_are_narrowed_by_typing_and_all_others_can_be_chosen() -> None:
    async with staged(shop()) as stage:
        await stage.press("l", "w")
        await shown(stage, "∅ NULL")
        await shown(stage, "'' (empty)")
        await stage.write("mad")
        await stage.until(lambda: "Berlin" not in "\n".join(stage.screen_text()), "one value")
        await stage.press("tab", "n")
        await stage.idle()
        assert stage.grid.row_count == 48
        assert "Madrid" not in column(stage, 1)
        assert None in column(stage, 1)
        await stage.press("w", "tab", "escape")
        assert stage.grid.row_count == 48


async def test_rows_that_come_later_are_filtered_too() -> None:
    async with staged() as stage:
        buffer = await stage.show(numbers(10))
        await stage.press("w", *">7", "enter")
        await stage.idle()
        assert column(stage, 0) == ["8", "9"]
        buffer.append(numbers(12).slice(10).to_batches()[0])
        stage.grid.rows_arrived()
        await stage.until(lambda: stage.grid.row_count == 4, "the new rows")


# ── statistics ───────────────────────────────────────────────────────────────────────────────


async def test_statistics_are_shown_for_the_column_and_its_neighbours() -> None:
    async with staged(shop()) as stage:
        await stage.press("I")
        assert isinstance(stage.app.screen, StatisticsScreen)
        await shown(stage, "Distinct      60 (every value once)")
        await shown(stage, "Mean          29.5")
        await shown(stage, "0 … 2.95")
        await stage.press("right")
        await shown(stage, "NULL          12 (20.0%)")
        await shown(stage, "Length        0 … 6, mean 4")
        await shown(stage, "'' (empty)")
        await stage.press("c")
        assert "Most frequent" in stage.app.clipboard
        await stage.press("escape")
        assert stage.grid.cursor_column == 1


async def test_statistics_are_of_the_rows_that_the_filter_lets_through() -> None:
    async with staged(shop()) as stage:
        await stage.press("f", "M", "enter")
        await stage.idle()
        await stage.press("I")
        await shown(stage, "id · 12 of 60 rows: filtered")
        await shown(stage, "Rows          12")


async def test_statistics_of_a_closed_result_say_so() -> None:
    async with staged() as stage:
        buffer = await stage.show(shop())
        buffer.close()
        await stage.press("I")
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, StatisticsScreen)
        await stage.press("escape")


# ── columns ──────────────────────────────────────────────────────────────────────────────────


async def test_columns_are_hidden_moved_and_brought_back_by_keys() -> None:
    async with staged(shop()) as stage:
        grid = stage.grid
        await stage.press("l", "minus")
        assert list(grid.shown_columns) == [0, 2, 3]
        assert (grid.column_count, grid.buffer_column(1)) == (3, 2)
        assert "city" not in stage.lines()[0]
        await stage.press("right_parenthesis")
        assert list(grid.shown_columns) == [0, 3, 2]
        assert grid.cursor_column == 2
        await stage.press("left_parenthesis", "left_parenthesis")
        assert list(grid.shown_columns) == [2, 0, 3]
        assert grid.cursor_column == 0
        await stage.press("j", "y")
        assert stage.app.clipboard == "1000.5"
        await stage.press("Y")
        assert stage.app.clipboard == "1000.5\t1\t1970-01-02"
        await stage.press("s", "s")
        await stage.idle()
        assert column(stage, 1)[0] == "59"
        assert "price ▼" in stage.lines()[0]
        await stage.press("minus", "minus", "minus")
        assert grid.column_count == 1  # one stays
        await stage.press("M")
        assert isinstance(stage.app.screen, ColumnsScreen)
        await stage.press("r", "enter")
        assert list(grid.shown_columns) == [0, 1, 2, 3]


async def test_the_list_of_columns_hides_orders_and_finds_them() -> None:
    async with staged(shop()) as stage:
        grid = stage.grid
        await stage.press("M", "space", "J", "enter")
        assert list(grid.shown_columns) == [2, 1, 3]
        await stage.press("M", "a", "slash", *"da", "down", "K", "escape")
        assert list(grid.shown_columns) == [2, 1, 3]
        await stage.press("semicolon", *"day", "enter")
        assert grid.buffer_column(grid.cursor_column) == 3
        await stage.press("semicolon", *"id", "enter")
        assert grid.buffer_column(grid.cursor_column) == 0  # which was hidden


async def test_search_goes_through_the_columns_as_they_are_shown() -> None:
    table = pa.table({"a": ["x1", "-"], "b": ["x2", "x4"], "c": ["x3", "-"]})
    async with staged(table) as stage:
        grid = stage.grid
        grid.show_columns([2, 0])
        await stage.press("slash", "x", "enter")
        await stage.idle()
        places = [(grid.cursor_row, grid.cursor_column)]
        await stage.press("n")
        await stage.idle()
        places.append((grid.cursor_row, grid.cursor_column))
        assert places == [(0, 0), (0, 1)]
        grid.show_columns([1, 2])
        await stage.press("n")
        await stage.idle()
        await stage.idle()
        assert grid.cell_text() == "x4"


async def test_frozen_columns_stay_frozen_when_others_go() -> None:
    async with staged(numbers(5, columns=40)) as stage:
        await stage.press("l", "l", "z", "0", "minus", "$")
        assert stage.lines()[0].split()[:2] == ["c1", "c2│"] or "c2" in stage.lines()[0]
        assert "c39" in stage.lines()[0]


async def test_all_columns_are_fitted_at_once() -> None:
    table = pa.table({"a": ["x" * 60], "b": ["y" * 50]})
    async with staged(table, size=(150, 10)) as stage:
        assert stage.grid.column_width(0) == 40
        await stage.press("A")
        assert [stage.grid.column_width(n) for n in (0, 1)] == [60, 50]


# ── record, readable values, copies ──────────────────────────────────────────────────────────


async def test_the_record_follows_rows_and_columns() -> None:
    async with staged(shop(), size=(80, 12)) as stage:
        await stage.press("r")
        assert isinstance(stage.app.screen, RecordScreen)
        await shown(stage, "Row 1 · 1 of 60 shown")
        await stage.press("n", "n", "down", "down")
        await shown(stage, "Row 3 · 3 of 60 shown")
        assert "▸ price" in "\n".join(stage.screen_text())
        await stage.press("T")
        await shown(stage, "2,001.0")
        await stage.press("c")
        assert stage.app.clipboard == "2001.0"
        await stage.press("enter")
        await shown(stage, "price · double · row 3")
        await stage.press("escape", "p", "escape")
        assert (stage.grid.cursor_row, stage.grid.cursor_column) == (1, 2)


async def test_values_are_readable_on_screen_only() -> None:
    field = make_field("z", pa.timestamp("us", "UTC"), engine="postgres", db_type="timestamptz")
    table = shop().append_column(field, pa.array([0] * 60, pa.timestamp("us", "UTC")))
    async with staged(table, size=(120, 24)) as stage:
        await stage.press("T")
        line = stage.lines()[2]
        assert "1,000.5" in line
        assert "2 Jan 1970" in line
        assert "1 Jan 1970 00:00:00+00" in line
        assert stage.grid.view_state.is_readable
        await stage.press("j", "Y")
        assert stage.app.clipboard.split("\t")[2:] == [
            "1000.5",
            "1970-01-02",
            "1970-01-01 00:00:00+00",
        ]
        await stage.press("T")
        assert "1000.5" in stage.lines()[2]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("t", "id\tcity\n0\tBerlin\n1\tMadrid\n"),
        ("c", "id,city\n0,Berlin\n1,Madrid\n"),
        ("m", "| id | city   |\n| -: | :----- |\n|  0 | Berlin |\n|  1 | Madrid |\n"),
        ("l", "((0, 'Berlin'), (1, 'Madrid'))"),
        ("r", "Madrid"),
    ],
)
async def test_the_selection_is_copied_in_many_forms(key: str, text: str) -> None:
    async with staged(shop()) as stage:
        await stage.press("v", "j", "l", "m")
        assert isinstance(stage.app.screen, CopyMenu)
        assert "2 × 2 cells" in "\n".join(stage.screen_text())
        await stage.press(key)
        await stage.until(lambda: bool(stage.heard(ResultGrid.Copied)), "the copy")
        if key == "m":
            assert [line.split() for line in stage.app.clipboard.splitlines()][2:] == [
                line.split() for line in text.splitlines()
            ][2:]
        else:
            assert stage.app.clipboard.replace("\r\n", "\n").rstrip() == text.rstrip()


async def test_inserts_name_the_table_that_was_asked_for_and_json_is_json() -> None:
    async with staged(shop()) as stage:
        stage.grid.show_columns([1, 0])
        await stage.press("V", "m", "i", *["backspace"] * 6, *"shop.t", "enter")
        await stage.until(lambda: bool(stage.heard(ResultGrid.Copied)), "the copy")
        assert "INSERT INTO" in stage.app.clipboard
        assert "shop" in stage.app.clipboard
        assert "('Berlin', 0)" in stage.app.clipboard
        await stage.press("m", "j")
        await stage.until(lambda: len(stage.heard(ResultGrid.Copied)) == 2, "the other copy")
        assert json.loads(stage.app.clipboard) == [{"city": "Berlin", "id": 0}]


async def test_too_much_to_copy_is_refused() -> None:
    async with staged(numbers(200_000)) as stage:
        await stage.press("ctrl+a", "m", "c")
        await stage.until(lambda: bool(stage.heard(ResultGrid.Refused)), "the refusal")
        assert stage.app.clipboard == ""


# ── hostile, empty, small ────────────────────────────────────────────────────────────────────


async def test_dialogs_show_hostile_names_and_values_safely() -> None:
    async with staged(
        column_of([HOSTILE, HOSTILE, None], pa.string(), HOSTILE), size=(60, 14)
    ) as stage:
        for keys in (("w",), ("I",), ("M",), ("r",), ("m",)):
            await stage.press(*keys)
            await stage.app.workers.wait_for_complete()
            await stage.pilot.pause()
            text = "".join(stage.screen_text())
            assert is_safe(text), keys
            assert "evil" in text or keys == ("m",)
            await stage.press("escape")
        await stage.press("w", "tab", "space", "enter")
        await stage.idle()
        assert stage.grid.row_count == 2
        assert is_safe("".join(stage.lines()))


async def test_dialogs_of_an_empty_result_do_no_harm() -> None:
    async with staged(pa.table({"a": pa.array([], pa.int64())}), size=(40, 8)) as stage:
        for key in ("w", "I", "M", "semicolon", "r", "m", "minus", "A", "T"):
            await stage.press(key)
            await stage.app.workers.wait_for_complete()
            await stage.pilot.pause()
            await stage.press("escape")
        stage.grid.clear()
        for key in ("w", "I", "M", "r", "m", "minus", "left_parenthesis", "A", "T"):
            await stage.press(key)
            assert stage.app.screen is stage.app.screen_stack[0], key
