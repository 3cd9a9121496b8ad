"""Stored connections: `connections.toml`, one table for each, never with a password in it."""

from __future__ import annotations

import enum
import functools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tusk.config.files import locked
from tusk.config.toml import place, read_toml, write_toml
from tusk.core.dialect import DIALECTS
from tusk.core.errors import ConfigError, UsageError
from tusk.core.search_path import check_search_path
from tusk.core.text import safe

if TYPE_CHECKING:
    import tomlkit

# Parameters that are secrets themselves. Only the password can be stored, and not here.
SECRET_PARAMETERS = frozenset({"password", "sslpassword", "oauth_client_secret"})
COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "grey")
"""Colours that a connection can have; each screen says their name too."""
_MAX_NAME = 100
_HAVE_SEARCH_PATH = ("postgres", "duckdb")


class ConfirmWrites(enum.StrEnum):
    """Before which statements a connection asks."""

    NEVER = "never"
    UNBOUNDED = "unbounded"
    """Before those that reach every row, or remove an object."""
    ALL = "all"
    """Before each that changes rows or objects."""


def confirm_writes_of(text: str) -> ConfirmWrites:
    """The choice of that name. Raises UsageError when there is none."""
    try:
        return ConfirmWrites(text)
    except ValueError:
        raise UsageError(
            f"tusk cannot ask before {safe(text)!r} writes",
            hint="confirm_writes is one of: " + ", ".join(ConfirmWrites),
        ) from None


@dataclass(frozen=True, slots=True)
class SshRoute:
    """Through which hosts a server is reached.

    Args:
        host: As in `~/.ssh/config`, or `user@host:port`; the tunnel begins there.
        jump: Hosts on the way to it, with commas between; may be empty.
        identity: File of the key; empty for those of ssh's configuration and agent.
    """

    host: str
    jump: str = ""
    identity: str = ""

    @property
    def words(self) -> str:
        """The way in words.

        >>> SshRoute("db-host", jump="ann@bastion:2222").words
        'ann@bastion:2222 → db-host'
        """
        return " → ".join([*filter(None, self.jump.split(",")), self.host])


def _check_ssh(route: SshRoute) -> None:
    """Refuse what ssh could take for something else. Raises UsageError."""
    for host in (route.host, *(route.jump.split(",") if route.jump else ())):
        if not re.fullmatch(r"[\w.@:%\[\]-]+", host) or host.startswith("-") or "@-" in host:
            raise UsageError(
                f"{safe(host)!r} is no host for ssh",
                hint="give a host of ~/.ssh/config, or user@host:port; jump hosts with commas",
            )
    if route.identity.startswith("-") or safe(route.identity) != route.identity:
        raise UsageError(f"{safe(route.identity)!r} is no key file")


@dataclass(frozen=True, slots=True)
class Profile:
    """A stored connection. Its password, if it has one, is kept apart.

    Args:
        name: What the user calls it; unique.
        engine: Registered engine name.
        parameters: As in `engines.base.Target`.
        group: Heading under which it is listed; may be empty.
        color: One of `COLORS`, to tell production from the rest; may be empty.
        icon: Text shown instead of the engine's icon; may be empty.
        read_only: Refuse writes, enforced by the engine.
        startup_sql: Statements run on each new session, in order.
        statement_timeout_s: Time limit per statement; None: the general setting.
        history: Keep statements that are run here in the history.
        confirm_writes: Before which statements the app asks.
        ssh: The tunnel to the server, None without one.
        search_path: Schemas in which names are looked for, in order; empty: the server's own.
        fetch_limit: Rows after which a result pauses; None: the general setting.
    """

    name: str
    engine: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    group: str = ""
    color: str = ""
    icon: str = ""
    read_only: bool = False
    startup_sql: Sequence[str] = ()
    statement_timeout_s: float | None = None
    history: bool = True
    confirm_writes: ConfirmWrites = ConfirmWrites.UNBOUNDED
    ssh: SshRoute | None = None
    search_path: Sequence[str] = ()
    fetch_limit: int | None = None


def check_name(name: str) -> str:
    """Refuse a connection name that could be taken for something else or not be shown.

    Raises:
        UsageError: Says what is wrong with it.
    """
    if not name or name != name.strip():
        raise UsageError("a connection name cannot be empty or begin or end with a space")
    if len(name) > _MAX_NAME:
        raise UsageError(f"a connection name can have {_MAX_NAME} characters at most")
    if safe(name) != name:
        raise UsageError(
            f"the connection name {safe(name)!r} holds characters that cannot be shown"
        )
    if name.startswith("-") or any(char in name for char in "/\\:="):
        raise UsageError(
            f"the connection name {name!r} could be taken for a file, a URL or an option",
            hint="do not begin with '-', and use none of / \\ : =",
        )
    return name


