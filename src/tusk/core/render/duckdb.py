"""Values as the DuckDB shell shows them: a cast to VARCHAR. Also for columns of no engine."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeAlias, cast

import pyarrow as pa

from tusk.core.render.arrays import Array, Field, kernels, replace_where
from tusk.core.render.calendar import clock, offset_text
from tusk.core.render.column import (
    Column,
    Texts,
    any_column,
    bool_column,
    column_of_strings,
    column_of_texts,
    column_of_values,
    text_column,
    whole_number_column,
)
from tusk.core.render.duckdb_types import element_type, member_types
from tusk.core.render.kinds import is_binary, is_list
from tusk.core.render.moments import (
    Style,
    date_column,
    time_column,
    timestamp_column,
    unit_digits,
)
from tusk.core.render.nested import list_items, map_items, struct_items, wrap
from tusk.core.render.numbers import (
    ARROW_PLAIN,
    decimal_column,
    fixed,
    outside_plain,
    scientific,
    shortest_texts,
    split_digits,
    with_point,
)

Render: TypeAlias = "Callable[[Array], list[str]]"

# Below it no text of nine digits lies in the middle of two FLOATs.
_FLOAT_MIDDLES = 2.0**22 - 1

_STYLE = Style(
    date=lambda year, month, day: (
        f"{year if year > 0 else 1 - year:04}-{month:02}-{day:02}{'' if year > 0 else ' (BC)'}"
    ),
    offset=lambda offset: offset_text(offset, with_seconds=False),
)


def column(type_: pa.DataType, db_type: str) -> Column:
    """How a column of this Arrow type, from this DuckDB type, is shown."""
    if pa.types.is_integer(type_):
        return whole_number_column()
    if pa.types.is_boolean(type_):
        return bool_column("true", "false")
    if pa.types.is_float64(type_):
        return column_of_values(
            double_text,
            fast=lambda array: with_point(shortest_texts(array)),
            odd=lambda array: outside_plain(array, 1e-4, ARROW_PLAIN),
        )
    if pa.types.is_floating(type_):
        return Column(_float_texts, _float_strings)
    if isinstance(type_, (pa.Decimal128Type, pa.Decimal256Type)):
        return _fraction_column() if type_.precision == type_.scale else decimal_column()
    if pa.types.is_date(type_):
        return date_column(type_, _STYLE)
    if pa.types.is_time(type_):
        return time_column(type_, _STYLE)
    if isinstance(type_, pa.TimestampType):
        return timestamp_column(type_, _STYLE)
    if is_binary(type_):
        return column_of_values(blob_text)
    if pa.types.is_interval(type_):
        return column_of_values(lambda v: interval_text(v.months, v.days, v.nanoseconds // 1000))
    if pa.types.is_duration(type_):
        return _duration_column(type_)
    return _nested(type_, db_type) or text_column()


def double_text(value: float) -> str:
    """A DOUBLE: Python's digits and layout are the same, but for the sign of a NaN.

    >>> double_text(1e16), double_text(-math.nan)
    ('1e+16', '-nan')
    """
    if value != value and math.copysign(1.0, value) < 0:
        return "-nan"
    return repr(value)


def float_text(value: float, shortest: str) -> str:
    """A FLOAT.

    Args:
        value: The number.
        shortest: The digits that Arrow found for it; Python has no float of that size.

    >>> float_text(3680767.25, "3680767.2"), float_text(0.10000000149011612, "0.1")
    ('3680767.25', '0.1')
    """
    if not math.isfinite(value):
        return double_text(value)
    sign, digits, exponent = split_digits(repr(value) if _fails(value, shortest) else shortest)
    if -4 <= exponent < 16:
        return fixed(sign, digits, exponent, point=True)
    return scientific(sign, digits, exponent)


def _fails(value: float, shortest: str) -> bool:
    """Whether DuckDB's way to the shortest digits (Grisu) fails for a FLOAT.

    It does when two texts of that length are equally near, and when a text of that length or
    less lies in the middle of two FLOATs. DuckDB then writes the digits of the DOUBLE.
    """
    exact, short = Decimal(value), Decimal(shortest)
    distance = abs(exact - short)
    if not distance:
        return False
    digits = len(split_digits(shortest)[1])
    if distance * 2 == Decimal(1).scaleb(short.adjusted() - digits + 1):
        return True
    mantissa, exponent = math.frexp(abs(value))
    half_gap = Decimal(2) ** (exponent - 25)
    below = half_gap / 2 if mantissa == 0.5 else half_gap
    middles = (abs(exact) + half_gap, abs(exact) - below)
    return any(m == abs(short) or len(m.normalize().as_tuple().digits) < digits for m in middles)


def _float_texts(array: Array) -> Texts:
    shortest = shortest_texts(array).to_pylist()
    return [
        None if value is None or text is None else float_text(value, text)
        for value, text in zip(array.to_pylist(), shortest, strict=True)
    ]


def _float_strings(array: Array) -> Array:
    texts = shortest_texts(array)
    as_double = array.cast(pa.float64()).cast(pa.string())
    # Between two texts equally near the number's own is one digit longer.
    lengths = kernels.binary_length(texts)
    is_near = kernels.less_equal(kernels.binary_length(as_double), kernels.add(lengths, 2))
    odd = kernels.and_(is_near, kernels.not_equal(as_double, texts))
    far = outside_plain(array, 1e-4, _FLOAT_MIDDLES)
    odd = odd if far is None else kernels.or_(odd, far)
    replacements = pa.array(_float_texts(array.filter(odd.fill_null(False))), pa.string())
    return replace_where(with_point(texts), odd, replacements)


def _fraction_column() -> Column:
    """Decimals that have no digits before the point: DuckDB writes no zero there."""
    decimals = decimal_column()
    return column_of_strings(
        lambda a: kernels.replace_substring_regex(decimals.strings(a), r"^(-?)0\.", r"\1.")
    )


_BLOB_ESCAPES = [
    chr(code) if 32 <= code < 127 and chr(code) not in "\\'\"" else f"\\x{code:02X}"
    for code in range(256)
]


def blob_text(value: bytes) -> str:
    r"""Bytes as DuckDB shows them: printable ones as they are.

    >>> blob_text(b"a\xde'")
    'a\\xDE\\x27'
    """
    if value.isascii() and value.isalnum():
        return value.decode("ascii")
    return "".join(map(_BLOB_ESCAPES.__getitem__, value))


def interval_text(months: int, days: int, micros: int) -> str:
    """An interval; its three parts are independent and may differ in sign.

    >>> interval_text(14, -1, 3_600_500_000), interval_text(0, 0, 0)
    ('1 year 2 months -1 day 01:00:00.5', '00:00:00')
    """
    years, months = int(months / 12), months - int(months / 12) * 12
    parts = [
        f"{count} {unit}{'' if count in (1, -1) else 's'}"
        for count, unit in ((years, "year"), (months, "month"), (days, "day"))
        if count
    ]
    if micros or not parts:
        seconds, fraction = divmod(abs(micros), 1_000_000)
        parts.append(("-" if micros < 0 else "") + clock(seconds, fraction, 6))
    return " ".join(parts)


def _duration_column(type_: pa.DataType) -> Column:
    scale = 10 ** unit_digits(type_)
    return column_of_values(
        lambda value: interval_text(0, 0, value * 10**6 // scale), storage=pa.int64()
    )


# ── nested types ─────────────────────────────────────────────────────────────────────────


def _nested(type_: pa.DataType, db_type: str) -> Column | None:
    if isinstance(type_, pa.MapType):
        key_type, value_type = member_types(db_type, 2, has_names=False)
        key, value = _element(type_.key_type, key_type), _element(type_.item_type, value_type)
        return column_of_texts(lambda a: wrap("{", map_items(a, key, value, "="), "}"))
    if isinstance(type_, pa.StructType):
        return _struct_column(list(type_.fields), db_type)
    if is_list(type_):
        inner = element_type(db_type)
        # Lists of JSON, and arrays of a fixed size, never quote their elements.
        is_bare = inner == "JSON" or pa.types.is_fixed_size_list(type_)
        value_type = cast("pa.ListType[Any]", type_).value_type
        element = _element(value_type, inner, is_bare=is_bare)
        return column_of_texts(lambda a: wrap("[", list_items(a, element), "]"))
    return None


def _struct_column(fields: Sequence[Field], db_type: str) -> Column:
    # Structs made by row(…) have no names.
    is_row = not any(field.name for field in fields)
    left, right = "()" if is_row else "{}"
    types = member_types(db_type, len(fields), has_names=not is_row)
    renders = [
        _named("" if is_row else f"{_quote(field.name)}: ", _element(field.type, member_type))
        for field, member_type in zip(fields, types, strict=True)
    ]
    return column_of_texts(lambda array: wrap(left, struct_items(array, renders), right))


def _named(head: str, render: Render) -> Render:
    return lambda array: [head + text for text in render(array)]


def _element(type_: pa.DataType, db_type: str, *, is_bare: bool = False) -> Render:
    """What makes the texts of elements, quoted where that is needed.

    Numbers and nested values are never quoted.
    """
    inner = any_column(type_, db_type, column)
    is_primitive = pa.types.is_primitive(type_) and not pa.types.is_temporal(type_)
    is_number = is_primitive or pa.types.is_decimal(type_)
    is_plain = is_bare or is_number or pa.types.is_nested(type_)

    def texts(array: Array) -> list[str]:
        return [
            "NULL" if text is None else text if is_plain else quoted(text)
            for text in inner.texts(array)
        ]

    return texts


_NEEDS_QUOTES = re.compile(r"""\s|.*\s\Z|null\Z|.*['"(),:=\[\]{}]|\Z""", re.I | re.S | re.A)


def quoted(text: str) -> str:
    r"""A text inside a list, struct or map, with quotes where it could be misread.

    >>> [quoted(t) for t in ("a b", "a,b", "", "NULL", "it's")]
    ['a b', "'a,b'", "''", "'NULL'", "'it\\'s'"]
    """
    return _quote(text) if _NEEDS_QUOTES.match(text) else text


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
