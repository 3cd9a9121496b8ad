"""Finding a row again in a result that was read once more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tusk.core.render.arrays import Array, kernels
from tusk.services.results.identity import distinct_texts

if TYPE_CHECKING:
    import pyarrow as pa

    from tusk.core.result import ResultBuffer

# Of a row without a key so many columns say which one it is.
MOST_COLUMNS = 16


def texts_of(buffer: ResultBuffer, row: int, columns: Sequence[int]) -> list[str | None]:
    """What some cells of a row hold, the same for the same values.

    Raises:
        IndexError: There is no such row, or the buffer was closed.
    """
    batch, offset = buffer.batch_at(row)
    cells = [
        (batch.column(column).slice(offset, 1), buffer.schema.field(column)) for column in columns
    ]
    return [distinct_texts(*cell)[0].as_py() for cell in cells]


def find_row(
    buffer: ResultBuffer, columns: Sequence[int], texts: Sequence[str | None], near: int = 0
) -> int | None:
    """The first row with these values; None when there is none.

    Args:
        buffer: Where to look.
        columns: Which columns.
        texts: What they hold, as `texts_of` says it.
        near: Where the row was before: it is taken if it is there still.

    Raises:
        IndexError: The buffer was closed.
    """
    if not columns:
        return None
    if near < buffer.num_rows and texts_of(buffer, near, columns) == list(texts):
        return near
    start = 0
    for batch in buffer.batches():
        found = _place_in(batch, buffer.schema, columns, texts)
        if found is not None:
            return start + found
        start += batch.num_rows
    return None


def _place_in(
    batch: pa.RecordBatch, schema: pa.Schema, columns: Sequence[int], texts: Sequence[str | None]
) -> int | None:
    rows: Array | None = None
    for column, text in zip(columns, texts, strict=True):
        values = batch.column(column)
        if rows is not None:
            values = values.take(rows)  # only those that are left are looked at any further
        shown = distinct_texts(values, schema.field(column))
        mask = shown.is_null() if text is None else kernels.equal(shown, text).fill_null(False)
        places = kernels.indices_nonzero(mask)
        rows = places if rows is None else rows.take(places)
        if not len(rows):
            return None
    place: int | None = None if rows is None else rows[0].as_py()
    return place
