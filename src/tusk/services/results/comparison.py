"""Two results side by side: rows that were added, removed or changed, by their keys.

Rows are joined in a DuckDB that keeps little in memory and the rest on disk. Rows that have the
same key are paired in the order in which they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from tusk.core.render import render_strings
from tusk.core.render.arrays import Array, Field, kernels
from tusk.core.result import ResultBuffer
from tusk.core.schema import engine_of
from tusk.services.results.identity import Identity, classed_texts, trimmed_texts
from tusk.services.results.order import row_numbers

if TYPE_CHECKING:
    from pathlib import Path

    from tusk.engines.duckdb.scratch_database import ScratchDatabase
    from tusk.services.results.job import Job

CHANGE = "change"
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
_ARROW = " → "
_NULL = "NULL"
_READING_PART = 0.6
_ROWS_AT_ONCE = 8_192
_BUDGET_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pair:
    """A column of both results.

    Args:
        left: Its number in the earlier one.
        right: Its number in the later one.
    """

    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found.

    Args:
        rows: The differences: a column `change`, the keys, and the compared columns as texts, with
            an arrow between the old and the new value. Owned by the caller.
        added: Rows that only the later result has.
        removed: Rows that only the earlier one has.
        changed: Rows that differ outside of the keys.
        same: Rows that do not.
        repeated: Keys that more than one row of a result has.
    """

    rows: ResultBuffer
    added: int
    removed: int
    changed: int
    same: int
    repeated: int


def common_columns(left: pa.Schema, right: pa.Schema) -> list[Pair]:
    """Columns of the same name, in the order of the earlier result.

    >>> common_columns(pa.schema([("a", "int32"), ("b", "int32")]), pa.schema([("b", "int64")]))
    [Pair(left=1, right=0)]
    """
    places: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(right.names):
        places[name].append(number)
    pairs: list[Pair] = []
    for number, name in enumerate(left.names):
        if places[name]:
            pairs.append(Pair(number, places[name].pop(0)))
    return pairs


def likely_key(names: Sequence[str]) -> int:
    """The column that most likely says what rows belong together.

    >>> likely_key(["name", "ID", "x"]), likely_key(["code", "x_id"]), likely_key(["a", "b"])
    (1, 1, 0)
    """
    lower = [name.lower() for name in names]
    exact = [place for place, name in enumerate(lower) if name in ("id", "uuid", "key", "oid")]
    ending = [place for place, name in enumerate(lower) if name.endswith(("_id", "id"))]
    return [*exact, *ending, 0][0]


def compare(
    left: ResultBuffer,
    right: ResultBuffer,
    keys: Sequence[Pair],
    values: Sequence[Pair],
    job: Job,
    *,
    folder: Path | None = None,
) -> Comparison:
    """Compare the rows that two results have now.

    Args:
        left: The earlier result.
        right: The later one.
        keys: Columns that say which rows belong together; at least one.
        values: Columns that are compared.
        job: Tells how far it is, and stops it.
        folder: Where differences go that do not fit in memory.

    Raises:
        QueryCancelled: The job was stopped.
        StorageError: There is no room for temporary files.
    """
    from tusk.engines.duckdb.scratch_database import ScratchDatabase

    with ScratchDatabase() as database:
        job.on_stop(database.stop)
        return _Comparing(database, left, right, keys, values).run(job, folder)


class _Side:
    """One of the two results, as DuckDB gets it."""

    def __init__(self, name: str, buffer: ResultBuffer, columns: list[tuple[int, _Column]]) -> None:
        self.name = name
        self.buffer = buffer
        self.rows = buffer.num_rows
        self._columns = columns
        names = [(column.name, column.identity.type) for _, column in columns]
        self.schema = pa.schema([*names, ("r", pa.int64())])

    def batches(self, job: Job, done: float) -> Iterator[pa.RecordBatch]:
        """All rows, with their numbers."""
        start = 0
        for batch in self.buffer.batches(0, self.rows):
            job.check()
            fields = [self.buffer.schema.field(number) for number, _ in self._columns]
            arrays = [
                column.of(batch.column(number), field)
                for (number, column), field in zip(self._columns, fields, strict=True)
            ]
            numbers = row_numbers(range(start, start + batch.num_rows)).cast(pa.int64())
            yield pa.RecordBatch.from_arrays([*arrays, numbers], schema=self.schema)
            start += batch.num_rows
            job.done = done + _READING_PART / 2 * start / max(1, self.rows)
        if start < self.rows:
            raise IndexError(start)  # the buffer was closed


class _Column:
    """A column of both results, in a form in which the same values are equal."""

    def __init__(self, name: str, pair: Pair, left: ResultBuffer, right: ResultBuffer) -> None:
        self.name = name
        self.field: Field = left.schema.field(pair.left)
        types = _types(left, pair.left) | _types(right, pair.right)
        self.identity = Identity(types, self.field)
        engines = {engine_of(self.field), engine_of(right.schema.field(pair.right))}
        self._has_classes = engines == {"sqlite"}

    def of(self, values: Array, field: Field) -> Array:
        """The values of either result."""
        if self.identity.is_plain:
            return values
        make = classed_texts if self._has_classes else trimmed_texts
        return make(values, field)

    def shown(self, values: Array) -> Array:
        """What is shown for some of them."""
        if not self.identity.is_plain:
            return values.cast(pa.large_string())
        return render_strings(values.cast(self.identity.source), self.field).cast(pa.large_string())

    @property
    def key_field(self) -> Field:
        """The field of the column where it is a key of the differences."""
        type_ = self.identity.source if self.identity.is_plain else pa.large_string()
        is_plain = self.identity.is_plain
        metadata = self.field.metadata if is_plain else None
        return pa.field(self.field.name, type_, metadata=metadata)

    def key(self, values: Array) -> Array:
        """The values as `key_field` says."""
        return values.cast(self.key_field.type)


