"""Connections of other programs, to be taken over: where they are, what they say, what is new."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from pathlib import Path

from tusk.core.errors import TuskError, UsageError
from tusk.services import connections
from tusk.services.connection_imports.dbeaver import (
    dbeaver_files,
    read_dbeaver,
    usual_dbeaver_files,
)
from tusk.services.connection_imports.found import (
    Candidate,
    Found,
    Proposal,
    Refused,
    propose,
)
from tusk.services.connection_imports.libpq import (
    read_environment,
    read_pgpass,
    read_services,
    read_usual_services,
    usual_password_file,
    usual_service_files,
)
from tusk.services.connection_imports.pgadmin import HOW_TO_EXPORT, read_pgadmin
from tusk.services.connection_imports.reading import parse_json, read_text

__all__ = [
    "Candidate",
    "Found",
    "Proposal",
    "Refused",
    "Source",
    "find",
    "find_in",
    "nothing_words",
    "propose_for_stored",
    "store",
]


class Source(enum.StrEnum):
    """Whose connections."""

    DBEAVER = "dbeaver"
    PGADMIN = "pgadmin"
    PGPASS = "pgpass"
    SERVICE = "service"
    ENVIRONMENT = "environment"


_READERS: dict[Source, Callable[[Path], Found]] = {
    Source.DBEAVER: read_dbeaver,
    Source.PGADMIN: read_pgadmin,
    Source.PGPASS: read_pgpass,
    Source.SERVICE: read_services,
}


def find(source: Source | None = None) -> Found:
    """What lies in the usual places of a source, or of all of them.

    A file that cannot be read is a problem in what is returned.
    """
    if source is not None:
        return _find(source)
    return Found.joined(_find(each) for each in Source)


def _find(source: Source) -> Found:
    match source:
        case Source.DBEAVER:
            return Found.joined(_read(read_dbeaver, path) for path in usual_dbeaver_files())
        case Source.PGADMIN:
            return Found()
        case Source.PGPASS:
            path = usual_password_file()
            return _read(read_pgpass, path) if path.is_file() else Found()
        case Source.SERVICE:
            paths = usual_service_files()
            return _read(lambda _: read_usual_services(), paths[0]) if paths else Found()
        case Source.ENVIRONMENT:
            return read_environment()


def _read(reader: Callable[[Path], Found], path: Path) -> Found:
    try:
        return reader(path)
    except TuskError as exc:
        return Found(problems=[exc.message + (f"; {exc.hint}" if exc.hint else "")])


def find_in(path: Path, source: Source | None = None) -> Found:
    """What is in a file, or in a folder of DBeaver.

    Args:
        path: What to read.
        source: Whose file it is; None to see that from what it holds.

    Raises:
        StorageError, UsageError: It cannot be read, or holds nothing of the kind.
    """
    path = path.expanduser()
    if "\0" in str(path):
        raise UsageError("a path cannot hold a NUL character")
    if source is Source.ENVIRONMENT:
        raise UsageError("the environment is no file", hint="leave the file away")
    if path.is_dir() and source in (None, Source.DBEAVER):
        files = dbeaver_files(path)
        if not files:
            raise UsageError(
                f"{path} holds no connections of DBeaver", hint="they are in data-sources.json"
            )
        return Found.joined(_read(read_dbeaver, file) for file in files)
    return _READERS[source or _source_of(path)](path)


def _source_of(path: Path) -> Source:
    """Whose file it is, by what it holds. Raises UsageError when that cannot be seen."""
    text = read_text(path)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if text.lstrip().startswith("{"):
        content = parse_json(text, str(path))
        if "Servers" in content:
            return Source.PGADMIN
        if "connections" in content:
            return Source.DBEAVER
    elif any(line.startswith("[") for line in lines):
        return Source.SERVICE
    elif any(line.count(":") >= 4 and not line.startswith("#") for line in lines):
        return Source.PGPASS
    raise UsageError(
        f"tusk cannot tell what {path} is",
        hint="it takes data-sources.json of DBeaver, an export of pgAdmin, and the password and "
        "service files of PostgreSQL",
    )


def nothing_words(source: Source | None) -> str:
    """Where was looked, when nothing was found there."""
    words = {
        Source.DBEAVER: "there is no data-sources.json of DBeaver in its usual places",
        Source.PGADMIN: f"name the file that pgAdmin has exported; {HOW_TO_EXPORT}",
        Source.PGPASS: "there is no ~/.pgpass (or PGPASSFILE)",
        Source.SERVICE: "there is no ~/.pg_service.conf (or PGSERVICEFILE)",
        Source.ENVIRONMENT: "no PGHOST, PGDATABASE … is set",
    }
    if source is not None:
        return words[source]
    others = [words[each] for each in Source if each is not Source.PGADMIN]
    return "; ".join([*others, words[Source.PGADMIN]])


def propose_for_stored(found: Found) -> list[Proposal]:
    """What was found beside the connections that are stored. Raises StorageError."""
    return propose(found.candidates, connections.list_profiles())


def store(proposals: Sequence[Proposal], *, with_passwords: bool = False) -> list[str]:
    """Store connections under the names that were proposed; those names.

    Args:
        proposals: In order.
        with_passwords: Keep the passwords that were found, too, where tusk keeps its own.

    Raises:
        UsageError: A name was taken meanwhile. Nothing is stored.
        ConfigError, StorageError: The files cannot be changed.
    """
    connections.add_profiles(
        [(each.profile, each.candidate.password if with_passwords else None) for each in proposals]
    )
    return [each.profile.name for each in proposals]
