"""Temporary files: on a disk with room, private, and not left behind for good.

They go where `TMPDIR` says; where it says nothing, below the user's cache folder and not into
`/tmp`, which is memory on many systems.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
import weakref
from pathlib import Path

from tusk.config.files import make_private_folder, storage_error
from tusk.config.paths import Paths
from tusk.core.errors import StorageError

_PREFIX = "tusk-"
# A folder this young may be of a process that is about to lock it.
_YOUNG_S = 60.0


def scratch_place() -> Path:
    """Where temporary files go; it need not be there yet."""
    wanted = os.environ.get("TMPDIR")
    if wanted and Path(wanted).is_dir():
        return Path(wanted)
    return Paths.find().cache_dir / "scratch"


def scratch_root() -> Path:
    """The folder to make temporary files in; the system's own one where ours cannot be made."""
    folder = scratch_place()
    try:
        make_private_folder(folder)
    except StorageError:
        return Path(tempfile.gettempdir())
    return folder


class ScratchFolder:
    """A folder of this process, removed when it is closed or forgotten.

    It is locked as long as the process lives. Those that a killed process left are removed when
    the next one is made.

    Raises:
        StorageError: It cannot be made.
    """

    def __init__(self) -> None:
        root = scratch_root()
        _sweep(root)
        try:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
            self._lock = _lock(self.path)
        except OSError as exc:
            error = storage_error(root, "make temporary files in", exc)
            error.hint = "free space there, or name another place with TMPDIR"
            raise error from exc
        self.close = weakref.finalize(self, _remove, self.path, self._lock)


def _lock(folder: Path) -> int | None:
    """An open and locked folder, None when another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove(folder: Path, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)


def _sweep(root: Path) -> None:
    """Remove what killed processes of this user left."""
    for folder in root.glob(f"{_PREFIX}*"):
        # Another process may do the same at the same time.
        with contextlib.suppress(OSError):
            facts = folder.lstat()
            if facts.st_uid != os.getuid() or time.time() - facts.st_mtime < _YOUNG_S:
                continue
            lock = _lock(folder)
            if lock is not None:
                _remove(folder, lock)
