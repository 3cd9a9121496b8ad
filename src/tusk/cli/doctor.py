"""`tusk doctor`: what is here, and what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tusk.cli.apps import command_app
from tusk.cli.exits import ExitCode
from tusk.cli.output import data_stream, is_terminal

if TYPE_CHECKING:
    from tusk.services.doctor import Section

app = command_app()

_MARKS = {"ok": "  ", "note": "- ", "warning": "! ", "problem": "✗ "}


@app.command()
def doctor(
    format_name: Annotated[
        str, typer.Option("--format", "-F", metavar="FORMAT", help="text or json.")
    ] = "text",
) -> None:
    """Check this machine and say what to do about problems.

    Versions, extras, programs, the terminal and files are looked at.
    Marks: - could be had, ! warning, ✗ problem. The exit code is 1 when there is a problem.

    \b
    Example:
      tusk doctor -F json
    """
    from tusk.core.errors import UsageError
    from tusk.services.doctor import examine, has_problem

    if format_name not in ("text", "json"):
        raise UsageError(f"unknown format {format_name!r}", hint="formats: text, json")
    report = examine()
    text = _json(report) if format_name == "json" else _text(report)
    out = data_stream()
    out.write(text.encode("utf-8", "replace"))
    out.flush()
    if has_problem(report):
        raise typer.Exit(ExitCode.FAILED)


def _json(report: list[Section]) -> str:
    sections = [
        {
            "section": section.title,
            "items": [{**asdict(item), "status": item.status.value} for item in section.items],
        }
        for section in report
    ]
    return json.dumps(sections, ensure_ascii=False, indent=2) + "\n"


def _text(report: list[Section]) -> str:
    from tusk.core.text import safe

    lines: list[str] = []
    for section in report:
        lines += ["", section.title] if lines else [section.title]
        width = max((len(item.label) for item in section.items), default=0)
        for item in section.items:
            mark = _MARKS[item.status.value]
            lines.append(f"  {mark}{item.label:<{width}}  {item.value}".rstrip())
            if item.advice:
                lines.append(f"    {'':<{width}}  → {item.advice}")
    text = "\n".join(lines) + "\n"
    return safe(text, keep_lines=True) if is_terminal() else text
