"""A row of tabs on one line, for documents and results; its labels are data, never markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tusk.core.text import cell_width, clip, safe

if TYPE_CHECKING:
    from textual import events

TITLE_WIDTH = 28


@dataclass(frozen=True, slots=True)
class TabLabel:
    """What one tab shows.

    Args:
        id: Unique in its strip.
        title: Any text; made safe and short here.
        note: Said after the title, dimmed: a row count, a state.
        sign: One character before the title that tells a state without colour.
        style: Colours of the cell before the label, which mark what it belongs to.
        is_modified: Whether something is not saved, which a star says.
        place: Where it comes from, which the pointer over it shows.
    """

    id: str
    title: str
    note: str = ""
    sign: str = ""
    style: str = ""
    is_modified: bool = False
    place: str = ""

    @property
    def text(self) -> str:
        """The label as it is shown."""
        title = clip(safe(self.title), TITLE_WIDTH) + ("*" if self.is_modified else "")
        head = f"{self.sign} {title}" if self.sign else title
        return f"{head} · {self.note}" if self.note else head


class TabStrip(Widget):
    """Shows tabs and says which one was clicked. The active one is always in sight."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tab-strip--tab", "tab-strip--active"}

    labels: reactive[tuple[TabLabel, ...]] = reactive[tuple[TabLabel, ...]](())
    active: reactive[str] = reactive("")

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        strip: TabStrip
        tab_id: str

        @property
        def control(self) -> TabStrip:
            return self.strip

    @dataclass
    class CloseRequested(Message):
        """A tab was clicked with the middle button."""

        strip: TabStrip
        tab_id: str

        @property
        def control(self) -> TabStrip:
            return self.strip

    def show(self, labels: Sequence[TabLabel], active: str) -> None:
        """Replace the tabs."""
        self.labels = tuple(labels)
        self.active = active

    def _spans(self) -> list[tuple[TabLabel, int, int]]:
        """Each label with its first and last+1 column, before scrolling; a cell around each."""
        spans: list[tuple[TabLabel, int, int]] = []
        column = 0
        for label in self.labels:
            width = cell_width(label.text) + 2
            spans.append((label, column, column + width))
            column += width + 1
        return spans

    @property
    def columns_in_sight(self) -> list[tuple[str, int]]:
        """The id of each tab whose beginning is shown, with its column."""
        offset = self._offset()
        columns = [(label.id, start - offset) for label, start, _ in self._spans()]
        return [(tab_id, at) for tab_id, at in columns if 0 <= at < self.size.width]

    def _offset(self) -> int:
        """Columns scrolled away on the left, so that the active tab is in sight."""
        for label, _, end in self._spans():
            if label.id == self.active:
                return max(0, end - self.size.width)
        return 0

    def render(self) -> Content:
        tab = self.get_visual_style("tab-strip--tab")
        active = self.get_visual_style("tab-strip--active")
        pieces: list[Content] = []
        for label in self.labels:
            style = active if label.id == self.active else tab
            # Brackets tell the active tab where colours do not.
            left, right = ("▌", " ") if label.id == self.active else (" ", " ")
            text = Content.styled(f"{left}{label.text}{right}", style)
            pieces.append(text.stylize(label.style, 0, 1) if label.style else text)
            pieces.append(Content(" "))
        line = Content("").join(pieces)
        offset = self._offset()
        return line[offset:] if offset else line

    def _label_at(self, x: int) -> TabLabel | None:
        column = x + self._offset()
        spans = self._spans()
        return next((label for label, start, end in spans if start <= column < end), None)

    def on_click(self, event: events.Click) -> None:
        label = self._label_at(event.x)
        if label is not None:
            message = self.CloseRequested if event.button == 2 else self.Chosen
            self.post_message(message(self, label.id))
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        label = self._label_at(event.x)
        place = safe(label.place) if label is not None else ""
        self.tooltip = Content(place) if place else None

    def neighbour(self, step: int) -> str:
        """The id of the tab `step` places after the active one, around the end."""
        ids = [label.id for label in self.labels]
        if self.active not in ids:
            return ids[0] if ids else ""
        return ids[(ids.index(self.active) + step) % len(ids)]
