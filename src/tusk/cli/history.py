"""`tusk history`: what was run."""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated

import typer

from tusk.cli.apps import command_app
from tusk.cli.exits import ExitCode
from tusk.cli.narration import say
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
from tusk.cli.targets import ConnectionOption

if TYPE_CHECKING:
    from tusk.services.history import History, HistoryEntry, HistoryFilter

app = command_app("Show, search, run again and forget statements that were run.")


class StatusName(enum.Enum):
    """How a statement ended, as `--status` takes it."""

    OK = "ok"
    FAILED = "failed"
    CANCELLED = "cancelled"


_COLUMNS = ["id", "started", "connection", "status", "seconds", "rows", "statement"]


def _complete_connection() -> list[str]:
    with _history() as history:
        return history.connections()


_Id = Annotated[int, typer.Argument(metavar="ID", help="Its number, as `list` shows it.")]
_Connections = Annotated[
    list[str] | None,
    typer.Option(
        "--connection",
        "-c",
        metavar="NAME",
        help="Only of this connection; repeatable.",
        autocompletion=_complete_connection,
    ),
]
_Statuses = Annotated[
    list[StatusName] | None,
    typer.Option("--status", help="Only those that ended so; repeatable."),
]
_Since = Annotated[
    str,
    typer.Option(
        "--since",
        metavar="WHEN",
        help="Not older: 90min, 2h, 30d, 4w or a date.",
        show_default=False,
    ),
]
_Until = Annotated[
    str, typer.Option("--until", metavar="WHEN", help="Older than that.", show_default=False)
]
_Pinned = Annotated[bool, typer.Option("--pinned", help="Only pinned ones.")]
_Unique = Annotated[bool, typer.Option("--unique", help="Of equal statements only the last one.")]
_Most = Annotated[
    int, typer.Option("--limit", "-n", metavar="N", min=1, help="Show N at most.")
]  # fmt: skip


@contextlib.contextmanager
def _history() -> Generator[History]:
    from tusk.services.history import History

    history = History()
    try:
        yield history
    finally:
        history.close()


def _filter(
    text: str = "",
    connections: list[str] | None = None,
    statuses: list[StatusName] | None = None,
    since: str = "",
    until: str = "",
    pinned: bool | None = None,
    unique: bool = False,
) -> HistoryFilter:
    from tusk.services.history import HistoryFilter, Status, parse_moment

    return HistoryFilter(
        text=text,
        connections=connections or [],
        statuses=[Status(status.value) for status in statuses or []],
        since=parse_moment(since) if since else None,
        until=parse_moment(until) if until else None,
        pinned=pinned,
        unique=unique,
    )


@app.command("list")
def list_(
    connection: _Connections = None,
    status: _Statuses = None,
    since: _Since = "",
    until: _Until = "",
    pinned: _Pinned = False,
    unique: _Unique = False,
    limit: _Most = 50,
    format_name: FormatOption = "",
) -> None:
    """List statements that were run, the newest first.

    \b
    Examples:
      tusk history list
      tusk history list -c shop --status failed --since 7d
    """
    wanted = _filter("", connection, status, since, until, pinned or None, unique)
    if not _write(wanted, limit, format_name):
        say("the history is empty" if wanted == _filter() else "nothing in the history is so")


@app.command()
def search(
    text: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXT...",
            help="Parts of words that occur in the statement or its error; all of them must. "
            '"Double quotes" hold a phrase together.',
        ),
    ],
    connection: _Connections = None,
    status: _Statuses = None,
    since: _Since = "",
    until: _Until = "",
    pinned: _Pinned = False,
    unique: _Unique = False,
    limit: _Most = 50,
    format_name: FormatOption = "",
) -> None:
    """Find statements that were run, the newest first. The exit code is 1 when there is none.

    \b
    Examples:
      tusk history search orders total
      tusk history search '"group by"' -c shop -F json
    """
    wanted = _filter(" ".join(text), connection, status, since, until, pinned or None, unique)
    if not _write(wanted, limit, format_name):
        say("tusk: nothing in the history matches")
        raise typer.Exit(ExitCode.FAILED)


def _write(wanted: HistoryFilter, limit: int, format_name: str) -> int:
    """Write the entries that a filter finds; how many there were."""
    with _history() as history:
        entries = history.find(wanted, limit + 1)
    shown = entries[:limit]
    write_rows([_row(entry) for entry in shown], _COLUMNS, format_name)
    if len(entries) > limit:
        say(f"these are the last {limit}; there are more: --limit N")
    return len(shown)


