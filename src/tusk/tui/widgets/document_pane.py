"""One editor tab: the editor, its results, and the run between them."""

from __future__ import annotations

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
from tusk.core.errors import TuskError
from tusk.core.events import Event, Finished, Paused
from tusk.core.statement import StatementKind
from tusk.services.workspace import Tab
from tusk.tui.completion.editor import AssistedEditor
from tusk.tui.completion.popup import CompletionPopup
from tusk.tui.connecting import connect
from tusk.tui.defects import as_tusk_error
from tusk.tui.editing.change import Change, Range, Step
from tusk.tui.editing.lines import line_end
from tusk.tui.parameter_values import ParameterValues, names_in
from tusk.tui.repeating import Repeater
from tusk.tui.row_reading import RowReading
from tusk.tui.run_status import Phase, RunStatus
from tusk.tui.run_view import RunView
from tusk.tui.screens.parameters import ParametersScreen
from tusk.tui.tab_file import TabFile
from tusk.tui.tab_title import TITLE_COMMENT, title_of
from tusk.tui.turns import Runner, ask_for_turn
from tusk.tui.widgets import message_log
from tusk.tui.widgets.editing_area import EditingArea
from tusk.tui.widgets.find_bar import FindBar
from tusk.tui.widgets.message_log import Level
from tusk.tui.widgets.result_pane import EMPTY, MESSAGES, ResultPane
from tusk.tui.widgets.splitter import Splitter
from tusk.tui.write_question import knows_of_loss, may_run, writes_to_ask

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.core.params import ParameterValue
    from tusk.core.statement import Statement
    from tusk.services.queries import RunOptions
    from tusk.services.query_run import QueryRun
    from tusk.services.saved import SavedFile
    from tusk.tui.connection_book import ConnectionBook, Entry
    from tusk.tui.widgets.result import Result
    from tusk.tui.widgets.sql_editor import Script

