"""Which columns of a result are shown, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ShownColumns:
    """Columns of the result by their places on screen. At least one is always shown.

    >>> shown = ShownColumns(4)
    >>> shown.choose([2, 3, 0]), list(shown.order), shown.hidden, shown.place(3), shown.place(1)
    (True, [2, 3, 0], [1], 1, None)
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._order: Sequence[int] = range(count)
        self._places: dict[int, int] | None = None

    def __len__(self) -> int:
        return len(self._order)

    @property
    def order(self) -> Sequence[int]:
        """Columns of the result, as they are shown."""
        return self._order

    @property
    def is_natural(self) -> bool:
        """Whether all are shown in the result's order."""
        return isinstance(self._order, range)

    @property
    def hidden(self) -> list[int]:
        """Columns that are not shown, in the result's order."""
        shown = set(self._order)
        return [column for column in range(self._count) if column not in shown]

    def column(self, place: int) -> int:
        """The column of the result at a place."""
        return self._order[place]

    def place(self, column: int) -> int | None:
        """Where a column of the result is; None when it is hidden."""
        if isinstance(self._order, range):
            return column
        if self._places is None:
            self._places = {column: place for place, column in enumerate(self._order)}
        return self._places.get(column)

    def choose(self, order: Sequence[int]) -> bool:
        """Show these columns in this order; False when that changes nothing, or shows nothing."""
        wanted: Sequence[int] = list(order)
        if not wanted or wanted == list(self._order):
            return False
        self._order = range(self._count) if wanted == list(range(self._count)) else wanted
        self._places = None
        return True
