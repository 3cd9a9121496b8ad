"""Cancelling, time limits, and everything that must not be hit by them."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.localpg import LocalServer
from tests.support.postgres import opened, run, statement, target_of
from tests.support.proxy import TcpProxy
from tests.support.waiting import wait_until
from tusk.core.errors import ConnectionLost, QueryCancelled, QueryError, QueryTimeout
from tusk.engines.base import FetchMode, TransactionState
from tusk.engines.postgres.session import PostgresSession

CROSS_JOIN = "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b"
# Not from a function in FROM: that is computed as a whole before the first row.
STREAM = "select generate_series(1, 50000000) i, repeat('x', 100)"


@pytest.fixture
def session(pg_db: str) -> Iterator[PostgresSession]:
    with opened(pg_db) as session:
        yield session


def slowness() -> float:
    """How many times longer than usual everything takes, on a machine with other work."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def cancel_soon(session: PostgresSession, after_s: float = 0.3) -> list[float]:
    """Cancel in a while from another thread; when it was done."""
    done: list[float] = []

    def cancel() -> None:
        done.append(time.monotonic())
        session.cancel()
        # `cancel` returns at once, it does not wait for the server.
        assert time.monotonic() - done[0] < 0.2 * slowness()

    threading.Timer(after_s, cancel).start()
    return done


def read_all(session: PostgresSession, mode: FetchMode) -> Callable[[str], None]:
    def read(text: str) -> None:
        for _ in session.execute(statement(text), mode=mode).batches():
            pass

    return read


def copy(session: PostgresSession, timeout_s: float | None = None) -> Callable[[str], None]:
    def read(text: str) -> None:
        with Path(os.devnull).open("wb") as out:
            session.copy_csv(statement(text), None, out, timeout_s=timeout_s)

    return read


WAYS: dict[str, Callable[[PostgresSession], Callable[[str], None]]] = {
    "page": lambda session: read_all(session, FetchMode.PAGE),
    "bulk": lambda session: read_all(session, FetchMode.BULK),
    "copy_csv": copy,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("text", ["select pg_sleep(60)", CROSS_JOIN, STREAM])
def test_a_statement_is_cancelled_within_a_second(
    session: PostgresSession, way: Callable[[PostgresSession], Callable[[str], None]], text: str
) -> None:
    asked = cancel_soon(session)
    with pytest.raises(QueryCancelled) as caught:
        way(session)(text)
    assert time.monotonic() - asked[0] < 1 * slowness()
    assert caught.value.sqlstate in ("57014", "")
    assert session.transaction is TransactionState.IDLE
    assert run(session, "select 1").value() == 1


@pytest.mark.parametrize(
    "text",
    ["do $$begin perform pg_sleep(60); end$$", "create table x as select 1 from pg_sleep(60)",
     "copy (select pg_sleep(60)) to stdout", "call sleep()"],
)  # fmt: skip
def test_other_statements_are_cancelled(session: PostgresSession, text: str) -> None:
    run(session, "create procedure sleep() language sql as 'select pg_sleep(60)'")
    cancel_soon(session)
    with pytest.raises(QueryCancelled):
        run(session, text)


def test_waiting_for_a_lock_is_cancelled(session: PostgresSession, pg_db: str) -> None:
    run(session, "create table t (i int)")
    with psycopg.connect(pg_db) as other:
        other.execute("lock table t")
        cancel_soon(session)
        # Not even its columns are known before the lock is there.
        with pytest.raises(QueryCancelled):
            run(session, "select * from t")
    assert run(session, "select count(*) from t").value() == 0


@pytest.mark.parametrize("mode", FetchMode)
def test_a_paused_statement_is_cancelled(session: PostgresSession, mode: FetchMode) -> None:
    batches = session.execute(statement(STREAM), mode=mode).batches()
    next(batches)
    session.cancel()
    with pytest.raises(QueryCancelled):
        for _ in batches:
            pass
    assert run(session, "select 1").value() == 1


def test_cancelling_nothing_does_nothing(session: PostgresSession) -> None:
    session.cancel()
    assert run(session, "select 1").value() == 1
    session.cancel()
    session.cancel()
    assert run(session, "select pg_sleep(0.5)").num_rows == 1
    session.close()
    session.cancel()
    session.abandon()


def test_a_late_cancel_never_hits_the_next_statement(session: PostgresSession) -> None:
    chance = random.Random(1)
    cancelled = 0
    for number in range(150):
        pause_s = chance.uniform(0, 0.004)
        threading.Timer(chance.uniform(0, 0.004), session.cancel).start()
        try:
            run(session, f"select pg_sleep({pause_s:.5f})")
        except QueryCancelled:
            cancelled += 1
        # The timer may fire during this one, which then may well be cancelled: wait for it.
        wait_until(lambda: threading.active_count() < 50, "timers")
        while any(isinstance(t, threading.Timer) for t in threading.enumerate()):
            time.sleep(0.0005)
        assert run(session, f"select {number} from pg_sleep(0.002)").value() == number
    assert cancelled


def test_a_cancel_just_after_sending_is_not_forgotten(session: PostgresSession) -> None:
    def cancel() -> None:
        while session.transaction is not TransactionState.ACTIVE:
            pass
        session.cancel()

    for _ in range(10):
        threading.Thread(target=cancel).start()
        began = time.monotonic()
        with pytest.raises(QueryCancelled):
            run(session, "select pg_sleep(5)")
        assert time.monotonic() - began < 1 * slowness()


@pytest.mark.parametrize("way", ["page", "bulk"])
def test_the_time_limit_ends_a_statement(session: PostgresSession, way: str) -> None:
    began = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"time limit of 0\.3 s"):
        run(session, "select pg_sleep(60)", timeout_s=0.3, mode=FetchMode(way))
    assert time.monotonic() - began < 1.3 * slowness()
    assert run(session, "select 1").value() == 1


