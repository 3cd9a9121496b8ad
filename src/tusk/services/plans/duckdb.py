"""Reading what DuckDB's `EXPLAIN (FORMAT json)` and `EXPLAIN (ANALYZE, FORMAT json)` answer.

The first is a list of operators, the second a profile: times in seconds, of each operator alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tusk.services.plans.figures import count
from tusk.services.plans.model import DEEPEST, Plan, PlanNode
from tusk.services.plans.values import (
    Object,
    UnreadablePlanError,
    as_list,
    as_object,
    load,
    number,
    text,
)

_CONDITIONS = ("Filters", "Expression", "Conditions", "Condition", "Order By", "Groups", "Function")
_RELATIONS = ("Table", "Text", "File", "Index", "Name", "CTE Name")
_FILES = "Filename(s)"
_ESTIMATE = "Estimated Cardinality"
# The profile wraps the statement into these.
_WRAPPERS = ("EXPLAIN_ANALYZE", "RESULT_COLLECTOR")


def read_duckdb(document: str) -> Plan:
    """The plan in an answer.

    Raises:
        UnreadablePlanError: It is none.
    """
    answer = load(document)
    profile = as_object(answer)
    roots = as_list(profile.get("children")) if profile else as_list(answer)
    nodes = tuple(_walk([as_object(root) for root in roots]))
    if not nodes:
        raise UnreadablePlanError("the answer holds no plan")
    return Plan(
        "duckdb",
        _elapsed(_spilling(nodes, profile)),
        document,
        is_analyzed=bool(profile),
        execution_ms=_ms(profile.get("latency")),
        facts=tuple(_facts(profile)),
    )


def _walk(roots: list[Object]) -> Iterator[PlanNode]:
    waiting = [(root, 0) for root in reversed(roots)]
    while waiting:
        node, depth = waiting.pop()
        name = text(node.get("operator_name") or node.get("name")).strip()
        if not name:
            continue
        if depth > DEEPEST:
            raise UnreadablePlanError(f"the plan has more than {DEEPEST} levels")
        below = [as_object(child) for child in as_list(node.get("children"))]
        if name not in _WRAPPERS:
            yield _node(node, name, depth)
            depth += 1
        waiting += [(child, depth) for child in reversed(below)]


def _node(node: Object, name: str, depth: int) -> PlanNode:
    extra = as_object(node.get("extra_info"))
    rows = number(node.get("operator_cardinality"))
    scanned = number(node.get("operator_rows_scanned"))
    return PlanNode(
        title=name,
        depth=depth,
        relation=_relation(extra),
        condition=next((text(extra[key]) for key in _CONDITIONS if extra.get(key)), ""),
        estimated_rows=number(extra.get(_ESTIMATE)),
        actual_rows=rows,
        own_ms=_ms(node.get("operator_timing")),
        removed_rows=max(0.0, scanned - rows) if scanned and rows is not None else None,
        details=tuple(_details(node, extra)),
    )


def _relation(extra: Object) -> str:
    """What an operator reads; of files the names without their folders."""
    if files := text(extra.get(_FILES)):
        return ", ".join(file.rpartition("/")[2] for file in files.split(", "))
    return next((text(extra[key]) for key in _RELATIONS if extra.get(key)), "")


def _details(node: Object, extra: Object) -> Iterator[tuple[str, str]]:
    for key, value in extra.items():
        if key != _ESTIMATE and (shown := text(value)):
            yield key, shown
    if scanned := number(node.get("operator_rows_scanned")):
        yield "Rows scanned", count(scanned)
    if size := number(node.get("result_set_size")):
        yield "Result", f"{count(size)} bytes"


def _spilling(nodes: tuple[PlanNode, ...], profile: Object) -> tuple[PlanNode, ...]:
    """Nodes with the warning about temporary files, which DuckDB tells for all nodes together."""
    size = number(profile.get("system_peak_temp_dir_size"))
    if not size:
        return nodes
    words = f"up to {count(size)} bytes in temporary files (of the whole plan)"
    return (replace(nodes[0], spilled=words), *nodes[1:])


def _elapsed(nodes: tuple[PlanNode, ...]) -> tuple[PlanNode, ...]:
    """Nodes with their time and that of those below: of threads, so maybe more than the clock's."""
    sums: list[float] = [node.own_ms or 0.0 for node in nodes]
    above: list[int] = []
    parents: list[int | None] = []
    for index, node in enumerate(nodes):
        del above[node.depth :]
        parents.append(above[-1] if above else None)
        above.append(index)
    for index in range(len(nodes) - 1, 0, -1):
        if (parent := parents[index]) is not None:
            sums[parent] += sums[index]
    return tuple(
        node if node.own_ms is None else replace(node, elapsed_ms=total)
        for node, total in zip(nodes, sums, strict=True)
    )


def _ms(seconds: object) -> float | None:
    found = number(seconds)
    return None if found is None else found * 1000


def _facts(profile: Object) -> Iterator[tuple[str, str]]:
    labels = {
        "system_peak_buffer_memory": "Peak memory",
        "system_peak_temp_dir_size": "Peak temporary files",
        "total_bytes_read": "Read from files",
        "total_bytes_written": "Written to files",
    }
    for key, label in labels.items():
        if size := number(profile.get(key)):
            yield label, f"{count(size)} bytes"
    if cpu := _ms(profile.get("cpu_time")):
        yield "Time of all threads", f"{cpu:.1f} ms"
