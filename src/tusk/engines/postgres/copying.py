"""COPY: rows in bulk as CSV, what a user's own COPY sends, and the data it waits for."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa

from tusk.core.dialect import quote_text
from tusk.core.errors import QueryError
from tusk.engines.base import CsvForm
from tusk.engines.postgres.columns import convert, read_bytea
from tusk.engines.postgres.rows import make_batch
from tusk.engines.postgres.types import BYTEA, TEXT, Column, SessionText, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from psycopg.pq.abc import PGresult

    from tusk.engines.postgres.execution import Execution
    from tusk.engines.postgres.read_ahead import ReadAhead

# Large enough that the costs per block vanish, small enough to stay in the processor's cache.
_BLOCK_BYTES = 1 << 20
_FIRST_BLOCK_BYTES = 64 << 10
_SEND_BYTES = 64 << 10

COPY_CSV = ("COPY (\n", "\n) TO STDOUT (FORMAT csv)")


def copy_csv_as(form: CsvForm, *, header: bool) -> tuple[str, str]:
    """What stands around a statement whose rows are to be copied as CSV of some form.

    >>> copy_csv_as(CsvForm(delimiter=";"), header=True)[1].strip()
    ") TO STDOUT (FORMAT csv, HEADER, DELIMITER ';')"
    """
    words = ["FORMAT csv"]
    usual = CsvForm()
    if header and not form.quotes_all:
        words.append("HEADER")
    if form.quotes_all:
        words.append("FORCE_QUOTE *")
    for word, text, default in (
        ("DELIMITER", form.delimiter, usual.delimiter),
        ("QUOTE", form.quote, usual.quote),
        ("ESCAPE", form.escape or form.quote, usual.quote),
        ("NULL", form.null, usual.null),
    ):
        if text != default:
            words.append(f"{word} {_literal(text)}")
    return COPY_CSV[0], f"\n) TO STDOUT ({', '.join(words)})"


def quoted_header(form: CsvForm, names: Iterable[str]) -> bytes:
    """The column names in quotes, which COPY's FORCE_QUOTE leaves without them.

    >>> quoted_header(CsvForm(delimiter=";", quote="'"), ["a", "it's"]).strip()
    b"'a';'it''s'"
    """
    mark, escape = form.quote, form.escape or form.quote
    inner = [
        name.replace(escape, escape * 2).replace(mark, escape + mark)
        if escape != mark
        else name.replace(mark, mark * 2)
        for name in names
    ]
    return (form.delimiter.join(f"{mark}{name}{mark}" for name in inner) + "\n").encode()


def _literal(text: str) -> str:
    # With an E it means the same whatever standard_conforming_strings says.
    quoted = quote_text(text.replace("\\", "\\\\"))
    return f"E{quoted}" if "\\" in text else quoted


class CsvParser:
    """Blocks of COPY's CSV → record batches.

    Args:
        columns: The statement's columns, from its description.
        session: How the session writes values.
    """

    def __init__(self, columns: Sequence[Column], session: SessionText) -> None:
        self._columns = columns
        self._codec = session.codec
        self._schema = arrow_schema(columns)
        self._names = [str(index) for index in range(len(columns))]
        self._types = {name: c.arrow for name, c in zip(self._names, columns, strict=True)}
        self._is_typed = True

    def parse(self, block: bytes) -> pa.RecordBatch:
        """Read a block of whole rows.

        Raises:
            QueryError: It is not CSV of these columns.
        """
        if self._codec not in ("utf-8", "ascii"):
            block = block.decode(self._codec, "replace").encode()
        if self._is_typed:
            try:
                return self._typed(block)
            except (pa.ArrowInvalid, ValueError):
                # A value that Arrow's parser refuses: from here on ours, which knows more.
                self._is_typed = False
        return self._loose(block)

    def _typed(self, block: bytes) -> pa.RecordBatch:
        arrays = self._read(block, self._types)
        for index, column in enumerate(self._columns):
            if column.oid == BYTEA:
                arrays[index] = read_bytea(arrays[index])
        return make_batch(arrays, self._schema, len(arrays[0]))

    def _loose(self, block: bytes) -> pa.RecordBatch:
        try:
            raw = self._read(block, dict.fromkeys(self._names, pa.binary()))
        except pa.ArrowInvalid as exc:
            raise QueryError(f"the server sent rows of another shape: {exc}") from exc
        codec = "ascii" if self._codec == "ascii" else "utf-8"
        arrays = [convert(a, c.arrow, codec) for a, c in zip(raw, self._columns, strict=True)]
        return make_batch(arrays, self._schema, len(raw[0]))

    def _read(self, block: bytes, types: dict[str, pa.DataType]) -> list[pa.Array[Any]]:
        import pyarrow.csv as pa_csv  # 9 ms, and COPY to a CSV file needs none of it

        source: Any = pa.BufferReader(block)  # not a file for the stubs
        table = pa_csv.read_csv(
            source,
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=len(block) + 1, column_names=self._names
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            # NULL is an empty value, the empty text is quoted: see COPY's documentation.
            convert_options=pa_csv.ConvertOptions(
                column_types=types,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["t"],
                false_values=["f"],
            ),
        )
        return [column.combine_chunks() for column in table.columns]


def _copied(execution: Execution) -> Generator[list[memoryview | bytes], None, None]:
    """The rows of a COPY … TO STDOUT that the server has begun, in lists of some megabytes."""
    blocks = execution.wire.copy_rows(_FIRST_BLOCK_BYTES, _BLOCK_BYTES)
    while True:
        with execution.working():
            rows = next(blocks, None)
            if rows is None:
                execution.succeed(execution.require(execution.wire.next_result()))
                execution.affected = None
                return
            execution.watch.first_row()
        yield rows


def csv_blocks(execution: Execution) -> Generator[tuple[bytes, int], None, None]:
    """Yield the bytes of a COPY … (FORMAT csv) that the server has begun, and their rows."""
    for rows in _copied(execution):
        yield b"".join(rows), len(rows)
    # The tag of what the user ran, not of how it was fetched.
    execution.tag = execution.tag.replace("COPY", "SELECT")


def csv_batches(
    blocks: ReadAhead[tuple[bytes, int]], parser: CsvParser
) -> Generator[pa.RecordBatch, None, None]:
    """Yield the rows of blocks of CSV; closes `blocks` when it is closed."""
    try:
        for block, _ in blocks:
            yield parser.parse(block)
    finally:
        blocks.close()


def write_blocks(
    blocks: Iterable[tuple[bytes, int]],
    out: IO[bytes],
    *,
    header: bool,
    on_progress: Callable[[int], None] | None,
) -> int:
    """Write blocks of CSV; the number of rows without the header."""
    written = -1 if header else 0
    for block, rows in blocks:
        out.write(block)
        written += rows
        if on_progress is not None and written > 0:
            on_progress(written)
    return written


def line_column(copy: PGresult) -> Column:
    """The one column of a user's own COPY … TO STDOUT: a line of text, or binary data."""
    if copy.binary_tuples:
        return Column("copy", BYTEA, -1, "bytea", pa.binary(), is_short=False)
    return Column("copy", TEXT, -1, "text", pa.string(), is_short=False)


