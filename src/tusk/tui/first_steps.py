"""From nothing to rows: what a new user can begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.core.errors import UsageError
from tusk.services.demo import FIRST_QUERY
from tusk.services.sql_files import SUFFIX, typed_path
from tusk.tui.connection_book import DEMO
from tusk.tui.screens.prompt import PromptScreen
from tusk.tui.widgets.empty_results import FirstStep

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tusk.tui.connection_book import ConnectionBook
    from tusk.tui.screens.query import QueryScreen


_HAD_THEM = "query.had_first_steps"


class FirstSteps:
    """Offers first steps in an empty tab, and takes them.

    Args:
        screen: The query screen.
        book: The app's connections.
        remembered: From the workspace.
    """

    def __init__(
        self, screen: QueryScreen, book: ConnectionBook, remembered: Mapping[str, str]
    ) -> None:
        self._screen = screen
        self._book = book
        self._has_had_them = _HAD_THEM in remembered
        self._is_taking = False

    def to_values(self) -> dict[str, str]:
        """What the workspace shall remember."""
        return {_HAD_THEM: "yes"} if self._has_had_them else {}

    # ── offering ─────────────────────────────────────────────────────────────────────────

    @property
    def are_needed(self) -> bool:
        """Whether the user has nothing to come back to, and was never seen to begin."""
        has_text = any(tab.text.strip() or tab.file for tab in self._screen.documents.snapshot())
        has_stored = any(entry.profile is not None for entry in self._book.entries)
        return not (self._has_had_them or has_text or has_stored)

    def offer(self) -> None:
        """Offer them in the tab in front, if that is empty."""
        pane = self._screen.pane
        if pane is not None and pane.is_blank:
            pane.results.offer_first_steps()
            self._screen.action_focus_editor()

    async def offer_anywhere(self) -> None:
        """Offer them, in a new tab where there is something in the one in front."""
        pane = self._screen.pane
        if pane is None or not pane.is_blank or pane.results.results:
            await self._screen.action_new_tab()
        self.offer()

    def ended(self) -> None:
        """Its user has begun, or does not want to be asked."""
        self._has_had_them = True

    # ── taking ───────────────────────────────────────────────────────────────────────────

    async def take(self, step: FirstStep) -> None:
        """Begin with this; called from a worker, since it asks what it must know.

        Raises:
            TuskError: It leads nowhere.
        """
        if self._is_taking:  # Enter twice does it once
            return
        self._is_taking = True
        try:
            await self._flows[step]()
        finally:
            self._is_taking = False

    @property
    def _flows(self) -> Mapping[FirstStep, Callable[[], Awaitable[None]]]:
        return {
            FirstStep.SAMPLE: self._try_sample,
            FirstStep.FILE: self._open_file,
            FirstStep.CONNECT: self._screen.add_connection,
            FirstStep.IMPORT: self._import,
        }

    async def _try_sample(self) -> None:
        """Open the sample data, and run a query on it that is worth changing."""
        pane = await self._screen.open_text(FIRST_QUERY, await self._book.add(DEMO))
        pane.editor.place_caret(0)
        pane.run_at_caret()

    async def _open_file(self) -> None:
        """Ask for a file; show the first rows in it, or its text if it is SQL."""

        async def take(text: str) -> None:
            path = typed_path(text)
            if not path.exists():
                raise UsageError("there is no such file")
            if path.suffix.lower() == SUFFIX:
                await self._screen.open_files([path], None)
            else:
                entry = await self._book.add(str(path))
                await self._screen.open_target(entry, is_asked=True)

        await self._screen.app.push_screen_wait(
            PromptScreen(
                "Open a file",
                take,
                note="CSV, Parquet, JSON, Excel, SQLite, DuckDB, SQL, or a folder. Tab completes.",
                is_path=True,
            )
        )

    async def _import(self) -> None:
        """Import connections, and go to the list of them."""
        await self._screen.import_connections()
        pane = self._screen.pane
        if pane is not None and any(entry.profile for entry in self._book.entries):
            pane.results.empty.end()
            self._screen.action_explorer()
