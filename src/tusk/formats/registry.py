"""The formats by name and by file suffix. Listing them imports none of them."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from tusk.core.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from tusk.formats.writer import Writer, WriterOptions


@dataclass(frozen=True, slots=True)
class Format:
    """A format that results can be written in.

    Args:
        name: As in `-F name`.
        summary: One line for help texts.
        writer: Dotted path of its writer's class.
        suffixes: Of files in this format.
        is_binary: Not for a terminal.
        holds_one: A file holds a single result set; of a script's several, the last.
        is_book: One writer puts several result sets into a file, see `tusk.formats.writer`.
        can_append: Rows may be put at the end of a file that is there.
        needs: A package and the extra that brings it, where one is needed.
    """

    name: str
    summary: str
    writer: str
    suffixes: tuple[str, ...] = ()
    is_binary: bool = False
    holds_one: bool = True
    is_book: bool = False
    can_append: bool = False
    needs: tuple[str, str] | None = None


FORMATS = {
    format_.name: format_
    for format_ in (
        Format(
            "table",
            "a table to look at",
            "tusk.formats.table:TableWriter",
            suffixes=(".txt",),
            holds_one=False,
        ),
        Format(
            "vertical",
            "one line per value, like psql's \\x",
            "tusk.formats.vertical:VerticalWriter",
            holds_one=False,
        ),
        Format(
            "csv",
            "comma-separated, exactly as PostgreSQL's COPY writes it",
            "tusk.formats.csv:CsvWriter",
            suffixes=(".csv",),
            can_append=True,
        ),
        Format(
            "tsv",
            "tab-separated, exactly as PostgreSQL's COPY (FORMAT text)",
            "tusk.formats.tsv:TsvWriter",
            suffixes=(".tsv", ".tab"),
            can_append=True,
        ),
        Format(
            "json",
            "an array of objects",
            "tusk.formats.json:JsonWriter",
            suffixes=(".json",),
        ),
        Format(
            "jsonl",
            "an object per line",
            "tusk.formats.json:JsonLinesWriter",
            suffixes=(".jsonl", ".ndjson"),
            can_append=True,
        ),
        Format(
            "markdown",
            "a table in GitHub's Markdown",
            "tusk.formats.markdown:MarkdownWriter",
            suffixes=(".md", ".markdown"),
            holds_one=False,
        ),
        Format(
            "html",
            "a page with a table for each result",
            "tusk.formats.html:HtmlWriter",
            suffixes=(".html", ".htm"),
            holds_one=False,
            is_book=True,
        ),
        Format(
            "insert",
            "SQL INSERT statements",
            "tusk.formats.insert:InsertWriter",
            suffixes=(".sql",),
            can_append=True,
        ),
        Format(
            "parquet",
            "Apache Parquet",
            "tusk.formats.parquet:ParquetWriter",
            suffixes=(".parquet", ".pq"),
            is_binary=True,
        ),
        Format(
            "arrow",
            "Apache Arrow IPC file",
            "tusk.formats.arrow:ArrowWriter",
            suffixes=(".arrow", ".feather", ".ipc"),
            is_binary=True,
        ),
        Format(
            "xlsx",
            "an Excel workbook, a sheet for each result",
            "tusk.formats.xlsx:XlsxWriter",
            suffixes=(".xlsx",),
            is_binary=True,
            holds_one=False,
            is_book=True,
            needs=("xlsxwriter", "excel"),
        ),
        Format(
            "sqlite",
            "an SQLite database, a table for each result",
            "tusk.formats.sqlite:SqliteWriter",
            suffixes=(".sqlite", ".sqlite3", ".db3"),
            is_binary=True,
            holds_one=False,
            is_book=True,
        ),
        Format(
            "duckdb",
            "a DuckDB database, a table for each result",
            "tusk.formats.duckdb:DuckDbWriter",
            suffixes=(".duckdb", ".ddb"),
            is_binary=True,
            holds_one=False,
            is_book=True,
        ),
    )
}

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


def find_format(name: str) -> Format:
    """The format of that name.

    Raises:
        UsageError: There is none.
    """
    if name not in FORMATS:
        raise UsageError(f"unknown format {name!r}", hint="formats: " + ", ".join(FORMATS))
    return FORMATS[name]


def format_of_path(path: Path) -> Format | None:
    """The format that a file's suffix means, whether compressed or not; None when it means none.

    >>> format_of_path(Path("a.CSV.gz")).name
    'csv'
    """
    suffix = path.suffix.lower()
    if suffix in COMPRESSIONS:
        suffix = path.with_suffix("").suffix.lower()
    return next((f for f in FORMATS.values() if suffix in f.suffixes), None)


def compression_of_path(path: Path) -> str:
    """`gzip` or `zstd` where the last suffix says so, else empty."""
    return COMPRESSIONS.get(path.suffix.lower(), "")


def check_installed(format_: Format) -> None:
    """Raise MissingExtraError when a package that the format needs is not installed."""
    if format_.needs is not None:
        package, extra = format_.needs
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(f"writing {format_.name}", extra)


def make_writer(format_: Format, out: IO[bytes], options: WriterOptions) -> Writer:
    """A writer of one result set to `out`, which stays open; of several, where it is a book."""
    factory = cast("Callable[[IO[bytes], WriterOptions], Writer]", _writer_class(format_))
    return factory(out, options)


def options_class(format_: Format) -> type[Any]:
    """The class whose fields are the format's own options, see `tusk.formats.options`."""
    return cast("type[Any]", _writer_class(format_).Options)


def _writer_class(format_: Format) -> Any:
    # Loaded by name: its type is what `Writer` says.
    module, _, name = format_.writer.partition(":")
    return getattr(importlib.import_module(module), name)
