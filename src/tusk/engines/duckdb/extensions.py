"""DuckDB extensions that come as Python packages, found when a statement misses one.

DuckDB would download them; tusk never does. The packages `duckdb-extension-*` carry the signed
files. A folder of links to them is named to DuckDB as one more extension directory, after which
LOAD, INSTALL and autoloading find them by name.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from tusk.config.files import make_private_folder
from tusk.config.paths import Paths
from tusk.core.dialect import DUCKDB, quote_text
from tusk.core.statement import TokenKind, first_word, tokens
from tusk.engines.duckdb.errors import read_report

T = TypeVar("T")

# Name of the extension's file → tusk extra that brings it.
EXTRAS = {
    "spatial": "geo",
    "excel": "excel",
    "postgres_scanner": "postgres",
    "sqlite_scanner": "sqlite",
    "httpfs": "http",
}
_FILE_NAMES = {
    "postgres": "postgres_scanner",
    "sqlite": "sqlite_scanner",
    "sqlite3": "sqlite_scanner",
}

_MISSING = (
    re.compile(r"install the required extension '(\w+)'"),
    re.compile(r"exists in the (\w+) extension"),
    re.compile(r'Extension "(?:.*/)?(\w+)\.duckdb_extension" not found'),
    re.compile(r'Failed to download extension "(\w+)"'),
)


def missing_extension(message: str) -> str | None:
    """The extension whose absence an error message is about, None for any other error.

    >>> missing_extension('Function "st_point" …, but it exists in the spatial extension.')
    'spatial'
    """
    for pattern in _MISSING:
        if match := pattern.search(message):
            return file_name(match.group(1))
    return None


def file_name(extension: str) -> str:
    """The name of an extension's file, without its ending.

    >>> file_name("sqlite")
    'sqlite_scanner'
    """
    return _FILE_NAMES.get(extension, extension)


def named_extension(text: str) -> str | None:
    """The extension that an INSTALL or LOAD statement names, None for any other statement.

    >>> named_extension("load spatial"), named_extension("load '/x/y.duckdb_extension'")
    ('spatial', None)
    """
    if first_word(text, DUCKDB) not in {"INSTALL", "LOAD"}:
        return None
    words = [text[t.start : t.end] for t in tokens(text, DUCKDB) if t.kind is TokenKind.WORD]
    return file_name(words[1].lower()) if len(words) == 2 else None


def with_extensions(
    connection: duckdb.DuckDBPyConnection, text: str, execute: Callable[[], T]
) -> T:
    """Execute a statement, with the extensions that it wants.

    Args:
        connection: Where to.
        text: The statement.
        execute: Does it; called again when it fails for want of an extension.

    Raises:
        duckdb.Error: It failed, for whatever other reason, or no package has the extension.
    """
    # Asked for one that it does not find, DuckDB would first try to download it.
    if (named := named_extension(text)) is not None:
        provide(connection, named)
    try:
        return execute()
    except duckdb.Error as exc:
        missing = missing_extension(read_report(exc).message)
        if missing is None or not provide(connection, missing):
            raise
    return execute()


def packaged_file(name: str) -> Path | None:
    """The extension's file in its installed package, None without one for this DuckDB."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(folder, "extensions", f"v{duckdb.__version__}", f"{name}.duckdb_extension")
        if file.is_file():
            return file
    return None


def provide(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Make an installed package's extension known to a database, and load it.

    Args:
        connection: To the database.
        name: The extension's file name without its ending.

    Returns:
        False when there is no package for it.
    """
    file = packaged_file(name)
    if file is None:
        return False
    folder = Paths.find().state_dir / "duckdb-extensions"
    _link(file, folder, connection)
    connection.execute(f"SET extension_directories = [{quote_text(str(folder))}]")
    connection.execute(f"LOAD {quote_text(name)}")
    return True


def _link(file: Path, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
    platform = connection.execute("PRAGMA platform").fetchall()[0][0]
    link = folder / f"v{duckdb.__version__}" / platform / file.name
    if link.exists() and link.samefile(file):
        return
    make_private_folder(link.parent)
    # Another tusk may make the same link at this moment: each makes its own and renames it.
    fresh = link.with_name(f".{link.name}.{id(connection)}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(file)
    fresh.replace(link)
