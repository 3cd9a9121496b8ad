"""`QueryRun` over every engine: what a front end sees of a script, and how it stops it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from tests.engines.kits import Kit
from tusk.core.errors import QueryCancelled, QueryError, UsageError
from tusk.core.events import (
    BatchArrived,
    Event,
    Failed,
    Finished,
    NoticeArrived,
    Paused,
    ResultOpened,
    Started,
)
from tusk.core.right_of_way import RIGHT_OF_WAY
from tusk.core.statement import split
from tusk.engines.base import Session, TransactionState
from tusk.services import queries, query_run
from tusk.services.queries import RunOptions, check_parameters, run_statements
from tusk.services.query_run import QueryRun

AN_HOUR_S = 3600


def names(events: Sequence[Event]) -> list[str]:
    """Event names in order, runs of the same one shortened to one."""
    found = [type(event).__name__ for event in events]
    return [n for i, n in enumerate(found) if i == 0 or found[i - 1] != n]


def start(session: Session, script: str, **options: Any) -> QueryRun:
    return QueryRun(session, split(script, session.dialect), RunOptions(**options))


async def collect(run: QueryRun) -> list[Event]:
    async with run:
        return [event async for event in run]


async def until(run: QueryRun, kind: type[Event]) -> Any:
    """Read on to an event of this kind."""
    async for event in run:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind.__name__} came")


async def until_it_waits_for_its_reader(run: QueryRun) -> None:
    """Wait until as many events as may wait are unread."""
    while run._events.qsize() < query_run._UNREAD_EVENTS:
        await asyncio.sleep(0.005)


async def test_a_script_tells_what_happens_in_order(kit: Kit, session: Session):
    script = f"create table t (a integer); insert into t values (1), (2); {kit.rows(5)}"
    events = await collect(start(session, script, budget_bytes=2**20))
    assert names(events) == [
        "Started", "Finished",
        "Started", "Finished",
        "Started", "ResultOpened", "BatchArrived", "Finished",
    ]  # fmt: skip
    finished = [e for e in events if isinstance(e, Finished)]
    assert [(e.rows, e.affected) for e in finished[1:]] == [(None, 2), (5, None)]
    assert all(e.is_complete for e in finished)
    (opened,) = [e for e in events if isinstance(e, ResultOpened)]
    assert opened.buffer is not None
    assert opened.buffer.num_rows == 5
    opened.buffer.close()


async def test_a_run_stands_still_while_somebody_has_the_right_of_way(kit: Kit, session: Session):
    RIGHT_OF_WAY.claim(AN_HOUR_S)
    try:
        run = start(session, kit.rows(5))
        async with run:
            reading = asyncio.create_task(until(run, Finished))
            done, _ = await asyncio.wait([reading], timeout=0.1)
            assert not done
            RIGHT_OF_WAY.end_claim()
            assert (await reading).rows == 5
    finally:
        RIGHT_OF_WAY.end_claim()


async def test_an_error_ends_a_script_or_not(kit: Kit, session: Session):
    script = "select 1 as a; select nonsense from nonsense; select 2 as a"
    events = await collect(start(session, script))
    assert [type(e) for e in events if isinstance(e, Finished | Failed)] == [Finished, Failed]
    events = await collect(start(session, script, stop_on_error=False))
    assert [type(e) for e in events if isinstance(e, Finished | Failed)] == [
        Finished, Failed, Finished,
    ]  # fmt: skip


async def test_a_run_pauses_at_its_limit_and_fetches_on(kit: Kit, session: Session):
    run = start(session, f"select * from ({kit.rows(30_000)}) q order by n", fetch_limit=1000)
    async with run:
        rows = 0
        pauses: list[int] = []
        values: list[Any] = []
        async for event in run:
            match event:
                case BatchArrived():
                    rows += event.batch.num_rows
                    values += event.batch.column(0).to_pylist()
                case Paused():
                    assert event.rows == rows
                    assert run.is_paused
                    pauses.append(rows)
                    run.fetch(500 if len(pauses) < 3 else None)
                case Finished():
                    assert event.is_complete
                    assert event.rows == 30_000
                case _:
                    pass
    assert pauses == [1000, 1500, 2000]
    assert values == list(range(30_000))


async def test_a_result_as_long_as_the_limit_does_not_pause(kit: Kit, session: Session):
    events = await collect(start(session, kit.rows(1000), fetch_limit=1000))
    assert "Paused" not in names(events)
    assert isinstance(events[-1], Finished)
    assert events[-1].is_complete


async def test_a_paused_run_can_let_the_rest_go(kit: Kit, session: Session):
    run = start(session, kit.endless_rows, fetch_limit=300)
    async with run:
        await until(run, Paused)
        run.stop_fetching()
        finished = await until(run, Finished)
    assert (finished.rows, finished.is_complete) == (300, False)
    assert kit.run(session, "select 1 as a").value == 1


async def test_leaving_a_paused_run_frees_the_session(kit: Kit, session: Session):
    run = start(session, kit.endless_rows, fetch_limit=300)
    async with run:
        await until(run, Paused)
    assert run.is_over
    assert session.transaction is TransactionState.IDLE
    assert kit.run(session, "select 1 as a").value == 1


async def test_cancelling_a_run_ends_statement_and_script(kit: Kit, session: Session):
    run = start(session, f"{kit.endless_work}; select 2 as a", stop_on_error=False)
    async with run:
        await until(run, Started)
        await asyncio.to_thread(kit.wait_until_working)
        run.cancel()
        events = [event async for event in run]
    # Some engines know the schema long before the first row, or have something to say.
    assert {type(e) for e in events[:-1]} <= {ResultOpened, NoticeArrived}
    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, QueryCancelled)
    assert kit.run(session, "select 1 as a").value == 1


async def test_a_cancel_at_any_moment_ends_the_run(kit: Kit, session: Session):
    for number in range(12):
        run = start(session, kit.endless_work)
        async with run:
            await asyncio.sleep(number * 0.002)
            run.cancel()
            events = [event async for event in run]
        assert {type(e) for e in events} <= {Started, Failed, ResultOpened, NoticeArrived}
    assert kit.run(session, "select 1 as a").value == 1


async def test_leaving_a_running_run_cancels_it(kit: Kit, session: Session):
    async with start(session, kit.endless_work) as run:
        await until(run, Started)
    assert kit.run(session, "select 1 as a").value == 1


async def test_a_reader_that_stops_reading_does_not_block_the_end(kit: Kit, session: Session):
    run = start(session, kit.endless_rows)
    async with run:
        await until(run, BatchArrived)
        await until_it_waits_for_its_reader(run)
    assert kit.run(session, "select 1 as a").value == 1


async def test_a_slow_reader_slows_the_fetching_down(kit: Kit, session: Session):
    run = start(session, kit.endless_rows)
    async with run:
        for _ in range(3):
            await until(run, BatchArrived)
            await until_it_waits_for_its_reader(run)
            assert run._events.qsize() <= query_run._UNREAD_EVENTS


async def test_a_run_supersedes_an_earlier_one(kit: Kit, session: Session):
    first = start(session, kit.endless_work)
    await first.__aenter__()
    await until(first, Started)
    second = QueryRun(session, split("select 7 as a", session.dialect), RunOptions(), after=first)
    events = await collect(second)
    assert names(events) == ["Started", "ResultOpened", "BatchArrived", "Finished"]
    assert first.is_over
    rest = [event async for event in first]
    assert isinstance(rest[-1], Failed)


async def test_a_run_supersedes_a_paused_one(kit: Kit, session: Session):
    first = start(session, kit.endless_rows, fetch_limit=100)
    await first.__aenter__()
    await until(first, Paused)
    second = QueryRun(session, split("select 7 as a", session.dialect), RunOptions(), after=first)
    events = await collect(second)
    assert isinstance(events[-1], Finished)
    assert kit.run(session, "select 1 as a").value == 1


async def test_many_runs_one_after_another_never_hit_each_other(kit: Kit, session: Session):
    before: QueryRun | None = None
    for number in range(25):
        run = QueryRun(session, split(kit.rows(500), session.dialect), RunOptions(), after=before)
        await run.__aenter__()
        if number % 3:
            await asyncio.sleep(0.001 * (number % 5))
        before = run
    assert before is not None
    events = [event async for event in before]
    assert isinstance(events[-1], Finished)
    assert events[-1].rows == 500


async def test_the_held_rows_of_a_server_are_let_go_after_a_while(
    kit: Kit, session: Session, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queries, "HOLD_PAUSED_S", 0.2)
    run = start(session, f"select * from ({kit.rows(5000)}) q order by n", fetch_limit=1000)
    async with run:
        assert (await until(run, Paused)).is_held
        if kit.name == "postgres":
            assert not (await until(run, Paused)).is_held
            assert session.transaction is TransactionState.IDLE
        run.fetch(None)
        values: list[Any] = []
        notices: list[str] = []
        async for event in run:
            match event:
                case BatchArrived():
                    values += event.batch.column(0).to_pylist()
                case NoticeArrived():
                    notices.append(event.notice.message)
                case Finished():
                    assert event.is_complete
                    assert event.rows == 5000
                case _:
                    pass
    assert values == list(range(1000, 5000))
    assert bool(notices) == (kit.name == "postgres")
    assert all("run again" in notice for notice in notices)


async def test_time_spent_paused_is_not_counted(
    kit: Kit, session: Session, monkeypatch: pytest.MonkeyPatch
):
    run = start(session, kit.rows(5000), fetch_limit=1000)
    async with run:
        await until(run, Paused)
        clock = time.perf_counter
        monkeypatch.setattr(time, "perf_counter", lambda: clock() + AN_HOUR_S)
        run.fetch(None)
        finished = await until(run, Finished)
    assert 0 < finished.timing.first_row_s <= finished.timing.total_s < AN_HOUR_S


def test_without_a_pager_the_limit_is_the_end(kit: Kit, session: Session):
    events: list[Event] = []
    statements = split(kit.endless_rows, session.dialect)
    assert run_statements(session, statements, events.append, RunOptions(fetch_limit=250))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert (finished.rows, finished.is_complete) == (250, False)
    assert kit.run(session, "select 1 as a").value == 1


def test_a_sink_that_fails_ends_the_run_and_frees_the_session(kit: Kit, session: Session):
    def sink(event: Event) -> None:
        if isinstance(event, BatchArrived):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run_statements(session, split(kit.endless_rows, session.dialect), sink, RunOptions())
    assert kit.run(session, "select 1 as a").value == 1


def test_missing_parameters_are_named_before_anything_runs(kit: Kit, session: Session):
    statements = split("select :a as a; select :b as b, :c as c", session.dialect)
    check_parameters(session, statements, {"a", "b", "c"})
    with pytest.raises(UsageError, match=":b, :c"):
        check_parameters(session, statements, {"a"})


def test_an_error_in_a_run_is_a_query_error(kit: Kit, session: Session):
    events: list[Event] = []
    statements = split("select nonsense_column as a", session.dialect)
    assert not run_statements(session, statements, events.append, RunOptions())
    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, QueryError)
    assert events[-1].error.position == 7
