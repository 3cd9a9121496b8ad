"""Saved plans: choose one to compare with or to look at, or forget it."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tusk.core.text import clip, safe
from tusk.services.plans.saved import SavedPlans
from tusk.tui.defects import as_tusk_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tusk.services.plans.saved import StoredPlan

_WIDTH = 68


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to do with which saved plan."""

    what: Literal["compare", "view"]
    plan_id: int


class SavedPlansScreen(ModalScreen[Chosen | None]):
    """Lists saved plans, the newest first; None for Escape.

    Args:
        plans: What there is.
    """

    CSS_PATH = ["dialogs.tcss", "plan.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="dialog.cancel", tooltip="Choose none"),
        Binding(
            "v", "choose('view')", "View", id="plans.view", tooltip="Show the saved plan by itself"
        ),
        Binding(
            "d,delete", "forget", "Forget", id="plans.forget", tooltip="Delete the saved plan"
        ),
    ]  # fmt: skip

    def __init__(self, plans: Sequence[StoredPlan]) -> None:
        super().__init__()
        self._plans = list(plans)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("Saved plans", classes="dialog-title", markup=False)
            yield OptionList(markup=False, compact=True)
            yield Static(
                "Enter compares it with the plan in front · v shows it · d forgets it · Esc leaves",
                classes="dialog-note",
                markup=False,
            )

    def on_mount(self) -> None:
        self._fill(0)
        self.query_one(OptionList).focus()

    def _fill(self, place: int) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_words(plan)) for plan in self._plans])
        if not self._plans:
            options.add_option(Option("Nothing is saved yet: s saves a plan.", disabled=True))
        options.highlighted = min(place, len(self._plans) - 1) if self._plans else None

    def _current(self) -> StoredPlan | None:
        place = self.query_one(OptionList).highlighted
        return None if place is None or not self._plans else self._plans[place]

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_choose("compare")

    def action_choose(self, what: Literal["compare", "view"]) -> None:
        if (plan := self._current()) is not None:
            self.dismiss(Chosen(what, plan.id))

    def action_forget(self) -> None:
        if (plan := self._current()) is not None:
            self._forget(plan)

    @work(exclusive=True, group="forget")
    async def _forget(self, plan: StoredPlan) -> None:
        try:
            await asyncio.to_thread(_delete, plan.id)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self.notify(as_tusk_error(exc).message, severity="error")
            return
        place = self._plans.index(plan)
        self._plans.remove(plan)
        self._fill(place)


def _delete(plan_id: int) -> None:
    with SavedPlans() as saved:
        saved.delete(plan_id)


def _words(plan: StoredPlan) -> str:
    when = dt.datetime.fromtimestamp(plan.saved_at).astimezone().strftime("%Y-%m-%d %H:%M")
    sql = " ".join(plan.sql[:200].split())
    return clip(safe(f"{plan.name} · {when} · {plan.connection} · {sql}"), _WIDTH)
