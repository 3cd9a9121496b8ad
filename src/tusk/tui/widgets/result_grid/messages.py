"""What the grid tells its screen. Each message carries the grid as `grid` and `control`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from tusk.tui.widgets.result_grid.view import GridView


class GridMessage(Message):
    """Comes from a grid."""

    def __init__(self, grid: GridView) -> None:
        super().__init__()
        self.grid = grid

    @property
    def control(self) -> GridView:
        """The grid, for `@on` with a selector."""
        return self.grid


class CursorMoved(GridMessage, namespace="result_grid"):
    """The cursor is on another cell. Of many in a row only the last one may arrive."""

    def __init__(self, grid: GridView, row: int, column: int) -> None:
        super().__init__(grid)
        self.row = row
        self.column = column

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CursorMoved) and message.grid is self.grid


class SelectionChanged(GridMessage, namespace="result_grid"):
    """Something else is selected; see `ResultGrid.selection`."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SelectionChanged) and message.grid is self.grid


class FetchMoreRequested(GridMessage, namespace="result_grid"):
    """The last row is on screen and `has_more` says that the server has more.

    Args:
        wants_all: The user asked for the very last row, not just for the next page.
    """

    def __init__(self, grid: GridView, *, wants_all: bool = False) -> None:
        super().__init__(grid)
        self.wants_all = wants_all


class CellActivated(GridMessage, namespace="result_grid"):
    """Enter or a double click on a cell; the grid opens its viewer."""

    def __init__(self, grid: GridView, row: int, column: int) -> None:
        super().__init__(grid)
        self.row = row
        self.column = column


class FollowRequested(GridMessage, namespace="result_grid"):
    """A foreign key of the current cell shall be followed.

    Args:
        asks: Have the user choose among all keys of the row, even where the cell has just one.
    """

    def __init__(self, grid: GridView, *, asks: bool = False) -> None:
        super().__init__(grid)
        self.asks = asks


class Copied(GridMessage, namespace="result_grid"):
    """Cells were sent to the terminal's clipboard.

    Args:
        rows: How many rows.
        columns: How many columns.
        size_bytes: Of the text, in UTF-8.
    """

    def __init__(self, grid: GridView, rows: int, columns: int, size_bytes: int) -> None:
        super().__init__(grid)
        self.rows = rows
        self.columns = columns
        self.size_bytes = size_bytes


class Refused(GridMessage, namespace="result_grid"):
    """The grid could not do what it was asked, and why; plain text, safe to show."""

    def __init__(self, grid: GridView, reason: str) -> None:
        super().__init__(grid)
        self.reason = reason


class ViewChanged(GridMessage, namespace="result_grid"):
    """Sorting, filtering or searching began, went on or ended; see `ResultGrid.view_state`."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ViewChanged) and message.grid is self.grid
