"""The catalogue of SQLite files, attached and temporary databases too."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.catalog.support import HOSTILE_NAMES, counting, open_sqlite, run
from tusk.catalog import open_catalog
from tusk.catalog.objects import (
    Column,
    Database,
    Index,
    Key,
    KeyKind,
    Relation,
    RelationKind,
    RelationParts,
    Schema,
    SchemaCounts,
)
from tusk.core.dialect import quote_identifier
from tusk.core.errors import QueryError, UsageError
from tusk.engines.base import Session

SHOP = """
create table customer (
    id integer primary key,
    "full ""name" text not null default 'x',
    age int constraint grown check (age > 17),
    twice int as (age * 2),
    half generated always as (age / 2) stored,
    constraint person unique (age, "full ""name")
);
create table purchase (
    customer references customer,
    at text,
    constraint of_customer foreign key (customer, at) references other (a, b)
        on update set null on delete cascade,
    primary key (at, customer)
) without rowid;
create index by_name on customer (lower("full ""name"), age desc) where age > 20;
create view adult as select id, age + 1 as next from customer;
"""


@pytest.fixture
def shop(sqlite: Session) -> Session:
    run(sqlite, SHOP)
    return sqlite


def test_the_file_is_the_database_and_attached_ones_are_schemas(
    sqlite: Session, tmp_path: Path
) -> None:
    run(sqlite, f"""attach '{tmp_path / "second.db"}' as "a "" b"; create temp table scratch (x)""")
    catalog = open_catalog(sqlite)

    assert catalog.databases() == [Database("shop.db", is_current=True, is_open=True)]
    assert catalog.schemas() == [
        Schema("shop.db", 'a " b', comment=str(tmp_path / "second.db")),
        Schema("shop.db", "main", comment=str(tmp_path / "shop.db")),
        Schema("shop.db", "temp"),
    ]
    assert catalog.schemas("another.db") == []


def test_relations_have_estimates_once_analyze_ran(shop: Session) -> None:
    catalog = open_catalog(shop)
    run(shop, "insert into customer (id, age) values (1, 20), (2, 30), (3, 40)")
    assert [r.estimated_rows for r in catalog.relations("main")] == [None, None, None]

    run(shop, "analyze")

    assert catalog.relations("main") == [
        Relation("shop.db", "main", "adult", RelationKind.VIEW),
        Relation("shop.db", "main", "customer", RelationKind.TABLE, estimated_rows=3),
        Relation("shop.db", "main", "purchase", RelationKind.TABLE),
    ]


def test_columns_tell_types_defaults_generated_ones_and_keys(shop: Session) -> None:
    place = ("shop.db", "main", "customer")

    assert open_catalog(shop).columns("main", "customer") == [
        Column(*place, 1, "id", "INTEGER", is_nullable=True, is_primary_key=True),
        Column(*place, 2, 'full "name', "TEXT", is_nullable=False, default="'x'"),
        Column(*place, 3, "age", "INT", is_nullable=True),
        Column(
            *place, 4, "twice", "INT", is_nullable=True, default="generated always as (age * 2)"
        ),
        Column(
            *place, 5, "half", "", is_nullable=True,
            default="generated always as (age / 2) stored",
        ),
    ]  # fmt: skip


def test_keys_have_the_names_they_were_given(shop: Session) -> None:
    place = ("shop.db", "main")
    run(shop, "create table other (a, b, primary key (a, b))")

    assert open_catalog(shop).keys("main", "customer") == [
        Key(*place, "customer", "", KeyKind.PRIMARY, ("id",), "PRIMARY KEY (id)"),
        Key(*place, "customer", "grown", KeyKind.CHECK, ("age",), "CHECK (age > 17)"),
        Key(
            *place, "customer", "person", KeyKind.UNIQUE, ("age", 'full "name'),
            'UNIQUE (age, "full ""name")',
        ),
    ]  # fmt: skip
    assert open_catalog(shop).keys("main", "purchase") == [
        Key(
            *place, "purchase", "", KeyKind.FOREIGN, ("customer",),
            "FOREIGN KEY (customer) REFERENCES customer (id)",
            referenced_schema="main", referenced="customer", referenced_columns=("id",),
        ),
        Key(
            *place, "purchase", "", KeyKind.PRIMARY, ("at", "customer"),
            "PRIMARY KEY (at, customer)",
        ),
        Key(
            *place, "purchase", "of_customer", KeyKind.FOREIGN, ("customer", "at"),
            "FOREIGN KEY (customer, at) REFERENCES other (a, b)"
            " ON UPDATE SET NULL ON DELETE CASCADE",
            referenced_schema="main", referenced="other", referenced_columns=("a", "b"),
        ),
    ]  # fmt: skip


def test_a_foreign_key_names_the_columns_that_it_was_given(sqlite: Session) -> None:
    run(sqlite, "create table p (id integer primary key, code text unique)")
    run(sqlite, "create table c (p integer references p, code text references p (code))")

    keys = open_catalog(sqlite).keys("main", "c")

    assert {key.columns: key.referenced_columns for key in keys} == {
        ("p",): ("id",),
        ("code",): ("code",),
    }


def test_indexes_tell_expressions_and_which_belong_to_keys(shop: Session) -> None:
    place = ("shop.db", "main", "customer")

    assert open_catalog(shop).indexes("main", "customer") == [
        Index(
            *place, "by_name", ('lower("full ""name")', "age"), is_unique=False, is_primary=False,
            definition='CREATE INDEX by_name on customer (lower("full ""name"), age desc)'
            " where age > 20",
        ),
        Index(
            *place, "sqlite_autoindex_customer_1", ("age", 'full "name'), is_unique=True,
            is_primary=False, definition="",
        ),
    ]  # fmt: skip


def test_counts_agree_with_the_lists(shop: Session) -> None:
    catalog = open_catalog(shop)

    assert catalog.counts("main") == SchemaCounts(tables=2, views=1)
    customer = catalog.relations("main")[1]
    assert catalog.parts(customer) == RelationParts(columns=5, keys=3, indexes=2)
    assert [*catalog.functions(), *catalog.sequences(), *catalog.enums()] == []
    assert catalog.partitions(customer) == []


def test_attached_and_temporary_databases_are_read_with_all_their_facts(sqlite: Session) -> None:
    run(sqlite, """attach ':memory:' as "a "" b"; create temp table scratch (x primary key)""")
    run(sqlite, """create table "a "" b".t (c int check (c > 1), d as (c) stored)""")
    run(sqlite, """create index "a "" b".i on t (abs(c)); insert into "a "" b".t values (2)""")
    run(sqlite, """analyze "a "" b" """)
    catalog = open_catalog(sqlite)

    assert [(r.schema, r.name, r.estimated_rows) for r in catalog.relations()] == [
        ('a " b', "t", 1),
        ("temp", "scratch", None),
    ]
    assert [c.default for c in catalog.columns('a " b')] == [
        "",
        "generated always as (c) stored",
    ]
    keys = catalog.keys()
    assert [key.definition for key in keys] == ["CHECK (c > 1)", "PRIMARY KEY (x)"]
    assert [i.columns for i in catalog.indexes('a " b')] == [("abs(c)",)]


def test_one_broken_view_does_not_hide_the_columns_of_the_others(sqlite: Session) -> None:
    run(sqlite, "create table t (a); create view broken as select * from gone")
    run(sqlite, "create view works as select a from t")
    catalog = open_catalog(sqlite)

    assert [(c.relation, c.name) for c in catalog.columns()] == [("t", "a"), ("works", "a")]
    with pytest.raises(QueryError, match="gone"):
        catalog.columns("main", "broken")


def test_hidden_columns_of_virtual_tables_are_left_out(sqlite: Session) -> None:
    run(sqlite, "create virtual table notes using fts5 (title, body)")

    assert [c.name for c in open_catalog(sqlite).columns("main", "notes")] == ["title", "body"]


def test_hostile_names_come_back_exactly_and_can_be_asked_for(sqlite: Session) -> None:
    for name in HOSTILE_NAMES:
        quoted = quote_identifier(name)
        run(sqlite, f"create table {quoted} ({quoted} integer primary key, b unique)")
    catalog = open_catalog(sqlite)

    assert [r.name for r in catalog.relations()] == sorted(HOSTILE_NAMES)
    for name in HOSTILE_NAMES:
        assert [c.name for c in catalog.columns("main", name)] == [name, "b"]
        assert {k.columns for k in catalog.keys("main", name)} == {(name,), ("b",)}
        assert len(catalog.indexes("main", name)) == 1


@pytest.mark.parametrize("name", [name for name in HOSTILE_NAMES if len(name) < 50])
def test_hostile_names_of_attached_databases_are_quoted(sqlite: Session, name: str) -> None:
    quoted = quote_identifier(name)
    run(sqlite, f"attach ':memory:' as {quoted}; create table {quoted}.t (a int check (a > 0))")
    catalog = open_catalog(sqlite)

    assert [(r.schema, r.name) for r in catalog.relations(name)] == [(name, "t")]
    assert [k.columns for k in catalog.keys(name)] == [("a",)]


def test_a_schema_that_cannot_be_written_is_refused(sqlite: Session) -> None:
    with pytest.raises(UsageError):
        open_catalog(sqlite).relations("main\0.x")


def test_a_name_that_is_no_utf8_is_listed_and_does_not_hide_the_others(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """create table plain (a integer unique);
            create table odd (b integer);
            pragma writable_schema = on;
            update sqlite_master set
                name = cast(x'636166e9' as text),
                tbl_name = cast(x'636166e9' as text),
                sql = 'create table "' || cast(x'636166e9' as text) || '" (b int)'
            where name = 'odd'"""
        )
    session = open_sqlite(path)
    catalog = open_catalog(session)

    names = [relation.name for relation in catalog.relations()]

    assert [n.encode("utf-8", "surrogateescape") for n in names] == [b"caf\xe9", b"plain"]
    assert [(c.relation, c.name) for c in catalog.columns()] == [("plain", "a")]
    assert [key.relation for key in catalog.keys("main")] == ["plain"]
    assert [index.relation for index in catalog.indexes("main")] == ["plain"]
    with pytest.raises(QueryError):
        catalog.columns("main", names[0])
    session.close()


def test_a_read_only_session_can_be_read(shop: Session, tmp_path: Path) -> None:
    session = open_sqlite(tmp_path / "shop.db", read_only=True)
    catalog = open_catalog(session)

    assert [r.name for r in catalog.relations()] == ["adult", "customer", "purchase"]
    assert len(catalog.columns()) == 9
    assert len(catalog.keys()) == 6
    assert len(catalog.indexes()) == 3
    session.close()


def test_each_kind_of_a_large_file_is_a_handful_of_statements(sqlite: Session) -> None:
    columns = ", ".join(f"c{n} integer" for n in range(10))
    run(sqlite, "begin;" + ";".join(f"create table t{n} ({columns})" for n in range(1_000)))
    run(sqlite, "commit")
    session, sent = counting(sqlite)
    catalog = open_catalog(session)

    assert len(catalog.relations("main")) == 1_000
    assert len(catalog.columns("main")) == 10_000
    assert catalog.keys("main") == []
    assert catalog.indexes("main") == []
    assert len(sent) == 6
