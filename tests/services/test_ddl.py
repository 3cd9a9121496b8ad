"""DDL: what it makes again is what there was, down to pg_dump's last line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from tests.catalog.support import (
    HOSTILE_NAMES,
    open_datafusion,
    open_duckdb,
    open_postgres,
    open_sqlite,
    run,
)
from tests.services.ddl_support import dumped, fill
from tusk.catalog import open_catalog
from tusk.catalog.details import UNREADABLE
from tusk.catalog.objects import CatalogReader, Item, Relation, Schema
from tusk.core.dialect import quote_identifier, quote_text
from tusk.core.errors import QueryError, UsageError
from tusk.engines.base import Session
from tusk.services.catalog import (
    CatalogObject,
    CatalogTree,
    Group,
    Node,
    NodeKind,
    ddl_of,
    ddl_of_name,
    details_of,
)


@pytest.fixture
def postgres(pg_db: str) -> Iterator[Session]:
    session = open_postgres(pg_db)
    yield session
    session.close()


def schema_of(reader: CatalogReader, name: str = "shop") -> Schema:
    (found,) = [schema for schema in reader.schemas() if schema.name == name]
    return found


def table_of(reader: CatalogReader, name: str) -> Relation:
    (found,) = [relation for relation in reader.relations() if relation.name == name]
    return found


def test_a_schema_with_everything_is_made_again(
    pg_db: str, postgres: Session, roles: tuple[str, str]
) -> None:
    fill(pg_db, roles)
    before = dumped(pg_db, "--schema=shop")
    reader = open_catalog(postgres)
    text = ddl_of(reader, schema_of(reader), is_whole=True)

    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute("drop schema shop cascade")
        connection.execute(text)

    assert dumped(pg_db, "--schema=shop").splitlines() == before.splitlines()
    assert ddl_of(reader, schema_of(reader), is_whole=True) == text


def test_every_object_by_itself_has_ddl_and_details(
    pg_db: str, postgres: Session, roles: tuple[str, str]
) -> None:
    fill(pg_db, roles)
    reader = open_catalog(postgres)
    tree = CatalogTree(reader)
    (root,) = [root for root in tree.roots() if root.has_children]
    seen: Counter[str] = Counter()
    nodes = [n for n in tree.children(root) if n.group is not Group.SYSTEM]
    for node in walk(tree, nodes):
        kind = f"{type(node.object).__name__} {getattr(node.object, 'kind', '')}"
        if node.object is None or node.kind is NodeKind.GROUP or seen[kind]:
            continue
        seen[kind] += 1
        assert ddl_of(reader, node.object).strip(), node
        for section in reader.sections(node.object):
            assert tuple(section.columns) != UNREADABLE, (node, section)
    assert len(seen) > 25, sorted(seen)


def walk(tree: CatalogTree, nodes: list[Node]) -> Iterator[Node]:
    """All nodes, but of relations' parts only those of tables that have something of everything."""
    for node in nodes:
        yield node
        is_plain = node.kind is NodeKind.RELATION and node.label not in {"customer", "base", "log"}
        if node.has_children and not is_plain:
            yield from walk(tree, tree.children(node))


def test_objects_by_themselves_are_made_again(
    pg_db: str, postgres: Session, roles: tuple[str, str]
) -> None:
    fill(pg_db, roles)
    run(
        postgres,
        # They would give what is made again more rights.
        f"""alter default privileges in schema shop revoke select on tables
            from {quote_identifier(roles[0])};
        drop function shop.first_of(shop.counter) cascade;
        alter table shop.purchase drop constraint unchecked""",
    )
    before = dumped(pg_db, "--schema=shop")
    reader = open_catalog(postgres)

    def items(kind: str, relation: str | None = "customer") -> list[Item]:
        return reader.items(kind, schema="shop", relation=relation)

    drops: list[tuple[str, str, Sequence[CatalogObject]]] = [
        ("late_heir", "table shop.late_heir", reader.relations("shop")),
        ("counter", "table shop.counter", reader.relations("shop")),
        ("log_0", "table shop.log_0", reader.relations("shop")),
        ("checked", "view shop.checked", reader.relations("shop")),
        ("ages", "materialized view shop.ages", reader.relations("shop")),
        ("by_name", "index shop.by_name", reader.indexes("shop")),
        ('Each "One', 'trigger "Each ""One" on shop.customer', items("triggers")),
        ("careful", "policy careful on shop.customer", items("policies")),
        ("also", 'rule also on shop."Base 2"', items("rules", "Base 2")),
        ("age_mood", "statistics shop.age_mood", items("statistics")),
        ("counted", "aggregate shop.counted(*)", reader.functions("shop")),
        ("tidy", "procedure shop.tidy", reader.functions("shop")),
        ("down", "sequence shop.down", reader.sequences("shop")),
        ("own_words", "text search configuration shop.own_words", items("text_search", None)),
    ]
    with psycopg.connect(pg_db, autocommit=True) as connection:
        for name, drop, objects in drops:
            (object_,) = [o for o in objects if o.name == name]
            text = ddl_of(reader, object_)
            connection.execute(f"drop {drop}")
            connection.execute(text)

    assert dumped(pg_db, "--schema=shop").splitlines() == before.splitlines()


