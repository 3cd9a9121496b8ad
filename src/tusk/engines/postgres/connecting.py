"""Open connections with libpq's own keywords, and say clearly what went wrong."""

from __future__ import annotations

import errno
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tusk.core.errors import ConnectError, QueryError
from tusk.core.search_path import USER_SCHEMA, write_search_path
from tusk.engines.postgres.link import Link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tusk.engines.base import Target
    from tusk.engines.postgres.wire import Wire

# A host that went away is noticed after 12 s, whether or not something was being sent. Without
# tcp_user_timeout, keepalives do not help a statement whose bytes nobody acknowledges.
_NETWORK = {
    "connect_timeout": "10",
    "keepalives": "1",
    "keepalives_idle": "6",
    "keepalives_interval": "3",
    "keepalives_count": "2",
    "tcp_user_timeout": "12000",
}
# However long connecting took: whoever cancels has the session back within 2 s.
_PATIENCE_S = 1.5
_RECOVERY_S = 10.0
STARTING_UP = "57P03"
_NOT_AUTHENTICATED = "28P01"

# libpq gives no SQLSTATE for a connection that failed, only its own text and the server's:
# pattern, SQLSTATE, hint.
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (r"Connection refused", "08001", "is a server running there? check host and port"),
    (
        r"No such file or directory\s+Is the server running",
        "08001",
        "is a server running on this machine? give a host to connect over the network",
    ),
    (r"could not translate host name|Name or service not known", "08001", "check the host name"),
    (r"timeout expired|timed out", "08001", "check host, port and firewalls"),
    (
        r"remaining connection slots|too many clients|too many connections|no more connections",
        "53300",
        "all connection slots are taken: close idle sessions, or raise max_connections",
    ),
    (
        r"is starting up|in recovery mode|is shutting down|not yet accepting|recovery is not yet",
        STARTING_UP,
        "the server is starting, recovering or stopping: try again in a moment",
    ),
    (
        r"no password supplied|password authentication failed|authentication failed",
        _NOT_AUTHENTICATED,
        "check user and password (tusk's secrets, ~/.pgpass or PGPASSWORD)",
    ),
    (r"role .* does not exist|is not permitted to log in", "28000", "check the user name"),
    (
        r"no pg_hba.conf entry|pg_hba.conf rejects",
        "28000",
        "the server's pg_hba.conf does not allow this user, database, address and sslmode",
    ),
    (r"database .* does not exist", "3D000", "check the database name"),
    (
        r"server does not support SSL",
        "08001",
        "the server has no TLS; sslmode=prefer or disable connects without",
    ),
    (
        r"certificate|SSL error|tlsv1|SSL negotiation|root\.crt",
        "08001",
        "check sslmode, sslrootcert and the host name in the server's certificate",
    ),
    (r"definition of service", "", "check the service name in ~/.pg_service.conf or PGSERVICEFILE"),
    (
        r"invalid connection option",
        "",
        "what follows ? in a URL are parameters of libpq, as sslmode and connect_timeout are",
    ),
    (r"permission denied for database", "42501", "the user lacks CONNECT on this database"),
    (
        r"server closed the connection unexpectedly",
        "08001",
        "does a PostgreSQL server listen there?",
    ),
    (r"received invalid response|expected authentication", "08P01", "is it a PostgreSQL server?"),
)


def connect(target: Target) -> Link:
    """Open a connection.

    Raises:
        ConnectError: With what to do about it.
    """
    connection = _open(target, "UTF8")
    if connection.pgconn.parameter_status(b"server_encoding") == b"SQL_ASCII":
        # Such a database holds bytes of any kind. Checked as UTF-8 by the server, a row with
        # others could not be read at all. Not by SET, which DISCARD ALL and poolers undo.
        connection.close()
        connection = _open(target, "SQL_ASCII")
    return Link(connection, _PATIENCE_S)


def _open(target: Target, encoding: str) -> psycopg.Connection[Any]:
    parameters = _parameters(target) | {"client_encoding": encoding}
    try:
        return psycopg.connect(make_conninfo(**parameters), autocommit=True, prepare_threshold=None)
    except (psycopg.Error, UnicodeError) as exc:
        raise connect_error(target, str(exc)) from None


def reconnect(target: Target) -> Link:
    """Open a connection to a server that may still be recovering from a crash.

    Raises:
        ConnectError: It cannot be opened, or the server recovers for longer than 10 s.
    """
    give_up = time.monotonic() + _RECOVERY_S
    pause_s = 0.1
    while True:
        try:
            return connect(target)
        except ConnectError as exc:
            if not _is_recovering(exc) or time.monotonic() + pause_s > give_up:
                raise
        # It tells nobody when it has recovered: only another attempt shows it.
        time.sleep(pause_s)
        pause_s = min(1.0, 2 * pause_s)