def name_from(text: str, fallback: str) -> str:
    """A text made into a connection name, the fallback where nothing of it can be used.

    >>> name_from("shop/orders:2024", "postgres"), name_from("  ", "postgres")
    ('shop-orders-2024', 'postgres')
    """
    name = "".join("-" if c in "/\\\\:=" or safe(c) != c else c for c in text)
    return name.strip(" -")[:_MAX_NAME].strip() or fallback


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number behind it when it is taken.

    >>> free_name("shop", {"shop", "shop 2"}), free_name("x", set())
    ('shop 3', 'x')
    """
    if name not in taken:
        return name
    numbered = (f"{name[: _MAX_NAME - 10]} {number}" for number in range(2, len(taken) + 3))
    return next(candidate for candidate in numbered if candidate not in taken)


def check_profile(profile: Profile) -> Profile:
    """Refuse a profile that could not be used or would keep a secret in the open.

    Raises:
        UsageError: Says what is wrong with it.
    """
    check_name(profile.name)
    if profile.engine not in DIALECTS:
        raise UsageError(
            f"there is no engine {profile.engine!r}", hint="engines: " + ", ".join(DIALECTS)
        )
    if secrets := sorted(SECRET_PARAMETERS & set(profile.parameters)):
        raise UsageError(
            f"{secrets[0]} is a secret and is not kept with the connection",
            hint="tusk keeps only the password, apart from the connection",
        )
    if profile.color and profile.color not in COLORS:
        raise UsageError(
            f"there is no colour {safe(profile.color)!r}", hint="colours: " + ", ".join(COLORS)
        )
    if profile.ssh is not None:
        if profile.engine != "postgres":
            raise UsageError("only connections to a server go through ssh")
        _check_ssh(profile.ssh)
    if profile.statement_timeout_s is not None and not 0 < profile.statement_timeout_s < math.inf:
        raise UsageError("the statement timeout must be a number of seconds, and more than 0")
    if profile.search_path:
        if profile.engine not in _HAVE_SEARCH_PATH:
            raise UsageError(f"{profile.engine} has no search path", hint="leave it empty")
        check_search_path(profile.search_path)
    if profile.fetch_limit is not None and profile.fetch_limit < 1:
        raise UsageError("the fetch limit must be a number of rows, and at least 1")
    return profile


class ConnectionsFile:
    """The stored connections of one file.

    Every change reads, changes and writes the file under a lock, so that two processes lose
    nothing of each other's; comments and what this version does not understand are kept.

    Args:
        path: `connections.toml`; created with the first connection.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[list[Profile], list[ConfigError]]:
        """Profiles in the order of the file, and what is wrong with the others.

        Raises:
            StorageError: The file exists but cannot be read.
        """
        problems: list[ConfigError] = []
        document, text = read_toml(self._path, problems.append)
        profiles: list[Profile] = []
        for name, content in document.items():
            try:
                profiles.append(_profile(name, content))
            except (ConfigError, UsageError) as exc:
                where = place(self._path, text, name)
                message = f"{where}: connection {name!r} is left out: {exc.message}"
                problems.append(ConfigError(message, hint=exc.hint))
        return profiles, problems

    def add(self, *profiles: Profile) -> None:
        """Add connections at the end, all or none.

        Raises:
            UsageError: A name is taken, or a profile cannot be used.
            ConfigError, StorageError: The file cannot be changed; it is left as it is.
        """
        for profile in profiles:
            check_profile(profile)
        self._change(functools.partial(_add, profiles))

    def replace(self, old_name: str, profile: Profile) -> None:
        """Change a connection, perhaps its name too.

        Raises:
            UsageError: There is no such connection, the new name is taken, or the profile
                cannot be used.
            ConfigError, StorageError: The file cannot be changed; it is left as it is.
        """
        check_profile(profile)
        self._change(functools.partial(_replace, old_name, profile))

    def remove(self, name: str) -> None:
        """Remove a connection.

        Raises:
            UsageError: There is no such connection.
            ConfigError, StorageError: The file cannot be changed; it is left as it is.
        """
        self._change(functools.partial(_remove, name))

    def _change(self, change: Any) -> None:
        with locked(self._path):
            write_toml(self._path, change)


