"""The plan screen, used by its keys on real engines."""

from __future__ import annotations

import json
from collections.abc import Callable

import psycopg
import pytest
from textual.pilot import Pilot

from tests.tui.desk import Desk, open_desk
from tusk.services.plans.reading import plan_of_document
from tusk.services.plans.saved import KeptPlan, SavedPlans
from tusk.tui.app import TuskApp
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.plan import PlanScreen
from tusk.tui.screens.plan_compare import PlanCompareScreen
from tusk.tui.screens.plan_saved import SavedPlansScreen
from tusk.tui.screens.query import QueryScreen

SQL = "select g, count(*) from (select range % 7 as g from range(10000)) group by g"


def plan_screen(desk: Desk) -> PlanScreen | None:
    return next((s for s in reversed(desk.app.screen_stack) if isinstance(s, PlanScreen)), None)


async def until_planned(desk: Desk, options: str = "EXPLAIN") -> PlanScreen:
    """Wait for a plan that was asked for with these words."""

    def is_there() -> bool:
        screen = plan_screen(desk)
        return bool(screen and screen.kept and screen.kept.options == options)

    await desk.until(is_there, f"a plan by {options}")
    await desk.pilot.pause()
    screen = plan_screen(desk)
    assert screen is not None
    return screen


async def test_explain_analyze_save_and_compare_by_keys_at_80x24() -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.write(SQL)
        await desk.press("f7")
        screen = await until_planned(desk)
        assert "estimates only" in desk.text()
        assert all(len(line) <= 80 for line in desk.text().splitlines())

        await desk.press("s")
        await desk.type("before")
        await desk.press("enter")
        await desk.until(lambda: plan_screen(desk) is desk.app.screen, "the plan again")

        await desk.press("a")
        await until_planned(desk, "EXPLAIN ANALYZE")
        shown = desk.text()
        assert "▶" in shown
        assert "actual" in shown
        assert "came" in shown  # the node at the cursor: the worst one

        await desk.press("j")
        assert json.loads(desk.app.clipboard)["children"]
        await desk.press("c")
        assert "(actual rows=" in desk.app.clipboard
        await desk.press("home", "n")
        node = screen.query_one("#plan-tree").node  # type: ignore[attr-defined]
        assert node.warnings or not any(n.warnings for n in screen.kept.plan.nodes)  # type: ignore[union-attr]

        await desk.press("o")
        await desk.until(lambda: isinstance(desk.app.screen, SavedPlansScreen), "the list")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, PlanCompareScreen), "both plans")
        await desk.until_shown("before  ↔  this plan")
        await desk.press("x", "n", "escape")

        await desk.press("o")
        await desk.until(lambda: isinstance(desk.app.screen, SavedPlansScreen), "the list")
        await desk.press("v")
        await desk.until(lambda: plan_screen(desk) not in (None, screen), "the saved plan")
        await desk.until(lambda: desk.app.screen is plan_screen(desk), "the saved plan in front")
        assert "before · memory" in desk.text()
        await desk.press("a")  # a saved plan is not run again
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is screen, "the plan in front again")
        await desk.press("o")
        await desk.until(lambda: isinstance(desk.app.screen, SavedPlansScreen), "the list")
        await desk.press("d")
        await desk.until_shown("Nothing is saved yet")
        await desk.press("escape", "escape")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the editor")
        with SavedPlans() as saved:
            assert saved.list() == []


async def test_what_goes_wrong_is_told_where_it_belongs() -> None:
    async with open_desk() as desk:
        desk.write("select nothing\nfrom range(3)")
        await desk.press("f7")
        await desk.until(lambda: bool(desk.messages), "the error")
        assert "nothing" in desk.last_error.text
        assert desk.pane.editor.error_location == (0, 7)
        assert isinstance(desk.app.screen, QueryScreen)

        await desk.press("f3")
        desk.write("select 1; select 2")
        await desk.press("ctrl+a", "f7")
        await desk.until_shown("Explain takes one statement")

        desk.write("create table t as select 1 as a")
        await desk.press("f7")
        await until_planned(desk)
        await desk.press("a")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        assert "rolled back" in desk.text()
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is plan_screen(desk), "the plan")
        await desk.press("a")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("left", "enter")
        await until_planned(desk, "EXPLAIN ANALYZE")
        await desk.press("escape")
        await desk.run("select count(*) from duckdb_tables()")
        assert desk.column() == [0]


