"""One command of vim's: from what was typed to the change, and to the next state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tusk.tui.editing.change import Change, Range, Step, difference
from tusk.tui.editing.lines import line_end, line_start
from tusk.tui.editing.vim import editing
from tusk.tui.editing.vim.commands import OPERATORS, WHOLE_LINES, Command
from tusk.tui.editing.vim.editing import Edited, Register
from tusk.tui.editing.vim.motions import (
    Find,
    Going,
    Kind,
    Reach,
    first_nonblank,
    reach,
    resting,
)
from tusk.tui.editing.vim.objects import Region, find_object
from tusk.tui.editing.vim.state import (
    Effect,
    Extent,
    Insertion,
    Mode,
    Outcome,
    Repeatable,
    State,
    View,
    in_normal_mode,
    outcome_of,
    selection_of,
)

CLIPBOARD = frozenset("+*")
_EFFECTS: Mapping[str, Effect] = {
    "u": Effect.UNDO,
    "ctrl+r": Effect.REDO,
    "/": Effect.SEARCH,
    "?": Effect.SEARCH_BACKWARD,
    "n": Effect.NEXT,
    "N": Effect.PREVIOUS,
    "*": Effect.WORD,
    "#": Effect.WORD_BACKWARD,
    "zz": Effect.CENTER,
}


class Run:
    """Carries out one command."""

    def __init__(self, state: State, view: View, command: Command) -> None:
        self._state = state
        self._view = view
        self._text = view.text
        self._command = command
        caret = state.caret
        # Normal mode rests on characters; a caret from elsewhere may be behind the last one.
        self._caret = caret if state.mode.is_visual else resting(view.text, caret)
        self._clipboard: str | None = None
        # Where the caret is left by an operator that deletes nothing; None for the region's start.
        self._origin: int | None = None if command.is_object else self._caret

    def outcome(self) -> Outcome:
        name = self._command.name
        if name in _EFFECTS:
            return self._effect(_EFFECTS[name])
        if name == "move":
            return self._move()
        if name in ("ctrl+d", "ctrl+u"):
            return self._scroll(down=name == "ctrl+d")
        if name in ("v", "V", "gv"):
            return self._select(name)
        if name == ".":
            return self._repeat()
        if self._state.mode.is_visual:
            return self._visual()
        region = self._region() if name in OPERATORS else None
        return self._edit(self._edited(region))

    # ── without a change ─────────────────────────────────────────────────────────────────

    def _effect(self, effect: Effect) -> Outcome:
        state = self._state
        if effect in (Effect.UNDO, Effect.REDO):
            state = replace(state, shown=None)
        return Outcome(state, effect=effect, times=self._command.count)

    def _nothing(self) -> Outcome:
        return Outcome(self._state)

    def _reach(self, *, is_operand: bool = False) -> Reach | None:
        command = self._command
        going = Going(
            motion=command.motion,
            count=command.count,
            is_counted=command.is_counted,
            argument=command.argument,
            column=self._state.column,
            find=self._state.find,
            is_operand=is_operand,
        )
        if command.motion in ("f", "F", "t", "T"):
            self._state = replace(self._state, find=Find(command.motion, command.argument))
        return reach(self._text, self._caret, going)

    def _move(self) -> Outcome:
        found = self._reach()
        if found is None:
            return self._nothing()
        caret = resting(self._text, found.target)
        return outcome_of(replace(self._state, caret=caret, column=found.column), self._text)

    def _scroll(self, *, down: bool) -> Outcome:
        rows = max(1, self._view.page_rows // 2)
        self._command = Command("move", "j" if down else "k", count=rows)
        return self._move()

    def _select(self, name: str) -> Outcome:
        state = self._state
        if name == "gv":
            if state.visual is None:
                return self._nothing()
            anchor, caret, mode = state.visual
            last = max(0, len(self._text) - 1)
            state = replace(state, anchor=min(anchor, last), caret=min(caret, last), mode=mode)
            return outcome_of(state, self._text)
        mode = Mode.VISUAL if name == "v" else Mode.VISUAL_LINE
        if state.mode is mode:
            return outcome_of(in_normal_mode(state, self._text, state.caret), self._text)
        anchor = state.anchor if state.mode.is_visual else self._caret
        return outcome_of(replace(state, mode=mode, anchor=anchor, caret=self._caret), self._text)

    # ── regions ──────────────────────────────────────────────────────────────────────────

    def _region(self) -> Region | None:
        """What the operator takes."""
        command, text, caret = self._command, self._text, self._caret
        if command.motion == WHOLE_LINES:
            last = caret
            if command.count > 1 and line_end(text, caret) == len(text):
                return None
            for _ in range(command.count - 1):
                end = line_end(text, last)
                if end == len(text):
                    break
                last = end + 1
            return Region(line_start(text, caret), line_end(text, last), is_lines=True)
        if command.is_object:
            return self._object()
        if command.name == "c" and command.motion in ("w", "W") and self._is_on_word():
            return self._word_to_change()
        found = self._reach(is_operand=True)
        if found is None:
            # At the end of a line there is nothing to change, but something to write.
            is_change = command.name == "c" and command.motion in ("h", "l")
            return Region(caret, caret) if is_change else None
        self._origin = min(caret, found.target)
        return _region_of(text, caret, found)

    def _is_on_word(self) -> bool:
        return self._caret < len(self._text) and not self._text[self._caret].isspace()

    def _word_to_change(self) -> Region | None:
        """`cw` ends with the word, also where the caret is on its last character already."""
        end = "E" if self._command.motion == "W" else "e"
        # From the character before, since `e` on the last one goes to the next word's end.
        found = reach(self._text, self._caret - 1, Going(end, self._command.count, is_operand=True))
        return None if found is None else Region(self._caret, found.target + 1)

    def _object(self) -> Region | None:
        motion = self._command.motion
        return find_object(
            self._text,
            self._caret,
            motion[1],
            is_around=motion[0] == "a",
            count=self._command.count,
        )

    def _selected(self) -> Region:
        shown = selection_of(self._state, self._text)
        return Region(shown.start, shown.end, is_lines=self._state.mode is Mode.VISUAL_LINE)

    def _select_object(self) -> Outcome:
        """Select an object; from a selection of more than a character on, the next one too."""
        state = self._state
        extends = state.caret > state.anchor
        if extends:
            self._caret = min(len(self._text), state.caret + 1)
        region = self._object()
        if region is None:
            return self._nothing()
        anchor = state.anchor if extends else region.start
        caret = resting(self._text, region.end)
        if not region.is_lines:
            caret = max(region.start, region.end - 1)
        mode = Mode.VISUAL_LINE if region.is_lines else Mode.VISUAL
        return outcome_of(replace(state, mode=mode, anchor=anchor, caret=caret), self._text)

    # ── changes ──────────────────────────────────────────────────────────────────────────

    def _visual(self) -> Outcome:
        name = self._command.name
        if name == "o":
            state = replace(self._state, anchor=self._state.caret, caret=self._state.anchor)
            return outcome_of(state, self._text)
        if name == "select":
            return self._select_object()
        region = self._selected()
        last = Repeatable(self._command, extent=Extent.of(self._text, region))
        edited = self._edited(region)
        self._state = in_normal_mode(self._state, self._text, region.start)
        return self._edit(edited, last)

    def _edited(self, region: Region | None) -> Edited | None:
        """What the command does; None for nothing."""
        command, text, caret, count = self._command, self._text, self._caret, self._command.count
        name = command.name
        if name in OPERATORS:
            return None if region is None else self._operated(name, region)
        if name in ("p", "P"):
            register = self._register()
            if register is None or not register.text:
                return None
            if region is not None:
                return editing.put_over(text, region, register, count)
            return editing.put(text, caret, register, count=count, before=name == "P")
        if name == "J":
            start = caret if region is None else region.start
            rows = count if region is None else Extent.of(text, region).rows + 1
            return editing.join(text, start, rows)
        if name == "r":
            if region is not None:
                return editing.replace_region(text, region, command.argument)
            return editing.replace_chars(text, caret, command.argument, count)
        if name == "~":
            return editing.swap_case(text, caret, count)
        if name in ("o", "O"):
            return editing.open_line(text, caret, above=name == "O")
        return Edited((), self._insert_at(name), inserts=True)

    def _insert_at(self, name: str) -> int:
        text, caret = self._text, self._caret
        start, end = line_start(text, caret), line_end(text, caret)
        if name == "A":
            return end
        if name == "I":
            place = first_nonblank(text, caret)
            return end if not text[start:end].strip() else place
        return min(end, caret + 1) if name == "a" else caret

    def _operated(self, name: str, region: Region) -> Edited:
        text = self._text
        match name:
            case "d":
                return editing.delete(text, region)
            case "c":
                return editing.replace(text, region)
            case "y":
                return Edited((), self._left_at(region), taken=editing.taken(text, region))
            case ">" | "<":
                levels = self._command.count if self._state.mode.is_visual else 1
                width = self._view.indent_width * levels
                return editing.shift(text, region, width, right=name == ">")
            case _:
                convert = {"gu": str.lower, "gU": str.upper, "g~": str.swapcase}[name]
                caret = self._left_at(region)
                if self._command.motion == WHOLE_LINES:
                    caret = min(caret, first_nonblank(text, caret))
                return editing.recase(text, region, convert, caret)

    def _left_at(self, region: Region) -> int:
        """Where an operator leaves the caret that does not move the text."""
        if self._state.mode.is_visual or self._origin is None or not region.is_lines:
            return region.start
        return self._origin

    def _register(self) -> Register | None:
        name = self._command.register or '"'
        if name in CLIPBOARD:
            return Register.of(self._view.clipboard)
        return self._state.registers.get(name.lower())

    def _keep(self, taken: Register) -> None:
        """Put a text into the registers it goes to."""
        name = self._command.register
        if name == "_":
            return
        if name in CLIPBOARD and name:
            self._clipboard = taken.text
        registers = dict(self._state.registers)
        if name.isupper() and (old := registers.get(name.lower())) is not None:
            taken = _appended(old, taken)
        if name and name not in CLIPBOARD:
            registers[name.lower()] = taken
        elif self._command.name == "y":
            registers["0"] = taken
        registers['"'] = taken
        self._state = replace(self._state, registers=registers)

    def _edit(self, edited: Edited | None, last: Repeatable | None = None) -> Outcome:
        """Make of what a command does what is to be shown, and remember it."""
        if edited is None:
            return outcome_of(self._state, self._text) if last else self._nothing()
        if edited.taken is not None:
            self._keep(edited.taken)
        if self._command.name != "y":
            self._state = replace(self._state, last=last or Repeatable(self._command))
        text = edited.text(self._text)
        if edited.inserts:
            return self._insert(edited, text)
        return self._changed(edited.changes, text, edited.caret)

    def _changed(self, changes: tuple[Change, ...], text: str, caret: int) -> Outcome:
        shown = outcome_of(in_normal_mode(self._state, text, caret), text)
        outcome = replace(shown, clipboard=self._clipboard)
        if not changes:
            return outcome
        selection = shown.selection or Range.at(caret)
        return replace(outcome, step=Step(changes, (selection,)), selection=None)

    def _insert(self, edited: Edited, text: str) -> Outcome:
        state = replace(
            self._state,
            mode=Mode.INSERT,
            insertion=Insertion(self._command, text, edited.caret),
            shown=None,
            column=None,
        )
        place = Range.at(edited.caret)
        step = Step(edited.changes, (place,)) if edited.changes else None
        selection = None if step else place
        return Outcome(state, step=step, selection=selection, clipboard=self._clipboard)

    # ── once more ────────────────────────────────────────────────────────────────────────

    def _repeat(self) -> Outcome:
        last = self._state.last
        if last is None or self._state.mode.is_visual:
            return self._nothing()
        count = self._command
        self._command = last.command
        if count.is_counted:
            self._command = replace(last.command, count=count.count, is_counted=True)
        region = self._again_region(last)
        edited = self._edited(region)
        if edited is None:
            return self._nothing()
        if edited.taken is not None:
            self._keep(edited.taken)
        if not edited.inserts:
            return self._changed(edited.changes, edited.text(self._text), edited.caret)
        self._state = replace(self._state, last=replace(last, command=self._command))
        return self._insert_again(edited, last.inserted)

    def _again_region(self, last: Repeatable) -> Region | None:
        if last.extent is not None:
            return last.extent.region(self._text, self._caret)
        return self._region() if self._command.name in OPERATORS else None

    def _insert_again(self, edited: Edited, inserted: Change | None) -> Outcome:
        """What was written then, as far as it fits here, without insert mode."""
        text, caret = edited.text(self._text), edited.caret
        changes = edited.changes
        if inserted is not None:
            start = max(0, caret + inserted.start)
            end = min(len(text), max(start, caret + inserted.end))
            times = self._command.count if self._command.name in ("i", "a", "I", "A") else 1
            new = inserted.text * times
            text = text[:start] + new + text[end:]
            whole = difference(self._text, text)
            changes = (whole,) if whole is not None else ()
            caret = start + len(new)
        caret = max(line_start(text, caret), caret - 1)
        return self._changed(changes, text, caret)


def _region_of(text: str, caret: int, found: Reach) -> Region:
    """What an operator takes with a motion."""
    start, end = min(caret, found.target), max(caret, found.target)
    if found.kind is Kind.LINES:
        return Region(line_start(text, start), line_end(text, end), is_lines=True)
    if found.kind is Kind.INCLUSIVE:
        return Region(start, min(len(text), end + 1))
    if end > start and end == line_start(text, end) and "\n" in text[start:end]:
        # A motion that ends before a line leaves that line's end alone, too.
        end -= 1
        if not text[line_start(text, start) : start].strip():
            return Region(line_start(text, start), end, is_lines=True)
    return Region(start, end)


def _appended(old: Register, new: Register) -> Register:
    if old.is_lines or new.is_lines:
        ends = "" if old.text.endswith("\n") else "\n"
        text = old.text + ends + new.text
        return Register(text if text.endswith("\n") else text + "\n", is_lines=True)
    return Register(old.text + new.text)
