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
from textual.content import Content
from textual.message import Message
from textual.widgets import ContentSwitcher, Static

from tusk.tui.run_status import rows_words
from tusk.tui.widgets.message_log import Entry, Level, MessageLog
from tusk.tui.widgets.result_grid import ResultGrid, messages
from tusk.tui.widgets.result_grid.prompt import GridPrompt
from tusk.tui.widgets.tab_strip import TabLabel, TabStrip

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from tusk.core.result import ResultBuffer
    from tusk.tui.export_request import Origin
    from tusk.tui.widgets.result_grid.repeated import GridMemory

MESSAGES = "messages"
EMPTY = "empty"
# Each holds its rows in memory or in a spill file.
KEPT_RESULTS = 10
# Each change of the row count paints the tabs: with every batch, that is all the screen would do.
_COUNT_INTERVAL_S = 0.1

_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Result:
    """One result set.

    Args:
        id: Its tab and its grid.
        title: From its statement.
        buffer: Its rows; owned by the pane.
        has_more: Whether the server has rows that were not fetched.
        is_pinned: Whether it stays when a newer run opens results.
        is_current: Whether it belongs to the run that was started last.
        is_whole: Whether all of its rows are here.
        origin: What it came from.
    """

    id: str
    title: str
    buffer: ResultBuffer
    has_more: bool = False
    is_pinned: bool = False
    is_current: bool = True
    is_whole: bool = False
    origin: Origin | None = None


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
        empty = Static(
            Content("No result yet. F5 runs the statement at the cursor, F8 runs them all."),
            id=EMPTY,
            classes="empty-state",
        )
        self._switcher = ContentSwitcher(empty, self.messages, initial=EMPTY)

    def compose(self) -> ComposeResult:
        yield self._tabs
        yield self._switcher

    def on_mount(self) -> None:
        self._show_tabs()

    # ── what is there ────────────────────────────────────────────────────────────────────

    @property
    def results(self) -> list[Result]:
        """Results in the order of their tabs."""
        return list(self._results)

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

    def _result(self, result_id: str) -> Result | None:
        return next((result for result in self._results if result.id == result_id), None)

    @property
    def _newest(self) -> Result | None:
        """The result that the current run is filling."""
        current = [result for result in self._results if result.is_current]
        return current[-1] if current else None

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
            self._grids[result.id].has_more = False
        self._show_tabs()

    async def open_result(
        self, title: str, buffer: ResultBuffer, origin: Origin | None = None
    ) -> None:
        """The run has a result set: show it in front, and let go of earlier ones."""
        is_first = self._newest is None
        earlier = [r for r in self._results if is_first and not r.is_pinned]
        kept = [r for r in self._results if r not in earlier]
        result = Result(f"result-{next(_ids)}", title, buffer, origin=origin)
        self._results.append(result)
        grid = self._grids[result.id] = ResultGrid(id=result.id)
        # The switcher hides what it brings to the back, not what is mounted there.
        grid.display = False
        await self._switcher.mount(grid, before=self.messages)
        grid.show(buffer)
        if is_first:
            self._remember(earlier)
        if (before := self._run_before(result)) is not None:
            grid.restore(before[0])
        if is_first:
            # Before the others go: what has the focus keeps it.
            self.show_tab(result.id)
        await self._drop([*earlier, *kept[: max(0, len(kept) - KEPT_RESULTS + 1)]])
        self._show_tabs()

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
        place = sum(other.is_current for other in self._results[: self._results.index(result)])
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
        labels = [_label(result, self._repeat_s) for result in self._results]
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
        if result is None or (result is self._newest and result.has_more):
            return
        had_focus = self.has_focus_within
        await self._drop([result])
        self.show_tab(self._results[-1].id if self._results else MESSAGES)
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
        newest = self._newest
        if newest is not None and event.grid.id == newest.id:
            self.post_message(self.MoreRequested(self, event.wants_all))

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


def _label(result: Result, repeat_s: float) -> TabLabel:
    note = rows_words(result.buffer.num_rows, has_more=result.has_more)
    if not result.is_current:
        note += ", earlier"
    elif repeat_s:
        note += f", ↻ {repeat_s:.0f} s"
    return TabLabel(result.id, result.title, note, sign="◈" if result.is_pinned else "")
