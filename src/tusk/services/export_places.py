"""Files that are there already: another name beside them, or rows put at their end."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tusk.core.errors import StorageError, UsageError
from tusk.formats.registry import COMPRESSIONS, FORMATS, Format, make_writer
from tusk.services.export_target import storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

    from tusk.formats.writer import WriterOptions

_BOM = b"\xef\xbb\xbf"


def free_path(path: Path) -> Path:
    """The path, or one with a number where a file has that name.

    >>> free_path(Path("/no/such/folder/a.csv.gz"))
    PosixPath('/no/such/folder/a.csv.gz')
    """
    stem, suffixes = _parts(path)
    found, number = path, 1
    while found.exists() or found.is_symlink():
        number += 1
        found = path.with_name(f"{stem}-{number}{suffixes}")
    return found


def _parts(path: Path) -> tuple[str, str]:
    """A name without its suffixes, and these: the last one, and the one before a compression's."""
    last = path.suffix
    if last.lower() in COMPRESSIONS:
        last = path.with_suffix("").suffix + last
    return path.name.removesuffix(last) if last else path.name, last


def check_append(format_: Format) -> None:
    """Raise UsageError when rows cannot be put at the end of a file of that format."""
    if not format_.can_append:
        able = ", ".join(each.name for each in FORMATS.values() if each.can_append)
        raise UsageError(
            f"rows cannot be appended to a file in the format {format_.name}",
            hint=f"these formats can: {able}",
        )


def begins_alike(
    path: Path, format_: Format, options: WriterOptions, schema: pa.Schema, compression: str
) -> None:
    """Make sure that a file has the header that these columns would get.

    Raises:
        StorageError: It has another one, or cannot be read, or does not end with a whole line.
    """
    expected = io.BytesIO()
    make_writer(format_, expected, options).open(schema)
    header = expected.getvalue().removeprefix(_BOM)
    encoding = getattr(options.own, "encoding", "utf-8")
    line_end = "a\n".encode(encoding).removeprefix("a".encode(encoding))
    first, last = _both_ends(path, compression, len(header), len(line_end))
    if last != line_end:
        raise StorageError(f"cannot append to {path}: its last line does not end")
    if format_.name == "insert":
        return  # each statement names its columns
    if not first.removeprefix(_BOM).startswith(header):
        names = ", ".join(schema.names)
        raise StorageError(
            f"cannot append to {path}: it does not begin with these columns: {names}",
            hint="select the columns that it has, in their order, or write another file",
        )


def _both_ends(path: Path, compression: str, first: int, last: int) -> tuple[bytes, bytes]:
    """The first bytes of a file (and as many as a mark has more), and its last ones."""
    import pyarrow as pa

    with storage_errors(path), path.open("rb") as file:
        # Arrow's streams read what Python's do, and files of several gzip members too.
        stream: Any = file
        if compression:
            stream = pa.CompressedInputStream(file, cast("Any", compression))
        try:
            head = tail = stream.read(first + len(_BOM))
            if not compression:
                file.seek(max(0, path.stat().st_size - last))
                return head, file.read()
            while block := stream.read(1024 * 1024):
                tail = (tail + block)[-last:]
        except pa.ArrowException as exc:
            raise StorageError(f"cannot read {path}: {exc}") from exc
    return head, tail[-last:]
