"""JSON: exact numbers, valid documents, other readers."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.support import SAMPLES, batch, hostile, postgres, texts, write
from tests.support.hostile import unsafe_characters
from tusk.formats.writer import WriterOptions


def refuse(constant: str) -> None:
    raise AssertionError(constant)


def read(content: bytes) -> Any:
    """Strictly, with every digit of every number."""
    return json.loads(content, parse_float=Decimal, parse_constant=refuse)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_document_is_valid_and_both_formats_agree(sample: str):
    rows = SAMPLES[sample]()
    document = read(write("json", [rows]))
    lines = write("jsonl", [rows]).splitlines()
    assert len(document) == len(lines) == rows.num_rows
    assert [read(line) for line in lines] == document


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_come_back(values: list[str | None]):
    document = read(write("json", [texts(values)]))
    assert [row["t"] for row in document] == values


def test_numbers_keep_all_their_digits():
    first, second, third = read(write("json", [postgres()]))
    assert first["big"] == 2**53 + 1
    assert second["big"] == -(2**63)
    assert str(first["price"]) == "1.10"
    assert str(first["any numeric"]) == "1.000000000000000000001"
    assert second["any numeric"] == "NaN"
    assert second["double"] == "-Infinity"
    assert set(third.values()) == {None}


@settings(max_examples=50)
@given(st.lists(st.floats(width=64), min_size=1, max_size=100))
def test_floats_come_back(values: list[float]):
    for engine in ("postgres", "duckdb", "sqlite", "datafusion"):
        rows = batch(engine, {"x": ("double", pa.array(values))})
        document = json.loads(write("json", [rows]), parse_constant=refuse)
        found = [float(row["x"]) for row in document]
        assert all(
            a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(found, values, strict=True)
        )


def test_json_columns_are_embedded_on_one_line():
    first = read(write("jsonl", [postgres()]).splitlines()[0])
    assert first["document"] == {"a": [1, None]}
    assert first["loose"] == {"a": Decimal("1.0")}


@pytest.mark.parametrize("text", ["{", "NaN", "[" * 100_000, "", "1 2", "{'a': 1}"], ids=range(6))
def test_what_is_not_json_is_a_text(text: str):
    rows = batch("postgres", {"j": ("json", pa.array([text]))})
    assert read(write("json", [rows])) == [{"j": text}]


def test_nested_values_are_arrays_and_objects():
    first, second = read(write("json", [SAMPLES["duckdb"]()]))
    assert first["l"] == ["a b", None, "x,y"]
    assert first["st"] == {"k": 1, "v": "2020-01-01"}
    assert first["m"] == {"k": Decimal("1.5"), "l": None}
    assert first["blob"] == "61ff"
    assert first["e"] == "a"
    assert first["j"] == {"a": 1}
    assert second["l"] is None


def test_deeply_nested_values():
    value = [{"a": [{"b": [[1, None], None]}]}, None]
    rows = batch("duckdb", {"x": ("", pa.array([value, None]))})
    assert read(write("json", [rows])) == [{"x": value}, {"x": None}]


def test_a_list_of_json_is_embedded():
    rows = batch("duckdb", {"x": ("JSON[]", pa.array([['{"a": 1}', "[]"]]))})
    assert read(write("json", [rows])) == [{"x": [{"a": 1}, []]}]


def test_names_that_occur_twice_get_a_number():
    document = read(write("json", [SAMPLES["duplicates"]()]))
    assert document == [{"a": 1, "a_3": 2, "": 3, "a_2": 4}]


def test_on_a_terminal_escapes_mean_the_same():
    rows = hostile()
    content = write("json", [rows], WriterOptions(for_terminal=True))
    assert unsafe_characters(content.decode()) == []
    assert read(content) == read(write("json", [rows]))


def test_duckdb_reads_it(tmp_path: Path):
    path = tmp_path / "t.jsonl"
    path.write_bytes(write("jsonl", [SAMPLES["duckdb"]()]))
    with duckdb.connect() as connection:
        relation = connection.read_json(str(path), format="newline_delimited")
        row = relation.project("i, l, st.v, t").fetchone()
    assert row is not None
    assert row[:2] == (1, ["a b", None, "x,y"])
