"""TOML files that people edit: read with places for messages, changed with comments kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tusk.config.files import read_bytes, set_aside, write_private
from tusk.core.errors import ConfigError, StorageError

if TYPE_CHECKING:
    import tomlkit

_HEADER = re.compile(r"^\s*\[\s*([^\]]+?)\s*\]")


def parse_toml(content: bytes) -> tuple[dict[str, Any], str]:
    """Decode and parse TOML; the document and its text.

    Raises:
        ValueError: Not UTF-8 or not TOML; the message says where.
    """
    import tomllib  # 15 ms, and most homes have no such file

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise ValueError(f"line {line} is not UTF-8") from None
    return tomllib.loads(text), text


def read_toml(path: Path, problem: Callable[[ConfigError], None]) -> tuple[dict[str, Any], str]:
    """Read a TOML file; a missing one is empty, one that is no TOML is set aside.

    Args:
        path: The file.
        problem: Told when the file had to be set aside.

    Raises:
        StorageError: It exists but cannot be read or set aside.
    """
    content = read_bytes(path)
    if content is None:
        return {}, ""
    try:
        return parse_toml(content)
    except ValueError as exc:
        aside = set_aside(path)
        problem(ConfigError(f"{path} is not valid TOML: {exc}", hint=f"it is kept as {aside}"))
        return {}, ""


def read_own_toml(path: Path, problems: list[ConfigError]) -> tuple[dict[str, Any], str]:
    """Read a TOML file that its user writes; it is left as it is, and a missing one is empty.

    Args:
        path: The file.
        problems: Gets what keeps it from being read.
    """
    try:
        content = read_bytes(path)
        return ({}, "") if content is None else parse_toml(content)
    except StorageError as exc:
        problems.append(ConfigError(exc.message, hint=exc.hint))
    except ValueError as exc:
        problems.append(ConfigError(f"{path} is not valid TOML: {exc}", hint="correct it"))
    return {}, ""


def write_toml(path: Path, change: Callable[[tomlkit.TOMLDocument], None]) -> None:
    """Change a TOML file, keeping its comments and order. Hold its lock while calling this.

    Raises:
        ConfigError: The file is not valid TOML; it is left as it is.
        StorageError: It cannot be read or written; it is left as it is.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    content = read_bytes(path) or b""
    try:
        document = tomlkit.parse(content.decode("utf-8-sig"))
    except (TOMLKitError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path} is not valid TOML: {exc}", hint="correct it first") from exc
    change(document)
    write_private(path, tomlkit.dumps(document).encode())


def place(path: Path, text: str, key: str) -> str:
    """The file and, where it can be found, the line of a key, for a message."""
    line = line_of(text, key)
    return f"{path}, line {line}" if line else str(path)


def line_of(text: str, key: str) -> int | None:
    r"""Find the 1-based line on which a plain `section.name` key is set, if it can be found.

    >>> line_of("[query]\n# rows\nfetch_limit = 5\n", "query.fetch_limit")
    3
    """
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            current = re.sub(r"[\"']", "", header.group(1))
            if current == key:
                return number
            continue
        name = line.partition("=")[0].strip().strip("\"'") if "=" in line else ""
        if name and key in (name, f"{current}.{name}"):
            return number
    return None
