"""What the mouse points at in a grid, and what its buttons and movements mean."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tusk.tui.widgets.result_grid.selection import SelectionKind

if TYPE_CHECKING:
    from textual import events

    from tusk.tui.widgets.result_grid.paint import View


class Area(enum.Enum):
    """Parts of a grid."""

    CELL = "cell"
    HEADER = "header"
    BORDER = "border"
    """The right edge of a column in the header, which can be dragged."""
    ROW_NUMBER = "row number"
    CORNER = "corner"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Hit:
    """What is under the mouse. Row and column make sense where the area has them."""

    area: Area
    row: int = 0
    column: int = 0


def hit(view: View, x: int, y: int, *, header: int, scroll_y: int, row_count: int) -> Hit:
    """Find what is at a position of the widget.

    Args:
        view: What is on screen.
        x: Cells from the widget's left edge.
        y: Cells from its top.
        header: Lines of the header.
        scroll_y: Rows scrolled out above.
        row_count: Rows there are.
    """
    row = y - header + scroll_y
    if x < view.gutter:
        if y < header:
            return Hit(Area.CORNER)
        return Hit(Area.ROW_NUMBER, row) if row < row_count else Hit(Area.OUTSIDE)
    column = view.layout.at_screen(x - view.gutter, view.scroll_x, view.room)
    if y < header:
        return _in_header(view, x - view.gutter, column)
    if column is None or row >= row_count:
        return Hit(Area.OUTSIDE)
    return Hit(Area.CELL, row, column)


def _in_header(view: View, x: int, column: int | None) -> Hit:
    layout = view.layout
    # The border is the last cell of a column and, since that is thin, the first one after it.
    before = layout.at_screen(x - 1, view.scroll_x, view.room) if x else None
    if column is None:
        return Hit(Area.BORDER, column=before) if before is not None else Hit(Area.OUTSIDE)
    after = layout.at_screen(x + 1, view.scroll_x, view.room)
    if after != column:
        return Hit(Area.BORDER, column=column)
    return Hit(Area.HEADER, column=column)


class Pointed(Protocol):
    """What gestures do to a grid."""

    def hit(self, x: int, y: int) -> Hit:
        """What is at a position of the widget."""
        ...

    def cell_near(self, x: int, y: int) -> tuple[int, int]:
        """The row and column nearest to a position, one further where it is outside."""
        ...

    def move_cursor(self, row: int | None = None, column: int | None = None) -> None:
        """Make another cell the current one."""
        ...

    def select_to(self, row: int, column: int, kind: SelectionKind) -> None:
        """Select from where the selection began."""
        ...

    def deselect(self) -> None:
        """Select nothing."""
        ...

    def activate(self) -> None:
        """Show the current cell's value."""
        ...

    def cycle_sort(self, column: int, *, add: bool) -> None:
        """Sort by a column, the other way round, or no more."""
        ...

    def column_width(self, column: int) -> int:
        """Content width of a column."""
        ...

    def resize_column(self, column: int, width: int) -> None:
        """Give a column a width."""
        ...

    def fit_column(self, column: int) -> None:
        """Make a column as wide as its values."""
        ...


class Gestures:
    """Turns mouse events into what they mean.

    Click: the cell, the row (on its number), sort (on a column's name; with Shift or Ctrl as a
    further key). Shift and click, or drag: select. Drag a border: resize. Double click: show the
    value, or fit the column (on its border).
    """

    def __init__(self, grid: Pointed) -> None:
        self._grid = grid
        self._began: Hit | None = None
        self._start = (0, 0)  # x and width when a border was taken
        self._has_moved = False

    @property
    def is_dragging(self) -> bool:
        """Whether a button is held that was pressed on something to drag."""
        return self._began is not None

    def down(self, event: events.MouseDown) -> None:
        """A button was pressed."""
        hit = self._grid.hit(event.x, event.y)
        self._began = hit
        self._has_moved = False
        match hit.area:
            case Area.CELL if event.shift:
                self._grid.select_to(hit.row, hit.column, SelectionKind.BLOCK)
            case Area.CELL:
                self._grid.deselect()
                self._grid.move_cursor(hit.row, hit.column)
            case Area.ROW_NUMBER:
                if not event.shift:
                    self._grid.deselect()
                    self._grid.move_cursor(hit.row)
                self._grid.select_to(hit.row, 0, SelectionKind.ROWS)
            case Area.BORDER:
                self._start = (event.x, self._grid.column_width(hit.column))
            case _:
                pass

    def move(self, event: events.MouseMove) -> None:
        """The mouse moved while a button is held."""
        began = self._began
        if began is None:
            return
        self._has_moved = True
        if began.area is Area.BORDER:
            x, width = self._start
            self._grid.resize_column(began.column, width + event.x - x)
        elif began.area is Area.CELL:
            row, column = self._grid.cell_near(event.x, event.y)
            if (row, column) != (began.row, began.column):
                self._grid.select_to(row, column, SelectionKind.BLOCK)
        elif began.area is Area.ROW_NUMBER:
            row, _ = self._grid.cell_near(event.x, event.y)
            self._grid.select_to(row, 0, SelectionKind.ROWS)

    def up(self) -> None:
        """The button was let go."""
        if self._began is None or self._began.area is not Area.HEADER:
            self._began = None

    def click(self, event: events.Click) -> None:
        """A button was pressed and let go at the same place."""
        began, self._began = self._began, None
        hit = self._grid.hit(event.x, event.y)
        if event.chain == 2 and hit.area is Area.CELL:
            self._grid.activate()
        elif event.chain == 2 and hit.area is Area.BORDER:
            self._grid.fit_column(hit.column)
        elif hit.area is Area.HEADER and began == hit and not self._has_moved:
            self._grid.cycle_sort(hit.column, add=event.shift or event.ctrl)
