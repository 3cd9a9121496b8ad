"""How two texts differ, line by line, in a time that does not grow out of hand."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence

# Comparing takes the square of that.
_MOST_COMPARED = 2_000
_CONTEXT = 3


def difference_lines(before: str, after: str) -> list[str]:
    r"""Lines of a unified difference without its head; none for equal texts.

    >>> difference_lines("a\nb\nc", "a\nB\nc")
    ['@@ -1,3 +1,3 @@', ' a', '-b', '+B', ' c']
    """
    old, new = before.split("\n"), after.split("\n")
    start = len(os.path.commonprefix([old, new]))  # noqa: RUF071 - of lines, not of paths
    rest = min(len(old), len(new)) - start
    end = 0
    while end < rest and old[-1 - end] == new[-1 - end]:
        end += 1
    first = max(0, start - _CONTEXT)
    tail = max(0, end - _CONTEXT)
    ours, theirs = old[first : len(old) - tail], new[first : len(new) - tail]
    if ours == theirs:
        return []
    if max(len(ours), len(theirs)) > _MOST_COMPARED:
        return [_place(first, len(ours), len(theirs)), *_replaced(ours, theirs)]
    return list(_shifted(difflib.unified_diff(ours, theirs, lineterm="", n=_CONTEXT), first))


def _place(first: int, old: int, new: int) -> str:
    return f"@@ -{first + 1},{old} +{first + 1},{new} @@"


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    yield from (f"-{line}" for line in old)
    yield from (f"+{line}" for line in new)


def _shifted(lines: Iterator[str], by: int) -> Iterator[str]:
    """Without the head, and with the numbers of lines that count from the whole text."""
    for line in list(lines)[2:]:
        if not line.startswith("@@"):
            yield line
            continue
        _, old, new, _ = line.split(" ")
        yield f"@@ -{_counted(old, by)} +{_counted(new, by)} @@"


def _counted(part: str, by: int) -> str:
    start, comma, count = part[1:].partition(",")
    return f"{int(start) + by}{comma}{count}"
