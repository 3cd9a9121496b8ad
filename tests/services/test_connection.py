"""`Connection`: its states, its runs, its transactions, its second session."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import psycopg
import pytest

from tests.support.waiting import wait_until
from tusk.config.paths import Paths
from tusk.core.errors import ConnectError, UsageError
from tusk.core.events import BatchArrived, Failed, Finished, Paused
from tusk.services.connections import Connection, Target, resolve
from tusk.services.queries import RunOptions

LONG = "select count(*) from range(100000000000) a, range(1000) b where hash(a.range) = 1"


@pytest.fixture
def memory():
    connection = Connection(resolve("duckdb://"))
    connection.open()
    yield connection
    connection.close()


def state(connection: Connection) -> str:
    """Its state's name; a plain text, so that type checkers do not expect it to stay."""
    return connection.state.name


async def outcome(connection: Connection, sql: str) -> Finished | Failed:
    """Run a script and return how its last statement ended."""
    last: Finished | Failed | None = None
    async with connection.run(sql) as run:
        async for event in run:
            if isinstance(event, Finished | Failed):
                last = event
    assert last is not None
    return last


def test_states_follow_opening_and_closing() -> None:
    connection = Connection(resolve("duckdb://"))
    assert state(connection) == "OFFLINE"
    with pytest.raises(ConnectError, match="not open"):
        connection.run("select 1")
    connection.open()
    connection.open()
    assert state(connection) == "ONLINE"
    connection.close()
    connection.close()
    assert state(connection) == "OFFLINE"


def test_settings_that_cannot_be_read_keep_nobody_from_working() -> None:
    settings = Paths.find().settings_file
    connection = Connection(resolve("duckdb://"))
    settings.mkdir(parents=True)
    connection.open()
    assert state(connection) == "ONLINE"
    assert connection.recorder is None
    connection.close()


def test_a_failed_opening_is_kept_and_forgotten_by_closing() -> None:
    connection = Connection(Target("postgres", "x", {"host": "127.0.0.1", "port": "1"}))
    with pytest.raises(ConnectError) as caught:
        connection.open()
    assert state(connection) == "FAILED"
    assert connection.error is caught.value
    connection.close()
    assert state(connection) == "OFFLINE"


async def test_a_run_gives_its_rows(memory: Connection) -> None:
    rows = 0
    async with memory.run("select * from range(25)") as run:
        async for event in run:
            if isinstance(event, BatchArrived):
                rows += event.batch.num_rows
    assert rows == 25
    assert state(memory) == "ONLINE"


async def test_a_connection_is_busy_while_it_runs(memory: Connection) -> None:
    async with memory.run(LONG):
        assert state(memory) == "BUSY"
    assert state(memory) == "ONLINE"


async def test_running_again_cancels_what_ran(memory: Connection) -> None:
    first = memory.run(LONG)
    await first.__aenter__()
    ended = await outcome(memory, "select 1")
    assert isinstance(ended, Finished)
    assert first.is_over
    await first.__aexit__(None, None, None)


async def test_cancelling_ends_a_run_and_the_connection_goes_on(memory: Connection) -> None:
    memory.cancel()
    async with memory.run(LONG) as run:
        asyncio.get_running_loop().call_later(0.1, memory.cancel)
        async for _ in run:
            pass
    assert isinstance(await outcome(memory, "select 1"), Finished)


async def test_transactions_show_in_the_state(memory: Connection) -> None:
    memory.begin()
    assert state(memory) == "IN_TRANSACTION"
    await outcome(memory, "create table t (a int)")
    assert isinstance(await outcome(memory, "select * from nowhere"), Failed)
    memory.rollback()
    assert state(memory) == "ONLINE"
    memory.begin()
    await outcome(memory, "create table u (a int)")
    memory.commit()
    assert isinstance(await outcome(memory, "select * from u"), Finished)
    assert isinstance(await outcome(memory, "select * from t"), Failed)


async def test_a_transaction_cannot_be_ended_under_a_running_statement(memory: Connection) -> None:
    memory.begin()
    async with memory.run(LONG):
        with pytest.raises(UsageError, match="running"):
            memory.commit()
    memory.rollback()


