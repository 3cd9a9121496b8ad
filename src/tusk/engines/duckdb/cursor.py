"""The rows of one DuckDB statement, streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tusk.engines.arrow import cut
from tusk.engines.duckdb.execution import DRIVER_ERRORS, Answer
from tusk.engines.duckdb.types import Convert, result_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tusk.core.errors import QueryError
    from tusk.core.events import Timing
    from tusk.engines.running import Running


class DuckDBCursor:
    """One statement; see `tusk.engines.base.Cursor`.

    Args:
        running: The statement's clock and stop.
        answer: What DuckDB answered.
        fail: Makes the error for a driver's exception.
    """

    def __init__(
        self, running: Running, answer: Answer, fail: Callable[[BaseException], QueryError]
    ) -> None:
        self.running = running
        self._answer = answer
        self._fail = fail
        self._fetched = 0
        self._schema: pa.Schema | None = None
        self._converts: dict[int, Convert] = {}
        self._reader: pa.RecordBatchReader | None = None
        if answer.rows is None:
            running.first_row()
            running.finish()
            return
        self._reader = answer.rows.reader
        exported = self._reader.schema
        fields: list[pa.Field[Any]] = []
        for index, (name, type_) in enumerate(answer.rows.columns):
            field, convert = result_field(name, type_, exported.field(index).type)
            fields.append(field)
            if convert is not None:
                self._converts[index] = convert
        self._schema = pa.schema(fields)

    @property
    def schema(self) -> pa.Schema | None:
        """Arrow schema of the result set."""
        return self._schema

    @property
    def affected_rows(self) -> int | None:
        """Rows changed."""
        return self._answer.affected

    @property
    def tag(self) -> str:
        """The statement's first word and a number of rows."""
        count = self._answer.affected if self._schema is None else self._fetched
        return self._answer.word if count is None else f"{self._answer.word} {count}"

    @property
    def timing(self) -> Timing:
        """Times so far, without those between batches."""
        return self.running.timing

    @property
    def can_pause(self) -> bool:
        """See `tusk.engines.base.Cursor.can_pause`."""
        return self._answer.can_pause

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows; see `tusk.engines.base.Cursor.batches`."""
        try:
            while (batch := self._read()) is not None:
                yield from cut(batch)
        finally:
            self.close()

    def _read(self) -> pa.RecordBatch | None:
        self.running.check()
        if self._reader is None or self._schema is None:
            return None
        try:
            with self.running.working():
                batch = self._reader.read_next_batch()
        except StopIteration:
            self.running.first_row()
            return None
        except DRIVER_ERRORS as exc:
            self.close()
            raise self._fail(exc) from exc
        self.running.first_row()
        self._fetched += batch.num_rows
        return self._converted(batch, self._schema)

    def _converted(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        arrays = batch.columns
        for index, convert in self._converts.items():
            arrays[index] = array = convert(arrays[index])
            if array.type != schema.field(index).type:
                schema = schema.set(index, schema.field(index).with_type(array.type))
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def close(self) -> None:
        """End the statement; DuckDB stops working on it."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self.running.finish()
