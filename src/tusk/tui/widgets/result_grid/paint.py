"""Strips of the grid: header and rows, from safe texts and positions.

Everything is measured with Rich's own cell widths, because Textual crops and joins by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tusk.services.results.matching import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk.tui.widgets.result_grid.cells import CellReader
    from tusk.tui.widgets.result_grid.columns import ColumnLayout
    from tusk.tui.widgets.result_grid.headings import Headings
    from tusk.tui.widgets.result_grid.repeated import Changes
    from tusk.tui.widgets.result_grid.styles import GridStyles

NULL_TEXT = "∅"
CURSOR_MARK = "▸"
NEW_MARK = "+"
FROZEN_EDGE = "│"
CUT = "…"
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
        return set_cell_size(text, width - 1) + CUT if width > 0 else ""
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
        """The line, which takes `width` cells."""
        self._flush()
        return Strip(self._segments, width)


Cell = tuple[str, Style]


def compose_line(
    view: View, gutter: Cell, cell: Callable[[int, int], Cell], blank: Style, edge: Style
) -> Strip:
    """Put a line together.

    Args:
        view: What is on screen.
        gutter: Text of `view.gutter` cells, and its style.
        cell: Gives for a column, and the width in which it shows, its padded text and its style.
        blank: Style right of the last column.
        edge: Style of the line between frozen and other columns.
    """
    layout, room = view.layout, view.room
    line = LineBuilder()
    line.add(*gutter)
    frozen = layout.frozen_for(room)
    for column in range(frozen):
        text, style = cell(column, layout.width(column))
        line.add(text[:-1] if column == frozen - 1 else text, style)
    if frozen:
        line.add(FROZEN_EDGE, edge)
    start = layout.frozen_width(room) + view.scroll_x
    stop = max(start, view.scroll_x + room)
    for column in layout.scrolled(view.scroll_x, room):
        left = layout.left(column)
        # At the window's edge a short number at the right of a wide column would be hidden.
        text, style = cell(column, max(1, min(layout.width(column), stop - left - 1)))
        line.add(_part(text, start - left, stop - left), style)
    empty = stop - max(start, layout.total)
    if empty > 0:
        line.add(" " * empty, blank)
    return line.strip(view.width)


def _part(text: str, start: int, stop: int) -> str:
    """Cells `start` … `stop`-1 of a padded text, marked where something is cut off.

    Without the mark the end of a number would look like a number.

    >>> _part(" 12345 ", 2, 7), _part(" 12345 ", 0, 4), _part("  345 ", 1, 9)
    ('…345 ', ' 12…', ' 345 ')
    """
    start, size = max(0, start), len(text) if text.isascii() else cell_len(text)
    if start == 0 and stop >= size:
        return text
    before, after = _cells(text, 0, start), _cells(text, stop, size)
    left, right = CUT if before.strip() else "", CUT if after.strip() else ""
    return left + _cells(text, start + len(left), stop - len(right)) + right


def _cells(text: str, start: int, stop: int) -> str:
    """Some cells of a text; half a wide character becomes a space."""
    if text.isascii():
        return text[start:stop]
    return Strip([Segment(text)], cell_len(text)).crop(start, stop).text


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
        self.changes: Changes | None = None

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

        def cell(column: int, width: int) -> Cell:
            right = self._reader.format(column).is_right_aligned
            text = f" {fit(text_of(column), width, right=right)} "
            return text, current if column == cursor else plain

        gutter = (fit(corner, max(0, view.gutter - 1), right=True) + " ")[: view.gutter], plain
        return compose_line(view, gutter, cell, plain, plain)

    def note(self, view: View, text: str) -> Strip:
        """A line that says something about the rows."""
        return Strip([Segment(fit(text, view.width), self._styles.of("note"))], view.width)

    def row(self, view: View, look: RowLook) -> Strip:
        """A line of cells."""
        reader = self._reader
        base = ("zebra",) if look.is_striped else ()
        styles: dict[str, Style] = {}

        def cell(column: int, width: int) -> Cell:
            format_ = reader.format(column)
            text = reader.text(look.row, column)
            kind = "null" if text is None else format_.kind_name
            shown = NULL_TEXT if text is None else text
            marks = self._marks(look, column, text)
            if marks:
                style = self._styles.of(*base, kind, *marks)
            else:
                style = styles.get(kind) or styles.setdefault(kind, self._styles.of(*base, kind))
            return f" {fit(shown, width, right=format_.is_right_aligned)} ", style

        gutter = self._gutter(view, look)
        return compose_line(view, gutter, cell, self._styles.of(*base), self._styles.of("edge"))

    def _marks(self, look: RowLook, column: int, text: str | None) -> list[str]:
        """What is special about a cell."""
        marks = ["selected"] if column in look.selected else []
        if self.changes and self.changes.is_other(look.number - 1, column, text):
            marks.append("changed")
        if self.search and text and self.search.matches(text):
            marks.append("match")
        if column == look.cursor:
            marks.append("cursor")
        return marks

    def _gutter(self, view: View, look: RowLook) -> Cell:
        is_current = look.cursor is not None
        style = self._styles.of("gutter-cursor" if is_current else "gutter")
        if not view.gutter:
            return "", style
        mark = CURSOR_MARK if is_current else " "
        if self.changes and self.changes.is_new(look.number - 1) and not is_current:
            mark = NEW_MARK
        return f"{mark}{look.number:>{view.gutter - _GUTTER_PADDING}} ", style

    def blank(self, view: View, text: str = "") -> Strip:
        """A line without cells."""
        return Strip([Segment(fit(text, view.width), self._styles.of("empty"))], view.width)
