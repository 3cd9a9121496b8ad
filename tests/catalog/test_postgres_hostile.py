"""PostgreSQL's catalogue with hostile names, few rights, locks, other encodings, a standby."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.catalog.support import HOSTILE_NAMES, POSTGRES_SHOP, open_postgres, rows, run
from tests.support.localpg import LocalServer
from tusk.catalog import open_catalog
from tusk.catalog.details import UNREADABLE
from tusk.catalog.objects import (
    CatalogObject,
    CatalogReader,
    RelationParts,
    SchemaCounts,
)
from tusk.core.dialect import quote_identifier
from tusk.engines.base import Session


@pytest.fixture
def shop(postgres: Session) -> CatalogReader:
    run(postgres, POSTGRES_SHOP)
    run(postgres, "reset search_path")
    return open_catalog(postgres)


@pytest.fixture
def database(pg_db: str) -> str:
    return str(conninfo_to_dict(pg_db)["dbname"])


@contextmanager
def role_of(pg_db: str) -> Iterator[str]:
    """A connection string for a new role that may do nothing but log in."""
    name = f"tusk_plain_{os.getpid()}"
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute(
            sql.SQL("create role {} login password 'secret'").format(sql.Identifier(name))
        )
    try:
        yield make_conninfo(pg_db, user=name, password="secret")
    finally:
        with psycopg.connect(pg_db, autocommit=True) as admin:
            admin.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(name)))


def test_hostile_names_come_back_exactly_and_can_be_asked_for(postgres: Session) -> None:
    script = ""
    for name in HOSTILE_NAMES:
        quoted = quote_identifier(name)
        script += (
            f"create schema {quoted};"
            f"create table {quoted}.{quoted} ({quoted} integer constraint {quoted} check (true));"
            f"create index on {quoted}.{quoted} ({quoted});"
            f"create sequence {quoted}.s; create type {quoted}.e as enum ({_text(name)});"
            f"create function {quoted}.{quoted}({quoted} integer) returns integer"
            " language sql as 'select 1';"
        )
    run(postgres, script)
    catalog = open_catalog(postgres)

    relations = catalog.relations()
    assert [(r.schema, r.name) for r in relations] == [(n, n) for n in sorted(HOSTILE_NAMES)]
    for relation in relations:
        name = relation.name
        assert [c.name for c in catalog.columns(name, name)] == [name]
        assert [k.name for k in catalog.keys(name, name)] == [name]
        assert [i.columns for i in catalog.indexes(name, name)] == [(name,)]
        assert [s.name for s in catalog.sequences(name)] == ["s"]
        assert [e.labels for e in catalog.enums(name)] == [(name,)]
        assert [f.name for f in catalog.functions(name)] == [name]
        assert catalog.parts(relation) == RelationParts(columns=1, keys=1, indexes=1)
        assert catalog.counts(name) == SchemaCounts(tables=1, functions=1, sequences=1, types=1)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def test_a_role_without_rights_sees_names_but_no_values(
    postgres: Session, shop: CatalogReader, pg_db: str, database: str
) -> None:
    run(postgres, "select nextval('shop.numbers'); revoke connect on database postgres from public")
    try:
        with role_of(pg_db) as dsn:
            session = open_postgres(dsn)
            catalog = open_catalog(session)

            assert database in {d.name for d in catalog.databases()}
            assert "postgres" not in {d.name for d in catalog.databases()}
            assert catalog.relations() == shop.relations()
            assert catalog.columns() == shop.columns()
            assert catalog.keys() == shop.keys()
            assert catalog.indexes() == shop.indexes()
            assert catalog.functions() == shop.functions()
            assert catalog.enums() == shop.enums()
            assert catalog.counts("shop") == shop.counts("shop")
            assert {s.last_value for s in catalog.sequences("shop")} == {None}
            session.close()
    finally:
        run(postgres, "grant connect on database postgres to public")


def test_a_role_is_told_what_it_may_not_know_and_which_right_it_lacks(
    postgres: Session, shop: CatalogReader, pg_db: str
) -> None:
    run(postgres, "select nextval('shop.numbers')")
    (numbers,) = [s for s in shop.sequences("shop") if s.name == "numbers"]
    (space,) = [i for i in shop.items("tablespaces") if i.name == "pg_default"]
    objects: list[CatalogObject] = [
        *shop.relations(),
        *shop.schemas(),
        *shop.databases(),
        *shop.functions("shop"),
    ]
    objects += [*shop.keys(), *shop.indexes(), *shop.items("roles"), space, numbers]
    with role_of(pg_db) as dsn:
        session = open_postgres(dsn)
        catalog = open_catalog(session)
        for each in objects:
            told = catalog.sections(each)
            assert told, each
            assert UNREADABLE not in {tuple(section.columns) for section in told}, each
        unknown = "unknown: needs SELECT or USAGE on it"
        assert facts(catalog, numbers)["last value"] == unknown
        assert "pg_read_all_stats" in facts(catalog, space)["size"]

        # The right that was named is enough.
        role = quote_identifier(str(conninfo_to_dict(dsn)["user"]))
        run(postgres, f"grant pg_monitor to {role}; grant usage on sequence shop.numbers to {role}")
        assert facts(catalog, numbers)["last value"] == "1"
        assert facts(catalog, space)["size"] == facts(shop, space)["size"]
        session.close()


def facts(catalog: CatalogReader, object_: CatalogObject) -> dict[str, str]:
    """What is told about an object, by name."""
    (about,) = [s for s in catalog.sections(object_) if s.title == "About"]
    return {row[0]: row[1] for row in about.rows}


def test_listing_does_not_wait_for_a_table_that_somebody_is_altering(
    postgres: Session, shop: CatalogReader, pg_db: str
) -> None:
    """The functions that print defaults, checks and indexes lock the table: psql's \\d hangs."""
    run(postgres, "set statement_timeout = '5s'; select nextval('shop.numbers')")
    with psycopg.connect(pg_db) as somebody:
        somebody.execute("alter table shop.customer add column more integer")
        somebody.execute("alter sequence shop.numbers increment 2")

        columns = {(c.relation, c.name): c.default for c in shop.columns()}
        listed = shop.keys()
        keys = {key.name: key.definition for key in listed}
        indexes = {index.name: index for index in shop.indexes()}

        assert columns["customer", "id"] == "generated always as identity"
        assert columns["customer", 'full "name'] == "/* the table is locked */"
        assert columns["customer", "twice"] == "/* the table is locked */"
        assert keys["grown"] == "/* the table is locked */"
        assert keys["person"] == 'UNIQUE (age, "full ""name")'
        assert keys["booking_room_excl"] == "EXCLUDE USING gist (room WITH &&)"
        assert indexes["by_name"].definition == "/* the table is locked */"
        assert indexes["by_name"].columns == ("/* the table is locked */", "age")
        assert "CREATE UNIQUE INDEX" in indexes["ages_age_idx"].definition
        assert len(shop.relations()) == 4
        assert {s.last_value for s in shop.sequences() if s.name == "numbers"} == {None}
        assert len(shop.functions()) == 4
        somebody.rollback()

    assert {c.default for c in shop.columns("shop", "customer")} > {"'x'::character varying"}


