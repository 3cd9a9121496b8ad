"""From batches to safe texts: the cells of a result, in blocks, the recent ones kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
from textual.cache import LRUCache

from tusk.core.text import safe
from tusk.tui.widgets.result_grid.values import ColumnFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.core.render.arrays import Array
    from tusk.core.result import ResultBuffer
    from tusk.tui.widgets.result_grid.shown import ShownColumns

BLOCK_ROWS = 64
# Dozens of screens; a block of ordinary cells takes some 6 kB.
_KEPT_BLOCKS = 1_024
_KEPT_PLACES = 16


class _Run(NamedTuple):
    """Rows that lie together: part of a batch."""

    batch: pa.RecordBatch
    offset: int
    length: int


class CellReader:
    """Reads cells of a buffer in a given order of rows.

    Args:
        buffer: Where the rows are.
        order: Buffer rows in the order in which they are shown; it may grow at its end.
        columns: The buffer's columns as they are shown: all numbers here are their places.
    """

    def __init__(self, buffer: ResultBuffer, order: Sequence[int], columns: ShownColumns) -> None:
        self._buffer = buffer
        self._order = order
        self._columns = columns
        self._is_readable = False
        self._formats: dict[int, ColumnFormat] = {}
        self._blocks: dict[tuple[int, int], list[str | None]] = {}
        self._places: LRUCache[tuple[int, int], list[_Run]] = LRUCache(_KEPT_PLACES)

    @property
    def order(self) -> Sequence[int]:
        """Buffer rows in the order in which they are shown."""
        return self._order

    def reorder(self, order: Sequence[int], *, is_longer: bool = False) -> None:
        """Show the rows in another order, or in the same one with more rows at its end."""
        self._order = order
        if not is_longer:
            self._blocks.clear()
            self._places.clear()

    @property
    def is_readable(self) -> bool:
        """Whether dates and numbers are shown as people write them. Values stay what they are."""
        return self._is_readable

    def show_readable(self, is_readable: bool) -> None:
        """Show dates and numbers as people write them, or as they are."""
        self._is_readable = is_readable
        self._blocks.clear()

    def format(self, column: int) -> ColumnFormat:
        """How a column's values are shown."""
        return self._format(self._columns.column(column))

    def _format(self, column: int) -> ColumnFormat:
        made = self._formats.get(column)
        if made is None:
            made = self._formats[column] = ColumnFormat(self._buffer.schema.field(column))
        return made

    def text(self, row: int, column: int) -> str | None:
        """The beginning of a cell's text, safe to show; None is NULL."""
        column = self._columns.column(column)
        block = self._blocks.get((row // BLOCK_ROWS, column))
        place = row % BLOCK_ROWS
        if block is None or len(block) <= place:
            block = self._load(row // BLOCK_ROWS, column)
        return block[place] if place < len(block) else None

    def texts(self, rows: range, column: int) -> list[str | None]:
        """The same for some rows of a column."""
        return [self.text(row, column) for row in rows]

    def _load(self, number: int, column: int) -> list[str | None]:
        if len(self._blocks) >= _KEPT_BLOCKS:
            for old in list(self._blocks)[: _KEPT_BLOCKS // 2]:
                del self._blocks[old]
        block = self._read(range(number * BLOCK_ROWS, (number + 1) * BLOCK_ROWS), column)
        self._blocks[number, column] = block
        return block

    def read(self, rows: range, column: int) -> list[str | None]:
        """The beginnings of texts of some rows, those that exist."""
        return self._read(rows, self._columns.column(column))

    def _read(self, rows: range, column: int) -> list[str | None]:
        texts: list[str | None] = []
        format_ = self._format(column)
        make = format_.readable_texts if self._is_readable else format_.short_texts
        for values in _joined([_values(run, column) for run in self._runs(rows)]):
            texts += make(values)
        return [text and safe(text) for text in texts]

    def value(self, row: int, column: int) -> Array:
        """A cell's value, as an array of one element.

        Raises:
            IndexError: There is no such row.
        """
        batch, offset = self._buffer.batch_at(self._order[row])
        return batch.column(self._columns.column(column)).slice(offset, 1)

    def whole_text(self, row: int, column: int) -> str | None:
        """All of a cell's text, as the engine shows it and not made safe; None is NULL.

        Raises:
            IndexError: There is no such row.
        """
        return self.format(column).texts(self.value(row, column))[0]

    def _runs(self, rows: range) -> list[_Run]:
        wanted = self._order[rows.start : rows.stop]
        place = (rows.start, len(wanted))
        runs = self._places.get(place)
        if runs is None:
            runs = self._places[place] = _find_runs(self._buffer, wanted)
        return runs


def column_values(buffer: ResultBuffer, rows: Sequence[int], column: int) -> list[Array]:
    """Some cells of a column, in order; any thread."""
    return _joined([_values(run, column) for run in _find_runs(buffer, rows)])


def _find_runs(buffer: ResultBuffer, rows: Sequence[int]) -> list[_Run]:
    runs: list[_Run] = []
    index = 0
    while index < len(rows):
        try:
            batch, offset = buffer.batch_at(rows[index])
        except IndexError:  # the buffer was closed under the grid
            break
        length = 1
        room = min(batch.num_rows - offset, len(rows) - index)
        while length < room and rows[index + length] == rows[index] + length:
            length += 1
        runs.append(_Run(batch, offset, length))
        index += length
    return runs


def _values(run: _Run, column: int) -> Array:
    return run.batch.column(column).slice(run.offset, run.length)


def _joined(arrays: list[Array]) -> list[Array]:
    """Fewer arrays with the same values, for rows that lie scattered."""
    if len(arrays) < 4 or any(array.type != arrays[0].type for array in arrays):
        return arrays
    if sum(array.nbytes for array in arrays) > 1_000_000:
        return arrays
    return [pa.concat_arrays(arrays)]
