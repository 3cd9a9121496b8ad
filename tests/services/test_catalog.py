"""The catalogue tree: lazy, cached, with stable ids, over real engines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.catalog.support import (
    HOSTILE_NAMES,
    counting,
    open_duckdb,
    open_postgres,
    open_sqlite,
    rows,
    run,
)
from tusk.catalog import open_catalog
from tusk.catalog.objects import Column, Relation
from tusk.core.dialect import quote_identifier
from tusk.core.errors import QueryError
from tusk.engines.base import Session
from tusk.services.catalog import CatalogObject, CatalogTree, Group, Node, NodeKind

SHOP = """
create schema shop;
create table shop.customer (id integer primary key, name text not null, age integer check (age > 0));
create index by_name on shop.customer (name);
create table shop.purchase (customer integer references shop.customer, price numeric(10, 2));
create view shop.adult as select * from shop.customer where age > 17;
create materialized view shop.ages as select distinct age from shop.customer;
create sequence shop.numbers;
create type shop.mood as enum ('sad', 'glad');
create function shop.price(item integer) returns numeric language sql as 'select 1.0';
create table shop.events (day date, kind text) partition by range (day);
create table shop.y2024 partition of shop.events
    for values from ('2024-01-01') to ('2025-01-01') partition by list (kind);
create table public.y2024_a partition of shop.y2024 for values in ('a');
"""


@dataclass
class Shop:
    """A tree over a PostgreSQL database, its session and the statements it sent."""

    tree: CatalogTree
    session: Session
    sent: list[str]
    dsn: str

    def node(self, *labels: str) -> Node:
        """The node under these labels; a group's label may lack its count."""
        nodes = [root for root in self.tree.roots() if root.has_children]
        found = nodes[0]
        for label in labels:
            nodes = self.tree.children(found)
            (found,) = [n for n in nodes if label in (n.label, n.label.partition(" (")[0])]
        return found

    def labels(self, *labels: str) -> list[str]:
        """The labels below a node."""
        return [node.label for node in self.tree.children(self.node(*labels))]


@pytest.fixture
def shop(pg_db: str) -> Iterator[Shop]:
    session = open_postgres(pg_db)
    run(session, SHOP)
    counted, sent = counting(session)
    yield Shop(CatalogTree(open_catalog(counted)), session, sent, pg_db)
    session.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Session]:
    session = open_sqlite(tmp_path / "shop.db")
    yield session
    session.close()


@pytest.fixture
def duckdb() -> Iterator[Session]:
    session = open_duckdb()
    yield session
    session.close()


