"""What notifications said: they vanish after seconds, and these can be read again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tusk.core.text import clip, safe

# More than anybody reads; an error that repeats itself must not fill the memory.
_MOST_NOTICES = 500
_LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification.

    Args:
        at: When it came, local time.
        severity: `information`, `warning` or `error`.
        text: What it said, with its title; safe to show.
        times: How often it came, one after the other.
    """

    at: datetime
    severity: str
    text: str
    times: int = 1

    @property
    def line(self) -> str:
        """Everything in one text, as it is copied."""
        again = f" ({self.times} times)" if self.times > 1 else ""
        return f"{self.at:%H:%M:%S} {self.severity}: {self.text}{again}"


@dataclass(slots=True)
class NoticeLog:
    """The notifications of a session, the last ones if there are too many."""

    _notices: deque[Notice] = field(default_factory=lambda: deque(maxlen=_MOST_NOTICES))

    def add(self, message: str, title: str, severity: str) -> None:
        """Keep one; any text. The same again only counts."""
        text = f"{title}: {message}" if title else message
        text = clip(safe(text, keep_lines=True), _LONGEST_TEXT)
        last = self._notices[-1] if self._notices else None
        times = 1
        if last is not None and (last.severity, last.text) == (severity, text):
            times = self._notices.pop().times + 1
        self._notices.append(Notice(datetime.now().astimezone(), severity, text, times))

    @property
    def newest_first(self) -> Sequence[Notice]:
        """All that is kept."""
        return list(reversed(self._notices))
