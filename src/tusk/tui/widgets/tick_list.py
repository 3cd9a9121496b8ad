"""A list whose lines can be ticked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tusk.core.text import safe


@dataclass(frozen=True, slots=True)
class TickLine:
    """One line.

    Args:
        text: What it says first; made safe here.
        more: What it says after that, dimmed; made safe here.
        is_ticked: Whether it is ticked to begin with; None where it cannot be.
    """

    text: str
    more: str = ""
    is_ticked: bool | None = False


class TickList(OptionList):
    """Shows lines with a box before each; thousands cost no more than those in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "select", "Tick", id="ticks.tick", tooltip="Tick the line, or not"),
        Binding("a", "tick_all(True)", "All", id="ticks.all", tooltip="Tick all lines"),
        Binding("n", "tick_all(False)", "None", id="ticks.none", tooltip="Tick no line"),
        Binding("up", "cursor_up", "Up", show=False, id="ticks.up", tooltip="One line up"),
        Binding(
            "down", "cursor_down", "Down", show=False, id="ticks.down", tooltip="One line down"
        ),
    ]

    @dataclass
    class Ticked(Message):
        """Which lines are ticked has changed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._shown: list[TickLine] = []
        self._ticks: list[bool | None] = []

    def show(self, lines: Sequence[TickLine]) -> None:
        """Show these lines in place of others."""
        self._shown = list(lines)
        self._ticks = [line.is_ticked for line in lines]
        self.set_options([Option(self._prompt(number)) for number in range(len(lines))])
        self.action_first()
        self.post_message(self.Ticked())

    @property
    def ticked(self) -> list[int]:
        """Numbers of the ticked lines, from 0."""
        return [number for number, is_ticked in enumerate(self._ticks) if is_ticked]

    def _prompt(self, number: int) -> Content:
        line, is_ticked = self._shown[number], self._ticks[number]
        box = {None: "  ✗", True: "[x]", False: "[ ]"}[is_ticked]
        more = f"  {safe(line.more)}" if line.more else ""
        tone = "dim" if is_ticked is None else ""
        return Content.assemble((f"{box} {safe(line.text)}", tone), (more, "dim")).truncate(500)

    @on(OptionList.OptionSelected)
    def _toggle(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        is_ticked = self._ticks[event.option_index]
        if is_ticked is not None:
            self._set(event.option_index, not is_ticked)
            self.post_message(self.Ticked())

    def action_tick_all(self, is_ticked: bool) -> None:
        for number, was_ticked in enumerate(self._ticks):
            if was_ticked is not None and was_ticked is not is_ticked:
                self._set(number, is_ticked)
        self.post_message(self.Ticked())

    def _set(self, number: int, is_ticked: bool) -> None:
        self._ticks[number] = is_ticked
        self.replace_option_prompt_at_index(number, self._prompt(number))
