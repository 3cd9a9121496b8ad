"""Colour and emphasis of a component class, without a background of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style

if TYPE_CHECKING:
    from textual.widget import Widget


def text_style(widget: Widget, component: str) -> Style:
    """The style of text, to be laid over any background.

    `get_component_rich_style` would drop the alpha of muted colours; this blends it.
    """
    style = widget.get_visual_style(component).rich_style
    emphasis = widget.get_component_styles(component).text_style
    return Style(
        color=style.color,
        bold=emphasis.bold,
        italic=emphasis.italic,
        underline=emphasis.underline,
        reverse=emphasis.reverse,
    )
