"""What is here and what is wrong with it: versions, programs, the terminal, files.

A report is data; front ends show it. Nothing here connects to a server.
"""

from __future__ import annotations

import enum
import os
import platform
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tusk
from tusk.config.files import FILE_MODE, FOLDER_MODE, mode_of
from tusk.config.paths import HOME_VARIABLE, Paths
from tusk.config.scratch import scratch_place
from tusk.core.errors import TuskError
from tusk.core.installation import how_to_install, package_version, requirements
from tusk.services.keymap import load_keymap
from tusk.services.settings import load_settings, show_settings
from tusk.services.terminal import Terminal
from tusk.store.connections import ConnectionsFile
from tusk.store.secrets import keyring_problem

_PROGRAM_TIMEOUT_S = 5.0
# Where less is free, a result of some millions of rows may not find room.
_SCRATCH_BYTES = 2_000_000_000


class Status(enum.Enum):
    """How an item is."""

    OK = "ok"
    NOTE = "note"
    """Fine, but something could be had."""
    WARN = "warning"
    FAIL = "problem"


@dataclass(frozen=True, slots=True)
class Item:
    """One fact.

    Args:
        label: What it is about.
        status: How it is.
        value: What was found; may hold hostile text.
        advice: What to do; empty when there is nothing to do.
    """

    label: str
    status: Status
    value: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Items that belong together."""

    title: str
    items: Sequence[Item]


def examine(terminal: Terminal | None = None) -> list[Section]:
    """Look at everything.

    Args:
        terminal: The terminal to judge; by default the one of this process.
    """
    sections: dict[str, Callable[[], Iterator[Item]]] = {
        "tusk": _versions,
        "Extras": _extras,
        "DuckDB extensions": _duckdb_extensions,
        "PostgreSQL programs": _programs,
        "Terminal": lambda: _terminal(terminal or Terminal.find()),
        "Files": _files,
    }
    return [Section(title, list(_guarded(title, look))) for title, look in sections.items()]


def has_problem(report: Sequence[Section]) -> bool:
    """Whether anything in the report keeps tusk from working as it should."""
    return any(item.status is Status.FAIL for section in report for item in section.items)


def _guarded(title: str, look: Callable[[], Iterator[Item]]) -> Iterator[Item]:
    """A part that fails is an item itself: the rest of the report is needed all the more."""
    try:
        yield from look()
    except TuskError as exc:
        yield Item(title, Status.FAIL, exc.message, exc.hint)
    except ImportError as exc:
        yield Item(title, Status.FAIL, f"cannot be looked at: {exc}", how_to_install())


# ── versions and extras ──────────────────────────────────────────────────────────────────────


def _versions() -> Iterator[Item]:
    yield Item("tusk", Status.OK, tusk.__version__)
    yield Item("Python", Status.OK, f"{platform.python_version()} ({sys.executable})")
    yield Item("System", Status.OK, platform.platform())
    for requirement in requirements():
        if not requirement.extra:
            yield _needed(requirement.package)


def _needed(package: str) -> Item:
    """A package that tusk cannot do without."""
    version = package_version(package)
    if version is not None:
        return Item(package, Status.OK, version)
    return Item(package, Status.FAIL, "missing", how_to_install())


def _extras() -> Iterator[Item]:
    for requirement in requirements():
        if not requirement.extra:
            continue
        version = package_version(requirement.package)
        if version is not None:
            yield Item(requirement.extra, Status.OK, f"{requirement.package} {version}")
        else:
            advice = how_to_install(requirement.extra)
            yield Item(requirement.extra, Status.NOTE, "not installed", advice)


def _duckdb_extensions() -> Iterator[Item]:
    """Those inside DuckDB, and those that come as packages; tusk never downloads any."""
    from tusk.engines.duckdb.extensions import EXTRAS, packaged_file

    yield Item("built in", Status.OK, ", ".join(_built_in_extensions()))
    for name, extra in EXTRAS.items():
        file = packaged_file(name)
        if file is not None:
            yield Item(name, Status.OK, str(file))
        else:
            yield Item(name, Status.NOTE, "not installed", how_to_install(extra))


def _built_in_extensions() -> list[str]:
    from tusk.core.statement import Statement
    from tusk.services.connections import open_session, resolve

    query = "select extension_name from duckdb_extensions() where loaded order by 1"
    session = open_session(resolve(""))
    try:
        batches = list(session.execute(Statement(query)).batches())
    finally:
        session.close()
    return [str(name) for batch in batches for name in batch.column(0).to_pylist()]


# ── programs ─────────────────────────────────────────────────────────────────────────────────

_PROGRAMS = {
    "psql": "PostgreSQL's own shell",
    "pg_dump": "backups of one database",
    "pg_restore": "restoring backups",
    "pg_dumpall": "backups of roles and all databases",
    "pg_basebackup": "copies of a whole server",
}


def _programs() -> Iterator[Item]:
    for name, purpose in _PROGRAMS.items():
        path = shutil.which(name)
        if path is None:
            advice = f"for {purpose}; Debian and Ubuntu: apt-get install postgresql-client"
            yield Item(name, Status.NOTE, "not found", advice)
            continue
        version = program_version(path)
        if version is None:
            yield Item(name, Status.WARN, f"{path} does not run", f"try: {name} --version")
        else:
            yield Item(name, Status.OK, f"{version} ({path})")


def program_version(path: str) -> str | None:
    """The version that a program's `--version` tells; None when it does not run."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, timeout=_PROGRAM_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\d+(\.\d+)*", done.stdout.decode("utf-8", "replace"))
    return found.group() if found else None


