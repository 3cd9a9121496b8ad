"""What `tusk query` does: read, connect, run, write, and tell on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import typer

from tusk.cli.connecting import connected
from tusk.cli.exits import exit_code_of
from tusk.cli.interrupts import run_interruptible
from tusk.cli.narration import SourcePlace, warn
from tusk.cli.output import (
    CSV,
    TABLE,
    data_stream,
    is_terminal,
    refuse_binary_on_terminal,
    terminal_options,
)
from tusk.cli.query_narration import Narrator
from tusk.cli.scripts import read_scripts, statements_of
from tusk.cli.targets import resolve_argument
from tusk.core.errors import TuskError, UsageError
from tusk.core.params import ParameterValue, parse_parameter
from tusk.core.statement import Statement, parameter_names
from tusk.services.connections import Session, Target, TransactionState
from tusk.services.exports import WriterOptions, choose_format, export
from tusk.services.queries import RunOptions, check_parameters
from tusk.services.settings import Settings, load_settings

if TYPE_CHECKING:
    from tusk.formats.registry import Format

_OPEN_TRANSACTIONS = {TransactionState.IN_TRANSACTION, TransactionState.FAILED}


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """What the command line asks for; see `tusk query --help`."""

    sql: str | None
    connection: str = ""
    files: Sequence[str] = ()
    format_name: str = ""
    output: Path | None = None
    parameters: Sequence[str] = ()
    limit: int | None = None
    timeout_s: float | None = None
    read_only: bool = False
    stop_on_error: bool = True
    header: bool = True
    null: str | None = None
    quiet: bool = False


def run_query(request: QueryRequest, target: Target | None = None) -> None:
    """Run what is asked for and leave with its exit code.

    Args:
        request: What is asked for.
        target: Where to run it, in place of what the request says.

    Raises:
        TuskError: Something failed that has not been told yet.
        typer.Exit: A statement failed, or a signal came.
    """
    if request.timeout_s is not None and not request.timeout_s > 0:
        raise UsageError("--timeout must be more than 0 seconds")
    settings = load_settings()
    destination, format_ = _destination(request, settings)
    options = _writer_options(request, settings, destination, format_)
    parameters = _parameters(request)
    scripts = read_scripts(request.sql, request.files)
    if target is None:
        target = resolve_argument(request.connection, read_only=request.read_only)
    with connected(target) as session:
        statements = statements_of(scripts, session.dialect)
        if not statements:
            warn("there is no statement to run")
        _check_parameters(session, statements, parameters)
        narrator = Narrator([place for _, place in statements], destination, quiet=request.quiet)
        run = RunOptions(
            parameters=parameters,
            fetch_limit=request.limit,
            timeout_s=request.timeout_s,
            stop_on_error=request.stop_on_error,
        )
        try:
            summary = run_interruptible(
                lambda: export(
                    session,
                    [statement for statement, _ in statements],
                    destination,
                    format_,
                    options=options,
                    run=run,
                    on_event=narrator.follow,
                    on_progress=narrator.progress,
                ),
                stop=session.cancel,
                give_up=session.abandon,
            )
            _flush(destination)
            narrator.summarise(summary)
        except TuskError as exc:
            if not narrator.has_told(exc):
                raise
            raise typer.Exit(exit_code_of(exc)) from exc
        finally:
            narrator.end()
            if session.transaction in _OPEN_TRANSACTIONS:
                warn("the transaction that is still open is rolled back")
    if summary.errors:
        raise typer.Exit(exit_code_of(summary.errors[0]))


def print_demo() -> None:
    """Run the first query of the demo and write its rows as a table."""
    from tusk.services.demo import FIRST_QUERY, demo_connection

    run_query(QueryRequest(FIRST_QUERY, format_name=TABLE), demo_connection())


def _flush(destination: Path | IO[bytes]) -> None:
    """Send what is buffered while a closed pipe can still be noticed."""
    if not isinstance(destination, Path):
        destination.flush()


def _parameters(request: QueryRequest) -> dict[str, ParameterValue] | None:
    """Values by name; None leaves what looks like a parameter alone."""
    if not request.parameters:
        return None
    pairs = [parse_parameter(argument) for argument in request.parameters]
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = next(name for name, _ in pairs if sum(name == n for n, _ in pairs) > 1)
        raise UsageError(f"the parameter {twice!r} is given twice")
    return values


def _check_parameters(
    session: Session,
    statements: Sequence[tuple[Statement, SourcePlace]],
    parameters: Mapping[str, ParameterValue] | None,
) -> None:
    if parameters is None:
        return
    scripts = [statement for statement, _ in statements]
    check_parameters(session, scripts, set(parameters))
    used = {name for s in scripts for name in parameter_names(s.text, session.dialect)}
    for name in parameters.keys() - used:
        warn(f"no statement uses :{name}")


def _destination(request: QueryRequest, settings: Settings) -> tuple[Path | IO[bytes], Format]:
    """Where rows go and in which format."""
    path = None if request.output == Path("-") else request.output
    default = settings.output.format or (TABLE if is_terminal() else CSV)
    format_ = choose_format(request.format_name, path, default)
    if path is not None:
        return path, format_
    refuse_binary_on_terminal(format_)
    return data_stream(), format_


def _writer_options(
    request: QueryRequest, settings: Settings, destination: Path | IO[bytes], format_: Format
) -> WriterOptions:
    null = request.null
    if null is None and settings.output.null and format_.name in (TABLE, "vertical"):
        null = settings.output.null
    if isinstance(destination, Path):
        return WriterOptions(header=request.header, null=null)
    return terminal_options(header=request.header, null=null)
