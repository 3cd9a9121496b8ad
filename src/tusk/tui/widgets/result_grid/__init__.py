"""`ResultGrid`: any number of rows and columns of a result, on the screen as they are needed."""

from tusk.services.results.sortkeys import SortKey
from tusk.tui.widgets.result_grid.grid import ResultGrid
from tusk.tui.widgets.result_grid.selection import Selection, SelectionKind

__all__ = ["ResultGrid", "Selection", "SelectionKind", "SortKey"]
