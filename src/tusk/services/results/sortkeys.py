"""What rows are sorted by: values of a column in a form whose order Arrow knows.

Numbers that travel as text sort as numbers, SQLite's mixed columns sort as SQLite sorts them
(numbers, text, blobs), NaN is larger than every number as in PostgreSQL and DuckDB, text sorts by
code points. Types without an order of their own sort by what is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pat

from tusk.core.render import is_numeric, render_strings
from tusk.core.render.arrays import Array, Field, kernels, nulls
from tusk.core.render.column import union_places
from tusk.core.schema import db_type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tusk.core.result import ResultBuffer

# Numbers that fit are compared to the last digit; others by their nearest float.
_EXACT = pa.decimal256(76, 38)
_FITS_EXACT = r"^[-+]?\d{1,38}(\.\d{0,38})?$"
_DIGITS = r"^[-+]?(?P<digits>\d*)"
# What Arrow's cast reads as a float; anything else in a numeric column (money) sorts as NULL.
_IS_FLOAT = r"^[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|[Ii]nf(inity)?|[Nn]a[Nn])$"

_INTERVAL = (
    r"^(?:(?P<years>[-+]?\d+) years?)? ?(?:(?P<months>[-+]?\d+) mon(?:th)?s?)? ?"
    r"(?:(?P<days>[-+]?\d+) days?)? ?"
    r"(?:(?P<sign>[-+]?)(?P<hours>\d+):(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?))?$"
)
_SECONDS = {
    "years": 12 * 30 * 86_400,
    "months": 30 * 86_400,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by.

    Args:
        column: Its number.
        descending: Largest values first.
        nulls_first: NULLs before all values; after them otherwise.
    """

    column: int
    descending: bool = False
    nulls_first: bool = False


def next_keys(keys: Sequence[SortKey], column: int, *, add: bool) -> list[SortKey]:
    """The keys after another press on a column: ascending, descending, not sorted by it.

    >>> next_keys([SortKey(1)], 1, add=False)
    [SortKey(column=1, descending=True, nulls_first=False)]
    >>> next_keys([SortKey(1)], 2, add=True)[1:]
    [SortKey(column=2, descending=False, nulls_first=False)]
    """
    known = next((key for key in keys if key.column == column), None)
    kept = list(keys) if add else [key for key in keys if key.column == column]
    if known is None:
        return [*kept, SortKey(column, nulls_first=any(key.nulls_first for key in keys))]
    place = kept.index(known)
    turned = [] if known.descending else [SortKey(column, True, known.nulls_first)]
    return [*kept[:place], *turned, *kept[place + 1 :]]


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """How to compare the values of a column.

    Args:
        parts: Arrays to compare one after the other; of the same types for every batch.
        rough: One array in which a smaller value never has the larger number; NULL for NULL.
    """

    parts: Callable[[Array], list[Array]]
    rough: Callable[[Array], Array]


def key_column(buffer: ResultBuffer, column: int) -> KeyColumn:
    """How to compare the values of a column of a buffer, over all the types it has there."""
    types = {batch.schema.field(column).type for batch in buffer.batches()}
    return key_of(types, buffer.schema.field(column))


def key_of(types: set[pa.DataType], field: Field) -> KeyColumn:
    """How to compare values of these types with each other.

    Args:
        types: Of all arrays that are compared.
        field: The column's field in the result's schema.
    """
    if any(pat.is_union(type_) for type_ in types):
        return KeyColumn(_mixed_parts, lambda values: _mixed_parts(values)[0])
    if any(pat.is_interval(type_) for type_ in types) or _is_named(field, "interval"):
        return KeyColumn(
            lambda values: _interval_parts(values, field),
            lambda values: _interval_parts(values, field)[0],
        )
    if _is_named(field, "money"):
        return KeyColumn(_money_parts, lambda values: as_float(_money_digits(values)))
    if is_numeric(field) and all(_is_number(type_) or _is_text(type_) for type_ in types):
        return _number_column(types)
    if len(types) == 1 and _has_order(*types):
        return KeyColumn(lambda values: [_plain(values)], _plain)

    def shown(values: Array) -> Array:
        return render_strings(values, field).cast(pa.large_string())

    return KeyColumn(lambda values: [shown(values)], shown)


def _is_named(field: Field, name: str) -> bool:
    return db_type_of(field).lower().startswith(name)


def _is_number(type_: pa.DataType) -> bool:
    return pat.is_integer(type_) or pat.is_floating(type_) or pat.is_decimal(type_)


def _is_text(type_: pa.DataType) -> bool:
    return pat.is_string(type_) or pat.is_large_string(type_) or pat.is_string_view(type_)


def _has_order(type_: pa.DataType) -> bool:
    is_moment = pat.is_date(type_) or pat.is_time(type_) or pat.is_timestamp(type_)
    is_bytes = pat.is_binary(type_) or pat.is_large_binary(type_) or pat.is_binary_view(type_)
    return (
        _is_text(type_) or is_moment or is_bytes or pat.is_boolean(type_) or pat.is_duration(type_)
    )