def test_the_time_limit_ends_a_statement_whose_rows_never_stop(session: PostgresSession) -> None:
    for mode in FetchMode:
        with pytest.raises(QueryTimeout):
            read_all_within(session, mode, 0.5)
    with pytest.raises(QueryTimeout):
        copy(session, 0.5)(STREAM)


def read_all_within(session: PostgresSession, mode: FetchMode, limit_s: float) -> None:
    for _ in session.execute(statement(STREAM), mode=mode, timeout_s=limit_s).batches():
        pass


def test_the_time_limit_does_not_count_what_the_reader_does(session: PostgresSession) -> None:
    batches = session.execute(statement("select generate_series(1, 1000)"), timeout_s=0.5).batches()
    next(batches)
    time.sleep(0.7)
    assert sum(batch.num_rows for batch in batches) > 0


def test_the_target_gives_the_usual_time_limit(pg_db: str) -> None:
    with opened(pg_db, statement_timeout_s=0.3) as session:
        with pytest.raises(QueryTimeout):
            run(session, "select pg_sleep(60)")
        run(session, "select pg_sleep(0.5)", timeout_s=30)


def test_the_time_limit_leaves_no_setting_behind(pg_db: str) -> None:
    with opened(pg_db, statement_timeout_s=30) as session:
        assert run(session, "show statement_timeout").texts() == [("0",)]
        session.begin()
        run(session, "select 1")
        assert run(session, "show statement_timeout").texts() == [("0",)]


def test_the_servers_own_limits_have_messages_of_their_own(
    session: PostgresSession, pg_db: str
) -> None:
    run(session, "create table t (i int)")
    run(session, "set statement_timeout = '200ms'")
    with pytest.raises(QueryTimeout, match="statement_timeout") as caught:
        run(session, "select pg_sleep(60)")
    assert caught.value.sqlstate == "57014"
    run(session, "set statement_timeout = 0")
    run(session, "set lock_timeout = '200ms'")
    with psycopg.connect(pg_db) as other:
        other.execute("lock table t")
        with pytest.raises(QueryTimeout, match="lock_timeout") as caught:
            run(session, "select * from t")
        assert caught.value.sqlstate == "55P03"
        other.rollback()
        other.execute("insert into t values (1)")
        other.commit()
        other.execute("select * from t for update")
        with pytest.raises(QueryError, match="could not obtain lock") as refused:
            run(session, "select * from t for update nowait")
        assert not isinstance(refused.value, QueryTimeout)


def test_idle_in_transaction_timeout_loses_the_transaction_and_says_so(
    session: PostgresSession,
) -> None:
    run(session, "set idle_in_transaction_session_timeout = '200ms'")
    session.begin()
    time.sleep(0.5)
    with pytest.raises(ConnectionLost, match="idle_in_transaction_session_timeout") as caught:
        run(session, "select 1")
    assert caught.value.sqlstate == "25P03"
    assert caught.value.transaction_lost
    session.reopen()
    assert run(session, "select 1").value() == 1


def test_an_administrators_cancel_is_told_apart(session: PostgresSession, pg_db: str) -> None:
    pid = run(session, "select pg_backend_pid()").value()

    def cancel() -> None:
        with psycopg.connect(pg_db) as other:
            other.execute("select pg_cancel_backend(%s)", [pid])

    threading.Timer(0.3, cancel).start()
    with pytest.raises(QueryCancelled, match="the server ended the statement"):
        run(session, "select pg_sleep(60)")


