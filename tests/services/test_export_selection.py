"""Rows that are here already: pages and selections to files, and text for the clipboard."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.support import SAMPLES, batch, hostile, texts
from tests.support.hostile import HOSTILE
from tusk.core.errors import UsageError
from tusk.core.render import render_column
from tusk.core.result import ResultBuffer
from tusk.formats.registry import FORMATS
from tusk.services.copying import COPY_FORMATS, copy_cell, copy_rows
from tusk.services.export_selection import export_buffer, selected_batches
from tusk.services.exports import Progress

ROWS = 20_000


def filled(batches: list[pa.RecordBatch], budget_bytes: int = 1 << 30) -> ResultBuffer:
    buffer = ResultBuffer(batches[0].schema, budget_bytes=budget_bytes)
    for each in batches:
        buffer.append(each)
    return buffer


def numbers(budget_bytes: int = 1 << 30) -> ResultBuffer:
    schema = pa.record_batch({"i": [1], "t": [""]}).schema
    return filled(
        [
            pa.record_batch(
                {
                    "i": range(start, start + 1000),
                    "t": [f"text {n}" for n in range(start, start + 1000)],
                },
                schema=schema,
            )
            for start in range(0, ROWS, 1000)
        ],
        budget_bytes,
    )


def picked(buffer: ResultBuffer, **what: Any) -> list[Any]:
    return [row["i"] for each in selected_batches(buffer, **what) for row in each.to_pylist()]


# ── which rows ───────────────────────────────────────────────────────────────────────────────


@settings(max_examples=40)
@given(st.lists(st.integers(0, ROWS - 1), max_size=400), st.sampled_from([1 << 30, 0]))
def test_rows_come_in_the_order_asked_for(rows: list[int], budget_bytes: int):
    assert picked(numbers(budget_bytes), rows=rows) == rows


@pytest.mark.parametrize(
    "rows",
    [
        range(0),
        range(5, 3),
        range(10),
        range(999, 3001),
        range(ROWS),
        range(ROWS - 1, -1, -1),
        range(0, ROWS, 7),
        pa.array([3, 1, 2]).to_pylist(),
    ],
)
def test_ranges_of_rows(rows: Any):
    buffer = numbers(budget_bytes=0)
    assert picked(buffer, rows=rows) == list(rows)
    buffer.close()


def test_all_rows_and_some_columns(tmp_path: Path):
    buffer = numbers()
    summary = export_buffer(buffer, tmp_path / "a.csv", "csv", columns=[1, 0])
    assert summary.rows == ROWS
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[:2] == ["t,i", "text 0,0"]
    export_buffer(buffer, tmp_path / "a.csv", "csv", columns=[1], rows=[5, 2])
    assert (tmp_path / "a.csv").read_text() == "t\ntext 5\ntext 2\n"


@pytest.mark.parametrize("rows", [[ROWS], [-1], range(ROWS, ROWS + 1), range(-1, 2), [0, ROWS]])
def test_rows_that_are_not_there_are_an_error_and_no_file(tmp_path: Path, rows: Any):
    with pytest.raises(IndexError):
        export_buffer(numbers(), tmp_path / "a.csv", "csv", rows=rows)
    assert list(tmp_path.glob("a.csv")) == []


def test_a_column_that_got_wider_keeps_its_values_in_any_order():
    narrow = pa.record_batch({"i": range(100)})
    wide = pa.record_batch([pa.array([f"x{n}" for n in range(100)])], names=["i"])
    buffer = filled([narrow, wide, narrow])
    rows = [150, 3, 4, 250, 199, 0]
    assert picked(buffer, rows=rows) == ["x50", 3, 4, 50, "x99", 0]


def test_dictionaries_of_several_batches_are_told_apart():
    made = [
        pa.record_batch({"i": pa.array([a, b]).dictionary_encode()})
        for a, b in (("x", "y"), ("z", "x"))
    ]
    assert picked(filled(made), rows=[3, 0, 2, 1]) == ["x", "x", "z", "y"]


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"no_columns", "no_rows"}))
def test_every_type_can_be_picked(name: str):
    rows = SAMPLES[name]()
    buffer = filled([rows, rows])
    order = list(range(buffer.num_rows))[::-1]
    (found,) = selected_batches(buffer, rows=order)
    for column, whole, field in zip(found.columns, rows.columns, rows.schema, strict=True):
        shown = render_column(whole, field)
        assert render_column(column, field) == [*shown, *shown][::-1]


def test_huge_cells_are_picked_in_small_batches():
    big = pa.record_batch({"i": range(100), "t": ["x" * 1_000_000] * 100})
    sizes = [each.nbytes for each in selected_batches(filled([big]), rows=list(range(100)) * 5)]
    assert sum(sizes) > 400_000_000
    assert sizes[-1] < 20_000_000


@pytest.mark.parametrize("name", FORMATS)
def test_a_selection_goes_to_every_format(tmp_path: Path, name: str):
    told: list[Progress] = []
    path = tmp_path / f"a.{name}"
    summary = export_buffer(
        numbers(), path, name, rows=[7, 3], columns=[0], name="picked", on_progress=told.append
    )
    assert summary.rows == 2
    match name:
        case "csv":
            assert path.read_text() == "i\n7\n3\n"
        case "json":
            assert json.loads(path.read_text()) == [{"i": 7}, {"i": 3}]
        case "parquet":
            assert pq.read_table(path).to_pylist() == [{"i": 7}, {"i": 3}]
        case "sqlite":
            with sqlite3.connect(path) as file:
                assert file.execute("select i from picked").fetchall() == [(7,), (3,)]
            file.close()
        case "duckdb":
            with duckdb.connect(path) as connection:
                assert connection.execute("from picked").fetchall() == [(7,), (3,)]
        case _:
            assert path.stat().st_size > 0


# ── the clipboard ────────────────────────────────────────────────────────────────────────────


def copied(rows: pa.RecordBatch, format_: Any, **how: Any) -> str:
    return copy_rows(rows.schema, [rows], format_, **how)


def test_tab_separated_text_is_what_spreadsheets_read():
    values = ["a\tb", "c\nd", 'e"f', "", None, *HOSTILE.values()]
    text = copied(texts(values), "tsv")
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
    assert [row[1] for row in found[1:]] == [value or "" for value in values]
    assert copied(texts(["a"]), "tsv", header=False) == "0\ta\n"


def test_the_other_formats_are_those_of_files():
    rows = texts(["a|b", None])
    assert copied(rows, "csv") == "n,t\n0,a|b\n1,\n"
    assert json.loads(copied(rows, "json")) == [{"n": 0, "t": "a|b"}, {"n": 1, "t": None}]
    assert copied(rows, "markdown").splitlines()[2] == "| 0 | a\\|b |"
    assert copied(rows, "insert", table="s.t").startswith('INSERT INTO "s"."t" ("n", "t")')


def test_a_list_for_in_has_each_value_once_and_no_null():
    rows = batch("postgres", {"t": ("text", pa.array(["it's", "b", None, "it's", "NULL"]))})
    assert copied(rows, "in-list") == "('it''s', 'b', 'NULL')"
    rows = batch(
        "duckdb",
        {"i": ("BIGINT", pa.array([3, None, 1])), "t": ("VARCHAR", pa.array(["a", "b", None]))},
    )
    assert copied(rows, "in-list") == "((3, 'a'))"
    assert copied(rows.select(["i"]), "in-list") == "(3, 1)"
    with pytest.raises(UsageError, match="without columns"):
        copied(rows.select([]), "in-list")


@settings(max_examples=30)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_a_list_for_in_finds_its_values(values: list[str]):
    rows = batch("sqlite", {"t": ("TEXT", pa.array(values))})
    with sqlite3.connect(":memory:") as file:
        file.execute("create table t (t text)")
        file.executemany("insert into t values (?)", [(value,) for value in values])
        query = f"select count(*) from t where t in {copied(rows, 'in-list')}"
        assert file.execute(query).fetchone() == (len(values),)
    file.close()


@pytest.mark.parametrize("format_", COPY_FORMATS)
def test_more_than_a_clipboard_takes_is_refused_before_it_is_made(format_: Any):
    seen = 0

    def endless() -> Any:
        nonlocal seen
        while True:
            seen += 1
            yield texts([f"{seen} {n}" for n in range(1000)])

    with pytest.raises(UsageError, match="more than the 1 MB that can be copied") as caught:
        copy_rows(texts([]).schema, endless(), format_, most_bytes=100_000)
    assert "export it to a file" in caught.value.hint
    assert seen < 20


def test_a_cell_is_its_text_with_all_lines():
    rows = texts(["a\n\tb\x1b", None, ""])
    schema = rows.schema
    assert copy_cell(rows, 0, 1, schema) == "a\n\tb\x1b"
    assert copy_cell(rows, 1, 1, schema) is None
    assert copy_cell(rows, 2, 1, schema) == ""
    sample = SAMPLES["postgres"]()
    assert (
        copy_cell(sample, 0, sample.schema.get_field_index("bytes"), sample.schema) == "\\xdead00"
    )


def test_hostile_texts_are_copied_as_they_are():
    for format_ in COPY_FORMATS:
        assert copied(hostile(), format_)
