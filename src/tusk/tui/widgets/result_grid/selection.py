"""What is selected: a rectangle of cells, whole rows or whole columns, between two ends."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class SelectionKind(enum.Enum):
    """Shapes of a selection."""

    BLOCK = "block"
    ROWS = "rows"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection that reaches from its anchor to its head, both included.

    Args:
        kind: Whether it is limited by rows, by columns, or by both.
        anchor: Row and column where it began.
        head: Row and column where it ends; either may be the smaller one.
        row_count: Rows shown when it was made, for whole columns.
        column_count: Columns of the result, for whole rows.

    >>> Selection(SelectionKind.ROWS, (5, 2), (3, 1), 100, 4).columns
    range(0, 4)
    """

    kind: SelectionKind
    anchor: tuple[int, int]
    head: tuple[int, int]
    row_count: int
    column_count: int

    @property
    def rows(self) -> range:
        """The selected rows."""
        if self.kind is SelectionKind.COLUMNS:
            return range(self.row_count)
        return _between(self.anchor[0], self.head[0])

    @property
    def columns(self) -> range:
        """The selected columns."""
        if self.kind is SelectionKind.ROWS:
            return range(self.column_count)
        return _between(self.anchor[1], self.head[1])

    @property
    def cell_count(self) -> int:
        """How many cells are selected."""
        return len(self.rows) * len(self.columns)

    def columns_in(self, row: int) -> range:
        """The selected columns of one row; none where the row is not selected."""
        return self.columns if row in self.rows else range(0)


def _between(one: int, other: int) -> range:
    return range(min(one, other), max(one, other) + 1)
