"""`tusk query`: run statements and write their results."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from tusk.cli.apps import command_app
from tusk.cli.output import FormatOption
from tusk.cli.query_options import (
    FormatOptionsOption,
    LimitOption,
    NoHistoryOption,
    OutputOption,
    ParametersOption,
    QuietOption,
    ReadOnlyOption,
    TimeoutOption,
)
from tusk.cli.targets import ConnectionOption

app = command_app()


class QueryCommand(TyperCommand):
    """Takes SQL that begins with a comment for what it is, not for an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put a space before a word that begins with `--` and holds a space."""
        words = [f" {a}" if a.startswith("--") and a.split() != [a] else a for a in args]
        return super().parse_args(ctx, words)


@app.command(cls=QueryCommand)
def query(
    sql: Annotated[
        str | None,
        typer.Argument(
            metavar="[SQL]",
            help="Statements to run; - or nothing reads them from standard input.",
            show_default=False,
        ),
    ] = None,
    connection: ConnectionOption = "",
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--file", "-f", metavar="FILE", help="Run a script; - is standard input. Repeatable."
        ),
    ] = None,
    format_name: FormatOption = "",
    options: FormatOptionsOption = None,
    output: OutputOption = None,
    parameters: ParametersOption = None,
    limit: LimitOption = None,
    timeout: TimeoutOption = None,
    read_only: ReadOnlyOption = False,
    on_error: Annotated[
        Literal["stop", "continue"],
        typer.Option("--on-error", help="After a statement has failed."),
    ] = "stop",
    no_header: Annotated[
        bool, typer.Option("--no-header", help="Leave column names out (csv, tsv, table …).")
    ] = False,
    null: Annotated[
        str | None, typer.Option("--null", metavar="TEXT", help="Text for NULL.")
    ] = None,
    quiet: QuietOption = False,
    no_history: NoHistoryOption = False,
) -> None:
    """Run SQL and write the rows to standard output or a file.

    Rows go to stdout; notices, errors, counts and progress go to stderr. Of several statements
    each result is written in order; formats that hold one table (csv, tsv, json, parquet …)
    take the last.

    \b
    Examples:
      tusk query 'select 42 as answer'
      tusk query "from 'sales.csv' where total > :min" -p min:decimal=9.50
      tusk query -c shop -f report.sql -o report.parquet
      echo 'select 1; select 2' | tusk query -c postgresql:///shop -F json
    """
    from tusk.cli.query_run import QueryRequest, run_query

    run_query(
        QueryRequest(
            sql=sql,
            connection=connection,
            files=files or [],
            format_name=format_name,
            output=output,
            parameters=parameters or [],
            limit=limit,
            timeout_s=timeout,
            read_only=read_only,
            stop_on_error=on_error == "stop",
            header=not no_header,
            null=null,
            quiet=quiet,
            history=not no_history,
            options=options or [],
        )
    )
