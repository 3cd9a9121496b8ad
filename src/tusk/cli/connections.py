"""`tusk connections`: the stored ones."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tusk.cli.apps import command_app
from tusk.cli.connection_imports import import_connections
from tusk.cli.narration import say, warn
from tusk.cli.output import FormatOption, write_rows
from tusk.cli.targets import complete_connection, read_password, resolve_argument

if TYPE_CHECKING:
    from tusk.services.connections import Profile

app = command_app("Show, store, change and test connections.")

_Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The name.", autocompletion=complete_connection)
]
_Group = Annotated[
    str | None, typer.Option("--group", metavar="TEXT", help="Heading under which it is listed.")
]
_Color = Annotated[
    str | None,
    typer.Option(
        "--color",
        metavar="COLOR",
        help="A colour that marks it: red, orange, yellow, green, blue, purple or grey.",
    ),
]
_ReadOnly = Annotated[
    bool | None,
    typer.Option(
        "--read-only/--read-write",
        help="Refuse writes, enforced by the engine.",
        show_default=False,
    ),
]
_Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", help="Time limit for each statement; 0: none."),
]
_StartupSql = Annotated[
    list[str] | None,
    typer.Option(
        "--startup-sql", metavar="SQL", help="Run at the start of each session; may be repeated."
    ),
]
_SearchPath = Annotated[
    str | None,
    typer.Option(
        "--search-path",
        metavar="SCHEMAS",
        help="Schemas in which names are looked for, with commas between; empty: the server's own.",
    ),
]
_FetchLimit = Annotated[
    int | None,
    typer.Option(
        "--fetch-limit",
        metavar="ROWS",
        help="Rows after which a result pauses in the app; 0: as the setting query.fetch_limit says.",
    ),
]
_History = Annotated[
    bool | None,
    typer.Option(
        "--history/--no-history",
        help="Keep statements that are run here in the history.",
        show_default=False,
    ),
]
_ConfirmWrites = Annotated[
    str | None,
    typer.Option(
        "--confirm-writes",
        metavar="WHEN",
        help="Before which statements the app asks: never, unbounded (those that reach every row or "
        "remove an object) or all that change something. Commands never ask.",
    ),
]
_Ssh = Annotated[
    str | None,
    typer.Option(
        "--ssh",
        metavar="HOST",
        help="Connect through this host by the system's ssh: a name of ~/.ssh/config, or "
        "user@host:port; empty for no tunnel.",
    ),
]
_SshJump = Annotated[
    str | None,
    typer.Option("--ssh-jump", metavar="HOSTS", help="Hosts on the way there, with commas."),
]
_SshIdentity = Annotated[
    str | None,
    typer.Option("--ssh-identity", metavar="FILE", help="The key, if ssh does not find it itself."),
]
_Password = Annotated[
    bool,
    typer.Option(
        "--password", help="Ask for a password to keep; without a terminal, read it from stdin."
    ),
]


@app.command("list")
def list_(format_name: FormatOption = "") -> None:
    """List stored connections. Passwords are never shown.

    \b
    Example:
      tusk connections list -F json
    """
    from tusk.services.connections import list_profiles, location_of

    rows = [
        {
            "name": profile.name,
            "engine": profile.engine,
            "location": location_of(profile),
            "group": profile.group or None,
            "color": profile.color or None,
            "read_only": profile.read_only,
        }
        for profile in list_profiles()
    ]
    if not rows:
        say("no connections are stored; add one: tusk connections add NAME URL")
    columns = ["name", "engine", "location", "group", "color", "read_only"]
    write_rows(rows, columns, format_name)


@app.command()
def show(name: _Name, format_name: FormatOption = "") -> None:
    """Show one connection. Its password is never shown.

    \b
    Example:
      tusk connections show shop
    """
    from tusk.services.connections import get_profile

    row = _details(get_profile(name))
    write_rows([row], list(row), format_name, on_terminal="vertical")


def _details(profile: Profile) -> dict[str, object]:
    from tusk.core.search_path import write_search_path
    from tusk.services.connections import has_password, location_of

    return {
        "name": profile.name,
        "engine": profile.engine,
        "location": location_of(profile),
        **{f"parameter.{name}": value for name, value in profile.parameters.items()},
        "group": profile.group or None,
        "color": profile.color or None,
        "read_only": profile.read_only,
        "startup_sql": "; ".join(profile.startup_sql) or None,
        "search_path": write_search_path(profile.search_path) or None,
        "fetch_limit": profile.fetch_limit,
        "statement_timeout_s": profile.statement_timeout_s,
        "history": profile.history,
        "confirm_writes": profile.confirm_writes.value,
        "ssh": profile.ssh.words if profile.ssh else None,
        "ssh_identity": (profile.ssh.identity or None) if profile.ssh else None,
        "password": "kept" if has_password(profile.name) else None,
    }


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    location: Annotated[
        str,
        typer.Argument(
            metavar="URL|FILE", help="A URL, a libpq connection string, or a database or data file."
        ),
    ],
    group: _Group = None,
    color: _Color = None,
    read_only: _ReadOnly = None,
    timeout: _Timeout = None,
    startup_sql: _StartupSql = None,
    search_path: _SearchPath = None,
    fetch_limit: _FetchLimit = None,
    history: _History = None,
    confirm_writes: _ConfirmWrites = None,
    ssh: _Ssh = None,
    ssh_jump: _SshJump = None,
    ssh_identity: _SshIdentity = None,
    password: _Password = False,
) -> None:
    """Store a connection. A password goes into the keyring or a private file.

    \b
    Examples:
      tusk connections add shop postgresql://ann@db.example/shop --password
      tusk connections add sales ./sales.duckdb --read-only
      pass show db/shop | tusk connections add shop 'host=db user=ann' --password
      tusk connections add live postgresql://ann@10.0.0.5/shop --ssh bastion --color red
    """
    from tusk.core.errors import UsageError
    from tusk.services.connections import add_profile, profile_from_url

    if not name.strip():
        raise UsageError("the name is empty", hint="say what to call the connection")
    profile, in_url = profile_from_url(location, name)
    if in_url:
        warn("a password in a command can be seen by others; next time use --password")
    given = _given(
        group=group,
        color=color,
        read_only=read_only,
        statement_timeout_s=timeout,
        startup_sql=startup_sql,
        search_path=search_path,
        fetch_limit=fetch_limit,
        history=history,
        confirm_writes=confirm_writes,
    )
    given |= _route(profile, ssh, ssh_jump, ssh_identity)
    add_profile(
        replace(profile, **given), read_password(f"Password for {name}: ") if password else in_url
    )
    say(f"stored {name}")


def _route(
    profile: Profile, ssh: str | None, jump: str | None, identity: str | None
) -> dict[str, Any]:
    """The tunnel, if something of it was given; an empty host ends it."""
    from tusk.core.errors import UsageError
    from tusk.services.connections import SshRoute

    given = {"host": ssh, "jump": jump, "identity": identity}
    changes = {name: text for name, text in given.items() if text is not None}
    if not changes:
        return {}
    if ssh == "":
        return {"ssh": None}
    if profile.ssh is None and not ssh:
        raise UsageError("--ssh-jump and --ssh-identity need --ssh")
    return {"ssh": replace(profile.ssh or SshRoute(""), **changes)}


def _given(**options: Any) -> dict[str, Any]:
    """Fields of a profile that were given; what is None, or an empty list, stays as it is."""
    from tusk.core.search_path import read_search_path
    from tusk.services.connections import confirm_writes_of

    given = {name: value for name, value in options.items() if value is not None and value != []}
    if "confirm_writes" in given:
        given["confirm_writes"] = confirm_writes_of(given["confirm_writes"])
    for name in ("statement_timeout_s", "fetch_limit"):
        if given.get(name) == 0:
            given[name] = None
    if "search_path" in given:
        given["search_path"] = read_search_path(given["search_path"])
    if "startup_sql" in given:
        given["startup_sql"] = tuple(given["startup_sql"])
    return given


@app.command()
def edit(
    name: _Name,
    rename: Annotated[
        str | None, typer.Option("--rename", metavar="NAME", help="A new name.")
    ] = None,
    location: Annotated[
        str | None,
        typer.Option("--location", metavar="URL|FILE", help="Where it leads, in place of before."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Set one parameter, as in port=5433; may be repeated.",
        ),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option("--unset", metavar="KEY", help="Remove one parameter; may be repeated."),
    ] = None,
    group: _Group = None,
    color: _Color = None,
    read_only: _ReadOnly = None,
    timeout: _Timeout = None,
    startup_sql: _StartupSql = None,
    search_path: _SearchPath = None,
    fetch_limit: _FetchLimit = None,
    history: _History = None,
    confirm_writes: _ConfirmWrites = None,
    ssh: _Ssh = None,
    ssh_jump: _SshJump = None,
    ssh_identity: _SshIdentity = None,
    password: _Password = False,
    forget_password: Annotated[
        bool, typer.Option("--forget-password", help="Forget the password that is kept.")
    ] = False,
) -> None:
    """Change a stored connection; what is not named stays.

    \b
    Examples:
      tusk connections edit shop --set port=5433 --read-only
      tusk connections edit shop --rename old-shop
      tusk connections edit shop --password
    """
    from tusk.core.errors import UsageError
    from tusk.services.connections import KEEP, get_profile, profile_from_url, replace_profile

    if password and forget_password:
        raise UsageError("give --password or --forget-password, not both")
    given = _given(
        name=rename,
        group=group,
        color=color,
        read_only=read_only,
        statement_timeout_s=timeout,
        startup_sql=startup_sql,
        search_path=search_path,
        fetch_limit=fetch_limit,
        history=history,
        confirm_writes=confirm_writes,
    )
    profile = get_profile(name)
    given |= _route(profile, ssh, ssh_jump, ssh_identity)
    if not (given or location or set_ or unset or password or forget_password):
        raise UsageError("there is nothing to change", hint="tusk connections edit --help")
    in_url: str | None = None
    if location is not None:
        moved, in_url = profile_from_url(location, name)
        profile = replace(profile, engine=moved.engine, parameters=moved.parameters)
    parameters = _parameters(profile, set_ or [], unset or [])
    profile = replace(profile, parameters=parameters, **given)
    if password:
        replace_profile(name, profile, read_password(f"Password for {profile.name}: "))
    else:
        replace_profile(name, profile, None if forget_password else in_url or KEEP)
    say(f"changed {profile.name}")


def _parameters(profile: Profile, set_: list[str], unset: list[str]) -> dict[str, str]:
    from tusk.core.errors import UsageError

    parameters = dict(profile.parameters)
    for assignment in set_:
        key, separator, value = assignment.partition("=")
        if not separator or not key:
            raise UsageError(f"{assignment!r} is not KEY=VALUE")
        parameters[key] = value
    for key in unset:
        if parameters.pop(key, None) is None:
            raise UsageError(f"the connection {profile.name!r} has no parameter {key!r}")
    return parameters


@app.command()
def remove(
    name: _Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget a stored connection and its password. On a terminal it asks first.

    \b
    Example:
      tusk connections remove shop
    """
    from tusk.services.connections import get_profile, remove_profile

    get_profile(name)
    if not yes and sys.stdin.isatty() and not typer.confirm(f"Forget {name!r}?", err=True):
        raise typer.Abort
    remove_profile(name)
    say(f"removed {name}")


app.command("import")(import_connections)


@app.command("test")
def check(
    target: Annotated[
        str,
        typer.Argument(
            metavar="NAME|URL|FILE",
            help="A stored connection, a URL or a file.",
            autocompletion=complete_connection,
        ),
    ],
    format_name: FormatOption = "",
) -> None:
    """Connect, and show who answers.

    Version, latency, TLS, through which hosts, whether it is read-only or a standby.

    \b
    Example:
      tusk connections test shop
    """
    from tusk.cli.connecting import connected

    asked = resolve_argument(target)
    with connected(asked) as session:
        info = session.test()
    row: dict[str, object] = {
        "product": info.product,
        "version": info.version,
        "latency_ms": round(info.latency_s * 1000, 2),
        "tls": info.tls or None,
        "read_only": info.is_read_only,
        "standby": info.is_standby,
        "encoding": info.encoding or None,
        "database": info.database or None,
        "user": info.user or None,
        "ssh": asked.ssh.words if asked.ssh else None,
        **info.details,
    }
    write_rows([row], list(row), format_name, on_terminal="vertical")
