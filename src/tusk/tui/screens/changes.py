"""Changing rows of a result: staged in the table, looked at as SQL, applied together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from tusk.core.errors import TuskError, UsageError
from tusk.core.text import safe
from tusk.services.edits import (
    DEFAULT,
    NULL,
    Applier,
    Origin,
    OriginFinder,
    Special,
    Staging,
    changes_of,
    preview,
)
from tusk.tui.defects import as_tusk_error
from tusk.tui.run_status import activity
from tusk.tui.screens.changes_dialogs import CellTextScreen, ChangesPreview
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.session_work import SessionWork
from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.staged_table import StagedTable

if TYPE_CHECKING:
    from textual.app import App, ComposeResult

    from tusk.core.result import ResultBuffer
    from tusk.core.statement import Statement
    from tusk.services.edits import Change, StagedValue
    from tusk.services.queries import RunOptions
    from tusk.tui.connection_book import ConnectionBook, Entry
    from tusk.tui.export_request import Origin as ResultOrigin
    from tusk.tui.widgets.result_grid import ResultGrid

_TICK_S = 0.1
_ONE_LINE = 2_000
_NARROWEST_INPUT = 20


@dataclass(frozen=True, slots=True)
class Editable:
    """A result whose rows are to be changed.

    Args:
        statement: What it is the result of.
        entry: Where that ran.
        book: The app's connections.
        options: Makes the options of a run, from the settings.
        buffer: The result.
        rows: Its rows as they are shown.
        columns: Its columns as they are shown.
        place: Line and column where the cursor is.
    """

    statement: Statement
    entry: Entry
    book: ConnectionBook
    options: Callable[[], RunOptions]
    buffer: ResultBuffer
    rows: Sequence[int]
    columns: Sequence[int]
    place: tuple[int, int]


class CellInput(Input):
    """The line in which a cell's text is changed, over the cell.

    Args:
        text: The text so far.
        row: Of the result.
        column: Of the result.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="cell.leave", tooltip="Leave the cell as it is"),
        Binding("tab", "next", "Next", id="cell.next", tooltip="Take the text, go on to the right"),
    ]

    @dataclass
    class Left(Message):
        """Escape: the cell stays as it is."""

        input: CellInput

    @dataclass
    class Taken(Message):
        """The text is taken."""

        input: CellInput
        goes_on: bool

    def __init__(self, text: str, row: int, column: int) -> None:
        super().__init__(text, compact=True, select_on_focus=True)
        self.row = row
        self.column = column

    def action_leave(self) -> None:
        self.post_message(self.Left(self))

    def action_next(self) -> None:
        self.post_message(self.Taken(self, goes_on=True))

    async def action_submit(self) -> None:
        self.post_message(self.Taken(self, goes_on=False))


@dataclass(frozen=True, slots=True)
class Applied:
    """Changes were applied, and where the cursor was.

    Args:
        row: Of the result.
        key: Columns of the result that tell its rows apart.
        texts: What the cursor's row has in them now; nothing where only the database knows.
    """

    row: int
    key: Sequence[int]
    texts: Sequence[str | None]


