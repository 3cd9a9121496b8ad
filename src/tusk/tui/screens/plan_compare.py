"""Two plans side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from tusk.core.text import safe
from tusk.services.plans.comparing import Difference, compare
from tusk.services.plans.figures import milliseconds
from tusk.tui.screens.plan_details import node_details
from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.plan_tree import PairTree

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.services.plans.saved import KeptPlan

_MEANINGS = "▲ slower  ▼ faster  ≠ changed  + new  - gone  = the same"


class PlanCompareScreen(Screen[None]):
    """A saved plan at the left, another one at the right.

    Args:
        left: The saved one.
        right: The other.
    """

    CSS_PATH = "plan.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back", id="plans.leave", tooltip="Back to the plan"),
        Binding(
            "n", "difference(1)", "Next difference", id="plans.next",
            tooltip="Go to the next pair of nodes that differ",
        ),
        Binding(
            "N", "difference(-1)", "Previous", id="plans.previous",
            tooltip="Go to the pair of nodes before that differ", show=False,
        ),
        Binding(
            "x", "swap", "Swap sides", id="plans.swap", tooltip="Let left and right change places"
        ),
    ]  # fmt: skip

    def __init__(self, left: KeptPlan, right: KeptPlan) -> None:
        super().__init__()
        self._left, self._right = left, right
        self._tree = PairTree(self._moved, id="plan-pairs")
        self._sides = Static(classes="plan-title", markup=False)
        self._meanings = Static(classes="plan-state", markup=False)
        self._details = [Static(classes="plan-side", markup=False) for _ in range(2)]

    def compose(self) -> ComposeResult:
        yield self._sides
        yield self._meanings
        yield self._tree
        with VerticalScroll(classes="plan-details"), Horizontal(id="plan-halves"):
            yield from self._details
        yield KeyFooter()

    def on_mount(self) -> None:
        self._show()
        self._tree.focus()

    def _show(self) -> None:
        left, right = _title(self._left), _title(self._right)
        self._sides.update(f"{left}  ↔  {right}")
        pairs = compare(self._left.plan, self._right.plan)
        differing = sum(pair.difference is not Difference.SAME for pair in pairs)
        words = f"{differing} of {len(pairs)} lines differ" if differing else "no difference"
        self._meanings.update(f"{words} · {_MEANINGS}")
        self._tree.show_pairs(pairs)

    def _moved(self) -> None:
        pair = self._tree.pair
        if pair is None:
            return
        sides = ((pair.left, self._left.plan), (pair.right, self._right.plan))
        for details, (node, plan) in zip(self._details, sides, strict=True):
            details.update("" if node is None else node_details(node, plan))

    def action_difference(self, step: int) -> None:
        if not self._tree.go_to_difference(step):
            self.notify("The plans do not differ.", timeout=3)

    def action_swap(self) -> None:
        self._left, self._right = self._right, self._left
        self._show()


def _title(kept: KeptPlan) -> str:
    time = kept.plan.execution_ms
    took = "" if time is None else f" ({milliseconds(time)})"
    return f"{safe(kept.name) or 'this plan'}{took}"
