"""The `tusk` command: which commands there are, and how they end."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command

from tusk import __version__
from tusk.cli.exits import MEANINGS, ExitCode, exit_code_of
from tusk.cli.narration import report, report_defect, say, show_warnings_once
from tusk.cli.streams import STDOUT, secure_streams, silence
from tusk.core.errors import TuskError

_OPEN = "open"
_FILE_OPTIONS = ("-f", "--file")
# Command → the module that holds its `app`. It is imported when the command is used.
_COMMANDS = {
    _OPEN: "tusk.cli.open",
    "demo": "tusk.cli.demo",
    "query": "tusk.cli.query",
    "explain": "tusk.cli.explain",
    "export": "tusk.cli.export",
    "schema": "tusk.cli.schema",
    "saved": "tusk.cli.saved",
    "history": "tusk.cli.history",
    "connections": "tusk.cli.connections",
    "config": "tusk.cli.config",
    "doctor": "tusk.cli.doctor",
}

_HELP = """A terminal workbench for data: SQL, files and PostgreSQL.

`tusk` opens the app on DuckDB in memory; `tusk TARGET` on a stored connection, a URL or a file.
`tusk query` does the same work in a pipe.

\b
Examples:
  tusk                                    open the app
  tusk sales.parquet                      look at a file
  tusk shop -f report.sql                 edit and run a script there
  tusk postgresql://db.example/shop       connect to a server
  tusk demo                               try it with sample data
  tusk query 'select 42 as answer'        run a statement
"""
_EPILOG = "\b\nExit codes:\n" + "\n".join(
    f"  {code.value:<4} {meaning}" for code, meaning in MEANINGS.items()
)


class TuskGroup(TyperGroup):
    """The commands; a first word that is none of them is what to open.

    Contexts are `Any`, since the class that the base methods take is private to Typer.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of the help text."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and build one command; None when there is none of that name."""
        if cmd_name not in self.commands and cmd_name in _COMMANDS:
            command = get_command(importlib.import_module(_COMMANDS[cmd_name]).app)
            command.name = cmd_name
            self.commands[cmd_name] = command
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; for a misspelt one, the names to suggest must be known."""
        if args[0] not in _COMMANDS:
            for name in _COMMANDS:
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `open` before what is not a command, so that `tusk FILE` works."""
        if _means_open(args) and not ctx.resilient_parsing:
            args = [_OPEN, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Complete stored connections too, which `tusk NAME` opens."""
        from typer.core import CompletionItem  # type: ignore[attr-defined]  # has no public place

        from tusk.cli.targets import complete_connection

        names = [name for name in complete_connection() if name.startswith(incomplete)]
        return [*super().shell_complete(ctx, incomplete), *map(CompletionItem, names)]

    def invoke(self, ctx: Any) -> Any:
        """Run the command and turn errors into words and an exit code."""
        show_warnings_once()
        try:
            return super().invoke(ctx)
        except TuskError as exc:
            report(exc)
            raise typer.Exit(exit_code_of(exc)) from exc
        except BrokenPipeError as exc:
            # Whoever reads has seen enough.
            silence(STDOUT)
            raise typer.Exit(ExitCode.SUCCESS) from exc


def _means_open(args: Sequence[str]) -> bool:
    """Whether a command line opens the app: with nothing, a target, or files.

    >>> _means_open(["shop", "-f", "a.sql"]), _means_open(["-fa.sql"]), _means_open(["qurey", "x"])
    (True, True, False)
    """
    if not args or args[0].startswith(_FILE_OPTIONS):
        return True
    if args[0] in _COMMANDS or args[0].startswith("-"):
        return False
    # With other words it was meant as a command: let the parser say that it is none.
    return len(args) == 1 or args[1].startswith(_FILE_OPTIONS)


app = typer.Typer(
    name="tusk",
    cls=TuskGroup,
    help=_HELP,
    epilog=_EPILOG,
    subcommand_metavar="[TARGET] | COMMAND [ARGS]...",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"tusk {__version__}")
        raise typer.Exit


@app.callback()
def _tusk(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Options of `tusk` itself; they act while they are parsed."""


def main() -> NoReturn:
    """Run the command and leave with its exit code."""
    # Loading modules makes some 40,000 objects and no garbage; looking for it all the while
    # takes a twenty-fifth of a start.
    gc.set_threshold(50_000)
    secure_streams()
    try:
        code = get_command(app).main(prog_name="tusk", standalone_mode=False)
        if not code:
            sys.stdout.flush()
    except typer.TyperException as exc:
        _report_usage(exc)
        code = exc.exit_code
    except TuskError as exc:  # the output of --help or --version cannot be written
        report(exc)
        code = exit_code_of(exc)
    except typer.Abort:
        say("tusk: cancelled")
        code = ExitCode.INTERRUPTED
    except Exception as exc:  # noqa: BLE001 - a defect, told as one
        report_defect(exc)
        code = ExitCode.FAILED
    if code:
        silence(STDOUT)
    # What was loaded dies with the process; looking through it once more takes 25 ms.
    gc.freeze()
    sys.exit(code or 0)


def _report_usage(error: typer.TyperException) -> None:
    """Say what is wrong with the command line; what was typed may hold anything."""
    message = error.format_message()
    if message.startswith("Usage:"):
        say(message)  # a group without a command: its help
        return
    say(f"tusk: {message}")
    context = getattr(error, "ctx", None)
    if context is not None:
        say(f"HINT: {context.command_path} --help")
