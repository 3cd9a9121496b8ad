"""Which tusk processes are alive: each holds a lock that the system releases when it ends."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Collection
from pathlib import Path

from tusk.config.files import FILE_MODE, make_private_folder, storage_error

_SUFFIX = ".lock"


class Instance:
    """This process, for as long as the object is not closed.

    Args:
        folder: Where the lock files of all processes lie; None when there are no others.

    Raises:
        StorageError: The lock cannot be made.
    """

    def __init__(self, folder: Path | None) -> None:
        self.id = uuid.uuid4().hex
        self._folder = folder
        self._descriptor = None if folder is None else _lock_new(folder, self.id)

    def is_alive(self, other: str) -> bool:
        """Whether the process with that id still runs."""
        if other == self.id:
            return True
        return self._folder is not None and _is_locked(self._folder / f"{other}{_SUFFIX}")

    def forget(self, other: str) -> None:
        """Remove what an ended process left."""
        if self._folder is not None:
            (self._folder / f"{other}{_SUFFIX}").unlink(missing_ok=True)

    def close(self) -> None:
        """Let the others see this one as ended. Idempotent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def sweep(folder: Path, known: Collection[str]) -> None:
    """Remove the locks of processes that ended before they were known to anybody."""
    for path in folder.glob(f"*{_SUFFIX}"):
        if path.stem not in known and not _is_locked(path):
            path.unlink(missing_ok=True)


def _lock_new(folder: Path, identity: str) -> int:
    make_private_folder(folder)
    path = folder / f"{identity}{_SUFFIX}"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        raise storage_error(path, "lock", exc) from exc
    return descriptor


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