def walk(tree: CatalogTree, nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        if node.has_children:
            yield from walk(tree, tree.children(node))


def test_the_levels_of_the_tree(shop: Shop) -> None:
    assert shop.labels()[:2] == ["public", "shop"]
    assert shop.labels()[2].startswith("System (")
    assert {"information_schema", "pg_catalog"} <= set(shop.labels("System"))
    assert "Tables" in shop.labels("System", "pg_catalog")[0]
    assert shop.labels("shop") == [
        "Tables (3)", "Views (1)", "Materialized views (1)", "Functions (1)", "Sequences (1)",
        "Types (1)",
    ]  # fmt: skip
    assert shop.labels("shop", "Tables") == ["customer", "events", "purchase"]
    assert shop.labels("shop", "Views") == ["adult"]
    assert shop.labels("shop", "Materialized views") == ["ages"]
    assert shop.labels("shop", "Functions") == ["price(item integer)"]
    assert shop.labels("shop", "Sequences") == ["numbers"]
    assert shop.labels("shop", "Types") == ["mood"]
    assert shop.labels("shop", "Tables", "customer") == ["Columns (3)", "Keys (2)", "Indexes (2)"]
    assert shop.labels("shop", "Tables", "customer", "Columns") == ["id", "name", "age"]
    assert shop.labels("shop", "Tables", "customer", "Keys") == [
        "customer_age_check", "customer_pkey",
    ]  # fmt: skip
    assert shop.labels("shop", "Tables", "customer", "Indexes") == ["by_name", "customer_pkey"]
    assert shop.labels("shop", "Tables", "events", "Partitions") == ["y2024"]
    assert shop.labels("shop", "Tables", "events", "Partitions", "y2024", "Partitions") == [
        "y2024_a"
    ]


def test_an_empty_schema_opens_to_nothing(shop: Shop) -> None:
    run(shop.session, "create schema hollow")

    assert shop.labels("hollow") == []


def test_details_say_what_stands_beside_a_name(shop: Shop) -> None:
    run(
        shop.session,
        """comment on schema shop is 'what we sell';
        insert into shop.customer select n, 'x', 1 from generate_series(1, 1234) n;
        vacuum analyze shop.customer;
        select setval('shop.numbers', 5)""",
    )

    assert shop.node("shop").detail == "what we sell"
    customer = shop.node("shop", "Tables", "customer")
    assert customer.detail.startswith("~1,234 rows · ")
    assert customer.detail.endswith("kB")
    assert shop.node("shop", "Tables", "events").detail.startswith("partitioned")
    columns = {n.label: n.detail for n in shop.tree.children(shop.node(*CUSTOMER, "Columns"))}
    assert columns == {"id": "integer primary key", "name": "text not null", "age": "integer"}
    keys = {n.label: n.detail for n in shop.tree.children(shop.node(*CUSTOMER, "Keys"))}
    assert keys["customer_pkey"] == "PRIMARY KEY (id)"
    indexes = {n.label: n.detail for n in shop.tree.children(shop.node(*CUSTOMER, "Indexes"))}
    assert indexes["customer_pkey"].startswith("primary (id) · ")
    assert shop.node("shop", "Sequences", "numbers").detail == "bigint · last 5"
    assert shop.node("shop", "Types", "mood").detail == "enum: sad, glad"
    assert shop.node("shop", "Functions", "price(item integer)").detail == "function → numeric"


CUSTOMER = ("shop", "Tables", "customer")


def test_only_the_connected_database_opens(shop: Shop, make_pg_db: Callable[..., str]) -> None:
    make_pg_db()

    roots = shop.tree.roots()

    assert [root.has_children for root in roots].count(True) == 1
    assert len(roots) > 1
    assert all(shop.tree.children(root) == [] for root in roots if not root.has_children)


def test_each_level_is_one_statement_and_is_asked_for_once(shop: Shop) -> None:
    steps: list[int] = []
    labels: list[str] = []
    for label in ("shop", "Tables", "customer", "Columns"):
        shop.labels(*labels)
        steps.append(len(shop.sent))
        labels.append(label)
    shop.labels(*labels)
    steps.append(len(shop.sent))
    # Databases, schemas, what is in none; counts; the version with the relations; parts; columns.
    assert steps == [3, 4, 6, 7, 8]

    for _ in range(3):
        shop.labels(*labels)

    assert len(shop.sent) == 8


def test_the_groups_of_relations_share_one_statement(shop: Shop) -> None:
    shop.labels("shop", "Tables")
    before = len(shop.sent)

    shop.labels("shop", "Views")
    shop.labels("shop", "Materialized views")

    assert len(shop.sent) == before


def test_nothing_is_read_before_it_is_looked_at(shop: Shop) -> None:
    assert shop.sent == []


def test_ids_are_unique_stable_and_lead_to_the_node(shop: Shop) -> None:
    schemas = [shop.node("public"), shop.node("shop")]
    nodes = list(walk(shop.tree, schemas))
    ids = {node.id for node in [*shop.tree.roots(), *nodes]}
    assert len({node.id for node in nodes}) == len(nodes)
    for node in nodes:
        assert set(node.ancestor_ids) <= ids

    again = CatalogTree(open_catalog(shop.session))

    assert [node.id for node in walk(again, schemas)] == [node.id for node in nodes]


def test_functions_of_one_name_have_ids_of_their_own(shop: Shop) -> None:
    functions = shop.tree.children(shop.node("System", "pg_catalog", "Functions"))

    assert len(functions) > 2_000
    assert len({node.id for node in functions}) == len(functions)


def test_hostile_names_keep_their_labels_and_get_ids_of_their_own(duckdb: Session) -> None:
    for name in HOSTILE_NAMES:
        quoted = quote_identifier(name)
        run(duckdb, f"create schema {quoted}; create table {quoted}.{quoted} ({quoted} integer)")
    tree = CatalogTree(open_catalog(duckdb))

    nodes = list(walk(tree, tree.roots()))

    for kind in (NodeKind.SCHEMA, NodeKind.RELATION, NodeKind.COLUMN):
        assert set(HOSTILE_NAMES) <= {node.label for node in nodes if node.kind is kind}
    assert len({node.id for node in nodes}) == len(nodes)
    assert all(node.id.isascii() and node.id.isprintable() for node in nodes)


def test_a_constraint_that_was_written_twice_shows_twice(sqlite: Session) -> None:
    run(sqlite, "create table t (a int check (a > 0) check (a > 0), constraint c check (a > 0))")
    tree = CatalogTree(open_catalog(sqlite))

    keys = [node for node in walk(tree, tree.roots()) if node.kind is NodeKind.KEY]

    assert [(n.label, n.detail) for n in keys] == [
        ("CHECK (a > 0)", ""), ("CHECK (a > 0)", ""), ("c", "CHECK (a > 0)"),
    ]  # fmt: skip
    assert len({node.id for node in keys}) == 3


def test_refreshing_a_node_reads_again_what_is_below_it_only(shop: Shop) -> None:
    shop.labels(*CUSTOMER, "Columns")
    shop.labels("public")
    run(shop.session, "alter table shop.customer add column more integer")
    assert shop.labels(*CUSTOMER, "Columns") == ["id", "name", "age"]

    shop.tree.refresh(shop.node(*CUSTOMER))
    before = len(shop.sent)

    assert shop.labels(*CUSTOMER, "Columns") == ["id", "name", "age", "more"]
    shop.labels("public")
    assert len(shop.sent) == before + 2


@pytest.mark.parametrize("place", [("shop",), ("shop", "Tables"), (), None])
def test_refreshing_finds_new_tables(shop: Shop, place: tuple[str, ...] | None) -> None:
    shop.labels("shop", "Tables")
    run(shop.session, "create table shop.added ()")

    shop.tree.refresh(None if place is None else shop.node(*place))

    assert "added" in shop.labels("shop", "Tables")


def test_refreshing_the_database_finds_new_schemas(shop: Shop) -> None:
    shop.labels()
    run(shop.session, "create schema added")

    shop.tree.refresh(shop.node("System"))
    shop.tree.refresh(shop.node())

    assert "added" in shop.labels()
    assert "pg_catalog" in shop.labels("System")


def test_refreshing_everything_finds_new_databases(duckdb: Session) -> None:
    tree = CatalogTree(open_catalog(duckdb))
    assert [root.label for root in tree.roots()] == ["memory"]
    run(duckdb, "attach ':memory:' as added")

    tree.refresh()

    assert [root.label for root in tree.roots()] == ["added", "memory"]


def test_refreshing_one_schema_leaves_one_whose_name_starts_the_same(shop: Shop) -> None:
    run(shop.session, "create schema shop2; create table shop2.t ()")
    shop.labels("shop2", "Tables")
    before = len(shop.sent)

    shop.tree.refresh(shop.node("shop"))

    assert shop.labels("shop2", "Tables") == ["t"]
    assert len(shop.sent) == before


def test_a_failure_is_told_and_not_kept(sqlite: Session) -> None:
    run(sqlite, "create table base (a int)")
    run(sqlite, "create view broken as select * from base; alter table base rename to gone")
    run(sqlite, "drop view broken")
    run(sqlite, "create view broken as select * from base")
    tree = CatalogTree(open_catalog(sqlite))
    (broken,) = tree.search("broken")
    with pytest.raises(QueryError, match="base"):
        tree.children(broken)

    run(sqlite, "create table base (a int)")

    assert [node.group for node in tree.children(broken)] == [Group.COLUMNS]


def test_many_threads_may_look_at_once(shop: Shop) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(list(walk(shop.tree, [shop.node("shop")]))))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_search_reads_each_kind_of_all_schemas_once(shop: Shop) -> None:
    found = shop.tree.search("cust")
    before = len(shop.sent)

    assert [node.label for node in found][:1] == ["customer"]
    assert [node.label for node in shop.tree.search("PURCH")] == ["purchase"]
    assert [node.label for node in shop.tree.search("shop.adu")] == ["adult"]
    assert [node.label for node in shop.tree.search("price")] == ["price(item integer)"]
    assert shop.tree.search("  ") == []
    assert shop.tree.search("no such thing at all") == []
    assert len(shop.sent) == before == 7


