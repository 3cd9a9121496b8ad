"""Finding a text in the cells of a result, in steps that can be stopped after each."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.types as pat

from tusk.core.render import beginning, render_strings
from tusk.core.render.arrays import Array, Field, kernels, size_of
from tusk.core.render.kinds import is_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tusk.core.result import ResultBuffer
    from tusk.services.results.order import RowIndex

# A step works this long, then lets others have their turn.
_STEP_S = 0.03
# Rows that a search looks at together: the nearest of them is found without looking at the rest.
_SEARCH_ROWS = 8_192
# A text is searched whole, in place. Of longer bytes and nested values, for which text has to be
# made, these characters are.
SEARCHED_CHARACTERS = 1_000_000
_RENDERED_BYTES = 16_000_000
# Characters that texts of these types can be made of, in lower case.
_WHOLE = frozenset("-0123456789")
_NUMBER = frozenset("-+.0123456789einfatyn")


class Matcher:
    """A text to look for. Case matters only where the text has capital letters.

    Args:
        text: What to look for.
        columns: In which columns, in the order in which they are shown; None for all of them.

    >>> Matcher("ab").matches("xABx"), Matcher("Ab").matches("xABx")
    (True, False)
    """

    def __init__(self, text: str, columns: Sequence[int] | None = None) -> None:
        self.text = text
        self.columns = None if columns is None else tuple(columns)
        self.ignores_case = text == text.lower()

    def __bool__(self) -> bool:
        return bool(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Matcher) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, tuple[int, ...] | None]:
        return self.text, self.columns

    def matches(self, text: str) -> bool:
        """Whether the text is in another one."""
        return self.text in (text.lower() if self.ignores_case else text)

    def rows(self, batch: pa.RecordBatch, schema: pa.Schema) -> Array:
        """Which rows have the text in any column, as booleans."""
        found: Array | None = None
        for number in self._numbers(schema):
            values = batch.column(number)
            if self._may_be_in(values.type):
                here = self.cells(values, schema.field(number))
                found = here if found is None else kernels.or_(found, here)
        return pa.repeat(False, batch.num_rows) if found is None else found

    def places(self, row: pa.RecordBatch, schema: pa.Schema) -> list[int]:
        """Which of the columns have the text in a batch of one row, as they are counted here."""
        return [
            place
            for place, number in enumerate(self._numbers(schema))
            if self._may_be_in(row.column(number).type)
            and self.cells(row.column(number), schema.field(number))[0].as_py()
        ]

    def _numbers(self, schema: pa.Schema) -> Sequence[int]:
        return range(len(schema)) if self.columns is None else self.columns

    def cells(self, values: Array, field: Field) -> Array:
        """Which values have the text, as booleans."""
        texts = render_strings(_searched(values), field)
        found = kernels.match_substring(texts, self.text, ignore_case=self.ignores_case)
        return found.fill_null(False)

    def _may_be_in(self, type_: pa.DataType) -> bool:
        """False for types whose texts have no such characters, which saves making them."""
        letters = set(self.text.lower())
        if pat.is_integer(type_):
            return letters <= _WHOLE
        if pat.is_floating(type_) or pat.is_decimal(type_):
            return letters <= _NUMBER
        return not pat.is_null(type_)


def _searched(values: Array) -> Array:
    """What is searched: all of a text, and of other values as much as text is made of at once."""
    if is_text(values.type) or size_of(values) <= _RENDERED_BYTES:
        return values
    return beginning(values, SEARCHED_CHARACTERS)


@dataclass(frozen=True, slots=True)
class MatchStep:
    """What a step of filtering brought.

    Args:
        rows: Buffer rows that match, after those of earlier steps.
        scanned: All buffer rows before this one are done.
    """

    rows: Array
    scanned: int


class Chooser(Protocol):
    """Tells which rows are wanted."""

    def rows(self, batch: pa.RecordBatch, schema: pa.Schema) -> Array:
        """Those of a batch, as booleans."""
        ...


def match_steps(buffer: ResultBuffer, chooser: Chooser, start: int = 0) -> Iterator[MatchStep]:
    """Find the rows that are wanted, from row `start` to the end there is now."""
    found: list[Array] = []
    row = start
    pause = time.monotonic() + _STEP_S
    for batch in buffer.batches(start):
        here = kernels.indices_nonzero(chooser.rows(batch, buffer.schema))
        found.append(kernels.add(here, pa.scalar(row, pa.uint64())))
        row += batch.num_rows
        if time.monotonic() > pause:
            yield MatchStep(pa.concat_arrays(found), row)
            found = []
            pause = time.monotonic() + _STEP_S
    yield MatchStep(pa.concat_arrays([pa.array([], pa.uint64()), *found]), row)


@dataclass(frozen=True, slots=True)
class SearchStep:
    """How far a search is, 0 … 1, and the cell that it found, which ends it."""

    done: float
    cell: tuple[int, int] | None = None


def search_steps(
    buffer: ResultBuffer, matcher: Matcher, cell: tuple[int, int], *, backwards: bool = False
) -> Iterator[SearchStep]:
    """Find the nearest cell that has a text, from a cell on and once around, back to itself.

    Args:
        buffer: Where rows are; they are searched in its order.
        matcher: The text.
        cell: Row and column after which to begin (before which, when `backwards`).
        backwards: Search towards the first row.
    """
    row, column = cell
    total = buffer.num_rows
    here = _columns_at(buffer, matcher, row)
    if ahead := [c for c in here if (c < column if backwards else c > column)]:
        yield SearchStep(1.0, (row, ahead[-1 if backwards else 0]))
        return
    done = 0
    pause = time.monotonic() + _STEP_S
    for rows in _around(row, total, backwards=backwards):
        found = _row_in(buffer, matcher, rows, backwards=backwards)
        if found is not None:
            columns = _columns_at(buffer, matcher, found)
            yield SearchStep(1.0, (found, columns[-1 if backwards else 0]))
            return
        done += len(rows)
        if time.monotonic() > pause:
            yield SearchStep(done / total)
            pause = time.monotonic() + _STEP_S
    yield SearchStep(1.0, (row, here[-1 if backwards else 0]) if here else None)


def _around(row: int, total: int, *, backwards: bool) -> Iterator[range]:
    """All rows but one in short ranges, in the order in which to look at them."""
    after, before = range(row + 1, total), range(row)
    for part in (before, after) if backwards else (after, before):
        starts = range(part.start, part.stop, _SEARCH_ROWS)
        for start in reversed(starts) if backwards else starts:
            yield range(start, min(start + _SEARCH_ROWS, part.stop))


def _row_in(buffer: ResultBuffer, matcher: Matcher, rows: range, *, backwards: bool) -> int | None:
    """The first of some rows (the last one, when `backwards`) that has the text."""
    masks = [matcher.rows(batch, buffer.schema) for batch in buffer.batches(rows.start, rows.stop)]
    found = kernels.indices_nonzero(pa.chunked_array(masks, pa.bool_()))
    return rows.start + found[-1 if backwards else 0].as_py() if len(found) else None


def _columns_at(buffer: ResultBuffer, matcher: Matcher, row: int) -> list[int]:
    batch, offset = buffer.batch_at(row)
    return matcher.places(batch.slice(offset, 1), buffer.schema)


def search_index(
    buffer: ResultBuffer,
    matcher: Matcher,
    order: RowIndex,
    found: Array,
    cell: tuple[int, int],
    *,
    backwards: bool = False,
) -> tuple[int, int] | None:
    """As `search_steps`, in another order of rows.

    Args:
        buffer: Where rows are.
        matcher: The text.
        order: In which order they are shown; rows of `cell` and of the answer are those shown.
        found: All buffer rows that have the text.
        cell: Row and column after which to begin (before which, when `backwards`).
        backwards: Search towards the first row.
    """
    row, column = cell
    here = _columns_at(buffer, matcher, order[row])
    if ahead := [c for c in here if (c < column if backwards else c > column)]:
        return row, ahead[-1 if backwards else 0]
    after, before = range(row + 1, len(order)), range(row)
    for part in (before, after) if backwards else (after, before):
        place = _place_in(order, part, found, backwards=backwards)
        if place is not None:
            columns = _columns_at(buffer, matcher, order[place])
            return place, columns[-1 if backwards else 0]
    return (row, here[-1 if backwards else 0]) if here else None


def _place_in(order: RowIndex, part: range, found: Array, *, backwards: bool) -> int | None:
    """Where in a part of the order the first (or last) of the found rows is."""
    place: int | None = None
    start = part.start
    for rows in order.chunks(part.start, part.stop):
        hits = kernels.indices_nonzero(kernels.is_in(rows, found.cast(rows.type)))
        if len(hits):
            place = start + hits[-1 if backwards else 0].as_py()
            if not backwards:
                return place
        start += len(rows)
    return place
