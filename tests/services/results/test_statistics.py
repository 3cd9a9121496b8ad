"""Statistics of columns, beside DuckDB computing the same."""

from __future__ import annotations

import math

import duckdb
import pyarrow as pa
import pytest

from tests.services.results.random_rows import NUMERIC, random_buffer, random_table
from tests.tui.grid_pilot import buffer_of, column_of, numbers
from tusk.core.errors import QueryCancelled
from tusk.services.results.job import Job
from tusk.services.results.order import RowIndex
from tusk.services.results.statistics import ColumnStatistics, column_statistics, value_counts

SEED = 11


def statistics(column: str) -> ColumnStatistics:
    buffer = random_buffer(SEED)
    return column_statistics(buffer, buffer.schema.get_field_index(column), Job())


def ask(sql: str) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.register("arrow", random_table(SEED))
        connection.execute("CREATE TABLE rows AS FROM arrow")
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("column", ["b", "d", "day", "f", "i", "l", "moment", "s", "t"])
def test_counts_and_extremes_are_those_of_duckdb(column: str) -> None:
    found = statistics(column)
    ((rows, nulls, distinct),) = ask(
        f"SELECT count(*), count(*) - count({column}), count(DISTINCT {column}) FROM rows"
    )
    assert (found.rows, found.null_count, found.distinct) == (rows, nulls, distinct)
    most = ask(f"SELECT count(*) n FROM rows WHERE {column} IS NOT NULL GROUP BY {column}")
    expected = sorted((n for (n,) in most), reverse=True)[:20]
    assert [value.count for value in found.frequent] == expected
    if column not in ("l", "s"):  # which have no order of their own
        ((low, high),) = ask(f"SELECT min({column})::VARCHAR, max({column})::VARCHAR FROM rows")
        assert (found.smallest, found.largest) == (low, high)


@pytest.mark.parametrize("column", ["d", "f", "i"])
def test_means_and_spread_of_numbers_leave_out_what_is_no_number(column: str) -> None:
    found = statistics(column)
    ((mean, deviation, finite, odd),) = ask(
        f"SELECT avg(x), stddev_samp(x), count(x), count({column}) - count(x) FROM "
        f"(SELECT {column}, CASE WHEN isfinite({column}::DOUBLE) THEN {column}::DOUBLE END x FROM rows)"
    )
    assert found.mean == pytest.approx(mean)
    assert found.deviation == pytest.approx(deviation)
    assert found.odd_count == odd
    assert sum(bin_.count for bin_ in found.bins) == finite


def test_numbers_that_travel_as_text_are_numbers() -> None:
    found = statistics(NUMERIC)
    assert found.distinct == 4  # 1 and 1.0 are one number
    assert (found.smallest, found.largest) == ("-3", "12345678901234567890.5")
    assert found.lengths is None
    assert found.mean is not None


def test_lengths_are_characters_of_texts_and_bytes_of_bytes() -> None:
    ((low, high, mean),) = ask("SELECT min(length(t)), max(length(t)), avg(length(t)) FROM rows")
    lengths = statistics("t").lengths
    assert lengths is not None
    assert (lengths.shortest, lengths.longest) == (low, high)
    assert lengths.mean == pytest.approx(mean)
    data = column_statistics(buffer_of(column_of([b"", b"\xff\xfe", None], pa.binary())), 0, Job())
    assert data.lengths is not None
    assert (data.lengths.shortest, data.lengths.longest, data.lengths.mean) == (0, 2, 1.0)


def test_the_histogram_counts_what_lies_between_its_limits() -> None:
    table = column_of([*range(100), *([99] * 50)], pa.int64())
    bins = column_statistics(buffer_of(table, rows=7), 0, Job()).bins
    assert (bins[0].low, bins[-1].high, len(bins)) == ("0", "99", 20)
    assert [bin_.count for bin_ in bins] == [5] * 19 + [55]
    few = column_statistics(buffer_of(column_of([3, 5, 5], pa.int64())), 0, Job()).bins
    assert [(bin_.low, bin_.count) for bin_ in few] == [("3", 1), ("4", 0), ("5", 2)]
    days = column_statistics(buffer_of(column_of([0, 1, 1], pa.date32())), 0, Job()).bins
    assert [(bin_.low, bin_.count) for bin_ in days] == [("1970-01-01", 1), ("1970-01-02", 2)]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([], pa.int64()),
        ([None, None], pa.null()),
        ([None], pa.string()),
        ([math.nan], pa.float64()),
        ([1e308, -1e308], pa.float64()),
        ([5e-324], pa.float64()),
        ([2**63 - 1, -(2**63)], pa.int64()),
        ([2**64 - 1], pa.uint64()),
        (["\0", "a\x1b[31m"], pa.string()),
        ([b"\xff"], pa.binary()),
        ([{"a": [1]}], pa.struct([("a", pa.list_(pa.int8()))])),
    ],
    ids=str,
)
def test_odd_columns_have_statistics_too(values: list, type_: pa.DataType) -> None:
    found = column_statistics(buffer_of(column_of(values, type_)), 0, Job())
    present = [value for value in values if value is not None]
    assert (found.rows, found.null_count) == (len(values), len(values) - len(present))
    assert found.distinct == len(present)
    assert sum(value.count for value in found.frequent) == len(present)


def test_some_rows_can_be_looked_at_alone() -> None:
    table = column_of(["a", "b", "a", None, "c", None], pa.string())
    some = RowIndex()
    some.append(pa.array([0, 2, 3, 4], pa.uint64()))
    found = column_statistics(buffer_of(table, rows=2), 0, Job(), some)
    assert (found.rows, found.null_count, found.distinct) == (4, 1, 2)
    counts, distinct = value_counts(buffer_of(table, rows=2), 0, Job(), most=2)
    assert [(value.text, value.count) for value in counts] == [("a", 2), (None, 2), ("b", 1)]
    assert distinct == 3


def test_long_texts_are_counted_and_cut() -> None:
    long = "x" * 100_000
    buffer = buffer_of(column_of([long, long + "y", "short"], pa.string()))
    found = column_statistics(buffer, 0, Job())
    assert found.distinct == 3
    assert max(len(value.text or "") for value in found.frequent) <= 200
    assert len(found.largest or "") <= 200
    values, distinct = value_counts(buffer, 0, Job(), most=10)
    assert ([value.text for value in values], distinct) == (["short"], 3)


def test_it_is_stopped_and_tells_how_far_it_is() -> None:
    job = Job()
    column_statistics(random_buffer(SEED), 0, job)
    assert job.done == pytest.approx(0.9)
    stopped = Job()
    stopped.stop()
    with pytest.raises(QueryCancelled):
        column_statistics(random_buffer(SEED), 0, stopped)


def test_a_stop_ends_work_that_is_under_way() -> None:
    class StopsEarly(Job):
        def check(self) -> None:
            if self.done > 0.2:
                self.stop()
            super().check()

    job = StopsEarly()
    with pytest.raises(QueryCancelled):
        column_statistics(buffer_of(numbers(400_000, columns=1), rows=50_000), 0, job)
    assert 0.2 < job.done < 0.7


def test_a_closed_buffer_is_an_index_error() -> None:
    buffer = buffer_of(numbers(1_100_000, columns=1), rows=100_000)

    class Closes(Job):
        def check(self) -> None:
            buffer.close()

    with pytest.raises(IndexError):
        column_statistics(buffer, 0, Closes())
