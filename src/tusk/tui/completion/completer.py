"""Opens the list of completions while somebody types, keeps it right, and takes from it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from textual.geometry import Offset
from textual.widget import Widget

from tusk.core.text import cell_width, safe
from tusk.services.completion import Completions, Snapshot, complete
from tusk.tui.actions import actions_of
from tusk.tui.completion.popup import MARK_WIDTH, CompletionPopup, Offer
from tusk.tui.editing.change import Change, Range, Step
from tusk.tui.keymap import keymap_of

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Region
    from textual.widgets.text_area import Location
    from textual.worker import WorkType

    from tusk.core.dialect import Dialect
    from tusk.services.completion import Completion
    from tusk.services.completion.candidates import Wanted
    from tusk.tui.completion.editor import AssistedEditor
    from tusk.tui.completion.knowledge import Knowledge, KnowledgeBook

_log = logging.getLogger(__name__)

_WORD_BEFORE = re.compile(r"[^\W\d][\w$]*\Z")
_LETTERS_TO_OPEN = 2
# Paths in strings go on with these, for engines that read files.
_PATH_SIGNS = frozenset("/'")
# A key for the list waits so long for the list to be that of the text; then it is the editor's.
_PATIENCE_S = 0.25


@dataclass(frozen=True, slots=True)
class Request:
    """What completion is asked.

    Args:
        text: The script.
        caret: Offset in it.
        place: The caret's row and column.
        wants_items: Whether the list is wanted, and not only the call around the caret.
        is_explicit: Whether somebody asked by a key, who gets an answer in any case.
        is_last: Whether not to ask again when files were read.
    """

    text: str
    caret: int
    place: Location
    wants_items: bool
    is_explicit: bool = False
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """The line with the caret before a key, to see what the key did."""

    text: str
    place: Location
    count: int


class Completer:
    """Completion in one editor. An answer that comes too late is dropped.

    Args:
        editor: Where somebody types.
        popup: Shows what there is.
        book: What is known, of all connections.
        knowledge: What is known of the editor's connection; None while that is closed.
        dialect: Of the editor's text.
    """

    def __init__(
        self,
        editor: AssistedEditor,
        popup: CompletionPopup,
        book: KnowledgeBook,
        knowledge: Callable[[], Knowledge | None],
        dialect: Callable[[], Dialect],
    ) -> None:
        self._editor = editor
        self._popup = popup
        self._book = book
        self._knowledge = knowledge
        self._dialect = dialect
        # What was asked last, what of it is to be answered yet, and whose answer is shown.
        self._asked: Request | None = None
        self._wanted: Request | None = None
        self._shown: Request | None = None
        self._answering: asyncio.Future[None] | None = None
        self._is_typing = False
        # Where the word begins in which the list was closed by a key.
        self._dismissed: Location | None = None
        # Whether somebody wants no list now, not even one that was asked for before.
        self._is_closed = False

    # ── keys ─────────────────────────────────────────────────────────────────────────────

    async def take_key(self, event: events.Key) -> bool:
        """Use a key for the list, if that is open; False leaves it to the editor."""
        if not self._popup.is_open:
            return False
        keys = {
            key: action.call
            for action in actions_of(CompletionPopup, keymap_of(self._editor.app))
            for key in action.keys
        }
        call = keys.get(event.key)
        if call is None:
            return False
        if call == "leave":
            self.dismiss()
            return True
        return self._popup.has_items and await self._use(call, breaks_line=event.key == "enter")

    async def _use(self, call: str, *, breaks_line: bool) -> bool:
        await self._settled()
        if not self._popup.has_items or not self._is_current(self._shown):
            self.close()
            return False
        if call != "take":
            await self._popup.run_action(call)
            return True
        item, request = self._popup.chosen, self._shown
        if item is None or request is None:
            return False
        if breaks_line and request.text[item.start : item.end] == item.insert:
            # Nothing would change: whoever has written it all wants the next line.
            self.close()
            return False
        self.take(item)
        return True

    def expect(self, event: events.Key) -> None:
        """See to what a key writes, once the editor has dealt with it."""
        if event.is_printable and event.character:
            self._is_typing = True
            editor = self._editor
            line = editor.document.get_line(editor.cursor_location[0])
            before = _Line(line, editor.cursor_location, editor.document.line_count)
            editor.call_later(self._typed, event.character, before)

    def _typed(self, character: str, before: _Line) -> None:
        self._is_typing = False
        (row, column), (old_row, old_column) = self._editor.cursor_location, before.place
        line = self._editor.document.get_line(row)
        is_typed = (
            (row, column, len(line)) == (old_row, old_column + 1, len(before.text) + 1)
            and line[old_column:column] == character
            and self._editor.document.line_count == before.count
        )
        if is_typed:
            self._after(character, line[:column])
        else:
            self._follow(keeps_items=False)

    @contextlib.contextmanager
    def deleting(self) -> Generator[None]:
        """While the character before the caret is deleted: the list follows, to the first letter."""
        self._is_typing = True
        yield
        self._is_typing = False
        row, column = self._editor.cursor_location
        line = self._editor.document.get_line(row)[:column]
        self._follow(keeps_items=_WORD_BEFORE.search(line) is not None)

    def _after(self, character: str, line: str) -> None:
        """Open, narrow or close the list after a character was typed."""
        word = _WORD_BEFORE.search(line)
        opens = self._book.opens_by_itself
        knowledge = self._knowledge()
        if word is not None:
            start = (self._editor.cursor_location[0], word.start())
            is_long = len(word.group()) >= _LETTERS_TO_OPEN and opens and start != self._dismissed
            if self._popup.has_items or is_long:
                self.ask()
            return
        self._dismissed = None
        reads_files = knowledge is not None and knowledge.files is not None
        if opens and (character == "." or (character in _PATH_SIGNS and reads_files)):
            self.ask()
        elif opens and character in "(,":
            self.ask(wants_items=False)
        else:
            self._follow(keeps_items=self._popup.has_items and character in "$/.-")

    def caret_moved(self) -> None:
        """The caret or the text changed; by typing, if a key is expected to."""
        if not self._is_typing and self._popup.is_open and not self._is_current(self._asked):
            self._follow(keeps_items=False)

    def scrolled(self) -> None:
        """The text was scrolled away below the list, unless typing has moved both."""
        if not self._is_typing and self._popup.is_open:
            self.close()

    def _follow(self, *, keeps_items: bool) -> None:
        """Keep what is open right where the caret is now, or close it."""
        if not self._popup.is_open:
            self._wanted = None
        elif self._popup.has_items and keeps_items:
            self.ask()
        elif self._popup.offer.call is not None:
            self.ask(wants_items=False)
        else:
            self.close()

    def close(self) -> None:
        """Close the list, and forget what was asked."""
        self._asked = self._wanted = self._shown = None
        self._popup.close()

    def dismiss(self) -> None:
        """Close the list for as long as somebody writes the word at the caret."""
        row, column = self._editor.cursor_location
        word = _WORD_BEFORE.search(self._editor.document.get_line(row)[:column])
        self._dismissed = (row, word.start()) if word is not None else None
        self._is_closed = True
        self.close()

    # ── asking ───────────────────────────────────────────────────────────────────────────

    def ask(self, *, wants_items: bool = True, is_explicit: bool = False) -> None:
        """Ask what can stand at the caret, once the key is on the screen."""
        if is_explicit:
            self._dismissed = None
        self._is_closed = False
        editor = self._editor
        place = editor.cursor_location
        caret = editor.places.offset(place)
        request = Request(editor.flat_text, caret, place, wants_items, is_explicit)
        self._asked = self._wanted = request
        editor.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._wanted is not None and self._answering is None:
            self._answering = asyncio.ensure_future(self._answer())

    async def _settled(self) -> None:
        """Wait, not long, for the answer to what was asked last."""
        self._begin()
        if self._answering is not None:
            await asyncio.wait({self._answering}, timeout=_PATIENCE_S)

    async def _answer(self) -> None:
        """Answer one request after another, always the newest."""
        try:
            while (request := self._wanted) is not None:
                self._wanted = None
                knowledge, dialect = self._knowledge(), self._dialect()
                found = await asyncio.to_thread(self._complete, request, knowledge, dialect)
                if self._is_current(request):
                    self._show(request, found, knowledge)
        except Exception:  # noqa: BLE001 - the boundary of the task
            _log.exception("completion failed")
            self.close()
        finally:
            self._answering = None

    def _complete(
        self, request: Request, knowledge: Knowledge | None, dialect: Dialect
    ) -> Completions:
        """Ask the service. Any thread."""
        snapshot = Snapshot(dialect) if knowledge is None else knowledge.catalog.snapshot
        files = None if knowledge is None else knowledge.files
        return complete(
            request.text, request.caret, snapshot, dialect,
            usage=self._book.usage, files=files, keyword_case=self._book.keyword_case,
        )  # fmt: skip

    def _is_current(self, request: Request | None) -> bool:
        editor = self._editor
        return (
            request is not None
            and editor.is_attached
            and editor.cursor_location == request.place
            and editor.flat_text == request.text
        )

    def _show(self, request: Request, found: Completions, knowledge: Knowledge | None) -> None:
        items = found.items if request.wants_items else ()
        if not request.is_explicit and [item.insert for item in items] == [found.prefix]:
            items = ()  # it is there already
        if knowledge is not None and request.wants_items:
            if found.wanted and not request.is_last:
                self._later("files", partial(self._read_files, request, knowledge, found.wanted))
            if knowledge.is_loading:
                self._later("names", partial(self._ask_when_loaded, request, knowledge))
        offer = Offer(items, found.call, self._note(request, bool(items), knowledge))
        if not offer or not self._editor.has_focus:
            self.close()
            return
        self._shown = request
        self._popup.show(offer, self._anchor(request, items), self._room)

    def _note(self, request: Request, has_items: bool, knowledge: Knowledge | None) -> str:
        if not request.wants_items or not (has_items or request.is_explicit):
            return ""
        if knowledge is None:
            return "Not connected: keywords and words of the text only."
        if knowledge.is_loading and not knowledge.is_loaded:
            return "The catalogue is being read: more names follow."
        if knowledge.error is not None:
            return f"No names of the catalogue: {knowledge.error.message}"
        return "" if has_items else "Nothing is known that could stand here."

    def _anchor(self, request: Request, items: Sequence[Completion]) -> Offset:
        """The cell where the word at the caret begins; names are shown right below it."""
        caret = self._editor.cursor_screen_offset
        if not items:
            return caret
        row, column = request.place
        typed = self._editor.document.get_line(row)[:column][items[0].start - request.caret :]
        width = cell_width(safe(typed, keep_length=True)) if items[0].start < request.caret else 0
        return caret - Offset(width + MARK_WIDTH, 0)

    @property
    def _room(self) -> Region:
        """The pane with the editor, which the list must not leave."""
        pane = self._popup.parent
        return pane.region if isinstance(pane, Widget) else self._editor.region

    # ── what comes later ─────────────────────────────────────────────────────────────────

    def _later(self, what: str, work: WorkType[None]) -> None:
        self._editor.run_worker(
            work, group=f"completion.{what}", exclusive=True, exit_on_error=False
        )

    async def _read_files(
        self, request: Request, knowledge: Knowledge, wanted: Sequence[Wanted]
    ) -> None:
        await knowledge.fetch(wanted)
        self._ask_again(replace(request, is_last=True))

    async def _ask_when_loaded(self, request: Request, knowledge: Knowledge) -> None:
        await knowledge.loaded()
        self._ask_again(request)

    def _ask_again(self, request: Request) -> None:
        """Ask the same with more knowledge, unless something else was asked or the list closed."""
        if self._is_current(request) and self._wanted is None and not self._is_closed:
            self._wanted = request
            self._begin()

    # ── taking ───────────────────────────────────────────────────────────────────────────

    def take(self, item: Completion) -> None:
        """Put an item into the text in place of the word at the caret, as one step to undo."""
        self.close()
        after = Range.at(item.start + item.caret)
        self._editor.take_step(Step((Change(item.start, item.end, item.insert),), (after,)))
        self._book.usage.record(item.usage)
        head = item.insert[: item.caret]
        if head.endswith((".", "/")):
            self.ask()
        elif head.endswith("("):
            self.ask(wants_items=False)
