"""Saved queries for front ends: find, change, run with their parameters, import, export."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tusk.config.files import read_bytes, storage_error
from tusk.config.paths import Paths
from tusk.core.dialect import DIALECTS
from tusk.core.errors import ConfigError, StorageError, TuskError, UsageError
from tusk.core.params import (
    PARAMETER_TYPES,
    ParameterValue,
    UntypedText,
    format_parameter,
    parse_parameter,
    read_value,
)
from tusk.core.statement import parameter_names
from tusk.store.saved import (
    MAX_BYTES,
    SUFFIX,
    ChangedMeanwhileError,
    SavedFile,
    SavedQueries,
    check_name,
)
from tusk.store.saved_format import FrontMatterError, SavedParameter, SavedQuery, parse

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect

__all__ = [
    "PARAMETER_TYPES",
    "ChangedMeanwhileError",
    "Imported",
    "SavedFile",
    "SavedParameter",
    "SavedQueries",
    "SavedQuery",
    "arguments_of",
    "check_name",
    "export_queries",
    "find_queries",
    "import_queries",
    "matches",
    "open_saved",
    "parameters_of",
    "parse_query",
    "read_parameters",
    "values_of",
]

_log = logging.getLogger(__name__)


def open_saved() -> SavedQueries:
    """The saved queries of this user. Nothing is read or made by this."""
    paths = Paths.find()
    return SavedQueries(paths.saved_dir, paths.state_dir)


def find_queries(text: str = "", *, folder: str = "", tags: Sequence[str] = ()) -> list[SavedFile]:
    """Saved queries, by name. What is wrong with others is logged as a warning.

    Args:
        text: Words that occur in the name, description, tags or SQL; all of them must.
        folder: Only those in it and below.
        tags: Only those with all of these.

    Raises:
        UsageError: There is no such folder.
        StorageError: They cannot be read.
    """
    files, problems = open_saved().find(folder)
    for problem in problems:
        _log.warning(
            "%s", f"{problem.message}; {problem.hint}" if problem.hint else problem.message
        )
    wanted = {tag.casefold() for tag in tags}
    return [
        file
        for file in files
        if matches(file, text) and wanted <= {tag.casefold() for tag in file.query.tags}
    ]


def matches(file: SavedFile, text: str) -> bool:
    """Whether every word of a text occurs somewhere in a query."""
    query = file.query
    content = "\n".join([file.name, query.description, *query.tags, query.sql]).casefold()
    return all(word in content for word in text.casefold().split())


def parse_query(text: str, source: str = "") -> SavedQuery:
    """A query from the text of a `.sql` file, with front matter or without.

    Args:
        text: The text.
        source: Where it came from, for messages.

    Raises:
        ConfigError: Its front matter is wrong; says the line.
    """
    try:
        return parse(text)
    except FrontMatterError as exc:
        where = f"{source}, line {exc.line}" if source else f"line {exc.line}"
        raise ConfigError(f"{where}: {exc.message}") from None


# ── parameters ───────────────────────────────────────────────────────────────────────────────


def parameters_of(query: SavedQuery, dialect: Dialect) -> list[SavedParameter]:
    """What to ask for: the parameters that are declared and used, and those that are just used.

    >>> from tusk.core.dialect import POSTGRES
    >>> query = SavedQuery("select :b, :a", parameters=[SavedParameter("a", "int")])
    >>> [(p.name, p.type) for p in parameters_of(query, POSTGRES)]
    [('a', 'int'), ('b', '')]
    """
    used = parameter_names(query.sql, dialect)
    declared = [parameter for parameter in query.parameters if parameter.name in used]
    names = {parameter.name for parameter in declared}
    return declared + [SavedParameter(name) for name in used if name not in names]


def values_of(
    query: SavedQuery, dialect: Dialect, given: Mapping[str, ParameterValue]
) -> dict[str, ParameterValue]:
    """Values for all of a query's parameters: those given, else the defaults.

    Args:
        query: The query.
        dialect: Whose lexical rules apply.
        given: By name; `UntypedText` is read as the declared type says, other values are taken
            as they are.

    Raises:
        UsageError: A value is missing, does not fit its type, or is of no parameter.
    """
    parameters = parameters_of(query, dialect)
    if unknown := sorted(given.keys() - {p.name for p in (*parameters, *query.parameters)}):
        known = ", ".join(f":{p.name}" for p in parameters) or "none"
        raise UsageError(f"the query has no parameter :{unknown[0]}", hint=f"it has {known}")
    missing = [p for p in parameters if p.name not in given and p.default is None]
    if missing:
        listed = ", ".join(f":{p.name}" for p in missing)
        raise UsageError(f"no value for {listed}", hint=f"give one with -p {missing[0].name}=VALUE")
    return {p.name: _value(p, given) for p in parameters}


def _value(parameter: SavedParameter, given: Mapping[str, ParameterValue]) -> ParameterValue:
    value = given.get(parameter.name, UntypedText(parameter.default or ""))
    if not isinstance(value, UntypedText):
        return value
    try:
        return read_value(parameter.type, value)
    except UsageError as exc:
        raise UsageError(f"parameter {parameter.name!r}: {exc.message}", hint=exc.hint) from None


def arguments_of(query: SavedQuery, engine: str, arguments: Sequence[str]) -> list[str]:
    """Parameters as `tusk query -p` takes them, from those given on a command line.

    Args:
        query: The query.
        engine: Registered name of the engine it will run on.
        arguments: `name=value`, read as the declared type says, or `name:type=value`.

    Raises:
        UsageError: One cannot be read, or as `values_of`.
    """
    given: dict[str, ParameterValue] = {}
    for argument in arguments:
        name, value = parse_parameter(argument)
        if name in given:
            raise UsageError(f"the parameter {name!r} is given twice")
        given[name] = value
    values = values_of(query, DIALECTS[engine], given)
    return [format_parameter(name, value) for name, value in values.items()]


def read_parameters(declarations: Sequence[str]) -> tuple[SavedParameter, ...]:
    """Parameters as they are declared on a command line: `name`, `name:type`, `name:type=default`.

    >>> read_parameters(["day:date=2026-01-31", "limit"])[0].default
    '2026-01-31'

    Raises:
        UsageError: No name, or one twice. Types and defaults are checked when they are saved.
    """
    found: dict[str, SavedParameter] = {}
    for declaration in declarations:
        head, equals, default = declaration.partition("=")
        name, _, type_name = head.partition(":")
        if not name.isidentifier():
            raise UsageError(
                f"{declaration!r} declares no parameter", hint="as in day or day:date=2026-01-31"
            )
        if name in found:
            raise UsageError(f"the parameter {name!r} is declared twice")
        found[name] = SavedParameter(name, type_name, default if equals else None)
    return tuple(found.values())


# ── import and export ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file.

    Args:
        source: The file.
        name: The query it became or would have become.
        error: Why it did not; None when it did.
        was_there: It was left out, because there is a query of that name.
    """

    source: Path
    name: str
    error: TuskError | None = None
    was_there: bool = False