def _add(profiles: Sequence[Profile], document: tomlkit.TOMLDocument) -> None:
    for profile in profiles:
        if profile.name in document:
            raise UsageError(f"there is a connection {profile.name!r} already")
        document[profile.name] = _table(profile)


def _replace(old_name: str, profile: Profile, document: tomlkit.TOMLDocument) -> None:
    if old_name not in document:
        raise UsageError(f"there is no connection {old_name!r}")
    if profile.name == old_name:
        _update(document[old_name], profile)
        return
    if profile.name in document:
        raise UsageError(f"there is a connection {profile.name!r} already")
    del document[old_name]
    document[profile.name] = _table(profile)


def _remove(name: str, document: tomlkit.TOMLDocument) -> None:
    if name not in document:
        raise UsageError(f"there is no connection {name!r}")
    del document[name]


def _content(profile: Profile) -> dict[str, Any]:
    """What is written: the engine always, the rest where it differs from the default."""
    content: dict[str, Any] = {"engine": profile.engine}
    for name in ("group", "color", "icon", "read_only", "statement_timeout_s", "fetch_limit"):
        value = getattr(profile, name)
        if value:
            content[name] = value
    if not profile.history:
        content["history"] = False
    if profile.confirm_writes is not ConfirmWrites.UNBOUNDED:
        content["confirm_writes"] = profile.confirm_writes.value
    if profile.ssh is not None:
        route = {"host": profile.ssh.host, "jump": profile.ssh.jump}
        route["identity"] = profile.ssh.identity
        content["ssh"] = {name: text for name, text in route.items() if text}
    for name in ("startup_sql", "search_path"):
        if texts := getattr(profile, name):
            content[name] = list(texts)
    if profile.parameters:
        content["parameters"] = dict(profile.parameters)
    return content


def _table(profile: Profile) -> Any:
    import tomlkit

    table = tomlkit.table()
    _update(table, profile)
    return table


def _update(table: Any, profile: Profile) -> None:
    """Bring a TOML table to the profile's content, touching only what differs."""
    content = _content(profile)
    for name in [name for name in table if name in _READERS and name not in content]:
        del table[name]
    for name, value in content.items():
        if table.get(name) != value:
            table[name] = value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"must be a text, not {value!r}")
    return value


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"must be true or false, not {value!r}")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"must be a number, not {value!r}")
    return float(value)


def _rows(value: object) -> int:
    if type(value) is not int:
        raise ConfigError(f"must be a whole number, not {value!r}")
    return value


def _confirm_writes(value: object) -> ConfirmWrites:
    return confirm_writes_of(_text(value))


def _ssh(value: object) -> SshRoute:
    if not isinstance(value, dict) or "host" not in value or value.keys() - _SSH_KEYS:
        raise ConfigError(f"must be a table with host and perhaps jump and identity, not {value!r}")
    return SshRoute(**{str(name): _text(item) for name, item in value.items()})


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"must be a list of texts, not {value!r}")
    return tuple(_text(item) for item in value)


def _parameters(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ConfigError(f"must be a table of texts, not {value!r}")
    # `port = 5432` is what people write by hand.
    return {
        str(name): str(item) if type(item) is int else _text(item) for name, item in value.items()
    }


_SSH_KEYS = {"host", "jump", "identity"}
_READERS: dict[str, Any] = {
    "engine": _text,
    "parameters": _parameters,
    "group": _text,
    "color": _text,
    "icon": _text,
    "read_only": _bool,
    "startup_sql": _texts,
    "statement_timeout_s": _seconds,
    "history": _bool,
    "confirm_writes": _confirm_writes,
    "ssh": _ssh,
    "search_path": _texts,
    "fetch_limit": _rows,
}


def _profile(name: str, content: object) -> Profile:
    if not isinstance(content, dict):
        raise ConfigError("it must be a table")
    profile = Profile(name, engine="")
    for key, value in content.items():
        if key not in _READERS:
            raise ConfigError(f"unknown key {key}", hint="keys: " + ", ".join(_READERS))
        try:
            profile = replace(profile, **{key: _READERS[key](value)})
        except ConfigError as exc:
            # A password written here by hand must not be repeated on a screen.
            said = "is not usable" if key == "parameters" else exc.message
            raise ConfigError(f"{key} {said}") from None
    return check_profile(profile)
