"""The grid by its keys: what is seen, where the cursor goes, what is selected and copied."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from rich.style import Style
from textual.binding import Binding
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip

from tests.core.test_result import without_columns
from tests.tui.grid_pilot import Stage, buffer_of, column_of, numbers, staged
from tusk.core.result import ResultBuffer
from tusk.tui.widgets.result_grid import ResultGrid, SelectionKind
from tusk.tui.widgets.result_grid.clipboard import CLIPBOARD_BYTES

MOVES = [
    (["down"], (1, 0)),
    (["j", "j"], (2, 0)),
    (["down", "up"], (0, 0)),
    (["up"], (0, 0)),
    (["right", "l"], (0, 2)),
    (["right", "right", "right", "right"], (0, 2)),
    (["right", "h"], (0, 0)),
    (["pagedown"], (23, 0)),
    (["pagedown", "ctrl+f", "pageup"], (23, 0)),
    (["end"], (0, 2)),
    (["$", "0"], (0, 0)),
    (["ctrl+end"], (999, 0)),
    (["G", "right"], (999, 1)),
    (["G", "ctrl+home"], (0, 0)),
    (["G", "g"], (0, 0)),
    (["G", "pagedown", "down"], (999, 0)),
]


@pytest.mark.parametrize(("keys", "place"), MOVES, ids=str)
async def test_keys_move_the_cursor(keys: list[str], place: tuple[int, int]) -> None:
    async with staged(numbers(1_000)) as stage:
        await stage.press(*keys)
        assert (stage.grid.cursor_row, stage.grid.cursor_column) == place
        row, column = place
        assert stage.grid.cell_text() == str(column * 1_000_000 + row)
        assert str(column * 1_000_000 + row) in "\n".join(stage.lines())


async def test_moving_tells_the_screen_where_the_cursor_is() -> None:
    async with staged(numbers(1_000)) as stage:
        await stage.press("down", "right")
        moves = stage.heard(ResultGrid.CursorMoved)
        assert [(move.row, move.column) for move in moves] == [(1, 0), (1, 1)]
        assert moves[0].control is stage.grid
        await stage.press("up", "up", "up")
        assert len(stage.heard(ResultGrid.CursorMoved)) == 3  # none where nothing moved


async def test_the_header_stays_and_rows_are_numbered() -> None:
    async with staged(numbers(1_000)) as stage:
        await stage.press("G")
        lines = stage.lines()
        assert lines[0].split() == ["c0", "c1", "c2"]
        assert lines[-1].split() == ["▸1000", "999", "1000999", "2000999"]
        assert lines[-2].split() == ["999", "998", "1000998", "2000998"]


async def test_numbers_line_up_on_the_right_and_text_on_the_left() -> None:
    table = pa.table({"n": [1, 1_000], "t": ["a", "long"]})
    async with staged(table) as stage:
        header, first, second = stage.lines()[:3]
        assert first.index("1  a") == second.index("1000") + 3
        assert first.index("a") == second.index("long") == header.index("t")


async def test_null_differs_from_the_texts_that_look_like_it() -> None:
    async with staged(pa.table({"t": [None, "NULL", "", "null"]})) as stage:
        shown = [line[5:].strip() for line in stage.lines()[1:5]]
        assert shown == ["∅", "NULL", "", "null"]
        assert stage.grid.cell_text(0) is None
        assert stage.grid.cell_text(2) == ""


async def test_a_result_without_rows_says_so() -> None:
    async with staged(pa.table({"a": pa.array([], pa.int64())})) as stage:
        assert stage.lines()[0].split() == ["a"]
        assert stage.lines()[1].strip() == "(no rows)"
        await stage.press(*"jkhlGgvVszcyn=<>", "enter", "pagedown", "end", "shift+down", "ctrl+a")
        assert (stage.grid.cursor_row, stage.grid.cursor_column) == (0, 0)
        with pytest.raises(IndexError):
            stage.grid.cell_text()


async def test_a_result_without_columns_counts_its_rows() -> None:
    empty = without_columns(30)
    buffer = ResultBuffer(empty.schema)
    buffer.append(empty)
    async with staged(buffer) as stage:
        assert [line.split() for line in stage.lines()[1:4]] == [["▸", "1"], ["2"], ["3"]]
        await stage.press(*"jjhlGgvVszcyYn=<>", "enter", "end", "shift+right", "ctrl+a", "escape")
        await stage.press("escape", "G")
        assert stage.grid.cursor_row == 29


async def test_duplicate_and_empty_names_are_columns_of_their_own() -> None:
    table = pa.table([pa.array(["a"]), pa.array(["b"]), pa.array(["c"])], ["x", "x", ""])
    async with staged(table) as stage:
        assert stage.lines()[0].split() == ["x", "x"]
        assert stage.lines()[1].split() == ["▸", "1", "a", "b", "c"]
        await stage.press("end")
        assert stage.grid.cell_text() == "c"


async def test_types_are_shown_on_demand() -> None:
    table = column_of([Decimal("1.50")], pa.decimal128(9, 2), "n", db_type="numeric(9,2)")
    async with staged(table) as stage:
        assert "numeric(9,2)" not in "\n".join(stage.lines())
        await stage.press("t")
        assert [line.strip() for line in stage.lines()[:2]] == ["n", "numeric(9,2)"]
        assert stage.lines()[2].split() == ["▸", "1", "1.50"]
        await stage.press("t")
        assert stage.lines()[1].split() == ["▸", "1", "1.50"]


async def test_rows_appear_as_they_arrive_without_moving_the_cursor() -> None:
    table = numbers(5_000)
    buffer = ResultBuffer(table.schema)
    async with staged(buffer) as stage:
        batches = table.to_batches(500)
        buffer.append(batches[0])
        stage.grid.rows_arrived()
        await stage.press("down", "down")
        for batch in batches[1:]:
            buffer.append(batch)
            stage.grid.rows_arrived()
        await stage.until(lambda: stage.grid.row_count == 5_000, "all rows")
        assert stage.grid.cursor_row == 2
        await stage.press("G")
        assert stage.grid.cell_text() == "4999"


async def test_the_end_of_a_paused_result_asks_for_more_once() -> None:
    async with staged(numbers(100)) as stage:
        await stage.press("G")
        assert stage.heard(ResultGrid.FetchMoreRequested) == []
        stage.grid.has_more = True
        await stage.press("down", "down", "pagedown")
        requests = stage.heard(ResultGrid.FetchMoreRequested)
        assert [request.wants_all for request in requests] == [False]
        stage.grid.rows_arrived()
        await stage.press("G")
        requests = stage.heard(ResultGrid.FetchMoreRequested)
        assert [request.wants_all for request in requests] == [False, True]


async def test_the_last_row_of_a_paused_result_is_the_last_one_after_fetching() -> None:
    table = numbers(3_000)
    async with staged() as stage:
        buffer = await stage.show(table.slice(0, 1_000))
        stage.grid.has_more = True
        await stage.press("G")
        for batch in table.slice(1_000).to_batches(500):
            buffer.append(batch)
            stage.grid.rows_arrived()
        await stage.until(lambda: stage.grid.cursor_row == 2_999, "the last row")
        assert stage.grid.cell_text() == "2999"
        await stage.pilot.pause()
        assert stage.lines()[-1].split()[:2] == ["▸3000", "2999"]


async def test_rows_that_arrive_out_of_sight_paint_nothing_but_the_scroll_bar() -> None:
    table = numbers(90_000)
    async with staged() as stage:
        buffer = await stage.show(table.slice(0, 10_000))
        painted: list[int] = []
        render_line = stage.grid.render_line

        def counted(y: int) -> Strip:
            painted.append(y)
            return render_line(y)

        stage.grid.render_line = counted  # type: ignore[method-assign]
        for batch in table.slice(10_000, 40_000).to_batches(5_000):
            buffer.append(batch)
            stage.grid.rows_arrived()
        await stage.until(lambda: stage.grid.row_count == 50_000, "all rows")
        await stage.pilot.pause()
        assert painted == []
        await stage.press("G")
        assert stage.grid.cell_text() == "49999"
        assert painted


async def test_scrolling_to_the_end_with_the_wheel_asks_for_more() -> None:
    async with staged(numbers(30)) as stage:
        stage.grid.has_more = True
        stage.grid.scroll_end(animate=False)
        await stage.pilot.pause()
        assert len(stage.heard(ResultGrid.FetchMoreRequested)) == 1


async def test_a_new_result_begins_at_its_first_cell() -> None:
    async with staged(numbers(1_000)) as stage:
        await stage.press("G", "end", "v", "s", "z")
        await stage.show(pa.table({"other": ["x"]}))
        assert (stage.grid.cursor_row, stage.grid.cursor_column) == (0, 0)
        assert stage.grid.selection is None
        assert stage.lines()[0].split() == ["other"]
        assert stage.lines()[1].split() == ["▸", "1", "x"]
        await stage.idle()
        assert stage.grid.row_count == 1
        stage.grid.clear()
        await stage.pilot.pause()
        assert "".join(stage.lines()).strip() == ""


async def test_a_buffer_closed_under_the_grid_breaks_nothing() -> None:
    async with staged() as stage:
        buffer = await stage.show(buffer_of(numbers(5_000), budget=0))
        buffer.close()
        await stage.press("pagedown", "s", "c", "enter", "G", "ctrl+a", "c", "escape", "=", "down")
        await stage.press("/", "7", "enter")
        await stage.idle()
        await stage.show(numbers(3))
        assert stage.grid.cell_text() == "0"


async def test_a_result_can_be_shown_before_the_grid_is_mounted() -> None:
    async with staged() as stage:
        grid = ResultGrid(id="second")
        grid.show(buffer_of(numbers(50)))
        await stage.app.screen.mount(grid)
        await stage.pilot.pause()
        assert grid.render_line(1).text.split() == ["▸", "1", "0", "1000000", "2000000"]


# ── selecting ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("keys", "kind", "rows", "columns"),
    [
        (["shift+down", "shift+right"], SelectionKind.BLOCK, range(2), range(2)),
        (["j", "l", "shift+up", "shift+left"], SelectionKind.BLOCK, range(2), range(2)),
        (["v", "j", "l"], SelectionKind.BLOCK, range(2), range(2)),
        (["j", "V", "j"], SelectionKind.ROWS, range(1, 3), range(3)),
        (["V", "shift+down"], SelectionKind.ROWS, range(2), range(3)),
        (["|", "l"], SelectionKind.COLUMNS, range(100), range(2)),
        (["ctrl+a"], SelectionKind.BLOCK, range(100), range(3)),
        (["shift+end", "shift+pagedown"], SelectionKind.BLOCK, range(24), range(3)),
        (["v", "j", "V"], SelectionKind.ROWS, range(2), range(3)),
    ],
)
async def test_keys_select(
    keys: list[str], kind: SelectionKind, rows: range, columns: range
) -> None:
    async with staged(numbers(100)) as stage:
        await stage.press(*keys)
        selection = stage.grid.selection
        assert selection is not None
        assert (selection.kind, selection.rows, selection.columns) == (kind, rows, columns)
        assert selection.cell_count == len(rows) * len(columns)
        assert stage.heard(ResultGrid.SelectionChanged)


@pytest.mark.parametrize("keys", [["v", "j", "escape"], ["shift+down", "j"], ["V", "j", "V"]])
async def test_a_selection_is_let_go(keys: list[str]) -> None:
    async with staged(numbers(100)) as stage:
        await stage.press(*keys)
        assert stage.grid.selection is None


async def test_escape_is_left_to_the_screen_when_there_is_nothing_to_clear() -> None:
    async with staged(numbers(3)) as stage:
        seen: list[bool] = []
        stage.app.screen._bindings.bind("escape", "app.seen")
        stage.app.action_seen = lambda: seen.append(True)  # type: ignore[attr-defined]
        await stage.press("v", "escape")
        assert seen == []
        await stage.press("escape")
        assert seen == [True]


async def test_selected_cells_look_different() -> None:
    async with staged(numbers(100)) as stage:
        before = stage.grid.render_line(2)
        await stage.press("j", "l", "shift+down")
        assert style_of(stage, 2, "1000001") != style_of(stage, 2, "2000001")
        assert style_of(stage, 3, "1000002") != style_of(stage, 3, "2000002")
        assert style_of(stage, 3, "1000002") != style_of(stage, 2, "1000001")  # the cursor
        await stage.press("escape", "g", "h")
        assert stage.grid.render_line(2) == before


def style_of(stage: Stage, y: int, text: str) -> Style:
    (found,) = stage.styles(y, text)
    return found


async def test_without_colours_cursor_and_selection_still_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with staged(numbers(100)) as stage:
        await stage.press("l", "shift+down")
        plain, selected, cursor = (
            style_of(stage, y, text) for y, text in ((4, "1000003"), (1, "1000000"), (2, "1000001"))
        )
        assert (plain.reverse, selected.reverse) == (None, True)
        assert cursor.reverse
        assert cursor.underline
        assert stage.grid.render_line(2).text.startswith("▸")
        assert stage.styles(0, "c1")[0].underline


# ── copying ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("keys", "text", "shape"),
    [
        (["c"], "0", (1, 1)),
        (["j", "l", "y"], "1000001", (1, 1)),
        (["v", "j", "l", "c"], "0\t1000000\n1\t1000001", (2, 2)),
        (["v", "j", "l", "C"], "c0\tc1\n0\t1000000\n1\t1000001", (2, 2)),
        (["C"], "c0\n0", (1, 1)),
        (["j", "Y"], "1\t1000001\t2000001", (1, 3)),
        (["s", "s", "Y"], "99\t1000099\t2000099", (1, 3)),
    ],
)
async def test_copying(keys: list[str], text: str, shape: tuple[int, int]) -> None:
    async with staged(numbers(100)) as stage:
        for key in keys:
            await stage.press(key)
            await stage.idle()
        assert stage.app.clipboard == text
        (copied,) = stage.heard(ResultGrid.Copied)
        assert (copied.rows, copied.columns, copied.size_bytes) == (*shape, len(text))


async def test_one_cell_is_copied_exactly_and_many_are_quoted_where_needed() -> None:
    nasty = 'tab\there\nnext "line"\x1b[31m'
    async with staged(pa.table({"a": [nasty], "b": [None], "c": ["plain"]})) as stage:
        await stage.press("c")
        await stage.idle()
        assert stage.app.clipboard == nasty
        await stage.press("Y")
        await stage.idle()
        assert stage.app.clipboard == '"tab\there\nnext ""line""\x1b[31m"\t\tplain'


async def test_more_than_a_clipboard_takes_is_refused() -> None:
    async with staged(pa.table({"a": ["x" * (CLIPBOARD_BYTES + 1)], "b": ["kept"]})) as stage:
        await stage.press("l", "c")
        await stage.idle()
        await stage.press("h", "c")
        await stage.idle()
        await stage.press("Y")
        await stage.idle()
        refused = stage.heard(ResultGrid.Refused)
        assert len(refused) == 2
        assert "clipboard" in refused[0].reason
        assert stage.app.clipboard == "kept"
        await stage.show(numbers(CLIPBOARD_BYTES))
        await stage.press("ctrl+a", "c")
        await stage.idle()
        assert len(stage.heard(ResultGrid.Refused)) == 3


# ── columns ──────────────────────────────────────────────────────────────────────────────────


async def test_columns_are_resized_by_keys_and_fitted() -> None:
    table = pa.table({"text": ["x" * 60, "y"], "n": [1, 2]})
    async with staged(table, size=(120, 10)) as stage:
        grid = stage.grid
        assert grid.column_width(0) == 40  # by itself a column does not become wider
        await stage.press(">", ">")
        assert grid.column_width(0) == 42
        await stage.press("<")
        assert grid.column_width(0) == 41
        assert "x" * 40 + "…" in stage.lines()[1]
        await stage.press("=")
        assert grid.column_width(0) == 60
        assert "x" * 60 in stage.lines()[1]


async def test_numbers_are_never_cut_when_larger_ones_come_into_view() -> None:
    """Widths come from a sample of the first rows; ids grow after it."""
    table = pa.table({"id": [10**i for i in range(18)] * 0 + list(range(300)) + [10**17]})
    async with staged(table) as stage:
        assert stage.grid.column_width(0) < 10
        await stage.press("G")
        await stage.pilot.pause()
        assert stage.lines()[-1].split()[-1] == str(10**17)


async def test_frozen_columns_stay_in_view() -> None:
    async with staged(numbers(10, columns=100), size=(60, 10)) as stage:
        await stage.press("l", "z", "end")
        header, row = (line.replace("│", " │ ").split() for line in stage.lines()[:2])
        assert header[:3] == ["c0", "c1", "│"]
        assert header[-1] == "c99"
        assert row[:5] == ["▸", "1", "0", "1000000", "│"]
        await stage.press("home", "l", "z", "end")
        assert "c0" not in stage.lines()[0].split()


async def test_a_number_that_is_cut_by_an_edge_does_not_look_like_another_one() -> None:
    async with staged(numbers(10, columns=20), size=(60, 6)) as stage:
        shown = {str(column * 1_000_000 + row) for column in range(20) for row in range(10)}
        for x in range(0, 120, 7):
            stage.grid.scroll_to(x, 0, animate=False)
            await stage.pilot.pause()
            for line in stage.lines()[1:]:
                _, *cells = line.replace("▸", " ").split()
                assert all(cell in shown or "…" in cell for cell in cells), line


async def test_frozen_columns_leave_room_for_the_others() -> None:
    async with staged(numbers(10, columns=100), size=(60, 10)) as stage:
        stage.grid.move_cursor(0, 50)
        await stage.press("z", "end")
        assert "c99" in stage.lines()[0]
        await stage.pilot.resize_terminal(20, 5)
        await stage.pilot.pause()
        assert "c99" in stage.lines()[0]


async def test_two_thousand_columns_cost_no_more_than_those_on_screen() -> None:
    async with staged(numbers(50, columns=2_000), size=(160, 50)) as stage:
        await stage.press("end")
        assert stage.grid.cell_text() == str(1_999 * 1_000_000)
        assert stage.lines()[0].split()[-1] == "c1999"
        await stage.press("L", "H", "home", "L")
        assert 0 < stage.grid.cursor_column < 40
        for column in (500, 1_000, 7, 1_999):
            stage.grid.move_cursor(3, column)
            await stage.pilot.pause()
            assert str(column * 1_000_000 + 3) in stage.lines()[4]
        reader = stage.grid._reader
        assert len(reader._formats) < 300


@pytest.mark.parametrize("size", [(20, 5), (5, 2), (1, 1), (80, 24)])
async def test_any_size_of_the_terminal_works(size: tuple[int, int]) -> None:
    async with staged(numbers(100, columns=30)) as stage:
        await stage.press("z", "t")
        await stage.pilot.resize_terminal(*size)
        await stage.pilot.pause()
        await stage.press("G", "end", "pageup", "home", "g", "v", "l", "j", "L", "=", "escape")
        lines = stage.lines()
        assert all(len(line) == len(lines[0]) for line in lines)
        await stage.pilot.resize_terminal(80, 24)
        await stage.pilot.pause()
        await stage.press("g", "home")
        assert stage.lines()[2].replace("│", " ").split()[:3] == ["▸", "1", "0"]


async def test_zebra_stripes_every_other_row() -> None:
    async with staged(numbers(10)) as stage:
        backgrounds = [stage.styles(y)[2].bgcolor for y in (3, 4)]
        assert backgrounds[0] == backgrounds[1]
        stage.grid.zebra = True
        await stage.pilot.pause()
        striped = [stage.styles(y)[2].bgcolor for y in (3, 4)]
        assert striped[0] != striped[1]


async def test_row_numbers_can_be_hidden() -> None:
    async with staged(numbers(10)) as stage:
        stage.grid.show_row_numbers = False
        await stage.pilot.pause()
        assert stage.lines()[1].split() == ["0", "1000000", "2000000"]


async def test_colours_follow_the_theme() -> None:
    async with staged(numbers(10)) as stage:
        dark = stage.styles(1)
        stage.app.theme = "tusk-light"
        await stage.pilot.pause()
        light = stage.styles(1)
        assert dark != light
        background = light[-1].bgcolor
        assert background is not None
        assert Color.from_rich_color(background).brightness > 0.5


async def test_go_to_a_row_by_its_number() -> None:
    async with staged(numbers(1_000)) as stage:
        await stage.press("ctrl+g", "7", "5", "0", "enter")
        await stage.pilot.pause()
        assert stage.grid.cursor_row == 749
        await stage.press("colon", "9", "9", "9", "9", "9", "enter")
        await stage.pilot.pause()
        assert stage.grid.cursor_row == 999
        await stage.press("s", "s")
        await stage.idle()
        stage.grid.go_to_row(1)
        assert stage.grid.cursor_row == 999
        assert stage.grid.cell_text() == "0"


def test_every_key_has_an_id_a_description_and_a_tooltip() -> None:
    bindings = [binding for binding in ResultGrid.BINDINGS if isinstance(binding, Binding)]
    assert len(bindings) == len(ResultGrid.BINDINGS) > 30
    ids = [binding.id or "" for binding in bindings]
    assert len(set(ids)) == len(ids)
    for binding in bindings:
        assert (binding.id or "").startswith("grid.")
        assert binding.description
        assert binding.tooltip
        action = binding.action.partition("(")[0]
        assert hasattr(ResultGrid, f"action_{action}"), action


class Watched(ResultGrid):
    """Keeps all that it ever paints."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[str] = []

    def render_lines(self, crop: Region) -> list[Strip]:
        strips = super().render_lines(crop)
        self.painted += [strip.text for strip in strips]
        return strips


async def test_a_new_grid_paints_nothing_before_its_columns_are_measured() -> None:
    async with staged() as stage:
        grid = Watched()
        await stage.app.mount(grid)
        grid.show(buffer_of(pa.table({"a": [123456789], "b": ["a longer text"]})))
        await stage.until(lambda: any("123456789" in line for line in grid.painted), "the rows")
        assert not any("…" in line for line in grid.painted)


async def test_a_number_in_a_column_at_the_edge_is_shown_as_long_as_it_fits() -> None:
    table = pa.table({"a": ["x" * 40], "b": ["y" * 25], "a_long_name": [7]})
    async with staged(table) as stage:
        header, row = stage.lines()[:2]
        assert header.rstrip().endswith("…")
        assert row.rstrip().endswith(" 7")
