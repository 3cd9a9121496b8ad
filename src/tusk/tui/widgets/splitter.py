"""A bar between two panes: drag it with the mouse; keys move it through its owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from textual import events

Direction = Literal["columns", "rows"]


class Splitter(Widget):
    """Reports how far it was dragged; its owner resizes the panes.

    Args:
        direction: `columns` stands between panes side by side, `rows` between stacked ones.
    """

    ALLOW_SELECT = False

    @dataclass
    class Dragged(Message):
        """The bar moved by `cells`, to the right or down when positive."""

        splitter: Splitter
        cells: int

        @property
        def control(self) -> Splitter:
            return self.splitter

    @dataclass
    class Released(Message):
        """The drag ended: now is the time to remember the sizes."""

        splitter: Splitter

        @property
        def control(self) -> Splitter:
            return self.splitter

    def __init__(self, direction: Direction, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=f"-{direction}")
        self.direction = direction
        self._last: int | None = None

    def render_line(self, y: int) -> Strip:
        bar = "─" * self.size.width if self.direction == "rows" else "│"
        return Strip([Segment(bar, self.rich_style)], self.size.width)

    def _place(self, event: events.MouseEvent) -> int:
        return int(event.screen_x if self.direction == "columns" else event.screen_y)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self.capture_mouse()
        self.add_class("-dragged")
        self._last = self._place(event)
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._last is None:
            return
        cells = self._place(event) - self._last
        if cells:
            self._last += cells
            self.post_message(self.Dragged(self, cells))
        event.stop()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._last is None:
            return
        self._last = None
        self.release_mouse()
        self.remove_class("-dragged")
        self.post_message(self.Released(self))
        event.stop()
