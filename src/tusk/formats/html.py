"""An HTML page with a table for each result; or the tables alone.

A value is text and nothing else: markup in it is escaped, controls that HTML forbids are shown as
marks, and each cell is a paragraph of its own for marks of writing direction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from tusk.core.render import is_numeric, render_column, render_strings
from tusk.core.render.arrays import kernels
from tusk.core.text import safe
from tusk.formats.encoding import TextOptions
from tusk.formats.options import option
from tusk.formats.rows import FEW_ROWS, as_bytes, joined, portions, rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.core.render.arrays import Array
    from tusk.formats.writer import WriterOptions

_STYLE = """\
body { font-family: system-ui, sans-serif; margin: 1.5em; }
table { border-collapse: collapse; margin: 1em 0 2em; font-variant-numeric: tabular-nums; }
caption { text-align: start; font-weight: bold; padding: .4em 0; }
th, td { border: 1px solid #8884; padding: .25em .6em; text-align: start; vertical-align: top; }
td { white-space: pre-wrap; unicode-bidi: isolate; }
thead th { position: sticky; top: 0; background: Canvas; }
td.number { text-align: end; }
td.null { color: GrayText; font-style: italic; }
@media (prefers-color-scheme: dark) { :root { color-scheme: dark; } }"""

# HTML's control characters and noncharacters, which may not stand in a page.
_FORBIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0e-\\x1f\\x7f-\\x9f\\ufdd0-\\ufdef"
    + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(17))
    + "]"
)
# The same in the bytes of UTF-8, with what else is escaped.
_MARKS = bytes([*range(9), *range(0x0B, 0x20), 0x7F, 0xC2, 0xEF, *range(0xF0, 0xF5)]) + b"&<>\"'"
_MARKED = (
    r"[&<>\"'\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xef\xb7[\x90-\xaf]|\xef\xbf[\xbe\xbf]"
    r"|[\xf0-\xf4].\xbf[\xbe\xbf]"
)
_SPECIAL = re.compile("[&<>\"'\\r\\x0c]")
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
    # A reader would make a line feed of the character itself.
    "\r": "&#13;",
    "\x0c": "&#12;",
}


@dataclass(frozen=True, slots=True)
class HtmlOptions(TextOptions):
    """Options of HTML."""

    header: bool = option(True, "Show the column names.")
    null: str = option("NULL", "Text for NULL, which also looks different.")
    fragment: bool = option(False, "Only the tables, to be put into a page.")
    title: str = option("", "The page's title. Empty: named after the file.")


def escape(text: str) -> str:
    r"""A text that shows as itself, in an element or an attribute.

    >>> escape("<b>&\x1b")
    '&lt;b&gt;&amp;␛'
    """
    if _FORBIDDEN.search(text):
        text = _FORBIDDEN.sub(_mark, text)
    return _SPECIAL.sub(lambda match: _ESCAPES[match.group()], text)


def _mark(match: re.Match[str]) -> str:
    return safe(match.group())[:1] if ord(match.group()) < 0xA0 else "\ufffd"


class HtmlWriter:
    """Writes result sets as an HTML page.

    Args:
        out: Binary stream; stays open.
        options: Those of `HtmlOptions`, `table` (for the title) and `for_terminal` apply.
    """

    Options = HtmlOptions

    def __init__(self, out: IO[bytes], options: WriterOptions) -> None:
        self._out = out
        self._chosen = options.of(HtmlOptions)
        self._title = self._chosen.title or options.table or "result"
        self._for_terminal = options.for_terminal
        self._null = f'<td class="null">{self._shown(self._chosen.null)}</td>'
        self._schema = pa.schema([])
        self._cells: list[str] = []
        self._name = ""
        self._has_begun = False

    def begin(self, name: str) -> None:
        """Take the name of the next result set."""
        self._name = name

    def open(self, schema: pa.Schema) -> None:
        """Begin a table, and before the first one the page."""
        self._begin_page()
        self._schema = schema
        self._cells = [
            '<td class="number">' if is_numeric(field) else '<td dir="auto">' for field in schema
        ]
        lines = ["<table>"]
        if self._name:
            lines.append(f"<caption>{self._shown(self._name)}</caption>")
        if self._chosen.header and len(schema):
            names = "".join(f'<th scope="col">{self._shown(name)}</th>' for name in schema.names)
            lines.append(f"<thead><tr>{names}</tr></thead>")
        self._put([*lines, "<tbody>"])

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        for part in portions(batch):
            if part.num_rows > FEW_ROWS and part.num_columns and not self._for_terminal:
                self._out.write(self._many(part))
                continue
            columns = [self._column(part, number) for number in range(part.num_columns)]
            rows = zip(*columns, strict=True) if columns else [()] * part.num_rows
            self._put([f"<tr>{''.join(cells)}</tr>" for cells in rows])

    def _many(self, batch: pa.RecordBatch) -> memoryview:
        """What `_put` makes of the cells, by Arrow's kernels."""
        parts: list[Array | bytes] = [b"<tr>"]
        for number, field in enumerate(self._schema):
            texts = as_bytes(render_strings(batch.column(number), field))
            texts = rewritten(texts, _MARKS, _MARKED, escape)
            start = self._cells[number].encode()
            cells = kernels.binary_join_element_wise(start, texts, b"</td>", b"")
            parts.append(cells.fill_null(self._null.encode()))
        return joined([*parts, b"</tr>\n"])

    def close(self) -> None:
        """End the table."""
        self._put(["</tbody>", "</table>"])

    def take_back(self) -> None:
        """End the table of a result set that failed: its rows cannot be taken back."""
        self.close()

    def finish(self) -> None:
        """End the page."""
        self._begin_page()
        if not self._chosen.fragment:
            self._put(["</body>", "</html>"])

    def discard(self) -> None:
        """Nothing is held."""

    def _begin_page(self) -> None:
        if self._has_begun or self._chosen.fragment:
            return
        self._has_begun = True
        self._put(
            [
                "<!DOCTYPE html>",
                '<html lang="en">',
                "<head>",
                '<meta charset="utf-8">',
                '<meta name="viewport" content="width=device-width">',
                f"<title>{self._shown(self._title)}</title>",
                f"<style>\n{_STYLE}\n</style>",
                "</head>",
                "<body>",
            ]
        )

    def _column(self, batch: pa.RecordBatch, number: int) -> Sequence[str]:
        texts = render_column(batch.column(number), self._schema.field(number))
        cell = self._cells[number]
        return [self._null if text is None else f"{cell}{self._shown(text)}</td>" for text in texts]

    def _shown(self, text: str) -> str:
        return escape("\n".join(map(safe, text.split("\n"))) if self._for_terminal else text)

    def _put(self, lines: Sequence[str]) -> None:
        self._out.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
