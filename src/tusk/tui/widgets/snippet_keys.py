"""Tab in the editor: writes snippets, and goes through their stops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tusk.tui.editing.carets import word_at
from tusk.tui.editing.change import Change, Step
from tusk.tui.editing.lines import indentation
from tusk.tui.editing.options import snippets_of
from tusk.tui.editing.snippets import Session, expand

if TYPE_CHECKING:
    from tusk.services.snippets import Snippet
    from tusk.tui.editing.change import Range
    from tusk.tui.widgets.editing_area import EditingArea


class SnippetKeys:
    """The snippet that is being filled in, if any.

    Args:
        area: The editor.
    """

    def __init__(self, area: EditingArea) -> None:
        self._area = area
        self._session: Session | None = None

    @property
    def is_active(self) -> bool:
        """Whether Tab goes to another stop."""
        session = self._session
        if session is not None and not session.covers(self._area.ranges[0].caret):
            self.leave()
        return self._session is not None

    def leave(self) -> None:
        """Fill in no more."""
        self._session = None

    def follow(self, changes: Iterable[Change]) -> None:
        """Keep the stops where they belong while the text changes."""
        if self._session is not None:
            self._session.follow(changes)

    def go(self, step: int) -> bool:
        """Go to another stop, if a snippet is being filled in."""
        if not self.is_active or self._session is None:
            return False
        self._session.go(step)
        self._show(self._session)
        return True

    def _show(self, session: Session) -> None:
        if session.is_done:
            self.leave()
        self._area.set_ranges(session.ranges)

    def write(self) -> bool:
        """Replace the word before the caret by the snippet of that name, if there is one."""
        area = self._area
        place = area.ranges[0]
        text = area.flat_text
        word = word_at(text, place.caret)
        if area.has_many_carets or not place.is_empty or word.end != place.caret:
            return False
        snippet = snippets_of(area.app).get(text[word.start : word.end])
        if snippet is None or text[word.start - 1 : word.start] == ".":
            return False
        self._begin(snippet, word)
        return True

    def insert(self, snippet: Snippet) -> None:
        """Write a snippet at the main caret, in place of what is selected."""
        area = self._area
        area.drop_carets()
        place = area.ranges[0]
        if area.vim is not None:
            area.vim.begin_insert()
        self._begin(snippet, place)

    def _begin(self, snippet: Snippet, place: Range) -> None:
        expansion = expand(snippet.body, indentation(self._area.flat_text, place.start))
        session = Session(place.start, expansion)
        change = Change(place.start, place.end, expansion.text)
        self._area.take_step(Step((change,), session.ranges))
        self._session = session
        self._show(session)
