"""Values for `:name` parameters: typed, bound by the driver, never formatted into the text."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

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
    "null": _null,
}


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
    if not type_name:
        return name, UntypedText(value)
    reader = _READERS.get(type_name)
    if reader is None:
        raise UsageError(
            f"parameter {name!r} has the unknown type {type_name!r}",
            hint="types: " + ", ".join(_READERS),
        )
    try:
        return name, reader(value)
    except (ValueError, InvalidOperation):
        raise UsageError(f"parameter {name!r}: {value!r} is not a {type_name}") from None


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
