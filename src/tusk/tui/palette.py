"""The command palette's source: every action of the app, by its words, with its keys."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tusk.tui.actions import Action, key_text, runnable_actions
from tusk.tui.keymap import keymap_of

# Moving a cursor is no command: it is found, but not listed unasked.
_MOVES = re.compile(
    r"(tree|dialog)\.|(editor|connections|history|saved|viewer|record)\.(up|down|left|right"
    r"|word_\w+|page.\w+|first|last)$|grid\.(select-)?(up|down|left|right|page-\w+"
    r"|(first|last)-(row|column))$"
)


class ActionProvider(Provider):
    """Finds actions that can be run where the user is."""

    async def discover(self) -> Hits:
        for action, run in self._actions():
            if not _MOVES.match(action.id):
                yield DiscoveryHit(
                    _display(action), run, text=action.description, help=action.tooltip
                )

    async def search(self, query: str) -> Hits:
        for action, run in self._actions():
            score = score_of(query, action)
            if score > 0:
                yield Hit(
                    score, _display(action), run, text=action.description, help=action.tooltip
                )

    def _actions(self) -> list[tuple[Action, Callable[[], Awaitable[object]]]]:
        app = self.app
        return [
            (action, partial(app.run_action, action.call, node))
            for action, node in runnable_actions(self.screen, keymap_of(app))
        ]


def score_of(query: str, action: Action) -> float:
    """How well an action fits what was typed, from 0 for not at all to 1.

    Every word must begin one of the action's name, sentence, id or keys. The name counts most.

    >>> run = Action("query.run", "Run", "Run the selection", ("f5",), "run")
    >>> [score_of(text, run) for text in ("run", "sel run", "f5", "runs")]
    [1.0, 0.5, 0.7, 0.0]
    """
    words = _words(query)
    name = _words(action.description)
    if words and words == name:
        score = 1.0
    elif words and _begin(words, name):
        # The whole of a short name before a part of a long one.
        score = 0.8 + 0.1 * len(words) / len(name)
    elif _names_key(query, action):
        score = 0.7
    elif words and _begin(words, name + _words(action.tooltip) + _words(action.id)):
        score = 0.5
    else:
        return 0.0
    return score * (0.5 if _MOVES.match(action.id) else 1.0)


def _names_key(query: str, action: Action) -> bool:
    """Whether a key is meant, by Textual's name or as the footer has it."""
    typed = query.strip().casefold()
    keys = [name.casefold() for key in action.keys for name in (key, key_text(key))]
    return bool(typed) and any(key.startswith(typed) for key in keys)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _begin(words: list[str], known: list[str]) -> bool:
    """Whether each word is the beginning of a known one."""
    return all(any(each.startswith(word) for each in known) for word in words)


def _display(action: Action) -> Content:
    return Content.assemble(
        action.description, ("  " + " ".join(key_text(key) for key in action.keys), "$text-muted")
    )
