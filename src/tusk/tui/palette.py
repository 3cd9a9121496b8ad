"""The command palette's source: every action of the app, by name, with its keys."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tusk.tui.actions import Action, key_text, runnable_actions
from tusk.tui.keymap import keymap_of

# Moving a cursor is no command.
_HIDDEN = re.compile(
    r"(tree|dialog)\.|grid\.(select-)?(up|down|left|right|page-\w+|(first|last)-(row|column))$"
)


class ActionProvider(Provider):
    """Finds actions that can be run where the user is."""

    async def discover(self) -> Hits:
        for action, run in self._actions():
            yield DiscoveryHit(_display(action), run, text=action.description, help=action.tooltip)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action, run in self._actions():
            score = max(matcher.match(action.description), matcher.match(action.tooltip) * 0.5)
            if score > 0:
                yield Hit(
                    score, _display(action), run, text=action.description, help=action.tooltip
                )

    def _actions(self) -> list[tuple[Action, Callable[[], Awaitable[object]]]]:
        app = self.app
        return [
            (action, partial(app.run_action, action.call, node))
            for action, node in runnable_actions(self.screen, keymap_of(app))
            if not _HIDDEN.match(action.id)
        ]


def _display(action: Action) -> Content:
    return Content.assemble(
        action.description, ("  " + " ".join(key_text(key) for key in action.keys), "dim")
    )
