"""What libpq knows: its password file, service files and environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tusk.config.files import mode_of
from tusk.core.errors import TuskError, UsageError
from tusk.services.connection_imports.found import Candidate, Found, Refused, checked
from tusk.services.connection_imports.reading import read_text
from tusk.services.pg_profiles import (
    profile_from_pg_environment,
    profiles_from_pg_service,
    service_files,
)
from tusk.store.connections import SECRET_PARAMETERS, Profile, name_from

_PASSWORD_FILE = "password file"  # noqa: S105 - a name
_SERVICE_FILE = "service file"
# host:port:database:user:password, with \: and \\ inside.
_PART = re.compile(r"((?:[^:\\]|\\.)*)(?::|\Z)", re.DOTALL)
_PARTS = ("host", "port", "dbname", "user")


# ── the password file ────────────────────────────────────────────────────────────────────────


def usual_password_file() -> Path:
    """Where libpq looks for passwords; it need not exist."""
    return Path(os.environ.get("PGPASSFILE") or "~/.pgpass").expanduser()


def read_pgpass(path: Path) -> Found:
    """A connection for each line of a password file that names a certain one.

    Passwords stay there: libpq finds them when it connects.

    Raises:
        StorageError, UsageError: It cannot be read.
    """
    lines = read_text(path).splitlines()
    own = path.expanduser().absolute()
    # libpq looks at the usual file by itself; another one has to be named.
    extra = {} if own == usual_password_file().absolute() else {"passfile": str(own)}
    mode = mode_of(path)
    problem = ""
    if mode is not None and mode & 0o077:
        problem = f"libpq ignores the password file, which others may read: chmod 600 {path}"
    return Found.of(_password_lines(lines, extra), [problem])


def _password_lines(lines: list[str], extra: dict[str, str]) -> Iterator[Candidate | Refused]:
    seen: set[tuple[str, ...]] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            parts = _parts_of(line)
            if parts not in seen:
                seen.add(parts)
                yield checked(_by_password_line(parts, extra))
        except TuskError as exc:
            yield Refused(f"line {number}", _PASSWORD_FILE, exc.message)


def _parts_of(line: str) -> tuple[str, ...]:
    r"""Host, port, database and user of a line.

    >>> _parts_of(r"db\:1:5432:a\\b:ann:secret")
    ('db:1', '5432', 'a\\b', 'ann')

    Raises:
        UsageError: It is no line of a password file, or stands for more than one connection.
    """
    parts: list[str] = []
    position = 0
    for _ in _PARTS:
        found = _PART.match(line, position)
        if found is None or found.end() >= len(line):
            # Not shown: what is in the wrong place may be a password.
            raise UsageError("it is not host:port:database:user:password")
        parts.append(re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL))
        position = found.end()
    for name, part in zip(("host", "", "database", "user"), parts, strict=True):
        if name and part in ("*", ""):
            raise UsageError(f"it stands for any {name}, not for a certain connection")
    return tuple(parts)


def _by_password_line(parts: tuple[str, ...], extra: dict[str, str]) -> Candidate:
    parameters = {
        name: part for name, part in zip(_PARTS, parts, strict=True) if part not in ("*", "")
    }
    name = name_from(f"{parameters['dbname']}@{parameters['host']}", "postgres")
    notes = ["its password stays in the password file"]
    return Candidate(Profile(name, "postgres", parameters | extra), _PASSWORD_FILE, notes=notes)


# ── services ─────────────────────────────────────────────────────────────────────────────────


def usual_service_files() -> list[Path]:
    """The service files of libpq that exist."""
    return [path for path in service_files() if path.is_file()]


def read_usual_services() -> Found:
    """The services that libpq knows, by their names. Raises StorageError."""
    return Found.of(
        Candidate(profile, _SERVICE_FILE, notes=["what the file says later is used"])
        for profile in profiles_from_pg_service()
    )


def read_services(path: Path) -> Found:
    """The services of a file: by name where libpq looks at it, else with all they say.

    Raises:
        StorageError, UsageError: It cannot be read.
    """
    if path.expanduser().resolve() in [usual.resolve() for usual in service_files()]:
        return read_usual_services()
    return Found.of(_services_of(read_text(path), path.name))


def _services_of(text: str, group: str) -> Iterator[Candidate | Refused]:
    for name, lines in _sections(text):
        try:
            yield checked(_service(name, lines, group))
        except TuskError as exc:
            yield Refused(name, _SERVICE_FILE, exc.message)


def _sections(text: str) -> list[tuple[str, list[str]]]:
    """Names of the sections, each with its lines."""
    sections: list[tuple[str, list[str]]] = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            sections.append((line.strip("[]"), []))
        elif sections and line and not line.startswith("#"):
            sections[-1][1].append(line)
    return sections


def _service(name: str, lines: list[str], group: str) -> Candidate:
    pairs = [line.partition("=") for line in lines if "=" in line]
    parameters = {keyword.strip(): value.strip() for keyword, _, value in pairs}
    password = parameters.pop("password", None)
    secrets = sorted(SECRET_PARAMETERS & set(parameters))
    for secret in secrets:
        del parameters[secret]
    if not parameters:
        raise UsageError("it says nothing that libpq could connect with")
    notes = [f"its {secret} is not taken" for secret in secrets]
    notes += ["its LDAP look-up is not taken" for line in lines if line.startswith("ldap")][:1]
    profile = Profile(name_from(name, "postgres"), "postgres", parameters, group=group.lstrip("."))
    return Candidate(profile, _SERVICE_FILE, password or None, notes)


# ── environment ──────────────────────────────────────────────────────────────────────────────


def read_environment() -> Found:
    """The connection that the PG* variables describe, if they do."""
    found = profile_from_pg_environment()
    if found is None:
        return Found()
    profile, password = found
    return Found([Candidate(profile, "PG* variables", password)])
