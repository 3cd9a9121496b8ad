"""CSV: the bytes of PostgreSQL's COPY, and what other readers make of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.formats.support import SAMPLES, batch, hostile, texts, write
from tusk.formats.writer import WriterOptions

VALUES = st.one_of(
    st.none(),
    st.text(st.sampled_from("ab ,\"'\n\r\t\\.é日\x01"), max_size=6),
    st.sampled_from(["", "\\.", "NULL", '"', "\r\n", "\ufeff"]),
)


def copied(
    connection: psycopg.Connection, rows: Sequence[tuple[object, ...]], names: list[str]
) -> bytes:
    """What the server's COPY makes of texts."""
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(n)) for n in names)
    connection.execute(sql.SQL("drop table if exists t; create temp table t ({})").format(columns))
    with connection.cursor() as cursor:
        marks = sql.SQL(", ").join([sql.Placeholder()] * len(names))
        cursor.executemany(sql.SQL("insert into t values ({})").format(marks), rows)
        with cursor.copy("copy t to stdout (format csv, header)") as copy:
            return b"".join(bytes(data) for data in copy)


@pytest.mark.parametrize("width", [1, 2])
def test_texts_are_quoted_as_the_server_does(pg_db: str, width: int):
    @settings(max_examples=30)
    @given(st.lists(st.tuples(*[VALUES] * width), max_size=20))
    def compare(rows: list[tuple[str | None, ...]]) -> None:
        names = ["a", 'b,"c"'][:width]
        columns = {
            name: ("text", pa.array([row[n] for row in rows], pa.string()))
            for n, name in enumerate(names)
        }
        assert write("csv", [batch("postgres", columns)]) == copied(connection, rows, names)

    with psycopg.connect(pg_db, autocommit=True) as connection:
        compare()


def test_hostile_texts_are_written_raw_and_as_the_server_does(pg_db: str):
    rows = hostile()
    with psycopg.connect(pg_db, autocommit=True) as connection:
        values = [(text,) for text in rows.column("t").to_pylist()]
        expected = copied(connection, values, ["t"])
    assert write("csv", [rows.select(["t"])]) == expected


def test_other_types_are_written_as_the_server_does(pg_db: str):
    query = """
        select 1::int2 as i2, (-2)::int8 as i8, 0.1::float4 as f4, 1e23::float8 as f8, true as b,
            1.10::numeric(12,2) as n, '\\xdead'::bytea as y, date 'infinity' as d,
            time '24:00' as c, timestamp '2024-07-01 12:00:00.5' as ts,
            timestamptz '2024-07-01 00:00+00' as tz, '{"a,b": 1}'::jsonb as j, null::text as z
    """
    with psycopg.connect(pg_db) as connection, connection.cursor() as cursor:
        cursor.execute("set timezone = 'Europe/Berlin'")
        with cursor.copy(f"copy ({query}) to stdout (format csv, header)") as copy:
            expected = b"".join(bytes(data) for data in copy)
    noon = 1_719_835_200_500_000
    rows = batch(
        "postgres",
        {
            "i2": ("smallint", pa.array([1], pa.int16())),
            "i8": ("bigint", pa.array([-2])),
            "f4": ("real", pa.array([0.1], pa.float32())),
            "f8": ("double precision", pa.array([1e23])),
            "b": ("boolean", pa.array([True])),
            "n": ("numeric(12,2)", pa.array([Decimal("1.10")], pa.decimal128(12, 2))),
            "y": ("bytea", pa.array([b"\xde\xad"])),
            "d": ("date", pa.array([2**31 - 1], pa.int32()).cast(pa.date32())),
            "c": ("time", pa.array([86_400_000_000]).view(pa.time64("us"))),
            "ts": ("timestamp", pa.array([noon]).cast(pa.timestamp("us"))),
            "tz": (
                "timestamptz",
                pa.array([noon - 43_200_500_000]).cast(pa.timestamp("us", "Europe/Berlin")),
            ),
            "j": ("jsonb", pa.array(['{"a,b": 1}'])),
            "z": ("text", pa.array([None], pa.string())),
        },
    )
    assert write("csv", [rows]) == expected


def test_postgres_reads_its_own_values_back(pg_db: str, tmp_path: Path):
    rows = hostile()
    content = write("csv", [rows])
    with psycopg.connect(pg_db) as connection, connection.cursor() as cursor:
        cursor.execute("create temp table t (n int, t text)")
        with cursor.copy("copy t from stdin (format csv, header)") as copy:
            copy.write(content)
        found = cursor.execute("select t from t order by n").fetchall()
    assert [row[0] for row in found] == rows.column("t").to_pylist()


@settings(max_examples=50)
@given(st.lists(VALUES.filter(lambda v: v is not None and "\x00" not in v), min_size=1))
def test_python_reads_the_same_texts(values: list[str]):
    reader = csv.reader(io.StringIO(write("csv", [texts(values)]).decode(), newline=""))
    assert [row[1] for row in reader][1:] == values


@settings(max_examples=30)
@given(st.lists(VALUES, min_size=1))
def test_pyarrow_tells_null_from_the_empty_text(values: list[str | None]):
    content = write("csv", [texts(values)])
    table = pyarrow.csv.read_csv(
        io.BytesIO(content),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={"t": pa.string()},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    assert table.column("t").to_pylist() == values


def test_duckdb_reads_the_same_texts(tmp_path: Path):
    rows = texts(["a,b", 'say "x"', "two\nlines", "", "plain", "é日"])
    path = tmp_path / "t.csv"
    path.write_bytes(write("csv", [rows]))
    query = "select t from read_csv(?, header = true, all_varchar = true, nullstr = '\\N')"
    with duckdb.connect() as connection:
        found = connection.execute(query, [str(path)]).fetchall()
    assert [row[0] for row in found] == rows.column("t").to_pylist()


def test_another_text_for_null_is_quoted_where_a_value_is_that_text():
    content = write("csv", [texts([None, "-", "", "a"])], WriterOptions(null="-", header=False))
    assert content == b'0,-\n1,"-"\n2,\n3,a\n'


def test_rows_without_columns_are_lines():
    assert write("csv", [SAMPLES["no_columns"]()]) == b"\n\n\n\n"


def test_bytes_that_are_not_utf_8_are_kept():
    values = pa.array([b"caf\xe9", b'a"\xff', None])
    rows = batch("postgres", {"t": ("text", values)})
    assert write("csv", [rows]) == b't\ncaf\xe9\n"a""\xff"\n\n'


def test_huge_values_do_not_overflow():
    value = "x" * 40_000_000 + '"'
    rows = batch("duckdb", {str(n): ("VARCHAR", pa.array([value, None])) for n in range(3)})
    content = write("csv", [rows], WriterOptions(header=False))
    assert len(content) == 3 * (40_000_000 + 4) + 2 + 1 + 3


@pytest.mark.parametrize("name", ["csv", "tsv", "jsonl", "insert"])
def test_offsets_of_64_bits_give_the_same_bytes(name: str, monkeypatch: pytest.MonkeyPatch):
    usual = [write(name, [make()]) for make in SAMPLES.values()]
    monkeypatch.setattr("tusk.formats.rows._LARGE_BYTES", 0)
    monkeypatch.setattr("tusk.formats.rows._BYTES_AT_ONCE", 10)
    assert [write(name, [make()]) for make in SAMPLES.values()] == usual
