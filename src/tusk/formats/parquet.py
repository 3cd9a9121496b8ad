"""Parquet files: compressed with Zstandard, in row groups of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from tusk.formats.columnar import ColumnarWriter, Sink
from tusk.formats.encoding import check_level
from tusk.formats.options import option
from tusk.formats.rows import unique_names

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions

# A row group is held in memory until it is written; DuckDB's and Spark's readers do best with
# groups of about this many rows.
_GROUP_ROWS = 122_880
# Columns of many distinct values are written faster and smaller without a dictionary; this is
# where the writer gives up. (1 million rows of 11 columns: 0.44 s and 45 MB, not 0.82 and 54.)
_DICTIONARY_BYTES = 64 * 1024
_GROUP_BYTES = 64 * 1024 * 1024
_READ_ROWS = 8192


@dataclass(frozen=True, slots=True)
class ParquetOptions:
    """Options of Parquet."""

    compression: Literal["zstd", "snappy", "gzip", "lz4", "brotli", "none"] = option(
        "zstd", "How values are compressed."
    )
    level: int | None = option(
        None,
        "Compression level, of zstd (1 to 22), gzip (1 to 9) and brotli (0 to 11). zstd's "
        "default here is 1.",
        least=0,
        most=22,
    )
    row_group: int = option(
        _GROUP_ROWS, "Most rows in a row group, which is held in memory.", least=1, most=10_000_000
    )

    @property
    def codec_level(self) -> int | None:
        """The level for pyarrow; None where it has its own, or none."""
        if self.compression not in ("zstd", "gzip", "brotli"):
            return None
        return 1 if self.level is None and self.compression == "zstd" else self.level


class ParquetWriter(ColumnarWriter):
    """Writes one result set as a Parquet file.

    Names are made unique, since Parquet's readers refuse duplicates. Types that Parquet has not
    (intervals, SQLite's types per value) are stored as the text that the engine shows.

    Args:
        out: Binary stream; stays open.
        options: Those of `ParquetOptions` apply.

    Raises:
        UsageError: The compression has no such level.
    """

    Options = ParquetOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        super().__init__(out, _Parquet(options.of(ParquetOptions)))


class _Parquet:
    """Parquet as a kind of columnar file."""

    def __init__(self, chosen: ParquetOptions) -> None:
        if chosen.codec_level is not None:
            check_level(chosen.compression, chosen.codec_level)
        self._chosen = chosen

    def create(self, file: IO[bytes], schema: pa.Schema) -> Sink:
        return _RowGroups(file, schema, self._chosen)

    def read(self, file: IO[bytes]) -> Iterator[pa.RecordBatch]:
        return pq.ParquetFile(file).iter_batches(_READ_ROWS)

    def names(self, schema: pa.Schema) -> list[str]:
        return unique_names(schema.names, empty="column")

    def storable(self, type_: pa.DataType) -> pa.DataType:
        if pa.types.is_string_view(type_) or not _has_counterpart(type_):
            return pa.large_string()
        if pa.types.is_binary_view(type_):
            return pa.large_binary()
        if isinstance(type_, pa.TimestampType) and type_.unit == "s":
            return pa.timestamp("ms", type_.tz)
        return type_


def _has_counterpart(type_: pa.DataType) -> bool:
    if pa.types.is_interval(type_) or pa.types.is_union(type_):
        return False
    if pa.types.is_run_end_encoded(type_):
        return False
    if pa.types.is_nested(type_):
        children = [type_.field(i).type for i in range(type_.num_fields)]
        return bool(children) and all(map(_has_counterpart, children))
    return True


class _RowGroups:
    """Collects batches and writes them as row groups."""

    def __init__(self, file: IO[bytes], schema: pa.Schema, chosen: ParquetOptions) -> None:
        self._group_rows = chosen.row_group
        self._writer = pq.ParquetWriter(
            file,
            schema,
            compression=chosen.compression,
            compression_level=chosen.codec_level,
            dictionary_pagesize_limit=_DICTIONARY_BYTES,
        )
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        while self._rows + batch.num_rows > self._group_rows:
            room = self._group_rows - self._rows
            self._keep(batch.slice(0, room))
            self._flush()
            batch = batch.slice(room)
        self._keep(batch)
        if self._bytes >= _GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _keep(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_batches(self._batches), self._group_rows)
        self._batches, self._rows, self._bytes = [], 0, 0
