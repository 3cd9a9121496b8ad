"""Filter by a column: a condition that is written, or values that are chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tusk.core.errors import UsageError
from tusk.core.text import safe, safe_clip
from tusk.services.results.filters import (
    CONDITION_HELP,
    Condition,
    OneOf,
    parse_condition,
)
from tusk.services.results.matching import Matcher
from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.result_grid.working import WorkLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.core.render.arrays import Field
    from tusk.services.results.job import Job
    from tusk.services.results.statistics import ValueCount

LISTED = 1_000
"""Values that are offered, the most frequent ones."""
_SHOWN_CHARACTERS = 200
_NULL = "∅ NULL"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The answer: a condition, or that there shall be none."""

    condition: Condition | None


class ValueList(OptionList):
    """Values with counts, some of them ticked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick", tooltip="Choose the value, or not", id="filter.tick"),
        Binding(
            "enter", "select", "Show these", tooltip="Show the rows that have the ticked values",
            id="filter.show",
        ),
        Binding(
            "n", "screen.others", "All others", tooltip="Show the rows that have other values",
            id="filter.others",
        ),
        Binding("j", "cursor_down", "Down", show=False, tooltip="One value down", id="filter.down"),
        Binding("k", "cursor_up", "Up", show=False, tooltip="One value up", id="filter.up"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(compact=True, markup=False)
        self._shown: list[ValueCount] = []
        self.ticked: set[str | None] = set()

    def show(self, values: Sequence[ValueCount]) -> None:
        """List these values."""
        self._shown = list(values)
        self.clear_options()
        self.add_options([Option(self._line(value)) for value in self._shown])
        if self._shown:
            self.highlighted = 0

    def _line(self, value: ValueCount) -> Content:
        mark = "☑" if value.text in self.ticked else "☐"
        return Content(f"{mark} {value.count:>11,}  {_shown(value.text)}")

    @property
    def current(self) -> ValueCount | None:
        """The value at the cursor."""
        return None if self.highlighted is None else self._shown[self.highlighted]

    def action_tick(self) -> None:
        """Tick the value at the cursor, or let go of it, and go on to the next."""
        value, place = self.current, self.highlighted
        if value is None or place is None:
            return
        self.ticked ^= {value.text}
        self.replace_option_prompt_at_index(place, self._line(value))
        self.highlighted = min(place + 1, len(self._shown) - 1)


def _shown(text: str | None) -> str:
    if text is None:
        return _NULL
    return safe_clip(text, _SHOWN_CHARACTERS) if text else "'' (empty)"


class FilterScreen(ModalScreen[Chosen | None]):
    """Asks by what a column shall be filtered; None when nothing shall change.

    Args:
        field: The column.
        now: Its condition so far.
        count: Finds the most frequent values, and how many different ones there are.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", tooltip="Change nothing", id="filter.cancel"),
        Binding(
            "tab", "app.focus_next", "Text/values", id="filter.other",
            tooltip="Go from the condition to the values, or back",
        ),
    ]  # fmt: skip
    DEFAULT_CSS = """
    FilterScreen {
        align: center middle;
        & > Vertical {
            width: 90%;
            max-width: 90;
            height: 90%;
            background: $surface;
            border: round $border;
        }
        & .title, & .hint {
            height: 1;
            padding: 0 1;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        & .title {
            background: $panel;
            text-style: bold;
        }
        & .hint {
            color: $text-muted;
        }
        & ValueList {
            height: 1fr;
            border: none;
        }
    }
    """

    def __init__(
        self,
        field: Field,
        now: Condition | None,
        count: Callable[[Job], tuple[list[ValueCount], int]],
    ) -> None:
        super().__init__()
        self._field = field
        self._now = now
        self._count = count
        self._values: list[ValueCount] = []

    def compose(self) -> ComposeResult:
        name = safe(self._field.name[:_SHOWN_CHARACTERS])
        text = "" if self._now is None or isinstance(self._now, OneOf) else str(self._now)
        with Vertical():
            yield Static(Content(f"Rows where {name} is …"), classes="title", markup=False)
            yield Input(
                text, placeholder="a condition; empty for all rows; Enter applies", compact=True
            )
            yield Static(Content(CONDITION_HELP), classes="hint", markup=False)
            yield WorkLine()
            yield ValueList()
            yield KeyFooter()

    def on_mount(self) -> None:
        if isinstance(self._now, OneOf):
            ticked = self.query_one(ValueList).ticked
            ticked |= self._now.texts
            ticked |= {None} if self._now.with_null else set()
        self._list_values()

    @work
    async def _list_values(self) -> None:
        line = self.query_one(WorkLine)
        found = await line.follow("Counting values", self._count)
        if found is None:
            return
        self._values, distinct = found
        if distinct > LISTED:
            line.say(f"The {LISTED:,} most frequent of {distinct:,} values")
        self._narrow()

    @on(Input.Changed)
    def _narrow(self) -> None:
        """List the values that what is being written may mean."""
        text = self.query_one(Input).value.strip()
        matcher = Matcher(text if text.isalnum() else "")
        shown = [
            value
            for value in self._values
            if not matcher or (value.text is not None and matcher.matches(value.text))
        ]
        self.query_one(ValueList).show(shown or self._values)

    @on(Input.Submitted)
    def _written(self, event: Input.Submitted) -> None:
        try:
            self.dismiss(Chosen(parse_condition(event.value, self._field)))
        except UsageError as error:
            self.query_one(WorkLine).tell(error)

    @on(OptionList.OptionSelected)
    def _choose(self) -> None:
        self._choose_values(is_negated=False)

    def action_others(self) -> None:
        self._choose_values(is_negated=True)

    def _choose_values(self, *, is_negated: bool) -> None:
        values = self.query_one(ValueList)
        wanted = set(values.ticked)
        if not wanted and values.current is not None:
            wanted = {values.current.text}
        texts = frozenset(text for text in wanted if text is not None)
        self.dismiss(Chosen(OneOf(texts, None in wanted, is_negated) if wanted else None))

    def action_cancel(self) -> None:
        self.dismiss(None)
