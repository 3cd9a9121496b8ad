"""The form of a saved query: SQL, and before it what is known of it, as TOML in comments.

    -- /// tusk
    -- description = "Orders of one day"
    -- tags = ["sales"]
    --
    -- [parameters.day]
    -- type = "date"
    -- default = "2026-01-31"
    -- ///
    select * from orders where day = :day

It is described for users in docs/saved-queries.md. Python's scripts have the same form (PEP 723).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tusk.config.toml import line_of
from tusk.core.errors import ConfigError, UsageError
from tusk.core.params import PARAMETER_TYPES, is_type, read_value

_START = "-- /// tusk"
_END = "-- ///"
_BOM = "\ufeff"
_BEGINS = re.compile(rf"\s*{re.escape(_START)}[ \t\r]*(?:\n|\Z)")
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_KEYS = ("description", "tags", "connection", "parameters")
_PARAMETER_KEYS = ("type", "default", "description")


@dataclass(frozen=True, slots=True)
class SavedParameter:
    """A `:name` parameter of a saved query.

    Args:
        name: Without the colon.
        type: As `core.params.read_value` takes it; empty leaves it to the server.
        default: As it would be typed; None when a value must be given.
        description: What it is for.
    """

    name: str
    type: str = ""
    default: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query with what is known of it; its name is that of its file.

    Args:
        sql: One statement or a script.
        description: What it is for.
        tags: Words to find it by, each once.
        connection: Where it is meant to run: a stored connection's name, a URL or a path.
        parameters: Those that are declared; the SQL may use more.
    """

    sql: str
    description: str = ""
    tags: Sequence[str] = ()
    connection: str = ""
    parameters: Sequence[SavedParameter] = field(default_factory=tuple[SavedParameter, ...])


class FrontMatterError(ConfigError):
    """What is before the SQL cannot be understood.

    Args:
        message: What is wrong.
        line: Where, 1-based in the file.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


# ── reading ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Parts:
    """A text cut into front matter and SQL.

    `toml` is None without front matter; its first line is line `first` of the text.
    """

    toml: str | None
    first: int
    sql: str


def _cut(text: str) -> _Parts:
    text = text.removeprefix(_BOM)
    begin = _BEGINS.match(text)
    if begin is None:
        return _Parts(None, 1, text)
    start = text.count("\n", 0, text.index(_START)) + 1
    lines = text[begin.end() :].split("\n")
    for number, line in enumerate(lines):
        if line.rstrip() == _END:
            toml = [each.removeprefix("--").removeprefix(" ") for each in lines[:number]]
            return _Parts("\n".join([*toml, ""]), start + 1, "\n".join(lines[number + 1 :]))
        if not line.startswith("--"):
            break
    raise FrontMatterError(f"the front matter has no end: a line {_END!r}", start)


def parse(text: str) -> SavedQuery:
    r"""Read a saved query. Keys that this version does not know are passed over.

    >>> parse('-- /// tusk\n-- tags = ["a"]\n-- ///\nselect 1\n')
    SavedQuery(sql='select 1', description='', tags=('a',), connection='', parameters=())

    Raises:
        FrontMatterError: What is before the SQL is wrong.
    """
    parts = _cut(text)
    sql = parts.sql.removesuffix("\n")
    if parts.toml is None:
        return SavedQuery(sql)
    return _Reader(parts).read(sql)


class _Reader:
    """Reads the front matter and knows the line of each key."""

    def __init__(self, parts: _Parts) -> None:
        self._toml = parts.toml or ""
        self._first = parts.first

    def read(self, sql: str) -> SavedQuery:
        content = self._load()
        tags = content.get("tags", [])
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise self._error("tags", "must be a list of texts")
        parameters = content.get("parameters", {})
        if not isinstance(parameters, dict):
            raise self._error("parameters", "must be a table")
        return SavedQuery(
            sql,
            self._text(content, "description"),
            tuple(dict.fromkeys(tags)),
            self._text(content, "connection"),
            tuple(self._parameter(name, value) for name, value in parameters.items()),
        )

    def _load(self) -> dict[str, Any]:
        import tomllib

        try:
            return tomllib.loads(self._toml)
        except tomllib.TOMLDecodeError as exc:
            message = str(exc)
            place = _PLACE.search(message)
            line = int(place[1]) - 1 if place and place[1] else self._toml.count("\n")
            raise FrontMatterError(_PLACE.sub("", message), self._first + line) from None

    def _error(self, key: str, message: str) -> FrontMatterError:
        line = line_of(self._toml, key) or line_of(self._toml, key.rpartition(".")[0]) or 1
        return FrontMatterError(f"{key} {message}", self._first + line - 1)

    def _text(self, content: Mapping[str, Any], key: str, table: str = "") -> str:
        value = content.get(key, "")
        if not isinstance(value, str):
            raise self._error(table + key, "must be a text")
        return value

    def _parameter(self, name: str, content: object) -> SavedParameter:
        where = f"parameters.{name}"
        if not name.isidentifier():
            raise self._error(where, "is no name of a parameter")
        if not isinstance(content, dict):
            raise self._error(where, "must be a table")
        type_name = self._text(content, "type", f"{where}.")
        default = _as_typed(content["default"]) if "default" in content else None
        description = self._text(content, "description", f"{where}.")
        try:
            if default is not None or type_name:
                _check_value(type_name, default)
        except UsageError as exc:
            key = "type" if exc.hint else "default"
            raise self._error(f"{where}.{key}", f"is wrong: {exc.message}") from None
        return SavedParameter(name, type_name, default, description)


def _check_value(type_name: str, default: str | None) -> None:
    """Refuse an unknown type, or a default that does not fit its type."""
    if type_name and not is_type(type_name):
        raise UsageError(f"unknown type {type_name!r}", hint=", ".join(PARAMETER_TYPES))
    if default is not None:
        read_value(type_name, default)


def _as_typed(value: object) -> str:
    """A default as one would type it: people write `default = 5` and `default = 2026-01-31`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def render(query: SavedQuery, before: str = "") -> str:
    r"""Write a saved query; `parse` reads the same.

    Args:
        query: What to write.
        before: The text so far: its comments and unknown keys stay. Its front matter is sound.

    >>> render(SavedQuery("select 1")), render(SavedQuery("select 1", "One"))
    ('select 1\n', '-- /// tusk\n-- description = "One"\n-- ///\nselect 1\n')

    Raises:
        UsageError: A parameter could not be read again.
    """
    _check(query)
    toml = _toml(query, _cut(before).toml)
    is_mistakable = query.sql.startswith(_BOM) or _BEGINS.match(query.sql) is not None
    if not toml and not is_mistakable:
        return f"{query.sql}\n"
    lines = [f"-- {line}".rstrip() for line in toml.split("\n")[:-1]]
    return "\n".join([_START, *lines, _END, query.sql, ""])


