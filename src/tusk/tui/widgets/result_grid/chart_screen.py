"""A chart of the rows in the grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual_plotext import PlotextPlot

from tusk.core.text import safe_clip
from tusk.services.results.charts import Chart, ChartKind
from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.result_grid.working import WorkLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.services.results.job import Job

_NAME_CELLS = 30
_LABEL_CELLS = 16


@dataclass(frozen=True, slots=True)
class Drawing:
    """What can be drawn.

    Args:
        names: Of all columns.
        numbers: Those whose values are numbers.
        y: The one to begin with.
        x: The one along the x axis; None for row numbers.
        make: Makes a chart of a kind, of a y and an x column.
    """

    names: Sequence[str]
    numbers: Sequence[int]
    y: int
    x: int | None
    make: Callable[[ChartKind, int, int | None, Job], Chart]


class ChartScreen(ModalScreen[None]):
    """Draws two columns as a line, bars, points, or one as a histogram.

    Args:
        drawing: What can be drawn.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", tooltip="Back to the grid", id="chart.close"),
        Binding("l", "kind('line')", "Line", tooltip="Draw a line", id="chart.line"),
        Binding("b", "kind('bar')", "Bars", tooltip="Draw a bar for each row", id="chart.bar"),
        Binding("s", "kind('scatter')", "Points", tooltip="Draw points", id="chart.scatter"),
        Binding(
            "h", "kind('histogram')", "Histogram", id="chart.histogram",
            tooltip="Draw how often the values of a column are what",
        ),
        Binding("y", "other_y(1)", "Values", tooltip="Draw the next column of numbers", id="chart.y"),
        Binding(
            "x", "other_x(1)", "Along", id="chart.x",
            tooltip="Put the next column along the x axis, or take its values as names",
        ),
        Binding(
            "Y", "other_y(-1)", "Values before", show=False, id="chart.y-before",
            tooltip="Draw the column of numbers before",
        ),
        Binding(
            "X", "other_x(-1)", "Along before", show=False, id="chart.x-before",
            tooltip="Put the column before along the x axis",
        ),
    ]  # fmt: skip
    DEFAULT_CSS = """
    ChartScreen {
        & > Vertical {
            background: $surface;
        }
        & .title {
            height: 1;
            padding: 0 1;
            background: $panel;
            text-style: bold;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
    }
    """

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self._drawing = drawing
        self._kind = ChartKind.LINE
        self._y = drawing.y
        self._x = drawing.x
        self.chart: Chart | None = None

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(classes="title", markup=False)
            yield WorkLine()
            yield PlotextPlot()
            yield KeyFooter()

    def on_mount(self) -> None:
        self._make()

    def _words_for(self, column: int | None) -> str:
        return "row" if column is None else safe_clip(self._drawing.names[column], _NAME_CELLS)

    @work(exclusive=True)
    async def _make(self) -> None:
        kind, y, x = self._kind, self._y, self._x
        along = "" if kind is ChartKind.HISTOGRAM else f" by {self._words_for(x)}"
        self.query_one(".title", Static).update(
            Content(f"{kind.value} · {self._words_for(y)}{along}")
        )
        line = self.query_one(WorkLine)
        chart = await line.follow("Drawing", lambda job: self._drawing.make(kind, y, x, job))
        self.chart = chart
        plot = self.query_one(PlotextPlot)
        plot.plt.clear_figure()
        if chart is not None:
            line.say(chart.note)
            _draw(plot, chart)
        plot.refresh()

    def action_kind(self, kind: str) -> None:
        self._kind = ChartKind(kind)
        self._make()

    def action_other_y(self, step: int) -> None:
        numbers = self._drawing.numbers
        self._y = numbers[(numbers.index(self._y) + step) % len(numbers)]
        self._make()

    def action_other_x(self, step: int) -> None:
        choices = [None, *range(len(self._drawing.names))]
        self._x = choices[(choices.index(self._x) + step) % len(choices)]
        self._make()

    def action_close(self) -> None:
        self.dismiss()


def _draw(plot: PlotextPlot, chart: Chart) -> None:
    plt = plot.plt
    match chart.kind:
        case ChartKind.LINE:
            plt.plot(chart.xs, chart.ys, marker="braille")
        case ChartKind.SCATTER:
            plt.scatter(chart.xs, chart.ys, marker="dot")
        case _:
            labels = [safe_clip(label, _LABEL_CELLS) or " " for label in chart.labels]
            plt.bar(range(len(labels)), chart.ys)
            shown = _spread(len(labels), plot.size.width // (_LABEL_CELLS + 2))
            plt.xticks([float(place) for place in shown], [labels[place] for place in shown])
    if chart.ticks:
        plt.xticks([place for place, _ in chart.ticks], [text for _, text in chart.ticks])


def _spread(count: int, most: int) -> list[int]:
    """Some places of many, evenly spread.

    >>> _spread(10, 4), _spread(3, 9)
    ([0, 3, 6, 9], [0, 1, 2])
    """
    return list(range(0, count, max(1, -(-count // max(1, most)))))
