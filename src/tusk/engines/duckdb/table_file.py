"""A new DuckDB file, filled with tables of rows that come from elsewhere."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tusk.core.dialect import quote_identifier, quote_text
from tusk.core.errors import StorageError
from tusk.engines.duckdb.errors import read_report

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = "tusk_rows"
_VECTOR_ROWS = 2048
_MOST_VECTORS = 60  # DuckDB's own size of a row group
_GROUP_BYTES = 8 * 1024 * 1024
_BASE_BYTES = 48 * 1024 * 1024
# Of each column, whatever it holds.
_BLOCK_BYTES = 256 * 1024
_COPIES = 4


class TableFile:
    """A DuckDB file being made.

    DuckDB holds a row group in memory until it is complete, and fails when that is forbidden. So
    groups of wide rows are made smaller (2,048 rows at least), and the limit follows their size.

    Args:
        path: Where no file is yet.
        row_bytes: What a row takes, as far as known.
        columns: How many there are.
    """

    def __init__(self, path: Path, row_bytes: int, columns: int) -> None:
        # Of many columns, small groups would fill the file with blocks that are nearly empty.
        group_bytes = max(_GROUP_BYTES, columns * _BLOCK_BYTES // 4)
        vectors = group_bytes // max(1, row_bytes * _VECTOR_ROWS)
        self._group_rows = _VECTOR_ROWS * max(1, min(vectors, _MOST_VECTORS))
        self._limit = 0
        with _errors():
            self._connection = duckdb.connect(
                config={
                    "autoinstall_known_extensions": "false",
                    "python_enable_replacements": "false",
                    "threads": 1,
                    "temp_directory": f"{path}.tmp",
                    "errors_as_json": "true",
                }
            )
        file, size = quote_text(str(path)), self._group_rows
        self._run(f"ATTACH {file} AS tables (ROW_GROUP_SIZE {size})")
        self._run("USE tables")
        self.expect(row_bytes, columns)

    def expect(self, row_bytes: int, columns: int) -> None:
        """Allow as much memory as rows of that size need."""
        needed = _BASE_BYTES + _COPIES * self._group_rows * row_bytes + 3 * columns * _BLOCK_BYTES
        if needed > self._limit:
            self._limit = needed
            self._run(f"SET memory_limit = '{needed // 1_000_000 + 1}MB'")

    def create(self, table: str, columns: Sequence[tuple[str, str]]) -> None:
        """Make a table.

        Args:
            table: Its name, as it is.
            columns: Name and type of each.
        """
        inside = ", ".join(f"{quote_identifier(name)} {type_}" for name, type_ in columns)
        self._run(f"CREATE TABLE {quote_identifier(table)} ({inside})")

    def widen(self, table: str, column: str, type_: str) -> None:
        """Give a column another type."""
        name = quote_identifier(column)
        # A cast from text would read backslashes as escapes of bytes.
        using = f" USING encode({name}::VARCHAR)" if type_ == "BLOB" else ""
        self._run(f"ALTER TABLE {quote_identifier(table)} ALTER {name} TYPE {type_}{using}")

    def insert(self, table: str, rows: pa.Table) -> None:
        """Add rows, in the order of the table's columns."""
        with _errors():
            self._connection.register(_ROWS, rows)
            statement = f"INSERT INTO {quote_identifier(table)} FROM {_ROWS}"
            self._connection.execute(statement)
            self._connection.unregister(_ROWS)

    def drop(self, table: str) -> None:
        """Remove a table."""
        self._run(f"DROP TABLE {quote_identifier(table)}")

    def complete(self) -> None:
        """Write everything to the file."""
        self._run("CHECKPOINT tables")
        with _errors():
            self._connection.close()

    def close(self) -> None:
        """Let go of a file that nobody wants."""
        with contextlib.suppress(duckdb.Error):
            self._connection.close()

    def _run(self, statement: str) -> None:
        with _errors():
            self._connection.execute(statement)


@contextlib.contextmanager
def _errors() -> Generator[None]:
    try:
        yield
    except duckdb.Error as exc:
        text = read_report(exc).text
        if os.strerror(errno.ENOSPC) in text:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from exc
        raise StorageError(f"cannot write this result as duckdb: {text}") from exc
