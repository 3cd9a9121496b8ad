"""DataFusion's types through tusk look as in its own tables and bear its own names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engines.kits import Kit, datafusion_kit, opened
from tusk.core.errors import QueryError
from tusk.core.render import render_column, render_strings
from tusk.core.schema import db_type_of
from tusk.engines.base import FetchMode, Session

datafusion = pytest.importorskip("datafusion")

SHAPES = {
    "plain": "{x}",
    "list": "[{x}]",
    "list of lists": "[[{x}], []]",
    "struct": "named_struct('k', {x}, 'n', 1)",
    "map value": "map(['k'], [{x}])",
    "map key": "map([{x}], [1])",
}


def casts(type_: str, *values: str) -> list[str]:
    """Values of one of Arrow's types."""
    return [f"arrow_cast({value}, '{type_}')" for value in values]


NINES = "'" + "9" * 38 + "'"
MOMENTS = (
    "'1970-01-01'", "'2020-02-29T12:34:56.789012'", "'1969-12-31T23:59:59.5'", "'1700-01-01'",
    "'2020-10-25T00:30:00Z'", "'2020-10-25T01:30:00Z'",
)  # fmt: skip
FLOATS = ("0.1", "-0.0", "'NaN'", "'inf'", "'-inf'", "1e16", "1e-7", "123456789", "1e300")
VALUES = [
    "true", "false", "'text'", "''", "' a b '", "'it''s'", "'null'", "'é日'", "x'00ff'", "x''",
    *(v for bits in (8, 16, 32, 64) for v in casts(f"Int{bits}", f"{-(2 ** (bits - 1))}")),
    *(v for bits in (8, 16, 32, 64) for v in casts(f"UInt{bits}", f"'{2**bits - 1}'", "0")),
    *casts("Float16", "1.5", "0.1", "65504"),
    *casts("Float32", *FLOATS[:-1]),
    *casts("Float64", *FLOATS),
    *casts("Decimal32(5, 1)", "12.5"),
    *casts("Decimal64(10, 4)", "-0.0001"),
    *casts("Decimal128(4, 4)", "0.1234", "-0.5"),
    *casts("Decimal128(38, 0)", NINES, "0"),
    *casts("Decimal128(38, 10)", "0.0000000001"),
    *casts("Decimal256(76, 10)", NINES, "'-0.0000000001'"),
    *casts("Date32", "'1970-01-01'", "'0001-01-01'", "'9999-12-31'"),
    *casts("Date64", "'1970-01-01'", "'2020-02-29'"),
    *casts("Time32(Second)", "'00:00:00'", "'23:59:59'"),
    *casts("Time32(Millisecond)", "'01:02:03.5'"),
    *casts("Time64(Microsecond)", "'01:02:03.000001'"),
    *casts("Time64(Nanosecond)", "'23:59:59.999999999'"),
    *(v for unit in ("Second", "Millisecond", "Microsecond", "Nanosecond")
      for v in casts(f"Timestamp({unit}, None)", *MOMENTS)),
    *(v for zone in ("UTC", "Europe/Berlin", "Asia/Kathmandu", "+05:30")
      for v in casts(f'Timestamp(Microsecond, Some("{zone}"))', *MOMENTS)),
    *(v for unit in ("Second", "Millisecond", "Microsecond", "Nanosecond")
      for v in casts(f"Duration({unit})", "0", "1", "-90061", "9223372036854775")),
    "interval '1 year 2 months 3 days 4 hours 5 minutes 6.789 seconds'", "interval '-1 day'",
    "interval '0 days'", "interval '-1.5 seconds'",
    *casts("LargeUtf8", "'large'"), *casts("LargeBinary", "x'0102'"),
    *casts("LargeList(Int32)", "[1, null]"), *casts("FixedSizeList(2, Int64)", "[1, 2]"),
    *casts("List(non-null Int64)", "[1]"), "[]", "[null]",
    "named_struct('a b', 1, 'c', [named_struct('d', 'x, y')])", "struct(1, null)",
    "map(['a', 'b'], [1, null])", "null",
]  # fmt: skip
PACKED = [
    *casts("Dictionary(Int8, Utf8)", "'a'", "null"),
    *casts("Utf8View", "'a view'"),
    *casts("BinaryView", "'a view'"),
]
"""Values whose types travel as the plain ones that they stand for."""


@pytest.fixture(scope="module")
def kit() -> Iterator[Kit]:
    """DataFusion through tusk."""
    with opened(datafusion_kit()) as made:
        yield made


@pytest.fixture(scope="module")
def session(kit: Kit) -> Session:
    """A session for all types of this file."""
    return kit.connect()


@pytest.fixture(scope="module")
def plain() -> Any:
    """DataFusion by itself, whose SQL strings are no views."""
    config = datafusion.SessionConfig()
    name = "datafusion.sql_parser.map_string_types_to_utf8view"
    return datafusion.SessionContext(config.set(name, "false"))


def table_cell(plain: Any, query: str) -> str:
    """The only cell of DataFusion's table of a result."""
    (row,) = [line for line in str(plain.sql(query)).splitlines()[4:] if line.startswith("|")]
    return row[2:-2].rstrip()


def compare(kit: Kit, session: Session, plain: Any, expression: str) -> list[str]:
    """What differs between tusk and DataFusion for one value."""
    query = f"select {expression} as x"
    try:
        expected = table_cell(plain, query)
    except BaseException:  # Rust panics are no Exception
        # DataFusion cannot make or nest this value so.
        with pytest.raises(QueryError):
            kit.run(session, query)
        return []
    mistakes: list[str] = []
    for mode in FetchMode:
        result = kit.run(session, query, mode=mode)
        assert result.schema is not None
        field = result.schema.field(0)
        ((found,),) = [render_column(batch.column(0), field) for batch in result.batches]
        ((long,),) = [render_strings(b.column(0), field).to_pylist() for b in result.batches]
        if not (found or "").rstrip() == (long or "").rstrip() == expected:
            mistakes.append(f"{expression}: {found!r}, {long!r} instead of {expected!r}")
        name = plain.sql(f"select arrow_typeof({expression})").collect()[0][0][0].as_py()
        if expression not in PACKED and db_type_of(field) != name:
            mistakes.append(f"{expression}: type {db_type_of(field)!r} instead of {name!r}")
    return mistakes


@pytest.mark.parametrize("shape", SHAPES)
def test_values_of_every_type_look_as_in_datafusion(
    kit: Kit, session: Session, plain: Any, shape: str
):
    expressions = [SHAPES[shape].format(x=value) for value in VALUES]
    assert [m for e in expressions for m in compare(kit, session, plain, e)] == []


@pytest.mark.parametrize("value", PACKED)
def test_dictionaries_and_views_travel_as_what_they_hold(
    kit: Kit, session: Session, plain: Any, value: str
):
    assert compare(kit, session, plain, value) == []


@pytest.mark.parametrize(
    ("type_", "amount"), [("Interval(YearMonth)", "1 month"), ("Interval(DayTime)", "1 day")]
)
@pytest.mark.parametrize("shape", ["plain", "list", "struct"])
def test_intervals_that_cannot_be_fetched_say_what_to_do(
    kit: Kit, session: Session, plain: Any, type_: str, amount: str, shape: str
):
    value = f"arrow_cast('{amount}', '{type_}')"
    with pytest.raises(QueryError, match="cast it to varchar"):
        kit.run(session, f"select {SHAPES[shape].format(x=value)} as x")
    assert compare(kit, session, plain, f"cast({value} as varchar)") == []
