"""Reading what PostgreSQL's `EXPLAIN (FORMAT JSON)` answers, versions 13 to 18.

The keys are those of `src/backend/commands/explain.c`. Times of a node are averages over its
loops, and all workers count as loops: https://www.postgresql.org/docs/current/using-explain.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tusk.services.plans.figures import count
from tusk.services.plans.model import (
    DEEPEST,
    Buffers,
    Concern,
    Plan,
    PlanNode,
    PlanWarning,
)
from tusk.services.plans.values import (
    Object,
    UnreadablePlanError,
    as_list,
    as_object,
    load,
    number,
    text,
)

# The first one that a node has tells most about it.
_CONDITIONS = (
    "Index Cond",
    "Hash Cond",
    "Merge Cond",
    "TID Cond",
    "Recheck Cond",
    "Join Filter",
    "Filter",
    "One-Time Filter",
    "Order By",
    "Sort Key",
    "Group Key",
)
_REMOVED = (
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
)
# Shown in a place of their own, or told by the node's title.
_CONSUMED = frozenset(
    [
        "Plans", "Workers", "Node Type", "Parent Relationship", "Subplan Name", "Relation Name",
        "Schema", "Alias", "CTE Name", "Function Name", "Join Type", "Strategy", "Partial Mode",
        "Operation", "Command", "Parallel Aware", "Async Capable", "Scan Direction",
        "Startup Cost", "Total Cost", "Plan Rows", "Plan Width", "Actual Startup Time",
        "Actual Total Time", "Actual Rows", "Actual Loops", "Workers Planned", "Workers Launched",
        "Inner Unique", "Disabled",
    ]
)  # fmt: skip
_BUFFER_KEYS = {
    "hit": ("Shared Hit Blocks", "Local Hit Blocks"),
    "read": ("Shared Read Blocks", "Local Read Blocks"),
    "dirtied": ("Shared Dirtied Blocks", "Local Dirtied Blocks"),
    "written": ("Shared Written Blocks", "Local Written Blocks"),
    "temp_read": ("Temp Read Blocks",),
    "temp_written": ("Temp Written Blocks",),
}
_BUFFERS = frozenset(key for keys in _BUFFER_KEYS.values() for key in keys)
_AGGREGATES = {
    "Plain": "Aggregate",
    "Sorted": "GroupAggregate",
    "Hashed": "HashAggregate",
    "Mixed": "MixedAggregate",
}


def read_postgres(document: str) -> Plan:
    """The plan in an answer to `EXPLAIN (FORMAT JSON)`.

    Raises:
        UnreadablePlanError: It is none.
    """
    top = as_object(next(iter(as_list(load(document))), None))
    nodes = tuple(_timed(list(_walk(as_object(top.get("Plan"))))))
    if not nodes:
        raise UnreadablePlanError("the answer holds no plan")
    return Plan(
        "postgres",
        nodes,
        document,
        is_analyzed=any(node.loops is not None for node in nodes),
        planning_ms=number(top.get("Planning Time")),
        execution_ms=number(top.get("Execution Time")),
        facts=tuple(_facts(top)),
    )


def _walk(root: Object) -> Iterator[_Step]:
    """Nodes before those below them, without recursion: the server's word is no guarantee."""
    waiting: list[tuple[Object, int]] = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        if "Node Type" not in node:
            continue
        if depth > DEEPEST:
            raise UnreadablePlanError(f"the plan has more than {DEEPEST} levels")
        yield _Step(_node(node, depth), node)
        below = [as_object(child) for child in as_list(node.get("Plans"))]
        waiting += [(child, depth + 1) for child in reversed(below)]


# ── one node ─────────────────────────────────────────────────────────────────────────────────


def _node(node: Object, depth: int) -> PlanNode:
    loops = number(node.get("Actual Loops"))
    return PlanNode(
        title=_title(node),
        depth=depth,
        relation=_relation(node),
        condition=next((text(node[key]) for key in _CONDITIONS if node.get(key)), ""),
        role=_role(node),
        estimated_rows=number(node.get("Plan Rows")),
        startup_cost=number(node.get("Startup Cost")),
        total_cost=number(node.get("Total Cost")),
        width=number(node.get("Plan Width")),
        actual_rows=number(node.get("Actual Rows")),
        loops=loops,
        removed_rows=_removed(node, loops),
        spilled=_spilled(node),
        buffers=_buffers(node),
        workers_planned=number(node.get("Workers Planned")),
        workers_launched=number(node.get("Workers Launched")),
        details=tuple(_details(node)),
        warnings=tuple(_special_warnings(node)),
    )


