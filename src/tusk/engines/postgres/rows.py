"""Rows that libpq gives in small parts → record batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from psycopg import pq
from psycopg.adapt import Transformer

from tusk.core.right_of_way import RIGHT_OF_WAY
from tusk.engines.arrow import batch_rows
from tusk.engines.base import BATCH_BYTES, FIRST_BATCH_ROWS
from tusk.engines.postgres.columns import convert
from tusk.engines.postgres.types import BYTEA, Column, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from psycopg.pq.abc import PGresult

    from tusk.engines.postgres.execution import Execution

# libpq holds a part in memory as a whole, and sizes are known only afterwards: few rows where a
# value may have megabytes.
_PART_ROWS = FIRST_BATCH_ROWS
_LONG_PART_ROWS = 16
# More at once is cut into several batches; Arrow's builders may need twice that.
_MAX_ARRAY_BYTES = 16 << 20
_LAST = pq.ExecStatus.TUPLES_OK
# Rows that have come are handed on when the server pauses for this long.
_PATIENCE_S = 0.1


def part_rows(columns: Iterable[Column]) -> int:
    """How many rows libpq should give at once."""
    return _PART_ROWS if all(column.is_short for column in columns) else _LONG_PART_ROWS


def make_batch(arrays: Sequence[pa.Array[Any]], schema: pa.Schema, rows: int) -> pa.RecordBatch:
    """A batch of these columns; those that are wider than the schema says keep their type."""
    if not arrays:
        # Only a struct array knows how many rows of nothing there are.
        nothing: Any = pa.array([{}] * rows, pa.struct([]))
        return pa.RecordBatch.from_struct_array(nothing)
    for index, array in enumerate(arrays):
        if array.type != schema.field(index).type:
            schema = schema.set(index, schema.field(index).with_type(array.type))
    return pa.RecordBatch.from_arrays(list(arrays), schema=schema)


class RowReader:
    """Reads the rows of a statement that has been sent.

    Args:
        execution: The statement.
        columns: Its columns.
        codec: Python's name of the client encoding.
        first: The first part.
    """

    def __init__(
        self, execution: Execution, columns: Sequence[Column], codec: str, first: PGresult
    ) -> None:
        self._execution = execution
        self._columns = columns
        self._schema = arrow_schema(columns)
        self._codec = codec
        self._part: PGresult | None = first
        self._part_rows = part_rows(columns)
        self._wanted = FIRST_BATCH_ROWS
        self._rows = 0
        self._bytes = 0
        self._values: list[list[Any]] = [[] for _ in columns]
        self._long = [i for i, column in enumerate(columns) if not column.is_short]
        # Values as the server's bytes: psycopg's loader for them does nothing but copy.
        self._transformer = Transformer()
        self._transformer.set_loader_types([BYTEA] * len(columns), pq.Format.BINARY)

    def batches(self) -> Generator[pa.RecordBatch, None, None]:
        """Yield the rows; the statement succeeds with the last of them."""
        while True:
            with self._execution.working():
                self._fill()
                if self._rows:
                    self._execution.watch.first_row()
            if not self._rows:
                return
            yield from self._take()

    def _fill(self) -> None:
        """Receive parts until there is a batch, the server pauses, or all rows are here."""
        execution = self._execution
        while not execution.is_over and self._rows < self._wanted and self._bytes < BATCH_BYTES:
            part, self._part = self._part, None
            if part is None:
                has_come, part = self._next_part()
                if not has_come:
                    return
            self._keep(part)
            RIGHT_OF_WAY.give()

    def _next_part(self) -> tuple[bool, PGresult | None]:
        wire = self._execution.wire
        if self._rows:
            return wire.next_result_soon(_PATIENCE_S)
        return True, wire.next_result()

    def _keep(self, part: PGresult | None) -> None:
        part = self._execution.require(part)
        rows = part.ntuples
        if rows:
            self._take_in(part, rows)
        if part.status == _LAST:
            self._execution.succeed(part)
        elif rows < self._part_rows:
            self._execution.note_tag(part)

    def _take_in(self, part: PGresult, rows: int) -> None:
        self._rows += rows
        if self._values:
            self._transformer.set_pgresult(part, set_loaders=False)
            columns = list(zip(*self._transformer.load_rows(0, rows, tuple), strict=True))
            # Else it would be held until the next part is here.
            self._transformer.set_pgresult(None, set_loaders=False)
            for kept, values in zip(self._values, columns, strict=True):
                kept.extend(values)
            for i in self._long:
                self._bytes += sum(map(len, filter(None, columns[i])))

    def _take(self) -> Iterator[pa.RecordBatch]:
        rows, size = self._rows, self._bytes
        self._rows = self._bytes = 0
        self._wanted = batch_rows(self._schema.types)
        pieces = min(rows, 1 + size // _MAX_ARRAY_BYTES)
        step = -(-rows // pieces)
        for start in range(0, rows, step):
            count = min(step, rows - start)
            arrays = [self._array(i, count) for i in range(len(self._columns))]
            yield make_batch(arrays, self._schema, count)

    def _array(self, index: int, count: int) -> pa.Array[Any]:
        """Make an array of the first values of a column, and let go of them."""
        values = self._values[index]
        self._values[index] = values[count:]
        del values[count:]
        raw = pa.array(values, pa.binary())
        values.clear()
        return convert(raw, self._columns[index].arrow, self._codec)
