"""`tusk explain`: the plan of a statement."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from tusk.cli.apps import command_app
from tusk.cli.query import QueryCommand
from tusk.cli.query_options import (
    NoHistoryOption,
    ParametersOption,
    QuietOption,
    ReadOnlyOption,
    TimeoutOption,
)
from tusk.cli.targets import ConnectionOption

if TYPE_CHECKING:
    from tusk.services.plans.model import Plan

app = command_app()


class PlanFormat(enum.Enum):
    """How a plan is written."""

    TREE = "tree"
    TEXT = "text"
    JSON = "json"


@app.command(cls=QueryCommand)
def explain(
    sql: Annotated[
        str | None,
        typer.Argument(
            metavar="[SQL]",
            help="The statement; - or nothing reads it from standard input.",
            show_default=False,
        ),
    ] = None,
    connection: ConnectionOption = "",
    file: Annotated[
        str,
        typer.Option(
            "--file", "-f", metavar="FILE", help="Read it from a file.", show_default=False
        ),
    ] = "",
    analyze: Annotated[
        bool,
        typer.Option(
            "--analyze", "-a", help="Execute it, for actual rows and times; changes are undone."
        ),
    ] = False,
    format_: Annotated[
        PlanFormat,
        typer.Option(
            "--format",
            "-F",
            help="tree: with columns; text: as psql; json: the engine's own, for other tools.",
        ),
    ] = PlanFormat.TREE,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="With output columns and full names.")
    ] = False,
    parameters: ParametersOption = None,
    timeout: TimeoutOption = None,
    read_only: ReadOnlyOption = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Do not ask before a statement that changes data runs."),
    ] = False,
    quiet: QuietOption = False,
    no_history: NoHistoryOption = False,
) -> None:
    """Show the plan of a statement, and what is wrong with it.

    With --analyze it is executed. On PostgreSQL and DuckDB that happens in a transaction that is
    rolled back; a statement that changes data is executed after a question only.

    Signs: ▶ the step that takes most, ▲ a warning.

    \b
    Examples:
      tusk explain -c shop 'select * from orders where total > 100'
      tusk explain -c shop --analyze -f report.sql
      tusk explain -c shop 'delete from orders where id = :id' -p id:int=7 --analyze --yes
      tusk explain -c shop -F json 'select 1' > plan.json
    """
    from tusk.cli.explain_run import ExplainRequest, run_explain

    plan = run_explain(
        ExplainRequest(
            sql=sql,
            connection=connection,
            file=file,
            analyze=analyze,
            verbose=verbose,
            parameters=parameters or [],
            timeout_s=timeout,
            read_only=read_only,
            agreed=yes,
            quiet=quiet,
            history=not no_history,
        )
    )
    _write(plan, format_)


def _write(plan: Plan, format_: PlanFormat) -> None:
    from tusk.cli.narration import warn
    from tusk.cli.output import print_text, terminal_options
    from tusk.services.plans import plan_json, plan_text, plan_tree

    if plan.note:
        warn(plan.note)
    if format_ is PlanFormat.JSON:
        print_text(plan_json(plan))
    elif format_ is PlanFormat.TEXT:
        print_text(plan_text(plan))
    else:
        print_text(plan_tree(plan, terminal_options().width))