# Notices come faster than anybody reads; the log follows them ten times a second.
_NOTICE_INTERVAL_S = 0.1
# Commit and rollback show or hide what was made in the transaction.
_CHANGES_SCHEMA = {StatementKind.DDL, StatementKind.TRANSACTION, StatementKind.UTILITY}
_NOT_BEGUN = {Phase.CONNECTING, Phase.ASKING, Phase.WAITING}


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
        self._results_percent = 60
        self._last_run: tuple[Script, Sequence[str]] | None = None
        self._repeater = Repeater(self)
        self.parameters = ParameterValues()
        self.saved: SavedFile | None = None
        self.edited_at = 0.0
        """When its text was changed last, on the monotonic clock."""
        self.editor = AssistedEditor(
            tab.text,
            dialect=lambda: self.dialect,
            book=book.knowledge,
            knowledge=lambda: book.knowledge.of(self.entry),
        )
        kept = tab.file
        self.file = TabFile.from_kept(kept, self.editor.flat_text) if kept is not None else None
        self._told_of_file: object = (None, None, False)
        self.find_bar = FindBar(self.editor)
        self.results = ResultPane()
        self.editor.take_empty_key = self.results.empty.take_key
        self._view = RunView(self.editor, self.results, self._status_changed)
        self.reading = RowReading(self, book)

    def compose(self) -> ComposeResult:
        yield self.editor
        yield self.find_bar
        yield Splitter("rows")
        yield self.results
        yield self.editor.popup

    def on_mount(self) -> None:
        self.editor.place_caret(self._tab.caret)
        self.use(self._reference)
        self.set_interval(_NOTICE_INTERVAL_S, self._view.flush_notices)
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
        if reference != self._reference:
            self.results.empty.end()
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

    # ── its file ─────────────────────────────────────────────────────────────────────────

    def set_file(self, file: TabFile) -> None:
        """Have it belong to a file from now on, in place of a saved query."""
        self.file, self.saved = file, None
        self.file_changed()

    def file_changed(self) -> None:
        """Tell when its file, or how its text compares to that, is not what it was."""
        file = self.file
        state = (file, file and (file.version.digest, file.form, file.words), self.is_modified)
        if state != self._told_of_file:
            self._told_of_file = state
            self.post_message(self.Changed(self))
            self.post_message(self.Edited(self))

    @property
    def is_modified(self) -> bool:
        """Whether its text differs from that of its file, or of its saved query."""
        if self.file is not None:
            return self.file.differs_from(self.editor.flat_text)
        return self.saved is not None and self.saved.query.sql != self.editor.text

    @property
    def is_blank(self) -> bool:
        """Whether something else may be shown in it."""
        return self.file is None and not self.editor.text.strip()

    # ── its title ────────────────────────────────────────────────────────────────────────

    @property
    def has_title_comment(self) -> bool:
        """Whether its text begins with a comment, which is its title."""
        return TITLE_COMMENT.match(self.editor.flat_text[:200]) is not None

    def rename(self, title: str) -> None:
        """Call it something else: in the comment that its text begins with, if there is one."""
        found = TITLE_COMMENT.match(self.editor.flat_text[:200])
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
        file = self.file.to_kept(self.editor.flat_text) if self.file is not None else None
        title = self.file.name if self.file is not None else title_of(text, self._tab.title)
        return Tab(self._tab.id, title, text, caret, self._reference, is_active, file)

    @property
    def title(self) -> str:
        """Its file's name, else a comment on the first line, else what it was opened with."""
        if self.file is not None:
            return self.file.name
        return title_of(self.editor.document.get_line(0), self._tab.title)

    @on(CompletionPopup.Taken)
    def _completion_taken(self, event: CompletionPopup.Taken) -> None:
        event.stop()
        self.editor.take_completion(event.item)

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        self.edited_at = time.monotonic()
        self.file_changed()

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    def _edited(self, event: Message) -> None:
        event.stop()
        if self.editor.text:
            self.results.empty.end()
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
                self._view.tell_mistake(error, statement, script)

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
            gone = TuskError("this tab's connection is gone", hint="F2: choose another")
            self._view.report(gone)
            return
        if not await ask_for_turn(self.app, self._book, entry, self):
            return
        count = len(script.statements)
        self._view.begin(Phase.RUNNING if entry.is_open else Phase.CONNECTING, count)
        try:
            await connect(self.app, self._book, entry)
            if not await self._confirmed(entry, script):
                return
            await self._book.take_turn(entry, self, self._wait_for)
            if self.status.phase is Phase.WAITING:
                self._view.begin(Phase.RUNNING, count)
            self._view.set(phase=Phase.RUNNING)
            options = entry.options(self._options())
            options = replace(options, parameters=self.parameters.values(names) or None)
            self._view.runs_on(entry, options.parameters)
            self._run = self._book.start(entry, script.statements, options, self)
            self.results.begin()
            async with self._run as run:
                async for event in run:
                    await self._view.show(event, script)
                    self._heed(event, run)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._view.report(as_tusk_error(exc))
        finally:
            self._end(get_current_worker().is_cancelled)

    async def _confirmed(self, entry: Entry, script: Script) -> bool:
        """Whether a script may run; where its connection asks before writes, the user says so."""
        writes = await writes_to_ask(entry, script.statements)
        if not writes and not entry.has_lost_transaction:
            return True
        self._view.set(phase=Phase.ASKING)
        knows = await knows_of_loss(self.app, entry, script.statements)
        if knows and (not writes or await may_run(self.app, entry, writes)):
            self._view.begin(Phase.RUNNING, len(script.statements))
            return True
        self._view.set(phase=Phase.CANCELLED)
        self.results.say(message_log.Entry(Level.INFO, "Nothing was run."), in_front=True)
        return False

    def _heed(self, event: Event, run: QueryRun) -> None:
        """Do what an event asks for beyond this tab."""
        match event:
            case Paused() if not self._view.is_at_last:
                # The rest of the script should not wait for somebody to scroll.
                run.stop_fetching()
            case Finished():
                statement = self._view.statement
                if statement is None or self.entry is None:
                    return
                self._book.knowledge.follow(self.entry, statement)
                if statement.kind in _CHANGES_SCHEMA:
                    self.post_message(self.SchemaChanged(self.entry))
            case _:
                pass

    def _wait_for(self, runner: Runner) -> None:
        self._view.set(phase=Phase.WAITING, other=runner.title)

    def make_way(self, other: str) -> None:
        """Another tab has its run ended, which it will tell."""
        self._view.set(other=other)

    def _end(self, was_superseded: bool) -> None:
        self._view.flush_notices()
        if was_superseded:
            # Who waits for the connection must hear of it, whatever became of this tab.
            if self.entry is not None:
                self._book.touch(self.entry)
            return
        self._run = None
        if self.status.phase.is_active:
            self._view.cancelled()
        has_results = any(result.is_current for result in self.results.results)
        if not has_results and self.results.active == EMPTY:
            self.results.show_tab(MESSAGES)
        self._tell_all()

    @property
    def status(self) -> RunStatus:
        """How far its run is."""
        return self._view.status

    def _status_changed(self, is_other_phase: bool) -> None:
        """Only another phase is told to everyone."""
        if is_other_phase:
            self._tell_all()
        else:
            self.post_message(self.Changed(self))

    def _tell_all(self) -> None:
        if self.entry is not None:
            note = "paused" if self.status.phase is Phase.PAUSED else ""
            self._book.touch(self.entry, note)
        self.post_message(self.Changed(self))

    def tell_error(self, error: TuskError) -> None:
        """Show an error in the messages, in front."""
        self._view.tell_error(error)

    # ── cancelling and fetching on ───────────────────────────────────────────────────────

    @property
    def is_running(self) -> bool:
        """Whether Escape has something to cancel."""
        return self.status.phase.is_active or self.reading.is_active

    @property
    def shown_status(self) -> RunStatus:
        """How what is in front stands: what goes on, else the result."""
        front = self.results.front
        if self.reading.is_active:
            return self.reading.status
        if self.status.phase.is_active or front is None or front.status is None:
            return self.status
        return front.status

    @work(group="cancel")
    async def cancel(self) -> None:
        """Cancel; a second call gives up a server that stays silent."""
        entry, phase = self.entry, self.status.phase
        if self.reading.is_active and not phase.is_active:
            await self.reading.cancel()
            return
        if entry is None or not phase.is_active:
            return
        if phase in _NOT_BEGUN:
            self.workers.cancel_group(self, "run")
            self._view.set(phase=Phase.CANCELLED)
            if phase is Phase.WAITING:
                self.results.say(
                    message_log.Entry(Level.INFO, "No longer waiting: nothing was run.")
                )
            return
        self._view.set(phase=Phase.CANCELLING)
        if phase is Phase.CANCELLING and self._run is not None:
            self._run.abandon()
            self._given_up()
        elif not await self._book.release(entry):
            self._given_up()

    def _given_up(self) -> None:
        """Nobody waits any more; the loss of the connection is told when its thread ends."""
        if self.status.phase is Phase.CANCELLING:
            self._view.set(phase=Phase.CANCELLED)
            self.results.say(
                message_log.Entry(Level.WARNING, "The server does not answer: it was given up.")
            )

    @property
    def can_fetch(self) -> bool:
        """Whether rows are waiting on the server, or reading again brings more."""
        front = self.results.front
        return self._is_waiting or (front is not None and front.is_cut)

    @property
    def _is_waiting(self) -> bool:
        return self.status.phase is Phase.PAUSED and self._run is not None

    def fetch(self, *, all_rows: bool = False) -> None:
        """Fetch on: the next page, or everything."""
        front = self.results.front
        if front is not None and front.is_cut:
            self.reading.read_on(front, all_rows=all_rows)
            return
        if self.status.lacks_rest:
            self.results.tell("Run it again (F5) to fetch the rest.", is_good=False)
        self._fetch(all_rows=all_rows)

    def fetch_rest(self) -> None:
        """Fetch all rows of the result that waits, for somebody who needs the connection."""
        self._fetch(all_rows=True)

    def _fetch(self, *, all_rows: bool) -> None:
        if self._run is None or not self._is_waiting:
            return
        self.results.set_more(False)
        self._view.set(phase=Phase.FETCHING)
        options = self.entry.options(self._options()) if self.entry else self._options()
        self._run.fetch(None if all_rows else options.fetch_limit)

    async def let_rest_go(self, result: Result) -> None:
        """End the run whose rest a result waits for: its rows are about to be read anew."""
        if self._run is not None and self._is_waiting and self.results.is_growing(result):
            self._run.stop_fetching()
            workers = [w for w in self.workers if w.node is self and w.group == "run"]
            await self.workers.wait_for_complete(workers)

    def tell_changed(self) -> None:
        """Tell that something about it is other than it was."""
        self.post_message(self.Changed(self))

    @on(ResultPane.FollowRequested)
    def _follow_requested(self, event: ResultPane.FollowRequested) -> None:
        event.stop()
        self.reading.follow(event.result, event.grid, asks=event.asks)

    @on(ResultPane.FrontChanged)
    def _front_changed(self, event: ResultPane.FrontChanged) -> None:
        event.stop()
        self.tell_changed()

    @on(ResultPane.MoreRequested)
    def _more_requested(self, event: ResultPane.MoreRequested) -> None:
        event.stop()
        self.fetch(all_rows=event.wants_all)
