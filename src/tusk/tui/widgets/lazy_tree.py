"""A tree that draws only the lines in sight and asks for children when a node is opened.

Textual's `Tree` measures every line at each change: a schema of 100,000 tables would stop the
app for seconds. Here a line costs nothing until it is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tusk.core.text import cell_width, clip, safe
from tusk.tui.widgets.text_style import text_style

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Line(Generic[T]):
    """One line of the tree.

    Args:
        data: The node it stands for.
        text: What it says; made safe when drawn.
        note: Said after the text, dimmed.
        icon: One or two cells before the text.
        depth: How far it is indented.
        can_open: Whether it may have children.
        is_open: Whether its children follow.
        is_loading: Whether its children have been asked for.
    """

    data: T
    text: str
    note: str = ""
    icon: str = ""
    depth: int = 0
    can_open: bool = False
    is_open: bool = False
    is_loading: bool = False


class LazyTree(ScrollView, Generic[T], can_focus=True):
    """Lines with a cursor; opened nodes' children are given by the owner."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lazy-tree--cursor",
        "lazy-tree--note",
        "lazy-tree--icon",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="tree.up", tooltip="One line up"),
        Binding("down", "move(1)", "Down", show=False, id="tree.down", tooltip="One line down"),
        Binding(
            "pageup", "page(-1)", "Page up", show=False, id="tree.page_up", tooltip="One page up"
        ),
        Binding(
            "pagedown", "page(1)", "Page down", show=False, id="tree.page_down",
            tooltip="One page down",
        ),
        Binding("home", "first", "First", show=False, id="tree.first", tooltip="First line"),
        Binding("end", "last", "Last", show=False, id="tree.last", tooltip="Last line"),
        Binding(
            "right", "open", "Open", show=False, id="tree.open",
            tooltip="Show what the node holds, or go to its first child",
        ),
        Binding(
            "left", "close", "Close", show=False, id="tree.close",
            tooltip="Hide what the node holds, or go to its parent",
        ),
        Binding(
            "space", "flip", "Open/close", show=False, id="tree.toggle",
            tooltip="Show or hide what the node holds",
        ),
        Binding(
            "enter", "choose", "Choose", show=False, id="tree.choose",
            tooltip="Do the usual thing with the node",
        ),
    ]  # fmt: skip

    cursor: reactive[int] = reactive(0)

    @dataclass
    class Opened(Message):
        """A node was opened for the first time: its children are wanted."""

        tree: LazyTree[object]
        line: Line[object]

        @property
        def control(self) -> LazyTree[object]:
            return self.tree

    @dataclass
    class Chosen(Message):
        """Enter or a double click on a node."""

        tree: LazyTree[object]
        line: Line[object]

        @property
        def control(self) -> LazyTree[object]:
            return self.tree

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: list[Line[T]] = []
        # Children of closed nodes, so that opening again asks nobody.
        self._folded: dict[int, list[Line[T]]] = {}

    # ── content ──────────────────────────────────────────────────────────────────────────

    @property
    def lines(self) -> Sequence[Line[T]]:
        """The lines that are shown, from the top."""
        return self._lines

    @property
    def cursor_line(self) -> Line[T] | None:
        """The line under the cursor."""
        return self._lines[self.cursor] if 0 <= self.cursor < len(self._lines) else None

    def show(self, lines: Sequence[Line[T]]) -> None:
        """Replace everything."""
        self._lines = list(lines)
        self._folded.clear()
        self.cursor = 0
        self.scroll_to(0, 0, animate=False)
        self._measure()

    def replace(self, lines: Sequence[Line[T]], key: Callable[[T], object]) -> None:
        """Show other lines at the same place.

        Args:
            lines: All of them, children of open ones included, with their depths.
            key: Tells which line is the one the cursor was on.
        """
        old = self.cursor_line
        self._lines = list(lines)
        self._folded.clear()
        # Before the cursor moves, which scrolls as far as there are lines.
        self._measure()
        keys = [key(line.data) for line in self._lines]
        if old is not None and key(old.data) in keys:
            self.cursor = keys.index(key(old.data))
        else:
            self._go(self.cursor)

    def fill(self, line: Line[T], children: Sequence[Line[T]]) -> None:
        """Show the children of a line that was opened; it may be gone or closed by now."""
        line.is_loading = False
        if not children:
            line.is_open = line.can_open = False
            line.note = line.note or "empty"
        for child in children:
            child.depth = line.depth + 1
        if not line.is_open or line not in self._lines:
            self._folded[id(line)] = list(children)
            self.refresh()
            return
        place = self._lines.index(line) + 1
        self._lines[place:place] = children
        if self.cursor >= place:
            self.cursor += len(children)
        self._measure()

    def parent_of(self, line: Line[T]) -> Line[T] | None:
        """The line that a line is below of; None for a root or what is not shown."""
        if line not in self._lines:
            return None
        before = reversed(self._lines[: self._lines.index(line)])
        return next((above for above in before if above.depth < line.depth), None)

    def below(self, line: Line[T]) -> Sequence[Line[T]]:
        """The lines shown below a line, at every depth."""
        if line not in self._lines:
            return ()
        place = self._lines.index(line)
        return self._lines[place + 1 : self._end_of(place)]

    def refill(self, line: Line[T], lines: Sequence[Line[T]], key: Callable[[T], object]) -> None:
        """Show other lines below a line, if it still shows and is open.

        Args:
            line: Whose children are new.
            lines: All that is below it, with depths.
            key: As in `replace`.
        """
        self._folded.pop(id(line), None)
        line.can_open = bool(lines)
        if line not in self._lines or not line.is_open:
            self.refresh()
            return
        place = self._lines.index(line)
        rest = self._lines[self._end_of(place) :]
        self.replace([*self._lines[: place + 1], *lines, *rest], key)

    def unfill(self, line: Line[T]) -> None:
        """Close a line whose children could not be read, so that opening asks again."""
        line.is_loading = line.is_open = False
        self.refresh()

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines))
        self.refresh()

    def on_resize(self) -> None:
        self._measure()

    def _end_of(self, place: int) -> int:
        """Index after the last descendant of the line at `place`."""
        depth, end = self._lines[place].depth, place + 1
        while end < len(self._lines) and self._lines[end].depth > depth:
            end += 1
        return end

    def open_line(self, line: Line[T]) -> None:
        """Show what a node holds."""
        if not line.can_open or line.is_open or line.is_loading:
            return
        line.is_open = True
        children = self._folded.pop(id(line), None)
        if children is not None:
            place = self._lines.index(line) + 1
            self._lines[place:place] = children
            self._measure()
            return
        line.is_loading = True
        self.refresh()
        self.post_message(self.Opened(self, line))  # type: ignore[arg-type]

    def close_line(self, line: Line[T]) -> None:
        """Hide what a node holds."""
        if not line.is_open:
            return
        line.is_open = False
        if not line.is_loading:
            place = self._lines.index(line)
            end = self._end_of(place)
            self._folded[id(line)] = self._lines[place + 1 : end]
            del self._lines[place + 1 : end]
            if self.cursor > place:
                self.cursor = max(place, self.cursor - (end - place - 1))
        self._measure()

    # ── display ──────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        base = self.rich_style
        if not 0 <= index < len(self._lines):
            return Strip.blank(width, base)
        line = self._lines[index]
        is_cursor = index == self.cursor
        if is_cursor:
            base += self.get_component_rich_style("lazy-tree--cursor")
        return Strip(self._segments(line, width, base, is_cursor)).adjust_cell_length(width, base)

    def _segments(self, line: Line[T], width: int, base: Style, is_cursor: bool) -> list[Segment]:
        arrow = "  " if not line.can_open else "▾ " if line.is_open else "▸ "
        head = "  " * line.depth + ("… " if line.is_loading else arrow)
        icon = f"{line.icon} " if line.icon else ""
        room = max(1, width - len(head) - cell_width(icon))
        text = clip(safe(line.text), room)
        note = clip(f"  {safe(line.note)}", room - cell_width(text)) if line.note else ""
        quiet = base if is_cursor else base + text_style(self, "lazy-tree--note")
        icon_style = base if is_cursor else base + text_style(self, "lazy-tree--icon")
        return [
            Segment(head, quiet),
            Segment(icon, icon_style),
            Segment(text, base),
            Segment(note, quiet),
        ]

    def watch_cursor(self) -> None:
        if self.is_attached:
            self.scroll_to_region(
                Region(0, self.cursor, 1, 1), animate=False, force=True, x_axis=False
            )
        self.refresh()

    # ── keys and mouse ───────────────────────────────────────────────────────────────────

    def _go(self, index: int) -> None:
        self.cursor = max(0, min(index, len(self._lines) - 1))

    def action_move(self, step: int) -> None:
        self._go(self.cursor + step)

    def action_page(self, step: int) -> None:
        self._go(self.cursor + step * max(1, self.size.height - 1))

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(len(self._lines) - 1)

    def _with_line(self, act: Callable[[Line[T]], None]) -> None:
        if (line := self.cursor_line) is not None:
            act(line)

    def action_open(self) -> None:
        line = self.cursor_line
        if line is None:
            return
        if line.is_open and self._end_of(self.cursor) > self.cursor + 1:
            self._go(self.cursor + 1)
        else:
            self.open_line(line)

    def action_close(self) -> None:
        line = self.cursor_line
        if line is None:
            return
        if line.is_open:
            self.close_line(line)
            return
        for index in range(self.cursor - 1, -1, -1):
            if self._lines[index].depth < line.depth:
                self._go(index)
                return

    def action_flip(self) -> None:
        self._with_line(lambda line: (self.close_line if line.is_open else self.open_line)(line))

    def action_choose(self) -> None:
        self._with_line(lambda line: self.post_message(self.Chosen(self, line)))  # type: ignore[arg-type]

    def on_click(self, event: events.Click) -> None:
        index = event.y + self.scroll_offset.y
        if not 0 <= index < len(self._lines):
            return
        self._go(index)
        if event.chain == 2:
            self.action_choose()
        else:
            self.action_flip()
