"""A table in GitHub Flavored Markdown (tables extension).

A value cannot end its cell or become HTML: pipes, angle brackets and what looks like an entity
are escaped, line breaks are `<br>`, other control characters entities. Emphasis and the like are
left to the reader's renderer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from tusk.core.render import is_numeric, render_column, render_strings
from tusk.core.text import safe
from tusk.formats.encoding import TextOptions
from tusk.formats.options import option
from tusk.formats.rows import FEW_ROWS, as_bytes, joined, portions, rewritten

if TYPE_CHECKING:
    from tusk.core.render.arrays import Array
    from tusk.formats.writer import WriterOptions

_SPECIAL = re.compile(
    r"""\\(?=[!-/:-@\[-`{-~])|\||<|&(?=\#?\w+;)|\r\n|[\x00-\x1f\x7f-\x9f]""", re.ASCII
)
# The same in the bytes of UTF-8, roughly: `escape` decides.
_MARKS = bytes([*range(0x20), 0x7F, 0xC2]) + b"\\|<&"
_MARKED = r"[\\|<&\x00-\x1f\x7f]|\xc2[\x80-\x9f]"
# CommonMark has no NUL, not even as &#0;.
_ESCAPES = {
    "\\": "\\\\",
    "|": "\\|",
    "<": "&lt;",
    "&": "&amp;",
    "\0": "\ufffd",
    **dict.fromkeys(("\r\n", "\r", "\n"), "<br>"),
}


def escape(text: str) -> str:
    r"""A text that shows as itself in a cell.

    >>> escape("a|b\n<i> \\| x\\y")
    'a\\|b<br>&lt;i> \\\\\\| x\\y'
    >>> escape("a\tb\x1b[2J")
    'a&#9;b&#27;[2J'
    """
    return _SPECIAL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    found = match.group()
    return _ESCAPES[found] if found in _ESCAPES else f"&#{ord(found)};"


@dataclass(frozen=True, slots=True)
class MarkdownOptions(TextOptions):
    """Options of Markdown."""

    header: bool = option(True, "Show the column names; without them that line is empty.")
    null: str = option("NULL", "Text for NULL.")
    align: bool = option(True, "Put numbers on the right.")


class MarkdownWriter:
    """Writes one result set as a Markdown table.

    Args:
        out: Binary stream; stays open.
        options: Those of `MarkdownOptions`, and `for_terminal`, apply.
    """

    Options = MarkdownOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._out = out
        self._options = options
        self._chosen = options.of(MarkdownOptions)
        self._null = escape(self._chosen.null)
        self._schema = pa.schema([])

    def open(self, schema: pa.Schema) -> None:
        """Write the header."""
        self._schema = schema
        names = [self._cell(name) if self._chosen.header else "" for name in schema.names]
        aligns = self._chosen.align
        marks = ["---:" if aligns and is_numeric(field) else "---" for field in schema]
        if self._options.index:
            self._out.write(b"\n")
        if names:
            self._put([names, marks])

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        for part in portions(batch):
            if part.num_rows > FEW_ROWS and part.num_columns and not self._options.for_terminal:
                self._out.write(self._many(part))
                continue
            columns = [
                [self._null if text is None else self._cell(text) for text in texts]
                for texts in (
                    render_column(part.column(number), field)
                    for number, field in enumerate(self._schema)
                )
            ]
            self._put(zip(*columns, strict=True))

    def _many(self, batch: pa.RecordBatch) -> memoryview:
        """What `_put` makes of the cells, by Arrow's kernels."""
        parts: list[Array | bytes] = []
        lead = b"| "
        for number, field in enumerate(self._schema):
            texts = as_bytes(render_strings(batch.column(number), field))
            texts = rewritten(texts, _MARKS, _MARKED, escape)
            parts += [lead, texts.fill_null(self._null.encode())]
            lead = b" | "
        return joined([*parts, b" |\n"])

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
