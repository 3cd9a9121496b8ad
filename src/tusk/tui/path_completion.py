"""What a path that is being typed may become."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tusk.core.text import is_safe

# A folder may hold millions of files, and nobody reads more names than that.
_MOST_ENTRIES = 20_000
_MOST_SHOWN = 40
_MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Completion:
    """What there is for the beginning of a path.

    Args:
        text: The beginning with all that is certain of the rest.
        names: What may follow in its folder; folders end with `/`.
    """

    text: str
    names: Sequence[str] = ()

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing to choose."""
        return len(self.names) <= 1


def complete_path(text: str) -> Completion:
    """Complete a path as a shell does; blocks. What cannot be read completes to itself.

    Hidden files are shown to those who typed a dot, names that cannot be shown to nobody.
    """
    if text == "~":
        return Completion("~/")
    head, found = _beginning_with(text)
    if not found:
        return Completion(text)
    common = os.path.commonprefix(found)  # noqa: RUF071 - characters are wanted
    return Completion(head + common, sorted(found)[:_MOST_SHOWN])


def list_paths(text: str, suffix: str) -> list[str]:
    """The paths that what was typed may become; blocks.

    Files with the suffix come first, then folders, which end with `/`, then other files.
    """
    head, found = _beginning_with(text)

    def rank(name: str) -> tuple[int, str]:
        order = 0 if name.lower().endswith(suffix) else 1 if name.endswith("/") else 2
        return order, name.casefold()

    return [head + name for name in sorted(found, key=rank)[:_MOST_LISTED]]


def shown_path(path: Path) -> str:
    """A path as one would type it."""
    home, text = str(Path.home()), str(path)
    return f"~{text[len(home) :]}" if text.startswith(f"{home}/") else text


def _beginning_with(text: str) -> tuple[str, list[str]]:
    """The folder as it was typed, and the names in it that begin as the rest does."""
    at = text.rfind("/") + 1
    head, tail = text[:at], text[at:]
    try:
        folder = Path(head or ".").expanduser()
    except RuntimeError:  # there is no such user
        return head, []
    found = [name for name in _names(folder) if name.startswith(tail)]
    if not tail.startswith("."):
        found = [name for name in found if not name.startswith(".")]
    return head, found


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            some = itertools.islice(entries, _MOST_ENTRIES)
            return [_name(entry) for entry in some if is_safe(entry.name)]
    except (OSError, ValueError):
        return []


def _name(entry: os.DirEntry[str]) -> str:
    try:
        return f"{entry.name}/" if entry.is_dir() else entry.name
    except OSError:
        return entry.name