def _plain(values: Array) -> Array:
    if pat.is_string_view(values.type):
        return values.cast(pa.large_string())
    if pat.is_binary_view(values.type):
        return values.cast(pa.large_binary())
    return values


def _number_column(types: set[pa.DataType]) -> KeyColumn:
    if len(types) == 1:
        (type_,) = types
        if pat.is_integer(type_):
            return KeyColumn(lambda values: [values], lambda values: values)
        if pat.is_decimal(type_):
            return KeyColumn(lambda values: [values], as_float)
        if pat.is_floating(type_):
            return KeyColumn(_float_parts, as_float)
    return KeyColumn(_exact_parts, as_float)


def _float_parts(values: Array) -> list[Array]:
    numbers = as_float(values)
    return [kernels.is_nan(numbers), numbers]


def _exact_parts(values: Array) -> list[Array]:
    """By the nearest float, then by the number of digits, then by all digits where they fit."""
    numbers = as_float(values)
    if pat.is_floating(values.type):
        rank = kernels.is_nan(numbers).cast(pa.int8())
        return [rank, numbers, nulls(len(values), pa.int32()), nulls(len(values), _EXACT)]
    text = values.cast(pa.large_string())
    size = kernels.utf8_length(kernels.struct_field(kernels.extract_regex(text, _DIGITS), "digits"))
    size = kernels.if_else(kernels.starts_with(text, "-"), kernels.negate(size), size)
    fits = kernels.match_substring_regex(text, _FITS_EXACT)
    return [_rank(text), numbers, size, kernels.if_else(fits, text, None).cast(_EXACT)]


def _rank(text: Array) -> Array:
    """-1 for minus infinity, 0 for numbers, 1 for infinity, 2 for NaN: all floats have an end."""
    first = kernels.utf8_lower(kernels.utf8_slice_codeunits(text, 0, 2))
    names = pa.array(["-i", "in", "na"], pa.large_string())
    ranks = kernels.take(pa.array([-1, 1, 2]), kernels.index_in(first, names))
    return kernels.if_else(text.is_valid(), kernels.coalesce(ranks, 0), None).cast(pa.int8())


def as_float(values: Array) -> Array:
    """Numbers as the floats nearest to them; NULL for a text that is no number."""
    if _is_text(values.type):
        text = values.cast(pa.large_string())
        values = kernels.if_else(kernels.match_substring_regex(text, _IS_FLOAT), text, None)
    return values.cast(pa.float64(), safe=False)


def _money_digits(values: Array) -> Array:
    """PostgreSQL's money, whose look depends on the server's locale, without all but its digits.

    Values of one column have the same number of decimals, so that the order stays.
    """
    return kernels.replace_substring_regex(values.cast(pa.large_string()), r"[^0-9-]", "")


def _money_parts(values: Array) -> list[Array]:
    return _exact_parts(_money_digits(values))


def _interval_parts(values: Array, field: Field) -> list[Array]:
    """By length, as PostgreSQL and DuckDB compare intervals: a month has 30 days."""
    text = render_strings(values, field).cast(pa.large_string())
    fields = kernels.extract_regex(text, _INTERVAL)
    total = kernels.if_else(fields.is_valid(), 0.0, None)
    for name, seconds in _SECONDS.items():
        number = kernels.struct_field(fields, name)
        number = kernels.if_else(kernels.equal(number, ""), "0", number).cast(pa.float64())
        if name in ("hours", "minutes", "seconds"):
            is_negative = kernels.equal(kernels.struct_field(fields, "sign"), "-")
            number = kernels.if_else(is_negative, kernels.negate(number), number)
        total = kernels.add(total, kernels.multiply(number, float(seconds)))
    return [total, text]


def _mixed_parts(values: Array) -> list[Array]:
    """Class (numbers, text, blobs), number, bytes: the order of SQLite's mixed columns."""
    if not isinstance(values, pa.UnionArray):
        return _class_parts(values)
    children = [_class_parts(values.field(code)) for code in range(values.type.num_fields)]
    return [_merged(values, [child[part] for child in children]) for part in range(3)]


def mixed_numbers(values: Array) -> Array:
    """The numbers of a mixed column as floats; NULL for everything else."""
    return _mixed_parts(values)[1]


def _class_parts(values: Array) -> list[Array]:
    data: Array
    if _is_number(values.type):
        rank, number, data = 0, as_float(values), nulls(len(values), pa.large_binary())
    else:
        rank = 1 if _is_text(values.type) else 2
        number, data = nulls(len(values), pa.float64()), values.cast(pa.large_binary())
    return [kernels.if_else(values.is_valid(), rank, None).cast(pa.int8()), number, data]


def _merged(values: pa.UnionArray, children: list[Array]) -> Array:
    """Values of a dense union, taken from arrays that stand for its children."""
    codes, offsets = union_places(values)
    starts = pa.array([0, *accumulate(len(child) for child in children)], pa.int32())
    places = kernels.add(offsets, kernels.take(starts, codes))
    return kernels.take(pa.concat_arrays(children), places)
