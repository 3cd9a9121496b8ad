"""All that can be told about one object, as text to read and to copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tusk.core.text import cell_width, safe

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogObject, CatalogReader, Section

# One long value does not push the next column out of sight.
_WIDEST = 40


def details_of(reader: CatalogReader, object_: CatalogObject) -> str:
    """Everything the engine tells about an object, section by section.

    Raises:
        QueryError: The connection is gone. What alone cannot be read is told in its place.
    """
    return details_text(reader.sections(object_))


def details_text(sections: Sequence[Section]) -> str:
    r"""Sections as text: facts in two columns, lists with a heading, a definition as it is.

    >>> from tusk.catalog.objects import Section
    >>> print(details_text([Section("Keys", ("name", "definition"), [("k", "UNIQUE (a)")])]))
    Keys (1)
      name  definition
      k     UNIQUE (a)
    <BLANKLINE>
    """
    if not sections:
        return "The engine tells nothing more about it.\n"
    return "\n".join(map(_section_text, sections))


def _section_text(section: Section) -> str:
    if len(section.columns) == 1:
        text = "\n".join(row[0] for row in section.rows)
        lines = safe(text, keep_lines=True).splitlines()
        return f"{section.title}\n" + "".join(f"  {line}\n" for line in lines)
    rows = [[safe(value) for value in row] for row in section.rows]
    title = section.title
    if tuple(section.columns) != ("fact", "value"):
        title += f" ({len(rows):,})"
        rows.insert(0, list(section.columns))
    rows = _without_empty_columns(rows)
    widths = [
        min(_WIDEST, max(cell_width(row[number]) for row in rows)) for number in range(len(rows[0]))
    ]
    return f"{title}\n" + "".join(f"  {_row_text(row, widths)}\n" for row in rows)


def _without_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    """Leave out columns that hold nothing but their name."""
    kept = [n for n in range(len(rows[0])) if any(row[n] for row in rows[1:]) or len(rows) == 1]
    return [[row[n] for n in kept] for row in rows]


def _row_text(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        value + " " * max(0, width - cell_width(value))
        for value, width in zip(row, widths, strict=True)
    ]
    return "  ".join(cells).rstrip()
