"""`AssistedEditor`: the SQL editor with completion, marks, brackets and layout."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message

from tusk.core.dialect import DUCKDB
from tusk.core.text import clip, safe
from tusk.services.sql_check import enclosing_brackets, matching_bracket
from tusk.tui.completion.completer import Completer
from tusk.tui.completion.knowledge import KnowledgeBook
from tusk.tui.completion.marker import Marker
from tusk.tui.completion.popup import CompletionPopup
from tusk.tui.completion.rewriting import laid_out, recased
from tusk.tui.editing.change import Change, Range, Step
from tusk.tui.widgets.sql_editor import SqlEditor
from tusk.tui.widgets.text_style import text_style

if TYPE_CHECKING:
    from rich.text import Text
    from textual import events
    from textual.document._document import EditResult
    from textual.document._edit import Edit
    from textual.widgets.text_area import Location

    from tusk.core.dialect import Dialect
    from tusk.services.completion import Completion
    from tusk.tui.completion.knowledge import Knowledge
    from tusk.tui.completion.rewriting import Progress, Rewritten

    Rewrite = Callable[[str, Range, Dialect, Progress], Rewritten | None]

_BRACKETS = frozenset("()[]{}")
_PROGRESS_S = 0.2
_LONGEST_REASON = 200
_ONE_LAID_OUT = "It is laid out already. Once more lays out all statements."
_ALL_LAID_OUT = "All is laid out already."


class _Stopped(Exception):
    """Nobody wants the rewritten text any more."""


class AssistedEditor(SqlEditor):
    """Asks the services about its text, in the background, and shows what they say.

    Args:
        text: What it begins with.
        dialect: Of the text.
        book: What is known of all connections.
        knowledge: What is known of the one that the text runs on; None while that is closed.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"sql-editor--mark", "sql-editor--bracket"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+space,ctrl+@",
            "complete",
            "Complete",
            show=False,
            id="editor.complete",
            tooltip="List what can stand at the cursor: names, functions, keywords, files",
        ),
        Binding(
            # Most terminals send Ctrl+Right for Alt+F.
            "alt+shift+f,alt+f",
            "format",
            "Format",
            show=False,
            id="editor.format",
            tooltip="Lay out the statement at the cursor, or those selected; once more: all of them",
        ),
        Binding(
            "alt+shift+u",
            "keyword_case",
            "Keyword case",
            show=False,
            id="editor.keyword_case",
            tooltip="Write keywords in capitals, or in small letters where they are capitals",
        ),
        Binding(
            "ctrl+b",
            "go_to_bracket",
            "Go to bracket",
            show=False,
            id="editor.go_to_bracket",
            tooltip="Go to the partner of the bracket at the cursor, or out of the brackets around",
        ),
    ]

    @dataclass
    class NoteChanged(Message):
        """There is something else to say about the text than before; see `note`."""

    def __init__(
        self,
        text: str = "",
        *,
        dialect: Callable[[], Dialect] = lambda: DUCKDB,
        book: KnowledgeBook | None = None,
        knowledge: Callable[[], Knowledge | None] = lambda: None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        # Used by watchers that run while the text area is being made.
        self._marker = Marker(self, knowledge, dialect, self._marks_changed)
        self._brackets: tuple[Location, ...] = ()
        self.popup = CompletionPopup()
        """Beside the editor, in the pane that both are in."""
        self._book = book or KnowledgeBook(lambda entry: None)
        self._completer = Completer(self, self.popup, self._book, knowledge, dialect)
        self._working_note = ""
        self._noted = ""
        # The text and the caret, when it was told last that the statement is laid out already.
        self._laid_out: tuple[str, Range] | None = None
        super().__init__(text, dialect=dialect, id=id)
        # Ours know strings and comments, and look at one statement instead of all the text.
        self.match_cursor_bracket = False

    def on_mount(self) -> None:
        self._marker.check()

    # ── keys ─────────────────────────────────────────────────────────────────────────────

    async def _on_key(self, event: events.Key) -> None:
        """Keys for the list of completions go before the editor's own.

        Textual calls this before the base class's handler of the same name.
        """
        if event.key == "escape" and self._working_note and not self.popup.is_open:
            self.workers.cancel_group(self, "rewrite")
        elif not await self._completer.take_key(event):
            self._completer.expect(event)
            return
        event.prevent_default()
        event.stop()

    @property
    def wants_escape(self) -> bool:
        return self.popup.is_open or bool(self._working_note) or super().wants_escape

    @property
    def takes_escape(self) -> bool:
        """Whether Escape, pressed now, has something to do here before it cancels a run."""
        return self.has_focus and self.wants_escape

    def action_complete(self) -> None:
        if self.has_many_carets:
            self.notify("Completion works at one cursor; Esc drops the others.")
        else:
            self._completer.ask(is_explicit=True)

    def take_completion(self, item: Completion) -> None:
        """Take an item of the list, as a click on it does."""
        self._completer.take(item)

    def action_delete_left(self) -> None:
        with self._completer.deleting():
            super().action_delete_left()

    def on_blur(self) -> None:
        self._completer.close()

    def on_resize(self) -> None:
        self._completer.close()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._completer.scrolled()

    # ── what changes ─────────────────────────────────────────────────────────────────────

    def watch_selection(self) -> None:
        super().watch_selection()
        if not self.is_mounted:
            return
        self._completer.caret_moved()
        self._show_brackets()
        self._marker.show()
        self._tell_note()

    def on_text_area_changed(self) -> None:
        self._completer.caret_moved()
        self._show_brackets()
        self._marker.text_changed()

    def knowledge_changed(self) -> None:
        """The connection, or what is known of it, may be another one."""
        self._marker.knowledge_changed()

    def edit(self, edit: Edit) -> EditResult:
        first, last = sorted((edit.from_location[0], edit.to_location[0]))
        result = super().edit(edit)
        self._marker.lines_changed(first, last, result.end_location[0] - last)
        return result

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        self._marker.drop()
        super()._undo_batch(edits)

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        self._marker.drop()
        super()._redo_batch(edits)

    def _set_document(self, text: str, language: str | None) -> None:
        self._marker.drop()
        self._brackets = ()
        super()._set_document(text, language)

    # ── marks ────────────────────────────────────────────────────────────────────────────

    @property
    def error_range(self) -> tuple[Location, Location] | None:
        """Where the error of a run is marked."""
        return self._error

    def clear_error(self) -> None:
        super().clear_error()
        self._marker.show()

    def _marks_changed(self) -> None:
        self._redraw()
        self._tell_note()

    @property
    def note(self) -> str:
        """What is to be said about the text; not made safe for a screen."""
        return self._working_note or self._marker.note

    def _tell_note(self) -> None:
        if self.note != self._noted:
            self._noted = self.note
            self.post_message(self.NoteChanged())

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        for mark in self._marker.in_sight:
            if mark.row == line_index:
                line.stylize(text_style(self, "sql-editor--mark"), mark.start, mark.end)
        for row, column in self._brackets:
            # Reversed twice, the caret would be invisible.
            if row == line_index and (row, column) != self.cursor_location:
                line.stylize(text_style(self, "sql-editor--bracket"), column, column + 1)
        return line

    # ── brackets ─────────────────────────────────────────────────────────────────────────

    def find_matching_bracket(self, bracket: str, search_from: Location) -> None:
        """None: Textual's own would go through all of the text after each key."""

    def _show_brackets(self) -> None:
        pair = self._bracket_pair() if self.selection.is_empty else None
        found = tuple(self.places.place(at) for at in pair) if pair else ()
        if found != self._brackets:
            self._brackets = found
            self._redraw()

    def _bracket_pair(self) -> tuple[int, int] | None:
        """The bracket at the caret and its partner."""
        row, column = self.cursor_location
        near = self.document.get_line(row)[max(0, column - 1) : column + 1]
        if not _BRACKETS.intersection(near):
            return None
        return matching_bracket(self.flat_text, self.ranges[0].caret, self._dialect())

    def action_go_to_bracket(self) -> None:
        caret = self.ranges[0].caret
        pair = self._bracket_pair()
        if pair is not None:
            # From before a bracket to before its partner, from behind it to behind that.
            self.set_ranges((Range.at(pair[1] + (caret - pair[0])),))
            return
        around = enclosing_brackets(self.flat_text, caret, self._dialect())
        if around is not None:
            self.set_ranges((Range.at(around[0]),))
        else:
            self.notify("There is no bracket here.", timeout=3)

    # ── layout and case ──────────────────────────────────────────────────────────────────

    def action_format(self) -> None:
        chosen = self.ranges[0]
        nothing = _ONE_LAID_OUT if chosen.is_empty else _ALL_LAID_OUT
        if chosen.is_empty and self._laid_out == (self.flat_text, chosen):
            chosen, nothing = Range(0, len(self.flat_text)), _ALL_LAID_OUT
        case = self._book.keyword_case
        rewrite = partial(laid_out, keyword_case="keep" if case == "auto" else case)
        self._rewrite(rewrite, chosen, "Laying out", nothing)

    def action_keyword_case(self) -> None:
        self._rewrite(recased, self.ranges[0], "Writing keywords", "There is no keyword.")

    @work(exclusive=True, group="rewrite")
    async def _rewrite(self, rewrite: Rewrite, chosen: Range, doing: str, nothing: str) -> None:
        """Write statements in another way, as one step to undo."""
        text = self.flat_text
        try:
            found = await self._working(rewrite, text, chosen, doing)
        except asyncio.CancelledError:
            self.notify("Stopped: nothing was changed.", timeout=3)
            raise
        finally:
            self._working_note = ""
            self._tell_note()
        if found is None:
            where = "at the cursor" if chosen.is_empty else "in the selection"
            self.notify(f"There is no statement {where}.", timeout=3)
        elif self.flat_text != text:
            self.notify("The text was changed meanwhile: nothing was done.", severity="warning")
        else:
            self._put(found, nothing)
            is_told = nothing == _ONE_LAID_OUT and not found.is_change and not found.left
            self._laid_out = (text, chosen) if is_told else None

    async def _working(
        self, rewrite: Rewrite, text: str, chosen: Range, doing: str
    ) -> Rewritten | None:
        """Rewrite in a thread; a note says how far it is, and ending the worker ends it."""
        is_stopped = threading.Event()
        done = [0, 0]

        def progress(number: int, count: int) -> None:
            done[:] = number, count
            if is_stopped.is_set():
                raise _Stopped

        call = asyncio.ensure_future(
            asyncio.to_thread(rewrite, text, chosen, self._dialect(), progress)
        )
        try:
            while not call.done():
                await asyncio.wait({call}, timeout=_PROGRESS_S)
                if not call.done():
                    self._working_note = f"{doing}: {done[0]:,} of {done[1]:,}, Esc stops"
                    self._tell_note()
            return call.result()
        finally:
            is_stopped.set()
            call.add_done_callback(_forget)

    def _put(self, found: Rewritten, nothing: str) -> None:
        if found.is_change:
            ranges = tuple(
                Range(found.offset(each.anchor), found.offset(each.caret)) for each in self.ranges
            )
            self.take_step(Step((Change(found.start, found.end, found.new),), ranges[:1]))
        if found.left:
            self.notify(_left_words(found), severity="warning", timeout=8)
        elif not found.is_change:
            self.notify(nothing, timeout=3)


def _left_words(found: Rewritten) -> str:
    """Why statements are left as they are, of the first one."""
    first = found.left[0]
    reason = clip(safe(first.reason), _LONGEST_REASON)
    if found.count == 1:
        return f"Left as it is: {reason}"
    return f"{len(found.left)} of {found.count} statements are left as they are. Line {first.line}: {reason}"


def _forget(call: asyncio.Future[Rewritten | None]) -> None:
    """Fetch the exception of work that nobody waits for, so that asyncio does not report it."""
    if not call.cancelled():
        call.exception()
