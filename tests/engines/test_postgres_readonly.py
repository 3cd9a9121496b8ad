"""Read-only sessions: the server refuses, whatever the text looks like."""

from __future__ import annotations

import contextlib
import io
import secrets
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


# Each makes the file when a superuser runs it; the last ones are read in different ways by
# servers of different versions and settings.
COPIES = [
    "copy t to {file}",
    "COPY t (i) TO {file} WITH (FORMAT csv)",
    "copy binary t to {file}",
    "copy public.t to {program}",
    'copy (select 1 as "to stdout") to {file}',
    "copy (select 'to stdout', \"t\".i from t) to {program}",
    "/* copy /* t */ to stdout */ copy -- to stdout\n t/**/to/**/ {file}",
    ";; copy t to {file}",
    "copy t to {file} --to stdout",
    "copy (select $a$) to stdout --$a$) to {file}",
    "copy (select e'\\') to stdout --') to {file}",
    "copy (select e'a'\n'\\') to stdout --') to {file}",
    "copy (select 1 as é$x$) to {file} --$x$) to stdout",
    "copy (select 1 as a€$x$) to {file} --$x$) to stdout",
    "copy (select $€$) to stdout --$€$) to {file}",
]


@pytest.fixture
def out(database: str) -> Iterator[str]:
    """A file that the server can write."""
    with psycopg.connect(database, autocommit=True) as owner:
        row = owner.execute("select current_setting('data_directory')").fetchone()
        assert row is not None
        path = f"{row[0]}/tusk_out"
        yield path
        owner.execute(f"copy (select where false) to program 'rm -f \"{path}\"'".encode())


def is_there(database: str, path: str) -> bool:
    with psycopg.connect(database) as owner:
        query = "select (pg_stat_file(%s, true)).size is not null"
        row = owner.execute(query, [path]).fetchone()
        assert row is not None
        return bool(row[0])


def copying(text: str, path: str) -> str:
    return text.replace("{file}", f"'{path}'").replace("{program}", f"program 'cat > \"{path}\"'")


@pytest.mark.parametrize("text", COPIES)
def test_copying_out_of_the_database_is_refused(
    session: PostgresSession, database: str, out: str, text: str
) -> None:
    written = copying(text, out)
    surroundings = [[], ["begin"], ["begin", "commit and chain"]]
    for before in surroundings:
        for command in before:
            run(session, command)
        state_before = transaction(session)
        for kind in (StatementKind.COPY, StatementKind.QUERY, StatementKind.TRANSACTION):
            with pytest.raises(QueryRefused, match="TO STDOUT") as caught:
                session.execute(Statement(written, kind=kind))
            assert "read-only" in caught.value.hint
        assert transaction(session) is state_before
        assert run(session, "select 1").value() == 1
        session.rollback()
    assert not is_there(database, out)
    with opened(database) as writer:
        for _ in writer.execute(Statement(written, kind=StatementKind.COPY)).batches():
            pass
    assert is_there(database, out)


def test_no_setting_of_the_session_opens_a_way_for_copy(
    session: PostgresSession, database: str, out: str
) -> None:
    text = copying("copy (select '\\') to stdout --' as a) to {file}", out)
    run(session, "set standard_conforming_strings = off")
    run(session, "set escape_string_warning = off")
    with pytest.raises(QueryRefused, match="TO STDOUT"):
        session.execute(Statement(text))
    # What is sent counts: a parameter becomes $1, which with a $ before it begins a string.
    text = copying("copy (select $:a$) to stdout --$1$) to {file}", out)
    with pytest.raises(QueryRefused, match="TO STDOUT"):
        session.execute(Statement(text), {"a": 1})
    assert not is_there(database, out)


@pytest.mark.parametrize("privilege", ["pg_write_server_files", "pg_execute_server_program"])
def test_members_of_roles_that_may_write_files_are_refused(
    database: str, out: str, privilege: str
) -> None:
    role = f"tusk_{secrets.token_hex(4)}"
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"create role {role} login password 'secret'; grant select on t to {role}")
        owner.execute(f"grant {privilege} to {role}".encode())
        try:
            user = {"user": role}
            with opened(database, parameters=user, password="secret", read_only=True) as session:
                assert session.caution == ""
                for text in COPIES[:6]:
                    with pytest.raises(QueryRefused, match="TO STDOUT"):
                        session.execute(Statement(copying(text, out)))
                assert run(session, "copy t to stdout").texts() == [("1",)]
        finally:
            owner.execute(f"drop owned by {role}; drop role {role}".encode())
    assert not is_there(database, out)


@pytest.mark.parametrize(
    "text",
    [
        "copy t to stdout",
        "COPY public.\"t\" (i) TO /* '/x' */ STDOUT WITH (FORMAT csv, escape '\\', quote '$')",
        "copy (select i, 'é $ to program' as \"to '/x'\" from t where (i) > 0.5) to stdout",
        "copy binary t to stdout",
        "; copy t to stdout -- to program 'x'",
    ],
)
def test_copying_to_the_client_works(session: PostgresSession, text: str) -> None:
    for command in ([], ["begin"]):
        for each in command:
            run(session, each)
        assert sum(b.num_rows for b in session.execute(Statement(text)).batches()) >= 1
        session.rollback()


def test_a_session_warns_of_a_superusers_powers_only_where_that_matters(database: str) -> None:
    with opened(database, read_only=True) as session:
        assert "superuser" in session.caution
        run(session, "set role pg_monitor")
        assert session.caution == ""
    with opened(database) as session:
        assert session.caution == ""


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
