"""What the screen for changing rows asks: the SQL before it is run, and texts of several lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from tusk.core.text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

_LONGEST = 100_000


class ChangesPreview(ModalScreen[bool]):
    """The statements that would be run; True to run them.

    Args:
        title: What they are for.
        sql: The statements with their values.
    """

    CSS_PATH = ["dialogs.tcss", "changes.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Back", id="dialog.cancel", tooltip="Run nothing yet"),
        Binding(
            "enter,f5", "dismiss(True)", "Apply", id="changes.confirm",
            tooltip="Run the statements in one transaction",
        ),
    ]  # fmt: skip

    def __init__(self, title: str, sql: str) -> None:
        super().__init__()
        self._title = title
        self._sql = sql

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(safe(self._title), classes="dialog-title", markup=False)
            with VerticalScroll():
                yield Static(safe(self._sql[:_LONGEST], keep_lines=True), markup=False)
            yield Static("Enter applies · Esc goes back", classes="dialog-note", markup=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


class CellTextScreen(ModalScreen[str | None]):
    """A text of several lines to be changed; None to leave it.

    Args:
        title: Whose text.
        text: The text.
    """

    CSS_PATH = ["dialogs.tcss", "changes.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss(None)", "Back", id="dialog.cancel", priority=True,
            tooltip="Leave the text as it is",
        ),
        Binding("f5", "take", "Take", id="changes.take", tooltip="Take the text", priority=True),
    ]  # fmt: skip

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(safe(self._title), classes="dialog-title", markup=False)
            yield TextArea(self._text, compact=True)
            yield Static("F5 takes it · Esc leaves it", classes="dialog-note", markup=False)

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()

    def action_take(self) -> None:
        self.dismiss(self.query_one(TextArea).text)
