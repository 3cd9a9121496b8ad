"""The SQL files beside this module: one per kind, chosen by the server's version."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Self

from tusk.core.dialect import DIALECTS
from tusk.core.statement import Statement, parameter_names, split

_FILE_NAME = re.compile(r"([a-z_]+)(?:\.(\d+))?\.sql")


def choose(names: Iterable[str], kind: str, version: int) -> str | None:
    """Pick the file of a kind that is the newest not above the server's version.

    `<kind>.sql` is for the oldest servers; `<kind>.<number>.sql` is for that version number
    (as the server counts: PostgreSQL's server_version_num) and those after it.

    >>> names = ["columns.sql", "columns.140000.sql", "columns.180000.sql", "keys.sql"]
    >>> choose(names, "columns", 170010)
    'columns.140000.sql'
    >>> choose(names, "enums", 170010) is None
    True

    Args:
        names: File names of one engine.
        kind: What to read.
        version: The server's version number.

    Returns:
        A name, or None when the engine has no such kind.
    """
    found: dict[int, str] = {}
    for name in names:
        match = _FILE_NAME.fullmatch(name)
        if match and match[1] == kind and int(match[2] or 0) <= version:
            found[int(match[2] or 0)] = name
    return found[max(found)] if found else None


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and the names of its parameters."""

    statement: Statement
    parameters: tuple[str, ...]

    def replace(self, mark: str, text: str) -> Self:
        """The same query with a mark in it replaced by text that is safe as SQL."""
        statement = dataclasses.replace(
            self.statement, text=self.statement.text.replace(mark, text)
        )
        return dataclasses.replace(self, statement=statement)


@dataclass(frozen=True, slots=True)
class SqlFiles:
    """All SQL files of one engine, read and split off their comments."""

    queries: Mapping[str, Query] = field(repr=False)

    @classmethod
    def load(cls, engine: str) -> Self:
        """Read the folder of an engine; empty when there is none."""
        return cls(_read_folder(engine))

    def depends_on_version(self, kind: str) -> bool:
        """Whether the server's version must be known to choose the query for a kind."""
        return any(name.startswith(f"{kind}.") for name in self.queries if name != f"{kind}.sql")

    def get(self, kind: str, version: int) -> Query | None:
        """The query for a kind on a server of this version, None when there is none."""
        name = choose(self.queries, kind, version)
        return None if name is None else self.queries[name]


@cache
def _read_folder(engine: str) -> dict[str, Query]:
    folder = files("tusk.catalog").joinpath("queries", engine)
    if not folder.is_dir():
        return {}
    dialect = DIALECTS[engine]
    queries: dict[str, Query] = {}
    for path in folder.iterdir():
        if path.name.endswith(".sql"):
            (statement,) = split(path.read_text(encoding="utf-8"), dialect)
            queries[path.name] = Query(statement, tuple(parameter_names(statement.text, dialect)))
    return queries
