"""Between tabs and what is kept: statements of the history, and saved queries."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from tusk.core.errors import TuskError
from tusk.core.statement import Statement
from tusk.services.history import HistoryEntry, connection_of
from tusk.services.saved import SavedFile, SavedParameter, SavedQuery, open_saved
from tusk.tui.parameter_values import names_in
from tusk.tui.query_saving import change_query
from tusk.tui.screens.history import HistoryScreen
from tusk.tui.screens.save_query import SaveQueryScreen
from tusk.tui.screens.saved import SavedScreen
from tusk.tui.tab_title import is_numbered

if TYPE_CHECKING:
    from tusk.tui.connection_book import ConnectionBook, Entry
    from tusk.tui.screens.query import QueryScreen
    from tusk.tui.widgets.document_pane import DocumentPane


class KeptStatements:
    """Opens statements from the history and saved queries, and saves tabs as such.

    Its methods ask what they must know; they are called from workers.

    Args:
        screen: The query screen, which has the tabs.
        book: The app's connections.
    """

    def __init__(self, screen: QueryScreen, book: ConnectionBook) -> None:
        self._screen = screen
        self._book = book

    async def from_history(self) -> None:
        """Show the history; load what is chosen there, or run it again where it ran.

        Raises:
            TuskError: The connection of what should run again cannot be found any more.
        """
        choice = await self._screen.app.push_screen_wait(HistoryScreen())
        if choice is None:
            return
        entry = choice.entry
        runs = choice.what == "run" and not self._tell_what_is_missing(entry)
        place = await self._place_of(entry, is_needed=runs)
        pane = await self._screen.open_text(entry.text, place)
        pane.parameters.recall(entry.parameters)
        if runs:
            pane.run_all()

    def _tell_what_is_missing(self, entry: HistoryEntry) -> bool:
        """Say why an entry is not what was run, if it is not."""
        if entry.is_masked:
            words = "Its secrets were masked: fill them in, then run it (F5)."
        elif entry.is_cut:
            words = "Only the beginning of this long statement was kept."
        else:
            return False
        self._screen.notify(words, severity="warning", timeout=10)
        return True

    async def _place_of(self, entry: HistoryEntry, *, is_needed: bool) -> Entry | None:
        """The connection that a statement ran on; None when it is not there any more.

        Raises:
            TuskError: It is not there, and is needed.
        """
        for known in self._book.entries:
            if known.engine == entry.engine and entry.connection in _names(known):
                return known
        try:
            return await self._book.add(await asyncio.to_thread(connection_of, entry))
        except TuskError as exc:
            if is_needed:
                raise
            self._screen.notify(
                f"{entry.connection} cannot be found: {exc.message}. The statement was loaded for "
                "the connection of the tab.",
                severity="warning",
            )
            return None

    # ── saved queries ────────────────────────────────────────────────────────────────────

    async def from_saved(self) -> None:
        """Show the saved queries; load what is chosen there, or run it."""
        choice = await self._screen.app.push_screen_wait(SavedScreen())
        if choice is None:
            return
        query = choice.file.query
        place = await self._place_named(query.connection) if query.connection else None
        pane = await self._screen.open_text(query.sql, place, title=choice.file.name)
        pane.saved = choice.file
        pane.parameters.declare(query.parameters)
        if choice.what == "run":
            pane.run_all()

    async def _place_named(self, name: str) -> Entry | None:
        try:
            return await self._book.add(name)
        except TuskError as exc:
            self._screen.notify(
                f"It runs on {name}, which cannot be found: {exc.message}", severity="warning"
            )
            return None

    async def save(self, pane: DocumentPane) -> None:
        """Save the selection under a name; the whole tab where it came from, else under a name.

        Raises:
            TuskError: It cannot be saved.
        """
        selected = pane.editor.selected_text
        sql = selected or pane.editor.text
        if not sql.strip():
            self._screen.notify("There is nothing to save in this tab.", severity="warning")
            return
        file = None if selected else pane.saved
        if file is not None and not await asyncio.to_thread(open_saved().has, file.name):
            file = None  # removed, or moved by somebody
        if file is None:
            written = await self._save_as(pane, sql)
        elif file.query.sql == sql:
            written = await self._edit(file)
        else:
            written = await change_query(self._screen.app, file, replace(file.query, sql=sql))
        if written is None:
            return
        if not selected:
            pane.saved = written
            pane.retitle(written.name)
        self._screen.notify(f"Saved {written.name}.")

    async def _save_as(self, pane: DocumentPane, sql: str) -> SavedFile | None:
        profile = pane.entry.profile if pane.entry is not None else None
        query = SavedQuery(
            sql,
            connection=profile.name if profile is not None else "",
            parameters=_declared(pane, sql),
        )
        name = "" if is_numbered(pane.title) else pane.title
        form = SaveQueryScreen(query, name, folders=await _folders())
        return await self._screen.app.push_screen_wait(form)

    async def _edit(self, file: SavedFile) -> SavedFile | None:
        """Nothing of the SQL has changed: what is known of it may."""
        form = SaveQueryScreen(file.query, file.name, file=file, folders=await _folders())
        return await self._screen.app.push_screen_wait(form)


async def _folders() -> list[str]:
    return await asyncio.to_thread(open_saved().folders)


def _declared(pane: DocumentPane, sql: str) -> tuple[SavedParameter, ...]:
    """Parameters with the types that were chosen in the tab; no values, which may be secrets."""
    names = names_in([Statement(sql)], pane.dialect)
    return tuple(
        SavedParameter(each.name, each.type, description=each.description)
        for each in pane.parameters.of(names)
        if each.type
    )


def _names(known: Entry) -> set[str]:
    """What a connection is called in the history: the name of where it leads."""
    names = {known.reference, known.profile.name if known.profile else ""}
    if known.target is not None:
        names.add(known.target.name)
    if known.connection is not None:
        names.add(known.connection.name)
    return (names | {known.label}) - {""}
