"""Reading the rows of SQLite's `EXPLAIN QUERY PLAN` (https://www.sqlite.org/eqp.html)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tusk.services.plans.model import DEEPEST, Concern, Plan, PlanNode, PlanWarning
from tusk.services.plans.values import UnreadablePlanError, number, text

_ACCESS = re.compile(
    r"(?P<title>SCAN|SEARCH)(?: TABLE)?(?: (?P<relation>.+?))??"
    r"(?: (?P<using>USING .+?|VIRTUAL TABLE .+?))?(?: (?P<left>LEFT-JOIN))?",
    re.DOTALL,
)
_CONDITION = re.compile(r"\((.*)\)\Z", re.DOTALL)


def read_sqlite(rows: Sequence[Mapping[str, object]], document: str) -> Plan:
    """The plan in the rows `id, parent, notused, detail`.

    Args:
        rows: In the order they came.
        document: The same as text.

    Raises:
        UnreadablePlanError: There are none, as for a statement that has no plan.
    """
    depths: dict[float, int] = {0.0: -1}
    nodes: list[PlanNode] = []
    for row in rows:
        # A row stands before those that name it as their parent; an unknown one is the top.
        depth = min(DEEPEST, depths.get(number(row.get("parent")) or 0.0, -1) + 1)
        number_ = number(row.get("id"))
        if number_:
            depths[number_] = depth
        nodes.append(_node(text(row.get("detail")), depth))
    if not nodes:
        raise UnreadablePlanError("SQLite has no plan for this statement: it reads no table")
    return Plan("sqlite", tuple(nodes), document)


def _node(detail: str, depth: int) -> PlanNode:
    warnings = tuple(_warnings(detail))
    found = _ACCESS.fullmatch(detail)
    if found is None:
        return PlanNode(detail or "?", depth, warnings=warnings)
    using = found["using"] or ""
    condition = _CONDITION.search(using)
    return PlanNode(
        " ".join(part for part in (found["title"], found["left"]) if part),
        depth,
        relation=found["relation"] or "",
        condition=condition.group(1) if condition else using,
        details=(("Access", using),) if using else (),
        warnings=warnings,
    )


def _warnings(detail: str) -> list[PlanWarning]:
    if "AUTOMATIC" in detail:
        words = "SQLite builds an index for this one run: make a lasting one"
        return [PlanWarning(Concern.INDEX, words)]
    return []
