"""`.sql` files for front ends: read, written back as they were, and looked at for changes."""

from __future__ import annotations

import codecs
import contextlib
import errno
import hashlib
import os
import re
import stat
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from tusk.config.files import storage_error
from tusk.core.errors import StorageError, UsageError
from tusk.services.export_target import open_target, storage_errors

SUFFIX = ".sql"
MAX_BYTES = 8 * 1024 * 1024
"""The editor takes no larger files."""

# A file system's clock may be this coarse: a file can change again without another time.
_CLOCK_S = 2.0
# Who truncates a file and writes it anew is done by then.
_BEING_WRITTEN_S = 0.3
# Every line separator that the editor knows; it keeps line feeds only.
_LINE_END = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_USUAL_ENDS = ("\n", "\r\n", "\r")
# What no text in an 8-bit encoding holds.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
# The mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK = "\ufeff"
_NAMES = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}
_END_NAMES = {"\r\n": "CRLF", "\r": "CR", "\n": "LF"}
_NO_ROOM_AHEAD = {errno.EOPNOTSUPP, errno.EINVAL}


class FileGoneError(StorageError):
    """There is no file of that name (any more)."""


class ChangedOutsideError(StorageError):
    """The file is not what it was when it was read; nothing was written."""


class NotEncodableError(UsageError):
    """The file's encoding has no such character; nothing was written."""


@dataclass(frozen=True, slots=True)
class TextForm:
    r"""How a text lies in its file.

    Args:
        encoding: Python's name of it.
        has_mark: Whether the file begins with a byte order mark.
        line_end: One of `\n`, `\r\n` and `\r`.
    """

    encoding: str = "utf-8"
    has_mark: bool = False
    line_end: str = "\n"

    @property
    def encoding_name(self) -> str:
        """The encoding as people write it."""
        return _NAMES.get(self.encoding, self.encoding.upper())

    @property
    def words(self) -> str:
        r"""What is unusual about it, if anything is.

        >>> TextForm("utf-16-le", True, "\r\n").words, TextForm().words
        ('UTF-16-LE · CRLF', '')
        """
        parts = [] if self.encoding == "utf-8" else [self.encoding_name]
        if self.encoding == "utf-8" and self.has_mark:
            parts.append("UTF-8 with BOM")
        if self.line_end != "\n":
            parts.append(_END_NAMES[self.line_end])
        return " · ".join(parts)

    def encode(self, text: str) -> bytes:
        r"""The file's content.

        >>> TextForm("utf-8", True, "\r\n").encode("a\nb")
        b'\xef\xbb\xbfa\r\nb'

        Raises:
            NotEncodableError: The encoding lacks a character.
        """
        body = text if self.line_end == "\n" else text.replace("\n", self.line_end)
        try:
            return ((_MARK if self.has_mark else "") + body).encode(self.encoding)
        except UnicodeEncodeError as exc:
            line = body.count(self.line_end, 0, exc.start) + 1
            raise NotEncodableError(
                f"line {line}: {body[exc.start]!r} cannot be written in {self.encoding_name}"
            ) from None


class _Facts(NamedTuple):
    inode: int
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class FileVersion:
    """What a file looked like.

    Args:
        digest: Of its content.
        facts: From the folder; None where they cannot tell whether the content is still that.
    """

    digest: str
    facts: _Facts | None = None


@dataclass(frozen=True, slots=True)
class SqlFile:
    r"""A file as it was read.

    Args:
        path: Where it is.
        text: Its text; lines end with `\n`.
        form: How it lies in the file.
        version: What the file looked like.
        notes: What the editor does not show of it as it is, in sentences.
    """

    path: Path
    text: str
    form: TextForm
    version: FileVersion
    notes: tuple[str, ...] = ()


def is_sql_file(text: str) -> bool:
    """Whether what was typed means a file with SQL.

    >>> is_sql_file("reports/daily.SQL"), is_sql_file("postgresql://db/x.sql")
    (True, False)
    """
    return text.lower().endswith(SUFFIX) and "://" not in text


