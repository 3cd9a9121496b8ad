"""`ExportJob`: one export on its way, in the background."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tusk.core.errors import QueryCancelled, TuskError, UsageError
from tusk.services.catalog.nodes import size_text
from tusk.services.export_selection import export_buffer
from tusk.services.exports import ExportSummary, Progress, WriterOptions, export
from tusk.tui.connecting import connect
from tusk.tui.defects import as_tusk_error
from tusk.tui.export_request import Exportable, ExportRequest, Origin, Rows, Scope
from tusk.tui.run_status import Phase, RunStatus, rows_words, seconds
from tusk.tui.turns import ask_for_turn

if TYPE_CHECKING:
    from textual.app import App

    from tusk.core.events import Event
    from tusk.core.statement import Statement
    from tusk.services.connections import Session
    from tusk.services.queries import RunOptions
    from tusk.services.query_run import QueryRun
    from tusk.tui.connection_book import ConnectionBook
    from tusk.tui.turns import Runner


class ExportJob:
    """Writes what was asked for; `progress` tells how far it is.

    It is a `Runner`: where it needs a connection, it takes its turn among the tabs.

    Args:
        request: What was asked for.
        source: What there is.
    """

    def __init__(self, request: ExportRequest, source: Exportable) -> None:
        self.request = request
        self.source = source
        self.progress: Progress | None = None
        self.summary: ExportSummary | None = None
        self.error: TuskError | None = None
        self.status = RunStatus(Phase.RUNNING, started_at=time.monotonic())
        self._stop = threading.Event()
        self._run: QueryRun | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self.request.path

    @property
    def title(self) -> str:
        """What a tab that waits for it calls it."""
        return f"export to {self.path.name}"

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return not self.status.phase.is_active

    @property
    def is_cancelled(self) -> bool:
        """Whether it was ended before it was done."""
        return self.status.phase is Phase.CANCELLED

    def make_way(self, other: str) -> None:
        """A tab has it ended."""
        self.status = replace(self.status, other=other)

    def cancel(self) -> None:
        """End it; what was there before stays."""
        self._stop.set()
        if not self.is_over:
            self.status = replace(self.status, phase=Phase.CANCELLING)
        if self._run is not None:
            self._run.cancel()

    # ── running ──────────────────────────────────────────────────────────────────────────

    async def run(self, app: App[object], book: ConnectionBook, options: RunOptions) -> None:
        """Do it; `summary` or `error` tells the outcome. Call it from a worker.

        Args:
            app: Shows questions.
            book: The app's connections.
            options: How statements run.
        """
        try:
            if self.request.scope is Scope.EVERYTHING and self.source.origin is not None:
                await self._stream(app, book, self.source.origin, options)
            else:
                rows = self.source.rows[self.request.scope]
                with self.source.pane.results.holding(rows.buffer):
                    self.summary = await asyncio.to_thread(self._write, rows)
        except QueryCancelled:
            pass
        except IndexError:
            self.error = UsageError("the result was closed meanwhile")
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self.error = as_tusk_error(exc)
        finally:
            # Leaving the app cancels the worker, not the thread.
            self._stop.set()
            self._end()

    def _end(self) -> None:
        phase = Phase.DONE if self.summary else Phase.FAILED if self.error else Phase.CANCELLED
        self.status = replace(self.status, phase=phase)

    def _write(self, rows: Rows) -> ExportSummary:
        request = self.request
        return export_buffer(
            rows.buffer,
            request.path,
            request.format,
            rows=rows.rows,
            columns=rows.columns,
            options=WriterOptions(own=request.own),
            if_exists=request.if_exists,
            stop=self._stop,
            on_progress=self._progressed,
        )

    def _progressed(self, progress: Progress) -> None:
        self.progress = progress

    async def _stream(
        self, app: App[object], book: ConnectionBook, origin: Origin, options: RunOptions
    ) -> None:
        """Run the statement on the tab's session, which sees what the tab sees."""
        entry = origin.entry
        if not await ask_for_turn(app, book, entry, self):
            return
        await connect(app, book, entry)
        await book.take_turn(entry, self, self._wait_for)
        if self._stop.is_set():
            return
        self.status = replace(self.status, phase=Phase.RUNNING, started_at=time.monotonic())
        options = replace(
            options, parameters=origin.parameters, fetch_limit=None, budget_bytes=None
        )
        self._run = book.start(entry, [origin.statement], options, self, self._export)
        book.touch(entry)
        try:
            async with self._run as run:
                async for _ in run:
                    pass
        finally:
            book.touch(entry)

    def _wait_for(self, runner: Runner) -> None:
        self.status = replace(self.status, phase=Phase.WAITING, other=runner.title)

    def _export(
        self,
        session: Session,
        statements: Sequence[Statement],
        push: Callable[[Event], None],
        options: RunOptions,
        _pager: object,
    ) -> bool:
        """What the run does in its thread, in place of fetching rows for a screen."""
        request, origin = self.request, self.source.origin
        self.summary = export(
            session,
            statements,
            request.path,
            request.format,
            options=WriterOptions(own=request.own),
            run=options,
            if_exists=request.if_exists,
            total_rows=origin.total_rows if origin is not None else None,
            stop=self._stop,
            on_event=push,
            on_progress=self._progressed,
        )
        return True

    # ── words ────────────────────────────────────────────────────────────────────────────

    def words(self) -> str:
        """How far it is, short."""
        match self.status.phase:
            case Phase.WAITING:
                return f"waits for {self.status.other}"
            case Phase.CANCELLING:
                return "cancelling"
            case _:
                return progress_words(self.progress)

    def outcome(self) -> str:
        """How it ended."""
        if self.error is not None:
            return "\n".join(filter(None, [self.error.message, self.error.hint]))
        if self.summary is None:
            by = f" by {self.status.other}" if self.status.other else ""
            return f"Cancelled{by}: nothing was written to {self.path.name}."
        return summary_words(self.summary)


def progress_words(progress: Progress | None) -> str:
    """How far an export is, and how long it may still take.

    >>> progress_words(Progress(50_000, 1_000_000, 2.0, total_rows=200_000))
    '25% · 50,000 of 200,000 rows · 977 kB · 25,000 rows/s · 6.00 s left'
    >>> progress_words(Progress(50_000, 1_000_000, 2.0))
    '50,000 rows · 977 kB · 25,000 rows/s'
    """
    if progress is None:
        return "starting"
    parts = [f"{progress.rows:,} rows"]
    left = progress.remaining_s
    if left is not None and progress.total_rows:
        share = progress.rows / progress.total_rows
        parts = [f"{share:.0%}", f"{progress.rows:,} of {progress.total_rows:,} rows"]
    parts += [size_text(progress.size_bytes), f"{progress.rows_per_s:,.0f} rows/s"]
    if left is not None:
        parts.append(f"{seconds(left)} left")
    return " · ".join(parts)


def summary_words(summary: ExportSummary) -> str:
    """What was written, and what to know about it.

    >>> summary_words(ExportSummary("csv", Path("/tmp/a.csv"), 1, 12, 0.5, 1, 0))
    '/tmp/a.csv: 1 row · 12 bytes · 500 ms'
    """
    facts = [rows_words(summary.rows), size_text(summary.size_bytes), seconds(summary.seconds)]
    return "\n".join([f"{summary.path}: {' · '.join(facts)}", *summary.notes])
