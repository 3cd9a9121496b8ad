"""DataFusion's names for its types, which are Arrow's."""

from __future__ import annotations

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
    if isinstance(type_, pa.ListType):
        return f"List({type_name(type_.value_type)})"
    return str(type_)
