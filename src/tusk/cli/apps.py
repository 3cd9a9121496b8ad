"""How the command modules make their Typer apps."""

from __future__ import annotations

import typer


def command_app(help_text: str | None = None) -> typer.Typer:
    """An app for one command, or with a help text for a group of commands.

    Rich's help is off: it takes 50 ms to load, and reads markup in texts.
    """
    return typer.Typer(
        help=help_text,
        no_args_is_help=help_text is not None,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
