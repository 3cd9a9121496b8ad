"""Bars of characters, an eighth of a cell fine."""

from __future__ import annotations

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(part: float, width: int) -> str:
    """A bar that fills a part of some cells; whatever is more than nothing shows.

    >>> bar(1, 4), bar(0.5, 3), bar(0.001, 4), bar(0, 2)
    ('████', '█▌ ', '▏   ', '  ')
    """
    eighths = round(part * width * 8)
    if part > 0:
        eighths = max(1, eighths)
    full, rest = divmod(min(eighths, width * 8), 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)
