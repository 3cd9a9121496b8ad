"""The status line: what is connected, what runs, what came; as much of it as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tusk.core.text import cell_width, clip, safe

_SEPARATOR = " │ "


@dataclass(frozen=True, slots=True)
class Field:
    """One piece of the line.

    Args:
        text: Any text; made safe here.
        rank: Fields of the lowest rank get their room first.
        tone: Component class suffix: `plain`, `strong`, `busy`, `good`, `warning`, `error`.
        short: What to say where there is no room for the text.
        style: Its own colours in place of the tone's.
    """

    text: str
    rank: int
    tone: str = "plain"
    short: str = ""
    style: str = ""


TONES = ("plain", "strong", "busy", "good", "warning", "error")


def fitting(fields: Sequence[Field], width: int) -> list[tuple[str, Field]]:
    """The fields that fit, in order, each with the text to show.

    >>> fields = [Field("connection", 0), Field("UTF8", 9), Field("5 rows in all", 1, short="5")]
    >>> [text for text, _ in fitting(fields, 20)]
    ['connection', '5']
    """
    texts: dict[int, str] = {}
    left = width
    for index in sorted(range(len(fields)), key=lambda index: fields[index].rank):
        for wanted in (fields[index].text, fields[index].short):
            text = clip(safe(wanted), width)
            needed = cell_width(text) + (len(_SEPARATOR) if texts else 0)
            if text and needed <= left:
                texts[index] = text
                left -= needed
                break
    return [(texts[index], fields[index]) for index in sorted(texts)]


class StatusLine(Widget):
    """Shows fields on one line."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status-line--separator",
        *(f"status-line--{tone}" for tone in TONES),
    }

    fields: reactive[tuple[Field, ...]] = reactive[tuple[Field, ...]](())

    def show(self, fields: Sequence[Field]) -> None:
        """Replace the fields."""
        self.fields = tuple(fields)

    def render(self) -> Content:
        width = self.content_size.width
        separator = Content.styled(_SEPARATOR, self.get_visual_style("status-line--separator"))
        pieces = [
            Content.styled(text, field.style or self.get_visual_style(f"status-line--{field.tone}"))
            for text, field in fitting(self.fields, width)
        ]
        return separator.join(pieces)
