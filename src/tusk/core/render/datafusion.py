"""Values as the DataFusion command line shows them: arrow-rs' display formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pyarrow as pa

from tusk.core.render import duckdb
from tusk.core.render.arrays import Array, kernels
from tusk.core.render.column import (
    Column,
    Texts,
    any_column,
    column_of_texts,
    column_of_values,
    string_array,
)
from tusk.core.render.kinds import is_binary, is_list
from tusk.core.render.moments import (
    Style,
    date_column,
    time_column,
    timestamp_column,
    timestamp_text,
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


def _year_text(year: int) -> str:
    """Chrono marks years that do not have four digits with a sign."""
    return f"{year:04}" if 0 <= year <= 9999 else f"{year:+05}"


def _offset_text(offset: int) -> str:
    if not offset:
        return "Z"
    sign = "-" if offset < 0 else "+"
    # Chrono rounds the seconds of a local mean time away.
    offset = (abs(offset) + 30) // 60 * 60
    return f"{sign}{abs(offset) // 3600:02}:{abs(offset) // 60 % 60:02}"


def _clock(seconds: int, fraction: int, digits: int) -> str:
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if not fraction:
        return text
    shown = f"{fraction:0{digits}}"
    while shown.endswith("000"):
        shown = shown[:-3]
    return f"{text}.{shown}"


def _trim(texts: Array) -> Array:
    return kernels.replace_substring_regex(texts, r"(\.0{9}|\.0{6}|\.0{3}|0{6}|0{3})$", "")


_STYLE = Style(
    date=lambda year, month, day: f"{_year_text(year)}-{month:02}-{day:02}",
    offset=_offset_text,
    between="T",
    clock=_clock,
    trim=_trim,
    has_infinity=False,
)


def column(type_: pa.DataType, db_type: str) -> Column:
    """How a column of this Arrow type is shown."""
    if pa.types.is_floating(type_):
        return _float_column(type_.bit_width)
    if pa.types.is_decimal(type_):
        return decimal_column()
    if pa.types.is_date32(type_):
        return date_column(type_, _STYLE)
    if pa.types.is_date64(type_):
        return column_of_values(lambda ms: timestamp_text(ms, 3, None, _STYLE), storage=pa.int64())
    if pa.types.is_time(type_):
        return time_column(type_, _STYLE)
    if isinstance(type_, pa.TimestampType):
        return timestamp_column(type_, _STYLE)
    if is_binary(type_):
        return column_of_values(lambda value: value.hex())
    if pa.types.is_interval(type_):
        return column_of_values(lambda v: interval_text(v.months, v.days, v.nanoseconds))
    if pa.types.is_duration(type_):
        digits = unit_digits(type_)
        return column_of_values(lambda v: duration_text(v, digits), storage=pa.int64())
    nested = _nested(type_)
    return nested if nested is not None else duckdb.column(type_, db_type)


# By size in bits: exponents without scientific notation, and whether whole numbers get a `.0`.
_FLOATS = {16: (-99, 99, False), 32: (-6, 12, True), 64: (-5, 15, True)}


def _float_column(bits: int) -> Column:
    """Floats in Rust's shortest digits, laid out by ryu's `pretty` format."""
    low, high, point = _FLOATS[bits]

    def one(shortest: str) -> str:
        if shortest.endswith("nan"):
            return "NaN"
        if shortest.endswith("f"):
            return shortest
        sign, digits, exponent = split_digits(shortest)
        if low <= exponent <= high:
            return fixed(sign, digits, exponent, point=point)
        return scientific(sign, digits, exponent, bare=True)

    def texts(array: Array) -> Texts:
        return [None if t is None else one(t) for t in shortest_texts(array).to_pylist()]

    def strings(array: Array) -> Array:
        is_plain = point and outside_plain(array, 1e-4, ARROW_PLAIN) is None
        return with_point(shortest_texts(array)) if is_plain else string_array(texts(array))

    return Column(texts, strings)


def interval_text(months: int, days: int, nanos: int) -> str:
    """An interval of months, days and nanoseconds; nothing at all when it is empty.

    >>> interval_text(14, 3, 3_600_500_000_000)
    '14 mons 3 days 1 hours 0.500000000 secs'
    """
    seconds, fraction = divmod(abs(nanos), 10**9)
    sign = "-" if nanos < 0 else ""
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [f"{months} mons"] if months else []
    parts += [f"{days} days"] if days else []
    parts += [f"{sign}{hours} hours"] if hours else []
    parts += [f"{sign}{minutes} mins"] if minutes else []
    parts += [f"{sign}{seconds}.{fraction:09} secs"] if seconds or fraction else []
    return " ".join(parts)


def duration_text(value: int, digits: int) -> str:
    """A duration in ISO 8601, as chrono writes it: in seconds.

    >>> duration_text(-1_500_000, 6), duration_text(0, 6)
    ('-PT1.5S', 'P0D')
    """
    if not value:
        return "P0D"
    seconds, fraction = divmod(abs(value), 10**digits)
    text = f"{seconds}.{fraction:0{digits}}".rstrip("0") if fraction else str(seconds)
    return f"{'-' if value < 0 else ''}PT{text}S"


# ── nested types: no quotes, and nothing for a NULL ──────────────────────────────────────


def _nested(type_: pa.DataType) -> Column | None:
    if isinstance(type_, pa.MapType):
        key, value = _element(type_.key_type), _element(type_.item_type)
        return column_of_texts(lambda a: wrap("{", map_items(a, key, value, ": "), "}"))
    if isinstance(type_, pa.StructType):
        renders = [_element(field.type, f"{field.name}: ") for field in type_.fields]
        return column_of_texts(lambda array: wrap("{", struct_items(array, renders), "}"))
    if is_list(type_):
        element = _element(cast("pa.ListType[Any]", type_).value_type)
        return column_of_texts(lambda array: wrap("[", list_items(array, element), "]"))
    return None


def _element(type_: pa.DataType, head: str = "") -> Callable[[Array], list[str]]:
    inner = any_column(type_, "", column)
    return lambda array: [head + (text or "") for text in inner.texts(array)]