def _types(buffer: ResultBuffer, column: int) -> set[pa.DataType]:
    return {batch.schema.field(column).type for batch in buffer.batches()}


class _Comparing:
    def __init__(
        self,
        database: ScratchDatabase,
        left: ResultBuffer,
        right: ResultBuffer,
        keys: Sequence[Pair],
        values: Sequence[Pair],
    ) -> None:
        self._database = database
        self._keys = [_Column(f"k{n}", pair, left, right) for n, pair in enumerate(keys)]
        self._values = [_Column(f"v{n}", pair, left, right) for n, pair in enumerate(values)]
        columns = [*self._keys, *self._values]
        pairs = [*keys, *values]
        lefts = [(pair.left, column) for pair, column in zip(pairs, columns, strict=True)]
        rights = [(pair.right, column) for pair, column in zip(pairs, columns, strict=True)]
        self._sides = [_Side("a", left, lefts), _Side("b", right, rights)]

    def run(self, job: Job, folder: Path | None) -> Comparison:
        for number, side in enumerate(self._sides):
            batches = side.batches(job, _READING_PART / 2 * number)
            self._database.create(side.name, side.schema, batches)
        repeated = self._number_repeated()
        found = ResultBuffer(self._schema(), budget_bytes=_BUDGET_BYTES, folder=folder)
        counts = {ADDED: 0, REMOVED: 0, CHANGED: 0}
        try:
            for batch in self._database.stream(self._query(), _ROWS_AT_ONCE):
                made = self._differences(batch)
                for kind in counts:
                    is_kind = kernels.equal(made.column(0), kind)
                    counts[kind] += is_kind.true_count  # type: ignore[attr-defined]  # of booleans
                found.append(made)
        except BaseException:
            found.close()
            raise
        same = self._sides[0].rows - counts[REMOVED] - counts[CHANGED]
        job.done = 1.0
        return Comparison(
            found, counts[ADDED], counts[REMOVED], counts[CHANGED], same=same, repeated=repeated
        )

    def _number_repeated(self) -> int:
        """Tell rows of the same key apart; how many such keys there are."""
        names = ", ".join(column.name for column in self._keys)
        repeated = 0
        for side in self._sides:
            (row,) = self._database.query(
                f"SELECT count(*) AS n FROM (SELECT 1 FROM {side.name} GROUP BY {names} "  # noqa: S608 - ours
                "HAVING count(*) > 1)"
            ).to_pylist()
            repeated += row["n"]
        number = f"row_number() OVER (PARTITION BY {names} ORDER BY r)" if repeated else "1"
        for side in self._sides:
            query = f"SELECT *, {number} AS o FROM {side.name}"  # noqa: S608 - ours
            self._database.run(f"CREATE VIEW {side.name}o AS {query}")
        return repeated

    def _query(self) -> str:
        on = [f"a.{key.name} IS NOT DISTINCT FROM b.{key.name}" for key in self._keys]
        differs = [f"a.{value.name} IS DISTINCT FROM b.{value.name}" for value in self._values]
        chosen = ["a.r AS ar", "b.r AS br"]
        chosen += [f"coalesce(a.{key.name}, b.{key.name}) AS {key.name}" for key in self._keys]
        for value in self._values:
            chosen += [f"a.{value.name} AS a{value.name}", f"b.{value.name} AS b{value.name}"]
        either = " OR ".join(["a.r IS NULL", "b.r IS NULL", *differs])
        return (
            f"SELECT {', '.join(chosen)} FROM ao AS a FULL JOIN bo AS b "  # noqa: S608 - ours
            f"ON {' AND '.join([*on, 'a.o = b.o'])} WHERE {either} "
            "ORDER BY a.r NULLS LAST, b.r"
        )

    def _schema(self) -> pa.Schema:
        texts = [pa.field(value.field.name, pa.large_string()) for value in self._values]
        keys = [key.key_field for key in self._keys]
        return pa.schema([pa.field(CHANGE, pa.string()), *keys, *texts])

    def _differences(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        is_added = batch.column("ar").is_null()
        is_removed = batch.column("br").is_null()
        change = kernels.if_else(is_added, ADDED, kernels.if_else(is_removed, REMOVED, CHANGED))
        keys = [key.key(batch.column(key.name)) for key in self._keys]
        texts: list[Array] = []
        for value in self._values:
            old = value.shown(batch.column(f"a{value.name}"))
            new = value.shown(batch.column(f"b{value.name}"))
            texts.append(_old_and_new(old, new, is_added, is_removed))
        return pa.RecordBatch.from_arrays([change, *keys, *texts], schema=self._schema())


def _old_and_new(old: Array, new: Array, is_added: Array, is_removed: Array) -> Array:
    """The new value, or the old one of a removed row; both where they differ."""
    only = kernels.if_else(is_removed, old, new)
    both = kernels.binary_join_element_wise(
        old.fill_null(_NULL), new.fill_null(_NULL), pa.scalar(_ARROW, pa.large_string())
    )
    is_same = kernels.equal(old, new).fill_null(False)
    is_same = kernels.or_(is_same, kernels.and_(old.is_null(), new.is_null()))
    is_one = kernels.or_(kernels.or_(is_added, is_removed), is_same)
    return kernels.if_else(is_one, only, both)
