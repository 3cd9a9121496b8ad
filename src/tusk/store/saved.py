"""Saved queries: `.sql` files in folders, which people edit, share and keep in git.

A query's name is its path below the folder, with `/` and without `.sql`: `sales/daily`. Names
differ by more than case, so that a checkout on macOS or Windows has them all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tusk.config.files import locked, make_private_folder, read_bytes, storage_error, write_private
from tusk.core.errors import ConfigError, UsageError
from tusk.core.text import safe
from tusk.store.saved_format import FrontMatterError, SavedQuery, parse, render

SUFFIX = ".sql"
MAX_BYTES = 1 << 20
"""Larger files are no saved queries."""
_MOST_FILES = 20_000
_KEPT_REMOVED = 100
# A file's name may have 255 bytes, and that of its temporary copy is longer.
_MAX_PART_BYTES = 200
_MOST_PARTS = 10
_FORBIDDEN = re.compile(r'[\\:*?"<>|]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A saved query as it lies on the disk.

    Args:
        name: As in `sales/daily`.
        path: Its file.
        query: What is in it.
        version: Differs after every change of the file.
        modified: When it was changed, in seconds since 1970.
    """

    name: str
    path: Path
    query: SavedQuery
    version: str
    modified: float


class ChangedMeanwhileError(ConfigError):
    """A query was changed by somebody else since it was read; nothing was written."""


def check_name(name: str) -> str:
    r"""A name as it is kept, from one as it is typed.

    >>> check_name(" sales/daily.sql ")
    'sales/daily'

    Raises:
        UsageError: It could not be a file everywhere, or not be shown.
    """
    name = unicodedata.normalize("NFC", name.strip().strip("/"))
    if name.lower().endswith(SUFFIX):
        name = name[: -len(SUFFIX)]
    parts = name.split("/")
    if len(parts) > _MOST_PARTS:
        raise UsageError(f"a query can be in {_MOST_PARTS - 1} folders at most")
    for part in parts:
        if problem := _problem_of(part):
            raise UsageError(
                f"{safe(part)!r} cannot be a name: {problem}",
                hint="a name is like daily or sales/daily",
            )
    return name


def _problem_of(part: str) -> str:
    """Why a part of a name will not do; empty when it will."""
    if not part or part != part.strip():
        return "it is empty, or begins or ends with a space"
    if safe(part) != part:
        return "it holds characters that cannot be shown"
    if _FORBIDDEN.search(part) or _RESERVED.fullmatch(part):
        return "some systems do not allow such a file"
    if part[0] in ".-" or part[-1] == ".":
        return "it begins with '.' or '-', or ends with '.'"
    if len(part.encode("utf-8", "surrogatepass")) > _MAX_PART_BYTES:
        return "it is too long"
    return ""


