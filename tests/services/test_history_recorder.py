"""What is run is recorded, once for both front ends, and never in the way of what is run."""

from __future__ import annotations

import io
import logging
import os
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import wait_until
from tusk.config.paths import Paths
from tusk.config.settings import HistorySettings
from tusk.core.errors import QueryCancelled, QueryError
from tusk.core.events import Event, Failed, Finished, Paused
from tusk.core.masking import MASK
from tusk.core.params import UntypedText
from tusk.core.statement import Statement, split
from tusk.engines.base import Session, Target
from tusk.engines.registry import load_engine
from tusk.services import history_recorder
from tusk.services.connections import Connection, resolve
from tusk.services.exports import export
from tusk.services.history import HistoryEntry, Status
from tusk.services.history_recorder import MAX_TEXT, Recorder, process_recorder
from tusk.services.queries import RunOptions, run_statements
from tusk.store.history import HistoryFilter, HistoryStore


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder(Paths.find().history_file, HistorySettings())
    yield recorder
    recorder.close()


def entries(recorder: Recorder | None = None) -> list[HistoryEntry]:
    """What the file holds, the oldest first."""
    if recorder is not None:
        assert recorder.flush(20)
    store = HistoryStore(Paths.find().history_file)
    found = store.find(HistoryFilter())
    store.close()
    return found[::-1]


def run(session: Session, sql: str, recorder: Recorder | None, **options: Any) -> list[Event]:
    events: list[Event] = []
    statements = split(sql, session.dialect)
    run_statements(session, statements, events.append, RunOptions(recorder=recorder, **options))
    return events


def test_each_statement_is_recorded_with_how_it_went(session: Session, recorder: Recorder) -> None:
    before = time.time()
    run(session, "create table t (a int); insert into t values (1), (2); from t; selec", recorder)
    made, inserted, read, wrong = entries(recorder)
    assert (made.text, made.status, made.rows) == ("create table t (a int)", Status.OK, None)
    assert (inserted.affected, read.rows) == (2, 2)
    assert (read.connection, read.engine, read.is_complete) == ("memory", "duckdb", True)
    assert before <= made.started_at <= wrong.started_at <= time.time()
    assert 0 < read.duration_s < time.time() - before
    assert wrong.status is Status.FAILED
    assert "syntax error" in wrong.error


def test_a_result_cut_at_the_limit_is_recorded_as_incomplete(
    session: Session, recorder: Recorder
) -> None:
    run(session, "from range(100)", recorder, fetch_limit=10)
    [entry] = entries(recorder)
    assert (entry.rows, entry.is_complete) == (10, False)


