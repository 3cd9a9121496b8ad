"""A plan as text: the tree with columns, lines in the manner of psql, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tusk.core.text import cell_width, clip, safe, safe_clip
from tusk.services.plans.figures import bar, count, milliseconds, off, percent, short

if TYPE_CHECKING:
    from tusk.services.plans.model import Plan, PlanNode

WORST = "▶"
WARNED = "▲"
_BAR = 10
_SHORT_BAR = 5
_NARROWEST_TREE = 24
_TWO_CELLS = 6
# Deeper nodes move no further to the right: their depth is told by a number.
_DEEPEST_INDENT = 18
_CONDITION = 60


def node_label(node: PlanNode) -> str:
    """A node in one line: its type, what it works on and what it is for.

    >>> from tusk.services.plans.model import PlanNode
    >>> node_label(PlanNode("Seq Scan", relation="orders o", role="InitPlan 1"))
    'InitPlan 1: Seq Scan on orders o'
    """
    words = f"{node.title} on {node.relation}" if node.relation else node.title
    return f"{node.role}: {words}" if node.role else words


def node_sign(node: PlanNode) -> str:
    """The mark before a node: for the worst one, for one with a warning, or a space."""
    return WORST if node.is_worst else WARNED if node.warnings else " "


def indent(depth: int) -> str:
    """What stands before a node of that depth.

    >>> indent(0), indent(2), indent(20)
    ('', '  └ ', '                  20└ ')
    """
    if not depth:
        return ""
    # Two cells for each level, then one, then none: there is no room for more.
    offset = min(2 * (depth - 1), _TWO_CELLS + depth - 1, _DEEPEST_INDENT)
    mark = f"{depth}└ " if offset == _DEEPEST_INDENT else "└ "
    return " " * offset + mark


# ── the tree with columns ────────────────────────────────────────────────────────────────────


def heading(plan: Plan) -> list[str]:
    """Names of the columns of figures; see `figures_of`."""
    if plan.has_times:
        return ["Rows est.", "actual", "off", "Time", "Share"]
    if plan.is_analyzed:
        return ["Rows est.", "actual", "off"]
    if any(node.total_cost is not None for node in plan.nodes):
        return ["Rows est.", "Width", "Cost", "Share"]
    return ["Rows est."] if any(n.estimated_rows is not None for n in plan.nodes) else []


def widths(plan: Plan, *, is_narrow: bool = False) -> list[int]:
    """Cells of each column of figures; with a shorter bar where there is little room."""
    sizes = {"Rows est.": 9, "actual": 7, "off": 6, "Time": 8, "Width": 6, "Cost": 8}
    share = (_SHORT_BAR if is_narrow else _BAR) + len(" 100%")
    return [sizes.get(name, share) for name in heading(plan)]


def figures_of(node: PlanNode, plan: Plan, *, is_narrow: bool = False) -> list[str]:
    """A node's figures, one for each column."""
    length = _SHORT_BAR if is_narrow else _BAR
    return [_figure(name, node, length) for name in heading(plan)]


def _figure(column: str, node: PlanNode, bar_length: int) -> str:
    value: float | None
    match column:
        case "Rows est.":
            value = node.estimated_rows
        case "actual":
            return _actual(node)
        case "off":
            return "" if node.row_factor is None else off(node.row_factor)
        case "Width":
            value = node.width
        case "Cost":
            value = node.total_cost
        case "Time":
            return "" if node.own_ms is None or node.loops == 0 else milliseconds(node.own_ms)
        case _:
            if node.share is None:
                return ""
            return f"{bar(node.share, bar_length)} {percent(node.share):>4}"
    return "" if value is None else short(value)


def _actual(node: PlanNode) -> str:
    if node.loops == 0:
        return "never"
    return "" if node.actual_rows is None else short(node.actual_rows)


def plan_tree(plan: Plan, width: int | None = None) -> str:
    """The tree with columns, warnings below their nodes, and facts at the end.

    Args:
        plan: The plan.
        width: Cells of a line; None for as many as it takes.
    """
    if not plan.nodes:
        return f"{plan.note}\n{plan.document}"
    sizes = widths(plan)
    labels = [_line(node) for node in plan.nodes]
    room = max(map(cell_width, labels))
    if width is not None:
        room = max(_NARROWEST_TREE, min(room, width - sum(sizes) - len(sizes)))
    lines = [_columns(" " * room, heading(plan), sizes).rstrip()] if sizes else []
    for node, label in zip(plan.nodes, labels, strict=True):
        shown = clip(label, room)
        filled = shown + " " * (room - cell_width(shown))
        lines.append(_columns(filled, figures_of(node, plan), sizes).rstrip())
        margin = " " * (cell_width(indent(node.depth)) + 1)
        lines += [f"{margin}{WARNED} {safe(warning.text)}" for warning in node.warnings]
    return "\n".join([*lines, *(f"{label}: {words}" for label, words in summary(plan))])


def _name(node: PlanNode) -> str:
    return safe(node_label(node))


def _line(node: PlanNode) -> str:
    """A node's mark and name, and the beginning of its condition."""
    condition = f"  {safe_clip(node.condition, _CONDITION)}" if node.condition else ""
    return f"{node_sign(node)}{indent(node.depth)}{_name(node)}{condition}"


def _columns(first: str, cells: Sequence[str], sizes: Sequence[int]) -> str:
    return " ".join([first, *(f"{cell:>{size}}" for cell, size in zip(cells, sizes, strict=True))])