def line_batches(
    execution: Execution, column: Column, codec: str
) -> Generator[pa.RecordBatch, None, None]:
    """Yield what a user's own COPY … TO STDOUT sends, one row a line."""
    schema = arrow_schema([column])
    is_text = column.oid == TEXT
    for rows in _copied(execution):
        lines = [bytes(row) for row in rows]
        if is_text:
            lines = [line.removesuffix(b"\n") for line in lines]
        raw = pa.array(lines, pa.binary())
        array = convert(raw, column.arrow, codec) if is_text else raw
        yield make_batch([array], schema, len(lines))


def send_data(execution: Execution, data: str | None, codec: str) -> PGresult:
    """Give a COPY … FROM STDIN its lines; the statement's result.

    Raises:
        QueryError: There are none, or the server refuses them.
    """
    wire = execution.wire
    if data is None:
        wire.send(wire.pgconn.put_copy_end, b"no data")
        wire.drain()
        raise QueryError(
            "COPY … FROM STDIN has no data",
            hint="write the lines after the statement's semicolon and end them with \\., or load a "
            "file with: (echo 'COPY … FROM STDIN;'; cat FILE) | tusk query -c NAME",
        )
    encoded = memoryview(data.encode("utf-8" if codec == "ascii" else codec, "replace"))
    for start in range(0, len(encoded), _SEND_BYTES):
        wire.send(wire.pgconn.put_copy_data, encoded[start : start + _SEND_BYTES])
    wire.send(wire.pgconn.put_copy_end)
    return execution.require(wire.next_result())
