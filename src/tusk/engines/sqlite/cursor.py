"""The rows of one SQLite statement, fetched in bounded pieces."""

from __future__ import annotations

import itertools
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from tusk.core.right_of_way import RIGHT_OF_WAY
from tusk.core.schema import make_field
from tusk.engines.arrow import batch_rows, cut
from tusk.engines.base import BATCH_BYTES, FIRST_BATCH_ROWS
from tusk.engines.sqlite.errors import DRIVER_ERRORS
from tusk.engines.sqlite.values import (
    Value,
    arrow_type,
    column_array,
    declared_arrow_type,
    storage_class,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tusk.core.errors import QueryError
    from tusk.core.events import Timing
    from tusk.engines.running import Running

# A piece is what is fetched before time and size are looked at again: 32 rows cost nothing
# more per row than 8192, and hold a surprise of 10 MB cells to 320 MB.
_PIECE_ROWS = 32
_PIECE_S = 0.02
_PIECE_BYTES = 1024 * 1024
_BATCH_S = 0.2
_FIRST_BATCH_S = 0.05
_ONLY_TEXT = {str}
_SIZED = {str, bytes}


@dataclass(slots=True)
class Columns:
    """Rows on their way to Arrow, by column."""

    values: list[list[Value]]
    kinds: list[set[type]]
    size_bytes: int = 0

    @classmethod
    def empty(cls, count: int) -> Columns:
        """No rows of `count` columns."""
        return cls([[] for _ in range(count)], [set() for _ in range(count)])

    @property
    def num_rows(self) -> int:
        """Rows so far."""
        return len(self.values[0])

    def add(self, rows: Sequence[Sequence[Value]]) -> None:
        """Append rows."""
        for values, kinds, piece in zip(
            self.values, self.kinds, zip(*rows, strict=True), strict=True
        ):
            values += piece
            found = set(map(type, piece))
            if not found <= kinds:
                kinds |= found
            if found == _ONLY_TEXT:
                self.size_bytes += sum(map(len, piece))
            elif found & _SIZED:
                self.size_bytes += sum(len(v) for v in piece if isinstance(v, (str, bytes)))


class SQLiteCursor:
    """One statement; see `tusk.engines.base.Cursor`.

    Args:
        cursor: The driver's, executed.
        running: The statement's clock and stop.
        word: The statement's first word.
        changes_rows: The statement is DML, and `count` tells how many rows it changed.
        accept_any_text: Has the connection decode text that is not UTF-8.
        declared: The declared type of a column by its name, empty where unknown.
        count: Rows changed, asked after the end.
        fail: Makes the error for a driver's exception.
    """

    def __init__(
        self,
        cursor: sqlite3.Cursor,
        running: Running,
        *,
        word: str,
        changes_rows: bool,
        accept_any_text: Callable[[], None],
        declared: Callable[[str], str],
        count: Callable[[], int],
        fail: Callable[[BaseException], QueryError],
    ) -> None:
        self.running = running
        self._cursor: sqlite3.Cursor | None = cursor
        self._word = word
        self._changes_rows = changes_rows
        self._accept_any_text = accept_any_text
        self._count = count
        self._fail = fail
        self._affected: int | None = None
        self._fetched = 0
        self._piece_rows = 1
        self._schema: pa.Schema | None = None
        self._first: Columns | None = None
        if cursor.description is None:
            self._end()
            return
        names = [entry[0] for entry in cursor.description]
        try:
            self._first = self._fetch(len(names), FIRST_BATCH_ROWS, _FIRST_BATCH_S)
        except DRIVER_ERRORS:
            cursor.close()
            raise
        self._schema = _schema(names, self._first, declared)

    @property
    def schema(self) -> pa.Schema | None:
        """Arrow schema of the result set, from its first rows."""
        return self._schema

    @property
    def affected_rows(self) -> int | None:
        """Rows changed by DML."""
        return self._affected

    @property
    def tag(self) -> str:
        """The statement's first word and a number of rows."""
        count = self._affected if self._affected is not None else self._fetched
        return f"{self._word} {count}" if self._schema or self._changes_rows else self._word

    @property
    def timing(self) -> Timing:
        """Times so far, without those between batches."""
        return self.running.timing

    @property
    def can_pause(self) -> bool:
        """False for DML … RETURNING."""
        return not self._changes_rows

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows; see `tusk.engines.base.Cursor.batches`."""
        try:
            while (columns := self._next()) is not None and self._schema is not None:
                self._fetched += columns.num_rows
                yield from cut(_batch(columns, self._schema))
        finally:
            self.close()

    def _next(self) -> Columns | None:
        self.running.check()
        first, self._first = self._first, None
        if first is not None and first.num_rows:
            return first
        if self._cursor is None or self._schema is None:
            return None
        try:
            with self.running.working():
                most_rows = batch_rows(self._schema.types)
                columns = self._fetch(len(self._schema), most_rows, _BATCH_S)
        except DRIVER_ERRORS as exc:
            self._cursor.close()
            self._cursor = None
            self.running.finish()
            raise self._fail(exc) from exc
        return columns if columns.num_rows else None

    def _fetch(self, width: int, most_rows: int, patience_s: float) -> Columns:
        """Fetch rows until there are enough of them, or enough bytes, or time is up."""
        columns = Columns.empty(width)
        if self._cursor is None:
            return columns
        began = before = time.perf_counter()
        size_before = 0
        while columns.num_rows < most_rows:
            rows = self._fetch_piece(
                self._cursor, min(self._piece_rows, most_rows - columns.num_rows)
            )
            if not rows:
                self._end()
                break
            columns.add(rows)
            RIGHT_OF_WAY.give()
            now = time.perf_counter()
            size = columns.size_bytes
            is_heavy = now - before > _PIECE_S or size - size_before > _PIECE_BYTES
            self._piece_rows = 1 if is_heavy else min(2 * self._piece_rows, _PIECE_ROWS)
            before, size_before = now, size
            if size >= BATCH_BYTES or now - began >= patience_s:
                break
        self.running.first_row()
        return columns

    def _fetch_piece(self, cursor: sqlite3.Cursor, count: int) -> list[tuple[Value, ...]]:
        """Fetch a few rows; fewer only at the end.

        The driver's own decoder is twice as fast as one in Python, but fails at text that is
        not UTF-8. It then stays at that row.
        """
        rows: list[tuple[Value, ...]] = []
        try:
            # `extend` keeps the rows before the one that fails, `fetchmany` does not.
            rows.extend(itertools.islice(cursor, count))
        except sqlite3.OperationalError as exc:
            if "decode" not in str(exc).lower():
                raise
            self._accept_any_text()
            rows.extend(itertools.islice(cursor, count - len(rows)))
        return rows

    def _end(self) -> None:
        """All rows have been fetched: the statement's work is done."""
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None
        if self._changes_rows:
            self._affected = self._count()
        self.running.finish()

    def close(self) -> None:
        """End the statement."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.close()
        self._first = None
        self.running.finish()


def _schema(names: Sequence[str], columns: Columns, declared: Callable[[str], str]) -> pa.Schema:
    fields = []
    for name, kinds in zip(names, columns.kinds, strict=True):
        type_, db_type = arrow_type(kinds), storage_class(kinds)
        if type_ is None:
            db_type = declared(name)
            type_ = declared_arrow_type(db_type)
        fields.append(make_field(name, type_, engine="sqlite", db_type=db_type))
    return pa.schema(fields)


def _batch(columns: Columns, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        column_array(values, kinds, field.type)
        for values, kinds, field in zip(columns.values, columns.kinds, schema, strict=True)
    ]
    fields = [
        field if field.type == array.type else field.with_type(array.type)
        for field, array in zip(schema, arrays, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
