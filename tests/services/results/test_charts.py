"""Points and bars of charts."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from tests.services.results.random_rows import random_buffer
from tests.tui.grid_pilot import buffer_of
from tusk.core.errors import UsageError
from tusk.services.results.charts import (
    MOST_BARS,
    MOST_POINTS,
    Chart,
    ChartKind,
    drawable_columns,
    make_chart,
)
from tusk.services.results.job import Job


def chart(table: pa.Table, kind: ChartKind, y: int, x: int | None = None) -> Chart:
    buffer = buffer_of(table, rows=1_000)
    return make_chart(buffer, range(buffer.num_rows), kind, y, x, Job())


def test_points_without_two_finite_numbers_are_left_out() -> None:
    table = pa.table({"x": [1.0, None, 3.0, math.inf, 5.0], "y": [1, 2, None, 4, 5]})
    made = chart(table, ChartKind.SCATTER, 1, 0)
    assert (made.xs, made.ys) == ([1.0, 5.0], [1.0, 5.0])
    assert chart(table, ChartKind.LINE, 1).xs == [0.0, 1.0, 3.0, 4.0]


def test_many_rows_become_few_points_with_every_peak() -> None:
    values = [0.0] * 100_000
    values[77_777], values[5] = 9.0, -9.0
    made = chart(pa.table({"y": values}), ChartKind.LINE, 0)
    assert len(made.ys) <= 2 * MOST_POINTS
    assert (min(made.ys), max(made.ys)) == (-9.0, 9.0)
    assert made.xs[list(made.ys).index(9.0)] == 77_777
    assert made.xs == sorted(made.xs)
    assert "lowest and highest of each 100 rows" in made.note


def test_moments_stand_along_the_axis_as_texts() -> None:
    table = pa.table({"d": pa.array([0, 10, 20], pa.date32()), "y": [1, 2, 3]})
    made = chart(table, ChartKind.LINE, 1, 0)
    assert [text for _, text in made.ticks][::4] == ["1970-01-01", "1970-01-21"]


def test_bars_have_names_and_are_not_too_many() -> None:
    rows = MOST_BARS + 5
    table = pa.table({"n": [f"name {row}" for row in range(rows)], "y": range(rows)})
    made = chart(table, ChartKind.BAR, 1, 0)
    assert (len(made.ys), made.labels[3], made.ys[3]) == (MOST_BARS, "name 3", 3.0)
    assert made.note == f"the first {MOST_BARS} of {rows} rows"
    nulls = pa.table({"n": [None, "a"], "y": [1, None]})
    assert chart(nulls, ChartKind.BAR, 1, 0).labels == ["NULL"]
    assert chart(nulls, ChartKind.BAR, 1).labels == ["1"]


def test_rows_are_drawn_in_the_order_that_is_shown() -> None:
    buffer = buffer_of(pa.table({"y": [1, 2, 3]}))
    assert make_chart(buffer, [2, 0], ChartKind.LINE, 0, None, Job()).ys == [3.0, 1.0]


def test_every_column_of_numbers_can_be_drawn_in_every_way() -> None:
    buffer = random_buffer(1)
    columns = drawable_columns(buffer.schema)
    assert [buffer.schema.names[column] for column in columns] == ["i", "f", "d", "numeric"]
    for kind in ChartKind:
        for y in columns:
            for x in [None, *range(len(buffer.schema))]:
                made = make_chart(buffer, range(buffer.num_rows), kind, y, x, Job())
                assert all(map(math.isfinite, [*made.xs, *made.ys]))


@pytest.mark.parametrize("kind", list(ChartKind), ids=str)
def test_a_column_without_numbers_is_refused(kind: ChartKind) -> None:
    with pytest.raises(UsageError, match="no number to draw"):
        chart(pa.table({"y": pa.array([None, math.nan])}), kind, 0)
