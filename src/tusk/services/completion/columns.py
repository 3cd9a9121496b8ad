"""Columns as candidates: of sources in scope, of the table that is changed, and behind a dot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tusk.catalog.names import written
from tusk.services.completion.candidates import CandidateKind, Completion
from tusk.services.completion.joins import spelled
from tusk.services.completion.pool import Groups, Rank
from tusk.services.completion.resolve import Shown, find_column, output_name
from tusk.services.completion.scope import Source, Spot
from tusk.services.completion.snapshot import Column, struct_fields
from tusk.services.completion.tree import Item, Name, commas

if TYPE_CHECKING:
    from tusk.services.completion.context import Context

_MOST_FAR = 20


class ColumnOffers:
    """Offers columns, and the names they are qualified with.

    Args:
        context: Of the spot.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def columns(self, shown: Sequence[Shown]) -> None:
        """Offer the columns of sources, qualified where they must be."""
        key = self._context.snapshot.key
        merged = {self._context.resolver.key(n) for s in shown for n in s.source.using}
        own = Counter(key(c.name) for s in shown if s.depth == 0 for c in s.columns or ())
        order = 0
        for source in shown:
            for column in source.columns or ():
                order += 1
                name = key(column.name)
                # Without its source it would mean another column, or more than one.
                most = 1 if source.depth == 0 else 0
                qualify = own[name] > most and name not in merged
                rank = Rank(Groups.MAIN, order + 10_000 * source.depth)
                self._column(source, column, rank, qualify=qualify)

    def _column(
        self, shown: Shown | None, column: Column, rank: Rank, *, qualify: bool = False
    ) -> None:
        place = self._context.place_of(shown)

        def make() -> Completion:
            insert = self._context.written(column.name)
            if (
                qualify
                and shown is not None
                and shown.name is not None
                and not self._context.tree.quote
            ):
                insert = f"{spelled(shown.name, self._context.dialect)}.{insert}"
            detail = f"{column.type} · {place}" if column.type and place else column.type or place
            return self._context.item(
                CandidateKind.COLUMN, column.name, insert, detail, column.comment,
                usage=f"column {place}.{column.name}",
            )  # fmt: skip

        self._context.pool.offer(column.name, rank, make, usage=f"column {place}.{column.name}")

    def sources(self, shown: Sequence[Shown]) -> None:
        """The names that columns can be qualified with."""
        for order, source in enumerate(shown):
            if source.name is None:
                continue
            name = source.name

            def make(name: Name = name, source: Shown = source) -> Completion:
                insert = self._context.requoted(name)
                return self._context.item(
                    CandidateKind.SOURCE, name.text, insert, self._context.place_of(source)
                )

            self._context.pool.offer(name.text, Rank(Groups.ALIASES, order), make)

    def outputs(self) -> None:
        """Names of the select list, where they can be used."""
        clause, name = self._context.spot.clause, self._context.dialect.name
        if not (
            clause in {"ORDER", "GROUP"} or (clause in {"HAVING", "QUALIFY"} and name != "postgres")
        ):
            return
        query = self._context.spot.query
        for order, items in enumerate((query.first_arm or query).outputs):
            found = output_name(items)
            if found is not None:
                self._column_named(found, Rank(Groups.MAIN, -1000 + order))

    def _column_named(self, name: Name, rank: Rank) -> None:
        def make() -> Completion:
            return self._context.item(
                CandidateKind.COLUMN, name.text, self._context.requoted(name), "select list"
            )

        self._context.pool.offer(name.text, rank, make)

    def lambda_names(self) -> None:
        """Parameters of the lambdas around the caret: `x -> …` and `lambda x: …`."""
        spot = self._context.spot
        lists = [(spot.items, spot.index), *((items, at) for items, at in spot.callers)]
        for items, at in lists:
            for number, item in enumerate(items[:at]):
                ahead = items[number + 1 : number + 3]
                is_arrow = [i.text for i in ahead] == ["-", ">"]
                is_lambda = number > 0 and items[number - 1].word == "LAMBDA"
                if item.name is not None and (is_arrow or is_lambda):
                    self._variable(item.name)

    def _variable(self, name: Name) -> None:
        def make() -> Completion:
            return self._context.item(
                CandidateKind.VARIABLE, name.text, self._context.requoted(name), "lambda"
            )

        self._context.pool.offer(name.text, Rank(Groups.MAIN, -2000), make)

    def far_columns(self) -> None:
        """Columns of tables that are not in FROM yet, all of them or behind an alias."""
        for order, (name, relation) in enumerate(
            self._context.snapshot.column_index.starting_with(self._context.pool.typed, _MOST_FAR)
        ):
            source = Shown(Source(), None, None, relation, 0)
            type_ = relation.types[relation.names.index(name)]
            self._column(source, Column(name, type_), Rank(Groups.ALIASES, order))

    def target_columns(self) -> None:
        """Columns of one table that are not named in the list yet."""
        spot = self._context.spot
        if spot.subject is None:
            return
        shown = self._context.resolver.shown(spot.query, spot.subject)
        columns = shown.columns or []
        named = {self._context.resolver.key(name) for name in self._named_before(spot)}
        left = [c for c in columns if self._context.snapshot.key(c.name) not in named]
        if spot.clause == "USING":
            others = self._context.resolver.visible(spot)
            left = [
                c for c in left
                if any(find_column(o.columns, Name(c.name, True), self._context.snapshot)
                       for o in others if o.source is not spot.subject and o.depth == 0)
            ]  # fmt: skip
        for order, column in enumerate(left):
            self._column(shown, column, Rank(Groups.MAIN, order))
        if spot.clause == "INTO" and not named and not self._context.pool.typed and left:
            self._all_columns(shown, left)

    def _named_before(self, spot: Spot) -> Iterator[Name]:
        items = spot.items
        starts = [at for at, item in enumerate(items[: spot.index]) if item.word == "SET"]
        for part in commas(items[starts[-1] + 1 :] if starts else items):
            if part and part[0].name is not None and not part[0].is_caret:
                yield part[0].name

    def _all_columns(self, shown: Shown, columns: Sequence[Column]) -> None:
        generated = shown.relation.generated if shown.relation else frozenset[str]()
        insert = ", ".join(
            written(c.name, self._context.dialect) for c in columns if c.name not in generated
        )

        def make() -> Completion:
            return self._context.item(CandidateKind.EXPANSION, insert, insert, "all columns")

        self._context.pool.offer("", Rank(Groups.FIRST), make)

    def star_expansion(self, before: Sequence[Item]) -> None:
        """Offer the columns that the `*` in front of the caret stands for."""
        if (
            self._context.pool.typed
            or self._context.text[self._context.tree.start - 1 : self._context.tree.start] != "*"
        ):
            return
        star = before[-1]
        path: list[Name] = []
        at = len(before) - 1
        while at >= 2 and before[at - 1].text == "." and (name := before[at - 2].name) is not None:
            path.insert(0, name)
            at -= 2
        shown = [
            s for s in self._context.resolver.visible(self._context.spot)
            if s.depth == 0 and (not path or self._context.resolver.is_named(s.source, path))
        ]  # fmt: skip
        if not shown or any(s.columns is None for s in shown):
            return
        insert = ", ".join(self._expanded(shown, is_qualified=bool(path)))
        if not insert:
            return
        start = before[at].start if path else star.start

        def make() -> Completion:
            return Completion(
                CandidateKind.EXPANSION, insert, insert, start, self._context.tree.end, len(insert),
                "instead of *",
            )  # fmt: skip

        self._context.pool.offer("", Rank(Groups.FIRST), make)

    def _expanded(self, shown: Sequence[Shown], *, is_qualified: bool) -> Iterator[str]:
        is_qualified = is_qualified or len(shown) > 1
        joined: set[str] = set()
        for source in shown:
            using = {self._context.resolver.key(name) for name in source.source.using}
            for column in source.columns or ():
                if self._context.snapshot.key(column.name) in using and joined:
                    continue
                name = written(column.name, self._context.dialect)
                is_plain = not is_qualified or source.name is None
                yield (
                    name
                    if is_plain
                    else f"{spelled(source.name or Name(''), self._context.dialect)}.{name}"
                )
            joined |= {self._context.snapshot.key(c.name) for c in source.columns or ()}

    def columns_of_path(self, path: tuple[Name, ...]) -> bool:
        """Offer what a name with a dot behind it has; whether the name is known."""
        shown = self._context.visible()
        named = [s for s in shown if self._is_named(s, path)]
        if not named and self._context.spot.clause == "SELECT" and not shown:
            # The select list comes before FROM: the name may be a table that will stand there.
            relation = self._context.snapshot.find(path)
            if relation is not None:
                named = [Shown(Source(path), path[-1], relation.columns, relation, 0)]
        if not named and self._context.spot.clause == "TARGET":
            relation = self._context.snapshot.find(path)
            named = (
                [Shown(Source(path), path[-1], relation.columns, relation, 0)] if relation else []
            )
        if named:
            for order, column in enumerate(named[0].columns or ()):
                self._column(named[0], column, Rank(Groups.MAIN, order))
            if named[0].columns is None:
                self._context.words_behind(path)
            elif self._context.spot.clause == "SELECT":
                self._star()
            return True
        owner = self._context.resolver.column(self._context.spot.query, path)
        fields = struct_fields(owner.type) if owner else []
        for order, field in enumerate(fields):
            self._column(None, field, Rank(Groups.MAIN, order))
        return bool(fields)

    def _is_named(self, shown: Shown, path: Sequence[Name]) -> bool:
        if shown.name is not None and shown.name is not shown.source.name:
            return len(path) == 1 and self._context.resolver.key(
                path[0]
            ) == self._context.resolver.key(shown.name)
        return self._context.resolver.is_named(shown.source, path)

    def _star(self) -> None:
        def make() -> Completion:
            return self._context.item(CandidateKind.EXPANSION, "*", "*", "all columns")

        if not self._context.pool.typed and not self._context.tree.quote:
            self._context.pool.offer("*", Rank(Groups.SECOND), make)
