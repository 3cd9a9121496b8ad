"""`EditingArea`: a `TextArea` with several carets, line operations and edits of many places."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets.text_area import Selection

from tusk.tui.editing import carets, lines
from tusk.tui.editing.change import Change, Range, Step, difference, joined, moved, unix_lines
from tusk.tui.editing.external import edit_outside, give_terminal
from tusk.tui.editing.history import Run, Selections, StepEdit, StepHistory
from tusk.tui.editing.options import uses_vim
from tusk.tui.editing.places import Places, parse_place
from tusk.tui.widgets.large_text import LargeTextArea
from tusk.tui.widgets.result_grid.prompt import GridPrompt
from tusk.tui.widgets.snippet_keys import SnippetKeys
from tusk.tui.widgets.text_style import text_style
from tusk.tui.widgets.vim_keys import VimKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.text import Text
    from textual import events
    from textual.document._document import EditResult, Location
    from textual.document._edit import Edit

    from tusk.services.snippets import Snippet
    from tusk.tui.editing.carets import Ranges, Way


def _key(name: str, keys: str, action: str, description: str, tooltip: str) -> Binding:
    return Binding(keys, action, description, show=False, tooltip=tooltip, id=f"editor.{name}")


class EditingArea(LargeTextArea):
    """Knows its text as one string and its carets as ranges, and changes both in steps."""

    @dataclass
    class FindRequested(Message):
        """Somebody wants to find something.

        Args:
            replace: Whether to replace it too.
            is_backward: Whether it comes before the caret.
            is_brief: Whether one Enter is all.
        """

        replace: bool = False
        is_backward: bool = False
        is_brief: bool = False

    @dataclass
    class FindAgain(Message):
        """Somebody wants to go on to another match.

        Args:
            step: How many further on; negative for those before.
            word: What to find from now on; empty for what was looked for last.
        """

        step: int
        word: str = ""

    @dataclass
    class ModeChanged(Message):
        """What keys mean has changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "editing-area--caret",
        "editing-area--selection",
        "editing-area--match",
        "editing-area--current-match",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("find", "ctrl+f", "find", "Find", "Find a text or a pattern in this tab"),
        _key("replace", "ctrl+r", "find(True)", "Replace", "Find, and replace by another text"),
        _key("go_to_line", "ctrl+g", "go_to_line", "Go to line", "Go to a line[:column]"),
        _key(
            "add_next", "ctrl+l", "add_next", "Select next same",
            "Select the word; then the next one like the selection too, each with a caret",
        ),
        _key(
            "add_all", "alt+shift+l", "add_all", "Select all same",
            "Put a caret on every place with the same text as the word or selection",
        ),
        _key("caret_above", "ctrl+up", "add_line(False)", "Caret above",
             "One more caret on the line above"),
        _key("caret_below", "ctrl+down", "add_line(True)", "Caret below",
             "One more caret on the line below"),
        _key("external", "alt+shift+e", "edit_outside", "Edit outside",
             "Change the text in your own editor: what VISUAL or EDITOR names"),
        _key("insert_snippet", "alt+shift+m", "insert_snippet", "Insert snippet",
             "Choose a snippet from the list of all, and write it here"),
        _key("indent", "tab", "tab", "Indent",
             "Move the selected lines to the right; behind a snippet's name, write the snippet"),
        _key("outdent", "shift+tab", "outdent", "Outdent", "Move the lines to the left"),
        _key("duplicate", "alt+u", "duplicate", "Duplicate",
             "Repeat the selection, or the line"),
        _key("move_down", "alt+j", "move_lines(True)", "Move lines down",
             "Change the line, or the selected lines, with the one below"),
        _key("move_up", "alt+k", "move_lines(False)", "Move lines up",
             "Change the line, or the selected lines, with the one above"),
        # Textual's own, with ids and in words.
        _key("up", "up", "cursor_up", "Up", "One line up"),
        _key("down", "down", "cursor_down", "Down", "One line down"),
        _key("left", "left", "cursor_left", "Left", "One character to the left"),
        _key("right", "right", "cursor_right", "Right", "One character to the right"),
        _key("word_left", "ctrl+left", "cursor_word_left", "Word left", "To the word's beginning"),
        _key("word_right", "ctrl+right", "cursor_word_right", "Word right", "To the word's end"),
        _key("page_up", "pageup", "cursor_page_up", "Page up", "One page up"),
        _key("page_down", "pagedown", "cursor_page_down", "Page down", "One page down"),
        _key("undo", "ctrl+z,super+z", "undo", "Undo", "Take the last change back"),
        _key("redo", "ctrl+y,super+y", "redo", "Redo", "Make the change again"),
        _key("paste", "ctrl+v,super+v", "paste", "Paste", "Insert what was copied in tusk"),
    ]  # fmt: skip

    # The carets besides TextArea's own, and the selection that they belong to.
    _others: Selections = ()
    _others_of = Selection()
    _matches: Sequence[Range] = ()
    _matched_text = ""
    _current_match = -1
    vim: VimKeys | None = None
    """Vim's keys, where they are used."""
    take_empty_key: Callable[[str], bool] | None = None
    """Takes a key while there is no text; says whether that was all there is to do."""
    _mode_words = ""
    # The text that offsets were made for, that text with line feeds, and the offsets.
    _placed_text: str | None = None
    _flat_text = ""
    _places = Places([""])

    def __init__(
        self,
        text: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(
            text,
            id=id,
            soft_wrap=False,
            tab_behavior="indent",
            show_line_numbers=True,
            compact=True,
            placeholder=placeholder,
        )
        self.indent_width = 2
        self.history = self.steps = StepHistory()
        self.snippet = SnippetKeys(self)

    def on_mount(self) -> None:
        self.use_vim(uses_vim(self.app))

    # ── the text and its ranges ──────────────────────────────────────────────────────────

    @property
    def flat_text(self) -> str:
        """The text with line feeds between its lines, which offsets count in."""
        self._place()
        return self._flat_text

    @property
    def places(self) -> Places:
        """Turns offsets of `flat_text` into places and back."""
        self._place()
        return self._places

    def _place(self) -> None:
        text = self.text
        if self._placed_text is not text:
            lines_now = self.document.lines
            newline = self.document.newline
            self._flat_text = text if newline == "\n" else "\n".join(lines_now)
            self._places, self._placed_text = Places(lines_now), text

    @property
    def ranges(self) -> Ranges:
        """Every caret with its selection, the main one first."""
        return tuple(self._range(selection) for selection in self.selections)

    @property
    def selections(self) -> Selections:
        """Every caret with its selection as `TextArea` has them, the main one first."""
        return (self.selection, *self._others)

    def _range(self, selection: Selection) -> Range:
        places = self.places
        return Range(places.offset(selection.start), places.offset(selection.end))

    def selections_of(self, ranges: Ranges) -> Selections:
        """Ranges as `TextArea` has them."""
        place = self.places.place
        return tuple(Selection(place(r.anchor), place(r.caret)) for r in ranges)

    def set_ranges(self, ranges: Ranges, *, keeps_column: bool = False) -> None:
        """Put the carets there, and the main one into sight.

        Args:
            ranges: Where; the main one first.
            keeps_column: Whether going up and down still keeps to the column as it was.
        """
        self.history.checkpoint()
        self.show_selections(self.selections_of(ranges))
        if not keeps_column:
            self.record_cursor_width()
        self.scroll_cursor_visible()

    def show_selections(self, selections: Selections) -> None:
        """Show these carets."""
        if self.selection != selections[0]:
            self.selection = selections[0]
        changed = bool(self._others or selections[1:])
        self._others, self._others_of = selections[1:], self.selection
        if changed:
            self._redraw()

    @property
    def has_many_carets(self) -> bool:
        """Whether there is more than one caret."""
        return bool(self._others)

    def drop_carets(self) -> None:
        """Go back to one caret, the main one."""
        if self._others:
            self._others = ()
            self._redraw()

    def watch_selection(self) -> None:
        """The main caret went elsewhere by itself: the others do not belong to it any more."""
        if self._others and self.selection != self._others_of:
            self.drop_carets()

    def _redraw(self) -> None:
        # The only public way to drop TextArea's rendered lines.
        self.notify_style_update()
        self.refresh()
        self.mode_changed()

    # ── steps ────────────────────────────────────────────────────────────────────────────

    def take_step(self, step: Step, *, run: Run = "") -> None:
        """Change the text and the carets; one step for undo.

        Args:
            step: What to do. Its texts have line feeds only.
            run: What was done just before, and goes into one step with this.
        """
        text = self.flat_text
        whole = joined(text, step.changes) if step.changes else Change(0, 0, "")
        if self.read_only or whole.text == text[whole.start : whole.end]:
            self.set_ranges(step.ranges)
            return
        if not run:
            self.history.checkpoint()
        self.snippet.follow(step.changes)
        self.edit(
            StepEdit(
                whole.text,
                self.places.place(whole.start),
                self.places.place(whole.end),
                before=self.selections,
                after=lambda: self.selections_of(step.ranges),
                show=self.show_selections,
                run=run,
            )
        )
        if not run:
            self.history.checkpoint()
        self.scroll_cursor_visible()

    def edit(self, edit: Edit) -> EditResult:
        if not isinstance(edit, StepEdit):
            self.drop_carets()
            if self.snippet.is_active:
                self.snippet.follow([self._change(edit)])
        return super().edit(edit)

    def _change(self, edit: Edit) -> Change:
        offset = self.places.offset
        return Change(offset(edit.top), offset(edit.bottom), unix_lines(edit.text))

    def undo(self) -> None:
        self.snippet.leave()
        super().undo()

    def redo(self) -> None:
        self.snippet.leave()
        super().redo()

    def _set_document(self, text: str, language: str | None) -> None:
        self._others = ()
        super()._set_document(text, language)

    # ── several carets ───────────────────────────────────────────────────────────────────

    def action_add_next(self) -> None:
        before = self.ranges
        after = carets.with_next(self.flat_text, before)
        if len(after) > carets.MOST_CARETS:
            self.app.notify(f"There are {carets.MOST_CARETS:,} carets: no more are made.")
        elif after == before:
            is_word = not before[0].is_empty
            self.app.notify(
                "Every place with this text is selected." if is_word else "No word is here."
            )
        else:
            self.set_ranges(after)

    def action_add_all(self) -> None:
        after = carets.everywhere(self.flat_text, self.ranges)
        self.set_ranges(after)
        if len(after) == carets.MOST_CARETS:
            self.app.notify(f"The first {len(after):,} places; ^R replaces in all of them.")

    def action_add_line(self, down: bool) -> None:
        after = carets.with_line(self.flat_text, self.ranges, down=down)
        if len(after) <= carets.MOST_CARETS:
            self.set_ranges(after)

    def _move_all(self, way: Way, select: bool) -> bool:
        if self._others:
            self.set_ranges(carets.move_all(self.flat_text, self.ranges, way, select=select))
        return bool(self._others)

    def action_cursor_left(self, select: bool = False) -> None:
        if not self._move_all("left", select):
            super().action_cursor_left(select)

    def action_cursor_right(self, select: bool = False) -> None:
        if not self._move_all("right", select):
            super().action_cursor_right(select)

    def action_cursor_up(self, select: bool = False) -> None:
        if not self._move_all("up", select):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if not self._move_all("down", select):
            super().action_cursor_down(select)

    def action_cursor_line_start(self, select: bool = False) -> None:
        if not self._move_all("line_start", select):
            super().action_cursor_line_start(select)

    def action_cursor_line_end(self, select: bool = False) -> None:
        if not self._move_all("line_end", select):
            super().action_cursor_line_end(select)

    def action_cursor_word_left(self, select: bool = False) -> None:
        if not self._move_all("word_left", select):
            super().action_cursor_word_left(select)

    def action_cursor_word_right(self, select: bool = False) -> None:
        if not self._move_all("word_right", select):
            super().action_cursor_word_right(select)

    # ── typing at several carets ─────────────────────────────────────────────────────────

    def _replace_via_keyboard(
        self, insert: str, start: Location, end: Location
    ) -> EditResult | None:
        if not self._others:
            return super()._replace_via_keyboard(insert, start, end)
        new = unix_lines(insert)
        self.take_step(
            carets.typed(self.flat_text, self.ranges, new), run="typed" if len(new) == 1 else ""
        )
        return None

    def _delete_all(self, way: Way) -> bool:
        if self._others:
            step = carets.deleted(self.flat_text, self.ranges, way)
            self.take_step(step, run="deleted")
            return True
        return False

    def action_delete_left(self) -> None:
        if not self._delete_all("left"):
            super().action_delete_left()

    def action_delete_right(self) -> None:
        if not self._delete_all("right"):
            super().action_delete_right()

    def action_delete_word_left(self) -> None:
        if not self._delete_all("word_left"):
            super().action_delete_word_left()

    def action_delete_word_right(self) -> None:
        if not self._delete_all("word_right"):
            super().action_delete_word_right()

    def action_delete_to_start_of_line(self) -> None:
        if not self._delete_all("line_start"):
            super().action_delete_to_start_of_line()

    async def action_delete_to_end_of_line_or_delete_line(self) -> None:
        if not self._delete_all("line_end"):
            await super().action_delete_to_end_of_line_or_delete_line()

    def action_copy(self) -> None:
        if self._others and (selected := carets.selected_texts(self.flat_text, self.ranges)):
            self.app.copy_to_clipboard(selected)
        else:
            super().action_copy()

    def action_cut(self) -> None:
        if not self._others:
            super().action_cut()
            return
        selected = tuple(place for place in self.ranges if not place.is_empty)
        if selected and not self.read_only:
            self.app.copy_to_clipboard(carets.selected_texts(self.flat_text, selected))
            self.take_step(carets.typed(self.flat_text, self.ranges, ""))

    def break_lines(self) -> None:
        """A new line at every caret, as far to the right as the one before."""
        self.take_step(carets.broken(self.flat_text, self.ranges))

    # ── going somewhere ──────────────────────────────────────────────────────────────────

    def action_find(self, replace: bool = False) -> None:
        self.post_message(self.FindRequested(replace=replace))

    @property
    def search_range(self) -> Range:
        """Where a search goes on from."""
        return self.ranges[0] if self.vim is None else Range.at(self.vim.caret)

    def go_to_match(self, match: Range) -> None:
        """Select what was found; with vim's keys, go to it."""
        if self.vim is None:
            self.set_ranges((match,))
        else:
            self.vim.go_to(match.start)

    def select_places(self, places: Sequence[Range]) -> None:
        """A caret on each of these places, as far as there may be so many."""
        self.set_ranges(tuple(places[: carets.MOST_CARETS]))
        if len(places) > carets.MOST_CARETS:
            self.app.notify(f"The first {carets.MOST_CARETS:,} of {len(places):,} places.")

    def action_go_to_line(self) -> None:
        row, column = self.cursor_location
        label = f"Line[:column], now {row + 1}:{column + 1} of {self.document.line_count:,}"
        self.app.push_screen(GridPrompt(label), self._go_to_line)

    def _go_to_line(self, answer: str | None) -> None:
        if not answer or not answer.strip():
            return
        place = parse_place(answer, self.document.line_count)
        if place is None:
            self.app.notify(f"{answer.strip()!r} is no line[:column].", severity="warning")
            return
        row, column = place
        self.history.checkpoint()
        self.move_cursor((row, min(column, len(self.document.get_line(row)))), center=True)

    # ── lines ────────────────────────────────────────────────────────────────────────────

    def action_tab(self) -> None:
        """Go to the next stop of a snippet, or write one, or indent."""
        if not self.snippet.go(1) and not self.snippet.write():
            self.indent()

    def action_insert_snippet(self) -> None:
        from tusk.tui.screens.snippets import SnippetScreen

        def insert(snippet: Snippet | None) -> None:
            if snippet is not None:
                self.snippet.insert(snippet)

        self.app.push_screen(SnippetScreen(), insert)

    def indent(self) -> None:
        """Indent lines; without a selection of several, go to the next tab stop."""
        is_block = self.selection.start[0] != self.selection.end[0]
        if is_block and not self._others:
            self.take_step(lines.indent(self.flat_text, self.ranges[0], self.indent_width))
        else:
            blanks = " " * self._find_columns_to_next_tab_stop()
            self._replace_via_keyboard(blanks, *self.selection)

    def action_outdent(self) -> None:
        if self.snippet.go(-1):
            return
        self.take_step(lines.outdent(self.flat_text, self.ranges[0], self.indent_width))

    def action_duplicate(self) -> None:
        self.take_step(lines.duplicate(self.flat_text, self.ranges[0]))

    def action_move_lines(self, down: bool) -> None:
        step = lines.move(self.flat_text, self.ranges[0], down=down)
        if step is not None:
            self.take_step(step)

    # ── the user's own editor ────────────────────────────────────────────────────────────

    def action_edit_outside(self) -> None:
        """Give the terminal to the user's editor until that ends."""
        text = self.flat_text
        edited = give_terminal(self.app, lambda command: edit_outside(command, text))
        if edited is not None:
            self.take_text(edited)

    def take_text(self, new: str) -> None:
        """Take another text in place of this one, as one step for undo; the caret stays near."""
        text = self.flat_text
        new = unix_lines(new)
        if not text.endswith("\n"):
            new = new.removesuffix("\n")  # which most editors write at the end of a file
        self.show_text(new)

    def show_text(self, new: str) -> None:
        """Show another text, whose lines end with line feeds, as `take_text` does."""
        change = difference(self.flat_text, new)
        if change is not None:
            caret = moved(self.ranges[0].caret, [change])
            self.take_step(Step((change,), (Range.at(caret),)))

    # ── keys ─────────────────────────────────────────────────────────────────────────────

    def use_vim(self, is_used: bool) -> None:
        """Take keys as vim does, or as other editors do."""
        if is_used != (self.vim is not None):
            self.vim = VimKeys(self) if is_used else None
            if self.vim is not None:
                self.vim.begin()
            self.mode_changed()

    def mode_changed(self) -> None:
        """Tell that the keys mean something else now."""
        words = self.mode_words
        if words != self._mode_words:
            self._mode_words = words
            self.post_message(self.ModeChanged())

    @property
    def mode_words(self) -> str:
        """What the status line says of the editor: vim's mode, or how many carets there are."""
        words = [self.vim.words] if self.vim is not None else []
        if self._others:
            words.append(f"{len(self._others) + 1:,} carets")
        return " ".join(words)

    @property
    def wants_escape(self) -> bool:
        """Whether Escape means something here that goes before what it means elsewhere."""
        return (
            self.has_many_carets
            or self.snippet.is_active
            or (self.vim is not None and self.vim.wants_escape)
        )

    def take_key(self, event: events.Key) -> bool:
        """Deal with a key before anything else does; whether that was all there is to do."""
        is_done = self._take_empty_key(event.key) or (event.key == "escape" and self._escape())
        if not is_done and (self.vim is None or not self.vim.take(event)):
            if event.key == "tab":
                event.prevent_default()  # it has a binding
            return False
        event.prevent_default()
        event.stop()
        return True

    def _take_empty_key(self, key: str) -> bool:
        take = None if self.document.end != (0, 0) else self.take_empty_key
        return take is not None and take(key)

    def _escape(self) -> bool:
        """Leave what Escape leaves here; whether that was something."""
        if self._others:
            self.drop_carets()
            return True
        if self.snippet.is_active:
            self.snippet.leave()
            return self.vim is None
        return False

    # ── drawing ──────────────────────────────────────────────────────────────────────────

    def show_matches(self, text: str, matches: Sequence[Range], current: int = -1) -> None:
        """Mark places of the text, for as long as the text is this one.

        Args:
            text: The `flat_text` they were found in.
            matches: Where they are, in order.
            current: Which of them is the one looked at.
        """
        self._matched_text, self._matches, self._current_match = text, matches, current
        self._redraw()

    def draw_over(self, line: Text, row: int) -> None:
        """Lay marks of matches and further carets over a line."""
        if self._matches and self._matched_text is self.flat_text:
            self._draw_matches(line, row)
        for selection in self._others:
            self._draw_other(line, row, selection)

    def _draw_matches(self, line: Text, row: int) -> None:
        start = self.places.offset((row, 0))
        end = start + len(line)
        first = bisect_left(self._matches, start, key=lambda match: match.end)
        last = bisect_right(self._matches, end, key=lambda match: match.start)
        for index in range(first, last):
            match = self._matches[index]
            name = "current-match" if index == self._current_match else "match"
            self._paint(line, name, match.start - start, match.end - start)

    def _draw_other(self, line: Text, row: int, selection: Selection) -> None:
        first, last = min(selection), max(selection)
        if first[0] <= row <= last[0]:
            start = first[1] if first[0] == row else 0
            end = last[1] if last[0] == row else len(line)
            self._paint(line, "selection", start, end)
        if selection.end[0] == row:
            column = selection.end[1]
            if column >= len(line):
                line.append(" ")
            self._paint(line, "caret", column, column + 1)

    def _paint(self, line: Text, name: str, start: int, end: int) -> None:
        style = text_style(self, f"editing-area--{name}")
        if name == "selection":
            style = self.get_component_rich_style("text-area--selection") + style
        line.stylize(style, max(0, start), max(0, end))
