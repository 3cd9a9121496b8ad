"""SQLite and DuckDB files, read back by their own programs' libraries."""

from __future__ import annotations

import io
import math
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.support import SAMPLES, batch, hostile, own, texts, write, written
from tests.support.hostile import WITH_NUL
from tusk.core.render import render_column, render_data
from tusk.formats.registry import find_format, make_writer
from tusk.formats.writer import WriterOptions

Ask = Callable[[bytes, str], list[tuple[Any, ...]]]


def ask_sqlite(content: bytes, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(content)
    try:
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture
def ask_duckdb(tmp_path: Path) -> Ask:
    def ask(content: bytes, query: str) -> list[tuple[Any, ...]]:
        path = tmp_path / "read.duckdb"
        path.write_bytes(content)
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(query).fetchall()

    return ask


@pytest.fixture(params=["sqlite", "duckdb"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ask(kind: str, ask_duckdb: Ask) -> Ask:
    return ask_sqlite if kind == "sqlite" else ask_duckdb


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────


def test_sqlite_has_the_values_of_every_type():
    rows = SAMPLES["sqlite"]()
    found = ask_sqlite(write("sqlite", [rows]), 'select real, mixed, "column", id from result')
    assert [row[0] for row in found] == rows.column(1).to_pylist()
    assert [row[1] for row in found] == [5, 0.1 + 0.2, "tëxt", b"\xff\x00", None]
    assert [row[2] for row in found] == ["", "a", "b", "c", None]
    assert [row[3] for row in found] == [1, 2, 3, 4, 5]


def test_what_sqlite_has_no_type_for_is_an_exact_text():
    rows = SAMPLES["postgres"]()
    content = write("sqlite", [rows])
    exact = ["price", "any numeric", "day", "clock", "moment", "zoned", "span", "document", "id_2"]
    for name in exact:
        number = rows.schema.get_field_index(name)
        expected = render_data(rows.column(number), rows.schema.field(number)).to_pylist()
        assert [row[0] for row in ask_sqlite(content, f'select "{name}" from result')] == expected
    numbers = ask_sqlite(content, "select big, double, flag, typeof(flag), bytes from result")
    assert numbers[0] == (2**53 + 1, 0.1, 1, "integer", b"\xde\xad\x00")
    assert numbers[1][:3] == (-(2**63), -math.inf, 0)


def test_decimals_may_be_numbers_in_sqlite():
    rows = batch(
        "duckdb",
        {"p": ("DECIMAL(9,2)", pa.array([Decimal("1.10"), None], pa.decimal128(9, 2)))},
    )
    assert ask_sqlite(write("sqlite", [rows]), "select p from result") == [("1.10",), (None,)]
    content = write("sqlite", [rows], own("sqlite", "decimals=real"))
    assert ask_sqlite(content, "select p, typeof(p) from result")[0] == (1.1, "real")


def test_numbers_beyond_sqlite_are_texts():
    rows = batch("duckdb", {"u": ("UBIGINT", pa.array([2**64 - 1, 7, None], pa.uint64()))})
    assert ask_sqlite(write("sqlite", [rows]), "select u from result") == [
        (str(2**64 - 1),), ("7",), (None,)
    ]  # fmt: skip
    rows = batch("duckdb", {"f": ("DOUBLE", pa.array([math.nan, 1.5]))})
    content, notes = written("sqlite", [rows])
    assert ask_sqlite(content, "select f from result") == [("NaN",), (1.5,)]
    assert notes == ["SQLite has no NaN: such values are the text NaN"]


def test_nested_values_are_json_in_sqlite():
    rows = SAMPLES["duckdb"]()
    found = ask_sqlite(write("sqlite", [rows]), "select l, st, m, typeof(l) from result")
    assert found[0] == (
        '["a b",null,"x,y"]',
        '{"k":1,"v":"2020-01-01"}',
        '{"k":1.5,"l":null}',
        "text",
    )
    assert found[1][:3] == (None, None, None)


# ── DuckDB ───────────────────────────────────────────────────────────────────────────────────


def test_duckdb_has_the_same_values_and_types(ask_duckdb: Ask):
    rows = SAMPLES["duckdb"]()
    content = write("duckdb", [rows])
    types = [row[1] for row in ask_duckdb(content, "describe result")]
    assert types == [
        *("BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "BOOLEAN", "VARCHAR", "BLOB", "TIMESTAMP"),
        *("VARCHAR[]", "STRUCT(k BIGINT, v DATE)", "MAP(VARCHAR, DOUBLE)", "INTERVAL"),
        *("VARCHAR", "JSON"),
    ]
    shown = ask_duckdb(content, "select columns(*)::varchar from result")
    expected = [
        render_column(column, f) for column, f in zip(rows.columns, rows.schema, strict=True)
    ]
    assert shown == list(zip(*expected, strict=True))


def test_duckdb_has_postgres_values_exactly(ask_duckdb: Ask):
    rows = SAMPLES["postgres"]()
    content = write("duckdb", [rows])
    found = ask_duckdb(
        content,
        'select price, big, "day", "moment", epoch_us("zoned"), "any numeric", bytes from result',
    )
    assert found[0][:2] == (Decimal("1.10"), 2**53 + 1)
    assert found[0][4] == 1_720_000_000_000_000
    assert [row[5] for row in found] == ["1.000000000000000000001", "NaN", None]
    infinite = ask_duckdb(content, 'select isinf("day"), isinf("zoned") from result')
    assert infinite == [(False, False), (True, True), (None, None)]


def test_a_column_that_widens_midway_becomes_text_in_duckdb(ask_duckdb: Ask):
    narrow = batch(
        "postgres", {"x": ("numeric(10,2)", pa.array([Decimal("1.00")], pa.decimal128(10, 2)))}
    )
    wide = pa.record_batch([pa.array(["NaN"])], schema=pa.schema([pa.field("x", pa.string())]))
    content = write("duckdb", [narrow, wide, narrow])
    assert ask_duckdb(content, "select x from result") == [("1.00",), ("NaN",), ("1.00",)]


def test_a_column_that_becomes_bytes_midway_keeps_its_texts(ask_duckdb: Ask):
    text = "a\\xff é"
    wide = pa.record_batch([pa.array([1]), pa.array([b"\xff"])], names=["n", "t"])
    content = write("duckdb", [texts([text, None]), wide])
    assert ask_duckdb(content, "select t from result") == [(text.encode(),), (None,), (b"\xff",)]


def test_rows_keep_their_order_over_many_groups(kind: str, ask: Ask):
    rows = batch("duckdb", {"i": ("BIGINT", pa.array(range(100_000)))})
    content = write(kind, [rows, rows, rows])
    query = "select count(*), sum(i), max(rowid) from result"
    assert ask(content, query)[0][:2] == (300_000, 3 * sum(range(100_000)))
    assert [row[0] for row in ask(content, "select i from result limit 3 offset 199999")] == [
        *(99_999, 0, 1)
    ]


# ── both ─────────────────────────────────────────────────────────────────────────────────────


def test_hostile_texts_come_back(kind: str, ask: Ask):
    values = [
        *hostile().column("t").to_pylist(),
        WITH_NUL,
        "'; drop table result; --",
        "x" * 100_000,
    ]
    content = write(kind, [texts(values, kind)])
    assert [row[0] for row in ask(content, "select t from result order by n")] == values


@settings(max_examples=20)
@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8")))))
def test_any_text_comes_back_from_sqlite(values: list[str | None]):
    content = write("sqlite", [texts(values)])
    assert [row[0] for row in ask_sqlite(content, "select t from result order by n")] == values


@pytest.mark.parametrize(
    "name", ['odd "name"', "select", "a.b", "日本", "'; drop table x; --", " "]
)
def test_any_name_is_a_table_and_a_column(kind: str, ask: Ask, name: str):
    rows = batch("duckdb", {name: ("BIGINT", pa.array([7]))})
    content = write(kind, [rows], WriterOptions(table=name))
    quoted = '"' + name.replace('"', '""') + '"'
    assert ask(content, f"select {quoted} from {quoted}") == [(7,)]


def test_names_that_differ_by_case_only_get_a_number(kind: str, ask: Ask):
    rows = pa.RecordBatch.from_arrays(
        [pa.array([n]) for n in range(5)], names=["a", "A", "", "a_2", "a"]
    )
    content = write(kind, [rows])
    assert ask(content, 'select a, "A_4", "column", a_2, a_3 from result') == [(0, 1, 2, 3, 4)]


def test_several_results_are_several_tables_and_a_failed_one_is_taken_back(kind: str, ask: Ask):
    out = io.BytesIO()
    writer: Any = make_writer(find_format(kind), out, WriterOptions(table="file"))
    for name in ("orders", "", "", "ORDERS"):
        writer.begin(name)
        writer.open(texts([]).schema)
        writer.write(texts([name]))
        writer.close()
    writer.begin("orders")
    writer.open(texts([]).schema)
    writer.write(texts(["partial"]))
    writer.take_back()
    writer.finish()
    writer.discard()
    tables = "select name from sqlite_master where type = 'table'"
    if kind == "duckdb":
        tables = "select table_name from duckdb_tables()"
    found = [row[0] for row in ask(out.getvalue(), tables)]
    assert sorted(found) == ["ORDERS_2", "file", "file_2", "orders"]


def test_a_result_without_columns_is_left_out_and_said(kind: str):
    assert "without columns" in written(kind, [SAMPLES["no_columns"]()])[1][0]


def test_a_result_without_rows_is_an_empty_table(kind: str, ask: Ask):
    assert ask(write(kind, [SAMPLES["no_rows"]()]), "select count(*) from result") == [(0,)]


def test_the_table_may_be_named(kind: str, ask: Ask):
    content = write(kind, [texts(["a"])], own(kind, "table=mine"))
    assert ask(content, "select t from mine") == [("a",)]
