"""PostgreSQL types: their names as the server writes them, and the Arrow types they become."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg.postgres
import pyarrow as pa

from tusk.core.schema import make_field

ENGINE = "postgres"
_DECIMAL_DIGITS = 38

_registry = psycopg.postgres.types


def _oid(name: str) -> int:
    return _registry[name].oid


BOOL, BYTEA, TEXT, NUMERIC = (_oid(name) for name in ("bool", "bytea", "text", "numeric"))
DATE, TIME, TIMESTAMP, TIMESTAMPTZ = (
    _oid(name) for name in ("date", "time", "timestamp", "timestamptz")
)
INT4, INT8 = _oid("int4"), _oid("int8")
XID, CID, XID8 = 28, 29, 5069

_PLAIN: dict[int, pa.DataType] = {
    BOOL: pa.bool_(),
    _oid("int2"): pa.int16(),
    INT4: pa.int32(),
    INT8: pa.int64(),
    _oid("oid"): pa.uint32(),
    XID: pa.uint32(),
    CID: pa.uint32(),
    XID8: pa.uint64(),
    _oid("float4"): pa.float32(),
    _oid("float8"): pa.float64(),
    BYTEA: pa.binary(),
    TIME: pa.time64("us"),
}

# Types whose text cannot be long, so that many rows may be held at once.
_SHORT = frozenset(_PLAIN.keys() - {BYTEA}) | {
    NUMERIC,
    DATE,
    TIMESTAMP,
    TIMESTAMPTZ,
    *map(
        _oid, ("timetz", "interval", "uuid", "name", '"char"', "inet", "cidr", "macaddr", "money")
    ),
}
_SIZED = frozenset(map(_oid, ("varchar", "bpchar", "bit", "varbit")))
_SHORT_TEXT = 1000


@dataclass(frozen=True, slots=True)
class SessionText:
    """How the session writes values, from what the server reports about its settings.

    Args:
        codec: Python's name of the client encoding; `ascii` stands for bytes of any kind.
        has_iso_dates: Dates are written as ISO 8601, so that they can be read.
        zone: The time zone by a name that Arrow knows, None when it has no such name.
    """

    codec: str = "utf-8"
    has_iso_dates: bool = True
    zone: str | None = "UTC"

    def decode(self, raw: bytes | None) -> str:
        """Text of the server, whatever bytes it is made of."""
        return (raw or b"").decode("utf-8" if self.codec == "ascii" else self.codec, "replace")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result.

    Args:
        name: As the server gave it.
        type_name: The type as `format_type` writes it.
        arrow: What its values become, as long as they fit.
        is_short: No value of it can take much memory.
    """

    name: str
    oid: int
    typmod: int
    type_name: str
    arrow: pa.DataType
    is_short: bool


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Schema of a result with these columns."""
    return pa.schema(
        [make_field(c.name, c.arrow, engine=ENGINE, db_type=c.type_name) for c in columns]
    )


def arrow_type(oid: int, typmod: int, session: SessionText) -> pa.DataType:
    """The Arrow type for values of a type; `string` where only text keeps them exactly.

    >>> arrow_type(NUMERIC, ((10 << 16) | 2) + 4, SessionText())
    Decimal128Type(decimal128(10, 2))
    """
    if oid in _PLAIN:
        return _PLAIN[oid]
    if oid == NUMERIC:
        return _decimal(typmod)
    if session.has_iso_dates:
        if oid == DATE:
            return pa.date32()
        if oid == TIMESTAMP:
            return pa.timestamp("us")
        if oid == TIMESTAMPTZ and session.zone is not None:
            return pa.timestamp("us", tz=session.zone)
    return pa.string()


def _decimal(typmod: int) -> pa.DataType:
    # See numeric_typmod_precision and numeric_typmod_scale in the server's numeric.c.
    if typmod < 4:
        return pa.string()
    precision = ((typmod - 4) >> 16) & 0xFFFF
    scale = (((typmod - 4) & 0x7FF) ^ 1024) - 1024
    # From 15 on numeric(3,-2) rounds to hundreds and numeric(2,4) holds 0.0012.
    precision, scale = (precision - scale, 0) if scale < 0 else (max(precision, scale), scale)
    return pa.decimal128(precision, scale) if precision <= _DECIMAL_DIGITS else pa.string()


def is_short(oid: int, typmod: int) -> bool:
    """Whether no value of the type can take much memory."""
    return oid in _SHORT or (oid in _SIZED and 0 <= typmod <= _SHORT_TEXT)


@lru_cache(maxsize=64)
def arrow_zone(name: str) -> str | None:
    """The session's TimeZone by a name that Arrow and Python know, None when there is none.

    >>> arrow_zone("Europe/Berlin"), arrow_zone("<+0530>-0530"), arrow_zone("FOO-3")
    ('Europe/Berlin', '+05:30', None)
    """
    if fixed := re.match(r"<([+-]\d\d):?(\d\d)?>", name):
        hours, minutes = fixed.groups()
        return f"{hours}:{minutes or '00'}"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return name


_NAMES_SQL = """
select pg_catalog.format_type(t.type, t.modifier)
from rows from (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int4[]))
     with ordinality as t (type, modifier, n)
order by t.n
"""
Ask = Callable[..., Sequence[Sequence[str | None]]]


class TypeNames:
    """Names of types, asked once per session: `numeric(10,2)`, `myschema.mood[]`.

    Args:
        ask: Runs a query with text parameters and returns its rows as text.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._names: dict[tuple[int, int], str] = {}
        for info in _registry:
            self._names[info.oid, -1] = info.regtype
            self._names[info.array_oid, -1] = f"{info.regtype}[]"

    def learn(self, types: Iterable[tuple[int, int]]) -> None:
        """Ask the server for the names that are not known yet, in one round trip."""
        unknown = [pair for pair in dict.fromkeys(types) if pair not in self._names]
        if not unknown:
            return
        oids, modifiers = (
            "{" + ",".join(map(str, part)) + "}" for part in zip(*unknown, strict=True)
        )
        rows = self._ask(_NAMES_SQL, oids, modifiers)
        for pair, (name,) in zip(unknown, rows, strict=True):
            self._names[pair] = name or "???"

    def name(self, oid: int, typmod: int = -1) -> str:
        """A type's name; its number when nobody asked for it in time."""
        known = self._names.get((oid, typmod)) or self._names.get((oid, -1))
        return known or f"type {oid}"
