"""SQLite's values, whose types belong to each value, as Arrow columns."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from tusk.core.errors import QueryError
from tusk.core.params import ParameterValue, infer_untyped

if TYPE_CHECKING:
    from collections.abc import Sequence

Value: TypeAlias = "int | float | str | bytes | None"
Array: TypeAlias = "pa.Array[Any]"
Kinds: TypeAlias = "frozenset[type] | set[type]"

_NULL = type(None)
_ARROW_TYPES: dict[type, pa.DataType] = {
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
}
_STORAGE_CLASSES = {int: "INTEGER", float: "REAL", str: "TEXT", bytes: "BLOB"}
_CODES = {kind: code for code, kind in enumerate(_ARROW_TYPES)}
MIXED = pa.dense_union(
    [
        pa.field(_STORAGE_CLASSES[kind].lower(), arrow_type)
        for kind, arrow_type in _ARROW_TYPES.items()
    ]
)
"""A column whose values have several types; NULL is a null integer."""


def decode_text(raw: bytes) -> str:
    r"""Text that may not be valid UTF-8, without losing a byte of it.

    >>> decode_text(b"caf\xe9")
    'caf\udce9'
    """
    return raw.decode("utf-8", "surrogateescape")


def arrow_type(kinds: Kinds) -> pa.DataType | None:
    """The Arrow type for a column with values of these Python types; None without values."""
    found = kinds - {_NULL}
    if len(found) > 1:
        return MIXED
    return _ARROW_TYPES[next(iter(found))] if found else None


def storage_class(kinds: Kinds) -> str:
    """SQLite's name for the values' type, empty when there are none or several."""
    found = kinds - {_NULL}
    return _STORAGE_CLASSES[next(iter(found))] if len(found) == 1 else ""


def declared_arrow_type(declared: str) -> pa.DataType:
    """The type that values of a column declared like this mostly have (its affinity).

    The rules are those of https://sqlite.org/datatype3.html, 3.1.

    >>> declared_arrow_type("VARCHAR(20)"), declared_arrow_type("bigint")
    (DataType(string), DataType(int64))
    """
    name = declared.upper()
    if "INT" in name:
        return pa.int64()
    if any(word in name for word in ("CHAR", "CLOB", "TEXT")):
        return pa.string()
    if "BLOB" in name:
        return pa.binary()
    if any(word in name for word in ("REAL", "FLOA", "DOUB")):
        return pa.float64()
    return pa.string()


def column_array(values: Sequence[Value], kinds: Kinds, wanted: pa.DataType) -> Array:
    """Make an Arrow array of a column's values.

    Args:
        values: As the driver gave them, text through `decode_text`.
        kinds: The Python types that occur in them.
        wanted: The column's type in the schema, which the array gets when it can.
    """
    found = arrow_type(kinds)
    if found is None and wanted != MIXED:
        return pa.array(values, wanted)
    if found != wanted:
        return _mixed_array(values)
    if str in kinds and found != MIXED:
        return _text_array(values)
    return _mixed_array(values) if found == MIXED else pa.array(values, found)


def _text_array(values: Sequence[Value]) -> Array:
    """Text, or bytes when some of it is not valid UTF-8."""
    try:
        return pa.array(values, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        return pa.array([_bytes(value) for value in values], pa.binary())


def _bytes(value: Value) -> bytes | None:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else None


def _mixed_array(values: Sequence[Value]) -> Array:
    children: list[list[Value]] = [[] for _ in _CODES]
    codes = bytearray()
    offsets: list[int] = []
    for value in values:
        if isinstance(value, str) and not _is_valid(value):
            value = _bytes(value)
        code = 0 if value is None else _CODES[type(value)]
        codes.append(code)
        offsets.append(len(children[code]))
        children[code].append(value)
    return pa.UnionArray.from_dense(
        pa.array(codes, pa.int8()),
        pa.array(offsets, pa.int32()),
        [pa.array(c, t) for c, t in zip(children, _ARROW_TYPES.values(), strict=True)],
        [field.name for field in MIXED],
    )


def _is_valid(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def parameter(name: str, value: ParameterValue) -> Value:
    """What SQLite stores for a parameter's value.

    Dates and times become ISO 8601 text, which SQLite's functions read.

    Raises:
        QueryError: SQLite has nothing that can hold it.
    """
    value = infer_untyped(value)
    match value:
        case bool():
            return int(value)
        case int():
            if not -(2**63) <= value < 2**63:
                raise QueryError(f"the parameter {name!r} does not fit SQLite's 64-bit integers")
            return value
        case None | float() | str() | bytes():
            return value
        case Decimal():
            return _number(value)
        case dt.datetime():
            return value.isoformat(" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case dt.timedelta():
            raise QueryError(f"the parameter {name!r} is an interval, which SQLite does not have")


def _number(value: Decimal) -> Value:
    """A decimal as integer or real where that is exact, else as text."""
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value() and abs(value) < 2**63:
        return int(value)
    nearest = float(value)
    return nearest if Decimal(repr(nearest)) == value else str(value)
