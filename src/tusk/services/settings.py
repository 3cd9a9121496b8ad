"""Settings for front ends: read, show, change."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.config import settings_file
from tusk.config.paths import Paths
from tusk.config.settings import Settings, Value, describe, get, parse, setting_info
from tusk.core.errors import ConfigError, ConnectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tusk.core.errors import TuskError

__all__ = [
    "Settings",
    "ShownSetting",
    "blamed",
    "change_setting",
    "load_settings",
    "show_settings",
    "told_problems",
]

_log = logging.getLogger(__name__)

_MOST_TOLD = 4


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting as it is in effect.

    Args:
        key: `section.name`.
        value: In effect.
        source: The file or environment variable that set it; empty for the default.
        default: Its default.
        type: What is accepted, in words.
        variable: The environment variable that overrides it.
        doc: What it does.
    """

    key: str
    value: Value
    source: str
    default: Value
    type: str
    variable: str
    doc: str


def load_settings() -> Settings:
    """The settings in effect. What is wrong with them is logged as a warning.

    Raises:
        StorageError: The settings file exists but cannot be read.
    """
    loaded = settings_file.load(Paths.find().settings_file)
    for problem in loaded.problems:
        _log.warning("%s", _sentence(problem))
    return loaded.settings


def _sentence(problem: ConfigError) -> str:
    return f"{problem.message}; {problem.hint}" if problem.hint else problem.message


def told_problems(what: str, problems: Sequence[ConfigError]) -> str:
    """What is wrong, as one message of a few lines.

    >>> print(told_problems("keys", [ConfigError("there is no action 'x'", hint="see F1")]))
    keys: there is no action 'x'; see F1
    """
    if len(problems) == 1:
        return f"{what}: {_sentence(problems[0])}"
    lines = [f"{what}: {len(problems)} problems; `tusk config check` shows them all"]
    return "\n".join([*lines, *(f"- {_sentence(each)}" for each in problems[:_MOST_TOLD])])


def show_settings() -> tuple[list[ShownSetting], Sequence[ConfigError]]:
    """Every setting with its value and where it comes from, and what is wrong with them.

    Raises:
        StorageError: The settings file exists but cannot be read.
    """
    loaded = settings_file.load(Paths.find().settings_file)
    shown = [
        ShownSetting(
            info.key,
            get(loaded.settings, info.key),
            loaded.sources.get(info.key, ""),
            info.default,
            info.type,
            info.variable,
            info.doc,
        )
        for info in describe()
    ]
    return shown, loaded.problems


def change_setting(key: str, text: str | None) -> Value:
    """Set a setting in the settings file, or with None go back to its default.

    Returns:
        What the file now says (or the default).

    Raises:
        ConfigError: No such setting, or the text does not fit it.
        StorageError: The file cannot be written.
    """
    info = setting_info(key)
    value = None if text is None else parse(info, text)
    if isinstance(value, str) and value:
        _check_name(key, value)
    settings_file.store(settings_path(), key, value)
    return info.default if value is None else value


def _check_name(key: str, value: str) -> None:
    """Refuse a format or connection that there is not, which would fail later and elsewhere."""
    try:
        if key == "output.format":
            from tusk.formats.registry import find_format

            find_format(value)
        elif key == "query.default_connection":
            from tusk.services.connections import resolve

            resolve(value)
    except (UsageError, ConnectError) as exc:
        raise ConfigError(f"{key}: {exc.message}", hint=exc.hint) from exc


def blamed(key: str, error: TuskError) -> ConfigError:
    """The error for a setting's value that cannot be used, with where it was set."""
    source = settings_file.load(settings_path()).sources.get(key, "its default")
    return ConfigError(f"the setting {key} ({source}): {error.message}", hint=error.hint)


def settings_path() -> Path:
    """The settings file; it need not exist."""
    return Paths.find().settings_file
