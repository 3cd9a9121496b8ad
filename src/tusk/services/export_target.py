"""Where an export's bytes go: a file that appears when it is complete, or a stream."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal, Self, cast

from tusk.config.scratch import scratch_root
from tusk.core.errors import QueryCancelled, StorageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

IfExists = Literal["replace", "append", "fail"]

_BUFFER_BYTES = 1024 * 1024
# Each is compressed by itself: a zstd file may have any number of frames.
_ZSTD_BLOCK_BYTES = 4 * 1024 * 1024
_WRITE_BACK_BYTES = 8 * 1024 * 1024
_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space, or write to another disk"),
    errno.EDQUOT: ("your disk quota is used up", "free some space, or write to another disk"),
    errno.EFBIG: ("it would grow over the limit for files", "see `ulimit -f`"),
    errno.ENOENT: ("the folder does not exist", "make the folder first"),
    errno.ENOTDIR: ("a part of the path is not a folder", ""),
    errno.EISDIR: ("it is a folder", ""),
    errno.EACCES: ("permission denied", ""),
    errno.EEXIST: ("it exists already", "--if-exists replace overwrites it"),
    errno.EROFS: ("the file system is read-only", ""),
    errno.EBADF: ("it is closed, or not open for writing", ""),
}


@dataclass(frozen=True, slots=True)
class Packing:
    """How a target's bytes are treated on their way.

    Args:
        compression: `gzip` or `zstd`, empty for none.
        level: Of the compression; None for its own.
        stop: Once it is set, the next bytes raise QueryCancelled.
    """

    compression: str = ""
    level: int | None = None
    stop: threading.Event | None = None


def open_target(
    destination: Path | IO[bytes],
    packing: Packing | None = None,
    *,
    takes_last: bool = False,
    if_exists: IfExists = "replace",
) -> ExportTarget:
    """Make ready to write. Nothing is seen of a file before `ExportTarget.commit`.

    Args:
        destination: A file's path, or an open stream, which stays open.
        packing: Compression and the like.
        takes_last: Several results may be opened, of which the last accepted one counts: a
            stream then gets it in the end.
        if_exists: What becomes of a file that is there: `append` begins with a copy of it, `fail`
            refuses, also when it comes to be there in the meantime.

    Raises:
        StorageError: No file can be made there.
    """
    packing = packing or Packing()
    if not isinstance(destination, Path):
        stream = destination
        make = _SpooledStream if takes_last else _Stream
        return ExportTarget(lambda: make(stream, "the output"), packing)
    with storage_errors(destination):
        mode = _mode(destination)
        if mode is not None and stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        # /dev/null, a FIFO, a pipe by its number: what such a link names is no path.
        if mode is not None and not stat.S_ISREG(mode):
            device = destination.open("wb", buffering=0)
            make = _SpooledStream if takes_last else _Stream
            return ExportTarget(lambda: make(device, destination), packing, device=device)
    # A symbolic link keeps pointing where it points: the file behind it is replaced.
    path = Path(os.path.realpath(destination))
    with storage_errors(path):
        if mode is not None and if_exists == "fail":
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        if mode is not None and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        def make_file() -> _NewFile:
            return _NewFile(path, mode, if_exists)

        # What cannot be made shall fail now, not after a long statement.
        return ExportTarget(make_file, packing, ready=make_file())


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def storage_errors(name: Path | str) -> Generator[None]:
    """Turn what the system says about a file into words.

    Raises:
        StorageError: In place of an OSError.
        BrokenPipeError: As it is: a reader that went away is no mistake.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise write_error(name, exc) from exc


def write_error(name: Path | str, error: OSError) -> StorageError:
    """What the system says about a file that cannot be written, in words."""
    reason, hint = _REASONS.get(error.errno or 0, (error.strerror or str(error), ""))
    return StorageError(f"cannot write {name}: {reason}", hint=hint)


