"""`ResultGrid`: any number of rows and columns of a result, on the screen as they are needed."""

from tusk.tui.widgets.result_grid.grid import ResultGrid
from tusk.tui.widgets.result_grid.selection import Selection, SelectionKind
from tusk.tui.widgets.result_grid.sortkeys import SortKey

__all__ = ["ResultGrid", "Selection", "SelectionKind", "SortKey"]
