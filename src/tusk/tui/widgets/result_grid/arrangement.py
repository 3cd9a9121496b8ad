"""Which rows are shown and in which order: filter and sort keys, and the work they take.

The work is done in a thread, step by step; leaving it (the worker is cancelled) stops it after
the step that is running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from tusk.services.background import step_back
from tusk.services.results.filters import RowFilter
from tusk.services.results.matching import Matcher, match_steps, search_index, search_steps
from tusk.services.results.order import RowIndex
from tusk.services.results.sorting import sort_steps

if TYPE_CHECKING:
    from tusk.core.render.arrays import Array
    from tusk.core.result import ResultBuffer
    from tusk.services.results.filters import Condition
    from tusk.services.results.sortkeys import SortKey

ShowOrder = Callable[[Sequence[int]], None]
T = TypeVar("T")

# One thread for all of them: Arrow's allocator keeps freed memory for each thread by itself.
_WORKER = ThreadPoolExecutor(1, "tusk-grid", initializer=step_back)


async def _next(steps: Iterator[T]) -> T | None:
    """The next step, made in the worker's thread; None after the last one."""
    return await asyncio.get_running_loop().run_in_executor(_WORKER, next, steps, None)


def _release_memory() -> None:
    """Let the system have what Arrow's allocator keeps of freed memory."""
    _WORKER.submit(pa.default_memory_pool().release_unused)


@dataclass(frozen=True, slots=True)
class ViewState:
    """What a status line says about a grid's rows.

    Args:
        rows_shown: Rows that can be scrolled to now.
        rows_total: Rows of the result, as far as fetched.
        filter_text: Only rows with this text are shown; empty for all rows.
        conditions: What columns are filtered by, by number of the buffer's column.
        sort_keys: By what they are sorted.
        search_text: The text that is looked for.
        is_readable: Whether dates and numbers are shown as people write them.
        hidden_columns: How many columns are not shown.
        work: `filtering`, `sorting`, `searching`, or empty.
        done: How much of that work is done, 0 … 1.
    """

    rows_shown: int
    rows_total: int
    filter_text: str
    conditions: Mapping[int, Condition]
    sort_keys: Sequence[SortKey]
    search_text: str
    is_readable: bool
    hidden_columns: int
    work: str
    done: float

    @property
    def is_filtered(self) -> bool:
        """Whether rows are missing because of a filter."""
        return bool(self.filter_text or self.conditions)


class Arrangement:
    """The order of one result's rows.

    Args:
        buffer: Where the rows are.
        changed: Called when `work` or `done` are others.
    """

    def __init__(self, buffer: ResultBuffer, changed: Callable[[], None]) -> None:
        self._buffer = buffer
        self._changed = changed
        self._matched: RowIndex | None = None
        self._scanned = 0
        self._found: tuple[Matcher, int, Array] | None = None  # text, rows searched, rows found
        self.filter = RowFilter()
        self.keys: tuple[SortKey, ...] = ()
        self.work = ""
        self.done = 0.0

    @property
    def is_plain(self) -> bool:
        """Whether all rows are shown as they came."""
        return not self.filter and not self.keys

    @property
    def matched(self) -> RowIndex | None:
        """The rows that the filter lets through, in the buffer's order; None without a filter."""
        return self._matched if self.filter else None

    def set_filter(self, row_filter: RowFilter) -> None:
        """Show only some rows."""
        self.filter = row_filter
        self._matched = None
        self._scanned = 0

    def _tell(self, work: str, done: float = 0.0) -> None:
        self.work, self.done = work, done
        self._changed()

    async def arrange(self, show: ShowOrder) -> None:
        """Filter and sort the rows there are, and show what is done of it as it comes."""
        try:
            if self.filter:
                await self._match(show)
            if self.keys:
                await self._sort(show)
        finally:
            _release_memory()
            self._tell("", 1.0)

    async def _match(self, show: ShowOrder) -> None:
        matched = self._matched = self._matched or RowIndex()
        total = max(1, self._buffer.num_rows)
        steps = match_steps(self._buffer, self.filter, self._scanned)
        self._tell("filtering", self._scanned / total)
        while step := await _next(steps):
            matched.append(step.rows)
            self._scanned = step.scanned
            show(matched)
            self._tell("filtering", step.scanned / total)

    async def _sort(self, show: ShowOrder) -> None:
        order = RowIndex()
        steps = sort_steps(self._buffer, self.keys, self._matched)
        self._tell("sorting")
        while step := await _next(steps):
            order.append(step.rows)
            if len(order):
                show(order)
            self._tell("sorting", step.done)

    async def search(
        self,
        matcher: Matcher,
        order: Sequence[int],
        cell: tuple[int, int],
        *,
        backwards: bool = False,
    ) -> tuple[int, int] | None:
        """The nearest cell with a text, in the order that is shown."""
        self._tell("searching")
        try:
            if isinstance(order, RowIndex):
                return await self._search_index(matcher, order, cell, backwards=backwards)
            steps = search_steps(self._buffer, matcher, cell, backwards=backwards)
            while step := await _next(steps):
                if step.cell is not None:
                    return step.cell
                self._tell("searching", step.done)
            return None
        finally:
            self._tell("", 1.0)

    async def _search_index(
        self, matcher: Matcher, order: RowIndex, cell: tuple[int, int], *, backwards: bool
    ) -> tuple[int, int] | None:
        """Find all rows with the text once, then the nearest of them in the order shown."""
        found = await self._all_rows_with(matcher)
        search = partial(
            search_index, self._buffer, matcher, order, found, cell, backwards=backwards
        )
        return await asyncio.get_running_loop().run_in_executor(_WORKER, search)

    async def _all_rows_with(self, matcher: Matcher) -> Array:
        total = self._buffer.num_rows
        if self._found is not None and self._found[:2] == (matcher, total):
            return self._found[2]
        rows: list[Array] = []
        steps = match_steps(self._buffer, matcher)
        while step := await _next(steps):
            rows.append(step.rows)
            self._tell("searching", step.scanned / max(1, total))
        self._found = (matcher, total, pa.concat_arrays(rows))
        return self._found[2]
