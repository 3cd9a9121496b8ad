"""The status line: what is connected, what runs, what came; the least important goes first."""

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
        rank: Fields of the highest rank are left out first when there is no room.
        tone: Component class suffix: `plain`, `strong`, `busy`, `good`, `warning`, `error`.
    """

    text: str
    rank: int
    tone: str = "plain"


TONES = ("plain", "strong", "busy", "good", "warning", "error")


def fitting(fields: Sequence[Field], width: int) -> list[Field]:
    """The fields that fit, in order; the first ranks stay longest.

    >>> fields = [Field("connection", 0), Field("UTF8", 9), Field("5 rows", 1)]
    >>> [f.text for f in fitting(fields, 22)]
    ['connection', '5 rows']
    """
    kept = [field for field in fields if field.text]
    while len(kept) > 1 and _width(kept) > width:
        # The last of the highest rank goes.
        highest = max(field.rank for field in kept)
        index = max(i for i, field in enumerate(kept) if field.rank == highest)
        del kept[index]
    return kept


def _width(fields: Sequence[Field]) -> int:
    texts = sum(cell_width(safe(field.text)) for field in fields)
    return texts + len(_SEPARATOR) * (len(fields) - 1)


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
            Content.styled(
                clip(safe(field.text), width), self.get_visual_style(f"status-line--{field.tone}")
            )
            for field in fitting(self.fields, width)
        ]
        return separator.join(pieces)
