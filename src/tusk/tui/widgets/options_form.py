"""`OptionsForm`: a field for each option that something declares, with its help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Label, Select

from tusk.tui.widgets.tick_box import TickBox

if TYPE_CHECKING:
    from textual.events import DescendantFocus
    from textual.widget import Widget

    from tusk.services.exports import Option


class OptionsForm(VerticalScroll, can_focus=False):
    """Shows options; `values` tells those that are not as they are by default."""

    DEFAULT_CSS = """
    OptionsForm {
        height: auto;

        & > .option-row {
            height: 1;
        }
        & .option-name {
            width: 16;
            color: $text-muted;
        }
        & Input, & Select {
            width: 1fr;
        }
    }
    """

    @dataclass
    class Focused(Message):
        """The focus is on an option."""

        option: Option

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._options: list[Option] = []
        self._first: dict[str, str] = {}

    async def show(self, options: Sequence[Option], values: Mapping[str, str]) -> None:
        """Show other options.

        Args:
            options: In order.
            values: What they begin with, by name; the others with their default.
        """
        self._options = list(options)
        self._first = {option.name: values.get(option.name, option.default) for option in options}
        await self.remove_children()
        await self.mount_all(
            Horizontal(
                Label(option.name, classes="option-name", markup=False),
                _field(option, self._first[option.name]),
                classes="option-row",
            )
            for option in options
        )

    def values(self) -> dict[str, str]:
        """What differs from the defaults, by name."""
        values = {option.name: self._value(option) for option in self._options}
        return {
            option.name: values[option.name]
            for option in self._options
            if values[option.name] != option.default
        }

    def focus_on(self, name: str) -> None:
        """Give the focus to an option's field."""
        self.query_one(f"#option-{name}").focus()

    def _value(self, option: Option) -> str:
        field = self.query_one(f"#option-{option.name}")
        if isinstance(field, TickBox):
            return "yes" if field.value else "no"
        if isinstance(field, Select):
            # It has its value only when all of it is there.
            return self._first[option.name] if field.is_blank() else str(field.value)
        return field.value if isinstance(field, Input) else ""

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        name = (event.widget.id or "").removeprefix("option-")
        for option in self._options:
            if option.name == name:
                self.post_message(self.Focused(option))


def _field(option: Option, value: str) -> Widget:
    id_ = f"option-{option.name}"
    if option.kind == "yes or no":
        return TickBox("", value == "yes", id=id_, compact=True)
    if option.kind == "choice":
        # A value of an older tusk may be none any more.
        known = value if value in option.choices else option.default
        choices = [(choice, choice) for choice in option.choices]
        return Select(choices, allow_blank=False, value=known, id=id_, compact=True)
    return Input(value, placeholder=f"({option.kind})", id=id_, compact=True, select_on_focus=False)
