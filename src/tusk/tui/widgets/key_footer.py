"""The footer: as many keys as fit whole, and always the way to all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

# Whoever knows these finds everything else.
_KEPT = {"help", "quit"}


class KeyFooter(Footer):
    """Leaves out keys that would be cut off; Textual's footer scrolls them out of sight."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._composed_width = 0

    def compose(self) -> ComposeResult:
        self._composed_width = self.size.width
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        room = self.size.width - sum(_width(key) for key in keys if key.action in _KEPT)
        for key in keys:
            if key.action not in _KEPT:
                room -= _width(key)
                if room < 0:
                    continue
            yield key

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._composed_width:
            self.call_after_refresh(self.recompose)


def _width(key: FooterKey) -> int:
    """Cells of a compact key: its name, a space, what it does, and the margin."""
    return cell_len(key.key_display) + 1 + cell_len(key.description) + 1
