"""In which order rows are shown: as they came, or by an index that may still be growing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast, overload

import pyarrow as pa
import pyarrow.compute as pc

from tusk.core.render.arrays import Array, kernels, without_null

if TYPE_CHECKING:
    from tusk.core.result import ResultBuffer

# Rows handled by one call of Arrow's kernels: large enough that calls cost nothing, small enough
# that a column of them is a few megabytes.
RUN_ROWS = 1_000_000
_COPIED_BYTES = 1_000_000


class RowIndex(Sequence[int]):
    """Buffer rows in the order in which they are shown. It grows at its end.

    Four bytes per row, unless there are more than four billion of them.
    """

    def __init__(self) -> None:
        self._chunks: list[Array] = []
        self._ends: list[int] = []

    def append(self, rows: Array) -> None:
        """Add rows at the end."""
        if len(rows):
            fits = pc.max(rows).as_py() < 2**32
            self._chunks.append(rows.cast(pa.uint32() if fits else pa.uint64()))
            self._ends.append(len(self) + len(rows))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return [row for chunk in self.chunks(start, stop) for row in without_null(chunk)]
        if not 0 <= index < len(self):
            raise IndexError(index)
        (row,) = self[index : index + 1]
        return row

    def index(self, value: int, start: int = 0, stop: int | None = None) -> int:
        """Where a buffer row is shown."""
        place = start
        for chunk in self.chunks(start, stop):
            found = (
                pc.index(chunk, value).as_py() if value < 2**32 or chunk.type == pa.uint64() else -1
            )
            if found >= 0:
                return place + found
            place += len(chunk)
        raise ValueError(value)

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[Array]:
        """Rows `start` … `stop`-1 as arrays of whole numbers."""
        stop = len(self) if stop is None else stop
        number = bisect_right(self._ends, start)
        while start < stop:
            chunk = self._chunks[number]
            offset = start - (self._ends[number] - len(chunk))
            part = chunk.slice(offset, min(len(chunk) - offset, stop - start))
            yield part
            start += len(part)
            number += 1


def row_numbers(rows: range) -> Array:
    """Whole numbers one after the other."""
    arange = cast("Any", pa).arange  # not in the stubs
    return cast("Array", arange(rows.start, rows.stop).cast(pa.uint64()))


class Rows:
    """Rows of a buffer to work on, all of them or some, in the buffer's order.

    Args:
        buffer: Where they are.
        some: Which ones, ascending; None for all that are there now.
    """

    def __init__(self, buffer: ResultBuffer, some: RowIndex | None = None) -> None:
        self._buffer = buffer
        self._ids: Array | None = None
        if some is not None:
            chunks = [chunk.cast(pa.uint64()) for chunk in some.chunks()]
            self._ids = pa.concat_arrays(chunks) if chunks else pa.array([], pa.uint64())
        self._count = buffer.num_rows if self._ids is None else len(self._ids)

    def __len__(self) -> int:
        return self._count

    def runs(self) -> Iterator[range]:
        """Parts of all rows that are handled at once."""
        for start in range(0, self._count, RUN_ROWS):
            yield range(start, min(start + RUN_ROWS, self._count))

    def ids(self, run: range) -> Array:
        """Where in the buffer the rows of a run are."""
        if self._ids is not None:
            return self._ids.slice(run.start, len(run))
        return row_numbers(run)

    def column(self, run: range, column: int) -> list[Array]:
        """Values of a column in a run, in as many arrays as it takes."""
        if self._ids is None:
            batches = self._buffer.batches(run.start, run.stop)
            return list(_copied(batch.column(column) for batch in batches))
        return list(self._taken(self._ids.slice(run.start, len(run)), column))

    def _taken(self, ids: Array, column: int) -> Iterator[Array]:
        done = 0
        while done < len(ids):
            first = ids[done].as_py()
            batch, offset = self._buffer.batch_at(first)
            end = first - offset + batch.num_rows
            stop = kernels.search_sorted(ids, pa.array([end], pa.uint64()))[0].as_py()
            places = kernels.subtract(
                ids.slice(done, stop - done), pa.scalar(first - offset, pa.uint64())
            )
            yield batch.column(column).take(places)
            done = stop


def _copied(arrays: Iterable[Array]) -> Iterator[Array]:
    """The same values in fewer arrays, copied while their part of the spill file is at hand.

    Views would bring it back when they are read later, and 600 MB of a result of 2 GB would stay
    resident while it is sorted.
    """
    few: list[Array] = []
    size = 0
    for array in arrays:
        if few and (array.type != few[0].type or size + array.nbytes > _COPIED_BYTES):
            yield pa.concat_arrays(few)
            few, size = [], 0
        few.append(array)
        size += array.nbytes
    if few:
        yield pa.concat_arrays(few)
