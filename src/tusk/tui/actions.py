"""Every action that has a binding: what the help screen lists and the palette runs.

Bindings are declared once, in the class that owns the action; this only collects them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from textual.binding import Binding
from textual.keys import format_key

from tusk.tui.key_names import UNBOUND

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.screen import Screen
    from textual.widget import Widget

_NAMES = {
    "ctrl": "^",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "underscore": "_",
    "enter": "Enter",
    "space": "Space",
    "delete": "Del",
    "insert": "Ins",
    "home": "Home",
    "end": "End",
    "backspace": "Backspace",
    "tab": "Tab",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One action.

    Args:
        id: Its binding's id, which the keymap setting uses; empty for a widget of Textual's own.
        description: Two or three words.
        tooltip: One sentence.
        keys: Every key that runs it, as declared or as the keymap says.
        call: The action text that runs it.
    """

    id: str
    description: str
    tooltip: str
    keys: tuple[str, ...]
    call: str


def actions_of(kind: type[DOMNode], keymap: Mapping[str, str]) -> list[Action]:
    """The actions that a class declares, with its base classes' own.

    Args:
        kind: A widget, screen or app class.
        keymap: Binding id → comma-separated keys, which replace the declared ones.
    """
    found: dict[str, Action] = {}
    for base in kind.__mro__:
        for declared in cast("Sequence[object]", base.__dict__.get("BINDINGS", ())):
            if isinstance(declared, Binding) and not declared.system:
                action = _action(declared, keymap)
                found.setdefault(action.call, action)
    return [action for action in found.values() if action.description]


def _action(binding: Binding, keymap: Mapping[str, str]) -> Action:
    keys = [key.strip() for key in keymap.get(binding.id or "", binding.key).split(",")]
    # Terminals keep the Super key for themselves.
    usual = tuple(key for key in keys if key != UNBOUND and not key.startswith("super+"))
    return Action(binding.id or "", binding.description, binding.tooltip, usual, binding.action)


def key_text(key: str) -> str:
    """A key as people write it.

    >>> [key_text(k) for k in ("ctrl+q", "f5", "alt+left", "alt+h", "shift+f9", "G")]
    ['^Q', 'F5', 'Alt+←', 'Alt+H', 'Shift+F9', 'G']
    """
    *modifiers, name = key.split("+")
    shown = _NAMES.get(name) or format_key(name)
    if name.startswith("f") and name[1:].isdigit():
        shown = name.upper()
    if modifiers and len(shown) == 1:
        shown = shown.upper()
    if modifiers == ["ctrl"]:
        return f"^{shown}"
    heads = {"ctrl": "Ctrl", "alt": "Alt", "shift": "Shift"}
    return "+".join([*(heads.get(m, m) for m in modifiers), shown])


def runnable_actions(
    screen: Screen[object], keymap: Mapping[str, str]
) -> Iterator[tuple[Action, DOMNode]]:
    """Actions that can be run now, with the node that runs them; each action once.

    Those of the focused widget come first, then the screen's and the app's, then those of other
    widgets in sight.
    """
    seen: set[str] = set()
    for node in _nodes(screen):
        for action in actions_of(type(node), keymap):
            # Moving a cursor is no command.
            if action.id and action.id not in seen and action.tooltip:
                seen.add(action.id)
                yield action, node


def _nodes(screen: Screen[object]) -> Iterable[DOMNode]:
    focused = screen.focused
    if focused is not None:
        yield from (node for node in focused.ancestors_with_self if node.is_attached)
    else:
        yield screen
        yield cast("App[object]", screen.app)
    for widget in screen.query("*").results():
        if _is_shown(widget) and any("BINDINGS" in kind.__dict__ for kind in _ours(type(widget))):
            yield widget


def _is_shown(widget: Widget) -> bool:
    return widget.is_attached and all(node.display for node in widget.ancestors_with_self)


def _ours(kind: type[DOMNode]) -> Iterator[type[object]]:
    """The classes that a widget is made of, without Textual's."""
    return (base for base in kind.__mro__ if base.__module__.startswith("tusk."))
