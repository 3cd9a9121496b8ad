"""The rows of one DataFusion statement, fetched from its process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from tusk.core.dialect import DATAFUSION
from tusk.core.schema import make_field
from tusk.core.statement import StatementKind, first_word
from tusk.engines.datafusion.types import type_name
from tusk.engines.datafusion.wire import unpack_batch, unpack_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk.core.events import Timing
    from tusk.engines.datafusion.exchange import Exchange


class DataFusionCursor:
    """One statement; see `tusk.engines.base.Cursor`.

    Args:
        exchange: The statement's talk with the process.
        parameters: Its parameters.
    """

    def __init__(self, exchange: Exchange, parameters: pa.RecordBatch) -> None:
        self._exchange = exchange
        self._schema: pa.Schema | None = None
        self._affected: int | None = None
        self._fetched = 0
        header, payload = exchange.run(parameters)
        if header["is"] == "done":
            self._affected = header.get("affected")
            exchange.running.first_row()
            exchange.finish()
            return
        self._sent_schema = unpack_schema(payload)
        self._schema = pa.schema(
            [
                make_field(
                    field.name,
                    field.type,
                    engine="datafusion",
                    db_type=type_name(field.type),
                    nullable=field.nullable,
                )
                for field in self._sent_schema
            ]
        )

    @property
    def schema(self) -> pa.Schema | None:
        """Arrow schema of the result set."""
        return self._schema

    @property
    def affected_rows(self) -> int | None:
        """Rows written by INSERT and COPY."""
        return self._affected

    @property
    def tag(self) -> str:
        """The statement's first word and a number of rows."""
        word = first_word(self._exchange.text, DATAFUSION)
        count = self._affected if self._schema is None else self._fetched
        return word if count is None else f"{word} {count}"

    @property
    def timing(self) -> Timing:
        """Times so far, without those between batches."""
        return self._exchange.running.timing

    @property
    def can_pause(self) -> bool:
        """False for statements that write."""
        return self._exchange.kind is StatementKind.QUERY

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows; see `tusk.engines.base.Cursor.batches`."""
        try:
            while (batch := self._next()) is not None:
                yield batch
        finally:
            self.close()

    def _next(self) -> pa.RecordBatch | None:
        running = self._exchange.running
        running.check()
        if self._schema is None or running.is_over:
            return None
        header, payload = self._exchange.next()
        running.first_row()
        if header["is"] == "end":
            self._exchange.finish()
            return None
        batch = unpack_batch(payload, self._sent_schema)
        self._fetched += batch.num_rows
        return pa.RecordBatch.from_arrays(batch.columns, schema=self._schema)

    def close(self) -> None:
        """End the statement; DataFusion stops working on it."""
        self._exchange.close()
