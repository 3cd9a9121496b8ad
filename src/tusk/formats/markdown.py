"""A table in GitHub Flavored Markdown (tables extension).

A value cannot end its cell or become HTML: pipes, angle brackets and what looks like an entity
are escaped, line breaks are `<br>`. Emphasis and the like are left to the reader's renderer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from tusk.core.render import is_numeric, render_column
from tusk.core.text import safe
from tusk.formats.rows import portions

if TYPE_CHECKING:
    from tusk.formats.writer import WriterOptions

_SPECIAL = re.compile(r"""\\(?=[!-/:-@\[-`{-~])|\||<|&(?=\#?\w+;)|\r\n|\r|\n""", re.ASCII)
_ESCAPES = {"\\": "\\\\", "|": "\\|", "<": "&lt;", "&": "&amp;"}


def escape(text: str) -> str:
    r"""A text that shows as itself in a cell.

    >>> escape("a|b\n<i> \\| x\\y")
    'a\\|b<br>&lt;i> \\\\\\| x\\y'
    """
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match.group(), "<br>"), text)


class MarkdownWriter:
    """Writes one result set as a Markdown table.

    Args:
        out: Binary stream; stays open.
        options: `header`, `null` ("NULL" by default) and `for_terminal` apply. A Markdown table
            has a header line always: without `header` its cells are empty.
    """

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._out = out
        self._options = options
        self._null = escape("NULL" if options.null is None else options.null)
        self._schema = pa.schema([])

    def open(self, schema: pa.Schema) -> None:
        """Write the header."""
        self._schema = schema
        names = [self._cell(name) if self._options.header else "" for name in schema.names]
        marks = ["---:" if is_numeric(field) else "---" for field in schema]
        if self._options.index:
            self._out.write(b"\n")
        if names:
            self._put([names, marks])

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        for part in portions(batch):
            columns = [
                [self._null if text is None else self._cell(text) for text in texts]
                for texts in (
                    render_column(part.column(number), field)
                    for number, field in enumerate(self._schema)
                )
            ]
            self._put(zip(*columns, strict=True))

    def close(self) -> None:
        """Nothing is left to write."""

    def discard(self) -> None:
        """Nothing is held."""

    def _cell(self, text: str) -> str:
        text = escape(text)
        return safe(text) if self._options.for_terminal else text

    def _put(self, rows: Iterable[Sequence[str]]) -> None:
        lines = [f"| {' | '.join(cells)} |\n" for cells in rows]
        self._out.write("".join(lines).encode("utf-8", "replace"))