def test_no_function_of_a_user_runs(postgres: Session, shop: CatalogReader) -> None:
    """An overload that fits better than the server's own wins, wherever in the search path."""
    for name, arguments in {
        "to_json": "text[]",
        "unnest": "smallint[]",
        "format_type": "oid, integer",
        "obj_description": "oid, name",
        "col_description": "oid, smallint",
        "pg_get_indexdef": "oid, integer, boolean",
        "current_setting": "varchar",
        "matches": "name, name",
        "compares": "real, integer",
    }.items():
        run(
            postgres,
            f"""create function public.{name}({arguments}) returns boolean language plpgsql
            as $$ begin raise exception 'hijacked'; end $$""",
        )
    for operator, function, left, right in (
        ("~", "matches", "name", "name"),
        ("!~", "matches", "name", "name"),
        (">=", "compares", "real", "integer"),
        (">", "compares", "real", "integer"),
    ):
        run(
            postgres,
            f"create operator public.{operator} "
            f"(function = public.{function}, leftarg = {left}, rightarg = {right})",
        )
    with pytest.raises(Exception, match="hijacked"):
        run(postgres, "select nspname ~ '^pg' from pg_namespace")

    assert len(shop.schemas()) >= 4
    assert len(shop.relations()) == 4
    assert len(shop.columns()) == 12
    assert len(shop.keys()) == 5
    assert len(shop.indexes()) == 5
    assert len(shop.enums()) == 1
    assert len(shop.sequences()) == 3
    assert len(shop.functions("shop")) == 4
    assert shop.counts("shop").tables == 2
    assert shop.parts(shop.relations()[0]).columns == 2


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_databases_of_other_encodings_can_be_read(
    make_pg_db: Callable[..., str], encoding: str
) -> None:
    session = open_postgres(make_pg_db(encoding=encoding))
    run(session, 'create table "cafés" ("naïve" integer primary key)')
    catalog = open_catalog(session)

    assert [r.name for r in catalog.relations()] == ["cafés"]
    assert [c.name for c in catalog.columns("public", "cafés")] == ["naïve"]
    assert [k.columns for k in catalog.keys("public", "cafés")] == [("naïve",)]
    session.close()


