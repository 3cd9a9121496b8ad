"""Choose one of a list; what is typed narrows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tusk.core.text import clip, safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

_WIDTH = 56


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the list.

    Args:
        value: What the screen returns.
        label: What the line says; any text, made safe here.
    """

    value: str
    label: str


class ChoiceScreen(ModalScreen[str | None]):
    """Asks for one of several; None for Escape.

    Args:
        title: What is asked for.
        choices: In order.
        current: The value that is in effect now, which the cursor begins on.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="dialog.cancel", tooltip="Change nothing"),
        Binding(
            "up", "move(-1)", "Up", show=False, id="dialog.up", tooltip="One line up",
            priority=True,
        ),
        Binding(
            "down", "move(1)", "Down", show=False, id="dialog.down", tooltip="One line down",
            priority=True,
        ),
    ]  # fmt: skip

    def __init__(self, title: str, choices: Sequence[Choice], current: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = list(choices)
        self._current = current
        self._shown = self._choices

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(safe(self._title), classes="dialog-title", markup=False)
            yield Input(placeholder="type to narrow", compact=True)
            yield OptionList(markup=False, compact=True)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._show("")
        values = [choice.value for choice in self._shown]
        if self._current in values:
            self.query_one(OptionList).highlighted = values.index(self._current)

    def _show(self, text: str) -> None:
        words = text.casefold().split()
        self._shown = [c for c in self._choices if all(w in c.label.casefold() for w in words)]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(clip(safe(c.label), _WIDTH)) for c in self._shown])
        options.highlighted = 0 if self._shown else None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def action_move(self, step: int) -> None:
        options = self.query_one(OptionList)
        if self._shown:
            options.highlighted = ((options.highlighted or 0) + step) % len(self._shown)

    @on(Input.Submitted)
    def _take(self) -> None:
        place = self.query_one(OptionList).highlighted
        if place is not None:
            self.dismiss(self._shown[place].value)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index].value)
