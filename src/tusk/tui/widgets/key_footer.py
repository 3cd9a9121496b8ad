"""The footer: as many keys as fit whole, what matters most first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from tusk.tui.key_names import UNBOUND

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

# Whoever knows the first two finds everything else. What follows acts at times only: while it is
# there, it is what one looks for.
_FIRST = (
    "app.help",
    "app.quit",
    "query.cancel",
    "connection.reopen",
    "query.fetch_more",
    "query.run",
    "app.palette",
)


class KeyFooter(Footer):
    """Leaves out keys that would be cut off; Textual's footer scrolls them out of sight."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._composed_width = 0

    def compose(self) -> ComposeResult:
        self._composed_width = self.size.width
        active = self.screen.active_bindings
        found = [key for key in super().compose() if isinstance(key, FooterKey)]
        keys = [key for key in found if key.key != UNBOUND]
        names = [active[key.key].binding.id or "" if key.key in active else "" for key in keys]
        for place in fitting([_width(key) for key in keys], names, self.size.width):
            yield keys[place]

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._composed_width:
            self.call_after_refresh(self.recompose)


def fitting(widths: Sequence[int], names: Sequence[str], room: int) -> list[int]:
    """The places of the keys that fit, in their order.

    Args:
        widths: Of the keys, in cells; those of the focused widget come first.
        names: Ids of their bindings.
        room: Cells that there are.

    >>> fitting([9, 8, 8, 7], ["grid.view", "query.run", "app.quit", "app.help"], 24)
    [1, 2, 3]
    >>> fitting([9, 8, 8, 7], ["grid.view", "query.run", "app.quit", "app.help"], 12)
    [3]
    """
    chosen: list[int] = []
    for place in sorted(range(len(widths)), key=lambda each: _rank(names[each])):
        if widths[place] <= room:
            room -= widths[place]
            chosen.append(place)
    return sorted(chosen)


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _width(key: FooterKey) -> int:
    """Cells of a compact key: its name, a space, what it does, and the margin."""
    return cell_len(key.key_display) + 1 + cell_len(key.description) + 1
