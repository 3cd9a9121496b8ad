"""A running statement as its reader sees it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from tusk.core.errors import QueryError
from tusk.engines.arrow import cut
from tusk.engines.running import StopReason

if TYPE_CHECKING:
    from tusk.core.events import Timing
    from tusk.engines.postgres.execution import Execution

Source = Generator[pa.RecordBatch, None, None]


class PostgresCursor:
    """One statement; see `tusk.engines.base.Cursor`.

    Args:
        execution: The statement.
        schema: Of its result set, None when it has none.
        source: Its rows, None when it is over.
    """

    def __init__(
        self,
        execution: Execution,
        schema: pa.Schema | None = None,
        source: Source | None = None,
    ) -> None:
        self._execution = execution
        self._schema = schema
        self._source = source
        self._interruption: QueryError | None = None

    @property
    def schema(self) -> pa.Schema | None:
        """Arrow schema of the result set."""
        return self._schema

    @property
    def affected_rows(self) -> int | None:
        """Rows changed."""
        return self._execution.affected

    @property
    def tag(self) -> str:
        """The server's command tag."""
        return self._execution.tag

    @property
    def timing(self) -> Timing:
        """Times so far, without those between batches."""
        return self._execution.watch.timing

    @property
    def can_pause(self) -> bool:
        """See `tusk.engines.base.Cursor.can_pause`."""
        return self._execution.can_pause

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows; see `tusk.engines.base.Cursor.batches`."""
        try:
            while self._source is not None:
                batch = next(self._source, None)
                if batch is None:
                    return
                yield from cut(batch)
            if self._interruption is not None:
                raise self._interruption
        finally:
            self.close()

    def close(self) -> None:
        """End the statement; see `tusk.engines.base.Cursor.close`."""
        source, self._source = self._source, None
        if source is not None:
            self._execution.leave(source)

    def replace(self) -> None:
        """End the statement because another one is run; the reader is told when it reads on."""
        if self._source is None:
            return
        watch = self._execution.watch
        if self.can_pause:
            watch.stop(StopReason.REPLACED)
        try:
            self.close()
        except QueryError as exc:
            self._interruption = exc
        else:
            self._interruption = watch.error() or QueryError(
                "another statement was run before all rows were read"
            )
