"""How a tab's text differs from that in its file, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tusk.core.text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

_MOST_LINES = 2_000
_STYLES = {"+": "$text-success", "-": "$text-error", "@": "$text-muted"}


class FileDifferenceScreen(ModalScreen[None]):
    """Shows a difference until it is closed.

    Args:
        name: Of the file.
        lines: Of the difference: the file's with `-`, the tab's with `+`.
    """

    CSS_PATH = ["dialogs.tcss", "file_difference.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q", "dismiss(None)", "Back", id="difference.close",
            tooltip="Go back to the question",
        ),
    ]  # fmt: skip

    def __init__(self, name: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._file_name = name
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog difference"):
            yield Static(
                safe(f"{self._file_name}: - on the disk, + in the tab"),
                classes="dialog-title",
                markup=False,
            )
            with VerticalScroll():
                yield Static(self._content(), markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Esc Back", id="back", compact=True)

    def _content(self) -> Content:
        lines = [_styled(line) for line in self._lines[:_MOST_LINES]]
        if (left := len(self._lines) - _MOST_LINES) > 0:
            lines.append(Content(f"… and {left:,} more lines"))
        return Content("\n").join(lines or [Content("The texts are the same.")])

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    @on(Button.Pressed)
    def _back(self) -> None:
        self.dismiss(None)


def _styled(line: str) -> Content:
    text = safe(line).replace("␉", "    ")
    return Content.styled(text, _STYLES.get(line[:1], ""))
