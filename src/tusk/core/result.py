"""`ResultBuffer`: the rows of one result set, in memory up to a budget, then in a spill file.

Over the budget, batches go as Arrow IPC into an unlinked file and are read back through a memory
map. Pages that nobody looked at lately are given back to the system, so resident memory follows
what is looked at, not what was fetched.
"""

from __future__ import annotations

import bisect
import errno
import mmap
import os
import tempfile
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from tusk.core.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEFAULT_BUDGET_BYTES = 256 * 1024 * 1024

# Spilled batches are cut to about this size, so that one row costs no more than that.
_PIECE_BYTES = 4 * 1024 * 1024
# The spill file grows by this much at a time, without taking room on disk before it is written.
# Each part has one map, and each map costs a file descriptor.
_EXTENT_BYTES = 256 * 1024 * 1024
# After that much was written, Arrow's allocator is told to give back what it keeps of freed memory:
# with wide batches some 300 MB, for 3 ms.
_RELEASE_BYTES = 64 * 1024 * 1024
# Pieces read lately stay mapped up to this size.
_RECENT_BYTES = 48 * 1024 * 1024
# Arrow's own alignment, in case it is told to check it.
_ALIGNMENT = 64
# A batch that holds this much more memory than its values take is copied: a slice of a large
# parent would keep all of it.
_SLACK_RATIO = 1.5
_SLACK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Spilled:
    """Where some rows lie in the spill file.

    Args:
        extent: Number of the extent.
        offset: Of the first byte, in the extent.
        size: Bytes.
        codec: How they were written.
    """

    extent: int
    offset: int
    size: int = field(compare=False)
    codec: _Codec = field(compare=False)


class ResultBuffer:
    """An append-only sequence of record batches with random access by row.

    One thread appends while others read; no reader ever waits for the disk of the writer. Batches
    may differ in a column's type (see `tusk.engines.base.Cursor.batches`). Views of strings and
    bytes come back as plain ones; everything else comes back as it was.

    Args:
        schema: Schema of the result set.
        budget_bytes: Arrow bytes kept in memory before batches go to the file.
        folder: Where the spill file is made; the system's temporary folder by default.
    """

    def __init__(
        self,
        schema: pa.Schema,
        *,
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        folder: Path | None = None,
    ) -> None:
        self.schema = schema
        self._budget = budget_bytes
        self._file = _SpillFile(folder)
        self._codec = _Codec(schema)
        self._writing = threading.Lock()
        self._entries: list[pa.RecordBatch | _Spilled] = []
        self._ends: list[int] = []  # _ends[i]: rows in entries 0 … i; grows after _entries
        self._memory = 0
        self._failure: StorageError | None = None
        self._is_closed = False

    @property
    def num_rows(self) -> int:
        """Rows appended so far."""
        ends = self._ends
        return ends[-1] if ends else 0

    @property
    def num_columns(self) -> int:
        """Columns of the result set."""
        return len(self.schema)

    @property
    def memory_bytes(self) -> int:
        """Arrow bytes held in memory (not those of the spill file)."""
        return 0 if self._is_closed else self._memory

    @property
    def spilled_bytes(self) -> int:
        """Bytes in the spill file."""
        return self._file.size

    @property
    def is_closed(self) -> bool:
        """Whether the rows were given back."""
        return self._is_closed

    def append(self, batch: pa.RecordBatch) -> None:
        """Add rows at the end; nothing happens when the buffer is closed.

        Raises:
            StorageError: The spill file cannot take them (disk full …). Everything appended
                before stays readable, and nothing more can be appended.
        """
        if batch.num_rows == 0:
            return
        try:
            with self._writing:
                if self._failure is not None:
                    raise self._failure
                self._keep(batch)
        finally:
            self._close_file_if_over()

    def _keep(self, batch: pa.RecordBatch) -> None:
        # Taken first: when `close` comes in between, rows go to the lists it has let go.
        entries, ends = self._entries, self._ends
        if self._is_closed:
            return
        if not self._codec.fits(batch):
            self._codec = _Codec(batch.schema)
        batch = self._codec.plain(batch)
        if self._memory + batch.nbytes > self._budget:
            try:
                kept = self._file.write(batch, self._codec)
            except StorageError as exc:
                self._failure = exc
                raise
        else:
            compact = self._codec.compact(batch)
            self._memory += compact.get_total_buffer_size()
            kept = [(compact, compact.num_rows)]
        for entry, rows in kept:
            entries.append(entry)
            ends.append((ends[-1] if ends else 0) + rows)

    def batch_at(self, row: int) -> tuple[pa.RecordBatch, int]:
        """A batch holding `row`, and the row's offset in it. Any thread.

        Args:
            row: 0 … num_rows-1.

        Raises:
            IndexError: No such row, or the buffer was closed.
        """
        ends, entries = self._ends, self._entries
        index = bisect.bisect_right(ends, row)
        if row < 0 or index >= len(ends):
            raise IndexError(row)
        entry = entries[index]
        start = ends[index - 1] if index else 0
        batch = self._file.read(entry) if isinstance(entry, _Spilled) else entry
        return batch, row - start

    def batches(self, start: int = 0, stop: int | None = None) -> Iterator[pa.RecordBatch]:
        """Yield rows `start` … `stop`-1 as batches, in order. Any thread.

        Raises:
            IndexError: The buffer was closed meanwhile.
        """
        stop = self.num_rows if stop is None else min(stop, self.num_rows)
        row = start
        while row < stop:
            batch, offset = self.batch_at(row)
            length = min(batch.num_rows - offset, stop - row)
            yield batch.slice(offset, length)
            row += length

    def close(self) -> None:
        """Give memory and file back. Batches already handed out stay valid. Idempotent."""
        self._is_closed = True
        # New lists, not empty ones: a reader may be between two looks at them.
        self._ends = []
        self._entries = []
        self._close_file_if_over()

    def _close_file_if_over(self) -> None:
        """Close the file, unless a thread is writing to it, which then does it itself."""
        while self._is_closed and self._file.is_open and self._writing.acquire(blocking=False):
            try:
                self._file.close()
            finally:
                self._writing.release()


