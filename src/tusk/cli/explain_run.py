"""What `tusk explain` does: one statement, one plan."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import typer

from tusk.cli.connecting import connected
from tusk.cli.exits import exit_code_of
from tusk.cli.interrupts import run_interruptible
from tusk.cli.narration import SourcePlace, report, say, warn
from tusk.cli.query_narration import notice_lines
from tusk.cli.query_run import read_parameters
from tusk.cli.scripts import read_scripts, statements_of
from tusk.cli.targets import resolve_argument
from tusk.core.errors import QueryError, UsageError
from tusk.core.events import Event, Failed, NoticeArrived
from tusk.core.statement import Statement
from tusk.services.connections import Session, caution_of
from tusk.services.history_recorder import process_recorder
from tusk.services.plans import Explainer, ExplainOptions, Plan, analyze_question
from tusk.services.queries import RunOptions
from tusk.services.settings import load_settings


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """What the command line asks for; see `tusk explain --help`."""

    sql: str | None
    connection: str = ""
    file: str = ""
    analyze: bool = False
    verbose: bool = False
    parameters: Sequence[str] = ()
    timeout_s: float | None = None
    read_only: bool = False
    agreed: bool = False
    quiet: bool = False
    history: bool = True


def run_explain(request: ExplainRequest) -> Plan:
    """The plan that is asked for.

    Raises:
        TuskError: Something failed that has not been told yet.
        typer.Exit: The statement failed, or a signal came.
    """
    if request.timeout_s is not None and not 0 < request.timeout_s < math.inf:
        raise UsageError("--timeout must be a number of seconds, and more than 0")
    settings = load_settings()
    options = ExplainOptions(
        analyze=request.analyze,
        verbose=request.verbose,
        may_change=request.agreed,
        parameters=read_parameters(request.parameters),
        timeout_s=request.timeout_s,
    )
    scripts = read_scripts(request.sql, [request.file] if request.file else [])
    target = resolve_argument(request.connection, read_only=request.read_only)
    with connected(target) as session:
        if caution := caution_of(session):
            warn(caution)
        statement, place = _only_one(statements_of(scripts, session.dialect))
        if request.analyze and not request.agreed:
            _ask(statement, session)
            options = replace(options, may_change=True)
        recorder = process_recorder(settings.history) if request.history else None
        narrator = _Narrator(place, quiet=request.quiet)
        explainer = Explainer(statement, options)
        run_interruptible(
            lambda: explainer.run(session, (), narrator.follow, RunOptions(recorder=recorder)),
            stop=session.cancel,
            give_up=session.abandon,
        )
    if narrator.error is not None or explainer.plan is None:
        raise typer.Exit(exit_code_of(narrator.error or UsageError("")))
    return explainer.plan


def _only_one(found: Sequence[tuple[Statement, SourcePlace]]) -> tuple[Statement, SourcePlace]:
    if len(found) != 1:
        number = f"these are {len(found)}" if found else "there is none"
        raise UsageError(f"explain takes one statement, and {number}")
    return found[0]


def _ask(statement: Statement, session: Session) -> None:
    """Ask before a statement that changes data is executed.

    Raises:
        UsageError: There is nobody to ask.
        typer.Abort: The answer was no.
    """
    question = analyze_question(statement, session.dialect)
    if not question:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            question.partition("\n")[0].replace("is executed", "would be executed"),
            hint="--yes agrees to that",
        )
    say(question)
    if not typer.confirm("Execute it?", err=True):
        raise typer.Abort


class _Narrator:
    """Tells notices and the error, on stderr."""

    def __init__(self, place: SourcePlace, *, quiet: bool) -> None:
        self._place = place
        self._is_quiet = quiet
        self.error: Exception | None = None

    def follow(self, event: Event) -> None:
        """Tell one event."""
        match event:
            case NoticeArrived(notice) if not self._is_quiet:
                say("\n".join(notice_lines(notice)))
            case Failed(error):
                self.error = error
                report(error, self._place if isinstance(error, QueryError) else None)
            case _:
                pass
