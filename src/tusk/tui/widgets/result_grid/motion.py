"""Where a movement of the cursor leads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cursor is, and in what.

    Args:
        row: Current row.
        column: Current column.
        row_count: Rows there are.
        column_count: Columns there are.
        page_rows: Rows that a page down goes down.
        page_columns: Columns that a page to the right goes right.
    """

    row: int
    column: int
    row_count: int
    column_count: int
    page_rows: int
    page_columns: int


def target(place: Place, direction: str) -> tuple[int, int]:
    """The row and column that a movement leads to, perhaps outside of the result.

    >>> target(Place(5, 1, 10, 3, 4, 2), "page-down")
    (9, 1)
    """
    row, column = place.row, place.column
    match direction:
        case "up":
            return row - 1, column
        case "down":
            return row + 1, column
        case "left":
            return row, column - 1
        case "right":
            return row, column + 1
        case "page-up":
            return row - place.page_rows, column
        case "page-down":
            return row + place.page_rows, column
        case "page-left":
            return row, column - place.page_columns
        case "page-right":
            return row, column + place.page_columns
        case "first-column":
            return row, 0
        case "last-column":
            return row, place.column_count - 1
        case "first-row":
            return 0, column
        case "last-row":
            return place.row_count - 1, column
        case _:
            raise ValueError(direction)
