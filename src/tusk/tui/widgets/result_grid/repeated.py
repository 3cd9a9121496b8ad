"""A result that is fetched again and again: it looks as it did, with changes marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.tui.widgets.result_grid.cells import CellReader

if TYPE_CHECKING:
    from tusk.core.result import ResultBuffer
    from tusk.services.results.changes import EarlierRows
    from tusk.services.results.filters import Condition
    from tusk.services.results.sortkeys import SortKey
    from tusk.tui.widgets.result_grid.shown import ShownColumns


@dataclass(frozen=True, slots=True)
class GridMemory:
    """How a result is looked at.

    Args:
        names: Of the result's columns: it is for results of the same ones.
        shown: Columns that are shown, in order.
        widths: That the user gave, by column of the result.
        frozen: How many columns stay in view.
        sort: By what rows are sorted.
        filter_text: Only rows with this text are shown.
        conditions: By what columns are filtered.
        is_readable: See `ViewState`.
        cursor: Row and column, as they are shown.
        scroll: Cells to the right, and rows down.
        search_text: What is looked for.
        row: Of the buffer, where it is known which one the cursor shall be on.
        is_complete: Whether all rows are there when this is put into force.
    """

    names: Sequence[str]
    shown: Sequence[int]
    widths: Mapping[int, int]
    frozen: int
    sort: Sequence[SortKey]
    filter_text: str
    conditions: Mapping[int, Condition]
    is_readable: bool
    cursor: tuple[int, int]
    scroll: tuple[int, int]
    search_text: str = ""
    row: int | None = None
    is_complete: bool = False


class Changes:
    """What is different since the run before, as far as it is seen.

    Args:
        before: The result of the run before.
        found: Which row was which.
        columns: As they are shown.
    """

    def __init__(self, before: ResultBuffer, found: EarlierRows, columns: ShownColumns) -> None:
        self._found = found
        self._before = before
        self._reader = CellReader(before, range(before.num_rows), columns)

    def is_new(self, row: int) -> bool:
        """Whether a row of the buffer was not there before."""
        return row < len(self._found.rows) and not self._found.rows[row].is_valid

    def is_other(self, row: int, column: int, text: str | None) -> bool:
        """Whether a cell of the buffer showed something else before.

        Args:
            row: Of the buffer.
            column: As it is shown.
            text: What the cell shows.
        """
        if row >= len(self._found.rows) or self._before.is_closed:
            return False
        earlier = self._found.rows[row].as_py()
        return earlier is None or self._reader.text(earlier, column) != text

    def show_readable(self, is_readable: bool) -> None:
        """Compare texts of the kind that is shown."""
        self._reader.show_readable(is_readable)

    @property
    def words(self) -> str:
        """How many rows came and went."""
        found = self._found
        parts = [f"{found.new:,} new"] * bool(found.new) + [f"{found.gone:,} gone"] * bool(
            found.gone
        )
        how = "" if found.key is not None else " (compared by place)"
        return f"↻ {' · '.join(parts) or 'the same rows'} since the run before{how}"
