"""Choose, hide and order columns; go to one by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tusk.core.schema import db_type_of
from tusk.core.text import safe_clip
from tusk.services.results.matching import Matcher
from tusk.tui.widgets.key_footer import KeyFooter

if TYPE_CHECKING:
    import pyarrow as pa
    from textual.app import ComposeResult

_NAME_WIDTH = 60


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The answer.

    Args:
        order: Columns of the result that are shown, in order.
        current: The one to go to.
    """

    order: tuple[int, ...]
    current: int


class ColumnList(OptionList):
    """All columns, the shown ones ticked, in the order in which they would be shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Hide/show", tooltip="Hide the column, or show it", id="columns.tick"),
        Binding("K,alt+up", "shift(-1)", "Up", tooltip="Show it further left", id="columns.up"),
        Binding("J,alt+down", "shift(1)", "Down", tooltip="Show it further right", id="columns.down"),
        Binding(
            "a", "tick_all", "All/none", tooltip="Show all columns, or all but this one no more",
            id="columns.all",
        ),
        Binding(
            "r", "reset", "As it was", tooltip="Show all columns in the result's order",
            id="columns.reset",
        ),
        Binding("slash", "screen.search", "Search", tooltip="Search a name", id="columns.search"),
        Binding("j", "cursor_down", "Down", show=False, tooltip="One down", id="columns.next"),
        Binding("k", "cursor_up", "Up", show=False, tooltip="One up", id="columns.previous"),
    ]  # fmt: skip

    def __init__(self, schema: pa.Schema, shown: Sequence[int], current: int) -> None:
        super().__init__(compact=True, markup=False)
        self._schema = schema
        hidden = [column for column in range(len(schema)) if column not in set(shown)]
        self._order = [*shown, *hidden]
        self._ticked = set(shown)
        self._wanted = current
        self._listed: list[int] = []
        self._matcher = Matcher("")

    def on_mount(self) -> None:
        self._list()

    @property
    def current(self) -> int:
        """The column at the cursor."""
        place = self.highlighted
        return self._wanted if place is None else self._listed[place]

    @property
    def chosen(self) -> tuple[int, ...]:
        """Columns to show, in order."""
        return tuple(column for column in self._order if column in self._ticked)

    def search(self, text: str) -> None:
        """List only columns with a text in their name."""
        self._wanted = self.current
        self._matcher = Matcher(text)
        self._list()

    def _list(self) -> None:
        self._listed = [
            column
            for column in self._order
            if self._matcher.matches(self._schema.field(column).name)
        ]
        self.clear_options()
        self.add_options([Option(self._line(column)) for column in self._listed])
        if self._listed:
            wanted = self._wanted if self._wanted in self._listed else self._listed[0]
            self.highlighted = self._listed.index(wanted)

    def _line(self, column: int) -> Content:
        field = self._schema.field(column)
        mark = "☑" if column in self._ticked else "☐"
        name = safe_clip(field.name, _NAME_WIDTH)
        return Content.assemble(f"{mark} {name} ", (safe_clip(db_type_of(field), 30), "dim"))

    def action_tick(self) -> None:
        """Hide the column at the cursor, or show it, and go on to the next."""
        place = self.highlighted
        if place is None or self._ticked == {self.current}:
            return
        self._ticked ^= {self.current}
        self.replace_option_prompt_at_index(place, self._line(self.current))
        self.highlighted = min(place + 1, len(self._listed) - 1)

    def action_tick_all(self) -> None:
        """Show all columns; where they are, only this one."""
        everything = set(self._order)
        self._ticked = {self.current} if self._ticked == everything else everything
        self._wanted = self.current
        self._list()

    def action_shift(self, step: int) -> None:
        """Show the column at the cursor elsewhere among those listed."""
        place = self.highlighted
        if place is None or not 0 <= place + step < len(self._listed):
            return
        self._wanted = self.current
        here = self._order.index(self.current)
        there = self._order.index(self._listed[place + step])
        self._order.insert(there, self._order.pop(here))
        self._list()

    def action_reset(self) -> None:
        """Show all columns in the result's order."""
        self._wanted = self.current
        self._order.sort()
        self._ticked = set(self._order)
        self._list()


class _SearchInput(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "Down", show=False, tooltip="To the columns", id="columns.list"),
    ]  # fmt: skip


class ColumnsScreen(ModalScreen[ColumnChoice | None]):
    """Asks which columns are shown, in which order, and which one to go to.

    Args:
        schema: Of the result.
        shown: Columns that are shown, in order.
        current: The one at the cursor.
        searches: Begin with the search.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", tooltip="Change nothing", id="columns.cancel"),
    ]
    DEFAULT_CSS = """
    ColumnsScreen {
        align: center middle;
        & > Vertical {
            width: 90%;
            max-width: 90;
            height: 90%;
            background: $surface;
            border: round $border;
        }
        & .title {
            height: 1;
            padding: 0 1;
            background: $panel;
            text-style: bold;
        }
        & ColumnList {
            height: 1fr;
            border: none;
        }
    }
    """

    def __init__(
        self, schema: pa.Schema, shown: Sequence[int], current: int, *, searches: bool = False
    ) -> None:
        super().__init__()
        self._list = ColumnList(schema, shown, current)
        self._title = f"{len(shown):,} of {len(schema):,} columns · Enter goes to the column"
        self._searches = searches

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._title), classes="title", markup=False)
            yield _SearchInput(placeholder="search a name", compact=True)
            yield self._list
            yield KeyFooter()

    def on_mount(self) -> None:
        if not self._searches:
            self._list.focus()

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        self._list.search(event.value)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _answer(self) -> None:
        chosen, current = self._list.chosen, self._list.current
        # Whoever looks for a column wants to see it, hidden or not.
        if self._searches and current not in chosen:
            chosen = (*chosen, current)
        self.dismiss(ColumnChoice(chosen, current))

    def action_search(self) -> None:
        self.query_one(Input).focus()

    def action_cancel(self) -> None:
        self.dismiss(None)
