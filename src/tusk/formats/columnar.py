"""What Parquet and Arrow files share: one type per column, although a column may widen midway.

A file has one schema, but a result's column may get a wider type in a later batch. Rows are
written as long as they fit; where they stop to fit a new part begins, in a temporary file, and
in the end the parts are written anew in the widest types. Nearly always there is one part, and
it is the result.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from typing import IO, Any, Protocol, cast

import pyarrow as pa

from tusk.config.scratch import scratch_root
from tusk.core.render import render_data
from tusk.core.render.arrays import Array, Field, kernels, nulls
from tusk.core.render.column import loose_text
from tusk.core.render.kinds import is_binary, is_text

_COPY_BYTES = 1024 * 1024
_INT64_MAX = 2**63 - 1


class Sink(Protocol):
    """A file being written in one schema."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows of exactly the file's types."""
        ...

    def close(self) -> None:
        """Write what is left, and the file's footer."""
        ...


class FileKind(Protocol):
    """What is particular to a file format."""

    def create(self, file: IO[bytes], schema: pa.Schema) -> Sink:
        """Begin a file at the stream's position, which counts as zero."""
        ...

    def read(self, file: IO[bytes]) -> Iterator[pa.RecordBatch]:
        """The rows of a file that `create` made."""
        ...

    def names(self, schema: pa.Schema) -> list[str]:
        """Names that columns may have."""
        ...

    def storable(self, type_: pa.DataType) -> pa.DataType:
        """The type in which values of this type are kept."""
        ...


