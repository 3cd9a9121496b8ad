"""The snapshot: read in the background, swapped as a whole, read again after DDL."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.catalog.support import (
    HOSTILE_NAMES,
    counting,
    open_datafusion,
    open_duckdb,
    open_postgres,
    open_sqlite,
    run,
)
from tests.services.completion.shop import POSTGRES_MORE, TABLES, Desk
from tests.support.waiting import wait_until
from tusk.core.dialect import DUCKDB, POSTGRES, Dialect, quote_identifier
from tusk.core.errors import ConnectError, ConnectionLost, QueryError
from tusk.core.statement import split
from tusk.engines.base import Session, Target
from tusk.engines.grammar import open_grammar
from tusk.engines.target import parse_target
from tusk.services.completion import CompletionCatalog, Snapshot
from tusk.services.completion.loading import changes_names, load_snapshot
from tusk.services.completion.snapshot import struct_fields
from tusk.services.connection import Connection


def test_postgres_is_read_with_keys_functions_types_and_the_search_path(pg_db: str) -> None:
    session, sent = counting(open_postgres(pg_db))
    run(session, TABLES + POSTGRES_MORE)
    run(session, "set search_path = sales, public")
    sent.clear()

    snapshot = load_snapshot(session)

    assert len(sent) == 7
    assert snapshot.search_path[-2:] == ("sales", "public")
    assert {"public", "sales", "pg_catalog", "information_schema"} <= set(snapshot.schemas)
    assert snapshot.types == ("mood",)
    relations = {(r.schema, r.name): r for r in snapshot.relations}
    assert relations["public", "big_orders"].kind == "view"
    assert relations["public", "customers"].comments == {"email": "where to write to"}
    shop = relations["sales", "shop"]
    assert shop.names == ("shop_id", "region_id", "manager", "twice")
    assert shop.types == ("integer",) * 4
    assert shop.generated == {"shop_id"}
    assert relations["pg_catalog", "pg_class"].is_system
    pair = next(k for k in snapshot.foreign_keys if k.relation == "visit_line")
    assert (pair.columns, pair.referenced, pair.referenced_columns) == (
        ("a", "b"),
        "visit",
        ("a", "b"),
    )
    signatures = {f.signature for f in snapshot.functions if not f.is_system}
    assert "price(item integer, rate numeric DEFAULT 1.5) → numeric" in signatures
    assert "shop_list(wanted integer) → TABLE(shop_id integer, title text)" in signatures
    session.close()


def test_partitions_and_other_sessions_temporary_tables(pg_db: str) -> None:
    session = open_postgres(pg_db)
    run(session, "create table p (a int) partition by range (a)")
    run(session, "create table p1 partition of p for values from (0) to (9)")
    run(session, "create temp table mine (x int)")
    other = open_postgres(pg_db)
    kinds = {r.name: r.kind for r in load_snapshot(other).relations if not r.is_system}
    assert kinds == {"p": "partitioned table", "p1": "partition"}
    mine = load_snapshot(session)
    found = next(r for r in mine.relations if r.name == "mine")
    assert Desk(mine, POSTGRES).ask("select m.| from mine m").labels[0] == "x"
    assert mine.path_rank(found) == 0
    session.close()
    other.close()


def test_reading_does_not_wait_for_a_locked_table(pg_db: str) -> None:
    session = open_postgres(pg_db)
    run(session, TABLES)
    blocker = open_postgres(pg_db)
    blocker.begin()
    run(blocker, "lock table orders in access exclusive mode")
    run(session, "set lock_timeout = '1s'")
    assert any(r.name == "orders" and r.names for r in load_snapshot(session).relations)
    blocker.rollback()
    blocker.close()
    session.close()


def test_names_that_are_no_utf8_are_left_out(make_pg_db) -> None:
    session = open_postgres(make_pg_db(encoding="SQL_ASCII"))
    run(
        session,
        """do $$ begin execute 'create table good (a int, "' || E'b\\xff' || '" int)'; end $$""",
    )
    (good,) = [r for r in load_snapshot(session).relations if r.name == "good"]
    assert good.names == ("a",)
    session.close()


def test_duckdb_is_read_with_options_nested_types_and_attached_databases(tmp_path: Path) -> None:
    session = open_duckdb()
    run(session, "create table t (a struct(b int, c struct(d varchar)), k int primary key)")
    run(session, "create table u (k int references t (k)); create type mood as enum ('a')")
    run(session, f"attach '{tmp_path}/far.db' as far; create table far.main.distant (x int)")
    snapshot = load_snapshot(session)
    assert (snapshot.current_database, snapshot.databases) == ("memory", ("far",))
    relations = {r.name: r for r in snapshot.relations}
    assert [f.name for f in struct_fields(relations["t"].types[0])] == ["b", "c"]
    assert relations["distant"].database == "far"
    assert relations["duckdb_tables"].is_system
    assert snapshot.foreign_keys[0].referenced == "t"
    read_csv = next(f for f in snapshot.functions if f.name == "read_csv")
    assert "header" in read_csv.options
    assert read_csv.arguments == ("VARCHAR",)
    assert snapshot.types == ("mood",)
    session.close()


def test_sqlite_is_read_with_attached_databases(tmp_path: Path) -> None:
    session = open_sqlite(tmp_path / "shop.db")
    run(session, TABLES)
    run(session, f"attach '{tmp_path}/far.db' as far; create table far.distant (x int)")
    snapshot = load_snapshot(session)
    assert set(snapshot.schemas) == {"main", "far"}
    desk = Desk(snapshot, session.dialect)
    assert desk.ask("select * from far.|").labels[0] == "distant"
    assert desk.ask("select * from dist|").taken("distant") == "select * from far.distant|"
    assert {f.name for f in snapshot.functions} >= {"lower", "count", "json_extract"}
    session.close()


@pytest.mark.parametrize("engine", ["postgres", "duckdb", "sqlite", "datafusion"])
def test_hostile_names_are_read_and_written_back(engine: str, pg_db: str, tmp_path: Path) -> None:
    openers = {
        "postgres": lambda: open_postgres(pg_db),
        "duckdb": open_duckdb,
        "sqlite": lambda: open_sqlite(tmp_path / "x.db"),
        "datafusion": open_datafusion,
    }
    session = openers[engine]()
    names = HOSTILE_NAMES if engine != "datafusion" else HOSTILE_NAMES[::3]
    for name in names:
        quoted = quote_identifier(name)
        run(session, f"create table {quoted} ({quoted} integer)")
    desk = Desk(load_snapshot(session), session.dialect)
    text = "select * from "
    inserts = {i.label: i.insert for i in desk.ask(f"{text}|", limit=1000).found.items}
    for name in names:
        run(session, text + inserts[name])
        quoted = quote_identifier(name)
        column = next(
            i for i in desk.ask(f"select x.| from {quoted.replace('|', '¦')} x").found.items
            if i.label == name
        )  # fmt: skip
        run(session, f"select x.{column.insert} from {inserts[name]} x")
    session.close()


# ── keeping it ───────────────────────────────────────────────────────────────────────────────


def test_a_snapshot_is_empty_first_and_swapped_when_it_is_read() -> None:
    session = open_duckdb()
    run(session, "create table t (a int)")
    catalog = CompletionCatalog(DUCKDB, session.sibling)  # type: ignore[attr-defined]
    empty = catalog.snapshot
    assert empty.relations == ()
    read = catalog.refresh()
    assert catalog.snapshot is read
    assert any(r.name == "t" for r in read.relations)
    run(session, "create table u (a int)")
    assert catalog.snapshot is read
    assert any(r.name == "u" for r in catalog.refresh().relations)
    assert empty.relations == ()
    session.close()


def test_a_search_path_that_was_set_is_followed(pg_db: str) -> None:
    session = open_postgres(pg_db)
    run(
        session,
        "create schema a; create schema b; create table a.t (x int); create table b.t (y int)",
    )
    catalog = CompletionCatalog(POSTGRES, lambda: open_postgres(pg_db))
    catalog.refresh()

    def columns() -> str:
        return Desk(catalog.snapshot, POSTGRES).ask("select q.| from t q").labels[0]

    for text, wanted in (("set search_path = b, a", "y"), ("set search_path to a", "x")):
        assert catalog.follow(split(text, POSTGRES)) is False
        assert columns() == wanted
    assert Desk(catalog.refresh(), POSTGRES).ask("select q.| from t q").labels[0] == "x"
    assert Desk(catalog.snapshot, POSTGRES).ask("select lower|").labels[0] == "lower"
    assert catalog.follow(split("set search_path to default", POSTGRES)) is False
    assert Desk(catalog.snapshot, POSTGRES).ask("select q.| from t q").labels == []
    session.close()


def test_a_failure_keeps_what_was_known() -> None:
    session = open_duckdb()
    run(session, "create table t (a int)")
    fails = [False]

    def connect() -> Session:
        if fails[0]:
            raise ConnectError("no")
        return session.sibling()  # type: ignore[attr-defined]

    catalog = CompletionCatalog(DUCKDB, connect)
    read = catalog.refresh()
    fails[0] = True
    with pytest.raises(ConnectError):
        catalog.refresh()
    assert catalog.snapshot is read
    fails[0] = False
    assert catalog.refresh() is not read
    session.close()


def test_many_that_ask_at_once_share_one_more_reading() -> None:
    session = open_duckdb()
    opened = 0
    may_go = threading.Event()

    def connect() -> Session:
        nonlocal opened
        opened += 1
        if opened == 1:
            assert may_go.wait(30)
        return session.sibling()  # type: ignore[attr-defined]

    catalog = CompletionCatalog(DUCKDB, connect)
    threads = [threading.Thread(target=catalog.refresh) for _ in range(6)]
    for thread in threads:
        thread.start()
    while catalog.asked < 6:
        pass
    may_go.set()
    for thread in threads:
        thread.join(30)
    assert opened == 2
    session.close()


def test_a_reading_that_hangs_is_given_up_and_the_next_one_is_not(pg_db: str) -> None:
    catalog = CompletionCatalog(POSTGRES, lambda: open_postgres(pg_db))
    blocker = open_postgres(pg_db)
    run(blocker, "begin; lock table pg_namespace in access exclusive mode")
    failed: list[Exception] = []

    def refresh() -> None:
        try:
            catalog.refresh()
        except ConnectionLost as exc:
            failed.append(exc)

    thread = threading.Thread(target=refresh)
    thread.start()
    wait_until(lambda: catalog.is_reading, "the reading")
    catalog.give_up()
    thread.join(30)
    assert [type(exc) for exc in failed] == [ConnectionLost]
    run(blocker, "rollback")
    assert "public" in catalog.refresh().schemas
    blocker.close()


def test_an_open_connection_lends_a_session_for_reading(pg_db: str, tmp_path: Path) -> None:
    for target in (
        parse_target(pg_db),
        Target("duckdb", "d", {"path": ""}),
        Target("sqlite", "s", {"path": str(tmp_path / "x.db"), "create": "true"}),
        Target("datafusion", "f", {"path": ""}),
    ):
        connection = Connection(target)
        catalog = CompletionCatalog.of(connection)
        with pytest.raises(ConnectError):
            catalog.refresh()
        connection.open()
        assert catalog.refresh().functions
        connection.close()


def test_a_server_that_refuses_is_an_error_of_the_query(pg_db: str) -> None:
    session = open_postgres(pg_db)
    run(session, "begin")
    with pytest.raises(QueryError):
        run(session, "select nosuch")
    with pytest.raises(QueryError):
        load_snapshot(session)
    session.close()


@pytest.mark.parametrize(
    ("text", "is_change"),
    [
        ("select 1", False),
        ("insert into t values (1)", False),
        ("update t set a = 1", False),
        ("create table t (a int)", True),
        ("drop view v", True),
        ("alter table t add b int", True),
        ("select * into u from t", True),
        ("set search_path = x", False),
        ("set work_mem = '1MB'", False),
        ("attach 'x.db' as x", True),
        ("use x", True),
        ("rollback", True),
        ("commit", False),
        ("begin", False),
        ("explain select 1", False),
        ("do $$ begin execute 'create table x ()'; end $$", True),
        ("call make_tables()", True),
    ],
)
@pytest.mark.parametrize("dialect", [POSTGRES, DUCKDB], ids=lambda d: d.name)
def test_which_statements_make_it_read_again(text: str, is_change: bool, dialect: Dialect) -> None:
    (statement,) = split(text, dialect)
    assert changes_names(statement) is is_change
    assert CompletionCatalog(dialect, open_duckdb).follow([statement]) is is_change


def test_a_snapshot_can_be_read_while_another_one_is_made(postgres_desk: Desk) -> None:
    fresh = Snapshot(POSTGRES, postgres_desk.snapshot.relations, postgres_desk.snapshot.schemas)
    errors: list[BaseException] = []

    def use() -> None:
        try:
            for _ in range(20):
                Desk(fresh, POSTGRES).ask("select * from o|")
        except BaseException as exc:
            errors.append(exc)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_no_function_of_a_user_runs(pg_db: str) -> None:
    """Anybody may put objects into public, before 15: those that fit better must not be taken."""
    session = open_postgres(pg_db)
    run(session, TABLES)
    run(
        session,
        """
        create function public.hijack(left_ anyelement, right_ anyelement) returns boolean
            language plpgsql as 'begin raise exception ''hijacked''; end';
        create function public.to_json(text[]) returns json
            language plpgsql as 'begin raise exception ''hijacked''; end';
        create function public.array_position(name[], name) returns integer
            language plpgsql as 'begin raise exception ''hijacked''; end';
        create function public.pg_get_function_arguments(oid) returns text
            language plpgsql as 'begin raise exception ''hijacked''; end';
        """,
    )
    for number, (operator, left, right) in enumerate(
        [
            ("=", "oid", "regclass"), ("=", "oid", "regtype"), ("<>", "oid", "regtype"),
            ("&&", "oid[]", "oid[]"), ("~", "name", "name"), ("!~", "name", "name"),
            ("/", "integer", "bigint"), ("||", "name", "name"),
        ]
    ):  # fmt: skip
        run(
            session,
            f"create function public.f{number}({left}, {right}) returns boolean "
            "language plpgsql as 'begin raise exception ''hijacked''; end'; "
            f"create operator public.{operator} "
            f"(function = public.f{number}, leftarg = {left}, rightarg = {right})",
        )
    with pytest.raises(QueryError, match="hijacked"):
        run(session, "select 1::oid = 'pg_class'::regclass")
    snapshot = load_snapshot(session)
    assert Desk(snapshot, POSTGRES).ask("select o.| from orders o").labels[0] == "id"
    assert len(snapshot.foreign_keys) == 2
    open_grammar(session)
    session.close()
