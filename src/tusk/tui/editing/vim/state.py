"""What vim sees and remembers, and what comes of a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from tusk.tui.editing.change import Change, Range, Step
from tusk.tui.editing.lines import line_end, line_start
from tusk.tui.editing.vim.motions import Find, resting
from tusk.tui.editing.vim.objects import Region

if TYPE_CHECKING:
    from tusk.tui.editing.vim.commands import Command
    from tusk.tui.editing.vim.editing import Register


class Mode(Enum):
    """What keys mean at the moment."""

    NORMAL = "NORMAL"
    INSERT = "INSERT"
    VISUAL = "VISUAL"
    VISUAL_LINE = "V-LINE"

    @property
    def is_visual(self) -> bool:
        """Whether motions select."""
        return self in (Mode.VISUAL, Mode.VISUAL_LINE)


class Effect(Enum):
    """What somebody else has to do."""

    UNDO = "undo"
    REDO = "redo"
    SEARCH = "search"
    SEARCH_BACKWARD = "search backward"
    NEXT = "next match"
    PREVIOUS = "previous match"
    WORD = "search the word"
    WORD_BACKWARD = "search the word backward"
    CENTER = "center"


@dataclass(frozen=True, slots=True)
class Insertion:
    """Insert mode since it began.

    Args:
        command: What began it.
        text: The text then.
        caret: The caret then.
    """

    command: Command
    text: str
    caret: int


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a visual selection had.

    Args:
        rows: Line feeds before its last character.
        columns: Characters of its last line.
        is_lines: Whether it was whole lines.
    """

    rows: int
    columns: int
    is_lines: bool

    @classmethod
    def of(cls, text: str, region: Region) -> Extent:
        """That of a region."""
        inner = text[region.start : max(region.start, region.end - 1)]
        return cls(inner.count("\n"), len(inner.rpartition("\n")[2]) + 1, region.is_lines)

    def region(self, text: str, caret: int) -> Region:
        """As much of a text, from the caret on."""
        end = caret
        for _ in range(self.rows):
            below = line_end(text, end)
            if below == len(text):
                break
            end = below + 1
        if self.is_lines:
            return Region(line_start(text, caret), line_end(text, end), is_lines=True)
        return Region(caret, min(line_end(text, end), end + self.columns))


@dataclass(frozen=True, slots=True)
class Repeatable:
    """What `.` does again.

    Args:
        command: The command.
        inserted: What was written after it, relative to the caret.
        extent: What it was done to, if that was a visual selection.
    """

    command: Command
    inserted: Change | None = None
    extent: Extent | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What vim sees.

    Args:
        text: The text.
        selection: The caret with its selection.
        clipboard: What register `+` holds.
        indent_width: Columns of one indentation.
        page_rows: Lines in sight.
    """

    text: str
    selection: Range
    clipboard: str = ""
    indent_width: int = 2
    page_rows: int = 20


@dataclass(frozen=True, slots=True)
class State:
    """What vim remembers.

    Args:
        mode: What keys mean.
        keys: Typed so far of a command.
        caret: In visual mode, the character that the selection ends with.
        anchor: In visual mode, the one that it began with.
        shown: The selection as it was last shown: another one was made by somebody else.
        column: Column to keep to while going up and down.
        find: The last search for a character.
        registers: By name; the unnamed one is `"`.
        last: What `.` does again.
        insertion: Insert mode, while it is on.
        visual: Anchor, caret and mode of the last visual selection.
    """

    mode: Mode = Mode.NORMAL
    keys: tuple[str, ...] = ()
    caret: int = 0
    anchor: int = 0
    shown: Range | None = None
    column: int | None = None
    find: Find | None = None
    registers: Mapping[str, Register] = field(default_factory=dict)
    last: Repeatable | None = None
    insertion: Insertion | None = None
    visual: tuple[int, int, Mode] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a key does.

    Args:
        state: The next state.
        step: The change with the selection afterwards.
        selection: The selection afterwards, without a change.
        effect: What somebody else has to do.
        times: How often.
        clipboard: What goes to the clipboard.
        is_taken: Whether the key was vim's; otherwise it is the editor's.
    """

    state: State
    step: Step | None = None
    selection: Range | None = None
    effect: Effect | None = None
    times: int = 1
    clipboard: str | None = None
    is_taken: bool = True


def outcome_of(state: State, text: str) -> Outcome:
    """The outcome of a state: its selection as it is to be shown."""
    selection = selection_of(state, text)
    return Outcome(replace(state, shown=selection), selection=selection)


def selection_of(state: State, text: str) -> Range:
    """The selection as it is to be shown."""
    anchor, caret = state.anchor, state.caret
    if state.mode is Mode.VISUAL:
        if caret >= anchor:
            return Range(anchor, min(len(text), caret + 1))
        return Range(min(len(text), anchor + 1), caret)
    if state.mode is Mode.VISUAL_LINE:
        if caret >= anchor:
            return Range(line_start(text, anchor), line_end(text, caret))
        return Range(line_end(text, anchor), line_start(text, caret))
    return Range.at(caret)


def in_normal_mode(state: State, text: str, caret: int) -> State:
    """The state back in normal mode, with the caret there."""
    visual = (state.anchor, state.caret, state.mode) if state.mode.is_visual else state.visual
    return replace(
        state, mode=Mode.NORMAL, keys=(), caret=resting(text, caret), column=None, visual=visual
    )
