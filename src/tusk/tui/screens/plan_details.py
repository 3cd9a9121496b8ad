"""A plan node in full, as text for a pane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from tusk.core.text import safe
from tusk.services.plans.figures import count, milliseconds, percent
from tusk.services.plans.writing import WARNED, node_facts, node_label, summary

if TYPE_CHECKING:
    from tusk.services.plans.model import Plan, PlanNode

_LONGEST = 2_000


def node_details(node: PlanNode | None, plan: Plan) -> Content:
    """Everything about a node, then what is known of the whole plan."""
    if node is None:
        return Content(safe(f"{plan.note}\n\n{plan.document}"[:_LONGEST], keep_lines=True))
    lines = [Content.styled(safe(node_label(node)), "bold")]
    lines += [Content(f"{WARNED} {safe(warning.text)}") for warning in node.warnings]
    lines += [
        Content.assemble((f"{safe(label)}: ", "dim"), safe(words[:_LONGEST], keep_lines=True))
        for label, words in (*node_measures(node), *node_facts(node))
    ]
    if facts := [f"{label}: {words[:_LONGEST]}" for label, words in summary(plan)]:
        lines += [Content.styled("The whole plan", "bold")]
        lines += [Content(safe(fact, keep_lines=True)) for fact in facts]
    return Content("\n").join(lines)


def node_measures(node: PlanNode) -> Iterator[tuple[str, str]]:
    """Rows, times and costs of a node: label and words."""
    if words := _rows(node):
        yield "Rows", words
    if node.own_ms is not None:
        below = ""
        if node.elapsed_ms is not None:
            below = f", {milliseconds(node.elapsed_ms)} with the nodes below"
        share = "" if node.share is None else f" ({percent(node.share)} of the plan)"
        yield "Time", f"{milliseconds(node.own_ms)}{share}{below}"
    if node.total_cost is not None:
        own = "" if node.own_cost is None else f", {node.own_cost:,.2f} of it its own"
        yield "Cost", f"{node.startup_cost or 0:,.2f} … {node.total_cost:,.2f}{own}"
    if node.width is not None:
        yield "Width", f"{count(node.width)} bytes a row"


def _rows(node: PlanNode) -> str:
    parts = []
    if node.estimated_rows is not None:
        parts.append(f"{count(node.estimated_rows)} estimated")
    if node.actual_rows is not None and node.loops != 0:
        loops = (
            ""
            if node.loops in (None, 1)
            else f" on average in each of {count(node.loops or 0)} loops"
        )
        parts.append(f"{count(node.actual_rows)} came{loops}")
    return ", ".join(parts)
