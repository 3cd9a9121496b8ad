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
from psycopg.conninfo import make_conninfo

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


def wait_for_server(session: PostgresSession, conninfo: str, fact: str) -> None:
    """Wait until something holds for the session's row in pg_stat_activity."""
    wait_until(lambda: is_so(session, conninfo, fact), fact)


def is_so(session: PostgresSession, conninfo: str, fact: str = "true") -> bool:
    """Whether the session has a row in pg_stat_activity of which something holds."""
    link = session._link
    assert link is not None
    query = f"select 1 from pg_stat_activity where pid = {link.wire.pgconn.backend_pid} and {fact}"
    with psycopg.connect(conninfo, autocommit=True) as observer:
        return observer.execute(query.encode()).fetchone() is not None


RUNS = "state = 'active'"
SLEEPS = "wait_event = 'PgSleep'"
WAITS_FOR_LOCK = "wait_event_type = 'Lock'"


def cancel_when(session: PostgresSession, conninfo: str, fact: str = RUNS) -> None:
    """Cancel from another thread, once something holds in pg_stat_activity."""

    def cancel() -> None:
        wait_for_server(session, conninfo, fact)
        session.cancel()

    threading.Thread(target=cancel).start()


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
def test_a_statement_is_cancelled(
    session: PostgresSession,
    pg_db: str,
    way: Callable[[PostgresSession], Callable[[str], None]],
    text: str,
) -> None:
    cancel_when(session, pg_db)
    with pytest.raises(QueryCancelled) as caught:
        way(session)(text)
    assert caught.value.sqlstate in ("57014", "")
    assert session.transaction is TransactionState.IDLE
    assert run(session, "select 1").value() == 1


@pytest.mark.parametrize(
    "text",
    ["do $$begin perform pg_sleep(60); end$$", "create table x as select 1 from pg_sleep(60)",
     "copy (select pg_sleep(60)) to stdout", "call sleep()"],
)  # fmt: skip
def test_other_statements_are_cancelled(session: PostgresSession, pg_db: str, text: str) -> None:
    run(session, "create procedure sleep() language sql as 'select pg_sleep(60)'")
    cancel_when(session, pg_db, SLEEPS)
    with pytest.raises(QueryCancelled):
        run(session, text)


def test_waiting_for_a_lock_is_cancelled(session: PostgresSession, pg_db: str) -> None:
    run(session, "create table t (i int)")
    with psycopg.connect(pg_db) as other:
        other.execute("lock table t")
        cancel_when(session, pg_db, WAITS_FOR_LOCK)
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
        timer = threading.Timer(chance.uniform(0, 0.004), session.cancel)
        timer.start()
        try:
            run(session, f"select pg_sleep({pause_s:.5f})")
        except QueryCancelled:
            cancelled += 1
        timer.join()
        assert run(session, f"select {number} from pg_sleep(0.002)").value() == number
    assert cancelled


def test_a_cancel_just_after_sending_is_not_forgotten(session: PostgresSession) -> None:
    def cancel() -> None:
        while session.transaction is not TransactionState.ACTIVE:
            pass
        session.cancel()

    for _ in range(10):
        threading.Thread(target=cancel).start()
        with pytest.raises(QueryCancelled):
            run(session, "select pg_sleep(60)")


@pytest.mark.parametrize("way", ["page", "bulk"])
def test_the_time_limit_ends_a_statement(session: PostgresSession, way: str) -> None:
    with pytest.raises(QueryTimeout, match=r"time limit of 0\.3 s"):
        run(session, "select pg_sleep(60)", timeout_s=0.3, mode=FetchMode(way))
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


def test_the_time_limit_does_not_count_what_the_reader_does(
    session: PostgresSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = session.execute(statement("select generate_series(1, 1000)"), timeout_s=60).batches()
    next(batches)
    clock = time.perf_counter
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + 3600)
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
    session: PostgresSession, pg_db: str
) -> None:
    run(session, "set idle_in_transaction_session_timeout = '200ms'")
    session.begin()
    wait_until(lambda: not is_so(session, pg_db), "the server ends the session")
    with pytest.raises(ConnectionLost, match="idle_in_transaction_session_timeout") as caught:
        run(session, "select 1")
    assert caught.value.sqlstate == "25P03"
    assert caught.value.transaction_lost
    session.reopen()
    assert run(session, "select 1").value() == 1