def _row(entry: HistoryEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "started": _moment(entry.started_at),
        "connection": entry.connection,
        "status": entry.status.value,
        "seconds": round(entry.duration_s, 6),
        "rows": entry.rows if entry.affected is None else entry.affected,
        "statement": entry.text,
    }


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "seconds")


@app.command()
def show(
    number: _Id,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print just the statement, to edit or pipe it.")
    ] = False,
    format_name: FormatOption = "",
) -> None:
    """Show one statement with all that is known of it.

    \b
    Examples:
      tusk history show 12
      tusk history show 12 --sql > again.sql
    """
    with _history() as history:
        entry = history.get(number)
    if sql:
        print_text(entry.text)
        return
    row = {
        **_row(entry),
        "engine": entry.engine,
        "location": entry.location or None,
        "parameters": " ".join(entry.parameters) or None,
        "complete": entry.is_complete,
        "pinned": entry.is_pinned,
        "masked": entry.is_masked,
        "cut": entry.is_cut,
        "sqlstate": entry.sqlstate or None,
        "error": entry.error or None,
    }
    columns = [name for name in row if name != "statement"]
    write_rows([row], [*columns, "statement"], format_name, on_terminal="vertical")


@app.command()
def run(
    number: _Id,
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
    """Run a statement again, where it ran before or with -c elsewhere.

    \b
    Examples:
      tusk history run 12
      tusk history run 12 -c staging -o orders.parquet
    """
    from tusk.cli.query_run import QueryRequest, run_query
    from tusk.services.history import check_repeatable, connection_of, parameters_of

    with _history() as history:
        entry = history.get(number)
    check_repeatable(entry)
    run_query(
        QueryRequest(
            sql=entry.text,
            connection=connection or connection_of(entry),
            format_name=format_name,
            output=output,
            parameters=parameters_of(entry, parameters or []),
            limit=limit,
            timeout_s=timeout,
            read_only=read_only,
            quiet=quiet,
            history=not no_history,
        )
    )


@app.command()
def pin(
    numbers: Annotated[list[int], typer.Argument(metavar="ID...", help="Their numbers.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the pin away.")] = False,
) -> None:
    """Pin statements: they stay, however old they get.

    \b
    Examples:
      tusk history pin 12 15
      tusk history pin 12 --remove
    """
    with _history() as history:
        for number in numbers:
            history.get(number)
        count = history.pin(numbers, pinned=not remove)
    say(f"{'unpinned' if remove else 'pinned'} {_statements(count)}")


@app.command()
def clear(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(metavar="[ID...]", help="Only these, pinned or not.", show_default=False),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything.")] = False,
    older_than: Annotated[
        str,
        typer.Option(
            "--older-than", metavar="WHEN", help="An age (30d, 4w) or a date.", show_default=False
        ),
    ] = "",
    connection: _Connections = None,
    pinned: Annotated[bool, typer.Option("--pinned", help="Pinned ones too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget statements. On a terminal it asks first. Pinned ones stay, unless --pinned is given.

    \b
    Examples:
      tusk history clear --older-than 30d
      tusk history clear -c shop
      tusk history clear 12 15
      tusk history clear --all --pinned --yes
    """
    from tusk.core.errors import UsageError

    narrowed = bool(older_than or connection)
    if sum([bool(numbers), all_, narrowed]) != 1:
        raise UsageError("say what to forget: IDs, --all, or --older-than and --connection")
    with _history() as history:
        if numbers:
            for number in numbers:
                history.get(number)
            _confirm(len(numbers), yes=yes)
            count = history.delete(numbers)
        else:
            wanted = _filter("", connection, until=older_than, pinned=None if pinned else False)
            _confirm(history.count(wanted), yes=yes)
            count = history.clear(wanted)
    say(f"forgot {_statements(count)}")


def _confirm(count: int, *, yes: bool) -> None:
    question = f"Forget {_statements(count)}?"
    if not yes and count and sys.stdin.isatty() and not typer.confirm(question, err=True):
        raise typer.Abort


def _statements(count: int) -> str:
    return f"{count:,} statement{'' if count == 1 else 's'}"
