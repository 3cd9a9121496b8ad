"""Indented lines of which inner ones can be folded away, with colours for their parts."""

from __future__ import annotations

import re
import time
from array import array
from bisect import bisect_right
from collections.abc import Iterator

FOLDED = " … "
_INNER = -1

_JSON = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))'
    r'|(?P<string>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')'
    r"|(?P<number>-?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b)"
    r"|(?P<word>\b(?:true|false|null|NULL)\b)"
)
_XML = re.compile(
    r"(?P<comment><!.*?>|<\?.*?\?>)"
    r"|(?P<key></?[\w:.-]+|/?>)"
    r"|(?P<word>[\w:.-]+(?==[\"']))"
    r"|(?P<string>(?<==)(?:\"[^\"]*\"|'[^']*'))"
)
PARTS = ("key", "string", "number", "word", "comment")
"""Names of the parts that have colours."""


def coloured(text: str, *, is_xml: bool) -> Iterator[tuple[str, str]]:
    """A line in parts, each with its name; an empty one for what has no colour.

    >>> list(coloured('"a": 1,', is_xml=False))
    [('"a"', 'key'), (': ', ''), ('1', 'number'), (',', '')]
    """
    end = 0
    for match in (_XML if is_xml else _JSON).finditer(text):
        if match.start() > end:
            yield text[end : match.start()], ""
        yield match[0], match.lastgroup or ""
        end = match.end()
    if end < len(text):
        yield text[end:], ""


class FoldingLines:
    """Lines with levels, made from the first one on. Those deeper than a line can be hidden.

    One thread may call `grow` while another reads the lines there are. Lines can be folded when
    all are there.

    Args:
        lines: Texts with their levels; None for a line that goes on with the one before.
        is_xml: Whether they are XML; JSON, or much like it, otherwise.
    """

    def __init__(self, lines: Iterator[tuple[str, int | None]], *, is_xml: bool = False) -> None:
        self._source = lines
        self._lines: list[str] = []
        self._levels = array("i")
        self._folds: dict[int, int] = {}  # line → the first line after it that shows again
        self._shown: array[int] | None = None  # lines that show; None for all of them
        self._is_complete = False
        self.is_xml = is_xml

    def __len__(self) -> int:
        return len(self._levels) if self._shown is None else len(self._shown)

    def __getitem__(self, index: int) -> str:
        line = self._line(index)
        end = self._folds.get(line)
        if end is None:
            return self._lines[line]
        return f"{self._lines[line]}{FOLDED}{self._lines[end - 1].strip()}"

    def _line(self, index: int) -> int:
        return index if self._shown is None else self._shown[index]

    def grow(self, seconds: float) -> bool:
        """Make more lines for some time; False when all are there."""
        end = time.monotonic() + seconds
        for text, level in self._source:
            self._lines.append(text)
            self._levels.append(_INNER if level is None else level)
            if len(self._lines) % 64 == 0 and time.monotonic() > end:
                return True
        self._is_complete = True
        return False

    def fold(self, index: int) -> int:
        """Hide what is inside of a line, else of the one around it; where that line is shown."""
        line = self._line(index)
        if not self._is_complete:
            return index
        if line in self._folds or self._end(line) is None:
            line = self._parent(line)
        end = self._end(line)
        if end is not None:
            self._folds[line] = end
            self._arrange()
        return self._place(line)

    def unfold(self, index: int) -> None:
        """Show what is inside of a line."""
        if self._folds.pop(self._line(index), None) is not None:
            self._arrange()

    def fold_all(self, index: int) -> int:
        """Hide what is inside of all lines but the first; where a line is then shown."""
        line = self._line(index)
        if self._is_complete:
            ends = ((number, self._end(number)) for number in range(1, len(self._lines)))
            self._folds = {number: end for number, end in ends if end is not None}
            self._arrange()
        return self._place(line)

    def unfold_all(self, index: int) -> int:
        """Show all lines; where a line is then."""
        line = self._line(index)
        self._folds.clear()
        self._arrange()
        return line

    def _end(self, line: int) -> int | None:
        """The line after the end of what a line begins; None when nothing deeper follows."""
        level = self._levels[line]
        inside = line + 1
        while inside < len(self._levels) and self._levels[inside] == _INNER:
            inside += 1
        if level == _INNER or inside >= len(self._levels) or self._levels[inside] <= level:
            return None
        end = inside
        while end < len(self._levels) and not _INNER < self._levels[end] <= level:
            end += 1
        return end + 1 if end < len(self._levels) else end

    def _parent(self, line: int) -> int:
        level = self._levels[line]
        while line > 0 and (level == _INNER or not _INNER < self._levels[line] < level):
            line -= 1
            level = self._levels[line] if level == _INNER else level
        return line

    def _arrange(self) -> None:
        if not self._folds:
            self._shown = None
            return
        shown = array("q")
        line = 0
        while line < len(self._lines):
            shown.append(line)
            line = self._folds.get(line, line + 1)
        self._shown = shown

    def _place(self, line: int) -> int:
        return line if self._shown is None else max(0, bisect_right(self._shown, line) - 1)
