"""Tables, whole joins and join conditions as candidates; schemas and databases too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tusk.services.completion import keywords
from tusk.services.completion.candidates import CandidateKind, Completion
from tusk.services.completion.joins import conditions, joined_tables, spelled
from tusk.services.completion.matching import PART, WORDS
from tusk.services.completion.pool import Groups, Rank
from tusk.services.completion.scope import Place, Query

if TYPE_CHECKING:
    from tusk.services.completion.context import Context
    from tusk.services.completion.functions import FunctionOffers
    from tusk.services.completion.resolve import Shown
    from tusk.services.completion.snapshot import Relation
    from tusk.services.completion.tree import Item, Name


class TableOffers:
    """Offers what columns come from.

    Args:
        context: Of the spot.
        functions: Offers table functions.
    """

    def __init__(self, context: Context, functions: FunctionOffers) -> None:
        self._context = context
        self._functions = functions

    def relations(self) -> None:
        """Offer everything that can stand in FROM, or where a statement names its table."""
        spot = self._context.spot
        before = spot.before
        is_in_query = spot.clause == "FROM"
        if before and before[-1].word == "JOIN":
            self._joins(before)
        if is_in_query:
            self._ctes()
        for relation in self._context.local.values():
            self.relation(relation, self._context.written(relation.name), Rank(Groups.MAIN))
        for relation, rank, text in self._context.snapshot.listed:
            near = Groups.SECOND if rank is None else Groups.MAIN
            group = Groups.FAR if relation.is_system else near
            self.relation(relation, text, Rank(group, 99 if rank is None else rank))
        self.schemas()
        if is_in_query:
            self._functions.offer(Groups.LAST, kinds={"table"})
            if self._context.dialect.name != "sqlite":
                self._context.offer_keywords(("LATERAL",))
            if spot.items and spot.index == 0:
                self._context.offer_keywords(("SELECT", "VALUES", "WITH"))
        elif spot.clause == "TARGET" and before and before[-1].word in {"TABLE", "VIEW"}:
            self._context.offer_keywords(("IF EXISTS",))

    def relation(self, relation: Relation, text: str, rank: Rank) -> None:
        """Offer one relation, which `text` means without a dot before it."""
        usage = f"table {relation.schema}.{relation.name}"

        def make() -> Completion:
            insert = text
            if self._context.tree.quote or self._context.spot.path:
                insert = self._context.written(relation.name)
            kind = CandidateKind.VIEW if "view" in relation.kind else CandidateKind.RELATION
            place = relation.schema or relation.kind
            detail = relation.kind if not relation.schema else f"{relation.kind} · {place}"
            return self._context.item(
                kind, relation.name, insert, detail, described(relation), usage=usage
            )

        self._context.pool.offer(relation.name, rank, make, usage=usage)

    def _ctes(self) -> None:
        query: Query | None = self._context.spot.query
        order = 0
        while query is not None:
            for cte in reversed(query.ctes):
                order += 1

                def make(name: Name = cte.name) -> Completion:
                    return self._context.item(
                        CandidateKind.CTE, name.text, self._context.requoted(name), "WITH"
                    )

                self._context.pool.offer(cte.name.text, Rank(Groups.MAIN, order - 1000), make)
            query = query.parent

    def _joins(self, before: Sequence[Item]) -> None:
        """Whole joins that foreign keys tell, where no ON follows yet."""
        kind = before[-2].word if len(before) > 1 else ""
        after = self._context.spot.items[self._context.spot.index + 1 :][:1]
        known = keywords.all_words(self._context.dialect) - {"ON", "USING", "AS"}
        is_written = bool(after) and after[0].name is not None and after[0].word not in known
        if kind in {"CROSS", "NATURAL", "POSITIONAL"} or is_written or self._context.tree.quote:
            return
        others = [s for s in self._context.resolver.visible(self._context.spot) if s.depth == 0]
        on = self._context.cased("ON", by_typed=False)
        and_ = self._context.cased("AND", by_typed=False)
        for order, found in enumerate(
            joined_tables(self._context.snapshot, others, on=on, and_=and_)
        ):
            name = found.relation.name if found.relation else found.text

            def make(text: str = found.text, why: str = found.why, name: str = name) -> Completion:
                usage = f"join {name}"
                return self._context.item(CandidateKind.JOIN, text, text, why, usage=usage)

            # Those from the table written last come first.
            self._context.pool.offer(name, Rank(Groups.FIRST, -order), make, usage=f"join {name}")

    def conditions(self, shown: Sequence[Shown]) -> None:
        """Whole conditions for ON; behind `name.`, those that begin with it."""
        spot = self._context.spot
        new = next((s for s in shown if s.source is spot.subject), None)
        others = [s for s in shown if s.source is not spot.subject and s.depth == 0]
        if new is None or self._context.tree.quote:
            return
        and_ = self._context.cased("AND", by_typed=False)
        typed = "".join(f"{spelled(name, self._context.dialect)}." for name in spot.path)
        for order, found in enumerate(conditions(self._context.snapshot, new, others, and_=and_)):
            text = found.text
            if not text.lower().startswith(typed.lower()):
                continue
            rest = text[len(typed) :]

            def make(text: str = text, rest: str = rest, why: str = found.why) -> Completion:
                return self._context.item(CandidateKind.JOIN, text, rest, why)

            group = Groups.FIRST if found.is_key else Groups.MAIN
            worst = PART if not typed else WORDS
            self._context.pool.offer(rest, Rank(group, order - 500), make, worst=worst)

    def schemas(self, *, databases: bool = True) -> None:
        """Offer schemas, and databases that stand before them."""
        for order, name in enumerate(self._context.snapshot.schemas):
            self._container(CandidateKind.SCHEMA, name, order)
        if databases:
            for order, name in enumerate(self._context.snapshot.databases):
                self._container(CandidateKind.DATABASE, name, order)

    def _container(self, kind: CandidateKind, name: str, order: int) -> None:
        def make() -> Completion:
            dot = "" if self._context.spot.place is Place.SCHEMA else "."
            return self._context.item(kind, name, self._context.written(name) + dot, kind.value)

        self._context.pool.offer(name, Rank(Groups.PLACES, order), make, worst=PART)


def described(relation: Relation) -> str:
    """A relation's comment and its columns, a line each."""
    lines = [relation.comment] if relation.comment else []
    lines += [
        f"{name}  {type_}" for name, type_ in zip(relation.names, relation.types, strict=True)
    ]
    return "\n".join(lines)
