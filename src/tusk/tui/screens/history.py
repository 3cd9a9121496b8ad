"""The history: what was run, found by typing, to be loaded or run again."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tusk.services.history import History, HistoryEntry, HistoryFilter, Status
from tusk.tui.run_status import rows_words, seconds
from tusk.tui.screens.choice import Choice, ChoiceScreen
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.screens.list_screen import TYPING_PAUSE_S, ListScreen
from tusk.tui.widgets.history_list import STATUS_SIGNS, HistoryList
from tusk.tui.widgets.lazy_tree import LazyTree
from tusk.tui.widgets.sql_view import SqlView

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_PAGE = 200
# The next page is read when the cursor comes this near to the end.
_AHEAD = 60
_MAX_ERROR_LINES = 6
# From this width on list and statement stand side by side.
_WIDE = 140
_ALL = ""


@dataclass(frozen=True, slots=True)
class HistoryChoice:
    """What shall become of an entry: `load` it into the editor, or `run` it again."""

    what: Literal["load", "run"]
    entry: HistoryEntry


class HistoryScreen(ListScreen[HistoryChoice | None]):
    """Lists statements, the newest first; the one under the cursor is shown whole."""

    CSS_PATH = ["list_screen.tcss", "history.tcss"]  # noqa: RUF012 - Textual's
    AUTO_FOCUS = "#list-search"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss(None)", "Back", id="history.leave", tooltip="Leave the history",
        ),
        Binding(
            "enter", "take('load')", "Load", id="history.load",
            tooltip="Put the statement into the editor: a new tab if the present one has text",
        ),
        Binding(
            "f5,r", "take('run')", "Run again", id="history.run",
            tooltip="Put the statement into the editor, where it ran, and run it",
        ),
        Binding(
            "tab", "app.focus_next", "List/search", show=False, id="history.focus",
            tooltip="Go from the search to the list, where letters are keys, and back",
        ),
        Binding(
            "slash", "search", "Search", id="history.search",
            tooltip='Find statements with all these words, or a "phrase", in text or error',
        ),
        Binding(
            "f6,s", "status", "Status", id="history.status",
            tooltip="Only those that succeeded, failed, were cancelled; all",
        ),
        Binding(
            "f7,n", "connection", "Connection", id="history.connection",
            tooltip="Only those of one connection",
        ),
        Binding(
            "P", "narrow('pinned')", "Only pinned", show=False, id="history.only_pinned",
            tooltip="Show pinned statements only, or all",
        ),
        Binding(
            "u", "narrow('unique')", "Once each", show=False, id="history.unique",
            tooltip="Of equal statements show the last run only",
        ),
        Binding(
            "p", "pin", "Pin", id="history.pin",
            tooltip="Keep the statement whatever its age, or no longer",
        ),
        Binding(
            "c,y", "copy", "Copy", id="history.copy", tooltip="Copy the whole statement",
        ),
        Binding(
            "delete,d", "delete", "Delete", id="history.delete", tooltip="Forget this statement",
        ),
        Binding(
            "D", "clear", "Clear", show=False, id="history.clear",
            tooltip="Forget everything that is listed, after a question",
        ),
        Binding(
            "up", "move_cursor(-1)", "Up", show=False, id="history.up", tooltip="One line up",
        ),
        Binding(
            "down", "move_cursor(1)", "Down", show=False, id="history.down",
            tooltip="One line down",
        ),
        Binding(
            "pageup", "page(-1)", "Page up", show=False, id="history.page_up",
            tooltip="One page up",
        ),
        Binding(
            "pagedown", "page(1)", "Page down", show=False, id="history.page_down",
            tooltip="One page down",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        self._list = HistoryList(id="history-list")
        super().__init__(self._list, SqlView(), "search statements and errors")
        self._wanted = HistoryFilter()
        self._history: History | None = None
        self._total = 0
        self._is_whole = True

    def on_mount(self) -> None:
        self.watch(self._list, "cursor", self._cursor_moved, init=False)
        self._show_title()
        self._find(is_first=True)

    async def on_unmount(self) -> None:
        if self._history is not None:
            await asyncio.to_thread(self._history.close)

    # ── finding ──────────────────────────────────────────────────────────────────────────

    async def _ask(self, ask: Callable[[History], T]) -> T | None:
        """Ask the history in a thread, where it is also opened; None, and told, if that fails."""

        def work() -> T:
            if self._history is None:
                self._history = History()
            return ask(self._history)

        try:
            return await asyncio.to_thread(work)
        except Exception as exc:  # noqa: BLE001 - the boundary of the worker
            self.tell_error(exc)
            return None

    @on(Input.Changed, "#list-search")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._want(text=event.value)

    def _want(self, **changes: object) -> None:
        self._wanted = replace(self._wanted, **changes)  # type: ignore[arg-type]
        self._find()

    @work(exclusive=True, group="find")
    async def _find(self, *, is_first: bool = False) -> None:
        if not is_first:
            await asyncio.sleep(TYPING_PAUSE_S)
        wanted = self._wanted

        def find(history: History) -> tuple[list[HistoryEntry], int]:
            if is_first:
                history.settle()
            return history.find(wanted, _PAGE), history.count(wanted)

        found = await self._ask(find)
        if found is None:
            return
        entries, self._total = found
        self._is_whole = len(entries) < _PAGE
        self._list.show_entries(entries)
        self._show_title()
        self._show_entry()

    def _cursor_moved(self) -> None:
        self._show_entry()
        if not self._is_whole and self._list.cursor >= len(self._list.lines) - _AHEAD:
            self._read_on()

    @work(exclusive=True, group="find")
    async def _read_on(self) -> None:
        lines = self._list.lines
        wanted = replace(self._wanted, before_id=lines[-1].data.id if lines else None)
        # A page that is on its way is not asked for once more.
        self._is_whole = True
        entries = await self._ask(lambda history: history.find(wanted, _PAGE))
        if entries is None:
            return
        self._is_whole = len(entries) < _PAGE
        self._list.add_entries(entries)

    # ── showing ──────────────────────────────────────────────────────────────────────────

    @property
    def _is_narrowed(self) -> bool:
        return self._wanted != HistoryFilter()

    def _show_title(self) -> None:
        wanted = self._wanted
        parts = [f"History · {self._total:,} statement{'' if self._total == 1 else 's'}"]
        parts += [f"{STATUS_SIGNS[status]} {status.value} only" for status in wanted.statuses]
        parts += [f"on {name}" for name in wanted.connections]
        parts += ["pinned"] if wanted.pinned else []
        parts += ["each once"] if wanted.unique else []
        self.show_title(" · ".join(parts))

    def _show_entry(self) -> None:
        entry = self._list.entry
        if entry is None:
            self.show_empty(self._empty_words())
        else:
            self.show_detail(_facts(entry), entry.text, _error(entry))

    def _empty_words(self) -> str:
        if self._is_narrowed:
            return "No statement is like that.\nS and N change the filters, / the words."
        return (
            "Nothing is kept yet.\nWhat you run is listed here, with its outcome and without its "
            "passwords.\nThe setting history.enabled, and a connection's own, turn that off."
        )

    # ── filters ──────────────────────────────────────────────────────────────────────────

    def action_status(self) -> None:
        """Go through the statuses, and back to all of them."""
        turns: list[tuple[Status, ...]] = [(), *((status,) for status in Status)]
        place = turns.index(tuple(self._wanted.statuses))
        self._want(statuses=turns[(place + 1) % len(turns)])

    def action_narrow(self, what: str) -> None:
        if what == "pinned":
            self._want(pinned=None if self._wanted.pinned else True)
        else:
            self._want(unique=not self._wanted.unique)

    @work(exclusive=True, group="ask")
    async def action_connection(self) -> None:
        names = await self._ask(History.connections)
        if names is None:
            return
        choices = [Choice(_ALL, "all connections"), *(Choice(name, name) for name in names)]
        current = next(iter(self._wanted.connections), _ALL)
        chosen = await self.app.push_screen_wait(ChoiceScreen("Statements of", choices, current))
        if chosen is not None:
            self._want(connections=(chosen,) if chosen else ())

    # ── acting on an entry ───────────────────────────────────────────────────────────────

    @on(Input.Submitted, "#list-search")
    @on(LazyTree.Chosen)
    def _chosen(self) -> None:
        self.action_take("load")

    def action_take(self, what: Literal["load", "run"]) -> None:
        if (entry := self._list.entry) is not None:
            self.dismiss(HistoryChoice(what, entry))

    def action_copy(self) -> None:
        if (entry := self._list.entry) is not None:
            self.app.copy_to_clipboard(entry.text)
            self.notify("Copied the statement.", timeout=3)

    @work(group="change")
    async def action_pin(self) -> None:
        entry = self._list.entry
        if entry is None:
            return
        changed = replace(entry, is_pinned=not entry.is_pinned)
        pinned = changed.is_pinned
        if await self._ask(lambda history: history.pin([entry.id], pinned=pinned)) is None:
            return
        self._list.put(changed)
        self._show_entry()

    @work(group="change")
    async def action_delete(self) -> None:
        entry = self._list.entry
        if entry is None:
            return
        deleted = await self._ask(lambda history: history.delete([entry.id]))
        if deleted is None:
            return
        self._total -= deleted
        self._list.take_out(entry.id)
        self._show_title()
        self._cursor_moved()

    @work(exclusive=True, group="ask")
    async def action_clear(self) -> None:
        """Forget what is listed; of everything, what is pinned stays."""
        is_narrowed, wanted = self._is_narrowed, self._wanted
        question = ConfirmScreen(
            f"Forget {self._total:,} statements?" if is_narrowed else "Clear the history?",
            "All that is listed now, pinned ones too."
            if is_narrowed
            else "All statements of all connections but the pinned ones.",
            [Answer("clear", "Forget them", is_dangerous=True), Answer("keep", "Keep")],
        )
        if await self.app.push_screen_wait(question) != "clear":
            return
        cleared = wanted if is_narrowed else None
        count = await self._ask(lambda history: history.clear(cleared))
        if count is None:
            return
        self.notify(f"Forgot {count:,} statement{'' if count == 1 else 's'}.")
        self._find()


def _facts(entry: HistoryEntry) -> str:
    """How a statement went, in words, on one line or two."""
    when = dt.datetime.fromtimestamp(entry.started_at).astimezone()
    parts = [
        f"{STATUS_SIGNS[entry.status]} {entry.status.value}",
        f"{when:%Y-%m-%d %H:%M:%S}",
        entry.connection,
        seconds(entry.duration_s),
    ]
    if entry.rows is not None:
        parts.append(rows_words(entry.rows, has_more=not entry.is_complete))
    if entry.affected is not None and entry.rows is None:
        parts.append(f"{rows_words(entry.affected)} changed")
    parts += ["pinned"] if entry.is_pinned else []
    parts += ["secrets masked"] if entry.is_masked else []
    parts += ["only its beginning was kept"] if entry.is_cut else []
    if entry.parameters:
        parts.append("with " + ", ".join(f":{each}" for each in entry.parameters))
    return " · ".join(parts)


def _error(entry: HistoryEntry) -> str:
    if not entry.error:
        return ""
    state = f" ({entry.sqlstate})" if entry.sqlstate else ""
    lines = f"✗ {entry.error}{state}".splitlines()[:_MAX_ERROR_LINES]
    return "\n".join(line[:500] for line in lines)
