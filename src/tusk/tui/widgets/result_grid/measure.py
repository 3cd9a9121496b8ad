"""How wide columns are: by a sample of values when they are first seen, or as the user says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk.tui.widgets.result_grid.cells import CellReader
    from tusk.tui.widgets.result_grid.columns import ColumnLayout
    from tusk.tui.widgets.result_grid.headings import Headings
    from tusk.tui.widgets.result_grid.shown import ShownColumns

_SAMPLE_ROWS = 200
# Columns do not become wider than this by themselves.
_AUTO_WIDTH = 40
# Of a column that was never shown, until it is measured.
_UNSEEN_WIDTH = 8


class Widths:
    """Sets the widths of a layout.

    A column is measured when it is first on screen, so that a result of thousands of columns
    costs no more than what is seen of it. Numbers are never cut: their column grows when larger
    ones come into view.
    """

    def __init__(
        self,
        layout: ColumnLayout,
        columns: ShownColumns,
        reader: CellReader,
        headings: Headings,
    ) -> None:
        self._layout = layout
        self._columns = columns
        self._reader = reader
        self._headings = headings
        # By column of the result, wherever it is shown.
        self._sampled: dict[int, int] = {}  # column → rows it was measured on
        self._chosen: set[int] = set()
        self._hidden: dict[int, int] = {}  # column → its width when it was last shown

    def forget(self) -> None:
        """Measure again: headings are others. Columns never become narrower by this."""
        self._sampled.clear()

    def rearrange(self, change: Callable[[], bool]) -> bool:
        """Show other columns, or in another order, each with the width it has.

        Args:
            change: Changes the shown columns; False when it does not.
        """
        before = {column: self._layout.width(at) for at, column in enumerate(self._columns.order)}
        if not change():
            return False
        known = self._hidden = self._hidden | before
        self._layout.replace([known.get(column, _UNSEEN_WIDTH) for column in self._columns.order])
        return True

    @property
    def chosen(self) -> dict[int, int]:
        """Widths that the user gave, by column of the result."""
        widths = {c: self._layout.width(at) for at, c in enumerate(self._columns.order)}
        return {column: widths.get(column, _UNSEEN_WIDTH) for column in self._chosen}

    def choose(self, column: int, width: int) -> None:
        """Give a column the width that the user wants."""
        self._chosen.add(self._columns.column(column))
        self._layout.set_widths({column: width})

    def measure(self, columns: list[int], rows_on_screen: range, *, with_types: bool) -> bool:
        """Set the widths of columns on screen; False when nothing changed."""
        sample = range(min(len(self._reader.order), _SAMPLE_ROWS))
        wanted: dict[int, int] = {}
        for column in columns:
            number = self._columns.column(column)
            if number in self._chosen:
                continue
            width = self._layout.width(column)
            if self._sampled.get(number, -1) < len(sample):
                self._sampled[number] = len(sample)
                fitting = self.fitting(column, sample, _AUTO_WIDTH, with_types=with_types)
                wanted[column] = width = max(width, fitting)
            if self._reader.format(column).is_right_aligned:
                wanted[column] = max(width, self._widest(column, rows_on_screen))
        return self._layout.set_widths(wanted)

    def fitting(self, column: int, rows: range, limit: int, *, with_types: bool) -> int:
        """The width for a heading and some values."""
        heading = self._headings.width(column, with_type=with_types)
        texts = self._reader.read(rows, column)
        widest = max((cell_len(text) for text in texts if text), default=1)
        return min(max(heading, widest), limit)

    def _widest(self, column: int, rows: range) -> int:
        texts = self._reader.texts(rows, column)
        return min(max((len(text) for text in texts if text), default=1), _AUTO_WIDTH)
