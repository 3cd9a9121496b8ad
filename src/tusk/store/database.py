"""tusk's own SQLite database: opened, checked, migrated, safe with several processes.

Migrations are numbered `.sql` files in `tusk/store/migrations`; the number of the last one that
ran is the database's `user_version`.
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


class _TooNewError(Exception):
    """The database was made by a newer tusk."""


def migrations() -> list[tuple[int, str]]:
    """Number and SQL of every migration, in order."""
    folder = importlib.resources.files("tusk.store") / "migrations"
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
    def open(cls, path: Path) -> Database:
        """Open a database, making or migrating it first.

        A damaged file is set aside and a new one begun. One that a newer tusk made is left
        alone, and this version keeps a file of its own beside it. Both are logged as warnings.

        Raises:
            StorageError: It cannot be opened or made.
        """
        make_private_folder(path.parent)
        with locked(path):
            try:
                return cls._open_file(path)
            except _TooNewError:
                return cls._open_own_version(path)

    @classmethod
    def in_memory(cls) -> Database:
        """A database that is gone when it is closed."""
        connection = _connect(":memory:")
        _migrate(connection)
        return cls(connection, None)

    @classmethod
    def _open_own_version(cls, path: Path) -> Database:
        version = migrations()[-1][0]
        own = path.with_name(f"{path.stem}.v{version}{path.suffix}")
        _log.warning(
            "%s was made by a newer tusk and is left as it is; this tusk uses %s", path, own
        )
        return cls._open_file(own)

    @classmethod
    def _open_file(cls, path: Path) -> Database:
        try:
            return cls(_open_checked(path), path)
        except sqlite3.DatabaseError as exc:
            # OperationalError is about the surroundings (disk, locks), not about the content.
            if isinstance(exc, sqlite3.OperationalError):
                raise _sqlite_error(path, exc) from exc
            _set_database_aside(path, exc)
        try:
            return cls(_open_checked(path), path)
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
    return connection


def _open_checked(path: Path) -> sqlite3.Connection:
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
        answer = connection.execute("pragma quick_check(1)").fetchone()[0]
        if answer != "ok":
            raise sqlite3.DatabaseError(answer)
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """Run the migrations that are missing, each in a transaction."""
    version: int = connection.execute("pragma user_version").fetchone()[0]
    known = migrations()
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