# ── terminal ─────────────────────────────────────────────────────────────────────────────────


def _terminal(terminal: Terminal) -> Iterator[Item]:
    if not terminal.is_terminal:
        advice = "the app needs one; `tusk query` does not"
        yield Item("Terminal", Status.NOTE, "none: output goes to a pipe or file", advice)
    yield Item("Type", Status.OK if terminal.name else Status.WARN, terminal.name or "TERM not set")
    if terminal.size is not None:
        columns, lines = terminal.size
        is_small = columns < 80 or lines < 24
        advice = "the app is made for 80x24 and more" if is_small else ""
        status = Status.WARN if is_small else Status.OK
        yield Item("Size", status, f"{columns} columns, {lines} lines", advice)
    yield _colours(terminal)
    if terminal.is_utf8:
        yield Item("Encoding", Status.OK, terminal.encoding)
    else:
        advice = "set a UTF-8 locale, as in: export LC_ALL=C.UTF-8"
        yield Item("Encoding", Status.WARN, terminal.encoding, advice)
    yield Item("Clipboard", Status.OK, *terminal.clipboard())


def _colours(terminal: Terminal) -> Item:
    if terminal.no_color:
        return Item("Colours", Status.OK, "off, because NO_COLOR is set")
    if terminal.colors >= 1 << 24:
        return Item("Colours", Status.OK, "16 million")
    advice = "if your terminal can show more: export COLORTERM=truecolor"
    if terminal.colors >= 8:
        return Item("Colours", Status.OK, str(terminal.colors), advice)
    return Item("Colours", Status.WARN, "none", advice)


# ── files ────────────────────────────────────────────────────────────────────────────────────


def _files() -> Iterator[Item]:
    paths = Paths.find()
    if paths.is_own_home:
        yield _home_item(paths)
    yield _private("Configuration", paths.config_dir, FOLDER_MODE)
    yield _private("State", paths.state_dir, FOLDER_MODE)
    yield from _settings_items(paths)
    yield from _keymap_items(paths)
    yield from _connection_items(paths)
    yield _private("Passwords", paths.secrets_file, FILE_MODE, broken=Status.FAIL)
    reason = keyring_problem()
    yield Item("Keyring", Status.OK if reason is None else Status.NOTE, reason or "works")
    yield _usable("Saved queries", paths.saved_dir, FOLDER_MODE)
    yield _usable("Snippets", paths.snippets_file, FILE_MODE)
    yield _usable("Themes", paths.themes_dir, FOLDER_MODE)
    yield _usable("Keymap", paths.keymap_file, FILE_MODE)
    yield _private("Workspace", paths.workspace_file, FILE_MODE)
    yield _private("History", paths.history_file, FILE_MODE)
    yield _private("Plans", paths.plans_file, FILE_MODE)
    yield _private("Log", paths.log_file, FILE_MODE)
    yield _scratch_item()
    yield from _set_aside_items(paths)


