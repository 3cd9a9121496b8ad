"""`tusk [TARGET] [-f FILE]`: open the app."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
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
            help="A connection's name, a URL, or a file; a .sql file opens in a tab.",
            show_default=False,
            autocompletion=complete_connection,
        ),
    ] = "",
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="A file with SQL, to open in a tab; may be repeated.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Open the app on a stored connection, a URL or a file."""
    from tusk.core.errors import UsageError

    if not has_terminal():
        raise UsageError("the app needs a terminal", hint="in a script or a pipe, use `tusk query`")
    # What cannot be understood is said here, not on a screen that opens and closes.
    texts = _checked([str(file) for file in files or ()])
    if _is_script(target):
        target, texts = "", _checked([target]) + texts
    resolve_argument(target)
    run_app(target or None, files=texts)


def _is_script(target: str) -> bool:
    """Whether a target is a file with SQL, not a connection that is called like one."""
    from tusk.services.connections import find_profile
    from tusk.services.sql_files import is_sql_file

    return is_sql_file(target) and find_profile(target) is None


def _checked(names: Sequence[str]) -> list[Path]:
    """Paths of files that the editor takes.

    Raises:
        UsageError, StorageError: One is none.
    """
    from tusk.services.sql_files import read_sql_file, typed_path

    paths = [typed_path(name) for name in names]
    for path in paths:
        read_sql_file(path)
    return paths


def has_terminal() -> bool:
    """Whether somebody can see the app and press keys."""
    return sys.stdin.isatty() and is_terminal()


def run_app(target: str | None, *, demo: bool = False, files: Sequence[Path] = ()) -> None:
    """Open the app, and leave with its exit code."""
    # Textual may let two frames' time pass after one before it draws the next: 33 ms at its own 60.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    from tusk.tui.app import TuskApp

    # All threads stand still while the collector looks at its youngest objects: 30 ms for the
    # 50,000 that a start allows. What is loaded now will never be garbage.
    gc.freeze()
    gc.set_threshold(5_000)
    opened = TuskApp(target, demo=demo, files=files)
    opened.run()
    raise typer.Exit(opened.return_code or 0)
