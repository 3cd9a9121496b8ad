"""What `tusk export` does: find out what goes where, then write one file after the other."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

import typer

from tusk.cli.connecting import connected
from tusk.cli.exits import exit_code_of
from tusk.cli.interrupts import run_interruptible
from tusk.cli.narration import SourcePlace, say, warn
from tusk.cli.output import (
    CSV,
    TABLE,
    data_stream,
    is_terminal,
    refuse_binary_on_terminal,
    terminal_options,
)
from tusk.cli.query_narration import Narrator
from tusk.cli.query_run import (
    check_given,
    export_and_tell,
    read_parameters,
    warn_of_open_transaction,
)
from tusk.cli.scripts import Script, read_scripts, statements_of
from tusk.cli.targets import resolve_argument
from tusk.core.errors import StorageError, UsageError
from tusk.core.statement import Statement
from tusk.services.connections import Session, caution_of
from tusk.services.export_places import check_append, free_path
from tusk.services.export_tables import estimated_rows, find_table, table_statement
from tusk.services.exports import IfExists, WriterOptions, choose_format, format_options
from tusk.services.history_recorder import process_recorder
from tusk.services.queries import RunOptions
from tusk.services.settings import load_settings

if TYPE_CHECKING:
    from tusk.formats.registry import Format
    from tusk.services.export_tables import TableName

_STDIN, _STDOUT_NAMES = "-", ("-", "/dev/stdout")


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What the command line asks for; see `tusk export --help`."""

    items: Sequence[str]
    connection: str = ""
    files: Sequence[str] = ()
    outputs: Sequence[Path] = ()
    format_name: str = ""
    options: Sequence[str] = ()
    if_exists: Literal["ask", "replace", "append", "number", "fail"] = "ask"
    parameters: Sequence[str] = ()
    limit: int | None = None
    timeout_s: float | None = None
    read_only: bool = False
    quiet: bool = False
    history: bool = True


