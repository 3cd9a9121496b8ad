"""Who may do what: SQLite's authorizer, for read-only sessions and to learn declared types."""

from __future__ import annotations

import sqlite3

_READING = frozenset(
    [
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
    ]
)
# PRAGMAs whose argument only says what to show.
_SHOWING = frozenset(
    [
        "collation_list", "compile_options", "database_list", "foreign_key_check",
        "foreign_key_list", "function_list", "index_info", "index_list", "index_xinfo",
        "integrity_check", "module_list", "pragma_list", "quick_check", "table_info",
        "table_list", "table_xinfo",
    ]
)  # fmt: skip
# PRAGMAs that act without an argument.
_ACTING = frozenset(["incremental_vacuum", "optimize", "shrink_memory", "wal_checkpoint"])


class Access:
    """The authorizer of one connection.

    SQLite asks it about each thing that a statement would do, while preparing it. A file
    opened with `mode=ro` alone would still let ATTACH and VACUUM INTO write other files.
    """

    def __init__(self) -> None:
        self.is_read_only = False
        self.columns_read: list[tuple[str, str, str]] = []

    def __call__(
        self,
        action: int,
        first: str | None,
        second: str | None,
        database: str | None,
        _inner: str | None,
        /,
    ) -> int:
        """Answer SQLite; the meaning of the arguments depends on the action."""
        if action == sqlite3.SQLITE_READ:
            self.columns_read.append((database or "main", first or "", second or ""))
            return sqlite3.SQLITE_OK
        if not self.is_read_only or action in _READING:
            return sqlite3.SQLITE_OK
        if _declares_function(action, first):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and _only_shows((first or "").lower(), second):
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY


def _only_shows(pragma: str, argument: str | None) -> bool:
    return pragma in _SHOWING or (argument is None and pragma not in _ACTING)


def _declares_function(action: int, table: str | None) -> bool:
    """Whether this is how the first use of a table-valued function (json_each …) shows up.

    SQLite declares its columns as if it wrote to the schema table. A real write to that is
    refused by SQLite itself unless PRAGMA writable_schema is on, which is not allowed here.
    """
    return action == sqlite3.SQLITE_UPDATE and table == "sqlite_master"
