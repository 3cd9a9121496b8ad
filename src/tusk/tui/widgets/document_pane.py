"""One editor tab: the editor, its results, and the run between them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import TextArea
from textual.worker import get_current_worker

from tusk.core.dialect import DUCKDB, Dialect
from tusk.core.errors import ConnectionLost, QueryCancelled, QueryError, TuskError
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
from tusk.core.statement import StatementKind
from tusk.core.text import clip, safe
from tusk.services.workspace import Tab
from tusk.tui.completion.editor import AssistedEditor
from tusk.tui.completion.popup import CompletionPopup
from tusk.tui.connecting import connect
from tusk.tui.defects import as_tusk_error
from tusk.tui.editing.change import Change, Range, Step
from tusk.tui.editing.lines import line_end
from tusk.tui.export_request import Origin
from tusk.tui.parameter_values import ParameterValues, names_in
from tusk.tui.repeating import Repeater
from tusk.tui.run_status import Phase, RunStatus, outcome, seconds, times
from tusk.tui.screens.parameters import ParametersScreen
from tusk.tui.turns import Runner, ask_for_turn
from tusk.tui.widgets import message_log
from tusk.tui.widgets.editing_area import EditingArea
from tusk.tui.widgets.find_bar import FindBar
from tusk.tui.widgets.message_log import Level
from tusk.tui.widgets.result_pane import EMPTY, MESSAGES, ResultPane
from tusk.tui.widgets.splitter import Splitter
from tusk.tui.write_question import may_run, writes_to_ask

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.core.params import ParameterValue
    from tusk.core.statement import Statement
    from tusk.services.queries import RunOptions
    from tusk.services.query_run import QueryRun
    from tusk.services.saved import SavedFile
    from tusk.tui.connection_book import ConnectionBook, Entry
    from tusk.tui.widgets.sql_editor import Script

# Notices come faster than anybody reads; the log follows them ten times a second.
_NOTICE_INTERVAL_S = 0.1
# Commit and rollback show or hide what was made in the transaction.
_CHANGES_SCHEMA = {StatementKind.DDL, StatementKind.TRANSACTION, StatementKind.UTILITY}
_NOT_BEGUN = {Phase.CONNECTING, Phase.ASKING, Phase.WAITING}
_TITLE_COMMENT = re.compile(r"\s*--[ \t]*(\S[^\r\n]*)")


class DocumentPane(Vertical):
    """Edits a script and runs it on the tab's connection.

    Args:
        tab: What it begins with.
        book: The app's connections.
        options: Makes the options of a run, from the settings.
    """

    @dataclass
    class Changed(Message):
        """Its status, connection or title changed. Of many in a row only the last may arrive."""

        pane: DocumentPane

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, DocumentPane.Changed) and message.pane is self.pane

    @dataclass
    class SchemaChanged(Message):
        """A statement may have changed what the catalogue shows."""

        entry: Entry

    @dataclass
    class Edited(Message):
        """Its text or caret changed, which should be saved soon."""

        pane: DocumentPane

    def __init__(self, tab: Tab, book: ConnectionBook, options: Callable[[], RunOptions]) -> None:
        super().__init__(id=f"document-{tab.id}")
        self._tab = tab
        self._book = book
        self._options = options
        self._reference = tab.connection
        self._run: QueryRun | None = None
        self._statement: Statement | None = None
        self._run_entry: Entry | None = None
        self._run_parameters: Mapping[str, ParameterValue] | None = None
        self._notices: list[message_log.Entry] = []
        self._results_percent = 60
        self._last_run: tuple[Script, Sequence[str]] | None = None
        self._repeater = Repeater(self)
        self.status = RunStatus()
        self.parameters = ParameterValues()
        self.saved: SavedFile | None = None
        self.editor = AssistedEditor(
            tab.text,
            dialect=lambda: self.dialect,
            book=book.knowledge,
            knowledge=lambda: book.knowledge.of(self.entry),
        )
        self.find_bar = FindBar(self.editor)
        self.results = ResultPane()

    def compose(self) -> ComposeResult:
        yield self.editor
        yield self.find_bar
        yield Splitter("rows")
        yield self.results
        yield self.editor.popup

    def on_mount(self) -> None:
        self.editor.place_caret(self._tab.caret)
        self.use(self._reference)
        self.set_interval(_NOTICE_INTERVAL_S, self._flush_notices)
        self._book.changed.subscribe(self.editor, self._connection_changed)

    def _connection_changed(self, entry: Entry | None) -> None:
        if entry is not None and entry is self.entry:
            self.editor.knowledge_changed()

    # ── what it is ───────────────────────────────────────────────────────────────────────

    @property
    def entry(self) -> Entry | None:
        """The connection it runs on; None when that was deleted."""
        return self._book.entry(self._reference)

    @property
    def dialect(self) -> Dialect:
        """Lexical rules of its SQL."""
        connection = self.entry.connection if self.entry else None
        if connection is not None:
            return connection.dialect
        from tusk.core.dialect import DIALECTS

        return DIALECTS.get(self.entry.engine, DUCKDB) if self.entry else DUCKDB

    def use(self, reference: str) -> None:
        """Run on another connection from now on."""
        self._reference = reference
        self.editor.knowledge_changed()
        self.post_message(self.Changed(self))
        self.post_message(self.Edited(self))

    @property
    def tab_id(self) -> str:
        """Id of its tab."""
        return self._tab.id

    def set_results_percent(self, percent: int) -> None:
        """Give results this share of the height."""
        self._results_percent = percent
        self._apply_sizes()

    def _apply_sizes(self) -> None:
        is_alone = self.has_class("-zoomed") and self.has_class("-results")
        self.results.styles.height = "1fr" if is_alone else f"{self._results_percent}%"

    def zoom(self) -> None:
        """Let the half with the focus take the whole pane."""
        self.add_class("-zoomed")
        self.set_class(self.results.has_focus_within, "-results")
        self._apply_sizes()

    def unzoom(self) -> None:
        """Show both halves again."""
        self.remove_class("-zoomed", "-results")
        self._apply_sizes()

    def retitle(self, title: str) -> None:
        """Call it something else, where its text has no title of its own."""
        self._tab = replace(self._tab, title=title)
        self.post_message(self.Changed(self))
        self.post_message(self.Edited(self))

    @property
    def has_title_comment(self) -> bool:
        """Whether its text begins with a comment, which is its title."""
        return _TITLE_COMMENT.match(self.editor.flat_text[:200]) is not None

    def rename(self, title: str) -> None:
        """Call it something else: in the comment that its text begins with, if there is one."""
        found = _TITLE_COMMENT.match(self.editor.flat_text[:200])
        if found is None:
            self.retitle(title)
            return
        start = found.start(1)
        end = line_end(self.editor.flat_text, start)
        place = Range.at(start + len(title))
        self.editor.take_step(Step((Change(start, end, title),), (place,)))
        self.post_message(self.Changed(self))

    def write_and_run(self, sql: str) -> None:
        """Put a statement into the editor and run it."""
        self.editor.load_text(sql)
        self.run_at_caret()

    def note_transaction(self, what: str) -> None:
        """Say in the messages that a transaction was begun, committed or rolled back."""
        words = {"begin": "Transaction begun.", "commit": "Committed.", "rollback": "Rolled back."}
        self.results.say(message_log.Entry(Level.DONE, words[what]))
        if what == "commit" and self.entry is not None:
            self._book.knowledge.committed(self.entry)

    def snapshot(self, *, is_active: bool) -> Tab:
        """The tab as it is now, for the workspace."""
        text = self.editor.text
        caret = self.editor.caret
        title = title_of(text, self._tab.title)
        return Tab(self._tab.id, title, text, caret, self._reference, is_active)

    @property
    def title(self) -> str:
        """A comment on the first line, else the title it got when it was opened."""
        return title_of(self.editor.document.get_line(0), self._tab.title)

    @on(CompletionPopup.Taken)
    def _completion_taken(self, event: CompletionPopup.Taken) -> None:
        event.stop()
        self.editor.take_completion(event.item)

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    def _edited(self, event: Message) -> None:
        event.stop()
        self.find_bar.area_changed()
        self.post_message(self.Edited(self))

    @property
    def takes_escape(self) -> bool:
        """Whether Escape has something to do here before it cancels a run."""
        return self.editor.takes_escape or self.find_bar.has_focus_within

    @on(EditingArea.ModeChanged)
    def _mode_changed(self, event: EditingArea.ModeChanged) -> None:
        event.stop()
        self.post_message(self.Changed(self))

    @on(EditingArea.FindAgain)
    def _find_again(self, event: EditingArea.FindAgain) -> None:
        event.stop()
        self.find_bar.go_again(event.step, event.word)

    @on(EditingArea.FindRequested)
    def _find_requested(self, event: EditingArea.FindRequested) -> None:
        event.stop()
        self.find_bar.open(
            replace=event.replace, is_backward=event.is_backward, is_brief=event.is_brief
        )

    # ── running ──────────────────────────────────────────────────────────────────────────

    def run_at_caret(self) -> None:
        """Run the selection, or the statement at the caret."""
        self._after_typing(lambda: self.editor.script_at_caret(self.dialect))

    def run_all(self) -> None:
        """Run every statement of the editor."""
        self._after_typing(lambda: self.editor.script_of_all(self.dialect))

    def run_with_other_values(self) -> None:
        """Ask for the values of the parameters again, and run."""
        self.editor.call_later(self._run_asking)

    def _run_asking(self) -> None:
        script = self.editor.script_at_caret(self.dialect)
        if names := names_in(script.statements, self.dialect):
            self._ask_and_run(script, names)
        else:
            self.results.tell("The statement at the cursor has no :parameter.", is_good=False)

    @property
    def options(self) -> Callable[[], RunOptions]:
        """Makes the options of a run, from the settings."""
        return self._options

    def run_statement(self, statement: Statement) -> None:
        """Run a statement that was run here before."""
        from tusk.tui.widgets.sql_editor import Script

        self._run_script(Script((statement,), 0, "result"))

    def explain_at_caret(self) -> None:
        """Show the plan of the statement at the caret, or of the one that is selected."""
        self.editor.call_later(lambda: self._show_plan(self.editor.script_at_caret(self.dialect)))

    def _show_plan(self, script: Script) -> None:
        from tusk.tui.screens.plan import Explained, PlanScreen

        entry = self.entry
        if entry is None or len(script.statements) != 1:
            words = "Explain takes one statement" if entry else "This tab has no connection"
            self.results.tell(f"{words}.", is_good=False)
            return
        (statement,) = script.statements
        explained = Explained(
            statement, entry, self._book, self._options, self._known_values, self._ask_values
        )

        def told(error: TuskError | None) -> None:
            if error is not None:
                self._statement = statement
                place = self._mark(error, script)
                self.tell_error(error, place=place, statement=one_line(statement.text, 80))

        self.editor.clear_error()
        self.app.push_screen(PlanScreen(explained), told)

    def _known_values(self, names: Sequence[str]) -> Mapping[str, ParameterValue] | None:
        """Values of parameters as they were given; None when one never was."""
        return None if self.parameters.lack(names) else self.parameters.values(names)

    async def _ask_values(self, names: Sequence[str]) -> Mapping[str, ParameterValue] | None:
        """Ask for values, in a worker; None when none are given."""
        given = await self.app.push_screen_wait(ParametersScreen(self.parameters.of(names)))
        if given is None:
            return None
        self.parameters.remember(given)
        return self.parameters.values(names)

    @property
    def names_at_caret(self) -> list[str]:
        """Parameters of the statement at the cursor."""
        return names_in(self.editor.script_at_caret(self.dialect).statements, self.dialect)

    def _after_typing(self, take: Callable[[], Script]) -> None:
        """Take the script when the editor has seen the keys typed so far.

        Keys go through the editor's queue, a priority binding does not: F5 typed right after
        the last word would run the text without it.
        """
        self.editor.call_later(lambda: self._run_script(take()))

    def _run_script(self, script: Script) -> None:
        self._repeater.stop()
        names = names_in(script.statements, self.dialect)
        if not script.statements:
            self.results.say(
                message_log.Entry(Level.INFO, f"There is no statement in the {script.what}."),
                in_front=True,
            )
        elif self.parameters.lack(names):
            self._ask_and_run(script, names)
        else:
            self._run_worker(script, names)

    @on(ResultPane.RepeatRequested)
    def _repeat_requested(self, event: ResultPane.RepeatRequested) -> None:
        event.stop()
        self._repeater.every(event.interval_s)

    @property
    def last_statements(self) -> Sequence[Statement]:
        """What it ran last."""
        return self._last_run[0].statements if self._last_run else ()

    @property
    def has_turn(self) -> bool:
        """Whether no other tab runs something on its connection."""
        return self.entry is not None and self._book.occupant(self.entry, self) is None

    def run_again(self) -> None:
        """Run the same statements again, with the same values."""
        if self._last_run is not None:
            self._run_worker(*self._last_run)

    @work(exclusive=True, group="ask")
    async def _ask_and_run(self, script: Script, names: Sequence[str]) -> None:
        """Ask for values, apart from the run: whoever gives none has ended nothing by it."""
        given = await self.app.push_screen_wait(ParametersScreen(self.parameters.of(names)))
        if given is not None:
            self.parameters.remember(given)
            self._run_worker(script, names)

    @work(exclusive=True, group="run")
    async def _run_worker(self, script: Script, names: Sequence[str]) -> None:
        self._last_run = script, names
        entry = self.entry
        if entry is None:
            self._report(TuskError("this tab's connection is gone", hint="F2: choose another"))
            return
        if not await ask_for_turn(self.app, self._book, entry, self):
            return
        self._begin(Phase.RUNNING if entry.is_open else Phase.CONNECTING, len(script.statements))
        try:
            await connect(self.app, self._book, entry)
            if not await self._confirmed(entry, script):
                return
            await self._book.take_turn(entry, self, self._wait_for)
            if self.status.phase is Phase.WAITING:
                self._begin(Phase.RUNNING, len(script.statements))
            self._set(phase=Phase.RUNNING)
            options = replace(self._options(), parameters=self.parameters.values(names) or None)
            self._run_entry, self._run_parameters = entry, options.parameters
            self._run = self._book.start(entry, script.statements, options, self)
            self.results.begin()
            async with self._run as run:
                async for event in run:
                    await self._handle(event, script)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._report(as_tusk_error(exc))
        finally:
            self._end(get_current_worker().is_cancelled)

    async def _confirmed(self, entry: Entry, script: Script) -> bool:
        """Whether a script may run; where its connection asks before writes, the user says so."""
        writes = await writes_to_ask(entry, script.statements)
        if not writes:
            return True
        self._set(phase=Phase.ASKING)
        if await may_run(self.app, entry, writes):
            self._begin(Phase.RUNNING, len(script.statements))
            return True
        self._set(phase=Phase.CANCELLED)
        self.results.say(message_log.Entry(Level.INFO, "Nothing was run."), in_front=True)
        return False

    def _begin(self, phase: Phase, count: int) -> None:
        self.editor.clear_error()
        self._statement = None
        self.status = RunStatus(phase, started_at=time.monotonic(), count=count)
        self._tell_all()

    def _wait_for(self, runner: Runner) -> None:
        self._set(phase=Phase.WAITING, other=runner.title)

    def make_way(self, other: str) -> None:
        """Another tab has its run ended, which it will tell."""
        self._set(other=other)

    def _end(self, was_superseded: bool) -> None:
        self._flush_notices()
        if was_superseded:
            # Who waits for the connection must hear of it, whatever became of this tab.
            if self.entry is not None:
                self._book.touch(self.entry)
            return
        self._run = None
        if self.status.phase.is_active:
            self._cancelled()
        has_results = any(result.is_current for result in self.results.results)
        if not has_results and self.results.active == EMPTY:
            self.results.show_tab(MESSAGES)
        self._tell_all()

    def _cancelled(self) -> None:
        self._set(phase=Phase.CANCELLED)
        took = seconds(time.monotonic() - self.status.started_at)
        step = f"statement {self.status.number} of {self.status.count}"
        words = [f"Cancelled after {took}"]
        if self.status.count > 1:
            words.append(f"in {step}")
        if self.status.other:
            words.append(f"by {self.status.other}, which runs on the same connection")
        self.results.say(message_log.Entry(Level.WARNING, " ".join(words) + "."))

    def _set(self, **changes: object) -> None:
        self._become(replace(self.status, **changes))  # type: ignore[arg-type]

    def _become(self, status: RunStatus) -> None:
        """Change the status; only a new phase is told to everyone."""
        phase, self.status = self.status.phase, status
        if status.phase is phase:
            self.post_message(self.Changed(self))
        else:
            self._tell_all()

    def _go_on(self, phase: Phase, **changes: object) -> None:
        """Change to a phase, unless it is being cancelled: events from before that still come."""
        is_ending = self.status.phase is Phase.CANCELLING
        self._set(phase=Phase.CANCELLING if is_ending else phase, **changes)

    def _tell_all(self) -> None:
        if self.entry is not None:
            note = "paused" if self.status.phase is Phase.PAUSED else ""
            self._book.touch(self.entry, note)
        self.post_message(self.Changed(self))

    async def _handle(self, event: Event, script: Script) -> None:
        match event:
            case Started(statement=statement, index=index):
                self._statement = statement
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
                if buffer is not None and self._statement is not None:
                    title = one_line(self._statement.text)
                    await self.results.open_result(title, buffer, self._origin)
                self._go_on(Phase.FETCHING, rows=0)
            case BatchArrived(batch=batch):
                self.results.rows_arrived()
                # Not told to anyone: who shows what runs looks ten times a second.
                rows = (self.status.rows or 0) + batch.num_rows
                self.status = replace(self.status, rows=rows)
            case NoticeArrived(notice=notice):
                self._notices.append(message_log.notice_entry(notice))
            case Paused():
                self._pause(event)
            case Finished():
                self._finished(event)
            case Failed():
                self._failed(event, script)

    @property
    def _origin(self) -> Origin | None:
        """What the result that is opened now comes from."""
        if self._statement is None or self._run_entry is None:
            return None
        return Origin(self._statement, self._run_parameters, self._run_entry)

    def _pause(self, event: Paused) -> None:
        if self.status.number < self.status.count and self._run is not None:
            # The rest of the script should not wait for somebody to scroll.
            self._run.stop_fetching()
            return
        self.results.set_more(True)
        self._set(
            phase=Phase.PAUSED,
            rows=event.rows,
            timing=event.timing,
            is_complete=False,
            is_held=event.is_held,
        )

    def _finished(self, event: Finished) -> None:
        if self._statement is not None and self.entry is not None:
            self._book.knowledge.follow(self.entry, self._statement)
        if self._statement is not None and self._statement.kind in _CHANGES_SCHEMA and self.entry:
            self.post_message(self.SchemaChanged(self.entry))
        self.results.set_more(False)
        if event.rows is not None and event.is_complete:
            self.results.set_whole()
        is_last = self.status.number == self.status.count
        ended = replace(
            self.status,
            phase=Phase.DONE,
            rows=event.rows,
            affected=event.affected,
            tag=event.tag,
            timing=event.timing,
            is_complete=event.is_complete,
        )
        if is_last:
            self._become(ended)
        self._flush_notices()
        words = " · ".join(part for part in (outcome(ended), times(ended)) if part)
        text = one_line(self._statement.text, 80) if self._statement else event.tag
        is_silent = event.rows is None and is_last
        self.results.say(
            message_log.Entry(Level.DONE, text, (("result", words),)), in_front=is_silent
        )
        if ended.lacks_rest and ended.other:
            self.results.say(message_log.Entry(Level.WARNING, _given_up_words(ended.other)))

    def _failed(self, event: Failed, script: Script) -> None:
        self.results.set_more(False)
        self._set(rows=event.rows or None, timing=event.timing, is_complete=False)
        if isinstance(event.error, QueryCancelled):
            self._cancelled()
        else:
            self._report_statement(event.error, script)

    def _report_statement(self, error: TuskError, script: Script) -> None:
        has_position = isinstance(error, QueryError) and error.position is not None
        statement = self._statement
        text = one_line(statement.text, 80) if statement and not has_position else ""
        self._report(error, place=self._mark(error, script), statement=text)

    def _report(self, error: TuskError, *, place: str = "", statement: str = "") -> None:
        self._flush_notices()
        self._set(phase=Phase.FAILED)
        self.tell_error(error, place=place, statement=statement)
        if isinstance(error, ConnectionLost) and self.entry is not None:
            self._book.touch(self.entry)

    def tell_error(self, error: TuskError, *, place: str = "", statement: str = "") -> None:
        """Show an error in the messages, in front."""
        entry = message_log.error_entry(error, place=place, statement=statement)
        self.results.say(entry, in_front=True)

    def _mark(self, error: TuskError, script: Script) -> str:
        """Mark an error in the editor, unless the text has changed there; the place in words.

        Without a position from the server, that is the first line of the statement.
        """
        statement = self._statement
        if statement is None:
            return ""
        start = script.start + statement.start
        if not self.editor.text.startswith(statement.text, start):
            return ""
        position = error.position if isinstance(error, QueryError) else None
        if position is None:
            row, _ = self.editor.mark_line(start)
            return f"line {row + 1}"
        row, column = self.editor.mark_error(start + position)
        return f"line {row + 1}, column {column + 1}"

    def _flush_notices(self) -> None:
        if self._notices:
            notices, self._notices = self._notices, []
            self.results.say(*notices)

    # ── cancelling and fetching on ───────────────────────────────────────────────────────

    @property
    def is_running(self) -> bool:
        """Whether Escape has something to cancel."""
        return self.status.phase.is_active

    @work(group="cancel")
    async def cancel(self) -> None:
        """Cancel; a second call gives up a server that stays silent."""
        entry, phase = self.entry, self.status.phase
        if entry is None or not phase.is_active:
            return
        if phase in _NOT_BEGUN:
            self.workers.cancel_group(self, "run")
            self._set(phase=Phase.CANCELLED)
            if phase is Phase.WAITING:
                self.results.say(
                    message_log.Entry(Level.INFO, "No longer waiting: nothing was run.")
                )
            return
        self._set(phase=Phase.CANCELLING)
        if phase is Phase.CANCELLING and self._run is not None:
            self._run.abandon()
            self._given_up()
        elif not await self._book.release(entry):
            self._given_up()

    def _given_up(self) -> None:
        """Nobody waits any more; the loss of the connection is told when its thread ends."""
        if self.status.phase is Phase.CANCELLING:
            self._set(phase=Phase.CANCELLED)
            self.results.say(
                message_log.Entry(Level.WARNING, "The server does not answer: it was given up.")
            )

    @property
    def can_fetch(self) -> bool:
        """Whether rows are waiting on the server."""
        return self.status.phase is Phase.PAUSED and self._run is not None

    def fetch(self, *, all_rows: bool = False) -> None:
        """Fetch on: the next page, or everything."""
        if self.status.lacks_rest:
            self.results.tell("Run it again (F5) to fetch the rest.", is_good=False)
        if self._run is None or not self.can_fetch:
            return
        self.results.set_more(False)
        self._set(phase=Phase.FETCHING)
        self._run.fetch(None if all_rows else self._options().fetch_limit)

    @on(ResultPane.MoreRequested)
    def _more_requested(self, event: ResultPane.MoreRequested) -> None:
        event.stop()
        self.fetch(all_rows=event.wants_all)


def _given_up_words(other: str) -> str:
    return f"The rest was given up: {other} ran on the same connection. F5 runs this again."


def one_line(text: str, width: int = 200) -> str:
    r"""A statement on one line, for a title.

    >>> one_line("select *\n  from t")
    'select * from t'
    """
    return clip(safe(" ".join(text[: width * 2].split())), width)


def title_of(text: str, otherwise: str) -> str:
    r"""The comment that a text begins with, which is its title.

    >>> title_of("-- daily sales\nselect 1", "Query 1"), title_of("select 1", "Query 1")
    ('daily sales', 'Query 1')
    """
    found = _TITLE_COMMENT.match(text[:200])
    return found.group(1).strip() if found else otherwise
