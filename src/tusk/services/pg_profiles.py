"""Profiles for what libpq already knows: its service files and its environment variables."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tusk.config.files import read_bytes
from tusk.store.connections import Profile, name_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_log = logging.getLogger(__name__)

# libpq's variables that say where and as whom to connect (PostgreSQL manual, 34.15).
_VARIABLES = {
    "PGHOST": "host",
    "PGHOSTADDR": "hostaddr",
    "PGPORT": "port",
    "PGDATABASE": "dbname",
    "PGUSER": "user",
    "PGSERVICE": "service",
    "PGPASSFILE": "passfile",
    "PGOPTIONS": "options",
    "PGAPPNAME": "application_name",
    "PGSSLMODE": "sslmode",
    "PGSSLNEGOTIATION": "sslnegotiation",
    "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey",
    "PGSSLROOTCERT": "sslrootcert",
    "PGSSLCRL": "sslcrl",
    "PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version",
    "PGREQUIREAUTH": "require_auth",
    "PGCHANNELBINDING": "channel_binding",
    "PGGSSENCMODE": "gssencmode",
    "PGKRBSRVNAME": "krbsrvname",
    "PGCONNECT_TIMEOUT": "connect_timeout",
    "PGCLIENTENCODING": "client_encoding",
    "PGTARGETSESSIONATTRS": "target_session_attrs",
    "PGLOADBALANCEHOSTS": "load_balance_hosts",
}
# Alone these choose no server.
_LOCATING = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE")


def profile_from_pg_environment(
    environment: Mapping[str, str] | None = None,
) -> tuple[Profile, str | None] | None:
    """A profile from `PG*` variables, and `PGPASSWORD` if it is set; None without them.

    Args:
        environment: Variables; by default the process's own.
    """
    variables = os.environ if environment is None else environment
    if not any(variables.get(name) for name in _LOCATING):
        return None
    parameters = {
        keyword: variables[name] for name, keyword in _VARIABLES.items() if variables.get(name)
    }
    name = parameters.get("service") or parameters.get("dbname") or parameters.get("host")
    profile = Profile(name_from(name or "", "environment"), "postgres", parameters)
    return profile, variables.get("PGPASSWORD") or None


def service_files(environment: Mapping[str, str] | None = None) -> list[Path]:
    """The connection service files that libpq looks at, in its order; they need not exist."""
    variables = os.environ if environment is None else environment
    own = variables.get("PGSERVICEFILE")
    files = [Path(own) if own else Path.home() / ".pg_service.conf"]
    if system := variables.get("PGSYSCONFDIR"):
        files.append(Path(system) / "pg_service.conf")
    return files


def profiles_from_pg_service(environment: Mapping[str, str] | None = None) -> list[Profile]:
    """A profile for each service in libpq's service files; the first of a name counts.

    The profile refers to the service by name, so that what the file says later is used, and its
    password stays there. What cannot be understood is logged.

    Args:
        environment: Variables; by default the process's own.

    Raises:
        StorageError: A file exists but cannot be read.
    """
    profiles: dict[str, Profile] = {}
    for path in service_files(environment):
        for service in _services(path):
            profile = Profile(
                name_from(service, "postgres"),
                "postgres",
                {"service": service},
                group=path.name.lstrip("."),
            )
            profiles.setdefault(service, profile)
    return list(profiles.values())


def _services(path: Path) -> Iterator[str]:
    """Names of the sections of a service file."""
    content = read_bytes(path) or b""
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        text = line.strip()
        if not text.startswith("["):
            continue
        name = text[1:].partition("]")[0]
        if "]" in text and name:
            yield name
        else:
            _log.warning("%s, line %d: not a section header", path, number)
