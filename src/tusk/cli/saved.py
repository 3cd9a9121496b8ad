"""`tusk saved`: saved queries."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tusk.cli.apps import command_app
from tusk.cli.exits import ExitCode
from tusk.cli.narration import report, say
from tusk.cli.output import FormatOption, print_text, write_rows
from tusk.cli.query_options import (
    LimitOption,
    NoHistoryOption,
    OutputOption,
    ParametersOption,
    QuietOption,
    ReadOnlyOption,
    TimeoutOption,
)
from tusk.cli.targets import ConnectionOption, complete_connection, resolve_argument

if TYPE_CHECKING:
    from tusk.services.saved import SavedFile, SavedParameter, SavedQuery

app = command_app("Keep queries under a name, in files fit for version control.")

_COLUMNS = ["name", "description", "tags", "connection", "parameters"]


def _complete_name() -> list[tuple[str, str]]:
    from tusk.services.saved import find_queries

    return [(file.name, file.query.description) for file in find_queries()]


def _complete_folder() -> list[str]:
    from tusk.services.saved import open_saved

    return open_saved().folders()


def _complete_removed() -> list[str]:
    from tusk.services.saved import open_saved

    return open_saved().removed()


_Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="As in sales/daily.", autocompletion=_complete_name),
]
_NewName = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="What to call it, as in sales/daily.", autocompletion=_complete_folder
    ),
]
_Sql = Annotated[
    str | None,
    typer.Argument(
        metavar="[SQL]",
        help="The query; - or nothing reads it from standard input.",
        show_default=False,
    ),
]
_File = Annotated[
    str, typer.Option("--file", "-f", metavar="FILE", help="Take the query from a file.")
]
_Description = Annotated[
    str | None, typer.Option("--description", "-d", metavar="TEXT", help="What it is for.")
]
_Tags = Annotated[
    list[str] | None, typer.Option("--tag", "-t", metavar="TAG", help="A tag; repeatable.")
]
_Connection = Annotated[
    str | None,
    typer.Option(
        "--connection",
        "-c",
        metavar="NAME|URL|FILE",
        help="Where it runs when nothing else is said.",
        autocompletion=complete_connection,
    ),
]
_Declarations = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="NAME[:TYPE][=DEFAULT]",
        help="Declare a parameter, as in day:date=2026-01-31; repeatable.",
    ),
]


@app.command("list")
def list_(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="[FOLDER]",
            help="Only those in it and below.",
            autocompletion=_complete_folder,
            show_default=False,
        ),
    ] = "",
    text: Annotated[
        str,
        typer.Option("--search", "-s", metavar="TEXT", help="Only those in which all words occur."),
    ] = "",
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", "-t", metavar="TAG", help="Only with it; repeatable."),
    ] = None,
    format_name: FormatOption = "",
) -> None:
    """List saved queries. What is wrong with a file is said with its line.

    \b
    Examples:
      tusk saved list
      tusk saved list sales --tag daily
      tusk saved list --search 'orders total' -F json
    """
    from tusk.services.saved import find_queries

    files = find_queries(text, folder=folder, tags=tag or [])
    if not files:
        narrowed = folder or text or tag
        say("no saved query is so" if narrowed else "nothing is saved yet: tusk saved add NAME SQL")
    write_rows([_row(file) for file in files], _COLUMNS, format_name)


def _row(file: SavedFile) -> dict[str, object]:
    query = file.query
    return {
        "name": file.name,
        "description": query.description or None,
        "tags": ", ".join(query.tags) or None,
        "connection": query.connection or None,
        "parameters": ", ".join(map(_declaration, query.parameters)) or None,
    }


def _declaration(parameter: SavedParameter) -> str:
    """A parameter as `--param` takes it."""
    type_name = f":{parameter.type}" if parameter.type else ""
    default = "" if parameter.default is None else f"={parameter.default}"
    return f"{parameter.name}{type_name}{default}"


@app.command()
def show(
    name: _Name,
    sql: Annotated[bool, typer.Option("--sql", help="Print just the SQL.")] = False,
    format_name: Annotated[
        str,
        typer.Option(
            "--format", "-F", metavar="FORMAT", help="Show what is known of it as a row instead."
        ),
    ] = "",
) -> None:
    """Print a saved query's file.

    \b
    Examples:
      tusk saved show sales/daily
      tusk saved show sales/daily --sql | tusk query -c staging
      tusk saved show sales/daily -F json
    """
    from tusk.services.saved import open_saved

    saved = open_saved()
    if not format_name and not sql:
        print_text(saved.text(name)[0].removesuffix("\n"))
        return
    file = saved.get(name)
    if sql:
        print_text(file.query.sql)
        return
    modified = dt.datetime.fromtimestamp(file.modified).astimezone()
    row = {
        **_row(file),
        "modified": modified.isoformat(" ", "seconds"),
        "file": str(file.path),
        "sql": file.query.sql,
    }
    write_rows([row], list(row), format_name)


@app.command()
def run(
    name: _Name,
    connection: ConnectionOption = "",
    format_name: FormatOption = "",
    output: OutputOption = None,
    parameters: ParametersOption = None,
    limit: LimitOption = None,
    timeout: TimeoutOption = None,
    read_only: ReadOnlyOption = False,
    quiet: QuietOption = False,
    no_history: NoHistoryOption = False,
) -> None:
    """Run a saved query, where it says or with -c elsewhere.

    Values given with -p are read as the type that the query declares; without one its default
    counts.

    \b
    Examples:
      tusk saved run sales/daily
      tusk saved run sales/daily -p day=2026-01-31 -o daily.parquet
    """
    from tusk.cli.query_run import QueryRequest, run_query
    from tusk.services.saved import arguments_of, open_saved

    file = open_saved().get(name)
    target = resolve_argument(connection or file.query.connection, read_only=read_only)
    run_query(
        QueryRequest(
            sql=None,
            files=[str(file.path)],
            format_name=format_name,
            output=output,
            parameters=arguments_of(file.query, target.engine, parameters or []),
            limit=limit,
            timeout_s=timeout,
            quiet=quiet,
            history=not no_history,
        ),
        target,
    )


@app.command()
def add(
    name: _NewName,
    sql: _Sql = None,
    file: _File = "",
    description: _Description = None,
    tags: _Tags = None,
    connection: _Connection = None,
    parameters: _Declarations = None,
    replace_: Annotated[
        bool, typer.Option("--replace", help="Replace a query of that name.")
    ] = False,
) -> None:
    """Save a query. Front matter in its text is kept; options go before it.

    \b
    Examples:
      tusk saved add sales/top 'select * from orders order by total desc limit 10' -c shop
      tusk saved add sales/daily -f daily.sql -p day:date -t sales -d 'Orders of one day'
    """
    from tusk.cli.scripts import read_scripts
    from tusk.services.saved import open_saved, parse_query

    [script] = read_scripts(sql, [file] if file else [])
    query = _changed(
        parse_query(script.text, script.file), description, tags, connection, parameters
    )
    saved = open_saved().add(name, query, replace=replace_)
    say(f"saved {saved.name}")


def _changed(
    query: SavedQuery,
    description: str | None,
    tags: list[str] | None,
    connection: str | None,
    parameters: list[str] | None,
) -> SavedQuery:
    """The query with what was given; None leaves a value as it is."""
    from tusk.services.saved import read_parameters

    return replace(
        query,
        description=query.description if description is None else description,
        tags=query.tags if tags is None else tuple(filter(None, tags)),
        connection=query.connection if connection is None else connection,
        parameters=query.parameters if parameters is None else read_parameters(parameters),
    )


@app.command()
def edit(
    name: _Name,
    sql: _Sql = None,
    file: _File = "",
    description: _Description = None,
    tags: _Tags = None,
    connection: _Connection = None,
    parameters: _Declarations = None,
) -> None:
    """Change a saved query, without options in $EDITOR.

    What is not named stays. Given tags and parameters replace those there were.

    \b
    Examples:
      tusk saved edit sales/daily
      tusk saved edit sales/daily -t sales -t monthly -c staging
      tusk saved edit sales/daily -f better.sql
    """
    from tusk.cli.scripts import read_scripts
    from tusk.services.saved import open_saved

    given = (description, tags, connection, parameters)
    if sql is None and not file and all(value is None for value in given):
        _edit_in_editor(name)
        return
    saved = open_saved()
    before = saved.get(name)
    query = _changed(before.query, *given)
    if sql is not None or file:
        [script] = read_scripts(sql, [file] if file else [])
        query = replace(query, sql=script.text.removesuffix("\n"))
    saved.change(name, query, before.version)
    say(f"changed {before.name}")


def _edit_in_editor(name: str) -> None:
    """Let the user change the file; what cannot be saved stays in a temporary copy."""
    from tusk.core.errors import TuskError, UsageError
    from tusk.services.saved import open_saved

    saved = open_saved()
    text, version = saved.text(name)
    if not sys.stdin.isatty():
        raise UsageError("an editor needs a terminal", hint="without one use options, or -f FILE")
    descriptor, copy = tempfile.mkstemp(prefix="tusk-", suffix=".sql")
    path = Path(copy)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    _open_editor(path)
    try:
        changed = path.read_bytes().decode()
        if changed == text:
            say("nothing was changed")
        else:
            saved.change_text(name, changed, version)
            say(f"changed {name}")
    except (TuskError, UnicodeDecodeError) as exc:
        say(f"tusk: not saved; your text is kept in {path}")
        if isinstance(exc, TuskError):
            raise
        raise UsageError(f"{path} is not UTF-8") from exc
    path.unlink()


def _open_editor(path: Path) -> None:
    from tusk.core.errors import UsageError

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        code = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
    except (OSError, ValueError) as exc:
        path.unlink()
        raise UsageError(f"cannot run the editor {editor!r}", hint="set EDITOR") from exc
    if code:
        path.unlink()
        raise UsageError(f"the editor {editor!r} ended with {code}; nothing was changed")


@app.command()
def move(
    name: _Name,
    new_name: Annotated[
        str,
        typer.Argument(
            metavar="NEW_NAME",
            help="Its new name; ending with / the folder to move it into.",
            autocompletion=_complete_folder,
        ),
    ],
) -> None:
    """Rename or move a saved query, or a folder of them.

    \b
    Examples:
      tusk saved move sales/daily sales/by-day
      tusk saved move sales/by-day archive/
    """
    from tusk.services.saved import open_saved

    say(f"moved to {open_saved().move(name, new_name)}")


@app.command()
def remove(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="Their names.", autocompletion=_complete_name),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove saved queries. On a terminal it asks first; `restore` brings them back.

    \b
    Example:
      tusk saved remove sales/daily
    """
    from tusk.services.saved import open_saved

    saved = open_saved()
    for name in names:
        saved.text(name)
    listed = ", ".join(names)
    if not yes and sys.stdin.isatty() and not typer.confirm(f"Remove {listed}?", err=True):
        raise typer.Abort
    for name in names:
        removed = saved.remove(name)
        say(f"removed {removed}; to bring it back: tusk saved restore {shlex.quote(removed)}")


