"""The user's own keys: from `keymap.toml`, and from the setting `app.keymap`, which goes before it.

What the ids and the names of keys mean is the app's business; this only reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tusk.config.paths import Paths
from tusk.config.toml import place, read_own_toml
from tusk.core.errors import ConfigError

if TYPE_CHECKING:
    from tusk.config.settings import Settings

_EXAMPLE = 'write "query.run" = "f5,ctrl+r", or ["f5", "ctrl+r"]'
_SETTING = "the setting app.keymap"


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The keys that a user wants for an action.

    Args:
        id: The action's, as it was written.
        keys: Comma-separated, as they were written; empty for none.
        source: The file with its line, or the setting.
    """

    id: str
    keys: str
    source: str


@dataclass(frozen=True, slots=True)
class OwnKeymap:
    """All of the user's own keys.

    Args:
        keys: By the action's id.
        problems: What could not be read.
    """

    keys: Mapping[str, OwnKeys]
    problems: tuple[ConfigError, ...] = ()


def load_keymap(settings: Settings) -> OwnKeymap:
    """Read the user's own keys; nothing of it raises, and a file is left as it is."""
    problems: list[ConfigError] = []
    found: dict[str, OwnKeys] = {}
    path = Paths.find().keymap_file
    document, text = read_own_toml(path, problems)
    for name, value in _flatten(document):
        where = place(path, text, name)
        try:
            found[name] = OwnKeys(name, _keys_text(name, value), where)
        except ConfigError as exc:
            problems.append(ConfigError(f"{where}: {exc.message}", hint=exc.hint))
    for name, keys in settings.app.keymap.items():
        found[name] = OwnKeys(name, keys, _SETTING)
    return OwnKeymap(found, tuple(problems))


def _flatten(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Ids and values: `query.run = …` without quotes is a table in TOML."""
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _keys_text(name: str, value: object) -> str:
    """The keys as one text. The error has no place in it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(key, str) for key in value):
        return ",".join(value)
    raise ConfigError(f"{name} needs a text", hint=_EXAMPLE)
