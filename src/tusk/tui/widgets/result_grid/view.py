"""`GridView`: part of a result on screen: what is painted where, the cursor, the selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.reactive import var
from textual.scroll_view import ScrollView

from tusk.core.result import ResultBuffer
from tusk.tui.widgets.result_grid import messages
from tusk.tui.widgets.result_grid.cells import CellReader
from tusk.tui.widgets.result_grid.columns import MAX_WIDTH, ColumnLayout
from tusk.tui.widgets.result_grid.headings import Headings
from tusk.tui.widgets.result_grid.measure import Widths
from tusk.tui.widgets.result_grid.mouse import Area, Hit, hit
from tusk.tui.widgets.result_grid.paint import Painter, RowLook, View, gutter_width
from tusk.tui.widgets.result_grid.selection import Selection, SelectionKind
from tusk.tui.widgets.result_grid.shown import ShownColumns
from tusk.tui.widgets.result_grid.styles import COMPONENT_CLASSES, GridStyles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

_KEPT_STRIPS = 512
_MOST_FITTED = 200
_NO_COLUMNS = range(0)


class GridView(ScrollView, inherit_bindings=False):
    """Shows rows of a buffer in some order, without a word about where either comes from."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    zebra: var[bool] = var(False)
    """Whether every other row has another background."""

    show_types: var[bool] = var(False)
    """Whether the header has a line with the columns' types."""

    show_row_numbers: var[bool] = var(True)
    """Whether rows are numbered."""

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self._styles = GridStyles(self)
        self._strips: LRUCache[object, Strip] = LRUCache(_KEPT_STRIPS)
        self._frame: View | None = None
        self._measured_size = Size(0, 0)
        self._open(ResultBuffer(pa.schema([])))
        self._is_open = False

    def _open(self, buffer: ResultBuffer) -> None:
        """Begin to show a result: everything that belongs to one, as it is at first."""
        self._buffer = buffer
        self._is_open = True
        self._columns = ShownColumns(buffer.num_columns)
        self._reader = CellReader(buffer, range(buffer.num_rows), self._columns)
        self._headings = Headings(buffer.schema, self._columns)
        self._painter = Painter(self._styles, self._reader, self._headings)
        self._layout = ColumnLayout(self._headings.widths())
        self._widths = Widths(self._layout, self._columns, self._reader, self._headings)
        self._strips.clear()
        self._row = self._column = 0
        self._cursor_is_seen = True
        self._selection: Selection | None = None

    @property
    def buffer(self) -> ResultBuffer:
        """The rows being shown."""
        return self._buffer

    @property
    def row_count(self) -> int:
        """Rows that can be scrolled to."""
        return len(self._reader.order)

    @property
    def column_count(self) -> int:
        """Columns that are shown."""
        return len(self._columns)

    @property
    def cursor_row(self) -> int:
        """The current row, as it is shown."""
        return self._row

    @property
    def cursor_column(self) -> int:
        """The current column, as it is shown."""
        return self._column

    @property
    def selection(self) -> Selection | None:
        """What is selected besides the current cell."""
        return self._selection

    @property
    def shown_rows(self) -> Sequence[int]:
        """Rows of the buffer, as they are shown."""
        return self._reader.order

    def buffer_row(self, row: int) -> int:
        """Where in the buffer a shown row is."""
        return self._reader.order[row]

    def buffer_column(self, column: int) -> int:
        """Which column of the buffer a shown one is."""
        return self._columns.column(column)

    def cell_text(self, row: int | None = None, column: int | None = None) -> str | None:
        """The beginning of a cell's text, safe to show; None is NULL.

        Args:
            row: By default the current one.
            column: By default the current one.

        Raises:
            IndexError: There is no such cell.
        """
        row = self._row if row is None else row
        column = self._column if column is None else column
        if not (0 <= row < self.row_count and 0 <= column < self.column_count):
            raise IndexError((row, column))
        return self._reader.text(row, column)

    def move_cursor(self, row: int | None = None, column: int | None = None) -> None:
        """Make another cell the current one and scroll so that it is seen."""
        row = self._row if row is None else row
        column = self._column if column is None else column
        row = max(0, min(row, self.row_count - 1))
        column = max(0, min(column, self.column_count - 1))
        if (row, column) != (self._row, self._column):
            self.refresh_line(self._row + self._header_height)
            self.refresh_line(row + self._header_height)
            self.refresh_lines(self.scroll_offset.y, self._header_height)
            self._row, self._column = row, column
            self.post_message(messages.CursorMoved(self, row, column))
        self._reveal()

    def _reveal(self) -> None:
        """Scroll so that the current cell is seen."""
        self._cursor_is_seen = True
        if not self.size:
            return
        y = max(self._row - self._page_rows + 1, min(self.scroll_offset.y, self._row))
        self.scroll_to(self._x_to_show(), y, animate=False, force=True)
        # Columns get their width when they are first seen, which moves those right of them.
        self.scroll_to(self._x_to_show(), animate=False, force=True)

    def _x_to_show(self) -> int:
        view = self._view
        if not self.column_count:
            return 0
        return view.layout.scroll_to_show(self._column, view.scroll_x, view.room)

    # ── selecting ────────────────────────────────────────────────────────────────────────

    def select_to(self, row: int, column: int, kind: SelectionKind) -> None:
        """Move the cursor and select from where the selection began, or from where it was."""
        anchor = self._selection.anchor if self._selection else (self._row, self._column)
        self.move_cursor(row, self._column if kind is SelectionKind.ROWS else column)
        self._select(kind, anchor, (self._row, self._column))

    def _select(self, kind: SelectionKind, anchor: tuple[int, int], head: tuple[int, int]) -> None:
        self._selection = Selection(kind, anchor, head, self.row_count, self.column_count)
        self.refresh()
        self.post_message(messages.SelectionChanged(self))

    def deselect(self) -> None:
        """Select nothing but the current cell."""
        if self._selection is not None:
            self._selection = None
            self.refresh()
            self.post_message(messages.SelectionChanged(self))

    # ── geometry ─────────────────────────────────────────────────────────────────────────

    @property
    def _header_height(self) -> int:
        return 1 + self.show_types + bool(self._note())

    def _note(self) -> str:
        """What a line below the header says about the rows; empty for no such line."""
        return ""

    @property
    def _page_rows(self) -> int:
        return max(1, self.scrollable_content_region.height - self._header_height)

    @property
    def _view(self) -> View:
        width = self.scrollable_content_region.width
        gutter = gutter_width(self._buffer.num_rows) if self.show_row_numbers else 0
        return View(self._layout, width, min(gutter, width), self.scroll_offset.x)

    @property
    def _rows_on_screen(self) -> range:
        start = self.scroll_offset.y
        return range(start, min(start + self._page_rows, self.row_count))

    def _content_changed(self) -> None:
        """Rows, columns or their widths are others: measure and paint everything again."""
        self._measure()
        self._strips.clear()
        self.virtual_size = self._whole_size()
        self.refresh()

    def _content_grew(self) -> None:
        """There are more rows, all of them after those there were: paint what that changes."""
        known, size = self.virtual_size, self._whole_size()
        end = self.scroll_offset.y + self.scrollable_content_region.height
        is_screen_full = self.show_vertical_scrollbar and end <= known.height
        if not is_screen_full or size.width != known.width or self._measure():
            self._content_changed()
            return
        # Setting `virtual_size` would lay the screen out and paint all of the grid, ten times in
        # a second while rows arrive. Only the scroll bar looks different.
        self.set_reactive(GridView.virtual_size, size)  # pyright: ignore[reportArgumentType] - Widget declares it as Size too
        self.vertical_scrollbar.window_virtual_size = size.height

    def _whole_size(self) -> Size:
        width = self._view.gutter + self._layout.total
        return Size(width, self._header_height + max(1, self.row_count))

    def _measure(self) -> bool:
        view = self._view
        self._measured_size = self.size
        shown = self._layout.visible(view.scroll_x, view.room)
        return self._widths.measure(shown, self._rows_on_screen, with_types=self.show_types)

    def hit(self, x: int, y: int) -> Hit:
        """What is at a position of the widget."""
        if y == self._header_height - 1 and self._note():
            return Hit(Area.OUTSIDE)
        return hit(
            self._view,
            x,
            y,
            header=self._header_height,
            scroll_y=self.scroll_offset.y,
            row_count=self.row_count,
        )

    def cell_near(self, x: int, y: int) -> tuple[int, int]:
        """The row and column nearest to a position, one further where it is outside."""
        view = self._view
        inside = max(0, min(x - view.gutter, view.room - 1))
        column = view.layout.at_screen(inside, view.scroll_x, view.room)
        if column is None:
            column = self.column_count - 1
        column += (x >= view.width) - (x < view.gutter)
        height = self._header_height + self._page_rows
        row = max(self._header_height - 1, min(y, height)) - self._header_height
        return row + self.scroll_offset.y, column

    # ── painting ─────────────────────────────────────────────────────────────────────────

    def render_lines(self, crop: Region) -> list[Strip]:
        if self.size != self._measured_size and self._measure():
            # Textual paints a new widget before it tells it its size.
            self._strips.clear()
        self._frame = self._view  # the same for all lines of a frame
        try:
            return super().render_lines(crop)
        finally:
            self._frame = None

    def render_line(self, y: int) -> Strip:
        view = self._frame or self._view
        if not self._is_open:
            return self._painter.blank(view)
        if y < self._header_height:
            return self._render_header(view, y)
        row = y - self._header_height + self.scroll_offset.y
        if row >= self.row_count:
            return self._painter.blank(view, "(no rows)" if row == 0 else "")
        look = self._look_of(row)
        key = (look, view.scroll_x, view.width)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._painter.row(view, look)
        return strip

    def _render_header(self, view: View, y: int) -> Strip:
        note = self._note()
        if note and y == self._header_height - 1:
            return self._painter.note(view, note)
        corner = "" if y else self._corner()
        return self._painter.header(view, self._column, of_types=y == 1, corner=corner)

    def _corner(self) -> str:
        """What stands above the row numbers."""
        return ""

    def _look_of(self, row: int) -> RowLook:
        return RowLook(
            row=row,
            number=self._reader.order[row] + 1,
            cursor=self._column if row == self._row else None,
            selected=self._selection.columns_in(row) if self._selection else _NO_COLUMNS,
            is_striped=self.zebra and row % 2 == 1,
        )

    def notify_style_update(self) -> None:
        self._styles.clear()
        self._strips.clear()
        super().notify_style_update()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_x(old_value, new_value)
        if round(old_value) != round(new_value) and self._measure():
            self._content_changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) == round(new_value):
            return
        self._cursor_is_seen = self._row in self._rows_on_screen
        if self._measure():
            self._content_changed()

    def on_resize(self) -> None:
        self._content_changed()
        if self._cursor_is_seen:
            self._reveal()

    def watch_show_types(self) -> None:
        self._widths.forget()
        self._content_changed()

    def watch_show_row_numbers(self) -> None:
        self._content_changed()

    def watch_zebra(self) -> None:
        self.refresh()

    # ── columns ──────────────────────────────────────────────────────────────────────────

    @property
    def shown_columns(self) -> Sequence[int]:
        """The buffer's columns as they are shown."""
        return self._columns.order

    def show_columns(self, order: Sequence[int]) -> bool:
        """Show these columns of the buffer, in this order; False when nothing changes."""
        here = self._columns.column(self._column) if len(self._columns) else 0
        frozen = set(self._columns.order[: self._layout.frozen])
        if not self._widths.rearrange(lambda: self._columns.choose(order)):
            return False
        self._layout.frozen = len(frozen.intersection(self._columns.order))
        self._columns_changed()
        place = self._columns.place(here)
        self._column = min(self._column, len(self._columns) - 1) if place is None else place
        self.deselect()
        self._content_changed()
        self._reveal()
        self.post_message(messages.CursorMoved(self, self._row, self._column))
        self.post_message(messages.ViewChanged(self))
        return True

    def _columns_changed(self) -> None:
        """Other columns are shown, or in another order."""

    def heading(self, column: int) -> str:
        """A shown column's name and marks, safe to show."""
        return self._headings.name(column)

    def kind_of_column(self, column: int) -> str:
        """The kind of a shown column's values; see `ValueKind`."""
        return self._reader.format(column).kind_name

    def action_hide_column(self) -> None:
        """Show the current column no more."""
        order = list(self._columns.order)
        if len(order) > 1:
            self.show_columns([*order[: self._column], *order[self._column + 1 :]])

    def action_move_column(self, step: int) -> None:
        """Show the current column further left or right."""
        to = self._column + step
        if 0 <= to < self.column_count:
            order = list(self._columns.order)
            order.insert(to, order.pop(self._column))
            self.show_columns(order)

    def action_fit_all(self) -> None:
        """Make every column as wide as its name and its values in the rows on screen.

        Of very many columns only those on screen: the others are measured when they are seen.
        """
        view, rows = self._view, self._rows_on_screen
        columns: Sequence[int] = range(self.column_count)
        if len(columns) > _MOST_FITTED:
            columns = view.layout.visible(view.scroll_x, view.room)
        for column in columns:
            width = self._widths.fitting(column, rows, MAX_WIDTH, with_types=self.show_types)
            self._widths.choose(column, width)
        self._content_changed()
        self._reveal()

    def action_toggle_readable(self) -> None:
        """Show dates and numbers as people write them, or as they are."""
        self._reader.show_readable(not self._reader.is_readable)
        if self._painter.changes:
            self._painter.changes.show_readable(self._reader.is_readable)
        self._widths.forget()
        self._content_changed()
        self.post_message(messages.ViewChanged(self))

    def action_freeze(self) -> None:
        """Keep the columns up to the current one in view; again lets them go."""
        wanted = self._column + 1
        self._layout.frozen = 0 if self._layout.frozen == wanted else wanted
        self._content_changed()
        self._reveal()

    def action_resize_by(self, cells: int) -> None:
        """Make the current column wider or narrower."""
        if self.column_count:
            self.resize_column(self._column, self.column_width(self._column) + cells)

    def column_width(self, column: int) -> int:
        """Cells for a column's values."""
        return self._layout.width(column)

    def resize_column(self, column: int, width: int) -> None:
        """Give a column a width, which it keeps."""
        self._widths.choose(column, width)
        self._content_changed()

    def action_fit_column(self) -> None:
        if self.column_count:
            self.fit_column(self._column)

    def fit_column(self, column: int) -> None:
        """Make a column as wide as its name and the values on screen."""
        rows, with_types = self._rows_on_screen, self.show_types
        width = self._widths.fitting(column, rows, MAX_WIDTH, with_types=with_types)
        self.resize_column(column, width)

    def action_toggle_types(self) -> None:
        self.show_types = not self.show_types
