"""Rows as text for the clipboard: pure functions over batches, of bounded size."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, get_args

from tusk.core.errors import UsageError
from tusk.core.render import render_column
from tusk.core.schema import engine_of
from tusk.formats.csv import CsvOptions
from tusk.formats.insert import literal_dialect, sql_literals
from tusk.formats.registry import find_format, make_writer
from tusk.formats.rows import portions
from tusk.formats.writer import WriterOptions

if TYPE_CHECKING:
    import pyarrow as pa

CopyFormat = Literal["tsv", "csv", "json", "insert", "markdown", "in-list"]
COPY_FORMATS: tuple[CopyFormat, ...] = get_args(CopyFormat)
MOST_BYTES = 16 * 1024 * 1024
"""What a clipboard is still given; terminals take far less, files more."""


def copy_rows(
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    format_: CopyFormat,
    *,
    header: bool = True,
    table: str = "",
    most_bytes: int = MOST_BYTES,
) -> str:
    """Rows as text in one of the formats for pasting.

    Args:
        schema: Of the rows.
        batches: The rows; `tusk.services.export_selection.selected_batches` picks some.
        format_: `tsv` is what spreadsheets paste: with quotes around values that hold tabs or
            line breaks. `in-list` is a list of literals for SQL's IN, each once and without NULL;
            of several columns, of rows.
        header: Begin with the column names, in tsv and csv.
        table: That INSERT statements name.
        most_bytes: More than that is refused.

    Raises:
        UsageError: It is more.
    """
    if format_ == "in-list":
        return _in_list(schema, batches, most_bytes)
    out = _Bounded(most_bytes)
    name = "csv" if format_ == "tsv" else format_
    own = CsvOptions(delimiter="\t") if format_ == "tsv" else None
    options = WriterOptions(header=header, table=table, own=own)
    writer = make_writer(find_format(name), out, options)
    try:
        writer.open(schema)
        for batch in _small(batches):
            writer.write(batch)
        writer.close()
    finally:
        writer.discard()
    return out.getvalue().decode("utf-8", "backslashreplace")


def copy_cell(batch: pa.RecordBatch, row: int, column: int, schema: pa.Schema) -> str | None:
    """One value as the engine shows it, with all of its lines; None for NULL.

    Args:
        batch: The rows.
        row: In the batch.
        column: Its number.
        schema: Of the result set.
    """
    return render_column(batch.column(column).slice(row, 1), schema.field(column))[0]


def _small(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Parts of batches, so that too much is noticed before much is made."""
    for batch in batches:
        for part in portions(batch):
            for start in range(0, part.num_rows, 8192):
                yield part.slice(start, 8192)


def _in_list(schema: pa.Schema, batches: Iterable[pa.RecordBatch], most_bytes: int) -> str:
    if not len(schema):
        raise UsageError("rows without columns make no list of values")
    dialect = literal_dialect(map(engine_of, schema))
    seen: dict[str, None] = {}
    size = 0
    for batch in _small(batches):
        for text in _literals(batch, schema, dialect):
            if text not in seen:
                seen[text] = None
                size += len(text) + 2
                _check(size, most_bytes)
    return f"({', '.join(seen)})"


def _literals(batch: pa.RecordBatch, schema: pa.Schema, dialect: str) -> Iterator[str]:
    columns = [
        sql_literals(batch.column(number), field, dialect).to_pylist()
        for number, field in enumerate(schema)
    ]
    for values in zip(*columns, strict=True):
        texts = [(value or b"").decode("utf-8", "backslashreplace") for value in values]
        # IN never finds a NULL.
        if "NULL" not in texts:
            yield texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


class _Bounded(io.BytesIO):
    """Takes so many bytes and no more."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self._most_bytes = most_bytes

    def write(self, data: bytes | memoryview, /) -> int:  # type: ignore[override]  # what writers give
        _check(self.tell() + memoryview(data).nbytes, self._most_bytes)
        return super().write(data)


def _check(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise UsageError(
            f"this is more than the {most_bytes // 1_000_000 or 1} MB that can be copied",
            hint="export it to a file, or select fewer rows",
        )
