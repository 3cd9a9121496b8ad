"""Rows that libpq gives in small parts → record batches."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.pq.abc import PGresult

from tusk.engines.base import BATCH_ROWS, FIRST_BATCH_ROWS
from tusk.engines.postgres.columns import convert
from tusk.engines.postgres.execution import Execution
from tusk.engines.postgres.types import BYTEA, Column, arrow_schema

# libpq holds a part in memory as a whole, and sizes are known only afterwards: few rows where a
# value may have megabytes. 1 million rows × 10 columns take 0.2 s of libpq either way.
_PART_ROWS = FIRST_BATCH_ROWS
_LONG_PART_ROWS = 200
_BATCH_BYTES = 8 << 20
# Arrow's offsets have 31 bits.
_MAX_ARRAY_BYTES = 1 << 30
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
        while not execution.is_over and self._rows < self._wanted and self._bytes < _BATCH_BYTES:
            part, self._part = self._part, None
            if part is None:
                has_come, part = self._next_part()
                if not has_come:
                    return
            self._keep(execution.require(part))

    def _next_part(self) -> tuple[bool, PGresult | None]:
        wire = self._execution.wire
        if self._rows:
            return wire.next_result_soon(_PATIENCE_S)
        return True, wire.next_result()

    def _keep(self, part: PGresult) -> None:
        rows = part.ntuples
        self._rows += rows
        if rows and self._values:
            self._transformer.set_pgresult(part, set_loaders=False)
            columns = list(zip(*self._transformer.load_rows(0, rows, tuple)))
            for kept, values in zip(self._values, columns):
                kept.extend(values)
            self._bytes += sum(sum(map(len, filter(None, columns[i]))) for i in self._long)
        if part.status == pq.ExecStatus.TUPLES_OK:
            self._execution.succeed(part)
        else:
            self._execution.note_tag(part)

    def _take(self) -> Iterator[pa.RecordBatch]:
        pieces = 1 + self._bytes // _MAX_ARRAY_BYTES
        step = -(-self._rows // pieces)
        values, rows = self._values, self._rows
        self._values = [[] for _ in self._columns]
        self._rows = self._bytes = 0
        self._wanted = BATCH_ROWS
        for start in range(0, rows, step):
            stop = min(start + step, rows)
            arrays = [self._array(i, kept[start:stop]) for i, kept in enumerate(values)]
            yield make_batch(arrays, self._schema, stop - start)

    def _array(self, index: int, values: list[Any]) -> pa.Array[Any]:
        raw = pa.array(values, pa.binary())
        return convert(raw, self._columns[index].arrow, self._codec)
