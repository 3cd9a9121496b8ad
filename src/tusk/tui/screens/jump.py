"""Jump mode: a letter on every pane, field and tab in sight; the letter goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tusk.tui.widgets.tab_strip import TabStrip

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

# Those under the fingers first.
_LETTERS = "asdfghjklqwertyuiopzxcvbnm"


@dataclass(frozen=True, slots=True)
class JumpTarget:
    """Somewhere to go.

    Args:
        at: Where its letter is shown.
        go: Goes there.
    """

    at: Offset
    go: Callable[[], object]


def jump_targets(screen: Screen[object]) -> list[JumpTarget]:
    """What can be gone to, from the top left on; as many as there are letters."""
    found = sorted(_targets(screen), key=lambda target: (target.at.y, target.at.x))
    return found[: len(_LETTERS)]


def _targets(screen: Screen[object]) -> Iterator[JumpTarget]:
    for widget in screen.focus_chain:
        shown = widget.region.intersection(screen.region)
        if shown:
            yield JumpTarget(shown.offset, partial(screen.set_focus, widget))
    for strip in screen.query(TabStrip):
        shown = strip.region.intersection(screen.region)
        if shown and all(node.display for node in strip.ancestors_with_self):
            for tab_id, column in strip.columns_in_sight:
                yield JumpTarget(
                    shown.offset + Offset(column, 0),
                    partial(strip.post_message, TabStrip.Chosen(strip, tab_id)),
                )


class JumpScreen(ModalScreen[JumpTarget | None]):
    """Shows the letters over the screen below; any key that is none of them goes back.

    Args:
        targets: What they stand for.
    """

    CSS_PATH = "jump.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="jump.leave", tooltip="Stay where you were"),
    ]

    def __init__(self, targets: Sequence[JumpTarget]) -> None:
        super().__init__()
        self._targets = dict(zip(_LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        for letter, target in self._targets.items():
            label = Static(f"[{letter}]", classes="jump-label", markup=False)
            label.absolute_offset = target.at
            yield label

    def on_key(self, event: events.Key) -> None:
        if event.key != "escape":
            event.stop()
            self.dismiss(self._targets.get(event.key.lower()))
