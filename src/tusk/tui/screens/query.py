"""The query screen: connections and catalogue, editor tabs, results, status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static

from tusk.services.connections import Connection, ConnectionState
from tusk.tui.comparing import compare_results
from tusk.tui.completion.editor import AssistedEditor
from tusk.tui.connecting import connect
from tusk.tui.connection_actions import ConnectionActions
from tusk.tui.defects import as_tusk_error
from tusk.tui.exports import Exports
from tusk.tui.files import WATCH_S, Files
from tusk.tui.first_steps import FirstSteps
from tusk.tui.opening import first_query, first_rows, is_file
from tusk.tui.reconnecting import reopened_words
from tusk.tui.screens.query_keys import BINDINGS
from tusk.tui.screens.transaction import TransactionScreen
from tusk.tui.status import status_fields
from tusk.tui.tab_actions import TabActions
from tusk.tui.widgets import message_log
from tusk.tui.widgets.catalog_pane import CatalogPane
from tusk.tui.widgets.connection_list import ConnectionList, read_groups, write_groups
from tusk.tui.widgets.document_area import DocumentArea
from tusk.tui.widgets.document_pane import DocumentPane
from tusk.tui.widgets.empty_results import EmptyResults
from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.message_log import Level
from tusk.tui.widgets.result_grid import ResultGrid, messages
from tusk.tui.widgets.result_pane import ResultPane
from tusk.tui.widgets.splitter import Splitter
from tusk.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tusk.core.errors import TuskError
    from tusk.services.queries import RunOptions
    from tusk.services.workspace import Tab
    from tusk.tui.connection_book import ConnectionBook, Entry
    from tusk.tui.kept_statements import KeptStatements
    from tusk.tui.layout import Layout

_TICK_S = 0.1
# Actions that work at times only.
_CONDITIONAL = ("cancel", "fetch", "reopen")
_FOLDED = "query.folded_groups"
# Below this width the explorer hides what one came for.
_EXPLORER_MIN_WIDTH = 100


class QueryScreen(Screen[None]):
    """Composes the panes and turns keys into calls.

    Args:
        book: The app's connections.
        options: Makes the options of a run, from the settings.
        layout: Sizes to begin with.
        changed: Called when something should be saved soon.
        remembered: What was chosen in dialogs the last time.
        recent_files: Files that were open before, the last one first.
    """

    CSS_PATH = "query.tcss"
    BINDINGS: ClassVar[list[BindingType]] = BINDINGS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_EXPLORER_MIN_WIDTH, "-normal"), (160, "-wide")]  # noqa: RUF012 - Textual's
    AUTO_FOCUS = ""

    def __init__(
        self,
        book: ConnectionBook,
        options: Callable[[], RunOptions],
        layout: Layout,
        changed: Callable[[], None],
        remembered: Mapping[str, str] | None = None,
        recent_files: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._book = book
        self._layout_sizes = layout
        self._changed = changed
        self.exports = Exports(self, book, options, remembered or {})
        self.files = Files(self, recent_files)
        self.first_steps = FirstSteps(self, book, remembered or {})
        self.documents = DocumentArea(book, options, id="work")
        folded = read_groups((remembered or {}).get(_FOLDED, ""))
        self._connections = ConnectionList(folded, id="connections")
        self._catalog = CatalogPane(book, id="catalog")
        self._status = StatusLine(id="status")
        self._working: tuple[bool | None, ...] = ()

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="explorer"):
                yield Static("Connections", classes="heading", markup=False)
                yield self._connections
                yield self._catalog
            yield Splitter("columns", id="explorer-splitter")
            yield self.documents
        yield self._status
        yield KeyFooter()

    def on_mount(self) -> None:
        self._book.changed.subscribe(self, self._connections_changed)
        self._book.cautioned.subscribe(self, lambda told: self._cautioned(*told))
        self._book.ticked.subscribe(self, self._countdown_ticked)
        self._book.reopened.subscribe(self, lambda end: self._reopened(*end))
        self._show_connections()
        self._apply_layout()
        self._ticker = self.set_interval(_TICK_S, self._show_status, pause=True)
        self.set_interval(WATCH_S, self._watch_file)

    # ── parts ────────────────────────────────────────────────────────────────────────────

    @property
    def pane(self) -> DocumentPane | None:
        """The tab in front."""
        return self.documents.active

    @property
    def layout_sizes(self) -> Layout:
        """Sizes of the panes, to be remembered."""
        return self._layout_sizes

    def to_values(self) -> dict[str, str]:
        """What is remembered of it in the workspace, sizes apart."""
        folded = {_FOLDED: write_groups(self._connections.folded)}
        return folded | self.exports.to_values() | self.first_steps.to_values()

    @property
    def _actions(self) -> ConnectionActions:
        return ConnectionActions(self.app, self._book)

    async def load(self, tabs: Sequence[Tab]) -> None:
        """Show these tabs, with the focus in the editor."""
        await self.documents.load(tabs)
        self.action_focus_editor()

    async def open_target(self, entry: Entry, *, is_asked: bool) -> None:
        """Open a connection in a tab: one that uses it already, else an empty or a new one.

        Args:
            entry: What to open.
            is_asked: Whether the command line named it: then a file's first rows are shown, and
                those of a server's only table, or of a view, are ready to run in an empty tab.
        """
        tab = self.documents.find(entry.reference)
        title = entry.label if is_asked and is_file(entry) else ""
        if tab is not None:
            await self.documents.activate(tab)
        elif self.pane is None or not self.pane.is_blank:
            await self.documents.open(entry.reference, title=title)
        elif title:
            self.pane.retitle(title)
        self.action_focus_editor()
        await self.use(entry)
        if is_asked and entry.connection:
            await self._show_first_rows(entry)

    async def open_text(
        self, sql: str, entry: Entry | None = None, *, title: str = ""
    ) -> DocumentPane:
        """Show a text in the tab in front, if nothing is in it, else in a new one.

        Args:
            sql: The text.
            entry: Where it is meant to run; by default where the tab in front does.
            title: Of the tab.
        """
        pane = self.pane
        if pane is None or not pane.is_blank:
            here = pane.entry if pane is not None else None
            reference = entry or here
            pane = await self.documents.open(
                reference.reference if reference else "", sql, title=title
            )
        else:
            pane.editor.load_text(sql)
            if title:
                pane.retitle(title)
            if entry is not None:
                pane.use(entry.reference)
                self._connections_changed(None)
        self.action_focus_editor()
        return pane

    async def _show_first_rows(self, entry: Entry) -> None:
        """Unless something else is in the editor: what somebody wrote is not run unasked."""
        query = await first_query(self._book, entry)
        if query is None:
            return
        generated = self.documents.find(entry.reference, text=query.sql)
        if generated is not None:
            await self.documents.activate(generated)
        pane = self.pane
        if pane is None or not (pane.is_blank or pane.editor.text.strip() == query.sql.strip()):
            return
        if pane.is_blank:
            pane.editor.load_text(query.sql)
        if query.is_harmless:
            pane.run_at_caret()
        else:
            pane.results.say(message_log.Entry(Level.INFO, "F5 runs the statement."), in_front=True)

    # ── status ───────────────────────────────────────────────────────────────────────────

    def _connections_changed(self, entry: Entry | None) -> None:
        current = self.pane.entry if self.pane else None
        if entry is None:
            self._show_connections()
        else:
            self._connections.refresh_entry(entry, current)
        if entry is None or entry is current:
            self._catalog.show(current)
            self._show_status()
            self._refresh_keys()

    def _cautioned(self, entry: Entry, caution: str) -> None:
        self.notify(caution, title=entry.label, severity="warning", timeout=10)
        for pane in self.documents.panes:
            if pane.entry is entry:
                pane.results.say(message_log.Entry(Level.WARNING, f"{entry.label}: {caution}"))

    def _countdown_ticked(self, entry: Entry) -> None:
        current = self.pane.entry if self.pane else None
        self._connections.refresh_entry(entry, current)
        if entry is current:
            self._show_status()
            self._refresh_keys()

    def _reopened(self, entry: Entry, error: TuskError | None) -> None:
        """A lost connection was opened again by itself, or no longer is tried."""
        words, level = reopened_words(entry, error), Level.WARNING if error else Level.DONE
        self.notify(words, severity="warning" if error else "information", timeout=10)
        for pane in self.documents.panes:
            if pane.entry is entry:
                pane.results.say(message_log.Entry(level, words))

    def _show_connections(self) -> None:
        current = self.pane.entry if self.pane else None
        self._connections.show(self._book.entries, current)

    def _show_status(self) -> None:
        pane = self.pane
        if pane is None or not pane.is_mounted:
            return
        editor, grid = pane.editor, pane.results.grid
        fields = status_fields(
            pane.entry,
            pane.shown_status,
            editor.cursor_location,
            is_plain=editor.is_plain,
            note=editor.note,
            view=grid.view_state if grid is not None else None,
            mode=editor.mode_words,
            file=pane.file,
        )
        if (field := self.exports.field) is not None:
            fields.insert(1, field)
        self._status.show(fields)

    @on(DocumentPane.Changed)
    def _pane_changed(self, event: DocumentPane.Changed) -> None:
        self.documents.show_tabs()
        if event.pane is self.pane:
            if event.pane.is_running or self.exports.jobs:
                self._ticker.resume()
            else:
                self._ticker.pause()
            self._show_status()
            self._refresh_keys()

    def _refresh_keys(self) -> None:
        """Draw the footer anew, which costs 10 ms, only when other keys work now."""
        working = tuple(self.check_action(action, ()) for action in _CONDITIONAL)
        if working != self._working:
            self._working = working
            self.refresh_bindings()

    @on(DocumentPane.SchemaChanged)
    def _schema_changed(self, event: DocumentPane.SchemaChanged) -> None:
        if self.pane is not None and event.entry is self.pane.entry:
            self._catalog.reload()

    @on(DocumentPane.Edited)
    def _pane_edited(self, event: DocumentPane.Edited) -> None:
        self._changed()
        if event.pane is self.pane:
            self._show_status()

    @on(AssistedEditor.NoteChanged)
    def _note_changed(self, event: AssistedEditor.NoteChanged) -> None:
        event.stop()
        self._show_status()

    @on(ResultGrid.ViewChanged)
    def _view_changed(self, event: messages.ViewChanged) -> None:
        event.stop()
        self._show_status()

    @on(DocumentArea.ActiveChanged)
    def _active_changed(self, event: DocumentArea.ActiveChanged) -> None:
        event.pane.set_results_percent(self._layout_sizes.results_percent)
        self._connections_changed(None)
        self._pane_changed(DocumentPane.Changed(event.pane))
        self._watch_file()

    @on(DocumentArea.TabsChanged)
    def _tabs_changed(self) -> None:
        self._changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        pane = self.pane if self.is_mounted else None
        match action:
            case "cancel":
                return pane is not None and (
                    (pane.is_running or _is_connecting(pane) or _is_retrying(pane))
                    and not pane.takes_escape
                )
            case "fetch":
                return pane is not None and (pane.can_fetch or pane.status.lacks_rest)
            case "reopen":
                state = pane.entry.state if pane and pane.entry else None
                return state in {ConnectionState.LOST, ConnectionState.FAILED}
            case _:
                return True

    # ── running ──────────────────────────────────────────────────────────────────────────

    def action_run(self) -> None:
        if self.pane is not None:
            self.pane.run_at_caret()

    def action_run_all(self) -> None:
        if self.pane is not None:
            self.pane.run_all()

    def action_explain(self) -> None:
        if self.pane is not None:
            self.pane.explain_at_caret()

    def action_run_with_values(self) -> None:
        if self.pane is not None:
            self.pane.run_with_other_values()

    def action_cancel(self) -> None:
        if self.pane is None:
            return
        entry = self.pane.entry
        if self.pane.is_running:
            self.pane.cancel()
        elif entry is not None and self._book.reconnector.stop(entry):
            self.notify(f"{entry.label} stays lost. F6 opens it again.")
            self._book.touch(entry)
        else:
            self.workers.cancel_group(self, "connections")

    def action_fetch(self, all_rows: bool) -> None:
        if self.pane is not None:
            self.pane.fetch(all_rows=all_rows)

    @on(ResultPane.Told)
    def _told(self, event: ResultPane.Told) -> None:
        self.notify(event.text, severity="information" if event.is_good else "warning", timeout=3)

    # ── history and saved queries ────────────────────────────────────────────────────────

    @property
    def _kept(self) -> KeptStatements:
        from tusk.tui.kept_statements import KeptStatements

        return KeptStatements(self, self._book)

    def action_history(self) -> None:
        self._guarded(self._kept.from_history)

    def action_saved(self) -> None:
        self._guarded(self._kept.from_saved)

    def action_save(self) -> None:
        pane = self.pane
        if pane is not None:
            save = self._kept.save if pane.file is None else self.files.save
            # In the editor's queue, behind the keys typed so far.
            pane.editor.call_later(lambda: self._on_file(lambda: save(pane)))

    def action_export(self) -> None:
        pane = self.pane
        if pane is not None:
            pane.editor.call_later(lambda: self._guarded(lambda: self.exports.ask(pane)))

    def exports_changed(self) -> None:
        """Exports began or ended."""
        self._changed()
        if self.pane is not None:
            self._pane_changed(DocumentPane.Changed(self.pane))

    @on(ResultPane.EditRequested)
    def _edit_requested(self, event: ResultPane.EditRequested) -> None:
        event.stop()
        pane = self.pane
        if pane is not None:
            self._guarded(lambda: self._edit_rows(pane, event))

    async def _edit_rows(self, pane: DocumentPane, event: ResultPane.EditRequested) -> None:
        from tusk.tui.screens.changes import change_rows

        origin = event.result.origin
        if origin is None:
            event.pane.tell("Where these rows come from is not known.", is_good=False)
            return
        with event.pane.holding(event.result.buffer):
            applied = await change_rows(
                self.app, self._book, origin, event.result.buffer, event.grid, pane.options
            )
        if applied is not None:
            pane.reading.read_changed(event.result, applied)

    @on(ResultPane.CompareRequested)
    def _compare_requested(self, event: ResultPane.CompareRequested) -> None:
        event.stop()
        results = [result for pane in self.documents.panes for result in pane.results.results]
        others = [result for result in reversed(results) if result.id != event.result.id]
        self.run_worker(compare_results(self.app, event.result, others), group="compare")

    # ── connections ──────────────────────────────────────────────────────────────────────

    @work(group="connections")
    async def _guarded(self, work: Callable[[], Awaitable[object]]) -> None:
        """Run a flow of questions and calls; an error is told."""
        await self._try(work)

    @work(group="files")
    async def _on_file(self, work: Callable[[], Awaitable[object]]) -> None:
        """As `_guarded`; cancelling what a connection does leaves it alone."""
        await self._try(work)

    async def _try(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self.tell_error(as_tusk_error(exc))

    def tell_error(self, error: TuskError) -> None:
        """Tell an error in passing, and in full in the messages of the tab in front."""
        if self.pane is not None:
            self.pane.tell_error(error)
        self.notify(error.message.partition("\n")[0], severity="error", timeout=10)

    def action_transaction(self) -> None:
        self._guarded(self._transaction)

    async def _transaction(self) -> None:
        entry = self.pane.entry if self.pane else None
        if entry is None or self.pane is None:
            return
        if not entry.is_open:
            await connect(self.app, self._book, entry)
        choice = await self.app.push_screen_wait(TransactionScreen(entry.label, entry.state))
        actions: dict[str, Callable[[Connection], None]] = {
            "begin": Connection.begin,
            "commit": Connection.commit,
            "rollback": Connection.rollback,
        }
        if choice in actions:
            await self._book.transact(entry, actions[choice])
            self.pane.note_transaction(choice)

    def action_reopen(self) -> None:
        entry = self.pane.entry if self.pane else None
        if entry is not None and not self._book.hurry(entry):
            self._guarded(lambda: self._reopen(entry))

    async def _reopen(self, entry: Entry) -> None:
        if entry.state is ConnectionState.FAILED:
            await connect(self.app, self._book, entry)
            return
        await self._book.reopen(entry)
        self.notify(f"{entry.label} is open again. Nothing was run again.")

    @on(ConnectionList.Folded)
    def _folded(self, event: ConnectionList.Folded) -> None:
        event.stop()
        self._changed()

    @on(ConnectionList.Requested)
    def _connection_requested(self, event: ConnectionList.Requested) -> None:
        event.stop()
        entry, actions = event.entry, self._actions
        flows: dict[str, Callable[[Entry], Awaitable[object]]] = {
            "use": self.use,
            "edit": actions.edit,
            "duplicate": actions.duplicate,
            "remove": actions.remove,
            "close": actions.close,
        }
        if event.what == "add":
            self._guarded(self.add_connection)
        elif event.what == "import":
            self._guarded(self.import_connections)
        elif entry is not None:
            self._guarded(lambda: flows[event.what](entry))

    async def use(self, entry: Entry) -> None:
        """Let the tab in front run on a connection, and open that."""
        pane = self.pane
        if pane is None:
            return
        pane.use(entry.reference)
        self._show_connections()
        self._catalog.show(entry)
        if entry.state is ConnectionState.LOST:
            await self._book.reopen(entry)
        else:
            await connect(self.app, self._book, entry)

    async def add_connection(self) -> None:
        """Ask for a connection, store it and use it in the tab in front."""
        entry = await self._actions.add()
        if entry is not None:
            await self.use(entry)

    async def import_connections(self) -> None:
        """Store connections that other programs know, as far as they are wanted."""
        stored = await self._actions.import_known()
        if stored:
            self.notify(f"Imported {stored} connection{'s' if stored > 1 else ''}.")

    # ── first steps ──────────────────────────────────────────────────────────────────────

    def action_first_steps(self) -> None:
        self._guarded(self.first_steps.offer_anywhere)

    @on(EmptyResults.Chosen)
    def _first_step_chosen(self, event: EmptyResults.Chosen) -> None:
        event.stop()
        self._guarded(lambda: self.first_steps.take(event.step))

    @on(EmptyResults.Ended)
    def _first_steps_ended(self, event: EmptyResults.Ended) -> None:
        event.stop()
        self.first_steps.ended()
        self._changed()

    # ── catalogue ────────────────────────────────────────────────────────────────────────

    @on(CatalogPane.Asked)
    async def _catalog_asked(self, event: CatalogPane.Asked) -> None:
        event.stop()
        pane = self.pane
        if pane is None:
            return
        if event.what == "name":
            pane.editor.insert(event.name)
            self.set_focus(pane.editor)
        elif event.is_relation:
            await self._view_rows(event.name)
        else:
            self._catalog.flip()

    @on(CatalogPane.Written)
    async def _catalog_written(self, event: CatalogPane.Written) -> None:
        event.stop()
        await self.open_text(event.text, title=event.title)

    async def _view_rows(self, name: str) -> None:
        """Show the first rows of a relation, in a tab that has nothing else in it."""
        pane = self.pane
        if pane is None or not pane.is_blank:
            reference = pane.entry.reference if pane and pane.entry else ""
            pane = await self.documents.open(reference, title=name)
        else:
            pane.retitle(name)
        pane.write_and_run(first_rows(name))

    # ── files ────────────────────────────────────────────────────────────────────────────

    def action_open_file(self) -> None:
        self._on_file(self.files.ask_and_open)

    def action_save_as(self) -> None:
        pane = self.pane
        if pane is not None:
            pane.editor.call_later(lambda: self._on_file(lambda: self.files.save_as(pane)))

    def action_reload_file(self) -> None:
        pane = self.pane
        if pane is not None:
            self._on_file(lambda: self.files.reload(pane))

    def _watch_file(self) -> None:
        if self.pane is not None and self.pane.file is not None:
            self._on_file(self.files.watch)

    async def open_files(self, paths: Sequence[Path], entry: Entry | None) -> None:
        """Open files in tabs, and a connection for them; by default that of the tab in front.

        Raises:
            TuskError: A file cannot be read, or the connection not be opened.
        """
        for path in paths:
            await self.files.open(path, entry)
        place = self.pane.entry if self.pane is not None else None
        if place is not None and (entry is not None or place in self._book.embedded):
            await self.use(place)

    # ── tabs ─────────────────────────────────────────────────────────────────────────────

    async def go_to_tab(self, tab_id: str) -> DocumentPane:
        """Bring a tab to the front, with the focus in its editor."""
        pane = await self.documents.activate(tab_id)
        self.action_focus_editor()
        return pane

    async def action_new_tab(self) -> None:
        reference = self.pane.entry.reference if self.pane and self.pane.entry else ""
        await self.documents.open(reference)
        self.action_focus_editor()

    async def action_next_tab(self, step: int) -> None:
        await self.documents.activate(self.documents.neighbour(step))
        self.action_focus_editor()

    def action_move_tab(self, step: int) -> None:
        self.documents.move(step)

    @property
    def _tab_actions(self) -> TabActions:
        return TabActions(self.app, self.documents, self.files)

    def action_rename_tab(self) -> None:
        self._guarded(self._tab_actions.rename)

    def action_reopen_tab(self) -> None:
        self._guarded(self._reopen_tab)

    async def _reopen_tab(self) -> None:
        await self._tab_actions.reopen()
        self.action_focus_editor()

    def action_close_tab(self) -> None:
        if self.pane is not None:
            self._ask_and_close(self.pane.tab_id)

    @on(DocumentArea.CloseRequested)
    def _close_requested(self, event: DocumentArea.CloseRequested) -> None:
        self._ask_and_close(event.tab_id)

    def _ask_and_close(self, tab_id: str) -> None:
        self._on_file(lambda: self._close_tab(tab_id))

    async def _close_tab(self, tab_id: str) -> None:
        if await self._tab_actions.close(tab_id):
            self.action_focus_editor()

    # ── focus and sizes ──────────────────────────────────────────────────────────────────

    def action_focus_editor(self) -> None:
        if self.pane is not None:
            self._unzoom()
            # At once: what is typed next belongs there.
            self.set_focus(self.pane.editor)

    def action_focus_results(self) -> None:
        if self.pane is not None:
            self._unzoom()
            self.set_focus(self.pane.results.content)

    def action_explorer(self) -> None:
        explorer = self.query_one("#explorer")
        if explorer.display and explorer.has_focus_within:
            self._change_layout(replace(self._layout_sizes, is_explorer_open=False))
            self.action_focus_editor()
            return
        if not explorer.display:
            self._change_layout(replace(self._layout_sizes, is_explorer_open=True))
        self._unzoom()
        self.set_focus(self._connections)

    def action_resize(self, explorer: int, results: int) -> None:
        self._change_layout(self._layout_sizes.resized(explorer=explorer, results=results))

    def action_zoom(self) -> None:
        zoomed = self.pane.has_class("-zoomed") if self.pane else False
        self._unzoom()
        if not zoomed and self.pane is not None:
            self.pane.zoom()
            self.add_class("-zoomed")

    def _unzoom(self) -> None:
        self.remove_class("-zoomed")
        if self.pane is not None:
            self.pane.unzoom()

    def _change_layout(self, layout: Layout) -> None:
        self._layout_sizes = layout
        self._apply_layout()
        self._changed()

    def _apply_layout(self) -> None:
        layout = self._layout_sizes
        explorer = self.query_one("#explorer")
        explorer.styles.width = layout.explorer_width
        has_room = self.size.width >= _EXPLORER_MIN_WIDTH
        is_open = has_room if layout.is_explorer_open is None else layout.is_explorer_open
        explorer.display = self.query_one("#explorer-splitter").display = is_open
        for pane in self.documents.panes:
            pane.set_results_percent(layout.results_percent)

    def on_resize(self) -> None:
        self._apply_layout()

    @on(Splitter.Dragged)
    def _splitter_dragged(self, event: Splitter.Dragged) -> None:
        event.stop()
        if event.splitter.direction == "columns":
            self.action_resize(event.cells, 0)
        elif self.pane is not None:
            height = max(1, self.pane.size.height)
            self.action_resize(0, -round(event.cells * 100 / height))


def _is_retrying(pane: DocumentPane) -> bool:
    return pane.entry is not None and pane.entry.retry is not None


def _is_connecting(pane: DocumentPane) -> bool:
    return pane.entry is not None and pane.entry.state is ConnectionState.CONNECTING
