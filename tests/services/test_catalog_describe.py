"""`tusk schema`: patterns as in psql, and the catalogue as tables."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import psycopg
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.support import HOSTILE_NAMES, counting, open_duckdb, open_postgres, run
from tusk.catalog import open_catalog
from tusk.catalog.objects import CatalogReader, Relation, RelationKind
from tusk.core.dialect import DUCKDB, POSTGRES, SQLITE, Dialect, quote_identifier
from tusk.core.errors import UsageError
from tusk.engines.base import Session
from tusk.services.catalog import describe_table, list_table
from tusk.services.catalog.patterns import parse_pattern


def relation(place: str) -> Relation:
    database, schema, name = place.split("/")
    return Relation(database, schema, name, RelationKind.TABLE)


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("", "db/public/orders"),
        ("orders", "db/public/orders"),
        ("orders", "db/shop/orders"),
        ("or*", "db/public/orders"),
        ("*", "db/public/new\nline"),
        ("o?ders", "db/public/orders"),
        ("ORDERS", "db/public/orders"),
        ('"Orders"', "db/public/Orders"),
        ('"or*"', "db/public/or*"),
        ('"a""b"', 'db/public/a"b'),
        ('"a.b".c', "db/a.b/c"),
        ('or"D*"rs', "db/public/orD*rs"),
        ("public.or*", "db/public/orders"),
        ("*.orders", "db/any/orders"),
        ("shop.", "db/shop/orders"),
        (".orders", "db/any/orders"),
        ("db.public.orders", "db/public/orders"),
        ("d?.*.orders", "db/public/orders"),
        ('"unfinished', "db/public/unfinished"),
        ("a+b", "db/public/a+b"),
        ("[x]", "db/public/[x]"),
        ("(", "db/public/("),
    ],
)
def test_a_pattern_matches_as_psql_does(pattern: str, place: str) -> None:
    assert parse_pattern(pattern, POSTGRES).matches(relation(place))


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("order", "db/public/orders"),
        ("orders", "db/public/Orders"),
        ('"ORDERS"', "db/public/orders"),
        ('"or*"', "db/public/orders"),
        ("o?ders", "db/public/oders"),
        ("public.orders", "db/shop/orders"),
        ("other.public.orders", "db/public/orders"),
        ("a.b", "db/public/a.b"),
        ("a.b", "db/public/axb"),
        ('""', "db/public/orders"),
    ],
)
def test_a_pattern_does_not_match_what_psql_would_not(pattern: str, place: str) -> None:
    assert not parse_pattern(pattern, POSTGRES).matches(relation(place))


@pytest.mark.parametrize("dialect", [DUCKDB, SQLITE], ids=lambda d: d.name)
@pytest.mark.parametrize("pattern", ["orders", "ORDERS", '"orders"', "Or*"])
def test_case_does_not_matter_where_the_engine_ignores_it(dialect: Dialect, pattern: str) -> None:
    assert parse_pattern(pattern, dialect).matches(relation("db/main/Orders"))


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_quoted_name_is_a_pattern_for_itself_alone(name: str) -> None:
    pattern = parse_pattern(f"{quote_identifier(name)}.{quote_identifier(name)}", POSTGRES)

    assert pattern.matches(Relation("db", name, name, RelationKind.TABLE))
    assert not pattern.matches(Relation("db", name, f"{name}x", RelationKind.TABLE))
    assert not pattern.matches(Relation("db", f"x{name}", name, RelationKind.TABLE))


@given(st.text(max_size=12))
def test_any_text_is_a_pattern_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        parse_pattern(text, POSTGRES).matches(relation("db/public/orders"))


def test_too_many_parts_are_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match="too many dots") as caught:
        parse_pattern("a.b.c.d", POSTGRES)

    assert "quotes" in caught.value.hint


SHOP = """
create schema shop;
create table shop.orders (
    id integer primary key, price numeric(10, 2) not null default 1, note text check (note <> '')
);
create index by_note on shop.orders (note);
create view shop.old_orders as select * from shop.orders;
create table public.orders (id integer);
create table public.people (name text);
comment on table shop.orders is 'what was bought';
comment on column shop.orders.note is 'free text';
"""


@pytest.fixture
def shop(pg_db: str) -> Iterator[Session]:
    session = open_postgres(pg_db)
    run(session, SHOP)
    yield session
    session.close()


def test_relations_are_listed_one_row_each(shop: Session) -> None:
    table = list_table(open_catalog(shop))

    assert table.column_names == [
        "database", "schema", "name", "kind", "estimated_rows", "size_bytes", "comment",
    ]  # fmt: skip
    assert [(r["schema"], r["name"], r["kind"], r["comment"]) for r in table.to_pylist()] == [
        ("public", "orders", "table", None),
        ("public", "people", "table", None),
        ("shop", "old_orders", "view", None),
        ("shop", "orders", "table", "what was bought"),
    ]


def test_nothing_that_matches_is_an_empty_table_with_its_columns(shop: Session) -> None:
    for table in (list_table(open_catalog(shop), "no*"), describe_table(open_catalog(shop), "no*")):
        assert table.num_rows == 0
        assert "schema" in table.column_names
    assert describe_table(open_catalog(shop), "no*").schema == (
        describe_table(open_catalog(shop), "*").schema
    )


def test_a_relation_is_described_by_its_columns_keys_and_indexes(shop: Session) -> None:
    rows = describe_table(open_catalog(shop), "shop.orders").to_pylist()

    assert [
        (r["part"], r["position"], r["name"], r["type"], r["nullable"], r["definition"])
        for r in rows
    ] == [
        ("column", 1, "id", "integer", False, None),
        ("column", 2, "price", "numeric(10,2)", False, "1"),
        ("column", 3, "note", "text", True, None),
        ("key", None, "orders_note_check", "check", None, "CHECK (note <> ''::text)"),
        ("key", None, "orders_pkey", "primary key", None, "PRIMARY KEY (id)"),
        (
            "index", None, "by_note", "index", None,
            "CREATE INDEX by_note ON shop.orders USING btree (note)",
        ),
        (
            "index", None, "orders_pkey", "unique index", None,
            "CREATE UNIQUE INDEX orders_pkey ON shop.orders USING btree (id)",
        ),
    ]  # fmt: skip
    assert {(r["schema"], r["relation"]) for r in rows} == {("shop", "orders")}
    assert [r["comment"] for r in rows if r["comment"]] == ["free text"]


def test_the_rows_of_a_relation_stand_together(shop: Session) -> None:
    rows = describe_table(open_catalog(shop), "*orders").to_pylist()
    places = [(r["schema"], r["relation"]) for r in rows]

    assert list(dict.fromkeys(places)) == [
        ("public", "orders"), ("shop", "old_orders"), ("shop", "orders"),
    ]  # fmt: skip
    assert places == sorted(places)


def test_system_schemas_are_looked_at_only_when_they_are_named(shop: Session) -> None:
    catalog = open_catalog(shop)

    assert list_table(catalog, "pg_class").num_rows == 0
    assert list_table(catalog, "*.pg_class").num_rows == 0
    assert list_table(catalog, "pg_catalog.pg_class").num_rows == 1
    assert list_table(catalog, "pg_cat*.pg_class").num_rows == 1
    assert describe_table(catalog, "pg_catalog.pg_am").num_rows > 4


@pytest.mark.parametrize(
    ("pattern", "statements"),
    [
        # The version, the relations, then columns, keys and indexes of what was found.
        ("people", 5),
        ("*", 5 + 3),
        # The schemas too, since system ones may match.
        ("shop.*", 6),
    ],
)
def test_describing_takes_a_statement_per_kind_and_schema(
    shop: Session, pattern: str, statements: int
) -> None:
    session, sent = counting(shop)

    describe_table(open_catalog(session), pattern)

    assert len(sent) == statements


class Asked:
    """A reader that remembers what it was asked for."""

    def __init__(self, reader: CatalogReader) -> None:
        self._reader = reader
        self.calls: list[tuple[str, tuple[object, ...]]] = []

    def __getattr__(self, name: str) -> object:
        method = getattr(self._reader, name)
        if not callable(method):
            return method

        def call(*arguments: object, **options: object) -> object:
            self.calls.append((name, arguments))
            return method(*arguments, **options)

        return call


def test_no_more_is_read_than_the_pattern_asks_for(shop: Session) -> None:
    asked = Asked(open_catalog(shop))
    reader = cast("CatalogReader", asked)

    describe_table(reader, "people")
    describe_table(reader, "public.*")

    assert asked.calls == [
        ("relations", ()),
        ("columns", ("public", "people")),
        ("keys", ("public", "people")),
        ("indexes", ("public", "people")),
        ("relations", ()),
        ("schemas", ()),
        ("columns", ("public", None)),
        ("keys", ("public", None)),
        ("indexes", ("public", None)),
    ]


def test_many_schemas_are_read_at_once(shop: Session) -> None:
    run(shop, "".join(f"create schema s{n}; create table s{n}.t{n} (a int);" for n in range(9)))
    session, sent = counting(shop)

    table = describe_table(open_catalog(session), "*")

    assert len(sent) == 5
    assert len(set(table["schema"].to_pylist())) == 11


def test_hostile_names_are_in_the_tables_exactly(tmp_path: Path) -> None:
    session = open_duckdb()
    for name in HOSTILE_NAMES:
        quoted = quote_identifier(name)
        run(session, f"create table {quoted} ({quoted} integer primary key)")
    catalog = open_catalog(session)

    assert set(list_table(catalog)["name"].to_pylist()) == set(HOSTILE_NAMES)
    for name in HOSTILE_NAMES:
        table = describe_table(catalog, quote_identifier(name))
        assert table["name"].to_pylist()[0] == name
        pyarrow.csv.write_csv(table, tmp_path / "out.csv")
    session.close()


def test_names_that_are_no_utf8_become_replacement_characters(
    make_pg_db: Callable[..., str],
) -> None:
    dsn = make_pg_db(encoding="SQL_ASCII")
    with psycopg.connect(dsn, autocommit=True, client_encoding="SQL_ASCII") as raw:
        raw.execute(b'create table "caf\xe9" ("b\xff" int)')
    session = open_postgres(dsn)

    table = describe_table(open_catalog(session), "caf*")

    assert table.schema.field("name").type == pa.string()
    assert table.select(["relation", "name"]).to_pylist() == [
        {"relation": "caf\ufffd", "name": "b\ufffd"}
    ]
    session.close()
