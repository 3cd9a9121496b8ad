"""From what a user types to a `Target`: a URL, a libpq connection string, or a path.

Nothing is opened here except to look at the first bytes of a file whose name does not tell
what it is.
"""

from __future__ import annotations

import re
import shlex
import stat
from pathlib import Path
from urllib.parse import quote, unquote, urlencode

from tusk.core.errors import ConnectError, UsageError
from tusk.engines.base import Target
from tusk.engines.datafiles import data_format

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_POSTGRES_SCHEMES = frozenset(["postgresql", "postgres"])
_FILE_SCHEMES = frozenset(["duckdb", "sqlite", "datafusion"])

_DUCKDB_SUFFIXES = frozenset([".duckdb", ".ddb"])
_SQLITE_SUFFIXES = frozenset([".sqlite", ".sqlite3", ".db3"])
_WHAT_IS_UNDERSTOOD = (
    "give the name of a connection, a URL (postgresql://…, duckdb:///…, sqlite:///…), "
    "host=… dbname=…, or the path of a database or data file"
)

_URL_FORM = "write it as postgresql://USER@HOST:PORT/DATABASE"

_CONNINFO_START = re.compile(r"\s*[A-Za-z_]\w*\s*=")
_SPACES = " \t\n\r\f\v"
# One `keyword = value` of a libpq connection string: a quoted value, or one without spaces. As
# in libpq a quote inside a value is itself, and only ASCII's spaces are spaces.
_CONNINFO_PAIR = re.compile(
    r"""\s*([A-Za-z_]\w*)\s*=\s*
    (?:'((?:[^'\\]|\\.)*)' | ((?:(?:[^\s\\']|\\.)(?:[^\s\\]|\\.)*)?)(?=\s|\Z))""",
    re.DOTALL | re.ASCII | re.VERBOSE,
)
_SECRETS = frozenset(["password", "sslpassword"])


class UnknownTargetError(UsageError):
    """A text is no URL, no connection string and no file: it may be the name of something."""


def parse_target(text: str, *, read_only: bool = False) -> Target:
    """Read a URL, a libpq connection string or a path; empty text is DuckDB in memory.

    Args:
        text: What the user typed.
        read_only: Refuse writes in the session.

    Raises:
        UsageError: It is none of these, or wrong in itself.
        ConnectError: It is the path of a file that is not there.

    >>> parse_target("postgresql://ann:s3cret@db.example/shop").name
    'postgresql://ann@db.example/shop'
    >>> parse_target("duckdb:///data/shop.duckdb").parameters
    {'path': '/data/shop.duckdb'}
    """
    if "\0" in text:
        raise UsageError("a connection cannot hold a NUL character")
    # The last one is what the app calls it.
    if not text.strip() or text in (":memory:", "memory"):
        return Target("duckdb", "memory", {"path": ""}, read_only=read_only)
    if match := _URL.fullmatch(text.strip()):
        scheme = match["scheme"].lower()
        if scheme in _POSTGRES_SCHEMES:
            return _postgres_url(match["rest"], read_only=read_only)
        if scheme in _FILE_SCHEMES:
            return _file_url(scheme, match["rest"], read_only=read_only)
        raise UsageError(
            f"tusk knows no {scheme}:// connections",
            hint="it knows postgresql, duckdb, sqlite and datafusion",
        )
    if _CONNINFO_START.match(text) and not _mode(Path(text)):
        return _conninfo(text, read_only=read_only)
    return _path(text, read_only=read_only)


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────


def _postgres_url(rest: str, *, read_only: bool) -> Target:
    """A connection URI as libpq reads it: several hosts, sockets, any keyword as a parameter."""
    location, _, query = rest.partition("?")
    authority, _, database = location.partition("/")
    user_info, at, hosts = authority.rpartition("@")
    user, _, password = user_info.partition(":")
    parameters: dict[str, str] = {}
    if at and user:
        parameters["user"] = _decode(user)
    parameters |= _hosts_and_ports(hosts)
    if database:
        parameters["dbname"] = _decode(database)
    for keyword, value in _query(query):
        # JDBC's spelling, which libpq takes too.
        if keyword == "ssl" and value == "true":
            keyword, value = "sslmode", "require"
        parameters[keyword] = value
    if password:
        parameters.setdefault("password", _decode(password))
    return _postgres(parameters, read_only=read_only)


