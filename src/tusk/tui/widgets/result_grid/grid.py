"""`ResultGrid`: any number of rows and columns of a `ResultBuffer`, formatted as they are seen."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
from textual import events, work
from textual.actions import SkipAction
from textual.reactive import var

from tusk.core.errors import TuskError, UsageError
from tusk.core.result import ResultBuffer
from tusk.services.results.changes import earlier_rows
from tusk.services.results.comparison import likely_key
from tusk.services.results.filters import RowFilter
from tusk.services.results.matching import Matcher
from tusk.services.results.sortkeys import SortKey, next_keys
from tusk.tui.widgets.result_grid import messages
from tusk.tui.widgets.result_grid.arrangement import Arrangement, ViewState
from tusk.tui.widgets.result_grid.cell_value import CellValue, cell_value, is_at_hand
from tusk.tui.widgets.result_grid.clipboard import (
    CLIPBOARD_BYTES,
    TOO_LARGE,
    TooLargeError,
    fits,
    tab_separated,
)
from tusk.tui.widgets.result_grid.headings import FILTERED, filter_note
from tusk.tui.widgets.result_grid.keys import BINDINGS
from tusk.tui.widgets.result_grid.motion import Place, target
from tusk.tui.widgets.result_grid.mouse import Gestures
from tusk.tui.widgets.result_grid.prompt import GridPrompt
from tusk.tui.widgets.result_grid.repeated import Changes, GridMemory
from tusk.tui.widgets.result_grid.selection import SelectionKind
from tusk.tui.widgets.result_grid.tools import GridTools, text_in_form
from tusk.tui.widgets.result_grid.view import GridView
from tusk.tui.widgets.result_grid.viewer import CellViewer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.binding import BindingType

    from tusk.services.copying import CopyFormat
    from tusk.services.results.filters import Condition
    from tusk.services.results.order import RowIndex

# Batches may come by the hundred in a second; the screen follows them ten times.
_ARRIVAL_INTERVAL_S = 0.1
# A sorted result is sorted anew when no rows have come for this long.
_QUIET_S = 0.5


class ResultGrid(GridView, can_focus=True, inherit_bindings=False):
    """A table over a `ResultBuffer`, which may still be growing.

    The screen opens a result with `show`, calls `rows_arrived` after batches were appended (as
    often as it likes) and sets `has_more` when the server was told to wait. The buffer stays the
    screen's: the grid never closes it.

    Rows are counted as they are shown (sorted, filtered); see `buffer_row`.
    """

    BINDINGS: ClassVar[list[BindingType]] = BINDINGS
    DEFAULT_CSS = (
        resources.files("tusk.tui.widgets.result_grid")
        .joinpath("result_grid.tcss")
        .read_text("utf-8")
    )

    FollowRequested = messages.FollowRequested
    CursorMoved = messages.CursorMoved
    SelectionChanged = messages.SelectionChanged
    FetchMoreRequested = messages.FetchMoreRequested
    CellActivated = messages.CellActivated
    Copied = messages.Copied
    Refused = messages.Refused
    ViewChanged = messages.ViewChanged

    has_more: var[bool] = var(False)
    """Whether the server has rows that were not fetched: set by the screen."""

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        self._gestures = Gestures(self)
        self._tools = GridTools(self)
        self._trail = ""
        self._arrival_is_due = False
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)

    def _open(self, buffer: ResultBuffer) -> None:
        super()._open(buffer)
        self._arrangement = Arrangement(buffer, self._tell_view)
        self._visual: SelectionKind | None = None
        self._fetch_was_requested = False
        self._goes_to_end = False
        self._note_text = self._trail
        self._remembered: GridMemory | None = None
        self.table_name = "result"

    # ── what the screen calls ────────────────────────────────────────────────────────────

    def show(self, buffer: ResultBuffer) -> None:
        """Show another result, from its first row."""
        self.workers.cancel_node(self)
        self._open(buffer)
        self.has_more = False
        self.scroll_to(0, 0, animate=False, force=True)
        self._content_changed()

    def clear(self) -> None:
        """Show nothing."""
        self.show(ResultBuffer(pa.schema([])))
        self._is_open = False

    def rows_arrived(self) -> None:
        """Follow the buffer, which has grown. Cheap: many calls lead to few updates."""
        self._fetch_was_requested = False
        if self._arrival_is_due:
            return
        self._arrival_is_due = True
        if self.row_count == 0 and self._arrangement.is_plain:
            self._follow_buffer()
        else:
            is_plain = self._arrangement.is_plain
            self.set_timer(_ARRIVAL_INTERVAL_S if is_plain else _QUIET_S, self._follow_buffer)

    def _follow_buffer(self) -> None:
        self._arrival_is_due = False
        if self._arrangement.is_plain:
            self._reader.reorder(range(self._buffer.num_rows), is_longer=True)
            self._content_grew()
            self._return_to_cursor()
            if self._goes_to_end:
                self.move_cursor(self.row_count - 1)
        elif self._arrangement.work:
            self.rows_arrived()  # a sort that began anew with every batch would never end
        else:
            self._arrange_rows()

    @property
    def view_state(self) -> ViewState:
        """How rows are filtered and sorted, and how far that is."""
        arrangement = self._arrangement
        return ViewState(
            rows_shown=self.row_count,
            rows_total=self._buffer.num_rows,
            filter_text=arrangement.filter.matcher.text,
            conditions=arrangement.filter.conditions,
            sort_keys=arrangement.keys,
            search_text=self._painter.search.text,
            is_readable=self._reader.is_readable,
            hidden_columns=self._buffer.num_columns - len(self._columns),
            work=arrangement.work,
            done=arrangement.done,
        )

    # ── moving and selecting ─────────────────────────────────────────────────────────────

    def action_move(self, direction: str) -> None:
        """Move the cursor; in a visual mode the selection follows."""
        if self._visual is None:
            self.deselect()
            self._move_by(direction)
        else:
            self._extend(direction, self._visual)

    def action_extend(self, direction: str) -> None:
        """Select from where the selection began to where a movement leads."""
        kind = self._selection.kind if self._selection else SelectionKind.BLOCK
        self._extend(direction, self._visual or kind)

    def _extend(self, direction: str, kind: SelectionKind) -> None:
        anchor = self._selection.anchor if self._selection else (self._row, self._column)
        self._move_by(direction)
        self._select(kind, anchor, (self._row, self._column))

    def _move_by(self, direction: str) -> None:
        self._remembered = None
        view = self._view
        shown = self._layout.scrolled(view.scroll_x, view.room)
        place = Place(
            self._row,
            self._column,
            self.row_count,
            self.column_count,
            self._page_rows,
            max(1, len(shown) - 1),
        )
        row, column = target(place, direction)
        if direction in ("page-up", "page-down"):
            self.scroll_to(y=self.scroll_offset.y + row - self._row, animate=False, force=True)
        self._goes_to_end = direction == "last-row" and self.has_more
        if row >= self.row_count or self._goes_to_end:
            self._ask_for_more(wants_all=self._goes_to_end)
        self.move_cursor(row, column)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value > old_value and round(new_value) >= self.max_scroll_y:
            self._ask_for_more()

    def _ask_for_more(self, *, wants_all: bool = False) -> None:
        if self.has_more and not self._fetch_was_requested:
            self._fetch_was_requested = True
            self.post_message(self.FetchMoreRequested(self, wants_all=wants_all))

    def deselect(self) -> None:
        self._visual = None
        super().deselect()

    def action_visual(self, kind: str) -> None:
        """Begin to select by moving, in another shape, or stop."""
        wanted = SelectionKind(kind)
        if self._visual is wanted:
            self.deselect()
            return
        self._visual = wanted
        here = (self._row, self._column)
        self._select(wanted, self._selection.anchor if self._selection else here, here)

    def action_select_all(self) -> None:
        """Select every cell there is now."""
        last = (max(0, self.row_count - 1), max(0, self.column_count - 1))
        self._select(SelectionKind.BLOCK, (0, 0), last)

    def action_clear_marks(self) -> None:
        """Let go of the selection; else stop what is running; else forget the search."""
        if self._selection is not None:
            self.deselect()
        elif self._arrangement.work == "searching":
            self.workers.cancel_group(self, "search")
        elif self._arrangement.work:
            self.arrange_rows()
        elif self._painter.search:
            self._look_for("")
        else:
            raise SkipAction

    def action_goto_row(self) -> None:
        """Ask for a row number and go there."""

        def go(answer: str | None) -> None:
            if answer and answer.isdecimal():
                self.go_to_row(int(answer))

        self.app.push_screen(GridPrompt("Go to row", kind="integer"), go)

    def go_to_row(self, number: int) -> None:
        """Go to the row that has a number at its left; to the last one for too large a number."""
        order = self._reader.order
        try:
            self.move_cursor(order.index(number - 1))
        except ValueError:
            if isinstance(order, range):
                self.move_cursor(number - 1)
            else:
                self.post_message(self.Refused(self, f"row {number} is not among those shown"))

    def go_to_column(self, column: int) -> None:
        """Go to a column of the buffer, if it is shown."""
        place = self._columns.place(column)
        if place is not None:
            self.move_cursor(column=place)

    # ── copying and viewing ──────────────────────────────────────────────────────────────

    @property
    def current_cell(self) -> tuple[range, range]:
        """Rows and columns of the current cell alone."""
        return range(self._row, self._row + 1), range(self._column, self._column + 1)

    @property
    def selected_cells(self) -> tuple[range, range]:
        """Rows and columns, as they are shown, of the selection; else of the current cell."""
        if self._selection is None:
            return self.current_cell
        return self._selection.rows, self._selection.columns

    def action_copy(self, with_names: bool = False) -> None:
        """Copy the selection, or the current cell as it is."""
        self.copy_cells(*self.selected_cells, with_names=with_names)

    def action_copy_row(self) -> None:
        """Copy all cells of the current row."""
        self.copy_cells(range(self._row, self._row + 1), range(self.column_count))

    @work(exclusive=True, group="copy")
    async def copy_cells_as(self, form: CopyFormat, rows: range, columns: range) -> None:
        """Copy cells in one of the forms for pasting."""
        if len(rows) * len(columns) > CLIPBOARD_BYTES:
            self.post_message(self.Refused(self, TOO_LARGE))
            return
        wanted = self._reader.order[rows.start : rows.stop]
        numbers = [self.buffer_column(column) for column in columns]
        try:
            text = await asyncio.to_thread(
                text_in_form, self._buffer, wanted, numbers, form, self.table_name
            )
        except UsageError as error:
            self.post_message(self.Refused(self, error.message))
        except IndexError:  # the buffer was closed
            return
        else:
            self.copy_text(text, len(rows), len(columns))

    @work(exclusive=True, group="copy")
    async def copy_cells(self, rows: range, columns: range, *, with_names: bool = False) -> None:
        """Copy cells as they are shown, with tabs between them."""
        if not self.row_count or not self.column_count:
            return
        if len(rows) * len(columns) > CLIPBOARD_BYTES:
            self.post_message(self.Refused(self, TOO_LARGE))
            return
        try:
            text = await self._text_of(rows, columns, with_names=with_names)
        except TooLargeError:
            self.post_message(self.Refused(self, TOO_LARGE))
        except IndexError:  # the buffer was closed
            return
        else:
            self.copy_text(text, len(rows), len(columns))

    async def _text_of(self, rows: range, columns: range, *, with_names: bool) -> str:
        if len(rows) == len(columns) == 1 and not with_names:
            if not fits(self._reader.value(rows[0], columns[0])):
                raise TooLargeError
            return self._reader.whole_text(rows[0], columns[0]) or ""
        wanted = self._reader.order[rows.start : rows.stop]
        formats = [self._reader.format(column) for column in columns]
        numbers = [self.buffer_column(column) for column in columns]
        return await asyncio.to_thread(
            tab_separated, self._buffer, wanted, formats, numbers, with_names=with_names
        )

    def copy_text(self, text: str, rows: int = 1, columns: int = 1) -> None:
        """Send a text to the terminal's clipboard and say so."""
        size = len(text)
        if size <= CLIPBOARD_BYTES:
            size = len(text.encode("utf-8", "replace"))
        if size > CLIPBOARD_BYTES:
            self.post_message(self.Refused(self, TOO_LARGE))
            return
        self.app.copy_to_clipboard(text)
        self.post_message(self.Copied(self, rows, columns, size))

    def action_view_cell(self) -> None:
        self.activate()

    def activate(self) -> None:
        """Show the current cell's value, whole."""
        if not self.row_count or not self.column_count:
            return
        make = partial(cell_value, self._reader, self._headings, self._row, self._column)
        try:
            if is_at_hand(self._reader.value(self._row, self._column)):
                self._show_value(make())
            else:
                self._make_and_show(make)
        except IndexError:  # the buffer was closed
            return
        self.post_message(self.CellActivated(self, self._row, self._column))

    @work(exclusive=True, group="view")
    async def _make_and_show(self, make: Callable[[], CellValue]) -> None:
        with contextlib.suppress(IndexError):  # the buffer was closed
            self._show_value(await asyncio.to_thread(make))

    def _show_value(self, value: CellValue) -> None:
        self.app.push_screen(CellViewer(value, self._copy_value))

    def _copy_value(self, value: CellValue) -> None:
        text = value.text or b""
        if not value.is_whole or len(text) > CLIPBOARD_BYTES:
            self.post_message(self.Refused(self, TOO_LARGE))
        else:
            self.copy_text(str(text, "utf-8", "replace"))

    # ── dialogs ──────────────────────────────────────────────────────────────────────────

    def action_filter_column(self) -> None:
        self._tools.filter_column()

    def action_statistics(self) -> None:
        self._tools.show_statistics()

    def action_columns(self, searches: bool = False) -> None:
        self._tools.choose_columns(searches=searches)

    def action_chart(self) -> None:
        try:
            self._tools.show_chart()
        except TuskError as error:
            hint = f": {error.hint}" if error.hint else ""
            self.post_message(self.Refused(self, error.message + hint))

    def action_record(self) -> None:
        self._tools.show_record()

    def action_copy_as(self) -> None:
        self._tools.copy_as()

    def action_follow(self, asks: bool = False) -> None:
        """Go to the rows at the other end of a foreign key."""
        self.post_message(self.FollowRequested(self, asks=asks))

    # ── sorting, filtering, searching ────────────────────────────────────────────────────

    @property
    def matched_rows(self) -> RowIndex | None:
        """Rows of the buffer that the filter lets through, in its order; None without a filter."""
        return self._arrangement.matched

    def arrange_rows(
        self,
        *,
        sort: Sequence[SortKey] = (),
        filter_text: str = "",
        conditions: Mapping[int, Condition] | None = None,
    ) -> None:
        """Show only some rows, sorted; by default all as they came.

        Args:
            sort: By what, the most important key first.
            filter_text: Only rows that have it in any cell.
            conditions: Only rows that meet these, by number of the buffer's column.
        """
        arrangement = self._arrangement
        self._remembered = None
        row = self.buffer_row(self._row) if self.row_count else 0
        arrangement.keys = tuple(sort)
        wanted = RowFilter(Matcher(filter_text), dict(conditions or {}))
        if wanted != arrangement.filter:
            arrangement.set_filter(wanted)
        self._headings.show_sorting(arrangement.keys)
        self._headings.show_filters(wanted.conditions)
        self._make_note()
        self._widths.forget()
        self.deselect()
        if arrangement.is_plain:
            self.workers.cancel_group(self, "arrange")
            self._show_order(range(self._buffer.num_rows))
            self.move_cursor(row)
            self._tell_view()
        else:
            self._content_changed()
            self._arrange_rows()

    def filter_rows(
        self, *, text: str | None = None, conditions: Mapping[int, Condition] | None = None
    ) -> None:
        """Show other rows in the same order; what is not given stays as it is."""
        now = self._arrangement.filter
        text = now.matcher.text if text is None else text
        conditions = now.conditions if conditions is None else conditions
        self.arrange_rows(sort=self._arrangement.keys, filter_text=text, conditions=conditions)

    def _sort_rows(self, keys: Sequence[SortKey]) -> None:
        now = self._arrangement.filter
        self.arrange_rows(sort=keys, filter_text=now.matcher.text, conditions=now.conditions)

    def _note(self) -> str:
        return self._note_text

    def show_trail(self, trail: str) -> None:
        """Say by which way somebody came to these rows; plain text, safe to show."""
        self._trail = trail
        self._make_note()
        self._content_changed()

    def _make_note(self) -> None:
        changes = self._painter.changes
        note = filter_note(self._arrangement.filter, self._buffer.schema)
        parts = (self._trail, changes.words if changes else "", note)
        self._note_text = "  ".join(part for part in parts if part)

    # ── a result that is fetched again ───────────────────────────────────────────────────

    @property
    def memory(self) -> GridMemory:
        """How the result is looked at."""
        now = self._arrangement.filter
        return GridMemory(
            names=self._buffer.schema.names,
            shown=tuple(self._columns.order),
            widths=self._widths.chosen,
            frozen=self._layout.frozen,
            sort=self._arrangement.keys,
            filter_text=now.matcher.text,
            conditions=now.conditions,
            is_readable=self._reader.is_readable,
            cursor=(self._row, self._column),
            scroll=(self.scroll_offset.x, self.scroll_offset.y),
            search_text=self._painter.search.text,
        )

    def restore(self, memory: GridMemory) -> None:
        """Look at the result as at another one of the same columns."""
        if list(memory.names) != self._buffer.schema.names:
            return
        self.show_columns(memory.shown)
        for column, width in memory.widths.items():
            if (place := self._columns.place(column)) is not None:
                self._widths.choose(place, width)
        self._layout.frozen = memory.frozen
        self._reader.show_readable(memory.is_readable)
        self.arrange_rows(
            sort=memory.sort, filter_text=memory.filter_text, conditions=memory.conditions
        )
        if memory.search_text:
            self._look_for(memory.search_text)
        self._remembered = memory
        if self._arrangement.is_plain:  # else the rows are not in their order yet
            self._return_to_cursor()

    @work(exclusive=True, group="changes")
    async def mark_changes(self, before: ResultBuffer) -> None:
        """Mark what is different from a result of the same columns; all rows are there."""
        if before.schema.names != self._buffer.schema.names or not self._buffer.num_columns:
            return
        if not self._arrangement.work:
            self._follow_buffer()
        key = likely_key(before.schema.names)
        with contextlib.suppress(IndexError):  # a buffer was closed
            found = await asyncio.to_thread(earlier_rows, before, self._buffer, key)
            if found is not None:
                self._painter.changes = Changes(before, found, self._columns)
                self._painter.changes.show_readable(self._reader.is_readable)
                self._make_note()
                self._content_changed()

    def _return_to_cursor(self) -> None:
        """Go where the cursor was before the result was fetched again, until the user moves it."""
        memory = self._remembered
        if memory is None:
            return
        row = self._place_of(memory)
        if row is not None:
            left, top = memory.scroll
            top = max(0, top + row - memory.cursor[0])
            # Coming back to the end of the rows is no wish for more of them.
            was_requested, self._fetch_was_requested = self._fetch_was_requested, True
            self.scroll_to(left, top, animate=False, force=True, immediate=True)
            self.move_cursor(row, memory.cursor[1])
            self._fetch_was_requested = was_requested

    def _place_of(self, memory: GridMemory) -> int | None:
        """Where the cursor's row is shown; None as long as it may still come."""
        place = memory.cursor[0]
        if memory.row is not None:
            with contextlib.suppress(ValueError):
                return self._reader.order.index(memory.row)
        elif place < self.row_count:
            return place
        is_over = memory.is_complete and not self._arrangement.work and self.row_count > 0
        return min(place, self.row_count - 1) if is_over else None

    @work(exclusive=True, group="arrange")
    async def _arrange_rows(self) -> None:
        try:
            await self._arrangement.arrange(self._show_order)
            self._return_to_cursor()
        except IndexError:  # the buffer was closed; nothing can be shown of it any more
            pass
        except pa.ArrowException as exc:
            self._refuse(exc)
            self.arrange_rows()
        except TuskError as error:  # a condition that means nothing for values that came later
            self.post_message(self.Refused(self, error.message))
            self.arrange_rows()

    def _refuse(self, exc: pa.ArrowException) -> None:
        self.log.error(exc)
        self.post_message(self.Refused(self, "these values cannot be sorted or searched"))

    def _show_order(self, order: Sequence[int]) -> None:
        if order is self._reader.order:
            self._content_grew()
        else:
            self._reader.reorder(order)
            self._content_changed()
            self.deselect()
            self.move_cursor(0)
            self.post_message(self.CursorMoved(self, self._row, self._column))
        self._return_to_cursor()

    def _tell_view(self) -> None:
        self.refresh_lines(self.scroll_offset.y)
        self.post_message(self.ViewChanged(self))

    def _corner(self) -> str:
        """How far the work is; else, whether rows are missing here."""
        arrangement = self._arrangement
        if arrangement.work:
            return f"{arrangement.done:.0%}"
        return FILTERED if arrangement.filter else ""

    def action_sort(self, add: bool = False) -> None:
        """Sort by the current column; again the other way round; again no more."""
        if self.column_count:
            self.cycle_sort(self._column, add=add)

    def cycle_sort(self, column: int, *, add: bool) -> None:
        """Sort by a column: ascending, descending, no more; `add` keeps the keys before it."""
        self._sort_rows(next_keys(self._arrangement.keys, self.buffer_column(column), add=add))

    def action_sort_nulls(self) -> None:
        """Put NULLs first, or last again."""
        keys = self._arrangement.keys
        if keys:
            flipped = [SortKey(k.column, k.descending, not k.nulls_first) for k in keys]
            self._sort_rows(flipped)

    def action_filter(self) -> None:
        """Ask for a text; rows without it disappear while it is typed."""
        before = self._arrangement.filter.matcher.text

        def narrow(text: str | None) -> None:
            wanted = before if text is None else text
            if self.is_attached and wanted != self._arrangement.filter.matcher.text:
                self.filter_rows(text=wanted)

        self.app.push_screen(GridPrompt("Filter", before, changed=narrow), narrow)

    def action_clear_filter(self) -> None:
        self.arrange_rows(sort=self._arrangement.keys)

    def _columns_changed(self) -> None:
        if self._painter.search:
            self._look_for(self._painter.search.text)

    def action_search(self) -> None:
        """Ask for a text and go to the next cell that has it."""

        def look(text: str | None) -> None:
            if text:
                self._look_for(text)
                self._search()

        self.app.push_screen(GridPrompt("Search", self._painter.search.text), look)

    def action_search_next(self, backwards: bool = False) -> None:
        if self._painter.search:
            self._search(backwards=backwards)

    def _look_for(self, text: str) -> None:
        columns = None if self._columns.is_natural else self._columns.order
        self._painter.search = Matcher(text, columns)
        self._strips.clear()
        self.refresh()
        self._tell_view()

    @work(exclusive=True, group="search")
    async def _search(self, *, backwards: bool = False) -> None:
        if not self.row_count:
            return
        matcher = self._painter.search
        order, here = self._reader.order, (self._row, self._column)
        try:
            found = await self._arrangement.search(matcher, order, here, backwards=backwards)
        except IndexError:  # the buffer was closed
            return
        except pa.ArrowException as exc:
            self._refuse(exc)
            return
        if found is None:
            self.post_message(self.Refused(self, "no cell has this text"))
        elif order is self._reader.order or isinstance(order, range):
            self.deselect()
            self.move_cursor(*found)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._remembered = None
        self._gestures.down(event)
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._gestures.is_dragging and event.button:
            self._gestures.move(event)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self.release_mouse()
        self._gestures.up()

    def on_click(self, event: events.Click) -> None:
        self._gestures.click(event)
