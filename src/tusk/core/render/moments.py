"""Dates, times and timestamps, for engines that write them alike: ISO with spaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from typing import Any, cast

import pyarrow as pa

from tusk.core.render.arrays import Array, kernels, timestamp
from tusk.core.render.calendar import DAY_S, civil, clock, find_zone, offset_at
from tusk.core.render.column import Column, column_of_values, join, outside, without_zeros

_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_UNITS = {digits: unit for unit, digits in _DIGITS.items()}
_INT32_MAX, _INT64_MAX = 2**31 - 1, 2**63 - 1
# Years 0001 … 9999 in days, with a margin for time zones.
_FIRST_DAY, _LAST_DAY = -719_162 + 2, 2_932_896 - 2


@dataclass(frozen=True)
class Style:
    """How an engine writes dates and times.

    Args:
        date: Text of year, month and day; the year as astronomers count.
        era: What follows the time of a timestamp in a year before 1, given the year.
        offset: Text of an offset from UTC in seconds.
        between: Between date and time.
        clock: Text of a time of day from seconds, fraction and digits of the fraction.
        trim: The same for a whole array of texts with a full fraction, as Arrow writes them.
        has_infinity: The extremes of the type mean infinity.
    """

    date: Callable[[int, int, int], str]
    offset: Callable[[int], str]
    era: Callable[[int], str] = lambda year: ""
    between: str = " "
    clock: Callable[[int, int, int], str] = clock
    trim: Callable[[Array], Array] = without_zeros
    has_infinity: bool = True


def date_column(type_: pa.DataType, style: Style) -> Column:
    """Days as dates."""
    if pa.types.is_date64(type_):
        per_day = DAY_S * 1000
        return column_of_values(lambda ms: _date(ms // per_day, style), storage=pa.int64())
    return column_of_values(
        lambda days: _date(days, style),
        storage=pa.int32(),
        fast=lambda array: array.cast(pa.string()),
        odd=lambda days: outside(days, _FIRST_DAY, _LAST_DAY),
    )


def _date(days: int, style: Style) -> str:
    if style.has_infinity and abs(days) >= _INT32_MAX:
        return "infinity" if days > 0 else "-infinity"
    year, month, day = civil(days)
    return style.date(year, month, day) + style.era(year)


def time_column(type_: pa.DataType, style: Style) -> Column:
    """Times of day."""
    digits = unit_digits(type_)
    scale = 10**digits

    def one(value: int) -> str:
        seconds, fraction = divmod(value, scale)
        return style.clock(seconds, fraction, digits)

    def fast(array: Array) -> Array:
        texts = array.cast(pa.string())
        return style.trim(texts) if digits else texts

    return column_of_values(
        one,
        storage=pa.int32() if pa.types.is_time32(type_) else pa.int64(),
        fast=fast,
        # 24:00:00 is a time in SQL, not in Arrow.
        odd=lambda values: outside(values, 0, DAY_S * scale - 1),
    )


def timestamp_column(type_: pa.DataType, style: Style) -> Column:
    """Timestamps; those with a time zone as local times with their offset."""
    digits = unit_digits(type_)
    zone_name = cast("pa.TimestampType[Any, Any]", type_).tz
    zone = None if zone_name is None else find_zone(zone_name)
    scale = 10**digits
    first = max(_FIRST_DAY * DAY_S * scale, -_INT64_MAX)
    last = min(_LAST_DAY * DAY_S * scale, _INT64_MAX)

    def one(value: int) -> str:
        return timestamp_text(value, digits, zone, style)

    def naive(array: Array) -> Array:
        texts = array.cast(pa.string())
        texts = style.trim(texts) if digits else texts
        if style.between == " ":
            return texts
        return kernels.replace_substring(texts, " ", style.between, max_replacements=1)

    def is_far(values: Array) -> Array | None:
        return outside(values, first, last)

    if zone is None:
        return column_of_values(one, storage=pa.int64(), fast=naive, odd=is_far)
    local = _LocalTimes(zone, digits, naive, style.offset)
    odd = _Either(is_far, local.is_on_change)
    return column_of_values(one, storage=pa.int64(), fast=local.texts, odd=odd)


def unit_digits(type_: pa.DataType) -> int:
    """Digits of a second's fraction that a type of times has."""
    return _DIGITS[cast("pa.DurationType[Any]", type_).unit]


def timestamp_text(value: int, digits: int, zone: tzinfo | None, style: Style) -> str:
    """A timestamp.

    Args:
        value: Since 1970, in units of 10 ** -digits seconds; in UTC where there is a zone.
        digits: See `value`.
        zone: Where the clock hangs that is shown; None for a timestamp without a zone.
        style: How it is written.
    """
    if style.has_infinity and abs(value) >= _INT64_MAX:
        return "infinity" if value > 0 else "-infinity"
    second, fraction = divmod(value, 10**digits)
    offset = 0 if zone is None else offset_at(zone, second)
    days, second = divmod(second + offset, DAY_S)
    year, month, day = civil(days)
    text = style.date(year, month, day) + style.between + style.clock(second, fraction, digits)
    return text + ("" if zone is None else style.offset(offset)) + style.era(year)


@dataclass(frozen=True)
class _Either:
    """Rows that one of two checks finds."""

    first: Callable[[Array], Array | None]
    second: Callable[[Array], Array | None]

    def __call__(self, array: Array) -> Array | None:
        a, b = self.first(array), self.second(array)
        if a is None or b is None:
            return b if a is None else a
        return kernels.or_(a, b)


@dataclass(frozen=True)
class _LocalTimes:
    """Timestamps of a zone, whole arrays at once: the offset is looked up once for each day.

    Arrow could look offsets up itself, but only where the system has a time zone database, and
    it writes them differently.
    """

    zone: tzinfo
    digits: int
    naive: Callable[[Array], Array]
    offset_text: Callable[[int], str]

    def texts(self, array: Array) -> Array:
        values = array.view(pa.int64())
        days, offsets = self._days(values)
        known = [0 if offset is None else offset for offset in offsets]
        shifts = pa.array([offset * 10**self.digits for offset in known], pa.int64())
        # Wraps around for values near the type's extremes, which are replaced anyway.
        local = kernels.add(values, shifts.take(days)).view(timestamp(_UNITS[self.digits]))
        suffixes = pa.array([self.offset_text(offset) for offset in known], pa.string())
        return join([self.naive(local), suffixes.take(days)])

    def is_on_change(self, values: Array) -> Array | None:
        """Which values lie on a day on which the offset changes."""
        days, offsets = self._days(values)
        if None not in offsets:
            return None
        return pa.array([offset is None for offset in offsets]).take(days)

    def _days(self, values: Array) -> tuple[Array, list[int | None]]:
        """For each value the number of its day, and for each day its offset."""
        floored = kernels.floor_temporal(values.view(timestamp(_UNITS[self.digits])), unit="day")
        encoded = floored.view(pa.int64()).dictionary_encode()
        per_day = DAY_S * 10**self.digits
        offsets = [_offset_of_day(self.zone, v // per_day) for v in encoded.dictionary.to_pylist()]
        return encoded.indices, offsets


@lru_cache(maxsize=100_000)
def _offset_of_day(zone: tzinfo, day: int) -> int | None:
    """The offset that holds for a whole day (UTC), None when it changes on it."""
    first = offset_at(zone, day * DAY_S)
    return first if first == offset_at(zone, day * DAY_S + DAY_S - 1) else None
