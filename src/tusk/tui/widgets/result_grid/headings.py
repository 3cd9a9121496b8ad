"""What stands above the columns: names, types, how rows are sorted and filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from tusk.core.schema import db_type_of
from tusk.core.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from tusk.core.render.arrays import Field
    from tusk.services.results.filters import RowFilter
    from tusk.services.results.sortkeys import SortKey
    from tusk.tui.widgets.result_grid.shown import ShownColumns

# Names and types may be as long as data; no column becomes this wide by itself.
_LONGEST = 200
_FIRST_WIDTH = 20


class Headings:
    """Safe names and types of a schema's columns, made when they are asked for."""

    def __init__(self, schema: pa.Schema, columns: ShownColumns) -> None:
        self._schema = schema
        self._columns = columns
        self._sorting: dict[int, str] = {}
        self._filtered: frozenset[int] = frozenset()

    def name(self, column: int) -> str:
        """The column's name, and how rows are sorted and filtered by it."""
        number = self._columns.column(column)
        name = self._schema.field(number).name[:_LONGEST]
        mark = f" {FILTERED}" if number in self._filtered else ""
        return safe(name) + mark + self._sorting.get(number, "")

    def type(self, column: int) -> str:
        """The column's type, in its database's words."""
        return safe(db_type_of(self._field(column))[:_LONGEST])

    def width(self, column: int, *, with_type: bool) -> int:
        """Cells that the column's heading takes."""
        width = cell_len(self.name(column))
        return max(width, cell_len(self.type(column))) if with_type else width

    def widths(self) -> list[int]:
        """Cells that the name of each of the result's columns takes, roughly.

        They are measured when they are seen.
        """
        return [min(len(name), _FIRST_WIDTH) for name in self._schema.names]

    def show_sorting(self, keys: Sequence[SortKey]) -> None:
        """Mark the columns by which rows are sorted: direction, order among keys, NULLs."""
        self._sorting = {
            key.column: " "
            + ("▼" if key.descending else "▲")
            + (str(number) if len(keys) > 1 else "")
            + (PLACED_FIRST if key.nulls_first else "")
            for number, key in enumerate(keys, 1)
        }

    def show_filters(self, columns: Iterable[int]) -> None:
        """Mark the columns of the result that rows are filtered by."""
        self._filtered = frozenset(columns)

    def _field(self, column: int) -> Field:
        return self._schema.field(self._columns.column(column))


def filter_note(row_filter: RowFilter, schema: pa.Schema) -> str:
    """What rows are filtered by, in a line that is safe to show; empty without a filter."""
    parts = [
        f"{schema.field(column).name[:_LONGEST]}: {condition}"
        for column, condition in row_filter.conditions.items()
    ]
    if row_filter.matcher:
        parts.append(f"any column: {row_filter.matcher.text}")
    return f"{FILTERED} {safe(' · '.join(parts))} · F: all rows" if parts else ""


FILTERED = "▽"
"""Says that rows are missing because of a filter."""
PLACED_FIRST = "∅"
"""Says in a heading that NULLs come first."""
