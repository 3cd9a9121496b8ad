"""Read the settings from `config.toml` and the environment, and change the file.

The environment goes before the file: `query.fetch_limit` is `TUSK_QUERY_FETCH_LIMIT`. What is
wrong with a single setting never keeps tusk from starting: it is reported and its default is
used. A file that is no TOML at all is set aside.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tusk.config.files import locked
from tusk.config.settings import (
    SettingInfo,
    Settings,
    Value,
    check,
    describe,
    parse,
    setting_info,
    similar_key,
)
from tusk.config.toml import place, read_toml, write_toml
from tusk.core.errors import ConfigError

# Variables that begin so are meant for tusk's settings.
_PREFIXES = tuple(f"TUSK_{section.name}_".upper() for section in dataclasses.fields(Settings))


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with where they came from and what was wrong.

    Args:
        settings: Complete; what was wrong has its default.
        sources: Key → the file or environment variable that set it; defaults are missing.
        problems: Each names its file or variable, the line where known, and the key.
    """

    settings: Settings
    sources: Mapping[str, str]
    problems: Sequence[ConfigError]


def load(path: Path, environment: Mapping[str, str] | None = None) -> LoadedSettings:
    """Read the settings file, then the environment.

    A file that is not TOML is renamed (see `set_aside`); that is one of the problems.

    Args:
        path: The settings file; it need not exist.
        environment: Variables; by default the process's own.

    Raises:
        StorageError: The file exists but cannot be read or set aside.
    """
    variables = os.environ if environment is None else environment
    if not path.exists() and not any(name.startswith(_PREFIXES) for name in variables):
        return LoadedSettings(Settings(), {}, [])  # looking at each setting takes 5 ms
    reader = _Reader(path)
    reader.read_file()
    reader.read_environment(variables)
    return reader.result()


class _Reader:
    """Collects values, where they came from, and what was wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._infos = {info.key: info for info in describe()}
        self._values: dict[str, Value] = {}
        self._sources: dict[str, str] = {}
        self._problems: list[ConfigError] = []

    def read_file(self) -> None:
        document, text = read_toml(self._path, self._problems.append)
        for key, value in _flatten(document, self._infos):
            info = self._infos.get(key)
            where = place(self._path, text, key)
            if info is None:
                hint = similar_key(key, self._infos)
                self._problem(f"{where}: unknown setting {key}", hint)
                continue
            self._take(info, functools.partial(check, info, value), str(self._path), where)

    def read_environment(self, environment: Mapping[str, str]) -> None:
        variables = {info.variable: info for info in self._infos.values()}
        for name, text in environment.items():
            if info := variables.get(name):
                self._take(info, functools.partial(parse, info, text), name, name)
            elif name.startswith(_PREFIXES):
                close = difflib.get_close_matches(name, variables, n=1)
                self._problem(
                    f"the environment variable {name} is no setting",
                    f"did you mean {close[0]}?" if close else "",
                )

    def _take(self, info: SettingInfo, read: Callable[[], Value], source: str, where: str) -> None:
        try:
            self._values[info.key] = read()
            self._sources[info.key] = source
        except ConfigError as exc:
            self._problem(f"{where}: {exc.message}", f"using {info.default!r}")

    def _problem(self, message: str, hint: str) -> None:
        self._problems.append(ConfigError(message, hint=hint))

    def result(self) -> LoadedSettings:
        sections: dict[str, Any] = {}
        for section in dataclasses.fields(Settings):
            prefix = section.name + "."
            names = {
                key.removeprefix(prefix): value
                for key, value in self._values.items()
                if key.startswith(prefix)
            }
            sections[section.name] = dataclasses.replace(getattr(Settings(), section.name), **names)
        return LoadedSettings(Settings(**sections), self._sources, self._problems)


def _flatten(
    document: Mapping[str, Any], known: Mapping[str, SettingInfo]
) -> Iterator[tuple[str, object]]:
    """Yield `section.name` and value; deeper tables stay whole."""
    for section, content in document.items():
        if not isinstance(content, Mapping) or section in known:
            yield section, content
            continue
        for name, value in content.items():
            yield f"{section}.{name}", value


def store(path: Path, key: str, value: Value | None) -> None:
    """Set one setting in the file, or with None remove it, keeping everything else in it.

    Args:
        path: The settings file; created when missing.
        key: `section.name`.
        value: As `settings.check` or `settings.parse` returns it.

    Raises:
        ConfigError: No such setting, or the file is not valid TOML.
        StorageError: The file cannot be written; it is left as it is.
    """
    setting_info(key)
    section, name = key.split(".")
    with locked(path):
        if value is None:
            write_toml(path, lambda document: _remove(document, section, name))
        else:
            write_toml(path, lambda document: _set(document, section, name, value))


def _set(document: Any, section: str, name: str, value: Value) -> None:
    import tomlkit

    table = document.setdefault(section, tomlkit.table())
    table[name] = dict(value) if isinstance(value, Mapping) else value


def _remove(document: Any, section: str, name: str) -> None:
    if name in document.get(section, {}):
        del document[section][name]
