"""The last gate before the terminal: no control character of any widget gets through.

Widgets make data safe where it comes in, so that widths are right; this catches what a widget of
Textual's own or a forgotten path would still let through. Rich removes only five control
characters, and neither ESC nor the C1 range is among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter

from tusk.core.text import safe

if TYPE_CHECKING:
    from textual.color import Color

_NOT_DIM = Style(dim=False)


class SafeText(LineFilter):
    """Replaces whatever a terminal would act on by a visible character."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.control or (segment.text.isascii() and segment.text.isprintable())
            else Segment(safe(segment.text), segment.style)
            for segment in segments
        ]


class FullStrength(LineFilter):
    """Takes dim away, which halves the contrast, for themes that promise one."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(segment.text, segment.style + _NOT_DIM, segment.control)
            if segment.style is not None and segment.style.dim
            else segment
            for segment in segments
        ]
