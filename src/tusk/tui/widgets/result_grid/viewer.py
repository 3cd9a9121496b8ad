"""The cell viewer: one value, whole, however large."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from tusk.tui.widgets.key_footer import KeyFooter
from tusk.tui.widgets.result_grid.folding import PARTS, FoldingLines, coloured
from tusk.tui.widgets.result_grid.lines import (
    HexLines,
    Lines,
    TextLines,
    WindowLines,
    levelled_lines,
    structured_json,
    structured_xml,
)
from tusk.tui.widgets.result_grid.paint import fit
from tusk.tui.widgets.text_style import text_style

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.app import ComposeResult

    from tusk.tui.widgets.result_grid.cell_value import CellValue

# The first lines are made at once, the others in a thread, in turns: Python runs one thread at a
# time, and keys should be answered in between.
_FIRST_TURN_S = 0.008
_TURN_S = 0.02
_BETWEEN_TURNS_S = 0.02
# Indenting needs a line in memory for each element.
INDENTED_BYTES = 4_000_000


class LinesView(ScrollView, can_focus=True, inherit_bindings=False):
    """Scrolls over lines of which there may be any number."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--cursor",
        *(f"lines--{part}" for part in PARTS),
    }
    DEFAULT_CSS = """
    LinesView {
        & > .lines--key {
            color: $text-primary;
        }
        & > .lines--string {
            color: $text-success;
        }
        & > .lines--number, & > .lines--word {
            color: $text-warning;
        }
        & > .lines--comment {
            color: $text-muted;
        }
        & > .lines--cursor {
            background: $block-cursor-blurred-background;
            text-style: bold;
        }
        &:nocolor > .lines--cursor {
            text-style: reverse;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key, action, description, show=False, tooltip=description, id=f"viewer.{name}")
            for name, key, action, description in [
                ("up", "up,k", "line(-1)", "One line up"),
                ("down", "down,j", "line(1)", "One line down"),
                ("page-up", "pageup,ctrl+b", "page_up", "One page up"),
                ("page-down", "pagedown,space,ctrl+f", "page_down", "One page down"),
                ("first", "home,g", "first", "To the first line"),
                ("last", "end,G", "last", "To the last line there is so far"),
            ]
        ),
        Binding(
            "left,h", "fold(False)", "Fold", id="viewer.fold",
            tooltip="Hide what is inside of this line, or of the one around it",
        ),
        Binding(
            "right,l", "unfold(False)", "Unfold", id="viewer.unfold",
            tooltip="Show what is inside of this line",
        ),
        Binding(
            "z", "fold(True)", "Fold all", show=False, id="viewer.fold-all",
            tooltip="Hide what is inside of every line",
        ),
        Binding(
            "Z", "unfold(True)", "Unfold all", show=False, id="viewer.unfold-all",
            tooltip="Show every line",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._lines: Lines = TextLines(iter(()))
        self._cursor = 0

    def show(self, lines: Lines) -> None:
        """Show other lines, from the first one."""
        self._lines = lines
        self._cursor = 0
        self.refresh_bindings()
        is_more = lines.grow(_FIRST_TURN_S)
        self._fit_lines()
        self.scroll_to(0, 0, animate=False, force=True, immediate=True)
        self.refresh()
        self.workers.cancel_group(self, "lines")
        if is_more:
            self._grow(lines)

    @work(exclusive=True, group="lines")
    async def _grow(self, lines: Lines) -> None:
        while await asyncio.to_thread(lines.grow, _TURN_S):
            self._fit_lines()
            await asyncio.sleep(_BETWEEN_TURNS_S)
        self._fit_lines()

    def _fit_lines(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._lines))

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        text = fit(self._lines[row] if row < len(self._lines) else "", width)
        if not isinstance(self._lines, FoldingLines):
            return Strip([Segment(text, self.rich_style)], width)
        style = self.rich_style
        if row == self._cursor:
            style += self.get_visual_style("lines--cursor").rich_style
            style += text_style(self, "lines--cursor")
        return Strip(
            [
                Segment(part, style + text_style(self, f"lines--{name}") if name else style)
                for part, name in coloured(text, is_xml=self._lines.is_xml)
            ],
            width,
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action not in ("fold", "unfold") or isinstance(self._lines, FoldingLines)

    def _move_to(self, line: int) -> None:
        """Make another line the current one; without folding, scroll there."""
        last = max(0, len(self._lines) - 1)
        self._cursor = max(0, min(line, last))
        height = max(1, self.scrollable_content_region.height)
        y = max(self._cursor - height + 1, min(self.scroll_offset.y, self._cursor))
        self.scroll_to(y=y, animate=False, force=True, immediate=True)
        self.refresh()

    def action_line(self, step: int) -> None:
        if isinstance(self._lines, FoldingLines):
            self._move_to(self._cursor + step)
        else:
            self.scroll_relative(y=step, animate=False)

    def _page(self, side: int) -> None:
        step = side * self.scrollable_content_region.height
        if isinstance(self._lines, FoldingLines):
            self._move_to(self._cursor + step)
        else:
            self.scroll_relative(y=step, animate=False)

    def action_page_up(self) -> None:
        self._page(-1)

    def action_page_down(self) -> None:
        self._page(1)

    def action_first(self) -> None:
        self._move_to(0)

    def action_last(self) -> None:
        self._move_to(len(self._lines))

    def action_fold(self, everything: bool) -> None:
        """Hide what is inside of lines."""
        if isinstance(self._lines, FoldingLines):
            fold = self._lines.fold_all if everything else self._lines.fold
            self._refold(fold(self._cursor))

    def action_unfold(self, everything: bool) -> None:
        """Show what is inside of lines."""
        if not isinstance(self._lines, FoldingLines):
            return
        if everything:
            self._refold(self._lines.unfold_all(self._cursor))
        else:
            self._lines.unfold(self._cursor)
            self._refold(self._cursor)

    def _refold(self, cursor: int) -> None:
        self._fit_lines()
        self._move_to(cursor)


class CellViewer(ModalScreen[None]):
    """Shows one value in full.

    Args:
        value: What to show.
        copy: Called to copy the value.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "close", "Close", tooltip="Back to the grid", id="viewer.close"),
        Binding("c,y", "copy", "Copy", tooltip="Copy the whole value", id="viewer.copy"),
        Binding(
            "i", "look('indented')", "Indented", id="viewer.indented",
            tooltip="A line for each element of JSON, XML or of a nested value",
        ),
        Binding(
            "r", "look('plain')", "As it is", tooltip="The value as it is", id="viewer.plain"
        ),
        Binding("x", "look('hex')", "Hex", tooltip="The value's bytes", id="viewer.hex"),
    ]  # fmt: skip
    DEFAULT_CSS = """
    CellViewer {
        align: center middle;
        & > Vertical {
            width: 90%;
            height: 90%;
            background: $surface;
            border: round $border;
        }
        & #viewer-title {
            height: 1;
            padding: 0 1;
            background: $panel;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        & #viewer-note {
            height: auto;
            padding: 0 1;
            color: $text-warning;
            display: none;
        }
        & LinesView {
            height: 1fr;
            padding: 0 1;
            scrollbar-size-vertical: 1;
            scrollbar-gutter: stable;
        }
    }
    """

    def __init__(self, value: CellValue, copy: Callable[[CellValue], None]) -> None:
        super().__init__()
        self._value = value
        self._copy = copy
        self._look = "indented" if value.structure else "hex" if value.is_bytes else "plain"
        self._width = 0

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._value.title), id="viewer-title", markup=False)
            yield Static(id="viewer-note", markup=False)
            yield LinesView()
            yield KeyFooter()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        view = self.query_one(LinesView)
        width = view.scrollable_content_region.width
        if width != self._width:
            self._width = width
            view.show(self._made_lines(width))

    def _made_lines(self, width: int) -> Lines:
        value = self._value
        if value.text is None:
            return TextLines(iter(["NULL"]))
        if self._look == "hex":
            self._note("")
            return HexLines(value.data)
        self._note("" if value.is_whole else f"Only the first {len(value.text):,} bytes of text.")
        if self._look == "plain":
            return WindowLines(value.text, width)
        if len(value.text) > INDENTED_BYTES:
            self._note(f"Only the first {INDENTED_BYTES:,} bytes. R shows all, not indented.")
        text = str(value.text[:INDENTED_BYTES], "utf-8", "replace")
        is_xml = value.structure == "xml"
        lines = structured_xml(text) if is_xml else structured_json(text)
        return FoldingLines(levelled_lines(lines, width), is_xml=is_xml)

    def _note(self, text: str) -> None:
        note = self.query_one("#viewer-note", Static)
        note.update(Content(text))
        note.display = bool(text)

    def action_look(self, look: str) -> None:
        """Show the value in another way."""
        self._look = look
        self._width = 0
        self._show()

    def action_copy(self) -> None:
        self._copy(self._value)

    def action_close(self) -> None:
        self.dismiss()
