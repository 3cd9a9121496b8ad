"""A lost connection is opened again by itself; nothing is run again, nothing is hidden."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.localpg import LocalServer
from tests.support.proxy import TcpProxy
from tests.tui.desk import Desk, open_desk
from tusk.services.connections import ConnectionState
from tusk.tui.connection_book import Entry
from tusk.tui.screens.confirm import ConfirmScreen

pytestmark = pytest.mark.postgres


@pytest.fixture
def proxy(pg_db: str) -> Iterator[TcpProxy]:
    where = conninfo_to_dict(pg_db)
    with TcpProxy(str(where["host"]), int(str(where["port"]))) as proxy:
        yield proxy


@pytest.fixture
def target(pg_db: str, proxy: TcpProxy) -> str:
    return make_conninfo(pg_db, host=proxy.host, port=proxy.port)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds of a countdown that take no time."""
    monkeypatch.setattr("tusk.tui.reconnecting._TICK_S", 0.0)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """A countdown that stands still."""
    monkeypatch.setattr("tusk.tui.reconnecting._TICK_S", 3600.0)


def entry_of(desk: Desk) -> Entry:
    entry = desk.pane.entry
    assert entry is not None
    return entry


async def until_open(desk: Desk) -> None:
    await desk.until(lambda: "autocommit" in desk.status, "the open connection")


async def lose(desk: Desk, proxy: TcpProxy, *, statement: str = "select 'lost'") -> None:
    proxy.cut()
    await desk.run(statement)
    assert "lost" in desk.status or entry_of(desk).is_open


@pytest.mark.usefixtures("at_once")
async def test_a_stopped_server_is_waited_for_and_nothing_is_run_again(
    pg_own_server: LocalServer,
) -> None:
    async with open_desk(pg_own_server.dsn()) as desk:
        await desk.run("create table t (a int)")
        await desk.run("begin; insert into t values (1)", key="f8")
        await asyncio.to_thread(pg_own_server.restart, "SIGQUIT")
        await desk.run("insert into t values (2)")
        assert "transaction is lost" in dict(desk.last_error.fields)["note"]
        await until_open(desk)
        assert "transaction lost" in desk.status
        await desk.until_told("The transaction that was open is lost. Nothing was run again.")

        # What reads is run; what changes something only when that is meant.
        await desk.run("select count(*) from t")
        assert desk.column() == [0]
        desk.write("insert into t values (3)")
        await desk.press("f5")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        assert "no transaction is open" in desk.text()
        await desk.press("escape")
        await desk.until(lambda: not desk.pane.is_running, "the end of the question")
        assert "transaction lost" in desk.status
        await desk.press("f5")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("left", "enter")
        await desk.until(lambda: "INSERT" in desk.pane.status.tag, "the insert")
        await desk.run("insert into t values (4)")
        await desk.run("select a from t order by 1")
        assert desk.column() == [3, 4]
        assert "transaction lost" not in desk.status


@pytest.mark.usefixtures("never")
async def test_the_countdown_is_shown_hurried_by_f6_and_ended_by_escape(
    pg_db: str, target: str, proxy: TcpProxy
) -> None:
    async with open_desk(target) as desk:
        await desk.run("select 1")
        proxy.refuse()
        await desk.run("select 2")
        await desk.until(lambda: "connection lost: attempt 1 in 1 s" in desk.status, "the pause")
        assert "F6 now, Esc ends it" in desk.status
        assert "lost, again in 1 s" in desk.text()
        await desk.press("f6")
        await desk.until(lambda: "attempt 2 in 2 s" in desk.status, "the second pause")
        assert "refused" in desk.status
        # A statement waits for nothing and is not kept for later.
        await desk.run("select 3")
        assert "F6" in dict(desk.last_error.fields)["hint"]
        await desk.press("escape")
        await desk.until(lambda: "connection lost: F6 reopens" in desk.status, "the end")
        await desk.until_told("stays lost")
        await desk.run("select 4")
        assert entry_of(desk).retry is None
        assert entry_of(desk).state is ConnectionState.LOST
        assert desk.column() == [1]


@pytest.mark.usefixtures("at_once")
async def test_a_silent_server_is_left_by_escape_and_a_later_loss_is_a_new_one(
    target: str, proxy: TcpProxy
) -> None:
    async with open_desk(target) as desk:
        await desk.run("select 1")
        proxy.cut()
        proxy.stall()
        await desk.run("select 2")
        await desk.until(lambda: entry_of(desk).is_opening, "an attempt")
        assert "connection lost: attempt 1" in desk.status
        await desk.press("escape")
        await desk.until(lambda: entry_of(desk).state is ConnectionState.OFFLINE, "the end")
        proxy.resume()
        await desk.run("select 3")
        assert desk.column() == [3]
        await lose(desk, proxy)
        await until_open(desk)
        assert "transaction lost" not in desk.status
        await desk.run("select 4")
        assert desk.column() == [4]


@pytest.mark.usefixtures("at_once")
async def test_a_user_that_was_locked_out_is_not_tried_again(
    pg_own_server: LocalServer,
) -> None:
    with psycopg.connect(pg_own_server.dsn(), autocommit=True) as admin:
        admin.execute("create role ann login password 'old'")
        async with open_desk(
            make_conninfo(pg_own_server.dsn(), user="ann", password="old")
        ) as desk:
            await desk.run("select 1")
            admin.execute("alter role ann password 'new'")
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ann'"
            )
            await desk.run("select 2")
            await desk.until_told("not tried again by itself")
            assert "connection lost: F6 reopens" in desk.status
            assert entry_of(desk).retry is None


@pytest.mark.usefixtures("never")
async def test_leaving_and_disconnecting_end_the_attempts(target: str, proxy: TcpProxy) -> None:
    async with open_desk(target) as desk:
        await desk.run("begin")
        await lose(desk, proxy)
        entry = entry_of(desk)
        assert entry.retry is not None
        await desk.press("f2")
        await desk.until(lambda: desk.connections.has_focus, "the list")
        await desk.app.book.close(entry)
        assert entry.retry is None
        assert not entry.has_lost_transaction
        assert entry.state is ConnectionState.OFFLINE
        await desk.press("enter")
        await until_open(desk)
        await desk.press("f3")
        await lose(desk, proxy)
        assert entry.retry is not None
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running, "the end")
