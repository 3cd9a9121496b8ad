"""Connections of DBeaver: `data-sources.json` of its projects.

Users and passwords are in `credentials-config.json` beside it, encrypted by a key that is the same
in every DBeaver; a project with a password of its own cannot be read.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl

from tusk.core.errors import TuskError, UsageError
from tusk.core.search_path import read_search_path
from tusk.engines.target import parse_target
from tusk.services.connection_imports.found import Candidate, Found, Refused, checked
from tusk.services.connection_imports.reading import (
    MOST_BYTES,
    colour_near,
    identity_of,
    is_true,
    object_of,
    parse_json,
    read_json,
    route,
    ssh_host,
    text_of,
)
from tusk.store.connections import ConfirmWrites, Profile, SshRoute, name_from

# Below the folder of its data, which lies elsewhere for each way to install it.
_PROJECTS = ("workspace6/*/.dbeaver/", "*/.dbeaver/", ".dbeaver/", "")
_FILES = "data-sources*.json"
_BELOW_HOME = (
    ".local/share/DBeaverData",
    "snap/dbeaver-*/current/.local/share/DBeaverData",
    ".var/app/io.dbeaver.*/data/DBeaverData",
    "Library/DBeaverData",
)
# In Windows' own file system, seen from the Linux that runs in it.
_OF_WINDOWS = "?/Users/*/AppData/Roaming/DBeaverData"
# Known from DBeaver's public source code (DefaultValueEncryptor); it keeps nothing secret.
_KEY = "babb4a9f774ab853c96c2d653dfe544a"
_BLOCK = 16
_DECRYPTION_S = 20.0
_ENGINES = {"postgresql": "postgres", "sqlite": "sqlite", "duckdb": "duckdb"}
# Keywords of the JDBC driver that libpq has too.
_JDBC = {
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
    "sslcert": "sslcert",
    "sslkey": "sslkey",
    "ApplicationName": "application_name",
    "options": "options",
    "gssEncMode": "gssencmode",
    "kerberosServerName": "krbsrvname",
}
_TLS = {
    "sslMode": "sslmode",
    "ssl.ca.cert": "sslrootcert",
    "ssl.client.cert": "sslcert",
    "ssl.client.key": "sslkey",
}
_KNOWN_LOGINS = ("", "native", "postgres_pgpass")
_MOST_JUMPS = 10


def dbeaver_files(folder: Path) -> list[Path]:
    """The lists of connections below a folder: of its data, a workspace, or a project."""
    for pattern in _PROJECTS:
        if found := sorted(folder.glob(pattern + _FILES)):
            return found
    return []


def usual_dbeaver_files() -> list[Path]:
    """The lists of connections where DBeaver usually keeps them."""
    folders = dict.fromkeys(folder.resolve() for folder in _folders())
    return [file for folder in folders for file in dbeaver_files(folder)]


def _folders() -> Iterator[Path]:
    for variable in ("XDG_DATA_HOME", "APPDATA"):
        if os.environ.get(variable):
            yield Path(os.environ[variable]) / "DBeaverData"
    for pattern in _BELOW_HOME:
        yield from sorted(Path.home().glob(pattern))
    if "WSL_DISTRO_NAME" in os.environ:
        yield from sorted(Path("/mnt").glob(_OF_WINDOWS))


def read_dbeaver(path: Path) -> Found:
    """The connections in a file of DBeaver.

    Raises:
        StorageError, UsageError: It cannot be read.
    """
    try:
        content = read_json(path)
    except UsageError as exc:
        hint = "a project that DBeaver protects by a password cannot be read"
        raise UsageError(exc.message, hint=hint) from exc
    secrets, problem = _read_secrets(path)
    project = path.parent.parent.name if path.parent.name == ".dbeaver" else path.name
    reader = _Reader(content, secrets, f"DBeaver, {project}")
    return Found.of(reader.connections(), [problem])


# ── users and passwords ──────────────────────────────────────────────────────────────────────


def _read_secrets(path: Path) -> tuple[dict[str, object], str]:
    """What is encrypted beside a list of connections, and what is to be said of it."""
    file = path.with_name(path.name.replace("data-sources", "credentials-config", 1))
    if not file.is_file():
        return {}, ""
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        text = _decrypted(content)
        return parse_json(text, "what it holds"), ""
    except (OSError, TuskError) as exc:
        reason = exc.message if isinstance(exc, TuskError) else exc.strerror
        return {}, f"users and passwords in {file} cannot be read: {reason}"


def _decrypted(content: bytes) -> str:
    """The text in AES-128-CBC, whose first block is the initial vector. Raises UsageError."""
    start, rest = content[:_BLOCK], content[_BLOCK:]
    if not rest or len(rest) % _BLOCK or len(content) > MOST_BYTES:
        raise UsageError("it is not encrypted as DBeaver does")
    command = ["openssl", "enc", "-d", "-aes-128-cbc", "-K", _KEY, "-iv", start.hex()]
    try:
        done = subprocess.run(
            command, input=rest, capture_output=True, timeout=_DECRYPTION_S, check=True
        )
        return done.stdout.decode()
    except FileNotFoundError:
        raise UsageError("that needs the program openssl, which is not there") from None
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        # Not chained: the error of a process may hold what it wrote.
        raise UsageError("it is encrypted by a password of its own") from None


# ── connections ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Login:
    """A user, and perhaps a password."""

    user: str = ""
    password: str | None = None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes candidates of a list of connections.

    Args:
        content: Of `data-sources.json`.
        secrets: Of `credentials-config.json`, by connection and kind.
        origin: Where that is, in words.
    """

    content: Mapping[str, object]
    secrets: Mapping[str, object]
    origin: str

    def connections(self) -> Iterator[Candidate | Refused]:
        """Each connection, or why it cannot be taken."""
        for key, value in object_of(self.content.get("connections")).items():
            name = text_of(object_of(value).get("name")) or key
            try:
                yield checked(self._candidate(key, name, object_of(value)))
            except TuskError as exc:
                yield Refused(name, self.origin, exc.message)

    def _candidate(self, key: str, name: str, item: Mapping[str, object]) -> Candidate:
        config = object_of(item.get("configuration"))
        engine = _engine_of(item, config)
        kind = self._kind(config)
        profile = Profile(
            name_from(name, engine),
            engine,
            group=text_of(item.get("folder")),
            color=_colour(config, kind),
            read_only=is_true(item.get("read-only")),
            startup_sql=_startup_sql(config),
            confirm_writes=_confirmation(kind),
        )
        if engine == "postgres":
            return _Server(self, key, config).candidate(profile)
        return Candidate(replace(profile, parameters={"path": _file_of(config)}), self.origin)

    def _kind(self, config: Mapping[str, object]) -> Mapping[str, object]:
        """The connection type: its colour and questions, with its id."""
        key = text_of(config.get("type"))
        return {"id": key, **object_of(object_of(self.content.get("connection-types")).get(key))}

    def login(self, key: str, kind: str, plain: Mapping[str, object]) -> _Login:
        """Who logs in: as it is encrypted, else as it stands in the list.

        Args:
            key: Of the connection.
            kind: `#connection`, or `network/` and the handler.
            plain: Where older versions have written it.
        """
        secret = object_of(object_of(self.secrets.get(key)).get(kind))
        user = text_of(secret.get("user")) or text_of(plain.get("user"))
        passwords = (secret.get("password"), plain.get("password"))
        return _Login(user, next((p for p in passwords if isinstance(p, str) and p), None))

    def handlers(self, config: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
        """Tunnels and TLS that are switched on, those of its network profile too."""
        profiles = object_of(self.content.get("network-profiles"))
        shared = object_of(profiles.get(text_of(config.get("config-profile"))))
        found = {**object_of(shared.get("handlers")), **object_of(config.get("handlers"))}
        return {
            name: object_of(handler)
            for name, handler in found.items()
            if is_true(object_of(handler).get("enabled"))
        }


class _Server:
    """Makes a candidate of a connection to a PostgreSQL server."""

    def __init__(self, reader: _Reader, key: str, config: Mapping[str, object]) -> None:
        self._reader = reader
        self._key = key
        self._config = config
        self._notes: list[str] = []
        self._handlers = reader.handlers(config)

    def candidate(self, profile: Profile) -> Candidate:
        """The connection, with what of it is not taken. Raises TuskError."""
        parameters, properties, url_password = _address(self._config)
        properties |= _texts(self._config.get("properties"))
        login = self._reader.login(self._key, "#connection", self._config)
        user = login.user or properties.get("user", "") or parameters.get("user", "")
        parameters |= {"user": user} if user else {}
        parameters |= self._tls(properties)
        for name, value in parameters.items():
            if "${" in value:
                raise UsageError(f"its {name} is a variable of DBeaver: {value}")
        profile = replace(
            profile,
            parameters=parameters,
            search_path=self._search_path(properties),
            read_only=profile.read_only or is_true(properties.get("readOnly")),
            ssh=self._tunnel(),
        )
        self._note_the_rest(profile)
        password = login.password or properties.get("password") or url_password
        return Candidate(profile, self._reader.origin, password, self._notes)

    def _tls(self, properties: Mapping[str, str]) -> dict[str, str]:
        found = {_JDBC[name]: value for name, value in properties.items() if name in _JDBC}
        if is_true(properties.get("ssl")):
            # The JDBC driver then checks the certificate, and so does tusk.
            found.setdefault("sslmode", "verify-full")
        handler = self._handlers.get("postgre_ssl")
        if handler is not None:
            values = _texts(handler.get("properties"))
            found |= {_TLS[name]: value for name, value in values.items() if name in _TLS and value}
            found.setdefault("sslmode", "verify-full")
        if found.get("sslkey", "").endswith((".pk8", ".der")):
            self._notes.append(
                f"libpq needs its TLS key as PEM: {found.pop('sslkey')} is not taken"
            )
        return found

    def _search_path(self, properties: Mapping[str, str]) -> tuple[str, ...]:
        schema = text_of(object_of(self._config.get("bootstrap")).get("defaultSchema"))
        if schema:
            return (schema,)
        try:
            return read_search_path(properties.get("currentSchema", ""))
        except UsageError as exc:
            self._notes.append(exc.message)
            return ()

    def _tunnel(self) -> SshRoute | None:
        handler = self._handlers.get("ssh_tunnel")
        if handler is None:
            return None
        values = _texts(handler.get("properties"))
        login = self._reader.login(self._key, "network/ssh_tunnel", handler)
        hosts = [
            _ssh_host(values, f"jumpServer{number}.", values.get(f"jumpServer{number}.name", ""))
            for number in range(_MOST_JUMPS)
            if is_true(values.get(f"jumpServer{number}.enabled"))
        ]
        hosts.append(_ssh_host(values, "", login.user))
        if values.get("authType", "PASSWORD") == "PASSWORD":
            self._notes.append("its SSH password is not taken: tusk logs in by a key or the agent")
        return route(hosts, identity_of(values.get("keyPath", "")))

    def _note_the_rest(self, profile: Profile) -> None:
        others = sorted(self._handlers.keys() - {"ssh_tunnel", "postgre_ssl"})
        self._notes += [f"its {name} is not taken" for name in others]
        login = text_of(self._config.get("auth-model"))
        if login not in _KNOWN_LOGINS:
            self._notes.append(f"its way to log in, {login}, is not taken")
        if profile.startup_sql:
            self._notes.append("it runs SQL at the start of each session")


def _texts(value: object) -> dict[str, str]:
    """A JSON object's texts, numbers and truths."""
    return {
        name: str(item).lower() if isinstance(item, bool) else text_of(item)
        for name, item in object_of(value).items()
    }


def _engine_of(item: Mapping[str, object], config: Mapping[str, object]) -> str:
    provider, driver = text_of(item.get("provider")), text_of(item.get("driver"))
    protocol = text_of(config.get("url")).partition(":")[2].partition(":")[0]
    told = (provider, driver.partition("_")[0] if provider == "generic" else "", protocol)
    for name in told:
        if name in _ENGINES:
            return _ENGINES[name]
    raise UsageError(
        f"tusk has no engine for {driver or provider or 'a connection without driver'}"
    )


def _file_of(config: Mapping[str, object]) -> str:
    """The absolute path of a database file, empty for one in memory. Raises UsageError."""
    url = text_of(config.get("url"))
    text = text_of(config.get("database")) or url.partition(":")[2].partition(":")[2]
    text = text.partition("?")[0].removeprefix("file:")
    if text in ("", ":memory:"):
        return ""
    path = Path(text)
    if not path.is_absolute():
        raise UsageError(f"its file is not an absolute path here: {text}")
    return str(path)


def _address(config: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str], str | None]:
    """The server, properties of the JDBC URL, and a password in it. Raises TuskError."""
    url = text_of(config.get("url"))
    names = {"host": "host", "port": "port", "database": "dbname"}
    fields = {libpq: text_of(config.get(name)) for name, libpq in names.items()}
    is_by_url = text_of(config.get("configurationType")) == "URL" or not fields["host"]
    if not is_by_url or not url.startswith("jdbc:postgresql:"):
        return {name: value for name, value in fields.items() if value}, {}, None
    location, _, query = url.removeprefix("jdbc:postgresql:").partition("?")
    if not location.startswith("//"):
        location = f"///{location.lstrip('/')}"
    target = parse_target(f"postgresql:{location}")
    return dict(target.parameters), dict(parse_qsl(query)), target.password


def _ssh_host(values: Mapping[str, str], prefix: str, user: str) -> str:
    host, port = (values.get(f"{prefix}{name}", "") for name in ("host", "port"))
    if not host:
        raise UsageError("its SSH tunnel names no host")
    return ssh_host(user, host, port)


def _colour(config: Mapping[str, object], kind: Mapping[str, object]) -> str:
    own = colour_near(text_of(config.get("color")))
    # The types that come with DBeaver name a colour of its theme.
    named = {"prod": "red", "test": "green"}.get(text_of(kind.get("id")), "")
    return own or colour_near(text_of(kind.get("color"))) or named


def _confirmation(kind: Mapping[str, object]) -> ConfirmWrites:
    asks = is_true(kind.get("confirm-execute"))
    return ConfirmWrites.ALL if asks else ConfirmWrites.UNBOUNDED


def _startup_sql(config: Mapping[str, object]) -> tuple[str, ...]:
    queries = object_of(config.get("bootstrap")).get("query")
    if not isinstance(queries, list):
        return ()
    return tuple(text for query in queries if (text := text_of(query)))
