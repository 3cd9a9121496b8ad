"""Exports: what is written, in which form, and that every way gives the same bytes."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.services.export_support import FAILS, MANY, OLD, ROWS, contents, run_python, script
from tests.support.hostile import HOSTILE
from tusk.core.errors import QueryError, UsageError
from tusk.core.events import Event, Failed, Finished, NoticeArrived, Started
from tusk.core.statement import Statement
from tusk.engines.base import Session, Target
from tusk.engines.registry import load_engine
from tusk.formats.registry import FORMATS
from tusk.services.exports import (
    Progress,
    WriterOptions,
    choose_format,
    export,
    export_rows,
    format_options,
)
from tusk.services.queries import RunOptions

# ── what is written ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_makes_a_file(session: Session, folder: Path, name: str):
    summary = export(session, ROWS, folder / "result", name)
    (path,) = folder.iterdir()
    assert path.name == "result"
    assert summary.format == name
    assert summary.rows == 3000
    assert summary.result_sets == 1
    assert summary.size_bytes == path.stat().st_size > 0


# DuckDB gives each of its files a name of its own.
@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"duckdb"}))
def test_a_stream_gets_the_same_bytes_as_a_file(session: Session, folder: Path, name: str):
    path = folder / "result"
    export(session, ROWS, path, name)
    out = io.BytesIO()
    summary = export(session, ROWS, out, name)
    assert summary.path is None
    assert summary.size_bytes == len(out.getvalue())
    assert not out.closed
    # Also for INSERT statements: without a file their table is called "result", as the file is.
    assert out.getvalue() == path.read_bytes()


def test_insert_statements_go_to_a_table_named_after_the_file(session: Session, folder: Path):
    export(session, ROWS, folder / "people.sql", "insert")
    export(session, ROWS, folder / "named.sql", "insert", options=WriterOptions(table="s.t"))
    written = contents(folder)
    assert written["people.sql"].startswith(b'INSERT INTO "people" ')
    assert written["named.sql"].startswith(b'INSERT INTO "s"."t" ')


def test_the_suffix_chooses_the_format():
    assert choose_format("", Path("a.parquet")).name == "parquet"
    assert choose_format("", Path("a.csv.gz")).name == "csv"
    assert choose_format("json", Path("a.csv")).name == "json"
    assert choose_format("", None, "table").name == "table"
    with pytest.raises(UsageError, match=r"the suffix '\.xyz' does not tell"):
        choose_format("", Path("a.xyz"))
    with pytest.raises(UsageError, match="the name 'result' does not tell"):
        choose_format("", Path("result"))


def test_compressed_text(session: Session, folder: Path):
    plain = io.BytesIO()
    export(session, ROWS, plain, "csv")
    for _ in range(2):
        export(session, ROWS, folder / "a.csv.gz", "csv")
        first = (folder / "a.csv.gz").read_bytes()
    assert gzip.decompress(first) == plain.getvalue()
    export(session, ROWS, folder / "a.csv.zst", "csv")
    packed = pa.CompressedInputStream(folder / "a.csv.zst", "zstd")
    assert packed.read() == plain.getvalue()
    with duckdb.connect() as connection:
        for name in ("a.csv.gz", "a.csv.zst"):
            found = connection.read_csv(str(folder / name)).shape
            assert found == (3000, 2)


def test_rows_that_are_here_already(folder: Path):
    batches = [pa.record_batch({"a": [1, 2]}), pa.record_batch({"a": [3]})]
    summary = export_rows(batches[0].schema, batches, folder / "a.csv", "csv")
    assert summary.rows == 3
    assert contents(folder) == {"a.csv": b"a\n1\n2\n3\n"}


def test_no_more_rows_than_asked_for(session: Session, folder: Path):
    summary = export(session, ROWS, folder / "a.csv", "csv", run=RunOptions(fetch_limit=7))
    assert summary.rows == 7
    assert (folder / "a.csv").read_bytes().count(b"\n") == 8


# ── scripts ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("to_stream", [False, True])
def test_a_format_for_one_result_takes_the_last(session: Session, folder: Path, to_stream: bool):
    out = io.BytesIO()
    path = folder / "a.csv"
    summary = export(session, MANY, out if to_stream else path, "csv")
    assert (out.getvalue() if to_stream else path.read_bytes()) == b"c\n"
    assert (summary.result_sets, summary.dropped, summary.rows) == (1, 2, 0)
    assert summary.size_bytes == 2


def test_other_formats_take_them_all(session: Session, folder: Path):
    summary = export(session, MANY, folder / "a.md", "markdown")
    assert (folder / "a.md").read_text() == (
        "| a |\n| ---: |\n| 1 |\n\n| b |\n| ---: |\n| 2 |\n\n| c |\n| ---: |\n"
    )
    assert (summary.result_sets, summary.dropped, summary.rows) == (3, 0, 2)


def test_a_script_without_results_makes_no_file(session: Session, folder: Path):
    for name in ("csv", "table"):
        statement = Statement(f"create table t_{name} (x int)")
        summary = export(session, statement, folder / "a", name)
        assert (summary.result_sets, summary.rows) == (0, 0)
    assert contents(folder) == {}


def test_a_script_that_goes_on_keeps_the_last_complete_result(session: Session, folder: Path):
    statements = [*script("select 1 as a", "select oops"), FAILS]
    run = RunOptions(stop_on_error=False)
    summary = export(session, statements, folder / "a.csv", "csv", run=run)
    assert contents(folder) == {"a.csv": b"a\n1\n"}
    assert len(summary.errors) == 2
    assert (summary.result_sets, summary.rows) == (1, 1)


def test_a_script_that_stops_at_an_error_leaves_nothing(session: Session, folder: Path):
    statements = script("select 1 as a", "select oops", "select 2 as b")
    for name in ("csv", "markdown"):
        with pytest.raises(QueryError, match="oops"):
            export(session, statements, folder / "a", name)
    assert contents(folder) == {}


def test_events_are_told_in_order_and_rows_are_not(session: Session, folder: Path):
    events: list[Event] = []
    statements = script("select 1 as a", "create table t (x int)")
    export(session, statements, folder / "a.csv", "csv", on_event=events.append)
    kinds = [type(event).__name__ for event in events]
    assert kinds == ["Started", "ResultOpened", "Finished", "Started", "Finished"]
    started = [event for event in events if isinstance(event, Started)]
    assert [event.index for event in started] == [0, 1]


def test_progress_is_told_while_rows_are_written(session: Session, folder: Path):
    told: list[Progress] = []
    statement = Statement("select i, sqrt(i) as x, 'text' as t from range(1500000) r(i)")
    export(session, statement, folder / "a.jsonl", "jsonl", on_progress=told.append)
    assert told
    assert [p.rows for p in told] == sorted(p.rows for p in told)
    assert 0 < told[-1].rows <= 1_500_000
    assert told[-1].size_bytes > 0
    assert told[-1].seconds > 0


# ── PostgreSQL's own CSV ─────────────────────────────────────────────────────────────────


class WithoutCopy:
    """A session that cannot write CSV itself."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> object:
        if name == "copy_csv":
            raise AttributeError(name)
        return getattr(self._session, name)


