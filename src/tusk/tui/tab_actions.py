"""What is done with editor tabs by asking: renaming, closing, and bringing closed ones back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.core.errors import UsageError
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.screens.prompt import PromptScreen

if TYPE_CHECKING:
    from textual.app import App

    from tusk.services.workspace import Tab
    from tusk.tui.files import Files
    from tusk.tui.widgets.document_area import DocumentArea

_LONGEST_TITLE = 200
_RENAME_NOTE = "A comment on the first line is the tab's title: it is changed, too."


class TabActions:
    """Flows over the tabs of a screen.

    Args:
        app: Shows questions.
        documents: The tabs.
        files: Those behind tabs.
    """

    def __init__(self, app: App[None], documents: DocumentArea, files: Files) -> None:
        self._app = app
        self._documents = documents
        self._files = files

    async def rename(self) -> None:
        """Ask for another title of the tab in front.

        Raises:
            UsageError: It has a file, which says the title.
        """
        pane = self._documents.active
        if pane is None:
            return
        if pane.file is not None:
            raise UsageError(
                f"the tab is called what its file is called, {pane.file.name}",
                hint="Alt+Shift+S saves it to another file",
            )

        async def take(title: str) -> None:
            if not title:
                raise UsageError("a tab needs a title", hint="Esc keeps the one it has")
            if len(title) > _LONGEST_TITLE:
                raise UsageError(f"a title has at most {_LONGEST_TITLE} characters")
            pane.rename(title)

        note = _RENAME_NOTE if pane.has_title_comment else ""
        await self._app.push_screen_wait(
            PromptScreen("Rename the tab", take, text=pane.title, note=note)
        )

    async def close(self, tab_id: str) -> bool:
        """Close a tab, asking first where something would be lost; whether it was closed.

        Leaving tusk asks nothing of the kind: the workspace keeps tabs and texts.

        Raises:
            StorageError: It shall be saved before, and cannot be.
        """
        tab = next((tab for tab in self._documents.snapshot() if tab.id == tab_id), None)
        if tab is None:
            return False
        if tab.file is not None:
            may_close = await self._files.may_close(tab)
        else:
            may_close = not tab.text.strip() or await self._may_lose(tab)
        if may_close:
            await self._documents.close(tab_id)
        return may_close

    async def _may_lose(self, tab: Tab) -> bool:
        question = ConfirmScreen(
            f"Close {tab.title}?",
            "Its text is deleted. Alt+Shift+T brings it back, until tusk ends.",
            [Answer("close", "Close", is_dangerous=True), Answer("keep", "Keep")],
        )
        return await self._app.push_screen_wait(question) == "close"

    async def reopen(self) -> None:
        """Bring the tab back that was closed last."""
        if await self._documents.reopen() is None:
            self._app.notify("No tab was closed since tusk started.", timeout=3)
