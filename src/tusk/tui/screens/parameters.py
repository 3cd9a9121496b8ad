"""Asks for the values of a statement's `:name` parameters before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from tusk.core.errors import UsageError
from tusk.core.params import PARAMETER_TYPES
from tusk.core.text import clip, safe
from tusk.tui.parameter_values import Parameter, describe

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import DescendantFocus

_AUTO = "auto"
_NULL = "null"
_NAME_WIDTH = 20


class ParametersScreen(ModalScreen[list[Parameter] | None]):
    """A line for each parameter: value and type. Returns them, None to run nothing.

    Args:
        parameters: With the values of the last time.
    """

    CSS_PATH = ["dialogs.tcss", "parameters.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="dialog.cancel", tooltip="Run nothing"),
        Binding(
            "f5,ctrl+t", "take", "Run", id="parameters.take", tooltip="Run with these values",
            priority=True,
        ),
        Binding(
            "ctrl+n", "null", "NULL", id="parameters.null", priority=True,
            tooltip="Make the value in this line NULL, or a text again",
        ),
    ]  # fmt: skip

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        super().__init__()
        self._parameters = list(parameters)
        self._line = 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog parameters"):
            yield Static("Values for this run", classes="dialog-title", markup=False)
            with VerticalScroll(can_focus=False):
                for number, parameter in enumerate(self._parameters):
                    yield from self._row(number, parameter)
            yield Static("", id="parameter-note", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("^N NULL", id="null", compact=True)
                yield Button("F5 Run", id="take", variant="primary", compact=True)
                yield Button("Esc Cancel", id="cancel", compact=True)

    def _row(self, number: int, parameter: Parameter) -> ComposeResult:
        types = [(_AUTO, ""), *((name, name) for name in PARAMETER_TYPES)]
        known = parameter.type if parameter.type in PARAMETER_TYPES else ""
        if parameter.type and not known:
            # What databases call a type (bigint, varchar) does as well.
            types.append((safe(parameter.type), parameter.type))
            known = parameter.type
        with Horizontal(classes="parameter-row"):
            name = clip(safe(f":{parameter.name}"), _NAME_WIDTH - 1)
            yield Label(name, classes="parameter-name", markup=False)
            yield Input(
                parameter.text, "value", id=f"value-{number}", compact=True, disabled=known == _NULL
            )
            yield Select(types, allow_blank=False, value=known, id=f"type-{number}", compact=True)

    def on_mount(self) -> None:
        fields = list(self.query(Input))
        self.set_focus(next((field for field in fields if not field.value), fields[0]))

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def _read(self, number: int) -> Parameter:
        return replace(
            self._parameters[number],
            type=str(self.query_one(f"#type-{number}", Select).value),
            text=self.query_one(f"#value-{number}", Input).value,
        )

    def _show_note(self, number: int) -> None:
        """Tell what would be sent for a line, and what it is for."""
        parameter = self._read(number)
        try:
            words, is_good = f"is {describe(parameter)}", True
        except UsageError as exc:
            words, is_good = exc.message, False
        if not parameter.text and not parameter.type:
            words = "is the empty text; ^N makes it NULL"
        note = self.query_one("#parameter-note", Static)
        note.set_class(not is_good, "-error")
        lines = [f":{parameter.name} {words}", parameter.description]
        note.update(Content("\n".join(safe(clip(line, 300)) for line in lines if line)))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        kind, _, number = (event.widget.id or "").partition("-")
        if kind in ("value", "type"):
            self._line = int(number)
            self._show_note(self._line)

    @on(Input.Changed)
    def _typed(self) -> None:
        self._show_note(self._line)

    @on(Select.Changed)
    def _type_changed(self, event: Select.Changed) -> None:
        number = int((event.select.id or "").removeprefix("type-"))
        is_null = event.value == _NULL
        field = self.query_one(f"#value-{number}", Input)
        if is_null:
            field.value = ""
        field.disabled = is_null
        self._show_note(number)

    # ── answering ────────────────────────────────────────────────────────────────────────

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Go to the next line that has nothing yet; run when all of them have something."""
        fields = [field for field in self.query(Input) if not field.disabled]
        place = fields.index(event.input) + 1
        empty = [field for field in fields[place:] if not field.value]
        if empty:
            self.set_focus(empty[0])
        else:
            self.action_take()

    @on(Button.Pressed, "#take")
    def action_take(self) -> None:
        given: list[Parameter] = []
        for number in range(len(self._parameters)):
            parameter = self._read(number)
            try:
                _ = parameter.value
            except UsageError:
                self.set_focus(self.query_one(f"#value-{number}"))
                self._show_note(number)
                return
            given.append(parameter)
        self.dismiss(given)

    @on(Button.Pressed, "#null")
    def action_null(self) -> None:
        kind = self.query_one(f"#type-{self._line}", Select)
        kind.value = "" if kind.value == _NULL else _NULL
        self.set_focus(kind if kind.value == _NULL else self.query_one(f"#value-{self._line}"))

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)
