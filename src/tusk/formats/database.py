"""What database files have in common: tables, one for each result set, in a file of their own.

Such a file is made by its engine, which wants a path: it grows in a temporary folder and is copied
to its place when it is complete.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from typing import IO

import pyarrow as pa

from tusk.config.scratch import ScratchFolder
from tusk.formats.rows import unique_names

_COPY_BYTES = 1024 * 1024


class DatabaseWriter(ABC):
    """Writes result sets as tables.

    Args:
        out: Binary stream; stays open.
        table: Name that was asked for; empty for those of the result sets.
        default: Name of a result set that has none.
    """

    def __init__(self, out: IO[bytes], table: str, default: str) -> None:
        self.notes: list[str] = []
        self._out = out
        self._wanted = table
        self._default = table or default or "result"
        self._folder = ScratchFolder()
        self._path = self._folder.path / "tables"
        self._table = ""
        self._next = self._default
        self._tables: set[str] = set()
        self._schema = pa.schema([])
        self._names: list[str] = []

    def begin(self, name: str) -> None:
        """Take the name of the next result set."""
        self._next = self._wanted or name or self._default

    def open(self, schema: pa.Schema) -> None:
        """Make a table."""
        self._schema = schema
        self._names = unique_columns(schema.names)
        self._table = ""
        if not len(schema):
            self.notes.append("a result without columns cannot be a table, and was left out")
            return
        self._table = self._free_name()
        self._tables.add(self._table.casefold())
        self._create()

    def _free_name(self) -> str:
        number, name = 1, self._next.replace("\0", "")
        while name.casefold() in self._tables:
            number += 1
            name = f"{self._next}_{number}"
        return name

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        if self._table and batch.num_rows:
            self._insert(batch)

    def close(self) -> None:
        """End the table."""
        if self._table:
            self._end()
            self._table = ""

    def take_back(self) -> None:
        """Remove the table of the result set that failed."""
        if self._table:
            self._drop()
            self._tables.discard(self._table.casefold())
            self._table = ""

    def finish(self) -> None:
        """Complete the file and copy it to the stream."""
        self._complete()
        with self._path.open("rb") as file:
            shutil.copyfileobj(file, self._out, _COPY_BYTES)
        self._folder.close()

    def discard(self) -> None:
        """Remove the temporary file."""
        self._release()
        self._folder.close()

    @abstractmethod
    def _create(self) -> None:
        """Make the table."""

    @abstractmethod
    def _insert(self, batch: pa.RecordBatch) -> None:
        """Add rows, of which there are some."""

    @abstractmethod
    def _end(self) -> None:
        """All rows are added."""

    @abstractmethod
    def _drop(self) -> None:
        """Remove the table."""

    @abstractmethod
    def _complete(self) -> None:
        """Write everything to the file and close it."""

    @abstractmethod
    def _release(self) -> None:
        """Close the file, whatever is in it."""


def unique_columns(names: list[str]) -> list[str]:
    """Names that a table may have: none twice, not even in another case.

    >>> unique_columns(["a", "A", "", "a_2"])
    ['a', 'A_3', 'column', 'a_2']
    """
    wanted = unique_names([name.replace("\0", "") for name in names], empty="column")
    taken = {name.casefold() for name in wanted}
    seen: set[str] = set()
    unique: list[str] = []
    for name in wanted:
        candidate, number = name, 1
        while candidate.casefold() in seen or (number > 1 and candidate.casefold() in taken):
            number += 1
            candidate = f"{name}_{number}"
        seen.add(candidate.casefold())
        unique.append(candidate)
    return unique