@pytest.mark.postgres
async def test_a_long_analyze_is_cancelled_and_the_connection_is_free(pg_db: str) -> None:
    async with open_desk(pg_db) as desk:
        await desk.until(lambda: bool(desk.pane.entry and desk.pane.entry.is_open), "the server")
        desk.write("select pg_sleep(60)")
        await desk.press("f7")
        screen = await until_planned(desk)
        await desk.press("a")
        await desk.until(lambda: sleepers(pg_db) == 1, "the statement on the server")
        await desk.until_shown("Esc cancels")
        await desk.press("escape")
        await desk.until(lambda: not screen.is_working, "the end of the work")
        assert sleepers(pg_db) == 0
        assert screen.kept is not None
        assert not screen.kept.plan.is_analyzed
        await desk.press("b")
        await until_planned(desk, "EXPLAIN VERBOSE")
        assert "Output" in desk.text()
        await desk.press("escape")
        await desk.run("select 5 as five")
        assert desk.column() == [5]


@pytest.mark.postgres
async def test_parameters_are_asked_for_where_they_are_needed(pg_db: str) -> None:
    async with open_desk(pg_db) as desk:
        await desk.until(lambda: bool(desk.pane.entry and desk.pane.entry.is_open), "the server")
        desk.write("select * from generate_series(1, 9) n where n = :n")
        await desk.press("f7")
        await until_planned(desk)
        assert "generic" in desk.text()
        await desk.press("a")
        await desk.until_shown("Values for this run")
        await desk.type("4")
        await desk.press("f5")
        await desk.until(
            lambda: bool((s := plan_screen(desk)) and s.kept and not s.kept.plan.is_generic),
            "a plan with values",
        )


def sleepers(conninfo: str) -> int:
    query = (
        "select count(*) from pg_stat_activity where state = 'active' and query ilike"
        " '%%pg_sleep(60%%' and pid <> pg_backend_pid() and datname = current_database()"
    )
    with psycopg.connect(conninfo) as admin:
        row = admin.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def analyzed(scan: dict[str, object], name: str) -> KeptPlan:
    """A plan of PostgreSQL around a scan."""

    def node(
        kind: str, ms: float, rows: float, *below: dict[str, object], **more: object
    ) -> dict[str, object]:
        known = {"Node Type": kind, "Actual Total Time": ms, "Actual Rows": rows, "Actual Loops": 1,
                 "Plan Rows": 100, "Total Cost": ms * 3, "Plan Width": 40}  # fmt: skip
        return {**known, **more, "Plans": list(below)}

    sort = {"Sort Key": ["c.name"], "Sort Space Type": "Disk", "Sort Space Used": 10240}
    hashed = node(
        "Hash", 9, 80, node("Seq Scan", 8, 80, **{"Relation Name": "customers", "Alias": "c"})
    )
    join = node("Hash Join", 70, 120_000, {**node("Seq Scan", 50, 120_000), **scan}, hashed,
                **{"Join Type": "Left", "Hash Cond": "(o.customer = c.id)"})  # fmt: skip
    never = node(
        "Index Scan",
        0,
        0,
        **{
            "Index Name": "log_pkey",
            "Actual Loops": 0,
            "Parent Relationship": "SubPlan",
            "Subplan Name": "SubPlan 1",
        },
    )
    plan = node("Sort", 112, 120_000, join, never, **sort)
    document = json.dumps([{"Plan": plan, "Execution Time": 118.25, "Planning Time": 0.4}])
    sql = "select * from orders o left join customers c on o.customer = c.id order by c.name"
    return KeptPlan(plan_of_document("postgres", document), sql, "shop", "EXPLAIN ANALYZE", name)


SEQ_SCAN = {"Relation Name": "orders", "Alias": "o", "Filter": "(total > '5'::numeric)",
            "Rows Removed by Filter": 2_000_000}  # fmt: skip
INDEX_SCAN = {"Node Type": "Index Scan", "Relation Name": "orders", "Alias": "o",
              "Index Name": "orders_total", "Index Cond": "(total > '5'::numeric)",
              "Actual Total Time": 3}  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_picture_of_a_plan(snap_compare: Callable[..., bool], size: tuple[int, int]) -> None:
    app = TuskApp()

    async def show(pilot: Pilot[None]) -> None:
        desk = Desk(app, pilot)
        await desk.until(lambda: app.has_begun, "the first tab")
        await app.push_screen(PlanScreen(None, analyzed(SEQ_SCAN, "slow")))
        await desk.until_shown("never")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=show)


def test_picture_of_two_plans(snap_compare: Callable[..., bool]) -> None:
    app = TuskApp()

    async def show(pilot: Pilot[None]) -> None:
        desk = Desk(app, pilot)
        await desk.until(lambda: app.has_begun, "the first tab")
        before, after = analyzed(SEQ_SCAN, "before"), analyzed(INDEX_SCAN, "after")
        await app.push_screen(PlanCompareScreen(before, after))
        await desk.until_shown("differ")
        await pilot.pause()

    assert snap_compare(app, terminal_size=(100, 24), run_before=show)
