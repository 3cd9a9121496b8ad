"""Reads a statement's queries and finds the caret's spot.

A scanner for SQL that is being typed: it follows clauses and brackets, judges nothing, and takes
what it does not know for an expression.
"""

from __future__ import annotations

from collections.abc import Sequence

from tusk.services.completion.reading import MAX_DEPTH, QUERY_WORDS, Reader, is_query, names_of
from tusk.services.completion.region import words
from tusk.services.completion.scope import Cte, Place, Query, Spot
from tusk.services.completion.targets import TargetReader
from tusk.services.completion.tree import Group, Item, commas

_SET_OPERATORS = frozenset(["UNION", "INTERSECT", "EXCEPT"])
_PLAIN_CLAUSES = words(
    "WHERE GROUP HAVING WINDOW QUALIFY ORDER LIMIT OFFSET FETCH FOR RETURNING VALUES"
)
# Statements about a setting, and what may stand in front of its name.
_SETTERS = words("SET SHOW RESET PRAGMA")
_BEFORE_SETTING = _SETTERS | words("SESSION LOCAL GLOBAL")
_BEFORE_FOR = words("FROM ON USING WHERE GROUP HAVING ORDER LIMIT OFFSET")


class Scanner:
    """Reads a statement's items once and finds the caret's spot.

    Args:
        dialect_name: Some constructs are of one dialect only.
    """

    def __init__(self, dialect_name: str) -> None:
        self._dialect = dialect_name
        self._depth = 0
        self.spot: Spot | None = None

    def statement(self, items: Sequence[Item]) -> Query:
        """Read a whole statement."""
        root = self._query(items, None)
        if self.spot is None:
            self.spot = Spot(root, "", Place.STATEMENT, items, _caret_index(items))
        return root

    def subquery(
        self, items: Sequence[Item], parent: Query, outer_sources: int | None = None
    ) -> Query:
        """Read a query within another one; see `Query.outer_sources`."""
        return self._query(items, parent, outer_sources)

    def _query(
        self, items: Sequence[Item], parent: Query | None, outer_sources: int | None = None
    ) -> Query:
        query = Query(parent, outer_sources=outer_sources)
        self._depth += 1
        if self._depth <= MAX_DEPTH:
            _QueryReader(self, self._dialect, query, items).read()
        self._depth -= 1
        return query

    def joins(self, group: Group, query: Query, nesting: int) -> None:
        """Read joins in brackets, whose tables are the query's.

        Args:
            group: The brackets.
            query: The query that they are in.
            nesting: How many such brackets there are around the joins.
        """
        if group.items and nesting <= MAX_DEPTH:
            _QueryReader(self, self._dialect, query, group.items).read_joins(nesting)

    def found(self, spot: Spot) -> None:
        """Keep the caret's spot."""
        self.spot = self.spot or spot


def _caret_index(items: Sequence[Item]) -> int:
    return next((n for n, item in enumerate(items) if item.is_caret), len(items))


