"""Dates and timestamps that Arrow's parsers do not know: years BC or above 9999, infinity.

Arrow counts days and microseconds from 1970 in the proleptic Gregorian calendar, as PostgreSQL
does, so every date fits and every timestamp before the year 294247 does.
"""

from __future__ import annotations

import re

DAY_US = 86_400_000_000
DATE_INFINITY = 2**31 - 1
TIMESTAMP_INFINITY = 2**63 - 1

_DATE = re.compile(r"(\d{4,7})-(\d\d)-(\d\d)( BC)?")
_TIMESTAMP = re.compile(
    r"(\d{4,7})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?"
    r"(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?( BC)?"
)


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; the year as astronomers count, so that 0 is 1 BC.

    Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.

    >>> day_number(1970, 1, 1), day_number(0, 2, 29), day_number(2000, 3, 1)
    (0, -719469, 11017)
    """
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


def _astronomical(year: str, era: str | None) -> int:
    return 1 - int(year) if era else int(year)


def parse_date(text: str) -> int:
    """Days since 1970-01-01 of a date in ISO style; infinity as the extremes of int32.

    >>> parse_date("0044-03-15 BC"), parse_date("-infinity")
    (-735160, -2147483647)

    Raises:
        ValueError: It is something else.
    """
    if text in ("infinity", "-infinity"):
        return DATE_INFINITY if text[0] == "i" else -DATE_INFINITY
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, era = match.groups()
    return day_number(_astronomical(year, era), int(month), int(day))


def parse_timestamp(text: str) -> int:
    """Microseconds since 1970 (UTC, when there is an offset) of a timestamp in ISO style.

    >>> parse_timestamp("1969-12-31 23:59:59.5"), parse_timestamp("1800-01-01 00:53:28+00:53:28")
    (-500000, -5364662400000000)

    Raises:
        ValueError: It is something else, or lies outside of what 64 bits hold.
    """
    if text in ("infinity", "-infinity"):
        return TIMESTAMP_INFINITY if text[0] == "i" else -TIMESTAMP_INFINITY
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, sign, *offset, era = match.groups()
    days = day_number(_astronomical(year, era), int(month), int(day))
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    if sign:
        hours, minutes, more = (int(part or 0) for part in offset)
        shift = hours * 3600 + minutes * 60 + more
        seconds += shift if sign == "-" else -shift
    value = days * DAY_US + seconds * 1_000_000 + int((fraction or "0").ljust(6, "0"))
    if abs(value) >= TIMESTAMP_INFINITY:
        raise ValueError(text)
    return value
