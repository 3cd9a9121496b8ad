"""Values as Excel's: doubles, booleans, days since 1900, or text where those do not hold them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tusk.core.render import render_strings
from tusk.core.render.arrays import all_true, kernels, nulls, replace_where
from tusk.core.render.column import loose_text, string_array, take_union
from tusk.core.render.kinds import is_binary
from tusk.core.schema import db_type_of, engine_of

if TYPE_CHECKING:
    from tusk.core.render.arrays import Array, Field

# Excel shows 15 digits and makes zeros of the others.
_MOST_DIGITS = 15
_MOST_EXACT = 10**_MOST_DIGITS - 1
_DAY_1970 = 25_569
# Day 60 is the 29th of February 1900, which Lotus 1-2-3 believed in.
_FIRST_DAY, _LEAP_BUG, _LAST_DAY = 1, 60, 2_958_465
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
DATE, TIME, MOMENT = "yyyy-mm-dd", "hh:mm:ss", "yyyy-mm-dd hh:mm:ss"
_NUMBER_WORDS = frozenset({"numeric", "decimal", "hugeint", "uhugeint", "bignum", "varint"})
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"


@dataclass(frozen=True, slots=True)
class Cells:
    """The values of some rows of a column: each is a number, a text, or NULL in both.

    Args:
        numbers: Numbers as text; None without any.
        texts: Texts; None without any.
        code: Excel's code of the format for numbers.
        is_bool: The numbers are 0 and 1 for false and true.
        odd: Values that became a text because Excel has no such number or day.
    """

    numbers: Array | None = None
    texts: Array | None = None
    code: str = ""
    is_bool: bool = False
    odd: int = 0


def cells_of(array: Array, field: Field, *, is_local: bool = True) -> Cells:
    """The cells for a column.

    Args:
        array: Values.
        field: The column's field in the result's schema.
        is_local: Timestamps with a zone become date and time in that zone, not text.
    """
    type_ = array.type
    if isinstance(type_, pa.DictionaryType):
        return cells_of(array.cast(type_.value_type), field, is_local=is_local)
    if pa.types.is_union(type_):
        return _of_union(array, field)
    if pa.types.is_boolean(type_):
        return Cells(array.cast(pa.int8()).cast(pa.string()), is_bool=True)
    if pa.types.is_integer(type_):
        return _whole(array, field)
    if pa.types.is_floating(type_):
        # The shortest digits that make the same number again.
        return _where(kernels.is_finite(array), array.cast(pa.string()), array, field)
    if pa.types.is_decimal(type_):
        return _decimals(array, field)
    if pa.types.is_date(type_):
        return _days(array, field)
    if isinstance(type_, pa.TimestampType) and (type_.tz is None or is_local):
        return _moments(array, field)
    if pa.types.is_time(type_):
        return _times(array, field)
    return _texts(array, field)


def _texts(array: Array, field: Field) -> Cells:
    if is_binary(array.type) and engine_of(field) == "sqlite":
        return Cells(texts=string_array([v and loose_text(v) for v in array.to_pylist()]))
    texts = render_strings(array, field)
    if db_type_of(field).lower().partition("(")[0] not in _NUMBER_WORDS:
        return Cells(texts=texts)
    # PostgreSQL's numeric without a scale comes as text.
    is_number = kernels.match_substring_regex(texts, _NUMBER)
    return _where(kernels.and_(is_number, _is_short(texts)), texts, array, field)


def _of_union(array: Array, field: Field) -> Cells:
    """SQLite's values, each by its own type."""
    odd = 0

    def numbers(child: Array) -> Array:
        nonlocal odd
        cells = cells_of(child, field)
        odd += cells.odd
        return _or_nulls(cells.numbers, child)

    def texts(child: Array) -> Array:
        return _or_nulls(cells_of(child, field).texts, child)

    def merged(render: Callable[[Array], Array]) -> Array:
        return take_union(array, [render] * array.type.num_fields, pa.large_string())

    return Cells(merged(numbers), merged(texts), odd=odd)


def _or_nulls(texts: Array | None, array: Array) -> Array:
    return nulls(len(array), pa.string()) if texts is None else texts


