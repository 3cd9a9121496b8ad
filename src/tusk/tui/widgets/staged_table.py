"""Rows of a result with what is staged for them, new rows at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tusk.core.render import is_numeric, render_column
from tusk.core.text import cell_width, clip, safe
from tusk.services.edits import DEFAULT, NULL, Special
from tusk.tui.widgets.text_style import text_style

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style
    from textual import events

    from tusk.core.result import ResultBuffer
    from tusk.services.edits import StagedValue, Staging

NULL_TEXT = "∅"
CHANGED = "•"
_GUTTER = 3
_NARROWEST, _WIDEST = 7, 32
_MEASURED_ROWS = 60
_SEEN_CHARACTERS = 600


class StagedTable(ScrollView, can_focus=True):
    """A table with a cursor. A row to be changed has a sign before it, a changed cell another.

    Args:
        buffer: The result.
        rows: Its rows, in the order in which they are shown.
        columns: Its columns, in the order in which they are shown.
        staging: What is to be changed.
        moved: Called when the cursor is on another cell.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "staged-table--header",
        "staged-table--cursor",
        "staged-table--changed",
        "staged-table--deleted",
        "staged-table--added",
        "staged-table--null",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1, 0)", "Up", show=False, id="staged.up", tooltip="One row up"),
        Binding("down,j", "move(1, 0)", "Down", show=False, id="staged.down", tooltip="One row down"),
        Binding("left,h", "move(0, -1)", "Left", show=False, id="staged.left", tooltip="One column left"),
        Binding("right,l", "move(0, 1)", "Right", show=False, id="staged.right", tooltip="One column right"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="staged.page_up", tooltip="One page up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="staged.page_down", tooltip="One page down"),
        Binding("home", "edge(0)", "First column", show=False, id="staged.home", tooltip="To the first column"),
        Binding("end", "edge(1)", "Last column", show=False, id="staged.end", tooltip="To the last column"),
        Binding("G", "last_row", "Last row", show=False, id="staged.last", tooltip="To the last row"),
    ]  # fmt: skip

    def __init__(
        self,
        buffer: ResultBuffer,
        rows: Sequence[int],
        columns: Sequence[int],
        staging: Staging,
        moved: Callable[[], None],
    ) -> None:
        super().__init__()
        self._buffer = buffer
        self._rows = rows
        self._columns = list(columns)
        self._staging = staging
        self._moved = moved
        self._first = 0  # the first column that is shown
        self._row = self._column = 0
        self._widths = [self._measured(column) for column in self._columns]

    # ── cells ────────────────────────────────────────────────────────────────────────────

    def _measured(self, column: int) -> int:
        shown = [safe(self._buffer.schema.field(column).name)]
        shown += [self._shown(row, column)[0] for row in self._rows[:_MEASURED_ROWS]]
        return max(_NARROWEST, min(_WIDEST, max(map(cell_width, shown))))

    @property
    def row_count(self) -> int:
        """Rows, with the new ones."""
        return len(self._rows) + len(self._staging.added)

    def row_at(self, line: int) -> int:
        """The row of a line: of the result's buffer, or the number of a new one."""
        if line < len(self._rows):
            return self._rows[line]
        return self._staging.added[line - len(self._rows)]

    @property
    def cell(self) -> tuple[int, int] | None:
        """Row and column of the result under the cursor; None without rows or columns."""
        if not self.row_count or not self._columns:
            return None
        return self.row_at(self._row), self._columns[self._column]

    def text_of(self, row: int, column: int) -> StagedValue:
        """What a cell will hold: a text, NULL or DEFAULT."""
        staged = self._staging.value(row, column)
        if staged is not None:
            return staged
        if row < 0:
            return DEFAULT
        batch, offset = self._buffer.batch_at(row)
        field = self._buffer.schema.field(column)
        text = render_column(batch.column(column).slice(offset, 1), field)[0]
        return NULL if text is None else text

    def _shown(self, row: int, column: int) -> tuple[str, bool]:
        """A cell's text, safe to show, and whether it is a value that is no text."""
        value = self.text_of(row, column)
        if isinstance(value, Special):
            return (NULL_TEXT if value is NULL else value.value), True
        return safe(value[:_SEEN_CHARACTERS]), False

    # ── the cursor ───────────────────────────────────────────────────────────────────────

    def go_to(self, row: int, column: int | None = None) -> None:
        """Go to a row of the result or a new one, and maybe to a column of the result."""
        lines = len(self._rows)
        if row < 0:
            line = lines + self._staging.added.index(row)
        else:
            line = next((i for i in range(lines) if self._rows[i] == row), self._row)
        place = self._column
        if column is not None and column in self._columns:
            place = self._columns.index(column)
        self._place(line, place)

    def place(self, line: int, column: int) -> None:
        """Go to a cell by its place on screen."""
        self._place(line, column)

    def _place(self, line: int, column: int) -> None:
        self._row = max(0, min(line, self.row_count - 1))
        self._column = max(0, min(column, len(self._columns) - 1))
        self._first = min(self._first, self._column)
        while self._first < self._column and self._left(self._column + 1) > self.size.width > 0:
            self._first += 1
        self.scroll_to_region(Region(0, self._row, 1, 2), animate=False, force=True, x_axis=False)
        self.refresh()
        self._moved()

    def _left(self, column: int) -> int:
        """Cells left of a column, from the first that is shown."""
        return _GUTTER + sum(width + 2 for width in self._widths[self._first : column])

    def cell_region(self) -> Region:
        """Where the cell at the cursor is on the screen."""
        left, top = self._left(self._column), 1 + self._row - self.scroll_offset.y
        return Region(self.region.x + left, self.region.y + top, self._widths[self._column] + 2, 1)

    def action_move(self, rows: int, columns: int) -> None:
        self._place(self._row + rows, self._column + columns)

    def action_page(self, step: int) -> None:
        self._place(self._row + step * max(1, self.size.height - 2), self._column)

    def action_edge(self, is_end: int) -> None:
        self._place(self._row, len(self._columns) - 1 if is_end else 0)

    def action_last_row(self) -> None:
        self._place(self.row_count - 1, self._column)

    def on_click(self, event: events.Click) -> None:
        line = event.y - 1 + self.scroll_offset.y
        places = range(self._first, len(self._columns))
        place = next((p for p in places if self._left(p) <= event.x < self._left(p + 1)), None)
        if event.y and line < self.row_count and place is not None:
            self._place(line, place)

    # ── painting ─────────────────────────────────────────────────────────────────────────

    def staged(self) -> None:
        """Show what is staged now."""
        self._measure()
        self._place(self._row, self._column)

    def _measure(self) -> None:
        self.virtual_size = Size(max(1, self.scrollable_content_region.width), self.row_count + 1)

    def on_resize(self) -> None:
        self.staged()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        line = y - 1 + self.scroll_offset.y
        if y == 0:
            segments = self._header()
        elif line < self.row_count:
            segments = self._line(line)
        else:
            segments = [Segment("   (no rows)" if line == 0 else "", self.rich_style)]
        return Strip(segments).adjust_cell_length(width, self.rich_style).crop(0, width)

    def _header(self) -> list[Segment]:
        style = self.get_component_rich_style("staged-table--header")
        names = [safe(self._buffer.schema.field(column).name) for column in self._columns]
        cells = zip(names[self._first :], self._widths[self._first :], strict=True)
        text = "".join(f" {_fit(name, width)} " for name, width in cells)
        return [Segment(" " * _GUTTER + text + " " * self.size.width, style)]

    def _line(self, line: int) -> list[Segment]:
        row = self.row_at(line)
        sign, base = self._sign(row)
        is_current = line == self._row
        segments = [Segment(f"{'▸' if is_current else ' '}{sign} ", base)]
        for place in range(self._first, len(self._columns)):
            column = self._columns[place]
            style = base
            text, is_special = self._shown(row, column)
            if is_special:
                style += text_style(self, "staged-table--null")
            mark = " "
            if self._staging.value(row, column) is not None:
                mark = CHANGED
                style += text_style(self, "staged-table--changed")
            if is_current and place == self._column:
                style += self.get_component_rich_style("staged-table--cursor")
            right = is_numeric(self._buffer.schema.field(column))
            segments.append(
                Segment(f"{mark}{_fit(text, self._widths[place], right=right)} ", style)
            )
        return segments

    def _sign(self, row: int) -> tuple[str, Style]:
        """The sign before a row and its style: to be deleted, new, changed, or none."""
        if row in self._staging.deleted:
            return "-", self.rich_style + text_style(self, "staged-table--deleted")
        if row < 0:
            return "+", self.rich_style + text_style(self, "staged-table--added")
        is_changed = next(self._staging.values(row), None) is not None
        return ("~" if is_changed else " "), self.rich_style


def _fit(text: str, width: int, *, right: bool = False) -> str:
    shown = clip(text, width)
    fill = " " * (width - cell_width(shown))
    return fill + shown if right else shown + fill
