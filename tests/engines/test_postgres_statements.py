"""What a statement of each kind gives: result, tag, notices, errors with their position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from tests.support.postgres import opened, run, statement
from tusk.core.dialect import POSTGRES
from tusk.core.errors import QueryError
from tusk.core.events import Notice
from tusk.core.schema import db_type_of
from tusk.core.statement import Statement, split
from tusk.engines.base import FIRST_BATCH_ROWS, CsvSource, Cursor, FetchMode, TransactionState
from tusk.engines.postgres.session import PostgresSession
from tusk.engines.postgres.wire import MAX_NOTICES


@pytest.fixture
def session(pg_db: str) -> Iterator[PostgresSession]:
    with opened(pg_db) as session:
        yield session


def failure(session: PostgresSession, text: str, parameters: Any = None) -> QueryError:
    with pytest.raises(QueryError) as caught:
        run(session, text, parameters)
    return caught.value


def test_a_session_is_what_the_protocols_say(session: PostgresSession) -> None:
    assert isinstance(session, CsvSource)
    cursor = session.execute(statement("select 1"))
    assert isinstance(cursor, Cursor)
    cursor.close()
    assert session.dialect is POSTGRES


def test_fields_carry_the_type_in_the_words_of_the_server(session: PostgresSession) -> None:
    run(session, "create schema s")
    run(session, "create type s.mood as enum ('a')")
    run(session, "create table t (n numeric(8,3), v varchar(7), m s.mood, a s.mood[], i interval)")
    for mode in FetchMode:
        schema = run(session, "select t.*, t from t", mode=mode).schema
        assert schema is not None
        assert [db_type_of(field) for field in schema] == [
            "numeric(8,3)", "character varying(7)", "s.mood", "s.mood[]", "interval", "t",
        ]  # fmt: skip


def test_the_first_batch_is_small_and_the_others_are_not(session: PostgresSession) -> None:
    batches = run(session, "select i, i::text from generate_series(1, 30000) i").batches
    assert batches[0].num_rows < 2 * FIRST_BATCH_ROWS
    assert max(batch.num_rows for batch in batches) > 4000
    assert sum(batch.num_rows for batch in batches) == 30000


def test_rows_come_while_the_server_still_works(session: PostgresSession) -> None:
    # Enough rows to fill the server's buffer, then nothing for a long time.
    text = """
        select i, repeat('x', 1000) from generate_series(1, 3000) i
        where i < 2900 or pg_sleep(20) is not null
    """
    cursor = session.execute(statement(text), timeout_s=15)
    seen = 0
    for batch in cursor.batches():
        seen += batch.num_rows
        if seen >= 2500:
            break
    assert cursor.timing.first_row_s < 10
    cursor.close()


@pytest.mark.parametrize(
    ("text", "tag", "affected"),
    [
        ("create table x (i int)", "CREATE TABLE", None),
        ("create table x as select generate_series(1, 5)", "SELECT 5", 5),
        ("insert into t values (3), (4)", "INSERT 0 2", 2),
        ("update t set i = i + 1", "UPDATE 2", 2),
        ("delete from t where i = 1", "DELETE 1", 1),
        ("truncate t", "TRUNCATE TABLE", None),
        ("do $$begin end$$", "DO", None),
        ("set work_mem = '8MB'", "SET", None),
        ("vacuum t", "VACUUM", None),
        ("listen c", "LISTEN", None),
        ("prepare p as select 1", "PREPARE", None),
        ("merge into t using (values (1)) s (i) on t.i = s.i when matched then delete",
         "MERGE 1", 1),
    ],
)  # fmt: skip
def test_a_statement_without_rows_has_a_tag(
    session: PostgresSession, pg_db: str, text: str, tag: str, affected: int | None
) -> None:
    if text.startswith("merge") and version(pg_db) < 15:
        pytest.skip("needs PostgreSQL 15")
    run(session, "create table t (i int)")
    run(session, "insert into t values (1), (2)")
    result = run(session, text)
    assert (result.schema, result.tag, result.affected) == (None, tag, affected)


def version(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        return connection.info.server_version // 10_000


@pytest.mark.parametrize("mode", FetchMode)
@pytest.mark.parametrize(
    ("text", "tag", "rows"),
    [
        ("select 1", "SELECT 1", [("1",)]),
        ("values (1), (2)", "SELECT 2", [("1",), ("2",)]),
        ("table t", "SELECT 2", [("1",), ("2",)]),
        ("(select 1)", "SELECT 1", [("1",)]),
        ("select 1 -- comment", "SELECT 1", [("1",)]),
        ("with a as (select 1 i) select i from a", "SELECT 1", [("1",)]),
        ("select 1 where false", "SELECT 0", []),
        ("show server_encoding", "SHOW", [("UTF8",)]),
        ("execute p", "SELECT 1", [("9",)]),
        ("insert into t values (7) returning i", "INSERT 0 1", [("7",)]),
        ("with d as (delete from t returning i) select i from d", "SELECT 2", [("1",), ("2",)]),
        ("call proc(1, null)", "CALL", [("2",)]),
        ("fetch 1 from c", "FETCH 1", [("1",)]),
        ("copy t to stdout", "COPY 2", [("1",), ("2",)]),
        ("copy (select null, 'a,\"b') to stdout (format csv)", "COPY 1", [(',"a,""b"',)]),
    ],
)
def test_a_statement_with_rows_has_them_and_a_tag(
    session: PostgresSession, mode: FetchMode, text: str, tag: str, rows: list[tuple[str, ...]]
) -> None:
    run(session, "create table t (i int)")
    run(session, "insert into t values (1), (2)")
    run(session, "prepare p as select 9")
    run(session, "create procedure proc(a int, inout b int) language sql as 'select a + 1'")
    if "from c" in text:
        run(session, "begin")
        run(session, "declare c cursor for table t")
    result = run(session, text, mode=mode)
    assert (result.texts(), result.tag) == (rows, tag)


def test_explain_is_rows_of_text(session: PostgresSession) -> None:
    result = run(session, "explain (costs off) select 1")
    assert result.texts() == [("Result",)]


@pytest.mark.parametrize("mode", FetchMode)
def test_a_result_may_have_no_columns(session: PostgresSession, mode: FetchMode) -> None:
    result = run(session, "select from generate_series(1, 3)", mode=mode)
    assert result.schema is not None
    assert len(result.schema) == 0
    assert result.num_rows == 3


def test_a_binary_copy_is_bytes_and_a_binary_cursor_is_not(session: PostgresSession) -> None:
    copied = run(session, "copy (select 1) to stdout (format binary)")
    assert copied.batches[0].schema.field(0).type == pa.binary()
    data = b"".join(value.as_py() for batch in copied.batches for value in batch.column(0))
    assert data.startswith(b"PGCOPY\n\xff\r\n\0")
    run(session, "begin")
    run(session, "declare c binary cursor for select 1::int4")
    assert run(session, "fetch 1 from c").value() == 1


def test_copy_from_stdin_takes_the_lines_after_the_statement(session: PostgresSession) -> None:
    run(session, "create table t (a int, b text)")
    script = "copy t from stdin;\n1\tone\n2\t\\N\n\\.\nselect b from t where a = 1;"
    copy, select = split(script, POSTGRES)
    cursor = session.execute(copy)
    assert list(cursor.batches()) == []
    assert (cursor.tag, cursor.affected_rows) == ("COPY 2", 2)
    assert next(iter(session.execute(select).batches())).column(0).to_pylist() == ["one"]


def test_copy_from_stdin_of_much_data(session: PostgresSession) -> None:
    run(session, "create table t (a text)")
    lines = "".join(f"line {n} {'x' * 1000}\n" for n in range(20_000))
    copy = Statement("copy t from stdin", kind=statement("copy t from stdin").kind, data=lines)
    cursor = session.execute(copy)
    assert cursor.affected_rows == 20_000


def test_copy_from_stdin_reports_a_bad_line_and_missing_data(session: PostgresSession) -> None:
    run(session, "create table t (a int)")
    (copy,) = split("copy t from stdin;\nx\n\\.\n", POSTGRES)
    with pytest.raises(QueryError) as caught:
        session.execute(copy)
    assert caught.value.sqlstate == "22P02"
    assert "line 1" in caught.value.context
    for text in ("copy t from stdin", "copy t from stdin; select 1"):
        with pytest.raises(QueryError, match="no data") as caught:
            session.execute(split(text, POSTGRES)[0])
        assert "tusk query -c NAME" in caught.value.hint
    (empty,) = split("copy t from stdin;\n\\.\n", POSTGRES)
    assert session.execute(empty).tag == "COPY 0"
    assert run(session, "select count(*) from t").value() == 0


def test_statements_that_need_no_transaction_run(session: PostgresSession) -> None:
    name = f"{session.test().database}_more"
    run(session, f"create database {name}")
    run(session, f"drop database {name}")
    run(session, "create table t (i int)")
    run(session, "create index concurrently on t (i)")


def test_one_text_is_one_statement(session: PostgresSession) -> None:
    error = failure_of_two(session)
    assert error.sqlstate == "42601"


def failure_of_two(session: PostgresSession) -> QueryError:
    with pytest.raises(QueryError) as caught:
        session.execute(Statement("select 1; drop table t"))
    return caught.value


@pytest.mark.parametrize(
    ("text", "sqlstate", "marked"),
    [
        ("selec 1", "42601", "selec"),
        ("select 1 +", "42601", None),
        ("select * from nope", "42P01", "nope"),
        ("select 'é日本🐘', nope", "42703", "nope"),
        ("select nope(1)", "42883", "nope(1)"),
        ("insert into t values ('x')", "22P02", "'x'"),
        ("select ''''::int", "22P02", "''''"),
    ],
)
@pytest.mark.parametrize("mode", FetchMode)
def test_an_error_says_where_it_is(
    session: PostgresSession, mode: FetchMode, text: str, sqlstate: str, marked: str | None
) -> None:
    run(session, "create table t (i int)")
    with pytest.raises(QueryError) as caught:
        run(session, text, mode=mode)
    assert caught.value.sqlstate == sqlstate
    expected = len(text) if marked is None else text.index(marked)
    assert caught.value.position == expected


def test_an_error_keeps_detail_hint_and_context(session: PostgresSession) -> None:
    run(session, "create table t (i int primary key)")
    run(session, "insert into t values (1)")
    assert failure(session, "insert into t values (1)").detail == "Key (i)=(1) already exists."
    error = failure(session, "do $$begin raise 'no [/x]' using hint = 'do', detail = 'why'; end$$")
    assert (error.message, error.hint, error.detail) == ("no [/x]", "do", "why")
    assert "PL/pgSQL" in error.context
    assert error.sqlstate == "P0001"


def test_an_error_after_rows_keeps_the_rows(session: PostgresSession) -> None:
    for mode in FetchMode:
        text = "select 10 / (50000 - i) from generate_series(1, 50000) i"
        cursor = session.execute(statement(text), mode=mode)
        rows = 0
        with pytest.raises(QueryError) as caught:
            for batch in cursor.batches():
                rows += batch.num_rows
        assert caught.value.sqlstate == "22012"
        assert rows > 10_000
        assert session.transaction is TransactionState.IDLE


def test_an_inner_error_has_no_position_in_the_statement(session: PostgresSession) -> None:
    run(session, "create function f() returns int language plpgsql as 'begin return nope; end'")
    error = failure(session, "select f()")
    assert error.position is None
    assert "nope" in error.context


def test_notices_come_while_the_statement_runs(session: PostgresSession) -> None:
    seen: list[tuple[str, bool]] = []
    text = """do $$begin
        raise notice 'one'; perform pg_sleep(0.2); raise warning 'two' using hint = 'h'; end$$"""

    def note(notice: Notice) -> None:
        seen.append((notice.message, session.transaction is TransactionState.ACTIVE))

    session.execute(statement(text), on_notice=note)
    assert seen == [("one", True), ("two", True)]


@pytest.mark.parametrize("mode", FetchMode)
def test_notices_come_with_rows_in_the_thread_of_the_reader(
    session: PostgresSession, mode: FetchMode
) -> None:
    import threading

    run(
        session,
        """create function f(i int) returns int language plpgsql as
        'begin if i % 1000 = 0 then raise notice ''%'', i; end if; return i; end'""",
    )
    seen: list[tuple[str, int]] = []
    cursor = session.execute(
        statement("select f(i) from generate_series(1, 30000) i"),
        mode=mode,
        on_notice=lambda notice: seen.append((notice.message, threading.get_ident())),
    )
    for _ in cursor.batches():
        pass
    assert seen == [(str(i), threading.get_ident()) for i in range(1000, 30001, 1000)]


def test_a_flood_of_notices_is_bounded(session: PostgresSession) -> None:
    notices: list[Notice] = []
    text = "do $$begin for i in 1..50000 loop raise notice '%', i; end loop; end$$"
    run(session, text, notices=notices)
    assert len(notices) == MAX_NOTICES + 1
    assert "49,000 more notices" in notices[-1].message
    run(session, "do $$begin raise notice 'again'; end$$", notices=notices)
    assert notices[-1].message == "again"


def test_a_long_notice_and_a_long_error_are_cut(session: PostgresSession) -> None:
    notices: list[Notice] = []
    run(session, "do $$begin raise notice '%', repeat('x', 1000000); end$$", notices=notices)
    assert len(notices[0].message) < 150_000
    error = failure(session, "do $$begin raise '%', repeat('x', 1000000); end$$")
    assert len(error.message) < 150_000


def test_notifications_are_notices(session: PostgresSession, pg_db: str) -> None:
    run(session, "listen news")
    with psycopg.connect(pg_db, autocommit=True) as other:
        other.execute("notify news, 'it is \x1b[31m'")
    notices: list[Notice] = []
    run(session, "select 1", notices=notices)
    assert [notice.severity for notice in notices] == ["NOTIFY"]
    assert "news" in notices[0].message
    assert "it is \x1b[31m" in notices[0].message


def test_what_raises_in_a_notice_handler_ends_the_statement(session: PostgresSession) -> None:
    def refuse(notice: Notice) -> None:
        raise RuntimeError(notice.message)

    with pytest.raises(RuntimeError, match="hi"):
        session.execute(
            statement("do $$begin raise notice 'hi'; perform pg_sleep(30); end$$"),
            on_notice=refuse,
        )
    assert run(session, "select 1").value() == 1


def test_the_next_statement_ends_the_one_before(session: PostgresSession) -> None:
    for mode in FetchMode:
        cursor = session.execute(statement("select generate_series(1, 1000000)"), mode=mode)
        batches = cursor.batches()
        next(batches)
        assert run(session, "select 1").value() == 1
        with pytest.raises(QueryError, match="another statement"):
            next(batches)
        assert run(session, "select 2").value() == 2


def test_closing_is_idempotent_and_leaves_the_session_usable(session: PostgresSession) -> None:
    for mode in FetchMode:
        cursor = session.execute(statement("select generate_series(1, 10000000)"), mode=mode)
        next(cursor.batches())
        cursor.close()
        cursor.close()
        assert run(session, "select 1").value() == 1
    session.close()
    session.close()


def test_a_statement_is_executed_without_its_rows_being_read(session: PostgresSession) -> None:
    run(session, "create table t (i int)")
    cursor = session.execute(statement("insert into t select generate_series(1, 5000) returning i"))
    assert not cursor.can_pause
    cursor.close()
    assert run(session, "select count(*) from t").value() == 5000


def test_an_empty_statement_has_no_result(session: PostgresSession) -> None:
    result = run_text(session, "")
    assert result == (None, "")


def run_text(session: PostgresSession, text: str) -> tuple[Any, str]:
    cursor = session.execute(Statement(text))
    assert list(cursor.batches()) == []
    return cursor.schema, cursor.tag