def test_hostile_names_are_quoted_by_the_servers_rules(pg_db: str, postgres: Session) -> None:
    schema = 'quo"te [/x]\n;'
    place = quote_identifier(schema)
    run(postgres, f"create schema {place}")
    for number, name in enumerate(HOSTILE_NAMES):
        quoted, text = quote_identifier(name), quote_text(name)
        run(
            postgres,
            f"""create type {place}.{quoted} as enum ({text});
            create table {place}."t{number}" ({quoted} {place}.{quoted} default {text},
                constraint {quote_identifier(f"{name[:40]} {number}")} unique ({quoted}));
            comment on column {place}."t{number}".{quoted} is {text}""",
        )
    reader = open_catalog(postgres)
    before = ddl_of(reader, schema_of(reader, schema), is_whole=True)

    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute(f"drop schema {place} cascade")
        connection.execute(before.encode())

    assert ddl_of(reader, schema_of(reader, schema), is_whole=True) == before
    assert before.count("CREATE TYPE") == len(HOSTILE_NAMES)


def test_owners_that_one_may_not_give_are_told(
    pg_db: str, postgres: Session, roles: tuple[str, str]
) -> None:
    reader_role = quote_identifier(roles[0])
    run(postgres, "create table public.mine (a int)")
    run(postgres, f"grant select on mine to {reader_role}; set role {reader_role}")
    reader = open_catalog(postgres)

    text = ddl_of(reader, table_of(reader, "mine"))

    assert re.search(r"-- Only a member of \S+ may do this\.\nALTER TABLE public\.mine OWNER", text)


def test_a_locked_table_is_not_waited_for(pg_db: str, postgres: Session) -> None:
    run(postgres, "create table held (a int default 1, check (a > 0))")
    reader = open_catalog(postgres)
    held = table_of(reader, "held")
    with psycopg.connect(pg_db) as other:
        other.execute("alter table held add b int")

        with pytest.raises(QueryError, match="lock_timeout"):
            ddl_of(reader, held)
        assert any(tuple(s.columns) == UNREADABLE for s in reader.sections(held))

    assert "CREATE TABLE public.held" in ddl_of(reader, held)


def test_ddl_of_a_name(pg_db: str, postgres: Session, roles: tuple[str, str]) -> None:
    fill(pg_db, roles)
    reader = open_catalog(postgres)

    assert "CREATE TABLE shop.customer" in ddl_of_name(reader, "shop.customer")
    assert "FUNCTION shop.is_even" in ddl_of_name(reader, "is_even")
    assert "CREATE TYPE shop.mood" in ddl_of_name(reader, "mood")
    assert "CREATE SEQUENCE shop.down" in ddl_of_name(reader, "down")
    assert ddl_of_name(reader, "shop").count("CREATE ") > 50
    with pytest.raises(UsageError, match="nothing is called none"):
        ddl_of_name(reader, "none")


DUCK = """
create schema "S x";
create type "S x".mood as enum ('a', 'b''c');
create type "S x"."Po int" as struct("x y" integer, y "S x".mood[]);
create type "S x".price as decimal(10, 2);
create type "S x".either as union(n integer, t varchar);
create sequence "S x".places start 5 increment 2;
create macro "S x".plus(a, "b c") as a + "b c", (a) as a;
create macro "S x".one(x) as table select x as "Y z";
create table "S x".parent (
    id integer primary key, m "S x".mood default 'a', "q r" varchar check (length("q r") > 0),
    twice integer generated always as (id * 2), u integer unique not null, s struct(a int, b text[])
);
create table "S x"."Child" (
    parent integer references "S x".parent (id), d integer default nextval('"S x".places')
);
create index by_u on "S x".parent (u);
create view "S x".seen as select id, "q r" from "S x".parent;
comment on table "S x".parent is 'it''s';
comment on column "S x".parent.id is 'c';
comment on view "S x".seen is 'vv';
"""


