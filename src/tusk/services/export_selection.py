"""Rows of a `ResultBuffer` to a file: all of them, a page, a selection, in whatever order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa

from tusk.services.exports import ExportSummary, export_rows

if TYPE_CHECKING:
    from tusk.core.result import ResultBuffer
    from tusk.formats.registry import Format

# Rows picked at once: enough for Arrow's kernels, and never many bytes.
_MOST_ROWS = 8192
_FIRST_ROWS = 256
_CHUNK_BYTES = 8 * 1024 * 1024


def export_buffer(
    buffer: ResultBuffer,
    destination: Path | IO[bytes],
    format_: Format | str,
    *,
    rows: Sequence[int] | None = None,
    columns: Sequence[int] | None = None,
    **how: Any,
) -> ExportSummary:
    """Write rows that have been fetched already.

    Args:
        buffer: Where they are.
        destination: A file, replaced when everything has succeeded, or a binary stream.
        format_: See `tusk.services.exports.choose_format`.
        rows: Numbers of the rows, in the order in which they are written (that of a sorted or
            filtered grid, say); None for all of them.
        columns: Numbers of the columns, in order; None for all of them.
        how: `options`, `name`, `if_exists`, `stop` and `on_progress` of `export_rows`.

    Raises:
        IndexError: There is no such row, or the buffer was closed meanwhile.
        StorageError: The file cannot be written. An older one is untouched.
        QueryCancelled: `stop` was set.
    """
    return export_rows(
        selected_schema(buffer.schema, columns),
        selected_batches(buffer, rows, columns),
        destination,
        format_,
        total_rows=buffer.num_rows if rows is None else len(rows),
        **how,
    )


def selected_schema(schema: pa.Schema, columns: Sequence[int] | None) -> pa.Schema:
    """The schema of some columns."""
    if columns is None:
        return schema
    return pa.schema([schema.field(number) for number in columns])


def selected_batches(
    buffer: ResultBuffer, rows: Sequence[int] | None = None, columns: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield rows of a buffer, in the order asked for, in batches of bounded size.

    Args:
        buffer: Where they are.
        rows: See `export_buffer`.
        columns: See `export_buffer`.

    Raises:
        IndexError: There is no such row, or the buffer was closed meanwhile.
    """
    if rows is None:
        found = buffer.batches()
    elif isinstance(rows, range) and rows.step == 1:
        if rows and not 0 <= rows[-1] < buffer.num_rows:
            raise IndexError(rows[-1])
        found = buffer.batches(rows.start, rows.stop) if rows else iter(())
    else:
        found = _picked(buffer, rows)
    for batch in found:
        yield batch if columns is None else batch.select(list(columns))


def _picked(buffer: ResultBuffer, rows: Sequence[int]) -> Iterator[pa.RecordBatch]:
    start, size = 0, _FIRST_ROWS
    while start < len(rows):
        chunk = [int(row) for row in rows[start : start + size]]
        taken = 0
        for batch in _gathered(buffer, chunk):
            taken += batch.nbytes
            yield batch
        start += size
        size = max(1, min(_MOST_ROWS, 2 * size, size * _CHUNK_BYTES // max(1, taken)))


def _gathered(buffer: ResultBuffer, rows: list[int]) -> Iterator[pa.RecordBatch]:
    """Rows in the given order, as few batches as their types allow."""
    pieces = list(_pieces(buffer, rows))
    schemas = [batch.schema for batch, _, _ in pieces]
    if all(schema.equals(schemas[0]) for schema in schemas):
        yield _in_order(pieces)
        return
    # A column got a wider type in between: batches of one type each.
    owner = {place: number for number, (_, places, _) in enumerate(pieces) for place in places}
    for _, run in itertools.groupby(range(len(rows)), lambda place: schemas[owner[place]]):
        yield _in_order(list(_pieces(buffer, [rows[place] for place in run])))


# Rows of one batch of the buffer, with their places in the order asked for, and in the batch.
_Piece = tuple[pa.RecordBatch, list[int], list[int]]


def _pieces(buffer: ResultBuffer, rows: list[int]) -> Iterator[_Piece]:
    """Look each batch of the buffer up once."""
    order = sorted(range(len(rows)), key=rows.__getitem__)
    done = 0
    while done < len(order):
        row = rows[order[done]]
        batch, offset = buffer.batch_at(row)
        first = row - offset
        end = done
        while end < len(order) and rows[order[end]] < first + batch.num_rows:
            end += 1
        places = order[done:end]
        yield batch, places, [rows[place] - first for place in places]
        done = end


def _in_order(pieces: list[_Piece]) -> pa.RecordBatch:
    batches = [batch.take(pa.array(offsets)) for batch, _, offsets in pieces]
    places = [place for _, piece, _ in pieces for place in piece]
    table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    (batch,) = table.to_batches() or batches[:1]
    inverse = sorted(range(len(places)), key=places.__getitem__)
    return batch if inverse == list(range(len(places))) else batch.take(pa.array(inverse))
