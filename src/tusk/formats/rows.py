"""Rows as lines of text, assembled by Arrow's kernels: no Python per cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

import pyarrow as pa

from tusk.core.render import render_data
from tusk.core.render.arrays import Array, byte_array, kernels, replace_where, without_null
from tusk.core.text import is_safe, safe

# Text of the rows that are assembled at once, roughly: far below the 2 GiB that Arrow's
# 32-bit offsets reach, and small beside everything else.
_BYTES_AT_ONCE = 64 * 1024 * 1024
# Above it texts get 64-bit offsets. JSON makes at most six bytes of one.
_LARGE_BYTES = 256 * 1024 * 1024


def portions(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in parts whose text is of bounded size (single rows where they are huge)."""
    if batch.num_rows <= 1 or batch.nbytes <= _BYTES_AT_ONCE:
        yield batch
        return
    half = batch.num_rows // 2
    yield from portions(batch.slice(0, half))
    yield from portions(batch.slice(half))


def data_texts(batch: pa.RecordBatch, schema: pa.Schema, number: int) -> Array:
    """The texts of a column for a data file, as an array of binary; NULL stays NULL."""
    return as_bytes(render_data(batch.column(number), schema.field(number)))


def as_bytes(texts: Array) -> Array:
    """Texts as an array of binary; costs nothing unless there is very much text."""
    data = texts.view(pa.large_binary() if _is_large(texts) else pa.binary())
    return data.cast(pa.large_binary()) if data.nbytes > _LARGE_BYTES else data


def _is_large(texts: Array) -> bool:
    return pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type)


def is_plain(type_: pa.DataType) -> bool:
    r"""Whether the texts of a type are made of digits, letters, spaces and `+-.:()` only."""
    return (
        pa.types.is_integer(type_)
        or pa.types.is_floating(type_)
        or pa.types.is_decimal(type_)
        or pa.types.is_boolean(type_)
        or pa.types.is_date(type_)
        or pa.types.is_time(type_)
        or pa.types.is_timestamp(type_)
    )


def joined(parts: Sequence[Array | bytes]) -> memoryview:
    """Each row's parts one after the other, row after row. Arrays hold bytes and no NULL."""
    arrays = [part for part in parts if not isinstance(part, bytes)]
    is_large = any(map(_is_large, arrays)) or sum(a.nbytes for a in arrays) > _LARGE_BYTES
    type_ = pa.large_binary() if is_large else pa.binary()
    typed = [
        pa.scalar(part, type_) if isinstance(part, bytes) else part.cast(type_) for part in parts
    ]
    return used_bytes(kernels.binary_join_element_wise(*typed, pa.scalar(b"", type_)))


def used_bytes(array: Array) -> memoryview:
    """The bytes of all values of an array of binary, one after the other."""
    _, offsets, data = cast("Sequence[pa.Buffer | None]", array.buffers())
    if data is None or offsets is None or not len(array):
        return memoryview(b"")
    positions = memoryview(offsets).cast("q" if _is_large(array) else "i")
    return memoryview(data)[positions[array.offset] : positions[array.offset + len(array)]]


# Below this many rows the kernels' fixed costs, and loading them (45 ms), outweigh a loop.
FEW_ROWS = 64


def rewritten(texts: Array, marks: bytes, pattern: str, one: Callable[[str], str]) -> Array:
    """Texts (bytes in UTF-8) of which few have to be changed. NULL stays NULL.

    Args:
        texts: The texts.
        marks: Bytes without which no text has to be changed.
        pattern: A regular expression over bytes that finds the texts to change.
        one: Changes one.
    """
    # A look at all bytes at once is many times faster than one at each text.
    data = bytes(used_bytes(texts))
    if len(data.translate(None, marks)) == len(data):
        return texts
    found = kernels.match_substring_regex(texts, pattern).fill_null(False)
    changed = (one(value.decode()).encode() for value in without_null(texts.filter(found)))
    return replace_where(texts, found, byte_array(changed))


def safe_texts(texts: Array) -> Array:
    """Texts for a terminal: what it would act on made visible."""
    values = [
        None if value is None else value.decode("utf-8", "backslashreplace")
        for value in texts.to_pylist()
    ]
    if all(value is None or is_safe(value) for value in values):
        return texts
    return byte_array(None if value is None else safe(value).encode() for value in values)


def unique_names(names: Iterable[str], *, empty: str = "") -> list[str]:
    """Names of which none occurs twice: the later ones of a name get a number.

    Args:
        names: Column names of a result.
        empty: What an empty name becomes.

    >>> unique_names(["a", "a", "a_2", "", "a"], empty="column")
    ['a', 'a_3', 'a_2', 'column', 'a_4']
    """
    wanted = [name or empty for name in names]
    taken = set(wanted)
    seen: set[str] = set()
    unique: list[str] = []
    for name in wanted:
        candidate, number = name, 1
        while candidate in seen or (number > 1 and candidate in taken):
            number += 1
            candidate = f"{name}_{number}"
        seen.add(candidate)
        unique.append(candidate)
    return unique
