"""Asks for a password that is kept nowhere yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tusk.core.text import safe
from tusk.tui.widgets.tick_box import TickBox

if TYPE_CHECKING:
    from textual.app import ComposeResult


@dataclass(frozen=True, slots=True)
class PasswordAnswer:
    """What was typed. `is_kept`: store it for the next time."""

    password: str
    is_kept: bool


class PasswordScreen(ModalScreen[PasswordAnswer | None]):
    """Asks for the password of a connection.

    Args:
        label: The connection's name.
        reason: What the server said.
        can_keep: Whether there is a stored connection to keep it for.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss(None)", "Back", id="dialog.cancel", tooltip="Leave without an answer"
        ),
    ]

    def __init__(self, label: str, reason: str, *, can_keep: bool) -> None:
        super().__init__()
        self._label = label
        self._reason = reason
        self._can_keep = can_keep

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(f"Password for {safe(self._label)}", classes="dialog-title", markup=False)
            yield Static(safe(self._reason, keep_lines=True), classes="dialog-note", markup=False)
            yield Input(password=True, id="password", compact=True)
            if self._can_keep:
                yield TickBox("Keep it for the next time", id="keep", compact=True)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Connect", id="connect", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self.query_one("#password").focus()

    @on(Input.Submitted, "#password")
    @on(Button.Pressed, "#connect")
    def _connect(self) -> None:
        keep = self._can_keep and self.query_one("#keep", TickBox).value
        self.dismiss(PasswordAnswer(self.query_one("#password", Input).value, keep))

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)
