"""Arrow IPC, as a file (Feather version 2) or a stream: the record batches as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import pyarrow as pa

from tusk.formats.columnar import ColumnarWriter, Sink
from tusk.formats.options import option

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions


@dataclass(frozen=True, slots=True)
class ArrowOptions:
    """Options of Arrow IPC."""

    layout: Literal["file", "stream"] = option(
        "file", "The file format (Feather), or the streaming format."
    )
    compression: Literal["none", "lz4", "zstd"] = option("none", "How values are compressed.")
    level: int | None = option(
        None, "Compression level of zstd; its own by default.", least=1, most=22
    )


class ArrowWriter(ColumnarWriter):
    """Writes one result set as Arrow IPC.

    Args:
        out: Binary stream; stays open.
        options: Those of `ArrowOptions` apply.
    """

    Options = ArrowOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        super().__init__(out, _Arrow(options.of(ArrowOptions)))


class _Arrow:
    """Arrow IPC as a kind of columnar file."""

    def __init__(self, chosen: ArrowOptions) -> None:
        self._is_stream = chosen.layout == "stream"
        codec = None
        if chosen.compression != "none":
            level = chosen.level if chosen.compression == "zstd" else None
            codec = pa.Codec(chosen.compression, compression_level=level)
        self._options = pa.ipc.IpcWriteOptions(compression=cast("Any", codec))

    def create(self, file: IO[bytes], schema: pa.Schema) -> Sink:
        create = pa.ipc.new_stream if self._is_stream else pa.ipc.new_file
        return cast("Sink", create(cast("Any", file), schema, options=self._options))

    def read(self, file: IO[bytes]) -> Iterator[pa.RecordBatch]:
        if self._is_stream:
            return iter(pa.ipc.open_stream(cast("Any", file)))
        reader = pa.ipc.open_file(cast("Any", file))
        return (reader.get_batch(number) for number in range(reader.num_record_batches))

    def names(self, schema: pa.Schema) -> list[str]:
        return schema.names

    def storable(self, type_: pa.DataType) -> pa.DataType:
        # Few readers know the view types yet.
        if pa.types.is_string_view(type_):
            return pa.large_string()
        return pa.large_binary() if pa.types.is_binary_view(type_) else type_