class ChangesScreen(Screen["Applied | TuskError | None"]):
    """Stages changes of a result's rows and applies them.

    Returns None when nothing was applied, and an error when the result's rows cannot be changed.

    Args:
        editable: The result.
    """

    CSS_PATH = "changes.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q", "back", "Back", id="changes.back",
            tooltip="Back to the result; asks when something is staged",
        ),
        Binding(
            "enter,e", "edit", "Edit", id="changes.edit", tooltip="Change the cell's text in place"
        ),
        Binding("x", "special('NULL')", "NULL", id="changes.null", tooltip="Make the cell NULL"),
        Binding(
            "d", "special('DEFAULT')", "Default", id="changes.default", show=False,
            tooltip="Let the column's default decide",
        ),
        Binding("o", "add_row", "New row", id="changes.add", tooltip="Add a row at the end"),
        Binding(
            "D,delete", "delete_row", "Delete", id="changes.delete",
            tooltip="Delete the row, or keep it after all",
        ),
        Binding(
            "f5,w", "apply", "Apply", id="changes.apply",
            tooltip="Show the SQL, and run it in one transaction",
        ),
        Binding("u", "undo", "Undo", id="changes.undo", tooltip="Take the last step back"),
        Binding(
            "U", "redo", "Redo", id="changes.redo", show=False, tooltip="Take the step again"
        ),
        Binding(
            "r,backspace", "reset", "Keep", id="changes.reset", show=False,
            tooltip="Let the cell keep the value it has",
        ),
        Binding(
            "X", "discard", "Discard", id="changes.discard", show=False,
            tooltip="Forget everything that is staged; u brings it back",
        ),
    ]  # fmt: skip

    def __init__(self, editable: Editable) -> None:
        super().__init__()
        self._editable = editable
        self._origin: Origin | None = None
        self._staging = Staging()
        self._work: SessionWork | None = None
        self._input: CellInput | None = None
        self._is_applying = False
        self._title = Static(classes="changes-title", markup=False)
        self._state = Static(classes="changes-state", markup=False)
        self._table = StagedTable(
            editable.buffer, editable.rows, editable.columns, self._staging, self._show_state
        )

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._table
        yield self._state
        yield KeyFooter()

    def on_mount(self) -> None:
        self._table.focus()
        self._ticker = self.set_interval(_TICK_S, self._show_state, pause=True)
        self.call_after_refresh(lambda: self._table.place(*self._editable.place))
        self._find_origin()

    @property
    def staging(self) -> Staging:
        """What is staged."""
        return self._staging

    @property
    def would_lose(self) -> str:
        """What would be lost by leaving the app now, in words; empty for nothing."""
        return "" if self._staging.is_empty else f"Staged and not applied: {self._staging.words}."

    @property
    def is_working(self) -> bool:
        """Whether the server is asked something just now."""
        return self._work is not None and self._work.is_active

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "apply":
            return self._origin is not None and not self.is_working
        # What is typed while the origin is looked up must not be lost.
        return action == "back" or not self._is_applying

    # ── showing ──────────────────────────────────────────────────────────────────────────

    def _show_state(self) -> None:
        if not self.is_attached:
            return
        origin = self._origin
        name = ".".join(origin.table.path) if origin else "…"
        self._title.update(safe(f"Rows of {name}: {self._staging.words}"))
        self._state.set_class(self.is_working, "-busy")
        if self._work is not None and self.is_working:
            self._state.update(f"{activity(self._work.status)} · Esc cancels")
        elif origin is not None:
            self._state.update(safe(self._cell_words(origin)))

    def _cell_words(self, origin: Origin) -> str:
        cell = self._table.cell
        if cell is None:
            return "There is no row: o adds one."
        _, column = cell
        if reason := origin.why_not(column):
            return f"Not to be changed: {reason}"
        found = origin.columns[column]
        if found is None:
            return ""
        parts = [f"{found.name} {found.type}", "" if found.is_nullable else "not null"]
        parts.append("key" if column in origin.key else "")
        return " · ".join(part for part in parts if part)

    def _staged(self) -> None:
        self._table.staged()
        self._show_state()

    def _work_changed(self) -> None:
        if not self.is_attached:
            return
        if self.is_working:
            self._ticker.resume()
        else:
            self._ticker.pause()
        self._show_state()
        self.refresh_bindings()

    # ── where the rows come from ─────────────────────────────────────────────────────────

    def _new_work(self) -> SessionWork:
        editable = self._editable
        self._work = SessionWork(
            self.app, editable.book, editable.entry, "changing rows", self._work_changed
        )
        return self._work

    @work(exclusive=True, group="session")
    async def _find_origin(self) -> None:
        editable, work = self._editable, self._new_work()
        finder = OriginFinder(editable.statement, editable.buffer.schema)
        try:
            if await work.connect():
                await work.run(editable.statement, editable.options(), finder.run, lambda _: None)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            work.end()
            self.dismiss(as_tusk_error(exc))
            return
        self._origin = finder.origin
        work.end()
        if finder.origin is None:
            self.dismiss(None)
        else:
            self._drop_what_cannot_be(finder.origin)

    def _drop_what_cannot_be(self, origin: Origin) -> None:
        """Take back what was staged before it was known which columns can be changed."""
        staging = self._staging
        rows = [*staging.changed_rows, *staging.added]
        cells = [(row, column) for row in rows for column, _ in staging.values(row)]
        reasons = {cell: reason for cell in cells if (reason := origin.why_not(cell[1]))}
        for cell in reasons:
            staging.reset(*cell)
        if reasons:
            words = "; ".join(dict.fromkeys(reasons.values()))
            self.notify(f"Taken back: {words}.", severity="warning", timeout=6)
        self._staged()

    # ── staging ──────────────────────────────────────────────────────────────────────────

    def _changeable(self) -> tuple[int, int] | None:
        """The cell at the cursor, if it can be changed; says why when it cannot."""
        cell = self._table.cell
        if cell is None:
            return None
        row, column = cell
        reason = self._origin.why_not(column) if self._origin else ""
        if row in self._staging.deleted:
            reason = "the row is to be deleted: D keeps it"
        if reason:
            self.notify(f"Not to be changed: {reason}.", severity="warning", timeout=4)
            return None
        return cell

    def action_edit(self) -> None:
        cell = self._changeable()
        if cell is None or self._input is not None:
            return
        value = self._table.text_of(*cell)
        text = "" if isinstance(value, Special) else value
        if "\n" in text or len(text) > _ONE_LINE:
            self._edit_lines(cell, text)
        else:
            self._open_input(text, cell)

    def _open_input(self, text: str, cell: tuple[int, int]) -> None:
        self._input = CellInput(text, *cell)
        region = self._table.cell_region()
        width = max(region.width, _NARROWEST_INPUT)
        left = max(0, min(region.x, self.size.width - width))
        self._input.styles.width = width
        self._input.styles.offset = (left, region.y)
        self.mount(self._input)
        self._input.focus()

    @work(exclusive=True, group="lines")
    async def _edit_lines(self, cell: tuple[int, int], text: str) -> None:
        name = self._editable.buffer.schema.field(cell[1]).name
        answer = await self.app.push_screen_wait(CellTextScreen(name, text))
        if answer is not None:
            self._stage(cell, answer)

    def _stage(self, cell: tuple[int, int], value: StagedValue) -> None:
        """Stage a value; one that the cell has already is no change."""
        before = self._table.text_of(*cell)
        if value == before:
            return
        self._staging.set(*cell, value)
        self._staged()

    @on(CellInput.Taken)
    async def _input_taken(self, event: CellInput.Taken) -> None:
        event.stop()
        taken = event.input
        await self._close_input()
        # Nothing typed into a NULL leaves it NULL.
        was_special = isinstance(self._table.text_of(taken.row, taken.column), Special)
        if taken.value or not was_special:
            self._stage((taken.row, taken.column), taken.value)
        if event.goes_on:
            self._table.action_move(0, 1)
            self.action_edit()

    @on(CellInput.Left)
    async def _input_left(self, event: CellInput.Left) -> None:
        event.stop()
        await self._close_input()

    async def _close_input(self) -> None:
        if self._input is not None:
            closed, self._input = self._input, None
            await closed.remove()
            self._table.focus()

    def action_special(self, name: str) -> None:
        cell = self._changeable()
        if cell is not None:
            self._stage(cell, NULL if name == "NULL" else DEFAULT)

    def action_add_row(self) -> None:
        row = self._staging.add_row()
        self._staged()
        self._table.go_to(row)

    def action_delete_row(self) -> None:
        cell = self._table.cell
        if cell is not None:
            self._staging.flip_deleted(cell[0])
            self._staged()

    def action_reset(self) -> None:
        cell = self._table.cell
        if cell is not None:
            self._staging.reset(*cell)
            self._staged()

    def action_undo(self) -> None:
        if not self._staging.undo():
            self.notify("Nothing to take back.", timeout=3)
        self._staged()

    def action_redo(self) -> None:
        if not self._staging.redo():
            self.notify("Nothing to do again.", timeout=3)
        self._staged()

    def action_discard(self) -> None:
        self._staging.clear()
        self._staged()

    # ── applying and leaving ─────────────────────────────────────────────────────────────

    def action_apply(self) -> None:
        if self._staging.is_empty:
            self.notify("Nothing is staged.", timeout=3)
        elif self._origin is not None:
            self._apply(self._origin)

    @work(exclusive=True, group="session")
    async def _apply(self, origin: Origin) -> None:
        editable, work = self._editable, self._new_work()
        applier: Applier | None = None
        self._is_applying = True
        try:
            changes = changes_of(self._staging, origin, editable.buffer, editable.entry.engine)
            if not await self._agrees(origin, changes) or not await work.connect(writes=True):
                return
            applier = Applier(changes, origin)
            await work.run(editable.statement, editable.options(), applier.run, lambda _: None)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self._refused(as_tusk_error(exc), applier)
            return
        finally:
            self._is_applying = False
            work.end()
        later = " They wait for the commit of your transaction." if applier.stays_open else ""
        self.notify(f"Applied: {self._staging.words}.{later}", timeout=6)
        self.dismiss(self._applied(origin))

    def _applied(self, origin: Origin) -> Applied:
        """Where the cursor is; a row whose key is not known is looked for by its place."""
        cell, rows = self._table.cell, self._editable.rows
        if cell is None:
            return Applied(0, (), ())
        row = cell[0]
        values = [self._table.text_of(row, column) for column in origin.key]
        if row in self._staging.deleted or not all(isinstance(value, str) for value in values):
            place = min(self._editable.place[0], len(rows) - 1)
            return Applied(rows[place] if len(rows) else 0, (), ())
        return Applied(max(0, row), origin.key, [str(value) for value in values])

    async def _agrees(self, origin: Origin, changes: Sequence[Change]) -> bool:
        name = ".".join(origin.table.path)
        title = f"{self._staging.words} in {name}, in one transaction"
        question = ChangesPreview(title, preview(changes))
        return await self.app.push_screen_wait(question)

    def _refused(self, error: TuskError, applier: Applier | None) -> None:
        """Tell why nothing was applied, with the cursor where it is about."""
        failed = applier.failed if applier is not None else None
        if failed is not None:
            self._table.go_to(failed.row, failed.columns[0] if failed.columns else None)
        detail = getattr(error, "detail", "")
        words = "\n".join(part for part in (error.message, detail, error.hint) if part)
        self.notify(words, title="Nothing was changed", severity="error", timeout=12)

    def action_back(self) -> None:
        if self.is_working:
            self._cancel()
        elif self._staging.is_empty:
            self.dismiss(None)
        else:
            self._ask_and_leave()

    @work(group="cancel")
    async def _cancel(self) -> None:
        work = self._work
        if work is None or await work.cancel():
            return
        self.workers.cancel_group(self, "session")
        work.end()
        if self._origin is None:
            self.dismiss(None)

    @work(exclusive=True, group="leave")
    async def _ask_and_leave(self) -> None:
        question = ConfirmScreen(
            "Leave without applying?",
            self.would_lose,
            [Answer("leave", "Discard them", is_dangerous=True), Answer("stay", "Stay")],
        )
        if await self.app.push_screen_wait(question) == "leave":
            self.dismiss(None)


async def change_rows(
    app: App[object],
    book: ConnectionBook,
    origin: ResultOrigin,
    buffer: ResultBuffer,
    grid: ResultGrid,
    options: Callable[[], RunOptions],
) -> Applied | None:
    """Let the user change rows of a result, in a worker; None when nothing was changed.

    Args:
        app: The app.
        book: Its connections.
        origin: What the result came from.
        buffer: The result.
        grid: Shows it.
        options: Makes the options of a run, from the settings.

    Raises:
        TuskError: Its rows cannot be changed.
    """
    if origin.entry.is_read_only:
        raise UsageError(f"{origin.entry.label} is read-only: its rows cannot be changed")
    editable = Editable(
        origin.statement,
        origin.entry,
        book,
        options,
        buffer,
        grid.shown_rows,
        grid.shown_columns,
        (grid.cursor_row, grid.cursor_column),
    )
    answer = await app.push_screen_wait(ChangesScreen(editable))
    if isinstance(answer, TuskError):
        raise answer
    return answer
