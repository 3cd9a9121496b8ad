"""Text files in encodings other than UTF-8, and the file-wide options of text formats."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Literal

from tusk.core.errors import StorageError, UsageError
from tusk.formats.options import option

if TYPE_CHECKING:
    from tusk.core.render.arrays import Array

# What Python calls a text encoding, but does not write a text as other programs read it.
_ODD = frozenset({"idna", "punycode", "raw_unicode_escape", "unicode_escape", "undefined"})


@dataclass(frozen=True, slots=True)
class TextOptions:
    """What every text format may be told."""

    compression: Literal["auto", "none", "gzip", "zstd"] = option(
        "auto", "How the file is compressed; auto goes by its name (.gz, .zst)."
    )
    level: int | None = option(
        None,
        "Compression level: 1 to 9 for gzip, 1 to 22 for zstd; theirs by default.",
        least=1,
        most=22,
    )


_LEVELS = {"gzip": (1, 9), "zstd": (1, 22), "brotli": (0, 11)}


def check_level(compression: str, level: int) -> None:
    """Raise UsageError when a compression has no such level."""
    least, most = _LEVELS[compression]
    if not least <= level <= most:
        raise UsageError(f"{compression} has levels from {least} to {most}, not {level}")


def known_encoding(text: str) -> str:
    """Check the name of a text encoding.

    >>> known_encoding("Latin1"), known_encoding("UTF8")
    ('latin1', 'utf-8')
    """
    name = text.strip().lower()
    try:
        found = codecs.lookup(name).name
        probe = 'a,"\n'.encode(name).decode(name)
    except (LookupError, UnicodeError):
        probe = found = ""
    if not found or found.replace("-", "_") in _ODD or probe != 'a,"\n':
        raise ValueError("such as utf-8, utf-8-sig, utf-16, latin-1, cp1252 or shift_jis")
    return "utf-8" if found == "utf-8" else name


class EncodedStream:
    """Writes UTF-8 text on in another encoding.

    Args:
        out: Binary stream; stays open.
        encoding: Python's name of it.
        errors: `strict`, or `replace` for a question mark.
        is_continued: Leave the byte order mark out.
    """

    def __init__(
        self, out: IO[bytes], encoding: str, errors: str, *, is_continued: bool = False
    ) -> None:
        self._out = out
        self.encoding = encoding
        self._encoder = codecs.getincrementalencoder(encoding)(errors)
        if is_continued:
            self._encoder.encode("")
            self._encoder.setstate(self._without_mark())

    def _without_mark(self) -> Any:
        """The encoder's state after its byte order mark."""
        probe = codecs.getincrementalencoder(self.encoding)()
        probe.encode("a")
        return probe.getstate()

    def write(self, data: bytes | memoryview) -> None:
        """Write text, which is UTF-8.

        Raises:
            UnicodeError: A character does not fit, or it is not UTF-8.
        """
        self._out.write(self._encoder.encode(str(data, "utf-8")))


def misfit(encoding: str, columns: Sequence[Array], names: Sequence[str], row: int) -> StorageError:
    """The error that names the first cell which cannot be written.

    Args:
        encoding: What was asked for.
        columns: Texts in UTF-8, as they were about to be written.
        names: Of the columns.
        row: Rows that came before.
    """
    rows = len(columns[0]) if columns else 0
    for index in range(rows):
        for name, column in zip(names, columns, strict=True):
            if what := unfit(column[index].as_py() or b"", encoding):
                return _error(f"row {row + index + 1:,}, column {name!r}", what)
    return _error("a value", f"does not fit {encoding}")


def misfit_name(encoding: str, names: Sequence[str]) -> StorageError:
    """The error that names the first column name which cannot be written."""
    for name in names:
        if what := unfit(name.encode("utf-8", "replace"), encoding):
            return _error(f"the column name {name!r}", what)
    return _error("a column name", f"does not fit {encoding}")


def unfit(value: bytes, encoding: str) -> str:
    """What is wrong with a value, empty when nothing is.

    >>> unfit("5 €".encode(), "latin-1")
    "holds '€' (U+20AC), which latin-1 has not"
    """
    try:
        value.decode().encode(encoding)
    except UnicodeEncodeError as exc:
        char = exc.object[exc.start]
        return f"holds {char!r} (U+{ord(char):04X}), which {encoding} has not"
    except UnicodeError:
        return "is not UTF-8 and cannot be converted"
    return ""


def _error(where: str, what: str) -> StorageError:
    return StorageError(
        f"{where} {what}", hint="choose encoding=utf-8, or errors=replace for question marks"
    )
