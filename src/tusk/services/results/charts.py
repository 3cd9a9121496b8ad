"""Rows as points: few enough for a screen, without losing peaks."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import pyarrow as pa

from tusk.core.errors import UsageError
from tusk.core.render import is_numeric, render_strings
from tusk.core.render.arrays import Array, Field, kernels, without_null
from tusk.services.export_selection import selected_batches
from tusk.services.results.identity import as_floats, float_texts, has_floats
from tusk.services.results.order import row_numbers
from tusk.services.results.statistics import column_statistics

if TYPE_CHECKING:
    from tusk.core.result import ResultBuffer
    from tusk.services.results.job import Job

MOST_POINTS = 2_000
MOST_BARS = 40
MOST_ROWS = 1_000_000
_TICKS = 5
_LABEL_CHARACTERS = 24


class ChartKind(enum.Enum):
    """Ways to draw a result."""

    LINE = "line"
    BAR = "bar"
    SCATTER = "scatter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn.

    Args:
        kind: How.
        labels: Of bars; empty for points.
        xs: Of points; empty for bars.
        ys: Of points, or how long bars are.
        ticks: Places on the x axis with what stands there; empty where numbers do.
        note: What is left out, in words; empty when nothing is.
    """

    kind: ChartKind
    labels: Sequence[str]
    xs: Sequence[float]
    ys: Sequence[float]
    ticks: Sequence[tuple[float, str]]
    note: str


def drawable_columns(schema: pa.Schema) -> list[int]:
    """Columns whose values are numbers."""
    return [number for number, field in enumerate(schema) if is_numeric(field)]


def make_chart(
    buffer: ResultBuffer,
    rows: Sequence[int],
    kind: ChartKind,
    y: int,
    x: int | None,
    job: Job,
) -> Chart:
    """Make the points or bars of a chart.

    Args:
        buffer: Where rows are.
        rows: Which ones, in the order in which they are drawn.
        kind: How they are drawn.
        y: Number of the column with the values.
        x: Number of the column along the x axis, or with the names of bars; None for the rows'
            own numbers.
        job: Tells how far it is, and stops it.

    Raises:
        UsageError: There is nothing to draw.
        QueryCancelled: The job was stopped.
        IndexError: The buffer was closed.
    """
    if kind is ChartKind.HISTOGRAM:
        chart = _histogram(buffer, y, job)
    elif kind is ChartKind.BAR:
        chart = _bars(buffer, rows, y, x)
    else:
        chart = _points(buffer, rows, kind, y, x, job)
    if not chart.ys:
        raise UsageError("there is no number to draw in this column")
    return chart


def _histogram(buffer: ResultBuffer, y: int, job: Job) -> Chart:
    found = column_statistics(buffer, y, job)
    labels = [f"{bin_.low} …" for bin_ in found.bins]
    counts = [float(bin_.count) for bin_ in found.bins]
    left_out = found.null_count + found.odd_count
    note = f"{left_out:,} rows without a number left out" if left_out else ""
    return Chart(ChartKind.HISTOGRAM, labels, (), counts, (), note)


def _bars(buffer: ResultBuffer, rows: Sequence[int], y: int, x: int | None) -> Chart:
    labels: list[str] = []
    ys: list[float] = []
    for start, batch in _batches(buffer, rows[:MOST_BARS], [y] if x is None else [y, x]):
        numbers = as_floats(batch.column(0), buffer.schema.field(y))
        names = _names(batch, x, buffer.schema, start)
        for value, name in zip([] if numbers is None else numbers.to_pylist(), names, strict=True):
            if value is not None and isfinite(value):
                ys.append(value)
                labels.append(name)
    more = len(rows) > MOST_BARS
    note = f"the first {MOST_BARS:,} of {len(rows):,} rows" if more else ""
    return Chart(ChartKind.BAR, labels, (), ys, (), note)


def _names(batch: pa.RecordBatch, x: int | None, schema: pa.Schema, start: int) -> list[str]:
    if x is None:
        return [f"{start + place + 1}" for place in range(batch.num_rows)]
    texts = render_strings(batch.column(1), schema.field(x)).to_pylist()
    return ["NULL" if text is None else str(text)[:_LABEL_CHARACTERS] for text in texts]


def _batches(
    buffer: ResultBuffer, rows: Sequence[int], columns: list[int]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Rows with the place of the first of each batch."""
    start = 0
    for batch in selected_batches(buffer, rows, columns):
        yield start, batch
        start += batch.num_rows


def _points(
    buffer: ResultBuffer, rows: Sequence[int], kind: ChartKind, y: int, x: int | None, job: Job
) -> Chart:
    """Points, of neighbours that are too many the lowest and the highest."""
    used = rows[:MOST_ROWS] if len(rows) > MOST_ROWS else rows
    x_field = None if x is None else buffer.schema.field(x)
    if x_field is not None and not has_floats(x_field):
        x, x_field = None, None
    size = max(1, -(-2 * len(used) // MOST_POINTS))
    xs: list[float] = []
    ys: list[float] = []
    for start, batch in _batches(buffer, used, [y] if x is None else [y, x]):
        job.check()
        table = _numbers(batch, buffer.schema.field(y), x_field, start)
        for low_x, low_y, high_x, high_y in _ends(table, size):
            xs += [low_x] if size == 1 else [low_x, high_x]
            ys += [low_y] if size == 1 else [low_y, high_y]
        job.done = (start + batch.num_rows) / max(1, len(used))
    notes = [f"the first {MOST_ROWS:,} of {len(rows):,} rows"] * (used is not rows)
    notes += [f"lowest and highest of each {size:,} rows"] * (size > 1)
    return Chart(kind, (), xs, ys, _ticks(xs, x_field), ", ".join(notes))


def _numbers(batch: pa.RecordBatch, y: Field, x: Field | None, start: int) -> pa.Table:
    """Rows that have two finite numbers, with their places."""
    places = row_numbers(range(start, start + batch.num_rows)).cast(pa.int64())
    xs = places.cast(pa.float64()) if x is None else as_floats(batch.column(1), x)
    table = pa.table({"n": places, "x": xs, "y": as_floats(batch.column(0), y)})
    both = kernels.and_(*(_is_finite(table.column(name).combine_chunks()) for name in "xy"))
    return table.filter(both)


def _is_finite(values: Array) -> Array:
    return kernels.is_finite(values).fill_null(False)


def _ends(table: pa.Table, size: int) -> Iterator[tuple[float, float, float, float]]:
    """The lowest and the highest point of each so many rows, the earlier one first."""
    xs, ys = (without_null(table.column(name).combine_chunks()) for name in "xy")
    if size == 1:
        yield from zip(xs, ys, xs, ys, strict=True)
        return
    places = without_null(table.column("n").combine_chunks())
    begin = 0
    while begin < len(places):
        bucket = places[begin] // size
        end = begin
        while end < len(places) and places[end] // size == bucket:
            end += 1
        low = min(range(begin, end), key=ys.__getitem__)
        high = max(range(begin, end), key=ys.__getitem__)
        first, last = sorted((low, high))
        yield xs[first], ys[first], xs[last], ys[last]
        begin = end


def _ticks(xs: Sequence[float], x: Field | None) -> list[tuple[float, str]]:
    """Moments along the axis as their engine shows them."""
    if x is None or is_numeric(x) or not xs:
        return []
    low, high = min(xs), max(xs)
    places = [low + (high - low) * number / (_TICKS - 1) for number in range(_TICKS)]
    return list(zip(places, float_texts(places, x), strict=True))