@pytest.fixture
def postgres(pg_db: str) -> Iterator[Session]:
    from psycopg.conninfo import conninfo_to_dict

    parameters = {name: str(value) for name, value in conninfo_to_dict(pg_db).items()}
    password = parameters.pop("password", None)
    session = load_engine("postgres").connect(
        Target("postgres", "test", parameters, password=password)
    )
    yield session
    session.close()


def both_ways(session: Session, text: str, **options: Any) -> tuple[bytes, bytes]:
    """The CSV that the server wrote, and the CSV that went through Arrow."""
    direct, through_arrow = io.BytesIO(), io.BytesIO()
    writer = WriterOptions(**options)
    export(session, Statement(text), direct, "csv", options=writer)
    export(WithoutCopy(session), Statement(text), through_arrow, "csv", options=writer)  # type: ignore[arg-type]
    return direct.getvalue(), through_arrow.getvalue()


TYPES = """
    select (-32768)::int2, 2147483647::int4 as "a,b", 9223372036854775807::int8 as "q""q",
        0.1::float4, 'NaN'::float8, '-infinity'::float8, 1e23::float8 as f, true, null::bool as n,
        1.10::numeric(12,2), 'NaN'::numeric(12,2) as nn, 1e-30::numeric, 12.34::money,
        'a,b"c' || chr(10)::text, ''::text as e, '\\.'::text as dot, 'x'::char(5), 'n'::name,
        '\\xdeadbeef'::bytea, date '0044-03-15 BC', date 'infinity' as di, time '24:00',
        timetz '12:00+05:30', timestamp '2024-07-01 12:00:00.5', timestamptz '2024-07-01 00:00+00',
        timestamptz 'infinity' as ti, interval '1 year -2 days 03:04:05.6',
        '00000000-0000-0000-0000-000000000001'::uuid, '{"a,b": [1, null]}'::jsonb,
        '{"a":  1}'::json, '$.a'::jsonpath, array[[1,null],[3,4]], '[0:1]={1,2}'::int[],
        int4range(1,5), '{[1,3),[5,7)}'::int4multirange, row(1, 'a b', null), '(1,2)'::point,
        '10.0.0.0/8'::cidr, '08:00:2b:01:02:03'::macaddr, b'101'::bit(3), 'a b'::tsvector,
        1::oid, 'pg_class'::regclass, '0/16B374D8'::pg_lsn, '5'::xid8
    from generate_series(1, 3)
"""


