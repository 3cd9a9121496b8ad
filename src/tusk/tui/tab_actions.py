"""What is done with editor tabs by asking: renaming, and bringing closed ones back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.core.errors import UsageError
from tusk.tui.screens.prompt import PromptScreen

if TYPE_CHECKING:
    from textual.app import App

    from tusk.tui.widgets.document_area import DocumentArea

_LONGEST_TITLE = 200
_RENAME_NOTE = "A comment on the first line is the tab's title: it is changed, too."


class TabActions:
    """Flows over the tabs of a screen.

    Args:
        app: Shows questions.
        documents: The tabs.
    """

    def __init__(self, app: App[None], documents: DocumentArea) -> None:
        self._app = app
        self._documents = documents

    async def rename(self) -> None:
        """Ask for another title of the tab in front."""
        pane = self._documents.active
        if pane is None:
            return

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

    async def reopen(self) -> None:
        """Bring the tab back that was closed last."""
        if await self._documents.reopen() is None:
            self._app.notify("No tab was closed since tusk started.", timeout=3)
