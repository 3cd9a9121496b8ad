"""A question with a few answers; the careful one is chosen by Escape and has the focus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tusk.core.text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to answer.

    Args:
        id: What the screen returns.
        label: What its button says; the first letter that is free becomes its key.
        is_dangerous: Drawn as a warning.
    """

    id: str
    label: str
    is_dangerous: bool = False


class ConfirmScreen(ModalScreen[str]):
    """Asks; returns the id of the chosen answer, or an empty text for Escape.

    Args:
        question: The question, one line.
        details: What would happen; any text, made safe here.
        answers: In order; the last one is the careful one and has the focus.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss('')", "Back", id="dialog.cancel", tooltip="Leave without an answer"
        ),
        Binding(
            "left,up", "app.focus_previous", "Previous", show=False, id="dialog.previous",
            tooltip="Go to the previous answer",
        ),
        Binding(
            "right,down", "app.focus_next", "Next", show=False, id="dialog.next",
            tooltip="Go to the next answer",
        ),
    ]  # fmt: skip

    def __init__(self, question: str, details: str, answers: Sequence[Answer]) -> None:
        super().__init__()
        self._question = question
        self._details = details
        self._answers = answers

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(safe(self._question), classes="dialog-title", markup=False)
            if self._details:
                yield Static(safe(self._details, keep_lines=True), markup=False)
            with Horizontal(classes="dialog-buttons"):
                for answer in self._answers:
                    yield Button(
                        f"{answer.label}",
                        id=answer.id,
                        variant="error" if answer.is_dangerous else "default",
                        compact=True,
                    )

    def on_mount(self) -> None:
        self.query(Button).last().focus()

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id or "")
