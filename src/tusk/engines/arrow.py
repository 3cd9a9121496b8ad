"""Arrow data as tusk passes it on: types in their plain layout, batches of bounded size.

Dictionaries and string views save space inside an engine. Outside they cost: a spilled batch
would have to carry its dictionaries, and few writers know views.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from tusk.engines.base import BATCH_BYTES, BATCH_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What a value takes whose type does not tell: most texts are short.
_VALUE_BYTES = 16
# An array costs 20 µs and a kilobyte, whatever it holds: thousands of columns want larger batches.
_ARRAY_BYTES = 8 << 10


def plain_type(type_: pa.DataType) -> pa.DataType:
    """The same type without dictionaries and views, also inside nested types.

    >>> plain_type(pa.list_(pa.dictionary(pa.int8(), pa.string())))
    ListType(list<item: string>)
    """
    if isinstance(type_, pa.DictionaryType):
        return plain_type(type_.value_type)
    if pa.types.is_string_view(type_):
        return pa.string()
    if pa.types.is_binary_view(type_):
        return pa.binary()
    if isinstance(type_, pa.MapType):
        return pa.map_(plain_type(type_.key_type), plain_type(type_.item_type))
    if isinstance(type_, pa.StructType):
        return pa.struct([field.with_type(plain_type(field.type)) for field in type_.fields])
    if isinstance(type_, pa.FixedSizeListType):
        item = type_.value_field.with_type(plain_type(type_.value_type))
        return pa.list_(item, type_.list_size)
    if isinstance(type_, pa.LargeListType):
        return pa.large_list(type_.value_field.with_type(plain_type(type_.value_type)))
    if isinstance(type_, pa.ListType):
        return pa.list_(type_.value_field.with_type(plain_type(type_.value_type)))
    return type_


def _value_bytes(type_: pa.DataType) -> int:
    """About how much a value of a type takes."""
    if isinstance(type_, pa.StructType):
        return sum(_value_bytes(field.type) for field in type_.fields)
    if isinstance(type_, pa.FixedSizeListType):
        return int(type_.list_size) * _value_bytes(type_.value_type)
    try:
        return -(-type_.bit_width // 8)
    except ValueError:
        return _VALUE_BYTES


def _batch_bytes(columns: int) -> int:
    return max(BATCH_BYTES, columns * _ARRAY_BYTES)


def batch_rows(types: Sequence[pa.DataType]) -> int:
    """How many rows of these types to ask an engine for at once.

    >>> batch_rows([pa.int64()] * 10), batch_rows([pa.int64()] * 2000)
    (8192, 1024)
    >>> batch_rows([pa.list_(pa.float64(), 1_000_000)])
    1
    """
    row_bytes = sum(map(_value_bytes, types))
    return max(1, min(BATCH_ROWS, _batch_bytes(len(types)) // max(1, row_bytes)))


def cut(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch of plain types where it turned out twice as large as a batch should be.

    The parts are views: each keeps the memory of all. A row is never cut.
    """
    if batch.num_rows <= 1 or batch.nbytes <= 2 * _batch_bytes(batch.num_columns):
        yield batch
        return
    # By halves, because large values may all lie together.
    half = batch.num_rows // 2
    yield from cut(batch.slice(0, half))
    yield from cut(batch.slice(half))