class _QueryReader(Reader):
    """Reads the items of one query; nested ones by readers of their own."""

    def __init__(self, scanner: Scanner, dialect: str, query: Query, items: Sequence[Item]) -> None:
        super().__init__(scanner, dialect, query, items)
        self._first = query
        self._item_start: int | None = None

    def read(self) -> None:
        """Read everything."""
        self._skip_explain()
        if self._word() == "WITH":
            self._at += 1
            self._ctes()
        self._query.kind = self._word()
        target = TargetReader(self._scanner, self._dialect, self._query, self._items, self._at)
        self._at = target.read()
        while self._at < len(self._items):
            self._step()
        self._end_outputs()

    def read_joins(self, nesting: int) -> None:
        """Read what stands behind FROM, in brackets."""
        self._clause, self._nesting = "FROM", nesting
        self._relation()
        while self._at < len(self._items):
            self._step()

    def _step(self) -> None:
        """Read the next item, and what belongs to it."""
        item = self._items[self._at]
        if item.is_caret:
            self._caret()
        elif isinstance(item, Group):
            self._group(item)
        elif item.word and not self._is_after_dot() and self._at_word(item.word):
            return
        elif item.text == "," and self._clause == "FROM":
            self._at += 1
            self._relation()
            return
        self._at += 1

    def _skip_explain(self) -> None:
        if self._word() != "EXPLAIN":
            return
        self._at += 1
        while self._word() in {"ANALYZE", "ANALYSE", "VERBOSE", "QUERY", "PLAN"} or (
            isinstance(self._peek(), Group) and self._text(1) != "UNION"
        ):
            self._at += 1

    def _is_after_dot(self) -> bool:
        return self._text(-1) == "."

    def _caret(self) -> None:
        word = self._word(-1)
        if word == "CALL" and self._query.kind == "CALL":
            self._spot(Place.ROUTINE)
        elif word == "USE":
            self._spot(Place.SCHEMA)
        elif word in _BEFORE_SETTING and self._query.kind in _SETTERS:
            self._spot(Place.SETTING)
        elif self._at == 0 or (not self._clause and not self._query.sources and self._starts()):
            self._spot(Place.STATEMENT)
        else:
            self._spot(Place.EXPRESSION)

    def _starts(self) -> bool:
        """Whether a statement may begin here, behind EXPLAIN or WITH."""
        is_open = isinstance(self._peek(-1), Group) or self._items[0].word == "EXPLAIN"
        return not self._query.kind and is_open

    def _at_word(self, word: str) -> bool:
        """Act on a word; True when it was read, perhaps with what follows it."""
        if word in QUERY_WORDS and self._is_inserted(word):
            return self._inserted()
        if self._read_word(word):
            return True
        if word in _SET_OPERATORS and self._clause not in {"", "INTO"}:
            return self._next_arm()
        return word in _PLAIN_CLAUSES and self._is_clause(word) and self._plain_clause(word)

    def _read_word(self, word: str) -> bool:
        match word:
            case "SELECT":
                return self._select()
            case "FROM":
                return self._from()
            case "JOIN":
                return self._enter("FROM") and self._relation()
            case "INTO":
                return self._into()
            case "UPDATE":
                return self._update()
            case "USING":
                return self._using()
            case "ON":
                return self._condition("ON")
            case "TABLE":
                return self._table()
            case "SET":
                return self._set()
            case "CONFLICT":
                return self._conflict()
            case "AS":
                return self._as()
            case _:
                return False

    # ── clauses ──────────────────────────────────────────────────────────────────────────

    def _select(self) -> bool:
        self._enter("SELECT")
        self._skip_distinct()
        self._item_start = self._at
        return True

    def _from(self) -> bool:
        return not self._is_distinct_from() and self._enter("FROM") and self._relation()

    def _into(self) -> bool:
        is_filled = self._query.kind in {"INSERT", "MERGE", "REPLACE"} and not self._query.target
        return is_filled and self._enter("INTO") and self._relation()

    def _update(self) -> bool:
        is_first = self._query.kind == "UPDATE" and self._query.target is None
        return is_first and self._enter("UPDATE") and self._relation()

    def _using(self) -> bool:
        if self._query.kind in {"DELETE", "MERGE"} and self._clause in {"FROM", "INTO"}:
            return self._enter("FROM") and self._relation()
        return self._condition("USING")

    def _condition(self, word: str) -> bool:
        """ON or USING behind a join."""
        if self._clause not in {"FROM", "ON", "USING"}:
            return False
        self._enter(word)
        self._subject = self._query.sources[-1] if self._query.sources else None
        return True

    def _table(self) -> bool:
        is_query = self._query.kind == "TABLE" and not self._query.sources
        return is_query and self._enter("FROM") and self._relation()

    def _set(self) -> bool:
        if self._query.kind not in {"UPDATE", "INSERT", "MERGE"}:
            return False
        self._enter("SET")
        self._subject = self._query.target
        return True

    def _conflict(self) -> bool:
        if self._query.kind != "INSERT":
            return False
        self._enter("CONFLICT")
        self._subject = self._query.target
        return True

    def _as(self) -> bool:
        """AS behind what is created, and its query."""
        if self._query.kind != "CREATE" or self._clause:
            return False
        self._at += 1
        rest = self._items[self._at :]
        if rest and rest[0].is_caret:
            self._spot(Place.STATEMENT)
        if rest and rest[0].word in QUERY_WORDS:
            self._first.arms.append(self._scanner.subquery(rest, self._query))
            self._at = len(self._items)
        return True

    def _plain_clause(self, word: str) -> bool:
        self._enter(word)
        if word == "RETURNING":
            self._item_start = self._at
        if word == "VALUES" and self._query.kind == "VALUES":
            self._query.outputs = _row_of(self._peek())
        return True

    def _enter(self, clause: str) -> bool:
        """Begin a clause behind its word. Always True."""
        self._end_outputs()
        self._clause = clause
        self._subject = None
        self._at += 1
        return True

    def _is_inserted(self, word: str) -> bool:
        """Whether the query of an INSERT begins."""
        is_filled = self._query.kind in {"INSERT", "REPLACE"} and self._query.target is not None
        return is_filled and word != "VALUES" and self._clause == "INTO"

    def _inserted(self) -> bool:
        """Read the query of an INSERT, which does not see the table that it fills."""
        ends = (
            at
            for at in range(self._at, len(self._items))
            if self._items[at].word == "RETURNING"
            or [item.word for item in self._items[at : at + 2]] == ["ON", "CONFLICT"]
        )
        end = next(ends, len(self._items))
        self._scanner.subquery(self._items[self._at : end], self._query, 0)
        self._at = end
        self._clause = "QUERY"
        return True

    def _is_distinct_from(self) -> bool:
        return self._word(-1) == "DISTINCT" and self._word(-2) in {"IS", "NOT"}

    def _is_clause(self, word: str) -> bool:
        """Whether a word that may be a name begins a clause here."""
        if word == "GROUP":
            return self._word(-1) != "WITHIN"
        if word == "QUALIFY":
            return self._dialect == "duckdb"
        if word == "VALUES":
            return self._query.kind in {"INSERT", "MERGE", "REPLACE", "VALUES"}
        if word == "FOR":
            return self._clause in _BEFORE_FOR
        return bool(self._clause)

    def _skip_distinct(self) -> None:
        if self._word() == "ALL":
            self._at += 1
        elif self._word() == "DISTINCT":
            self._at += 1
            if self._word() == "ON" and isinstance(group := self._peek(1), Group):
                self._at += 1
                self._group(group)
                self._at += 1

    def _end_outputs(self) -> None:
        """Keep the items of a select list that ends here."""
        if self._item_start is not None:
            part = self._items[self._item_start : self._at]
            self._query.outputs = [items for items in commas(part) if items]
            self._item_start = None

    def _next_arm(self) -> bool:
        """UNION and the like: the next SELECT has sources of its own."""
        self._end_outputs()
        self._at += 1
        while self._word() in {"ALL", "DISTINCT"} or (
            self._word() == "BY" and self._word(1) == "NAME"
        ):
            self._at += 2 if self._word() == "BY" else 1
        arm = Query(
            self._first.parent, self._word() or "SELECT", list(self._first.ctes),
            first_arm=self._first, outer_sources=self._first.outer_sources,
        )  # fmt: skip
        self._first.arms.append(arm)
        self._query = arm
        self._clause = "UNION"
        return True

    # ── brackets ─────────────────────────────────────────────────────────────────────────

    def _group(self, group: Group) -> None:
        """Read brackets in the clause at hand."""
        query = self._query
        if is_query(group) and not (query.kind == "VALUES" and self._clause == "VALUES"):
            inner = self._scanner.subquery(group.items, query)
            if self._clause in {"", "UNION"}:
                # `(select …) union …`, or a query in brackets as the whole.
                query.arms.append(inner)
            return
        if self._clause == "INTO" and query.target is not None and query.target_columns is None:
            query.target_columns = group.items
            self._column_list(group, query.target)
        elif self._clause == "USING":
            self._column_list(group, self._subject)
            if query.sources:
                query.sources[-1].using = names_of(group)
        elif self._clause == "CONFLICT":
            self._column_list(group, self._subject)
        elif self._clause == "" and self._at == 0 and len(group.items) == 1:
            # Brackets in which a statement is only begun.
            self._scanner.subquery(group.items, query)
        else:
            self._expression(group.items, ((self._items, self._at - 1),))

    # ── WITH ─────────────────────────────────────────────────────────────────────────────

    def _ctes(self) -> None:
        """Read the queries of WITH; each sees those before it, all and itself when RECURSIVE."""
        is_recursive = self._word() == "RECURSIVE"
        self._at += is_recursive
        while (item := self._peek()) is not None:
            if item.is_caret:
                self._spot(Place.NEW_NAME)
            if item.name is None or item.word in QUERY_WORDS:
                return
            cte = Cte(item.name)
            self._at += 1
            if isinstance(group := self._peek(), Group):
                cte.column_names = names_of(group)
                self._at += 1
            while self._word() in {"AS", "NOT", "MATERIALIZED"}:
                self._at += 1
            body = self._peek()
            if not isinstance(body, Group):
                if body is not None and body.is_caret and self._word(-1) == "AS":
                    self._spot(Place.NEW_NAME)
                self._query.ctes.append(cte)
                return
            if is_recursive:
                self._query.ctes.append(cte)
            # What is defined so far, and only that, is seen from inside.
            scope = Query(self._query.parent, ctes=list(self._query.ctes))
            cte.query = self._scanner.subquery(body.items, scope)
            if not is_recursive:
                self._query.ctes.append(cte)
            self._at += 1
            self._skip_search()
            if self._text() != ",":
                return
            self._at += 1

    def _skip_search(self) -> None:
        """Skip the SEARCH and CYCLE clauses of a recursive query."""
        while self._word() in {"SEARCH", "CYCLE"}:
            while (
                self._peek() is not None
                and self._text() != ","
                and (self._word() not in QUERY_WORDS)
            ):
                self._at += 1


def _row_of(item: Item | None) -> list[list[Item]]:
    return list(commas(item.items)) if isinstance(item, Group) else []
