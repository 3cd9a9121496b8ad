"""Values as text, exactly as the shell of their engine shows them.

Which rules apply is told by the field's metadata (`tusk.core.schema`) and by the type of the
array itself, which may be wider than the field's. Nothing here is made safe for a terminal:
that is `tusk.core.text`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pyarrow as pa

from tusk.core.render import datafusion, duckdb, postgres, sqlite
from tusk.core.render.arrays import Array, Field, kernels
from tusk.core.render.column import Column, Texts, any_column, take_union
from tusk.core.render.kinds import is_binary
from tusk.core.schema import db_type_of, engine_of

__all__ = [
    "beginning",
    "is_numeric",
    "render_column",
    "render_data",
    "render_strings",
]

# Inside of nested values nothing is cut before they take this much.
_MUCH_BYTES = 1_000_000

_ENGINES: dict[str, Callable[[pa.DataType, str], Column]] = {
    "postgres": postgres.column,
    "duckdb": duckdb.column,
    "sqlite": sqlite.column,
    "datafusion": datafusion.column,
}


@lru_cache(maxsize=4096)
def _column(engine: str, type_: pa.DataType, db_type: str) -> Column:
    """The rules for one type of one engine; DuckDB's where no engine is named."""
    return any_column(type_, db_type, _ENGINES.get(engine, duckdb.column))


def _rules(array: Array, field: Field) -> Column:
    return _column(engine_of(field), array.type, db_type_of(field))


def render_column(array: Array, field: Field, *, limit: int | None = None) -> Texts:
    """One text for each value, None for NULL.

    Args:
        array: Values of the column; slice it to what is needed.
        field: The column's field in the result's schema.
        limit: Enough characters of a long text or binary, for a screen that shows no more.
    """
    if limit is not None:
        array = beginning(array, limit)
    return _rules(array, field).texts(array)


def render_strings(array: Array, field: Field) -> Array:
    """The texts as an Arrow array of strings, or large strings where there is that much."""
    return _rules(array, field).strings(array)


def render_data(array: Array, field: Field) -> Array:
    """The texts for a data file, which must not lose anything that a shell leaves out.

    As `render_strings`, except that SQLite's REAL keeps all its digits, and that bytes which the
    shell writes raw (SQLite's BLOB, text that is not UTF-8) come as an array of binary.
    """
    engine, db_type = engine_of(field), db_type_of(field)
    if engine == "sqlite":
        return _sqlite_data(array)
    if engine == "postgres" and is_binary(array.type) and not postgres.is_bytea(db_type):
        return array
    return render_strings(array, field)


def _sqlite_data(array: Array) -> Array:
    type_ = array.type
    if pa.types.is_union(type_):
        return take_union(array, [_sqlite_data] * type_.num_fields, pa.large_binary())
    if pa.types.is_floating(type_):
        return sqlite.EXACT_REALS.strings(array)
    if is_binary(type_):
        return array
    return _column("sqlite", type_, "").strings(array)


def beginning(array: Array, limit: int) -> Array:
    """The values, of long ones only as much as the first `limit` characters of their text need.

    What is inside of nested values is cut only where there is much of it: a text is quoted or
    not by all of its characters.
    """
    type_ = array.type
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return kernels.utf8_slice_codeunits(array, 0, limit)
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        return kernels.binary_slice(array, 0, limit)
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        lengths = kernels.list_value_length(array).to_pylist()
        if any(length is not None and length > limit for length in lengths):
            array = kernels.list_slice(array, 0, limit, return_fixed_size_list=False)
    if array.nbytes <= _MUCH_BYTES:
        return array
    if isinstance(array, pa.ListArray | pa.LargeListArray):
        return _beginning_of_list(array, limit)
    if isinstance(array, pa.StructArray):
        children = [beginning(child, limit) for child in array.flatten()]
        fields = [type_.field(index) for index in range(type_.num_fields)]
        return pa.StructArray.from_arrays(children, fields=fields, mask=array.is_null())
    return array


def _beginning_of_list(array: Array, limit: int) -> Array:
    """The lists with shorter elements."""
    lists: Any = array  # ListArray or LargeListArray, which the stubs keep apart
    elements = beginning(lists.flatten(), limit)
    lengths = kernels.list_value_length(array)
    ends = kernels.cumulative_sum(lengths.fill_null(0))
    offsets = pa.concat_arrays([pa.array([0], ends.type), ends])
    made: Array = type(lists).from_arrays(offsets, elements, type=array.type, mask=array.is_null())
    return made


# psql aligns these to the right, and the DuckDB shell its own.
_NUMERIC_WORDS = frozenset(
    {
        *("numeric", "decimal", "money", "oid", "xid", "xid8", "cid"),
        *("hugeint", "uhugeint", "bignum", "varint"),
    }
)


def is_numeric(field: Field) -> bool:
    """Whether a column holds numbers, which line up on the right."""
    type_ = field.type
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return True
    word = db_type_of(field).lower().partition("(")[0]
    return word in _NUMERIC_WORDS
