"""tusk's own SQLite database: opened, checked, migrated, safe with several processes.

Migrations are numbered `.sql` files in a folder of `tusk/store` for each kind of database; the
number of the last one that ran is the database's `user_version`.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import logging
import os
import sqlite3
import threading
from collections.abc import Generator
from pathlib import Path

from tusk.config.files import FILE_MODE, locked, make_private_folder, set_aside, storage_error
from tusk.core.errors import StorageError

_log = logging.getLogger(__name__)

# Another tusk holds the database for a few milliseconds only.
_BUSY_TIMEOUT_S = 5.0
# The folder with the migrations of the workspace.
WORKSPACE = "migrations"


class _TooNewError(Exception):
    """The database was made by a newer tusk."""


def migrations(kind: str = WORKSPACE) -> list[tuple[int, str]]:
    """Number and SQL of every migration of one kind of database, in order."""
    folder = importlib.resources.files("tusk.store") / kind
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(int(name.partition("_")[0]), (folder / name).read_text("utf-8")) for name in names]


class Database:
    """An open database. May be used from any thread, one statement or transaction at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self.path = path
        """The file, None for a database in memory."""

    @classmethod
    def open(cls, path: Path, kind: str = WORKSPACE, *, is_checked: bool = True) -> Database:
        """Open a database, making or migrating it first.

        A damaged file is set aside and a new one begun. One that a newer tusk made is left
        alone, and this version keeps a file of its own beside it. Both are logged as warnings.

        Args:
            path: The file.
            kind: The folder with its migrations.
            is_checked: Look through the whole file for damage, which takes time for a large one.

        Raises:
            StorageError: It cannot be opened or made.
        """
        make_private_folder(path.parent)
        with locked(path):
            try:
                return cls._open_file(path, kind, is_checked=is_checked)
            except _TooNewError:
                return cls._open_own_version(path, kind, is_checked=is_checked)

    @classmethod
    def in_memory(cls) -> Database:
        """A database that is gone when it is closed."""
        connection = _connect(":memory:")
        _migrate(connection, WORKSPACE)
        return cls(connection, None)

    @classmethod
    def _open_own_version(cls, path: Path, kind: str, *, is_checked: bool) -> Database:
        version = migrations(kind)[-1][0]
        own = path.with_name(f"{path.stem}.v{version}{path.suffix}")
        _log.warning(
            "%s was made by a newer tusk and is left as it is; this tusk uses %s", path, own
        )
        return cls._open_file(own, kind, is_checked=is_checked)

    @classmethod
    def _open_file(cls, path: Path, kind: str, *, is_checked: bool) -> Database:
        try:
            return cls(_open_sound(path, kind, is_checked=is_checked), path)
        except sqlite3.DatabaseError as exc:
            # OperationalError is about the surroundings (disk, locks), not about the content.
            if isinstance(exc, sqlite3.OperationalError):
                raise _sqlite_error(path, exc) from exc
            _set_database_aside(path, exc)
        try:
            return cls(_open_sound(path, kind, is_checked=is_checked), path)
        except sqlite3.Error as exc:
            raise _sqlite_error(path, exc) from exc

    @contextlib.contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """A transaction that is committed at the end, or rolled back after an exception.

        Raises:
            StorageError: The database refused something (disk full …); nothing was changed.
        """
        with self._lock:
            try:
                self._connection.execute("begin immediate")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.rollback()
                    raise
                self._connection.commit()
            except sqlite3.Error as exc:
                if self._connection.in_transaction:
                    self._connection.rollback()
                raise _sqlite_error(self.path, exc) from exc

    def compact(self) -> None:
        """Give free space back to the disk, and leave nothing of deleted rows behind.

        Raises:
            StorageError: There is no room for it, or another process reads just now.
        """
        with self._lock:
            try:
                self._connection.execute("vacuum")
                self._connection.execute("pragma wal_checkpoint(truncate)")
            except sqlite3.Error as exc:
                raise _sqlite_error(self.path, exc) from exc

    def close(self) -> None:
        """Close it. Idempotent."""
        with self._lock:
            self._connection.close()


def _sqlite_error(path: Path | None, exc: sqlite3.Error) -> StorageError:
    return StorageError(f"cannot use {path or 'the workspace'}: {exc}")


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    connection.execute("pragma foreign_keys = on")
    # What was deleted must not stay readable in free pages.
    connection.execute("pragma secure_delete = on")
    return connection


def _open_sound(path: Path, kind: str, *, is_checked: bool) -> sqlite3.Connection:
    """Open a file that is sound and of this version.

    Raises:
        sqlite3.DatabaseError: It is damaged.
        _TooNewError: A newer tusk made it.
    """
    try:
        # SQLite gives its -wal and -shm files the mode of the database itself.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
    except OSError as exc:
        raise storage_error(path, "open", exc) from exc
    connection = _connect(str(path))
    try:
        # In WAL mode readers and a writer of several processes do not wait for each other, and
        # a commit needs no fsync to survive the end of the process (only that of the system).
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        answer = connection.execute("pragma quick_check(1)").fetchone()[0] if is_checked else "ok"
        if answer != "ok":
            raise sqlite3.DatabaseError(answer)
        _migrate(connection, kind)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, kind: str) -> None:
    """Run the migrations that are missing, each in a transaction."""
    version: int = connection.execute("pragma user_version").fetchone()[0]
    known = migrations(kind)
    if version > known[-1][0]:
        raise _TooNewError
    for number, script in known:
        if number > version:
            connection.executescript(
                f"begin immediate;\n{script}\npragma user_version = {number};\ncommit;"
            )


def _set_database_aside(path: Path, reason: Exception) -> None:
    aside = set_aside(path)
    for suffix in ("-wal", "-shm"):
        # They belong to the damaged file: a new one would take them for its own.
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    _log.warning("%s is damaged (%s); it is kept as %s", path, reason, aside)
