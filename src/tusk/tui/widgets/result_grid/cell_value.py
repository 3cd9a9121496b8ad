"""What the cell viewer shows: views of the value where it lies, never a copy of a large one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from tusk.core.render import beginning
from tusk.core.render.arrays import size_of
from tusk.core.render.kinds import is_text
from tusk.core.schema import db_type_of
from tusk.tui.widgets.result_grid.values import ValueKind

if TYPE_CHECKING:
    from tusk.core.render.arrays import Array
    from tusk.tui.widgets.result_grid.cells import CellReader
    from tusk.tui.widgets.result_grid.headings import Headings
    from tusk.tui.widgets.result_grid.values import ColumnFormat

# Of larger bytes and nested values only the beginning is made text.
RENDERED_BYTES = 4_000_000
RENDERED_CHARACTERS = 1_000_000
# Counting the characters of larger texts takes longer than a key should.
_COUNTED_BYTES = 10_000_000
_AT_HAND_BYTES = 65_536
# Larger texts that begin and end as JSON does are taken for it: parsing takes longer than a key.
_PARSED_BYTES = 262_144
_LOOKED_AT = 256
_XML_START = re.compile(rb"<(?:\?xml\b|!DOCTYPE\b|!--|[A-Za-z_][\w:.-]*[\s/>])")
# The width of the offsets that tell where values lie.
_OFFSET_BYTES = {pa.string(): 4, pa.binary(): 4, pa.large_string(): 8, pa.large_binary(): 8}


@dataclass(frozen=True, slots=True)
class CellValue:
    """What the viewer shows.

    Args:
        title: Which cell it is; safe to show.
        text: The value as the engine shows it, in UTF-8, not made safe; None is NULL.
        is_whole: Whether that is all of it, not only the beginning.
        data: The value's own bytes: those of its text, where it has no others.
        is_bytes: Hexadecimal digits are the natural look.
        structure: `json` or `xml` when a line for each element is the natural look, else empty.
    """

    title: str
    text: memoryview | None
    is_whole: bool
    data: memoryview
    is_bytes: bool
    structure: str


def cell_value(reader: CellReader, headings: Headings, row: int, column: int) -> CellValue:
    """What the viewer shows of a cell.

    Raises:
        IndexError: There is no such cell any more.
    """
    values, format_ = reader.value(row, column), reader.format(column)
    kind = format_.kind
    own, has_text = _own_bytes(values)
    text: memoryview | None
    if own is not None and has_text:
        text, is_whole = own, True
    else:
        text, is_whole = _made_text(values, format_, own)
    data = text if own is None else own
    if text is None:
        size = "NULL"
    elif kind is ValueKind.BINARY or len(text) > _COUNTED_BYTES or not is_whole:
        size = f"{size_of(values) if own is None else len(own):,} bytes"
    else:
        size = f"{len(str(text, 'utf-8', 'replace')):,} characters"
    return CellValue(
        title=f"{headings.name(column)} · {headings.type(column)} · row {row + 1:,} · {size}",
        text=text,
        is_whole=is_whole,
        data=memoryview(b"") if data is None else data,
        is_bytes=kind is ValueKind.BINARY,
        structure=_structure(kind, text, db_type_of(format_.field)),
    )


def _structure(kind: ValueKind, text: memoryview | None, db_type: str) -> str:
    """Of what kind the elements of a value are, by its type or by what it looks like."""
    if text is None or kind not in (ValueKind.JSON, ValueKind.NESTED, ValueKind.TEXT):
        return ""
    if kind is not ValueKind.TEXT:
        return "json"
    first, last = bytes(text[:_LOOKED_AT]).strip(), bytes(text[-_LOOKED_AT:]).strip()
    if db_type.lower() == "xml" or (_XML_START.match(first) and last.endswith(b">")):
        return "xml"
    if db_type.endswith("[]") and first[:1] + last[-1:] == b"{}":
        return "json"  # PostgreSQL's arrays nest as JSON does, with other brackets
    is_bracketed = first[:1] + last[-1:] in (b"{}", b"[]")
    return "json" if is_bracketed and _is_json(text) else ""


def _is_json(text: memoryview) -> bool:
    """Whether a text that looks like JSON is; a large one may be."""
    if len(text) > _PARSED_BYTES:
        return True
    try:
        json.loads(bytes(text))
    except (ValueError, RecursionError):
        return False
    return True


def is_at_hand(values: Array) -> bool:
    """Whether making the `CellValue` of one takes no time to speak of."""
    return is_text(values.type) or size_of(values) <= _AT_HAND_BYTES


def _own_bytes(values: Array) -> tuple[memoryview | None, bool]:
    """The bytes of a text or binary value where they lie, and whether they are text."""
    while isinstance(values, pa.UnionArray):
        child = values.field(values.type_codes[0].as_py())
        values = child.slice(values.offsets[0].as_py(), 1)
    size = _OFFSET_BYTES.get(values.type)
    if size is None or values.null_count:
        return None, False
    # A scalar of Arrow would be a copy.
    _, offsets, data = values.buffers()
    if offsets is None or data is None:
        return memoryview(b""), is_text(values.type)
    places = memoryview(offsets)[values.offset * size : (values.offset + 2) * size]
    start, stop = places.cast("i" if size == 4 else "q")
    return memoryview(data).cast("B")[start:stop], is_text(values.type)


def _made_text(
    values: Array, format_: ColumnFormat, own: memoryview | None
) -> tuple[memoryview | None, bool]:
    """The text of a value that is not text, and whether that is all of it."""
    is_whole = size_of(values) <= RENDERED_BYTES
    if not is_whole:
        if own is not None:
            values = pa.array([bytes(own[:RENDERED_CHARACTERS])], pa.binary())
        else:
            values = beginning(values, RENDERED_CHARACTERS)
    text = format_.texts(values)[0]
    if text is None:
        return None, True
    shown = text if is_whole else text[:RENDERED_CHARACTERS]
    return memoryview(shown.encode("utf-8", "surrogatepass")), is_whole
