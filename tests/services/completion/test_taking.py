"""The text after a candidate was taken; ranking by use; calls; what the script itself makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.services.completion.shop import Desk
from tusk.core.dialect import DUCKDB, POSTGRES
from tusk.services.completion import CandidateKind, Usage, complete
from tusk.services.completion.snapshot import Relation, Snapshot

# The statement, the label that is taken, and the text then.
POSTGRES_TAKEN = """
select cus| from orders                        → customer_id → select customer_id| from orders
select cus|tomer from orders                   → customer_id → select customer_id| from orders
SEL|                                           → SELECT → SELECT|
sel|                                           → select → select|
select * from orders gro|                      → group by → select * from orders group by|
SELECT * FROM orders WHERE id = 1 |            → AND → SELECT * FROM orders WHERE id = 1 AND|
select * from orders where id = 1 |            → and → select * from orders where id = 1 and|
select * from Odd|                             → Odd Name → select * from "Odd Name"|
select * from "Odd|                            → Odd Name → select * from "Odd Name"|
select * from "Odd|"                           → Odd Name → select * from "Odd Name"|
select * from "Odd| Na" x                      → Odd Name → select * from "Odd Name"| Na" x
select sel| from "Odd Name"                    → select → select "select"| from "Odd Name"
select a| from "Odd Name"                      → a"b → select "a""b"| from "Odd Name"
select "Weird| from "Odd Name"                 → Weird col → select "Weird col"| from "Odd Name"
select * from reg|                             → region → select * from sales.region|
select * from sales.reg|                       → region → select * from sales.region|
select cou|                                    → count → select count(|)
select cou|(1)                                 → count → select count|(1)
select COU|                                    → count → select COUNT(|)
select disc|                                   → discount → select sales.discount(|)
select sales.disc|                             → discount → select sales.discount(|)
with a (Alpha) as (select 1) select al| from a → alpha → with a (Alpha) as (select 1) select alpha| from a
select x.al| from (select 1 Alpha) x           → alpha → select x.alpha| from (select 1 Alpha) x
create temp table T (Alpha int); select al| from T → alpha → create temp table T (Alpha int); select alpha| from T
select row_n|                                  → row_number → select row_number()|
select total from orders o join customers c on i| → id → select total from orders o join customers c on o.id|
select * from orders o join cus|               → customers c on o.customer_id = c.id → select * from orders o join customers c on o.customer_id = c.id|
SELECT * FROM orders o JOIN cus|               → customers c ON o.customer_id = c.id → SELECT * FROM orders o JOIN customers c ON o.customer_id = c.id|
select * from orders o join customers c on o.| → o.customer_id = c.id → select * from orders o join customers c on o.customer_id = c.id|
select *| from orders                          → id, customer_id, total, status → select id, customer_id, total, status| from orders
select o.*| from orders o                      → o.id, o.customer_id, o.total, o.status → select o.id, o.customer_id, o.total, o.status| from orders o
insert into orders (|) values                  → id, customer_id, total, status → insert into orders (id, customer_id, total, status|) values
select * from sal|                             → sales → select * from sales.|
select total::mo|                              → mood → select total::mood|
select id from orders where exists (select 1 from customers where i|) → id → select id from orders where exists (select 1 from customers where id|)
"""
DUCKDB_TAKEN = """
select * from odd|                             → Odd Name → select * from "Odd Name"|
select * from read_csv('x.csv', hea|)          → header → select * from read_csv('x.csv', header = |)
select * from duckdb_tab|                      → duckdb_tables → select * from duckdb_tables|
"""


def _cases() -> list[tuple[str, str, str, str]]:
    groups = {"postgres": POSTGRES_TAKEN, "duckdb": DUCKDB_TAKEN}
    return [
        (engine, *(part.strip() for part in line.split("→")))  # type: ignore[misc]
        for engine, lines in groups.items()
        for line in lines.strip().splitlines()
    ]


@pytest.mark.parametrize(("engine", "statement", "label", "wanted"), _cases())
def test_taking_a_candidate(
    engine: str, statement: str, label: str, wanted: str, desk_of: Callable[[str], Desk]
) -> None:
    assert desk_of(engine).ask(statement).taken(label) == wanted


def test_keywords_can_have_one_case_always() -> None:
    empty = Snapshot(POSTGRES)
    upper = complete("select 1 fr", 11, empty, POSTGRES, keyword_case="upper")
    lower = complete("SELECT 1 FR", 11, empty, POSTGRES, keyword_case="lower")
    assert [upper.items[0].insert, lower.items[0].insert] == ["FROM", "from"]


def test_details_tell_types_signatures_and_places(postgres_desk: Desk) -> None:
    asked = postgres_desk.ask("select | from customers")
    assert asked.item("email").detail == "text · customers"
    assert asked.item("email").documentation == "where to write to"
    asked = postgres_desk.ask("select pri|")
    assert asked.item("price").detail == "price(item integer, rate numeric DEFAULT 1.5) → numeric"
    assert postgres_desk.ask("select * from reg|").item("region").detail == "table · sales"
    assert (
        "region_id  integer" in postgres_desk.ask("select * from reg|").item("region").documentation
    )
    assert "+" in postgres_desk.ask("select su|").item("sum").detail


def test_what_was_taken_before_comes_first(postgres_desk: Desk) -> None:
    usage = Usage()
    before = postgres_desk.ask("select * from o|", usage=usage)
    assert before.labels[0] == "orders"
    for _ in range(2):
        usage.record(before.item("order_items").usage)
    assert postgres_desk.ask("select * from o|", usage=usage).labels[0] == "order_items"
    assert postgres_desk.ask("select * from |", usage=usage).labels[0] == "order_items"
    # What is typed in full stays first.
    assert postgres_desk.ask("select * from orders|", usage=usage).labels[0] == "orders"


def test_uses_fade_and_the_least_used_are_forgotten() -> None:
    now = [0.0]
    usage = Usage(clock=lambda: now[0])
    usage.record("often")
    usage.record("often")
    now[0] = 30 * 24 * 3600.0
    usage.record("lately")
    assert usage.weight("lately") > usage.weight("often") > 0
    for number in range(5000):
        usage.record(f"table {number}")
    assert usage.weight("lately") > 0
    assert len(usage.dumps()) < 200_000
    usage.record("")
    assert usage.weight("") == 0


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"a": 1}', '{"a": ["x", 1]}', '{"a": [1]}']
)
def test_a_broken_usage_file_counts_as_none(text: str) -> None:
    assert Usage.loads(text).weight("a") == 0


@pytest.mark.parametrize(
    ("statement", "first", "argument"),
    [
        ("select price(|)", "price(item integer, rate numeric DEFAULT 1.5) → numeric", 0),
        ("select price(1, |)", "price(item integer, rate numeric DEFAULT 1.5) → numeric", 1),
        ("select price((1 + 2), lower('x,y'), |)", "price(item integer, rate numeric DEFAULT 1.5) → numeric", 2),
        ("select coalesce(a, |)", "coalesce(value, …)", 1),
        ("insert into orders (id, total) values (1, |)", "(id, total)", 1),
    ],
)  # fmt: skip
def test_the_call_around_the_caret(
    statement: str, first: str, argument: int, postgres_desk: Desk
) -> None:
    call = postgres_desk.ask(statement).found.call
    assert call is not None
    assert (call.signatures[0], call.argument) == (first, argument)
    span = call.spans[0]
    if argument < 2:
        assert span is not None
        assert first[slice(*span)] in {
            "item integer",
            "rate numeric DEFAULT 1.5",
            "value",
            "…",
            "total",
        }
    else:
        assert span is None


def test_no_call_outside_of_brackets(postgres_desk: Desk) -> None:
    for statement in ("select price|(1)", "select (|)", "select * from orders where id in (|)"):
        assert postgres_desk.ask(statement).found.call is None


def test_without_a_catalogue_the_text_tells() -> None:
    desk = Desk(Snapshot(POSTGRES), POSTGRES)
    assert desk.ask("sel|").labels == ["select"]
    asked = desk.ask("select t.alpha, t.| from things t where t.beta > 1")
    assert asked.labels == ["alpha", "beta"]
    assert desk.ask("select alpha from things where al|").labels[0] == "alpha"
    assert desk.ask("with q as (select 1 as one) select q.| from q").labels[0] == "one"
    assert desk.ask("select * from |").labels  # keywords at least


def test_the_search_path_decides_what_a_name_means() -> None:
    relations = (
        Relation("a", "t", "table", ("in_a",), ("int",)),
        Relation("b", "t", "table", ("in_b",), ("int",)),
    )
    snapshot = Snapshot(POSTGRES, relations, ("a", "b"), (), ("b", "a"))
    assert Desk(snapshot, POSTGRES).ask("select x.| from t x").labels[0] == "in_b"
    moved = snapshot.with_search_path(["a", "b"])
    assert Desk(moved, POSTGRES).ask("select x.| from t x").labels[0] == "in_a"
    inserts = [i.insert for i in Desk(moved, POSTGRES).ask("select * from t|").found.items[:2]]
    assert inserts == ["t", "b.t"]


def test_a_name_of_another_database_is_written_with_it() -> None:
    relations = (
        Relation("main", "t", "table", ("x",), ("int",), "here"),
        Relation("main", "far", "table", ("y",), ("int",), "there"),
    )
    snapshot = Snapshot(
        DUCKDB, relations, ("main",), ("there",), ("main",), current_database="here"
    )
    desk = Desk(snapshot, DUCKDB)
    assert desk.ask("select * from far|").taken("far") == "select * from there.main.far|"
    assert desk.ask("select * from there.|").labels[0] == "far"
    assert desk.ask("select f.| from there.far f").labels[0] == "y"
    assert desk.ask("select f.| from there.main.far f").labels[0] == "y"


def test_only_the_wanted_number_of_candidates_is_made(postgres_desk: Desk) -> None:
    asked = postgres_desk.ask("select p|", limit=7)
    assert len(asked.labels) == 7
    assert asked.labels == postgres_desk.ask("select p|").labels[:7]


def test_candidates_are_of_the_kind_they_are(desk: Desk) -> None:
    kinds = {i.label: i.kind for i in desk.ask("with q as (select 1) select * from |").found.items}
    assert kinds["q"] is CandidateKind.CTE
    assert kinds["orders"] is CandidateKind.RELATION
    assert kinds["big_orders"] is CandidateKind.VIEW


def test_the_data_of_copy_is_no_statement(postgres_desk: Desk) -> None:
    text = "copy orders from stdin;\n1\t|\n\\.\nselect 1"
    assert postgres_desk.ask(text).labels == []


def test_a_statement_above_another_ends_at_the_empty_line(postgres_desk: Desk) -> None:
    text = "select o.| from orders o\n\nselect * from customers o"
    assert postgres_desk.ask(text).labels[:2] == ["id", "customer_id"]
    text = "select * from customers o\n\nselect o.| from orders o"
    assert postgres_desk.ask(text).labels[:2] == ["id", "customer_id"]
    # A query may have empty lines.
    text = "with a as (\n\nselect 1 as one\n\n)\n\nselect a.| from a"
    assert postgres_desk.ask(text).labels[0] == "one"
    text = "select id as k from orders\n\nunion all\n\nselect id from customers order by |"
    assert postgres_desk.ask(text).labels[0] == "k"
    text = "insert into orders (id)\n\nselect | from customers"
    assert postgres_desk.ask(text).labels[0] == "id"
