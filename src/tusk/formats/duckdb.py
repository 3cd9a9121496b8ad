"""DuckDB databases, a table for each result set, from Arrow's arrays as they are.

What DuckDB has no type for (SQLite's types per value, decimals of more than 38 digits) is the text
that the engine shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from tusk.formats.columnar import fit, wider
from tusk.formats.database import DatabaseWriter
from tusk.formats.options import option
from tusk.formats.sql_types import arrow_type, column_type

if TYPE_CHECKING:
    from tusk.core.render.arrays import Array
    from tusk.engines.duckdb.table_file import TableFile
    from tusk.formats.writer import WriterOptions

# DuckDB's row groups have so many rows.
_GROUP_ROWS = 122_880
_GROUP_BYTES = 16 * 1024 * 1024
_MOST_DIGITS = 38


@dataclass(frozen=True, slots=True)
class DuckDbOptions:
    """Options of DuckDB files."""

    table: str = option("", "Name of the table. Empty: that of the source, or of the file.")


class DuckDbWriter(DatabaseWriter):
    """Writes result sets as tables of a DuckDB file.

    Args:
        out: Binary stream; stays open.
        options: Those of `DuckDbOptions`, and `table`, apply.
    """

    Options = DuckDbOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        super().__init__(out, options.of(DuckDbOptions).table, options.table)
        self._file: TableFile | None = None
        self._is_made = False  # the table
        self._types: list[pa.DataType] = []
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0

    def _create(self) -> None:
        self._types = [_storable(field.type) for field in self._schema]
        self._is_made = False

    def _open_file(self) -> TableFile:
        """The file, made when something is known of the rows."""
        # The driver is loaded when a file is made, not when formats are looked at.
        from tusk.engines.duckdb.table_file import TableFile

        row_bytes = self._bytes // max(1, self._rows)
        if self._file is None:
            self._file = TableFile(self._path, row_bytes, len(self._schema))
        self._file.expect(row_bytes, len(self._schema))
        return self._file

    def _make(self) -> TableFile:
        """The file with the table."""
        file = self._open_file()
        if not self._is_made:
            self._is_made = True
            types = [
                column_type(field.with_type(type_), "duckdb")
                for field, type_ in zip(self._schema, self._types, strict=True)
            ]
            file.create(self._table, list(zip(self._names, types, strict=True)))
        return file

    def _insert(self, batch: pa.RecordBatch) -> None:
        columns = [
            fit(column, _storable(column.type), field)
            for column, field in zip(batch.columns, self._schema, strict=True)
        ]
        for number, column in enumerate(columns):
            type_ = wider(self._types[number], column.type)
            if type_ != self._types[number]:
                self._widen(number, type_)
        self._keep(columns)
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._flush()

    def _widen(self, number: int, type_: pa.DataType) -> None:
        """Later values need a wider type: those that are there get it too."""
        self._flush()
        self._types[number] = type_
        self._make().widen(self._table, self._names[number], arrow_type(type_, "duckdb"))

    def _keep(self, columns: list[Array]) -> None:
        fitted = [
            fit(column, type_, field)
            for column, type_, field in zip(columns, self._types, self._schema, strict=True)
        ]
        # Fields of the columns' own types: DuckDB must not see an engine's metadata.
        batch = pa.RecordBatch.from_arrays(fitted, names=[f"c{n}" for n in range(len(fitted))])
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes

    def _flush(self) -> None:
        file = self._make()
        batches, self._batches = self._batches, []
        if self._rows:
            file.insert(self._table, pa.Table.from_batches(batches))
        self._rows = self._bytes = 0

    def _end(self) -> None:
        self._flush()

    def _drop(self) -> None:
        self._batches, self._rows, self._bytes = [], 0, 0
        if self._file is not None and self._is_made:
            self._file.drop(self._table)

    def _complete(self) -> None:
        self._open_file().complete()  # which is empty where no result had columns

    def _release(self) -> None:
        if self._file is not None:
            self._file.close()


def _storable(type_: pa.DataType) -> pa.DataType:
    """The Arrow type in which DuckDB takes values of a type."""
    if pa.types.is_null(type_):
        return pa.string()
    if isinstance(type_, pa.DictionaryType):
        return _storable(type_.value_type)
    if isinstance(type_, pa.BaseExtensionType):
        return _storable(type_.storage_type)
    if pa.types.is_union(type_):
        return pa.large_string()
    if pa.types.is_decimal(type_) and type_.precision > _MOST_DIGITS:
        return pa.large_string()
    return type_
