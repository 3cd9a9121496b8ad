"""Values in a form that DuckDB takes and that is the same for the same value.

Plain types stay as they are. Numbers that travel as text lose trailing zeros, and everything else
becomes the text that its engine shows.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pat

from tusk.core.render import is_numeric, render_column, render_strings
from tusk.core.render.arrays import Array, Field, kernels
from tusk.core.render.column import join, take_union
from tusk.core.render.kinds import is_text
from tusk.services.results.sortkeys import as_float, mixed_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOST_DIGITS = 38


class Identity:
    """How the values of a column are told apart.

    Args:
        types: Every type that the column has in its batches.
        field: The column's field in the result's schema.
    """

    def __init__(self, types: Iterable[pa.DataType], field: Field) -> None:
        known = set(types) or {field.type}
        self._field = field
        self.source = next(iter(known))
        is_written = is_numeric(field) and is_text(self.source)
        self.is_plain = len(known) == 1 and is_plain(self.source) and not is_written
        self.type = self.source if self.is_plain else pa.large_string()

    def of(self, values: Array) -> Array:
        """The values, as `type`."""
        return values if self.is_plain else distinct_texts(values, self._field)

    def shown(self, values: Array) -> list[str | None]:
        """What the engine shows for some of them."""
        if not self.is_plain:
            return values.to_pylist()
        return render_column(values.cast(self.source), self._field)


def distinct_texts(values: Array, field: Field) -> Array:
    """What the engine shows, the same for the same value."""
    texts = render_strings(values, field).cast(pa.large_string())
    return _shortest(texts) if is_numeric(field) and is_text(values.type) else texts


def trimmed_texts(values: Array, field: Field) -> Array:
    """The same, and also the same for the same number of another type."""
    texts = distinct_texts(values, field)
    return _shortest(texts) if is_numeric(field) else texts


def classed_texts(values: Array, field: Field) -> Array:
    """The same, with quotes around what is text: in SQLite 1 and '1' are two values."""
    if pat.is_union(values.type):
        render = partial(classed_texts, field=field)
        return take_union(values, [render] * values.type.num_fields, pa.large_string())
    texts = trimmed_texts(values, field)
    return join(["'", texts, "'"]) if is_text(values.type) else texts


def is_plain(type_: pa.DataType) -> bool:
    """Whether DuckDB takes a type as it is, and knows when two values are the same."""
    if pat.is_decimal(type_):
        return pat.is_decimal128(type_) and type_.precision <= _MOST_DIGITS and type_.scale >= 0
    is_number = pat.is_integer(type_) or pat.is_float32(type_) or pat.is_float64(type_)
    is_moment = pat.is_date(type_) or pat.is_timestamp(type_) or pat.is_time(type_)
    is_string = pat.is_string(type_) or pat.is_large_string(type_)
    return is_number or is_moment or is_string or pat.is_boolean(type_)


def _shortest(texts: Array) -> Array:
    """1.50 and 1.5 are the same number."""
    has_fraction = kernels.match_substring_regex(texts, r"^[-+]?\d*\.\d+$").fill_null(False)
    trimmed = kernels.utf8_rtrim(kernels.utf8_rtrim(texts, "0"), ".")
    return kernels.if_else(has_fraction, trimmed, texts)


def as_floats(values: Array, field: Field) -> Array | None:
    """Numbers and moments as the floats nearest to them, for means and histograms.

    None for types that have no distance.
    """
    type_ = values.type
    if pat.is_union(type_):
        return mixed_numbers(values)
    if is_numeric(field):
        if is_text(type_):
            return as_float(values)
        return values.cast(pa.float64(), safe=False)
    if pat.is_timestamp(type_) or pat.is_date64(type_) or pat.is_time64(type_):
        return values.cast(pa.int64()).cast(pa.float64(), safe=False)
    if pat.is_date32(type_) or pat.is_time32(type_):
        return values.cast(pa.int32()).cast(pa.float64())
    return None


def has_floats(field: Field) -> bool:
    """Whether `as_floats` gives numbers for a column."""
    type_ = field.type
    is_moment = pat.is_timestamp(type_) or pat.is_date(type_) or pat.is_time(type_)
    return is_numeric(field) or is_moment or pat.is_union(type_)


def float_texts(numbers: Sequence[float], field: Field) -> list[str]:
    """Floats made of numbers or moments as texts, the latter as their engine shows them.

    >>> float_texts([0.5, 1e9], pa.field("n", pa.int64())), float_texts([1], pa.field("d", pa.date32()))
    (['0.5', '1e+09'], ['1970-01-02'])
    """
    type_ = field.type
    if not pat.is_temporal(type_):
        return [f"{number:.6g}" for number in numbers]
    storage = pa.int32() if pat.is_date32(type_) or pat.is_time32(type_) else pa.int64()
    values = pa.array([round(number) for number in numbers], pa.int64()).cast(storage)
    return [text or "" for text in render_column(values.view(type_), field)]
