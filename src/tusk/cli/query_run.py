"""What `tusk query` does: read, connect, run, write, and tell on the way."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

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
from tusk.services.connections import Session, Target, TransactionState, caution_of
from tusk.services.exports import WriterOptions, choose_format, export, format_options
from tusk.services.history_recorder import process_recorder
from tusk.services.queries import RunOptions, check_parameters
from tusk.services.settings import Settings, blamed, load_settings

if TYPE_CHECKING:
    from tusk.formats.registry import Format
    from tusk.services.exports import ExportSummary

_STDOUT_NAMES = ("-", "/dev/stdout")
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
    history: bool = True
    options: Sequence[str] = ()


def run_query(request: QueryRequest, target: Target | None = None) -> None:
    """Run what is asked for and leave with its exit code.

    Args:
        request: What is asked for.
        target: Where to run it, in place of what the request says.

    Raises:
        TuskError: Something failed that has not been told yet.
        typer.Exit: A statement failed, or a signal came.
    """
    if request.timeout_s is not None and not 0 < request.timeout_s < math.inf:
        raise UsageError("--timeout must be a number of seconds, and more than 0")
    settings = load_settings()
    destination, format_ = _destination(request, settings)
    options = _writer_options(request, settings, destination, format_)
    parameters = read_parameters(request.parameters)
    scripts = read_scripts(request.sql, request.files)
    if target is None:
        target = resolve_argument(request.connection, read_only=request.read_only)
    with connected(target) as session:
        if caution := caution_of(session):
            warn(caution)
        statements = statements_of(scripts, session.dialect)
        if not statements:
            warn("there is no statement to run")
        check_given(session, statements, parameters)
        narrator = Narrator([place for _, place in statements], destination, quiet=request.quiet)
        run = RunOptions(
            parameters=parameters,
            fetch_limit=request.limit,
            timeout_s=request.timeout_s,
            stop_on_error=request.stop_on_error,
            recorder=process_recorder(settings.history) if request.history else None,
        )
        try:
            summary = export_and_tell(
                session,
                [statement for statement, _ in statements],
                destination,
                format_,
                narrator,
                options=options,
                run=run,
            )
        finally:
            warn_of_open_transaction(session)
    if summary.errors:
        raise typer.Exit(exit_code_of(summary.errors[0]))


def export_and_tell(
    session: Session,
    statements: Sequence[Statement],
    destination: Path | IO[bytes],
    format_: Format,
    narrator: Narrator,
    **how: Any,
) -> ExportSummary:
    """Export, tell what happens, and stop at a signal.

    Args:
        session: Where to run the statements.
        statements: In order.
        destination: See `tusk.services.exports.export`.
        format_: As there.
        narrator: Tells it.
        how: More for `export`.

    Raises:
        TuskError: Something failed that has not been told yet.
        typer.Exit: A statement failed, or a signal came.
    """
    stop = threading.Event()

    def ask_to_stop() -> None:
        stop.set()
        session.cancel()

    try:
        summary = run_interruptible(
            lambda: export(
                session,
                statements,
                destination,
                format_,
                stop=stop,
                on_event=narrator.follow,
                on_progress=narrator.progress,
                **how,
            ),
            stop=ask_to_stop,
            give_up=session.abandon,
        )
        _flush(destination)
        narrator.summarise(summary)
    except TuskError as exc:
        if not narrator.has_told(exc):
            raise
        narrator.tell_unwritten(format_, destination if isinstance(destination, Path) else None)
        raise typer.Exit(exit_code_of(exc)) from exc
    finally:
        narrator.end()
    return summary


def warn_of_open_transaction(session: Session) -> None:
    """Say what becomes of a transaction that a script has left open."""
    if session.transaction in _OPEN_TRANSACTIONS:
        warn("the transaction that is still open is rolled back")


def print_demo() -> None:
    """Run the first query of the demo and write its rows as a table."""
    from tusk.services.demo import FIRST_QUERY, demo_connection

    run_query(QueryRequest(FIRST_QUERY, format_name=TABLE), demo_connection())


def _flush(destination: Path | IO[bytes]) -> None:
    """Send what is buffered while a closed pipe can still be noticed."""
    if not isinstance(destination, Path):
        destination.flush()


def read_parameters(arguments: Sequence[str]) -> dict[str, ParameterValue] | None:
    """Values by name; None leaves what looks like a parameter alone."""
    if not arguments:
        return None
    pairs = [parse_parameter(argument) for argument in arguments]
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = next(name for name, _ in pairs if sum(name == n for n, _ in pairs) > 1)
        raise UsageError(f"the parameter {twice!r} is given twice")
    return values


def check_given(
    session: Session,
    statements: Sequence[tuple[Statement, SourcePlace]],
    parameters: Mapping[str, ParameterValue] | None,
) -> None:
    """Refuse statements whose parameters lack a value; warn of values that nothing uses."""
    if parameters is None:
        return
    scripts = [statement for statement, _ in statements]
    check_parameters(session, scripts, set(parameters))
    used = {name for s in scripts for name in parameter_names(s.text, session.dialect)}
    for name in parameters.keys() - used:
        warn(f"no statement uses :{name}")


def _destination(request: QueryRequest, settings: Settings) -> tuple[Path | IO[bytes], Format]:
    """Where rows go and in which format."""
    path = None if str(request.output) in _STDOUT_NAMES else request.output
    default = settings.output.format or (TABLE if is_terminal() else CSV)
    try:
        format_ = choose_format(request.format_name, path, default)
    except UsageError as exc:
        if request.format_name or path is not None:
            raise
        raise blamed("output.format", exc) from exc
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
    own = format_options(format_, request.options) if request.options else None
    if isinstance(destination, Path):
        return WriterOptions(header=request.header, null=null, own=own)
    return replace(terminal_options(header=request.header, null=null), own=own)
