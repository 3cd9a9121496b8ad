"""Dates and times as text for any value a database can hold, far beyond Python's `datetime`.

Everything counts in whole numbers: days since 1970-01-01 in the proleptic Gregorian calendar,
and units of a second. Years are astronomical: year 0 is 1 BC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_S = 86_400
# The Gregorian calendar, its weekdays and so daylight saving rules repeat every 400 years.
_CYCLE_DAYS = 146_097
_CYCLE_S = _CYCLE_DAYS * DAY_S
# First and last second (UTC) at which a zone's local time surely is in datetime's range.
_FIRST_S = -62_135_596_800 + 2 * DAY_S
_LAST_S = 253_402_300_799 - 2 * DAY_S
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day number.

    Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.

    >>> civil(0), civil(-719_529), civil(2**31 - 1)
    ((1970, 1, 1), (-1, 12, 31), (5881580, 7, 11))
    """
    era, day_of_era = divmod(days + 719_468, _CYCLE_DAYS)
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return year_of_era + era * 400 + (month <= 2), month, day


def clock(seconds: int, fraction: int, digits: int) -> str:
    """A time of day, its fraction without trailing zeros.

    >>> clock(3661, 500_000, 6), clock(86_400, 0, 6)
    ('01:01:01.5', '24:00:00')
    """
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:0{digits}}".rstrip("0") if fraction else text


@lru_cache(maxsize=64)
def find_zone(name: str) -> tzinfo:
    """The time zone of an Arrow type: an IANA name or `+05:30`; UTC where nobody knows it.

    >>> find_zone("+05:30").utcoffset(None)
    datetime.timedelta(seconds=19800)
    """
    if name[:1] in ("+", "-"):
        try:
            return datetime.strptime(name, "%z").tzinfo or UTC
        except ValueError:
            return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, malformed, a folder
        return UTC


def offset_at(zone: tzinfo, second: int) -> int:
    """Offset from UTC in seconds at a moment, also for years outside 1 … 9999.

    >>> offset_at(find_zone("Europe/Berlin"), 0), offset_at(find_zone("Europe/Berlin"), -10**12)
    (3600, 3208)
    """
    if second > _LAST_S:
        second -= ((second - _LAST_S) // _CYCLE_S + 1) * _CYCLE_S
    elif second < _FIRST_S:
        # Long before any rule, so that every year has the same: the local mean time.
        second = _FIRST_S
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return 0 if offset is None else offset.days * DAY_S + offset.seconds


def offset_text(offset: int, *, with_seconds: bool) -> str:
    """An offset the way PostgreSQL and DuckDB write it: no more fields than needed.

    >>> offset_text(0, with_seconds=True), offset_text(-19_800, with_seconds=True)
    ('+00', '-05:30')
    >>> offset_text(3208, with_seconds=True), offset_text(3208, with_seconds=False)
    ('+00:53:28', '+00:53')
    """
    sign = "-" if offset < 0 else "+"
    hours, rest = divmod(abs(offset), 3600)
    minutes, seconds = divmod(rest, 60)
    if seconds and with_seconds:
        return f"{sign}{hours:02}:{minutes:02}:{seconds:02}"
    return f"{sign}{hours:02}:{minutes:02}" if minutes else f"{sign}{hours:02}"
