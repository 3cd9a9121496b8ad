"""In which form to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

if TYPE_CHECKING:
    from textual.app import ComposeResult

FORMS = {
    "t": ("tsv", "TSV with names", "for spreadsheets"),
    "c": ("csv", "CSV with names", ""),
    "j": ("json", "JSON", ""),
    "i": ("insert", "INSERT", "statements"),
    "m": ("markdown", "Markdown", "table"),
    "l": ("in-list", "IN list", "(1, 2, 3): each value once, no NULL"),
    "r": ("raw", "Current cell", "as it is"),
}
"""Key → name of the form, what it is called, and what it is."""


class CopyMenu(ModalScreen[str | None]):
    """Asks for one of `FORMS`; None for Escape.

    Args:
        what: What is copied, in words.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "choose('')", "Cancel", tooltip="Copy nothing", id="copy.cancel"),
        *(
            Binding(
                key, f"choose('{form}')", name, tooltip=f"Copy: {name} {note}", id=f"copy.{form}"
            )
            for key, (form, name, note) in FORMS.items()
        ),
    ]
    DEFAULT_CSS = """
    CopyMenu {
        align: center middle;
        & > Vertical {
            width: 60;
            max-width: 96%;
            height: auto;
            background: $surface;
            border: round $border;
        }
        & .title {
            height: 1;
            padding: 0 1;
            background: $panel;
            text-style: bold;
        }
        & OptionList {
            height: auto;
            border: none;
        }
    }
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(f"Copy {self._what} as …"), classes="title", markup=False)
            yield OptionList(
                *(
                    Option(Content.assemble((key, "bold"), f"  {name} ", (note, "dim")), id=form)
                    for key, (form, name, note) in FORMS.items()
                ),
                compact=True,
                markup=False,
            )

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.action_choose(event.option.id or "")

    def action_choose(self, form: str) -> None:
        self.dismiss(form or None)
