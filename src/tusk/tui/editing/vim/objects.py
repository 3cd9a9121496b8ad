"""Vim's text objects: a word, a string, what is in brackets, a paragraph."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tusk.tui.editing.lines import line_end, line_start
from tusk.tui.editing.vim.motions import enclosing, kind_of, partner

_BRACKETS = {
    **dict.fromkeys("()b", "("),
    **dict.fromkeys("[]", "["),
    **dict.fromkeys("{}B", "{"),
}
_QUOTES = "\"'`"
OBJECTS = frozenset("wWp" + _QUOTES + "()b[]{}B")
"""The keys of every object."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the text that an operator takes.

    Args:
        start: Its first offset.
        end: The offset behind its last character.
        is_lines: Whether it is whole lines; then `end` is the end of the last one.
    """

    start: int
    end: int
    is_lines: bool = False


def find_object(
    text: str, caret: int, key: str, *, is_around: bool, count: int = 1
) -> Region | None:
    """The object at the caret; None where there is none.

    Args:
        text: The text.
        caret: Where the object is looked for.
        key: Which object.
        is_around: Whether to take what surrounds it: blanks, quotes, brackets.
        count: How many words or paragraphs, or how many brackets further out.

    >>> find_object("f(a, b)", 3, "(", is_around=False)
    Region(start=2, end=6, is_lines=False)
    """
    if key in "wW":
        return _word(text, caret, is_big=key == "W", is_around=is_around, count=count)
    if key == "p":
        return _paragraph(text, caret, is_around=is_around, count=count)
    if key in _QUOTES:
        return _string(text, caret, key, is_around=is_around)
    return _brackets(text, caret, _BRACKETS[key], is_around=is_around, count=count)


def _run(text: str, at: int, end: int, *, is_big: bool) -> int:
    """The end of the characters of one kind."""
    kind = kind_of(text[at], is_big=is_big)
    while at < end and kind_of(text[at], is_big=is_big) == kind:
        at += 1
    return at


def _word(text: str, caret: int, *, is_big: bool, is_around: bool, count: int) -> Region | None:
    first, last = line_start(text, caret), line_end(text, caret)
    if caret >= last:
        return None
    start = caret
    kind = kind_of(text[caret], is_big=is_big)
    while start > first and kind_of(text[start - 1], is_big=is_big) == kind:
        start -= 1
    end = caret
    for _ in range(count):
        if end >= last:
            return None
        is_blank = text[end].isspace()
        end = _run(text, end, last, is_big=is_big)
        if is_around and end < last and (is_blank or text[end].isspace()):
            end = _run(text, end, last, is_big=is_big)
    if is_around and kind and not text[end - 1].isspace():
        # No blank follows: those before it go in its place.
        while start > first and text[start - 1].isspace():
            start -= 1
    return Region(start, end)


def _paragraph(text: str, caret: int, *, is_around: bool, count: int) -> Region | None:
    start = line_start(text, caret)
    is_blank = _is_blank(text, start)
    while start > 0 and _is_blank(text, line_start(text, start - 1)) == is_blank:
        start = line_start(text, start - 1)
    end = line_end(text, caret)
    for index in range(count * (2 if is_around else 1)):
        if index and end == len(text):
            # The last paragraph has no empty lines behind it.
            if not is_around or index < 2 * count - 1 or is_blank:
                return None
            break
        if index:
            end = line_end(text, end + 1)
            is_blank = not is_blank
        while end < len(text) and _is_blank(text, end + 1) == is_blank:
            end = line_end(text, end + 1)
    if is_around and not is_blank and end == len(text):
        while start > 0 and _is_blank(text, line_start(text, start - 1)):
            start = line_start(text, start - 1)
    return Region(start, end, is_lines=True)


def _is_blank(text: str, start: int) -> bool:
    return not text[start : line_end(text, start)].strip()


def _string(text: str, caret: int, quote: str, *, is_around: bool) -> Region | None:
    """The string at the caret, or the next one in the line; SQL doubles a quote in a string."""
    first, last = line_start(text, caret), line_end(text, caret)
    string = re.compile(rf"{quote}(?:[^{quote}\n]|{quote}{quote})*{quote}")
    for found in string.finditer(text, first, last):
        start, end = found.span()
        if end <= caret:
            continue
        if not is_around:
            return Region(start + 1, end - 1)
        behind = end
        while behind < last and text[behind] in " \t":
            behind += 1
        if behind > end:
            return Region(start, behind)
        while start > first and text[start - 1] in " \t":
            start -= 1
        return Region(start, end)
    return None


def _brackets(text: str, caret: int, opening: str, *, is_around: bool, count: int) -> Region | None:
    start = caret if text[caret : caret + 1] == opening else enclosing(text, caret, opening)
    if start is None and (ahead := text.find(opening, caret)) >= 0:
        start = ahead
    for _ in range(count - 1):
        start = None if start is None else enclosing(text, start, opening)
    end = None if start is None else partner(text, start)
    if start is None or end is None:
        return None
    if is_around:
        return Region(start, end + 1)
    first = start + 1
    last_line = line_start(text, end)
    # A bracket that is closed on a line of its own keeps that line.
    if last_line > first and not text[last_line:end].strip():
        end = last_line - 1
        if text[first] == "\n" and end > first:
            return Region(first + 1, end, is_lines=True)
    return Region(first, end)
