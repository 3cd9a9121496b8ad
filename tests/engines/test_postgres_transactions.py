"""Transactions: explicit ones, typed ones, and statements that end early inside of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.postgres import opened, run, statement, transaction
from tests.support.waiting import wait_until
from tusk.core.errors import QueryCancelled, QueryError, QueryTimeout, UsageError
from tusk.engines.base import FetchMode, TransactionState
from tusk.engines.postgres.session import PostgresSession

BIG = "select generate_series(1, 5000000) i, repeat('x', 100)"


@pytest.fixture
def session(pg_db: str) -> Iterator[PostgresSession]:
    with opened(pg_db) as session:
        run(session, "create table t (i int primary key)")
        yield session


def count(session: PostgresSession) -> int:
    value = run(session, "select count(*) from t").value()
    assert isinstance(value, int)
    return value


def test_statements_commit_by_themselves(session: PostgresSession, pg_db: str) -> None:
    run(session, "insert into t values (1)")
    with psycopg.connect(pg_db) as other:
        assert other.execute("select count(*) from t").fetchone() == (1,)


def test_begin_commit_and_rollback(session: PostgresSession) -> None:
    session.begin()
    assert transaction(session) is TransactionState.IN_TRANSACTION
    run(session, "insert into t values (1)")
    session.commit()
    assert transaction(session) is TransactionState.IDLE
    session.begin()
    run(session, "insert into t values (2)")
    session.rollback()
    assert count(session) == 1
    session.rollback()


def test_transaction_calls_that_make_no_sense_are_refused(session: PostgresSession) -> None:
    with pytest.raises(QueryError, match="no transaction"):
        session.commit()
    session.begin()
    with pytest.raises(QueryError, match="open already"):
        session.begin()


def test_committing_a_failed_transaction_says_that_nothing_was_committed(
    session: PostgresSession,
) -> None:
    session.begin()
    run(session, "insert into t values (1)")
    with pytest.raises(QueryError):
        run(session, "select 1/0")
    assert transaction(session) is TransactionState.FAILED
    with pytest.raises(QueryError) as caught:
        run(session, "select 1")
    assert caught.value.sqlstate == "25P02"
    assert "roll" in caught.value.hint
    with pytest.raises(QueryError, match="rolled back"):
        session.commit()
    assert transaction(session) is TransactionState.IDLE
    assert count(session) == 0


def test_savepoints_keep_what_came_before(session: PostgresSession) -> None:
    session.begin()
    run(session, "insert into t values (1)")
    session.savepoint('odd "name"')
    run(session, "insert into t values (2)")
    with pytest.raises(QueryError):
        run(session, "insert into t values (2)")
    session.rollback_to('odd "name"')
    session.rollback_to('odd "name"')
    assert transaction(session) is TransactionState.IN_TRANSACTION
    session.commit()
    assert count(session) == 1


def test_a_savepoint_name_is_never_cut(session: PostgresSession) -> None:
    session.begin()
    session.savepoint("x" * 63)
    with pytest.raises(UsageError, match="63"):
        session.savepoint("x" * 64)
    with pytest.raises(UsageError, match="NUL"):
        session.savepoint("a\0b")


def test_a_typed_transaction_is_seen(session: PostgresSession) -> None:
    run(session, "start transaction isolation level serializable")
    assert transaction(session) is TransactionState.IN_TRANSACTION
    assert run(session, "show transaction_isolation").texts() == [("serializable",)]
    run(session, "insert into t values (1)")
    run(session, "savepoint a")
    with pytest.raises(QueryError):
        run(session, "nonsense")
    run(session, "rollback to a")
    assert run(session, "commit and chain").tag == "COMMIT"
    assert transaction(session) is TransactionState.IN_TRANSACTION
    assert run(session, "end").tag == "COMMIT"
    assert count(session) == 1


def test_a_failed_typed_commit_shows_its_tag(session: PostgresSession) -> None:
    run(session, "begin")
    with pytest.raises(QueryError):
        run(session, "nonsense")
    assert run(session, "commit").tag == "ROLLBACK"


@pytest.mark.parametrize("mode", FetchMode)
def test_a_result_closed_early_leaves_the_transaction_open(
    session: PostgresSession, mode: FetchMode
) -> None:
    session.begin()
    run(session, "insert into t values (1)")
    cursor = session.execute(statement(BIG), mode=mode)
    assert cursor.can_pause
    batches = cursor.batches()
    next(batches)
    assert transaction(session) is TransactionState.IN_TRANSACTION
    cursor.close()
    assert transaction(session) is TransactionState.IN_TRANSACTION
    assert count(session) == 1
    session.commit()
    assert count(session) == 1


@pytest.mark.parametrize("mode", FetchMode)
def test_a_cancelled_or_timed_out_query_leaves_the_transaction_open(
    session: PostgresSession, mode: FetchMode
) -> None:
    session.begin()
    run(session, "insert into t values (1)")
    with pytest.raises(QueryTimeout):
        run(session, "select pg_sleep(30)", timeout_s=0.2, mode=mode)
    threading.Timer(0.2, session.cancel).start()
    with pytest.raises(QueryCancelled):
        run(session, "select pg_sleep(30)", mode=mode)
    assert transaction(session) is TransactionState.IN_TRANSACTION
    session.commit()
    assert count(session) == 1


def test_a_query_that_fails_fails_the_transaction(session: PostgresSession) -> None:
    session.begin()
    session.savepoint("mine")
    with pytest.raises(QueryError):
        run(session, "select 1/0")
    assert transaction(session) is TransactionState.FAILED
    session.rollback_to("mine")
    assert run(session, "select 1").value() == 1


def test_a_cancelled_change_fails_the_transaction(session: PostgresSession) -> None:
    session.begin()
    with pytest.raises(QueryTimeout):
        run(session, "insert into t select 1 from pg_sleep(30)", timeout_s=0.2)
    assert transaction(session) is TransactionState.FAILED


def test_a_savepoint_of_ours_is_gone_after_a_query(session: PostgresSession) -> None:
    session.begin()
    session.savepoint("mine")
    run(session, "insert into t values (1)")
    run(session, "select 1")
    session.execute(statement(BIG)).close()
    session.rollback_to("mine")
    session.commit()
    assert count(session) == 0


@pytest.mark.parametrize("mode", FetchMode)
def test_rows_locked_by_a_query_stay_locked_when_it_is_closed_early(
    session: PostgresSession, pg_db: str, mode: FetchMode
) -> None:
    run(session, "insert into t select generate_series(1, 20000)")
    session.begin()
    cursor = session.execute(statement("select * from t order by i for update"), mode=mode)
    assert not cursor.can_pause
    next(cursor.batches())
    cursor.close()
    with psycopg.connect(pg_db) as other:
        locked = "select count(*) from (select from t for update skip locked) t"
        assert other.execute(locked).fetchone() == (0,)


def test_a_snapshot_can_be_exported(session: PostgresSession) -> None:
    session.begin()
    for mode in FetchMode:
        run(session, "select pg_export_snapshot()", mode=mode)


def test_parallel_plans_are_used_inside_of_a_transaction(session: PostgresSession) -> None:
    run(session, "set parallel_setup_cost = 0")
    run(session, "set parallel_tuple_cost = 0")
    run(session, "set min_parallel_table_scan_size = 0")
    run(session, "create table big as select i from generate_series(1, 100000) i")
    run(session, "analyze big")
    session.begin()
    plan = run(session, "explain (analyze, costs off, timing off) select sum(i) from big").texts()
    assert any("Workers Launched: " in line and "Launched: 0" not in line for (line,) in plan)


def test_a_paused_result_is_closed_by_a_commit(session: PostgresSession) -> None:
    session.begin()
    run(session, "insert into t values (1)")
    cursor = session.execute(statement(BIG))
    batches = cursor.batches()
    next(batches)
    session.commit()
    with pytest.raises(QueryError, match="another statement"):
        next(batches)
    assert count(session) == 1


def test_closing_the_session_rolls_back(session: PostgresSession, pg_db: str) -> None:
    session.begin()
    run(session, "insert into t values (1)")
    session.close()
    assert transaction(session) is TransactionState.LOST
    with psycopg.connect(pg_db, autocommit=True) as other:
        wait_until(lambda: others(other) == 0, "the session ends")
        assert other.execute("select count(*) from t").fetchone() == (0,)


def others(connection: psycopg.Connection[tuple[int]]) -> int:
    row = connection.execute(
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and pid <> pg_backend_pid() and backend_type = 'client backend'"
    ).fetchone()
    assert row is not None
    return row[0]


def test_closing_the_session_ends_what_runs(session: PostgresSession, pg_db: str) -> None:
    text = """select repeat('x', 1000) from generate_series(1, 3000) i
              where i < 2000 or pg_sleep(60) is not null"""
    batches = session.execute(statement(text)).batches()
    next(batches)
    session.close()
    with psycopg.connect(pg_db, autocommit=True) as other:
        wait_until(lambda: others(other) == 0, "the session ends", 5)
