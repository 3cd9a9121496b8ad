"""Offsets of a text and the rows and columns they stand for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeAlias

Place: TypeAlias = tuple[int, int]
"""Row and column, from 0."""


class Places:
    """Finds places in a text of many lines without going through them.

    >>> places = Places(["select 1", "from t"])
    >>> places.offset((1, 2)), places.place(11)
    (11, (1, 2))
    """

    def __init__(self, lines: Sequence[str]) -> None:
        # Without a step of Python for each line: it is done for each change of a large text.
        self._starts = [0, *accumulate(map((1).__add__, map(len, lines)))]
        # A line feed is between lines only.
        self._end = self._starts.pop() - 1

    def offset(self, place: Place) -> int:
        """The offset of a place; of one below the last line, the end of the text."""
        row, column = place
        return self._starts[row] + column if row < len(self._starts) else self._end

    def place(self, offset: int) -> Place:
        """The place of an offset."""
        row = bisect_right(self._starts, offset) - 1
        return row, offset - self._starts[row]


def parse_place(written: str, line_count: int) -> Place | None:
    """A place as people write it: `line` or `line:column`, from 1; None if it is none.

    A negative line counts from the end; what lies outside becomes the first or last line.

    >>> parse_place("3:5", 9), parse_place("-1", 9), parse_place("400", 9), parse_place("x", 9)
    ((2, 4), (8, 0), (8, 0), None)
    """
    line, _, column = written.strip().partition(":")
    try:
        number, place = int(line), int(column or "1")
    except ValueError:
        return None
    row = number - 1 if number >= 0 else line_count + number
    return max(0, min(row, line_count - 1)), max(0, place - 1)
