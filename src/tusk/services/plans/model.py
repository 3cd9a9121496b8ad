"""`Plan`: one shape for the plans of every engine."""

from __future__ import annotations

import enum
from dataclasses import dataclass

DEEPEST = 400
"""Levels of a plan that are read. Real plans have some dozens."""


class Concern(enum.Enum):
    """What a node is warned about. `sign` stands before it, so that no colour is needed."""

    ROWS = "rows misjudged"
    FILTER = "rows read in vain"
    SPILL = "work on disk"
    NEVER = "never executed"
    WORKERS = "fewer workers than planned"
    LOSSY = "bitmap too large"
    FETCHES = "table read for visibility"
    INDEX = "index made for this run"


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something about a node that a reader should look at.

    Args:
        concern: What kind of thing.
        text: In words, with the numbers.
    """

    concern: Concern
    text: str


@dataclass(frozen=True, slots=True)
class Buffers:
    """Blocks that a node and those below it touched, shared and local ones together.

    Args:
        hit: Found in memory.
        read: Asked of the system.
        dirtied: Changed.
        written: Written out.
        temp_read: Read from temporary files.
        temp_written: Written to temporary files.
    """

    hit: float = 0
    read: float = 0
    dirtied: float = 0
    written: float = 0
    temp_read: float = 0
    temp_written: float = 0


@dataclass(frozen=True, slots=True)
class PlanNode:
    """One step of a plan. What an engine does not tell is None or empty.

    Args:
        title: Its type as the engine's users know it: `Parallel Seq Scan`, `HASH_JOIN`.
        depth: Levels above it.
        relation: Table, index, function or file that it reads or changes.
        condition: Its most telling condition, sort key or group key.
        role: What it is to the node above where that is not usual: `InitPlan 1`, `CTE x`.
        estimated_rows: Each time it runs.
        startup_cost: Until its first row, in the planner's units.
        total_cost: Until its last row.
        width: Estimated bytes of a row.
        actual_rows: Each time it ran, on the average.
        loops: How often it ran; 0 for never.
        elapsed_ms: Of all loops, nodes below included.
        own_ms: The same without the nodes below.
        own_cost: Its cost without the nodes below.
        share: Its part of the whole plan's time, or of its cost without times: 0 … 1.
        removed_rows: Read and thrown away by a filter, in all loops.
        spilled: What it wrote to disk for want of memory, in words; empty for nothing.
        buffers: Blocks touched.
        workers_planned: Parallel workers asked for.
        workers_launched: Parallel workers it got.
        details: All else, label and text, in the engine's order.
        warnings: What to look at.
        is_worst: It takes more than any other node.
    """

    title: str
    depth: int = 0
    relation: str = ""
    condition: str = ""
    role: str = ""
    estimated_rows: float | None = None
    startup_cost: float | None = None
    total_cost: float | None = None
    width: float | None = None
    actual_rows: float | None = None
    loops: float | None = None
    elapsed_ms: float | None = None
    own_ms: float | None = None
    own_cost: float | None = None
    share: float | None = None
    removed_rows: float | None = None
    spilled: str = ""
    buffers: Buffers | None = None
    workers_planned: float | None = None
    workers_launched: float | None = None
    details: tuple[tuple[str, str], ...] = ()
    warnings: tuple[PlanWarning, ...] = ()
    is_worst: bool = False

    @property
    def total_rows(self) -> float | None:
        """Rows of all loops together."""
        if self.actual_rows is None:
            return None
        return self.actual_rows * (1 if self.loops is None else self.loops)

    @property
    def row_factor(self) -> float | None:
        """Actual rows for each estimated one; None where one of them is not known.

        Nothing counts as one row, since a planner never estimates less.

        >>> PlanNode("a", estimated_rows=10, actual_rows=500).row_factor
        50.0
        >>> PlanNode("a", estimated_rows=10, actual_rows=0).row_factor
        0.1
        """
        if self.estimated_rows is None or self.actual_rows is None or self.loops == 0:
            return None
        return max(self.actual_rows, 1.0) / max(self.estimated_rows, 1.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an engine will do for a statement, or did.

    Args:
        engine: Registered engine name.
        nodes: In the order of a tree written line by line: each before those below it.
        document: The engine's own answer, JSON or text.
        is_analyzed: Whether the statement was executed, so that there are actual numbers.
        is_generic: Whether it was planned without values for its parameters.
        planning_ms: Time to make the plan.
        execution_ms: Time to execute it.
        facts: About the whole plan: settings, triggers, JIT …; label and text.
        note: Why there are no nodes, where the answer could not be read.
    """

    engine: str
    nodes: tuple[PlanNode, ...]
    document: str
    is_analyzed: bool = False
    is_generic: bool = False
    planning_ms: float | None = None
    execution_ms: float | None = None
    facts: tuple[tuple[str, str], ...] = ()
    note: str = ""

    @property
    def has_times(self) -> bool:
        """Whether shares are those of time; else they are those of cost, if there are any."""
        return any(node.own_ms is not None for node in self.nodes)

    @property
    def worst(self) -> PlanNode | None:
        """The node that takes most."""
        return next((node for node in self.nodes if node.is_worst), None)
