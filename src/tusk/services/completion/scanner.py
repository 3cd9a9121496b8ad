"""Reads a statement's queries and finds the caret's spot.

A scanner for SQL that is being typed: it follows clauses and brackets, judges nothing, and takes
what it does not know for an expression.
"""

from __future__ import annotations

from collections.abc import Sequence

from tusk.core.statement import TokenKind
from tusk.services.completion.region import words
from tusk.services.completion.scope import Cte, Place, Query, Source, Spot
from tusk.services.completion.tree import Group, Item, Name, commas

# Words that cannot be an alias without AS: they go on with the statement.
_NOT_ALIAS = words(
    "ON USING WHERE GROUP HAVING WINDOW QUALIFY ORDER LIMIT OFFSET FETCH FOR UNION INTERSECT EXCEPT "
    "JOIN LEFT RIGHT FULL INNER OUTER CROSS NATURAL ASOF POSITIONAL SEMI ANTI LATERAL TABLESAMPLE "
    "SET VALUES SELECT FROM RETURNING AS WITH WHEN NOT INDEXED DEFAULT DO PIVOT UNPIVOT SAMPLE "
    "AND OR IS IN LIKE BETWEEN TO ADD DROP ALTER RENAME OVERRIDING CONFLICT ATTACH"
)
_QUERY_WORDS = words("SELECT WITH VALUES FROM TABLE")
_SET_OPERATORS = frozenset(["UNION", "INTERSECT", "EXCEPT"])
_PLAIN_CLAUSES = words(
    "WHERE GROUP HAVING WINDOW QUALIFY ORDER LIMIT OFFSET FETCH FOR RETURNING VALUES"
)
# Words in front of a table's name, and those that may stand between.
_RELATION_OBJECTS = words("TABLE VIEW SUMMARIZE DESCRIBE DESC VACUUM ANALYZE COPY TRUNCATE CLUSTER")
_NOT_NAMED = _RELATION_OBJECTS | words("FULL FREEZE VERBOSE MATERIALIZED")
# Statements about a table that are not queries.
_ABOUT_RELATION = words(
    "ALTER DROP TRUNCATE LOCK COMMENT GRANT REVOKE COPY VACUUM ANALYZE ANALYSE CLUSTER REINDEX "
    "REFRESH SUMMARIZE DESCRIBE DESC SHOW"
)
_BEFORE_RELATION = {
    ("GRANT", "ON"), ("REVOKE", "ON"), ("LOCK", "LOCK"), ("COMMENT", "COLUMN"), ("VACUUM", "FULL"),
    ("VACUUM", "FREEZE"), ("VACUUM", "VERBOSE"), ("ANALYZE", "VERBOSE"),
}  # fmt: skip
# Statements about a setting, and what may stand in front of its name.
_SETTERS = words("SET SHOW RESET PRAGMA")
_BEFORE_SETTING = _SETTERS | words("SESSION LOCAL GLOBAL")
_BEFORE_FOR = words("FROM ON USING WHERE GROUP HAVING ORDER LIMIT OFFSET")
_MAX_DEPTH = 60


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
        if self._depth <= _MAX_DEPTH:
            _QueryReader(self, self._dialect, query, items).read()
        self._depth -= 1
        return query

    def found(self, spot: Spot) -> None:
        """Keep the caret's spot."""
        self.spot = self.spot or spot


def _caret_index(items: Sequence[Item]) -> int:
    return next((n for n, item in enumerate(items) if item.is_caret), len(items))


def is_query(group: Group) -> bool:
    """Whether brackets hold a query, going by its first word."""
    for _ in range(_MAX_DEPTH):
        if group.open != "(" or not group.items:
            return False
        first = group.items[0]
        if not isinstance(first, Group):
            is_begun = first.word != "FROM" or len(group.items) > 1
            return first.word in _QUERY_WORDS and is_begun
        group = first
    return False


