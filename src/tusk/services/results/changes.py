"""What is different in a result since the run before: which row was which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tusk.core.render.arrays import Array, kernels
from tusk.services.results.identity import distinct_texts

if TYPE_CHECKING:
    from tusk.core.result import ResultBuffer

MOST_ROWS = 200_000
"""Of larger results nothing is marked: somebody looks at what is repeated."""


@dataclass(frozen=True, slots=True)
class EarlierRows:
    """Where the rows of a result were in the run before.

    Args:
        rows: For each row its number there; NULL for one that is new.
        new: How many are new.
        gone: How many rows of the run before there are no more.
        key: The column by which rows were found again; None when by their places.
    """

    rows: Array
    new: int
    gone: int
    key: int | None


def earlier_rows(before: ResultBuffer, after: ResultBuffer, key: int) -> EarlierRows | None:
    """Find the rows of a result again; None when there are too many.

    Args:
        before: The result of the run before.
        after: The result of this run, with the same columns.
        key: A column that may tell rows apart. Where it does not, rows are taken by their places.

    Raises:
        IndexError: One of them was closed.
    """
    if max(before.num_rows, after.num_rows) > MOST_ROWS:
        return None
    known, wanted = _keys(before, key), _keys(after, key)
    if _are_unique(known) and _are_unique(wanted):
        rows = kernels.index_in(wanted, known)
        found_by: int | None = key
    else:
        count = len(known)
        places = range(len(wanted))
        rows = pa.array([place if place < count else None for place in places], pa.int32())
        found_by = None
    again = len(rows) - rows.null_count
    return EarlierRows(rows, rows.null_count, len(known) - again, found_by)


def _keys(buffer: ResultBuffer, column: int) -> Array:
    field = buffer.schema.field(column)
    texts = [distinct_texts(batch.column(column), field) for batch in buffer.batches()]
    return pa.concat_arrays([pa.array([], pa.large_string()), *texts])


def _are_unique(values: Array) -> bool:
    return not values.null_count and pc.count_distinct(values).as_py() == len(values)
