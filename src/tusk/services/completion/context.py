"""What all candidates of one spot share: the statement, the catalogue, and the pool they go into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from tusk.catalog.names import written
from tusk.core.dialect import quote_identifier
from tusk.services.completion import keywords
from tusk.services.completion.candidates import CandidateKind, Completion, Wanted, WantedColumns
from tusk.services.completion.joins import spelled
from tusk.services.completion.matching import Matcher
from tusk.services.completion.paths import file_source
from tusk.services.completion.pool import Groups, Pool, Rank
from tusk.services.completion.resolve import Resolver, Shown
from tusk.services.completion.tree import Group, Item, Leaf, Name, Tree

if TYPE_CHECKING:
    from tusk.services.completion.files import FileCatalog
    from tusk.services.completion.scope import Source, Spot
    from tusk.services.completion.snapshot import Column, Relation, Snapshot
    from tusk.services.completion.usage import Usage

KeywordCase = Literal["auto", "upper", "lower"]


class Context:
    """One spot with everything that is known about it.

    Args:
        text: The whole script.
        tree: The statement.
        spot: The caret's.
        snapshot: The catalogue.
        local: Relations that the script makes.
        usage: What was taken before.
        files: Folders and files.
        keyword_case: `auto` follows what is typed.
        limit: How many candidates are asked for.
    """

    def __init__(
        self,
        text: str,
        tree: Tree,
        spot: Spot,
        snapshot: Snapshot,
        *,
        local: dict[str, Relation],
        usage: Usage | None,
        files: FileCatalog | None,
        keyword_case: KeywordCase,
        limit: int,
    ) -> None:
        self.text = text
        self.tree = tree
        self.spot = spot
        self.snapshot = snapshot
        self.dialect = snapshot.dialect
        self.local = local
        self.wanted: list[Wanted] = []
        self.pool = Pool(Matcher(tree.prefix), usage, limit)
        self._files = files
        self._keyword_case = keyword_case
        self._is_upper: bool | None = None
        self._resolver: Resolver | None = None

    def item(
        self,
        kind: CandidateKind,
        label: str,
        insert: str,
        detail: str = "",
        documentation: str = "",
        *,
        usage: str = "",
        caret: int | None = None,
    ) -> Completion:
        """A candidate that replaces the word at the caret."""
        return Completion(
            kind, label, insert, self.tree.start, self.tree.end,
            len(insert) if caret is None else caret, detail, documentation, usage,
        )  # fmt: skip

    def written(self, name: str) -> str:
        """A name of the catalogue as it must stand in the text."""
        return quote_identifier(name) if self.tree.quote else written(name, self.dialect)

    def requoted(self, name: Name) -> str:
        """A name of the text as it can be written once more."""
        return quote_identifier(name.text) if self.tree.quote else spelled(name, self.dialect)

    def cased(self, word: str, *, by_typed: bool = True) -> str:
        """A keyword as the user writes them.

        Args:
            word: In upper case.
            by_typed: The word at the caret is a keyword, and tells.
        """
        if self._keyword_case != "auto":
            return word if self._keyword_case == "upper" else word.lower()
        letters = "".join(char for char in self.pool.typed if char.isalpha())
        is_told = by_typed and letters
        is_upper = not letters.islower() if is_told else self._writes_upper()
        return word if is_upper else word.lower()

    def _writes_upper(self) -> bool:
        """Whether most keywords of the statement are in upper case; so when there are none."""
        if self._is_upper is None:
            known = keywords.all_words(self.dialect)
            words = [
                item.text for items in lists(self.tree.items) for item in items
                if item.word in known
            ]  # fmt: skip
            upper = sum(word.isupper() for word in words)
            self._is_upper = upper * 2 >= len(words)
        return self._is_upper

    def offer_keywords(self, words: Sequence[str]) -> None:
        """Offer keywords, in their order, behind everything else."""
        if self.tree.quote:
            return

        def make(word: str) -> Completion:
            text = self.cased(word)
            return self.item(CandidateKind.KEYWORD, text, text)

        self.pool.offer_words(words, Groups.KEYWORDS, make)

    def visible(self) -> list[Shown]:
        """The sources that the expression at the caret may use."""
        spot = self.spot
        if spot.clause == "VALUES":
            return []
        shown = self.resolver.visible(spot)
        query = spot.query
        if query.kind == "INSERT" and spot.clause in {"SET", "WHERE"} and query.target is not None:
            target = self.resolver.shown(query, query.target)
            shown.append(Shown(query.target, Name("excluded"), target.columns, None, 1))
        return shown

    def place_of(self, shown: Shown | None) -> str:
        """What a source is called in a candidate's detail."""
        if shown is None:
            return ""
        if shown.relation is not None:
            return shown.relation.name
        return shown.name.text if shown.name is not None else ""

    def caller(self) -> str:
        """The word in front of the bracket around the caret."""
        if not self.spot.callers:
            return ""
        items, at = self.spot.callers[-1]
        item = items[at] if 0 <= at < len(items) else None
        return "" if not isinstance(item, Leaf) else item.text.upper()

    def _file_columns(self, source: Source) -> Sequence[Column] | None:
        wanted = file_source(source, self.text, self.dialect) if self._files else ""
        if not wanted or self._files is None:
            return None
        columns, is_wanted = self._files.columns(wanted)
        if is_wanted:
            self.wanted.append(WantedColumns(wanted))
        return columns or None

    @property
    def resolver(self) -> Resolver:
        """Finds columns; made with the first question."""
        if self._resolver is None:
            self._resolver = Resolver(self.snapshot, self.local, self._file_columns)
        return self._resolver

    def _word(self, name: Name) -> None:
        def make() -> Completion:
            return self.item(CandidateKind.WORD, name.text, self.requoted(name), "in this text")

        self.pool.offer(name.text, Rank(Groups.WORDS), make)

    def words_behind(self, path: Sequence[Name]) -> None:
        """What the statement itself writes behind the same name."""
        wanted = self.resolver.key(path[-1])
        found: dict[str, Name] = {}
        for items in lists(self.tree.items):
            for at, item in enumerate(items[2:], 2):
                owner, dot = items[at - 2].name, items[at - 1].text
                if dot != "." or owner is None or item.name is None or item.is_caret:
                    continue
                if self.resolver.key(owner) == wanted:
                    found.setdefault(self.resolver.key(item.name), item.name)
        for name in found.values():
            self._word(name)

    def text_words(self) -> None:
        """The statement's own names, when there is no catalogue."""
        known = set(keywords.all_words(self.dialect))
        for items in lists(self.tree.items):
            for item in items:
                if item.name is not None and not item.is_caret and item.word not in known:
                    self._word(item.name)


def lists(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """All lists of items in a tree."""
    waiting = [items]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += [item.items for item in current if isinstance(item, Group)]
