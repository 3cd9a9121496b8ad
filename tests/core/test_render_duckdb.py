"""DuckDB's values look as its shell shows them: compared with its own cast to VARCHAR."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.render_support import differences, floats, interval, moments, singles
from tusk.core.render import render_column
from tusk.core.schema import make_field

INT64_MAX = 2**63 - 1
FIRST_US, LAST_US = -(10**17) * 2, 9_223_371_331_200_000_000
# What decides about quotes inside lists, and what looks as if it did.
TEXTS = st.one_of(
    st.text(st.sampled_from("ab1 \t\n\r\v\f\x1c\x85\xa0,:=;'\"()[]{}<>\\é日"), max_size=5),
    st.sampled_from(["NULL", "null", "nUlL", "NULLs", " null", "", "true", "\\"]),
)


def cast(array: pa.Array, zone: str = "UTC") -> list[str | None]:
    """DuckDB's own texts."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = ?", [zone])
        connection.register("t", pa.table({"i": range(len(array)), "x": array}))
        rows = connection.execute("select x::varchar from t order by i").fetchall()
    return [row[0] for row in rows]


def is_written_wrongly(value: float) -> bool:
    """DuckDB 1.5 writes some powers of two as the next one, or with a letter as first digit."""
    text = cast(pa.array([value]))[0]
    assert text is not None
    return not text[0].isdigit() or float(text) != value


def test_double():
    values = [*floats(3000), None]
    array = pa.array(values)
    wrong = differences(array, "duckdb", cast(array))
    assert all(is_written_wrongly(float(str(ours))) for _, ours, _ in wrong)
    assert len(wrong) < 10


def test_float():
    array = pa.array([*singles(6000), None], pa.float32())
    assert differences(array, "duckdb", cast(array)) == []


def test_the_sign_of_nan():
    array = pa.array([float("nan"), -float("nan")])
    assert differences(array, "duckdb", cast(array)) == []


def test_decimal_of_many_places():
    rng = random.Random(1)
    numbers = [rng.randint(-(10 ** rng.randint(1, 37)), 10**37) for _ in range(500)]
    values = [Decimal(number).scaleb(-10) for number in numbers]
    array = pa.array([*values, Decimal(0), Decimal("1E-10"), None], pa.decimal128(38, 10))
    assert differences(array, "duckdb", cast(array)) == []


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_timestamp(unit: str):
    scale = {"s": 10**6, "ms": 10**3, "us": 1}[unit]
    values = [value // scale for value in moments(1500, FIRST_US, LAST_US)]
    array = pa.array([*values, INT64_MAX, -INT64_MAX, None]).cast(pa.timestamp(unit))
    assert differences(array, "duckdb", cast(array)) == []


def test_timestamp_of_nanoseconds():
    rng = random.Random(1)
    values = [rng.randint(-9 * 10**18, 9 * 10**18) for _ in range(1000)]
    values += [value - value % 10**6 for value in values]
    array = pa.array(values).cast(pa.timestamp("ns"))
    assert differences(array, "duckdb", cast(array)) == []


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "Africa/Monrovia"])
def test_timestamp_with_time_zone(zone: str):
    values = moments(1000, FIRST_US, 10**17)
    array = pa.array([*values, INT64_MAX, -INT64_MAX, None]).cast(pa.timestamp("us", zone))
    assert differences(array, "duckdb", cast(array, zone)) == []


def test_date():
    rng = random.Random(1)
    days = [rng.randint(-2 * 10**6, 10**8) for _ in range(1000)]
    array = pa.array([*days, 2**31 - 1, 1 - 2**31, None], pa.int32()).cast(pa.date32())
    assert differences(array, "duckdb", cast(array)) == []


def test_time():
    rng = random.Random(1)
    values = [rng.randint(0, 86_400_000_000) for _ in range(1000)] + [0, 86_400_000_000, None]
    array = pa.array(values, pa.int64()).view(pa.time64("us"))
    assert differences(array, "duckdb", cast(array)) == []


def test_interval():
    rng = random.Random(1)

    def part(most: int) -> int:
        return rng.choice([0, 1, -1, rng.randint(-most, most)])

    values = [interval(part(10_000), part(100_000), part(10**13) * 1000) for _ in range(2000)]
    array = pa.array([*values, None])
    assert differences(array, "duckdb", cast(array)) == []


