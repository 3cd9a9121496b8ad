"""Several carets in one text: finding places for them, moving them, typing at all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from tusk.tui.editing.change import Change, Range, Step
from tusk.tui.editing.lines import indentation, line_end, line_start

Ranges: TypeAlias = tuple[Range, ...]
"""Carets, the main one first."""

Way: TypeAlias = Literal[
    "left", "right", "up", "down", "line_start", "line_end", "word_left", "word_right"
]

MOST_CARETS = 1_000
"""More are not made: each is drawn and edited with each key."""

_WORD = re.compile(r"\w+")
_EDGE = re.compile(r"(?<=\W)(?=\w)|(?<=\w)(?=\W)")


# ── places ──────────────────────────────────────────────────────────────────────────────


def word_at(text: str, offset: int) -> Range:
    """The word around an offset, or before it; an empty range where there is none.

    >>> word_at("from my_table t", 13)
    Range(anchor=5, caret=13)
    """
    start = end = offset
    while start > 0 and _is_word(text[start - 1]):
        start -= 1
    while end < len(text) and _is_word(text[end]):
        end += 1
    return Range(start, end)


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()


def _is_whole_word(text: str, place: Range) -> bool:
    return _WORD.fullmatch(text, place.start, place.end) is not None and word_at(
        text, place.start
    ) == Range(place.start, place.end)


def _occurrences(text: str, wanted: str, start: int, *, whole: bool) -> Iterator[Range]:
    while (found := text.find(wanted, start)) >= 0:
        place = Range(found, found + len(wanted))
        if not whole or _is_whole_word(text, place):
            yield place
        start = place.end


def with_next(text: str, ranges: Ranges) -> Ranges:
    """With one more occurrence of what is selected, which becomes the main one.

    Carets without a selection first select their words. What was selected as a whole word is
    looked for as a whole word. Behind the last occurrence it goes on at the beginning.

    >>> with_next("a b a", (Range(0, 1),))
    (Range(anchor=4, caret=5), Range(anchor=0, caret=1))
    """
    if any(place.is_empty for place in ranges):
        return merged(tuple(word_at(text, p.caret) if p.is_empty else p for p in ranges))
    main = ranges[0]
    wanted = text[main.start : main.end]
    whole = all(_is_whole_word(text, place) for place in ranges)
    taken = {place.start for place in ranges}
    for start in (main.end, 0):
        for place in _occurrences(text, wanted, start, whole=whole):
            if not any(p.start < place.end and place.start < p.end for p in ranges):
                return (place, *ranges)
            if start == 0 and place.start > max(taken):
                break
    return ranges


def everywhere(text: str, ranges: Ranges) -> Ranges:
    """Every occurrence of what is selected, or of the word at the caret; at most `MOST_CARETS`.

    The one that was the main one stays it.
    """
    main = ranges[0] if not ranges[0].is_empty else word_at(text, ranges[0].caret)
    if main.is_empty:
        return ranges
    whole = _is_whole_word(text, main)
    rest = (
        place
        for place in _occurrences(text, text[main.start : main.end], 0, whole=whole)
        if place.end <= main.start or place.start >= main.end
    )
    return (main, *(place for _, place in zip(range(MOST_CARETS - 1), rest, strict=False)))


def with_line(text: str, ranges: Ranges, *, down: bool) -> Ranges:
    r"""With a caret on the next line, in the same column as far as that goes.

    >>> with_line("abc\nde", (Range.at(3),), down=True)
    (Range(anchor=6, caret=6), Range(anchor=3, caret=3))
    """
    edge = max(ranges, key=_caret) if down else min(ranges, key=_caret)
    column = max(p.caret - line_start(text, p.caret) for p in ranges)
    target = _vertical(text, edge.caret, down=down, column=column)
    if target is None:
        return ranges
    return merged((Range.at(target), *ranges))


def _caret(place: Range) -> int:
    return place.caret


def _start(place: Range) -> int:
    return place.start


def merged(ranges: Ranges) -> Ranges:
    """The ranges without doubles; those that overlap become one.

    >>> merged((Range(0, 3), Range(2, 5), Range.at(9), Range.at(9)))
    (Range(anchor=0, caret=5), Range(anchor=9, caret=9))
    """
    main = ranges[0]
    kept: list[Range] = []
    for place in sorted(ranges, key=lambda p: (p.start, p.end)):
        last = kept[-1] if kept else None
        if last is None or not _touches(last, place):
            kept.append(place)
            continue
        start, end = last.start, max(last.end, place.end)
        forward = (place if last.is_empty else last).caret == (place if last.is_empty else last).end
        kept[-1] = Range(start, end) if forward else Range(end, start)
    first = next(p for p in kept if p.start <= main.start and main.end <= p.end)
    return (first, *(p for p in kept if p is not first))


def _touches(before: Range, place: Range) -> bool:
    if before.is_empty or place.is_empty:
        return place.start <= before.end
    return place.start < before.end


# ── moving ──────────────────────────────────────────────────────────────────────────────


def target(text: str, caret: int, way: Way) -> int:
    """Where a caret goes.

    >>> [target("  select 1", 5, way) for way in ("left", "line_start", "word_right", "up")]
    [4, 2, 8, 0]
    """
    match way:
        case "left":
            return max(0, caret - 1)
        case "right":
            return min(len(text), caret + 1)
        case "up" | "down":
            down = way == "down"
            found = _vertical(text, caret, down=down, column=caret - line_start(text, caret))
            return found if found is not None else (len(text) if down else 0)
        case "line_start":
            start = line_start(text, caret)
            first = start + len(indentation(text, line_end(text, caret)))
            return start if caret == first else first
        case "line_end":
            return line_end(text, caret)
        case "word_left":
            return _word_left(text, caret)
        case "word_right":
            return _word_right(text, caret)


def _vertical(text: str, caret: int, *, down: bool, column: int) -> int | None:
    if down:
        end = line_end(text, caret)
        if end == len(text):
            return None
        start = end + 1
    else:
        first = line_start(text, caret)
        if first == 0:
            return None
        start = line_start(text, first - 1)
    return min(start + column, line_end(text, start))


def _word_left(text: str, caret: int) -> int:
    start = line_start(text, caret)
    if caret == start:
        return max(0, caret - 1)
    while caret > start and text[caret - 1].isspace():
        caret -= 1
    is_word = caret > start and _is_word(text[caret - 1])
    while caret > start and _is_word(text[caret - 1]) == is_word:
        caret -= 1
    return caret


def _word_right(text: str, caret: int) -> int:
    end = line_end(text, caret)
    if caret == end:
        return min(len(text), caret + 1)
    while caret < end and text[caret].isspace():
        caret += 1
    found = _EDGE.search(text, caret + 1, end)
    return found.start() if found else end


def move_all(text: str, ranges: Ranges, way: Way, *, select: bool) -> Ranges:
    """Every caret a step on; a selection that is not extended is left at its end in that way."""

    def go(place: Range) -> Range:
        if select:
            return Range(place.anchor, target(text, place.caret, way))
        if not place.is_empty and way in ("left", "right"):
            return Range.at(place.start if way == "left" else place.end)
        return Range.at(target(text, place.caret, way))

    return merged(tuple(go(place) for place in ranges))


# ── editing ─────────────────────────────────────────────────────────────────────────────


def typed(text: str, ranges: Ranges, new: str) -> Step:
    r"""Write at every caret, in place of what it selects.

    A text of as many lines as there are carets gives one line to each, from the top.

    >>> typed("a b", (Range(0, 1), Range(2, 3)), "x").changes
    (Change(start=0, end=1, text='x'), Change(start=2, end=3, text='x'))
    >>> [change.text for change in typed("a b", (Range(0, 1), Range(2, 3)), "x\ny").changes]
    ['x', 'y']
    """
    lines = new.split("\n") if len(new) > 1 else []
    texts = lines if len(lines) == len(ranges) else [new] * len(ranges)
    return _replaced(ranges, texts)


def broken(text: str, ranges: Ranges) -> Step:
    """A new line at every caret, as far to the right as the one it comes from."""
    places = sorted(ranges, key=_start)
    return _replaced(ranges, ["\n" + indentation(text, place.start) for place in places])


def deleted(text: str, ranges: Ranges, way: Way) -> Step:
    """Delete what is selected; at carets that select nothing, as far as a caret would go.

    >>> deleted("ab cd", (Range.at(2), Range.at(5)), "left").changes
    (Change(start=1, end=2, text=''), Change(start=4, end=5, text=''))
    """
    selected = tuple(
        Range(target(text, p.caret, way), p.caret) if p.is_empty else p for p in ranges
    )
    return _replaced(merged(selected), [""] * len(merged(selected)))


def selected_texts(text: str, ranges: Ranges) -> str:
    """What is selected, one selection a line, from the top."""
    places = sorted(ranges, key=_start)
    return "\n".join(text[place.start : place.end] for place in places if not place.is_empty)


def _replaced(ranges: Ranges, texts: Sequence[str]) -> Step:
    """Replace the ranges, from the top, by the texts; each caret ends behind its text."""
    order = sorted(range(len(ranges)), key=lambda index: ranges[index].start)
    changes: list[Change] = []
    carets: dict[int, Range] = {}
    by = 0
    for index, new in zip(order, texts, strict=True):
        place = ranges[index]
        changes.append(Change(place.start, place.end, new))
        carets[index] = Range.at(place.start + by + len(new))
        by += len(new) - (place.end - place.start)
    after = tuple(carets[index] for index in range(len(ranges)))
    return Step(tuple(changes), merged(after))
