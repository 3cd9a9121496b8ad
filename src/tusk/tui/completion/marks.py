"""Marks on what is surely wrong: found in the background, gone when their statement changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widgets.text_area import Location

    from tusk.services.sql_check import Problem
    from tusk.tui.editing.places import Places


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on a part of one line. Rows and columns count from 0.

    Args:
        message: What is wrong; not made safe for a screen.
        row: Its line.
        start: Its first column.
        end: The column behind it.
        is_unfinished: Only the end of the statement lacks: shown when the caret has left that.
        statement: Where its statement begins and ends, with the white space behind it.
    """

    message: str
    row: int
    start: int
    end: int
    is_unfinished: bool
    statement: tuple[Location, Location]

    def is_at(self, caret: Location) -> bool:
        """Whether the caret is in its statement."""
        start, end = self.statement
        return start <= caret <= end

    def covers(self, start: Location, end: Location) -> bool:
        """Whether it shares a cell with a part of the text."""
        return (self.row, self.start) < max(end, (start[0], start[1] + 1)) and start < (
            self.row,
            self.end,
        )


def marks_of(problems: Iterable[Problem], text: str, places: Places) -> list[Mark]:
    """The marks for problems; of one that goes over several lines the first one is marked."""
    marks: list[Mark] = []
    for problem in problems:
        row, column = places.place(problem.start)
        line_end = text.find("\n", problem.start, problem.end)
        length = (problem.end if line_end < 0 else line_end) - problem.start
        start, end = problem.statement
        marks.append(
            Mark(
                problem.message,
                row,
                column,
                column + max(1, length),
                problem.is_unfinished,
                (places.place(start), places.place(end)),
            )
        )
    return marks


def moved(marks: Iterable[Mark], first: int, last: int, by: int) -> list[Mark]:
    """The marks after a change: those of changed statements are gone, those below have moved.

    >>> mark = Mark("?", 5, 0, 3, False, ((5, 0), (6, 2)))
    >>> [m.row for m in moved([mark], 1, 2, 3)], moved([mark], 6, 6, 0)
    ([8], [])

    Args:
        marks: As they were.
        first: First row of the change.
        last: Its last row, as rows were before.
        by: How many rows came in.
    """
    kept: list[Mark] = []
    for mark in marks:
        (top, left), (bottom, right) = mark.statement
        if bottom < first:
            kept.append(mark)
        elif top > last:
            place = ((top + by, left), (bottom + by, right))
            kept.append(replace(mark, row=mark.row + by, statement=place))
    return kept


def visible(
    marks: Iterable[Mark], caret: Location, error: tuple[Location, Location] | None
) -> tuple[Mark, ...]:
    """The marks to show: not where somebody is still writing, nor over the error of a run."""
    return tuple(
        mark
        for mark in marks
        if not (mark.is_unfinished and mark.is_at(caret))
        and not (error is not None and mark.covers(*error))
    )


def note_of(marks: Sequence[Mark], caret: Location) -> str:
    """What to say of the marks in sight: of the one at the caret, else of the nearest one.

    >>> mark = Mark("syntax error", 4, 0, 3, False, ((4, 0), (6, 2)))
    >>> note_of([mark, mark], (0, 0)), note_of([], (0, 0))
    ('line 5: syntax error (+1)', '')
    """
    if not marks:
        return ""
    nearest = min(marks, key=lambda mark: (not mark.is_at(caret), abs(mark.row - caret[0])))
    more = f" (+{len(marks) - 1})" if len(marks) > 1 else ""
    message = nearest.message.partition("\n")[0]
    return f"line {nearest.row + 1}: {message}{more}"
