"""Plays keys to vim's machine, as an editor would, but without one."""

from __future__ import annotations

from collections.abc import Iterable

from tusk.tui.editing.change import Range, apply
from tusk.tui.editing.vim.machine import begun, moved_to, press
from tusk.tui.editing.vim.state import Effect, Mode, Outcome, View

_NAMES = {"\x1b": "escape", "\r": "enter"}
_CHARS = {"enter": "\n", "tab": "\t", "space": " "}


class Player:
    """A text with vim's keys. Undo goes back to texts before, as an editor's steps do."""

    def __init__(self, text: str = "", caret: int = 0) -> None:
        self.text = text
        self.clipboard = ""
        self.effects: list[Effect] = []
        self._undo: list[tuple[str, Range]] = []
        first = begun(text, Range.at(caret))
        self.state, self.selection = first.state, first.selection or Range.at(caret)

    def keys(self, keys: str | Iterable[str]) -> Player:
        """Press keys; in a string, `\\x1b` is Escape and `\\r` Enter."""
        for key in keys:
            self.press(_NAMES.get(key, key))
        return self

    def press(self, key: str) -> None:
        """Press one key."""
        view = View(self.text, self.selection, self.clipboard)
        before = (self.text, self.selection)
        was_inserting = self.state.mode is Mode.INSERT
        outcome = press(self.state, view, key)
        if not outcome.is_taken:
            self._write(_CHARS.get(key, key))
            return
        if (outcome.state.mode is Mode.INSERT and not was_inserting) or (
            outcome.step is not None and not was_inserting
        ):
            self._undo.append(before)
        self._take(outcome)

    def _write(self, char: str) -> None:
        if len(char) == 1 and self.state.mode is Mode.INSERT:
            place = self.selection
            self.text = self.text[: place.start] + char + self.text[place.end :]
            self.selection = Range.at(place.start + 1)

    def _take(self, outcome: Outcome) -> None:
        self.state = outcome.state
        if outcome.clipboard is not None:
            self.clipboard = outcome.clipboard
        if outcome.step is not None:
            self.text = apply(self.text, outcome.step.changes)
            self.selection = outcome.step.ranges[0]
        elif outcome.selection is not None:
            self.selection = outcome.selection
        if outcome.effect is Effect.UNDO:
            for _ in range(outcome.times):
                if self._undo:
                    self.text, self.selection = self._undo.pop()
            self._take(moved_to(self.state, self.text, self.selection.start))
        elif outcome.effect is not None:
            self.effects.append(outcome.effect)

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the caret, from 1."""
        caret = self.selection.caret
        return self.text.count("\n", 0, caret) + 1, caret - self.text.rfind("\n", 0, caret)
