"""Opening SQLite databases."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tusk.core.dialect import SQLITE, Dialect
from tusk.core.errors import ConnectError
from tusk.engines.sqlite.access import Access
from tusk.engines.sqlite.errors import DRIVER_ERRORS
from tusk.engines.sqlite.session import Link, SQLiteSession
from tusk.engines.target import missing_database

if TYPE_CHECKING:
    from tusk.engines.base import Target


class SQLiteEngine:
    """Opens an SQLite file (`path`), or a database in memory (`path` empty).

    `create` = `true` among the target's parameters makes a file that does not exist.
    """

    name = "sqlite"

    @property
    def dialect(self) -> Dialect:
        """SQLite's lexical rules."""
        return SQLITE

    def connect(self, target: Target) -> SQLiteSession:
        """Open a session; see `tusk.engines.base.Engine.connect`."""
        return SQLiteSession(target, lambda: open_database(target))


def open_database(target: Target) -> Link:
    """Open the database of a target and prepare it.

    Raises:
        ConnectError: It is not there, or no SQLite database.
    """
    path = target.parameters.get("path", "")
    if path:
        _check_file(path, may_create=target.parameters.get("create") == "true")
    try:
        connection = sqlite3.connect(
            _location(path, target),
            uri=bool(path),
            # tusk waits for locks itself, so that a cancel ends the waiting.
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
            # The authorizer is asked when a statement is prepared, not when it is reused.
            cached_statements=0,
        )
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        for statement in target.startup_sql:
            connection.execute(statement).fetchall()
    except DRIVER_ERRORS as exc:
        raise ConnectError(f"cannot open {target.name}: {exc}", hint=_hint(str(exc))) from exc
    access = Access()
    access.is_read_only = target.read_only
    connection.set_authorizer(access)
    return Link(connection, access)


def _check_file(path: str, *, may_create: bool) -> None:
    if Path(path).is_dir():
        raise ConnectError(f"{path!r} is a folder, not an SQLite database")
    if not may_create and not Path(path).exists():
        raise missing_database("sqlite", path)


def _location(path: str, target: Target) -> str:
    if not path:
        return ":memory:"
    may_create = target.parameters.get("create") == "true"
    mode = "ro" if target.read_only else "rwc" if may_create else "rw"
    return f"file:{quote(path)}?mode={mode}"


def _hint(message: str) -> str:
    if "not a database" in message:
        return "it is another kind of file, or encrypted"
    if "unable to open" in message:
        return (
            "check the permissions of the file and its folder; a database in WAL mode can be "
            "read only where its -shm file can be written"
        )
    return ""
