"""Rank names against what somebody types: all of it, its start, a word in it, a part of it."""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """Something to find: its name, what it is in, and what to give back."""

    name: str
    parent: str
    item: T


class SearchIndex(Generic[T]):
    """Names prepared for being searched at each key press.

    >>> names = ["customers", "order_items", "orders", "preorders", "shop_orders"]
    >>> index = SearchIndex([Candidate(name, "public", name) for name in names])
    >>> index.best("orders")
    ['orders', 'shop_orders', 'preorders', 'order_items']
    >>> index.best("odi")
    ['order_items']
    """

    def __init__(self, candidates: Sequence[Candidate[T]]) -> None:
        self._items = [c.item for c in candidates]
        self._names = [c.name.lower() for c in candidates]
        self._qualified = [f"{c.parent}.{c.name}".lower() for c in candidates]

    def best(self, text: str, limit: int = 50) -> list[T]:
        """The best matches, best first.

        A text with a dot is looked for in `schema.relation` and `relation.column`. Names that
        hold its letters in order, with others between, come last.

        Args:
            text: What was typed; white space around it does not count.
            limit: At most so many.
        """
        sought = text.strip().lower()
        if not sought:
            return []
        names = self._qualified if "." in sought else self._names
        found = [n for n, name in enumerate(names) if sought in name]
        ranked = heapq.nsmallest(limit, found, key=lambda n: (_rank(sought, names[n]), n))
        if len(ranked) < limit:
            taken = set(found)
            matches = _in_order(sought).search
            loose = [n for n, name in enumerate(names) if n not in taken and matches(name)]
            room = limit - len(ranked)
            ranked += heapq.nsmallest(room, loose, key=lambda n: (len(names[n]), n))
        return [self._items[n] for n in ranked]


def _rank(sought: str, name: str) -> tuple[int, int, str]:
    if name.startswith(sought):
        order = 0 if len(name) == len(sought) else 1
    else:
        order = 2 if re.search(rf"[\W_]{re.escape(sought)}", name) else 3
    return order, len(name), name


def _in_order(sought: str) -> re.Pattern[str]:
    """Matches the letters in order, with any others between; linear in the name's length.

    >>> bool(_in_order("odi").search("order_items")), bool(_in_order("odz").search("order_items"))
    (True, False)
    """
    first, *rest = (re.escape(char) for char in sought)
    return re.compile(first + "".join(f"[^{char}]*{char}" for char in rest), re.DOTALL)
