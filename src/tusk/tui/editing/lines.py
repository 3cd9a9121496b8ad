"""Whole lines: where they begin and end, and what is done to those that a range touches."""

from __future__ import annotations

import re

from tusk.tui.editing.change import Change, Range, Step, moved

_LEADING = re.compile(r"[ \t]*")


def line_start(text: str, offset: int) -> int:
    """Offset of the first character of the line."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Offset behind the last character of the line."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found


def indentation(text: str, offset: int) -> str:
    """What a line begins with, as far as the offset."""
    found = _LEADING.match(text, line_start(text, offset), offset)
    return found.group() if found else ""


def block(text: str, touched: Range) -> Range:
    r"""The whole lines that a range touches; not one in which it only ends.

    >>> block("one\ntwo\nthree", Range(1, 4))
    Range(anchor=0, caret=3)
    """
    last = touched.end
    if last > touched.start and text[last - 1] == "\n":
        last -= 1
    return Range(line_start(text, touched.start), line_end(text, last))


def _line_starts(text: str, lines: Range) -> list[int]:
    starts = [lines.start]
    while (found := text.find("\n", starts[-1], lines.end)) >= 0:
        starts.append(found + 1)
    return starts


def indent(text: str, touched: Range, width: int) -> Step:
    r"""Move the lines to the right; empty ones stay empty.

    >>> indent("a\n\nb", Range(0, 4), 2).changes
    (Change(start=0, end=0, text='  '), Change(start=3, end=3, text='  '))
    """
    changes = tuple(
        Change(start, start, " " * width)
        for start in _line_starts(text, block(text, touched))
        if text[start : start + 1] not in ("", "\n")
    )
    return Step(changes, (_kept(touched, changes),))


def outdent(text: str, touched: Range, width: int) -> Step:
    r"""Move the lines to the left, as far as they have room.

    >>> outdent("    a\n b\n\tc", Range(0, 11), 2).changes
    (Change(start=0, end=2, text=''), Change(start=6, end=7, text=''), Change(start=9, end=10, text=''))
    """
    changes = []
    for start in _line_starts(text, block(text, touched)):
        leading = _LEADING.match(text, start)
        blanks = leading.group() if leading else ""
        count = 1 if blanks.startswith("\t") else len(blanks[:width].partition("\t")[0])
        if count:
            changes.append(Change(start, start + count, ""))
    return Step(tuple(changes), (_kept(touched, changes),))


def _kept(touched: Range, changes: tuple[Change, ...] | list[Change]) -> Range:
    """The range around the same text; a selection still begins where its first line does."""
    if touched.is_empty:
        return Range.at(moved(touched.caret, changes))
    return Range(
        moved(touched.anchor, changes, stays=touched.anchor == touched.start),
        moved(touched.caret, changes, stays=touched.caret == touched.start),
    )


def duplicate(text: str, touched: Range) -> Step:
    r"""A copy of the selection behind it, selected; without one, of the line below it.

    >>> duplicate("a\nb", Range.at(0))
    Step(changes=(Change(start=1, end=1, text='\na'),), ranges=(Range(anchor=2, caret=2),))
    """
    if touched.is_empty:
        line = block(text, touched)
        copy = "\n" + text[line.start : line.end]
        return Step((Change(line.end, line.end, copy),), (touched.shifted(len(copy)),))
    copy = text[touched.start : touched.end]
    change = Change(touched.end, touched.end, copy)
    return Step((change,), (touched.shifted(len(copy)),))


def move(text: str, touched: Range, *, down: bool) -> Step | None:
    r"""Change the lines with the one below or above; None where there is no other.

    >>> move("a\nb\nc", Range.at(2), down=True)
    Step(changes=(Change(start=2, end=5, text='c\nb'),), ranges=(Range(anchor=4, caret=4),))
    """
    lines = block(text, touched)
    if (lines.end == len(text)) if down else (lines.start == 0):
        return None
    moving = text[lines.start : lines.end]
    if down:
        end = line_end(text, lines.end + 1)
        other = text[lines.end + 1 : end]
        change, by = Change(lines.start, end, f"{other}\n{moving}"), len(other) + 1
    else:
        start = line_start(text, lines.start - 1)
        other = text[start : lines.start - 1]
        change, by = Change(start, lines.end, f"{moving}\n{other}"), -(len(other) + 1)
    last = len(text)
    return Step((change,), (Range(min(last, touched.anchor + by), min(last, touched.caret + by)),))
