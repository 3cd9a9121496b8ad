"""`ListScreen`: a list with a search above it, and below or beside it what the cursor is on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from tusk.core.text import safe
from tusk.tui.defects import as_tusk_error
from tusk.tui.widgets.key_footer import KeyFooter

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.tui.widgets.lazy_tree import LazyTree
    from tusk.tui.widgets.sql_view import SqlView

T = TypeVar("T")

TYPING_PAUSE_S = 0.08
"""A search waits this long for the next key."""


class ListScreen(Screen[T]):
    """Finds one of many. What is listed, and what becomes of it, is its subclasses' business.

    Their widths from `-wide` on have list and detail side by side.

    Args:
        listing: The list.
        view: Shows the SQL of what the cursor is on.
        placeholder: What the empty search field says.
    """

    def __init__(self, listing: LazyTree[Any], view: SqlView, placeholder: str) -> None:
        super().__init__()
        self._listing = listing
        self._view = view
        self._search = Input(placeholder=placeholder, id="list-search", compact=True)

    def compose(self) -> ComposeResult:
        yield Static("", id="list-title", markup=False)
        yield self._search
        with Vertical(id="list-body"):
            yield self._listing
            yield Static("", id="list-empty", classes="empty-state", markup=False)
            with Vertical(id="list-detail"):
                yield Static("", id="list-facts", markup=False)
                yield self._view
                yield Static("", id="list-error", markup=False)
        yield KeyFooter()

    # ── showing ──────────────────────────────────────────────────────────────────────────

    def show_title(self, words: str) -> None:
        """Say what is listed; any text."""
        self.query_one("#list-title", Static).update(Content(safe(words)))

    def show_detail(self, facts: str, sql: str, error: str = "") -> None:
        """Show what the cursor is on: lines about it, its SQL, what went wrong; any text."""
        self._show_list(is_empty=False)
        self._say("#list-facts", facts)
        self._view.show(sql)
        self._say("#list-error", error)

    def show_empty(self, words: str) -> None:
        """Say why nothing is listed."""
        self._show_list(is_empty=True)
        self._say("#list-empty", words)

    def _show_list(self, *, is_empty: bool) -> None:
        self._listing.display = self.query_one("#list-detail").display = not is_empty
        self.query_one("#list-empty").display = is_empty

    def _say(self, selector: str, text: str) -> None:
        part = self.query_one(selector, Static)
        part.display = bool(text)
        part.update(Content(safe(text, keep_lines=True)))

    def tell_error(self, exc: Exception) -> None:
        """Tell in passing what went wrong."""
        error = as_tusk_error(exc)
        words = f"{error.message}\n{error.hint}" if error.hint else error.message
        self.notify(words, severity="error", timeout=10)

    # ── searching ────────────────────────────────────────────────────────────────────────

    @property
    def sought(self) -> str:
        """What is looked for; empty for everything."""
        return self._search.value.strip()

    def action_search(self) -> None:
        self.set_focus(self._search)

    def action_leave(self) -> None:
        """Leave the search, with its text; then the screen."""
        if self._search.value:
            self._search.value = ""
            self.set_focus(self._listing)
        elif self._search.has_focus:
            self.set_focus(self._listing)
        else:
            self.dismiss(None)

    def action_move_cursor(self, step: int) -> None:
        """Move the list's cursor from the search field."""
        self._listing.action_move(step)

    def action_page(self, step: int) -> None:
        """Move the list's cursor by a page, from the search field."""
        self._listing.action_page(step)