class _SpillFile:
    """Batches in an unlinked file, mapped in extents. One writer, many readers."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file = -1
        self._give_back: Callable[[], object] = lambda: None
        self._extents: list[mmap.mmap] = []
        self._extent_start = 0
        self._used = 0  # of the last extent
        self._lock = threading.Lock()
        self._recent: OrderedDict[_Spilled, pa.RecordBatch] = OrderedDict()
        self._recent_bytes = 0
        self._unreleased = 0
        self.size = 0

    @property
    def is_open(self) -> bool:
        return self._file >= 0

    def write(
        self, batch: pa.RecordBatch, codec: _Codec
    ) -> list[tuple[pa.RecordBatch | _Spilled, int]]:
        """Write rows in pieces; the pieces, each with its number of rows."""
        pieces = -(-batch.nbytes // _PIECE_BYTES)
        rows = max(1, -(-batch.num_rows // max(1, pieces)))
        written: list[tuple[pa.RecordBatch | _Spilled, int]] = []
        try:
            for start in range(0, batch.num_rows, rows):
                piece = batch.slice(start, rows)
                written.append((self._write_piece(piece, codec), piece.num_rows))
        except OSError as exc:
            raise _cannot_spill(exc, self._folder) from exc
        self._release_memory(batch.nbytes)
        return written

    def _release_memory(self, size: int) -> None:
        self._unreleased += size
        if self._unreleased >= _RELEASE_BYTES:
            self._unreleased = 0
            pa.default_memory_pool().release_unused()

    def _write_piece(self, piece: pa.RecordBatch, codec: _Codec) -> _Spilled:
        message = codec.encode(piece)
        if self._file < 0:
            self._open()
        if not self._extents or self._used + message.size > len(self._extents[-1]):
            self._add_extent(message.size)
        place = _Spilled(len(self._extents) - 1, self._used, message.size, codec)
        _write_all(self._file, memoryview(message), self._extent_start + self._used)
        self._used += -(-message.size // _ALIGNMENT) * _ALIGNMENT
        self.size += message.size
        return place

    def _open(self) -> None:
        if self._folder is not None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Without a name from the start (or unlinked at once), so nobody else can open it and
        # nothing is left behind, whatever happens to us.
        with tempfile.TemporaryFile(prefix="tusk-", dir=self._folder) as file:
            self._file = os.dup(file.fileno())
        self._give_back = weakref.finalize(self, os.close, self._file)

    def _add_extent(self, needed: int) -> None:
        start = self._extent_start + (len(self._extents[-1]) if self._extents else 0)
        length = _extend(self._file, start, needed)
        extent = mmap.mmap(self._file, length, offset=start, access=mmap.ACCESS_READ)
        self._extents.append(extent)
        self._extent_start, self._used = start, 0

    def read(self, place: _Spilled) -> pa.RecordBatch:
        """The rows of a piece, without a copy."""
        with self._lock:
            batch = self._recent.get(place)
            if batch is not None:
                self._recent.move_to_end(place)
                return batch
            try:
                extent = self._extents[place.extent]
            except IndexError:
                raise IndexError("the buffer was closed") from None
        batch = place.codec.decode(pa.py_buffer(extent).slice(place.offset, place.size))
        with self._lock:
            self._remember(place, batch)
        return batch

    def _remember(self, place: _Spilled, batch: pa.RecordBatch) -> None:
        if not self._extents or place in self._recent:
            return
        self._recent[place] = batch
        self._recent_bytes += place.size
        while self._recent_bytes > _RECENT_BYTES and len(self._recent) > 1:
            old, _ = self._recent.popitem(last=False)
            self._recent_bytes -= old.size
            _drop_pages(self._extents[old.extent], old.offset, old.size)

    def close(self) -> None:
        with self._lock:
            self._recent.clear()
            self._recent_bytes = 0
            # Not closed: batches handed out still refer to them.
            self._extents = []
        self._file = -1
        self._give_back()


def _extend(file: int, start: int, needed: int) -> int:
    """Make the file longer for another extent, by less where a limit forbids more."""
    page = mmap.ALLOCATIONGRANULARITY
    least = -(-needed // page) * page
    length = max(_EXTENT_BYTES, least)
    while True:
        try:
            os.ftruncate(file, start + length)
        except OSError:
            if length == least:
                raise
            length = max(least, length // 2 // page * page)
        else:
            return length


def _write_all(file: int, data: memoryview, offset: int) -> None:
    while data:
        written = os.pwrite(file, data, offset)
        data = data[written:]
        offset += written


def _drop_pages(extent: mmap.mmap, offset: int, size: int) -> None:
    """Let the system have the memory of a piece; it is read from the file again when needed."""
    if hasattr(mmap, "MADV_DONTNEED"):
        start = offset // mmap.PAGESIZE * mmap.PAGESIZE
        extent.madvise(mmap.MADV_DONTNEED, start, offset + size - start)


def _cannot_spill(exc: OSError, folder: Path | None) -> StorageError:
    reasons = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EFBIG: "the limit for file sizes is reached",
    }
    reason = reasons.get(exc.errno or 0) or exc.strerror or str(exc)
    return StorageError(
        f"cannot keep more rows of this result: {reason}",
        hint="rows fetched so far stay readable; free space in "
        f"{folder or tempfile.gettempdir()}, "
        "set a fetch limit, or export to another disk",
    )


class _Codec:
    """Writes the values of batches of one schema as Arrow IPC, and reads them back.

    A bare IPC message, which costs least, leaves dictionaries out: with any of them each batch is
    a stream of its own.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._given = schema
        self._plain = _without_views(schema)
        self._is_stream = any(_has_dictionary(type_) for type_ in schema.types)

    def fits(self, batch: pa.RecordBatch) -> bool:
        """Whether this is for batches like that one. One for all saves a schema for each."""
        return batch.schema is self._given or batch.schema.equals(self._given, check_metadata=True)

    def plain(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch without views."""
        if self._plain is self._given:
            return batch
        columns = [
            column if column.type == type_ else column.cast(type_)
            for column, type_ in zip(batch.columns, self._plain.types, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self._plain)

    def compact(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The plain batch, copied where it holds much more memory than its values take."""
        if batch.get_total_buffer_size() <= batch.nbytes * _SLACK_RATIO + _SLACK_BYTES:
            return batch
        return self.decode(self.encode(batch))

    def encode(self, batch: pa.RecordBatch) -> pa.Buffer:
        """The values of a plain batch."""
        if not self._is_stream:
            return batch.serialize()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return sink.getvalue()

    def decode(self, data: pa.Buffer) -> pa.RecordBatch:
        """The plain batch that `encode` was given."""
        if self._is_stream:
            return pa.ipc.open_stream(data).read_next_batch()
        return pa.ipc.read_record_batch(data, self._plain)


def _has_dictionary(type_: pa.DataType) -> bool:
    if pa.types.is_dictionary(type_):
        return True
    if isinstance(type_, pa.BaseExtensionType):
        return _has_dictionary(type_.storage_type)
    return any(_has_dictionary(type_.field(i).type) for i in range(type_.num_fields))


def _without_views(schema: pa.Schema) -> pa.Schema:
    """The schema with plain text and bytes for views of them; the same one without any.

    Few of Arrow's kernels know views, and a slice of them holds all the text of its parent.
    """
    for index, column in enumerate(schema):
        if pa.types.is_string_view(column.type):
            schema = schema.set(index, column.with_type(pa.large_string()))
        elif pa.types.is_binary_view(column.type):
            schema = schema.set(index, column.with_type(pa.large_binary()))
    return schema
