"""Values for `:name` parameters: typed, bound by the driver, never formatted into the text."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Any

from tusk.core.errors import UsageError


class UntypedText(str):
    """Text whose type the server may infer from where it is used (`-p day=2024-01-01`).

    PostgreSQL binds it with an unknown type; engines without inference bind plain text.
    """

    __slots__ = ()


ParameterValue = (
    None | bool | int | float | Decimal | str | bytes | dt.date | dt.time | dt.datetime
    | dt.timedelta | uuid.UUID
)  # fmt: skip


def _bool(text: str) -> bool:
    match text.strip().lower():
        case "true" | "t" | "yes" | "on" | "1":
            return True
        case "false" | "f" | "no" | "off" | "0":
            return False
        case _:
            raise ValueError(text)


def _null(text: str) -> None:
    if text:
        raise ValueError(text)


def _json(text: str) -> UntypedText:
    """JSON as text whose type the server infers: json or jsonb."""
    json.loads(text)
    return UntypedText(text)


_READERS: dict[str, Callable[[str], ParameterValue]] = {
    "int": int,
    "float": float,
    "decimal": Decimal,
    "text": str,
    "bool": _bool,
    "bytes": bytes.fromhex,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
    "uuid": uuid.UUID,
    "json": _json,
    "null": _null,
}
# What databases call them.
_ALIASES = {
    **dict.fromkeys(("integer", "bigint", "smallint", "int2", "int4", "int8"), "int"),
    **dict.fromkeys(("double", "real", "float4", "float8"), "float"),
    "numeric": "decimal",
    **dict.fromkeys(("varchar", "char", "string"), "text"),
    "boolean": "bool",
    **dict.fromkeys(("bytea", "blob"), "bytes"),
    **dict.fromkeys(("timestamptz", "datetime"), "timestamp"),
    "jsonb": "json",
}


# A bool is an int to Python, a datetime a date: the narrower ones come first.
_WRITERS: tuple[tuple[type, str, Callable[[Any], str]], ...] = (
    (NoneType, "null", lambda _: ""),
    (bool, "bool", lambda value: str(value).lower()),
    (int, "int", str),
    (float, "float", repr),
    (Decimal, "decimal", str),
    (str, "text", str),
    (bytes, "bytes", bytes.hex),
    (dt.datetime, "timestamp", dt.datetime.isoformat),
    (dt.date, "date", dt.date.isoformat),
    (dt.time, "time", dt.time.isoformat),
    (uuid.UUID, "uuid", str),
)
PARAMETER_TYPES = tuple(_READERS)


def is_type(name: str) -> bool:
    """Whether `read_value` knows a type.

    >>> is_type("date"), is_type("bigint"), is_type("thing")
    (True, True, False)
    """
    return _ALIASES.get(name.lower(), name.lower()) in _READERS


def read_value(type_name: str, text: str) -> ParameterValue:
    """Read a value of one of `PARAMETER_TYPES`; without a type it stays `UntypedText`.

    The names that databases have for these types do as well.

    >>> read_value("date", "2026-01-01"), read_value("bigint", "5")
    (datetime.date(2026, 1, 1), 5)

    Raises:
        UsageError: Unknown type, or a text that does not fit it.
    """
    if not type_name:
        return UntypedText(text)
    name = _ALIASES.get(type_name.lower(), type_name.lower())
    reader = _READERS.get(name)
    if reader is None:
        raise UsageError(f"unknown type {type_name!r}", hint="types: " + ", ".join(_READERS))
    try:
        return reader(text)
    except (ValueError, InvalidOperation):
        if name == "null":
            raise UsageError(f"null takes no value, so {text!r} cannot be one") from None
        article = "an" if type_name[0] in "aeioAEIO" else "a"
        raise UsageError(f"{text!r} is not {article} {type_name}") from None


def parse_parameter(argument: str) -> tuple[str, ParameterValue]:
    """Read `name=value` or `name:type=value`.

    Without a type the value is `UntypedText`: PostgreSQL infers its type from where it is used,
    for other engines see `infer_untyped`.

    >>> parse_parameter("zip=00501")
    ('zip', '00501')
    >>> parse_parameter("n:int=5")
    ('n', 5)
    >>> parse_parameter("price:decimal=1.10")
    ('price', Decimal('1.10'))

    Raises:
        UsageError: No `=`, unknown type, or a value that does not fit it.
    """
    head, separator, value = argument.partition("=")
    name, _, type_name = head.partition(":")
    if not separator or not name.isidentifier():
        raise UsageError(
            f"parameter {argument!r} is not NAME=VALUE",
            hint="write -p id=5, or with a type: -p id:int=5",
        )
    try:
        return name, read_value(type_name, value)
    except UsageError as exc:
        raise UsageError(f"parameter {name!r}: {exc.message}", hint=exc.hint) from None


def format_parameter(name: str, value: ParameterValue) -> str:
    """Write a parameter so that `parse_parameter` reads the same value.

    Raises:
        UsageError: A value of a kind that cannot be written so.

    >>> format_parameter("n", 5), format_parameter("day", UntypedText("2026-01-01"))
    ('n:int=5', 'day=2026-01-01')
    """
    if isinstance(value, UntypedText):
        return f"{name}={value}"
    for kind, type_name, write in _WRITERS:
        if isinstance(value, kind):
            return f"{name}:{type_name}={write(value)}"
    raise UsageError(f"a value of the type {type(value).__name__} cannot be written as text")


def infer_untyped(value: ParameterValue) -> ParameterValue:
    """Give untyped text the type it looks like, for engines that cannot infer it themselves.

    Only a canonical whole number becomes `int`, so that `00501` keeps its zeros.

    >>> infer_untyped(UntypedText("5")), infer_untyped(UntypedText("00501")), infer_untyped("5")
    (5, '00501', '5')
    """
    if not isinstance(value, UntypedText):
        return value
    digits = value.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 18 and str(int(value)) == value:
        return int(value)
    return str(value)
