"""One line of input at the bottom of the screen, with the grid in view above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Input, Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult


class GridPrompt(ModalScreen[str | None]):
    """Asks for a line of text; None when it was left with Escape.

    Args:
        label: What is asked for.
        text: What is in the line at first.
        kind: Of the input: `text` or `integer`.
        changed: Called with the text as it is typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "cancel", "Cancel", tooltip="Leave without a change", id="grid.prompt-cancel"
        )
    ]
    DEFAULT_CSS = """
    GridPrompt {
        align: left bottom;
        background: transparent;
        & > Horizontal {
            height: 1;
            background: $panel;
        }
        & Label {
            padding: 0 1;
            color: $accent;
            text-style: bold;
        }
        & Input {
            width: 1fr;
        }
    }
    """

    def __init__(
        self,
        label: str,
        text: str = "",
        *,
        kind: str = "text",
        changed: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._label = label
        self._text = text
        self._kind = kind
        self._changed = changed

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(self._label, markup=False)
            yield Input(
                self._text, compact=True, type="integer" if self._kind == "integer" else "text"
            )

    @on(Input.Changed)
    def _tell(self, event: Input.Changed) -> None:
        if self._changed is not None:
            self._changed(event.value)

    @on(Input.Submitted)
    def _answer(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_cancel(self) -> None:
        self.dismiss(None)