def typed_path(text: str) -> Path:
    """The path that somebody typed, from the root; a link as its last part stays one.

    Raises:
        UsageError: It is none.
    """
    if not text.strip():
        raise UsageError("a path is missing")
    if "\0" in text:
        raise UsageError("a path cannot hold a NUL character")
    try:
        path = Path(text).expanduser()
        return Path(os.path.realpath(path.parent)) / path.name
    except RuntimeError:
        raise UsageError(f"there is no user {text.partition('/')[0][1:]}") from None
    except OSError as exc:  # the folder that tusk runs in was deleted
        raise UsageError(f"{text} cannot be found: {exc.strerror}") from None


def existing(paths: Iterable[Path]) -> list[Path]:
    """Those of them that are files; blocks. Where nothing can be seen there is none."""
    found: list[Path] = []
    for path in paths:
        with contextlib.suppress(OSError):
            if stat.S_ISREG(path.stat().st_mode):
                found.append(path)
    return found


def check_new(path: Path) -> bool:
    """Whether there is something already where a file shall be written; blocks.

    Raises:
        StorageError: Nothing can be written there.
    """
    with storage_errors(path):
        if path.is_dir():
            raise StorageError(f"{path} is a folder", hint="add the name of a file")
        if not path.parent.is_dir():
            raise StorageError(f"there is no folder {path.parent}", hint="make the folder first")
        return path.exists() or path.is_symlink()


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file."""
    return one == other or os.path.realpath(one) == os.path.realpath(other)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def read_sql_file(path: Path) -> SqlFile:
    """Read a file for the editor; blocks.

    Raises:
        FileGoneError: There is none.
        StorageError: It cannot be read, is too large, or holds no text.
    """
    content, version = _read(path)
    form, raw = _decode(path, content)
    ends = Counter(_LINE_END.findall(raw))
    usual = [end for end in _USUAL_ENDS if ends[end]]
    form = replace(form, line_end=max(usual, key=lambda end: ends[end], default="\n"))
    return SqlFile(path, _LINE_END.sub("\n", raw), form, version, tuple(_notes(form, ends)))


def _read(path: Path) -> tuple[bytes, FileVersion]:
    try:
        facts = path.stat()
        _check_kind(path, facts)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
            facts = os.fstat(file.fileno())
    except FileNotFoundError:
        raise FileGoneError(f"there is no file {path}") from None
    except OSError as exc:
        raise storage_error(path, "read", exc) from exc
    if len(content) > MAX_BYTES:
        raise StorageError(
            f"{path} is too large for the editor, which takes {MAX_BYTES >> 20} MiB",
            hint="`tusk query -f FILE` runs it without opening it",
        )
    return content, FileVersion(_digest(content), _lasting(facts))


def _check_kind(path: Path, facts: os.stat_result) -> None:
    if stat.S_ISDIR(facts.st_mode):
        raise StorageError(f"{path} is a folder")
    if not stat.S_ISREG(facts.st_mode):
        raise StorageError(f"{path} is a device or a pipe, not a file")


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _lasting(facts: os.stat_result) -> _Facts | None:
    """What the folder says, unless the file is so new that it may change and say the same."""
    is_new = abs(time.time() - facts.st_mtime) < _CLOCK_S
    return None if is_new else _Facts(facts.st_ino, facts.st_size, facts.st_mtime_ns)


def _decode(path: Path, content: bytes) -> tuple[TextForm, str]:
    """The text as it lies there, in the encoding that it must be in."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return TextForm(encoding, has_mark=True), content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as exc:
                raise StorageError(f"{path} is no text: not {encoding.upper()}") from exc
    if b"\0" in content:
        raise _binary(path)
    with contextlib.suppress(UnicodeDecodeError):
        return TextForm(), content.decode("utf-8")
    if _CONTROL.search(content):
        raise _binary(path)
    with contextlib.suppress(UnicodeDecodeError):
        return TextForm("cp1252"), content.decode("cp1252")
    return TextForm("latin-1"), content.decode("latin-1")


def _binary(path: Path) -> StorageError:
    return StorageError(
        f"{path} is a binary file, not a text", hint="`tusk FILE` opens a file with data"
    )


