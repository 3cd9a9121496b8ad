"""`PathInput`: a line for a path, which Tab completes as in a shell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from tusk.tui.path_completion import Completion, complete_path

if TYPE_CHECKING:
    from collections.abc import Sequence


class PathInput(Input):
    """Completes with Tab; where there is nothing to complete, Tab goes to the next field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "complete", "Complete", show=False, id="path.complete",
            tooltip="Complete the path; where nothing is missing, go to the next field",
        ),
    ]  # fmt: skip

    @dataclass
    class Completed(Message):
        """Tab was pressed: these names may follow, none when all is certain."""

        field: PathInput
        names: Sequence[str]

        @property
        def control(self) -> PathInput:
            return self.field

    _shown_for: str | None = None

    @work(exclusive=True, group="complete")
    async def action_complete(self) -> None:
        before, after = self.value[: self.cursor_position], self.value[self.cursor_position :]
        found = await asyncio.to_thread(complete_path, before)
        if self.value != before + after:
            return  # typed on meanwhile
        self._take(found, before, after)

    def _take(self, found: Completion, before: str, after: str) -> None:
        if found.text != before:
            self.value = found.text + after
            self.cursor_position = len(found.text)
        elif found.is_whole or self._shown_for == before:
            self._shown_for = None
            self.post_message(self.Completed(self, ()))
            self.screen.focus_next()
            return
        self._shown_for = found.text
        self.post_message(self.Completed(self, () if found.is_whole else found.names))