class SavedQueries:
    """The saved queries of one folder.

    Every change is made under a lock that all tusk processes share, and writes whole files.

    Args:
        root: The folder; made with the first query. It may be a symbolic link.
        state: The folder for the lock and for removed queries.
    """

    def __init__(self, root: Path, state: Path) -> None:
        self.root = root
        self._lock = state / "saved-queries"
        self._removed = state / "removed-queries"

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def find(self, folder: str = "") -> tuple[list[SavedFile], list[ConfigError]]:
        """The queries, by name, and what is wrong with other files.

        Args:
            folder: Only those in it and below.

        Raises:
            UsageError: There is no such folder.
            StorageError: The folder cannot be read.
        """
        files: list[SavedFile] = []
        problems: list[ConfigError] = []
        begin = self._folder(folder) if folder else self.root
        for path in _sql_files(begin):
            if len(files) == _MOST_FILES:
                problems.append(ConfigError(f"there are more than {_MOST_FILES:,} queries"))
                break
            try:
                files.append(self._read(path))
            except (ConfigError, UsageError) as exc:
                problems.append(ConfigError(exc.message, hint=exc.hint))
        return sorted(files, key=lambda file: _sort_key(file.name)), problems

    def folders(self) -> list[str]:
        """Every folder, by name; empty ones too.

        Raises:
            StorageError: They cannot be read.
        """
        paths = [path for path in _entries(self.root) if path.is_dir()]
        names = [self._name(path) for path in paths]
        return sorted((name for name in names if _is_name(name)), key=_sort_key)

    def get(self, name: str) -> SavedFile:
        """One query.

        Raises:
            UsageError: There is none of that name.
            ConfigError: The file cannot be understood.
            StorageError: It cannot be read.
        """
        return self._read(self._existing(check_name(name)))

    def has(self, name: str) -> bool:
        """Whether there is a query of that name, perhaps in other letter case."""
        return self._place(check_name(name) + SUFFIX) is not None

    def text(self, name: str) -> tuple[str, str]:
        """The whole text of a query's file, and its version. Raises as `get`."""
        path = self._existing(check_name(name))
        content = self._content(path)
        return _decode(path, content), _version(content)

    def _read(self, path: Path) -> SavedFile:
        name = self._name(path)
        if not _is_name(name):
            raise ConfigError(f"{path} has no name for a saved query", hint="rename the file")
        content = self._content(path)
        text = _decode(path, content)
        try:
            query = parse(text)
        except FrontMatterError as exc:
            raise ConfigError(
                f"{path}, line {exc.line}: {exc.message}", hint="the query is left out"
            ) from None
        return SavedFile(name, path, query, _version(content), path.stat().st_mtime)

    def _content(self, path: Path) -> bytes:
        self._check_inside(path)
        try:
            facts = path.stat()
        except OSError as exc:
            raise storage_error(path, "read", exc) from exc
        if not stat.S_ISREG(facts.st_mode):
            raise ConfigError(f"{path} is no file")
        if facts.st_size > MAX_BYTES:
            raise ConfigError(f"{path} is too large for a saved query ({MAX_BYTES:,} bytes)")
        content = read_bytes(path)
        if content is None:
            raise UsageError(f"{path} is gone")
        return content

    # ── places ───────────────────────────────────────────────────────────────────────────

    def _name(self, path: Path) -> str:
        name = path.relative_to(self.root).as_posix()
        return unicodedata.normalize("NFC", name.removesuffix(SUFFIX))

    def _check_inside(self, path: Path) -> None:
        """Refuse what a symbolic link leads out of the folder to."""
        root = os.path.realpath(self.root)
        if os.path.commonpath([root, os.path.realpath(path)]) != root:
            raise UsageError(f"{path} leads out of {self.root}")

    def _place(self, name: str) -> Path | None:
        """The file or folder of that name, whichever way its letters are composed or cased."""
        path = self.root
        for part in name.split("/"):
            found = _child(path, part)
            if found is None:
                return None
            path = found
        return path

    def _existing(self, name: str) -> Path:
        path = self._place(name + SUFFIX)
        if path is None or self._name(path) != name:
            similar = "" if path is None else f"; there is {self._name(path)!r}"
            raise UsageError(
                f"there is no saved query {name!r}", hint=f"`tusk saved list` shows them{similar}"
            )
        return path

    def _folder(self, name: str) -> Path:
        path = self._place(check_name(name))
        if path is None or not path.is_dir():
            raise UsageError(f"there is no folder {name!r} of saved queries")
        self._check_inside(path)
        return path

    def _free(self, name: str) -> Path:
        """Where a new file goes: existing folders are used as they are spelled."""
        taken = self._place(name + SUFFIX)
        if taken is not None:
            raise UsageError(
                f"there is a saved query {self._name(taken)!r} already",
                hint="choose another name, or replace it",
            )
        folder, _, last = name.rpartition("/")
        return self._new_folder(folder) / (last + SUFFIX)

    def _new_folder(self, name: str) -> Path:
        path = self.root
        for part in name.split("/") if name else ():
            path = _child(path, part) or path / part
            if path.exists() and not path.is_dir():
                raise UsageError(f"{path} is no folder")
        self._check_inside(path)
        return path

    # ── changing ─────────────────────────────────────────────────────────────────────────

    def add(self, name: str, query: SavedQuery, *, replace: bool = False) -> SavedFile:
        """Save a new query.

        Args:
            name: Its name.
            query: What is saved.
            replace: Replace one of that name, if there is one.

        Raises:
            UsageError: The name is taken or cannot be one, or the query cannot be saved.
            ConfigError, StorageError: The file cannot be written.
        """
        return self.add_text(name, render(query), replace=replace)

    def add_text(self, name: str, text: str, *, replace: bool = False) -> SavedFile:
        """Save a new query from the whole text of its file. Raises as `add`.

        Raises:
            FrontMatterError: What is before the SQL is wrong.
        """
        name = check_name(name)
        content = _encode(text)
        with locked(self._lock):
            taken = self._place(name + SUFFIX) if replace else None
            if taken is not None:
                self._check_inside(taken)
            path = self._free(name) if taken is None else taken
            write_private(path, content)
            return self._read(path)

    def change(self, name: str, query: SavedQuery, version: str) -> SavedFile:
        """Change a query; comments and unknown keys before its SQL stay.

        Args:
            name: Its name.
            query: What it becomes.
            version: Of the file as it was read.

        Raises:
            ChangedMeanwhileError: It has another version by now.
            UsageError, ConfigError, StorageError: Nothing was written.
        """
        text, _ = self.text(name)
        return self.change_text(name, render(query, text), version)

    def change_text(self, name: str, text: str, version: str) -> SavedFile:
        """Change the whole text of a query's file. Raises as `change`.

        Raises:
            FrontMatterError: What is before the SQL is wrong.
        """
        content = _encode(text)
        with locked(self._lock):
            path = self._existing(check_name(name))
            if _version(self._content(path)) != version:
                raise ChangedMeanwhileError(
                    f"the saved query {name!r} was changed by somebody else meanwhile",
                    hint="look at it again, then save",
                )
            write_private(path, content)
            return self._read(path)

    def move(self, name: str, new_name: str) -> str:
        """Rename or move a query, or a folder with all that is in it.

        Args:
            name: Of a query, else of a folder.
            new_name: Its new name; ending with `/` it is the folder to move into.

        Returns:
            The new name.

        Raises:
            UsageError: There is none of that name, or the new name is taken or cannot be one.
            StorageError: It cannot be moved.
        """
        name = check_name(name)
        if new_name.endswith("/"):
            new_name += name.rpartition("/")[2]
        new_name = check_name(new_name)
        with locked(self._lock):
            suffix = "" if self._is_folder(name) else SUFFIX
            path = self._folder(name) if not suffix else self._existing(name)
            if not suffix and f"{new_name}/".startswith(f"{name}/"):
                raise UsageError(f"the folder {name!r} cannot be moved into itself")
            target = self._target(path, new_name + suffix)
            _rename(path, target)
        return new_name

    def _is_folder(self, name: str) -> bool:
        path = self._place(name)
        return self._place(name + SUFFIX) is None and path is not None and path.is_dir()

    def _target(self, path: Path, new_name: str) -> Path:
        """Where something goes that gets another name, perhaps in other letter case only."""
        taken = self._place(new_name)
        if taken is not None and not taken.samefile(path):
            raise UsageError(f"there is {self._name(taken)!r} already", hint="choose another name")
        folder, _, last = new_name.rpartition("/")
        return self._new_folder(folder) / last

    def remove(self, name: str) -> str:
        """Remove a query; `restore` brings it back.

        Returns:
            Its name.

        Raises:
            UsageError: There is none of that name.
            StorageError: It cannot be removed.
        """
        name = check_name(name)
        with locked(self._lock):
            path = self._existing(name)
            stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%f")
            kept = self._removed / stamp / path.relative_to(self.root)
            write_private(kept, self._content(path))
            _unlink(path)
            self._prune_removed()
        return name

    def restore(self, name: str) -> SavedFile:
        """Bring back the query of that name that was removed last.

        Raises:
            UsageError: None was removed, or the name is taken again.
            StorageError: It cannot be written.
        """
        name = check_name(name)
        with locked(self._lock):
            for folder in reversed(self._removals()):
                kept = SavedQueries(folder, folder)._place(name + SUFFIX)
                if kept is not None:
                    path = self._free(name)
                    write_private(path, read_bytes(kept) or b"")
                    _unlink(kept)
                    return self._read(path)
        raise UsageError(f"no saved query {name!r} was removed")

    def removed(self) -> list[str]:
        """Names of removed queries that can be brought back, the last one first."""
        names: list[str] = []
        for folder in reversed(self._removals()):
            names += [SavedQueries(folder, folder)._name(path) for path in _sql_files(folder)]
        return list(dict.fromkeys(names))

    def _removals(self) -> Sequence[Path]:
        try:
            return sorted(self._removed.iterdir())
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise storage_error(self._removed, "read", exc) from exc

    def _prune_removed(self) -> None:
        for folder in self._removals()[:-_KEPT_REMOVED]:
            for path in _sql_files(folder):
                _unlink(path)
            _remove_empty(folder)

    def make_folder(self, name: str) -> None:
        """Make a folder; it may be there already.

        Raises:
            UsageError: The name cannot be one.
            StorageError: It cannot be made.
        """
        with locked(self._lock):
            make_private_folder(self._new_folder(check_name(name)))

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder.

        Raises:
            UsageError: There is no such folder, or something is in it.
            StorageError: It cannot be removed.
        """
        with locked(self._lock):
            path = self._folder(name)
            if next(iter(path.iterdir()), None) is not None:
                raise UsageError(f"the folder {name!r} is not empty")
            _rmdir(path)


def _entries(folder: Path) -> Iterator[Path]:
    """Files and folders below a folder, without hidden ones; links to folders are not entered."""
    try:
        children = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as exc:
        raise storage_error(folder, "read", exc) from exc
    for child in children:
        if child.name.startswith("."):
            continue
        yield child
        if child.is_dir() and not child.is_symlink():
            yield from _entries(child)


def _sql_files(folder: Path) -> Iterator[Path]:
    for path in _entries(folder):
        if path.name.endswith(SUFFIX) and not path.is_dir():
            yield path


def _child(folder: Path, name: str) -> Path | None:
    """The entry of a folder by that name: spelled so, else composed or cased otherwise."""
    exact = folder / name
    try:
        names = [child.name for child in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise storage_error(folder, "read", exc) from exc
    if name in names:
        return exact
    wanted = _folded(name)
    return next((folder / other for other in sorted(names) if _folded(other) == wanted), None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _sort_key(name: str) -> tuple[str, str]:
    return name.casefold(), name


def _is_name(name: str) -> bool:
    try:
        return check_name(name) == name
    except UsageError:
        return False


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise ConfigError(f"{path}, line {line}: not UTF-8") from None


def _encode(text: str) -> bytes:
    """A file's content that can be read again. Raises UsageError and FrontMatterError."""
    parse(text)
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise UsageError("the query is not text in UTF-8") from None
    if len(content) > MAX_BYTES:
        raise UsageError(f"a saved query can have {MAX_BYTES:,} bytes at most")
    return content


def _rename(path: Path, target: Path) -> None:
    make_private_folder(target.parent)
    try:
        path.rename(target)
    except OSError as exc:
        raise storage_error(path, "move", exc) from exc


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except OSError as exc:
        raise storage_error(path, "remove", exc) from exc


def _rmdir(path: Path) -> None:
    try:
        path.rmdir()
    except OSError as exc:
        raise storage_error(path, "remove", exc) from exc


def _remove_empty(folder: Path) -> None:
    for path in sorted(_entries(folder), reverse=True):
        _rmdir(path)
    _rmdir(folder)