def _where(is_held: Array, numbers: Array, array: Array, field: Field, code: str = "") -> Cells:
    """Numbers where Excel holds them, elsewhere the engine's texts.

    Args:
        is_held: Which values Excel holds; NULL for NULL.
        numbers: All values as numbers.
        array: The values.
        field: The column's field.
        code: Excel's code of the format.
    """
    if all_true(is_held):
        return Cells(numbers, code=code)
    is_odd = kernels.invert(is_held).fill_null(False)
    shown = render_strings(array.filter(is_odd), field)
    texts = replace_where(nulls(len(array), pa.large_string()), is_odd, shown)
    missing = pa.scalar(None, pa.string())
    return Cells(kernels.if_else(is_odd, missing, numbers), texts, code, odd=len(shown))


def _between(values: Array, least: int, most: int) -> Array:
    return kernels.and_(kernels.greater_equal(values, least), kernels.less_equal(values, most))


def _whole(array: Array, field: Field) -> Cells:
    texts = array.cast(pa.string())
    if array.type.bit_width < 64:
        return Cells(texts)
    if pa.types.is_uint64(array.type):
        return _where(_is_short(texts), texts, array, field)
    return _where(_between(array, -_MOST_EXACT, _MOST_EXACT), texts, array, field)


def _is_short(texts: Array) -> Array:
    """Whether numbers have no more digits that count than Excel keeps."""
    digits = kernels.replace_substring_regex(texts, r"[-.]", "")
    return kernels.less_equal(kernels.utf8_length(kernels.utf8_trim(digits, "0")), _MOST_DIGITS)


def _decimals(array: Array, field: Field) -> Cells:
    type_: Any = array.type
    code = f"0.{'0' * min(type_.scale, 30)}" if type_.scale > 0 else "0"
    texts = render_strings(array, field)
    if type_.precision <= _MOST_DIGITS:
        return Cells(texts, code=code)
    return _where(_is_short(texts), texts, array, field, code)


# ── days and times ───────────────────────────────────────────────────────────────────────────


def _days(array: Array, field: Field) -> Cells:
    days = array.cast(pa.int32()) if pa.types.is_date32(array.type) else None
    if days is None:
        days = kernels.divide(array.view(pa.int64()), _PER_DAY["ms"])
    days = _excel_days(days.cast(pa.int64()))
    return _where(_between(days, _FIRST_DAY, _LAST_DAY), days.cast(pa.string()), array, field, DATE)


def _excel_days(days: Array) -> Array:
    """Excel's numbers of days since 1970."""
    days = kernels.add(days, _DAY_1970)
    before = kernels.subtract(days, 1)
    return kernels.if_else(kernels.less_equal(days, _LEAP_BUG), before, days)


def _moments(array: Array, field: Field) -> Cells:
    type_: Any = array.type
    per_day = _PER_DAY[type_.unit]
    local = array if type_.tz is None else kernels.local_timestamp(array)
    values = local.view(pa.int64())
    days, rest = _divided(values, per_day)
    days = _excel_days(days)
    code = MOMENT if _is_even(rest, per_day) else f"{MOMENT}.000"
    is_held = _between(days, _FIRST_DAY, _LAST_DAY)
    return _where(is_held, _fraction(days, rest, per_day), array, field, code)


def _times(array: Array, field: Field) -> Cells:
    per_day = _PER_DAY[array.type.unit]
    storage = pa.int32() if array.type.bit_width == 32 else pa.int64()
    values = array.view(storage).cast(pa.int64())
    days, rest = _divided(values, per_day)
    code = TIME if _is_even(rest, per_day) else f"{TIME}.000"
    return _where(_between(days, 0, 0), _fraction(days, rest, per_day), array, field, code)


def _divided(values: Array, per_day: int) -> tuple[Array, Array]:
    """Whole days, rounded down, and what is left of each."""
    days = kernels.divide(values, per_day)  # rounded to zero
    rest = kernels.subtract(values, kernels.multiply(days, per_day))
    is_before = kernels.less(rest, 0)
    days = kernels.if_else(is_before, kernels.subtract(days, 1), days)
    return days, kernels.if_else(is_before, kernels.add(rest, per_day), rest)


def _fraction(days: Array, rest: Array, per_day: int) -> Array:
    part = kernels.divide(rest.cast(pa.float64()), float(per_day))
    return kernels.add(days.cast(pa.float64(), safe=False), part).cast(pa.string())


def _is_even(rest: Array, per_day: int) -> bool:
    """Whether all are whole seconds."""
    second = per_day // 86_400
    whole = kernels.multiply(kernels.divide(rest, second), second)
    return all_true(kernels.equal(whole, rest))