class ExportTarget:
    """A place for an export, as a context manager that undoes what was not committed.

    Args:
        make: Makes a place for a result.
        packing: Compression and the like.
        ready: The first place, when it is made already.
        device: Closed in the end.
    """

    def __init__(
        self,
        make: Callable[[], _Place],
        packing: Packing,
        *,
        ready: _Place | None = None,
        device: IO[bytes] | None = None,
    ) -> None:
        self._make = make
        self._packing = packing
        self._ready = ready
        self._device = device
        self._current: _Output | None = None
        self._accepted: _Output | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.reject()
        if self._accepted is not None:
            self._accepted.drop()
            self._accepted = None
        if self._ready is not None:
            self._ready.close()
        if self._device is not None:
            self._device.close()

    @property
    def size_bytes(self) -> int:
        """Bytes that are there so far."""
        output = self._current or self._accepted
        return output.size_bytes if output is not None else 0

    def open(self) -> IO[bytes]:
        """The stream for a result, which is written after those accepted before it."""
        place, self._ready = self._ready or self._make(), None
        self._current = _Output(place, self._packing)
        return self._current.stream

    def flush(self) -> None:
        """Hand on what is buffered, where somebody reads along."""
        if self._current is not None and self._current.place.is_followed:
            self._current.stream.flush()

    def accept(self) -> None:
        """The result is complete; it takes the place of one accepted before."""
        if self._current is None:
            return
        self._current.finish()
        if self._accepted is not None:
            self._accepted.drop()
        self._accepted, self._current = self._current, None

    def reject(self) -> None:
        """Forget the result that was begun."""
        if self._current is not None:
            self._current.drop()
            self._current = None

    def commit(self) -> None:
        """Let the accepted result be seen; without one nothing happens.

        Raises:
            StorageError: It cannot be written; nothing was changed.
        """
        if self._accepted is not None:
            self._accepted.place.commit()


class _Output:
    """A place with the streams that lead to it."""

    def __init__(self, place: _Place, packing: Packing) -> None:
        self.place = place
        self._raw = _Checked(place, packing.stop)
        buffered = io.BufferedRandom if self._raw.readable() else io.BufferedWriter
        self._buffered: IO[bytes] = buffered(self._raw, _BUFFER_BYTES)
        self.stream = _packed(self._buffered, packing)

    @property
    def size_bytes(self) -> int:
        return self._raw.size_bytes

    def finish(self) -> None:
        """Write what is buffered."""
        self.stream.close()
        self._buffered.close()

    def drop(self) -> None:
        """Undo everything."""
        self._raw.is_dead = True  # what is still buffered goes nowhere
        self.stream.close()
        self._buffered.close()
        self.place.close()


def _packed(stream: IO[bytes], packing: Packing) -> IO[bytes]:
    """The stream that compresses on the way to another one; that one where nothing does."""
    if not packing.compression:
        return stream
    if packing.level is None:
        import pyarrow as pa

        packed = pa.CompressedOutputStream(cast("Any", stream), cast("Any", packing.compression))
        return cast("IO[bytes]", packed)
    if packing.compression == "gzip":
        import gzip

        # Without a time, so that the same rows make the same bytes.
        file = gzip.GzipFile("", "wb", packing.level, stream, mtime=0)
        return cast("IO[bytes]", file)
    return io.BufferedWriter(_ZstdStream(stream, packing.level), _ZSTD_BLOCK_BYTES)


class _ZstdStream(io.RawIOBase):
    """Compresses each write as a frame; Arrow's own stream takes no level.

    Args:
        stream: Where the frames go; stays open.
        level: Of the compression.
    """

    def __init__(self, stream: IO[bytes], level: int) -> None:
        import pyarrow as pa

        self._stream = stream
        self._codec = pa.Codec("zstd", compression_level=level)

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        self._stream.write(self._codec.compress(bytes(data), asbytes=True))
        return memoryview(data).nbytes


class _Checked(io.RawIOBase):
    """A place's file, with its errors in words, its size known, and a way to stop it."""

    def __init__(self, place: _Place, stop: threading.Event | None) -> None:
        self._place = place
        self._stop = stop
        self.size_bytes = 0
        self.is_dead = False

    def write(self, data: ReadableBuffer, /) -> int:
        size = memoryview(data).nbytes
        if self.is_dead:
            return size
        if self._stop is not None and self._stop.is_set():
            raise QueryCancelled("the export was cancelled", sqlstate="57014")
        with storage_errors(self._place.name):
            size = self._place.file.write(data)
            end = self._place.file.tell() if self.seekable() else self.size_bytes + size
            self._place.begin_write_back(end)
        self.size_bytes = max(self.size_bytes, end)
        return size

    def flush(self) -> None:
        super().flush()
        if not self.is_dead and not self.closed:
            with storage_errors(self._place.name):
                self._place.file.flush()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._place.file.read(len(view))
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._place.file.seek(offset, whence)

    def tell(self) -> int:
        return self._place.file.tell()

    def truncate(self, size: int | None = None, /) -> int:
        length = self._place.file.truncate(size)
        self.size_bytes = min(self.size_bytes, length)
        return length

    def readable(self) -> bool:
        return self._place.is_rewritable

    def seekable(self) -> bool:
        return self._place.is_rewritable

    def writable(self) -> bool:
        return True