def _title(node: Object) -> str:
    """A node's type as `EXPLAIN` in text form writes it."""
    kind = text(node.get("Node Type"))
    strategy, join = text(node.get("Strategy")), text(node.get("Join Type"))
    if kind == "Aggregate":
        kind = _AGGREGATES.get(strategy, kind)
        mode = text(node.get("Partial Mode"))
        kind = f"{mode} {kind}" if mode in ("Partial", "Finalize") else kind
    elif kind == "SetOp":
        kind = f"{'Hash' if strategy == 'Hashed' else ''}SetOp {text(node.get('Command'))}".strip()
    elif kind == "ModifyTable":
        kind = text(node.get("Operation")) or kind
    elif join:
        plain = kind.removesuffix(" Join")
        is_inner = join == "Inner"
        kind = kind if is_inner else f"{plain} {join} Join"
    if text(node.get("Scan Direction")) == "Backward":
        kind += " Backward"
    return f"Parallel {kind}" if node.get("Parallel Aware") is True else kind


def _relation(node: Object) -> str:
    """What a node works on, in the words of its query."""
    name = text(node.get("Relation Name"))
    if schema := text(node.get("Schema")):
        name = f"{schema}.{name}" if name else ""
    other = ("CTE Name", "Function Name", "Table Function Name", "Tuplestore Name", "Index Name")
    name = name or next((text(node[key]) for key in other if node.get(key)), "")
    alias = text(node.get("Alias"))
    if not alias or alias == name or name.endswith(f".{alias}"):
        return name
    return f"{name} {alias}".strip()


def _role(node: Object) -> str:
    name, relationship = text(node.get("Subplan Name")), text(node.get("Parent Relationship"))
    return name or (relationship if relationship in ("InitPlan", "SubPlan") else "")


def _removed(node: Object, loops: float | None) -> float | None:
    """Rows removed in all loops; the server tells the average of one."""
    found = [number(node.get(key)) for key in _REMOVED if key in node]
    if not found:
        return None
    return sum(rows or 0.0 for rows in found) * (1.0 if loops is None else loops)


def _spilled(node: Object) -> str:
    """What went to disk for want of work_mem; of a parallel node what any worker says."""
    for part in (node, *(as_object(worker) for worker in as_list(node.get("Workers")))):
        if words := _spilled_part(part):
            return words
    return ""


def _spilled_part(node: Object) -> str:
    if text(node.get("Sort Space Type")) == "Disk":
        return f"sorted on disk: {count(number(node.get('Sort Space Used')) or 0)} kB"
    for groups in ("Full-sort Groups", "Pre-sorted Groups"):
        disk = as_object(as_object(node.get(groups)).get("Sort Space Disk"))
        if disk:
            return f"sorted on disk: {count(number(disk.get('Peak Sort Space Used')) or 0)} kB"
    if (batches := number(node.get("Hash Batches")) or 1) > 1:
        return f"hash in {count(batches)} batches, through temporary files"
    if (disk_kb := number(node.get("Disk Usage")) or 0) > 0:
        return f"hash groups on disk: {count(disk_kb)} kB"
    if text(node.get("Storage")) == "Disk":
        return f"kept on disk: {count(number(node.get('Maximum Storage')) or 0)} kB"
    return ""


def _special_warnings(node: Object) -> Iterator[PlanWarning]:
    if (lossy := number(node.get("Lossy Heap Blocks")) or 0) > 0:
        words = f"{count(lossy)} blocks were read whole: work_mem was too small for the bitmap"
        yield PlanWarning(Concern.LOSSY, words)
    fetches, rows = number(node.get("Heap Fetches")) or 0, number(node.get("Actual Rows")) or 0
    # Few of them are usual; more say that the table wants a VACUUM.
    if fetches >= 1_000 and fetches >= rows / 2:
        words = f"index-only, but the table was read {count(fetches)} times: vacuum it"
        yield PlanWarning(Concern.FETCHES, words)


def _buffers(node: Object) -> Buffers | None:
    if not any(key in node for key in _BUFFERS):
        return None
    sums = {
        name: sum(number(node.get(key)) or 0.0 for key in keys)
        for name, keys in _BUFFER_KEYS.items()
    }
    return Buffers(**sums)


