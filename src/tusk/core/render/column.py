"""How the values of one Arrow type become text: exact per value, and fast for whole columns.

A column of few rows (what a screen shows) is rendered value by value; a long one by Arrow's
kernels where they give the same text, with the odd values replaced afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import pyarrow as pa

from tusk.core.render.arrays import Array, all_true, kernels, nulls, replace_where

# Below this many rows the fixed costs of Arrow's kernels outweigh a Python loop.
_FEW_ROWS = 64
# As many characters fit into an array with 32-bit offsets, whatever their UTF-8 size.
_MOST_CHARACTERS = (2**31 - 1) // 4

Texts: TypeAlias = "list[str | None]"


@dataclass(frozen=True)
class Column:
    """Renders arrays of one type.

    Args:
        texts: One text per value, None for NULL.
        strings: The same as an Arrow array of strings (large strings where they have to be).
    """

    texts: Callable[[Array], Texts]
    strings: Callable[[Array], Array]


def string_array(texts: Sequence[str | None]) -> Array:
    """An Arrow array of strings, with 64-bit offsets only when there is that much text."""
    is_small = sum(map(len, filter(None, texts))) <= _MOST_CHARACTERS
    return pa.array(texts, pa.string() if is_small else pa.large_string())


def column_of_texts(texts: Callable[[Array], Texts]) -> Column:
    """A column of values that have no faster way than one by one."""
    return Column(texts, lambda array: string_array(texts(array)))


def column_of_strings(strings: Callable[[Array], Array]) -> Column:
    """A column that Arrow's kernels render, however short it is."""
    return Column(lambda array: strings(array).to_pylist(), strings)


def column_of_values(
    one: Callable[[Any], str],
    *,
    storage: pa.DataType | None = None,
    fast: Callable[[Array], Array] | None = None,
    odd: Callable[[Array], Array | None] = lambda values: None,
) -> Column:
    """A column of values rendered by a function each, with a short cut for long arrays.

    Args:
        one: Text of a single value: of `storage`, when given.
        storage: Type of the same layout as which the values are read, so that a timestamp
            comes as a plain number.
        fast: Texts of a whole array, right for most values.
        odd: Which values `fast` gets wrong; None when it got all right. Gets `storage`.
    """

    def stored(array: Array) -> Array:
        return array if storage is None else array.view(storage)

    def each(values: Array) -> Texts:
        return [None if value is None else one(value) for value in values.to_pylist()]

    def slow_texts(array: Array) -> Texts:
        return each(stored(array))

    if fast is None:
        return column_of_texts(slow_texts)

    def fast_strings(array: Array) -> Array:
        texts, values = fast(array), stored(array)
        mask = odd(values)
        if mask is None:
            return texts
        replacements = each(values.filter(mask.fill_null(False)))
        return replace_where(texts, mask, pa.array(replacements, pa.string()))

    return Column(
        lambda a: slow_texts(a) if len(a) <= _FEW_ROWS else fast_strings(a).to_pylist(),
        lambda a: string_array(slow_texts(a)) if len(a) <= _FEW_ROWS else fast_strings(a),
    )


def text_column() -> Column:
    """Values that are text already."""

    def strings(array: Array) -> Array:
        is_plain = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
        return array if is_plain else array.cast(pa.large_string())

    return Column(lambda array: array.to_pylist(), strings)


def whole_number_column() -> Column:
    """Whole numbers, of which there is one way to write them."""
    return column_of_values(str, fast=lambda array: array.cast(pa.string()))


def bool_column(true: str, false: str) -> Column:
    """Booleans as two words."""
    return column_of_values(
        lambda value: true if value else false,
        fast=lambda array: kernels.if_else(array, true, false),
    )


def any_column(
    type_: pa.DataType, db_type: str, plain: Callable[[pa.DataType, str], Column]
) -> Column:
    """A column of any type, from an engine's rules for the plain ones.

    Args:
        type_: Its Arrow type.
        db_type: Its type in the database's words.
        plain: The column for a type that is not made of others, or is nested.
    """
    if pa.types.is_null(type_):
        return null_column()
    if isinstance(type_, pa.UuidType):
        return column_of_values(str)
    if isinstance(type_, pa.DictionaryType):
        return dictionary_column(any_column(type_.value_type, db_type, plain))
    if isinstance(type_, pa.BaseExtensionType):
        return extension_column(any_column(type_.storage_type, db_type, plain))
    if pa.types.is_union(type_):
        children = [type_.field(code).type for code in range(type_.num_fields)]
        return union_column([any_column(child, db_type, plain) for child in children])
    return plain(type_, db_type)