# ── places ───────────────────────────────────────────────────────────────────────────────


class _Place:
    """A file to write to.

    Args:
        file: Opened for writing.
        name: For messages.
    """

    is_rewritable = True
    is_followed = False

    def __init__(self, file: IO[bytes], name: Path | str) -> None:
        self.file = file
        self.name = name

    def begin_write_back(self, size: int) -> None:
        """So many bytes are written; the disk may begin with them."""

    def commit(self) -> None:
        """Everything is written; let it be seen."""

    def close(self) -> None:
        """Undo what was not committed."""


class _Stream(_Place):
    """Somebody else's stream, or a device: what is written is seen at once."""

    is_rewritable = False
    is_followed = True


class _SpooledStream(_Place):
    """A stream that gets everything at the end."""

    def __init__(self, out: IO[bytes], name: Path | str) -> None:
        folder = scratch_root()
        spool = tempfile.TemporaryFile(prefix="tusk-", dir=folder)  # noqa: SIM115 - see close
        super().__init__(spool, f"temporary files in {folder}")
        self._out = out
        self._out_name = name

    def commit(self) -> None:
        self.file.seek(0)
        with storage_errors(self._out_name):
            shutil.copyfileobj(self.file, self._out, _BUFFER_BYTES)
            self._out.flush()

    def close(self) -> None:
        self.file.close()


class _NewFile(_Place):
    """A file that takes its name when it is complete.

    Where the system can (Linux), it has no name at all before, so that nothing is left even
    after SIGKILL; elsewhere a hidden one beside its place.

    Args:
        path: Where it will be; not a symbolic link.
        mode: Of the file that is there already; None when there is none.
        if_exists: See `open_target`.
    """

    def __init__(self, path: Path, mode: int | None, if_exists: IfExists = "replace") -> None:
        self._path = path
        self._mode = mode
        self._replaces = if_exists != "fail"
        self._hidden: Path | None = None
        self._on_its_way = 0
        super().__init__(os.fdopen(self._open(), "w+b", buffering=0), path)
        if if_exists == "append" and mode is not None:
            self._begin_with_old()

    def _begin_with_old(self) -> None:
        try:
            with self._path.open("rb") as old:
                shutil.copyfileobj(old, self.file, _BUFFER_BYTES)
        except BaseException:
            self.close()
            raise

    def _open(self) -> int:
        # The system takes the umask off the mode.
        with contextlib.suppress(AttributeError, OSError):
            if Path("/proc/self/fd").exists():
                return os.open(self._path.parent, os.O_RDWR | os.O_TMPFILE, 0o666)
        self._hidden = self._hidden_path()
        return os.open(self._hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)

    def _hidden_path(self) -> Path:
        return self._path.with_name(f".{self._path.name[:100]}.{os.urandom(6).hex()}.tmp")

    def begin_write_back(self, size: int) -> None:
        # To Linux this means "start writing these to the disk": then `commit` waits for little,
        # 10 instead of 60 ms after a million rows.
        length = size - self._on_its_way
        if length >= _WRITE_BACK_BYTES and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self.file.fileno(), self._on_its_way, length, os.POSIX_FADV_DONTNEED)
            self._on_its_way = size

    def commit(self) -> None:
        descriptor = self.file.fileno()
        with storage_errors(self._path):
            if self._mode is not None:
                os.fchmod(descriptor, stat.S_IMODE(self._mode))
            os.fsync(descriptor)
            if self._hidden is None:
                hidden = self._hidden_path()
                # With any src_dir_fd Python calls linkat, which can follow the link.
                os.link(f"/proc/self/fd/{descriptor}", hidden, src_dir_fd=descriptor)
                self._hidden = hidden
            if self._replaces:
                self._hidden.replace(self._path)
            else:
                os.link(self._hidden, self._path)  # which fails where a file is by now
                self._hidden.unlink()
            self._hidden = None
            _sync_folder(self._path.parent)

    def close(self) -> None:
        self.file.close()
        if self._hidden is not None:
            self._hidden.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename in the folder last through a power cut, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
