"""Values as psql shows them: the server's own output functions, with ISO dates.

Types without an exact Arrow counterpart arrive as the server's text and stay as they are.
"""

from __future__ import annotations

import math
from decimal import Decimal

import pyarrow as pa

from tusk.core.render import duckdb
from tusk.core.render.arrays import Array, replace_where
from tusk.core.render.calendar import offset_text
from tusk.core.render.column import (
    Column,
    Texts,
    bool_column,
    column_of_values,
    loose_text,
    text_column,
    whole_number_column,
)
from tusk.core.render.kinds import is_binary, is_text
from tusk.core.render.moments import Style, date_column, time_column, timestamp_column
from tusk.core.render.numbers import (
    ARROW_PLAIN,
    decimal_column,
    fixed,
    outside_plain,
    scientific,
    shortest_texts,
    split_digits,
)

_STYLE = Style(
    date=lambda year, month, day: f"{year if year > 0 else 1 - year:04}-{month:02}-{day:02}",
    era=lambda year: "" if year > 0 else " BC",
    offset=lambda offset: offset_text(offset, with_seconds=True),
)
# Above it PostgreSQL writes a real with an exponent.
_PLAIN_REAL = 999_999.0


def column(type_: pa.DataType, db_type: str) -> Column:
    """How a column of this Arrow type, from this PostgreSQL type, is shown."""
    if pa.types.is_integer(type_):
        return whole_number_column()
    if pa.types.is_boolean(type_):
        return bool_column("t", "f")
    if pa.types.is_float64(type_):
        return column_of_values(
            float8_text,
            fast=shortest_texts,
            odd=lambda values: outside_plain(values, 1e-4, ARROW_PLAIN),
        )
    if pa.types.is_floating(type_):
        return Column(_real_texts, _real_strings)
    if pa.types.is_decimal(type_):
        return decimal_column()
    if pa.types.is_date(type_):
        return date_column(type_, _STYLE)
    if pa.types.is_time(type_):
        return time_column(type_, _STYLE)
    if isinstance(type_, pa.TimestampType):
        return timestamp_column(type_, _STYLE)
    if is_binary(type_):
        return column_of_values(bytea_text if is_bytea(db_type) else loose_text)
    if is_text(type_):
        return text_column()
    # Arrow types that PostgreSQL's results never have.
    return duckdb.column(type_, db_type)


def is_bytea(db_type: str) -> bool:
    """Whether bytes of this type are bytes, not text with an encoding of its own."""
    return db_type in ("bytea", "binary", "large_binary", "")


def bytea_text(value: bytes) -> str:
    r"""Bytes in hex format (bytea_output's default).

    >>> bytea_text(b"\xde\xad")
    '\\xdead'
    """
    return "\\x" + value.hex()


def float8_text(value: float) -> str:
    """A double precision value as float8out writes it (extra_float_digits = 1).

    >>> [float8_text(v) for v in (1.0, 1e14, 1e15, 1e-4, 1e-5, float("-inf"), 1e23)]
    ['1', '100000000000000', '1e+15', '0.0001', '1e-05', '-Infinity', '9.999999999999999e+22']
    """
    return _float_text(value, repr(value), mantissa_bits=53, most_digits=17, limit=15)


def float4_text(value: float, shortest: str) -> str:
    """A real as float4out writes it.

    Args:
        value: The number.
        shortest: The digits that Arrow found for it; Python has no float of that size.

    >>> float4_text(387534784.0, "3.875348e+8")
    '3.8753478e+08'
    """
    return _float_text(value, shortest, mantissa_bits=24, most_digits=9, limit=6)


def _real_texts(array: Array) -> Texts:
    shortest = shortest_texts(array).to_pylist()
    return [
        None if value is None or text is None else float4_text(value, text)
        for value, text in zip(array.to_pylist(), shortest, strict=True)
    ]


def _real_strings(array: Array) -> Array:
    texts = shortest_texts(array)
    odd = outside_plain(array, 1e-4, _PLAIN_REAL)
    if odd is None:
        return texts
    replacements = _real_texts(array.filter(odd.fill_null(False)))
    return replace_where(texts, odd, pa.array(replacements, pa.string()))


def _float_text(
    value: float, shortest: str, *, mantissa_bits: int, most_digits: int, limit: int
) -> str:
    """A float with an exponent from 10 ** `limit` on, like C's %g with that precision."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = _inside(shortest, value, mantissa_bits, most_digits)
    sign, digits, exponent = split_digits(text)
    if -4 <= exponent < limit:
        return fixed(sign, digits, exponent, point=False)
    return scientific(sign, digits, exponent)


def _inside(text: str, value: float, mantissa_bits: int, most_digits: int) -> str:
    """The shortest digits strictly closer to `value` than to its neighbours.

    PostgreSQL does not rely on readers to round halves to even, as Python's and Arrow's digits
    do: it writes 1e23, which lies in the middle of two doubles, as 9.999999999999999e+22. Such
    a middle has few enough digits only among whole numbers.
    """
    size = abs(value)
    if size < 2**mantissa_bits:
        return text
    exact = int(size)
    gap = 2 ** (exact.bit_length() - mantissa_bits)
    gap_below = gap // 2 if exact & (exact - 1) == 0 else gap
    middles = (2 * exact + gap, 2 * exact - gap_below)
    digits = len(split_digits(text)[1])
    while 2 * abs(int(Decimal(text))) in middles and digits < most_digits:
        text = f"{Decimal(int(value)):.{digits}e}"
        digits += 1
    return text
