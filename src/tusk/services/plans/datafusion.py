"""Reading DataFusion's plans, which are indented text, with metrics after EXPLAIN ANALYZE."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tusk.services.plans.model import DEEPEST, Plan, PlanNode
from tusk.services.plans.values import UnreadablePlanError, number, text

_INDENT = 2
_METRICS = re.compile(r",?\s*metrics=\[(.*)\]\s*\Z", re.DOTALL)
_STATISTICS = re.compile(r",?\s*statistics=\[Rows=\w+\((\d+)\).*\]\s*\Z", re.DOTALL)
_FIELD = re.compile(r"\b(\w{1,60})=([^,\[]*(?:\[[^\]]*\])?)(?:, |\Z)")
# `1.2ms`, `592ns`, `3.4µs`, `2s`.
_TIME = re.compile(r"([\d.]+)\s*(ns|µs|us|ms|s|m|h)\Z")
_UNITS_MS = {"ns": 1e-6, "µs": 1e-3, "us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}
_CONDITIONS = ("predicate", "on", "filter", "gby", "groupBy", "expr")


def read_datafusion(rows: Sequence[Mapping[str, object]], document: str) -> Plan:
    """The physical plan among the rows `plan_type, plan`, or the logical one without it.

    Raises:
        UnreadablePlanError: There is none.
    """
    plans = {text(row.get("plan_type")): text(row.get("plan")) for row in rows}
    is_analyzed = "Plan with Metrics" in plans
    wanted = ("Plan with Metrics", "physical_plan", "logical_plan")
    found = next((plans[name] for name in wanted if plans.get(name)), "")
    nodes = tuple(_nodes(found))
    if not nodes:
        raise UnreadablePlanError("the answer holds no plan")
    facts: tuple[tuple[str, str], ...] = ()
    if plans.get("logical_plan") and plans.get("physical_plan"):
        facts = (("Logical plan", plans["logical_plan"].strip()),)
    return Plan("datafusion", nodes, document, is_analyzed=is_analyzed, facts=facts)


def _nodes(plan: str) -> Iterator[PlanNode]:
    depth = -1
    for line in plan.splitlines():
        words = line.strip()
        if not words:
            continue
        # A literal may hold line breaks: no line is more than one step deeper than the last one.
        depth = min((len(line) - len(line.lstrip(" "))) // _INDENT, depth + 1, DEEPEST)
        yield _node(words, depth)


def _node(words: str, depth: int) -> PlanNode:
    metrics: dict[str, str] = {}
    if found := _METRICS.search(words):
        metrics = dict(_FIELD.findall(found.group(1)))
        words = words[: found.start()]
    estimated = _STATISTICS.search(words)
    if estimated:
        words = words[: estimated.start()]
    title, _, rest = words.partition(":")
    rest = rest.strip()
    fields = dict(_FIELD.findall(rest))
    relation = fields.get("file_groups", "") or _table(title, rest)
    return PlanNode(
        title.strip(),
        depth,
        relation=relation,
        condition=_condition(title, rest, fields),
        estimated_rows=number(estimated.group(1)) if estimated else None,
        actual_rows=number(metrics.get("output_rows", "").replace(",", "")),
        own_ms=_time(metrics.get("elapsed_compute", "")),
        spilled=_spilled(metrics),
        details=tuple(_details(rest, metrics)),
    )


def _table(title: str, rest: str) -> str:
    """The table of a logical plan's `TableScan: t projection=[…]`."""
    return rest.partition(" ")[0] if title.strip() == "TableScan" else ""


def _condition(title: str, rest: str, fields: Mapping[str, str]) -> str:
    if title.strip() in ("FilterExec", "Filter", "Sort", "SortExec"):
        return rest
    return next((fields[name] for name in _CONDITIONS if fields.get(name)), "")


def _details(rest: str, metrics: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if rest:
        yield "Details", rest
    for name, value in metrics.items():
        if name not in ("output_rows", "elapsed_compute"):
            yield name, value


def _spilled(metrics: Mapping[str, str]) -> str:
    times = number(metrics.get("spill_count", ""))
    return f"spilled {metrics.get('spilled_bytes', 'rows')} to disk" if times else ""


def _time(value: str) -> float | None:
    found = _TIME.match(value.strip())
    amount = number(found.group(1)) if found else None
    return None if found is None or amount is None else amount * _UNITS_MS[found.group(2)]
