"""CSV exactly as PostgreSQL's COPY … (FORMAT csv) writes it, whatever the engine.

NULL is nothing at all and the empty text is `""`, so that they stay apart. Values with a comma,
a quote or a line break are quoted. Lines end in a line feed. See "COPY" in PostgreSQL's manual,
and CopyAttributeOutCSV in its source.
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from tusk.core.render.arrays import Array, any_true, kernels, replace_where
from tusk.core.text import safe
from tusk.formats.rows import (
    data_texts,
    is_plain,
    joined,
    portions,
    safe_texts,
    used_bytes,
)

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions

# As many rows are written one by one: Arrow's kernels would have to be loaded first (45 ms).
FEW_ROWS = 64
_MARKED = re.compile(b'[",\r\n]')


class CsvWriter:
    """Writes one result set as CSV.

    Args:
        out: Binary stream; stays open.
        options: `header`, `null` and `for_terminal` apply.
    """

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._out = out
        self._options = options
        self._null = (options.null or "").encode()
        self._schema = pa.schema([])

    def open(self, schema: pa.Schema) -> None:
        """Write the header."""
        self._schema = schema
        if self._options.header:
            self._write_few([[name.encode()] for name in schema.names], 1)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        if batch.num_rows <= FEW_ROWS:
            texts = (data_texts(batch, self._schema, n) for n in range(batch.num_columns))
            self._write_few([text.to_pylist() for text in texts], batch.num_rows)
            return
        for part in portions(batch):
            columns = [self._column(part, number) for number in range(part.num_columns)]
            self._write(columns, part.num_rows)

    def close(self) -> None:
        """Nothing is left to write."""

    def discard(self) -> None:
        """Nothing is held."""

    def _write_few(self, columns: list[list[bytes | None]], rows: int) -> None:
        for row in range(rows):
            self._out.write(b",".join(self._field(column[row]) for column in columns) + b"\n")

    def _field(self, text: bytes | None) -> bytes:
        """One value as `_column` makes a whole column of them."""
        if text is None:
            return self._null
        if self._options.for_terminal:
            text = safe(text.decode("utf-8", "backslashreplace")).encode()
        is_end_mark = len(self._schema) == 1 and text == b"\\."
        if text == self._null or is_end_mark or _MARKED.search(text):
            return b'"' + text.replace(b'"', b'""') + b'"'
        return text

    def _column(self, batch: pa.RecordBatch, number: int) -> Array:
        texts = data_texts(batch, self._schema, number)
        if self._null or not is_plain(batch.column(number).type):
            texts = self._quoted(texts)
        return texts.fill_null(self._null)

    def _quoted(self, texts: Array) -> Array:
        if self._options.for_terminal:
            texts = safe_texts(texts)
        needs = self._needs_quotes(texts)
        if needs is None:
            return texts
        needs = needs.fill_null(False)
        inner = kernels.replace_substring(texts.filter(needs), b'"', b'""')
        quoted = kernels.binary_join_element_wise(b'"', inner, b'"', b"")
        return replace_where(texts, needs, quoted)

    def _needs_quotes(self, texts: Array) -> Array | None:
        """Which texts need quotes; None when none does, which is quick to see."""
        equals_null = kernels.equal(texts, self._null)
        needs = equals_null if any_true(equals_null) else None
        # A search through all bytes at once is many times faster than one per value.
        data = bytes(used_bytes(texts))
        if any(mark in data for mark in (b'"', b",", b"\n", b"\r")):
            marked = kernels.match_substring_regex(texts, '[",\r\n]')
            needs = marked if needs is None else kernels.or_(needs, marked)
        if len(self._schema) == 1 and b"\\." in data:
            # Alone on its line it would end the data for PostgreSQL's COPY.
            is_end_mark = kernels.equal(texts, b"\\.")
            needs = is_end_mark if needs is None else kernels.or_(needs, is_end_mark)
        return needs

    def _write(self, columns: list[Array], rows: int) -> None:
        if not columns:
            self._out.write(b"\n" * rows)
            return
        parts: list[Array | bytes] = [columns[0]]
        for column in columns[1:]:
            parts += [b",", column]
        self._out.write(joined([*parts, b"\n"]))
