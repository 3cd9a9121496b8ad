"""Two plans side by side: which node of one is which node of the other."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tusk.services.plans.model import Plan, PlanNode

# Time or rows that differ by less are the same: no two runs take the same time.
_NOTABLE = 1.5
_NOTABLE_MS = 1.0


class Difference(enum.Enum):
    """What became of a node, with the sign for it."""

    SAME = "="
    CHANGED = "≠"
    SLOWER = "▲"
    FASTER = "▼"
    REMOVED = "-"
    ADDED = "+"


@dataclass(frozen=True, slots=True)
class Pair:
    """A node of the one plan, the node of the other that does the same, and how they differ."""

    left: PlanNode | None
    right: PlanNode | None
    difference: Difference


def compare(left: Plan, right: Plan) -> list[Pair]:
    """Align two plans by their nodes, in the order of both.

    Nodes of the same type on the same relation belong together; between two such pairs, those
    of the same depth do, as where a scan became another kind of scan.
    """
    keys, others = (list(map(_key, plan.nodes)) for plan in (left, right))
    matcher = SequenceMatcher(None, keys, others, autojunk=False)
    pairs: list[Pair] = []
    for what, start, stop, other_start, other_stop in matcher.get_opcodes():
        olds, news = left.nodes[start:stop], right.nodes[other_start:other_stop]
        if what == "equal":
            pairs += [
                Pair(old, new, _difference(old, new)) for old, new in zip(olds, news, strict=True)
            ]
        else:
            pairs += _replaced(olds, news)
    return pairs


def _key(node: PlanNode) -> tuple[str, str, str]:
    return node.title, node.relation, node.role


def _replaced(olds: Sequence[PlanNode], news: Sequence[PlanNode]) -> Iterator[Pair]:
    """Pair what is left of both by its relation's name, else by its place."""
    for old, new in zip_longest(olds, news):
        if old is None:
            yield Pair(None, new, Difference.ADDED)
        elif new is None:
            yield Pair(old, None, Difference.REMOVED)
        elif (old.relation and old.relation == new.relation) or old.depth == new.depth:
            yield Pair(old, new, Difference.CHANGED)
        else:
            yield Pair(old, None, Difference.REMOVED)
            yield Pair(None, new, Difference.ADDED)


def _difference(old: PlanNode, new: PlanNode) -> Difference:
    before, after = old.own_ms or 0.0, new.own_ms or 0.0
    has_times = old.own_ms is not None and new.own_ms is not None
    if has_times and abs(before - after) >= _NOTABLE_MS:
        if after >= before * _NOTABLE:
            return Difference.SLOWER
        if before >= after * _NOTABLE:
            return Difference.FASTER
    is_same = old.condition == new.condition and _is_near(old.total_rows, new.total_rows)
    is_same = is_same and _is_near(old.estimated_rows, new.estimated_rows)
    return Difference.SAME if is_same else Difference.CHANGED


def _is_near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return True
    return max(one, other) <= max(1.0, min(one, other)) * _NOTABLE
