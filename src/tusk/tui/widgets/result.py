"""Results as a pane keeps them, and the walks along foreign keys among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.core.text import cell_width
from tusk.tui.run_status import rows_words
from tusk.tui.widgets.tab_strip import TabLabel

if TYPE_CHECKING:
    from tusk.core.result import ResultBuffer
    from tusk.tui.export_request import Origin
    from tusk.tui.run_status import RunStatus

_STEP = " › "


@dataclass(frozen=True, slots=True)
class Result:
    """One result set.

    Args:
        id: Its tab and its grid.
        title: From its statement.
        buffer: Its rows; owned by the pane.
        has_more: Whether the server has rows that were not fetched.
        is_pinned: Whether it stays when a newer run opens results.
        is_current: Whether it belongs to the run that was started last.
        is_whole: Whether all of its rows are here.
        origin: What it came from.
        status: How the reading of its rows ended, where that is not told by the tab's run.
        trail: The way of foreign keys that led here, from the first table on.
        came_from: Id of the result that a key was followed from.
    """

    id: str
    title: str
    buffer: ResultBuffer
    has_more: bool = False
    is_pinned: bool = False
    is_current: bool = True
    is_whole: bool = False
    origin: Origin | None = None
    status: RunStatus | None = None
    trail: tuple[str, ...] = ()
    came_from: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows, which reading it again brings."""
        return self.status is not None and self.status.lacks_rest

    def label(self, repeat_s: float) -> TabLabel:
        """What its tab shows.

        Args:
            repeat_s: So often it is fetched again; 0 for never.
        """
        note = rows_words(self.buffer.num_rows, has_more=self.has_more or self.is_cut)
        if not self.is_current:
            note += ", earlier"
        elif repeat_s:
            note += f", ↻ {repeat_s:.0f} s"
        return TabLabel(self.id, self.title, note, sign="◈" if self.is_pinned else "")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that were read, but not by a run of the tab.

    Args:
        buffer: The rows.
        status: How that ended.
        origin: What they come from.
    """

    buffer: ResultBuffer
    status: RunStatus
    origin: Origin


# ── walks along foreign keys ─────────────────────────────────────────────────────────────────


def with_tabs(results: Sequence[Result]) -> list[Result]:
    """Results that have a tab: one for a whole walk, and one for each of its steps that is pinned."""
    left = {each.came_from for each in results}
    return [r for r in results if r.is_pinned or not r.came_from or r.id not in left]


def way_to(result: Result, results: Sequence[Result]) -> list[Result]:
    """A result, after the steps of a walk that led to it and have no tab of their own."""
    before = next((each for each in results if each.id == result.came_from), None)
    if before is None or not before.came_from or before.is_pinned:
        return [result]
    return [*way_to(before, results), result]


def walked_from(result: Result, results: Sequence[Result]) -> list[Result]:
    """Results that keys led to from a result, near and far, but for pinned ones."""
    found: list[Result] = []
    for each in results:
        if each.came_from == result.id:
            found += [each] * (not each.is_pinned) + walked_from(each, results)
    return found


def trail_words(trail: Sequence[str], width: int) -> str:
    """The way along keys; where there is no room, its end.

    >>> way = ("orders", "customers id = 7")
    >>> trail_words(way, 40), trail_words(way, 20)
    ('orders › customers id = 7', '… › customers id = 7')
    """
    words = _STEP.join(trail)
    for first in range(1, len(trail)):
        if cell_width(words) <= width:
            break
        words = _STEP.join(("…", *trail[first:]))
    return words
