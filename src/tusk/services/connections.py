"""Connections: stored ones, and targets from what a user types.

Front ends need nothing else to reach a database: the engine layer's values that they handle
are re-exported here.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tusk.config.paths import Paths
from tusk.core.errors import UsageError
from tusk.engines.base import FetchMode, ServerInfo, Session, Target, TransactionState
from tusk.services.connection import (
    Connection,
    ConnectionState,
    caution_of,
    may_pass,
    open_session,
)
from tusk.services.pg_profiles import profile_from_pg_environment, profiles_from_pg_service
from tusk.services.settings import load_settings
from tusk.store.connections import (
    COLORS,
    ConfirmWrites,
    ConnectionsFile,
    Profile,
    SshRoute,
    check_profile,
    confirm_writes_of,
    free_name,
    name_from,
)
from tusk.store.secrets import SecretStore, open_secrets

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogReader

__all__ = [
    "COLORS",
    "KEEP",
    "ConfirmWrites",
    "Connection",
    "ConnectionState",
    "FetchMode",
    "Profile",
    "ServerInfo",
    "Session",
    "SshRoute",
    "Target",
    "TransactionState",
    "add_profile",
    "add_profiles",
    "caution_of",
    "check_profile",
    "confirm_writes_of",
    "find_profile",
    "free_name",
    "get_profile",
    "list_profiles",
    "may_pass",
    "open_session",
    "profile_from_pg_environment",
    "profile_from_url",
    "profiles_from_pg_service",
    "reachable",
    "remove_profile",
    "replace_profile",
    "resolve",
    "target_of",
    "test_target",
]

_log = logging.getLogger(__name__)


class _Keep(enum.Enum):
    """Type of `KEEP`."""

    KEEP = "keep the password"


KEEP = _Keep.KEEP


# ── stored connections ───────────────────────────────────────────────────────────────────────


def list_profiles() -> list[Profile]:
    """Stored connections in the order of the file. What is wrong with others is logged.

    Raises:
        StorageError: The file exists but cannot be read.
    """
    profiles, problems = _file().read()
    for problem in problems:
        _log.warning("%s; %s", problem.message, problem.hint)
    return profiles


def find_profile(name: str) -> Profile | None:
    """The stored connection of that name, None when there is none."""
    return next((p for p in list_profiles() if p.name == name), None)


def get_profile(name: str) -> Profile:
    """The stored connection of that name. Raises UsageError when there is none."""
    profile = find_profile(name)
    if profile is None:
        raise UsageError(
            f"there is no connection {name!r}", hint="`tusk connections list` shows them"
        )
    return profile


def add_profile(profile: Profile, password: str | None = None) -> None:
    """Store a connection and, apart from it, its password.

    Raises:
        UsageError: The name is taken, or the profile cannot be used.
        ConfigError, StorageError: The files cannot be changed.
    """
    add_profiles([(profile, password)])


def add_profiles(profiles: Sequence[tuple[Profile, str | None]]) -> None:
    """Store connections and, apart from them, their passwords, all or none.

    Raises:
        UsageError: A name is taken, or a profile cannot be used.
        ConfigError, StorageError: The files cannot be changed.
    """
    secrets = _secrets()
    passwords = {profile.name: password for profile, password in profiles if password is not None}
    for name in list(passwords)[:1]:
        secrets.get(name)  # whatever keeps it from being used, before anything is stored
    _file().add(*(profile for profile, _ in profiles))
    for name, password in passwords.items():
        secrets.set(name, password)


def replace_profile(old_name: str, profile: Profile, password: str | _Keep | None = KEEP) -> None:
    """Change a stored connection, perhaps its name too.

    Args:
        old_name: Its name so far.
        profile: What it becomes.
        password: A new one, None to forget it, or `KEEP`.

    Raises:
        UsageError: No such connection, the new name is taken, or the profile cannot be used.
        ConfigError, StorageError: The files cannot be changed.
    """
    secrets = _secrets()
    kept = secrets.get(old_name) if isinstance(password, _Keep) else password
    _file().replace(old_name, profile)
    if kept is not None:
        secrets.set(profile.name, kept)
    if kept is None or profile.name != old_name:
        secrets.delete(old_name)


def remove_profile(name: str) -> None:
    """Forget a stored connection and its password.

    Raises:
        UsageError: No such connection.
        ConfigError, StorageError: The files cannot be changed.
    """
    _file().remove(name)
    _secrets().delete(name)


def has_password(name: str) -> bool:
    """Whether a password is kept for a stored connection."""
    return _secrets().get(name) is not None


def _file() -> ConnectionsFile:
    return ConnectionsFile(Paths.find().connections_file)


def _secrets() -> SecretStore:
    paths = Paths.find()
    # Two homes must not share entries of the one keyring.
    service = f"tusk {paths.config_dir}" if paths.is_own_home else "tusk"
    return open_secrets(load_settings().secrets.store, paths.secrets_file, service=service)


# ── targets ──────────────────────────────────────────────────────────────────────────────────


def resolve(text: str, *, read_only: bool = False) -> Target:
    """Find out what a user means: a stored connection, a URL, a conninfo string or a file.

    Args:
        text: What was typed; empty means DuckDB in memory.
        read_only: Refuse writes, whatever a stored connection says.

    Raises:
        UsageError, ConnectError: It is none of these, or there is no such file.
        ConfigError, StorageError: A password cannot be read.
    """
    from tusk.engines.target import UnknownTargetError, parse_target

    profile = find_profile(text) if text else None
    if profile is not None:
        target = target_of(profile)
        return replace(target, read_only=target.read_only or read_only)
    try:
        return _with_time_limit(parse_target(text, read_only=read_only))
    except UnknownTargetError as exc:
        names = [p.name for p in list_profiles()]
        known = f"; stored connections: {', '.join(names)}" if names else ""
        raise UsageError(exc.message, hint=exc.hint + known) from exc


def target_of(profile: Profile) -> Target:
    """Where a stored connection leads, with its password.

    Raises:
        ConfigError, StorageError: The password cannot be read.
    """
    # Embedded engines have no passwords; asking a keyring takes time.
    password = _secrets().get(profile.name) if profile.engine == "postgres" else None
    return _with_time_limit(
        Target(
            profile.engine,
            profile.name,
            dict(profile.parameters),
            password,
            profile.read_only,
            tuple(profile.startup_sql),
            profile.statement_timeout_s,
            profile.history,
            profile.ssh,
            tuple(profile.search_path),
        )
    )


def _with_time_limit(target: Target) -> Target:
    """The target with the general time limit for statements, where it has none of its own."""
    limit = load_settings().query.timeout_s
    if target.statement_timeout_s is None and limit:
        return replace(target, statement_timeout_s=limit)
    return target


def profile_from_target(target: Target, name: str) -> Profile:
    """The profile that leads to a target; its password is not in it."""
    return Profile(
        name,
        target.engine,
        dict(target.parameters),
        read_only=target.read_only,
        startup_sql=tuple(target.startup_sql),
        statement_timeout_s=target.statement_timeout_s,
        history=target.keeps_history,
        ssh=target.ssh,
        search_path=tuple(target.search_path),
    )


def profile_from_url(text: str, name: str = "") -> tuple[Profile, str | None]:
    """A profile, and the password if there was one, from a URL, conninfo string or file.

    Args:
        text: What was typed or pasted.
        name: Name for the profile; empty to take one from the text.

    Raises:
        UsageError, ConnectError: The text cannot be understood, or there is no such file.
    """
    from tusk.engines.target import parse_target

    target = parse_target(text.strip())
    return profile_from_target(target, name or _suggested_name(target)), target.password


def _suggested_name(target: Target) -> str:
    """A name for a target: of its service, database or file."""
    values = (target.parameters.get(key) for key in ("service", "dbname", "path", "files", "host"))
    first = next(filter(None, values), "")
    return name_from(first.rstrip("/").rpartition("/")[2], target.engine)


def location_of(profile: Profile) -> str:
    """Where a profile leads, in one line and without any secret: a URL or a path."""
    from tusk.engines.target import postgres_url

    if profile.engine == "postgres":
        return postgres_url(dict(profile.parameters))
    path = profile.parameters.get("path") or profile.parameters.get("files")
    return path or f"{profile.engine}://"


def open_catalog(session: Session) -> CatalogReader:
    """A reader of the catalogue over a session that runs nothing else meanwhile."""
    from tusk.catalog import open_catalog as reader_for

    return reader_for(session)


@contextmanager
def reachable(target: Target) -> Generator[Target]:
    """The target as sessions can be opened on it, until the end of the block: through its tunnel.

    Raises:
        UsageError, ConnectError: The tunnel cannot be opened.
    """
    if target.ssh is None:
        yield target
        return
    from tusk.services.tunnels import tunnelled

    with tunnelled(target.ssh, target) as reached:
        yield reached


def test_target(target: Target) -> ServerInfo:
    """Connect, ask the server who and how it is, and disconnect.

    Raises:
        ConnectError: It cannot be reached.
    """
    with reachable(target) as reached, closing(open_session(reached)) as session:
        info = session.test()
    if target.ssh is None:
        return info
    return replace(info, details={"SSH tunnel": target.ssh.words, **info.details})