def test_blob():
    rng = random.Random(1)
    values = [rng.randbytes(rng.randint(0, 12)) for _ in range(500)] + [bytes(range(256)), None]
    array = pa.array(values)
    assert differences(array, "duckdb", cast(array), "BLOB") == []


def test_boolean_and_whole_numbers():
    for array in (
        pa.array([True, False, None] * 40),
        pa.array([2**64 - 1, 0, None] * 40, pa.uint64()),
        pa.array([-128, 127, None] * 40, pa.int8()),
    ):
        assert differences(array, "duckdb", cast(array)) == []


def test_enum():
    array = pa.array(["a", "b c", "x,y", None] * 40).dictionary_encode()
    assert differences(array, "duckdb", cast(array)) == []


@settings(max_examples=40)
@given(st.lists(st.none() | st.lists(st.none() | TEXTS, max_size=3), min_size=1, max_size=80))
def test_list_of_text(values: list[list[str | None] | None]):
    array = pa.array(values, pa.list_(pa.string()))
    assert differences(array, "duckdb", cast(array)) == []


@settings(max_examples=20)
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=20))
def test_array_of_text(values: list[list[str]]):
    array = pa.array(values, pa.list_(pa.string(), 2))
    assert differences(array, "duckdb", cast(array)) == []


@settings(max_examples=40)
@given(st.lists(st.none() | st.dictionaries(TEXTS, st.none() | TEXTS, max_size=3), min_size=1))
def test_map_of_text(values: list[dict[str, str | None] | None]):
    pairs = [None if value is None else list(value.items()) for value in values]
    array = pa.array(pairs, pa.map_(pa.string(), pa.string()))
    assert differences(array, "duckdb", cast(array)) == []


@settings(max_examples=40)
@given(st.lists(st.none() | st.tuples(TEXTS, st.none() | st.integers(0, 9)), min_size=1))
def test_struct_with_odd_names(values: list[tuple[str, int | None] | None]):
    odd = "b'c\\d \""
    structs = [None if v is None else {"a": v[0], odd: v[1]} for v in values]
    array = pa.array(structs, pa.struct([("a", pa.string()), (odd, pa.int64())]))
    assert differences(array, "duckdb", cast(array)) == []


def test_values_of_all_types_in_nested_ones():
    inner = {
        "list": ["a,b", None],
        "struct": {"x": 1.5, "y": "it's"},
        "date": dt.date(2020, 1, 1),
        "timestamp": dt.datetime(2020, 1, 1, 1, 2, 3),
        "time": dt.time(1, 2),
        "blob": b"a'\x00",
        "null": None,
        "bool": True,
        "decimal": Decimal("1.50"),
        "interval": interval(1, 0, 0),
    }
    for array in (
        pa.array([inner, None]),
        pa.array([[inner], [None], None]),
        pa.array([[["a"], [], None], None]),
        pa.array([[(1, ["x y"]), (2, None)]], pa.map_(pa.int64(), pa.list_(pa.string()))),
        pa.array([["a", "x,y", None]], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    ):
        assert differences(array, "duckdb", cast(array)) == []
        assert differences(array.slice(1), "duckdb", cast(array)[1:]) == []


def test_a_row_without_names():
    with duckdb.connect() as connection:
        relation = connection.sql("select row(1, 'x=1', 'a b') as x, x::varchar as t")
        table = relation.to_arrow_table()
    column = table.column("x").combine_chunks()
    assert differences(column, "duckdb", table.column("t").to_pylist()) == []


def test_a_list_of_json_has_no_quotes_but_a_struct_has():
    query = """select ['{"a": 1}'::json] as l, l::varchar as lt,
                      {'j': '{"a": 1}'::json} as s, s::varchar as st"""
    with duckdb.connect() as connection:
        table = connection.sql(query).to_arrow_table()
    lists, structs = table.column("l").combine_chunks(), table.column("s").combine_chunks()
    assert differences(lists, "duckdb", table.column("lt").to_pylist(), "JSON[]") == []
    assert differences(structs, "duckdb", table.column("st").to_pylist(), "STRUCT(j JSON)") == []


def test_columns_of_no_engine_look_like_duckdbs():
    assert render_column(pa.array([True]), pa.field("x", pa.bool_())) == ["true"]
    field = make_field("x", pa.float64(), engine="", db_type="")
    assert render_column(pa.array([1.0]), field) == ["1.0"]
