"""What vim's commands do to a text: pure functions of text, caret and command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tusk.tui.editing import lines
from tusk.tui.editing.change import Change, Range, apply
from tusk.tui.editing.lines import indentation, line_end, line_start
from tusk.tui.editing.vim.motions import first_nonblank, resting
from tusk.tui.editing.vim.objects import Region


@dataclass(frozen=True, slots=True)
class Register:
    """A text that was deleted or yanked.

    Args:
        text: Of whole lines, it ends with a line feed.
        is_lines: Whether it is whole lines.
    """

    text: str
    is_lines: bool = False

    @classmethod
    def of(cls, text: str) -> Register:
        """A text from elsewhere: whole lines if it ends like one."""
        return cls(text, text.endswith("\n"))


@dataclass(frozen=True, slots=True)
class Edited:
    """What a command does.

    Args:
        changes: In order of the text.
        caret: Afterwards.
        inserts: Whether insert mode begins there.
        taken: What goes to a register.
    """

    changes: tuple[Change, ...]
    caret: int
    inserts: bool = False
    taken: Register | None = None

    def text(self, before: str) -> str:
        """The text afterwards."""
        return apply(before, self.changes)


def taken(text: str, region: Region) -> Register:
    """What an operator puts into a register."""
    piece = text[region.start : region.end]
    return Register(piece + "\n", is_lines=True) if region.is_lines else Register(piece)


def delete(text: str, region: Region) -> Edited:
    r"""Delete a region; whole lines go with a line feed.

    >>> delete("a\nb\nc", Region(2, 3, is_lines=True)).changes
    (Change(start=2, end=4, text=''),)
    """
    start, end = region.start, region.end
    if region.is_lines:
        if end < len(text):
            end += 1
        elif start > 0:
            start -= 1
    change = Change(start, end, "")
    after = apply(text, [change])
    place = min(start, len(after))
    if region.is_lines:
        place = first_nonblank(
            after, place if end <= len(text) and start == region.start else start
        )
    return Edited((change,), resting(after, place), taken=taken(text, region))


def replace(text: str, region: Region) -> Edited:
    """Delete a region and begin to insert; of whole lines their indentation stays."""
    start = region.start
    if region.is_lines:
        start += len(indentation(text, line_end(text, start)))
    start = min(start, region.end)
    return Edited((Change(start, region.end, ""),), start, inserts=True, taken=taken(text, region))


def recase(text: str, region: Region, convert: Callable[[str], str], caret: int) -> Edited:
    """Change the case of a region."""
    new = convert(text[region.start : region.end])
    change = Change(region.start, region.end, new)
    return Edited((change,), resting(apply(text, [change]), caret))


def shift(text: str, region: Region, width: int, *, right: bool) -> Edited:
    """Indent or outdent the lines of a region."""
    touched = Range(region.start, region.end)
    step = (lines.indent if right else lines.outdent)(text, touched, width)
    after = apply(text, step.changes)
    return Edited(step.changes, first_nonblank(after, line_start(text, region.start)))


def put(text: str, caret: int, register: Register, *, count: int, before: bool) -> Edited:
    r"""Put a register behind the caret, or before it; lines below or above.

    >>> put("a", 0, Register("b\n", is_lines=True), count=1, before=False).text("a")
    'a\nb'
    """
    if register.is_lines:
        body = register.text.removesuffix("\n")
        block = "\n".join([body] * count)
        if before:
            start = line_start(text, caret)
            change, place = Change(start, start, block + "\n"), start
        else:
            end = line_end(text, caret)
            change, place = Change(end, end, "\n" + block), end + 1
        return Edited((change,), first_nonblank(apply(text, [change]), place))
    new = register.text * count
    at = caret if before or caret == line_end(text, caret) else caret + 1
    change = Change(at, at, new)
    place = at if "\n" in new else at + len(new) - 1
    return Edited((change,), resting(apply(text, [change]), max(at, place)))


def put_over(text: str, region: Region, register: Register, count: int) -> Edited:
    """Put a register in place of a region, which is taken in exchange."""
    new = register.text * count
    if region.is_lines:
        new = new.removesuffix("\n")
    elif register.is_lines:
        new = "\n" + new
    change = Change(region.start, region.end, new)
    after = apply(text, [change])
    if region.is_lines or register.is_lines:
        place = first_nonblank(after, region.start + (not region.is_lines))
    else:
        place = region.start if "\n" in new else max(region.start, region.start + len(new) - 1)
    return Edited((change,), resting(after, place), taken=taken(text, region))


def join(text: str, start: int, count: int) -> Edited | None:
    r"""Join lines with one blank between them; None for the last line.

    >>> join("a\n  b\nc", 0, 2).text("a\n  b\nc")
    'a b\nc'
    """
    changes: list[Change] = []
    caret = by = 0
    end = line_end(text, start)
    for _ in range(max(1, count - 1)):
        if end == len(text):
            break
        next_end = line_end(text, end + 1)
        blanks = len(indentation(text, next_end))
        begins = text[end + 1 + blanks : next_end][:1]
        ends = text[end - 1 : end] if end > line_start(text, end) else ""
        between = "" if begins in ("", ")") or ends in ("", " ", "\t") else " "
        changes.append(Change(end, end + 1 + blanks, between))
        caret = end + by - (not between and end > 0)
        by += len(between) - (1 + blanks)
        end = next_end
    if not changes:
        return None
    return Edited(tuple(changes), resting(apply(text, changes), max(0, caret)))


def swap_case(text: str, caret: int, count: int) -> Edited | None:
    """Swap the case of some characters and go behind them."""
    end = min(line_end(text, caret), caret + count)
    if end == caret:
        return None
    edited = recase(text, Region(caret, end), str.swapcase, caret)
    after = edited.text(text)
    return Edited(edited.changes, resting(after, caret + len(edited.changes[0].text)))


def replace_chars(text: str, caret: int, char: str, count: int) -> Edited | None:
    """Replace so many characters each by another; None if the line has fewer."""
    end = caret + count
    if end > line_end(text, caret):
        return None
    new = "\n" + indentation(text, caret) if char == "\n" else char * count
    change = Change(caret, end, new)
    return Edited((change,), resting(apply(text, [change]), caret + len(new) - 1))


def replace_region(text: str, region: Region, char: str) -> Edited:
    """Replace every character of a region but line feeds."""
    piece = text[region.start : region.end]
    new = "\n".join(char * len(line) for line in piece.split("\n"))
    return Edited((Change(region.start, region.end, new),), region.start)


def open_line(text: str, caret: int, *, above: bool) -> Edited:
    """Begin to insert in a new line, as far to the right as this one."""
    indent = indentation(text, line_end(text, caret))
    if above:
        start = line_start(text, caret)
        return Edited((Change(start, start, indent + "\n"),), start + len(indent), inserts=True)
    end = line_end(text, caret)
    return Edited((Change(end, end, "\n" + indent),), end + 1 + len(indent), inserts=True)