def test_what_search_finds_is_a_node_of_the_tree(shop: Shop) -> None:
    for text in (
        "customer",
        "adult",
        "ages",
        "events",
        "y2024",
        "y2024_a",
        "mood",
        "price",
        "numbers",
    ):
        found = shop.tree.search(text)[0]
        assert found.label.partition("(")[0] == text

        ids = [root.id for root in shop.tree.roots()]
        level = shop.tree.roots()
        for ancestor in found.ancestor_ids:
            (node,) = [n for n in level if n.id == ancestor]
            level = shop.tree.children(node)
        assert found in level
        assert ids


def test_search_finds_columns_that_were_looked_at(shop: Shop) -> None:
    assert shop.tree.search("age")[0].label == "ages"

    shop.labels(*CUSTOMER, "Columns")

    best = shop.tree.search("age")[0]
    assert isinstance(best.object, Column)
    assert best.label == "age"
    assert shop.tree.search("customer.na")[0].label == "name"


def test_search_finds_what_is_new_after_a_refresh(shop: Shop) -> None:
    assert shop.tree.search("brand_new") == []
    run(shop.session, "create table shop.brand_new ()")

    shop.tree.refresh()

    assert [node.label for node in shop.tree.search("brand_new")] == ["brand_new"]


def test_quoted_names_can_be_selected_from_in_postgres(pg_db: str) -> None:
    session = open_postgres(pg_db)
    for name in HOSTILE_NAMES:
        quoted = quote_identifier(name)
        run(session, f"create schema {quoted}; create table {quoted}.{quoted} ({quoted} integer)")
        run(session, f"insert into {quoted}.{quoted} values (7)")
    catalog = open_catalog(session)
    tree = CatalogTree(catalog)

    for relation, column in zip(catalog.relations(), catalog.columns(), strict=True):
        select = f"select {tree.quoted_name(column)} from {tree.quoted_name(relation)}"
        assert rows(session, select) == [(7,)]
    session.close()


