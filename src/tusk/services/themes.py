"""The user's own themes: TOML files in the folder `themes`, read and not yet understood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tusk.config.files import read_bytes
from tusk.config.paths import Paths
from tusk.config.toml import parse_toml, place
from tusk.core.errors import ConfigError, StorageError

# Nobody has more, and each is read at every start.
_MOST_FILES = 50


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """A theme as its file has it.

    Args:
        path: The file; its name without `.toml` is the theme's.
        document: What is in it.
        text: The same, for places in messages.
    """

    path: Path
    document: dict[str, Any]
    text: str

    @property
    def name(self) -> str:
        """The theme's name."""
        return self.path.stem

    def place(self, key: str) -> str:
        """The file and the line of a key, for a message."""
        return place(self.path, self.text, key)


def read_themes() -> tuple[list[ThemeFile], list[ConfigError]]:
    """The user's themes by name, and what could not be read; nothing of it raises."""
    found: list[ThemeFile] = []
    problems: list[ConfigError] = []
    folder = Paths.find().themes_dir
    try:
        paths = sorted(folder.glob("*.toml"))
    except OSError as exc:
        return [], [ConfigError(f"{folder} cannot be read: {exc.strerror}")]
    if len(paths) > _MOST_FILES:
        problems.append(ConfigError(f"{folder} has more than {_MOST_FILES} themes; the rest waits"))
    for path in paths[:_MOST_FILES]:
        try:
            found.append(ThemeFile(path, *parse_toml(read_bytes(path) or b"")))
        except StorageError as exc:
            problems.append(ConfigError(exc.message, hint=exc.hint))
        except ValueError as exc:
            problems.append(ConfigError(f"{path} is not valid TOML: {exc}", hint="correct it"))
    return found, problems