def _home_item(paths: Paths) -> Item:
    value = f"{HOME_VARIABLE}={paths.config_dir}"
    given = os.environ[HOME_VARIABLE]
    if Path(given).expanduser().is_absolute():
        return Item("Home", Status.OK, value)
    advice = f"{HOME_VARIABLE} is {given!r}, so another folder finds other files: give a whole path"
    return Item("Home", Status.WARN, value, advice)


def _private(label: str, path: Path, mode: int, *, broken: Status = Status.WARN) -> Item:
    """A file or folder that only its owner should be able to read."""
    item = _usable(label, path, mode)
    actual = mode_of(path)
    if item.status is Status.OK and actual is not None and actual & 0o077:
        advice = f"chmod {mode:o} {shlex.quote(str(path))}"
        return Item(label, broken, f"{path} (mode {actual:04o}: others may read it)", advice)
    return item


def _usable(label: str, path: Path, mode: int) -> Item:
    """A file or folder that its owner, this user, must be able to read and write.

    Judged by its mode, not by what this process may do: root may do anything.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return Item(label, Status.OK, f"{path} (not there yet)")
    except OSError as exc:
        advice = "look at the folders above it: ls -ld"
        return Item(label, Status.FAIL, f"{path}: {exc.strerror}", advice)
    quoted = shlex.quote(str(path))
    actual = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.geteuid():
        value = f"{path} (belongs to user {found.st_uid}, not to you)"
        return Item(label, Status.FAIL, value, f"sudo chown {os.geteuid()} {quoted}")
    if actual & mode != mode:
        value = f"{path} (mode {actual:04o}: you cannot read and write it)"
        return Item(label, Status.FAIL, value, f"chmod {mode:o} {quoted}")
    return Item(label, Status.OK, f"{path} (mode {actual:04o})")


def _scratch_item() -> Item:
    folder = scratch_place()
    there = next(part for part in (folder, *folder.parents) if part.exists())
    free = shutil.disk_usage(there).free
    value = f"{folder} ({free / 1e9:,.1f} GB free)"
    if free >= _SCRATCH_BYTES:
        return Item("Temporary files", Status.OK, value)
    advice = "results larger than memory go there; set TMPDIR to a folder on a larger disk"
    return Item("Temporary files", Status.WARN, value, advice)


def _settings_items(paths: Paths) -> Iterator[Item]:
    yield _private("Settings", paths.settings_file, FILE_MODE)
    _, problems = show_settings()
    for problem in problems:
        yield Item("Settings", Status.FAIL, problem.message, problem.hint)


def _keymap_items(paths: Paths) -> Iterator[Item]:
    """Whether the file can be read; `tusk config check` knows the actions in it."""
    own = load_keymap(load_settings())
    if own.keys:
        advice = "`tusk config check` looks at ids and clashes"
        yield Item("Own keys", Status.OK, f"{len(own.keys)} in {paths.keymap_file}", advice)
    for problem in own.problems:
        yield Item("Own keys", Status.FAIL, problem.message, problem.hint)


def _connection_items(paths: Paths) -> Iterator[Item]:
    yield _private("Connections", paths.connections_file, FILE_MODE)
    profiles, problems = ConnectionsFile(paths.connections_file).read()
    yield Item("Connections", Status.OK, f"{len(profiles)} stored")
    for problem in problems:
        yield Item("Connections", Status.FAIL, problem.message, problem.hint)


def _set_aside_items(paths: Paths) -> Iterator[Item]:
    for folder in (paths.config_dir, paths.state_dir):
        for path in sorted(folder.glob("*.corrupt-*")):
            advice = "take from it what you need, then delete it"
            yield Item("Set aside", Status.WARN, str(path), advice)