def null_column() -> Column:
    """A column of nothing but NULL."""
    return column_of_strings(lambda array: nulls(len(array), pa.string()))


def dictionary_column(values: Column) -> Column:
    """Codes for few distinct values, each rendered once."""

    def strings(array: Array) -> Array:
        codes = cast("pa.DictionaryArray[Any, Any]", array)
        if len(codes) <= _FEW_ROWS < len(codes.dictionary):
            return values.strings(codes.dictionary_decode())
        return values.strings(codes.dictionary).take(codes.indices)

    return column_of_strings(strings)


def extension_column(storage: Column) -> Column:
    """A type that adds a meaning to another one, which says how it looks."""

    def stored(array: Array) -> Array:
        return cast("Array", cast("pa.ExtensionArray[Any]", array).storage)

    return Column(
        lambda array: storage.texts(stored(array)), lambda array: storage.strings(stored(array))
    )


def union_column(children: Sequence[Column]) -> Column:
    """A type per value, as SQLite has it; each value looks as its own type does.

    Args:
        children: One for each child of the union, in order.
    """
    renders = [child.strings for child in children]
    return column_of_strings(lambda array: take_union(array, renders, pa.large_string()))


def take_union(
    array: Array, renders: Sequence[Callable[[Array], Array]], type_: pa.DataType
) -> Array:
    """Render each child of a union and put the values back in their order.

    Args:
        array: A union, perhaps a slice.
        renders: What makes texts (or bytes) of each child, in order.
        type_: The common type of what they make.
    """
    union = cast("pa.UnionArray", array)
    if union.type.mode == "sparse":
        columns = [render(union.field(code)).cast(type_) for code, render in enumerate(renders)]
        return kernels.choose(_union_codes(union).cast(pa.int64()), *columns)
    codes, offsets = union_places(union)
    parts: list[Array] = []
    starts: list[int] = []
    total = 0
    for code, render in enumerate(renders):
        # Only the stretch of the child that this slice refers to, which is in order.
        used = offsets.filter(kernels.equal(codes, code))
        low, high = (used[0].as_py(), used[-1].as_py() + 1) if len(used) else (0, 0)
        parts.append(render(union.field(code).slice(low, high - low)).cast(type_))
        starts.append(total - low)
        total += high - low
    base = pa.array(starts, pa.int64()).take(codes.cast(pa.int64()))
    return pa.concat_arrays(parts).take(kernels.add(base, offsets.cast(pa.int64())))


def union_places(union: pa.UnionArray) -> tuple[Array, Array]:
    """Type codes and offsets into the children of a dense union, perhaps a slice.

    `type_codes` and `offsets` of pyarrow 26 begin at the first value of a slice's parent.
    """
    _, _, offsets, *_ = union.buffers()
    return _union_codes(union), _stretch(union, pa.int32(), offsets)


def _union_codes(union: pa.UnionArray) -> Array:
    return _stretch(union, pa.int8(), union.buffers()[1])


def _stretch(union: pa.UnionArray, type_: pa.DataType, buffer: pa.Buffer | None) -> Array:
    """The part of one of a union's buffers that belongs to its values."""
    return pa.Array.from_buffers(type_, len(union), [None, buffer], offset=union.offset)


def outside(values: Array, low: float, high: float) -> Array | None:
    """Which numbers are not in low … high (NaN is not); None when all are."""
    # NaN fails both comparisons, while min_max would skip it.
    inside = kernels.and_(kernels.greater_equal(values, low), kernels.less_equal(values, high))
    return None if all_true(inside) else kernels.invert(inside)


def loose_text(value: bytes) -> str:
    r"""Text that may not be UTF-8; bytes that are not show as escapes.

    >>> loose_text(b"caf\xe9")
    'caf\\xe9'
    """
    return value.decode("utf-8", "backslashreplace")


def without_zeros(texts: Array) -> Array:
    """Arrow's texts of times, all with a fraction, without its trailing zeros."""
    return kernels.utf8_rtrim(kernels.utf8_rtrim(texts, "0"), ".")


def join(parts: Iterable[Array | str]) -> Array:
    """Concatenate arrays of texts and constant texts, row by row."""
    return kernels.binary_join_element_wise(*parts, "")