def _check(query: SavedQuery) -> None:
    for parameter in query.parameters:
        if not parameter.name.isidentifier():
            raise UsageError(f"{parameter.name!r} is no name of a parameter")
        try:
            _check_value(parameter.type, parameter.default)
        except UsageError as exc:
            raise UsageError(
                f"parameter {parameter.name!r}: {exc.message}", hint=exc.hint
            ) from None


def _toml(query: SavedQuery, before: str | None) -> str:
    content = _content(query)
    if not content and not before:
        return ""
    import tomlkit

    document = tomlkit.parse(before or "")
    kept = [
        name for name in document.get("parameters", {}) if name in content.get("parameters", {})
    ]
    if kept != list(content.get("parameters", {}))[: len(kept)]:
        del document["parameters"]  # their order is the one in which a user is asked for them
    _update(document, content, _KEYS)
    return _with_final_newline(tomlkit.dumps(document))


def _content(query: SavedQuery) -> dict[str, Any]:
    """What differs from nothing."""
    content: dict[str, Any] = {
        "description": query.description,
        "tags": list(query.tags),
        "connection": query.connection,
        "parameters": {p.name: _parameter_content(p) for p in query.parameters},
    }
    return {key: value for key, value in content.items() if value}


def _parameter_content(parameter: SavedParameter) -> dict[str, str]:
    content = {"type": parameter.type, "description": parameter.description}
    content = {key: value for key, value in content.items() if value}
    return content if parameter.default is None else {**content, "default": parameter.default}


def _update(table: Any, content: Mapping[str, Any], known: Sequence[str] | None) -> None:
    """Bring a TOML table to some content, touching only what differs; unknown keys stay."""
    for key in [key for key in table if key not in content and (known is None or key in known)]:
        del table[key]
    for key, value in content.items():
        if isinstance(value, Mapping) and isinstance(table.get(key), Mapping):
            _update(table[key], value, _PARAMETER_KEYS if known is None else None)
        elif key not in table or _as_plain(table[key]) != value:
            table[key] = value


def _as_plain(value: Any) -> Any:
    """A TOML value as `parse` reads it."""
    return list(value) if isinstance(value, list) else _as_typed(value)


def _with_final_newline(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
