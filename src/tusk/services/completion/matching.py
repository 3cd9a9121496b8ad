"""How well a name fits what somebody types, for all names at each key press."""

from __future__ import annotations

import re

EXACT, START, WORDS, PART, SCATTERED = range(5)
"""From best to worst: all of it, its start, the starts of its words, a part, letters in order."""


class Matcher:
    """What is typed, prepared.

    >>> tiers = Matcher("oi").tier
    >>> [tiers(name) for name in ("oi", "oid", "order_items", "orderItems", "void", "owning", "io")]
    [0, 1, 2, 2, 3, 4, None]
    >>> Matcher("ord_it").tier("order_items"), Matcher("").tier("anything")
    (2, 1)

    Args:
        typed: The text; its case does not count.
    """

    def __init__(self, typed: str) -> None:
        self.typed = typed
        self._lower = typed.lower()
        self._letters = _in_order(self._lower) if self._lower else None

    def tier(self, name: str) -> int | None:
        """How well a name fits; None when it does not."""
        typed = self._lower
        if not typed:
            return START
        lower = name.lower()
        if lower.startswith(typed):
            return EXACT if len(lower) == len(typed) else START
        if self._letters is None or not self._letters.search(lower):
            return None
        if _starts_words(typed.replace("_", ""), name):
            return WORDS
        return PART if typed in lower else SCATTERED


def _in_order(typed: str) -> re.Pattern[str]:
    """Matches the letters in order, with any others between; linear in the name's length."""
    first, *rest = (re.escape(char) for char in typed)
    return re.compile(first + "".join(f"[^{char}]*{char}" for char in rest), re.DOTALL)


_WORD_START = re.compile(r"(?<![^\W_])[^\W_]|(?<=[a-z0-9])[A-Z]")


def _starts_words(letters: str, name: str) -> bool:
    """Whether each letter begins a word of the name, or goes on in the word of the one before.

    >>> [_starts_words("orit", name) for name in ("order_items", "OrderItems", "orbit", "of_rights")]
    [True, True, False, False]
    """
    starts = [match.start() for match in _WORD_START.finditer(name)]
    lower = name.lower()
    # Offsets behind the letters that were found so far, in every way they can be.
    ends = {0}
    if not letters or len(lower) != len(name):
        return False
    for number, letter in enumerate(letters):
        first = min(ends)
        found = {start + 1 for start in starts if start >= first and lower[start] == letter}
        if number:
            found |= {end + 1 for end in ends if lower[end : end + 1] == letter}
        if not found:
            return False
        ends = found
    return True
