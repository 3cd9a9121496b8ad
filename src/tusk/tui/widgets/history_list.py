"""`HistoryList`: a line for each statement that was run, with how it went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType

from tusk.core.text import cell_width, clip, safe
from tusk.services.history import HistoryEntry, Status
from tusk.tui.run_status import seconds
from tusk.tui.widgets.lazy_tree import LazyTree, Line
from tusk.tui.widgets.text_style import text_style

if TYPE_CHECKING:
    from rich.style import Style

STATUS_SIGNS = {Status.OK: "✓", Status.FAILED: "✗", Status.CANCELLED: "⊘"}
PINNED = "◈"
_TONES = {Status.OK: "good", Status.FAILED: "error", Status.CANCELLED: "warning"}
# Narrower, and the statement has no room.
_DETAILS_FROM_WIDTH = 70
_CONNECTION_WIDTH = 12


class HistoryList(LazyTree[HistoryEntry]):
    """Draws entries as columns: outcome, when, where, how long, rows, first line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "choose", "Load", id="history.choose",
            tooltip="Put the statement into the editor",
        ),
    ]  # fmt: skip
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"history-list--{tone}" for tone in _TONES.values()}

    @property
    def entry(self) -> HistoryEntry | None:
        """The entry under the cursor."""
        line = self.cursor_line
        return line.data if line is not None else None

    def show_entries(self, entries: Iterable[HistoryEntry]) -> None:
        """Show these instead, the cursor on the first one."""
        self.show([Line(entry, first_line(entry.text)) for entry in entries])

    def add_entries(self, entries: Iterable[HistoryEntry]) -> None:
        """Show more at the end."""
        self._lines += [Line(entry, first_line(entry.text)) for entry in entries]
        self._measure()

    def put(self, entry: HistoryEntry) -> None:
        """Show an entry that changed in place of what was known of it."""
        for line in self._lines:
            if line.data.id == entry.id:
                line.data = entry
        self.refresh()

    def take_out(self, entry_id: int) -> None:
        """Show an entry no more; the cursor stays at its place."""
        self._lines = [line for line in self._lines if line.data.id != entry_id]
        self._go(self.cursor)
        self._measure()

    def _segments(
        self, line: Line[HistoryEntry], width: int, base: Style, is_cursor: bool
    ) -> list[Segment]:
        entry = line.data
        quiet = base if is_cursor else base + text_style(self, "lazy-tree--note")
        tone = text_style(self, f"history-list--{_TONES[entry.status]}")
        facts = facts_of(
            entry, dt.datetime.now().astimezone(), is_short=width < _DETAILS_FROM_WIDTH
        )
        room = max(0, width - cell_width(facts) - 4)
        return [
            Segment(f"{PINNED if entry.is_pinned else ' '} ", base),
            Segment(f"{STATUS_SIGNS[entry.status]} ", base if is_cursor else base + tone),
            Segment(facts, quiet),
            Segment(clip(safe(line.text), room), base),
        ]


def first_line(text: str) -> str:
    r"""The beginning of a statement, on one line.

    >>> first_line("\n-- daily\nselect 1")
    '-- daily select 1'
    """
    return " ".join(text[:400].split())


def facts_of(entry: HistoryEntry, now: dt.datetime, *, is_short: bool = False) -> str:
    """When, where, how long and how many rows, in columns of the same width for every entry."""
    where = clip(safe(entry.connection), _CONNECTION_WIDTH)
    where += " " * (_CONNECTION_WIDTH - cell_width(where))
    facts = f"{moment(entry.started_at, now):<11} {where} "
    if is_short:
        return facts
    return f"{facts}{seconds(entry.duration_s):>8} {_count(entry):>8}  "


def _count(entry: HistoryEntry) -> str:
    """Rows, or rows changed after a delta sign; empty where there are none to speak of."""
    if entry.rows is not None:
        return _short(entry.rows) + ("" if entry.is_complete else "+")
    return "" if entry.affected is None else f"Δ{_short(entry.affected)}"


def _short(number: int) -> str:
    """A number in seven characters at most.

    >>> _short(999_999), _short(1_250_000)
    ('999,999', '1.2M')
    """
    for size, unit in ((10**9, "G"), (10**6, "M")):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:,}"


def moment(started_at: float, now: dt.datetime) -> str:
    """When, as short as it is clear.

    >>> now = dt.datetime(2026, 5, 4, 12, 0)
    >>> moment(dt.datetime(2026, 5, 4, 9, 5, 7).timestamp(), now)
    '09:05:07'
    >>> moment(dt.datetime(2026, 5, 3, 9, 5).timestamp(), now)
    '05-03 09:05'
    >>> moment(dt.datetime(2025, 5, 3, 9, 5).timestamp(), now)
    '2025-05-03'
    """
    try:
        when = dt.datetime.fromtimestamp(started_at).astimezone()
    except (ValueError, OverflowError, OSError):
        return "?"
    if when.date() == now.date():
        return f"{when:%H:%M:%S}"
    return f"{when:%m-%d %H:%M}" if when.year == now.year else f"{when:%Y-%m-%d}"