class _Pager:
    """Looks into the history at the limit, then fetches on."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.seen: list[HistoryEntry] = []

    def wait(self, rows: int, timeout_s: float | None) -> int | None:
        self.seen += entries(self._recorder)
        return None


def test_a_paused_statement_is_in_the_history_already_and_once_only(
    session: Session, recorder: Recorder
) -> None:
    pager = _Pager(recorder)
    options = RunOptions(fetch_limit=10, recorder=recorder)
    run_statements(session, [Statement("from range(100)")], lambda _: None, options, pager)
    [paused], [ended] = pager.seen, entries(recorder)
    assert (paused.rows, paused.is_complete) == (10, False)
    assert (ended.id, ended.rows, ended.is_complete) == (paused.id, 100, True)


def test_secrets_and_parameters_do_not_reach_the_file(session: Session, recorder: Recorder) -> None:
    run(session, "create secret s (type s3, key_id 'AKIA', secret 'hunter2')", recorder)
    run(session, "create role ann password 'hunter2'", recorder)
    run(session, "select :a", recorder, parameters={"a": "hunter2"})
    found = entries(recorder)
    assert [e.is_masked for e in found] == [True, True, False]
    assert all(MASK in e.text for e in found[:2])
    assert found[1].status is Status.FAILED
    assert found[1].error
    files = Paths.find().history_file.parent.glob("history.db*")
    assert not any(b"hunter2" in path.read_bytes() for path in files)


def test_parameters_are_kept_when_that_is_wanted(session: Session) -> None:
    recorder = Recorder(Paths.find().history_file, HistorySettings(keep_parameters=True))
    values = {"a": 5, "b": UntypedText("x y")}
    run(session, "select :a, :b", recorder, parameters=values)
    assert [e.parameters for e in entries(recorder)] == [("a:int=5", "b=x y")]
    recorder.close()


def test_a_long_statement_is_cut_before_the_string_that_the_cut_goes_through(
    session: Session, recorder: Recorder
) -> None:
    text = "select 'short', '" + "x" * MAX_TEXT + "hunter2' as a"
    run(session, text, recorder)
    run(session, f"select 1 as {'a' * 50}, " + "1," * MAX_TEXT + "1", recorder)
    cut, many = entries(recorder)
    assert cut.is_cut
    assert cut.text == "select 'short', "
    assert many.is_cut
    assert MAX_TEXT - 10 < len(many.text) <= MAX_TEXT


def test_a_sink_that_fails_is_not_the_end_of_the_record(
    session: Session, recorder: Recorder
) -> None:
    def sink(event: Event) -> None:
        if type(event).__name__ == "BatchArrived":
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run_statements(session, [Statement("from range(9)")], sink, RunOptions(recorder=recorder))
    [entry] = entries(recorder)
    assert entry.status is Status.CANCELLED
    assert "seen enough" in entry.error


def test_a_statement_that_runs_while_tusk_ends_is_recorded(
    session: Session, recorder: Recorder
) -> None:
    recorder.begin(session, Statement("select pg_sleep(1000)"))
    recorder.close()
    [entry] = entries()
    assert (entry.text, entry.status) == ("select pg_sleep(1000)", Status.CANCELLED)
    assert "ended before" in entry.error


def test_exports_are_recorded(session: Session, recorder: Recorder, folder: Path) -> None:
    statements = [Statement("select 1 as a"), Statement("from range(5)")]
    export(session, statements, folder / "a.csv", "csv", run=RunOptions(recorder=recorder))
    export(session, statements[1], io.BytesIO(), "json", run=RunOptions(recorder=recorder))
    with pytest.raises(QueryError):
        export(session, Statement("x"), folder / "b.csv", "csv", run=RunOptions(recorder=recorder))
    found = [(e.text, e.rows, e.status) for e in entries(recorder)]
    assert found == [
        ("select 1 as a", 1, Status.OK),
        ("from range(5)", 5, Status.OK),
        ("from range(5)", 5, Status.OK),
        ("x", None, Status.FAILED),
    ]


def test_a_server_that_writes_the_csv_is_recorded_once(
    pg_db: str, recorder: Recorder, folder: Path
) -> None:
    session = load_engine("postgres").connect(resolve(pg_db))
    run_ = RunOptions(recorder=recorder)
    export(session, Statement("select generate_series(1, 7)"), folder / "a.csv", "csv", run=run_)
    export(session, Statement("show server_version"), folder / "b.csv", "csv", run=run_)
    with pytest.raises(QueryError):
        export(session, Statement("select 1/0"), folder / "c.csv", "csv", run=run_)
    session.close()
    copied, shown, failed = entries(recorder)
    assert (copied.text, copied.rows) == ("select generate_series(1, 7)", 7)
    assert (shown.text, shown.rows) == ("show server_version", 1)
    assert (failed.sqlstate, failed.status) == ("22012", Status.FAILED)


def test_a_servers_message_about_a_secret_is_masked(pg_db: str, recorder: Recorder) -> None:
    session = load_engine("postgres").connect(resolve(pg_db))
    run(session, "create role tusk_x password 'hunter2' nonsense", recorder)
    run(session, "create role tusk_x password hunter2", recorder)
    run(session, "create role tusk_x passwrd 'hunter2'", recorder)
    session.close()
    for entry in entries(recorder)[:2]:
        assert entry.sqlstate == "42601"
        assert "hunter2" not in entry.text + entry.error
        assert MASK in entry.error


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_the_place_of_a_file_is_kept(engine: str, tmp_path: Path, recorder: Recorder) -> None:
    path = tmp_path / "here.db"
    session = load_engine(engine).connect(
        Target(engine, "here.db", {"path": str(path), "create": "true"})
    )
    run(session, "select 1", recorder)
    session.close()
    assert [(e.connection, e.location) for e in entries(recorder)] == [("here.db", str(path))]


def test_a_connection_can_be_left_out(recorder: Recorder) -> None:
    target = Target("duckdb", "private", {"path": ""}, keeps_history=False)
    session = load_engine("duckdb").connect(target)
    run(session, "select 1", recorder)
    session.close()
    assert entries(recorder) == []


async def test_runs_of_a_connection_are_recorded(tmp_path: Path) -> None:
    connection = Connection(resolve("duckdb://"))
    connection.open()
    for sql, in_history in (("select 1 as a", True), ("select 2", False), ("from range(50)", True)):
        options = RunOptions(fetch_limit=10)
        async with connection.run(sql, options, in_history=in_history) as run_:
            async for event in run_:
                if isinstance(event, Paused):
                    run_.stop_fetching()
    found = entries(connection.recorder)
    connection.close()
    assert [(e.text, e.rows, e.is_complete) for e in found] == [
        ("select 1 as a", 1, True),
        ("from range(50)", 10, False),
    ]


async def test_a_cancelled_run_is_recorded_as_cancelled() -> None:
    connection = Connection(resolve("duckdb://"))
    connection.open()
    long = "select count(*) from range(100000000000) a, range(1000) b where hash(a.range) = 1"
    async with connection.run(long) as run_:
        wait_until(lambda: connection.state.name == "BUSY", "the statement runs")
        run_.cancel()
    [entry] = entries(connection.recorder)
    connection.close()
    assert (entry.text, entry.status) == (long, Status.CANCELLED)


def test_settings_turn_it_off_and_limit_it(session: Session) -> None:
    assert process_recorder(HistorySettings(enabled=False)) is None
    settings = HistorySettings(keep_statements=2)
    recorder = process_recorder(settings)
    assert recorder is process_recorder(settings)
    for number in range(4):
        run(session, f"select {number}", recorder)
    assert [e.text for e in entries(recorder)] == ["select 2", "select 3"]


def test_a_locked_file_delays_no_statement_and_what_waits_is_written_later(
    session: Session, recorder: Recorder
) -> None:
    run(session, "select 'first'", recorder)
    path = Paths.find().history_file
    assert len(entries(recorder)) == 1
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("begin immediate")
    for number in range(3):
        assert isinstance(run(session, f"select {number}", recorder)[-1], Finished)
    assert not recorder.flush(0)
    lock.execute("rollback")
    lock.close()
    assert [e.text for e in entries(recorder)] == [
        "select 'first'", "select 0", "select 1", "select 2",
    ]  # fmt: skip


def test_what_cannot_be_written_is_a_warning_said_once(
    session: Session, recorder: Recorder, caplog
) -> None:
    path = Paths.find().history_file
    path.mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert isinstance(run(session, "select 1", recorder)[-1], Finished)
        assert recorder.flush(20)
    assert len(caplog.records) == 1
    assert "not recorded" in caplog.text
    path.rmdir()
    run(session, "select 'again'", recorder)
    assert [e.text for e in entries(recorder)] == ["select 'again'"]


def test_more_than_can_wait_drops_the_oldest(session: Session, recorder: Recorder, monkeypatch):
    monkeypatch.setattr(history_recorder, "_MOST_WAITING", 2)
    run(session, "select 0", recorder)
    assert len(entries(recorder)) == 1
    lock = sqlite3.connect(Paths.find().history_file, isolation_level=None)
    lock.execute("begin immediate")
    for number in range(1, 6):
        run(session, f"select {number}", recorder)
    lock.execute("rollback")
    lock.close()
    found = [e.text for e in entries(recorder)]
    assert found[0] == "select 0"
    assert found[-2:] == ["select 4", "select 5"]


def test_the_thread_ends_when_nobody_works_and_comes_back(session: Session, monkeypatch) -> None:
    monkeypatch.setattr(history_recorder, "_IDLE_S", 0.05)
    recorder = Recorder(Paths.find().history_file, HistorySettings())
    for number in range(2):
        run(session, f"select {number}", recorder)
        assert recorder.flush(20)
        wait_until(lambda: recorder._thread is None, "the thread has ended")
    assert len(entries(recorder)) == 2


ENDS = """
import os, sys, threading
sys.path[:0] = {path!r}
from tusk.config.settings import HistorySettings
from tusk.core.statement import Statement
from tusk.services.connections import open_session, resolve
from tusk.services.history_recorder import process_recorder
from tusk.services.queries import RunOptions, run_statements
session = open_session(resolve("duckdb://"))
options = RunOptions(recorder=process_recorder(HistorySettings()))
run_statements(session, [Statement("select 'at once'")], lambda _: None, options)
{end}
"""


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise RuntimeError"])
def test_a_process_that_ends_at_once_has_recorded_all(end: str) -> None:
    program = textwrap.dedent(ENDS).format(path=sys.path, end=end)
    subprocess.run([sys.executable, "-c", program], capture_output=True, env=dict(os.environ))
    assert [e.text for e in entries()] == ["select 'at once'"]


def test_a_process_with_a_locked_history_ends_all_the_same() -> None:
    store = HistoryStore(Paths.find().history_file)
    lock = sqlite3.connect(Paths.find().history_file, isolation_level=None)
    lock.execute("begin immediate")
    program = textwrap.dedent(ENDS).format(path=sys.path, end="print('done')")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    lock.execute("rollback")
    lock.close()
    store.close()
    assert done.returncode == 0
    assert done.stdout == b"done\n"


def test_events_are_passed_on_unchanged(session: Session, recorder: Recorder) -> None:
    with_history = run(session, "select 1; x", recorder, stop_on_error=False)
    without = run(session, "select 1; x", None, stop_on_error=False)
    assert [type(e) for e in with_history] == [type(e) for e in without]


def test_a_cancelled_statement_of_a_script_is_known_from_those_that_did_not_run(
    session: Session, recorder: Recorder
) -> None:
    class Cancels:
        """A session whose second statement is cancelled."""

        target, dialect = session.target, session.dialect

        def execute(self, statement: Statement, *args: Any, **kwargs: Any) -> Any:
            if statement.text == "select 2":
                raise QueryCancelled("cancelled")
            return session.execute(statement, *args, **kwargs)

    events: list[Event] = []
    statements = split("select 1; select 2; select 3", session.dialect)
    run_statements(Cancels(), statements, events.append, RunOptions(recorder=recorder))  # type: ignore[arg-type]
    assert isinstance(events[-1], Failed)
    assert [(e.text, e.status) for e in entries(recorder)] == [
        ("select 1", Status.OK),
        ("select 2", Status.CANCELLED),
    ]


def test_an_outcome_of_unknown_kind_is_logged_and_stops_nothing(
    session: Session, recorder: Recorder, monkeypatch, caplog
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(history_recorder.Recording, "entry", fails)
        run(session, "select 1", recorder)
        assert recorder.flush(20)
    assert "a defect" in caplog.text
    run(session, "select 2", recorder)
    assert [e.text for e in entries(recorder)] == ["select 2"]
    assert replace(entries()[0], id=1).id == 1