async def test_a_result_that_waits_at_its_limit_does_not_block_a_commit(memory: Connection) -> None:
    memory.begin()
    async with memory.run("select * from range(1000)", RunOptions(fetch_limit=10)) as run:
        async for event in run:
            if isinstance(event, Paused):
                await asyncio.to_thread(memory.commit)
                assert memory.session.transaction.value == "idle"
    assert state(memory) == "ONLINE"


async def test_closing_ends_what_runs(memory: Connection) -> None:
    run = memory.run(LONG)
    await run.__aenter__()
    await asyncio.to_thread(memory.close)
    assert state(memory) == "OFFLINE"
    await asyncio.wait_for(run.__aexit__(None, None, None), 5)


async def test_the_catalogue_sees_what_the_session_made_and_waits_for_nothing(
    memory: Connection,
) -> None:
    await outcome(memory, "create table made_here (a int)")
    async with memory.run(LONG):
        reader = await asyncio.wait_for(asyncio.to_thread(memory.catalog), 5)
        relations = await asyncio.wait_for(asyncio.to_thread(reader.relations), 5)
        assert [r.name for r in relations] == ["made_here"]
        assert state(memory) == "BUSY"


def test_closing_while_connecting_leaves_nothing_open(monkeypatch) -> None:
    from tusk.services import connection as module

    is_open = threading.Event()
    proceed = threading.Event()
    made: list[object] = []
    real = module.open_session

    def slow(target: Target):
        is_open.set()
        proceed.wait(10)
        made.append(real(target))
        return made[-1]

    monkeypatch.setattr(module, "open_session", slow)
    connection = Connection(resolve("duckdb://"))
    thread = threading.Thread(target=connection.open)
    thread.start()
    is_open.wait(10)
    assert state(connection) == "CONNECTING"
    connection.close()
    proceed.set()
    thread.join()
    assert state(connection) == "OFFLINE"
    assert len(made) == 1


# ── on a server ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def server(pg_socket_dsn: str):
    connection = Connection(resolve(pg_socket_dsn))
    connection.open()
    yield connection
    connection.close()


async def test_a_failed_transaction_shows(server: Connection) -> None:
    server.begin()
    assert isinstance(await outcome(server, "select 1/0"), Failed)
    assert state(server) == "FAILED_TRANSACTION"
    server.rollback()
    assert state(server) == "ONLINE"


async def test_a_lost_connection_shows_and_can_be_opened_again(
    server: Connection, pg_socket_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tusk.services.connection")
    await outcome(server, "create temp table t (a int)")
    server.catalog().relations()
    with psycopg.connect(pg_socket_dsn, autocommit=True) as other:
        others = "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        other.execute(others + " where pid <> pg_backend_pid() and datname = current_database()")
    failed = await outcome(server, "select 1")
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ConnectError)
    assert state(server) == "LOST"
    server.reopen()
    assert state(server) == "ONLINE"
    assert isinstance(await outcome(server, "select 1"), Finished)
    assert server.catalog().relations() == []
    lost, back = (record for record in caplog.records if record.name.endswith(".connection"))
    assert (lost.levelname, back.levelname) == ("WARNING", "INFO")
    assert lost.message == f"{server.name}: {failed.error.message}"
    assert back.message == f"{server.name}: open again"


async def test_browsing_has_a_session_of_its_own(server: Connection, pg_socket_dsn: str) -> None:
    def sessions() -> int:
        with psycopg.connect(pg_socket_dsn, autocommit=True) as other:
            row = other.execute(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid()"
            ).fetchone()
            assert row is not None
            return int(row[0])

    assert sessions() == 1
    server.catalog().relations()
    server.catalog().relations()
    assert sessions() == 2
    server.close()
    wait_until(lambda: sessions() == 0, "both sessions are closed", 10)


def test_a_file_of_an_embedded_engine_can_be_browsed_while_it_is_open(tmp_path: Path) -> None:
    connection = Connection(resolve(f"duckdb://{tmp_path}/x.duckdb?create=true"))
    connection.open()
    assert connection.catalog().relations() == []
    connection.close()
