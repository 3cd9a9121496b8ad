"""Plans of a real PostgreSQL server, and that asking for them changes nothing."""

from __future__ import annotations

import json
import threading

import pytest

from tests.services.plans.conftest import explained, rows
from tests.support.postgres import opened
from tusk.core.errors import QueryCancelled, QueryError, QueryRefused, QueryTimeout
from tusk.engines.base import TransactionState
from tusk.engines.postgres.session import PostgresSession
from tusk.services.plans import Concern, Unsuitable, plan_json, plan_text, plan_tree

pytestmark = pytest.mark.postgres

SETUP = [
    "create table orders (id int primary key, customer int, total numeric)",
    "insert into orders select n, n % 100, n from generate_series(1, 20000) n",
    "create table log (n serial primary key, words text)",
    "analyze orders",
]


@pytest.fixture
def pg(pg_db: str):
    with opened(pg_db) as session:
        for sql in SETUP:
            rows(session, sql)
        yield session


def concerns(plan) -> set[Concern]:
    return {warning.concern for node in plan.nodes for warning in node.warnings}


def count(pg: PostgresSession) -> object:
    return rows(pg, "select count(*) as n from log")[0]["n"]


def test_estimates_come_without_executing(pg) -> None:
    plan = explained(pg, "select pg_sleep(100), * from orders where customer = 5")
    assert not plan.is_analyzed
    scan = plan.nodes[-1]
    assert (scan.title, scan.relation) == ("Seq Scan", "orders")
    assert scan.condition == "(customer = 5)"
    assert None not in (scan.total_cost, scan.width, scan.estimated_rows)
    assert sum(node.share or 0 for node in plan.nodes) == pytest.approx(1)


def test_analyze_measures_rows_times_buffers_and_marks_the_worst(pg) -> None:
    sql = "select customer, sum(total) from orders where id % 1000 = 0 group by 1 order by 2"
    plan = explained(pg, sql, analyze=True)
    assert plan.is_analyzed
    assert plan.execution_ms is not None
    scan = next(node for node in plan.nodes if node.title.endswith("Seq Scan"))
    assert scan.total_rows == 20
    assert scan.removed_rows == 19980
    assert scan.buffers is not None
    assert scan.buffers.hit + scan.buffers.read > 0
    assert sum(node.share or 0 for node in plan.nodes) == pytest.approx(1)
    assert [node.is_worst for node in plan.nodes].count(True) == 1
    assert Concern.FILTER in concerns(plan)
    shown = plan_tree(plan, 80)
    assert "99% of those read" in shown or ">99% of those read" in shown
    assert "▶" in shown
    assert "Buffers: hit" in plan_text(plan)
    assert json.loads(plan_json(plan))[0]["Plan"]["Node Type"]


def test_rows_misjudged_by_ten_times_are_warned_about_but_not_below_a_limit(pg) -> None:
    wrong = "select * from orders where (id + 0) % 2 = 0 and (customer + 0) >= 0"
    plan = explained(pg, wrong, analyze=True)
    assert Concern.ROWS in concerns(plan)
    plan = explained(pg, "select * from orders limit 3", analyze=True)
    assert Concern.ROWS not in concerns(plan)


def test_sorts_and_hashes_on_disk_and_nodes_that_never_ran_are_told(pg) -> None:
    rows(pg, "set work_mem = '64kB'")
    plan = explained(pg, "select * from orders order by total desc", analyze=True)
    assert Concern.SPILL in concerns(plan)
    assert "sorted on disk" in plan_tree(plan)
    never = "select * from orders o where false or (o.id < 0 and exists (select from log))"
    plan = explained(pg, never, analyze=True)
    assert Concern.NEVER in concerns(plan)
    assert "never" in plan_tree(plan)
    join = "select count(*) from orders a join orders b on a.total = b.total"
    rows(pg, "set enable_mergejoin = off")
    plan = explained(pg, join, analyze=True)
    assert "batches" in plan_tree(plan)


def test_own_times_of_ctes_and_parallel_nodes_add_up(pg) -> None:
    for setting in ("parallel_setup_cost = 0", "parallel_tuple_cost = 0"):
        rows(pg, f"set {setting}")
    rows(pg, "set min_parallel_table_scan_size = 0")
    sql = (
        "with c as materialized (select customer, count(*) n from orders group by 1)"
        " select * from c a join c b using (customer) where exists (select from orders)"
    )
    plan = explained(pg, sql, analyze=True)
    assert any(node.role == "CTE c" for node in plan.nodes)
    own = sum(node.own_ms or 0 for node in plan.nodes)
    root = plan.nodes[0].elapsed_ms
    assert root is not None
    # Times of nodes are rounded averages; CTE and workers counted twice would make it double.
    assert own <= root * 1.3 + 1


