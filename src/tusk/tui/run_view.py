"""What a run does in its tab: to the status, the results and messages, and the mark on an error."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tusk.core.errors import ConnectionLost, QueryCancelled, QueryError
from tusk.core.events import (
    BatchArrived,
    Event,
    Failed,
    Finished,
    NoticeArrived,
    Paused,
    ResultOpened,
    Started,
)
from tusk.core.text import clip, safe
from tusk.tui.export_request import Origin
from tusk.tui.run_status import Phase, RunStatus, outcome, seconds, times
from tusk.tui.widgets import message_log
from tusk.tui.widgets.message_log import Level

if TYPE_CHECKING:
    from tusk.core.errors import TuskError
    from tusk.core.params import ParameterValue
    from tusk.core.statement import Statement
    from tusk.tui.connection_book import Entry
    from tusk.tui.widgets.result_pane import ResultPane
    from tusk.tui.widgets.sql_editor import Script, SqlEditor


class RunView:
    """Shows a tab's runs, one after the other.

    Args:
        editor: Where errors are marked.
        results: Where rows and messages go.
        changed: Called when the status changed; says whether the run is in another phase.
    """

    def __init__(
        self, editor: SqlEditor, results: ResultPane, changed: Callable[[bool], None]
    ) -> None:
        self._editor = editor
        self._results = results
        self._changed = changed
        self._notices: list[message_log.Entry] = []
        self._entry: Entry | None = None
        self._parameters: Mapping[str, ParameterValue] | None = None
        self.status = RunStatus()
        self.statement: Statement | None = None
        """The one that runs, or ran last."""

    # ── status ───────────────────────────────────────────────────────────────────────────

    def begin(self, phase: Phase, count: int) -> None:
        """A run of so many statements begins."""
        self._editor.clear_error()
        self.statement = None
        self.status = RunStatus(phase, started_at=time.monotonic(), count=count)
        self._changed(True)

    def runs_on(self, entry: Entry, parameters: Mapping[str, ParameterValue] | None) -> None:
        """Note where results come from, and with which values."""
        self._entry, self._parameters = entry, parameters

    def set(self, **changes: object) -> None:
        """Change the status."""
        self._become(replace(self.status, **changes))  # type: ignore[arg-type]

    def _become(self, status: RunStatus) -> None:
        before, self.status = self.status.phase, status
        self._changed(status.phase is not before)

    def _go_on(self, phase: Phase, **changes: object) -> None:
        """Change to a phase, unless it is being cancelled: events from before that still come."""
        is_ending = self.status.phase is Phase.CANCELLING
        self.set(phase=Phase.CANCELLING if is_ending else phase, **changes)

    @property
    def is_at_last(self) -> bool:
        """Whether no statement comes after this one."""
        return self.status.number >= self.status.count

    # ── events ───────────────────────────────────────────────────────────────────────────

    async def show(self, event: Event, script: Script) -> None:
        """Show an event of the run."""
        match event:
            case Started(statement=statement, index=index):
                self.statement = statement
                self._go_on(
                    Phase.RUNNING,
                    number=index + 1,
                    rows=None,
                    affected=None,
                    timing=None,
                    tag="",
                    is_complete=True,
                    is_held=True,
                )
            case ResultOpened(buffer=buffer):
                if buffer is not None and self.statement is not None:
                    title = one_line(self.statement.text)
                    await self._results.open_result(title, buffer, self._origin)
                self._go_on(Phase.FETCHING, rows=0)
            case BatchArrived(batch=batch):
                self._results.rows_arrived()
                # Not told to anyone: who shows what runs looks ten times a second.
                rows = (self.status.rows or 0) + batch.num_rows
                self.status = replace(self.status, rows=rows)
            case NoticeArrived(notice=notice):
                self._notices.append(message_log.notice_entry(notice))
            case Paused():
                self._paused(event)
            case Finished():
                self._finished(event)
            case Failed():
                self._failed(event, script)

    @property
    def _origin(self) -> Origin | None:
        """What the result that is opened now comes from."""
        if self.statement is None or self._entry is None:
            return None
        return Origin(self.statement, self._parameters, self._entry)

    def _paused(self, event: Paused) -> None:
        if not self.is_at_last:
            return  # the rest of the script goes on without more rows
        self._results.set_more(True)
        self.set(
            phase=Phase.PAUSED,
            rows=event.rows,
            timing=event.timing,
            is_complete=False,
            is_held=event.is_held,
        )

    def _finished(self, event: Finished) -> None:
        self._results.set_more(False)
        if event.rows is not None and event.is_complete:
            self._results.set_whole()
        ended = replace(
            self.status,
            phase=Phase.DONE,
            rows=event.rows,
            affected=event.affected,
            tag=event.tag,
            timing=event.timing,
            is_complete=event.is_complete,
        )
        if ended.lacks_rest:
            self._results.set_cut(ended)
        if self.is_at_last:
            self._become(ended)
        self.flush_notices()
        words = " · ".join(part for part in (outcome(ended), times(ended)) if part)
        text = one_line(self.statement.text, 80) if self.statement else event.tag
        is_silent = event.rows is None and self.is_at_last
        self._results.say(
            message_log.Entry(Level.DONE, text, (("result", words),)), in_front=is_silent
        )
        if ended.lacks_rest and ended.other:
            self._results.say(message_log.Entry(Level.WARNING, _given_up_words(ended.other)))

    def _failed(self, event: Failed, script: Script) -> None:
        self._results.set_more(False)
        self.set(rows=event.rows or None, timing=event.timing, is_complete=False)
        if isinstance(event.error, QueryCancelled):
            self.cancelled()
        else:
            self._report_statement(event.error, script)

    def cancelled(self) -> None:
        """The run was cancelled."""
        self.set(phase=Phase.CANCELLED)
        took = seconds(time.monotonic() - self.status.started_at)
        step = f"statement {self.status.number} of {self.status.count}"
        words = [f"Cancelled after {took}"]
        if self.status.count > 1:
            words.append(f"in {step}")
        if self.status.other:
            words.append(f"by {self.status.other}, which runs on the same connection")
        self._results.say(message_log.Entry(Level.WARNING, " ".join(words) + "."))

    def flush_notices(self) -> None:
        """Show the notices that came."""
        if self._notices:
            notices, self._notices = self._notices, []
            self._results.say(*notices)

    # ── errors ───────────────────────────────────────────────────────────────────────────

    def _report_statement(self, error: TuskError, script: Script) -> None:
        has_position = isinstance(error, QueryError) and error.position is not None
        statement = self.statement
        text = one_line(statement.text, 80) if statement and not has_position else ""
        self.report(error, place=self._mark(error, script), statement=text)

    def report(self, error: TuskError, *, place: str = "", statement: str = "") -> None:
        """The run failed."""
        self.flush_notices()
        self.set(phase=Phase.FAILED)
        self.tell_error(error, place=place, statement=statement)
        if isinstance(error, ConnectionLost):
            if self._entry is not None:
                self._entry.note_loss(error)
            self._changed(True)

    def tell_error(self, error: TuskError, *, place: str = "", statement: str = "") -> None:
        """Show an error in the messages, in front."""
        entry = message_log.error_entry(error, place=place, statement=statement)
        self._results.say(entry, in_front=True)

    def tell_mistake(self, error: TuskError, statement: Statement, script: Script) -> None:
        """Show an error in a statement that was not run, and mark its place."""
        self.statement = statement
        place = self._mark(error, script)
        self.tell_error(error, place=place, statement=one_line(statement.text, 80))

    def _mark(self, error: TuskError, script: Script) -> str:
        """Mark an error in the editor, unless the text has changed there; the place in words.

        Without a position from the server, that is the first line of the statement.
        """
        statement = self.statement
        if statement is None:
            return ""
        start = script.start + statement.start
        if not self._editor.text.startswith(statement.text, start):
            return ""
        position = error.position if isinstance(error, QueryError) else None
        if position is None:
            row, _ = self._editor.mark_line(start)
            return f"line {row + 1}"
        row, column = self._editor.mark_error(start + position)
        return f"line {row + 1}, column {column + 1}"


def _given_up_words(other: str) -> str:
    return f"The rest was given up: {other} ran on the same connection. F9 reads this again, with more of its rows."


def one_line(text: str, width: int = 200) -> str:
    r"""A statement on one line, for a title.

    >>> one_line("select *\n  from t")
    'select * from t'
    """
    return clip(safe(" ".join(text[: width * 2].split())), width)
