"""Values as the sqlite3 shell shows them: everything as sqlite3_column_text would give it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context

import pyarrow as pa

from tusk.core.render import duckdb
from tusk.core.render.arrays import Array, kernels
from tusk.core.render.column import (
    Column,
    column_of_values,
    loose_text,
    text_column,
    whole_number_column,
)
from tusk.core.render.kinds import is_binary, is_text
from tusk.core.render.numbers import (
    ARROW_PLAIN,
    fixed,
    outside_plain,
    scientific,
    split_digits,
    with_point,
)

# SQLite rounds halves up, C's printf to even.
_ROUNDED = Context(prec=15, rounding=ROUND_HALF_UP)


def column(type_: pa.DataType, db_type: str) -> Column:
    """How a column of this Arrow type, from this SQLite type, is shown."""
    if pa.types.is_integer(type_):
        return whole_number_column()
    if pa.types.is_floating(type_):
        return REALS
    if is_binary(type_):
        return column_of_values(loose_text)
    if is_text(type_):
        return text_column()
    return duckdb.column(type_, db_type)


def real_text(value: float) -> str:
    """A REAL with 15 digits, always with a point (SQLite's format %!.15g).

    >>> [real_text(v) for v in (1.0, 0.1 + 0.2, 1e15, 1.5e-5, float("-inf"), -0.0)]
    ['1.0', '0.3', '1.0e+15', '1.5e-05', '-Inf', '0.0']
    """
    return _infinite(value) or _layout(str(_ROUNDED.create_decimal_from_float(value)), 15)


def exact_real_text(value: float) -> str:
    """A REAL with as many digits as tell it from every other, laid out like `real_text`.

    >>> exact_real_text(0.1 + 0.2), exact_real_text(1.0)
    ('0.30000000000000004', '1.0')
    """
    return _infinite(value) or _layout(repr(value), 15)


def _shortest(array: Array) -> Array:
    return array.cast(pa.float64()).cast(pa.string())


def _points(array: Array) -> Array:
    return with_point(_shortest(array))


def _odd_reals(array: Array) -> Array | None:
    far = outside_plain(array, 1e-4, ARROW_PLAIN)
    # SQLite does not write the sign of a zero.
    zeros = kernels.equal(_shortest(array), "-0")
    return zeros if far is None else kernels.or_(zeros, far)


def _long_reals(array: Array) -> Array | None:
    # A text of 15 characters has 15 digits at most; the shortest digits then are the rounded ones.
    is_long = kernels.greater(kernels.binary_length(_shortest(array)), 15)
    odd = _odd_reals(array)
    return is_long if odd is None else kernels.or_(is_long, odd)


def _infinite(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "Inf" if value > 0 else "-Inf"
    return ""


def _layout(text: str, limit: int) -> str:
    sign, digits, exponent = split_digits(text)
    if digits == "0":
        return "0.0"
    if -4 <= exponent < limit:
        return fixed(sign, digits, exponent, point=True)
    return scientific(sign, digits, exponent, point=True)


REALS = column_of_values(real_text, fast=_points, odd=_long_reals)
EXACT_REALS = column_of_values(exact_real_text, fast=_points, odd=_odd_reals)
