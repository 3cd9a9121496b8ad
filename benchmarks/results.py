"""Sort, filter and count values of a fetched result, beside Polars and DuckDB doing the same.

    python -m benchmarks.results [--quick] [--json FILE]

1 and 10 million rows. All of them give the numbers of rows in their order, from data that lies in
memory as Arrow; the first rows of ours are there earlier than the last ones, which is measured too.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import polars as pl
import pyarrow as pa

from benchmarks.measurement import Measurement, options, save
from tusk.core.result import ResultBuffer
from tusk.services.results.filters import RowFilter, parse_condition
from tusk.services.results.job import Job
from tusk.services.results.matching import match_steps
from tusk.services.results.sorting import sort_steps
from tusk.services.results.sortkeys import SortKey
from tusk.services.results.statistics import column_statistics

SIZES, QUICK_SIZES = (1_000_000, 10_000_000), (100_000, 1_000_000)
ROUNDS = 3
COLUMNS = ("whole", "part", "word", "grade")
_QUERY = """
    SELECT hash(i) % {rows} AS whole, (hash(i + 1) % 100000) / 7.0 AS part,
           md5(i::VARCHAR) AS word, hash(i + 2) % 20 AS grade
    FROM range({rows}) t(i)
"""


@dataclass(frozen=True)
class Task:
    """The same work in three ways.

    Args:
        what: In words.
        tusk: Yields whenever some rows are known.
        polars: All at once.
        duckdb: A query over `facts`, which has the row's number as `row`.
    """

    what: str
    tusk: Callable[[ResultBuffer], Iterator[object]]
    polars: Callable[[pl.DataFrame], object]
    duckdb: str


def _sort(*keys: SortKey) -> Callable[[ResultBuffer], Iterator[object]]:
    return lambda buffer: (step for step in sort_steps(buffer, keys) if len(step.rows))


def _filter(column: int, text: str) -> Callable[[ResultBuffer], Iterator[object]]:
    def steps(buffer: ResultBuffer) -> Iterator[object]:
        condition = parse_condition(text, buffer.schema.field(column))
        assert condition is not None
        return iter(match_steps(buffer, RowFilter(conditions={column: condition})))

    return steps


def _count(column: int) -> Callable[[ResultBuffer], Iterator[object]]:
    return lambda buffer: iter([column_statistics(buffer, column, Job())])


TASKS = [
    Task(
        "sort by whole numbers",
        _sort(SortKey(0)),
        lambda frame: pl.arg_sort_by("whole", nulls_last=True).pipe(frame.select),
        "SELECT row FROM facts ORDER BY whole NULLS LAST",
    ),
    Task(
        "sort by text",
        _sort(SortKey(2, descending=True)),
        lambda frame: pl.arg_sort_by("word", descending=True, nulls_last=True).pipe(frame.select),
        "SELECT row FROM facts ORDER BY word DESC NULLS LAST",
    ),
    Task(
        "sort by two keys",
        _sort(SortKey(3), SortKey(1)),
        lambda frame: pl.arg_sort_by(["grade", "part"], nulls_last=True).pipe(frame.select),
        "SELECT row FROM facts ORDER BY grade NULLS LAST, part NULLS LAST",
    ),
    Task(
        "filter by a number",
        _filter(1, "> 14000"),
        lambda frame: frame.select(pl.arg_where(pl.col("part") > 14_000)),
        "SELECT row FROM facts WHERE part > 14000",
    ),
    Task(
        "filter by a text in one column",
        _filter(2, "abc"),
        lambda frame: frame.select(pl.arg_where(pl.col("word").str.contains("abc", literal=True))),
        "SELECT row FROM facts WHERE contains(word, 'abc')",
    ),
    Task(
        "count the values of a text column",
        _count(2),
        lambda frame: frame["word"].value_counts(sort=True),
        "SELECT word, count(*) AS n FROM facts GROUP BY word ORDER BY n DESC",
    ),
]


def make(rows: int) -> pa.Table:
    """The rows, the same ones each time."""
    with duckdb.connect() as connection:
        return connection.sql(_QUERY.format(rows=rows)).to_arrow_table(10_000)


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ours(task: Task, buffer: ResultBuffer) -> tuple[float, float]:
    """Seconds to the first rows, and to the last ones."""
    began = time.perf_counter()
    first = 0.0
    for _ in task.tusk(buffer):
        first = first or time.perf_counter() - began
    return first, time.perf_counter() - began


def compare(task: Task, table: pa.Table, buffer: ResultBuffer) -> Iterator[Measurement]:
    """All three in turn."""
    frame = pl.DataFrame(table)
    times: Mapping[str, list[float]] = {name: [] for name in ("first", "all", "Polars", "DuckDB")}
    with duckdb.connect() as connection:
        facts = table.append_column("row", pa.array(range(table.num_rows)))
        connection.register("facts", facts)
        for _ in range(ROUNDS):
            first, last = ours(task, buffer)
            times["first"].append(first)
            times["all"].append(last)
            times["Polars"].append(seconds(lambda: task.polars(frame)))
            query = connection.sql(task.duckdb)
            times["DuckDB"].append(seconds(query.to_arrow_table))
    median = {name: statistics.median(values) for name, values in times.items()}
    what = f"{table.num_rows:,} rows: {task.what}"
    yield Measurement("results", f"{what}, first rows", median["first"], "s")
    for peer in ("Polars", "DuckDB"):
        yield Measurement("results", what, median["all"], "s", peer, median["all"] / median[peer])


def main() -> None:
    """Measure and print."""
    arguments = options(__doc__).parse_args()
    print(f"{ROUNDS} rounds, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for rows in QUICK_SIZES if arguments.quick else SIZES:
        table = make(rows)
        buffer = ResultBuffer(table.schema)
        for batch in table.to_batches():
            buffer.append(batch)
        for task in TASKS:
            for measured in compare(task, table, buffer):
                ratio = "" if measured.ratio is None else f"{measured.ratio:.2f} of {measured.peer}"
                print(f"{measured.what:<60}{measured.value:>8.3f} s  {ratio}", flush=True)
                save(arguments.json, [measured])
        buffer.close()


if __name__ == "__main__":
    main()