class _QueryReader:
    """Reads the items of one query; nested ones by readers of their own."""

    def __init__(self, scanner: Scanner, dialect: str, query: Query, items: Sequence[Item]) -> None:
        self._scanner = scanner
        self._dialect = dialect
        self._first = query
        self._query = query
        self._items = items
        self._clause = ""
        self._at = 0
        self._item_start: int | None = None
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

    def _is_after_dot(self) -> bool:
        return self._text(-1) == "."

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def read(self) -> None:
        """Read everything."""
        self._skip_explain()
        if self._word() == "WITH":
            self._at += 1
            self._ctes()
        self._query.kind = self._word()
        if self._query.kind in _ABOUT_RELATION or self._query.kind == "CREATE":
            self._about_relation()
        while self._at < len(self._items):
            self._step()
        self._end_outputs()

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

    def _spot(self, place: Place) -> None:
        spot = Spot(
            self._query, self._clause, place, self._items, self._at,
            sources_before=len(self._query.sources), subject=self._subject,
        )  # fmt: skip
        self._scanner.found(spot)

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
        if word in _QUERY_WORDS and self._is_inserted(word):
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
        if rest and rest[0].word in _QUERY_WORDS:
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
                query.sources[-1].using = _names(group)
        elif self._clause == "CONFLICT":
            self._column_list(group, self._subject)
        elif self._clause == "" and self._at == 0 and len(group.items) == 1:
            # Brackets in which a statement is only begun.
            self._scanner.subquery(group.items, query)
        else:
            self._expression(group.items, ((self._items, self._at - 1),))

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
        if len(callers) > _MAX_DEPTH:
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

    # ── WITH ─────────────────────────────────────────────────────────────────────────────

    def _ctes(self) -> None:
        """Read the queries of WITH; each sees those before it, all and itself when RECURSIVE."""
        is_recursive = self._word() == "RECURSIVE"
        self._at += is_recursive
        while (item := self._peek()) is not None:
            if item.is_caret:
                self._spot(Place.NEW_NAME)
            if item.name is None or item.word in _QUERY_WORDS:
                return
            cte = Cte(item.name)
            self._at += 1
            if isinstance(group := self._peek(), Group):
                cte.column_names = _names(group)
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
                and (self._word() not in _QUERY_WORDS)
            ):
                self._at += 1

    # ── FROM ─────────────────────────────────────────────────────────────────────────────

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
        inner = _QueryReader(self._scanner, self._dialect, self._query, group.items)
        inner._clause, inner._nesting = "FROM", self._nesting + 1
        if group.items and self._nesting < _MAX_DEPTH:
            inner._relation()
            while inner._at < len(group.items):
                inner._step()
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
            source.column_names = _names(group)
            self._at += 1

    # ── other statements ─────────────────────────────────────────────────────────────────

    def _about_relation(self) -> None:
        """Read a statement that is about a table, as far as that."""
        is_made = self._query.kind == "CREATE"
        at = self._indexed() if is_made else self._object()
        if at is not None:
            self._at = at
            self._clause = "TARGET"
            self._relation_target()
        elif is_made:
            self._created_table()

    def _indexed(self) -> int | None:
        """Where CREATE INDEX, TRIGGER or POLICY names its table."""
        for at, item in enumerate(self._items[self._at : self._at + 8], self._at):
            if item.word in {"AS", "TABLE", "VIEW"}:
                return None
            if item.word == "ON":
                return at + 1
        return None

    def _object(self) -> int | None:
        """Where another statement names its table; None when it names none."""
        kind = self._query.kind
        for at, item in enumerate(self._items[self._at : self._at + 8], self._at):
            word = item.word
            if word == "INDEX" and kind in {"DROP", "REINDEX", "ALTER"}:
                return None
            is_named_next = (
                word in _RELATION_OBJECTS
                or (kind, word) in _BEFORE_RELATION
                or (word == "SHOW" and self._dialect == "duckdb")
            )
            after = self._items[at + 1] if at + 1 < len(self._items) else None
            if not is_named_next or after is None or isinstance(after, Group):
                continue
            if after.word not in _NOT_NAMED and after.word not in _QUERY_WORDS:
                return at + 1
        return None

    def _relation_target(self) -> None:
        """Read the table that the statement is about, its columns, and what it refers to."""
        query = self._query
        self._relation()
        query.target = query.sources[-1] if query.sources else None
        self._subject = query.target
        while self._at < len(self._items):
            item = self._items[self._at]
            if isinstance(item, Group):
                self._column_list(item, query.target)
            elif item.is_caret:
                self._spot(self._place_behind_target())
            elif item.word == "REFERENCES":
                self._references()
                continue
            elif query.kind == "COPY" and item.word in {"FROM", "TO"}:
                self._clause = "COPY"
            self._at += 1

    def _place_behind_target(self) -> Place:
        before = self._word(-1)
        if before in {"COLUMN", "RENAME"}:
            return Place.COLUMN
        return Place.TYPE if before == "TYPE" else Place.EXPRESSION

    def _references(self) -> None:
        """Read the table behind REFERENCES, and its columns."""
        self._clause = "REFERENCES"
        self._at += 1
        before = len(self._query.sources)
        self._relation()
        if len(self._query.sources) > before:
            source = self._query.sources.pop()
            if isinstance(group := self._peek(), Group):
                self._column_list(group, source)
                self._at += 1
        self._clause = "TARGET"

    def _created_table(self) -> None:
        """Read the definitions of CREATE TABLE: their types and what they refer to."""
        if "TABLE" not in {item.word for item in self._items[self._at : self._at + 5]}:
            return
        for at, item in enumerate(self._items[self._at :], self._at):
            if item.word == "AS":
                return
            if isinstance(item, Group) and not is_query(item):
                reader = _QueryReader(self._scanner, self._dialect, self._query, item.items)
                reader._clause = "TARGET"
                reader._definitions(Source(column_names=_names(item)))
                self._at = at + 1
                return

    def _definitions(self, defined: Source) -> None:
        """Read the brackets of CREATE TABLE, whose columns are `defined`."""
        start = 0
        while self._at < len(self._items):
            item = self._items[self._at]
            if item.text == ",":
                start = self._at + 1
            elif item.is_caret:
                self._defined_caret(self._at - start)
            elif item.word == "REFERENCES":
                self._references()
                continue
            elif isinstance(item, Group):
                self._defined_group(item, defined)
            self._at += 1

    def _defined_caret(self, number: int) -> None:
        """The caret as the n-th word of a definition."""
        if number == 0:
            self._spot(Place.NEW_NAME)
        elif number == 1 and self._items[self._at - 1].name is not None:
            self._spot(Place.TYPE)
        else:
            self._spot(Place.EXPRESSION)

    def _defined_group(self, group: Group, defined: Source) -> None:
        """A key's columns, or an expression over the columns."""
        if self._word(-1) in {"KEY", "UNIQUE"}:
            self._column_list(group, defined)
            return
        table = self._query
        self._query = Query(table, sources=[defined])
        self._expression(group.items, ((self._items, self._at - 1),))
        self._query = table


def _names(group: Group) -> tuple[Name, ...]:
    """The names of a list like `(a, b)`; types behind them do not count."""
    return tuple(part[0].name for part in commas(group.items) if part and part[0].name is not None)


def _row_of(item: Item | None) -> list[list[Item]]:
    return list(commas(item.items)) if isinstance(item, Group) else []


def _string_value(text: str) -> str:
    body = text[1:-1] if len(text) > 1 and text.endswith("'") else text[1:]
    return body.replace("''", "'")
