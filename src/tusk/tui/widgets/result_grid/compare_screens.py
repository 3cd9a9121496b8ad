"""Two results side by side: which ones, by which keys, and what is different."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tusk.core.text import safe, safe_clip
from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.result_grid.grid import ResultGrid
from tusk.tui.widgets.result_grid.working import WorkLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tusk.services.results.comparison import Comparison
    from tusk.services.results.job import Job
    from tusk.tui.widgets.result_grid import messages

_TITLE_CELLS = 90
_DIALOG_CSS = """
        & > Vertical {
            width: 90%;
            max-width: 100;
            height: auto;
            max-height: 90%;
            background: $surface;
            border: round $border;
        }
        & .title {
            height: auto;
            padding: 0 1;
            background: $panel;
            text-style: bold;
        }
        & OptionList {
            height: auto;
            max-height: 20;
            border: none;
        }
"""


class ResultChoice(ModalScreen[int | None]):
    """Asks for one of some results; None for Escape.

    Args:
        question: What it is for.
        titles: Of the results.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Cancel", tooltip="Compare nothing", id="compare.cancel"),
    ]
    DEFAULT_CSS = f"""
    ResultChoice {{
        align: center middle;
        {_DIALOG_CSS}
    }}
    """

    def __init__(self, question: str, titles: Sequence[str]) -> None:
        super().__init__()
        self._question = question
        self._titles = titles

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(safe(self._question)), classes="title", markup=False)
            options = [Option(Content(safe_clip(title, _TITLE_CELLS))) for title in self._titles]
            yield OptionList(*options, compact=True, markup=False)
            yield KeyFooter()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def action_cancel(self) -> None:
        self.dismiss(None)


class KeyChoice(ModalScreen[tuple[int, ...] | None]):
    """Asks which columns say what rows belong together; None for Escape.

    Args:
        names: Columns of both results.
        ticked: Which of them are proposed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Cancel", tooltip="Compare nothing", id="keys.cancel"),
        Binding("space", "tick", "Key or not", tooltip="Take the column as a key", id="keys.tick"),
    ]
    DEFAULT_CSS = f"""
    KeyChoice {{
        align: center middle;
        {_DIALOG_CSS}
    }}
    """

    def __init__(self, names: Sequence[str], ticked: Sequence[int]) -> None:
        super().__init__()
        self._names = names
        self._ticked = set(ticked)

    def compose(self) -> ComposeResult:
        with Vertical():
            title = "Key columns: which rows belong together? Space ticks, Enter compares."
            yield Static(Content(title), classes="title", markup=False)
            lines = map(self._line, range(len(self._names)))
            yield OptionList(*map(Option, lines), compact=True, markup=False)
            yield WorkLine()
            yield KeyFooter()

    def _line(self, place: int) -> Content:
        mark = "☑" if place in self._ticked else "☐"
        return Content(f"{mark} {safe_clip(self._names[place], _TITLE_CELLS)}")

    def action_tick(self) -> None:
        options = self.query_one(OptionList)
        place = options.highlighted
        if place is not None:
            self._ticked ^= {place}
            options.replace_option_prompt_at_index(place, self._line(place))
            options.highlighted = min(place + 1, len(self._names) - 1)

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        if self._ticked:
            self.dismiss(tuple(sorted(self._ticked)))
        else:
            self.query_one(WorkLine).say("Tick at least one column.", is_error=True)

    def action_cancel(self) -> None:
        self.dismiss(None)


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared.

    Args:
        earlier: Title of the one.
        later: Title of the other.
        left_out: Columns that only one of them has.
    """

    earlier: str
    later: str
    left_out: Sequence[str]


class CompareScreen(ModalScreen[None]):
    """Shows the differences in a grid of their own.

    Args:
        sides: What is compared.
        compute: Compares; this screen owns the rows that come out.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "q", "close", "Close", tooltip="Back to the results; stops the comparison",
            id="compare.close",
        ),
        Binding("escape", "close", "Close", show=False, tooltip="Back to the results",
                id="compare.leave"),
    ]  # fmt: skip
    DEFAULT_CSS = """
    CompareScreen {
        & > Vertical {
            background: $surface;
        }
        & .title {
            height: auto;
            padding: 0 1;
            background: $panel;
        }
    }
    """

    def __init__(self, sides: Sides, compute: Callable[[Job], Comparison]) -> None:
        super().__init__()
        self._sides = sides
        self._compute = compute
        self._found: Comparison | None = None

    def compose(self) -> ComposeResult:
        sides = self._sides
        with Vertical():
            width = _TITLE_CELLS // 2
            title = f"{safe_clip(sides.earlier, width)} → {safe_clip(sides.later, width)}"
            yield Static(Content(title), id="compare-title", classes="title", markup=False)
            yield WorkLine()
            yield ResultGrid()
            yield KeyFooter()

    def on_mount(self) -> None:
        self._run()

    @work
    async def _run(self) -> None:
        found = await self.query_one(WorkLine).follow("Comparing", self._compute)
        if found is None:
            return
        if not self.is_attached:
            found.rows.close()
            return
        self._found = found
        self.query_one(WorkLine).say(comparison_words(found, self._sides.left_out))
        grid = self.query_one(ResultGrid)
        grid.show(found.rows)
        grid.focus()

    def on_unmount(self) -> None:
        if self._found is not None:
            self._found.rows.close()

    @on(ResultGrid.Copied)
    def _copied(self, event: messages.Copied) -> None:
        event.stop()
        self.notify(f"Copied {event.rows * event.columns:,} cells", timeout=3)

    @on(ResultGrid.Refused)
    def _refused(self, event: messages.Refused) -> None:
        event.stop()
        self.notify(event.reason, severity="warning", timeout=3, markup=False)

    @on(ResultGrid.ViewChanged)
    def _view_changed(self, event: messages.ViewChanged) -> None:
        event.stop()

    def action_close(self) -> None:
        self.dismiss()


def comparison_words(found: Comparison, left_out: Sequence[str]) -> str:
    """What was found, in words."""
    if not found.added and not found.removed and not found.changed:
        words = f"No difference in {found.same:,} rows"
    else:
        words = (
            f"{found.added:,} added · {found.removed:,} removed · {found.changed:,} changed"
            f" · {found.same:,} the same"
        )
    if found.repeated:
        words += f" · {found.repeated:,} keys in more than one row: paired in their order"
    if left_out:
        names = ", ".join(left_out[:5]) + (" …" if len(left_out) > 5 else "")
        words += f" · not in both: {names}"
    return words
