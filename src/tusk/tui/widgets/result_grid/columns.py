"""Where columns lie: widths, prefix sums of them, frozen columns.

All positions are terminal cells on one axis that starts at column 0, right of the row numbers.
Frozen columns stay where they are; the rest is seen through a window that scrolls over it.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PADDING = 2
MIN_WIDTH = 1
MAX_WIDTH = 500
# Room that frozen columns leave for the others, whatever the user froze.
_LEFT_TO_SCROLL = 12


class ColumnLayout:
    """Content widths of columns, and the positions that follow from them.

    Changing a width costs one pass over the columns; asking costs a binary search, so a frame
    never depends on the number of columns.

    >>> layout = ColumnLayout([3, 5, 10])
    >>> layout.total, layout.left(2), layout.column_at(6)
    (24, 12, 1)
    """

    def __init__(self, widths: Sequence[int]) -> None:
        self._widths = [_within_limits(width) for width in widths]
        self._ends: list[int] = []
        self.frozen = 0
        self._measure()

    def __len__(self) -> int:
        return len(self._widths)

    def _measure(self) -> None:
        self._ends = list(accumulate(width + PADDING for width in self._widths))

    @property
    def total(self) -> int:
        """Cells that all columns take."""
        return self._ends[-1] if self._ends else 0

    def width(self, column: int) -> int:
        """Content width, without padding."""
        return self._widths[column]

    def left(self, column: int) -> int:
        """Position of the column's first cell."""
        return self._ends[column - 1] if column else 0

    def right(self, column: int) -> int:
        """Position after the column's last cell."""
        return self._ends[column]

    def set_widths(self, widths: dict[int, int]) -> bool:
        """Change some content widths; False when nothing changed."""
        wanted = {column: _within_limits(width) for column, width in widths.items()}
        if all(self._widths[column] == width for column, width in wanted.items()):
            return False
        for column, width in wanted.items():
            self._widths[column] = width
        self._measure()
        return True

    def replace(self, widths: Sequence[int]) -> None:
        """Lay out other columns."""
        self._widths = [_within_limits(width) for width in widths]
        self.frozen = min(self.frozen, len(widths))
        self._measure()

    def column_at(self, x: int) -> int | None:
        """The column that covers a position."""
        if x < 0 or x >= self.total:
            return None
        return bisect_right(self._ends, x)

    def frozen_for(self, room: int) -> int:
        """How many columns stay frozen when `room` cells are there for all."""
        fitting = bisect_right(self._ends, room - _LEFT_TO_SCROLL)
        return min(self.frozen, fitting)

    def scrolled(self, scroll_x: int, room: int) -> range:
        """Columns that show right of the frozen ones, also those that show in part."""
        frozen = self.frozen_for(room)
        start = self._frozen_width(frozen) + scroll_x
        stop = scroll_x + room
        if start >= stop or start >= self.total:
            return range(frozen, frozen)
        first = max(frozen, bisect_right(self._ends, start))
        last = min(bisect_right(self._ends, stop - 1), len(self) - 1)
        return range(first, last + 1)

    def _frozen_width(self, frozen: int) -> int:
        return self._ends[frozen - 1] if frozen else 0

    def frozen_width(self, room: int) -> int:
        """Cells that the columns take which stay frozen."""
        return self._frozen_width(self.frozen_for(room))

    def visible(self, scroll_x: int, room: int) -> list[int]:
        """Every column that shows, in order."""
        return [*range(self.frozen_for(room)), *self.scrolled(scroll_x, room)]

    def at_screen(self, x: int, scroll_x: int, room: int) -> int | None:
        """The column under the x-th cell of the window."""
        if x < self.frozen_width(room):
            return self.column_at(x)
        return self.column_at(x + scroll_x)

    def scroll_to_show(self, column: int, scroll_x: int, room: int) -> int:
        """The scroll position nearest to `scroll_x` that shows all of a column, or its start."""
        frozen = self.frozen_for(room)
        if column < frozen:
            return scroll_x
        left = self.left(column) - self._frozen_width(frozen)
        right = self.right(column) - room
        if scroll_x > left or right > left:
            return left
        return max(scroll_x, right)


def _within_limits(width: int) -> int:
    return max(MIN_WIDTH, min(width, MAX_WIDTH))