def _details(node: Object) -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if key in _CONSUMED or key in _BUFFERS or value is None or value == []:
            continue
        # Most nodes do no work with times of input and output, nor with write-ahead log.
        if value == 0 and (key.startswith("WAL ") or "I/O" in key):
            continue
        if shown := text(value):
            yield key, shown
    if node.get("Disabled") is True:
        yield "Disabled", "a setting forbids this kind of node, but there was no other way"
    for worker in as_list(node.get("Workers")):
        yield from _worker(as_object(worker))


def _worker(worker: Object) -> Iterator[tuple[str, str]]:
    rows, time = number(worker.get("Actual Rows")), number(worker.get("Actual Total Time"))
    parts = [f"{count(rows)} rows" if rows is not None else ""]
    parts += [f"{time:.1f} ms" if time is not None else ""]
    if words := ", ".join(part for part in parts if part):
        yield f"Worker {text(worker.get('Worker Number'))}", words


# ── times and costs of nodes alone ───────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Step:
    """A node while the whole plan is read."""

    node: PlanNode
    source: Object
    children: list[_Step] = field(default_factory=list["_Step"])
    processes: float = 1.0
    elapsed_ms: float | None = None
    inclusive_ms: float = 0.0

    @property
    def is_cte(self) -> bool:
        return self.node.role.startswith("CTE ")


def _timed(steps: Sequence[_Step]) -> Iterator[PlanNode]:
    """Nodes with what each takes by itself."""
    _link(steps)
    for step in steps:
        _set_elapsed(step)
    ctes = {s.node.role.removeprefix("CTE "): s.elapsed_ms or 0.0 for s in steps if s.is_cte}
    for step in steps:
        below = [child for child in step.children if not child.is_cte]
        own_ms = None
        if step.elapsed_ms is not None:
            taken = sum(child.elapsed_ms or 0.0 for child in below)
            own_ms = max(0.0, step.elapsed_ms - taken - _cte_time(step, ctes))
        costs = sum(child.node.total_cost or 0.0 for child in step.children)
        cost = step.node.total_cost
        yield replace(
            step.node,
            elapsed_ms=step.elapsed_ms,
            own_ms=own_ms,
            own_cost=None if cost is None else max(0.0, cost - costs),
        )


def _link(steps: Sequence[_Step]) -> None:
    above: list[_Step] = []
    for step in steps:
        del above[step.node.depth :]
        if above:
            above[-1].children.append(step)
        above.append(step)


def _set_elapsed(step: _Step) -> None:
    """Set how long a node and those below it took, as a clock on the wall shows it.

    Below a Gather all processes count as loops, while they work at the same time.
    """
    node, average = step.node, number(step.source.get("Actual Total Time"))
    if node.loops is not None and average is not None:
        step.elapsed_ms = average * node.loops / step.processes
    for child in step.children:
        child.processes = step.processes
        if node.title.startswith("Gather") and node.loops and child.node.loops:
            # Without the leader, who may take no part, all loops are the workers'.
            child.processes = max(1.0, child.node.loops / node.loops) * step.processes


def _cte_time(step: _Step, ctes: dict[str, float]) -> float:
    """Time of a CTE that a scan of it has waited for; taken once, by the first scans."""
    name = text(step.source.get("CTE Name"))
    if not name or step.elapsed_ms is None:
        return 0.0
    taken = min(ctes.get(name, 0.0), step.elapsed_ms)
    ctes[name] = ctes.get(name, 0.0) - taken
    return taken


# ── the whole plan ───────────────────────────────────────────────────────────────────────────


def _facts(top: Object) -> Iterator[tuple[str, str]]:
    for key, value in as_object(top.get("Settings")).items():
        yield f"Setting {key}", text(value)
    for trigger in map(as_object, as_list(top.get("Triggers"))):
        name = text(trigger.get("Trigger Name")) or text(trigger.get("Constraint Name"))
        time = number(trigger.get("Time"))
        calls = count(number(trigger.get("Calls")) or 0)
        yield f"Trigger {name}", f"{calls} calls" + (f", {time:.1f} ms" if time else "")
    if jit := as_object(top.get("JIT")):
        time = number(as_object(jit.get("Timing")).get("Total"))
        functions = count(number(jit.get("Functions")) or 0)
        yield "JIT", f"{functions} functions" + (f", {time:.1f} ms" if time is not None else "")
    serialization = as_object(top.get("Serialization"))
    if (time := number(serialization.get("Time"))) is not None:
        yield "Serialization", f"{time:.1f} ms"
    planning = as_object(top.get("Planning"))
    if memory := number(planning.get("Memory Used")):
        yield "Planner's memory", f"{count(memory)} kB"
