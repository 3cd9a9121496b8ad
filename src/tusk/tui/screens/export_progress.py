"""How far exports are; they go on when it is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tusk.core.text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.tui.export_job import ExportJob

_INTERVAL_S = 0.2


class ExportProgressScreen(ModalScreen[str]):
    """Lists exports that run; returns `new` to ask for another one, else an empty text.

    Args:
        jobs: Those that run. Leaves by itself when all of them have ended.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss('')", "Back", id="dialog.cancel",
            tooltip="Go on working; exports go on too",
        ),
        Binding(
            "c,delete", "cancel", "Cancel", id="exports.cancel",
            tooltip="Cancel the export at the cursor; nothing of it is kept",
        ),
        Binding(
            "n", "dismiss('new')", "New export", id="exports.new", tooltip="Export something else",
        ),
    ]  # fmt: skip

    def __init__(self, jobs: Sequence[ExportJob]) -> None:
        super().__init__()
        self._jobs = list(jobs)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("Exports", classes="dialog-title", markup=False)
            yield OptionList(markup=False, compact=True)
            with Horizontal(classes="dialog-buttons"):
                yield Button("C Cancel it", id="cancel", compact=True)
                yield Button("N New", id="new", compact=True)
                yield Button("Esc Back", id="back", compact=True)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.add_options([Option(_words(job)) for job in self._jobs])
        options.highlighted = 0
        options.focus()
        self.set_interval(_INTERVAL_S, self._refresh)

    def _refresh(self) -> None:
        if not self.is_current:
            return
        if all(job.is_over for job in self._jobs):
            self.dismiss("")
            return
        options = self.query_one(OptionList)
        for number, job in enumerate(self._jobs):
            options.replace_option_prompt_at_index(number, _words(job))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        place = self.query_one(OptionList).highlighted
        if place is not None:
            self._jobs[place].cancel()
            self._refresh()

    @on(Button.Pressed, "#new")
    def _new(self) -> None:
        self.dismiss("new")

    @on(Button.Pressed, "#back")
    def _back(self) -> None:
        self.dismiss("")


def _words(job: ExportJob) -> Content:
    words = job.outcome() if job.is_over else job.words()
    return Content.assemble(safe(job.path.name), "\n  ", (safe(words.replace("\n", " · ")), "dim"))
