"""SQLite databases, a table for each result set.

SQLite has whole numbers of 64 bits, doubles, texts and bytes. What is none of these is a text: exact
decimals, dates and times as the engine shows them, nested values as JSON.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Literal

import pyarrow as pa

from tusk.core.render import render_data
from tusk.core.render.arrays import without_null
from tusk.core.render.kinds import is_binary, is_list
from tusk.formats.database import DatabaseWriter
from tusk.formats.json import literals as json_literals
from tusk.formats.options import option
from tusk.formats.rows import portions
from tusk.formats.sql_types import column_type

if TYPE_CHECKING:
    from tusk.core.render.arrays import Array, Field
    from tusk.formats.writer import WriterOptions

_INT64_MAX = 2**63 - 1
# Rows that are made to Python's values at once.
_ROWS_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class SqliteOptions:
    """Options of SQLite files."""

    table: str = option("", "Name of the table. Empty: that of the source, or of the file.")
    decimals: Literal["text", "real"] = option(
        "text", "Decimals as texts with all their digits, or as doubles to reckon with."
    )


class SqliteWriter(DatabaseWriter):
    """Writes result sets as tables of an SQLite file.

    Args:
        out: Binary stream; stays open.
        options: Those of `SqliteOptions`, and `table`, apply.
    """

    Options = SqliteOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        chosen = options.of(SqliteOptions)
        super().__init__(out, chosen.table, options.table)
        self._chosen = chosen
        # The driver is loaded when a file is made, not when formats are looked at.
        from tusk.engines.sqlite.table_file import TableFile

        self._file = TableFile(self._path)
        self._has_nan = False

    def _create(self) -> None:
        types = map(self._type, self._schema)
        self._file.create(self._table, list(zip(self._names, types, strict=True)))

    def _type(self, field: Field) -> str:
        if pa.types.is_decimal(field.type) and self._chosen.decimals == "real":
            return "REAL"
        return column_type(field, "sqlite")

    def _insert(self, batch: pa.RecordBatch) -> None:
        for part in portions(batch):
            for start in range(0, part.num_rows, _ROWS_AT_ONCE):
                rows = self._rows(part.slice(start, _ROWS_AT_ONCE))
                self._file.insert(self._table, part.num_columns, rows)

    def _rows(self, batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
        columns = [
            self._values(batch.column(number), field) for number, field in enumerate(self._schema)
        ]
        return zip(*columns, strict=True)

    def _values(self, array: Array, field: Field) -> list[Any]:
        type_ = array.type
        if isinstance(type_, pa.DictionaryType):
            return self._values(array.cast(type_.value_type), field)
        if pa.types.is_boolean(type_) or pa.types.is_union(type_) or is_binary(type_):
            return array.to_pylist()
        if pa.types.is_integer(type_):
            values = array.to_pylist()
            is_long = pa.types.is_uint64(type_)
            return [str(v) if v and v > _INT64_MAX else v for v in values] if is_long else values
        if pa.types.is_floating(type_):
            return self._floats(array)
        if pa.types.is_decimal(type_) and self._chosen.decimals == "real":
            return array.cast(pa.float64()).to_pylist()
        if is_list(type_) or isinstance(type_, pa.StructType | pa.MapType):
            texts = without_null(json_literals(array, field))
            is_null = array.is_null().to_pylist()
            return [None if n else t.decode() for t, n in zip(texts, is_null, strict=True)]
        return render_data(array, field).to_pylist()

    def _floats(self, array: Array) -> list[Any]:
        if pa.types.is_float32(array.type):
            # The shortest number that is the same float: 0.1, not 0.10000000149011612.
            texts = array.cast(pa.string()).to_pylist()
            values = [None if text is None else float(text) for text in texts]
        else:
            values = array.to_pylist()
        if not any(map(_is_nan, values)):
            return values
        if not self._has_nan:
            self._has_nan = True
            self.notes.append("SQLite has no NaN: such values are the text NaN")
        return ["NaN" if _is_nan(value) else value for value in values]

    def _end(self) -> None:
        """Every row is in the table already."""

    def _drop(self) -> None:
        self._file.drop(self._table)

    def _complete(self) -> None:
        self._file.complete()

    def _release(self) -> None:
        self._file.close()


def _is_nan(value: float | None) -> bool:
    return value is not None and math.isnan(value)
