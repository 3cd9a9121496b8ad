"""Themes that users write: a base, and what is different from it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from textual.color import Color, ColorParseError
from textual.design import ColorSystem
from textual.theme import Theme

from tusk.core.errors import ConfigError
from tusk.services.themes import ThemeFile, read_themes
from tusk.tui.themes import DARK, LIGHT, THEMES

_NAME = re.compile(r"[\w-]{1,60}")
_COLORS = tuple(ColorSystem.COLOR_NAMES)
_COLOR_FIELDS = tuple(each.name for each in fields(Theme) if each.name in _COLORS)
_KEYS = (*_COLOR_FIELDS, "base", "dark", "variables")
_STYLES = {
    "none", "bold", "b", "italic", "i", "underline", "u", "reverse", "r", "strike", "s", "dim",
    "d", "not",
}  # fmt: skip


def load_user_themes() -> tuple[list[Theme], list[ConfigError]]:
    """Every theme of the user's that can be used, and what is wrong with the others."""
    files, problems = read_themes()
    known = {theme.name: theme for theme in THEMES}
    found: list[Theme] = []
    for file in files:
        try:
            found.append(theme_of(file, known))
        except ConfigError as exc:
            problems.append(exc)
    return found, problems


def theme_of(file: ThemeFile, known: Mapping[str, Theme]) -> Theme:
    """The theme that a file describes.

    Args:
        file: What was read.
        known: Themes it may begin with, and whose names it cannot have.

    Raises:
        ConfigError: Something in it is no colour, or unknown.
    """
    document = file.document
    if not _NAME.fullmatch(file.name):
        raise ConfigError(f"{file.path}: a theme's name has letters, digits, - and _ only")
    if file.name in known:
        raise ConfigError(
            f"{file.path}: {file.name} is a theme of tusk's", hint="give the file another name"
        )
    for key in document:
        if key not in _KEYS:
            raise ConfigError(f"{file.place(key)}: unknown {key!r}", hint=_similar(key, _KEYS))
    base = _base(file, known)
    own: dict[str, Any] = {
        key: _color(file, key, document[key]) for key in _COLOR_FIELDS if key in document
    }
    return replace(
        base,
        name=file.name,
        dark=_flag(file, "dark", base.dark),
        variables={**base.variables, **_variables(file, base)},
        **own,
    )


def _base(file: ThemeFile, known: Mapping[str, Theme]) -> Theme:
    """What it begins with: a theme of that name, else ours of the same brightness."""
    name = file.document.get("base")
    if name is None:
        return DARK if _flag(file, "dark", default=True) else LIGHT
    if not isinstance(name, str) or name not in known:
        raise ConfigError(
            f"{file.place('base')}: there is no theme {name!r}", hint=", ".join(sorted(known))
        )
    return known[name]


def _flag(file: ThemeFile, key: str, default: bool) -> bool:
    value = file.document.get(key, default)
    if not isinstance(value, bool):
        raise ConfigError(f"{file.place(key)}: {key} must be true or false, not {value!r}")
    return value


def _variables(file: ThemeFile, base: Theme) -> dict[str, str]:
    given = file.document.get("variables", {})
    if not isinstance(given, dict):
        raise ConfigError(f"{file.place('variables')}: variables must be a table")
    known = {*base.to_color_system().generate(), *base.variables}
    return {name: _variable(file, name, value, known) for name, value in given.items()}


def _variable(file: ThemeFile, name: str, value: Any, known: Iterable[str]) -> str:
    key = f"variables.{name}"
    if name not in known:
        raise ConfigError(
            f"{file.place(key)}: unknown variable {name!r}", hint=_similar(name, known)
        )
    if name.endswith(("-style", "-style-hover")):
        words = value.split() if isinstance(value, str) else ["?"]
        if not words or not _STYLES.issuperset(words):
            raise ConfigError(f"{file.place(key)}: {value!r} is no text style", hint="as in bold")
        return " ".join(words)
    return _color(file, key, value, may_be_see_through=True)


def _color(file: ThemeFile, key: str, value: Any, *, may_be_see_through: bool = False) -> str:
    """A colour as it was written; for a variable also one with a percentage."""
    text = value if isinstance(value, str) else ""
    words = text.split()
    if may_be_see_through and len(words) == 2 and words[1].endswith("%"):
        text = words[0] if words[1][:-1].isdecimal() else ""
    try:
        if text not in ("auto", "initial") or not may_be_see_through:
            Color.parse(text)
    except ColorParseError:
        raise ConfigError(
            f"{file.place(key)}: {key.rpartition('.')[2]} is no colour: {value!r}",
            hint='as in "#7aa2d6", "steelblue" or "ansi_cyan"',
        ) from None
    return " ".join(words)


def _similar(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"did you mean {close[0]}?" if close else "docs/themes.md lists what there is"
