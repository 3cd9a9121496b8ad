"""Reading plans: what versions differ in, and answers that nobody expects."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.hostile import HOSTILE_TEXTS, unsafe_characters
from tusk.services.plans import (
    Concern,
    Difference,
    Plan,
    PlanNode,
    compare,
    plan_json,
    plan_text,
    plan_tree,
)
from tusk.services.plans.reading import plan_of_document, plan_of_rows

ENGINES = ["datafusion", "duckdb", "postgres", "sqlite"]


def postgres(plan: dict[str, object], **top: object) -> Plan:
    return plan_of_document("postgres", json.dumps([{"Plan": plan, **top}]))


def node(kind: str, *below: dict[str, object], **values: object) -> dict[str, object]:
    named = {key.replace("_", " ").title(): value for key, value in values.items()}
    return {"Node Type": kind, **named, **({"Plans": list(below)} if below else {})}


def measured(
    kind: str, ms: float, *below: dict[str, object], **values: object
) -> dict[str, object]:
    usual = {"actual_total_time": ms, "actual_rows": 1, "actual_loops": 1, "plan_rows": 1}
    return node(kind, *below, **{**usual, **values})


class TestPostgres:
    @pytest.mark.parametrize(
        ("given", "title"),
        [
            (
                node("Aggregate", strategy="Hashed", partial_mode="Finalize"),
                "Finalize HashAggregate",
            ),
            (node("Aggregate", strategy="Sorted", partial_mode="Simple"), "GroupAggregate"),
            (node("Hash Join", join_type="Inner"), "Hash Join"),
            (node("Hash Join", join_type="Right Anti"), "Hash Right Anti Join"),
            (node("Nested Loop", join_type="Left"), "Nested Loop Left Join"),
            (node("ModifyTable", operation="Merge"), "Merge"),
            (node("SetOp", strategy="Hashed", command="Except All"), "HashSetOp Except All"),
            (node("Seq Scan", parallel_aware=True), "Parallel Seq Scan"),
            (node("Index Scan", scan_direction="Backward"), "Index Scan Backward"),
        ],
    )
    def test_titles_are_those_of_the_text_form(self, given: dict[str, object], title: str) -> None:
        assert postgres(given).nodes[0].title == title

    def test_time_below_a_gather_is_that_of_the_clock(self) -> None:
        scan = measured("Seq Scan", 90, actual_loops=3)
        plan = postgres(measured("Gather", 100, scan, workers_planned=2, workers_launched=2))
        assert [n.own_ms for n in plan.nodes] == [pytest.approx(10), pytest.approx(90)]
        assert plan.nodes[1].is_worst

    def test_the_time_of_a_cte_counts_once(self) -> None:
        cte = measured("Aggregate", 80, subplan_name="CTE c", parent_relationship="InitPlan")
        scans = [measured("CTE Scan", ms, cte_name="c") for ms in (82, 3)]
        for scan in scans:
            scan["CTE Name"] = scan.pop("Cte Name")
        plan = postgres(measured("Hash Join", 90, cte, *scans))
        assert [n.own_ms for n in plan.nodes] == [pytest.approx(ms) for ms in (5, 80, 2, 3)]

    def test_workers_that_did_not_come_and_lossy_bitmaps_are_warned_about(self) -> None:
        gather = measured("Gather", 1, workers_planned=4, workers_launched=1)
        heap = measured("Bitmap Heap Scan", 1, lossy_heap_blocks=7)
        plan = postgres(node("Append", gather, heap))
        assert [w.concern for n in plan.nodes for w in n.warnings] == [
            Concern.WORKERS,
            Concern.LOSSY,
        ]

    def test_fractions_of_rows_and_what_is_disabled_in_18(self) -> None:
        plan = postgres(node("Seq Scan", actual_rows=12.5, actual_loops=4, disabled=True))
        assert plan.nodes[0].total_rows == 50
        assert "Disabled" in dict(plan.nodes[0].details)

    def test_facts_of_the_whole_plan(self) -> None:
        plan = postgres(
            node("Result"),
            Settings={"work_mem": "1GB"},
            Triggers=[{"Trigger Name": "tr", "Calls": 3, "Time": 1.5}],
            JIT={"Functions": 4, "Timing": {"Total": 9.5}},
            **{"Planning Time": 0.5, "Execution Time": 2},
        )
        assert dict(plan.facts) == {
            "Setting work_mem": "1GB",
            "Trigger tr": "3 calls, 1.5 ms",
            "JIT": "4 functions, 9.5 ms",
        }
        assert (plan.planning_ms, plan.execution_ms) == (0.5, 2)


class TestHostileAnswers:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        "document", ["", "null", "[]", "{}", "[[[", '[{"Plan": 3}]', "[1, {}]"]
    )
    def test_no_plan_is_a_note_not_an_error(self, engine: str, document: str) -> None:
        plan = plan_of_document(engine, document)
        assert plan.note or plan.nodes
        assert isinstance(plan_tree(plan, 80), str)

    @pytest.mark.parametrize("engine", ["duckdb", "postgres"])
    def test_a_plan_without_end_is_refused(self, engine: str) -> None:
        deep = '[{"Plan":' + '{"Node Type":"A","Plans":[' * 50_000
        assert plan_of_document(engine, deep).note
        keys = ("Node Type", "Plans") if engine == "postgres" else ("name", "children")
        inner: dict[str, object] = {keys[0]: "A"}
        for _ in range(450):
            inner = {keys[0]: "A", keys[1]: [inner]}
        document = json.dumps([{"Plan": inner}] if engine == "postgres" else [inner])
        assert "levels" in plan_of_document(engine, document).note

    @pytest.mark.parametrize("hostile", sorted(HOSTILE_TEXTS, key=repr))
    def test_hostile_texts_are_shown_harmlessly(self, hostile: str) -> None:
        words = hostile or "x"
        plan = postgres(
            node(words, node("Seq Scan", relation_name=words, filter=words), output=[words]),
            Settings={words: words},
        )
        for shown in (plan_tree(plan), plan_tree(plan, 80), plan_text(plan)):
            assert not unsafe_characters(shown.replace("\n", "").replace("\t", ""))


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20)
    | st.sampled_from([1e308, -5, "Disk", "12", "NaN"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
KEYS = {
    "postgres": [
        "Node Type", "Plan Rows", "Actual Rows", "Actual Loops", "Actual Total Time", "Total Cost",
        "Workers", "Workers Planned", "Workers Launched", "Relation Name", "Alias", "Filter",
        "Rows Removed by Filter", "Hash Batches", "Sort Space Type", "CTE Name", "Subplan Name",
        "Shared Hit Blocks", "Disabled", "Full-sort Groups",
    ],
    "duckdb": [
        "name", "operator_name", "operator_timing", "operator_cardinality", "extra_info",
        "operator_rows_scanned", "result_set_size",
    ],
}  # fmt: skip


def trees(engine: str) -> st.SearchStrategy[object]:
    """Plans with the keys of an engine and any values at all."""
    below = "Plans" if engine == "postgres" else "children"
    usual = st.just("Gather") | st.just("CTE Scan") | st.just("Limit") | json_values
    leaf = st.dictionaries(st.sampled_from(KEYS[engine]), usual | st.floats(0, 1e6), max_size=8)
    return st.recursive(
        leaf, lambda inner: st.tuples(leaf, st.lists(inner, max_size=3)).map(
            lambda pair: {**pair[0], below: pair[1]}
        ), max_leaves=8,
    )  # fmt: skip


def check_sound(plan: Plan) -> None:
    """What screens and writers may rely on."""
    assert plan.note or plan.nodes
    depth = -1
    for each in plan.nodes:
        assert 0 <= each.depth <= depth + 1
        depth = each.depth
        assert each.share is None or 0 <= each.share <= 1.000001
    assert sum(each.is_worst for each in plan.nodes) <= 1
    for width in (None, 20, 80):
        assert isinstance(plan_tree(plan, width), str)
    assert isinstance(plan_text(plan), str)
    assert isinstance(plan_json(plan), str)
    pairs = compare(plan, plan)
    assert all(pair.difference is Difference.SAME for pair in pairs)


@given(tree=trees("postgres"), top=st.dictionaries(st.sampled_from(
    ["Settings", "Triggers", "JIT", "Planning", "Planning Time", "Serialization"]), json_values))  # fmt: skip
@example(tree={"Node Type": ""}, top={})
def test_postgres_reads_anything(tree: object, top: dict[str, object]) -> None:
    check_sound(plan_of_document("postgres", json.dumps([{"Plan": tree, **top}])))


@given(tree=trees("duckdb"), is_profile=st.booleans(), top=st.dictionaries(st.sampled_from(
    ["latency", "cpu_time", "system_peak_temp_dir_size"]), json_values))  # fmt: skip
def test_duckdb_reads_anything(tree: object, is_profile: bool, top: dict[str, object]) -> None:
    answer: object = {"children": [tree], **top} if is_profile else [tree]
    check_sound(plan_of_document("duckdb", json.dumps(answer)))


@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": json_values, "parent": json_values | st.integers(0, 9), "detail": json_values}
        ),
        max_size=8,
    )
)
def test_sqlite_reads_any_rows(found: list[dict[str, object]]) -> None:
    check_sound(plan_of_rows("sqlite", found))


METRICS = "FilterExec: a@0 > 1, metrics=[output_rows=3, elapsed_compute=1.5ms, spill_count=0]"


@given(st.lists(st.text(max_size=40) | st.just("  " + METRICS) | st.just("    " + METRICS)))
def test_datafusion_reads_any_lines(lines: list[str]) -> None:
    found = [{"plan_type": "Plan with Metrics", "plan": "\n".join(lines)}]
    check_sound(plan_of_rows("datafusion", found))


class TestComparing:
    OLD = (
        PlanNode("Hash Join", own_ms=5, actual_rows=1, loops=1),
        PlanNode("Seq Scan", 1, "orders", own_ms=100, actual_rows=1, loops=1),
        PlanNode("Hash", 1, own_ms=1, actual_rows=1, loops=1),
        PlanNode("Seq Scan", 2, "people", own_ms=1, actual_rows=1, loops=1),
    )

    def compared(self, *new: PlanNode) -> list[tuple[str, str, Difference]]:
        pairs = compare(Plan("postgres", self.OLD, ""), Plan("postgres", new, ""))
        return [
            (p.left.title if p.left else "", p.right.title if p.right else "", p.difference)
            for p in pairs
        ]

    def test_a_scan_that_became_another_is_changed_not_gone_and_new(self) -> None:
        new = PlanNode("Index Scan", 1, "orders", own_ms=1, actual_rows=1, loops=1)
        found = self.compared(self.OLD[0], new, *self.OLD[2:])
        assert found[1] == ("Seq Scan", "Index Scan", Difference.CHANGED)
        assert [d for _, _, d in found if d is not Difference.SAME] == [Difference.CHANGED]

    def test_slower_faster_new_and_gone(self) -> None:
        slower = replace(self.OLD[0], own_ms=50)
        faster = replace(self.OLD[1], own_ms=10)
        found = self.compared(slower, faster, PlanNode("Sort", 0))
        assert [d for _, _, d in found[:2]] == [Difference.SLOWER, Difference.FASTER]
        gone = [left for left, _, d in found if d is Difference.REMOVED]
        assert gone == ["Hash", "Seq Scan"]
        assert ("", "Sort", Difference.ADDED) in found

    def test_noise_of_a_millisecond_is_no_difference(self) -> None:
        found = self.compared(*(replace(n, own_ms=(n.own_ms or 0) + 0.5) for n in self.OLD))
        assert {d for _, _, d in found} == {Difference.SAME}