def test_both_ways_give_the_same_bytes_for_every_type(postgres: Session):
    direct, through_arrow = both_ways(postgres, TYPES)
    assert through_arrow == direct
    assert direct.count(b"\n") > 3


def test_both_ways_give_the_same_bytes_for_hostile_text(postgres: Session):
    values = ", ".join("('" + text.replace("'", "''") + "')" for text in HOSTILE.values())
    direct, through_arrow = both_ways(postgres, f"select x from (values {values}) v(x)")
    assert through_arrow == direct


@pytest.mark.parametrize(
    "text",
    ["select", "select from generate_series(1,3)", "select 1 as a where false", "show work_mem"],
)
def test_both_ways_give_the_same_bytes_for_odd_statements(postgres: Session, text: str):
    for header in (True, False):
        direct, through_arrow = both_ways(postgres, text, header=header)
        assert through_arrow == direct


def test_notices_and_errors_of_a_copy_are_told(postgres: Session, folder: Path):
    events: list[Event] = []
    text = """
        create function pg_temp.f(i int) returns int language plpgsql as $$
            begin raise notice 'row %', i; return 10 / (2 - i); end $$
    """
    export(postgres, Statement(text), folder / "a.csv", "csv")
    statement = Statement("select pg_temp.f(i) from generate_series(1, 3) i")
    (folder / "a.csv").write_bytes(OLD)
    with pytest.raises(QueryError, match="division by zero") as caught:
        export(postgres, statement, folder / "a.csv", "csv", on_event=events.append)
    assert caught.value.sqlstate == "22012"
    notices = [event.notice.message for event in events if isinstance(event, NoticeArrived)]
    assert notices == ["row 1", "row 2"]
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Failed)
    assert contents(folder) == {"a.csv": OLD}


def test_rows_and_progress_of_a_copy_are_counted(postgres: Session, folder: Path):
    events: list[Event] = []
    told: list[Progress] = []
    statement = Statement("select i, repeat('x', 100) as t from generate_series(1, 400000) i")
    summary = export(
        postgres,
        statement,
        folder / "a.csv",
        "csv",
        on_event=events.append,
        on_progress=told.append,
    )
    assert summary.rows == 400_000
    assert summary.size_bytes == (folder / "a.csv").stat().st_size
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert (finished.rows, finished.tag) == (400_000, "SELECT 400000")
    assert told
    assert 0 < told[-1].rows <= 400_000


def test_a_copy_with_parameters(postgres: Session, folder: Path):
    run = RunOptions(parameters={"n": 2})
    export(postgres, Statement("select :n::int * 2 as x"), folder / "a.csv", "csv", run=run)
    assert contents(folder) == {"a.csv": b"x\n4\n"}