@dataclass(frozen=True, slots=True)
class _Item:
    """What is exported: a table, or a script."""

    script: Script
    table: TableName | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where rows go, how, and what becomes of a file that is there."""

    destination: Path | IO[bytes]
    format: Format
    options: WriterOptions
    if_exists: IfExists


def run_export(request: ExportRequest) -> None:
    """Export what is asked for and leave with its exit code.

    Raises:
        TuskError: Something failed that has not been told yet.
        typer.Exit: A statement failed, or a signal came.
        typer.Abort: The user does not want a file replaced.
    """
    if request.timeout_s is not None and not 0 < request.timeout_s < math.inf:
        raise UsageError("--timeout must be a number of seconds, and more than 0")
    items = [*map(_item, request.items), *_scripts(request.files)]
    if not items:
        raise UsageError("there is nothing to export", hint="give a table, SQL, or -f FILE")
    settings = load_settings()
    default = settings.output.format or (TABLE if is_terminal() else CSV)
    groups = _groups(items, [_place(request, path, default) for path in _outputs(request)])
    parameters = read_parameters(request.parameters)
    run = RunOptions(
        parameters=parameters,
        fetch_limit=request.limit,
        timeout_s=request.timeout_s,
        recorder=process_recorder(settings.history) if request.history else None,
    )
    with connected(resolve_argument(request.connection, read_only=request.read_only)) as session:
        if caution := caution_of(session):
            warn(caution)
        works = [(_statements(session, group), place) for group, place in groups]
        everything = [pair for statements, _ in works for pair in statements]
        if not everything:
            raise UsageError("there is no statement to run")
        check_given(session, [(s, place) for s, place, _ in everything], parameters)
        try:
            for (group, _), (statements, place) in zip(groups, works, strict=True):
                _write(session, group, statements, place, run, request)
        finally:
            warn_of_open_transaction(session)


# ── what ─────────────────────────────────────────────────────────────────────────────────────


def _item(text: str) -> _Item:
    if text == _STDIN:
        (script,) = read_scripts(text, [])
        return _Item(script)
    return _Item(Script(text, ""), find_table(text))


def _scripts(files: Sequence[str]) -> list[_Item]:
    return [_Item(script) for script in read_scripts(None, files)] if files else []


def _statements(
    session: Session, items: Sequence[_Item]
) -> list[tuple[Statement, SourcePlace, str]]:
    """The statements of some items, each with its place and the name of its result."""
    found: list[tuple[Statement, SourcePlace, str]] = []
    for item in items:
        if item.table is None:
            found += [(s, place, "") for s, place in statements_of([item.script], session.dialect)]
        else:
            statement = table_statement(item.table, session.dialect)
            found.append((statement, SourcePlace(statement.text, 0), item.table.name))
    return found


# ── where ────────────────────────────────────────────────────────────────────────────────────


def _outputs(request: ExportRequest) -> list[Path | None]:
    """The files, None for standard output."""
    if not request.outputs:
        return [None]
    paths = [None if str(path) in _STDOUT_NAMES else path for path in request.outputs]
    if len(set(paths)) < len(paths):
        raise UsageError("the same file is given twice with -o")
    return paths


def _groups(
    items: Sequence[_Item], places: Sequence[_Place]
) -> list[tuple[Sequence[_Item], _Place]]:
    """What goes to which place: each its own, or all to one that holds them.

    Raises:
        UsageError: Their numbers do not fit, or the format holds one result only.
    """
    if len(places) == len(items):
        return [([item], place) for item, place in zip(items, places, strict=True)]
    if len(places) > 1:
        raise UsageError(
            f"{len(items)} tables or statements cannot go to {len(places)} files",
            hint="give one -o for each, or one for all of them",
        )
    format_ = places[0].format
    if format_.holds_one:
        raise UsageError(
            f"{format_.name} holds one result, and there are {len(items)}",
            hint="give each its own -o, or a format that holds several: xlsx, sqlite, duckdb, html",
        )
    return [(items, places[0])]


def _place(request: ExportRequest, path: Path | None, default: str) -> _Place:
    format_ = choose_format(request.format_name, path, default)
    own = format_options(format_, request.options) if request.options else None
    if path is None:
        refuse_binary_on_terminal(format_)
        return _Place(data_stream(), format_, replace(terminal_options(), own=own), "replace")
    path, if_exists = _settled(path, request, format_)
    return _Place(path, format_, WriterOptions(own=own), if_exists)


def _settled(path: Path, request: ExportRequest, format_: Format) -> tuple[Path, IfExists]:
    """The file to write, and what shall become of one that is there."""
    wanted = request.if_exists
    if wanted == "append":
        check_append(format_)
        return path, "append"
    if not path.is_file():
        return path, "replace" if wanted == "replace" else "fail"
    if wanted == "ask":
        wanted = _ask(path)
    if wanted == "number":
        return free_path(path), "fail"
    return path, "replace" if wanted == "replace" else "fail"


def _ask(path: Path) -> Literal["replace", "number"]:
    """Ask what shall become of a file.

    Raises:
        StorageError: There is no terminal to ask on.
        typer.Abort: Nothing shall.
    """
    other = free_path(path)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise StorageError(
            f"{path} exists already", hint="say --if-exists replace, append, number or fail"
        )
    say(f"{path} exists already: [r]eplace it, [k]eep both ({other.name}), or [c]ancel?")
    while True:
        answer = sys.stdin.readline()
        match answer.strip().lower():
            case "r" | "replace":
                return "replace"
            case "k" | "keep" | "keep both":
                return "number"
            case "c" | "cancel":
                raise typer.Abort
            case _:
                if not answer:  # the terminal is gone
                    raise typer.Abort
                say("r, k or c?")


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def _write(
    session: Session,
    items: Sequence[_Item],
    statements: Sequence[tuple[Statement, SourcePlace, str]],
    place: _Place,
    run: RunOptions,
    request: ExportRequest,
) -> None:
    """Write one file."""
    narrator = Narrator([p for _, p, _ in statements], place.destination, quiet=request.quiet)
    summary = export_and_tell(
        session,
        [statement for statement, _, _ in statements],
        place.destination,
        place.format,
        narrator,
        options=place.options,
        run=run,
        names=[name for _, _, name in statements],
        if_exists=place.if_exists,
        total_rows=_total(session, items, request) if narrator.shows_progress else None,
    )
    if summary.errors:
        raise typer.Exit(exit_code_of(summary.errors[0]))


def _total(session: Session, items: Sequence[_Item], request: ExportRequest) -> int | None:
    """Rows to expect, for the progress: where all are tables whose engine has an estimate."""
    tables = [item.table for item in items if item.table is not None]
    if len(tables) < len(items) or request.limit is not None:
        return request.limit if len(items) == 1 else None
    return run_interruptible(
        lambda: estimated_rows(session, tables), stop=session.cancel, give_up=session.abandon
    )
