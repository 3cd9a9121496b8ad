"""What a column holds, on one screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tusk.core.text import safe, safe_clip
from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.result_grid.bars import bar
from tusk.tui.widgets.result_grid.lines import TextLines
from tusk.tui.widgets.result_grid.paint import fit
from tusk.tui.widgets.result_grid.viewer import LinesView
from tusk.tui.widgets.result_grid.working import WorkLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.services.results.job import Job
    from tusk.services.results.statistics import ColumnStatistics

_LABEL_WIDTH = 14
_VALUE_WIDTH = 28
_BAR_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Subject:
    """What statistics are about.

    Args:
        name: Of the column.
        rows: Which rows, in words.
        compute: Makes them.
    """

    name: str
    rows: str
    compute: Callable[[Job], ColumnStatistics]


class StatisticsScreen(ModalScreen[None]):
    """Shows the statistics of a column, and of its neighbours.

    Args:
        subject: Gives the column so many places from the current one, and makes it current.
        copy: Called to copy a text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,enter", "close", "Close", tooltip="Back to the grid; stops what is counted",
            id="statistics.close",
        ),
        Binding(
            "left,h", "go(-1)", "Column before", tooltip="The column to the left",
            id="statistics.previous",
        ),
        Binding(
            "right,l", "go(1)", "Next column", tooltip="The column to the right",
            id="statistics.next",
        ),
        Binding("c,y", "copy", "Copy", tooltip="Copy all of this as text", id="statistics.copy"),
    ]  # fmt: skip
    DEFAULT_CSS = """
    StatisticsScreen {
        align: center middle;
        & > Vertical {
            width: 90%;
            max-width: 100;
            height: 90%;
            background: $surface;
            border: round $border;
        }
        & .title {
            height: 1;
            padding: 0 1;
            background: $panel;
            text-wrap: nowrap;
            text-overflow: ellipsis;
            text-style: bold;
        }
        & LinesView {
            height: 1fr;
            padding: 0 1;
            scrollbar-size-vertical: 1;
            scrollbar-gutter: stable;
        }
    }
    """

    def __init__(self, subject: Callable[[int], Subject], copy: Callable[[str], None]) -> None:
        super().__init__()
        self._subject = subject
        self._copy = copy
        self._lines: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(classes="title", markup=False)
            yield WorkLine()
            yield LinesView()
            yield KeyFooter()

    def on_mount(self) -> None:
        self.action_go(0)

    def action_go(self, step: int) -> None:
        """Show another column."""
        subject = self._subject(step)
        title = f"{safe_clip(subject.name, 60)} · {subject.rows}"
        self.query_one(".title", Static).update(Content(title))
        self._show([])
        self._compute(subject)

    @work(exclusive=True)
    async def _compute(self, subject: Subject) -> None:
        found = await self.query_one(WorkLine).follow("Counting", subject.compute)
        if found is not None:
            self._show(list(statistics_lines(found)))

    def _show(self, lines: list[str]) -> None:
        self._lines = lines
        self.query_one(LinesView).show(TextLines(iter(lines)))

    def action_copy(self) -> None:
        if self._lines:
            self._copy("\n".join(line.rstrip() for line in self._lines))

    def action_close(self) -> None:
        self.dismiss()


def statistics_lines(found: ColumnStatistics) -> Iterator[str]:
    """Statistics as lines that are safe to show."""
    yield from (f"{label:<{_LABEL_WIDTH}}{value}" for label, value in _facts(found))
    if found.bins:
        yield ""
        yield "Spread" + (f" (without {found.odd_count:,} NaN or infinite)" * bool(found.odd_count))
        most = max(each.count for each in found.bins)
        labels = [f"{each.low} … {each.high}" for each in found.bins]
        yield from _bars(labels, [each.count for each in found.bins], most, found.rows)
    if found.frequent:
        yield ""
        yield "Most frequent"
        most = found.frequent[0].count
        labels = [_label(each.text) for each in found.frequent]
        yield from _bars(labels, [each.count for each in found.frequent], most, found.rows)


def _facts(found: ColumnStatistics) -> Iterator[tuple[str, str]]:
    present = found.rows - found.null_count
    yield "Type", safe_clip(found.db_type, 60)
    yield "Rows", f"{found.rows:,}"
    yield "NULL", f"{found.null_count:,}{_share(found.null_count, found.rows)}"
    every = " (every value once)" if found.distinct == present > 1 else ""
    yield "Distinct", f"{found.distinct:,}{every}"
    if found.smallest is not None and found.largest is not None:
        yield "Smallest", _label(found.smallest)
        yield "Largest", _label(found.largest)
    if found.mean is not None:
        yield "Mean", f"{found.mean:,.10g}"
    if found.deviation is not None:
        yield "Deviation", f"{found.deviation:,.6g} (standard deviation of a sample)"
    if found.lengths is not None:
        lengths = found.lengths
        yield "Length", f"{lengths.shortest:,} … {lengths.longest:,}, mean {lengths.mean:,.4g}"


def _share(count: int, rows: int) -> str:
    return f" ({count / rows:.1%})" if count else ""


def _label(text: str | None) -> str:
    return "'' (empty)" if text == "" else safe(text or "")


def _bars(labels: list[str], counts: list[int], most: int, rows: int) -> Iterator[str]:
    width = min(_VALUE_WIDTH, max(map(cell_len, labels)))
    digits = len(f"{most:,}")
    for label, count in zip(labels, counts, strict=True):
        drawn = bar(count / most, _BAR_WIDTH)
        yield f"{fit(label, width)}  {drawn} {count:>{digits},} {count / rows:>6.1%}"
