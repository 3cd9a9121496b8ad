"""`tusk schema`: what a database holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tusk.cli.apps import command_app
from tusk.cli.exits import ExitCode
from tusk.cli.narration import say
from tusk.cli.output import FormatOption, print_text, write_table
from tusk.cli.targets import ConnectionOption, resolve_argument

if TYPE_CHECKING:
    import pyarrow as pa

    from tusk.services.connections import Session


app = command_app()


@app.command()
def schema(
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="[PATTERN]",
            help='[[database.]schema.]name with * and ?; quote it with "..." to keep upper case.',
            show_default=False,
        ),
    ] = "",
    connection: ConnectionOption = "",
    format_name: FormatOption = "",
    ddl: Annotated[
        bool,
        typer.Option(
            "--ddl",
            help="Write the statements that make it again: any object, a schema with what is in it, "
            "or, without a name, the whole database.",
        ),
    ] = False,
) -> None:
    """List tables and views, or describe one of them.

    The name of one shows its columns, keys and indexes. With --ddl its definition comes as SQL,
    with owner, comments and grants; of a schema, with everything in it. Data and passwords are
    not in it.

    \b
    Examples:
      tusk schema -c shop
      tusk schema 'sales.*' -c shop -F csv
      tusk schema orders -c shop
      tusk schema --ddl orders -c shop > orders.sql
      tusk schema --ddl -c shop > everything.sql
    """
    from tusk.cli.connecting import connected
    from tusk.cli.interrupts import run_interruptible

    with connected(resolve_argument(connection)) as session:
        if ddl:
            text = run_interruptible(
                lambda: _ddl(session, pattern), stop=session.cancel, give_up=session.abandon
            )
            print_text(text.removesuffix("\n"))
            return
        table = run_interruptible(
            lambda: _look(session, pattern), stop=session.cancel, give_up=session.abandon
        )
    if pattern and not table.num_rows:
        say(f"tusk: nothing matches {pattern}")
        raise typer.Exit(ExitCode.FAILED)
    write_table(table, format_name)


def _ddl(session: Session, pattern: str) -> str:
    from tusk.services.catalog import ddl_of_name
    from tusk.services.connections import open_catalog

    return ddl_of_name(open_catalog(session), pattern)


def _look(session: Session, pattern: str) -> pa.Table:
    from tusk.services.catalog import describe_table, list_table
    from tusk.services.connections import open_catalog

    reader = open_catalog(session)
    if pattern and not any(char in pattern for char in "*?"):
        return describe_table(reader, pattern)
    return list_table(reader, pattern)
