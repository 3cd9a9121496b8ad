"""The catalogue of DuckDB databases, attached ones too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.support import HOSTILE_NAMES, counting, open_duckdb, rows, run
from tusk.catalog import open_catalog
from tusk.catalog.objects import (
    Column,
    Database,
    EnumType,
    Function,
    Index,
    Key,
    KeyKind,
    Relation,
    RelationKind,
    RelationParts,
    Schema,
    SchemaCounts,
    SequenceInfo,
)
from tusk.core.dialect import quote_identifier
from tusk.engines.base import Session

SHOP = """
create table customer (
    id integer primary key,
    "full ""name" varchar not null default 'x',
    age integer check (age > 0),
    twice integer generated always as (age * 2),
    unique (age, "full ""name")
);
create table "order" (customer integer references customer (id), price decimal(10, 2));
comment on table customer is 'who buys';
comment on column customer.age is 'in years';
create index by_name on customer ("full ""name", (age + 1));
create unique index one_order on "order" (customer);
create view adult as select * from customer where age > 17;
create sequence numbers;
create type mood as enum ('happy', 'it''s', 'a,b');
create macro add_one(a, b := 3) as a + b;
create macro nothing() as 1;
create macro customers_of(n) as table select * from customer where age = n;
insert into customer values (1, 'Ann', 30), (2, 'Bob', 40);
"""


@pytest.fixture
def shop(duckdb: Session) -> Session:
    run(duckdb, SHOP)
    return duckdb


def test_relations_carry_their_estimates_and_comments(shop: Session) -> None:
    assert open_catalog(shop).relations("main") == [
        Relation("memory", "main", "adult", RelationKind.VIEW),
        Relation(
            "memory", "main", "customer", RelationKind.TABLE, estimated_rows=2, comment="who buys"
        ),
        Relation("memory", "main", "order", RelationKind.TABLE, estimated_rows=0),
    ]


def test_columns_tell_types_defaults_generated_ones_and_keys(shop: Session) -> None:
    place = ("memory", "main", "customer")

    assert open_catalog(shop).columns("main", "customer") == [
        Column(*place, 1, "id", "INTEGER", is_nullable=False, is_primary_key=True),
        Column(*place, 2, 'full "name', "VARCHAR", is_nullable=False, default="'x'"),
        Column(*place, 3, "age", "INTEGER", is_nullable=True, comment="in years"),
        Column(
            *place, 4, "twice", "INTEGER", is_nullable=True,
            default="generated always as (CAST((age * 2) AS INTEGER))",
        ),
    ]  # fmt: skip


def test_a_default_that_looks_generated_is_a_default(duckdb: Session) -> None:
    run(
        duckdb,
        """create table t (
            plain integer default 3,
            made integer generated always as (plain + 1)
        )""",
    )

    assert [c.default for c in open_catalog(duckdb).columns("main", "t")] == [
        "3",
        "generated always as (CAST((plain + 1) AS INTEGER))",
    ]


def test_keys_of_every_kind_are_listed_but_not_those_of_not_null(shop: Session) -> None:
    keys = open_catalog(shop).keys("main")

    assert {key.kind for key in keys} == set(KeyKind) - {KeyKind.EXCLUDE}
    foreign = next(key for key in keys if key.kind is KeyKind.FOREIGN)
    assert foreign == Key(
        "memory", "main", "order", "order_customer_id_fkey", KeyKind.FOREIGN, ("customer",),
        "FOREIGN KEY (customer) REFERENCES customer(id)",
        referenced_schema="main", referenced="customer", referenced_columns=("id",),
    )  # fmt: skip
    unique = next(key for key in keys if key.kind is KeyKind.UNIQUE)
    assert unique.columns == ("age", 'full "name')


def test_indexes_name_columns_as_they_are_and_expressions_as_sql(shop: Session) -> None:
    by_name, one_order = open_catalog(shop).indexes("main")

    assert by_name == Index(
        "memory", "main", "customer", "by_name", ('full "name', "((age + 1))"),
        is_unique=False, is_primary=False,
        definition='CREATE INDEX by_name ON customer("full ""name", ((age + 1)));',
    )  # fmt: skip
    assert one_order.is_unique


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_an_index_gives_the_exact_name_of_its_column(duckdb: Session, name: str) -> None:
    column = quote_identifier(name)
    run(duckdb, f"create table t ({column} integer); create index i on t ({column})")

    assert open_catalog(duckdb).indexes("main")[0].columns == (name,)


def test_macros_sequences_and_enums_are_listed(shop: Session) -> None:
    catalog = open_catalog(shop)
    run(shop, "select nextval('numbers')")

    assert catalog.functions("main") == [
        Function("memory", "main", "add_one", "macro", "a, b", ""),
        Function("memory", "main", "customers_of", "table macro", "n", ""),
        Function("memory", "main", "nothing", "macro", "", ""),
    ]
    assert catalog.sequences("main") == [SequenceInfo("memory", "main", "numbers", "BIGINT", 1)]
    assert catalog.enums("main") == [EnumType("memory", "main", "mood", ("happy", "it's", "a,b"))]


def test_counts_agree_with_the_lists(shop: Session) -> None:
    catalog = open_catalog(shop)

    assert catalog.counts("main", database="memory") == SchemaCounts(
        tables=2, views=1, functions=3, sequences=1, types=1
    )
    customer = catalog.relations("main")[1]
    assert catalog.parts(customer) == RelationParts(columns=4, keys=3, indexes=1)


def test_attached_databases_keep_apart_what_has_the_same_name(
    duckdb: Session, tmp_path: Path
) -> None:
    path = tmp_path / "other.duckdb"
    other = open_duckdb(str(path))
    run(other, "create schema s; create table s.t (a integer); create table t (theirs integer)")
    other.close()
    run(duckdb, f"""attach '{path}' as "o ther" (read_only); create table t (ours integer)""")
    catalog = open_catalog(duckdb)

    assert catalog.databases() == [
        Database("memory", is_current=True, is_open=True),
        Database("o ther", is_current=False, is_open=True),
    ]
    assert catalog.schemas("o ther") == [Schema("o ther", "main"), Schema("o ther", "s")]
    assert [(r.database, r.schema, r.name) for r in catalog.relations()] == [
        ("memory", "main", "t"),
        ("o ther", "main", "t"),
        ("o ther", "s", "t"),
    ]
    assert [c.name for c in catalog.columns("main", "t", database="o ther")] == ["theirs"]
    assert [c.name for c in catalog.columns("main", "t", database="memory")] == ["ours"]


def test_an_attached_postgres_database_shows_no_system_objects(
    duckdb: Session, postgres: Session, pg_db: str
) -> None:
    run(postgres, "create table people (id integer primary key, name text unique)")
    run(duckdb, f"attach '{pg_db}' as pg (type postgres, read_only)")
    catalog = open_catalog(duckdb)

    assert {s.name for s in catalog.schemas("pg") if not s.is_system} == {"public"}
    assert [(r.database, r.name) for r in catalog.relations()] == [("pg", "people")]
    assert [c.name for c in catalog.columns(database="pg")] == ["id", "name"]
    keys = catalog.keys()
    assert {key.relation for key in keys} == {"people"}
    assert {key.kind for key in keys} == {KeyKind.PRIMARY, KeyKind.UNIQUE}
    assert {index.relation for index in catalog.indexes()} == {"people"}


def test_temporary_tables_show_a_database_of_their_own(duckdb: Session) -> None:
    catalog = open_catalog(duckdb)
    assert [d.name for d in catalog.databases()] == ["memory"]

    run(duckdb, "create temp table scratch (a integer)")

    assert [d.name for d in catalog.databases()] == ["memory", "temp"]
    assert [r.name for r in catalog.relations(database="temp")] == ["scratch"]


def test_the_system_is_not_listed_with_what_users_made(duckdb: Session) -> None:
    catalog = open_catalog(duckdb)

    assert [s.name for s in catalog.schemas("memory") if not s.is_system] == ["main"]
    assert catalog.relations() == []
    assert catalog.columns() == []
    assert catalog.functions() == []
    assert catalog.enums() == []


def test_a_view_of_something_that_is_gone_does_not_hide_the_rest(duckdb: Session) -> None:
    run(
        duckdb,
        """create table base (a integer);
        create view broken as select * from base;
        drop table base;
        create table kept (a integer)""",
    )

    assert [r.name for r in open_catalog(duckdb).relations("main")] == ["broken", "kept"]
    assert "kept" in {c.relation for c in open_catalog(duckdb).columns("main")}


def test_hostile_names_come_back_exactly_and_can_be_asked_for(duckdb: Session) -> None:
    for name in HOSTILE_NAMES:
        quoted = quote_identifier(name)
        run(duckdb, f"create schema {quoted}; create table {quoted}.{quoted} ({quoted} integer)")
    catalog = open_catalog(duckdb)

    assert sorted(r.name for r in catalog.relations()) == sorted(HOSTILE_NAMES)
    for name in HOSTILE_NAMES:
        (column,) = catalog.columns(name, name)
        assert (column.schema, column.relation, column.name) == (name, name, name)


def test_each_kind_of_a_large_database_is_one_statement(duckdb: Session) -> None:
    columns = ", ".join(f"c{n} integer" for n in range(10))
    run(duckdb, "; ".join(f"create table t{n} ({columns})" for n in range(5_000)))
    session, sent = counting(duckdb)
    catalog = open_catalog(session)

    assert len(catalog.relations()) == 5_000
    assert len(catalog.columns()) == 50_000
    assert catalog.keys() == []
    assert catalog.indexes() == []
    assert len(sent) == 4


def test_reading_leaves_the_session_as_it_was(shop: Session) -> None:
    run(shop, "begin; insert into customer values (3, 'Cid', 50)")

    open_catalog(shop).columns("main")

    assert rows(shop, "select count(*) from customer") == [(3,)]
    shop.rollback()
    assert rows(shop, "select count(*) from customer") == [(2,)]