def test_text_that_is_not_utf_8_is_kept(make_pg_db: Callable[..., str], folder: Path):
    from psycopg.conninfo import conninfo_to_dict

    conninfo = conninfo_to_dict(make_pg_db(encoding="SQL_ASCII"))
    parameters = {name: str(value) for name, value in conninfo.items()}
    password = parameters.pop("password", None)
    target = Target("postgres", "test", parameters, password=password)
    session = load_engine("postgres").connect(target)
    try:
        direct, through_arrow = both_ways(session, r"select E'caf\351' as x")
    finally:
        session.close()
    assert direct == through_arrow == b"x\ncaf\xe9\n"


@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_a_column_that_widens_midway(postgres: Session, folder: Path, name: str):
    text = """
        select case when i = 150000 then 'NaN'::numeric(10,2) else i::numeric(10,2) end::numeric(10,2)
            as x
        from generate_series(1, 200000) i
    """
    summary = export(postgres, Statement(text), folder / "a", name)
    path = folder / "a"
    table = (
        pyarrow.parquet.read_table(path)
        if name == "parquet"
        else pa.ipc.open_file(path.read_bytes()).read_all()
    )
    values = table.column("x").to_pylist()
    assert summary.rows == len(values) == 200_000
    assert (values[0], values[149_999], values[-1]) == ("1.00", "NaN", "200000.00")


# ── memory ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_memory_does_not_grow_with_the_result(folder: Path, name: str):
    code = f"""
import resource
rows = pa.record_batch({{"i": range(10_000), "t": ["x" * 500] * 10_000}})
def many(count):
    for _ in range(count):
        yield rows
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
path = Path({str(folder / "a")!r})
export_rows(rows.schema, many(3), path, {name!r})
before = peak()
export_rows(rows.schema, many(50), path, {name!r})
print(peak() - before)
"""
    grown_kb = int(run_python(code, check=True).stdout)
    assert grown_kb < 100_000  # of 250 MB


def test_a_stream_that_is_followed_gets_rows_as_they_come():
    reading, writing = os.pipe()
    seen: list[bytes] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(3):
            yield pa.record_batch({"a": [number]})
            seen.append(os.read(reading, 1000))

    with os.fdopen(writing, "wb", buffering=0) as out:
        export_rows(pa.schema({"a": pa.int64()}), batches(), out, "csv")
    os.close(reading)
    assert seen == [b"a\n0\n", b"1\n", b"2\n"]


# ── formulas in what the server writes ───────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "is_formula"),
    [
        ("'=1+1'", True),
        ("'+1'", True),
        ("'@x'", True),
        ("'-x'", True),
        ("e'\\tx'", True),
        ("e'\\rx'", True),
        ("'=a,b'", True),
        ("'-a,b'", True),
        ("-5", False),
        ("'-infinity'::float8", False),
        ("-0.5", False),
        ("'a=b'", False),
        ("'1+1'", False),
        ("null::text", False),
        ("'a' || chr(10) || 'b'", False),
    ],
)
@pytest.mark.parametrize("place", ["{}, 1", "1, {}", "'a', {}, 'b'"])
def test_formulas_in_what_the_server_writes_are_said(
    postgres: Session, value: str, is_formula: bool, place: str
):
    for form in ([], ["delimiter=;", "quote='"]):
        options = WriterOptions(own=format_options(FORMATS["csv"], form))
        statement = Statement(f"select {place.format(value)} from generate_series(1, 3)")
        notes = export(postgres, statement, io.BytesIO(), "csv", options=options).notes
        assert len(notes) == is_formula


@pytest.mark.parametrize(
    "form",
    [
        ["quoting=all"],
        ["delimiter=;", "null=NULL", "escape=\\"],
        ["delimiter=tab", "quote='", "header=no", "null=\\N"],
        ["quoting=all", "escape=!", "delimiter=|"],
    ],
)
def test_both_ways_give_the_same_bytes_with_options(postgres: Session, form: list[str]):
    own = format_options(FORMATS["csv"], form)
    for text in (TYPES, "select null as x, '' as y, '\\.' as \"a'\"\"b\", 'NULL' as n, 'a!b' as e"):
        direct, through_arrow = both_ways(postgres, text, own=own)
        assert through_arrow == direct
