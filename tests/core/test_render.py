"""What rendering promises for every engine."""

from __future__ import annotations

import uuid
from typing import Any

import pyarrow as pa
import pytest

from tests.core.render_support import interval
from tusk.core.render import (
    is_numeric,
    render_column,
    render_data,
    render_strings,
)
from tusk.core.schema import make_field

ENGINES = ["postgres", "duckdb", "sqlite", "datafusion", ""]
ARRAYS: dict[str, pa.Array[Any]] = {
    "int": pa.array([1, None, -(2**63)]),
    "float": pa.array([1.5, None, float("nan")]),
    "float32": pa.array([1.5, None, 0.1], pa.float32()),
    "bool": pa.array([True, None, False]),
    "text": pa.array(["a", None, ""]),
    "large text": pa.array(["a", None, ""], pa.large_string()),
    "text view": pa.array(["a", None, ""], pa.string_view()),
    "binary": pa.array([b"\xff", None, b""]),
    "large binary": pa.array([b"\xff", None, b""], pa.large_binary()),
    "fixed binary": pa.array([b"\xff\x00", None], pa.binary(2)),
    "decimal": pa.array([None], pa.decimal128(38, 10)),
    "decimal256": pa.array([None, 1], pa.decimal256(60, 3)),
    "date": pa.array([0, None], pa.int32()).cast(pa.date32()),
    "time": pa.array([0, None], pa.int64()).cast(pa.time64("us")),
    "timestamp": pa.array([0, None]).cast(pa.timestamp("us")),
    "timestamptz": pa.array([0, None]).cast(pa.timestamp("us", "Europe/Berlin")),
    "duration": pa.array([0, None]).cast(pa.duration("us")),
    "interval": pa.array([interval(1, 2, 3), None]),
    "list": pa.array([[1], None]),
    "struct": pa.array([{"a": 1}, None]),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "enum": pa.array(["a", None, "b"]).dictionary_encode(),
    "null": pa.nulls(3),
    "uuid": pa.array([b"x" * 16, None], pa.uuid()),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ARRAYS)
def test_every_type_has_a_text_and_null_has_none(engine: str, name: str):
    array = ARRAYS[name]
    field = make_field("x", array.type, engine=engine, db_type="")
    expected = array.is_null().to_pylist()
    for repeated in (array, pa.concat_arrays([array] * 50)):
        texts = render_column(repeated, field)
        strings = render_strings(repeated, field)
        assert strings.type in (pa.string(), pa.large_string())
        assert strings.to_pylist() == texts
        assert render_data(repeated, field).is_null().to_pylist() == expected * (
            len(repeated) // len(array)
        )
        assert [text is None for text in texts] == expected * (len(repeated) // len(array))
        assert all(text is None or isinstance(text, str) for text in texts)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ARRAYS)
def test_a_slice_has_the_texts_of_its_rows(engine: str, name: str):
    array = pa.concat_arrays([ARRAYS[name]] * 60)
    field = make_field("x", array.type, engine=engine, db_type="")
    whole = render_column(array, field)
    assert render_column(array.slice(7), field) == whole[7:]
    assert render_column(array.slice(7, 5), field) == whole[7:12]
    assert render_strings(array.slice(3), field).to_pylist() == whole[3:]


def test_an_empty_column_has_no_texts():
    for array in ARRAYS.values():
        field = make_field("x", array.type, engine="postgres", db_type="")
        assert render_column(array.slice(0, 0), field) == []
        assert render_strings(array.slice(0, 0), field).to_pylist() == []


def test_the_array_may_be_wider_than_its_field():
    field = make_field("x", pa.decimal128(10, 2), engine="postgres", db_type="numeric(10,2)")
    assert render_column(pa.array(["NaN", "1.20"]), field) == ["NaN", "1.20"]


def test_a_uuid_is_text_where_arrow_says_it_is_one():
    value = uuid.UUID(int=5)
    array = pa.array([value.bytes], pa.uuid())
    field = make_field("x", array.type, engine="duckdb", db_type="UUID")
    assert render_column(array, field) == [str(value)]
    lists = pa.ListArray.from_arrays([0, 1], array)
    assert render_column(lists, field) == [f"[{value}]"]


def test_numbers_are_known_by_type_or_by_name():
    def field(type_: pa.DataType, db_type: str) -> pa.Field:
        return make_field("x", type_, engine="postgres", db_type=db_type)

    assert is_numeric(field(pa.int16(), "int2"))
    assert is_numeric(field(pa.decimal128(10, 2), "numeric(10,2)"))
    assert is_numeric(field(pa.string(), "numeric"))
    assert is_numeric(field(pa.string(), "money"))
    assert not is_numeric(field(pa.string(), "text"))
    assert not is_numeric(field(pa.string(), "numeric[]"))
    assert not is_numeric(field(pa.bool_(), "boolean"))
    assert not is_numeric(field(pa.date32(), "date"))


@pytest.mark.parametrize("unit", ["x", b"x", "é"])
def test_of_a_huge_cell_only_the_beginning_is_rendered(unit: str | bytes):
    array = pa.array([unit * 30_000_000], pa.binary() if isinstance(unit, bytes) else pa.string())
    field = pa.field("x", array.type)
    [shown] = render_column(array, field, limit=100)
    [whole] = render_column(array, field)
    assert shown is not None
    assert whole is not None
    assert 100 <= len(shown) < 10_000
    assert whole.startswith(shown)


def test_many_ordinary_rows_are_not_rendered_one_by_one(monkeypatch: pytest.MonkeyPatch):
    type_ = pa.timestamp("us", "Europe/Berlin")
    field = make_field("x", type_, engine="postgres", db_type="")
    array = pa.array([n * 1_000_003 for n in range(10_000)]).cast(type_)
    expected = [render_column(array.slice(n, 1), field)[0] for n in range(0, 10_000, 999)]

    def refuse(*arguments: object) -> str:
        raise AssertionError(arguments)

    monkeypatch.setattr("tusk.core.render.moments.timestamp_text", refuse)
    assert render_strings(array, field).to_pylist()[::999] == expected
