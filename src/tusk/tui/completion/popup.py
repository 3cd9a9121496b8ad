"""The list of completions beside the caret, with the signature of the call around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.widget import Widget

from tusk.core.text import cell_width, clip, safe, safe_clip
from tusk.tui.completion.placing import place

if TYPE_CHECKING:
    from textual import events
    from textual.style import Style

    from tusk.services.completion import Call, Completion

_MOST_ROWS = 8
_NARROWEST, _WIDEST = 24, 72
# The mark of the chosen line, and what stands between the columns.
_MARK, _GAP = "› ", "  "
MARK_WIDTH = len(_MARK)
"""Cells in front of an item's name."""
_KIND_WIDTH = 8
# Cells of an item's line beside its name and detail, and of a call's line beside the signature.
_AROUND_NAMES = len(_MARK) + 2 * len(_GAP) + _KIND_WIDTH + 1
_AROUND_CALL = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """What the list shows.

    Args:
        items: The best first.
        call: The call around the caret.
        note: What else is to be said: that names are being read, perhaps.
    """

    items: Sequence[Completion] = ()
    call: Call | None = None
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.items or self.call or self.note)


class CompletionPopup(Widget, can_focus=False):
    """Shows an offer beside the caret; the editor keeps the focus and passes keys on.

    A line for the call, the items, and a line about the chosen one: each only where it has
    something to say and room.
    """

    DEFAULT_CSS = """
    CompletionPopup {
        overlay: screen;
        display: none;
        background: $panel;
        color: $foreground;
        text-wrap: nowrap;

        & > .completion--chosen {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        & > .completion--detail { color: $text-muted; }
        & > .completion--kind { color: $text-accent; }
        & > .completion--note { color: $text-muted; text-style: italic; }
        & > .completion--call { color: $foreground; background: $boost; }
        & > .completion--argument {
            color: $text-primary;
            background: $boost;
            text-style: bold underline;
        }
        &:nocolor > .completion--chosen { text-style: bold reverse; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"completion--{name}" for name in ("chosen", "detail", "kind", "note", "call", "argument")
    }
    ALLOW_SELECT = False

    # The editor, which has the focus, looks its keys up here.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "next(1)", "Next", id="completion.next", tooltip="Choose the next one"),
        Binding(
            "up", "next(-1)", "Previous", id="completion.previous", tooltip="Choose the one before"
        ),
        Binding(
            "pagedown", "page(1)", "Page down", id="completion.page_down",
            tooltip="Choose one a page further down",
        ),
        Binding(
            "pageup", "page(-1)", "Page up", id="completion.page_up",
            tooltip="Choose one a page further up",
        ),
        Binding(
            "tab,enter", "take", "Take", id="completion.take",
            tooltip="Put the chosen one into the text; Enter breaks the line where it is there",
        ),
        Binding(
            "escape,ctrl+c", "leave", "Close list", id="completion.leave",
            tooltip="Close the list until the next word",
        ),
    ]  # fmt: skip

    @dataclass
    class Taken(Message):
        """An item was chosen for good."""

        item: Completion

    def __init__(self) -> None:
        super().__init__()
        self._offer = Offer()
        self._chosen = 0
        self._top = 0
        self._has_moved = False
        self._shape = Size(0, 0)
        self._label_cells = self._detail_cells = 0

    # ── what it shows ────────────────────────────────────────────────────────────────────

    @property
    def is_open(self) -> bool:
        """Whether it is in sight."""
        return self.display

    @property
    def offer(self) -> Offer:
        """What it shows, or showed last."""
        return self._offer

    @property
    def has_items(self) -> bool:
        """Whether there is something to take."""
        return self.is_open and bool(self._offer.items)

    @property
    def chosen(self) -> Completion | None:
        """The item that would be taken."""
        return self._offer.items[self._chosen] if self.has_items else None

    def show(self, offer: Offer, anchor: Offset, room: Region) -> None:
        """Show an offer, with the chosen item as it was if somebody has moved to it.

        Args:
            offer: What.
            anchor: Where the word at the caret begins, on the screen.
            room: What the list must not leave.
        """
        before = self.chosen if self._has_moved else None
        kept = [n for n, item in enumerate(offer.items) if before and item.label == before.label]
        self._offer = offer
        self._label_cells = max((_cells(item.label) for item in offer.items), default=0)
        self._detail_cells = max((_cells(_detail(item)) for item in offer.items), default=0)
        self._chosen = kept[0] if kept else 0
        self._has_moved = bool(kept)
        wanted = self._wanted_size()
        if self.is_open:
            # While somebody types, a list that becomes narrower would only be restless.
            wanted = wanted.with_width(max(wanted.width, self._shape.width))
        region = place(anchor, wanted, room)
        if not region.area:
            self.close()
            return
        self._shape = region.size
        self.styles.width, self.styles.height = region.size
        if self.absolute_offset != region.offset:
            self.absolute_offset = region.offset
            self.refresh(layout=True)
        self.display = True
        self._show_chosen()

    def close(self) -> None:
        """Take it out of sight."""
        self.display = False
        self._has_moved = False
        self._top = 0

    def _wanted_size(self) -> Size:
        offer = self._offer
        rows = min(_MOST_ROWS, len(offer.items))
        lines = (offer.call is not None) + rows + bool(offer.items or offer.note)
        widths = [_NARROWEST, _cells(offer.note) + 2]
        if offer.items:
            widths.append(self._label_cells + self._detail_cells + _AROUND_NAMES)
        if offer.call is not None:
            widths.append(_cells(offer.call.signatures[0]) + _AROUND_CALL)
        return Size(min(max(widths), _WIDEST), lines)

    # ── choosing ─────────────────────────────────────────────────────────────────────────

    def choose_next(self, step: int) -> None:
        """Choose another item, going round at the ends."""
        self._chosen = (self._chosen + step) % max(1, len(self._offer.items))
        self._has_moved = True
        self._show_chosen()

    def choose_page(self, direction: int) -> None:
        """Choose an item a page away, stopping at the ends."""
        last = len(self._offer.items) - 1
        wanted = self._chosen + direction * max(1, self._rows_in_sight - 1)
        self._chosen = max(0, min(wanted, last))
        self._has_moved = True
        self._show_chosen()

    def action_next(self, step: int) -> None:
        self.choose_next(step)

    def action_page(self, direction: int) -> None:
        self.choose_page(direction)

    def action_take(self) -> None:
        if (item := self.chosen) is not None:
            self.post_message(self.Taken(item))

    def action_leave(self) -> None:
        self.close()

    def _show_chosen(self) -> None:
        rows = max(1, self._rows_in_sight)
        self._top = max(self._chosen - rows + 1, min(self._top, self._chosen))
        self._top = max(0, min(self._top, len(self._offer.items) - rows))
        self.refresh()

    # ── drawing ──────────────────────────────────────────────────────────────────────────

    @property
    def _has_call_line(self) -> bool:
        return self._offer.call is not None and (self._shape.height > 1 or not self._offer.items)

    @property
    def _has_last_line(self) -> bool:
        needed = 1 + self._has_call_line + bool(self._offer.items)
        return bool(self._offer.items or self._offer.note) and self._shape.height >= needed

    @property
    def _rows_in_sight(self) -> int:
        lines = self._shape.height - self._has_call_line - self._has_last_line
        return min(lines, len(self._offer.items))

    def render(self) -> Content:
        width = self._shape.width
        lines: list[Content] = []
        if self._has_call_line and self._offer.call is not None:
            lines.append(self._call_line(self._offer.call, width))
        label_width = self._label_width(width)
        numbers = range(self._top, self._top + self._rows_in_sight)
        lines += [self._item_line(number, label_width, width) for number in numbers]
        if self._has_last_line:
            lines.append(self._last_line(width))
        return Content("\n").join(lines)

    def _label_width(self, width: int) -> int:
        """Cells for names; but a type of usual length shows beside any name."""
        room = width - _AROUND_NAMES
        return max(1, min(self._label_cells, room - min(self._detail_cells, max(0, room // 3))))

    def _item_line(self, number: int, label_width: int, width: int) -> Content:
        item = self._offer.items[number]
        detail_width = max(0, width - label_width - _AROUND_NAMES)
        label = _padded(safe_clip(item.label, label_width), label_width)
        detail = _padded(safe_clip(_detail(item), detail_width), detail_width)
        kind = item.kind.value.rjust(_KIND_WIDTH)
        if number == self._chosen:
            text = f"{_MARK}{label}{_GAP}{detail}{_GAP}{kind} "
            return Content.styled(clip(text, width), self._style("chosen"))
        line = Content.assemble(
            " " * len(_MARK) + label + _GAP,
            (detail + _GAP, self._style("detail")),
            (kind + " ", self._style("kind")),
        )
        return line.truncate(width, ellipsis=True)

    def _last_line(self, width: int) -> Content:
        """The note, else what is known of the chosen item; which one of how many it is."""
        place = ""
        about = self._offer.note
        if (item := self.chosen) is not None:
            place = f"{self._chosen + 1}/{len(self._offer.items)} "
            about = about or item.documentation.partition("\n")[0] or "Tab takes, Esc closes"
        room = width - len(place) - 2
        text = f" {_padded(safe_clip(about, room), room)} {place}"
        return Content.styled(clip(text, width), self._style("note"))

    def _call_line(self, call: Call, width: int) -> Content:
        """The signature that fits best, with the argument at the caret marked and in sight."""
        first, *others = call.signatures
        more = f" +{len(others)}" if others else ""
        room = width - 2 - len(more)
        text, span = _window(safe(first, keep_length=True), call.spans[0] or (0, 0), room)
        style = self._style("call")
        shown = Content.styled(text, style).stylize(self._style("argument"), *span)
        padding = max(0, room - shown.cell_length)
        return Content.assemble(
            (" ", style),
            shown.truncate(room, ellipsis=True),
            (" " * padding + more + " ", style),
        )

    def _style(self, name: str) -> Style:
        return self.get_visual_style(f"completion--{name}")

    # ── the mouse ────────────────────────────────────────────────────────────────────────

    def on_click(self, event: events.Click) -> None:
        event.stop()
        number = self._top + event.y - self._has_call_line
        if self._top <= number < self._top + self._rows_in_sight:
            self.post_message(self.Taken(self._offer.items[number]))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(event, -1)

    def _scroll(self, event: events.MouseEvent, step: int) -> None:
        event.stop()
        if self.has_items and 0 <= self._chosen + step < len(self._offer.items):
            self.choose_next(step)


def _detail(item: Completion) -> str:
    """What is shown beside a name: not the kind, which has a column of its own."""
    kind = item.kind.value
    return "" if item.detail == kind else item.detail.removeprefix(f"{kind} · ")


def _cells(text: str) -> int:
    """Cells of a text as it is shown, looking at no more of a long one than could be."""
    return cell_width(safe_clip(text, _WIDEST))


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - cell_width(text))


def _window(text: str, span: tuple[int, int], width: int) -> tuple[str, tuple[int, int]]:
    """The part of a line in which a span can be seen, as far as that fits.

    >>> _window("f(first, second, third)", (17, 22), 12)
    ('…cond, third)', (7, 12))

    Args:
        text: One line.
        span: Offsets of what must be seen.
        width: Cells.

    Returns:
        The part, with `…` for what is missing at its left, and the span in it.
    """
    start, end = span
    cells, cut = cell_width(text[:end]), 0
    while cut < start and cells > width - (cut > 0):
        cells -= cell_width(text[cut])
        cut += 1
    return (text, span) if not cut else ("…" + text[cut:], (start - cut + 1, end - cut + 1))
