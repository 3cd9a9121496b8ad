"""Asks for a line, does what it is for, and stays with the error when that fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Static

from tusk.core.text import safe
from tusk.tui.defects import as_tusk_error
from tusk.tui.widgets.path_input import PathInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


class PromptScreen(ModalScreen[bool]):
    """One line; True when it was given and taken, False for Escape.

    Args:
        title: What is asked for.
        text: What the line begins with.
        note: Said below it.
        act: Does what the text is for; an error keeps the question open.
        suggestions: What Right completes the text to.
        is_path: Whether it is a path, which Tab completes.
    """

    CSS_PATH = ["dialogs.tcss", "prompt.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Back", id="dialog.cancel", tooltip="Change nothing"),
    ]

    def __init__(
        self,
        title: str,
        act: Callable[[str], Awaitable[object]],
        *,
        text: str = "",
        note: str = "",
        suggestions: Sequence[str] = (),
        is_path: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._act = act
        self._note = note
        self._is_acting = False
        suggester = SuggestFromList(suggestions) if suggestions else None
        kind = PathInput if is_path else Input
        self._field = kind(text, compact=True, suggester=suggester, select_on_focus=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(safe(self._title), classes="dialog-title", markup=False)
            yield self._field
            yield Static(safe(self._note), id="prompt-note", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Enter OK", id="take", variant="primary", compact=True)
                yield Button("Esc Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self._field.focus()

    def _say(self, text: str, *, is_error: bool = False) -> None:
        note = self.query_one("#prompt-note", Static)
        note.set_class(is_error, "-error")
        note.update(Content(safe(text, keep_lines=True)))

    @on(PathInput.Completed)
    def _completed(self, event: PathInput.Completed) -> None:
        event.stop()
        self._say("  ".join(event.names) or self._note)

    @on(Input.Submitted)
    @on(Button.Pressed, "#take")
    def _submitted(self) -> None:
        if not self._is_acting:  # Enter twice does it once
            self._take()

    @work(group="act")
    async def _take(self) -> None:
        self._is_acting = True
        try:
            await self._act(self._field.value.strip())
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            error = as_tusk_error(exc)
            self._say("\n".join(filter(None, [f"✗ {error.message}", error.hint])), is_error=True)
        else:
            self.dismiss(True)
        finally:
            self._is_acting = False

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(False)