def test_a_postgres_relation_is_written_with_its_schema(shop: Shop) -> None:
    run(shop.session, 'create table "order" ("Id" integer)')
    relations = {r.name: r for r in open_catalog(shop.session).relations()}

    assert shop.tree.quoted_name(relations["order"]) == 'public."order"'
    assert shop.tree.quoted_name(relations["customer"]) == "shop.customer"
    assert shop.tree.quoted_name(open_catalog(shop.session).columns("public", "order")[0]) == '"Id"'


def test_names_can_be_written_while_another_thread_reads(shop: Shop) -> None:
    """The app writes a name at a key press: it cannot wait for a slow server."""
    shop.tree.roots()
    (customer,) = [n for n in shop.tree.search("customer") if n.label == "customer"]
    assert customer.object is not None
    with psycopg.connect(shop.dsn) as somebody:
        somebody.execute("lock pg_catalog.pg_constraint in access exclusive mode")
        reading = threading.Thread(target=lambda: shop.tree.children(customer))
        reading.start()

        assert shop.tree.quoted_name(customer.object) == "shop.customer"

        assert reading.is_alive()
        somebody.rollback()
    reading.join()


def test_what_is_not_a_relation_is_written_too(shop: Shop, sqlite: Session) -> None:
    assert shop.tree.quoted_name(_object(shop.node("shop"))) == "shop"
    assert shop.tree.quoted_name(_object(shop.node("shop", "Sequences", "numbers"))) == (
        "shop.numbers"
    )
    run(shop.session, 'alter table shop.customer add constraint "Age" unique (age)')
    assert shop.tree.quoted_name(_object(shop.node(*CUSTOMER, "Keys", "Age"))) == '"Age"'
    run(sqlite, "create table t (a int check (a > 0))")
    tree = CatalogTree(open_catalog(sqlite))
    (key,) = [node for node in walk(tree, tree.roots()) if node.kind is NodeKind.KEY]
    assert tree.quoted_name(_object(key)) == "CHECK (a > 0)"


def _object(node: Node) -> CatalogObject:
    assert node.object is not None
    return node.object


def test_a_duckdb_relation_is_written_with_what_it_needs(duckdb: Session) -> None:
    run(
        duckdb,
        """attach ':memory:' as "o ther"; create schema s;
        create table "Order" (a integer); create table s.t (b integer);
        create table "o ther".main.t (c integer)""",
    )
    tree = CatalogTree(open_catalog(duckdb))

    names = {_place(r): tree.quoted_name(r) for r in open_catalog(duckdb).relations()}

    assert names == {
        "memory.main.Order": '"Order"',
        "memory.s.t": "s.t",
        "o ther.main.t": '"o ther".main.t',
    }
    for name in names.values():
        assert rows(duckdb, f"select * from {name}") == []


def test_a_sqlite_relation_is_written_with_what_it_needs(sqlite: Session) -> None:
    run(
        sqlite,
        """attach ':memory:' as "o ther"; create table plain (a); create table "o ther".t (c);
        create temp table scratch (x)""",
    )
    tree = CatalogTree(open_catalog(sqlite))

    names = {_place(r): tree.quoted_name(r) for r in open_catalog(sqlite).relations()}

    assert names == {
        "shop.db.main.plain": "plain",
        "shop.db.o ther.t": '"o ther".t',
        "shop.db.temp.scratch": "temp.scratch",
    }
    for name in names.values():
        assert rows(sqlite, f"select * from {name}") == []


def _place(relation: Relation) -> str:
    return f"{relation.database}.{relation.schema}.{relation.name}"
