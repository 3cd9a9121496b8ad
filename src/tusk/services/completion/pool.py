"""Candidates being collected: matched, ranked, and only the best of them made."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tusk.services.completion.matching import EXACT, SCATTERED, START, WORDS, Matcher

if TYPE_CHECKING:
    from tusk.services.completion.candidates import Completion
    from tusk.services.completion.usage import Usage


class Groups:
    """Groups of candidates, from those that a place is for to those that may stand there too."""

    FIRST, MAIN, ALIASES, SECOND, FAR, PLACES, LAST, WORDS, KEYWORDS = range(9)


_Key = tuple[int, int, int, float, int, int, str]


@dataclass(frozen=True, slots=True)
class Rank:
    """Orders candidates that fit equally well.

    Args:
        group: See `Groups`.
        order: Within a group, when nothing else decides.
    """

    group: int
    order: int = 0


class Pool:
    """Collects candidates for one word.

    How well a name fits decides first, but roughly (see `_bucket`); then what the place is for; then how
    well it fits exactly, and what was used before.

    Args:
        matcher: What is typed.
        usage: What was taken before.
        limit: How many will be asked for.
    """

    def __init__(self, matcher: Matcher, usage: Usage | None, limit: int) -> None:
        self._matcher = matcher
        self._usage = usage
        self._most = 2 * limit
        self._limit = limit
        self._found: list[tuple[_Key, int, Callable[[], Completion]]] = []
        self._offered = 0
        self._worst: _Key | None = None

    @property
    def typed(self) -> str:
        """What is typed."""
        return self._matcher.typed

    def offer(
        self,
        name: str,
        rank: Rank,
        make: Callable[[], Completion],
        *,
        usage: str = "",
        worst: int = SCATTERED,
    ) -> bool:
        """Add a candidate if its name fits; whether it does.

        Args:
            name: What is compared with the typed text.
            rank: See `Rank`.
            make: Builds it, if it is among the best.
            usage: Its key in `Usage`.
            worst: The least fit that counts.
        """
        tier = self._matcher.tier(name)
        if tier is None or tier > worst:
            return False
        weight = self._usage.weight(usage) if self._usage is not None and usage else 0.0
        bucket = _bucket(tier, rank.group) if self.typed else 0
        # Without anything typed all fit alike, and the order within a source tells more.
        size = len(name) if self.typed else 0
        lower = name.lower() if self.typed else ""
        key = (bucket, rank.group, tier, -weight, rank.order, size, lower)
        self._offered += 1
        if self._worst is None or key < self._worst:
            self._found.append((key, self._offered, make))
            if len(self._found) > 2 * self._most:
                self._prune()
        return True

    def _prune(self) -> None:
        """Keep the best only: thousands of objects at once set off the garbage collector."""
        self._found = heapq.nsmallest(self._most, self._found, key=_key_and_order)
        self._worst = self._found[-1][0]

    def offer_words(
        self, words: Iterable[str], group: int, make: Callable[[str], Completion]
    ) -> None:
        """Add keywords, in the order given; they must fit well."""
        for order, word in enumerate(words):
            self.offer(word, Rank(group, order), partial(make, word), worst=WORDS)

    def best(self) -> list[Completion]:
        """The best candidates; of those that insert the same, the first one."""
        found: dict[tuple[str, int], Completion] = {}
        for _, _, make in heapq.nsmallest(self._most, self._found, key=_key_and_order):
            item = make()
            found.setdefault((item.insert, item.start), item)
            if len(found) == self._limit:
                break
        return list(found.values())


def _bucket(tier: int, group: int) -> int:
    """How well a name fits, roughly.

    A name typed in full comes first of all. What the place is for may fit by the starts of its words
    as well as by its own; of what may stand there too there is so much that some of it always does.
    """
    if tier == EXACT:
        return 0
    if tier == START or (tier == WORDS and group <= Groups.ALIASES):
        return 1
    return 2 if tier == WORDS else 3


def _key_and_order(found: tuple[_Key, int, Callable[[], Completion]]) -> tuple[_Key, int]:
    return found[0], found[1]
