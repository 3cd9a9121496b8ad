"""What stands above the columns: names, types, and how rows are sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from tusk.core.schema import db_type_of
from tusk.core.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tusk.core.render.arrays import Field
    from tusk.tui.widgets.result_grid.sortkeys import SortKey

# Names and types may be as long as data; no column becomes this wide by itself.
_LONGEST = 200
_FIRST_WIDTH = 20


class Headings:
    """Safe names and types of a schema's columns, made when they are asked for."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._marks: dict[int, str] = {}

    def name(self, column: int) -> str:
        """The column's name, and how rows are sorted by it."""
        name = self._field(column).name[:_LONGEST]
        return safe(name) + self._marks.get(column, "")

    def type(self, column: int) -> str:
        """The column's type, in its database's words."""
        return safe(db_type_of(self._field(column))[:_LONGEST])

    def width(self, column: int, *, with_type: bool) -> int:
        """Cells that the column's heading takes."""
        width = cell_len(self.name(column))
        return max(width, cell_len(self.type(column))) if with_type else width

    def widths(self) -> list[int]:
        """Cells that each column's name takes, roughly: they are measured when they are seen."""
        return [min(len(name), _FIRST_WIDTH) for name in self._schema.names]

    def show_sorting(self, keys: Sequence[SortKey]) -> None:
        """Mark the columns by which rows are sorted: direction, order among keys, NULLs."""
        self._marks = {
            key.column: " "
            + ("▼" if key.descending else "▲")
            + (str(number) if len(keys) > 1 else "")
            + (PLACED_FIRST if key.nulls_first else "")
            for number, key in enumerate(keys, 1)
        }

    def _field(self, column: int) -> Field:
        return self._schema.field(column)


PLACED_FIRST = "∅"
"""Says in a heading that NULLs come first."""