def test_names_that_are_no_utf8_can_be_asked_for(make_pg_db: Callable[..., str]) -> None:
    dsn = make_pg_db(encoding="SQL_ASCII")
    with psycopg.connect(dsn, autocommit=True, client_encoding="SQL_ASCII") as raw:
        raw.execute(
            b'create schema "s\xe9"; create table "s\xe9"."caf\xe9" ("b\xff" int primary key);'
            b'create table "s\xe9"."caf\xe8" (other int); create table plain (a int);'
            b"create type e as enum ('\xe9', 'x')"
        )
    session = open_postgres(dsn)
    catalog = open_catalog(session)

    names = [relation.name for relation in catalog.relations()]

    assert [n.encode("utf-8", "surrogateescape") for n in names] == [
        b"plain", b"caf\xe8", b"caf\xe9",
    ]  # fmt: skip
    cafe = catalog.relations()[2]
    (column,) = catalog.columns(cafe.schema, cafe.name)
    assert column.name.encode("utf-8", "surrogateescape") == b"b\xff"
    assert [k.columns for k in catalog.keys(cafe.schema, cafe.name)] == [(column.name,)]
    assert catalog.counts(cafe.schema).tables == 2
    assert catalog.parts(cafe).columns == 1
    assert catalog.enums()[0].labels == ("\udce9", "x")
    session.close()


def test_a_database_whose_name_is_no_utf8_does_not_break_the_list(
    make_pg_db: Callable[..., str], postgres: Session
) -> None:
    name = f"caf_{os.getpid()}".encode() + b"\xe9"
    dsn = make_pg_db(encoding="SQL_ASCII")
    with psycopg.connect(dsn, autocommit=True, client_encoding="SQL_ASCII") as raw:
        raw.execute(b'create database "' + name + b'"')
    try:
        found = [d.name for d in open_catalog(postgres).databases()]
    finally:
        with psycopg.connect(dsn, autocommit=True, client_encoding="SQL_ASCII") as raw:
            raw.execute(b'drop database "' + name + b'"')

    assert name in [n.encode("utf-8", "surrogateescape") for n in found]


def test_a_standby_can_be_read(pg_own_server: LocalServer) -> None:
    primary = open_postgres(pg_own_server.dsn())
    run(primary, POSTGRES_SHOP)
    run(primary, "create unlogged table scratch (id serial); select nextval('scratch_id_seq')")
    run(primary, "select nextval('numbers'); checkpoint")
    primary.close()
    (pg_own_server.data_dir / "standby.signal").touch(mode=0o644)
    pg_own_server.restart()
    session = open_postgres(pg_own_server.dsn())
    catalog = open_catalog(session)

    assert rows(session, "select pg_is_in_recovery()") == [(True,)]
    assert len(catalog.relations()) == 5
    assert len(catalog.columns("shop", "customer")) == 6
    assert len(catalog.keys("shop")) == 5
    assert len(catalog.indexes("shop")) == 5
    values = {s.name: s.last_value for s in catalog.sequences()}
    assert values["numbers"] is not None
    if pg_own_server.binaries.major >= 15:
        # Before, the sequence of an unlogged table is logged all the same.
        assert values["scratch_id_seq"] is None
    session.close()


def test_temporary_objects_of_other_sessions_do_not_break_the_lists(
    postgres: Session, pg_db: str
) -> None:
    with psycopg.connect(pg_db, autocommit=True) as somebody:
        somebody.execute("create temp table scratch (id serial primary key, b int default 3)")
        somebody.execute("select nextval('scratch_id_seq')")
        ((schema,),) = somebody.execute(
            "select nspname from pg_namespace where oid = pg_my_temp_schema()"
        ).fetchall()
        catalog = open_catalog(postgres)

        assert catalog.relations() == []
        assert schema not in {s.name for s in catalog.schemas()}
        assert [s.last_value for s in catalog.sequences(schema)] == [None]
        assert len(catalog.columns(schema)) == 2
