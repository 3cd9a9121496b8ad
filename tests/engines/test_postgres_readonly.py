"""Read-only sessions: the server refuses, whatever the text looks like."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.postgres import opened, run, statement, target_of, transaction
from tusk.core.errors import ConnectError, QueryError, QueryRefused
from tusk.core.statement import Statement, StatementKind
from tusk.engines.base import FetchMode, TransactionState
from tusk.engines.postgres import PostgresEngine
from tusk.engines.postgres.session import PostgresSession

WRITES = [
    "insert into t values (2)",
    "insert into t values (2) returning i",
    "update t set i = 2",
    "delete from t",
    "truncate t",
    "merge into t using t s on false when not matched then insert values (1)",
    "with d as (delete from t returning *) select * from d",
    "select * into t2 from t",
    "create table t2 (i int)",
    "create temp table t2 (i int)",
    "create table t2 as select 1",
    "drop table t",
    "alter table t add column j int",
    "select * from t for update",
    "select nextval('s')",
    "select setval('s', 5)",
    "select write()",
    "do $$begin insert into t values (2); end$$",
    "do $$begin commit; insert into t values (2); end$$",
    "call write_and_commit()",
    "explain analyze insert into t values (2)",
    "copy t from stdin",
    "grant select on t to public",
    "comment on table t is 'x'",
    "vacuum t",
    "vacuum full t",
    "reindex table t",
    "cluster t using t_pkey",
    "analyze t",
    "refresh materialized view m",
    "create database tusk_no",
    "alter system set work_mem = '1MB'",
    "create role tusk_no",
    "notify_is_fine_but_this_is_not()",
    "select lo_create(0)",
    "select 1; insert into t values (2)",
    "commit; insert into t values (2)",
]


@pytest.fixture
def database(pg_db: str) -> str:
    with psycopg.connect(pg_db, autocommit=True) as owner:
        owner.execute("""
            create table t (i int primary key); insert into t values (1);
            create sequence s; create materialized view m as select 1;
            create function write() returns int language plpgsql as
                'begin insert into t values (2); return 1; end';
            create procedure write_and_commit() language plpgsql as
                'begin commit; insert into t values (2); end'
        """)
    return pg_db


@pytest.fixture
def session(database: str) -> Iterator[PostgresSession]:
    with opened(database, read_only=True) as session:
        yield session


def state(conninfo: str) -> list[tuple[object, ...]]:
    """Everything that a write could have changed."""
    with psycopg.connect(conninfo) as owner:
        return owner.execute("""
            select (select array_agg(i order by i) from t), (select last_value from s),
                   (select count(*) from pg_class where relnamespace = 'public'::regnamespace),
                   (select count(*) from pg_largeobject_metadata),
                   (select relacl from pg_class where relname = 't'), obj_description('t'::regclass),
                   (select count(*) from pg_roles)
        """).fetchall()


@pytest.mark.parametrize("text", WRITES)
def test_a_write_changes_nothing(session: PostgresSession, database: str, text: str) -> None:
    before = state(database)
    for mode in FetchMode:
        try:
            for _ in session.execute(Statement(text), mode=mode).batches():
                pass
        except QueryError:
            pass
        else:
            # The server allows what changes no data, and before 16 large objects, too; all of
            # it is rolled back.
            assert text.startswith(("select lo_create", "analyze", "reindex", "cluster")), text
        assert transaction(session) is TransactionState.IDLE
    assert state(database) == before
    assert run(session, "select count(*) from t").value() == 1


@pytest.mark.parametrize(
    "text", ["insert into t values (2)", "create table x ()", "select nextval('s')", "vacuum t"]
)
def test_a_refusal_says_so(session: PostgresSession, text: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        run(session, text)
    assert caught.value.sqlstate in ("25006", "25001")
    assert "read-only" in caught.value.hint


@pytest.mark.parametrize(
    "texts",
    [
        ["set default_transaction_read_only = off"],
        ["set session characteristics as transaction read write"],
        ["set transaction_read_only = off"],
        ["set transaction read write"],
        ["select set_config('transaction_read_only', 'off', false)"],
        ["select set_config('default_transaction_read_only', 'off', false)"],
        ["begin read write"],
        ["begin", "set transaction read write"],
        ["begin", "set transaction_read_only = off"],
        ["begin", "begin read write"],
        ["begin", "commit and chain", "set transaction read write"],
        ["begin", "rollback and chain", "set transaction read write"],
        ["begin", "nonsense", "rollback and chain", "set transaction read write"],
        ["start transaction isolation level serializable, read write"],
        ["begin", "savepoint a", "set transaction read write", "rollback to a"],
        ["begin", "commit"],
        ["begin", "prepare transaction 'x'"],
        ["commit"],
        ["commit prepared 'x'"],
        ["reset all"],
        ["discard all"],
        ["/* set */ begin /* ; */ read -- \n write"],
        ["abort and chain"],
    ],
)
def test_there_is_no_way_out(session: PostgresSession, database: str, texts: list[str]) -> None:
    before = state(database)
    for text in texts:
        with contextlib.suppress(QueryError):
            run(session, text)
        # What the lexer makes of it must not matter.
        for kind in (StatementKind.QUERY, StatementKind.TRANSACTION, StatementKind.DML):
            with pytest.raises(QueryError):
                for _ in session.execute(
                    Statement("insert into t values (2)", kind=kind)
                ).batches():
                    pass
            if transaction(session) is TransactionState.FAILED:
                session.rollback()
                break
    session.rollback()
    assert state(database) == before


def test_reading_works_in_every_way(session: PostgresSession) -> None:
    for mode in FetchMode:
        assert run(session, "select i from t", mode=mode).value() == 1
    out = io.BytesIO()
    assert session.copy_csv(statement("select * from t"), None, out) == 1
    assert out.getvalue() == b"i\n1\n"
    assert run(session, "explain (costs off) select 1").num_rows == 1
    assert run(session, "select :x + i from t", {"x": 1}).value() == 2
    assert run(session, "copy t to stdout").texts() == [("1",)]
    assert session.copy_csv(statement("show work_mem"), None, out) is None
    assert transaction(session) is TransactionState.IDLE


def test_settings_of_the_session_last(session: PostgresSession) -> None:
    run(session, "set work_mem = '7MB'")
    assert run(session, "show work_mem").texts() == [("7MB",)]


def test_a_transaction_reads_one_snapshot(session: PostgresSession, database: str) -> None:
    run(session, "begin isolation level repeatable read")
    assert transaction(session) is TransactionState.IN_TRANSACTION
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("insert into t values (9)")
    assert run(session, "select count(*) from t").value() == 1
    session.savepoint("a")
    with pytest.raises(QueryRefused):
        run(session, "delete from t")
    session.rollback_to("a")
    assert run(session, "select count(*) from t").value() == 1
    session.commit()
    assert run(session, "select count(*) from t").value() == 2


def test_begin_and_early_ends_work(session: PostgresSession) -> None:
    big = statement("select generate_series(1, 10000000)")
    for mode in FetchMode:
        session.execute(big, mode=mode).close()
        assert transaction(session) is TransactionState.IDLE
        session.begin()
        session.execute(big, mode=mode).close()
        assert transaction(session) is TransactionState.IN_TRANSACTION
        session.rollback()


def test_the_session_says_what_it_enforces(session: PostgresSession) -> None:
    info = session.test()
    assert info.is_read_only
    assert "superuser" in info.details["read-only"]


def test_other_sessions_may_be_read_only_by_default(database: str) -> None:
    options = {"options": "-c default_transaction_read_only=on"}
    with opened(database, parameters=options) as session:
        assert session.test().is_read_only
        with pytest.raises(QueryRefused):
            run(session, "insert into t values (2)")
    with opened(database) as session:
        assert not session.test().is_read_only


def test_startup_sql_of_a_read_only_session_cannot_write(database: str) -> None:
    before = state(database)
    target = target_of(database, read_only=True, startup_sql=["insert into t values (2)"])
    with pytest.raises(ConnectError, match="startup SQL"):
        PostgresEngine().connect(target)
    assert state(database) == before