def summary(plan: Plan) -> Iterator[tuple[str, str]]:
    """About the whole plan: label and words."""
    if plan.planning_ms is not None:
        yield "Planning", milliseconds(plan.planning_ms)
    if plan.execution_ms is not None:
        yield "Execution", milliseconds(plan.execution_ms)
    if plan.is_generic:
        yield "Parameters", "without values: the generic plan"
    for label, words in plan.facts:
        yield safe(label), safe(words, keep_lines=True)


def short_figures(node: PlanNode) -> str:
    """Rows and time of a node alone, or its cost where nothing was measured.

    >>> from tusk.services.plans.model import PlanNode
    >>> short_figures(PlanNode("a", actual_rows=1500, loops=2, own_ms=3))
    '3.00k 3.00 ms'
    >>> short_figures(PlanNode("a", estimated_rows=7, total_cost=12.5))
    '7 cost 12'
    """
    if node.loops == 0:
        return "never"
    rows = node.total_rows if node.total_rows is not None else node.estimated_rows
    parts = ["" if rows is None else short(rows)]
    if node.own_ms is not None:
        parts.append(milliseconds(node.own_ms))
    elif node.total_cost is not None:
        parts.append(f"cost {short(node.total_cost)}")
    return " ".join(part for part in parts if part)


# ── lines as psql shows them ─────────────────────────────────────────────────────────────────


def plan_text(plan: Plan) -> str:
    """The plan as text in the manner of psql's, with all that is known of each node."""
    if not plan.nodes:
        return plan.document
    lines = [line for node in plan.nodes for line in _text_lines(node)]
    return "\n".join([*lines, *(f"{label}: {words}" for label, words in summary(plan))])


def _text_lines(node: PlanNode) -> Iterator[str]:
    margin = " " * (6 * node.depth)
    arrow = margin[:-4] + "->  " if node.depth else ""
    yield arrow + "  ".join(
        part for part in (_name(node), estimate_words(node), actual_words(node)) if part
    )
    for label, words in node_facts(node):
        yield f"{margin}  {safe(label)}: {safe(words)}"
    for warning in node.warnings:
        yield f"{margin}  {WARNED} {safe(warning.text)}"


def estimate_words(node: PlanNode) -> str:
    """What was estimated, as psql writes it.

    >>> from tusk.services.plans.model import PlanNode
    >>> estimate_words(PlanNode("a", startup_cost=0, total_cost=8.5, estimated_rows=3, width=4))
    '(cost=0.00..8.50 rows=3 width=4)'
    """
    parts: list[str] = []
    if node.total_cost is not None:
        parts.append(f"cost={node.startup_cost or 0:.2f}..{node.total_cost:.2f}")
    if node.estimated_rows is not None:
        parts.append(f"rows={node.estimated_rows:.0f}")
    if node.width is not None:
        parts.append(f"width={node.width:.0f}")
    return f"({' '.join(parts)})" if parts else ""


def actual_words(node: PlanNode) -> str:
    """What was measured: times are those of all loops.

    >>> from tusk.services.plans.model import PlanNode
    >>> actual_words(PlanNode("a", actual_rows=2, loops=3, elapsed_ms=1.25, own_ms=1))
    '(actual rows=2 loops=3 time=1.250 own=1.000)'
    >>> actual_words(PlanNode("a", loops=0))
    '(never executed)'
    """
    if node.loops == 0:
        return "(never executed)"
    if node.actual_rows is None:
        return ""
    digits = 0 if float(node.actual_rows).is_integer() else 2
    parts = [f"rows={node.actual_rows:.{digits}f}"]
    if node.loops is not None:
        parts.append(f"loops={node.loops:.0f}")
    if node.elapsed_ms is not None:
        parts.append(f"time={node.elapsed_ms:.3f}")
    if node.own_ms is not None:
        parts.append(f"own={node.own_ms:.3f}")
    return f"(actual {' '.join(parts)})"


def node_facts(node: PlanNode) -> Iterator[tuple[str, str]]:
    """All else about a node: label and words."""
    yield from node.details
    if node.removed_rows and node.loops not in (None, 1):
        yield "Removed by filters", f"{count(node.removed_rows)} rows in all loops"
    if node.workers_planned is not None:
        launched = (
            "" if node.workers_launched is None else f", {count(node.workers_launched)} launched"
        )
        yield "Workers", f"{count(node.workers_planned)} planned{launched}"
    if words := buffer_words(node):
        yield "Buffers", words


def buffer_words(node: PlanNode) -> str:
    """Blocks touched by a node and those below, in words; empty for none."""
    if node.buffers is None:
        return ""
    parts = [
        f"{name.replace('_', ' ')} {count(value)}"
        for name, value in asdict(node.buffers).items()
        if value
    ]
    return f"{', '.join(parts)} blocks, nodes below included" if parts else "none"


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────


def plan_json(plan: Plan) -> str:
    """The engine's own JSON, which other tools read; for engines without one, the nodes."""
    if plan.engine in ("postgres", "duckdb"):
        return plan.document.strip()
    nodes = [_node_object(node) for node in plan.nodes]
    return json.dumps({"engine": plan.engine, "nodes": nodes}, ensure_ascii=False, indent=2)


def _node_object(node: PlanNode) -> dict[str, object]:
    """What is known of a node."""
    fields: dict[str, object] = {
        name: value
        for name, value in asdict(node).items()
        if value not in (None, "", ()) and name not in ("details", "warnings", "is_worst")
    }
    if node.details:
        fields["details"] = dict(node.details)
    if node.warnings:
        fields["warnings"] = [warning.text for warning in node.warnings]
    return fields
