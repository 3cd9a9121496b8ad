"""The type that a column gets in a table which is made for its values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tusk.core.dialect import quote_identifier
from tusk.core.render.kinds import is_binary, is_list
from tusk.core.schema import db_type_of, engine_of

if TYPE_CHECKING:
    from tusk.core.render.arrays import Field

# Types that an Arrow type does not tell, and that every database of their engine has.
_OWN_WORDS = {
    "postgres": re.compile(
        r"((numeric|decimal)(\(\d+, ?-?\d+\))?|(character varying|character|bit|bit varying)(\(\d+\))?"
        r"|uuid|jsonb?|xml|money|inet|cidr|macaddr8?|interval|point|line|lseg|box|path|polygon|circle"
        r"|tsvector|tsquery|oid|pg_lsn|int[48]range|numrange|tsrange|tstzrange|daterange"
        r"|time(\(\d\))? with(out)? time zone|smallint|integer|bigint|real|double precision|boolean"
        r"|date|text|bytea|timestamp(\(\d\))? with(out)? time zone)(\[\])*"
    ),
    "duckdb": re.compile(r"U?HUGEINT|UUID|JSON|BIT|BIGNUM|TIME WITH TIME ZONE"),
    "sqlite": re.compile(r"[A-Za-z][A-Za-z ]*(\(\d+(, ?\d+)?\))?"),
    "datafusion": re.compile(r"(?!)"),
}
_WHOLE = {
    "postgres": ("smallint", "smallint", "integer", "bigint", "numeric(20)"),
    "duckdb": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UBIGINT"),
    # Beyond 64 bits SQLite would make a float of a number; as a text it stays exact.
    "sqlite": ("INTEGER", "INTEGER", "INTEGER", "INTEGER", "TEXT"),
    "datafusion": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "BIGINT UNSIGNED"),
}
_KINDS = ("text", "bytes", "bool", "float", "double", "date", "time", "moment", "zoned", "span")
_WORDS: dict[str, dict[str, str]] = {
    "postgres": dict(
        zip(
            _KINDS,
            ("text", "bytea", "boolean", "real", "double precision", "date", "time", "timestamp",
             "timestamptz", "interval"),
            strict=True,
        )
    ),
    "duckdb": dict(
        zip(
            _KINDS,
            ("VARCHAR", "BLOB", "BOOLEAN", "FLOAT", "DOUBLE", "DATE", "TIME", "TIMESTAMP",
             "TIMESTAMPTZ", "INTERVAL"),
            strict=True,
        )
    ),
    # Dates and times are texts in SQLite.
    "sqlite": dict(
        zip(
            _KINDS,
            ("TEXT", "BLOB", "BOOLEAN", "REAL", "REAL", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT"),
            strict=True,
        )
    ),
    "datafusion": dict(
        zip(
            _KINDS,
            ("VARCHAR", "BYTEA", "BOOLEAN", "REAL", "DOUBLE", "DATE", "TIME", "TIMESTAMP",
             "TIMESTAMPTZ", "INTERVAL"),
            strict=True,
        )
    ),
}  # fmt: skip
_DUCKDB_UNITS = {"s": "TIMESTAMP_S", "ms": "TIMESTAMP_MS", "us": "TIMESTAMP", "ns": "TIMESTAMP_NS"}
_MOST_DUCKDB_DIGITS = 38


def column_type(field: Field, dialect: str) -> str:
    """The type of a column in SQL; empty for an SQLite column whose values have types each.

    >>> column_type(pa.field("a", pa.decimal128(10, 2)), "postgres")
    'numeric(10, 2)'
    """
    word = db_type_of(field)
    if engine_of(field) == dialect and _OWN_WORDS[dialect].fullmatch(word):
        return word
    if dialect == "sqlite" and pa.types.is_union(field.type):
        return ""
    return arrow_type(field.type, dialect)


def arrow_type(type_: pa.DataType, dialect: str) -> str:
    """The type for values of an Arrow type."""
    words = _WORDS[dialect]
    if isinstance(type_, pa.DictionaryType):
        return arrow_type(type_.value_type, dialect)
    if isinstance(type_, pa.BaseExtensionType):
        return arrow_type(type_.storage_type, dialect)
    if pa.types.is_integer(type_):
        return _whole(type_, dialect)
    if pa.types.is_decimal(type_):
        return _decimal(type_, dialect)
    if isinstance(type_, pa.TimestampType):
        if type_.tz is not None:
            return words["zoned"]
        return _DUCKDB_UNITS[type_.unit] if dialect == "duckdb" else words["moment"]
    if is_list(type_) or isinstance(type_, pa.StructType | pa.MapType):
        return _nested(type_, dialect)
    return words[_kind(type_)]


def _kind(type_: pa.DataType) -> str:
    if pa.types.is_boolean(type_):
        return "bool"
    if pa.types.is_floating(type_):
        return "double" if pa.types.is_float64(type_) else "float"
    if is_binary(type_):
        return "bytes"
    if pa.types.is_date(type_):
        return "date"
    if pa.types.is_time(type_):
        return "time"
    return "span" if pa.types.is_interval(type_) or pa.types.is_duration(type_) else "text"


def _whole(type_: pa.DataType, dialect: str) -> str:
    # A number without a sign takes the next larger type.
    index = {8: 0, 16: 1, 32: 2, 64: 3}[type_.bit_width]
    return _WHOLE[dialect][index + pa.types.is_unsigned_integer(type_)]


def _decimal(type_: Any, dialect: str) -> str:
    if dialect == "sqlite" or (dialect == "duckdb" and type_.precision > _MOST_DUCKDB_DIGITS):
        return _WORDS[dialect]["text"]
    name = "numeric" if dialect == "postgres" else "DECIMAL"
    return f"{name}({type_.precision}, {type_.scale})"


def _nested(type_: Any, dialect: str) -> str:
    """DuckDB's nested types; the others keep such values as JSON."""
    if dialect != "duckdb":
        return "jsonb" if dialect == "postgres" else _WORDS[dialect]["text"]
    if isinstance(type_, pa.MapType):
        key, item = (arrow_type(child, dialect) for child in (type_.key_type, type_.item_type))
        return f"MAP({key}, {item})"
    if isinstance(type_, pa.StructType):
        fields = [
            f"{quote_identifier(child.name or f'f{number}')} {arrow_type(child.type, dialect)}"
            for number, child in enumerate(type_.fields, 1)
        ]
        return f"STRUCT({', '.join(fields)})"
    return f"{arrow_type(type_.value_type, dialect)}[]"
