"""A new SQLite file, filled with tables of rows that come from elsewhere."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

from tusk.core.dialect import quote_identifier
from tusk.core.errors import StorageError

# Nobody else sees the file before it is complete: if we are killed, it is thrown away.
_PRAGMAS = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
)


class TableFile:
    """An SQLite file being made.

    Args:
        path: Where no file is yet.
    """

    def __init__(self, path: Path) -> None:
        # Written by the thread that fetches, closed by whoever ends the export.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        with _errors():
            for pragma in (*_PRAGMAS, "BEGIN"):
                self._connection.execute(pragma)

    def create(self, table: str, columns: Sequence[tuple[str, str]]) -> None:
        """Make a table.

        Args:
            table: Its name, as it is.
            columns: Name and type of each; an empty type keeps values as they come.
        """
        inside = ", ".join(f"{quote_identifier(name)} {type_}" for name, type_ in columns)
        with _errors():
            self._connection.execute(f"CREATE TABLE {quote_identifier(table)} ({inside})")

    def insert(self, table: str, width: int, rows: Iterable[Sequence[object]]) -> None:
        """Add rows of that many values."""
        marks = ", ".join("?" * width)
        with _errors():
            statement = f"INSERT INTO {quote_identifier(table)} VALUES ({marks})"  # noqa: S608
            self._connection.executemany(statement, rows)

    def drop(self, table: str) -> None:
        """Remove a table."""
        with _errors():
            self._connection.execute(f"DROP TABLE {quote_identifier(table)}")

    def complete(self) -> None:
        """Write everything to the file."""
        with _errors():
            self._connection.execute("COMMIT")
        self._connection.close()

    def close(self) -> None:
        """Let go of a file that nobody wants."""
        self._connection.close()


@contextlib.contextmanager
def _errors() -> Generator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        if getattr(exc, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from exc
        raise StorageError(f"cannot write this result as sqlite: {exc}") from exc
    except OverflowError as exc:
        raise StorageError(f"cannot write this result as sqlite: {exc}") from exc
