"""What somebody took from completion, how often and how long ago."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from contextlib import suppress

_HALF_LIFE_S = 7 * 24 * 3600.0
_MOST = 2000


class Usage:
    """Counts that fade: one use a week ago counts half as much as one now.

    Methods may be called from any thread: each replaces or reads one value of a dictionary.

    >>> usage = Usage(clock=lambda: 0.0)
    >>> usage.record("table public.orders")
    >>> usage.weight("table public.orders"), usage.weight("table public.other")
    (1.0, 0.0)
    >>> Usage.loads(usage.dumps(), clock=lambda: 7 * 24 * 3600.0).weight("table public.orders")
    0.5

    Args:
        clock: Seconds since some moment that stays the same between runs.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        # As if all uses were one of the present, so that comparing needs no clock.
        self._counts: dict[str, tuple[float, float]] = {}

    def record(self, key: str) -> None:
        """Count one use; see `Completion.usage`. An empty key is not counted."""
        if not key:
            return
        now = self._clock()
        self._counts[key] = (self.weight(key) + 1.0, now)
        if len(self._counts) > 2 * _MOST:
            self._forget()

    def weight(self, key: str) -> float:
        """How much a key was used; 0 when it never was."""
        found = self._counts.get(key)
        if found is None:
            return 0.0
        count, at = found
        return count * math.pow(0.5, max(0.0, self._clock() - at) / _HALF_LIFE_S)

    def _forget(self) -> None:
        best = sorted(self._counts.copy(), key=self.weight, reverse=True)[:_MOST]
        self._counts = {key: self._counts[key] for key in best}

    def dumps(self) -> str:
        """All of it as text, to be kept by the caller."""
        return json.dumps({key: list(value) for key, value in list(self._counts.items())})

    @classmethod
    def loads(cls, text: str, *, clock: Callable[[], float] = time.time) -> Usage:
        """Read what `dumps` gave; what cannot be read counts as never used."""
        usage = cls(clock=clock)
        with suppress(ValueError, TypeError, AttributeError):
            for key, (count, at) in json.loads(text).items():
                if math.isfinite(float(count)) and math.isfinite(float(at)):
                    usage._counts[str(key)] = (float(count), float(at))
        return usage
