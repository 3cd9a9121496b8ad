"""Opening DuckDB databases and data files."""

from __future__ import annotations

import re
import shlex
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import duckdb

from tusk.config.scratch import ScratchFolder
from tusk.core.dialect import DUCKDB, Dialect, quote_identifier, quote_text
from tusk.core.errors import ConnectError, QueryError
from tusk.core.search_path import write_search_path
from tusk.engines.duckdb.errors import encoding_trouble, read_report
from tusk.engines.duckdb.execution import refuse_nul
from tusk.engines.duckdb.extensions import with_extensions
from tusk.engines.duckdb.files import FileView
from tusk.engines.duckdb.session import DuckDBSession
from tusk.engines.target import missing_database

if TYPE_CHECKING:
    from collections.abc import Generator

    from tusk.engines.base import Target

Config: TypeAlias = dict[str, str | bool | int | float | list[str]]

_CONFIG: Config = {
    # Nothing is downloaded behind the user's back; installed packages provide extensions.
    "autoinstall_known_extensions": "false",
    "errors_as_json": "true",
    # Otherwise a table name could mean a Python variable of tusk.
    "python_enable_replacements": "false",
    "custom_user_agent": "tusk",
}
_LOCK_HOLDER = re.compile(
    r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)(?: by user (?P<user>\S+?))?[.\s]"
)
# Statements that make a session read-only for good: files, extensions, settings.
_LOCK_DOWN = ("SET enable_external_access = false", "SET lock_configuration = true")


class DuckDBEngine:
    """Opens DuckDB in memory (`path` empty), a database file (`path`) or data files (`files`).

    `create` = `true` among the target's parameters makes a database file that does not exist.
    """

    name = "duckdb"

    @property
    def dialect(self) -> Dialect:
        """DuckDB's lexical rules."""
        return DUCKDB

    def connect(self, target: Target) -> DuckDBSession:
        """Open a session; see `tusk.engines.base.Engine.connect`."""
        return DuckDBSession(target, Database(target))


class Database:
    """A database instance, open as long as a session uses it.

    Args:
        target: What to open.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lock = threading.Lock()
        # Closing a connection closes those made from it: this one is nobody's own.
        self._root: duckdb.DuckDBPyConnection | None = None
        self._users = 0
        self._scratch: ScratchFolder | None = None

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection for one more session; the first one runs the startup statements.

        Raises:
            ConnectError: It is not there, not a database, locked by another process …
        """
        with self._lock, _errors_for(self._target):
            if self._root is None:
                views = _views(self._target)
                self._root = self._open(views)
                try:
                    connection = self._root.cursor()
                    _prepare(connection, self._target, views)
                    _set_search_path(connection, self._target)
                except BaseException:
                    self._close()
                    raise
            else:
                connection = self._root.cursor()
                _set_search_path(connection, self._target)
            self._users += 1
            return connection

    def release(self) -> None:
        """A session has closed its connection."""
        with self._lock:
            self._users -= 1
            if self._users <= 0:
                self._close()

    def _open(self, views: list[FileView]) -> duckdb.DuckDBPyConnection:
        if path := self._target.parameters.get("path", ""):
            return _open_file(path, self._target)
        # Without a file, DuckDB would put what does not fit in memory into the current folder.
        self._scratch = scratch = ScratchFolder()
        config = _CONFIG | {"temp_directory": str(scratch.path / "spill")}
        if self._target.read_only:
            return _open_read_only_memory(scratch.path / "memory.duckdb", views, config)
        connection = duckdb.connect(":memory:", config=config)
        for view in views:
            connection.execute(view.statement)
        return connection

    def _close(self) -> None:
        if self._root is not None:
            self._root.close()
            self._root = None
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None


def _views(target: Target) -> list[FileView]:
    files = target.parameters.get("files", "")
    return [FileView.of(Path(files))] if files else []


def _set_search_path(connection: duckdb.DuckDBPyConnection, target: Target) -> None:
    """Each connection has its own; the startup SQL may have made or attached what it names."""
    if not target.search_path:
        return
    names = ",".join(map(quote_identifier, target.search_path))
    try:
        connection.execute(f"SET search_path = {quote_text(names)}")
    except duckdb.Error as exc:
        raise ConnectError(
            f"the search path of {target.name} cannot be set: {read_report(exc).message}",
            hint=f"change the connection's search path ({write_search_path(target.search_path)})",
        ) from exc


def _prepare(connection: duckdb.DuckDBPyConnection, target: Target, views: list[FileView]) -> None:
    for text in target.startup_sql:
        with_extensions(connection, text, partial(_run, connection, text))
    if target.read_only:
        for statement in (*(view.permission for view in views), *_LOCK_DOWN):
            connection.execute(statement)


def _run(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    refuse_nul(text)
    connection.execute(text).fetchall()


def _open_file(path: str, target: Target) -> duckdb.DuckDBPyConnection:
    is_wanted = target.parameters.get("create") == "true" and not target.read_only
    if not Path(path).exists() and not is_wanted:
        raise missing_database("duckdb", path)
    return duckdb.connect(path, read_only=target.read_only, config=_CONFIG)


def _open_read_only_memory(
    path: Path, views: list[FileView], config: Config
) -> duckdb.DuckDBPyConnection:
    """An empty read-only database: DuckDB has no read-only mode for one in memory."""
    with duckdb.connect(path, config=config) as writer:
        for view in views:
            writer.execute(view.statement)
    reader = duckdb.connect(path, read_only=True, config=config)
    # The open file stays readable without a name.
    path.unlink()
    return reader


@contextmanager
def _errors_for(target: Target) -> Generator[None]:
    try:
        yield
    except QueryError as exc:
        raise ConnectError(f"the startup SQL of {target.name}: {exc.message}") from exc
    except duckdb.Error as exc:
        report = read_report(exc)
        if (holder := _LOCK_HOLDER.search(report.message)) is not None:
            user = f" of {holder['user']}" if holder["user"] else ""
            raise ConnectError(
                f"{target.name} is open in another program: {holder['program']}, process "
                f"{holder['pid']}{user}",
                hint="close it there, or work on a copy of the file",
            ) from exc
        if (trouble := encoding_trouble(report.message)) is not None:
            message, call = trouble
            raise ConnectError(
                message, hint=f"say its encoding: tusk query {_in_shell(f'from {call}')}"
            ) from exc
        raise ConnectError(
            f"cannot open {target.name}: {report.text}", hint=_hint(report.message)
        ) from exc


def _in_shell(sql: str) -> str:
    """SQL as a word of a shell, in double quotes where that is enough: it is full of single ones."""
    return shlex.quote(sql) if re.search(r'["$`\\!]', sql) else f'"{sql}"'


def _hint(message: str) -> str:
    if "different configuration" in message:
        return "the same file is open in this tusk with other settings (read-only or not)"
    if "not a valid DuckDB database file" in message:
        return "it may be another kind of file, or made by a newer DuckDB"
    return ""
