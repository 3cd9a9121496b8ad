"""Rows that a tab reads beside its own runs: at the other end of a key, or once more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from tusk.core.dialect import DIALECTS
from tusk.core.errors import QueryCancelled, TuskError, UsageError
from tusk.core.events import BatchArrived, Finished, NoticeArrived, ResultOpened
from tusk.services.foreign_keys import LinkFinder, ways_from
from tusk.services.queries import run_statements
from tusk.services.results.finding import MOST_COLUMNS, find_row, texts_of
from tusk.tui.defects import as_tusk_error
from tusk.tui.export_request import Origin
from tusk.tui.run_status import Phase, RunStatus, outcome, times
from tusk.tui.run_view import one_line
from tusk.tui.screens.choice import Choice, ChoiceScreen
from tusk.tui.session_work import SessionWork
from tusk.tui.widgets import message_log
from tusk.tui.widgets.message_log import Level
from tusk.tui.widgets.result import Rows

if TYPE_CHECKING:
    from tusk.core.events import Event
    from tusk.core.result import ResultBuffer
    from tusk.core.statement import Statement
    from tusk.engines.base import Session
    from tusk.services.foreign_keys import Way
    from tusk.services.queries import Pager, RunOptions
    from tusk.tui.connection_book import ConnectionBook
    from tusk.tui.screens.changes import Applied
    from tusk.tui.widgets.document_pane import DocumentPane
    from tusk.tui.widgets.result import Result
    from tusk.tui.widgets.result_grid import ResultGrid

_GROUP = "rows"
_Read: TypeAlias = "Callable[[SessionWork, Origin], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class _Spot:
    """A row by its values: where it was, and what tells it from others."""

    row: int
    columns: Sequence[int]
    texts: Sequence[str | None]


class RowReading:
    """Reads rows for the results of one tab, one thing at a time.

    Args:
        pane: The tab.
        book: The app's connections.
    """

    def __init__(self, pane: DocumentPane, book: ConnectionBook) -> None:
        self._pane = pane
        self._book = book
        self._work: SessionWork | None = None
        self._rows_so_far: int | None = None

    @property
    def status(self) -> RunStatus:
        """What goes on now."""
        status = self._work.status if self._work is not None else RunStatus()
        return replace(status, rows=self._rows_so_far)

    @property
    def is_active(self) -> bool:
        """Whether rows are being read, or are about to be."""
        return self._work is not None and self._work.is_active

    def follow(self, result: Result, grid: ResultGrid, *, asks: bool) -> None:
        """Go to the rows at the other end of a key.

        Args:
            result: From its current cell.
            grid: Shows it.
            asks: Have the user choose the key, even where the cell has just one.
        """
        if not self._is_free():
            return
        if not grid.row_count or not grid.column_count:
            self._pane.results.tell("There is no row to follow a key from.", is_good=False)
            return
        cell = grid.buffer_row(grid.cursor_row), grid.buffer_column(grid.cursor_column)

        async def go(work: SessionWork, origin: Origin) -> None:
            await self._follow(work, origin, result, cell, asks=asks)

        self._begin(result, go)

    def read_on(self, result: Result, *, all_rows: bool) -> None:
        """Read a result again, with more of its rows."""
        if not self._is_free():
            return
        count = result.buffer.num_rows
        grid = self._pane.results.grid_of(result)
        spot = None
        if grid is not None and grid.row_count:
            columns = range(min(MOST_COLUMNS, result.buffer.num_columns))
            spot = _spot(result.buffer, grid.buffer_row(grid.cursor_row), columns)

        async def read(work: SessionWork, origin: Origin) -> None:
            page = self._options(origin).fetch_limit
            limit = None if all_rows or page is None else count + max(count, page)
            await self._read_again(work, origin, result, limit, spot)

        self._begin(result, read)

    def read_changed(self, result: Result, applied: Applied) -> None:
        """Read a result again, whose rows were changed."""
        count, is_whole = result.buffer.num_rows, result.is_whole
        spot = _Spot(applied.row, applied.key, applied.texts)

        async def read(work: SessionWork, origin: Origin) -> None:
            page = self._options(origin).fetch_limit
            limit = None if is_whole or page is None else max(page, count)
            await self._pane.let_rest_go(result)
            await self._read_again(work, origin, result, limit, spot)

        self._begin(result, read)

    async def cancel(self) -> None:
        """Read nothing after all; what is shown stays."""
        work = self._work
        if work is None or await work.cancel():
            return
        self._pane.workers.cancel_group(self._pane, _GROUP)

    # ── one thing at a time ──────────────────────────────────────────────────────────────

    def _is_free(self) -> bool:
        if self.is_active:
            self._pane.results.tell("Rows are being read: Esc cancels that.", is_good=False)
        return not self.is_active

    def _begin(self, result: Result, read: _Read) -> None:
        if result.origin is None:
            self._tell(UsageError("where these rows come from is not known"))
            return
        entry = result.origin.entry
        self._work = SessionWork(self._pane.app, self._book, entry, "reading rows", self._changed)
        # Known as active from now on, not only when the worker begins.
        self._work.begin()
        worker = self._guarded(self._work, result, result.origin, read)
        self._pane.run_worker(worker, group=_GROUP, exclusive=True)

    async def _guarded(
        self, work: SessionWork, result: Result, origin: Origin, read: _Read
    ) -> None:
        try:
            with self._pane.results.holding(result.buffer):
                await read(work, origin)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._tell(as_tusk_error(exc))
        finally:
            self._rows_so_far = None
            work.end()

    def _options(self, origin: Origin) -> RunOptions:
        return origin.entry.options(self._pane.options())

    def _changed(self) -> None:
        self._pane.tell_changed()

    def _tell(self, error: TuskError) -> None:
        """Say what went wrong, with the rows still in front."""
        results = self._pane.results
        if not isinstance(error, UsageError | QueryCancelled):
            results.say(message_log.error_entry(error))
        words = f"{error.message} ({error.hint})" if error.hint else error.message
        results.tell(words.partition("\n")[0], is_good=False)

    # ── following a key ──────────────────────────────────────────────────────────────────

    async def _follow(
        self,
        work: SessionWork,
        origin: Origin,
        result: Result,
        cell: tuple[int, int],
        *,
        asks: bool,
    ) -> None:
        if not await work.connect():
            return
        row, column = cell
        finder = LinkFinder(origin.statement, result.buffer.schema)
        await work.run(origin.statement, self._options(origin), finder.run, lambda _: None)
        direct = finder.at(column)
        links = finder.links if asks or not direct else direct
        ways = ways_from(links, result.buffer, row, DIALECTS[origin.entry.engine])
        is_clear = len(direct) == 1 and not asks
        way = ways[0] if is_clear else await self._chosen(work, finder, ways)
        if way is None:
            return
        target = way.target
        if target is None:
            raise UsageError(way.reason)
        reached = Origin(target.statement, target.parameters, origin.entry)
        rows = await self._read(work, reached, self._options(origin).fetch_limit)
        if rows is not None:
            trail = result.trail or (way.link.own.path[-1],)
            step = f"{target.name} {target.condition}"
            await self._pane.results.open_walked(result, rows, (*trail, step))

    async def _chosen(
        self, work: SessionWork, finder: LinkFinder, ways: Sequence[Way]
    ) -> Way | None:
        """The way that the user chooses; None for none."""
        if not ways:
            names = " and ".join(table.path[-1] for table in finder.tables)
            raise UsageError(f"no foreign key leads from {names} or to it")
        work.begin()
        choices = [Choice(str(number), way.label) for number, way in enumerate(ways)]
        answer = await self._pane.app.push_screen_wait(ChoiceScreen("Follow which key?", choices))
        return None if answer is None else ways[int(answer)]

    # ── reading ──────────────────────────────────────────────────────────────────────────

    async def _read_again(
        self,
        work: SessionWork,
        origin: Origin,
        result: Result,
        limit: int | None,
        spot: _Spot | None,
    ) -> None:
        rows = await self._read(work, origin, limit) if await work.connect() else None
        if rows is None:
            return
        place = None
        if spot is not None:
            texts, near = spot.texts, spot.row
            place = await asyncio.to_thread(find_row, rows.buffer, spot.columns, texts, near)
        self._pane.results.replace_rows(result, rows, place)

    async def _read(self, work: SessionWork, origin: Origin, limit: int | None) -> Rows | None:
        """Run a query to its end or to a limit; None when it was cancelled before it began.

        Raises:
            TuskError: It failed, or was cancelled.
        """
        found: list[ResultBuffer] = []
        ended: list[Finished] = []

        def follow(event: Event) -> None:
            match event:
                case ResultOpened(buffer=buffer) if buffer is not None:
                    found.append(buffer)
                case BatchArrived(batch=batch):
                    self._rows_so_far = (self._rows_so_far or 0) + batch.num_rows
                case NoticeArrived(notice=notice):
                    self._pane.results.say(message_log.notice_entry(notice))
                case Finished():
                    ended.append(event)
                case _:
                    pass

        options = replace(self._options(origin), parameters=origin.parameters, fetch_limit=limit)
        try:
            await work.run(origin.statement, options, _to_the_limit, follow)
        except BaseException:
            for buffer in found:
                buffer.close()
            raise
        if not found or not ended:
            return None
        end = ended[0]
        status = RunStatus(
            Phase.DONE, rows=end.rows, timing=end.timing, is_complete=end.is_complete
        )
        words = f"{outcome(status)} · {times(status)}"
        line = one_line(origin.statement.text, 80)
        self._pane.results.say(message_log.Entry(Level.DONE, line, (("result", words),)))
        return Rows(found[0], status, origin)


def _to_the_limit(
    session: Session,
    statements: Sequence[Statement],
    sink: Callable[[Event], None],
    options: RunOptions,
    pager: Pager | None = None,
) -> bool:
    """Run statements without waiting for somebody to fetch on: the session is free after it."""
    del pager
    return run_statements(session, statements, sink, options)


def _spot(buffer: ResultBuffer, row: int, columns: Sequence[int]) -> _Spot:
    return _Spot(row, columns, texts_of(buffer, row, columns))
