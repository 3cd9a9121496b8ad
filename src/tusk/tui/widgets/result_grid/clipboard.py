"""Cells as text for the clipboard: tab-separated, as spreadsheets read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tusk.core.render.arrays import size_of
from tusk.core.render.kinds import is_text
from tusk.tui.widgets.result_grid.cells import column_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.core.render.arrays import Array
    from tusk.core.result import ResultBuffer
    from tusk.tui.widgets.result_grid.values import ColumnFormat

# Terminals drop longer OSC 52 texts, some of them silently (xterm and tmux at about 1 MB).
CLIPBOARD_BYTES = 700_000
_ROWS_AT_ONCE = 256
# No value's text is shorter than this part of its bytes.
_BYTES_PER_CHARACTER = 8
_NEEDS_QUOTES = re.compile(r'[\t\n\r"]')


TOO_LARGE = "too much for a terminal's clipboard: select less, or export the result to a file"


class TooLargeError(Exception):
    """The text would not fit into a terminal's clipboard."""


def quoted(text: str) -> str:
    """A cell's text, in quotes where it would break the line or the column.

    >>> quoted("plain"), quoted('a "b" c')
    ('plain', '"a ""b"" c"')
    """
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def tab_separated(
    buffer: ResultBuffer,
    rows: Sequence[int],
    formats: Sequence[ColumnFormat],
    columns: Sequence[int],
    *,
    with_names: bool = False,
) -> str:
    """Cells as lines of tab-separated texts; NULL is empty.

    Args:
        buffer: Where the rows are.
        rows: Buffer rows, in the order wanted.
        formats: How to write each of `columns`.
        columns: Which columns.
        with_names: Begin with a line of column names.

    Raises:
        TooLargeError: No terminal would take it.
    """
    lines: list[str] = []
    if with_names:
        lines.append("\t".join(quoted(format_.field.name) for format_ in formats))
    size = 0
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        texts = [
            _texts(column_values(buffer, some, column), format_)
            for column, format_ in zip(columns, formats, strict=True)
        ]
        for cells in zip(*texts, strict=True):
            line = "\t".join(quoted(text or "") for text in cells)
            size += len(line) + 1
            lines.append(line)
        if size > CLIPBOARD_BYTES:
            raise TooLargeError
    return "\n".join(lines)


def _texts(parts: Sequence[Array], format_: ColumnFormat) -> list[str | None]:
    """Whole texts, made only where they could fit."""
    if any(not fits(values) for values in parts):
        raise TooLargeError
    return [text for values in parts for text in format_.texts(values)]


def fits(values: Array) -> bool:
    """Whether the values' texts may fit into the clipboard; some that may do not."""
    per_character = 1 if is_text(values.type) else _BYTES_PER_CHARACTER
    return size_of(values) <= CLIPBOARD_BYTES * per_character + 8 * len(values)
