"""Changes to a text, and the ranges (caret and selection) that they leave.

All offsets count code points of the text with its lines joined by a single line feed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """A caret with its selection.

    Args:
        anchor: Where the selection was begun.
        caret: Where it ends now, and typing goes.
    """

    anchor: int
    caret: int

    @classmethod
    def at(cls, caret: int) -> Range:
        """A caret with nothing selected."""
        return cls(caret, caret)

    @property
    def start(self) -> int:
        """Its first offset."""
        return min(self.anchor, self.caret)

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return max(self.anchor, self.caret)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self.anchor == self.caret

    def shifted(self, by: int) -> Range:
        """The same range further on."""
        return Range(self.anchor + by, self.caret + by)


@dataclass(frozen=True, slots=True)
class Change:
    """The text from `start` to `end` becomes another one."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """Changes that are done, and undone, together.

    Args:
        changes: In order of the text, none overlapping another; offsets of the text before.
        ranges: Carets afterwards, the main one first; offsets of the text afterwards.
    """

    changes: tuple[Change, ...]
    ranges: tuple[Range, ...]


def apply(text: str, changes: Iterable[Change]) -> str:
    """The text with the changes made.

    >>> apply("one two", [Change(0, 3, "1"), Change(4, 7, "2")])
    '1 2'
    """
    pieces: list[str] = []
    done = 0
    for change in changes:
        pieces += (text[done : change.start], change.text)
        done = change.end
    return "".join(pieces) + text[done:]


def joined(text: str, changes: Sequence[Change]) -> Change:
    """One change that does what several do.

    >>> joined("one two three", [Change(0, 3, "1"), Change(4, 7, "2")])
    Change(start=0, end=7, text='1 2')
    """
    start, end = changes[0].start, changes[-1].end
    inner = [Change(c.start - start, c.end - start, c.text) for c in changes]
    return Change(start, end, apply(text[start:end], inner))


def difference(before: str, after: str, latest_start: int | None = None) -> Change | None:
    """The smallest single change that makes one text of another; None for equal texts.

    Args:
        before: The one.
        after: The other.
        latest_start: Where it begins at the latest: of `aa` from `a` either may be the new one.

    >>> difference("select a", "select b, a")
    Change(start=7, end=7, text='b, ')
    """
    if before == after:
        return None
    most = min(len(before), len(after))
    start = _common(most, lambda count: before[:count] == after[:count])
    start = start if latest_start is None else min(start, latest_start)
    end = _common(
        most - start,
        lambda count: before[len(before) - count :] == after[len(after) - count :],
    )
    return Change(start, len(before) - end, after[start : len(after) - end])


def _common(most: int, is_equal: Callable[[int], bool]) -> int:
    """The largest count up to `most` for which it holds, by halving: it holds for all smaller."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_equal(middle) else (low, middle - 1)
    return low


def moved(offset: int, changes: Iterable[Change], *, stays: bool = False) -> int:
    """Where an offset is after the changes.

    Args:
        offset: In the text before.
        changes: In order of the text.
        stays: Whether it stays before what is inserted right there.

    >>> moved(3, [Change(0, 0, "ab"), Change(3, 3, "c")]), moved(3, [Change(3, 3, "c")], stays=True)
    (6, 3)
    """
    by = 0
    for change in changes:
        if change.start > offset or (stays and change.start == offset):
            break
        if change.end > offset:
            return change.start + by + min(len(change.text), offset - change.start)
        by += len(change.text) - (change.end - change.start)
    return offset + by


def unix_lines(text: str) -> str:
    r"""A text as the document keeps it: every line separator that it knows is a line feed.

    >>> unix_lines("a\r\nb\u2028c\n")
    'a\nb\nc\n'
    """
    lines = text.splitlines()
    if text.endswith(("\n", "\r")):
        lines.append("")
    return "\n".join(lines)
