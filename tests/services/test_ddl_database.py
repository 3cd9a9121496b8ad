"""DDL of what belongs to the database or the server: made again, as pg_dump sees it."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import unified_diff

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.catalog.support import open_postgres, run
from tests.services.ddl_support import WHOLE, dumped, fill
from tusk.catalog import open_catalog
from tusk.catalog.details import UNREADABLE
from tusk.catalog.objects import (
    CatalogReader,
    Database,
    DatabaseCounts,
    ItemKind,
    SchemaCounts,
)
from tusk.core.dialect import POSTGRES, quote_identifier
from tusk.core.errors import QueryError, UsageError
from tusk.core.statement import split
from tusk.services.catalog import ddl_of, ddl_of_name, details_of


@contextmanager
def reading(dsn: str) -> Iterator[CatalogReader]:
    session = open_postgres(dsn)
    try:
        yield open_catalog(session)
    finally:
        session.close()


def differences(before: str, after: str) -> list[str]:
    return list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))


def current(reader: CatalogReader) -> Database:
    (found,) = [database for database in reader.databases() if database.is_current]
    return found


@pytest.fixture
def databases(make_pg_db: Callable[..., str]) -> Iterator[Callable[[], str]]:
    """Makes databases, which may get subscriptions."""
    made: list[str] = []

    def make() -> str:
        made.append(make_pg_db())
        return made[-1]

    yield make
    for dsn in made:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for (name,) in connection.execute(
                "select quote_ident(subname) from pg_subscription s join pg_database d"
                " on d.oid = subdbid where datname = current_database()"
            ).fetchall():
                connection.execute(f"alter subscription {name} set (slot_name = none)")
                connection.execute(f"drop subscription {name}")


def test_a_database_with_everything_is_made_again(
    databases: Callable[[], str], roles: tuple[str, str]
) -> None:
    old, new = databases(), databases()
    fill(old, roles, WHOLE)
    with reading(old) as reader:
        text = ddl_of(reader, current(reader), is_whole=True)

    with psycopg.connect(new, autocommit=True) as connection:
        connection.execute(text)

    assert differences(dumped(old), dumped(new)) == []
    with reading(new) as reader:
        assert ddl_of(reader, current(reader), is_whole=True) == text


KIT = "Kit, [/x]"
# What is dropped, in which group it is shown and under which name.
ALONE = [
    ("cast (pair as float8)", "casts", "double precision"),
    ('language "Lang ""x" cascade', "languages", 'Lang "x'),
    ("access method heap2", "access_methods", "heap2"),
    ('server "Far ""x" cascade', "foreign_servers", 'Far "x'),
    ('event trigger "Event ""x"', "event_triggers", 'Event "x'),
    ('publication "Pub ""x"', "publications", 'Pub "x'),
    ('conversion "Conv ""x"', "conversions", 'Conv "x'),
    ("operator class own_hash using hash", "operator_classes", "own_hash"),
    ('operator !!% (none, "Base ""T")', "operators", "!!%"),
    ('type "Lone [/x]" cascade', "types", "Lone [/x]"),
    ("text search dictionary own_words cascade", "text_search", "own_words"),
]


def test_objects_by_themselves_are_made_again(
    databases: Callable[[], str], roles: tuple[str, str]
) -> None:
    dsn = databases()
    fill(dsn, roles, WHOLE)
    with psycopg.connect(dsn, autocommit=True) as connection, reading(dsn) as reader:
        connection.execute(f"set search_path = {quote_identifier(KIT)}")
        # They go with others.
        connection.execute(
            """drop foreign table distant;
            drop function spoken(); drop transform for pair language "Lang ""x";
            drop user mapping for public server "Far ""x";
            drop text search configuration own;
            create type "Lone [/x]";
            create function lone_in(cstring) returns "Lone [/x]" language internal strict as 'textin';
            create function lone_out("Lone [/x]") returns cstring language internal strict as 'textout';
            create type "Lone [/x]" (input = lone_in, output = lone_out)"""
        )
        for drop, kind, name in ALONE:
            if drop.startswith("server"):
                connection.execute(
                    f'drop user mapping for {quote_identifier(roles[0])} server "Far ""x"'
                )
            before = dumped(dsn)
            # An operator class comes before its family, which has its name.
            item = next(
                item
                for item in reader.items(kind, database=current(reader).name)
                if name in item.name and item.schema in {KIT, ""}
            )
            text = ddl_of(reader, item)
            connection.execute(f"drop {drop}")
            assert dumped(dsn) != before, item
            connection.execute(text)
            assert differences(before, dumped(dsn)) == [], text


def test_every_object_has_details_with_its_definition(
    databases: Callable[[], str], roles: tuple[str, str]
) -> None:
    dsn = databases()
    fill(dsn, roles, WHOLE)
    with reading(dsn) as reader:
        place = current(reader).name
        kinds = [f.name for c in (DatabaseCounts, SchemaCounts) for f in dataclasses.fields(c)]
        items = [
            item
            for kind in kinds
            for item in reader.items(kind, database=place)[: 400 : 9 if "system" in kind else 1]
            if item.schema in {KIT, ""}
        ]
        for item in items:
            sections = {section.title: section for section in reader.sections(item)}
            assert {"About", "Definition"} <= set(sections), item
            assert all(tuple(s.columns) != UNREADABLE for s in sections.values()), sections

        assert {item.kind for item in items} >= set(_DATABASE_KINDS)
        shown = {item.name: details_of(reader, item) for item in items}
    assert "owner" in shown['Ops "x']
    assert "OPERATOR 1" in shown['Ops "x']
    assert re.search(r"has rights\s+function", shown[roles[0]])
    assert re.search(r"foreign table\s+\S*.*distant", shown['Far "x'])


_DATABASE_KINDS = set(ItemKind) - {
    ItemKind.ALIAS_TYPE, ItemKind.SECRET, ItemKind.TRIGGER, ItemKind.RULE, ItemKind.POLICY,
    ItemKind.STATISTICS, ItemKind.COMPOSITE_TYPE, ItemKind.RANGE_TYPE, ItemKind.COLLATION,
}  # fmt: skip


CLUSTER = """
create role {a} login createdb noinherit connection limit 3 valid until '2031-01-02 03:04:05+00'
    in role {reader} role {writer};
