"""Get a statement under way by the transport that suits it."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from psycopg import pq

from tusk.core.errors import QueryError
from tusk.core.statement import StatementKind
from tusk.engines.base import CsvForm, FetchMode
from tusk.engines.postgres.copying import (
    COPY_CSV,
    CsvParser,
    copy_csv_as,
    csv_batches,
    csv_blocks,
    line_batches,
    line_column,
    quoted_header,
    send_data,
    write_blocks,
)
from tusk.engines.postgres.cursor import PostgresCursor
from tusk.engines.postgres.link import Description
from tusk.engines.postgres.read_ahead import ReadAhead
from tusk.engines.postgres.rows import RowReader, part_rows
from tusk.engines.postgres.shelter import is_select
from tusk.engines.postgres.types import arrow_schema
from tusk.engines.postgres.wire import has_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tusk.core.params import ParameterValue
    from tusk.core.statement import Statement
    from tusk.engines.postgres.binding import Message
    from tusk.engines.postgres.cursor import Source
    from tusk.engines.postgres.execution import Execution
    from tusk.engines.postgres.link import Link
    from tusk.engines.postgres.types import Column

# Statements that may have columns of types whose names have to be asked for first.
_DESCRIBED = (StatementKind.QUERY, StatementKind.DML)


class Launch:
    """A statement on its way to the server.

    Args:
        link: The connection.
        execution: The statement's state.
        statement: What runs.
        parameters: Values for its `:name` parameters.
    """

    def __init__(
        self,
        link: Link,
        execution: Execution,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None,
    ) -> None:
        self._link = link
        self._execution = execution
        self._statement = statement
        self._parameters = parameters or {}

    def cursor(self, mode: FetchMode) -> PostgresCursor:
        """Send the statement, and open a cursor on its rows."""
        execution = self._execution
        with execution.working():
            execution.set_up()
            found = self._describe()
            if mode is FetchMode.BULK and self._begin_copy(found, COPY_CSV):
                return self._bulk_cursor(found.columns)
            return self._page_cursor(found.columns)

    def write_csv(
        self,
        out: IO[bytes],
        *,
        header: bool,
        form: CsvForm,
        on_progress: Callable[[int], None] | None,
    ) -> int | None:
        """Write the rows as COPY gives them; None, with nothing done, where it cannot."""
        execution = self._execution
        # In another client encoding the bytes would not be what tusk writes itself.
        is_same = self._link.wire.codec in ("utf-8", "ascii")
        around = copy_csv_as(form, header=header)
        with execution.working():
            execution.set_up()
            found = self._describe() if is_same else Description()
            if not self._begin_copy(found, around):
                execution.set_aside()
                return None
        if header and form.quotes_all:
            out.write(quoted_header(form, [column.name for column in found.columns]))
            header = False
        blocks = self._read_ahead()
        try:
            return write_blocks(blocks, out, header=header, on_progress=on_progress)
        finally:
            execution.leave(blocks)

    def _describe(self) -> Description:
        if self._statement.kind not in _DESCRIBED:
            return Description()
        result = self._link.describe(self._execution.message)
        return self._link.read_description(self._execution.require(result))

    def _page_cursor(self, described: Sequence[Column]) -> PostgresCursor:
        execution = self._execution
        first = execution.send(part_rows(described))
        codec = self._link.wire.codec
        if has_rows(first):
            # What the result says counts: since the description, a table may have been altered.
            columns = self._link.columns(first)
            reader = RowReader(execution, columns, codec, first)
            return self._opened(columns, reader.batches())
        if first.status == pq.ExecStatus.COPY_OUT:
            column = line_column(first)
            return self._opened([column], line_batches(execution, column, codec))
        if first.status == pq.ExecStatus.COPY_IN:
            first = send_data(execution, self._statement.data, codec)
        execution.succeed(first)
        return PostgresCursor(execution)

    def _opened(self, columns: Sequence[Column], source: Source) -> PostgresCursor:
        return PostgresCursor(self._execution, arrow_schema(columns), source)

    def _bulk_cursor(self, columns: Sequence[Column]) -> PostgresCursor:
        parser = CsvParser(columns, self._link.wire.session_text())
        return self._opened(columns, csv_batches(self._read_ahead(), parser))

    def _read_ahead(self) -> ReadAhead[tuple[bytes, int]]:
        """Have the server's CSV read in a thread; notices stay in the reader's own."""
        wire = self._link.wire
        blocks = ReadAhead(csv_blocks(self._execution))
        on_notice = wire.on_notice
        if on_notice is not None:
            wire.on_notice = lambda notice: blocks.call(lambda: on_notice(notice))
        return blocks

    def _begin_copy(self, found: Description, around: tuple[str, str]) -> bool:
        """Start a COPY of the statement; False when it cannot be carried by one.

        It has to have columns, and must not need to run to its end: COPY may be ended early.
        """
        execution = self._execution
        if not (found.columns and execution.can_pause and is_select(self._statement)):
            return False
        if found.parameter_types and not self._has_same_columns(found):
            return False
        execution.message = self._literals(found, around)
        if execution.send(1).status != pq.ExecStatus.COPY_OUT:
            raise QueryError("the server did not begin to copy")
        return True

    def _has_same_columns(self, found: Description) -> bool:
        """Whether the columns stay the same with literals instead of parameters.

        Names may not: the server names `'x'::text` after the type, but not `$1`.
        """
        result = self._link.describe(self._literals(found, ("", "")))
        described = self._link.read_description(self._execution.require(result))
        return list(described.columns) == list(found.columns)

    def _literals(self, found: Description, around: tuple[str, str]) -> Message:
        return self._link.binder.literal_message(
            self._statement.text, self._parameters, found.parameter_types, around
        )
