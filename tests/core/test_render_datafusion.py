"""DataFusion's values look as its own tables show them."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pyarrow as pa
import pytest

from tests.core.render_support import floats, interval, moments, singles
from tusk.core.render import render_column, render_strings
from tusk.core.schema import make_field

datafusion = pytest.importorskip("datafusion")


def shown(array: pa.Array) -> list[str]:
    """The cells of DataFusion's own table, of which it shows ten rows at a time."""
    cells: list[str] = []
    context = datafusion.SessionContext()
    for start in range(0, len(array), 10):
        part = array.slice(start, 10)
        if pa.types.is_nested(array.type):  # DataFusion cannot read slices of structs
            part = pa.array(part.to_pylist(), array.type)
        batch = pa.record_batch([part], names=["x"])
        lines = str(context.create_dataframe([[batch]])).splitlines()
        cells += [line[2:-2].rstrip() for line in lines[4:] if line.startswith("|")]
    return cells


def assert_alike(array: pa.Array) -> None:
    field = make_field("x", array.type, engine="datafusion", db_type="")
    expected = shown(array)
    long = [(text or "").rstrip() for text in render_strings(array, field).to_pylist()]
    short = [
        (text or "").rstrip()
        for start in range(0, len(array), 50)
        for text in render_column(array.slice(start, 50), field)
    ]
    assert long == expected
    assert short == expected


def test_floats():
    assert_alike(pa.array([*floats(300), None]))
    assert_alike(pa.array([*singles(300), None], pa.float32()))
    assert_alike(pa.array([1.5, 0.1, 65504.0, 6e-8, float("nan"), None], pa.float16()))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_and_durations(unit: str):
    scale = {"s": 10**6, "ms": 10**3, "us": 1, "ns": 1}[unit]
    values = [value // scale for value in moments(150, -(10**17), 10**18)]
    assert_alike(pa.array([*values, None]).cast(pa.timestamp(unit)))
    assert_alike(pa.array([*values, 0, None]).cast(pa.duration(unit)))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "+05:30"])
def test_timestamps_with_time_zone(zone: str):
    # Its time zone library ends in 2100.
    values = moments(150, -(10**17), 4 * 10**15)
    assert_alike(pa.array([*values, None]).cast(pa.timestamp("us", zone)))


def test_dates_and_times():
    rng = random.Random(1)
    days = [rng.randint(-(10**6), 10**7) for _ in range(300)]
    assert_alike(pa.array([*days, None], pa.int32()).cast(pa.date32()))
    assert_alike(pa.array([day * 86_400_000 for day in days]).cast(pa.date64()))
    times = [rng.randint(0, 86_399_999) for _ in range(300)]
    assert_alike(pa.array(times, pa.int32()).cast(pa.time32("ms")))
    assert_alike(pa.array([time * 1000 + time % 7 for time in times]).cast(pa.time64("us")))


def test_intervals():
    rng = random.Random(1)

    def part(most: int) -> int:
        return rng.choice([0, rng.randint(-most, most)])

    values = [interval(part(99), part(99), part(10**15) + part(10**4) * 10**9) for _ in range(300)]
    assert_alike(pa.array([*values, None]))


@pytest.mark.parametrize(
    "array",
    [
        pa.array([True, False, None]),
        pa.array([b"\xff\x00", b"", None]),
        pa.array([Decimal("0.0000000001"), Decimal("-1"), None], pa.decimal128(38, 10)),
        pa.array(["view", None, "a longer text than fits"], pa.string_view()),
        pa.array(["enum", None, "enum"]).dictionary_encode(),
        pa.nulls(3),
        pa.array([[1, None], [], None]),
        pa.array([["a b", None, "it's"], []]),
        pa.array([[1, 2], None], pa.list_(pa.int64(), 2)),
        pa.array([["x", "y"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        pa.array([{"a": 1, "b": [1.5, None], "c": {"d": dt.date(2020, 1, 1)}}, None]),
        pa.array([[("a", 1), ("b", None)], [], None], pa.map_(pa.string(), pa.int64())),
    ],
    ids=lambda array: str(array.type),
)
def test_other_types(array: pa.Array):
    assert_alike(array)
    assert_alike(pa.concat_arrays([array] * 40))
