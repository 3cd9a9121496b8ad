"""How tusk was installed, and the command that adds to it.

An extra helps only in the environment that tusk runs in, and from where this tusk came from: a
clone, most often, for which an index may hold something else under the same name.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PACKAGE = "tusk"
# Only names the other extras, or lists their packages once more.
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package that tusk, or one of its extras, needs.

    Args:
        package: Its name.
        extra: The extra that needs it; empty for tusk itself.
    """

    package: str
    extra: str


def requirements() -> list[Requirement]:
    """What tusk's own metadata says it needs, but for the extra `all`."""
    found = _distribution()
    return list(_requirements(found)) if found is not None else []


def package_version(package: str) -> str | None:
    """The version of a package that is installed; None when it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def how_to_install(extra: str = "") -> str:
    """The command that installs this tusk again where it is, with one extra more.

    Args:
        extra: Its name; empty for what is there already.
    """
    return install_command(_distribution(), extra, Path(sys.prefix), sys.executable or "python3")


def install_command(found: Distribution | None, extra: str, prefix: Path, python: str) -> str:
    """The command that installs a tusk again, with one extra more.

    Args:
        found: Its metadata; None when it is run from a source tree.
        extra: Its name, or empty.
        prefix: The environment that it is installed in.
        python: The interpreter of that environment.
    """
    # Both tools make the environment anew, with what the command names and nothing else.
    if (prefix / "pipx_metadata.json").exists():
        tool, extras = ["pipx", "install", "--force"], [*_extras_there(found), extra]
    elif (prefix / "uv-receipt.toml").exists():
        tool, extras = ["uv", "tool", "install", "--force"], [*_extras_there(found), extra]
    elif importlib.util.find_spec("pip") is None:
        tool, extras = ["uv", "pip", "install", "--python", python], [extra]
    else:
        tool, extras = [python, "-m", "pip", "install"], [extra]
    return shlex.join([*tool, *_source(found, extras)])


def _distribution() -> Distribution | None:
    try:
        return Distribution.from_name(_PACKAGE)
    except PackageNotFoundError:
        return None


def _requirements(found: Distribution) -> Iterator[Requirement]:
    for line in found.requires or []:
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"""extra == ["']([\w-]+)["']""", line)
        if name is not None and (extra is None or extra.group(1) != _ALL):
            yield Requirement(name.group(), extra.group(1) if extra else "")


def _extras_there(found: Distribution | None) -> list[str]:
    """The extras whose packages are all installed."""
    needed = list(_requirements(found)) if found is not None else []
    lacking = {each.extra for each in needed if package_version(each.package) is None}
    return [extra for extra in {each.extra: None for each in needed} if extra not in lacking]


def _source(found: Distribution | None, extras: Sequence[str]) -> list[str]:
    """What an installer calls the place that a tusk came from, by its PEP 610 record."""
    named = ",".join(dict.fromkeys(filter(None, extras)))
    brackets = f"[{named}]" if named else ""
    text = found.read_text("direct_url.json") if found is not None else None
    if text is None:
        return [f"{_PACKAGE}{brackets}"]
    record = json.loads(text)
    url: str = record["url"]
    if "dir_info" in record:
        editable = ["--editable"] if record["dir_info"].get("editable") else []
        return [*editable, f"{_local_path(url)}{brackets}"]
    if control := record.get("vcs_info"):
        revision = control.get("requested_revision") or control["commit_id"]
        url = f"{control['vcs']}+{url}@{revision}"
    return [f"{_PACKAGE}{brackets} @ {url}"]


def _local_path(url: str) -> str:
    return unquote(urlsplit(url).path)
