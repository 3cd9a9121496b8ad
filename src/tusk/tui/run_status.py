"""How a run stands, as one value, and the words for it."""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tusk.core.events import Timing


class Phase(enum.Enum):
    """Where a run is. `sign` and words tell it, not a colour."""

    IDLE = "idle"
    CONNECTING = "connecting"
    ASKING = "asking"
    WAITING = "waiting"
    RUNNING = "running"
    FETCHING = "fetching"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_active(self) -> bool:
        """True while the run goes on, or is about to, and Escape means cancel."""
        return self in _ACTIVE


_ACTIVE = {
    Phase.CONNECTING,
    Phase.ASKING,
    Phase.WAITING,
    Phase.RUNNING,
    Phase.FETCHING,
    Phase.CANCELLING,
}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run as its pane and the status line show it.

    Args:
        phase: Where it is.
        started_at: `time.monotonic()` of its start.
        number: 1-based number of the statement being run.
        count: Statements in the script.
        rows: Rows here, None without a result set.
        affected: Rows changed, None when it does not apply.
        tag: The server's command tag.
        timing: Times of the last statement that ended or paused.
        is_complete: False when rows were left on the server.
        is_held: False when fetching on would run the statement again.
        other: The tab that it waits for, or that had it ended.
    """

    phase: Phase = Phase.IDLE
    started_at: float = 0.0
    number: int = 1
    count: int = 1
    rows: int | None = None
    affected: int | None = None
    tag: str = ""
    timing: Timing | None = None
    is_complete: bool = True
    is_held: bool = True
    other: str = ""

    @property
    def lacks_rest(self) -> bool:
        """Whether it ended with rows left on the server, and nothing but another run gets them."""
        return self.phase is Phase.DONE and self.rows is not None and not self.is_complete


def seconds(value: float) -> str:
    """A duration, short.

    >>> [seconds(v) for v in (0.0004, 0.0123, 1.5, 75.0, 4000.0)]
    ['0.4 ms', '12 ms', '1.50 s', '1:15', '1:06:40']
    """
    if value < 0.001:
        return f"{value * 1000:.1f} ms"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.2f} s"
    minutes, rest = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rows_words(rows: int, *, has_more: bool = False) -> str:
    """A number of rows.

    >>> rows_words(1), rows_words(10_000, has_more=True)
    ('1 row', '10,000+ rows')
    """
    plural = "" if rows == 1 and not has_more else "s"
    return f"{rows:,}{'+' if has_more else ''} row{plural}"


def activity(status: RunStatus, now: float | None = None) -> str:
    """What is going on, with elapsed time; empty when nothing is.

    >>> activity(RunStatus(Phase.RUNNING, started_at=5.0, number=2, count=3), now=6.5)
    '⠹ running 2 of 3 · 1.5 s'
    """
    if not status.phase.is_active:
        return ""
    elapsed = (time.monotonic() if now is None else now) - status.started_at
    spinner = _SPINNER[int(elapsed * 8) % len(_SPINNER)]
    if status.phase is Phase.WAITING:
        step = f" for {status.other}"
    else:
        step = f" {status.number} of {status.count}" if status.count > 1 else ""
    shown = f"{elapsed:.1f} s" if elapsed < 60 else seconds(elapsed)
    return f"{spinner} {status.phase.value}{step} · {shown}"


def outcome(status: RunStatus) -> str:
    """Rows or rows changed, so far or at the end; empty before there is anything to say."""
    if status.rows is not None:
        return rows_words(status.rows, has_more=not status.is_complete)
    if status.affected is not None:
        return f"{rows_words(status.affected)} changed"
    return status.tag if status.phase is Phase.DONE else ""


def times(status: RunStatus) -> str:
    """First-row and total time of the last statement that ended; only the first of a paused one.

    >>> from tusk.core.events import Timing
    >>> times(RunStatus(Phase.DONE, timing=Timing(0.003, 0.5), rows=3))
    'first 3 ms · total 500 ms'
    """
    if status.timing is None or status.phase.is_active:
        return ""
    total = seconds(status.timing.total_s)
    if status.rows is None:
        return f"total {total}"
    first = f"first {seconds(status.timing.first_row_s)}"
    return first if status.phase is Phase.PAUSED else f"{first} · total {total}"


def fetch_state(status: RunStatus, *, is_server: bool = True) -> str:
    """Whether there are more rows, and what to do for them."""
    match status.phase:
        case Phase.PAUSED if status.is_held:
            return "more on the server" if is_server else "more to fetch"
        case Phase.PAUSED:
            return "more: runs again"
        case Phase.FETCHING:
            return "fetching"
        case Phase.DONE if status.lacks_rest and status.other:
            return f"rest given up for {status.other}"
        case Phase.DONE if status.rows is not None:
            return "all rows" if status.is_complete else "rest not fetched"
        case Phase.FAILED:
            return "failed: rows are partial" if status.rows else "failed"
        case Phase.CANCELLED:
            return "cancelled"
        case _:
            return ""