class TestNothingChanges:
    def test_what_analyze_changes_needs_consent_and_is_rolled_back(self, pg) -> None:
        sql = "insert into log (words) values ('a')"
        with pytest.raises(Unsuitable, match="would execute this INSERT"):
            explained(pg, sql, analyze=True)
        plan = explained(pg, sql, analyze=True, may_change=True)
        assert plan.nodes[0].title == "Insert"
        assert count(pg) == 0
        assert pg.transaction is TransactionState.IDLE

    def test_a_function_that_writes_in_a_select_is_rolled_back_too(self, pg) -> None:
        rows(
            pg,
            "create function f() returns int language sql volatile as"
            " $$ insert into log (words) values ('x') returning 1 $$",
        )
        explained(pg, "select f()", analyze=True)
        assert count(pg) == 0

    def test_an_open_transaction_stays_as_it_was(self, pg) -> None:
        pg.begin()
        rows(pg, "insert into log (words) values ('mine')")
        explained(pg, "delete from log", analyze=True, may_change=True)
        assert count(pg) == 1
        with pytest.raises(QueryError):
            explained(pg, "select 1 / (select 0)", analyze=True)
        assert pg.transaction is TransactionState.IN_TRANSACTION
        pg.commit()
        assert count(pg) == 1

    def test_a_cancel_leaves_no_transaction_open(self, pg) -> None:
        timer = threading.Timer(0.3, pg.cancel)
        timer.start()
        with pytest.raises(QueryCancelled):
            explained(pg, "select pg_sleep(60)", analyze=True)
        timer.join()
        assert pg.transaction is TransactionState.IDLE

    def test_a_time_limit_leaves_no_transaction_open(self, pg) -> None:
        with pytest.raises(QueryTimeout):
            explained(pg, "select pg_sleep(60)", analyze=True, timeout_s=0.2)
        assert pg.transaction is TransactionState.IDLE

    def test_a_read_only_session_refuses_to_execute_changes(self, pg, pg_db: str) -> None:
        with opened(pg_db, read_only=True) as session:
            assert explained(session, "delete from log").nodes
            assert explained(session, "select 1", analyze=True).is_analyzed
            with pytest.raises(QueryRefused):
                explained(session, "delete from log", analyze=True, may_change=True)
            assert session.transaction is TransactionState.IDLE


class TestStatements:
    def test_parameters_are_bound(self, pg) -> None:
        sql = "select * from orders where id = :id"
        plan = explained(pg, sql, analyze=True, parameters={"id": 7})
        assert plan.nodes[0].total_rows == 1
        assert not plan.is_generic

    @pytest.mark.parametrize("where", ["id = :id", "id = $1"])
    def test_without_values_the_plan_is_generic(self, pg, where: str) -> None:
        sql = f"select * from orders where {where}"
        for begins in (False, True):
            if begins:
                pg.begin()
            plan = explained(pg, sql)
            assert plan.is_generic
            assert "$1" in plan.nodes[0].condition
        wrong = sql.replace("id =", "nothing =")
        with pytest.raises(QueryError) as caught:
            explained(pg, wrong)
        assert caught.value.position == wrong.index("nothing")
        assert pg.transaction is TransactionState.IN_TRANSACTION
        assert not rows(pg, "select from pg_prepared_statements where name ~ 'tusk'")
        setting = rows(pg, "select current_setting('plan_cache_mode') as mode")
        assert setting == [{"mode": "auto"}]
        with pytest.raises(Unsuitable, match="no value for"):
            explained(pg, sql, analyze=True)

    def test_an_explain_of_the_users_own_is_taken_off(self, pg) -> None:
        plan = explained(pg, "explain (analyze, costs off) select * from orders")
        assert plan.nodes[0].title == "Seq Scan"
        assert not plan.is_analyzed

    def test_errors_are_placed_in_the_users_text(self, pg) -> None:
        sql = "explain analyze select * from orders where nothing = 1"
        with pytest.raises(QueryError) as caught:
            explained(pg, sql)
        assert caught.value.position == sql.index("nothing")

    @pytest.mark.parametrize("sql", ["vacuum", "begin", "copy orders to stdout", "set a.b = 1"])
    def test_what_has_no_plan_is_refused(self, pg, sql: str) -> None:
        with pytest.raises(Unsuitable, match="has no plan"):
            explained(pg, sql)

    @pytest.mark.parametrize("verbose", [False, True])
    @pytest.mark.parametrize("analyze", [False, True])
    def test_every_kind_of_statement_is_explained(self, pg, analyze: bool, verbose: bool) -> None:
        for sql in (
            "values (1), (2)",
            "table orders",
            "update orders set total = 0 where id = 1 returning *",
            "create table copied as select * from orders",
            "(select 1) union (select 2)",
            "select * from generate_series(1, 3) g(n), lateral (select g.n + 1) x",
        ):
            plan = explained(pg, sql, analyze=analyze, verbose=verbose, may_change=analyze)
            assert plan.nodes, sql
            assert plan.is_analyzed is analyze
        assert not rows(pg, "select from pg_class where relname = 'copied'")
