"""What a column holds: counts, extremes, the most frequent values, how they are spread.

One pass over the rows goes into a DuckDB that groups equal values, in little memory and on disk
where that does not do; everything else is asked of the groups. So all counts are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isinf
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from tusk.core.render import is_numeric, render_column
from tusk.core.render.arrays import Array, Field, kernels, nulls, without_null
from tusk.core.render.kinds import is_binary, is_text
from tusk.core.schema import db_type_of
from tusk.services.results.identity import Identity, as_floats, float_texts
from tusk.services.results.order import RowIndex, Rows
from tusk.services.results.sortkeys import key_column

if TYPE_CHECKING:
    from tusk.core.result import ResultBuffer
    from tusk.engines.duckdb.scratch_database import ScratchDatabase
    from tusk.services.results.job import Job
    from tusk.services.results.sortkeys import KeyColumn

BINS = 20
_FREQUENT = 20
# Reading takes about this part of the time, asking the groups the rest.
_READING_PART = 0.9
# Longer texts are cut where they are only shown.
_SHOWN_CHARACTERS = 200
# Longer texts are not offered as values to choose: a thousand of them would fill the memory.
_CHOSEN_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A value and in how many rows it is.

    Args:
        text: As the engine shows it; None is NULL.
        count: Rows.
    """

    text: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Bin:
    """A bar of a histogram.

    Args:
        low: Where it begins, as the engine would show it.
        high: Where it ends; the last one includes its end.
        count: Rows in it.
    """

    low: str
    high: str
    count: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of texts in characters, of bytes in bytes."""

    shortest: int
    longest: int
    mean: float


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """What a column holds.

    Args:
        name: Of the column.
        db_type: In its database's words.
        rows: How many were looked at.
        null_count: How many of them are NULL.
        distinct: Different values, NULL not counted.
        smallest: The first value in the column's order, as the engine shows it; None without any.
        largest: The last one.
        mean: Of numbers, without NaN and infinities; None for other types.
        deviation: Standard deviation of the sample, under the same conditions.
        odd_count: NaN and infinities, which mean and histogram leave out.
        lengths: Of texts and bytes.
        frequent: The most frequent values, NULL not counted.
        bins: A histogram of numbers and moments; empty for other types.
    """

    name: str
    db_type: str
    rows: int
    null_count: int
    distinct: int
    smallest: str | None
    largest: str | None
    mean: float | None = None
    deviation: float | None = None
    odd_count: int = 0
    lengths: Lengths | None = None
    frequent: tuple[ValueCount, ...] = ()
    bins: tuple[Bin, ...] = ()


def column_statistics(
    buffer: ResultBuffer, column: int, job: Job, some: RowIndex | None = None
) -> ColumnStatistics:
    """Look at a column of the rows that are there now.

    Args:
        buffer: Where they are.
        column: Its number.
        job: Tells how far it is, and stops it.
        some: Only these rows, in ascending order.

    Raises:
        QueryCancelled: The job was stopped.
        StorageError: There is no room for temporary files.
    """
    with _grouped(buffer, column, job, some) as groups:
        return groups.statistics()


def value_counts(
    buffer: ResultBuffer, column: int, job: Job, *, most: int, some: RowIndex | None = None
) -> tuple[list[ValueCount], int]:
    """The most frequent values, NULL among them, and how many different ones there are.

    Very long texts are counted, but are not among the values.

    Args:
        buffer: See `column_statistics`.
        column: See `column_statistics`.
        job: See `column_statistics`.
        most: How many are wanted.
        some: See `column_statistics`.

    Raises:
        QueryCancelled: The job was stopped.
        StorageError: There is no room for temporary files.
    """
    with _grouped(buffer, column, job, some) as groups:
        return groups.counts(most)


@dataclass
class _Tally:
    """What is counted while rows go by."""

    rows: int = 0
    null_count: int = 0
    shortest: int = 2**63
    longest: int = 0
    length: int = 0
    smallest: list[Array] = field(default_factory=list["Array"])
    largest: list[Array] = field(default_factory=list["Array"])

    def add(self, values: Array, key: KeyColumn) -> None:
        self.rows += len(values)
        # Not `null_count`, which a column of a type for each value has not.
        is_valid = kernels.is_valid(values)
        count = pc.sum(is_valid).as_py() or 0
        self.null_count += len(values) - count
        if count < len(values):
            values = values.filter(is_valid)
        if not len(values):
            return
        self._add_lengths(values)
        for kept, order in (self.smallest, "ascending"), (self.largest, "descending"):
            kept.append(_first(values, key, order))

    def _add_lengths(self, values: Array) -> None:
        if is_text(values.type):
            lengths = kernels.utf8_length(values)
        elif is_binary(values.type):
            lengths = kernels.binary_length(values)
        else:
            return
        ends = pc.min_max(lengths)
        self.shortest = min(self.shortest, ends["min"].as_py())
        self.longest = max(self.longest, ends["max"].as_py())
        self.length += pc.sum(lengths).as_py()


def _first(values: Array, key: KeyColumn, order: str) -> Array:
    """The first value in an order, as an array of one."""
    return values.take(_first_place(key.parts(values), order))


def _first_place(parts: Sequence[Array], order: str) -> Array:
    """Where the first of some values is, by arrays to compare one after the other."""
    table = pa.Table.from_arrays(list(parts), [str(number) for number in range(len(parts))])
    keys = [(name, order) for name in table.column_names]
    return kernels.select_k_unstable(table, k=1, sort_keys=keys)


class _Groups:
    """The different values of a column, each with its count."""

    def __init__(
        self, database: ScratchDatabase, column: Field, key: KeyColumn, identity: Identity
    ) -> None:
        self._database = database
        self._field = column
        self._key = key
        self._identity = identity
        self._tally = _Tally()

    def __enter__(self) -> _Groups:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._database.close()

    def load(self, rows: Rows, column: int, job: Job) -> None:
        """Group all rows."""
        schema = pa.schema([("v", self._identity.type), ("x", pa.float64())])
        self._database.create(
            "groups",
            schema,
            self._prepared(rows, column, job, schema),
            "v, any_value(x) AS x, count(*) AS n ROWS WHERE v IS NOT NULL GROUP BY v",
        )

    def _prepared(
        self, rows: Rows, column: int, job: Job, schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        for run in rows.runs():
            for values in rows.column(run, column):
                job.check()
                self._tally.add(values, self._key)
                floats = as_floats(values, self._field)
                if floats is None:
                    floats = nulls(len(values), pa.float64())
                yield pa.RecordBatch.from_arrays([self._identity.of(values), floats], schema=schema)
                job.done = _READING_PART * self._tally.rows / len(rows)
            if self._tally.rows < run.stop:
                raise IndexError(self._tally.rows)  # the buffer was closed

    def counts(self, most: int) -> tuple[list[ValueCount], int]:
        """The most frequent values, and how many different ones there are."""
        frequent = list(self._frequent(most, are_whole=True))
        if self._tally.null_count:
            frequent.append(ValueCount(None, self._tally.null_count))
        return sorted(frequent, key=lambda value: -value.count), self._distinct()

    def statistics(self) -> ColumnStatistics:
        """Everything about the column."""
        tally = self._tally
        mean, deviation, odd_count = self._moments()
        present = tally.rows - tally.null_count
        has_lengths = present > 0 and tally.shortest <= tally.longest
        is_number = is_numeric(self._field)
        return ColumnStatistics(
            name=self._field.name,
            db_type=db_type_of(self._field),
            rows=tally.rows,
            null_count=tally.null_count,
            distinct=self._distinct(),
            smallest=self._extreme(tally.smallest, "ascending"),
            largest=self._extreme(tally.largest, "descending"),
            mean=mean if is_number else None,
            deviation=deviation if is_number else None,
            odd_count=odd_count,
            lengths=Lengths(tally.shortest, tally.longest, tally.length / present)
            if has_lengths and not is_number
            else None,
            frequent=tuple(self._frequent(_FREQUENT, are_whole=False)),
            bins=tuple(self._bins()),
        )

    def _one(self, sql: str, *values: object) -> list[object]:
        (row,) = self._database.query(sql, *values).to_pylist()
        return list(row.values())

    def _distinct(self) -> int:
        (count,) = self._one("SELECT count(*) FROM groups")
        return int(str(count))

    def _extreme(self, candidates: list[Array], order: str) -> str | None:
        """The first of the first values of all batches, which may differ in type."""
        if not candidates:
            return None
        parts = zip(*map(self._key.parts, candidates), strict=True)
        place = _first_place([pa.concat_arrays(arrays) for arrays in parts], order)[0].as_py()
        text = render_column(candidates[place], self._field, limit=_SHOWN_CHARACTERS)[0]
        return text and text[:_SHOWN_CHARACTERS]

    def _moments(self) -> tuple[float | None, float | None, int]:
        """Mean, standard deviation, and how many values are left out."""
        count, mean, odd = self._one(
            "SELECT sum(n) FILTER (isfinite(x)), sum(x * (n / t)) FILTER (isfinite(x)), "
            "sum(n) FILTER (NOT isfinite(x)) FROM groups, "
            "(SELECT sum(n) FILTER (isfinite(x)) AS t FROM groups)"
        )
        odd_count = int(str(odd or 0))
        if not isinstance(mean, float):
            return None, None, odd_count
        (squares,) = self._one(
            "SELECT sum(n * ((x - $1) * (x - $1))) FROM groups WHERE isfinite(x)", mean
        )
        others = int(str(count)) - 1
        deviation = (float(str(squares)) / others) ** 0.5 if others else None
        return mean, deviation, odd_count

    def _frequent(self, most: int, *, are_whole: bool) -> Iterator[ValueCount]:
        value, condition = "v", "true"
        if is_text(self._identity.type) and are_whole:
            condition = f"length(v) <= {_CHOSEN_CHARACTERS}"
        elif is_text(self._identity.type):
            value = f"left(v, {_SHOWN_CHARACTERS})"
        found = self._database.query(
            f"SELECT {value}, n FROM groups WHERE {condition} ORDER BY n DESC, v LIMIT ?",  # noqa: S608 - ours
            most,
        )
        for batch in found.to_batches():
            texts, counts = self._identity.shown(batch.column(0)), without_null(batch.column(1))
            yield from map(ValueCount, texts, counts)

    def _bins(self) -> Iterator[Bin]:
        low, high = self._one("SELECT min(x), max(x) FROM groups WHERE isfinite(x)")
        if not isinstance(low, float) or not isinstance(high, float) or isinf(high - low):
            return
        count = BINS
        if _is_whole(self._field.type) and high - low < BINS:
            count, high = int(high - low) + 1, high + 1
        elif high <= low:
            count = 1
        width = (high - low) / count or 1.0
        found = self._database.query(
            "SELECT least(floor((x - ?) / ?), ? - 1)::INTEGER AS b, sum(n)::BIGINT AS n "
            "FROM groups WHERE isfinite(x) GROUP BY b",
            low,
            width,
            count,
        )
        counts = dict(zip(*(without_null(chunk) for chunk in _columns(found)), strict=True))
        limits = [*(low + width * number for number in range(count)), high]
        edges = float_texts(limits, self._field)
        for number in range(count):
            yield Bin(edges[number], edges[number + 1], counts.get(number, 0))


def _columns(table: pa.Table) -> list[Array]:
    return [pa.concat_arrays(column.chunks) for column in table.columns]


def _is_whole(type_: pa.DataType) -> bool:
    return pat.is_integer(type_) or pat.is_date32(type_)


def _grouped(buffer: ResultBuffer, column: int, job: Job, some: RowIndex | None) -> _Groups:
    """Group the values of a column; the caller closes it."""
    from tusk.engines.duckdb.scratch_database import ScratchDatabase

    column_field = buffer.schema.field(column)
    types = {batch.schema.field(column).type for batch in buffer.batches()}
    database = ScratchDatabase()
    job.on_stop(database.stop)
    groups = _Groups(
        database, column_field, key_column(buffer, column), Identity(types, column_field)
    )
    try:
        groups.load(Rows(buffer, some), column, job)
    except BaseException:
        database.close()
        raise
    return groups
