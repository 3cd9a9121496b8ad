"""The formats by name and by file suffix. Listing them imports none of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from tusk.core.errors import UsageError

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
    """

    name: str
    summary: str
    writer: str
    suffixes: tuple[str, ...] = ()
    is_binary: bool = False
    holds_one: bool = True


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
        ),
        Format(
            "tsv",
            "tab-separated, exactly as PostgreSQL's COPY (FORMAT text)",
            "tusk.formats.tsv:TsvWriter",
            suffixes=(".tsv", ".tab"),
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
        ),
        Format(
            "markdown",
            "a table in GitHub's Markdown",
            "tusk.formats.markdown:MarkdownWriter",
            suffixes=(".md", ".markdown"),
            holds_one=False,
        ),
        Format(
            "insert",
            "SQL INSERT statements",
            "tusk.formats.insert:InsertWriter",
            suffixes=(".sql",),
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


def make_writer(format_: Format, out: IO[bytes], options: WriterOptions) -> Writer:
    """A writer of one result set to `out`, which stays open."""
    module, _, name = format_.writer.partition(":")
    factory = cast(
        "Callable[[IO[bytes], WriterOptions], Writer]",
        getattr(importlib.import_module(module), name),
    )
    return factory(out, options)