def test_cancel_goes_over_tls(pg_tls_server: tuple[LocalServer, object]) -> None:
    server, authority = pg_tls_server
    parameters = {"sslmode": "verify-full", "sslrootcert": str(authority)}
    with opened(server.dsn(), parameters=parameters) as session:
        cancel_soon(session)
        with pytest.raises(QueryCancelled):
            run(session, "select pg_sleep(60)")
        assert run(session, "select 1").value() == 1


@pytest.mark.parametrize("mode", FetchMode)
def test_cancel_gets_away_from_a_stalled_network(
    pg_server: LocalServer, pg_db: str, mode: FetchMode
) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        session.begin()
        threading.Timer(0.2, proxy.stall).start()
        asked = cancel_soon(session, 0.5)
        with pytest.raises(ConnectionLost, match="did not answer") as caught:
            run(session, "select pg_sleep(60)", mode=mode)
        assert time.monotonic() - asked[0] < 2 * slowness()
        assert caught.value.transaction_lost
        assert session.transaction is TransactionState.LOST
        proxy.resume()
        session.reopen()
        assert run(session, "select 1").value() == 1


@pytest.mark.parametrize("mode", FetchMode)
def test_abandon_gets_away_from_a_stalled_network_at_once(
    pg_server: LocalServer, pg_db: str, mode: FetchMode
) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        proxy.stall_after(3_000_000)
        asked: list[float] = []

        def abandon() -> None:
            wait_until(lambda: proxy.is_stalled, "the proxy stalls")
            time.sleep(0.2)
            asked.append(time.monotonic())
            session.abandon()

        threading.Thread(target=abandon).start()
        rows = 0
        with pytest.raises(ConnectionLost, match="given up"):
            for batch in session.execute(statement(STREAM), mode=mode).batches():
                rows += batch.num_rows
        assert time.monotonic() - asked[0] < 0.3 * slowness()
        assert rows > 0
        assert session.transaction is TransactionState.LOST
        with pytest.raises(ConnectionLost):
            run(session, "select 1")
        before = time.monotonic()
        session.close()
        assert time.monotonic() - before < 0.3 * slowness()


def test_a_time_limit_gets_away_from_a_stalled_network(pg_server: LocalServer, pg_db: str) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        proxy.stall()
        began = time.monotonic()
        with pytest.raises(ConnectionLost):
            run(session, "select 1", timeout_s=0.5)
        assert time.monotonic() - began < 3 * slowness()


def test_closing_a_paused_result_on_a_stalled_network_is_bounded(
    pg_server: LocalServer, pg_db: str
) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        cursor = session.execute(statement(STREAM))
        next(cursor.batches())
        proxy.stall()
        began = time.monotonic()
        cursor.close()
        assert time.monotonic() - began < 4 * slowness()


def test_the_network_is_watched(pg_db: str) -> None:
    import socket

    with opened(pg_db) as session:
        link = session._link
        assert link is not None
        sock = link.wire._socket
        assert sock is not None
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 6
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 12_000


def test_a_target_is_not_changed_by_a_session(pg_db: str) -> None:
    target = target_of(pg_db)
    with opened(pg_db) as session:
        assert session.target == target


@pytest.mark.parametrize("mode", FetchMode)
def test_an_ordinary_error_sends_no_cancel_request(
    pg_server: LocalServer, pg_db: str, mode: FetchMode
) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        for text in ("nonsense", "select 1/0", "select 1 / (9 - i) from generate_series(1, 9) i"):
            with pytest.raises(QueryError):
                run(session, text, mode=mode)
        run(session, "select 1", mode=mode)
        assert proxy.connections == 1


def test_abandon_does_not_wait_for_a_cancel_request(pg_server: LocalServer, pg_db: str) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        threading.Timer(0.2, proxy.stall).start()
        threading.Timer(0.5, session.cancel).start()
        abandoned: list[float] = []

        def abandon() -> None:
            abandoned.append(time.monotonic())
            session.abandon()

        threading.Timer(0.8, abandon).start()
        with pytest.raises(ConnectionLost):
            run(session, "select pg_sleep(60)")
        assert time.monotonic() - abandoned[0] < 0.3 * slowness()


def test_a_handler_of_notices_that_always_fails_leaves_the_session_usable(
    session: PostgresSession,
) -> None:
    def refuse(notice: object) -> None:
        raise RuntimeError("no")

    run(
        session,
        """create function f(i int) returns int language plpgsql as
        'begin raise notice ''%'', i; return i; end'""",
    )
    for mode in FetchMode:
        with pytest.raises(RuntimeError):
            for _ in session.execute(
                statement("select f(i), repeat('x', 1000) from generate_series(1, 100000) i"),
                mode=mode,
                on_notice=refuse,
            ).batches():
                pass
        assert session.transaction is TransactionState.IDLE
        assert run(session, "select 1").value() == 1