def _hosts_and_ports(text: str) -> dict[str, str]:
    hosts: list[str] = []
    ports: list[str] = []
    for part in text.split(",") if text else ():
        match = re.fullmatch(r"(?:\[([^\]]*)\]|(?!\[)([^:]*))(?::(.*))?", part)
        if match is None:
            raise UsageError("the connection URL cannot be read", hint=_URL_FORM)
        hosts.append(_decode(match[2] if match[1] is None else match[1]))
        ports.append(match[3] or "")
    for port in ports:
        if port and not (port.isascii() and port.isdigit()):
            # Not shown: it may be a password, when the @ after it was forgotten.
            raise UsageError("the port in the connection URL is not a number", hint=_URL_FORM)
    found: dict[str, str] = {}
    if any(hosts):
        found["host"] = ",".join(hosts)
    if any(ports):
        found["port"] = ",".join(ports)
    return found


def _decode(text: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})|%00", text):
        raise UsageError(
            "a % in a connection URL is not followed by two hexadecimal digits",
            hint="write a literal % as %25",
        )
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise UsageError("the connection URL is not UTF-8 once its %XX are read") from None


def _query(text: str) -> list[tuple[str, str]]:
    pairs = [part.partition("=") for part in text.split("&")] if text else []
    if not all(keyword and equals for keyword, equals, _ in pairs):
        raise UsageError("the URL's part after ? is not NAME=VALUE&NAME=VALUE")
    # A plus sign is itself in a libpq URI, not a space.
    return [(_decode(keyword), _decode(value)) for keyword, _, value in pairs]


def _conninfo(text: str, *, read_only: bool) -> Target:
    parameters: dict[str, str] = {}
    position = 0
    while text[position:].strip(_SPACES):
        match = _CONNINFO_PAIR.match(text, position)
        if match is None:
            raise UsageError(
                "the connection string is not KEYWORD=VALUE …",
                hint="quote a value with spaces: password='a b'",
            )
        value = match[3] if match[2] is None else match[2]
        parameters[match[1]] = re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        position = match.end()
    return _postgres(parameters, read_only=read_only)


def _postgres(parameters: dict[str, str], *, read_only: bool) -> Target:
    try:
        "".join(parameters.values()).encode()
    except UnicodeEncodeError:
        raise UsageError("a connection to PostgreSQL is text in UTF-8, this is not") from None
    password = parameters.pop("password", None)
    name = postgres_url(parameters)
    return Target("postgres", name, parameters, password=password, read_only=read_only)


