"""Plans of the embedded engines, and that asking for them changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.services.plans.conftest import connect, explained, rows
from tusk.core.errors import QueryError
from tusk.engines.base import Session, TransactionState
from tusk.services.plans import Concern, Unsuitable, plan_json, plan_text, plan_tree

JOIN = "select a.g, count(*) from t a join t b using (i) where a.i > :n group by a.g order by 2"


class TestDuckDB:
    def test_estimates_come_without_executing(self, duck) -> None:
        plan = explained(duck, JOIN, parameters={"n": 5})
        assert not plan.is_analyzed
        scans = [node for node in plan.nodes if node.title == "SEQ_SCAN"]
        assert [node.relation for node in scans] == ["memory.main.t"] * 2
        assert scans[0].condition == "i>5"
        assert scans[0].estimated_rows

    def test_analyze_measures_every_node(self, duck) -> None:
        plan = explained(duck, JOIN, analyze=True, parameters={"n": 5})
        assert plan.is_analyzed
        assert plan.execution_ms is not None
        join = next(node for node in plan.nodes if node.title == "HASH_JOIN")
        assert join.actual_rows == 9994
        assert [node.is_worst for node in plan.nodes].count(True) == 1
        assert plan.nodes[0].title != "EXPLAIN_ANALYZE"
        assert plan.nodes[0].elapsed_ms == pytest.approx(sum(n.own_ms or 0 for n in plan.nodes))
        assert json.loads(plan_json(plan))["children"]

    def test_what_analyze_changes_is_rolled_back(self, duck) -> None:
        with pytest.raises(Unsuitable, match="would execute this DELETE"):
            explained(duck, "delete from t", analyze=True)
        explained(duck, "delete from t", analyze=True, may_change=True)
        explained(duck, "create table u as from t", analyze=True, may_change=True)
        assert rows(duck, "select count(*) as n from t") == [{"n": 10000}]
        assert duck.transaction is TransactionState.IDLE
        with pytest.raises(QueryError):
            rows(duck, "from u")

    def test_in_an_open_transaction_it_reads_but_executes_no_change(self, duck) -> None:
        duck.begin()
        rows(duck, "delete from t where i > 99")
        assert explained(duck, "from t", analyze=True).nodes[-1].actual_rows == 100
        with pytest.raises(Unsuitable, match="no savepoints"):
            explained(duck, "delete from t", analyze=True, may_change=True)
        assert duck.transaction is TransactionState.IN_TRANSACTION
        duck.rollback()

    def test_errors_are_placed_in_the_users_text(self, duck) -> None:
        sql = "select nothing from t"
        with pytest.raises(QueryError) as caught:
            explained(duck, sql)
        assert caught.value.position == sql.index("nothing")


class TestSQLite:
    def test_the_tree_of_the_query_plan(self, lite) -> None:
        sql = "select * from t where b in (select b from t where a > :n) union select 1, 2"
        plan = explained(lite, sql, parameters={"n": 3})
        shown = [(n.depth, n.title, n.relation, n.condition) for n in plan.nodes]
        assert (3, "SEARCH", "t", "rowid>?") in shown
        assert shown[0][0] == 0
        assert "SEARCH on t" in plan_tree(plan)
        assert "SEARCH on t" in plan_text(plan)
        assert len(json.loads(plan_json(plan))["nodes"]) == len(plan.nodes)

    def test_an_index_made_for_the_run_is_warned_about(self, lite) -> None:
        rows(lite, "create table u (c, d)")
        plan = explained(lite, "select * from u x join u y on x.c = y.d")
        warned = {w.concern for node in plan.nodes for w in node.warnings}
        assert warned == {Concern.INDEX}

    def test_what_it_cannot_do_is_said(self, lite) -> None:
        with pytest.raises(Unsuitable, match="no EXPLAIN ANALYZE"):
            explained(lite, "select 1", analyze=True)
        plan = explained(lite, "create table q (a)")
        assert "no plan for this statement" in plan.note


class TestDataFusion:
    @pytest.fixture
    def fusion(self) -> Iterator[Session]:
        pytest.importorskip("datafusion")
        session = connect("datafusion", path="")
        yield session
        session.close()

    SQL = "select column1, count(*) from (values (1), (2), (3)) where column1 > 1 group by 1"

    def test_the_physical_plan_with_the_logical_one_beside_it(self, fusion) -> None:
        plan = explained(fusion, self.SQL)
        titles = [node.title for node in plan.nodes]
        assert "FilterExec" in titles
        assert plan.nodes[titles.index("FilterExec")].condition.startswith("column1@0 > 1")
        assert "Aggregate:" in dict(plan.facts)["Logical plan"]

    def test_analyze_measures_rows_and_time(self, fusion) -> None:
        plan = explained(fusion, self.SQL, analyze=True)
        node = next(node for node in plan.nodes if node.title == "FilterExec")
        assert node.actual_rows == 2
        assert node.own_ms is not None
        assert plan.has_times
        with pytest.raises(Unsuitable, match="cannot roll back"):
            sql = "create table x as select 1"
            explained(fusion, sql, analyze=True, may_change=True)
