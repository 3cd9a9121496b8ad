"""Folders and the columns of data files, for completion inside of DuckDB's `FROM '…'`.

Reading happens in `FileCatalog.fetch`, which the caller runs on a thread of its own; completion
only looks at what is known already.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Generic, TypeVar

from tusk.core.errors import TuskError
from tusk.engines.datafiles import data_format
from tusk.services.completion.candidates import Wanted, WantedColumns, WantedFolder

if TYPE_CHECKING:
    from tusk.services.completion.snapshot import Column

T = TypeVar("T")

_MAX_ENTRIES = 5000
_MAX_FOLDERS = 64
_MAX_FILES = 256
# What is older is shown, but read again.
_FRESH_S = 5.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a folder."""

    name: str
    is_folder: bool
    is_data: bool


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    value: T
    at: float


class FileCatalog:
    """What is known of folders and files.

    Args:
        describe: Gives the columns of a source as it stands in FROM; may raise TuskError.
        clock: For how long something is fresh.
    """

    def __init__(
        self,
        describe: Callable[[str], Sequence[Column]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._describe = describe
        self._clock = clock
        self._folders: OrderedDict[str, _Known[tuple[Entry, ...]]] = OrderedDict()
        self._columns: OrderedDict[str, _Known[tuple[Column, ...]]] = OrderedDict()

    def entries(self, folder: str) -> tuple[tuple[Entry, ...], bool]:
        """A folder's entries as far as known, and whether they should be read (again)."""
        return self._look(self._folders, folder)

    def columns(self, source: str) -> tuple[tuple[Column, ...], bool]:
        """A file's columns as far as known, and whether they should be read (again)."""
        return self._look(self._columns, source)

    def _look(
        self, known: OrderedDict[str, _Known[tuple[T, ...]]], key: str
    ) -> tuple[tuple[T, ...], bool]:
        found = known.get(key)
        if found is None:
            return (), True
        return found.value, self._clock() - found.at > _FRESH_S

    def fetch(self, wanted: Iterable[Wanted]) -> None:
        """Read folders and files. Blocks: call it from a worker, one call at a time.

        What cannot be read has no entries or columns; it is tried again when asked for later.
        """
        for each in wanted:
            match each:
                case WantedFolder(path=path):
                    _keep(self._folders, path, _Known(_listed(path), self._clock()), _MAX_FOLDERS)
                case WantedColumns(source=source):
                    try:
                        columns = tuple(self._describe(source))
                    except TuskError:
                        columns = ()
                    _keep(self._columns, source, _Known(columns, self._clock()), _MAX_FILES)


def _keep(known: OrderedDict[str, _Known[T]], key: str, value: _Known[T], most: int) -> None:
    known[key] = value
    known.move_to_end(key)
    while len(known) > most:
        known.popitem(last=False)


def _listed(path: str) -> tuple[Entry, ...]:
    """Names in a folder: folders and data files first, hidden ones last. Opens no file."""
    entries: list[Entry] = []
    try:
        with os.scandir(Path(path or ".").expanduser()) as found:
            for each in found:
                if len(entries) == _MAX_ENTRIES:
                    break
                entries.append(_entry(each))
    except (OSError, ValueError, RuntimeError):  # no home folder is a RuntimeError
        return ()
    return tuple(sorted(entries, key=_order))


def _entry(found: os.DirEntry[str]) -> Entry:
    try:
        is_folder = found.is_dir()
    except OSError:
        is_folder = False
    is_data = not is_folder and data_format(PurePath(found.name)) is not None
    return Entry(found.name, is_folder, is_data)


def _order(entry: Entry) -> tuple[bool, int, str]:
    return entry.name.startswith("."), 0 if entry.is_folder or entry.is_data else 1, entry.name
