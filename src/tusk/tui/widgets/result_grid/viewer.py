"""The cell viewer: one value, whole, however large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Footer, Static

from tusk.tui.widgets.result_grid.lines import (
    HexLines,
    Lines,
    TextLines,
    indented_lines,
    text_lines,
)
from tusk.tui.widgets.result_grid.paint import fit
from tusk.tui.widgets.result_grid.values import ValueKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.app import ComposeResult
    from textual.timer import Timer

    from tusk.tui.widgets.result_grid.cells import CellReader
    from tusk.tui.widgets.result_grid.headings import Headings

# Lines are made in turns of this length, so that keys are answered in between.
_TURN_S = 0.008
_BETWEEN_TURNS_S = 0.02


@dataclass(frozen=True, slots=True)
class CellValue:
    """What the viewer shows.

    Args:
        title: Which cell it is; safe to show.
        text: The value as the engine shows it, not made safe; None is NULL.
        data: Its bytes.
        is_bytes: Hexadecimal digits are the natural look.
        is_structured: A line for each element is the natural look.
    """

    title: str
    text: str | None
    data: memoryview
    is_bytes: bool
    is_structured: bool


def cell_value(reader: CellReader, headings: Headings, row: int, column: int) -> CellValue:
    """What the viewer shows of a cell.

    Raises:
        IndexError: There is no such cell any more.
    """
    text = reader.whole_text(row, column)
    format_ = reader.format(column)
    kind = format_.kind
    scalar = reader.value(row, column)[0]
    if kind is ValueKind.BINARY and isinstance(scalar, pa.BinaryScalar) and scalar.is_valid:
        data = memoryview(scalar.as_buffer())
    else:
        data = memoryview((text or "").encode("utf-8", "surrogatepass"))
    size = "NULL" if text is None else f"{len(text):,} characters"
    if kind is ValueKind.BINARY and text is not None:
        size = f"{len(data):,} bytes"
    title = f"{headings.name(column)} · {headings.type(column)} · row {row + 1:,} · {size}"
    return CellValue(
        title=title,
        text=text,
        data=data,
        is_bytes=kind is ValueKind.BINARY,
        is_structured=kind in (ValueKind.JSON, ValueKind.NESTED),
    )


class LinesView(ScrollView, can_focus=True, inherit_bindings=False):
    """Scrolls over lines of which there may be any number."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, action, description, show=False, tooltip=description, id=f"viewer.{name}")
        for name, key, action, description in [
            ("up", "up,k", "scroll_up", "One line up"),
            ("down", "down,j", "scroll_down", "One line down"),
            ("page-up", "pageup,ctrl+b", "page_up", "One page up"),
            ("page-down", "pagedown,space,ctrl+f", "page_down", "One page down"),
            ("first", "home,g", "scroll_home", "To the first line"),
            ("last", "end,G", "last", "To the last line there is so far"),
        ]
    ]

    def __init__(self) -> None:
        super().__init__()
        self._lines: Lines = TextLines(iter(()))
        self._turns: Timer | None = None

    def show(self, lines: Lines) -> None:
        """Show other lines, from the first one."""
        self._lines = lines
        if self._turns is not None:
            self._turns.stop()
        self._turns = self.set_interval(_BETWEEN_TURNS_S, self._take_turn)
        self._take_turn()
        self.scroll_to(0, 0, animate=False, force=True)
        self.refresh()

    def _take_turn(self) -> None:
        if not self._lines.grow(_TURN_S) and self._turns is not None:
            self._turns.stop()
        self.virtual_size = Size(self.size.width, len(self._lines))

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        text = self._lines[row] if row < len(self._lines) else ""
        return Strip([Segment(fit(text, width), self.rich_style)], width)

    def action_page_up(self) -> None:
        self.scroll_relative(y=-self.scrollable_content_region.height, animate=False)

    def action_page_down(self) -> None:
        self.scroll_relative(y=self.scrollable_content_region.height, animate=False)

    def action_last(self) -> None:
        self.scroll_to(y=len(self._lines), animate=False)


class CellViewer(ModalScreen[None]):
    """Shows one value in full.

    Args:
        value: What to show.
        copy: Called with the whole text to copy it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "close", "Close", tooltip="Back to the grid", id="viewer.close"),
        Binding("c,y", "copy", "Copy", tooltip="Copy the whole value", id="viewer.copy"),
        Binding(
            "i", "look('indented')", "Indented", id="viewer.indented",
            tooltip="A line for each element of JSON or of a nested value",
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
        & LinesView {
            height: 1fr;
            padding: 0 1;
            scrollbar-size-vertical: 1;
            scrollbar-gutter: stable;
        }
    }
    """

    def __init__(self, value: CellValue, copy: Callable[[str], None]) -> None:
        super().__init__()
        self._value = value
        self._copy = copy
        self._look = "indented" if value.is_structured else "hex" if value.is_bytes else "plain"
        self._width = 0

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._value.title), id="viewer-title", markup=False)
            yield LinesView()
            yield Footer()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        view = self.query_one(LinesView)
        width = view.scrollable_content_region.width
        if width != self._width:
            self._width = width
            view.show(self._made_lines(width))

    def _made_lines(self, width: int) -> Lines:
        text = self._value.text
        if text is None:
            return TextLines(iter(["NULL"]))
        if self._look == "hex":
            return HexLines(self._value.data)
        make = indented_lines if self._look == "indented" else text_lines
        return TextLines(make(text, width))

    def action_look(self, look: str) -> None:
        """Show the value in another way."""
        self._look = look
        self._width = 0
        self._show()

    def action_copy(self) -> None:
        self._copy(self._value.text or "")

    def action_close(self) -> None:
        self.dismiss()