def test_an_administrators_cancel_is_told_apart(session: PostgresSession, pg_db: str) -> None:
    pid = run(session, "select pg_backend_pid()").value()

    def cancel() -> None:
        wait_for_server(session, pg_db, SLEEPS)
        with psycopg.connect(pg_db) as other:
            other.execute("select pg_cancel_backend(%s)", [pid])

    threading.Thread(target=cancel).start()
    with pytest.raises(QueryCancelled, match="the server ended the statement"):
        run(session, "select pg_sleep(60)")


def test_cancel_goes_over_tls(pg_tls_server: tuple[LocalServer, object]) -> None:
    server, authority = pg_tls_server
    parameters = {"sslmode": "verify-full", "sslrootcert": str(authority)}
    with opened(server.dsn(), parameters=parameters) as session:
        cancel_when(session, make_conninfo(server.dsn(), **parameters), SLEEPS)
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

        def cancel() -> None:
            wait_for_server(session, pg_db, SLEEPS)
            proxy.stall()
            session.cancel()

        threading.Thread(target=cancel).start()
        with pytest.raises(ConnectionLost, match="did not answer") as caught:
            run(session, "select pg_sleep(60)", mode=mode)
        assert caught.value.transaction_lost
        assert session.transaction is TransactionState.LOST
        proxy.resume()
        session.reopen()
        assert run(session, "select 1").value() == 1


def test_a_slow_connect_does_not_make_cancelling_slow(pg_server: LocalServer, pg_db: str) -> None:
    with TcpProxy("127.0.0.1", pg_server.port) as proxy:
        proxy.stall()
        slow = threading.Timer(1.0, proxy.resume)
        slow.start()
        with opened(pg_db, parameters={"port": str(proxy.port)}) as session:
            link = session._link
            assert link is not None
            assert link.patience_s <= 1.5
            slow.join()

            def cancel() -> None:
                wait_for_server(session, pg_db, SLEEPS)
                proxy.stall()
                session.cancel()

            threading.Thread(target=cancel).start()
            with pytest.raises(ConnectionLost, match="did not answer"):
                run(session, "select pg_sleep(60)")


@pytest.mark.parametrize("mode", FetchMode)
def test_cancelling_between_batches_on_a_stalled_network_loses_the_connection(
    pg_server: LocalServer, pg_db: str, mode: FetchMode
) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        session.begin()
        batches = session.execute(statement(STREAM), mode=mode).batches()
        next(batches)
        proxy.stall()
        session.cancel()
        with pytest.raises(ConnectionLost) as caught:
            for _ in batches:
                pass
        assert caught.value.transaction_lost


@pytest.mark.parametrize("mode", FetchMode)
def test_abandon_gets_away_from_a_stalled_network(
    pg_server: LocalServer, pg_db: str, mode: FetchMode
) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        proxy.stall_after(3_000_000)

        def abandon() -> None:
            wait_until(lambda: proxy.is_stalled, "the proxy stalls")
            session.abandon()

        threading.Thread(target=abandon).start()
        rows = 0
        with pytest.raises(ConnectionLost, match="given up"):
            for batch in session.execute(statement(STREAM), mode=mode).batches():
                rows += batch.num_rows
        assert rows > 0
        assert session.transaction is TransactionState.LOST
        with pytest.raises(ConnectionLost):
            run(session, "select 1")
        session.close()


def test_a_time_limit_gets_away_from_a_stalled_network(pg_server: LocalServer, pg_db: str) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        proxy.stall()
        with pytest.raises(ConnectionLost):
            run(session, "select 1", timeout_s=0.5)


def test_a_paused_result_can_be_closed_on_a_stalled_network(
    pg_server: LocalServer, pg_db: str
) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        cursor = session.execute(statement(STREAM))
        batches = cursor.batches()
        next(batches)
        proxy.stall()
        cursor.close()
        assert session.transaction is TransactionState.LOST


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


def test_neither_cancel_nor_abandon_waits_for_a_cancel_request(
    pg_server: LocalServer, pg_db: str
) -> None:
    with (
        TcpProxy("127.0.0.1", pg_server.port) as proxy,
        opened(pg_db, parameters={"port": str(proxy.port)}) as session,
    ):
        link = session._link
        assert link is not None
        link.patience_s = 3600
        states: list[TransactionState] = []

        def give_up() -> None:
            wait_for_server(session, pg_db, SLEEPS)
            proxy.stall()
            session.cancel()
            states.append(session.transaction)
            wait_until(lambda: proxy.connections > 1, "the cancel request is on its way")
            session.abandon()

        threading.Thread(target=give_up).start()
        with pytest.raises(ConnectionLost):
            run(session, "select pg_sleep(60)")
        assert states == [TransactionState.ACTIVE]


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
