"""Reading items one after another: looking ahead, the caret's spot, tables with their aliases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tusk.core.statement import TokenKind
from tusk.services.completion.region import words
from tusk.services.completion.scope import Place, Query, Source, Spot
from tusk.services.completion.tree import Group, Item, Name, commas

if TYPE_CHECKING:
    from tusk.services.completion.scanner import Scanner

QUERY_WORDS = words("SELECT WITH VALUES FROM TABLE")
"""Words that begin a query."""
MAX_DEPTH = 60
"""Brackets in brackets are read as far as that."""
# Words that cannot be an alias without AS: they go on with the statement.
_NOT_ALIAS = words(
    "ON USING WHERE GROUP HAVING WINDOW QUALIFY ORDER LIMIT OFFSET FETCH FOR UNION INTERSECT EXCEPT "
    "JOIN LEFT RIGHT FULL INNER OUTER CROSS NATURAL ASOF POSITIONAL SEMI ANTI LATERAL TABLESAMPLE "
    "SET VALUES SELECT FROM RETURNING AS WITH WHEN NOT INDEXED DEFAULT DO PIVOT UNPIVOT SAMPLE "
    "AND OR IS IN LIKE BETWEEN TO ADD DROP ALTER RENAME OVERRIDING CONFLICT ATTACH"
)


def is_query(group: Group) -> bool:
    """Whether brackets hold a query, going by its first word."""
    for _ in range(MAX_DEPTH):
        if group.open != "(" or not group.items:
            return False
        first = group.items[0]
        if not isinstance(first, Group):
            is_begun = first.word != "FROM" or len(group.items) > 1
            return first.word in QUERY_WORDS and is_begun
        group = first
    return False


def names_of(group: Group) -> tuple[Name, ...]:
    """The names of a list like `(a, b)`; types behind them do not count."""
    return tuple(part[0].name for part in commas(group.items) if part and part[0].name is not None)


class Reader:
    """Stands at one of a query's items.

    Args:
        scanner: Reads queries in brackets, and keeps the caret's spot.
        dialect: Some constructs are of one dialect only.
        query: Gets what is read.
        items: To be read.
        at: Which of them comes first.
    """

    def __init__(
        self, scanner: Scanner, dialect: str, query: Query, items: Sequence[Item], at: int = 0
    ) -> None:
        self._scanner = scanner
        self._dialect = dialect
        self._query = query
        self._items = items
        self._at = at
        self._clause = ""
        self._subject: Source | None = None
        self._nesting = 0

    # ── looking ──────────────────────────────────────────────────────────────────────────

    def _peek(self, ahead: int = 0) -> Item | None:
        at = self._at + ahead
        return self._items[at] if 0 <= at < len(self._items) else None

    def _word(self, ahead: int = 0) -> str:
        item = self._peek(ahead)
        return "" if item is None else item.word

    def _text(self, ahead: int = 0) -> str:
        item = self._peek(ahead)
        return "" if item is None else item.text

    # ── the caret ────────────────────────────────────────────────────────────────────────

    def _spot(self, place: Place) -> None:
        spot = Spot(
            self._query, self._clause, place, self._items, self._at,
            sources_before=len(self._query.sources), subject=self._subject,
        )  # fmt: skip
        self._scanner.found(spot)

    def _column_list(self, group: Group, subject: Source | None) -> None:
        for at, item in enumerate(group.items):
            if item.is_caret:
                spot = Spot(
                    self._query, self._clause, Place.COLUMN, group.items, at,
                    sources_before=len(self._query.sources), subject=subject,
                )  # fmt: skip
                self._scanner.found(spot)
            elif isinstance(item, Group):
                self._expression(item.items, ((group.items, at - 1),))

    def _expression(
        self, items: Sequence[Item], callers: tuple[tuple[Sequence[Item], int], ...]
    ) -> None:
        """Look for the caret and for queries in brackets within a clause."""
        if len(callers) > MAX_DEPTH:
            return
        for at, item in enumerate(items):
            if item.is_caret:
                spot = Spot(
                    self._query, self._clause, Place.EXPRESSION, items, at, callers,
                    len(self._query.sources), self._subject,
                )  # fmt: skip
                self._scanner.found(spot)
            elif isinstance(item, Group):
                if is_query(item):
                    self._scanner.subquery(item.items, self._query)
                else:
                    self._expression(item.items, (*callers, (items, at - 1)))

    # ── tables ───────────────────────────────────────────────────────────────────────────

    def _relation(self) -> bool:
        """Read an item of FROM, or the table of a statement, with its alias. Always True."""
        while self._word() in {"LATERAL", "ONLY", "IF", "NOT", "EXISTS"}:
            self._at += 1
        item = self._peek()
        if item is None:
            return True
        if item.is_caret and self._text(1) != ".":
            self._spot(Place.RELATION)
            self._at += 1
            self._alias(Source())
            return True
        source = Source(start=item.start)
        if isinstance(item, Group):
            if not self._bracketed(item, source):
                return True
        elif item.kind is TokenKind.STRING:
            source.file = _string_value(item.text)
            self._at += 1
        elif item.name is not None and item.word not in _NOT_ALIAS:
            if self._named(source):
                self._alias(Source())
                return True
        else:
            return True
        self._alias(source)
        self._add(source)
        if (after := self._peek()) is not None and after.is_caret:
            self._spot(Place.AFTER_RELATION)
            self._at += 1
        return True

    def _add(self, source: Source) -> None:
        query = self._query
        query.sources.append(source)
        if query.target is None and (
            self._clause in {"INTO", "UPDATE"}
            or (query.kind == "DELETE" and self._clause == "FROM")
        ):
            query.target = source

    def _bracketed(self, group: Group, source: Source) -> bool:
        """Read a derived table; False when the brackets hold joins, which were read."""
        if is_query(group):
            # A LATERAL one, in DuckDB any, may use what is to the left of it.
            is_lateral = self._word(-1) == "LATERAL" or self._dialect == "duckdb"
            seen = len(self._query.sources) if is_lateral else 0
            source.query = self._scanner.subquery(group.items, self._query, seen)
            self._at += 1
            return True
        self._scanner.joins(group, self._query, self._nesting + 1)
        self._at += 1
        return False

    def _named(self, source: Source) -> bool:
        """Read a name with dots, and a table function's arguments; True when the caret is in it."""
        path: list[Name] = []
        while (item := self._peek()) is not None:
            if item.is_caret:
                self._spot(Place.RELATION)
                self._at += 1
                return True
            if item.name is None:
                break
            path.append(item.name)
            self._at += 1
            if self._text() != ".":
                break
            self._at += 1
        source.path = tuple(path)
        if (
            isinstance(group := self._peek(), Group)
            and group.open == "("
            and (self._clause not in {"INTO", "UPDATE", "REFERENCES", "TARGET"})
        ):
            source.call = group
            self._expression(group.items, ((self._items, self._at - 1),))
            self._at += 1
        if self._text() == "*":
            self._at += 1
        return False

    def _alias(self, source: Source) -> None:
        """Read an alias with or without AS, and its columns."""
        if self._word() == "WITH" and self._word(1) == "ORDINALITY":
            self._at += 2
        if self._word() == "AS":
            self._at += 1
            if (item := self._peek()) is not None and item.is_caret:
                self._spot(Place.NEW_NAME)
                self._at += 1
                return
        item = self._peek()
        if item is None or item.is_caret or item.name is None or self._clause == "REFERENCES":
            return
        if item.word in _NOT_ALIAS and self._word(-1) != "AS":
            return
        source.alias = item.name
        self._at += 1
        if (
            isinstance(group := self._peek(), Group)
            and group.open == "("
            and (self._clause != "INTO")
        ):
            source.column_names = names_of(group)
            self._at += 1


def _string_value(text: str) -> str:
    body = text[1:-1] if len(text) > 1 and text.endswith("'") else text[1:]
    return body.replace("''", "'")
