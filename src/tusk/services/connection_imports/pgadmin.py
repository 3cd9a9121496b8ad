"""Servers of pgAdmin: the JSON file that its export writes.

The format is in pgAdmin's manual, "Import/Export Servers"; passwords are never in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tusk.core.dialect import quote_identifier
from tusk.core.errors import TuskError, UsageError
from tusk.services.connection_imports.found import Candidate, Found, Refused, checked
from tusk.services.connection_imports.reading import (
    colour_near,
    identity_of,
    is_true,
    object_of,
    read_json,
    route,
    ssh_host,
    text_of,
)
from tusk.store.connections import SECRET_PARAMETERS, Profile, SshRoute, name_from

_ORIGIN = "pgAdmin"
HOW_TO_EXPORT = (
    "pgAdmin writes it by Tools, Import/Export Servers, or by: setup.py dump-servers FILE"
)
_LOCATING = {"Host": "host", "HostAddr": "hostaddr", "Service": "service"}
# Until pgAdmin 7 these stood beside the others; since then they are connection parameters.
_OLD_PARAMETERS = {
    "SSLMode": "sslmode",
    "SSLCert": "sslcert",
    "SSLKey": "sslkey",
    "SSLRootCert": "sslrootcert",
    "SSLCrl": "sslcrl",
    "PassFile": "passfile",
    "Timeout": "connect_timeout",
    "ConnectTimeout": "connect_timeout",
}
_BY_KEY = "1"


def read_pgadmin(path: Path) -> Found:
    """The servers in a file that pgAdmin has exported.

    Raises:
        StorageError, UsageError: It cannot be read.
    """
    servers = read_json(path).get("Servers")
    if not isinstance(servers, dict):
        raise UsageError(f"{path} holds no servers of pgAdmin", hint=HOW_TO_EXPORT)
    return Found.of(_servers(servers))


def _servers(servers: Mapping[str, object]) -> Iterator[Candidate | Refused]:
    for key, value in servers.items():
        server = object_of(value)
        name = text_of(server.get("Name")) or f"server {key}"
        try:
            yield checked(_candidate(name, server))
        except TuskError as exc:
            yield Refused(name, _ORIGIN, exc.message)


def _candidate(name: str, server: Mapping[str, object]) -> Candidate:
    parameters, notes = _parameters(server)
    profile = Profile(
        name_from(name, "postgres"),
        "postgres",
        parameters,
        group=text_of(server.get("Group")),
        color=colour_near(text_of(server.get("BGColor"))),
        startup_sql=_startup_sql(server),
        ssh=_tunnel(server, notes),
    )
    if text_of(server.get("PasswordExecCommand")):
        notes.append("its command for the password is not taken")
    if text_of(server.get("PostConnectionSQL")):
        notes.append("it runs SQL at the start of each session")
    return Candidate(profile, _ORIGIN, notes=notes)


def _parameters(server: Mapping[str, object]) -> tuple[dict[str, str], list[str]]:
    """Keywords of libpq, and what is not taken. Raises UsageError."""
    found = {libpq: text_of(server.get(name)) for name, libpq in _LOCATING.items()}
    if not any(found.values()):
        raise UsageError("it names no host and no service")
    found["port"] = text_of(server.get("Port"))
    found["dbname"] = text_of(server.get("MaintenanceDB"))
    found["user"] = text_of(server.get("Username")) or text_of(server.get("SharedUsername"))
    for name, libpq in _OLD_PARAMETERS.items():
        found[libpq] = text_of(server.get(name)) or found.get(libpq, "")
    notes: list[str] = []
    for name, value in object_of(server.get("ConnectionParameters")).items():
        if name in SECRET_PARAMETERS:
            notes.append(f"its {name} is not taken")
        elif name.isidentifier() and name.isascii():
            found[name] = text_of(value)
    return {name: value for name, value in found.items() if value}, notes


def _startup_sql(server: Mapping[str, object]) -> tuple[str, ...]:
    role, own = text_of(server.get("Role")), text_of(server.get("PostConnectionSQL"))
    return tuple(sql for sql in (f"set role {quote_identifier(role)}" if role else "", own) if sql)


def _tunnel(server: Mapping[str, object], notes: list[str]) -> SshRoute | None:
    if not is_true(server.get("UseSSHTunnel")):
        return None
    names = ("TunnelUsername", "TunnelHost", "TunnelPort", "TunnelIdentityFile")
    user, host, port, identity = (text_of(server.get(name)) for name in names)
    if not host:
        raise UsageError("its SSH tunnel names no host")
    if text_of(server.get("TunnelAuthentication")) != _BY_KEY:
        notes.append("its SSH password is not taken: tusk logs in by a key or the agent")
        identity = ""
    return route([ssh_host(user, host, port)], identity_of(identity))
