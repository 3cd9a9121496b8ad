"""Options of every command that runs statements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tusk.cli.narration import be_quiet

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to a file, in the format of its suffix; it appears when it is complete.",
    ),
]
FormatOptionsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="An option of the format, as in --option delimiter=';'. An unknown one lists what "
        "there is. Repeatable.",
    ),
]
ParametersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="NAME=VALUE",
        help="Value of :NAME, bound by the driver; NAME:TYPE=VALUE gives it a type. Repeatable.",
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", min=0, help="Stop each result after N rows."),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", help="Time limit for each statement."),
]
ReadOnlyOption = Annotated[
    bool, typer.Option("--read-only", help="Refuse writes, enforced by the engine.")
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Say nothing but errors on stderr.", callback=be_quiet, is_eager=True
    ),
]
NoHistoryOption = Annotated[
    bool, typer.Option("--no-history", help="Keep nothing of this in the history.")
]
