"""Results of one editor tab: a grid per result set, and the messages.

Results of an earlier run stay until the new run brings its first one; pinned ones stay longer.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import ContentSwitcher

from tusk.core.statement import StatementKind
from tusk.tui.widgets.empty_results import EmptyResults
from tusk.tui.widgets.message_log import Entry, Level, MessageLog
from tusk.tui.widgets.result import Result, Rows, trail_words, walked_from, way_to, with_tabs
from tusk.tui.widgets.result_grid import ResultGrid, messages
from tusk.tui.widgets.result_grid.prompt import GridPrompt
from tusk.tui.widgets.tab_strip import TITLE_WIDTH, TabLabel, TabStrip

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from tusk.core.result import ResultBuffer
    from tusk.tui.export_request import Origin
    from tusk.tui.run_status import RunStatus
    from tusk.tui.widgets.result_grid.repeated import GridMemory

MESSAGES = "messages"
EMPTY = "empty"
# Each holds its rows in memory or in a spill file.
KEPT_RESULTS = 10
# Each change of the row count paints the tabs: with every batch, that is all the screen would do.
_COUNT_INTERVAL_S = 0.1

# The way back is said after it, in 80 columns.
_TRAIL_WIDTH = 64

_ids = itertools.count(1)


class ResultPane(Vertical):
    """Shows results and messages; asks for more rows when the end is reached."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket", "next_tab(1)", "Next result", show=False, id="result.next",
            tooltip="Go to the next result, or to the messages",
        ),
        Binding(
            "left_square_bracket", "next_tab(-1)", "Previous result", show=False,
            id="result.previous", tooltip="Go to the previous result",
        ),
        Binding(
            "p", "pin", "Pin", show=False, id="result.pin",
            tooltip="Keep this result when the next run brings new ones",
        ),
        Binding(
            "e", "edit", "Edit rows", show=False, id="result.edit",
            tooltip="Change, add and delete rows, where the result is that of one table",
        ),
        Binding(
            "b", "back", "Back", show=False, id="result.back",
            tooltip="Go back to the row from which a key was followed",
        ),
        Binding(
            "R", "rename", "Rename result", show=False, id="result.rename",
            tooltip="Give this result another title",
        ),
        Binding(
            "D", "compare", "Differences", show=False, id="result.compare",
            tooltip="Compare this result with another one: rows added, removed, changed",
        ),
        Binding(
            "W", "repeat", "Repeat", show=False, id="result.repeat",
            tooltip="Run again every few seconds, with changes marked",
        ),
        Binding(
            "delete", "close", "Close result", show=False, id="result.close",
            tooltip="Close this result and give its memory back",
        ),
        Binding(
            "x", "screen.export", "Export", show=False, id="result.export",
            tooltip="Write the selection, the rows loaded, or all of them to a file",
        ),
    ]  # fmt: skip

    @dataclass
    class MoreRequested(Message):
        """The end of the current result was reached, and there is more on the server."""

        pane: ResultPane
        wants_all: bool

        @property
        def control(self) -> ResultPane:
            return self.pane

    @dataclass
    class EditRequested(Message):
        """Rows of the result in front shall be changed."""

        pane: ResultPane
        result: Result
        grid: ResultGrid

    @dataclass
    class FollowRequested(Message):
        """A foreign key shall be followed from the current cell of the result in front."""

        result: Result
        grid: ResultGrid
        asks: bool

    @dataclass
    class FrontChanged(Message):
        """Another result, or the messages, are in front."""

        pane: ResultPane

    @dataclass
    class CompareRequested(Message):
        """The result in front shall be compared with another one, of this tab or another."""

        result: Result

    @dataclass
    class RepeatRequested(Message):
        """What the tab ran last shall run again every so many seconds; 0 ends that."""

        interval_s: float

    @dataclass
    class Told(Message):
        """A word for the user: copied, refused."""

        text: str
        is_good: bool

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._results: list[Result] = []
        self._grids: dict[str, ResultGrid] = {}
        self._unread = 0
        self._has_begun = False
        self._count_is_due = False
        # Buffers that somebody reads in a thread; those let go of meanwhile are closed at the end.
        self._held: list[ResultBuffer] = []
        self._left: list[ResultBuffer] = []
        self._repeat_s = 0.0
        # Of the run before, while statements are repeated.
        self._before: list[tuple[GridMemory, ResultBuffer]] = []
        self._tabs = TabStrip()
        self.messages = MessageLog(id=MESSAGES)
        self.empty = EmptyResults(id=EMPTY)
        self._switcher = ContentSwitcher(self.empty, self.messages, initial=EMPTY)

    def compose(self) -> ComposeResult:
        yield self._tabs
        yield self._switcher

    def on_mount(self) -> None:
        self._show_tabs()

    def offer_first_steps(self) -> None:
        """Offer what somebody can begin with who has nothing yet, where results will be."""
        self.empty.offer()
        if self.active != EMPTY:
            self.show_tab(EMPTY)

    # ── what is there ────────────────────────────────────────────────────────────────────

    @property
    def results(self) -> list[Result]:
        """Results in the order of their tabs."""
        return list(self._results)

    @property
    def with_tabs(self) -> list[Result]:
        """Those that have a tab: of a walk along keys only the last step has one."""
        return with_tabs(self._results)

    @property
    def active(self) -> str:
        """Id of the tab in front."""
        return self._switcher.current or ""

    @property
    def grid(self) -> ResultGrid | None:
        """The grid in front, None when the messages are."""
        return self._grids.get(self.active)

    @property
    def front(self) -> Result | None:
        """The result in front, None when the messages are."""
        return self._result(self.active)

    def grid_of(self, result: Result) -> ResultGrid | None:
        """The grid that shows a result; None when that was closed."""
        return self._grids.get(result.id)

    def _result(self, result_id: str) -> Result | None:
        return next((result for result in self._results if result.id == result_id), None)

    @property
    def _of_run(self) -> list[Result]:
        """Results of the current run."""
        return [each for each in self._results if each.is_current and not each.came_from]

    @property
    def _newest(self) -> Result | None:
        """The result that the current run is filling."""
        current = self._of_run
        return current[-1] if current else None

    def is_growing(self, result: Result) -> bool:
        """Whether the current run is filling a result, or may go on with it."""
        newest = self._newest
        return newest is not None and newest.id == result.id

    def _change(self, result: Result, **changes: object) -> None:
        place = self._results.index(result)
        self._results[place] = replace(result, **changes)  # type: ignore[arg-type]
        self._show_tabs()

    # ── a run ────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """A run starts: what is shown becomes an earlier result, and stays readable."""
        self._has_begun = True
        self._results = [
            replace(result, is_current=False, has_more=False) for result in self._results
        ]
        for result in self._results:
            self._grids[result.id].has_more = result.is_cut
        self._show_tabs()

    async def open_result(
        self, title: str, buffer: ResultBuffer, origin: Origin | None = None
    ) -> None:
        """The run has a result set: show it in front, and let go of earlier ones."""
        is_first = self._newest is None
        earlier = [r for r in self._results if is_first and not r.is_pinned]
        kept = [r for r in self._results if r not in earlier]
        result = Result(f"result-{next(_ids)}", title, buffer, origin=origin)
        grid = await self._add(result, len(self._results))
        if is_first:
            self._remember(earlier)
        if (before := self._run_before(result)) is not None:
            grid.restore(before[0])
        if is_first:
            # Before the others go: what has the focus keeps it.
            self.show_tab(result.id)
        await self._drop([*earlier, *kept[: max(0, len(kept) - KEPT_RESULTS + 1)]])
        self._show_tabs()

    async def _add(self, result: Result, place: int) -> ResultGrid:
        self._results.insert(place, result)
        grid = self._grids[result.id] = ResultGrid(id=result.id)
        # The switcher hides what it brings to the back, not what is mounted there.
        grid.display = False
        await self._switcher.mount(grid, before=self.messages)
        grid.show(result.buffer)
        return grid

    def rows_arrived(self) -> None:
        """Rows were appended to the newest result."""
        if (result := self._newest) is not None:
            self._grids[result.id].rows_arrived()
            if not self._count_is_due:
                self._count_is_due = True
                self.set_timer(_COUNT_INTERVAL_S, self._show_count)

    def _show_count(self) -> None:
        self._count_is_due = False
        self._show_tabs()

    def set_more(self, has_more: bool) -> None:
        """Whether the newest result has rows on the server that were not fetched."""
        if (result := self._newest) is not None:
            self._grids[result.id].has_more = has_more
            before = self._run_before(result)
            self._change(result, has_more=has_more)
            if before is not None:
                self._grids[result.id].mark_changes(before[1])

    def set_whole(self) -> None:
        """The newest result has all rows that there are."""
        if (result := self._newest) is not None:
            self._change(result, is_whole=True)

    def set_cut(self, status: RunStatus) -> None:
        """The newest result has not got all of its rows, and its run is over.

        Args:
            status: How it ended.
        """
        result = self._newest
        origin = result.origin if result is not None else None
        if result is not None and origin and origin.statement.kind is StatementKind.QUERY:
            self._grids[result.id].has_more = True
            self._change(result, status=status)

    def say(self, *entries: Entry, in_front: bool = False) -> None:
        """Add messages; `in_front` shows them now, as does having nothing else to show."""
        self.messages.add(*entries)
        if in_front or (self._has_begun and self.active == EMPTY):
            self.show_tab(MESSAGES)
            return
        if self.active != MESSAGES:
            self._unread += sum(entry.level is not Level.DONE for entry in entries)
        self._show_tabs()

    def tell(self, text: str, *, is_good: bool) -> None:
        """Have the user told something in passing."""
        # Made here, whoever calls: a message goes no further up than to the one that made it.
        self.call_later(lambda: self.post_message(self.Told(text, is_good)))

    async def _drop(self, results: list[Result]) -> None:
        for result in results:
            self._results.remove(result)
            if self.active == result.id:
                self._switcher.current = MESSAGES
            await self._grids.pop(result.id).remove()
            self._let_go(result.buffer)

    def on_unmount(self) -> None:
        for result in self._results:
            self._let_go(result.buffer)
        self._remember([])

    # ── rows that no run of the tab brought ──────────────────────────────────────────────

    async def open_walked(self, came_from: Result, rows: Rows, trail: tuple[str, ...]) -> None:
        """Show the rows at the other end of a key, in the place of those of another one.

        Args:
            came_from: The result that the key was followed from.
            rows: Owned by the pane from now on.
            trail: The way there, from the first table on.
        """
        known = self._result(came_from.id)
        if known is None:
            rows.buffer.close()
            return
        others = walked_from(known, self._results)
        result = Result(
            f"result-{next(_ids)}",
            trail_words(trail, TITLE_WIDTH),
            rows.buffer,
            is_current=known.is_current,
            origin=rows.origin,
            trail=trail,
            came_from=known.id,
        )
        grid = await self._add(result, self._results.index(known) + 1)
        grid.show_trail(f"{trail_words(trail, _TRAIL_WIDTH)}  ‹ b: back")
        self._become_read(result, rows)
        self.show_tab(result.id)
        await self._drop(others)
        self._show_tabs()

    def replace_rows(self, result: Result, rows: Rows, row: int | None) -> None:
        """Show the rows of a result as they are now, looked at as before.

        Args:
            result: The result.
            rows: Owned by the pane from now on.
            row: Where the cursor shall be; None for the place where it is.
        """
        known = self._result(result.id)
        if known is None:
            rows.buffer.close()
            return
        grid = self._grids[known.id]
        memory = replace(grid.memory, row=row, is_complete=True)
        grid.show(rows.buffer)
        self._become_read(known, rows)
        grid.restore(memory)
        self._let_go(known.buffer)

    def _become_read(self, result: Result, rows: Rows) -> None:
        is_cut = rows.status.lacks_rest
        self._grids[result.id].has_more = is_cut
        self._change(
            result,
            buffer=rows.buffer,
            origin=rows.origin,
            status=rows.status,
            has_more=is_cut,
            is_whole=not is_cut,
        )

    async def action_back(self) -> None:
        """Go back to the result that a key was followed from, as it was left."""
        front = self.front
        before = self._result(front.came_from) if front is not None else None
        if front is None or before is None:
            self.tell("There is nothing to go back to: a follows a key.", is_good=False)
            return
        self.show_tab(before.id)
        if not front.is_pinned:
            await self._drop([front])
        self._show_tabs()

    # ── a run that is repeated ───────────────────────────────────────────────────────────

    def show_repeating(self, interval_s: float) -> None:
        """Say that results are fetched again every so many seconds; 0: no more."""
        self._repeat_s = interval_s
        self._show_tabs()

    def action_repeat(self) -> None:
        """Ask how often to run again."""

        def request(answer: str | None) -> None:
            if answer is not None and answer.isdecimal():
                self.post_message(self.RepeatRequested(float(answer)))

        now = f"{self._repeat_s:.0f}" if self._repeat_s else "5"
        prompt = GridPrompt("Run again every … seconds (0: never)", now, kind="integer")
        self.app.push_screen(prompt, request)

    def _remember(self, earlier: list[Result]) -> None:
        """Keep what is about to be dropped, to look at the next results as at these."""
        kept = [(self._grids[r.id].memory, r.buffer) for r in earlier if self._repeat_s]
        self._held += [buffer for _, buffer in kept]
        for _, buffer in self._before:
            self._end_hold(buffer)
        self._before = kept

    def _run_before(self, result: Result) -> tuple[GridMemory, ResultBuffer] | None:
        """What the result was in the run before; None when nothing is repeated."""
        if result not in self._of_run:
            return None
        place = self._of_run.index(result)
        return self._before[place] if place < len(self._before) else None

    def _let_go(self, buffer: ResultBuffer) -> None:
        if buffer in self._held:
            self._left.append(buffer)
        else:
            buffer.close()

    @contextlib.contextmanager
    def holding(self, buffer: ResultBuffer) -> Generator[None]:
        """Keep the rows of a result, even if it is closed meanwhile."""
        self._held.append(buffer)
        try:
            yield
        finally:
            self._end_hold(buffer)

    def _end_hold(self, buffer: ResultBuffer) -> None:
        self._held.remove(buffer)
        if buffer in self._left and buffer not in self._held:
            self._left.remove(buffer)
            buffer.close()

    # ── tabs ─────────────────────────────────────────────────────────────────────────────

    def show_tab(self, tab_id: str) -> None:
        """Bring a result, or the messages, to the front."""
        had_focus = self.has_focus_within
        self._switcher.current = tab_id
        self.post_message(self.FrontChanged(self))
        if tab_id == MESSAGES:
            self._unread = 0
        if had_focus:
            self.focus_content()
        self._show_tabs()

    @property
    def content(self) -> Widget:
        """What is in front and can have the focus."""
        if self.active == EMPTY:
            self.show_tab(MESSAGES)
        return self.grid or self.messages

    def focus_content(self) -> None:
        """Give the focus to what is in front."""
        self.screen.set_focus(self.content)

    def _show_tabs(self) -> None:
        if not self.is_mounted:
            return
        labels = [result.label(self._repeat_s) for result in self.with_tabs]
        note = f"{self._unread} new" if self._unread else ""
        labels.append(TabLabel(MESSAGES, "Messages", note))
        self._tabs.show(labels, self.active)

    @on(TabStrip.Chosen)
    def _tab_chosen(self, event: TabStrip.Chosen) -> None:
        event.stop()
        self.show_tab(event.tab_id)
        self.focus_content()

    @on(TabStrip.CloseRequested)
    async def _tab_close_requested(self, event: TabStrip.CloseRequested) -> None:
        event.stop()
        await self._close(event.tab_id)

    async def _close(self, result_id: str) -> None:
        result = self._result(result_id)
        if result is None or (result is self._newest and result.has_more and not result.is_cut):
            return
        had_focus = self.has_focus_within
        way = way_to(result, self._results)
        root = self._result(way[0].came_from)
        await self._drop([*way, *walked_from(result, self._results)])
        last = root or (self.with_tabs[-1] if self.with_tabs else None)
        self.show_tab(last.id if last is not None else MESSAGES)
        if had_focus:
            self.focus_content()

    def action_next_tab(self, step: int) -> None:
        self.show_tab(self._tabs.neighbour(step))

    def action_edit(self) -> None:
        """Ask for changing rows of the result in front."""
        if self.front is not None and self.grid is not None:
            self.post_message(self.EditRequested(self, self.front, self.grid))

    def action_pin(self) -> None:
        if (result := self._result(self.active)) is not None:
            self._change(result, is_pinned=not result.is_pinned)

    def action_rename(self) -> None:
        """Ask for another title of the result in front."""
        result_id = self.active

        def rename(title: str | None) -> None:
            result = self._result(result_id)
            if result is not None and title is not None and title.strip():
                self._change(result, title=title.strip())

        if (result := self._result(result_id)) is not None:
            self.app.push_screen(GridPrompt("Title", result.title), rename)

    def action_compare(self) -> None:
        if (result := self._result(self.active)) is not None:
            self.post_message(self.CompareRequested(result))

    async def action_close(self) -> None:
        await self._close(self.active)

    # ── grids ────────────────────────────────────────────────────────────────────────────

    @on(ResultGrid.FetchMoreRequested)
    def _more(self, event: messages.FetchMoreRequested) -> None:
        event.stop()
        result = self._result(event.grid.id or "")
        if result is not None and (result.is_cut or self.is_growing(result)):
            self.post_message(self.MoreRequested(self, event.wants_all))

    @on(ResultGrid.FollowRequested)
    def _follow(self, event: messages.FollowRequested) -> None:
        event.stop()
        if self.front is not None and self.grid is not None:
            self.post_message(self.FollowRequested(self.front, self.grid, event.asks))

    @on(ResultGrid.Copied)
    def _copied(self, event: messages.Copied) -> None:
        event.stop()
        cells = event.rows * event.columns
        what = "1 cell" if cells == 1 else f"{cells:,} cells"
        self.tell(f"Copied {what}", is_good=True)

    @on(ResultGrid.Refused)
    def _refused(self, event: messages.Refused) -> None:
        event.stop()
        self.tell(event.reason, is_good=False)
