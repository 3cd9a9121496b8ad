"""The server's text of a column → an Arrow array: by kernels, the odd values one by one.

A value that the column's type cannot hold (`NaN` in a `numeric(10,2)`) makes that batch's
column wider: text as psql shows it, or bytes where the text is not UTF-8.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tusk.core.render.arrays import kernels
from tusk.engines.postgres.moments import parse_date, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

_ISO_DATE = r"^\d{4}-\d\d-\d\d$"
_ISO_TIMESTAMP = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$"
_ISO_TIMESTAMPTZ = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$"


def convert(raw: pa.Array[Any], type_: pa.DataType, codec: str) -> pa.Array[Any]:
    """Make a column's values of the server's text.

    Args:
        raw: The text as `binary`, in the client encoding.
        type_: Wanted type; the result has it unless a value does not fit.
        codec: Python's name of the client encoding.

    >>> convert(pa.array([b"1.50", None], pa.binary()), pa.decimal128(5, 2), "utf-8").to_pylist()
    [Decimal('1.50'), None]
    >>> convert(pa.array([b"1.50", b"NaN"], pa.binary()), pa.decimal128(5, 2), "utf-8").to_pylist()
    ['1.50', 'NaN']
    """
    text = _text(raw, codec)
    if not pa.types.is_string(text.type) or pa.types.is_string(type_):
        return text
    try:
        return _typed(text, type_)
    except (pa.ArrowInvalid, ValueError):
        return text


def _text(raw: pa.Array[Any], codec: str) -> pa.Array[Any]:
    if codec not in ("utf-8", "ascii"):
        values = raw.to_pylist()
        decoded = [None if v is None else v.decode(codec, "replace") for v in values]
        return pa.array(decoded, pa.string())
    try:
        text: pa.Array[Any] = raw.cast(pa.string())
    except pa.ArrowInvalid:
        return raw
    return text


def _typed(text: pa.Array[Any], type_: pa.DataType) -> pa.Array[Any]:
    found: pa.Array[Any]
    if pa.types.is_boolean(type_):
        found = kernels.equal(text, "t")
    elif pa.types.is_date(type_):
        found = _moments(text, type_, _ISO_DATE, pa.int32(), parse_date)
    elif isinstance(type_, pa.TimestampType):
        pattern = _ISO_TIMESTAMP if type_.tz is None else _ISO_TIMESTAMPTZ
        found = _moments(text, type_, pattern, pa.int64(), parse_timestamp)
    elif pa.types.is_time(type_):
        # Arrow reads times of day only as a part of timestamps.
        moments = kernels.binary_join_element_wise("1970-01-01", text, " ")
        found = moments.cast(pa.timestamp("us")).cast(type_)
    elif pa.types.is_binary(type_):
        found = read_bytea(text)
    else:
        found = text.cast(type_)
    return found


def _moments(
    text: pa.Array[Any],
    type_: pa.DataType,
    pattern: str,
    storage: pa.DataType,
    parse: Callable[[str], int],
) -> pa.Array[Any]:
    found: pa.Array[Any]
    try:
        found = text.cast(type_)
    except pa.ArrowInvalid:
        is_odd = kernels.invert(kernels.match_substring_regex(text, pattern)).fill_null(False)
        odd = [parse(str(value)) for value in text.filter(is_odd).to_pylist()]
        usual = kernels.if_else(is_odd, pa.scalar(None, pa.string()), text).cast(type_)
        values = kernels.replace_with_mask(usual.view(storage), is_odd, pa.array(odd, storage))
        found = values.view(type_)
    return found


def read_bytea(text: pa.Array[Any]) -> pa.Array[Any]:
    """Bytes from bytea's hex format.

    Raises:
        ValueError: A value is in the old escape format (bytea_output = escape).
    """
    return pa.array([_unhex(value) for value in text.cast(pa.binary()).to_pylist()], pa.binary())


def _unhex(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    if not value.startswith(b"\\x"):
        raise ValueError("not in hex format")
    return binascii.unhexlify(value[2:])
