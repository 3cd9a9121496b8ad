"""One row with a line for each column."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.result_grid.paint import CURSOR_MARK, NULL_TEXT, fit
from tusk.tui.widgets.result_grid.styles import COMPONENT_CLASSES, GridStyles

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.tui.widgets.result_grid.grid import ResultGrid

_MOST_NAME_CELLS = 30
# Names of more columns are not measured: that would take longer than a key should.
_MEASURED = 500


class RecordView(ScrollView, can_focus=True, inherit_bindings=False):
    """The columns of the grid's current row, one below the other; its cursor is the grid's.

    Args:
        grid: Whose row it shows.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "go(-1)", "Up", show=False, tooltip="One column up", id="record.up"),
        Binding("down,j", "go(1)", "Down", show=False, tooltip="One column down", id="record.down"),
        Binding(
            "pageup,ctrl+b", "page(-1)", "Page up", show=False, tooltip="One page of columns up",
            id="record.page-up",
        ),
        Binding(
            "pagedown,ctrl+f", "page(1)", "Page down", show=False,
            tooltip="One page of columns down", id="record.page-down",
        ),
        Binding("home,g", "end(-1)", "First", show=False, tooltip="First column", id="record.first"),
        Binding("end,G", "end(1)", "Last", show=False, tooltip="Last column", id="record.last"),
    ]  # fmt: skip

    def __init__(self, grid: ResultGrid) -> None:
        super().__init__(classes="result-grid")
        self._grid = grid
        self._styles = GridStyles(self)
        names = range(min(grid.column_count, _MEASURED))
        widest = max((cell_len(grid.heading(column)) for column in names), default=1)
        self._name_width = min(widest, _MOST_NAME_CELLS)

    def on_mount(self) -> None:
        self.follow()

    def on_resize(self) -> None:
        self.follow()

    def follow(self) -> None:
        """The grid's cursor is elsewhere."""
        self.virtual_size = Size(self.size.width, self._grid.column_count)
        place, height = self._grid.cursor_column, max(1, self.scrollable_content_region.height)
        y = max(place - height + 1, min(self.scroll_offset.y, place))
        self.scroll_to(y=y, animate=False, force=True, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        column, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if column >= self._grid.column_count or not self._grid.row_count:
            return Strip.blank(width, self.rich_style)
        text = self._grid.cell_text(column=column)
        is_current = column == self._grid.cursor_column
        mark = CURSOR_MARK if is_current else " "
        name = f"{mark} {fit(self._grid.heading(column), self._name_width)}  "
        kind = "null" if text is None else self._grid.kind_of_column(column)
        styles = [kind, "cursor"] if is_current else [kind]
        room = max(0, width - cell_len(name))
        return Strip(
            [
                Segment(name, self._styles.of("gutter-cursor" if is_current else "gutter")),
                Segment(fit(NULL_TEXT if text is None else text, room), self._styles.of(*styles)),
            ]
        )

    def notify_style_update(self) -> None:
        self._styles.clear()
        super().notify_style_update()

    def action_go(self, step: int) -> None:
        """Go to another column."""
        self._grid.deselect()
        self._grid.move_cursor(column=self._grid.cursor_column + step)
        self.follow()

    def action_page(self, step: int) -> None:
        self.action_go(step * max(1, self.scrollable_content_region.height - 1))

    def action_end(self, side: int) -> None:
        self.action_go(side * self._grid.column_count)


class RecordScreen(ModalScreen[None]):
    """Shows the grid's current row, and goes through the rows.

    Args:
        grid: Whose row it shows.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,r", "close", "Close", tooltip="Back to the grid", id="record.close"),
        Binding(
            "n,right,l,J", "row('down')", "Next row", tooltip="Show the next row; fetches more",
            id="record.next-row",
        ),
        Binding(
            "p,left,h,K", "row('up')", "Row before", tooltip="Show the row before",
            id="record.previous-row",
        ),
        Binding(
            "enter,space", "view", "View value", tooltip="Show the whole value", id="record.view"
        ),
        Binding("c,y", "copy", "Copy", tooltip="Copy the value", id="record.copy"),
        Binding(
            "a", "follow", "Follow key", id="record.follow",
            tooltip="Go to the row that this value refers to",
        ),
        Binding(
            "T", "readable", "Readable", id="record.readable",
            tooltip="Show dates and numbers as people write them, or as they are",
        ),
    ]  # fmt: skip
    DEFAULT_CSS = """
    RecordScreen {
        align: center middle;
        & > Vertical {
            width: 90%;
            height: 90%;
            background: $surface;
            border: round $border;
        }
        & .title {
            height: 1;
            padding: 0 1;
            background: $panel;
            text-style: bold;
        }
        & RecordView {
            height: 1fr;
            scrollbar-size-vertical: 1;
            scrollbar-gutter: stable;
        }
    }
    """

    def __init__(self, grid: ResultGrid) -> None:
        super().__init__()
        self._grid = grid

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(classes="title", markup=False)
            yield RecordView(self._grid)
            yield KeyFooter()

    def on_mount(self) -> None:
        self._follow()

    def _follow(self) -> None:
        grid = self._grid
        number = grid.buffer_row(grid.cursor_row) + 1 if grid.row_count else 0
        place = f"{grid.cursor_row + 1:,} of {grid.row_count:,} shown"
        self.query_one(".title", Static).update(Content(f"Row {number:,} · {place}"))
        self.query_one(RecordView).follow()

    def action_row(self, direction: str) -> None:
        """Show a neighbour of the row."""
        self._grid.deselect()
        self._grid.action_move(direction)
        self._follow()

    def action_view(self) -> None:
        self._grid.activate()

    def action_copy(self) -> None:
        self._grid.action_copy()

    def action_follow(self) -> None:
        self.dismiss()
        self._grid.action_follow()

    def action_readable(self) -> None:
        self._grid.action_toggle_readable()
        self._follow()

    def action_close(self) -> None:
        self.dismiss()
