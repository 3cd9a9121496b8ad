"""Keys of the grid. Footer, help, palette and keymap read them; ids are API.

Every action has a key that reaches the program through plain SSH and tmux.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

_MOVE = Binding.Group("Move", compact=True)
_SELECT = Binding.Group("Select", compact=True)
_WIDTH = Binding.Group("Width", compact=True)


def _key(
    name: str,
    key: str,
    action: str,
    description: str,
    tooltip: str,
    *,
    show: bool = False,
    group: Binding.Group | None = None,
) -> Binding:
    return Binding(
        key, action, description, tooltip=tooltip, id=f"grid.{name}", show=show, group=group
    )


def _move(name: str, key: str, description: str, tooltip: str) -> Binding:
    return _key(name, key, f"move('{name}')", description, tooltip, group=_MOVE)


def _select(name: str, key: str, description: str) -> Binding:
    tooltip = f"{description}, from where the selection began"
    return _key(f"select-{name}", key, f"extend('{name}')", description, tooltip, group=_SELECT)


BINDINGS: list[BindingType] = [
    _move("up", "up,k", "Up", "One row up"),
    _move("down", "down,j", "Down", "One row down"),
    _move("left", "left,h", "Left", "One column to the left"),
    _move("right", "right,l", "Right", "One column to the right"),
    _move("page-up", "pageup,ctrl+b", "Page up", "One page up"),
    _move("page-down", "pagedown,ctrl+f", "Page down", "One page down"),
    _move("page-left", "ctrl+left,H", "Page left", "One screen of columns to the left"),
    _move("page-right", "ctrl+right,L", "Page right", "One screen of columns to the right"),
    _move("first-column", "home,0", "First column", "To the first column"),
    _move("last-column", "end,$", "Last column", "To the last column"),
    _move("first-row", "ctrl+home,g", "First row", "To the first row"),
    _move(
        "last-row", "ctrl+end,G", "Last row", "To the last row; fetches more where there is more"
    ),
    _select("up", "shift+up,K", "Select up"),
    _select("down", "shift+down,J", "Select down"),
    _select("left", "shift+left", "Select left"),
    _select("right", "shift+right", "Select right"),
    _select("page-up", "shift+pageup", "Select a page up"),
    _select("page-down", "shift+pagedown", "Select a page down"),
    _select("first-column", "shift+home", "Select to the first column"),
    _select("last-column", "shift+end", "Select to the last column"),
    _select("first-row", "ctrl+shift+home", "Select to the first row"),
    _select("last-row", "ctrl+shift+end", "Select to the last row"),
    _key(
        "select-block", "v", "visual('block')", "Select cells", "Moving selects cells until Escape"
    ),
    _key("select-rows", "V", "visual('rows')", "Select rows", "Moving selects rows until Escape"),
    _key(
        "select-columns",
        "|,ctrl+@",
        "visual('columns')",
        "Select columns",
        "Moving selects columns until Escape",
    ),
    _key("select-all", "ctrl+a", "select_all", "Select all", "Select every cell of the result"),
    _key("view", "enter,space", "view_cell", "View cell", "Show the whole value", show=True),
    _key("copy", "c,y", "copy", "Copy", "Copy the selection, or the cell", show=True),
    _key("copy-header", "C", "copy(True)", "Copy + names", "Copy the selection with column names"),
    _key(
        "copy-as",
        "m",
        "copy_as",
        "Copy as…",
        "Copy the selection as TSV, CSV, JSON, INSERT, Markdown or IN list",
    ),
    _key("copy-row", "Y", "copy_row", "Copy row", "Copy the whole row"),
    _key("sort", "s", "sort", "Sort", "Sort by this column: up, down, no more", show=True),
    _key("sort-add", "S", "sort(True)", "Sort also", "Sort by this column after the others"),
    _key("sort-nulls", "o", "sort_nulls", "NULLs first", "Put NULLs first or last when sorting"),
    _key("filter", "f", "filter", "Filter", "Show only rows that have a text", show=True),
    _key(
        "filter-column",
        "w",
        "filter_column",
        "Where…",
        "Filter by this column: a condition, NULL, or values to choose",
        show=True,
    ),
    _key("filter-clear", "F", "clear_filter", "All rows", "Show all rows again"),
    _key("search", "/", "search", "Search", "Go to the next cell that has a text", show=True),
    _key("search-next", "n", "search_next", "Next", "To the next cell that has the text"),
    _key("search-previous", "N", "search_next(True)", "Previous", "To the cell before that has it"),
    _key("goto", "ctrl+g,:", "goto_row", "Go to row", "Go to a row by its number"),
    _key("freeze", "z", "freeze", "Freeze", "Keep the columns up to this one in view, or let go"),
    _key("narrower", "<", "resize_by(-1)", "Narrower", "Make the column narrower", group=_WIDTH),
    _key("wider", ">", "resize_by(1)", "Wider", "Make the column wider", group=_WIDTH),
    _key("fit", "=", "fit_column", "Fit", "Make the column as wide as what is on screen"),
    _key("fit-all", "A", "fit_all", "Fit all", "Make all columns on screen as wide as they need"),
    _key("columns", "M", "columns", "Columns…", "Choose, hide and order columns"),
    _key("column-goto", "semicolon", "columns(True)", "Go to column", "Go to a column by its name"),
    _key(
        "column-hide", "minus", "hide_column", "Hide column", "Hide this column; M brings it back"
    ),
    _key(
        "column-left",
        "left_parenthesis",
        "move_column(-1)",
        "Move left",
        "Show this column further left",
    ),
    _key(
        "column-right",
        "right_parenthesis",
        "move_column(1)",
        "Move right",
        "Show this column further right",
    ),
    _key(
        "statistics",
        "I",
        "statistics",
        "Statistics",
        "What this column holds: counts, extremes, frequent values, histogram",
        show=True,
    ),
    _key("chart", "P", "chart", "Chart", "Draw columns of numbers: line, bars, points, histogram"),
    _key(
        "follow",
        "a",
        "follow",
        "Follow key",
        "Go to the row that this cell refers to; where there is no such key, choose one",
    ),
    _key(
        "follow-any",
        "B",
        "follow(True)",
        "Keys of row",
        "Choose where to go from this row: what it refers to, and what refers to it",
    ),
    _key("record", "r", "record", "Record", "Show this row with a line for each column", show=True),
    _key(
        "readable",
        "T",
        "toggle_readable",
        "Readable",
        "Show dates and numbers as people write them, or as they are; copies stay as they are",
    ),
    _key("types", "t", "toggle_types", "Types", "Show or hide the column types"),
    _key("clear", "escape", "clear_marks", "Clear", "Let go of the selection, or stop the search"),
]