@app.command()
def restore(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="Their names.", autocompletion=_complete_removed),
    ],
) -> None:
    """Bring removed queries back.

    \b
    Example:
      tusk saved restore sales/daily
    """
    from tusk.services.saved import open_saved

    saved = open_saved()
    for name in names:
        say(f"restored {saved.restore(name).name}")


@app.command("import")
def import_(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...", help="Files, and folders whose .sql files keep their places."
        ),
    ],
    folder: Annotated[
        str,
        typer.Option(
            "--into", metavar="FOLDER", help="Where they go.", autocompletion=_complete_folder
        ),
    ] = "",
    on_conflict: Annotated[
        Literal["fail", "skip", "replace"],
        typer.Option("--on-conflict", help="When there is a query of that name."),
    ] = "fail",
) -> None:
    """Copy .sql files into the saved queries.

    They may have front matter. The exit code is 1 when some could not be saved; the others are.

    \b
    Examples:
      tusk saved import report.sql
      tusk saved import ~/sql --into old --on-conflict skip
    """
    from tusk.services.saved import import_queries

    done = import_queries(sources, folder, on_conflict=on_conflict)
    for each in done:
        if each.error is not None:
            report(each.error)
        else:
            say(f"{'left out' if each.was_there else 'saved'} {each.name}")
    failed = sum(each.error is not None for each in done)
    if not done:
        say("tusk: there is no .sql file")
    if failed or not done:
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def export(
    destination: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where the files go; it is made.")
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME...]",
            help="Which; all without any.",
            autocompletion=_complete_name,
            show_default=False,
        ),
    ] = None,
    replace_: Annotated[bool, typer.Option("--replace", help="Replace files there.")] = False,
) -> None:
    """Copy saved queries to .sql files.

    They keep their folders and front matter.

    \b
    Examples:
      tusk saved export backup
      tusk saved export shared sales/daily sales/top --replace
    """
    from tusk.services.saved import export_queries

    for path in export_queries(names or [], destination, replace=replace_):
        say(f"wrote {path}")
