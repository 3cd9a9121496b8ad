"""Rows as the XML of a sheet, made by Arrow's kernels and put into XlsxWriter's sheets.

Cell by cell through XlsxWriter, a million rows of ten columns take a minute; so they take a tenth.
Everything else about a workbook is XlsxWriter's. See ECMA-376, part 1, 18.3.1 (worksheets).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tusk.core.render.arrays import any_true, byte_array, kernels, replace_where, without_null
from tusk.formats.rows import as_bytes, joined, used_bytes

if TYPE_CHECKING:
    from tusk.core.render.arrays import Array
    from tusk.formats.xlsx_cells import Cells

_ESCAPES = {b"&": b"&amp;", b"<": b"&lt;", b">": b"&gt;"}
# XML has no controls and noncharacters; Excel writes their numbers, and those of a text that looks
# like such a number.
_FORBIDDEN = r"[\x00-\x08\x0b-\x1f]|_x[0-9A-Fa-f]{4}_|\xef\xbf[\xbe\xbf]"  # in UTF-8
_FORBIDDEN_PYTHON = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escaped(texts: Array) -> Array:
    """Texts (bytes in UTF-8) as content of an element. NULL stays NULL."""
    data = bytes(used_bytes(texts))
    for mark, escape in _ESCAPES.items():
        if mark in data:
            texts = kernels.replace_substring(texts, mark, escape)
    odd = kernels.match_substring_regex(texts, _FORBIDDEN).fill_null(False)
    if not any_true(odd):
        return texts
    replaced = (_numbered(value.decode()).encode() for value in without_null(texts.filter(odd)))
    return replace_where(texts, odd, byte_array(replaced))


def _numbered(text: str) -> str:
    r"""A text with Excel's numbers for characters that XML has not.

    >>> _numbered("a\x1b_x0041_")
    'a_x001B__x005F_x0041_'
    """
    return _FORBIDDEN_PYTHON.sub(lambda match: f"_x{ord(match.group()):04X}_", text)


def rows_xml(
    columns: Sequence[Cells], first: int, count: int, styles: Sequence[int], null: str
) -> memoryview:
    """Rows of a sheet.

    Args:
        columns: Their cells.
        first: Number of the first row, from 1.
        count: How many there are.
        styles: Index of the format for each column's numbers.
        null: Text for NULL; empty leaves the cell out.
    """
    numbers = as_bytes(pa.array(range(first, first + count)).cast(pa.string()))
    parts: list[Array | bytes] = [b'<row r="', numbers, b'">']
    for index, (cells, style) in enumerate(zip(columns, styles, strict=True)):
        parts.append(_cells_xml(cells, column_name(index).encode(), numbers, style, null))
    return joined([*parts, b"</row>"])


def _cells_xml(cells: Cells, column: bytes, rows: Array, style: int, null: str) -> Array:
    start = b'<c r="' + column
    made: list[Array | bytes] = []
    if cells.numbers is not None:
        kind = b'" t="b"' if cells.is_bool else b'" s="%d"' % style if style else b'"'
        values = as_bytes(cells.numbers)
        made.append(_element(start, rows, kind + b"><v>", values, b"</v></c>"))
    if cells.texts is not None:
        values = escaped(as_bytes(cells.texts))
        # Else a reader may trim it.
        space = b'" t="inlineStr"><is><t xml:space="preserve">'
        made.append(_element(start, rows, space, values, b"</t></is></c>"))
    if null:
        value = bytes(used_bytes(escaped(byte_array([null.encode()]))))
        inside = b'" t="inlineStr"><is><t xml:space="preserve">' + value + b"</t></is></c>"
        made.append(_element(start, rows, inside))
    elif column == b"A":
        # A row without cells at the end would not be there for a reader.
        made.append(_element(start, rows, b'"/>'))
    else:
        made.append(b"")
    return kernels.coalesce(*_alike(made))


def _element(*parts: Array | bytes) -> Array:
    return kernels.binary_join_element_wise(*_alike([*parts, b""]))


def _alike(parts: Sequence[Array | bytes]) -> list[Any]:
    """Arrays and scalars of one type."""
    large = pa.large_binary()
    is_large = any(not isinstance(part, bytes) and part.type == large for part in parts)
    type_ = large if is_large else pa.binary()
    return [pa.scalar(p, type_) if isinstance(p, bytes) else p.cast(type_) for p in parts]


def column_name(index: int) -> str:
    """A column's letters.

    >>> column_name(0), column_name(25), column_name(26), column_name(16_383)
    ('A', 'Z', 'AA', 'XFD')
    """
    letters = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


# ── into XlsxWriter ──────────────────────────────────────────────────────────────────────────
# It has no calls for these: tests hold the pinned version to what is done here.


@cache
def row_sheet() -> Any:
    """The class of sheets; made when it is wanted, since XlsxWriter is an extra."""
    from xlsxwriter.worksheet import Worksheet

    class RowSheet(Worksheet):
        """A sheet in constant memory that also takes rows as XML."""

        def add_rows(self, xml: memoryview, rows: int, columns: int) -> None:
            """Add rows after those that are there, all of that many columns."""
            next_row = 0 if self.dim_rowmax is None else self.dim_rowmax + 1
            self._write_single_row(next_row)  # the header, which still waits
            self._check_dimensions(next_row, 0)
            self._check_dimensions(next_row + rows - 1, columns - 1)
            file: Any = self.row_data_fh  # open, in constant memory
            file.flush()
            file.buffer.write(xml)

    return RowSheet


def style_of(format_: Any) -> int:
    """The index under which cells name a format."""
    return 0 if format_ is None else int(format_._get_xf_index())


def remove_last(book: Any) -> None:
    """Take back the sheet that was added last, with its temporary file."""
    sheet = book.worksheets_objs.pop()
    del book.sheetnames[sheet.name]
    book.sheetname_count -= 1
    sheet.row_data_fh.close()
    Path(sheet.row_data_filename).unlink(missing_ok=True)