def postgres_url(parameters: dict[str, str]) -> str:
    """The URL for libpq parameters, without any secret; it reads back as what it was made of.

    >>> postgres_url({"host": "db", "user": "ann", "dbname": "shop", "password": "x"})
    'postgresql://ann@db/shop'
    """
    rest = {k: v for k, v in parameters.items() if k not in _SECRETS}
    user = rest.pop("user", "")
    hosts = rest.pop("host", "").split(",")
    ports = rest.pop("port", "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    hosts *= max(1, len(ports) // len(hosts))
    location = ",".join(
        _host_text(host) + (f":{port}" if port else "")
        for host, port in zip(hosts, ports, strict=False)
    )
    url = "postgresql://" + (f"{_encode(user)}@" if user else "") + location
    if database := rest.pop("dbname", ""):
        url += "/" + _encode(database)
    if rest:
        url += ("" if database else "/") + "?" + urlencode(rest, quote_via=quote)
    return url


def _encode(text: str) -> str:
    # Letters of other scripts stay readable.
    return re.sub(r"[^\w.~-]", lambda m: "".join(f"%{b:02X}" for b in m[0].encode()), text)


def _host_text(host: str) -> str:
    text = _encode(host)
    return f"[{text.replace('%3A', ':')}]" if ":" in host else text


# ── databases and data in files ──────────────────────────────────────────────────────────────


def _file_url(scheme: str, rest: str, *, read_only: bool) -> Target:
    location, _, query = rest.partition("?")
    parameters = dict(_query(query))
    create = parameters.pop("create", "false")
    if parameters or create not in {"true", "false"}:
        # Names only: a value may be a password.
        wrong = ", ".join(parameters) or f"create={create}"
        raise UsageError(
            f"a {scheme}:// URL takes no parameter {wrong!r}",
            hint="only create=true, which makes a new database file",
        )
    path = _decode(location)
    if path.removeprefix("/") in {"", ":memory:"}:
        return Target(scheme, f"{scheme}://", {"path": ""}, read_only=read_only)
    found = {"path": _absolute(path)}
    if create == "true":
        found["create"] = "true"
    return Target(scheme, path, found, read_only=read_only)


def creating_url(scheme: str, path: Path) -> str:
    """The URL that makes a database file, as one types it in a shell.

    >>> creating_url("duckdb", Path("/a b/new.duckdb"))
    "'duckdb:///a%20b/new.duckdb?create=true'"
    """
    return shlex.quote(f"{scheme}://{quote(str(path))}?create=true")


def missing_database(scheme: str, path: str) -> ConnectError:
    """The error for a database file that is not there.

    Args:
        scheme: Of the engine's URLs.
        path: Absolute.
    """
    wanted = Path(path)
    here = wanted.relative_to(wanted.anchor)
    if here.exists() and here.absolute() != wanted:
        hint = f"{scheme}://{path} begins at the root; here is {here}: give that path"
    else:
        hint = f"check the path; to make a new database: {creating_url(scheme, wanted)}"
    return ConnectError(f"there is no database file {path!r}", hint=hint)


def _absolute(path: str) -> str:
    try:
        return str(Path(path).expanduser().absolute())
    except RuntimeError:
        raise UsageError(f"{path!r} names the home folder of an unknown user") from None


def _path(text: str, *, read_only: bool) -> Target:
    path = Path(_absolute(text))
    mode = _mode(path)
    if stat.S_ISDIR(mode) or data_format(path) is not None:
        return _files(text, path, read_only=read_only)
    suffix = path.suffix.lower()
    engine = _engine_of(path, suffix, mode)
    if engine == "parquet":
        return _files(text, path, read_only=read_only)
    if engine is not None:
        return Target(engine, text, {"path": str(path)}, read_only=read_only)
    # Something like user:password@host may have been meant.
    shown = re.sub(r"(?<=:)[^:@]*(?=@)", "…", text)
    if mode:
        raise UsageError(f"tusk cannot tell what is in the file {text!r}", hint=_WHAT_IS_UNDERSTOOD)
    if suffix == ".db" or "/" in text:
        raise ConnectError(
            f"there is no file {shown!r}",
            hint=f"to make a new database, give a URL: {creating_url('duckdb', path)} or "
            f"{creating_url('sqlite', path)}",
        )
    raise UnknownTargetError(
        f"{shown!r} is no connection that tusk knows", hint=_WHAT_IS_UNDERSTOOD
    )


def _files(text: str, path: Path, *, read_only: bool) -> Target:
    return Target("duckdb", text, {"path": "", "files": str(path)}, read_only=read_only)


def _mode(path: Path) -> int:
    """What kind of file is there; 0 for none, also where the text cannot be a path."""
    try:
        return path.stat().st_mode
    except PermissionError as exc:
        raise ConnectError(f"cannot read {str(path)!r}: {exc.strerror}") from exc
    except OSError:
        return 0


def _engine_of(path: Path, suffix: str, mode: int) -> str | None:
    """Which engine opens the file: by its name, else by its first bytes."""
    if suffix in _DUCKDB_SUFFIXES:
        return "duckdb"
    if suffix in _SQLITE_SUFFIXES:
        return "sqlite"
    if not stat.S_ISREG(mode):
        return None
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as exc:
        raise ConnectError(f"cannot read {str(path)!r}: {exc.strerror}") from exc
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head[8:12] == b"DUCK":
        return "duckdb"
    if head.startswith(b"PAR1"):
        return "parquet"
    return None
