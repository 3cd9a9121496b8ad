"""Vim's keys in the editor: hands them to the machine, and does what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from textual.events import Key, Paste

from tusk.tui.editing.carets import word_at
from tusk.tui.editing.change import difference
from tusk.tui.editing.history import Selections, StepEdit
from tusk.tui.editing.places import Places
from tusk.tui.editing.vim.machine import begun, moved_to, press
from tusk.tui.editing.vim.state import Effect, Mode, Outcome, State, View

if TYPE_CHECKING:
    from textual.app import App
    from textual.document._edit import Edit
    from textual.widget import Widget

    from tusk.tui.editing.vim.editing import Register
    from tusk.tui.widgets.editing_area import EditingArea

# What is yanked in one tab is put in another.
_REGISTERS: WeakKeyDictionary[App[object], Mapping[str, Register]] = WeakKeyDictionary()


class VimKeys:
    """Vim's state for one editor.

    Args:
        area: The editor.
    """

    def __init__(self, area: EditingArea) -> None:
        self._area = area
        self._state = State()
        self._mark: list[Edit] | None = None
        self._text_before = ""
        self._selections_before: Selections = ()

    def begin(self) -> None:
        """Begin in normal mode."""
        self._do(begun(self._area.flat_text, self._area.ranges[0]))

    @property
    def words(self) -> str:
        """The mode, with the keys of a command that has begun."""
        keys = "".join(self._state.keys)
        return f"{self._state.mode.value} {keys}".rstrip()

    @property
    def is_inserting(self) -> bool:
        """Whether keys write text."""
        return self._state.mode is Mode.INSERT

    @property
    def wants_escape(self) -> bool:
        """Whether Escape leaves a mode, or a command that has begun."""
        return self._state.mode is not Mode.NORMAL or bool(self._state.keys)

    @property
    def caret(self) -> int:
        """Where a search goes on from."""
        if self._state.mode.is_visual:
            return self._state.caret
        return self._area.ranges[0].caret

    def take(self, event: Key) -> bool:
        """Take a key; whether it was vim's."""
        # A chord with Alt comes with the character, too.
        is_char = event.is_printable and not event.key.startswith(("alt+", "ctrl+"))
        key = str(event.character) if is_char else event.key
        if key == "ctrl+c" and self.wants_escape and self._area.selection.is_empty:
            key = "escape"
        outcome = press(self._shared(), self._view(), key)
        if not outcome.is_taken:
            # In normal mode it must not be written.
            return is_char and not self.is_inserting
        _REGISTERS[self._area.app] = outcome.state.registers
        self._do(outcome)
        return True

    def begin_insert(self) -> None:
        """Go into insert mode, from whatever mode it is."""
        for key in () if self.is_inserting else ("escape", "i"):
            outcome = press(self._shared(), self._view(), key)
            if outcome.is_taken:
                self._do(outcome)

    def go_to(self, offset: int) -> None:
        """Go to what was found."""
        self._do(moved_to(self._state, self._area.flat_text, offset))

    def _shared(self) -> State:
        return replace(self._state, registers=_REGISTERS.get(self._area.app, {}))

    def _view(self) -> View:
        area = self._area
        return View(
            area.flat_text,
            area.ranges[0],
            clipboard=area.app.clipboard,
            indent_width=area.indent_width,
            page_rows=max(1, area.content_size.height),
        )

    def _do(self, outcome: Outcome) -> None:
        area, was_inserting = self._area, self.is_inserting
        self._state = outcome.state
        if self.is_inserting and not was_inserting:
            self._begin_insertion()
        if outcome.clipboard is not None:
            area.app.copy_to_clipboard(outcome.clipboard)
        if outcome.step is not None:
            area.take_step(outcome.step)
        elif outcome.selection is not None:
            area.set_ranges((outcome.selection,), keeps_column=outcome.state.column is not None)
        if was_inserting and not self.is_inserting:
            self._end_insertion()
        if outcome.effect is not None:
            self._have_done(outcome.effect, outcome.times)
        area.mode_changed()

    # ── one step for undo ────────────────────────────────────────────────────────────────

    def _begin_insertion(self) -> None:
        area = self._area
        self._mark = area.steps.mark()
        self._text_before, self._selections_before = area.flat_text, area.selections

    def _end_insertion(self) -> None:
        """Make one step of all that insert mode did, and of the command that began it."""
        area = self._area
        text = area.flat_text
        change = difference(self._text_before, text)
        whole: StepEdit | None = None
        if change is not None:
            before = Places(self._text_before.split("\n"))
            whole = StepEdit(
                change.text,
                before.place(change.start),
                before.place(change.end),
                before=self._selections_before,
                after=lambda: area.selections,
                show=area.show_selections,
            )
            end = area.places.place(change.start + len(change.text))
            whole.take_as_done(end, self._text_before[change.start : change.end])
        area.steps.put_together(self._mark, whole)
        self._text_before = ""

    # ── what others do ───────────────────────────────────────────────────────────────────

    def _have_done(self, effect: Effect, times: int) -> None:
        area = self._area
        match effect:
            case Effect.UNDO | Effect.REDO:
                for _ in range(min(times, area.steps.max_checkpoints)):
                    area.undo() if effect is Effect.UNDO else area.redo()
                self.go_to(area.ranges[0].start)
            case Effect.SEARCH | Effect.SEARCH_BACKWARD:
                area.post_message(
                    area.FindRequested(is_backward=effect is Effect.SEARCH_BACKWARD, is_brief=True)
                )
            case Effect.NEXT | Effect.PREVIOUS:
                step = times if effect is Effect.NEXT else -times
                area.post_message(area.FindAgain(step))
            case Effect.WORD | Effect.WORD_BACKWARD:
                place = word_at(area.flat_text, self.caret)
                word = area.flat_text[place.start : place.end]
                step = times if effect is Effect.WORD else -times
                if word:
                    area.post_message(area.FindAgain(step, word))
            case Effect.CENTER:
                area.scroll_cursor_visible(center=True)


def keys_meant(focused: Widget | None, event: Key | Paste) -> tuple[Key | Paste, ...]:
    """The keys that an event stands for.

    Escape and a letter typed fast come as Alt with that letter. Where vim writes text, they are
    taken for what its users type there.
    """
    vim = getattr(focused, "vim", None)
    if not isinstance(vim, VimKeys) or not vim.is_inserting or not isinstance(event, Key):
        return (event,)
    if not event.key.startswith("alt+") or not event.is_printable:
        return (event,)
    char = event.character or ""
    return Key("escape", None), Key(char, char)
