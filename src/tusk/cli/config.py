"""`tusk config`: look at settings and change them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from tusk.cli.apps import command_app
from tusk.cli.exits import ExitCode
from tusk.cli.narration import report, warn
from tusk.cli.output import FormatOption, write_rows

app = command_app("Show and change settings.")


def _complete_key() -> list[tuple[str, str]]:
    from tusk.config.settings import describe

    return [(info.key, info.doc) for info in describe()]


_Key = Annotated[
    str,
    typer.Argument(metavar="KEY", help="As in query.fetch_limit.", autocompletion=_complete_key),
]


@app.command()
def show(
    key: Annotated[
        str,
        typer.Argument(
            metavar="[KEY]",
            help="One setting with its description; all of them without it.",
            autocompletion=_complete_key,
            show_default=False,
        ),
    ] = "",
    format_name: FormatOption = "",
) -> None:
    """Show settings, their values, and where these come from.

    \b
    Example:
      tusk config show query.fetch_limit
    """
    from tusk.config.settings import setting_info
    from tusk.services.settings import show_settings

    if key:
        setting_info(key)
    settings, problems = show_settings()
    for problem in problems:
        report(problem)
    rows = [
        {
            "setting": setting.key,
            "value": _text(setting.value),
            "default": _text(setting.default),
            "set_by": setting.source,
            "type": setting.type,
            "variable": setting.variable,
            "description": setting.doc,
        }
        for setting in settings
        if key in ("", setting.key)
    ]
    columns = list(rows[0]) if key else ["setting", "value", "default", "set_by"]
    write_rows(rows, columns, format_name, on_terminal="vertical" if key else "table")


@app.command("get")
def get_value(key: _Key) -> None:
    """Print the value of one setting.

    \b
    Example:
      tusk config get query.fetch_limit
    """
    from tusk.config.settings import get
    from tusk.services.settings import load_settings

    typer.echo(_text(get(load_settings(), key)))


class SetCommand(TyperCommand):
    """Takes a negative number for the value that it is, not for an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put negative numbers behind everything else, where nothing is an option."""
        numbers = [a for a in args if re.fullmatch(r"-\.?\d.*", a)]
        rest = [a for a in args if a not in numbers]
        return super().parse_args(ctx, [*rest, "--", *numbers] if numbers else rest)


@app.command("set", cls=SetCommand)
def set_value(
    key: _Key,
    value: Annotated[
        str | None, typer.Argument(metavar="[VALUE]", help="The new value.", show_default=False)
    ] = None,
    unset: Annotated[bool, typer.Option("--unset", help="Go back to the default.")] = False,
) -> None:
    """Change one setting in the settings file; comments in it are kept.

    \b
    Examples:
      tusk config set query.fetch_limit 50000
      tusk config set app.keymap 'query.run=f5,ctrl+r; app.quit=ctrl+x'
      tusk config set query.fetch_limit --unset
    """
    from tusk.config.settings import setting_info
    from tusk.core.errors import UsageError
    from tusk.services.settings import change_setting, show_settings

    if (value is None) == (not unset):
        raise UsageError("give a value, or --unset")
    if key == "app.theme" and value:
        _check_theme(value)
    change_setting(key, value)
    variable = setting_info(key).variable
    settings, _ = show_settings()
    if any(s.key == key and s.source == variable for s in settings):
        warn(f"the environment variable {variable} is set and goes before the file")


def _check_theme(name: str) -> None:
    from tusk.core.errors import ConfigError
    from tusk.tui.app import TuskApp
    from tusk.tui.user_themes import load_user_themes

    own, _ = load_user_themes()
    known = sorted({*TuskApp().available_themes, *(theme.name for theme in own)})
    if name not in known:
        raise ConfigError(f"app.theme: there is no theme {name!r}", hint=", ".join(known))


@app.command()
def keys(
    format_name: FormatOption = "",
    changed: Annotated[
        bool, typer.Option("--changed", help="Only those that the preset or you changed.")
    ] = False,
) -> None:
    """List every action of the app with the keys in force.

    \b
    Examples:
      tusk config keys
      tusk config keys -F json | jq '.[] | select(.reach != "all")'
    """
    from tusk.services.keymap import load_keymap
    from tusk.services.settings import load_settings
    from tusk.tui.keymap import all_keys, keys_in_force

    settings = load_settings()
    rows = [
        {
            "id": info.id,
            "keys": ",".join(info.keys),
            "reach": info.reach.value,
            "description": info.description,
            "about": info.tooltip,
        }
        for info in all_keys(keys_in_force(settings, load_keymap(settings)))
        if info.is_changed or not changed
    ]
    write_rows(rows, ["id", "keys", "reach", "description", "about"], format_name)


@app.command()
def check() -> None:
    """Tell every problem of settings, keys, themes and snippets.

    Fails if there is one.

    \b
    Example:
      tusk config check
    """
    from tusk.services.keymap import load_keymap
    from tusk.services.settings import load_settings, show_settings
    from tusk.services.snippets import load_snippets
    from tusk.tui.keymap import check_keymap
    from tusk.tui.user_themes import load_user_themes

    _, problems = show_settings()
    settings = load_settings()
    _, theme_problems = load_user_themes()
    _, snippet_problems = load_snippets()
    key_problems = check_keymap(settings, load_keymap(settings))
    found = [*problems, *key_problems, *theme_problems, *snippet_problems]
    for problem in found:
        report(problem)
    if found:
        raise typer.Exit(ExitCode.FAILED)
    typer.echo("settings, keys, themes and snippets are fine")


@app.command()
def path() -> None:
    """Print the path of the settings file, whether it is there or not.

    \b
    Example:
      $EDITOR "$(tusk config path)"
    """
    from tusk.services.settings import settings_path

    typer.echo(settings_path())


def _text(value: object) -> str:
    """A value as `config set` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}={text}" for name, text in value.items())
    return str(value)
