"""Names of keys: as people write them, as Textual knows them, and whether terminals send them."""

from __future__ import annotations

import difflib
import enum
import re
import string
import unicodedata
from functools import cache

# Textual has no public names for these tables and for what makes a name of a character.
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS, MODIFIER_FUNCTIONAL_KEYS
from textual.keys import (
    KEY_NAME_REPLACEMENTS,
    Keys,
    _character_to_key,  # pyright: ignore[reportPrivateUsage]
)

from tusk.core.errors import ConfigError

UNBOUND = "unbound"
"""Stands for no key at all: no terminal sends it."""

_ALIASES = {
    "control": "ctrl",
    "option": "alt",
    "cmd": "super",
    "command": "super",
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "page_up": "pageup",
    "page_down": "pagedown",
}
_MODIFIERS = ("alt", "ctrl", "hyper", "meta", "shift", "super")
# They go to the desktop, or are no modifier to a terminal.
_NEVER_SENT = {"hyper", "meta", "super"}
# What a terminal without an extended keyboard protocol sends in place of a key.
_SENT_AS = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
    "ctrl+space": "ctrl+@",
    "ctrl+slash": "ctrl+underscore",
    "ctrl+6": "ctrl+circumflex_accent",
}
# Those of them that mean no other key: whoever names one means both.
_BOTH = ("ctrl+space", "ctrl+slash", "ctrl+6")
_MOVING = {"up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete"}
_FUNCTION_KEY = re.compile(r"f([1-9]|1[0-9]|2[0-4])")


class Reach(enum.Enum):
    """Which terminals send a key."""

    ALL = "all"
    EXTENDED = "some"
    """Those with an extended keyboard protocol, such as kitty, foot, WezTerm and Ghostty."""
    NONE = "none"


@cache
def _names() -> frozenset[str]:
    """Every name without modifiers that Textual may give a key."""
    plain = {key.rpartition("+")[2] for key in _sequences()}
    symbols = {_character_to_key(char) for char in string.punctuation}
    found = plain | symbols | set(FUNCTIONAL_KEYS.values()) | set(KEY_NAME_REPLACEMENTS.values())
    found -= {Keys.ScrollUp.value, Keys.ScrollDown.value, Keys.Ignore.value}
    return frozenset(found - MODIFIER_FUNCTIONAL_KEYS)


def read_keys(text: str) -> tuple[str, ...]:
    """The keys of a comma-separated list, by the names that Textual gives them.

    An empty text means that there shall be no key.

    Raises:
        ConfigError: One of them is no key, or none that a terminal sends.

    >>> read_keys("F5, Ctrl+R")
    ('f5', 'ctrl+r')
    >>> read_keys("alt+L,?,shift+ctrl+left")
    ('alt+shift+l', 'question_mark', 'ctrl+shift+left')
    """
    if not text.strip():
        return (UNBOUND,)
    keys: list[str] = []
    for part in text.split(","):
        key = read_key(part.strip())
        keys.append(key)
        if key in _BOTH:
            keys.append(_SENT_AS[key])
    return tuple(dict.fromkeys(keys))


def read_key(text: str) -> str:
    """One key by the name that Textual gives it.

    Raises:
        ConfigError: It is no key, or none that a terminal sends.
    """
    if len(text) == 2 and text[0] == "^":
        text = f"ctrl+{text[1]}"
    # The plus sign is a key too.
    head, name = (text[:-2], "+") if text.endswith("++") else _split(text)
    modifiers = {_known(modifier.strip()) for modifier in head.split("+")} if head else set()
    if unknown := sorted(modifiers - set(_MODIFIERS)):
        raise ConfigError(f"{text!r} is no key: {unknown[0]!r} is none of ctrl, alt and shift")
    name = _name(name.strip(), text)
    if len(name) == 1 and name.isalpha() and modifiers:
        if name.isupper() and modifiers & {"alt"}:
            modifiers.add("shift")
        name = name.lower()
    if modifiers == {"shift"} and len(name) == 1 and name.isalpha():
        modifiers, name = set(), name.upper()
    key = "+".join([*sorted(modifiers), name])
    key = "ctrl+@" if key == "ctrl+at" else key  # Textual's only name with a symbol in it
    if reach_of(key) is Reach.NONE:
        raise ConfigError(f"no terminal sends {text!r}", hint=_reason(modifiers, name))
    return key


def _split(text: str) -> tuple[str, str]:
    head, _, name = text.rpartition("+")
    return (head, name) if name else ("", text)


def _known(word: str) -> str:
    return _ALIASES.get(word.lower(), word.lower())


def _name(name: str, text: str) -> str:
    if len(name) == 1 and (name.isalnum() or unicodedata.category(name)[0] in "PS"):
        return _character_to_key(name)
    if _known(name) in _names():
        return _known(name)
    close = difflib.get_close_matches(_known(name), sorted(_names()), n=1)
    hint = f"did you mean {close[0]}?" if close else "as in f5, ctrl+r, alt+n, escape, slash"
    raise ConfigError(f"{text!r} is no key", hint=hint)


def _reason(modifiers: set[str], name: str) -> str:
    if kept := sorted(modifiers & _NEVER_SENT):
        return f"desktops and terminals keep {kept[0]}"
    return f"Shift makes another character of {name}: name that one"


def reach_of(key: str) -> Reach:
    """Which terminals send a key, by Textual's name.

    >>> [reach_of(key).value for key in ("f5", "alt+n", "ctrl+enter", "ctrl+i", "super+c")]
    ['all', 'all', 'some', 'some', 'none']
    """
    *modifiers, name = key.split("+")
    held = set(modifiers)
    is_character = len(name) == 1 or (name in _names() and name not in _named_keys())
    if held & _NEVER_SENT or (held == {"shift"} and is_character and name != "space"):
        return Reach.NONE
    if key in _SENT_AS:
        return Reach.EXTENDED
    if key in _legacy() or (not held and (is_character or name in _MOVING)):
        return Reach.ALL
    if name in _MOVING or _FUNCTION_KEY.fullmatch(name):
        return Reach.ALL
    # Escape and the letter.
    if len(name) == 1 and name.isascii() and held in ({"alt"}, {"alt", "shift"}):
        return Reach.ALL
    return Reach.EXTENDED


@cache
def _legacy() -> frozenset[str]:
    """What terminals send as bytes of its own, as Textual reads them."""
    # In the table for programs that know them; no terminal sends them by itself.
    return frozenset(key for key in _sequences() if not re.fullmatch(r"ctrl\+(shift\+)?\d", key))


def _sequences() -> set[str]:
    """The keys in Textual's table of what terminals send."""
    lists = (keys for keys in ANSI_SEQUENCES_KEYS.values() if isinstance(keys, tuple))
    return {key.value for keys in lists for key in keys}


@cache
def _named_keys() -> frozenset[str]:
    """Keys that are no characters."""
    return _names() - {_character_to_key(char) for char in string.punctuation} - {"space"}
