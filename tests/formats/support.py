"""Results of each engine, and what a format makes of them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from tests.core.render_support import interval
from tests.support.hostile import HOSTILE
from tusk.core.schema import make_field
from tusk.formats.options import parse_pairs, read_options
from tusk.formats.registry import find_format, make_writer, options_class
from tusk.formats.writer import WriterOptions, notes_of

INT64_MAX = 2**63 - 1


def write(name: str, batches: list[pa.RecordBatch], options: WriterOptions | None = None) -> bytes:
    """The bytes of a result set in a format."""
    return written(name, batches, options)[0]


def written(
    name: str, batches: list[pa.RecordBatch], options: WriterOptions | None = None
) -> tuple[bytes, Sequence[str]]:
    """The bytes of a result set in a format, and what is noted about them."""
    out = io.BytesIO()
    format_ = find_format(name)
    writer: Any = make_writer(format_, out, options or WriterOptions())
    if format_.is_book:
        writer.begin("")
    try:
        writer.open(batches[0].schema)
        for batch in batches:
            writer.write(batch)
        writer.close()
        if format_.is_book:
            writer.finish()
        notes = notes_of(writer)
    finally:
        writer.discard()
    return out.getvalue(), notes


def own(name: str, *arguments: str) -> WriterOptions:
    """Options of a format as somebody types them."""
    format_ = find_format(name)
    return WriterOptions(own=read_options(options_class(format_), name, parse_pairs(arguments)))


def batch(engine: str, columns: Mapping[str, tuple[str, Any]]) -> pa.RecordBatch:
    """A batch as an engine makes it; columns by name, with the type in the database's words."""
    fields = [
        make_field(name, array.type, engine=engine, db_type=db_type)
        for name, (db_type, array) in columns.items()
    ]
    return pa.RecordBatch.from_arrays(
        [array for _, array in columns.values()], schema=pa.schema(fields)
    )


def texts(values: Sequence[str | None], engine: str = "postgres") -> pa.RecordBatch:
    """Some texts, and their numbers, so that each row has two values."""
    numbers = pa.array(range(len(values)))
    return batch(engine, {"n": ("int8", numbers), "t": ("text", pa.array(values, pa.string()))})


def _moments(values: list[int | None], zone: str | None = None) -> pa.Array:
    return pa.array(values, pa.int64()).cast(pa.timestamp("us", zone))


def postgres() -> pa.RecordBatch:
    """PostgreSQL: a common value, an odd one, NULL."""
    return batch(
        "postgres",
        {
            "id": ("integer", pa.array([1, -2147483648, None], pa.int32())),
            "big": ("bigint", pa.array([2**53 + 1, -(2**63), None])),
            "real": ("real", pa.array([1.5, 3680767.25, None], pa.float32())),
            "double": ("double precision", pa.array([0.1, float("-inf"), None])),
            "flag": ("boolean", pa.array([True, False, None])),
            "price": (
                "numeric(12,2)",
                pa.array([Decimal("1.10"), Decimal("-9999999999.99"), None], pa.decimal128(12, 2)),
            ),
            "any numeric": ("numeric", pa.array(["1.000000000000000000001", "NaN", None])),
            "text": ("text", pa.array(['a,b "c"\nd\\e\tf', "", None])),
            "name|odd": ("text", pa.array(["NULL", "a|b <i> & \\| \\N", None])),
            "bytes": ("bytea", pa.array([b"\xde\xad\x00", b"", None])),
            "day": (
                "date",
                pa.array([19_723, 2**31 - 1, None], pa.int32()).cast(pa.date32()),
            ),
            "clock": (
                "time without time zone",
                pa.array([43_200_500_000, 86_400_000_000, None], pa.int64()).view(pa.time64("us")),
            ),
            "moment": (
                "timestamp without time zone",
                _moments([1_704_067_200_123_000, -62_200_000_000_000_000, None]),
            ),
            "zoned": (
                "timestamp with time zone",
                _moments([1_720_000_000_000_000, -INT64_MAX, None], "Europe/Berlin"),
            ),
            "span": ("interval", pa.array(["1 year 2 mons", "-00:00:01", None])),
            "document": ("jsonb", pa.array(['{"a": [1, null]}', "null", None])),
            "loose": ("json", pa.array(['{"a":\n  1.0}', '"x"', None])),
            "list": ("integer[]", pa.array(["{1,NULL,3}", "[0:1]={1,2}", None])),
            "range": ("int4range", pa.array(["[1,5)", "empty", None])),
            "id_2": ("uuid", pa.array(["00000000-0000-0000-0000-000000000001", None, None])),
        },
    )


