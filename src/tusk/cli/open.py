"""`tusk [TARGET]`: open the app."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from tusk.cli.apps import command_app
from tusk.cli.output import is_terminal
from tusk.cli.targets import complete_connection, resolve_argument

app = command_app()


@app.command(hidden=True)
def open_app(
    target: Annotated[
        str,
        typer.Argument(
            metavar="[TARGET]",
            help="A connection's name, a URL, or a file.",
            show_default=False,
            autocompletion=complete_connection,
        ),
    ] = "",
) -> None:
    """Open the app on a stored connection, a URL or a file."""
    from tusk.core.errors import UsageError

    if not has_terminal():
        raise UsageError("the app needs a terminal", hint="in a script or a pipe, use `tusk query`")
    # What cannot be understood is said here, not on a screen that opens and closes.
    resolve_argument(target)
    run_app(target or None)


def has_terminal() -> bool:
    """Whether somebody can see the app and press keys."""
    return sys.stdin.isatty() and is_terminal()


def run_app(target: str | None, *, demo: bool = False) -> None:
    """Open the app, and leave with its exit code."""
    # Textual may let two frames' time pass after one before it draws the next: 33 ms at its own 60.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    from tusk.tui.app import TuskApp

    # All threads stand still while the collector looks at its youngest objects: 30 ms for the
    # 50,000 that a start allows. What is loaded now will never be garbage.
    gc.freeze()
    gc.set_threshold(5_000)
    opened = TuskApp(target, demo=demo)
    opened.run()
    raise typer.Exit(opened.return_code or 0)
