"""What is wrong with a plan: shares, the worst node, warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tusk.services.plans.figures import count, factor, percent
from tusk.services.plans.model import Concern, PlanNode, PlanWarning

MISJUDGED = 10.0
"""Rows misjudged by this factor are warned about."""
# Fewer rows thrown away cost nothing that anybody would notice.
_MANY_ROWS = 1_000
_MOSTLY_REMOVED = 0.9
# Below a Limit these read all they can get before the first row leaves them.
_BLOCKING = ("sort", "hash", "aggregate", "materialize", "windowagg", "setop", "unique")


def judge(nodes: Sequence[PlanNode]) -> tuple[PlanNode, ...]:
    """Nodes with their shares, warnings, and the worst one marked."""
    own = _own_parts(nodes)
    total = sum(part or 0.0 for part in own)
    worst = _worst(own, total)
    is_cut_short = _cut_short(nodes)
    return tuple(
        replace(
            node,
            share=None if part is None or not total else part / total,
            is_worst=index == worst,
            warnings=(*_warnings(node, is_cut_short=is_cut_short[index]), *node.warnings),
        )
        for index, (node, part) in enumerate(zip(nodes, own, strict=True))
    )


def _own_parts(nodes: Sequence[PlanNode]) -> list[float | None]:
    """What each node takes: time where any is known, else cost."""
    if any(node.own_ms is not None for node in nodes):
        return [node.own_ms for node in nodes]
    return [node.own_cost for node in nodes]


def _worst(own: Sequence[float | None], total: float) -> int | None:
    if not total or len(own) < 2:
        return None
    return max(range(len(own)), key=lambda index: own[index] or 0.0)


def _cut_short(nodes: Sequence[PlanNode]) -> list[bool]:
    """For each node whether a Limit above may have ended it early, so that rows are few."""
    above: list[bool] = []
    found: list[bool] = []
    for node in nodes:
        del above[node.depth :]
        is_cut = bool(above) and above[-1]
        found.append(is_cut)
        title = node.title.lower()
        if title.startswith(("limit", "top_n", "globallimitexec")):
            is_cut = True
        elif any(word in title for word in _BLOCKING) and "join" not in title:
            is_cut = False
        above.append(is_cut)
    return found


def _warnings(node: PlanNode, *, is_cut_short: bool) -> Iterator[PlanWarning]:
    if node.loops == 0:
        yield PlanWarning(Concern.NEVER, "never executed")
        return
    off = node.row_factor
    if off is not None and off >= MISJUDGED:
        yield PlanWarning(Concern.ROWS, f"{factor(off)} more rows than estimated")
    elif off is not None and off <= 1 / MISJUDGED and not is_cut_short:
        yield PlanWarning(Concern.ROWS, f"{factor(1 / off)} fewer rows than estimated")
    yield from _removal(node)
    if node.spilled:
        yield PlanWarning(Concern.SPILL, node.spilled)
    planned, launched = node.workers_planned, node.workers_launched
    if planned is not None and launched is not None and launched < planned:
        words = f"{count(launched)} of {count(planned)} workers were available"
        yield PlanWarning(Concern.WORKERS, words)


def _removal(node: PlanNode) -> Iterator[PlanWarning]:
    removed = node.removed_rows
    if removed is None or removed < _MANY_ROWS:
        return
    read = removed + (node.total_rows or 0.0)
    if removed >= _MOSTLY_REMOVED * read:
        words = f"a filter removed {count(removed)} rows, {percent(removed / read)} of those read"
        yield PlanWarning(Concern.FILTER, words)
