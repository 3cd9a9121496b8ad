"""The transaction menu: one letter to begin, commit or roll back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tusk.core.text import safe
from tusk.services.connections import ConnectionState

if TYPE_CHECKING:
    from textual.app import ComposeResult

_OPEN = {ConnectionState.IN_TRANSACTION, ConnectionState.FAILED_TRANSACTION}


class TransactionScreen(ModalScreen[str]):
    """Offers what the state allows; returns `begin`, `commit`, `rollback` or an empty text.

    Args:
        label: The connection's name.
        state: Its state.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss('')", "Back", id="dialog.cancel", tooltip="Change nothing"),
        Binding(
            "b", "choose('begin')", "Begin", id="transaction.begin",
            tooltip="Open a transaction: nothing is final until commit",
        ),
        Binding(
            "c", "choose('commit')", "Commit", id="transaction.commit",
            tooltip="Make the transaction's changes final",
        ),
        Binding(
            "r", "choose('rollback')", "Roll back", id="transaction.rollback",
            tooltip="Undo the transaction's changes",
        ),
    ]  # fmt: skip

    def __init__(self, label: str, state: ConnectionState) -> None:
        super().__init__()
        self._label = label
        self._state = state
        self._choices = _choices(state)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(
                f"Transaction on {safe(self._label)}", classes="dialog-title", markup=False
            )
            yield Static(_explanation(self._state), classes="dialog-note", markup=False)
            options = [Option(f"{key}  {words}", id=name) for name, key, words in self._choices]
            yield OptionList(*options, markup=False, compact=True)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def action_choose(self, name: str) -> None:
        if any(name == choice[0] for choice in self._choices):
            self.dismiss(name)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id or "")


def _choices(state: ConnectionState) -> list[tuple[str, str, str]]:
    if state is ConnectionState.FAILED_TRANSACTION:
        return [("rollback", "r", "Roll back")]
    if state in _OPEN:
        return [("commit", "c", "Commit"), ("rollback", "r", "Roll back")]
    return [("begin", "b", "Begin a transaction")]


def _explanation(state: ConnectionState) -> str:
    if state is ConnectionState.FAILED_TRANSACTION:
        return "A statement failed: the server takes nothing more until the rollback."
    if state in _OPEN:
        return "A transaction is open: its changes are not final, and others wait for its locks."
    return "No transaction is open: each statement is final by itself."
