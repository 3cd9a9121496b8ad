"""Connections that break: said clearly, rows kept, and opened again on request."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.localpg import LocalServer
from tests.support.postgres import opened, run, statement
from tests.support.proxy import TcpProxy
from tests.support.waiting import wait_until
from tusk.core.errors import ConnectError, ConnectionLost, QueryError
from tusk.engines.base import FetchMode, TransactionState
from tusk.engines.postgres.session import PostgresSession

STREAM = "select generate_series(1, 50000000) i, repeat('x', 100)"


@pytest.fixture
def session(pg_db: str) -> Iterator[PostgresSession]:
    with opened(pg_db) as session:
        yield session


def backend(session: PostgresSession) -> int:
    value = run(session, "select pg_backend_pid()").value()
    assert isinstance(value, int)
    return value


def terminate(conninfo: str, pid: int) -> None:
    with psycopg.connect(conninfo, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [pid])


@pytest.mark.parametrize("mode", FetchMode)
def test_a_terminated_backend_keeps_the_rows_so_far(
    session: PostgresSession, pg_db: str, mode: FetchMode
) -> None:
    pid = backend(session)
    rows = 0
    with pytest.raises(ConnectionLost) as caught:
        for batch in session.execute(statement(STREAM), mode=mode).batches():
            if not rows:
                terminate(pg_db, pid)
            numbers = batch.column(0).to_pylist()
            assert numbers == list(range(rows + 1, rows + 1 + len(numbers)))
            rows += len(numbers)
    assert rows > 0
    # A server that is terminated while it waits for us to read cannot say why.
    assert caught.value.sqlstate in ("57P01", "")
    assert not caught.value.transaction_lost
    assert session.transaction is TransactionState.LOST
    with pytest.raises(ConnectionLost):
        run(session, "select 1")
    session.reopen()
    assert run(session, "select 1").value() == 1


def test_a_backend_terminated_while_it_works_says_so(session: PostgresSession, pg_db: str) -> None:
    pid = backend(session)
    threading.Timer(0.3, terminate, (pg_db, pid)).start()
    with pytest.raises(ConnectionLost, match="administrator terminated it") as caught:
        run(session, "select pg_sleep(60)")
    assert caught.value.sqlstate == "57P01"


def test_a_backend_terminated_while_idle_is_noticed_with_its_transaction(
    session: PostgresSession, pg_db: str
) -> None:
    pid = backend(session)
    session.begin()
    run(session, "create table t (i int)")
    terminate(pg_db, pid)
    with psycopg.connect(pg_db) as other:
        gone = "select 1 from pg_stat_activity where pid = %s"
        wait_until(lambda: other.execute(gone, [pid]).fetchone() is None, "the backend ends")
    with pytest.raises(ConnectionLost, match="transaction is lost") as caught:
        run(session, "select 1")
    assert caught.value.sqlstate == "57P01"
    assert caught.value.transaction_lost
    assert caught.value.hint


@pytest.mark.parametrize("mode", FetchMode)
def test_a_killed_backend_loses_every_connection_until_the_server_has_recovered(
    pg_own_server: LocalServer, mode: FetchMode
) -> None:
    with opened(pg_own_server.dsn()) as session, opened(pg_own_server.dsn()) as bystander:
        pid = backend(session)
        rows = 0
        with pytest.raises(ConnectionLost) as caught:
            for batch in session.execute(statement(STREAM), mode=mode).batches():
                if not rows:
                    os.kill(pid, signal.SIGKILL)
                rows += batch.num_rows
        assert rows > 0
        assert caught.value.sqlstate == ""
        # The postmaster needs a moment to notice.
        with pytest.raises(ConnectionLost) as caught:
            run(bystander, "select pg_sleep(30)")
        # The server tells the others, if they look before it has closed their connections.
        assert caught.value.sqlstate in ("57P02", "")
        session.reopen()
        bystander.reopen()
        assert run(session, "select 1").value() == 1


def test_a_restart_loses_the_connection(pg_own_server: LocalServer) -> None:
    with opened(pg_own_server.dsn()) as session:
        pg_own_server.restart()
        with pytest.raises(ConnectionLost, match="shutting down") as caught:
            run(session, "select 1")
        assert caught.value.sqlstate == "57P01"
        session.reopen()
        assert run(session, "select 1").value() == 1


def test_a_crash_of_the_server_is_survived(pg_own_server: LocalServer) -> None:
    with opened(pg_own_server.dsn()) as session:
        pg_own_server.restart("SIGQUIT")
        with pytest.raises(ConnectionLost):
            run(session, "select 1")
        session.reopen()
        assert run(session, "select 1").value() == 1


def test_reopening_runs_the_startup_sql_again_and_forgets_settings(pg_db: str) -> None:
    with opened(pg_db, startup_sql=["set work_mem = '9MB'"]) as session:
        run(session, "set search_path = pg_catalog")
        terminate(pg_db, backend(session))
        with pytest.raises(ConnectionLost):
            run(session, "select 1")
        session.reopen()
        assert run(session, "show work_mem").texts() == [("9MB",)]
        assert run(session, "show search_path").texts() == [('"$user", public',)]


def test_a_reset_connection_is_lost(pg_server: LocalServer, pg_db: str) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        proxy.cut()
        with pytest.raises(ConnectionLost):
            run(session, "select 1")
        session.reopen()
        proxy.refuse()
        with pytest.raises(ConnectionLost):
            run(session, "select 1")
        with pytest.raises(ConnectError, match="refused"):
            session.reopen()
        with pytest.raises(ConnectionLost, match="closed"):
            run(session, "select 1")


def test_a_server_that_ends_new_connections_for_a_moment_is_asked_again(
    pg_server: LocalServer, pg_db: str
) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        proxy.cut()
        with pytest.raises(ConnectionLost):
            run(session, "select 1")
        before = proxy.connections
        proxy.end_new(2)
        session.reopen()
        assert proxy.connections == before + 3
        assert run(session, "select 1").value() == 1


def test_a_dropped_database_is_said(session: PostgresSession, pg_admin_dsn: str) -> None:
    name = session.test().database
    with psycopg.connect(pg_admin_dsn, autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)".encode())
    with pytest.raises(ConnectionLost):
        run(session, "select 1")
    with pytest.raises(ConnectError, match="does not exist"):
        session.reopen()


def test_a_commit_that_may_have_happened_is_told_apart(pg_server: LocalServer, pg_db: str) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        run(session, "create table t (i int)")
        session.begin()
        run(session, "insert into t values (1)")
        proxy.stall()
        threading.Timer(0.2, session.abandon).start()
        with pytest.raises(ConnectionLost, match="or was committed"):
            session.commit()


def test_an_error_that_only_looks_like_a_loss_is_none(session: PostgresSession) -> None:
    with pytest.raises(QueryError) as caught:
        run(session, "do $$begin raise 'mine' using errcode = '57P01'; end$$")
    assert not isinstance(caught.value, ConnectionLost)
    assert run(session, "select 1").value() == 1
