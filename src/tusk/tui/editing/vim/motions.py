"""Where vim's motions lead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from tusk.tui.editing.lines import line_end, line_start

END_OF_LINE = 1 << 60
"""The wanted column after `$`: the end of whatever line."""
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_OPENING = {closing: opening for opening, closing in _CLOSING.items()}
_BRACKET = re.compile(r"[()\[\]{}]")
_NONBLANK = re.compile(r"[^ \t\n]|(?=\n)|\Z")


class Kind(Enum):
    """What an operator takes with a motion."""

    EXCLUSIVE = "up to the target"
    INCLUSIVE = "with the character at the target"
    LINES = "whole lines"


@dataclass(frozen=True, slots=True)
class Reach:
    """The end of a motion.

    Args:
        target: Offset it leads to.
        kind: What an operator takes.
        column: Column to keep to while going up and down.
    """

    target: int
    kind: Kind = Kind.EXCLUSIVE
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Find:
    """A search for a character in the line.

    Args:
        key: `f`, `F`, `t` or `T`.
        char: The character.
    """

    key: str
    char: str

    @property
    def reversed(self) -> Find:
        """The same one in the other direction."""
        return Find(self.key.swapcase(), self.char)


@dataclass(frozen=True, slots=True)
class Going:
    """A motion to be made.

    Args:
        motion: Its keys.
        count: How often, 1 if that was not said.
        is_counted: Whether a count was given.
        argument: The character that it looks for.
        column: Column to keep to while going up and down; None for that of the caret.
        find: The last search for a character.
        is_operand: Whether an operator waits for it.
    """

    motion: str
    count: int = 1
    is_counted: bool = False
    argument: str = ""
    column: int | None = None
    find: Find | None = None
    is_operand: bool = False


def resting(text: str, offset: int) -> int:
    r"""The nearest place where a caret rests in normal mode: on a character, or an empty line.

    >>> resting("ab\n\nc", 2), resting("ab\n\nc", 3), resting("ab", 9)
    (1, 3, 1)
    """
    offset = max(0, min(offset, len(text)))
    if offset == len(text) or text[offset] == "\n":
        return max(line_start(text, offset), offset - 1)
    return offset


def first_nonblank(text: str, offset: int) -> int:
    """The first character of the line that is no blank; its last one if there is none."""
    found = _NONBLANK.search(text, line_start(text, offset))
    return resting(text, found.start() if found else len(text))


def reach(text: str, caret: int, going: Going) -> Reach | None:
    """Where a motion leads; None where it leads nowhere.

    >>> reach("select a, b", 0, Going("w", 2)), reach("a b", 0, Going("f", argument="x"))
    (Reach(target=8, kind=<Kind.EXCLUSIVE: 'up to the target'>, column=None), None)
    """
    return _MOTIONS[going.motion](text, caret, going)


# ── in the line ─────────────────────────────────────────────────────────────────────────


def _left(text: str, caret: int, going: Going) -> Reach | None:
    start = line_start(text, caret)
    return None if caret == start else Reach(max(start, caret - going.count))


def _right(text: str, caret: int, going: Going) -> Reach | None:
    end = line_end(text, caret)
    last = end if going.is_operand else resting(text, end)
    return None if caret >= last else Reach(min(last, caret + going.count))


def _line_start(text: str, caret: int, going: Going) -> Reach:
    return Reach(line_start(text, caret))


def _first_nonblank(text: str, caret: int, going: Going) -> Reach:
    return Reach(first_nonblank(text, caret))


def _line_end(text: str, caret: int, going: Going) -> Reach | None:
    if going.count > 1 and line_end(text, caret) == len(text):
        return None
    end = line_end(text, _down(text, caret, going.count - 1))
    start = line_start(text, end)
    if end == start:
        return Reach(end, column=END_OF_LINE)
    return Reach(end - 1, Kind.INCLUSIVE, END_OF_LINE)


def _last_nonblank(text: str, caret: int, going: Going) -> Reach | None:
    if going.count > 1 and line_end(text, caret) == len(text):
        return None
    end = line_end(text, _down(text, caret, going.count - 1))
    start = line_start(text, end)
    return Reach(max(start, start + len(text[start:end].rstrip()) - 1), Kind.INCLUSIVE)


def _column(text: str, caret: int, going: Going) -> Reach:
    start = line_start(text, caret)
    return Reach(min(start + going.count - 1, resting(text, line_end(text, caret))))


def _find(text: str, caret: int, going: Going) -> Reach | None:
    return _found(text, caret, Find(going.motion, going.argument), going.count)


def _find_again(text: str, caret: int, going: Going) -> Reach | None:
    if going.find is None:
        return None
    find = going.find if going.motion == ";" else going.find.reversed
    # Otherwise t would stay in front of the character it has found before.
    step = 1 if find.key == "t" else -1 if find.key == "T" else 0
    found = _found(text, caret + step, find, going.count) if caret + step >= 0 else None
    return None if found is None or found.target == caret else found


def _found(text: str, caret: int, find: Find, count: int) -> Reach | None:
    start, end = line_start(text, min(caret, len(text))), line_end(text, caret)
    place = caret
    for _ in range(count):
        if find.key in "ft":
            place = text.find(find.char, place + 1, end)
        else:
            place = text.rfind(find.char, start, place)
        if place < 0:
            return None
    if find.key in "ft":
        return Reach(place - (find.key == "t"), Kind.INCLUSIVE)
    return Reach(place + (find.key == "T"))


# ── words ───────────────────────────────────────────────────────────────────────────────


def kind_of(char: str, *, is_big: bool) -> int:
    """0 for a blank, 1 for what words are made of, 2 for anything else."""
    if char.isspace():
        return 0
    return 1 if is_big or char == "_" or char.isalnum() else 2


def next_word(text: str, at: int, *, is_big: bool) -> int:
    """The first character of the next word, or the next empty line."""
    end = len(text)
    kind = kind_of(text[at], is_big=is_big) if at < end else 0
    if kind:
        while at < end and kind_of(text[at], is_big=is_big) == kind:
            at += 1
    while at < end and text[at].isspace():
        at += 1
        if text[at - 1] == "\n" and text[at : at + 1] == "\n":
            break
    return at


def _word_end(text: str, at: int, *, is_big: bool) -> int:
    last = len(text) - 1
    at += 1
    while at < last and text[at].isspace():
        at += 1
    if at >= last:
        return max(0, last)
    kind = kind_of(text[at], is_big=is_big)
    while at < last and kind_of(text[at + 1], is_big=is_big) == kind:
        at += 1
    return at


def _previous_word(text: str, at: int, *, is_big: bool) -> int:
    at -= 1
    while at > 0 and text[at].isspace():
        if text[at] == "\n" and text[at - 1] == "\n":
            return at
        at -= 1
    kind = kind_of(text[at], is_big=is_big) if at >= 0 and text else 0
    while at > 0 and kind_of(text[at - 1], is_big=is_big) == kind:
        at -= 1
    return max(0, at)


def _previous_end(text: str, at: int, *, is_big: bool) -> int:
    kind = kind_of(text[at], is_big=is_big) if at < len(text) else 0
    if kind:
        while at > 0 and kind_of(text[at - 1], is_big=is_big) == kind:
            at -= 1
    at -= 1
    while at > 0 and text[at].isspace():
        if text[at] == "\n" and text[at - 1] == "\n":
            return at
        at -= 1
    return max(0, at)


def _words(step: Callable[..., int], kind: Kind) -> _Motion:
    def go(text: str, caret: int, going: Going) -> Reach | None:
        place = caret
        for _ in range(going.count):
            before, place = place, step(text, place, is_big=going.motion[-1].isupper())
            if place == before:
                break
        is_stuck = place == caret and (going.motion[-1] in "bB" or going.motion[0] == "g")
        return None if is_stuck or (place == caret and not going.is_operand) else Reach(place, kind)

    return go


def _next_word(text: str, caret: int, going: Going) -> Reach | None:
    place = before = caret
    for _ in range(going.count):
        before, place = place, next_word(text, place, is_big=going.motion.isupper())
    if going.is_operand:
        # The last word of a line goes without what comes below it.
        place = min(place, max(line_end(text, before), caret + 1))
        return Reach(min(place, len(text)))
    place = resting(text, place)
    return None if place == caret else Reach(place)


# ── lines and beyond ────────────────────────────────────────────────────────────────────


def _down(text: str, offset: int, count: int) -> int:
    """Somewhere in the line so many below, or in the last one."""
    for _ in range(count):
        end = line_end(text, offset)
        if end == len(text):
            break
        offset = end + 1
    return offset


def _up(text: str, offset: int, count: int) -> int:
    for _ in range(count):
        start = line_start(text, offset)
        if start == 0:
            break
        offset = start - 1
    return offset


def _vertical(text: str, caret: int, going: Going) -> Reach | None:
    start = line_start(text, caret)
    column = caret - start if going.column is None else going.column
    line = (_down if going.motion == "j" else _up)(text, caret, going.count)
    other = line_start(text, line)
    if other == start:
        return None
    end = line_end(text, other)
    return Reach(resting(text, min(end, other + column)), Kind.LINES, column)


def _next_line(text: str, caret: int, going: Going) -> Reach | None:
    line = (_down if going.motion == "+" else _up)(text, caret, going.count)
    if line_start(text, line) == line_start(text, caret):
        return None
    return Reach(first_nonblank(text, line), Kind.LINES)


def _line(text: str, caret: int, going: Going) -> Reach:
    if going.is_counted:
        line = _down(text, 0, going.count - 1)
    else:
        line = 0 if going.motion == "gg" else len(text)
    return Reach(first_nonblank(text, line), Kind.LINES)


def _paragraph_down(text: str, caret: int, going: Going) -> Reach | None:
    place = caret
    for left in reversed(range(going.count)):
        place = line_start(text, place)
        while place < len(text) and text[place] == "\n":
            place += 1
        found = text.find("\n\n", place)
        if found < 0 and left:
            return None
        place = len(text) if found < 0 else found + 1
    if not going.is_operand:
        place = resting(text, place)
    return None if place == caret else Reach(place)


def _paragraph_up(text: str, caret: int, going: Going) -> Reach | None:
    place = caret
    for left in reversed(range(going.count)):
        place = line_start(text, place)
        while place > 0 and text[place : place + 1] == "\n":
            place = line_start(text, place - 1)
        found = text.rfind("\n\n", 0, place)
        if found < 0 and left:
            return None
        place = 0 if found < 0 else found + 1
    return None if place == caret else Reach(place)


def _matching(text: str, caret: int, going: Going) -> Reach | None:
    if going.is_counted:
        line = (going.count * (text.count("\n") + 1) + 99) // 100
        return Reach(first_nonblank(text, _down(text, 0, line - 1)), Kind.LINES)
    found = _BRACKET.search(text, caret, line_end(text, caret))
    if found is None:
        return None
    other = partner(text, found.start())
    return None if other is None else Reach(other, Kind.INCLUSIVE)


def partner(text: str, place: int) -> int | None:
    """Where the bracket at a place is closed or was opened; None where it is not."""
    char = text[place]
    if char in _CLOSING:
        depth = 0
        either = re.compile(re.escape(char) + "|" + re.escape(_CLOSING[char]))
        for found in either.finditer(text, place):
            depth += 1 if found.group() == char else -1
            if depth == 0:
                return found.start()
        return None
    return enclosing(text, place, _OPENING[char])


def enclosing(text: str, place: int, opening: str) -> int | None:
    """Where the bracket was opened that is not closed before a place; None for nowhere."""
    closing = _CLOSING[opening]
    open_at, close_at = text.rfind(opening, 0, place), text.rfind(closing, 0, place)
    depth = 0
    while open_at >= 0:
        if close_at > open_at:
            depth += 1
            close_at = text.rfind(closing, 0, close_at)
        elif depth == 0:
            return open_at
        else:
            depth -= 1
            open_at = text.rfind(opening, 0, open_at)
    return None


_Motion = Callable[[str, int, Going], Reach | None]

_MOTIONS: Mapping[str, _Motion] = {
    "h": _left,
    "l": _right,
    "0": _line_start,
    "^": _first_nonblank,
    "$": _line_end,
    "g_": _last_nonblank,
    "|": _column,
    **dict.fromkeys("fFtT", _find),
    **dict.fromkeys(";,", _find_again),
    **dict.fromkeys("wW", _next_word),
    **dict.fromkeys("eE", _words(_word_end, Kind.INCLUSIVE)),
    **dict.fromkeys("bB", _words(_previous_word, Kind.EXCLUSIVE)),
    **dict.fromkeys(("ge", "gE"), _words(_previous_end, Kind.INCLUSIVE)),
    **dict.fromkeys("jk", _vertical),
    **dict.fromkeys("+-", _next_line),
    **dict.fromkeys(("gg", "G"), _line),
    "}": _paragraph_down,
    "{": _paragraph_up,
    "%": _matching,
}

MOTIONS = frozenset(_MOTIONS)
"""The keys of every motion."""
