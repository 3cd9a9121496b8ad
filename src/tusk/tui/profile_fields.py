"""A stored connection as the fields of a form, and back."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace

from tusk.core.errors import UsageError
from tusk.core.search_path import read_search_path, write_search_path
from tusk.services.connections import Profile, SshRoute, check_profile, confirm_writes_of

# libpq keywords with a field of their own; the rest goes to one field, as a conninfo string.
SERVER_FIELDS = ("host", "port", "dbname", "user", "sslmode")
FILE_FIELD = "path"


def has_server(engine: str) -> bool:
    """Whether an engine is reached over a network, by the form's server fields."""
    return engine == "postgres"


def fields_of(profile: Profile) -> dict[str, str]:
    """What the form shows for a profile.

    >>> fields_of(Profile("x", "postgres", {"host": "db", "application_name": "my app"}))["more"]
    "application_name='my app'"
    """
    shown = SERVER_FIELDS if has_server(profile.engine) else (FILE_FIELD,)
    timeout = profile.statement_timeout_s
    fields = {name: profile.parameters.get(name, "") for name in (*SERVER_FIELDS, FILE_FIELD)}
    fields |= {
        "name": profile.name,
        "group": profile.group,
        "more": join_parameters({k: v for k, v in profile.parameters.items() if k not in shown}),
        "startup_sql": "; ".join(profile.startup_sql),
        "timeout": "" if timeout is None else f"{timeout:g}",
        "search_path": write_search_path(profile.search_path),
        "fetch_limit": "" if profile.fetch_limit is None else str(profile.fetch_limit),
        "ssh_host": profile.ssh.host if profile.ssh else "",
        "ssh_jump": profile.ssh.jump if profile.ssh else "",
        "ssh_identity": profile.ssh.identity if profile.ssh else "",
        "color": profile.color,
        "confirm_writes": profile.confirm_writes.value,
    }
    return fields


def profile_of(
    base: Profile, engine: str, fields: Mapping[str, str], *, read_only: bool
) -> Profile:
    """The profile that a filled form means.

    Args:
        base: Where the form came from; keeps what the form does not show.
        engine: The chosen engine.
        fields: As `fields_of` names them.
        read_only: Whether the box is ticked.

    Raises:
        UsageError: A field cannot be understood, or the profile cannot be used.
    """
    names = SERVER_FIELDS if has_server(engine) else (FILE_FIELD,)
    parameters = {name: fields[name].strip() for name in names if fields[name].strip()}
    parameters |= split_parameters(fields["more"])
    startup: tuple[str, ...] = (
        (fields["startup_sql"].strip(),) if fields["startup_sql"].strip() else ()
    )
    if fields["startup_sql"] == "; ".join(base.startup_sql):
        startup = tuple(base.startup_sql)
    return check_profile(
        replace(
            base,
            name=fields["name"].strip(),
            engine=engine,
            parameters=parameters,
            group=fields["group"].strip(),
            read_only=read_only,
            startup_sql=startup,
            statement_timeout_s=_timeout(fields["timeout"]),
            search_path=read_search_path(fields["search_path"]),
            fetch_limit=_fetch_limit(fields["fetch_limit"]),
            ssh=_route(fields) if has_server(engine) else None,
            color=fields["color"],
            confirm_writes=confirm_writes_of(fields["confirm_writes"]),
        )
    )


def _route(fields: Mapping[str, str]) -> SshRoute | None:
    host, jump, identity = (fields[f"ssh_{n}"].strip() for n in ("host", "jump", "identity"))
    if not host and (jump or identity):
        raise UsageError("jump hosts and a key need an SSH host", hint="or clear all three")
    return SshRoute(host, "".join(jump.split()), identity) if host else None


def _timeout(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"the statement timeout {text!r} is not a number of seconds") from None


def _fetch_limit(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise UsageError(f"the fetch limit {text!r} is not a number of rows") from None


def join_parameters(parameters: Mapping[str, str]) -> str:
    """Keywords and values on one line."""
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in parameters.items())


def split_parameters(text: str) -> dict[str, str]:
    """Keywords and values from one line.

    >>> split_parameters("application_name='my app' connect_timeout=5")
    {'application_name': 'my app', 'connect_timeout': '5'}

    Raises:
        UsageError: A word is not `keyword=value`.
    """
    try:
        words = shlex.split(text)
    except ValueError as exc:
        raise UsageError(f"the other parameters cannot be read: {exc}") from None
    parameters: dict[str, str] = {}
    for word in words:
        name, separator, value = word.partition("=")
        if not separator or not name:
            raise UsageError(f"{word!r} is not keyword=value", hint="as in: connect_timeout=5")
        parameters[name] = value
    return parameters
