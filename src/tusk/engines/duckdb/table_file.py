"""A new DuckDB file, filled with tables of rows that come from elsewhere."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tusk.core.dialect import quote_identifier
from tusk.core.errors import StorageError
from tusk.engines.duckdb.errors import read_report

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = "tusk_rows"


class TableFile:
    """A DuckDB file being made.

    Args:
        path: Where no file is yet.
    """

    def __init__(self, path: Path) -> None:
        with _errors():
            self._connection = duckdb.connect(
                path,
                config={
                    "autoinstall_known_extensions": "false",
                    "python_enable_replacements": "false",
                    # Rows come batch by batch and in order: more would only be kept longer.
                    "memory_limit": "512MB",
                    "threads": 1,
                    "errors_as_json": "true",
                },
            )

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
        self._run(f"ALTER TABLE {quote_identifier(table)} ALTER {name} TYPE {type_}")

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
        self._run("CHECKPOINT")
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
