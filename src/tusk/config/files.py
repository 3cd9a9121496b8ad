"""Private files: 0600 in 0700 folders, written whole or not at all, locked while changed."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

from tusk.core.errors import StorageError

FOLDER_MODE = 0o700
FILE_MODE = 0o600
# Whoever holds a lock only rewrites a small file; longer than this means something is stuck.
LOCK_WAIT_S = 10.0
# flock waits either not at all or without an end: with one, it can only be asked again.
_LOCK_POLL_S = 0.02


def storage_error(path: Path, doing: str, exc: OSError) -> StorageError:
    """Words for an operating system error: what could not be done, to which file, and why.

    Args:
        path: The file or folder.
        doing: The verb, as in "cannot {doing} {path}".
        exc: What the system said.
    """
    hints = {
        errno.ENOSPC: "free some space on that disk",
        errno.EDQUOT: "your quota on that disk is used up",
        errno.EROFS: "the disk is mounted read-only; set TUSK_HOME to a folder you can write to",
        errno.EACCES: "check the owner and permissions with `tusk doctor`",
        errno.EFBIG: "the process has a limit on file sizes (`ulimit -f`)",
    }
    reason = (exc.strerror or str(exc)).lower()
    hint = hints.get(exc.errno or 0, "")
    return StorageError(f"cannot {doing} {path}: {reason}", hint=hint)


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents, 0700 each; existing ones keep their mode.

    Raises:
        StorageError: It cannot be created.
    """
    try:
        for part in (*reversed(folder.parents), folder):
            if not part.exists():
                part.mkdir(mode=FOLDER_MODE, exist_ok=True)
    except OSError as exc:
        raise storage_error(folder, "create the folder", exc) from exc


def read_bytes(path: Path) -> bytes | None:
    """The file's content, None when there is no such file.

    Raises:
        StorageError: It exists but cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise storage_error(path, "read", exc) from exc


def write_private(path: Path, content: bytes) -> None:
    """Replace a file by new content, 0600, so that a crash leaves the old or the new one.

    A symbolic link keeps pointing where it points: the file behind it is replaced.

    Raises:
        StorageError: Nothing was changed.
    """
    path = Path(os.path.realpath(path))
    make_private_folder(path.parent)
    temporary: Path | None = None
    try:
        # mkstemp makes the file 0600.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as exc:
        raise storage_error(path, "write", exc) from exc
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename in the folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems refuse fsync on folders; the rename itself has happened.
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be used, so that nothing overwrites it; its new path.

    Raises:
        StorageError: It cannot be renamed.
    """
    stamp = dt.datetime.now().astimezone().strftime("%Y%m%dT%H%M%S")
    target = path.with_name(f"{path.name}.corrupt-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.corrupt-{stamp}-{number}")
    try:
        path.rename(target)
    except OSError as exc:
        raise storage_error(path, "set aside", exc) from exc
    return target


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock that goes with a file while reading, changing and writing it.

    The lock lies on a file beside it, since the file itself is replaced by each write.

    Raises:
        StorageError: Another process holds it for too long, or it cannot be made.
    """
    make_private_folder(path.parent)
    lock = path.with_name(f".{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    except OSError as exc:
        raise storage_error(lock, "open", exc) from exc
    try:
        _wait_for_lock(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StorageError(
                    f"another tusk has kept {path} locked for {LOCK_WAIT_S:.0f} s",
                    hint="end it, or try again",
                ) from None
            time.sleep(_LOCK_POLL_S)
        except OSError as exc:
            raise storage_error(path, "lock", exc) from exc


def mode_of(path: Path) -> int | None:
    """Permission bits of a file or folder, None when there is none."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None
