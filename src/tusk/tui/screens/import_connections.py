"""Choose which of the connections that libpq knows should be stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tusk.core.text import safe
from tusk.tui.widgets.tick_box import TickBox

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.services.connections import Profile


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connection that can be stored.

    Args:
        profile: What would be stored.
        source: Where it was found, in words.
        password: What came with it, kept apart from the profile.
    """

    profile: Profile
    source: str
    password: str | None = field(default=None, repr=False)


class ImportScreen(ModalScreen[list[Candidate]]):
    """Shows candidates with a box for each; returns the ticked ones."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss([])", "Back", id="dialog.cancel", tooltip="Import nothing"),
        Binding("f2,ctrl+s", "take", "Import", id="import.take", tooltip="Store the ticked ones"),
    ]

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        super().__init__()
        self._candidates = list(candidates)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("Import connections", classes="dialog-title", markup=False)
            if self._candidates:
                with VerticalScroll(classes="dialog-list", can_focus=False):
                    for number, candidate in enumerate(self._candidates):
                        yield TickBox(_row(candidate), True, id=f"candidate-{number}", compact=True)
            else:
                yield Static(
                    "Nothing to import: there is no ~/.pg_service.conf (or PGSERVICEFILE), and no "
                    "PGHOST, PGDATABASE … is set.",
                    classes="dialog-note",
                    markup=False,
                )
            with Horizontal(classes="dialog-buttons"):
                if self._candidates:
                    yield Button("F2 Import", id="take", variant="primary", compact=True)
                yield Button("Esc Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self.query("TickBox, #cancel").first().focus()

    @on(Button.Pressed, "#take")
    def action_take(self) -> None:
        ticked = [box.value for box in self.query(TickBox)]
        self.dismiss(
            [c for c, is_ticked in zip(self._candidates, ticked, strict=True) if is_ticked]
        )

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss([])


def _row(candidate: Candidate) -> Content:
    where = candidate.profile.parameters
    place = " ".join(f"{k}={v}" for k, v in where.items() if k in {"host", "dbname", "service"})
    return Content.assemble(
        safe(candidate.profile.name), (f"  {safe(place)} · {candidate.source}", "dim")
    )