def test_a_schema_of_duckdb_is_made_again() -> None:
    session = open_duckdb()
    run(session, DUCK)
    reader = open_catalog(session)
    before = ddl_of(reader, schema_of(reader, "S x"), is_whole=True)
    other = open_duckdb()

    run(other, before)

    again = open_catalog(other)
    assert ddl_of(again, schema_of(again, "S x"), is_whole=True) == before
    for kind in ("columns", "keys", "indexes", "functions", "enums"):
        assert getattr(again, kind)() == getattr(reader, kind)(), kind
    assert again.items("types") == reader.items("types")
    assert len(again.items("types")) == 3
    assert [(r.name, r.comment) for r in again.relations()] == [
        (r.name, r.comment) for r in reader.relations()
    ]
    assert details_of(reader, reader.enums()[0]) == "Labels\n  a\n  b'c\n"
    assert 'CREATE INDEX by_u ON "S x".parent' in details_of(reader, reader.indexes()[0])
    assert "tables     2" in details_of(reader, schema_of(reader, "S x"))
    sections = {s.title for s in reader.sections(table_of(reader, "parent"))}
    assert sections == {"About", "Columns", "Constraints", "Indexes"}
    session.close()
    other.close()


def test_a_whole_database_of_duckdb_is_made_again() -> None:
    session, other = open_duckdb(), open_duckdb()
    run(session, DUCK)
    # A view of one schema reads one of another, in whichever order their names are.
    run(
        session,
        """create schema a; create schema z; create table z.t (i integer);
        create view a.v as select * from z.t; create view z.w as select * from a.v;
        create view seen as select * from z.w;
        create secret "odd [x]" (type http, bearer_token 'hunter2')""",
    )
    reader, again = open_catalog(session), open_catalog(other)
    before = ddl_of_name(reader, "")

    run(other, before)

    assert ddl_of_name(again, "") == before
    assert before.count("CREATE VIEW") == 4
    assert "hunter2" not in before
    session.close()
    other.close()


def test_secrets_of_duckdb_are_told_by_name_only() -> None:
    session = open_duckdb()
    run(session, "create secret \"odd [x]\" (type http, bearer_token 'hunter2')")
    reader = open_catalog(session)
    tree = CatalogTree(reader)
    (root,) = tree.roots()
    system = next(node for node in tree.children(root) if node.group is Group.SYSTEM)
    groups = {node.label: node for node in tree.children(system)}
    assert "icu" in [node.label for node in tree.children(groups["Extensions of the program"])]
    (secret,) = [node.object for node in tree.children(groups["Secrets"])]
    assert isinstance(secret, Item)

    assert (secret.name, secret.detail) == ("odd [x]", "http · config")
    assert "hunter2" not in details_of(reader, secret)
    with pytest.raises(UsageError):
        ddl_of(reader, secret)
    session.close()


def test_the_catalogue_of_duckdb_leaves_the_settings_of_secrets_open() -> None:
    session = open_duckdb()
    tree = CatalogTree(open_catalog(session))
    list(walk(tree, [n for n in tree.children(tree.roots()[0]) if n.group is not Group.SYSTEM]))
    tree.search("t")

    run(session, "set allow_persistent_secrets = false")
    session.close()


def test_a_database_of_sqlite_is_made_again(tmp_path: Path) -> None:
    session = open_sqlite(tmp_path / "shop.db")
    run(
        session,
        """create table "Odd [x]" (id integer primary key, a text check (a <> ''), b as (a || '!'));
        create table child (odd integer references "Odd [x]");
        create index by_a on "Odd [x]" (a desc) where a > 'b';
        create view seen as select a from "Odd [x]";
        create virtual table words using fts5(body);
        create trigger stamp after insert on child begin select 1; select 2; end;""",
    )
    reader = open_catalog(session)
    before = ddl_of(reader, schema_of(reader, "main"), is_whole=True)
    other = open_sqlite(tmp_path / "other.db")

    run(other, before)

    again = open_catalog(other)
    assert ddl_of(again, schema_of(again, "main"), is_whole=True) == before
    assert ddl_of_name(reader, "") == before
    assert table_of(reader, "words").kind.value == "virtual table"
    assert "words_data" not in before
    (trigger,) = reader.items("triggers", schema="main", relation="child")
    assert ddl_of(reader, trigger).startswith("CREATE TRIGGER stamp")
    assert "CREATE TRIGGER" in ddl_of(reader, table_of(reader, "child"))
    assert reader.sections(table_of(reader, "child"))[0].title == "Columns"
    session.close()
    other.close()


def test_datafusion_tells_what_it_has() -> None:
    session = open_datafusion()
    run(session, "create table t as select 1 as a; create view v as select a from t")
    reader = open_catalog(session)

    assert ddl_of(reader, table_of(reader, "v")) == "CREATE VIEW v AS SELECT a FROM t;\n"
    with pytest.raises(UsageError, match="no statement that makes 't'"):
        ddl_of(reader, table_of(reader, "t"))
    assert "Columns (1)" in details_of(reader, table_of(reader, "t"))
    session.close()
