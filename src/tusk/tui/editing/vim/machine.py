"""Vim's modes: `press` makes of a state, a text and a key the next state and what to do."""

from __future__ import annotations

from dataclasses import replace

from tusk.tui.editing.change import Change, Range, Step, difference
from tusk.tui.editing.lines import line_start
from tusk.tui.editing.vim import editing
from tusk.tui.editing.vim.commands import Command, InvalidKeysError, parse
from tusk.tui.editing.vim.motions import resting
from tusk.tui.editing.vim.running import Run
from tusk.tui.editing.vim.state import (
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

# Keys with a modifier that are vim's; others keep what they mean elsewhere.
_CHORDS = frozenset({"ctrl+r", "ctrl+d", "ctrl+u"})
_NAMED = frozenset(
    {"enter", "tab", "backspace", "delete", "left", "right", "up", "down", "home", "end", "space"}
)


def press(state: State, view: View, key: str) -> Outcome:
    """What a key does.

    Args:
        state: The state before it.
        view: The text and the selection.
        key: A character, or the name of a key.
    """
    if state.mode is Mode.INSERT:
        return _leave_insert(state, view) if key == "escape" else Outcome(state, is_taken=False)
    state = _synchronized(state, view)
    if key == "escape":
        return _escape(state, view)
    if not _is_ours(key) and not state.keys:
        return Outcome(state, is_taken=False)
    keys = (*state.keys, key)
    try:
        command = parse(keys, is_visual=state.mode.is_visual)
    except InvalidKeysError:
        return Outcome(replace(state, keys=()))
    if command is None:
        return Outcome(replace(state, keys=keys))
    return Run(replace(state, keys=()), view, command).outcome()


def _is_ours(key: str) -> bool:
    return len(key) == 1 or key in _CHORDS or key in _NAMED


def _synchronized(state: State, view: View) -> State:
    """Follow a selection that was made with the mouse or by other means."""
    if view.selection == state.shown:
        return state
    selection = view.selection
    if selection.is_empty:
        return replace(state, mode=Mode.NORMAL, caret=selection.caret, shown=selection, column=None)
    last = max(selection.start, selection.end - 1)
    forward = selection.caret >= selection.anchor
    anchor, caret = (selection.start, last) if forward else (last, selection.start)
    return replace(
        state, mode=Mode.VISUAL, anchor=anchor, caret=caret, shown=selection, column=None
    )


def moved_to(state: State, text: str, offset: int) -> Outcome:
    """Go to a place that somebody else has found; in visual mode the selection goes with it."""
    if state.mode is Mode.INSERT:
        return Outcome(state, selection=Range.at(offset))
    return outcome_of(replace(state, caret=resting(text, offset), column=None), text)


def begun(text: str, selection: Range) -> Outcome:
    """The first state for a text: normal mode."""
    return outcome_of(State(caret=resting(text, selection.caret)), text)


def _escape(state: State, view: View) -> Outcome:
    if not state.keys and not state.mode.is_visual:
        return Outcome(state, is_taken=False)
    return outcome_of(in_normal_mode(state, view.text, state.caret), view.text)


# ── leaving insert mode ─────────────────────────────────────────────────────────────────


def _leave_insert(state: State, view: View) -> Outcome:
    """Go back to normal mode; what was written is written as often as the count says."""
    text, caret = view.text, view.selection.caret
    step: Step | None = None
    last = state.last
    if (begin := state.insertion) is not None:
        written = _written(begin, text)
        last = (
            Repeatable(begin.command, written)
            if last is None
            else replace(last, command=begin.command, inserted=written)
        )
        if written is not None and begin.command.count > 1 and written.start == written.end:
            again = _again(begin.command, text, caret, written.text)
            if again is not None:
                step, text, caret = again
    start = line_start(text, caret)
    after = replace(
        state,
        mode=Mode.NORMAL,
        caret=resting(text, max(start, caret - 1)),
        insertion=None,
        last=last,
        column=None,
    )
    shown = outcome_of(after, text)
    if step is None:
        return shown
    return replace(shown, step=replace(step, ranges=(selection_of(after, text),)))


def _written(begin: Insertion, text: str) -> Change | None:
    """What insert mode did, relative to where it began."""
    change = difference(begin.text, text, latest_start=begin.caret)
    if change is None:
        return None
    return Change(change.start - begin.caret, change.end - begin.caret, change.text)


def _again(command: Command, text: str, caret: int, written: str) -> tuple[Step, str, int] | None:
    """Write the same as often as a count still asks for."""
    if command.name in ("o", "O"):
        edited = editing.open_line(text, caret, above=False)
        piece = edited.changes[0].text + written
        at = edited.changes[0].start
    elif command.name in ("i", "a", "I", "A"):
        piece, at = written, caret
    else:
        return None
    new = piece * (command.count - 1)
    change = Change(at, at, new)
    return Step((change,), ()), text[:at] + new + text[at:], at + len(new)
