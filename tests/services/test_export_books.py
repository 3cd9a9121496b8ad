"""Files that hold several results, names, notes, and files that are there already."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pytest

from tests.services.export_support import FAILS, MANY, OLD, ROWS, contents, script
from tusk.core.errors import MissingExtraError, QueryCancelled, QueryError, StorageError, UsageError
from tusk.core.statement import Statement
from tusk.engines.base import Session
from tusk.formats.registry import FORMATS, find_format
from tusk.services.export_places import free_path
from tusk.services.exports import (
    Progress,
    WriterOptions,
    export,
    export_rows,
    format_options,
)
from tusk.services.queries import RunOptions

BOOKS = [name for name, format_ in FORMATS.items() if format_.is_book]
NAMES = ["one", "", "two", "three"]  # of MANY's statements


def tables(path: Path) -> list[str]:
    """The names of what a file holds."""
    match path.suffix:
        case ".xlsx":
            return list(openpyxl.load_workbook(path).sheetnames)
        case ".sqlite":
            with sqlite3.connect(path) as file:
                rows = file.execute("select name from sqlite_master order by rowid").fetchall()
            file.close()
            return [row[0] for row in rows]
        case ".duckdb":
            with duckdb.connect(path, read_only=True) as connection:
                query = "select table_name from duckdb_tables()"
                return [row[0] for row in connection.execute(query).fetchall()]
        case _:
            captions = path.read_text().split("<caption>")[1:]
            return [caption.split("<")[0] for caption in captions]


def own(name: str, *arguments: str) -> WriterOptions:
    return WriterOptions(own=format_options(find_format(name), arguments))


# ── several results ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", BOOKS)
def test_a_script_fills_one_file_with_named_results(session: Session, folder: Path, name: str):
    path = folder / f"all.{name}"
    summary = export(session, MANY, path, name, names=NAMES)
    assert (summary.result_sets, summary.dropped, summary.rows) == (3, 0, 2)
    assert sorted(tables(path)) == ["one", "three", "two"]
    assert list(contents(folder)) == [path.name]


@pytest.mark.parametrize("name", BOOKS)
def test_results_without_names_are_called_after_the_file(session: Session, folder: Path, name: str):
    path = folder / f"report.{name}"
    export(session, script("select 1 as a", "select 2 as b"), path, name)
    second = "report (2)" if name == "xlsx" else "report_2"
    assert sorted(tables(path)) == ([] if name == "html" else sorted(["report", second]))


@pytest.mark.parametrize("name", BOOKS)
def test_a_failed_statement_leaves_no_part_of_its_result(session: Session, folder: Path, name: str):
    path = folder / f"a.{name}"
    statements = [*script("select 1 as x"), FAILS, *script("select 2 as x")]
    run = RunOptions(stop_on_error=False)
    summary = export(session, statements, path, name, run=run, names=["one", "bad", "two"])
    assert len(summary.errors) == 1
    assert (summary.result_sets, summary.rows) == (2, 2)
    # Of a page that streams, the rows that came before the error cannot be taken back.
    expected = ["bad", "one", "two"] if name == "html" else ["one", "two"]
    assert sorted(tables(path)) == expected


@pytest.mark.parametrize("name", BOOKS)
def test_a_script_without_results_makes_no_book(session: Session, folder: Path, name: str):
    summary = export(session, Statement(f"create table t_{name} (x int)"), folder / "a", name)
    assert summary.result_sets == 0
    assert contents(folder) == {}


@pytest.mark.parametrize("name", BOOKS)
def test_temporary_files_are_gone_whatever_happens(
    session: Session, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    export(session, ROWS, folder / "a", name)
    with pytest.raises(QueryError, match="late"):
        export(session, FAILS, folder / "b", name)
    assert list(contents(folder)) == ["a"]
    assert list(scratch.iterdir()) == []


def test_a_missing_package_is_said_before_anything_runs(
    session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError, match="writing xlsx needs the 'excel' extra"):
        export(session, Statement("create table t (x int)"), folder / "a.xlsx", "xlsx")
    assert export(session, Statement("create table t (x int)"), folder / "a", "csv").rows == 0
    assert contents(folder) == {}


def test_insert_statements_go_to_the_named_table(session: Session):
    out = io.BytesIO()
    export(session, Statement("select 1 as a"), out, "insert", names=["people"])
    assert out.getvalue().startswith(b'INSERT INTO "people" ("a") VALUES')


# ── compression and notes ────────────────────────────────────────────────────────────────────


def test_compression_may_be_said_instead_of_the_suffix(session: Session, folder: Path):
    plain = io.BytesIO()
    export(session, ROWS, plain, "csv")
    export(session, ROWS, folder / "a", "csv", options=own("csv", "compression=gzip"))
    assert gzip.decompress((folder / "a").read_bytes()) == plain.getvalue()
    export(session, ROWS, folder / "b.csv.gz", "csv", options=own("csv", "compression=none"))
    assert (folder / "b.csv.gz").read_bytes() == plain.getvalue()
    out = io.BytesIO()
    export(session, ROWS, out, "csv", options=own("csv", "compression=zstd"))
    assert (
        pa.CompressedInputStream(pa.BufferReader(out.getvalue()), "zstd").read() == plain.getvalue()
    )


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_levels_make_smaller_files_that_others_read(session: Session, folder: Path, suffix: str):
    statement = Statement("select i, 'text ' || i % 97 as t, i // 7 as h from range(400000) r(i)")
    sizes = []
    for level in (1, 9):
        path = folder / f"{level}.csv.{suffix}"
        export(session, statement, path, "csv", options=own("csv", f"level={level}"))
        sizes.append(path.stat().st_size)
        with duckdb.connect() as connection:
            assert connection.read_csv(str(path)).shape == (400_000, 3)
        program = ["gzip" if suffix == "gz" else "zstd", "-dc", str(path)]
        plain = subprocess.run(program, capture_output=True, check=True).stdout
        assert plain.count(b"\n") == 400_001
    assert sizes[1] < sizes[0]


def test_a_level_that_a_compression_has_not_is_refused(session: Session, folder: Path):
    with pytest.raises(UsageError, match="gzip has levels from 1 to 9, not 19"):
        export(session, ROWS, folder / "a.csv.gz", "csv", options=own("csv", "level=19"))


def test_notes_are_those_of_what_was_written(session: Session, folder: Path):
    formula = Statement("select '=1+1' as t")
    (note,) = export(session, formula, folder / "a.csv", "csv").notes
    assert "formulas=guard" in note
    # Of several results the last one is written, so the first one's note is nobody's business.
    assert export(session, [formula, *script("select 1")], folder / "a.csv", "csv").notes == ()
    summary = export(session, Statement("select 2::bigint ** 60 as n, 'nan'::double as x"),
                     folder / "a.sqlite", "sqlite")  # fmt: skip
    assert summary.notes == ("SQLite has no NaN: such values are the text NaN",)


# ── files that are there ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_may_be_kept(session: Session, folder: Path, name: str):
    path = folder / "a"
    path.write_bytes(OLD)
    with pytest.raises(StorageError, match="it exists already"):
        export(session, ROWS, path, name, if_exists="fail")
    assert contents(folder) == {"a": OLD}


@pytest.mark.parametrize("hides", ["without a name", "hidden beside its place"])
def test_a_file_that_appears_meanwhile_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, hides: str
):
    if hides != "without a name":
        monkeypatch.delattr("os.O_TMPFILE", raising=False)
    path = folder / "a.csv"
    rows = pa.record_batch({"a": [1]})

    def batches() -> Iterator[pa.RecordBatch]:
        yield rows
        path.write_bytes(OLD)

    with pytest.raises(StorageError, match="it exists already"):
        export_rows(rows.schema, batches(), path, "csv", if_exists="fail")
    assert contents(folder) == {"a.csv": OLD}
    path.unlink()
    export_rows(rows.schema, [rows], path, "csv", if_exists="fail")
    assert contents(folder) == {"a.csv": b"a\n1\n"}


APPENDABLE = [name for name, format_ in FORMATS.items() if format_.can_append]


def test_these_formats_can_be_appended_to():
    assert APPENDABLE == ["csv", "tsv", "jsonl", "insert"]


@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
@pytest.mark.parametrize("name", APPENDABLE)
def test_rows_are_put_at_the_end(session: Session, folder: Path, name: str, packed: str):
    suffix = find_format(name).suffixes[0]
    path, whole = folder / f"a{suffix}{packed}", folder / f"whole{suffix}{packed}"
    first, second = script("select 1 as a, 'x' as b", "select 2 as a, 'y' as b")
    for statement in (first, second):
        summary = export(session, statement, path, name, if_exists="append", names=["t"])
        assert summary.rows == 1
    both = Statement("select * from (values (1, 'x'), (2, 'y')) v(a, b)")
    export(session, both, whole, name, names=["t"])
    content, expected = (unpacked(p.read_bytes(), packed) for p in (path, whole))
    if name == "insert":
        assert content.count(b"INSERT INTO") == 2
    else:
        assert content == expected


def unpacked(content: bytes, packed: str) -> bytes:
    if packed == ".gz":
        return gzip.decompress(content)
    if packed == ".zst":
        done = subprocess.run(["zstd", "-dc"], input=content, capture_output=True, check=True)
        return done.stdout
    return content


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16", "utf-16-le"])
def test_an_encoded_file_goes_on_in_its_encoding(session: Session, folder: Path, encoding: str):
    path = folder / "a.csv"
    for text in ("é", "ü"):
        statement = Statement(f"select '{text}' as a")
        options = own("csv", f"encoding={encoding}")
        export(session, statement, path, "csv", if_exists="append", options=options)
    assert path.read_bytes().decode(encoding) == "a\né\nü\n"


@pytest.mark.parametrize(
    ("old", "message"),
    [
        (b"b\n1\n", "does not begin with these columns: a"),
        (b"a,b\n1,2\n", "does not begin with these columns: a"),
        (b"a\n1", "its last line does not end"),
    ],
)
def test_what_does_not_fit_is_not_appended(
    session: Session, folder: Path, old: bytes, message: str
):
    path = folder / "a.csv"
    path.write_bytes(old)
    with pytest.raises(StorageError, match=message):
        export(session, Statement("select 1 as a"), path, "csv", if_exists="append")
    assert contents(folder) == {"a.csv": old}


def test_a_failed_append_leaves_the_file_as_it_was(session: Session, folder: Path):
    path = folder / "a.csv"
    path.write_bytes(b"i\n1\n")
    with pytest.raises(QueryError, match="late"):
        export(session, FAILS, path, "csv", if_exists="append")
    assert contents(folder) == {"a.csv": b"i\n1\n"}


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - set(APPENDABLE)))
def test_other_formats_refuse_to_be_appended_to(session: Session, folder: Path, name: str):
    with pytest.raises(UsageError, match="cannot be appended to a file in the format") as caught:
        export(session, ROWS, folder / "a", name, if_exists="append")
    assert "csv, tsv, jsonl, insert" in caught.value.hint


def test_a_free_name_has_the_next_number(folder: Path):
    assert free_path(folder / "a.csv") == folder / "a.csv"
    for expected in ("a.csv", "a-2.csv", "a-3.csv"):
        path = free_path(folder / "a.csv")
        assert path.name == expected
        path.touch()
    (folder / "b.csv.gz").touch()
    assert free_path(folder / "b.csv.gz").name == "b-2.csv.gz"
    (folder / "c").symlink_to(folder / "nowhere")
    assert free_path(folder / "c").name == "c-2"


# ── stopping ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_of_rows_stops_when_asked(folder: Path, name: str):
    stop = threading.Event()
    rows = pa.record_batch({"a": range(10_000)})
    seen = 0

    def forever() -> Iterator[pa.RecordBatch]:
        nonlocal seen
        while True:
            seen += 1
            if seen == 20:
                stop.set()
            yield rows

    with pytest.raises(QueryCancelled):
        export_rows(rows.schema, forever(), folder / "a", name, stop=stop)
    assert contents(folder) == {}
    assert seen <= 21


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_stops_between_statements(session: Session, folder: Path, name: str):
    stop = threading.Event()
    stop.set()
    with pytest.raises(QueryCancelled):
        export(session, ROWS, folder / "a", name, stop=stop)
    assert contents(folder) == {}


def test_progress_knows_the_end_when_somebody_knew_the_total(session: Session, folder: Path):
    told: list[Progress] = []
    statement = Statement("select i, sqrt(i) as x, 'text' as t from range(1500000) r(i)")
    export(session, statement, folder / "a.jsonl", "jsonl", total_rows=1_500_000,
           on_progress=told.append)  # fmt: skip
    assert told
    assert {progress.total_rows for progress in told} == {1_500_000}
    for progress in told:
        remaining = progress.remaining_s
        assert remaining is not None
        assert remaining == pytest.approx((1_500_000 - progress.rows) / progress.rows_per_s)
    assert Progress(10, 0, 1.0).remaining_s is None
    assert Progress(10, 0, 1.0, total_rows=5).remaining_s is None
    assert Progress(0, 0, 1.0, total_rows=5).remaining_s is None


def test_formats_read_as_they_say(session: Session, folder: Path):
    """One table of every common type, read by readers that are not ours."""
    statement = Statement(
        "select 1::int as i, 1.25::double as d, 'a;\"b\"' as t, null::varchar as n, true as b,"
        " date '2024-02-29' as day"
    )
    for name in FORMATS:
        export(session, statement, folder / f"a.{name}", name)
    with (folder / "a.csv").open(newline="") as file:
        assert list(csv.reader(file))[1] == ["1", "1.25", 'a;"b"', "", "true", "2024-02-29"]
    row = json.loads((folder / "a.json").read_text())[0]
    assert row == json.loads((folder / "a.jsonl").read_text())
    assert list(row.values()) == [1, 1.25, 'a;"b"', None, True, "2024-02-29"]
    for name in ("csv", "json", "jsonl", "parquet"):
        reader = {"csv": "read_csv", "parquet": "read_parquet"}.get(name, "read_json")
        with duckdb.connect() as connection:
            query = f"select i, d, t, n, b, day::varchar from {reader}('{folder / f'a.{name}'}')"
            assert connection.execute(query).fetchall() == [
                (1, 1.25, 'a;"b"', None, True, "2024-02-29")
            ]
