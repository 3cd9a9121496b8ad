"""A value of any size as lines for the screen, made as they are needed."""

from __future__ import annotations

import re
import time
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rich.cells import cell_len, get_character_cell_size
from textual.cache import LRUCache

from tusk.core.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

# Characters made safe and cut at once: a line may be a whole value of many megabytes.
_PIECE = 8_192
# Bytes of a text that are looked at together.
_WINDOW = 65_536
_KEPT_WINDOWS = 8
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
# An attribute's value may hold a `>`.
_XML_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>|[^<]+|<",
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


class _Place(NamedTuple):
    """Where a window begins, and what is already on the line that it goes on with."""

    offset: int
    rest: str


class WindowLines:
    """Lines of a text of any size, of which only those on screen are ever in memory.

    What is kept is where each window of the text begins: 100 bytes for 64 KiB of it. One thread
    may call `grow` while another reads the lines there are.

    Args:
        data: The text in UTF-8; not copied.
        width: Where lines are cut.
    """

    def __init__(self, data: memoryview, width: int) -> None:
        self._data = data
        self._width = max(2, width)
        self._places: list[_Place] = []
        self._ends = array("Q")  # lines up to the end of each window; grows after _places
        self._next: _Place | None = _Place(0, "")
        self._recent: LRUCache[int, list[str]] = LRUCache(_KEPT_WINDOWS)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, index: int) -> str:
        window = bisect_right(self._ends, index)
        lines = self._recent.get(window)
        if lines is None:
            lines = self._recent[window] = self._read(self._places[window])[0]
        return lines[index - (self._ends[window - 1] if window else 0)]

    def grow(self, seconds: float) -> bool:
        """Find more lines for some time; False when all are found."""
        end = time.monotonic() + seconds
        while self._next is not None:
            place = self._next
            lines, self._next = self._read(place)
            self._places.append(place)
            self._ends.append(len(self) + len(lines))
            if time.monotonic() > end:
                break
        return self._next is not None

    def _read(self, place: _Place) -> tuple[list[str], _Place | None]:
        """The lines of a window, and where the next one begins."""
        data = bytes(self._data[place.offset : place.offset + _WINDOW])
        is_last = place.offset + len(data) == len(self._data)
        end = len(data) if is_last else data.rfind(b"\n") + 1
        is_whole = end > 0 or is_last
        if not is_whole:  # one line that is longer than a window
            end = _character_end(data)
        text = data[:end].decode("utf-8", "replace")
        first, *others = (text if is_last or not is_whole else text[:-1]).split("\n")
        lines = list(_cut_line(first, 0, len(first), self._width, place.rest))
        for line in others:
            lines += _short_line(line, self._width)
        rest = "" if is_whole else lines.pop()
        return lines, None if is_last else _Place(place.offset + end, rest)


def _character_end(data: bytes) -> int:
    """The last place in UTF-8 that is not inside of a character."""
    end = len(data)
    while end > len(data) - 4 and data[end - 1] & 0xC0 == 0x80:
        end -= 1
    return end - 1 if data[end - 1] >= 0xC0 else end


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


def indented_lines(text: str, width: int) -> Iterator[str]:
    """JSON, or a nested value that looks much like it, with a line for each element.

    Only white space changes: numbers, the order and repetitions of keys stay as they are.

    >>> list(indented_lines('{"a":[1,2],"b":{}}', 20))
    ['{', '  "a": [', '    1,', '    2', '  ],', '  "b": {}', '}']
    """
    for line, _ in levelled_lines(_structured(text), width):
        yield line


def levelled_lines(lines: Iterator[str], width: int) -> Iterator[tuple[str, int | None]]:
    """Indented lines cut to a width, with their levels; None for what goes on with a line.

    >>> list(levelled_lines(iter(["{", "  123456"]), 5))
    [('{', 0), ('  123', 1), ('456', None)]
    """
    for line in lines:
        level: int | None = (len(line) - len(line.lstrip(" "))) // _INDENT
        for part in _cut_line(line, 0, len(line), width):
            yield part, level
            level = None


def structured_json(text: str) -> Iterator[str]:
    """A line for each element of JSON, or of a nested value that looks much like it."""
    return _structured(text)


def structured_xml(source: str) -> Iterator[str]:
    """A line for each element of XML; one that holds nothing but text stays on its line.

    Only white space between elements changes. What is not well-formed is indented all the same.

    >>> list(structured_xml("<a><b>x</b><c/></a>"))
    ['<a>', '  <b>x</b>', '  <c/>', '</a>']
    """
    depth = 0
    tag = text = ""  # a start tag that may be all there is on its line, and the text after it
    for match in _XML_TOKEN.finditer(source):
        part = match[0]
        if part.startswith("</"):
            depth = max(0, depth - 1)
            yield _at(depth, tag + text + part)
            tag = text = ""
        elif not part.startswith("<") and tag:
            text = part
        else:
            yield from _begun(depth - 1, tag, text)
            tag = text = ""
            if not part.startswith("<") or part.startswith(("<!", "<?")) or part.endswith("/>"):
                yield from _begun(depth, part.strip(), "")
            else:
                tag = part
                depth += 1
    yield from _begun(depth - 1, tag, text)


def _begun(depth: int, tag: str, text: str) -> Iterator[str]:
    """A tag, and the text after it on a line of its own; nothing where there is none."""
    if tag:
        yield _at(depth, tag)
    if text.strip():
        yield _at(depth + 1, text.strip())


def _at(depth: int, text: str) -> str:
    return " " * (_INDENT * min(depth, _DEEPEST)) + text


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


def _short_line(line: str, width: int) -> list[str]:
    """Lines of one that fits into a window; most are plain and need no work."""
    if len(line) <= width and line.isascii() and (line.isprintable() or not line):
        return [line]
    return list(_cut_line(line, 0, len(line), width))


def _cut_line(text: str, start: int, stop: int, width: int, rest: str = "") -> Iterator[str]:
    """Cut one line of a text to a width; an empty line is a line too.

    Args:
        text: Has the line.
        start: Where the line begins.
        stop: Where it ends.
        width: Cells of a line on screen.
        rest: What is already on the first of them.
    """
    for begin in range(start, stop, _PIECE):
        piece = text[begin : min(begin + _PIECE, stop)]
        *full, rest = _cut(rest + safe(piece.expandtabs(_TAB)), max(2, width))
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