class ColumnarWriter:
    """Writes one result set as a file of some kind.

    Args:
        out: Binary stream; stays open. One that can be read and sought is written in place,
            another gets a copy in the end.
        kind: The file format.
    """

    def __init__(self, out: IO[bytes], kind: FileKind) -> None:
        self._out = out
        self._kind = kind
        self._schema = pa.schema([])
        self._types: list[pa.DataType] = []
        self._dictionaries: list[Array | None] = []
        self._parts: list[IO[bytes]] = []
        self._sink: Sink | None = None

    def open(self, schema: pa.Schema) -> None:
        """Begin the file."""
        self._schema = schema
        self._types = [self._kind.storable(field.type) for field in schema]
        self._dictionaries = [None] * len(schema)
        self._begin(self._out if is_rewritable(self._out) else _temporary())

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows, in a new part if a column has become wider."""
        columns = [self._stored(number, column) for number, column in enumerate(batch.columns)]
        types = [wider(t, c.type) for t, c in zip(self._types, columns, strict=True)]
        if types != self._types:
            self._end()
            self._types = types
            self._begin(_temporary())
        if self._sink is not None:
            self._sink.write(self._fitted(columns, batch.num_rows))

    def close(self) -> None:
        """Finish the file."""
        self._end()
        result = self._parts[0] if len(self._parts) == 1 else self._merge()
        if result is not self._out:
            copy_over(result, self._out)
        self.discard()

    def discard(self) -> None:
        """Remove the temporary files."""
        self._sink = None
        for part in self._parts:
            if part is not self._out:
                part.close()
        self._parts = []

    def _begin(self, file: IO[bytes]) -> None:
        self._parts.append(file)
        self._sink = self._kind.create(file, self._file_schema())

    def _end(self) -> None:
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    def _file_schema(self) -> pa.Schema:
        names = self._kind.names(self._schema)
        fields = [
            pa.field(name, type_, metadata=field.metadata)
            for name, type_, field in zip(names, self._types, self._schema, strict=True)
        ]
        return pa.schema(fields, metadata=cast("Any", self._schema.metadata))

    def _stored(self, number: int, array: Array) -> Array:
        """The column in a type that the file format has."""
        if isinstance(array, pa.DictionaryArray):
            known = self._dictionaries[number]
            if known is None:
                self._dictionaries[number] = array.dictionary
            elif not array.dictionary.equals(known):
                # A file holds one dictionary per column.
                array = array.dictionary_decode()
        return fit(array, self._kind.storable(array.type), self._schema.field(number))

    def _fitted(self, columns: list[Array], rows: int) -> pa.RecordBatch:
        fitted = [
            fit(column, type_, field)
            for column, type_, field in zip(columns, self._types, self._schema, strict=True)
        ]
        if not fitted:
            nothing = cast("pa.StructArray", pa.array([{}] * rows, pa.struct([])))
            return pa.RecordBatch.from_struct_array(nothing)
        return pa.RecordBatch.from_arrays(fitted, schema=self._file_schema())

    def _merge(self) -> IO[bytes]:
        """Write all parts into one file, in the types of the last one."""
        parts, self._parts = self._parts, [*self._parts, _temporary()]
        result = self._parts[-1]
        sink = self._kind.create(result, self._file_schema())
        for part in parts:
            part.seek(0)
            for batch in self._kind.read(part):
                sink.write(self._fitted(batch.columns, batch.num_rows))
        sink.close()
        return result


def _temporary() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="tusk-", dir=scratch_root())


def is_rewritable(file: IO[bytes]) -> bool:
    """Whether a file can be written in place, going back to what was written."""
    return _is_file(file) and file.tell() == 0


def copy_over(source: IO[bytes], out: IO[bytes]) -> None:
    """Write a whole file in place of what was written so far."""
    source.seek(0)
    if _is_file(out):
        out.seek(0)
        out.truncate()
    shutil.copyfileobj(source, out, _COPY_BYTES)


def _is_file(file: IO[bytes]) -> bool:
    return file.readable() and file.seekable()


# ── types ────────────────────────────────────────────────────────────────────────────────


def wider(known: pa.DataType, new: pa.DataType) -> pa.DataType:
    """A type that holds the values of both: the same, a union that has both, text, or bytes.

    >>> wider(pa.decimal128(10, 2), pa.string())
    DataType(string)
    """
    if known == new or pa.types.is_null(new):
        return known
    if pa.types.is_null(known):
        return new
    for union, other in ((known, new), (new, known)):
        if pa.types.is_union(union) and other in _children(union):
            return union
    if is_binary(known) or is_binary(new):
        return pa.large_binary()
    return pa.large_string() if pa.large_string() in (known, new) else pa.string()


def _children(union: pa.DataType) -> list[pa.DataType]:
    return [union.field(code).type for code in range(union.num_fields)]


def fit(array: Array, type_: pa.DataType, field: Field) -> Array:
    """The values in a wider type; texts are those that a data file gets."""
    if array.type == type_:
        return array
    if pa.types.is_null(array.type):
        return nulls(len(array), type_)
    if pa.types.is_union(type_):
        return _in_union(array, type_)
    if pa.types.is_timestamp(type_):
        return _in_milliseconds(array, type_)
    texts = render_data(array, field)
    if is_text(type_) and is_binary(texts.type):
        values = [None if v is None else loose_text(v) for v in texts.to_pylist()]
        return pa.array(values, type_)
    return texts.cast(type_)


def _in_union(array: Array, union: pa.DataType) -> Array:
    """Values of one type as a dense union that has this type."""
    fields = [union.field(code) for code in range(union.num_fields)]
    code = [field.type for field in fields].index(array.type)
    children = [array if n == code else nulls(0, field.type) for n, field in enumerate(fields)]
    codes = pa.array([code] * len(array), pa.int8())
    offsets = pa.array(range(len(array)), pa.int32())
    return pa.UnionArray.from_dense(
        cast("Any", codes), cast("Any", offsets), children, [field.name for field in fields]
    )


def _in_milliseconds(array: Array, type_: pa.DataType) -> Array:
    """Timestamps in seconds, with their extremes, which mean infinity, kept."""
    seconds = array.view(pa.int64())
    is_extreme = kernels.greater_equal(
        kernels.abs(kernels.max_element_wise(seconds, -_INT64_MAX)), _INT64_MAX
    )
    return kernels.if_else(is_extreme, seconds, kernels.multiply(seconds, 1000)).view(type_)
