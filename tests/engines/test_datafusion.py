"""DataFusion: files as tables, and a process that is ended when nothing else stops it."""

from __future__ import annotations

import builtins
import contextlib
import errno
import gzip
import importlib.util
import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.waiting import is_alive, wait_until
from tusk.core.dialect import quote_text
from tusk.core.errors import (
    ConnectError,
    ConnectionLost,
    MissingExtraError,
    QueryCancelled,
    QueryError,
    StorageError,
)
from tusk.core.events import Notice
from tusk.core.installation import how_to_install
from tusk.core.statement import Statement
from tusk.engines.base import Session, Target, TransactionState
from tusk.engines.datafusion.engine import DataFusionEngine
from tusk.engines.datafusion.errors import readable
from tusk.engines.datafusion.session import DataFusionSession
from tusk.engines.registry import load_engine
from tusk.engines.target import parse_target

pytest.importorskip("datafusion")

Connect = Callable[..., DataFusionSession]
SERIES = "generate_series(1, 300000)"
# Joins that DataFusion computes to the end of their input whoever has lost interest.
STUBBORN = f"select count(*) from {SERIES} a, {SERIES} b where a.value + b.value < 0"
STUBBORN_DDL = f"create table t as {STUBBORN}"


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens targets, closed after the test."""
    made: list[DataFusionSession] = []

    def open_one(text: str = "datafusion://", **changes: Any) -> DataFusionSession:
        session = DataFusionEngine().connect(replace(parse_target(text), **changes))
        made.append(session)
        return session

    yield open_one
    for session in made:
        session.close()


def run(session: Session, text: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    cursor = session.execute(Statement(text), parameters)
    return [
        row
        for batch in cursor.batches()
        for row in zip(*(c.to_pylist() for c in batch.columns), strict=True)
    ]


def worker_of(session: DataFusionSession) -> psutil.Process:
    """The process that serves a session."""
    channel = session._channel
    assert channel is not None
    return psutil.Process(channel.process._process.pid)


def used_s(process: psutil.Process) -> float:
    """Processor time a process has used."""
    return sum(process.cpu_times()[:2])


def wait_until_working(session: DataFusionSession) -> None:
    """Wait until DataFusion computes what the session runs."""
    worker = worker_of(session)
    enough = used_s(worker) + 0.2
    wait_until(lambda: used_s(worker) > enough, "DataFusion works")


def cancel_soon(session: DataFusionSession) -> None:
    def work() -> None:
        wait_until_working(session)
        session.cancel()

    threading.Thread(target=work).start()


# ── files ────────────────────────────────────────────────────────────────────────────────────


def test_the_files_of_a_folder_are_tables(tmp_path: Path, connect: Connect):
    (tmp_path / "Sales 2024.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "tabs.tsv").write_text("a\tb\n1\tx\n")
    (tmp_path / "lines.jsonl").write_text('{"a": 1}\n{"a": 2}\n')
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(b"a\n1\n2\n3\n"))
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "one.parquet")
    (tmp_path / "parts" / "deep").mkdir(parents=True)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "parts" / "x.parquet")
    pq.write_table(pa.table({"a": [2]}), tmp_path / "parts" / "deep" / "y.parquet")
    (tmp_path / "notes.txt").write_text("no table")
    session = connect(f"datafusion://{tmp_path}")
    names = "select table_name from information_schema.tables where table_schema = 'public'"
    assert sorted(name for (name,) in run(session, names)) == [
        "Sales_2024", "lines", "one", "packed", "parts", "tabs",
    ]  # fmt: skip
    counts = {"Sales_2024": 2, "lines": 2, "one": 2, "packed": 3, "parts": 2, "tabs": 1}
    for name, count in counts.items():
        assert run(session, f'select count(*) from "{name}"') == [(count,)], name


def test_files_with_the_same_name_get_numbers(tmp_path: Path, connect: Connect):
    (tmp_path / "x.csv").write_text("a\n1\n")
    (tmp_path / "x.tsv").write_text("a\n1\n2\n")
    session = connect(f"datafusion://{tmp_path}")
    assert run(session, "select count(*) from x") == [(1,)]
    assert run(session, "select count(*) from x_2") == [(2,)]


def test_a_broken_file_does_not_keep_the_others_away(tmp_path: Path, connect: Connect):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "good.csv").write_text("a\n1\n")
    session = connect(f"datafusion://{tmp_path}")
    assert run(session, "select a from good") == [(1,)]
    details = session.test().details
    assert list(details) == ["not read: bad.parquet"]


@pytest.mark.parametrize("name", ["a b.csv", "it's.csv", "é漢🦆.csv"])
def test_any_file_is_a_table_by_its_path(tmp_path: Path, connect: Connect, name: str):
    path = tmp_path / name
    path.write_text("a,b\n1,x\n")
    assert run(connect(), f"select a, b from {quote_text(str(path))}") == [(1, "x")]
    assert run(connect(f"datafusion://{path}".replace("%", "%25")), "show tables")


def test_what_is_not_there_is_a_connect_error(tmp_path: Path, connect: Connect):
    with pytest.raises(ConnectError, match="there is no file or folder"):
        connect(f"datafusion://{tmp_path / 'missing'}")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(ConnectError, match=r"bad\.parquet"):
        connect(f"datafusion://{tmp_path / 'bad.parquet'}")


def test_a_startup_statement_that_fails_is_a_connect_error():
    target = Target("datafusion", "test", {"path": ""}, startup_sql=["select nonsense"])
    with pytest.raises(ConnectError, match="nonsense"):
        DataFusionEngine().connect(target)


@pytest.mark.parametrize("url", ["datafusion://", "duckdb://"])
def test_no_place_for_temporary_files_is_said(url: str, monkeypatch: pytest.MonkeyPatch):
    def full(**_: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    target = parse_target(url)
    with pytest.raises(StorageError, match=r"temporary files in .*: no space left") as caught:
        load_engine(target.engine).connect(target)
    assert "TMPDIR" in caught.value.hint


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    find = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> Any:
        return None if name == "datafusion" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(MissingExtraError) as caught:
        DataFusionEngine().connect(parse_target("datafusion://"))
    assert caught.value.hint == how_to_install("datafusion")


def test_the_engine_itself_does_not_import_datafusion(monkeypatch: pytest.MonkeyPatch):
    imported: list[str] = []
    real = builtins.__import__

    def watch(name: str, *arguments: Any, **more: Any) -> Any:
        imported.append(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", watch)
    session = DataFusionEngine().connect(parse_target("datafusion://"))
    assert run(session, "select 1") == [(1,)]
    session.close()
    assert not [name for name in imported if name.partition(".")[0] == "datafusion"]


# ── sessions and their process ───────────────────────────────────────────────────────────────


def test_siblings_share_tables_and_the_process_ends_with_the_last(connect: Connect):
    session = connect()
    run(session, "create table t as select 1 as a")
    sibling = session.sibling()
    worker = worker_of(session)
    assert worker_of(sibling).pid == worker.pid
    assert run(sibling, "select a from t") == [(1,)]
    session.close()
    assert run(sibling, "select a from t") == [(1,)]
    sibling.close()
    assert not is_alive(worker.pid)


def test_a_sibling_answers_while_a_statement_runs(connect: Connect):
    session = connect()
    sibling = session.sibling()
    cancel_soon(session)
    thread = threading.Thread(target=lambda: pytest.raises(QueryCancelled, run, session, STUBBORN))
    thread.start()
    wait_until(lambda: session.transaction is TransactionState.ACTIVE, "busy")
    assert run(sibling, "select 7") == [(7,)]
    thread.join()
    sibling.close()


@pytest.mark.parametrize("text", [STUBBORN, STUBBORN_DDL])
def test_a_cancelled_statement_really_stops(connect: Connect, text: str):
    session = connect()
    run(session, "create table mine as select 1 as a")
    before = worker_of(session)
    cancel_soon(session)
    with pytest.raises(QueryCancelled) as caught:
        run(session, text)
    # Either it gave up by itself, or its process is gone: nobody computes on.
    if before.is_running() and before.status() != psutil.STATUS_ZOMBIE:
        used = used_s(before)
        time.sleep(0.5)  # the window that is measured: calm is that nothing happens in it
        assert used_s(before) - used < 0.2
        assert run(session, "select a from mine") == [(1,)]
    else:
        assert "made in this session are gone" in caught.value.hint
        with pytest.raises(QueryError, match="mine"):
            run(session, "select a from mine")
    assert run(session, "select 1") == [(1,)]


def test_an_early_end_that_costs_the_process_is_told(connect: Connect):
    session = connect()
    notices: list[Notice] = []
    worker = worker_of(session)
    cursor = session.execute(Statement(STUBBORN), on_notice=notices.append)
    batches = cursor.batches()

    def stop() -> None:
        wait_until_working(session)
        cursor._exchange.running.stop()

    threading.Thread(target=stop).start()
    with pytest.raises(QueryCancelled):
        next(batches)
    cursor.close()
    assert bool(notices) <= (not is_alive(worker.pid))
    assert run(session, "select 1") == [(1,)]


def test_ten_stubborn_statements_in_a_row_leave_a_session_that_works(
    tmp_path: Path, connect: Connect
):
    pq.write_table(pa.table({"a": list(range(1000))}), tmp_path / "x.parquet")
    session = connect(f"datafusion://{tmp_path}")
    for _ in range(10):
        threading.Timer(0.05, session.cancel).start()
        with contextlib.suppress(QueryCancelled):
            run(session, STUBBORN)
    query = "select a % 3 as r, count(*) as c from x group by 1 order by 1"
    assert run(session, query) == [(0, 334), (1, 333), (2, 333)]


def test_a_process_that_dies_is_a_lost_connection(connect: Connect):
    session = connect()
    worker = worker_of(session)

    def kill() -> None:
        wait_until_working(session)
        os.kill(worker.pid, signal.SIGKILL)

    threading.Thread(target=kill).start()
    with pytest.raises(ConnectionLost) as caught:
        run(session, STUBBORN)
    assert "ended unexpectedly" in caught.value.message
    session.reopen()
    assert run(session, "select 1") == [(1,)]
    assert worker_of(session).pid != worker.pid


def test_the_process_ends_when_tusk_is_killed(tmp_path: Path):
    program = (
        "import sys; from tusk.engines.datafusion.engine import DataFusionEngine\n"
        "from tusk.engines.target import parse_target\n"
        "session = DataFusionEngine().connect(parse_target('datafusion://'))\n"
        "print(session._channel.process._process.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    import subprocess
    import sys

    tusk = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert tusk.stdout is not None
    worker = int(tusk.stdout.readline())
    assert is_alive(worker)
    tusk.kill()
    tusk.communicate()
    wait_until(lambda: not is_alive(worker), "the worker is gone")


def test_a_hostile_module_in_the_current_folder_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connect: Connect
):
    for name in ("datafusion.py", "json.py", "pyarrow.py"):
        (tmp_path / name).write_text("open('owned', 'w').close()")
    monkeypatch.chdir(tmp_path)
    assert run(connect(), "select 1") == [(1,)]
    assert not (tmp_path / "owned").exists()


def test_a_cancel_while_the_process_starts_again_counts(connect: Connect):
    session = connect()
    worker = worker_of(session)
    worker.kill()
    worker.wait()  # a process whose first thread has ended may have others for a moment
    threading.Timer(0.05, session.cancel).start()
    with pytest.raises(QueryCancelled):
        run(session, STUBBORN)
    assert run(session, "select 1") == [(1,)]


# ── results, parameters, errors ──────────────────────────────────────────────────────────────


def test_the_type_of_a_parameter_is_that_of_the_column(connect: Connect):
    cursor = connect().execute(Statement("select :a as a, :b as b"), {"a": 1, "b": "x"})
    assert cursor.schema is not None
    assert [str(f.type) for f in cursor.schema] == ["int64", "string"]
    assert [b.to_pydict() for b in cursor.batches()] == [{"a": [1], "b": ["x"]}]


def test_no_rows_of_a_parameter_are_no_error(connect: Connect):
    cursor = connect().execute(Statement("select :a as a where 1 = 0"), {"a": 1})
    assert sum(b.num_rows for b in cursor.batches()) == 0


def test_writing_a_file_is_counted(tmp_path: Path, connect: Connect):
    session = connect()
    out = tmp_path / "x.csv"
    cursor = session.execute(Statement(f"copy (values (1), (2)) to '{out}'"))
    assert (cursor.schema, cursor.affected_rows, cursor.tag) == (None, 2, "COPY 2")
    assert out.read_text().split() == ["column1", "1", "2"]


MANY_TEXTS = "(select value as v, repeat('x', 100) || value as t from generate_series(1, 300000))"


@pytest.mark.parametrize("when", ["at the start", "later"])
def test_running_out_of_memory_says_what_to_do_and_the_session_goes_on(connect: Connect, when: str):
    small = "set datafusion.runtime.memory_limit = '10M'"
    session = connect(startup_sql=[small] if when == "at the start" else [])
    if when == "later":
        run(session, small)
    with pytest.raises(QueryError, match="out of memory: Failed to allocate") as caught:
        run(session, f"select count(*) from {MANY_TEXTS} a join {MANY_TEXTS} b on a.t = b.t")
    assert "\n" not in caught.value.message
    assert "datafusion.runtime.memory_limit" in caught.value.hint
    assert run(session, f"select count(*) from {MANY_TEXTS}") == [(300_000,)]


def test_a_sort_larger_than_the_memory_limit_is_spilled_to_a_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connect: Connect
):
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    session = connect()
    run(session, "set datafusion.runtime.memory_limit = '150M'")
    texts = MANY_TEXTS.replace("300000", "1000000")
    ((_, plan),) = run(session, f"explain analyze select v, t from {texts} order by t")
    assert re.search(r"SortExec.*spill_count=[1-9]", plan)
    (scratch,) = place.iterdir()
    assert list(scratch.glob("datafusion-*"))
    assert scratch.stat().st_mode & 0o077 == 0
    worker = worker_of(session)
    worker.kill()
    worker.wait()
    session.close()
    assert list(place.iterdir()) == []


def test_rows_of_a_file_keep_their_order(tmp_path: Path, connect: Connect):
    # Many small row groups, which many partitions share.
    numbers = pa.table({"a": range(50_000)})
    for name in ("x", "y"):
        pq.write_table(numbers, tmp_path / f"{name}.parquet", row_group_size=1_000)
    session = connect(f"datafusion://{tmp_path}")
    run(session, "set datafusion.execution.target_partitions = 8")
    run(session, "set datafusion.optimizer.repartition_file_min_size = 0")
    assert run(session, "select a from x") == [(n,) for n in range(50_000)]
    both = run(session, "select a from x union all select a from y")
    assert sorted(both) == sorted(2 * [(n,) for n in range(50_000)])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("Plan(\"table 't' not found\")", "table 't' not found"),
        (
            'SQL(ParserError("Expected: x, found: y at Line: 1, Column: 8"), None)',
            "Expected: x, found: y",
        ),
        (
            'Context("a rule failed", ArrowError(CastError("Cannot cast \\"é\\""), Some("")))',
            'Cannot cast "é"',
        ),
        ('ArrowError(DivideByZero, Some(""))', "divide by zero"),
        ('Execution("two\\nlines\\tand \\\\ and \\u{1b}")', "two\nlines\tand \\ and \x1b"),
        ("something else", "something else"),
        ("", ""),
    ],
)
def test_the_notation_of_rust_is_made_readable(said: str, message: str):
    assert readable(f"DataFusion error: {said}").message == message


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("select nope", "nope"),
        ("select 'é漢🦆',\n  nope from (select 1 as a) t", "nope"),
        ("select * frm t", "frm"),
        ("select 1 as a from missing", "missing"),
    ],
)
def test_an_error_is_at_its_word(connect: Connect, text: str, at: str):
    with pytest.raises(QueryError) as caught:
        run(connect(), text)
    assert caught.value.position == text.index(at)
    assert "Diagnostic" not in caught.value.message


def test_advice_is_kept(connect: Connect):
    with pytest.raises(QueryError) as caught:
        run(connect(), "select a, count(*) from (select 1 as a, 2 as b) t group by b")
    assert "GROUP BY" in caught.value.message + caught.value.hint
