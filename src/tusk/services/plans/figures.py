"""Numbers of plans as people read them: short, and never wider than their column."""

from __future__ import annotations

_SUFFIXES = ("", "k", "M", "G", "T", "P", "E")


def count(value: float) -> str:
    """A number of rows or blocks in full.

    >>> count(12), count(1234567.0), count(0.25), count(1e300)
    ('12', '1,234,567', '0.25', '1.0e+300')
    """
    if value >= 1e15:
        return f"{value:.1e}"
    return f"{value:,.0f}" if float(value).is_integer() or value >= 100 else f"{value:.2f}"


def short(value: float) -> str:
    """A number in at most six cells.

    >>> [short(v) for v in (0, 0.25, 999, 12345, 1234567, 5.5e9)]
    ['0', '0.25', '999', '12.3k', '1.23M', '5.50G']
    """
    if value < 10 and not float(value).is_integer():
        return f"{value:.2f}"
    if value < 1_000:
        return f"{value:.0f}"
    for suffix in _SUFFIXES:
        if value < 999.5:
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f}{suffix}"
        value /= 1_000
    return "huge"


def milliseconds(value: float) -> str:
    """A time that is given in milliseconds, in at most eight cells.

    >>> [milliseconds(v) for v in (0.0004, 0.5, 12.34, 1500, 65_000, 7_300_000)]
    ['0 µs', '500 µs', '12.3 ms', '1.50 s', '1:05 min', '2:01 h']
    """
    if value < 1:
        return f"{value * 1000:.0f} µs"
    if value < 1_000:
        return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} ms"
    seconds = value / 1_000
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes}:{int(seconds % 60):02} min"
    return f"{min(minutes // 60, 99_999)}:{minutes % 60:02} h"


def percent(share: float) -> str:
    """A share of 1 in at most four cells; nothing less than all is 100%.

    >>> [percent(s) for s in (0, 0.004, 0.125, 0.9996, 1)]
    ['0%', '<1%', '12%', '>99%', '100%']
    """
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 <= share < 1:
        return ">99%"
    return f"{share * 100:.0f}%"


def factor(value: float) -> str:
    """How many times, in at most five cells.

    >>> [factor(v) for v in (1.0, 12.4, 999.7, 1234, 123_456, 7.5e6, 1e200)]
    ['1×', '12×', '1.0k×', '1.2k×', '123k×', '7.5M×', 'huge']
    """
    for suffix in _SUFFIXES:
        if value < 999.5:
            digits = 1 if suffix and value < 9.95 else 0
            return f"{value:.{digits}f}{suffix}×"
        value /= 1_000
    return "huge"


def off(row_factor: float) -> str:
    """By how much rows were misjudged, with an arrow for which way.

    >>> off(50.0), off(0.02), off(1.2), off(0.6)
    ('↑50×', '↓50×', '', '')
    """
    if row_factor >= 2:
        return f"↑{factor(row_factor)}"
    if row_factor <= 0.5:
        return f"↓{factor(1 / row_factor)}"
    return ""


_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, width: int) -> str:
    """A bar of `width` cells, filled by a share of 1; any share at all shows.

    >>> bar(0.5, 4), bar(1, 4), bar(0, 4), bar(0.001, 4)
    ('██  ', '████', '    ', '▏   ')
    """
    eighths = max(1 if share > 0 else 0, round(min(1.0, share) * width * 8))
    full, rest = divmod(eighths, 8)
    drawn = "█" * full + (_EIGHTHS[rest] if rest else "")
    return drawn.ljust(width)
