"""What keys mean in vim's normal and visual modes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tusk.tui.editing.vim.motions import MOTIONS
from tusk.tui.editing.vim.objects import OBJECTS

OPERATORS = frozenset({"d", "c", "y", ">", "<", "gu", "gU", "g~"})
WHOLE_LINES = "lines"
"""The motion of an operator that is typed twice."""
MOST_REPEATS = 100_000
"""Larger counts are taken for this one."""

# Short forms: an operator and its motion.
_ALIASES = {
    "x": ("d", "l"),
    "delete": ("d", "l"),
    "X": ("d", "h"),
    "D": ("d", "$"),
    "C": ("c", "$"),
    "s": ("c", "l"),
    "S": ("c", WHOLE_LINES),
    "Y": ("y", WHOLE_LINES),
}
_VISUAL_ALIASES = {
    "x": "d", "X": "d", "delete": "d", "s": "c", "S": "c", "u": "gu", "U": "gU", "~": "g~",
}  # fmt: skip
_SAME_MOTION = {
    "left": "h", "right": "l", "up": "k", "down": "j", "backspace": "h", " ": "l", "space": "l",
    "enter": "+", "home": "0", "end": "$",
}  # fmt: skip
_NORMAL = frozenset(
    [
        "p",
        "P",
        "J",
        "~",
        "u",
        ".",
        "o",
        "O",
        "a",
        "A",
        "i",
        "I",
        "v",
        "V",
        "/",
        "?",
        "n",
        "N",
        "*",
        "#",
        "ctrl+r",
        "ctrl+d",
        "ctrl+u",
        "gv",
        "zz",
    ]
)
_VISUAL = frozenset(
    ["p", "P", "J", "o", "v", "V", "/", "?", "n", "N", "*", "#", "ctrl+d", "ctrl+u", "gv", "zz"]
)
_TAKES_CHAR = frozenset("fFtT")


@dataclass(frozen=True, slots=True)
class Command:
    """One whole command.

    Args:
        name: `move`, an operator, or the keys of another command.
        motion: Keys of its motion or, with `i` or `a` before it, of its object.
        argument: The character that `r`, `f` and the like take.
        count: How often; 1 if that was not said.
        is_counted: Whether a count was given.
        register: Where text goes to or comes from; empty for the unnamed one.
    """

    name: str
    motion: str = ""
    argument: str = ""
    count: int = 1
    is_counted: bool = False
    register: str = ""

    @property
    def is_object(self) -> bool:
        """Whether its motion is a text object."""
        return len(self.motion) == 2 and self.motion[0] in "ia"


class InvalidKeysError(Exception):
    """No command begins like this."""


class _IncompleteError(Exception):
    """A command begins like this."""


def parse(keys: Sequence[str], *, is_visual: bool = False) -> Command | None:
    """The command of some keys; None if more keys must come.

    Raises:
        InvalidKeysError: No command begins like this.

    >>> parse(["2", "d", "3", "w"])
    Command(name='d', motion='w', argument='', count=6, is_counted=True, register='')
    >>> parse(["d", "i"]) is None
    True
    """
    try:
        return _Reader(keys, is_visual=is_visual).command()
    except _IncompleteError:
        return None


class _Reader:
    def __init__(self, keys: Sequence[str], *, is_visual: bool) -> None:
        self._keys = keys
        self._at = 0
        self._is_visual = is_visual
        self._count = 1
        self._is_counted = False
        self._register = ""

    def _next(self) -> str:
        if self._at == len(self._keys):
            raise _IncompleteError
        self._at += 1
        return self._keys[self._at - 1]

    def _char(self) -> str:
        key = self._next()
        char = {"enter": "\n", "tab": "\t", "space": " "}.get(key, key)
        if len(char) != 1:
            raise InvalidKeysError
        return char

    def _after_count(self) -> str:
        """The first key that is neither count nor register."""
        digits = ""
        while True:
            key = self._next()
            if key == '"':
                self._register = self._char()
            elif key.isascii() and key.isdigit() and (key != "0" or digits):
                digits += key
            else:
                break
        if digits:
            self._count = min(MOST_REPEATS, self._count * int(digits[:9]))
            self._is_counted = True
        return key

    def _whole(self, key: str) -> str:
        """The key with the one after it, where it takes one."""
        if key in ("g", "z"):
            return key + self._next()
        return _SAME_MOTION.get(key, key)

    def _made(self, name: str, motion: str = "", argument: str = "") -> Command:
        return Command(name, motion, argument, self._count, self._is_counted, self._register)

    def command(self) -> Command:
        key = self._whole(self._after_count())
        if self._is_visual:
            return self._visual(key)
        if key in OPERATORS:
            return self._operator(key)
        if key in _ALIASES:
            return self._made(*_ALIASES[key])
        if key == "r":
            return self._made("r", argument=self._char())
        if key in _NORMAL:
            return self._made(key)
        return self._motion("move", key)

    def _operator(self, operator: str) -> Command:
        key = self._whole(self._after_count())
        if key == operator or (operator[0] == "g" and key in (operator[1], operator)):
            return self._made(operator, WHOLE_LINES)
        if key in ("i", "a"):
            return self._object(operator, key)
        return self._motion(operator, key)

    def _visual(self, key: str) -> Command:
        key = _VISUAL_ALIASES.get(key, key)
        if key in OPERATORS:
            return self._made(key)
        if key == "r":
            return self._made("r", argument=self._char())
        if key in _VISUAL:
            return self._made(key)
        if key in ("i", "a"):
            return self._object("select", key)
        return self._motion("move", key)

    def _object(self, name: str, around: str) -> Command:
        key = self._next()
        if key not in OBJECTS:
            raise InvalidKeysError
        return self._made(name, around + key)

    def _motion(self, name: str, key: str) -> Command:
        if key not in MOTIONS:
            raise InvalidKeysError
        return self._made(name, key, self._char() if key in _TAKES_CHAR else "")
