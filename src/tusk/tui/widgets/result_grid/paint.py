"""Strips of the grid: header and rows, from safe texts and positions.

Everything is measured with Rich's own cell widths, because Textual crops and joins by them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tusk.tui.widgets.result_grid.cells import CellReader
from tusk.tui.widgets.result_grid.columns import ColumnLayout
from tusk.tui.widgets.result_grid.headings import Headings
from tusk.tui.widgets.result_grid.matching import Matcher
from tusk.tui.widgets.result_grid.styles import GridStyles

NULL_TEXT = "∅"
CURSOR_MARK = "▸"
FROZEN_EDGE = "│"
_GUTTER_PADDING = 2  # the cursor's mark and the space before the first column


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Cut or fill safe text to exactly `width` cells; `…` says that something is missing.

    >>> fit("abcdef", 4), fit("7", 3, right=True), fit("日本", 4), fit("日本", 3)
    ('abc…', '  7', '日本', '日…')
    >>> fit("日本語", 4)
    '日 …'
    """
    size = len(text) if text.isascii() else cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    fill = " " * (width - size)
    return fill + text if right else text + fill


@dataclass(frozen=True, slots=True)
class View:
    """What part of the grid is on screen.

    Args:
        layout: Where columns lie.
        width: Cells of the whole window.
        gutter: Cells of it that row numbers take.
        scroll_x: Cells by which columns are scrolled.
    """

    layout: ColumnLayout
    width: int
    gutter: int
    scroll_x: int

    @property
    def room(self) -> int:
        """Cells for columns."""
        return max(0, self.width - self.gutter)


def gutter_width(row_count: int) -> int:
    """Cells that row numbers take.

    >>> gutter_width(0), gutter_width(1_000_000)
    (5, 9)
    """
    return max(3, len(str(row_count))) + _GUTTER_PADDING


@dataclass(frozen=True, slots=True)
class RowLook:
    """Everything that decides how a row looks, besides its values and the view.

    Args:
        row: The row, as it is shown.
        number: Its number in the result, from 1.
        cursor: The current column, None in other rows than the current one.
        selected: The selected columns.
        is_striped: Has the zebra's background.
    """

    row: int
    number: int
    cursor: int | None
    selected: range
    is_striped: bool


class LineBuilder:
    """Collects styled pieces of one line, joining neighbours of the same style."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._texts: list[str] = []
        self._style: Style | None = None

    def add(self, text: str, style: Style) -> None:
        """Append a piece."""
        if style is not self._style:
            self._flush()
            self._style = style
        self._texts.append(text)

    def _flush(self) -> None:
        if self._texts:
            self._segments.append(Segment("".join(self._texts), self._style))
            self._texts.clear()

    def strip(self, width: int) -> Strip:
        """The line so far, which takes `width` cells."""
        self._flush()
        return Strip(self._segments, width)


Cell = tuple[str, Style]


def compose_line(
    view: View, gutter: Cell, cell: Callable[[int], Cell], blank: Style, edge: Style
) -> Strip:
    """Put a line together.

    Args:
        view: What is on screen.
        gutter: Text of `view.gutter` cells, and its style.
        cell: Gives for a column its text, of exactly the column's width plus padding, and style.
        blank: Style right of the last column.
        edge: Style of the line between frozen and other columns.
    """
    layout, room = view.layout, view.room
    fixed = LineBuilder()
    fixed.add(*gutter)
    frozen = layout.frozen_for(room)
    for column in range(frozen):
        text, style = cell(column)
        is_edge = column == frozen - 1
        fixed.add(text[:-1] if is_edge else text, style)
    if frozen:
        fixed.add(FROZEN_EDGE, edge)
    fixed_width = view.gutter + layout.frozen_width(room)
    scrolled = _scrolled_part(view, view.width - fixed_width, cell, blank)
    return Strip.join([fixed.strip(fixed_width), scrolled])


def _scrolled_part(view: View, width: int, cell: Callable[[int], Cell], blank: Style) -> Strip:
    layout = view.layout
    columns = layout.scrolled(view.scroll_x, view.room)
    if not columns:
        return Strip([Segment(" " * width, blank)], width) if width > 0 else Strip([])
    line = LineBuilder()
    for column in columns:
        line.add(*cell(column))
    taken = layout.right(columns[-1]) - layout.left(columns[0])
    hidden = layout.frozen_width(view.room) + view.scroll_x - layout.left(columns[0])
    if taken - hidden < width:
        line.add(" " * (width - taken + hidden), blank)
        taken = width + hidden
    return line.strip(taken).crop(hidden, hidden + width)


class Painter:
    """Paints lines of one result.

    Args:
        styles: Where styles come from.
        reader: The cells.
        headings: Names and types of columns.
    """

    def __init__(self, styles: GridStyles, reader: CellReader, headings: Headings) -> None:
        self._styles = styles
        self._reader = reader
        self._headings = headings
        self.search = Matcher("")

    def header(self, view: View, cursor: int, *, of_types: bool, corner: str = "") -> Strip:
        """The line of names, or the one of types.

        Args:
            view: What is on screen.
            cursor: The current column.
            of_types: Which of the two lines.
            corner: What stands above the row numbers.
        """
        text_of = self._headings.type if of_types else self._headings.name
        plain = self._styles.of("header-type" if of_types else "header")
        current = plain if of_types else self._styles.of("header-cursor")

        def cell(column: int) -> Cell:
            width = view.layout.width(column)
            right = self._reader.format(column).is_right_aligned
            text = f" {fit(text_of(column), width, right=right)} "
            return text, current if column == cursor else plain

        gutter = (fit(corner, max(0, view.gutter - 1), right=True) + " ")[: view.gutter], plain
        return compose_line(view, gutter, cell, plain, plain)

    def row(self, view: View, look: RowLook) -> Strip:
        """A line of cells."""
        base = ("zebra",) if look.is_striped else ()
        selected = look.selected
        search = self.search

        def cell(column: int) -> Cell:
            format_ = self._reader.format(column)
            text = self._reader.text(look.row, column)
            names = [*base, "null" if text is None else format_.kind.value]
            if column in selected:
                names.append("selected")
            if search and text and search.matches(text):
                names.append("match")
            if column == look.cursor:
                names.append("cursor")
            width = view.layout.width(column)
            shown = fit(NULL_TEXT if text is None else text, width, right=format_.is_right_aligned)
            return f" {shown} ", self._styles.of(*names)

        gutter = self._gutter(view, look)
        return compose_line(view, gutter, cell, self._styles.of(*base), self._styles.of("edge"))

    def _gutter(self, view: View, look: RowLook) -> Cell:
        is_current = look.cursor is not None
        style = self._styles.of("gutter-cursor" if is_current else "gutter")
        if not view.gutter:
            return "", style
        mark = CURSOR_MARK if is_current else " "
        return f"{mark}{look.number:>{view.gutter - _GUTTER_PADDING}} ", style

    def blank(self, view: View, text: str = "") -> Strip:
        """A line without cells."""
        return Strip([Segment(fit(text, view.width), self._styles.of("empty"))], view.width)
