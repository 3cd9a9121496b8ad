"""`tusk export`: write tables and results to files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tusk.cli.apps import command_app
from tusk.cli.output import FormatOption
from tusk.cli.query import QueryCommand
from tusk.cli.query_options import (
    FormatOptionsOption,
    LimitOption,
    NoHistoryOption,
    ParametersOption,
    QuietOption,
    ReadOnlyOption,
    TimeoutOption,
)
from tusk.cli.targets import ConnectionOption

app = command_app()


@app.command(cls=QueryCommand)
def export(
    items: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TABLE|SQL]...",
            help="Tables or views, as [[database.]schema.]name; or statements. - reads these from "
            "standard input.",
            show_default=False,
        ),
    ] = None,
    connection: ConnectionOption = "",
    files: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", metavar="FILE", help="Results of a script. Repeatable."),
    ] = None,
    outputs: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to a file, in the format of its suffix; it appears when it is complete. "
            "Repeatable, one for each table, statement or script.",
        ),
    ] = None,
    format_name: FormatOption = "",
    options: FormatOptionsOption = None,
    if_exists: Annotated[
        Literal["ask", "replace", "append", "number", "fail"],
        typer.Option(
            "--if-exists",
            help="A file that is there: ask (fail without a terminal), replace it, append rows "
            "(csv, tsv, jsonl, insert), write another with a number, or fail.",
        ),
    ] = "ask",
    parameters: ParametersOption = None,
    limit: LimitOption = None,
    timeout: TimeoutOption = None,
    read_only: ReadOnlyOption = False,
    quiet: QuietOption = False,
    no_history: NoHistoryOption = False,
) -> None:
    """Write tables, views and results of statements to files.

    Several of them go to several files, or into one that holds them: sheets of an Excel
    workbook, tables of an SQLite or DuckDB file, tables of a page.

    \b
    Examples:
      tusk export orders -c shop -o orders.parquet
      tusk export sales.orders '"Order Lines"' -c shop -o shop.xlsx
      tusk export 'select * from orders' -c shop -o orders.csv.gz --option delimiter=';'
      tusk export orders customers -c shop -o orders.csv -o customers.csv --if-exists replace
    """
    from tusk.cli.export_run import ExportRequest, run_export

    run_export(
        ExportRequest(
            items=items or [],
            connection=connection,
            files=files or [],
            outputs=outputs or [],
            format_name=format_name,
            options=options or [],
            if_exists=if_exists,
            parameters=parameters or [],
            limit=limit,
            timeout_s=timeout,
            read_only=read_only,
            quiet=quiet,
            history=not no_history,
        )
    )
