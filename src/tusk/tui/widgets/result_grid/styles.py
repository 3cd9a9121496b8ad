"""The grid's styles, combined from its component classes and kept until the theme changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style

if TYPE_CHECKING:
    from textual.widget import Widget

COMPONENT_CLASSES = {
    "result-grid--header",
    "result-grid--header-type",
    "result-grid--header-cursor",
    "result-grid--note",
    "result-grid--gutter",
    "result-grid--gutter-cursor",
    "result-grid--edge",
    "result-grid--zebra",
    "result-grid--empty",
    "result-grid--null",
    "result-grid--text",
    "result-grid--number",
    "result-grid--boolean",
    "result-grid--temporal",
    "result-grid--json",
    "result-grid--binary",
    "result-grid--nested",
    "result-grid--match",
    "result-grid--selected",
    "result-grid--changed",
    "result-grid--cursor",
}


class GridStyles:
    """Rich styles of one widget, by the names of component classes laid over each other."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._known: dict[tuple[str, ...], Style] = {}

    def clear(self) -> None:
        """Forget everything: the theme, the focus or the style sheet changed."""
        self._known.clear()

    def of(self, *names: str) -> Style:
        """The widget's own style with these component classes laid on it, the last one on top."""
        style = self._known.get(names)
        if style is None:
            style = self._known[names] = self._combine([f"result-grid--{name}" for name in names])
        return style

    def _combine(self, names: list[str]) -> Style:
        # Unlike `get_component_rich_style`, this blends colours that have an alpha; but it
        # leaves `reverse` out.
        style = self._widget.get_visual_style(*names).rich_style
        parts = [self._widget.get_component_styles(name).text_style for name in names]
        if any(part.reverse for part in parts):
            style += Style(reverse=True)
        return style
