"""Options of JSON, INSERT, Parquet, Arrow and Markdown, read back by others."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.support import SAMPLES, batch, own, texts, write
from tests.support.hostile import HOSTILE
from tusk.core.errors import UsageError
from tusk.formats.json import indented
from tusk.formats.registry import FORMATS, find_format, make_writer
from tusk.formats.sql_types import column_type

MOMENT = 1_720_000_000_500_000


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────


def test_json_rows_may_be_arrays():
    rows = texts(["a", None])
    assert json.loads(write("json", [rows], own("json", "shape=arrays"))) == [
        ["n", "t"], [0, "a"], [1, None]
    ]  # fmt: skip
    lines = write("jsonl", [rows], own("jsonl", "shape=arrays", "header=no")).splitlines()
    assert [json.loads(line) for line in lines] == [[0, "a"], [1, None]]


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("shape", ["objects", "arrays"])
def test_indented_json_means_the_same(sample: str, shape: str):
    rows = SAMPLES[sample]()
    plain = write("json", [rows], own("json", f"shape={shape}"))
    content = write("json", [rows], own("json", f"shape={shape}", "indent=2"))
    assert json.loads(content) == json.loads(plain)
    # Where nothing is embedded as it came, it is what Python itself would write.
    if rows.num_rows and rows.num_columns and sample != "postgres":
        as_python = json.dumps(_exact(content), indent=2, ensure_ascii=False) + "\n"
        assert content.decode() == as_python.replace('"\uffff', "").replace('\uffff"', "")


def _exact(content: bytes) -> Any:
    """JSON with its numbers as marked texts, since floats have more than one text."""
    return json.loads(
        content, parse_float=lambda t: f"\uffff{t}\uffff", parse_int=lambda t: f"\uffff{t}\uffff"
    )


@settings(max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
        lambda child: st.lists(child) | st.dictionaries(st.text(max_size=3), child),
    )
)
def test_indentation_is_that_of_python(value: Any):
    assert indented(json.dumps(value), 2, 0) == json.dumps(value, indent=2)


def test_big_numbers_may_be_texts():
    rows = batch(
        "duckdb",
        {
            "i": ("BIGINT", pa.array([2**53 - 1, 2**53, -(2**63), None])),
            "p": ("DECIMAL(9,2)", pa.array([Decimal("1.10")] * 4, pa.decimal128(9, 2))),
            "s": ("INTEGER", pa.array([1] * 4, pa.int32())),
            "l": ("BIGINT[]", pa.array([[2**60, 1]] * 4)),
        },
    )
    found = json.loads(write("json", [rows], own("json", "big_numbers=text")))
    assert [row["i"] for row in found] == [2**53 - 1, str(2**53), str(-(2**63)), None]
    assert found[0]["p"] == "1.10"
    assert found[0]["s"] == 1
    assert found[0]["l"] == [str(2**60), 1]
    rows = batch("postgres", {"n": ("numeric", pa.array(["1.5", "NaN", None]))})
    assert [
        row["n"] for row in json.loads(write("json", [rows], own("json", "big_numbers=text")))
    ] == [*("1.5", "NaN", None)]


@pytest.mark.parametrize("engine", ["postgres", "duckdb"])
@pytest.mark.parametrize("count", [1, 100])
def test_dates_may_be_iso_8601(engine: str, count: int):
    moments = pa.array([MOMENT] * count, pa.int64())
    zoned = moments.cast(pa.timestamp("us", "Asia/Kolkata"))
    berlin = moments.cast(pa.timestamp("us", "Europe/Berlin"))
    rows = batch(
        engine,
        {
            "t": ("timestamp", moments.cast(pa.timestamp("us"))),
            "z": ("timestamptz", zoned),
            "b": ("timestamptz", berlin),
        },
    )
    for line in write("jsonl", [rows], own("jsonl", "dates=iso")).splitlines():
        found = json.loads(line)
        assert found["t"] == "2024-07-03T09:46:40.5"
        assert found["z"].startswith("2024-07-03T15:16:40.5")
        assert found["b"] == "2024-07-03T11:46:40.5+02:00"
        instant = dt.datetime.fromtimestamp(MOMENT / 1e6, dt.UTC)
        assert dt.datetime.fromisoformat(found["z"]) == instant
        assert dt.datetime.fromisoformat(found["b"]) == instant


def test_what_iso_8601_has_not_stays_as_it_is():
    odd = pa.array([2**63 - 1, -62_200_000_000_000_000], pa.int64()).cast(pa.timestamp("us"))
    rows = batch("postgres", {"t": ("timestamp", odd)})
    found = [row["t"] for row in json.loads(write("json", [rows], own("json", "dates=iso")))]
    assert found[0] == "infinity"
    assert found[1].endswith(" BC")


def test_bytes_may_be_base64():
    rows = batch("postgres", {"b": ("bytea", pa.array([b"\x00\xff", None]))})
    found = json.loads(write("json", [rows], own("json", "binary=base64")))
    assert base64.b64decode(found[0]["b"]) == b"\x00\xff"
    assert found[1]["b"] is None


# ── INSERT ───────────────────────────────────────────────────────────────────────────────────

PEOPLE = texts(["ann", "bo", None])


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "sqlite"])
def test_a_script_makes_its_table_and_fills_it(dialect: str, pg_db: str):
    arguments = [f"dialect={dialect}", "create=yes", "transaction=yes", "batch=2", "table=people"]
    script = write("insert", [PEOPLE], own("insert", *arguments, "keys=n")).decode()
    assert script.startswith("BEGIN;\nCREATE TABLE")
    assert script.endswith("COMMIT;\n")
    assert script.count("INSERT INTO") == 2
    expected = [(0, "ann"), (1, "bo"), (2, None)]
    assert run(dialect, pg_db, [script], "select n, t from people order by n") == expected


def run(dialect: str, dsn: str, scripts: list[str], query: str) -> list[tuple[Any, ...]]:
    """What a real engine answers after it ran the scripts."""
    if dialect == "postgres":
        with psycopg.connect(dsn, autocommit=True) as server:
            for script in scripts:
                server.execute(script.encode())
            return server.execute(query.encode()).fetchall()
    if dialect == "sqlite":
        file = sqlite3.connect(":memory:")
        try:
            for script in scripts:
                file.executescript(script)
            return file.execute(query).fetchall()
        finally:
            file.close()
    with duckdb.connect() as connection:
        for script in scripts:
            connection.execute(script)
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "sqlite"])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["on_conflict=nothing"], [(0, "ann"), (1, "old"), (2, None)]),
        (["on_conflict=nothing", "keys=n"], [(0, "ann"), (1, "old"), (2, None)]),
        (["on_conflict=update", "keys=n"], [(0, "ann"), (1, "bo"), (2, None)]),
    ],
)
def test_conflicts_are_left_or_updated(
    dialect: str, pg_db: str, arguments: list[str], expected: list[tuple[Any, ...]]
):
    made = "create table people (n int primary key, t text); insert into people values (1, 'old')"
    options = own("insert", f"dialect={dialect}", "table=people", "batch=1", *arguments)
    script = write("insert", [PEOPLE], options).decode()
    query = "select n, t from people order by n"
    assert run(dialect, pg_db, [made, script], query) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["on_conflict=update"], "needs the key's columns"),
        (["on_conflict=update", "keys=x"], "'x' is not a column"),
        (["keys=n,x"], "'x' is not a column"),
        (["on_conflict=nothing", "dialect=datafusion"], "datafusion has no ON CONFLICT"),
        (["batch=0"], "a whole number from 1"),
    ],
)
def test_what_insert_cannot_do_is_refused(arguments: list[str], message: str):
    with pytest.raises(UsageError, match=message):
        write("insert", [PEOPLE], own("insert", *arguments))


@pytest.mark.parametrize("sample", ["postgres", "duckdb", "sqlite"])
def test_a_result_goes_to_a_new_table_of_its_own_engine(sample: str, pg_db: str):
    rows = SAMPLES[sample]()
    script = write("insert", [rows], own("insert", "create=yes", "table=copy")).decode()
    assert run(sample, pg_db, [script], "select count(*) from copy") == [(rows.num_rows,)]


@pytest.mark.parametrize("sample", sorted(SAMPLES.keys() - {"no_columns"}))
@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "sqlite"])
def test_a_result_goes_to_a_new_table_of_any_engine(sample: str, dialect: str, pg_db: str):
    rows = SAMPLES[sample]()
    if (sample, dialect) in {("postgres", "duckdb"), ("duckdb", "postgres")}:
        # Infinite times of day and years that the other one has not.
        rows = rows.slice(0, 1)
    if sample == "datafusion" and dialect == "postgres":
        rows = rows.select(["f", "t", "b"])
    options = own("insert", "create=yes", "table=copy", f"dialect={dialect}")
    script = write("insert", [rows], options).decode()
    assert run(dialect, pg_db, [script], "select count(*) from copy") == [(rows.num_rows,)]


def test_a_type_from_a_database_cannot_end_the_statement():
    field = batch("sqlite", {"x": ("int); drop table t; --", pa.array([1]))}).schema.field(0)
    assert column_type(field, "sqlite") == "INTEGER"
    field = batch("postgres", {"x": ('"evil"; drop', pa.array(["a"]))}).schema.field(0)
    assert column_type(field, "postgres") == "text"


# ── Parquet and Arrow ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("codec", ["zstd", "snappy", "gzip", "lz4", "brotli", "none"])
def test_parquet_may_be_compressed_in_every_way(codec: str, tmp_path: Path):
    rows = texts(["x" * 100] * 1000)
    path = tmp_path / "a.parquet"
    path.write_bytes(
        write("parquet", [rows], own("parquet", f"compression={codec}", "row_group=300"))
    )
    facts = pq.ParquetFile(path).metadata
    assert [facts.row_group(n).num_rows for n in range(facts.num_row_groups)] == [
        300,
        300,
        300,
        100,
    ]
    found = facts.row_group(0).column(1).compression.lower()
    assert found == {"none": "uncompressed"}.get(codec, codec)
    with duckdb.connect() as connection:
        counted = connection.execute(f"select count(*), min(t) from '{path}'").fetchall()
    assert counted == [(1000, "x" * 100)]


def test_levels_are_those_of_the_compression():
    rows = texts([f"user {n % 97} has {n} items in folder {n % 7}, " * 5 for n in range(5000)])
    sizes = [len(write("parquet", [rows], own("parquet", f"level={n}"))) for n in (1, 19)]
    assert sizes[1] < sizes[0]
    with pytest.raises(UsageError, match="gzip has levels from 1 to 9, not 22"):
        write("parquet", [rows], own("parquet", "compression=gzip", "level=22"))


@pytest.mark.parametrize("layout", ["file", "stream"])
@pytest.mark.parametrize("codec", ["none", "lz4", "zstd"])
def test_arrow_has_layouts_and_compressions(layout: str, codec: str):
    rows = texts(["x" * 100] * 1000)
    content = write("arrow", [rows], own("arrow", f"layout={layout}", f"compression={codec}"))
    read = pa.ipc.open_stream if layout == "stream" else pa.ipc.open_file
    assert read(content).read_all().column("t").to_pylist() == ["x" * 100] * 1000
    assert (len(content) < 50_000) == (codec != "none")


def test_an_arrow_stream_may_widen_midway():
    wide = pa.record_batch([pa.array([1]), pa.array([b"x"])], names=["n", "t"])
    content = write("arrow", [texts(["a"]), wide], own("arrow", "layout=stream"))
    assert pa.ipc.open_stream(content).read_all().column("t").to_pylist() == [b"a", b"x"]


# ── the others ───────────────────────────────────────────────────────────────────────────────


def test_markdown_may_leave_numbers_where_they_are():
    content = write("markdown", [texts(["a"])], own("markdown", "align=no", "null=-"))
    assert content == b"| n | t |\n| --- | --- |\n| 0 | a |\n"


def test_tsv_has_a_text_for_null():
    assert write("tsv", [texts(["a", None])], own("tsv", "null=-", "header=no")) == b"0\ta\n1\t-\n"


@pytest.mark.parametrize("name", FORMATS)
def test_a_continued_file_has_no_second_header(name: str):
    format_ = find_format(name)
    if not format_.can_append:
        return
    from dataclasses import replace

    rows = texts(["a"])
    options = replace(own(name), is_continued=True)
    first, second = write(name, [rows]), write(name, [rows], options)
    header = io.BytesIO()
    make_writer(format_, header, own(name)).open(rows.schema)
    assert first == header.getvalue() + second


def test_hostile_column_names_are_only_names():
    names = [text for text in HOSTILE.values() if 0 < len(text) < 60][:40]
    rows = pa.RecordBatch.from_arrays([pa.array([n]) for n in range(len(names))], names=names)
    found = json.loads(write("json", [rows]))
    assert list(found[0].values()) == list(range(len(names)))
    script = write(
        "insert", [rows], own("insert", "create=yes", "dialect=duckdb", "table=t")
    ).decode()
    assert run("duckdb", "", [script], "select count(*) from t") == [(1,)]
