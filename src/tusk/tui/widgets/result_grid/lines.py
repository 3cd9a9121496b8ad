"""A value of any size as lines for the screen, made as they are needed."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Protocol

from rich.cells import cell_len, get_character_cell_size

from tusk.tui.widgets.result_grid.cells import shown_text

if TYPE_CHECKING:
    from collections.abc import Iterator

# Characters made safe and cut at once: a line may be a whole value of many megabytes.
_PIECE = 8_192
_BLOCK = 65_536
_TAB = 8
_INDENT = 2
# Deeper than this nothing is indented further, or a megabyte of brackets would need terabytes.
_DEEPEST = 30
_BYTES_PER_LINE = 16
# Strings of JSON, and of DuckDB's nested values, are taken whole; so are words and numbers.
_TOKEN = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
    r"|'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'"
    r"|[\[\]{}:,]"
    r"|[^\s\[\]{}:,\"']+"
    r"|[\"']",
    re.DOTALL,
)


class Lines(Protocol):
    """Lines of a value, safe to show."""

    def __len__(self) -> int:
        """How many there are so far."""
        ...

    def __getitem__(self, index: int) -> str:
        """One of them."""
        ...

    def grow(self, seconds: float) -> bool:
        """Make more lines for some time; False when all are there."""
        ...


class TextLines:
    """Lines of a text, which are made from its beginning on.

    Args:
        lines: Makes them.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._source = lines
        self._lines: list[str] = []

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> str:
        return self._lines[index]

    def grow(self, seconds: float) -> bool:
        """Make more lines for some time; False when all are there."""
        end = time.monotonic() + seconds
        for line in self._source:
            self._lines.append(line)
            if len(self._lines) % 64 == 0 and time.monotonic() > end:
                return True
        return False


class HexLines:
    """Bytes as hexadecimal digits and characters, sixteen in a line."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def __len__(self) -> int:
        return (len(self._data) + _BYTES_PER_LINE - 1) // _BYTES_PER_LINE

    def __getitem__(self, index: int) -> str:
        start = index * _BYTES_PER_LINE
        data = bytes(self._data[start : start + _BYTES_PER_LINE])
        digits = data.hex(" ")
        half = _BYTES_PER_LINE // 2 * 3
        digits = f"{digits[:half]} {digits[half:]}".ljust(_BYTES_PER_LINE * 3 + 1)
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in data)
        return f"{start:08x}  {digits} {shown}"

    def grow(self, seconds: float) -> bool:
        """Nothing is left to do."""
        return False


def text_lines(text: str, width: int) -> Iterator[str]:
    r"""Lines of a text, cut to a width, safe to show.

    >>> list(text_lines("ab\ncdefg\x1b", 4))
    ['ab', 'cdef', 'g␛']
    """
    start = 0
    while (end := text.rfind("\n", start, start + _BLOCK)) >= 0 or len(text) > start + _BLOCK:
        if end < 0:  # one line that is longer than a block
            end = text.find("\n", start)
            if end < 0:
                break
            yield from _cut_line(text, start, end, width)
        else:
            yield from _short_lines(text[start:end], width)
        start = end + 1
    yield from _cut_line(text, start, len(text), width)


def _short_lines(text: str, width: int) -> Iterator[str]:
    """Lines of a text that has many; most are plain and need no work."""
    for line in text.split("\n"):
        if len(line) <= width and line.isascii() and (line.isprintable() or not line):
            yield line
        else:
            yield from _cut(shown_text(line.expandtabs(_TAB)), max(2, width))


def indented_lines(text: str, width: int) -> Iterator[str]:
    """JSON, or a nested value that looks much like it, with a line for each element.

    Only white space changes: numbers, the order and repetitions of keys stay as they are.

    >>> list(indented_lines('{"a":[1,2],"b":{}}', 20))
    ['{', '  "a": [', '    1,', '    2', '  ],', '  "b": {}', '}']
    """
    for line in _structured(text):
        yield from _cut_line(line, 0, len(line), width)


def _structured(text: str) -> Iterator[str]:
    depth = 0
    line = ""
    previous = ""
    for match in _TOKEN.finditer(text):
        part = match[0]
        is_closing = part in ("]", "}")
        if is_closing:
            depth = max(0, depth - 1)
        breaks = previous in ("[", "{", ",") if not is_closing else previous not in ("[", "{")
        if breaks and previous:
            yield line
            line = " " * (_INDENT * min(depth, _DEEPEST))
        elif previous == ":" or (previous and part not in ":,]}[{" and previous not in "[{"):
            line += " "
        line += part
        if part in ("[", "{"):
            depth += 1
        previous = part
    yield line


def _cut_line(text: str, start: int, stop: int, width: int) -> Iterator[str]:
    """Cut one line of a text to a width; an empty line is a line too."""
    rest = ""
    for begin in range(start, stop, _PIECE):
        piece = text[begin : min(begin + _PIECE, stop)]
        *full, rest = _cut(rest + shown_text(piece.expandtabs(_TAB)), max(2, width))
        yield from full
    yield rest


def _cut(text: str, width: int) -> list[str]:
    """Cut safe text to parts of at most `width` cells; the last one may be shorter."""
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)] or [""]
    if len(text) * 2 <= width or cell_len(text) <= width:
        return [text]
    parts: list[str] = []
    start = taken = 0
    for index, char in enumerate(text):
        size = get_character_cell_size(char)
        if taken + size > width:
            parts.append(text[start:index])
            start, taken = index, 0
        taken += size
    return [*parts, text[start:]]