def duckdb() -> pa.RecordBatch:
    """DuckDB, with nested types."""
    return batch(
        "duckdb",
        {
            "i": ("BIGINT", pa.array([1, None])),
            "huge": ("HUGEINT", pa.array([Decimal(2**100), None], pa.decimal128(38, 0))),
            "d": ("DOUBLE", pa.array([1.0, float("nan")])),
            "f": ("FLOAT", pa.array([0.1, None], pa.float32())),
            "b": ("BOOLEAN", pa.array([True, None])),
            "s": ("VARCHAR", pa.array(["it's", None])),
            "blob": ("BLOB", pa.array([b"a\xff", None])),
            "t": ("TIMESTAMP", _moments([0, INT64_MAX])),
            "l": ("VARCHAR[]", pa.array([["a b", None, "x,y"], None])),
            "st": (
                "STRUCT(k INTEGER, v DATE)",
                pa.array([{"k": 1, "v": dt.date(2020, 1, 1)}, None]),
            ),
            "m": (
                "MAP(VARCHAR, DOUBLE)",
                pa.array([[("k", 1.5), ("l", None)], None], pa.map_(pa.string(), pa.float64())),
            ),
            "iv": ("INTERVAL", pa.array([interval(14, 3, 5_000_000_000), None])),
            "e": ("ENUM('a')", pa.array(["a", None]).dictionary_encode()),
            "j": ("JSON", pa.array(['{"a": 1}', None])),
        },
    )


def sqlite() -> pa.RecordBatch:
    """SQLite, with a column in which each value has a type of its own."""
    mixed = pa.UnionArray.from_dense(
        pa.array([0, 1, 2, 3, 0], pa.int8()),
        pa.array([0, 0, 0, 0, 1], pa.int32()),
        [
            pa.array([5, None]),
            pa.array([0.1 + 0.2]),
            pa.array(["tëxt"]),
            pa.array([b"\xff\x00"]),
        ],
        ["integer", "real", "text", "blob"],
    )
    return batch(
        "sqlite",
        {
            "id": ("INTEGER", pa.array([1, 2, 3, 4, 5])),
            "real": ("REAL", pa.array([0.1 + 0.2, 1.0, float("inf"), 1e20, None])),
            "mixed": ("", mixed),
            "": ("TEXT", pa.array(["", "a", "b", "c", None])),
        },
    )


def datafusion() -> pa.RecordBatch:
    """DataFusion."""
    return batch(
        "datafusion",
        {
            "f": ("Float64", pa.array([1e16, None])),
            "t": ("Timestamp(Microsecond, None)", _moments([1_500_000, None])),
            "l": ("List(Utf8)", pa.array([["a", None], None])),
            "b": ("Binary", pa.array([b"\xff", None])),
        },
    )


def duplicates() -> pa.RecordBatch:
    """Names that occur twice, or are empty."""
    arrays = [pa.array([1]), pa.array([2]), pa.array([3]), pa.array([4])]
    fields = [
        make_field(name, pa.int64(), engine="postgres", db_type="int8")
        for name in ("a", "a", "", "a_2")
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def hostile() -> pa.RecordBatch:
    """Everything that breaks programs, but for the very long ones."""
    return texts([text for text in HOSTILE.values() if len(text) < 500])


def no_rows() -> pa.RecordBatch:
    """A result without rows."""
    return texts([])


def no_columns() -> pa.RecordBatch:
    """PostgreSQL's `select from t`: three rows without columns."""
    rows: Any = pa.array([{}] * 3, pa.struct([]))
    return pa.RecordBatch.from_struct_array(rows)


SAMPLES = {
    "postgres": postgres,
    "duckdb": duckdb,
    "sqlite": sqlite,
    "datafusion": datafusion,
    "duplicates": duplicates,
    "hostile": hostile,
    "no_rows": no_rows,
    "no_columns": no_columns,
}
