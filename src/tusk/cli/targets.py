"""From what was typed to a target, with what a command line has to care about: passwords."""

from __future__ import annotations

import contextlib
import getpass
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tusk.cli.narration import warn

if TYPE_CHECKING:
    from tusk.core.errors import ConnectError
    from tusk.services.connections import Target

_IN_SIGHT = (
    "other users of this machine can see a password in a command while it runs; "
    "store it instead: tusk connections add NAME URL --password"
)


def complete_connection() -> list[str]:
    """Names of stored connections, for the shell."""
    from tusk.services.connections import list_profiles

    return [profile.name for profile in list_profiles()]


ConnectionOption = Annotated[
    str,
    typer.Option(
        "--connection",
        "-c",
        metavar="NAME|URL|FILE",
        help="Where to run it. Default: the setting query.default_connection, else DuckDB in "
        "memory.",
        show_default=False,
        autocompletion=complete_connection,
    ),
]


def resolve_argument(text: str, *, read_only: bool = False) -> Target:
    """What a connection argument means; warns when it holds a password.

    Raises:
        UsageError, ConnectError: It is nothing that tusk can open.
        ConfigError: The default connection is not.
    """
    from tusk.services.connections import find_profile, resolve

    if not text:
        return _resolve_default(read_only=read_only)
    if find_profile(text) is None:
        target = resolve(text, read_only=read_only)
        if target.password:
            warn(_IN_SIGHT)
        return target
    return resolve(text, read_only=read_only)


def _resolve_default(*, read_only: bool) -> Target:
    from tusk.core.errors import ConnectError, UsageError
    from tusk.services.connections import resolve
    from tusk.services.settings import blamed, load_settings

    try:
        return resolve(load_settings().query.default_connection, read_only=read_only)
    except (UsageError, ConnectError) as exc:
        raise blamed("query.default_connection", exc) from exc


def with_asked_password(target: Target, error: ConnectError) -> Target | None:
    """The target with a password asked for, when that is what was missing and one can ask."""
    if target.password is not None or not needs_password(error) or not sys.stderr.isatty():
        return None
    try:
        return replace(target, password=getpass.getpass(f"Password for {target.name}: "))
    except (EOFError, getpass.GetPassWarning):
        return None


def needs_password(error: ConnectError) -> bool:
    """Whether a server refused a connection for want of a password."""
    return error.sqlstate == "28P01" or "no password supplied" in error.message


def read_password(prompt: str) -> str:
    """Ask for a password, or without a terminal read one line of stdin.

    Raises:
        UsageError: There was none.
    """
    from tusk.core.errors import UsageError

    password = ""
    if sys.stdin.isatty():
        password = getpass.getpass(prompt)
    else:
        with contextlib.suppress(OSError):  # it is closed
            password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise UsageError("no password was given", hint="type it, or give it on standard input")
    return password
