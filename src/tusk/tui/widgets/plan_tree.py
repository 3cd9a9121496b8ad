"""The nodes of a plan as a tree with aligned figures, and two plans side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment

from tusk.core.text import cell_width, clip, safe, safe_clip
from tusk.services.plans.comparing import Difference, Pair
from tusk.services.plans.model import Concern, PlanNode
from tusk.services.plans.writing import (
    figures_of,
    heading,
    indent,
    node_label,
    node_sign,
    short_figures,
    widths,
)
from tusk.tui.widgets.lazy_tree import LazyTree, Line
from tusk.tui.widgets.text_style import text_style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style

    from tusk.services.plans.model import Plan

_NARROWEST = 20
# Below this width bars are shorter.
_WIDE = 100
_SIDE_FIGURES = 15


class PlanTree(LazyTree[PlanNode]):
    """A plan; the owner shows `heading_text` above it and hears of the cursor by `moved`.

    Args:
        moved: Called when the cursor is on another node.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "plan-tree--worst",
        "plan-tree--warned",
        "plan-tree--never",
    }

    def __init__(self, moved: Callable[[], None], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._moved = moved
        self._plan: Plan | None = None

    def show_plan(self, plan: Plan) -> None:
        """Show another plan, with the cursor on its worst node."""
        self._plan = plan
        self.show(_lines(plan.nodes))
        self.go_to(lambda node: node.is_worst)
        self._moved()

    @property
    def node(self) -> PlanNode | None:
        """The node under the cursor."""
        return self.cursor_line.data if self.cursor_line else None

    def go_to(self, is_wanted: Callable[[PlanNode], bool]) -> bool:
        """Go to the next node in sight that is so, from the top again after the last one."""
        count = len(self.lines)
        for step in range(1, count + 1):
            place = (self.cursor + step) % count
            if is_wanted(self.lines[place].data):
                self.cursor = place
                return True
        return False

    def watch_cursor(self) -> None:
        super().watch_cursor()
        if self.is_attached:
            self._moved()

    def _room(self, width: int) -> tuple[int, int]:
        """Cells for the tree, and how many columns of figures fit beside it."""
        if self._plan is None:
            return width, 0
        sizes = widths(self._plan, is_narrow=width < _WIDE)
        while sizes and width - sum(sizes) - len(sizes) < _NARROWEST:
            sizes.pop()
        return width - sum(sizes) - len(sizes), len(sizes)

    def heading_text(self) -> str:
        """The line above the tree: names of the columns."""
        if self._plan is None:
            return ""
        width = self.scrollable_content_region.width
        room, count = self._room(width)
        sizes = widths(self._plan, is_narrow=width < _WIDE)
        cells = zip(heading(self._plan)[:count], sizes, strict=False)
        return " " * room + "".join(f" {name:>{size}}" for name, size in cells)

    def _segments(
        self, line: Line[PlanNode], width: int, base: Style, is_cursor: bool
    ) -> list[Segment]:
        plan, node = self._plan, line.data
        if plan is None:
            return []
        room, count = self._room(width)
        folded = "" if line.is_open or not line.can_open else "… "
        head = f"{node_sign(node)}{indent(node.depth)}{folded}"
        name = safe(node_label(node))
        rest = max(0, room - cell_width(head) - cell_width(name))
        condition = safe_clip(f"  {node.condition}", rest) if node.condition and rest > 6 else ""
        label = clip(head + name, room)
        fill = " " * max(0, room - cell_width(label) - cell_width(condition))
        is_narrow = width < _WIDE
        figures_here = figures_of(node, plan, is_narrow=is_narrow)[:count]
        cells = zip(figures_here, widths(plan, is_narrow=is_narrow), strict=False)
        figures = "".join(f" {cell:>{size}}" for cell, size in cells)
        quiet = base if is_cursor else base + text_style(self, "lazy-tree--note")
        style = base if is_cursor else base + self._node_style(node)
        return [Segment(label, style), Segment(condition + fill, quiet), Segment(figures, style)]

    def _node_style(self, node: PlanNode) -> Style:
        if node.is_worst:
            return text_style(self, "plan-tree--worst")
        if any(warning.concern is Concern.NEVER for warning in node.warnings):
            return text_style(self, "plan-tree--never")
        if node.warnings:
            return text_style(self, "plan-tree--warned")
        return self.rich_style


def _lines(nodes: Sequence[PlanNode]) -> list[Line[PlanNode]]:
    """All nodes, open."""
    has_more = [
        index + 1 < len(nodes) and nodes[index + 1].depth > node.depth
        for index, node in enumerate(nodes)
    ]
    return [
        Line(node, "", depth=node.depth, can_open=can_open, is_open=can_open)
        for node, can_open in zip(nodes, has_more, strict=True)
    ]


class PairTree(LazyTree[Pair]):
    """Two plans, aligned by their nodes, with the sign of what differs between them.

    Args:
        moved: Called when the cursor is on another pair.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"plan-tree--worst", "plan-tree--better"}

    def __init__(self, moved: Callable[[], None], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._moved = moved

    def show_pairs(self, pairs: Sequence[Pair]) -> None:
        """Show two plans, with the cursor on the first difference."""
        self.show([Line(pair, "") for pair in pairs])
        differing = (i for i, pair in enumerate(pairs) if pair.difference is not Difference.SAME)
        self.cursor = next(differing, 0)
        self._moved()

    @property
    def pair(self) -> Pair | None:
        """The pair under the cursor."""
        return self.cursor_line.data if self.cursor_line else None

    def go_to_difference(self, step: int) -> bool:
        """Go to the next pair that differs, or the one before; False when there is none."""
        count = len(self.lines)
        for distance in range(1, count + 1):
            place = (self.cursor + step * distance) % count
            if self.lines[place].data.difference is not Difference.SAME:
                self.cursor = place
                return True
        return False

    def watch_cursor(self) -> None:
        super().watch_cursor()
        if self.is_attached:
            self._moved()

    def _segments(
        self, line: Line[Pair], width: int, base: Style, is_cursor: bool
    ) -> list[Segment]:
        pair = line.data
        side = (width - 3) // 2
        style = base if is_cursor else base + self._sign_style(pair.difference)
        return [
            Segment(_side(pair.left, side), base),
            Segment(f" {pair.difference.value} ", style),
            Segment(_side(pair.right, side), base),
        ]

    def _sign_style(self, difference: Difference) -> Style:
        match difference:
            case Difference.SLOWER | Difference.ADDED:
                return text_style(self, "plan-tree--worst")
            case Difference.FASTER | Difference.REMOVED:
                return text_style(self, "plan-tree--better")
            case _:
                return self.rich_style


def _side(node: PlanNode | None, width: int) -> str:
    """One half of a line: the node, and its rows and time (or cost)."""
    if node is None:
        return " " * width
    figures = short_figures(node)
    room = max(1, width - max(_SIDE_FIGURES, len(figures) + 1))
    label = clip(f"{node_sign(node)}{indent(node.depth)}{safe(node_label(node))}", room)
    return (label + " " * (room - cell_width(label)) + figures.rjust(width - room))[:width]