def import_queries(
    sources: Sequence[Path],
    folder: str = "",
    *,
    on_conflict: Literal["skip", "replace", "fail"] = "fail",
) -> list[Imported]:
    """Copy `.sql` files, with front matter or without, into the saved queries.

    Args:
        sources: Files, and folders whose `.sql` files keep their places below.
        folder: Where they go; empty for the top.
        on_conflict: When there is a query of that name: leave the file out, replace the query,
            or note it as an error.

    Returns:
        What became of each file; a wrong one stops none of the others.

    Raises:
        StorageError: A source cannot be read.
    """
    saved = open_saved()
    done: list[Imported] = []
    for source, relative in _sources(sources):
        name = "/".join(part for part in (folder.strip("/"), relative) if part)
        done.append(_import(saved, source, name, on_conflict))
    return done


def _import(saved: SavedQueries, source: Path, name: str, on_conflict: str) -> Imported:
    try:
        name = check_name(name)
        if on_conflict == "skip" and saved.has(name):
            return Imported(source, name, was_there=True)
        text = _text_of(source)
        parse_query(text, str(source))
        saved.add_text(name, text, replace=on_conflict == "replace")
    except TuskError as exc:
        return Imported(source, name, exc)
    return Imported(source, name)


def _sources(sources: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Files, each with its name below the folder it was found in."""
    for source in sources:
        if not source.is_dir():
            yield source, source.name
            continue
        for folder, folders, names in os.walk(source):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder) / name
                # A link may lead to files that nobody meant.
                if name.endswith(SUFFIX) and not name.startswith(".") and not path.is_symlink():
                    yield path, path.relative_to(source).as_posix()


def _text_of(source: Path) -> str:
    try:
        size = source.stat().st_size
    except OSError as exc:
        raise storage_error(source, "read", exc) from exc
    if size > MAX_BYTES:
        raise UsageError(f"{source} is too large for a saved query ({MAX_BYTES:,} bytes)")
    content = read_bytes(source) or b""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise ConfigError(f"{source}, line {line}: not UTF-8") from None


def export_queries(names: Sequence[str], destination: Path, *, replace: bool = False) -> list[Path]:
    """Copy saved queries to a folder, in their folders, as they are.

    Args:
        names: Which; empty for all.
        destination: The folder; made when it is missing.
        replace: Replace files that are there.

    Returns:
        The files.

    Raises:
        UsageError: There is no such query.
        StorageError: A file is there already or cannot be written; those before it are written.
    """
    saved = open_saved()
    written: list[Path] = []
    for name in names or [file.name for file in find_queries()]:
        text, _ = saved.text(name)
        path = destination / (check_name(name) + SUFFIX)
        _write(path, text.encode(), replace=replace)
        written.append(path)
    return written


def _write(path: Path, content: bytes, *, replace: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb" if replace else "xb") as file:
            file.write(content)
    except FileExistsError as exc:
        raise StorageError(f"there is a file {path} already", hint="replace it: --replace") from exc
    except OSError as exc:
        raise storage_error(path, "write", exc) from exc
