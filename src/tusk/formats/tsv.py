r"""Tab-separated values exactly as PostgreSQL's COPY … (FORMAT text) writes them.

A tab, line break or backslash in a value is written as `\t`, `\n`, `\\` and so on, so that each
row is one line and each tab ends a value; NULL is `\N`. Nothing is lost, and COPY reads it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from tusk.core.render.arrays import Array, byte_array, kernels
from tusk.formats.encoding import TextOptions
from tusk.formats.options import option
from tusk.formats.rows import data_texts, is_plain, joined, portions, safe_texts, used_bytes

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions

# The backslash comes first, since the others bring new ones.
_ESCAPES = {
    b"\\": b"\\\\",
    b"\b": b"\\b",
    b"\f": b"\\f",
    b"\n": b"\\n",
    b"\r": b"\\r",
    b"\t": b"\\t",
    b"\v": b"\\v",
}


@dataclass(frozen=True, slots=True)
class TsvOptions(TextOptions):
    """Options of TSV."""

    header: bool = option(True, "Begin with the column names.")
    null: str = option(r"\N", "Text for NULL.")


class TsvWriter:
    """Writes one result set as tab-separated values.

    Args:
        out: Binary stream; stays open.
        options: Those of `TsvOptions`, and `for_terminal`, apply.
    """

    Options = TsvOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        chosen = options.of(TsvOptions)
        self._out = out
        self._has_header = chosen.header and not options.is_continued
        self._for_terminal = options.for_terminal
        self._null = chosen.null.encode()
        self._schema = pa.schema([])

    def open(self, schema: pa.Schema) -> None:
        """Write the header."""
        self._schema = schema
        if self._has_header:
            names = [byte_array([name.encode()]) for name in schema.names]
            self._write([self._escaped(name) for name in names], 1)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        for part in portions(batch):
            columns = [self._column(part, number) for number in range(part.num_columns)]
            self._write(columns, part.num_rows)

    def close(self) -> None:
        """Nothing is left to write."""

    def discard(self) -> None:
        """Nothing is held."""

    def _column(self, batch: pa.RecordBatch, number: int) -> Array:
        texts = data_texts(batch, self._schema, number)
        if not is_plain(batch.column(number).type):
            texts = self._escaped(texts)
        return texts.fill_null(self._null)

    def _escaped(self, texts: Array) -> Array:
        data = bytes(used_bytes(texts))
        for mark, escape in _ESCAPES.items():
            if mark in data:
                texts = kernels.replace_substring(texts, mark, escape)
        return safe_texts(texts) if self._for_terminal else texts

    def _write(self, columns: list[Array], rows: int) -> None:
        if not columns:
            self._out.write(b"\n" * rows)
            return
        parts: list[Array | bytes] = [columns[0]]
        for column in columns[1:]:
            parts += [b"\t", column]
        self._out.write(joined([*parts, b"\n"]))