def _notes(form: TextForm, ends: Counter[str]) -> list[str]:
    notes: list[str] = []
    if form.encoding in _NAMES:
        notes.append(f"It is not UTF-8: it was read as {form.encoding_name}, and is saved so.")
    if sum(end in _USUAL_ENDS for end in ends) > 1:
        name = _END_NAMES[form.line_end]
        notes.append(f"Its line ends are mixed: saving makes each of them {name}.")
    if any(end not in _USUAL_ENDS for end in ends):
        notes.append("It holds form feeds or other separators: saving makes line ends of them.")
    return notes


# ── looking for changes ──────────────────────────────────────────────────────────────────────


def look_at(path: Path, known: FileVersion) -> FileVersion | SqlFile:
    """Look whether a file is still what it was; blocks.

    Returns:
        Its version where the content is the same, or is being written just now; the file as it is
        where that is another one.

    Raises:
        FileGoneError: There is none.
        StorageError: It cannot be read any more.
    """
    try:
        facts = path.stat()
    except FileNotFoundError:
        raise FileGoneError(f"there is no file {path}") from None
    except OSError as exc:
        raise storage_error(path, "read", exc) from exc
    if known.facts is not None and _lasting(facts) == known.facts:
        return known
    _, version = _read(path)
    if version.digest == known.digest:
        return version
    if 0 <= time.time() - facts.st_mtime < _BEING_WRITTEN_S:
        return known
    return read_sql_file(path)


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def write_sql_file(
    path: Path, text: str, form: TextForm, *, expected: FileVersion | None = None
) -> FileVersion:
    r"""Write a text to a file, whole or not at all; blocks.

    A file that is there keeps its mode and owner, its other names and the links that lead to it.

    Args:
        path: Where.
        text: Lines end with `\n`.
        form: How it lies in the file.
        expected: What the file is meant to be still, if it is there; None for anything.

    Returns:
        What the file looks like now.

    Raises:
        ChangedOutsideError: It is something else than expected.
        NotEncodableError: The form lacks a character.
        StorageError: It cannot be written; nothing has changed.
    """
    content = form.encode(text)
    if expected is not None:
        _check_unchanged(path, expected)
    with storage_errors(path):
        facts = _facts_of(path)
    if facts is None:
        _write_new(path, content)
    else:
        _check_kind(path, facts)
        write = _overwrite if _is_more_than_its_content(path, facts) else _write_new
        write(path, content)
    return FileVersion(_digest(content))


def _check_unchanged(path: Path, expected: FileVersion) -> None:
    with contextlib.suppress(FileGoneError):
        _, version = _read(path)
        if version.digest != expected.digest:
            raise ChangedOutsideError(f"{path} was changed by another program")


def _facts_of(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_more_than_its_content(path: Path, facts: os.stat_result) -> bool:
    """Whether a new file in its place would lack something: an owner, a name, rights."""
    if facts.st_uid != os.geteuid() or facts.st_gid != os.getegid() or facts.st_nlink > 1:
        return True
    real = Path(os.path.realpath(path))
    if not os.access(real.parent, os.W_OK):
        return True
    if not hasattr(os, "listxattr"):
        return False
    with contextlib.suppress(OSError):
        # The system gives the new file its own labels of security.
        return any(not name.startswith("security.") for name in os.listxattr(real))
    return False


def _write_new(path: Path, content: bytes) -> None:
    """Let a new file take the place of the old one when it is whole."""
    with storage_errors(path), open_target(path) as target:
        target.open().write(content)
        target.accept()
        target.commit()


def _overwrite(path: Path, content: bytes) -> None:
    """Write into the file itself, once there is room for all of it."""
    with storage_errors(path), path.open("r+b") as file:
        _make_room(file.fileno(), len(content))
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _make_room(descriptor: int, size: int) -> None:
    """Have the disk set the bytes apart, so that it is not found full halfway."""
    before = os.fstat(descriptor).st_size
    if size <= before or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as exc:
        os.ftruncate(descriptor, before)
        if exc.errno not in _NO_ROOM_AHEAD:
            raise