grant {a} to {reader2} with admin option;
comment on role {a} is 'it''s [/x]';
alter role {a} set search_path = "$user", 'a b', public;
alter role {a} set work_mem = '7MB';
alter role {a} in database {db} set application_name = 'it''s';
create database {new} template template0 connection limit 5;
comment on database {new} is 'it''s';
alter database {new} set search_path = '';
alter database {new} set datestyle = 'ISO, DMY';
grant connect on database {new} to {a} with grant option;
revoke temporary on database {new} from public;
alter database {new} owner to {writer};
set allow_in_place_tablespaces = on;
create tablespace {place} owner {writer} location '' with (seq_page_cost = 2);
comment on tablespace {place} is 'here';
grant create on tablespace {place} to {a};
"""


def test_roles_databases_and_tablespaces_are_made_again(pg_db: str, roles: tuple[str, str]) -> None:
    number = os.getpid()
    raw = {
        "a": f'A "role" [/x] {number}', "reader2": f"reader 2 {number}", "new": f'new "db" {number}',
        "place": f'pl"ace {number}', "reader": roles[0], "writer": roles[1],
        "db": str(conninfo_to_dict(pg_db)["dbname"]),
    }  # fmt: skip
    names = {key: quote_identifier(name) for key, name in raw.items()}
    with psycopg.connect(pg_db, autocommit=True) as connection, reading(pg_db) as reader:
        connection.execute(f"create role {names['reader2']}")
        try:
            for statement in CLUSTER.strip().split(";\n"):
                connection.execute(statement.format(**names))
            new = make_conninfo(pg_db, dbname=raw["new"])
            before = dumped(pg_db, "--globals-only", program="pg_dumpall"), dumped(new, "--create")
            database = current(reader).name
            (role,) = [r for r in reader.items("roles", database=database) if r.name == raw["a"]]
            (place,) = [
                t for t in reader.items("tablespaces", database=database) if t.name == raw["place"]
            ]
            (fresh,) = [d for d in reader.databases() if d.name == raw["new"]]
            with pytest.raises(UsageError, match="can be read only there"):
                ddl_of(reader, fresh, is_whole=True)
            texts = [ddl_of(reader, made) for made in (role, fresh, place)]
            assert "PASSWORD" not in texts[0]

            connection.execute("drop database {new}".format(**names))
            connection.execute("drop tablespace {place}".format(**names))
            connection.execute("drop role {a}".format(**names))
            for text in texts:
                for part in split(text, POSTGRES):
                    connection.execute(part.text)

            after = dumped(pg_db, "--globals-only", program="pg_dumpall"), dumped(new, "--create")
            assert differences(before[0], after[0]) == differences(before[1], after[1]) == []
        finally:
            connection.execute("drop database if exists {new}".format(**names))
            connection.execute("drop tablespace if exists {place}".format(**names))
            connection.execute("drop role if exists {a}".format(**names))
            connection.execute("drop role {reader2}".format(**names))


def test_passwords_are_left_out(databases: Callable[[], str], roles: tuple[str, str]) -> None:
    dsn = databases()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            """create foreign data wrapper w; create server s foreign data wrapper w;
            create user mapping for public server s
                options (password 'hunter2', "Secret token" 'hunter2', "user" 'me');
            create subscription one connection 'host=h password = ''hun\\''ter2'' user=u sslpassword=hunter2'
                publication p with (connect = false, slot_name = none);
            create subscription two connection 'postgresql://u:hunter2@h/d?sslpassword=hunter2&x=y'
                publication p with (connect = false, slot_name = none)""".replace(
                "&x=y", "&application_name=y"
            )
        )
    with reading(dsn) as reader:
        name = current(reader).name
        texts = [
            ddl_of(reader, item)
            for kind in ("user_mappings", "subscriptions")
            for item in reader.items(kind, database=name)
        ]
        details = [
            details_of(reader, item)
            for kind in ("user_mappings", "subscriptions")
            for item in reader.items(kind, database=name)
        ]

    assert not any("ter2" in text for text in texts + details)
    assert all(text.startswith("-- Passwords are left out.\n") for text in texts)
    assert """OPTIONS ("user" 'me')""" in texts[0]
    assert "host=h  user=u" in texts[1]
    assert "postgresql://u@h/d?&application_name=y" in texts[2]


def test_an_object_of_any_kind_is_found_by_its_name(
    databases: Callable[[], str], roles: tuple[str, str]
) -> None:
    dsn = databases()
    fill(dsn, roles, WHOLE)
    with reading(dsn) as reader:
        for name, text in {
            "odd": "CREATE DOMAIN",
            '"Ops ""x"': "CREATE OPERATOR CLASS",
            "sorted": "CREATE INDEX",
            '"Kit, [/x]".own': "CREATE TEXT SEARCH CONFIGURATION",
            "plpgsql": "CREATE EXTENSION",
            '"Wrap ""x"': "CREATE FOREIGN DATA WRAPPER",
            f'"{roles[1]}"': "CREATE ROLE",
            "pg_catalog.int4pl": "CREATE OR REPLACE FUNCTION",
        }.items():
            assert text in ddl_of_name(reader, name), name
        assert "CREATE SUBSCRIPTION" in ddl_of_name(reader, "")


def test_who_is_no_superuser_reads_ddl(
    databases: Callable[[], str], roles: tuple[str, str]
) -> None:
    dsn = databases()
    fill(dsn, roles, WHOLE)
    session = open_postgres(dsn)
    run(session, f"set role {quote_identifier(roles[0])}")
    reader = open_catalog(session)
    place = current(reader).name
    kinds = [field.name for field in dataclasses.fields(DatabaseCounts)]
    assert reader.database_counts(place).subscriptions == 2

    for kind in kinds:
        for item in reader.items(kind, database=place)[:3]:
            if item.kind is ItemKind.SUBSCRIPTION:
                with pytest.raises(QueryError, match="permission denied"):
                    ddl_of(reader, item)
                assert "permission denied" in details_of(reader, item)
            else:
                assert ddl_of(reader, item)
                assert "permission denied" not in details_of(reader, item)
    whole = ddl_of(reader, current(reader), is_whole=True)
    assert "CREATE SUBSCRIPTION" not in whole
    assert "does not show them to you" in whole
    session.close()
