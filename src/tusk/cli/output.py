"""Where data goes: stdout as bytes, with a terminal treated as one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pyarrow as pa

    from tusk.formats.registry import Format
    from tusk.services.exports import WriterOptions

TABLE = "table"
CSV = "csv"


def _complete_format() -> list[tuple[str, str]]:
    from tusk.formats.registry import FORMATS

    return [(format_.name, format_.summary) for format_ in FORMATS.values()]


FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        "-F",
        metavar="FORMAT",
        help="table, vertical, csv, tsv, json, jsonl, markdown, html, insert, parquet, arrow, xlsx, "
        "sqlite or duckdb. Default: table on a terminal, csv elsewhere.",
        autocompletion=_complete_format,
    ),
]


def is_terminal() -> bool:
    """Whether data goes to a terminal."""
    return sys.stdout.isatty()


def data_stream() -> IO[bytes]:
    """Standard output for data. What text was printed before comes out first."""
    sys.stdout.flush()
    return sys.stdout.buffer


def terminal_options(*, header: bool = True, null: str | None = None) -> WriterOptions:
    """How writers should treat stdout."""
    from tusk.services.exports import WriterOptions

    if not is_terminal():
        return WriterOptions(header=header, null=null)
    return WriterOptions(
        header=header,
        null=null,
        width=_width(),
        for_terminal=True,
        ascii=not _shows_unicode(),
    )


def _width() -> int | None:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def _shows_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def write_rows(
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    format_name: str,
    *,
    on_terminal: str = TABLE,
) -> None:
    """Write a list that tusk made to stdout.

    Args:
        rows: By column name; values of a column have one type, or are None.
        columns: Their order.
        format_name: What `-F` says; empty for the default.
        on_terminal: The default format on a terminal.
    """
    import pyarrow as pa

    arrays: list[pa.Array[Any]] = [pa.array([row.get(name) for row in rows]) for name in columns]
    # A column of nothing but None has no type that every format can write.
    arrays = [a.cast(pa.string()) if pa.types.is_null(a.type) else a for a in arrays]
    table = pa.Table.from_arrays(arrays, names=list(columns))
    write_table(table, format_name, on_terminal=on_terminal)


def write_table(table: pa.Table, format_name: str, *, on_terminal: str = TABLE) -> None:
    """Write a table that tusk made to stdout; see `write_rows`."""
    from tusk.services.exports import choose_format, export_rows

    format_ = choose_format(format_name, None, on_terminal if is_terminal() else CSV)
    refuse_binary_on_terminal(format_)
    out = data_stream()
    export_rows(table.schema, table.to_batches(), out, format_, options=terminal_options())
    out.flush()


def print_text(text: str) -> None:
    """Write a text and a line feed to stdout: as it is, on a terminal as harmless text."""
    from tusk.core.text import safe

    out = data_stream()
    shown = safe(text, keep_lines=True) if is_terminal() else text
    out.write(f"{shown}\n".encode("utf-8", "replace"))
    out.flush()


def refuse_binary_on_terminal(format_: Format) -> None:
    """Raise UsageError rather than fill a terminal with bytes."""
    from tusk.core.errors import UsageError

    if format_.is_binary and is_terminal():
        raise UsageError(
            f"{format_.name} is not for a terminal",
            hint=f"write a file (-o result.{format_.name}) or into a pipe",
        )
