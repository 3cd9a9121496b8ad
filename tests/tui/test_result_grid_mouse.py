"""The grid by mouse: click, drag, double click, borders, the wheel."""

from __future__ import annotations

import pyarrow as pa
from textual.events import MouseMove
from textual.pilot import Pilot

from tests.tui.grid_pilot import numbers, staged
from tusk.tui.widgets.result_grid import ResultGrid, SelectionKind, SortKey
from tusk.tui.widgets.result_grid.viewer import CellViewer

# With numbers(100): row numbers take cells 0-4, c0 5-8, c1 9-17, c2 18-26.
C0, C1, C2 = 6, 12, 20


async def drag(pilot: Pilot[None], start: tuple[int, int], *stops: tuple[int, int]) -> None:
    await pilot.mouse_down(ResultGrid, offset=start)
    for stop in stops:
        await pilot._post_mouse_events(  # the public hover has no button
            [MouseMove], ResultGrid, offset=stop, button=1
        )
    await pilot.mouse_up(ResultGrid, offset=stops[-1])


async def test_a_click_makes_a_cell_the_current_one() -> None:
    async with staged(numbers(100)) as stage:
        await stage.pilot.click(ResultGrid, offset=(C1, 4))
        assert (stage.grid.cursor_row, stage.grid.cursor_column) == (3, 1)
        assert stage.grid.selection is None
        await stage.pilot.click(ResultGrid, offset=(70, 4))  # right of all columns
        assert (stage.grid.cursor_row, stage.grid.cursor_column) == (3, 1)


async def test_shift_and_click_selects() -> None:
    async with staged(numbers(100)) as stage:
        await stage.pilot.click(ResultGrid, offset=(C0, 2))
        await stage.pilot.click(ResultGrid, offset=(C2, 5), shift=True)
        selection = stage.grid.selection
        assert selection is not None
        assert (selection.rows, selection.columns) == (range(1, 5), range(3))


async def test_dragging_selects_cells() -> None:
    async with staged(numbers(100)) as stage:
        await drag(stage.pilot, (C0, 2), (C1, 3), (C1, 6))
        selection = stage.grid.selection
        assert selection is not None
        assert selection.kind is SelectionKind.BLOCK
        assert (selection.rows, selection.columns) == (range(1, 6), range(2))
        await stage.pilot.click(ResultGrid, offset=(C0, 2))
        assert stage.grid.selection is None


async def test_dragging_over_the_edge_scrolls() -> None:
    async with staged(numbers(100), size=(80, 10)) as stage:
        await drag(stage.pilot, (C0, 8), (C0, 9), (C0, 9))
        before = stage.grid.scroll_offset.y
        await stage.press("G")
        await drag(stage.pilot, (C0, 3), (C0, 0), (C0, 0), (C0, 0))
        assert before == 0
        assert stage.grid.scroll_offset.y <= 100 - 9 - 3
        assert stage.grid.cursor_row == stage.grid.scroll_offset.y


async def test_row_numbers_select_rows() -> None:
    async with staged(numbers(100)) as stage:
        await stage.pilot.click(ResultGrid, offset=(2, 3))
        selection = stage.grid.selection
        assert selection is not None
        assert (selection.kind, selection.rows) == (SelectionKind.ROWS, range(2, 3))
        await drag(stage.pilot, (2, 3), (2, 5))
        selection = stage.grid.selection
        assert selection is not None
        assert selection.rows == range(2, 5)
        assert selection.columns == range(3)


async def test_a_click_on_a_name_sorts() -> None:
    async with staged(numbers(100)) as stage:
        await stage.pilot.click(ResultGrid, offset=(C1, 0))
        await stage.idle()
        assert list(stage.grid.view_state.sort_keys) == [SortKey(1)]
        await stage.pilot.click(ResultGrid, offset=(C2 + 2, 0), control=True)
        await stage.idle()
        assert list(stage.grid.view_state.sort_keys) == [SortKey(1), SortKey(2)]


async def test_dragging_a_border_resizes_and_a_double_click_fits() -> None:
    async with staged(pa.table({"name": ["abc", "abcdefghij"], "b": ["x", "y"]})) as stage:
        grid = stage.grid
        assert grid.column_width(0) == 10
        border = 5 + 10 + 1  # row numbers, padding, name, padding
        await drag(stage.pilot, (border, 0), (border - 3, 0), (border - 4, 0))
        assert grid.column_width(0) == 6
        assert "abcde…" in stage.lines()[2]
        await stage.idle()
        assert stage.grid.view_state.sort_keys == ()
        await stage.pilot.double_click(ResultGrid, offset=(border - 4, 0))
        assert grid.column_width(0) == 10
        await drag(stage.pilot, (border, 0), (0, 0))
        assert grid.column_width(0) >= 1


async def test_a_double_click_shows_the_value() -> None:
    async with staged(numbers(100)) as stage:
        await stage.pilot.double_click(ResultGrid, offset=(C1, 4))
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, CellViewer)
        assert "1000003" in "\n".join(stage.screen_text())


async def test_the_mouse_does_no_harm_where_nothing_is() -> None:
    empty = pa.table({"a": pa.array([], pa.int64())})
    for table in (empty, numbers(2, columns=1), pa.table({})):
        async with staged(table) as stage:
            for place in [(0, 0), (2, 5), (6, 0), (40, 0), (40, 10), (79, 23)]:
                await stage.pilot.click(ResultGrid, offset=place)
                await drag(stage.pilot, place, (0, 0), (79, 23))
                await stage.pilot.double_click(ResultGrid, offset=place)
                await stage.idle()
                if isinstance(stage.app.screen, CellViewer):
                    await stage.press("escape")


async def test_the_wheel_scrolls_without_moving_the_cursor() -> None:
    async with staged(numbers(100)) as stage:
        stage.grid.scroll_down(animate=False)
        await stage.pilot.pause()
        assert stage.grid.scroll_offset.y > 0
        assert stage.grid.cursor_row == 0
        await stage.press("down")
        assert stage.grid.cursor_row == 1
        assert any(line.startswith("▸") for line in stage.lines())
