"""Lists, structs and maps taken apart, for the engines and formats that write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pyarrow as pa

from tusk.core.render.arrays import Array, kernels


def list_items(array: Array, texts: Callable[[Array], list[str]]) -> Iterator[list[str] | None]:
    """The texts of each list's elements, None for a NULL; elements are rendered all at once."""
    flat = texts(cast("pa.ListArray[Any]", array).flatten())
    position = 0
    for size in kernels.list_value_length(array).to_pylist():
        if size is None:
            yield None
        else:
            yield flat[position : position + size]
            position += size


def struct_items(
    array: Array, renders: Sequence[Callable[[Array], list[str]]]
) -> Iterator[list[str] | None]:
    """The texts of each struct's fields, None for a NULL.

    Args:
        array: Structs.
        renders: What makes texts of each field's values.
    """
    children = cast("pa.StructArray", array).flatten()
    columns = [render(child) for render, child in zip(renders, children, strict=True)]
    for is_there, *values in zip(array.is_valid().to_pylist(), *columns, strict=True):
        yield list(values) if is_there else None


def map_items(
    array: Array,
    keys: Callable[[Array], list[str]],
    values: Callable[[Array], list[str]],
    between: str,
) -> Iterator[list[str] | None]:
    """The texts of each map's entries, a key and a value each; None for a NULL."""
    type_ = cast("pa.MapType[Any, Any, Any]", array.type)
    entry = pa.struct([type_.key_field.with_name("key"), type_.item_field.with_name("value")])

    def entries(pairs: Array) -> list[str]:
        both = cast("pa.StructArray", pairs).flatten()
        return [
            f"{key}{between}{value}"
            for key, value in zip(keys(both[0]), values(both[1]), strict=True)
        ]

    # A map is a list of structs.
    as_list = array.cast(pa.list_(pa.field("entries", entry, nullable=False)))
    return list_items(as_list, entries)


def wrap(
    left: str, items: Iterator[list[str] | None], right: str, between: str = ", "
) -> list[str | None]:
    """Put the texts of each nested value together, in brackets."""
    return [None if texts is None else left + between.join(texts) + right for texts in items]