def _is_recovering(exc: ConnectError) -> bool:
    """Whether the server may answer soon: after a crash it first ends every new connection."""
    ended = ("server closed the connection unexpectedly", os.strerror(errno.ECONNRESET))
    return exc.sqlstate == STARTING_UP or any(text in exc.message for text in ended)


def _parameters(target: Target) -> dict[str, str]:
    """The connection's keywords: the user's own, then defaults of tusk."""
    given = {key: value for key, value in target.parameters.items() if value != ""}
    known = given.keys() | _service_keywords(given)
    if os.environ.get("PGCONNECT_TIMEOUT"):
        known |= {"connect_timeout"}
    parameters = {key: value for key, value in _NETWORK.items() if key not in known}
    parameters["fallback_application_name"] = "tusk"
    parameters |= given
    if target.password is not None:
        parameters["password"] = target.password
    if loose := _loose_passfile(target):
        # libpq ignores it, too, but says so on stderr, in the middle of somebody's screen.
        parameters["passfile"] = f"{loose} is ignored"
    return parameters


def _loose_passfile(target: Target) -> Path | None:
    """The password file, when others may read it."""
    named = target.parameters.get("passfile") or os.environ.get("PGPASSFILE") or "~/.pgpass"
    path = Path(named).expanduser()
    try:
        return path if path.stat().st_mode & 0o077 else None
    except OSError:
        return None


def _service_keywords(given: Mapping[str, str]) -> set[str]:
    """Keywords that the connection's service sets, so that defaults do not override them.

    See "The Connection Service File" in libpq's documentation.
    """
    service = given.get("service") or os.environ.get("PGSERVICE")
    if not service:
        return set()
    files = [
        given.get("servicefile") or os.environ.get("PGSERVICEFILE") or "~/.pg_service.conf",
        str(Path(os.environ.get("PGSYSCONFDIR", "/nonexistent")) / "pg_service.conf"),
    ]
    for file in files:
        try:
            lines = Path(file).expanduser().read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        if keywords := _section_keywords(lines, service):
            return keywords
    return set()


def _section_keywords(lines: list[str], service: str) -> set[str]:
    keywords: set[str] = set()
    is_inside = False
    for line in map(str.strip, lines):
        if line.startswith("["):
            is_inside = line == f"[{service}]"
        elif is_inside and "=" in line and not line.startswith("#"):
            keywords.add(line.partition("=")[0].strip())
    return keywords


def connect_error(target: Target, text: str) -> ConnectError:
    """The error for a connection that could not be opened, from libpq's text."""
    reasons = [line.strip() for line in text.splitlines()]
    reason = " ".join(
        re.sub(r"^connection (failed|is bad): ", "", line) for line in reasons if line
    )
    found = (cause for cause in _CAUSES if re.search(cause[0], text))
    _, sqlstate, hint = next(found, ("", "", ""))
    if sqlstate == _NOT_AUTHENTICATED and (loose := _loose_passfile(target)):
        hint = f"{loose} is ignored because others may read it: chmod 600 {loose}"
    return ConnectError(f"cannot connect to {target.name}: {reason}", hint=hint, sqlstate=sqlstate)


def set_search_path(wire: Wire, target: Target) -> None:
    """Set the connection's search path.

    The server passes over schemas that are not there: a statement would meet tables of the same
    name in another schema. So that is an error here.

    Raises:
        ConnectError: It cannot be set, or a schema of it cannot be used.
    """
    if not target.search_path:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, target.search_path))
    command = sql.SQL("SET search_path TO {}").format(names)
    try:
        wire.command(command.as_string(wire.connection))
        usable = wire.ask("select pg_catalog.unnest(pg_catalog.current_schemas(false))::text")
        missing = _missing(target.search_path, [name or "" for (name,) in usable])
        if not missing:
            return
        there = wire.ask("select 1 from pg_catalog.pg_namespace where nspname = $1", missing)
    except QueryError as exc:
        raise ConnectError(
            f"the search path of {target.name} cannot be set: {exc.message}",
            hint=exc.hint,
            sqlstate=exc.sqlstate,
        ) from exc
    why = "may not be used by this user" if there else "is not there"
    raise ConnectError(
        f"the search path of {target.name} names a schema that {why}: {missing}",
        hint=f"change the connection's search path ({write_search_path(target.search_path)})",
        sqlstate="42501" if there else "3F000",
    )


def _missing(path: Sequence[str], usable: Sequence[str]) -> str:
    """The first schema of a search path that the server passes over; empty when there is none."""
    # The user's own schema need not exist, and the temporary one is made with its first table.
    known = {*usable, USER_SCHEMA, "pg_temp"}
    return next((name for name in path if name not in known), "")


def startup_error(target: Target, error: QueryError) -> ConnectError:
    """The error for a session whose startup SQL failed."""
    return ConnectError(
        f"the startup SQL of {target.name} failed: {error.message}",
        hint=error.hint or "change the connection's startup SQL",
        sqlstate=error.sqlstate,
    )
