"""Arrow IPC files (Feather version 2): the record batches as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, cast

import pyarrow as pa

from tusk.formats.columnar import ColumnarWriter, Sink

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions


class ArrowWriter(ColumnarWriter):
    """Writes one result set as an Arrow IPC file.

    Args:
        out: Binary stream; stays open.
        options: None applies.
    """

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        super().__init__(out, _Arrow())


class _Arrow:
    """Arrow IPC as a kind of columnar file."""

    def create(self, file: IO[bytes], schema: pa.Schema) -> Sink:
        return cast("Sink", pa.ipc.new_file(cast("Any", file), schema))

    def read(self, file: IO[bytes]) -> Iterator[pa.RecordBatch]:
        reader = pa.ipc.open_file(cast("Any", file))
        return (reader.get_batch(number) for number in range(reader.num_record_batches))

    def names(self, schema: pa.Schema) -> list[str]:
        return schema.names

    def storable(self, type_: pa.DataType) -> pa.DataType:
        # Few readers know the view types yet.
        if pa.types.is_string_view(type_):
            return pa.large_string()
        return pa.large_binary() if pa.types.is_binary_view(type_) else type_
