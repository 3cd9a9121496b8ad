"""PostgreSQL's values look as psql shows them: compared with the server's own text."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest

from tests.core.render_support import differences, floats, moments, singles
from tusk.core.render import render_column, render_data, render_strings
from tusk.core.schema import make_field

EPOCH_DAYS = 10_957  # PostgreSQL counts from 2000-01-01
EPOCH_US = EPOCH_DAYS * 86_400 * 1_000_000
FIRST_US = -210_866_803_200_000_000 + EPOCH_US  # 4714-11-24 BC
LAST_US = 2**63 - 1 - 1_000_000  # the server's own last, 294276 AD, is later
INT64_MAX = 2**63 - 1
INT32_MAX = 2**31 - 1

# What the server shows for these raw values (in its binary format) of this type.
Shown = Callable[[str, str, Sequence[object]], list[str]]


@pytest.fixture
def connection(pg_db: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        yield connection


@pytest.fixture
def shown(connection: psycopg.Connection) -> Shown:
    def ask(type_: str, layout: str, values: Sequence[object]) -> list[str]:
        connection.execute(f"drop table if exists t; create temp table t (i int, x {type_})")
        rows = b"".join(
            struct.pack(f"!hiii{layout}", 2, 4, i, struct.calcsize(layout), value)
            for i, value in enumerate(values)
        )
        content = b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows + b"\xff\xff"
        with connection.cursor() as cursor:
            with cursor.copy("copy t from stdin binary") as copy:
                copy.write(content)
            with cursor.copy("copy (select x from t order by i) to stdout") as copy:
                return b"".join(bytes(data) for data in copy).decode().splitlines()

    return ask


def test_double_precision_has_the_servers_digits(shown: Shown):
    values = floats(3000)
    expected = shown("float8", "d", values)
    assert differences(pa.array(values), "postgres", expected) == []


def test_real_has_the_servers_digits(shown: Shown):
    values = singles(3000)
    expected = shown("float4", "f", values)
    assert differences(pa.array(values, pa.float32()), "postgres", expected) == []


def test_dates_of_all_times(shown: Shown):
    rng = random.Random(1)
    days = [rng.randint(-2_440_588, 2_145_000_000) for _ in range(2000)]
    days += [rng.randint(-800_000, 3_000_000) for _ in range(2000)]
    expected = shown("date", "i", [day - EPOCH_DAYS for day in days])
    array = pa.array(days, pa.int32()).cast(pa.date32())
    assert differences(array, "postgres", expected) == []


def test_times_of_day_up_to_24_hours(shown: Shown):
    rng = random.Random(1)
    values = [rng.randint(0, 86_400_000_000) for _ in range(1000)]
    values += [0, 1, 43_200_000_000, 86_399_999_999, 86_400_000_000]
    array = pa.array(values, pa.int64()).view(pa.time64("us"))
    assert differences(array, "postgres", shown("time", "q", values)) == []


def test_timestamps_of_all_times(shown: Shown):
    values = moments(1500, FIRST_US, LAST_US)
    expected = shown("timestamp", "q", [value - EPOCH_US for value in values])
    array = pa.array(values).cast(pa.timestamp("us"))
    assert differences(array, "postgres", expected) == []


@pytest.mark.parametrize(
    "zone",
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Africa/Monrovia",  # local mean time with seconds until 1972
        "Pacific/Apia",  # skipped a day
        "Australia/Lord_Howe",  # half an hour of daylight saving
        "America/St_Johns",
        "Europe/Dublin",  # negative daylight saving
    ],
)
def test_timestamps_with_time_zone(zone: str, connection: psycopg.Connection, shown: Shown):
    connection.execute("select set_config('timezone', %s, false)", [zone])
    values = moments(1000, FIRST_US, LAST_US)
    expected = shown("timestamptz", "q", [value - EPOCH_US for value in values])
    array = pa.array(values).cast(pa.timestamp("us", zone))
    assert differences(array, "postgres", expected) == []


def test_every_hour_around_a_change_of_the_clock(connection: psycopg.Connection, shown: Shown):
    connection.execute("set timezone = 'Europe/Berlin'")
    values = [1_711_800_000_000_000 + hour * 3_600_000_000 for hour in range(100)]
    expected = shown("timestamptz", "q", [value - EPOCH_US for value in values])
    array = pa.array(values).cast(pa.timestamp("us", "Europe/Berlin"))
    assert {text[-3:] for text in expected} == {"+01", "+02"}
    assert differences(array, "postgres", expected) == []


def test_bytes_in_hex(shown: Shown):
    values = [bytes([i]) for i in range(256)]
    expected = [text.replace("\\\\", "\\") for text in shown("bytea", "1s", values)]
    assert differences(pa.array(values), "postgres", expected, "bytea") == []


def test_the_extremes_are_infinity():
    field = make_field("x", pa.date32(), engine="postgres", db_type="date")
    days = pa.array([INT32_MAX, -INT32_MAX, None], pa.int32()).cast(pa.date32())
    assert render_column(days, field) == ["infinity", "-infinity", None]
    for zone in (None, "Europe/Berlin"):
        type_ = pa.timestamp("us", zone)
        field = make_field("x", type_, engine="postgres", db_type="")
        moments_ = pa.array([INT64_MAX, -INT64_MAX] * 50).cast(type_)
        assert set(render_column(moments_, field)) == {"infinity", "-infinity"}


def test_decimals_never_have_an_exponent():
    texts = ["0.0000000000", "0.0000000001", "-0.0000012345", "12345678901234567890.0000000000"]
    array = pa.array([Decimal(text) for text in texts] * 30, pa.decimal128(38, 10))
    field = make_field("x", array.type, engine="postgres", db_type="numeric(38,10)")
    assert render_column(array, field) == texts * 30
    assert render_strings(array.slice(0, 4), field).to_pylist() == texts


def test_booleans_are_t_and_f():
    field = make_field("x", pa.bool_(), engine="postgres", db_type="boolean")
    assert render_column(pa.array([True, False, None]), field) == ["t", "f", None]


def test_text_that_is_not_utf_8_shows_its_bytes_and_keeps_them_in_files():
    field = make_field("x", pa.string(), engine="postgres", db_type="text")
    array = pa.array([b"caf\xe9", "café".encode(), None])
    assert render_column(array, field) == ["caf\\xe9", "café", None]
    assert render_data(array, field).equals(array)


def test_a_time_zone_that_nobody_knows_is_shown_in_utc():
    type_ = pa.timestamp("us", "<+05>-05")
    field = make_field("x", type_, engine="postgres", db_type="timestamptz")
    assert render_column(pa.array([0]).cast(type_), field) == ["1970-01-01 00:00:00+00"]


def test_an_offset_is_a_time_zone():
    type_ = pa.timestamp("us", "+05:30")
    field = make_field("x", type_, engine="postgres", db_type="timestamptz")
    assert render_column(pa.array([0]).cast(type_), field) == ["1970-01-01 05:30:00+05:30"]
