"""Data files as views: read when queried, never loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.core.dialect import quote_identifier, quote_text
from tusk.core.errors import ConnectError
from tusk.engines.datafiles import SUFFIXES, data_format, table_name

if TYPE_CHECKING:
    from pathlib import Path

_READERS = {
    "parquet": "read_parquet({path})",
    "csv": "read_csv({path})",
    "tsv": "read_csv({path}, delim = '\\t')",
    "json": "read_json({path})",
    "jsonl": "read_json({path}, format = 'newline_delimited')",
}
_GLOB_CHARACTERS = re.compile(r"([\[\]*?])")


@dataclass(frozen=True, slots=True)
class FileView:
    """The view over one data file, or over a folder of Parquet files.

    Args:
        name: The view's name: a plain identifier made from the file's name.
        path: The file or folder.
        reader: The table function call that reads it.
    """

    name: str
    path: Path
    reader: str

    @classmethod
    def of(cls, path: Path) -> FileView:
        """The view for a file or folder.

        Raises:
            ConnectError: It is not there, or nothing that can be read as a table.
        """
        if path.is_dir():
            return cls(table_name(path), path, _folder_reader(path))
        if not path.exists():
            raise ConnectError(f"there is no file {str(path)!r}")
        reader = _READERS[_kind_of(path)].format(path=quote_text(as_pattern(path)))
        return cls(table_name(path), path, reader)

    @property
    def statement(self) -> str:
        """Creates the view."""
        return f"CREATE VIEW {quote_identifier(self.name)} AS FROM {self.reader}"

    @property
    def permission(self) -> str:
        """Lets a session without access to other files read this one."""
        if self.path.is_dir():
            return f"SET allowed_directories = [{quote_text(str(self.path))}]"
        # DuckDB asks for the pattern, then for the file it found.
        paths = ", ".join(map(quote_text, (as_pattern(self.path), str(self.path))))
        return f"SET allowed_paths = [{paths}]"


def _kind_of(path: Path) -> str:
    """What a file holds, by its name; Parquet without its suffix is known by its first bytes."""
    format_ = data_format(path)
    if format_ is not None:
        return format_.kind
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return "parquet"
    raise ConnectError(
        f"tusk cannot tell what is in {str(path)!r}",
        hint="it opens " + ", ".join(SUFFIXES) + " (text also as .gz or .zst)",
    )


def as_pattern(path: Path | str) -> str:
    """A path as the pattern that matches nothing else."""
    return _GLOB_CHARACTERS.sub(r"[\1]", str(path))


def _folder_reader(folder: Path) -> str:
    files = folder.rglob("*.parquet")
    first = next(files, None)
    if first is None:
        raise ConnectError(f"there is no Parquet file in the folder {str(folder)!r}")
    if _GLOB_CHARACTERS.search(str(folder)):
        # Escaped, the name would not be the folder that a read-only session may read.
        listed = ", ".join(quote_text(str(file)) for file in sorted([first, *files]))
        return f"read_parquet([{listed}], union_by_name = true)"
    return f"read_parquet({quote_text(f'{folder}/**/*.parquet')}, union_by_name = true)"
