"""The editor tabs: which there are, which is in front, and how they are saved."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import ContentSwitcher

from tusk.core.text import clip
from tusk.services.workspace import Tab
from tusk.tui.labels import colour_mark
from tusk.tui.path_completion import shown_path
from tusk.tui.run_status import Phase
from tusk.tui.tab_title import distinct_titles
from tusk.tui.widgets.document_pane import DocumentPane
from tusk.tui.widgets.tab_strip import TabLabel, TabStrip

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.services.queries import RunOptions
    from tusk.tui.connection_book import ConnectionBook

# Tabs that were closed and can be brought back.
_KEPT_CLOSED = 20
# The tab says in short which connection's mark it has.
_MARK_WIDTH = 12
_SIGNS = {Phase.FAILED: "✗", Phase.PAUSED: "…"}


class DocumentArea(Vertical):
    """Holds the tabs. A pane is made when its tab first comes to the front.

    Args:
        book: The app's connections.
        options: Makes the options of a run, from the settings.
    """

    @dataclass
    class ActiveChanged(Message):
        """Another tab is in front."""

        pane: DocumentPane

    @dataclass
    class TabsChanged(Message):
        """Tabs were opened, closed or moved, which should be saved soon."""

    @dataclass
    class CloseRequested(Message):
        """A tab should be closed, perhaps after a question."""

        tab_id: str

    def __init__(
        self,
        book: ConnectionBook,
        options: Callable[[], RunOptions],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._book = book
        self._options = options
        # Tabs that have not been in front yet, as they were loaded; by id, in order.
        self._tabs: dict[str, Tab] = {}
        self._panes: dict[str, DocumentPane] = {}
        # With the places they had.
        self._closed_tabs: deque[tuple[int, Tab]] = deque(maxlen=_KEPT_CLOSED)
        self._strip = TabStrip(id="document-tabs")
        self._switcher = ContentSwitcher(id="documents")

    def compose(self) -> ComposeResult:
        yield self._strip
        yield self._switcher

    @property
    def active(self) -> DocumentPane | None:
        """The pane in front."""
        return self._panes.get(self._active_id)

    @property
    def _active_id(self) -> str:
        return (self._switcher.current or "").removeprefix("document-")

    @property
    def panes(self) -> list[DocumentPane]:
        """Panes of tabs that have been in front."""
        return list(self._panes.values())

    @property
    def count(self) -> int:
        """Number of tabs."""
        return len(self._tabs)

    def snapshot(self) -> list[Tab]:
        """All tabs as they are now, in order."""
        return [
            self._panes[tab.id].snapshot(is_active=tab.id == self._active_id)
            if tab.id in self._panes
            else tab
            for tab in self._tabs.values()
        ]

    # ── opening and closing ──────────────────────────────────────────────────────────────

    async def load(self, tabs: Sequence[Tab]) -> None:
        """Begin with these tabs, the active one in front; with a new one if there are none."""
        self._tabs = {tab.id: tab for tab in tabs}
        active = next((tab.id for tab in tabs if tab.is_active), None)
        if active is None:
            await self.open(tabs[0].connection if tabs else "")
        else:
            await self.activate(active)

    async def open(self, connection: str, text: str = "", *, title: str = "") -> DocumentPane:
        """Open a tab in front; without a title it gets a number."""
        tab = Tab(uuid.uuid4().hex, title or self._free_title(), text, len(text), connection)
        self._tabs[tab.id] = tab
        return await self.activate(tab.id)

    def _free_title(self) -> str:
        files = self._files()
        taken = {tab.title for tab in self._tabs.values() if tab.id not in files}
        titles = (f"Query {number}" for number in range(1, len(taken) + 2))
        return next(title for title in titles if title not in taken)

    async def activate(self, tab_id: str) -> DocumentPane:
        """Bring a tab to the front."""
        if tab_id not in self._panes:
            pane = DocumentPane(self._tabs[tab_id], self._book, self._options)
            self._panes[tab_id] = pane
            await self._switcher.mount(pane)
        self._switcher.current = f"document-{tab_id}"
        self.show_tabs()
        self.post_message(self.ActiveChanged(self._panes[tab_id]))
        self.post_message(self.TabsChanged())
        return self._panes[tab_id]

    async def close(self, tab_id: str) -> None:
        """Close a tab; what it runs is cancelled. The last one leaves an empty tab."""
        ids = list(self._tabs)
        place = ids.index(tab_id)
        closed = self.snapshot()[place]
        if closed.text.strip() or closed.file is not None:
            self._closed_tabs.append((place, closed))
        connection = self._tabs[tab_id].connection
        if (pane := self._panes.get(tab_id)) is not None and pane.entry is not None:
            connection = pane.entry.reference
        del self._tabs[tab_id]
        rest = [other for other in ids if other != tab_id]
        if tab_id == self._active_id:
            if rest:
                await self.activate(rest[min(place, len(rest) - 1)])
            else:
                await self.open(connection)
        if (pane := self._panes.pop(tab_id, None)) is not None:
            await pane.remove()
        self.show_tabs()
        self.post_message(self.TabsChanged())

    async def reopen(self) -> DocumentPane | None:
        """Bring the tab back that was closed last, where it was; None if there is none."""
        if not self._closed_tabs:
            return None
        place, tab = self._closed_tabs.pop()
        # A new id: the pane of the old one may still be on its way out.
        tab = replace(tab, id=uuid.uuid4().hex)
        tabs = list(self._tabs.values())
        tabs.insert(place, tab)
        self._tabs = {each.id: each for each in tabs}
        return await self.activate(tab.id)

    def move(self, step: int) -> None:
        """Move the tab in front to the right, or to the left; at the ends it stays."""
        tabs = list(self._tabs.values())
        at = list(self._tabs).index(self._active_id)
        to = max(0, min(len(tabs) - 1, at + step))
        if to != at:
            tabs.insert(to, tabs.pop(at))
            self._tabs = {each.id: each for each in tabs}
            self.show_tabs()
            self.post_message(self.TabsChanged())

    def find(self, reference: str, *, text: str | None = None) -> str | None:
        """Id of a tab that runs on a connection; the active one if it does.

        Args:
            reference: The connection's.
            text: What the tab must hold, if that matters.
        """
        wanted = None if text is None else text.strip()
        tabs = sorted(self.snapshot(), key=lambda tab: not tab.is_active)
        return next(
            (
                tab.id
                for tab in tabs
                if tab.connection == reference and wanted in (None, tab.text.strip())
            ),
            None,
        )

    def neighbour(self, step: int) -> str:
        """Id of the tab beside the active one."""
        return self._strip.neighbour(step)

    def show_tabs(self) -> None:
        """Draw the titles and states anew."""
        files = self._files()
        titles = distinct_titles(files)
        labels = [
            self._label(tab, titles.get(tab.id, ""), files.get(tab.id))
            for tab in self._tabs.values()
        ]
        self._strip.show(labels, self._active_id)

    def _label(self, tab: Tab, file_title: str, file: Path | None) -> TabLabel:
        pane = self._panes.get(tab.id)
        entry = pane.entry if pane is not None else self._book.entry(tab.connection)
        mark = colour_mark(entry.profile) if entry is not None else None
        return TabLabel(
            tab.id,
            file_title or self._title(tab),
            note=clip(mark.word, _MARK_WIDTH) if mark else "",
            sign=_sign(pane),
            style=mark.style if mark else "",
            is_modified=self._is_modified(tab),
            place=shown_path(file) if file is not None else "",
        )

    def _shown_pane(self, tab: Tab) -> DocumentPane | None:
        pane = self._panes.get(tab.id)
        return pane if pane is not None and pane.is_mounted else None

    def _title(self, tab: Tab) -> str:
        pane = self._shown_pane(tab)
        return tab.title if pane is None else pane.title

    def _is_modified(self, tab: Tab) -> bool:
        pane = self._shown_pane(tab)
        if pane is not None:
            return pane.is_modified
        return tab.file is not None and tab.file.is_modified

    def _files(self) -> dict[str, Path]:
        """The files of the tabs that have one, by the tabs' ids."""
        found: dict[str, Path] = {}
        for tab in self._tabs.values():
            pane = self._panes.get(tab.id)
            if pane is not None and pane.file is not None:
                found[tab.id] = pane.file.path
            elif pane is None and tab.file is not None:
                found[tab.id] = Path(tab.file.path)
        return found

    @on(TabStrip.Chosen, "#document-tabs")
    async def _tab_chosen(self, event: TabStrip.Chosen) -> None:
        event.stop()
        await self.activate(event.tab_id)

    @on(TabStrip.CloseRequested, "#document-tabs")
    def _close_requested(self, event: TabStrip.CloseRequested) -> None:
        event.stop()
        self.post_message(self.CloseRequested(event.tab_id))


def _sign(pane: DocumentPane | None) -> str:
    if pane is None:
        return ""
    return "◐" if pane.is_running else _SIGNS.get(pane.status.phase, "")
