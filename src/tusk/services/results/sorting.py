"""Sorting by typed values, first rows first, in steps that can be stopped after each.

Rows are dealt into buckets by their first key, with limits taken from a sample, and the buckets
are sorted one after the other: the first one is small, so that a screen of rows is there early,
and no step needs more memory than one bucket's keys. Stable throughout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tusk.core.render.arrays import Array, kernels
from tusk.services.results.order import RowIndex, Rows
from tusk.services.results.sortkeys import KeyColumn, SortKey, key_column

if TYPE_CHECKING:
    from tusk.core.result import ResultBuffer

# Rows of a bucket: Arrow sorts as many in a fraction of a second.
_BUCKET_ROWS = 500_000
_SAMPLES = 64
_ROWS_PER_SAMPLE = 64
# The first bucket has about this part of all rows.
_FIRST_PART = 0.005
# Reading and dealing out take about this part of the whole time.
_DEALING_PART = 0.3


@dataclass(frozen=True, slots=True)
class SortStep:
    """What a step of sorting brought.

    Args:
        rows: Buffer rows that come next in the order; none while rows are dealt out.
        done: How much of the work is done, 0 … 1.
    """

    rows: Array
    done: float


Columns = Sequence[tuple[SortKey, KeyColumn]]
_NO_ROWS = pa.array([], pa.uint64())


def sort_steps(
    buffer: ResultBuffer, keys: Sequence[SortKey], some: RowIndex | None = None
) -> Iterator[SortStep]:
    """Sort the rows that are in a buffer now.

    Args:
        buffer: Where they are.
        keys: By what, the most important one first.
        some: Sort only these rows, which are in ascending order.
    """
    rows = Rows(buffer, some)
    columns = [(key, key_column(buffer, key.column)) for key in keys]
    done = 0
    for step in _steps(buffer, columns, rows):
        if step is None:
            yield SortStep(_NO_ROWS, _DEALING_PART / 2)
            continue
        done += len(step)
        yield SortStep(step, _DEALING_PART + (1 - _DEALING_PART) * done / max(1, len(rows)))


def _steps(buffer: ResultBuffer, columns: Columns, rows: Rows) -> Iterator[Array | None]:
    """Rows in order, in parts; None after work that brought no rows yet."""
    key, column = columns[0]
    limits = _limits(rows, key, column)
    dealt: list[Array] = []
    for run in rows.runs():
        dealt.append(_deal(rows.column(run, key.column), column, limits))
        yield None
    for bucket in _bucket_order(len(limits), key):
        masks = [kernels.equal(buckets, pa.scalar(bucket, buckets.type)) for buckets in dealt]
        ids = [rows.ids(run).filter(mask) for run, mask in zip(rows.runs(), masks, strict=True)]
        found = pa.concat_arrays([_NO_ROWS, *ids])
        if len(found) > 2 * _BUCKET_ROWS and _is_constant(rows, masks, key, column):
            yield from _steps_below(buffer, columns[1:], found)
        elif len(found):
            yield found.take(_sorted_places(rows, masks, columns))


def _steps_below(buffer: ResultBuffer, columns: Columns, ids: Array) -> Iterator[Array | None]:
    """Rows that are all the same by the keys before `columns`."""
    if columns:
        some = RowIndex()
        some.append(ids)
        yield from _steps(buffer, columns, Rows(buffer, some))
    else:
        yield ids


def _is_constant(rows: Rows, masks: list[Array], key: SortKey, column: KeyColumn) -> bool:
    """Whether all values under the masks are the same one, by what tells the most."""
    first: list[object] | None = None
    for run, mask in zip(rows.runs(), masks, strict=True):
        for values in _filtered(rows.column(run, key.column), mask):
            for part in column.parts(values):
                if pc.count_distinct(part, mode="all").as_py() > 1:
                    return False
            here = [part[0].as_py() for part in column.parts(values.slice(0, 1))]
            if first is not None and repr(first) != repr(here):  # repr: NaN is itself
                return False
            first = here
    return True


def _limits(rows: Rows, key: SortKey, column: KeyColumn) -> Array:
    """Values that divide the rows into buckets, by a sample of them."""
    buckets = len(rows) // _BUCKET_ROWS
    if not buckets:
        return pa.array([], pa.float64())
    step = max(1, (len(rows) - _ROWS_PER_SAMPLE) // (_SAMPLES - 1))
    starts = range(0, len(rows) - _ROWS_PER_SAMPLE, step)
    sampled = [
        column.rough(values)
        for start in starts
        for values in rows.column(range(start, start + _ROWS_PER_SAMPLE), key.column)
    ]
    sample = pa.concat_arrays(sampled).drop_null()
    sample = sample.take(kernels.sort_indices(sample))
    parts = [number / buckets for number in range(1, buckets)]
    parts.append(1 - _FIRST_PART if key.descending else _FIRST_PART)
    places = sorted({int(part * len(sample)) for part in parts if len(sample)})
    return kernels.unique(sample.take(pa.array(places, pa.int64())))


def _deal(arrays: list[Array], column: KeyColumn, limits: Array) -> Array:
    """The bucket of each value: below the first limit 0, and so on; the last one for NULL."""
    null_bucket = len(limits) + 1
    if len(limits):
        rough = pa.concat_arrays([column.rough(values) for values in arrays])
        found = kernels.coalesce(kernels.search_sorted(limits, rough, side="right"), null_bucket)
    else:
        is_null = pa.concat_arrays([values.is_null() for values in arrays])
        found = kernels.if_else(is_null, null_bucket, 0)
    return found.cast(pa.uint16())


def _bucket_order(limits: int, key: SortKey) -> list[int]:
    values = list(range(limits + 1))
    if key.descending:
        values.reverse()
    nulls = [limits + 1]
    return nulls + values if key.nulls_first else values + nulls


def _filtered(arrays: list[Array], mask: Array) -> list[Array]:
    """The values under a mask that goes over all arrays together."""
    if all(values.type == arrays[0].type for values in arrays):
        chunks = pa.chunked_array(arrays).filter(mask).chunks
        return [values for values in chunks if len(values)]
    found: list[Array] = []
    start = 0
    for values in arrays:
        found.append(values.filter(mask.slice(start, len(values))))
        start += len(values)
    return [values for values in found if len(values)]


def _sorted_places(rows: Rows, masks: list[Array], columns: Columns) -> Array:
    """In which order the rows under the masks have to be taken."""
    arrays: list[Array] = []
    order: list[tuple[str, str, str]] = []
    for key, column in columns:
        found = [
            column.parts(values)
            for run, mask in zip(rows.runs(), masks, strict=True)
            for values in _filtered(rows.column(run, key.column), mask)
        ]
        direction = "descending" if key.descending else "ascending"
        nulls = "at_start" if key.nulls_first else "at_end"
        for pieces in zip(*found, strict=True):
            order.append((str(len(arrays)), direction, nulls))
            arrays.append(pa.concat_arrays(pieces))
    table = pa.Table.from_arrays(arrays, [name for name, _, _ in order])
    return kernels.sort_indices(table, sort_keys=order)
