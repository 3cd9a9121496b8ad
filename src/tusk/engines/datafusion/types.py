"""DataFusion's names for its types, which are Arrow's."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

_SIMPLE = {
    pa.null(): "Null",
    pa.bool_(): "Boolean",
    pa.string(): "Utf8",
    pa.large_string(): "LargeUtf8",
    pa.binary(): "Binary",
    pa.large_binary(): "LargeBinary",
    pa.date32(): "Date32",
    pa.date64(): "Date64",
    pa.float16(): "Float16",
    pa.float32(): "Float32",
    pa.float64(): "Float64",
    pa.month_day_nano_interval(): "Interval(MonthDayNano)",
    **{getattr(pa, f"int{n}")(): f"Int{n}" for n in (8, 16, 32, 64)},
    **{getattr(pa, f"uint{n}")(): f"UInt{n}" for n in (8, 16, 32, 64)},
}
_UNITS = {"s": "s", "ms": "ms", "us": "µs", "ns": "ns"}


def type_name(type_: pa.DataType) -> str:
    """The name that `arrow_typeof` gives.

    >>> type_name(pa.timestamp("us", "UTC")), type_name(pa.list_(pa.int64()))
    ('Timestamp(µs, "UTC")', 'List(Int64)')
    >>> type_name(pa.struct([("a", pa.int8())]))
    'Struct("a": Int8)'
    """
    if (name := _SIMPLE.get(type_)) is not None:
        return name
    if isinstance(type_, pa.TimestampType):
        zone = f', "{type_.tz}"' if type_.tz else ""
        return f"Timestamp({_UNITS[type_.unit]}{zone})"
    if isinstance(type_, pa.Time32Type | pa.Time64Type):
        return f"Time{type_.bit_width}({_UNITS[type_.unit]})"
    if isinstance(type_, pa.DurationType):
        return f"Duration({_UNITS[type_.unit]})"
    if pa.types.is_decimal(type_):
        return f"Decimal{type_.bit_width}({type_.precision}, {type_.scale})"
    return _nested_name(type_) or str(type_)


def _nested_name(type_: pa.DataType) -> str:
    """The name of a type that is made of others; empty for any other type."""
    if isinstance(type_, pa.ListType):
        return f"List({_item(type_.value_field)})"
    if isinstance(type_, pa.LargeListType):
        return f"LargeList({_item(type_.value_field)})"
    if isinstance(type_, pa.FixedSizeListType):
        return f"FixedSizeList({type_.list_size} x {_item(type_.value_field)})"
    if isinstance(type_, pa.StructType):
        return f"Struct({', '.join(map(_member, type_.fields))})"
    if isinstance(type_, pa.MapType):
        entries = f"{_member(type_.key_field)}, {_member(type_.item_field)}"
        return f'Map("entries": non-null Struct({entries}), unsorted)'
    return ""


def _item(field: pa.Field[Any]) -> str:
    """What a list consists of; its usual name is not mentioned."""
    name = "" if field.name == "item" else f", field: '{field.name}'"
    return f"{_nullability(field)}{type_name(field.type)}{name}"


def _member(field: pa.Field[Any]) -> str:
    return f'"{field.name}": {_nullability(field)}{type_name(field.type)}'


def _nullability(field: pa.Field[Any]) -> str:
    return "" if field.nullable else "non-null "
