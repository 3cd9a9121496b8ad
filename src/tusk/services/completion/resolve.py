"""What columns a query's sources and outputs have, by the statement's text and the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.core.statement import TokenKind
from tusk.services.completion.region import words
from tusk.services.completion.snapshot import (
    Column,
    Function,
    Relation,
    Snapshot,
    split_arguments,
    struct_fields,
)
from tusk.services.completion.tree import Group, Item, Name, commas

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.services.completion.scope import Query, Source, Spot

_MAX_DEPTH = 25
# Words that end an expression as a value does.
_VALUE_WORDS = words(
    "END NULL TRUE FALSE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER LOCALTIME "
    "LOCALTIMESTAMP SESSION_USER USER CURRENT_ROLE CURRENT_CATALOG CURRENT_SCHEMA ISNULL NOTNULL "
    "UNKNOWN DEFAULT"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A source with its columns, as an expression sees it.

    Args:
        name: That its columns can be qualified with; None for what has none.
        columns: None when they are unknown.
        relation: The catalogue's, if it is one.
        depth: 0 for the innermost query, 1 for the one around it …
    """

    source: Source
    name: Name | None
    columns: list[Column] | None
    relation: Relation | None
    depth: int


class Resolver:
    """Finds columns, each source's once.

    Args:
        snapshot: The catalogue.
        local: Relations that the script makes, by the key of their name.
        file_columns: Columns of a file's query, None as long as they are not known.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        local: Mapping[str, Relation],
        file_columns: Callable[[Source], Sequence[Column] | None],
    ) -> None:
        self._snapshot = snapshot
        self._dialect = snapshot.dialect
        self._local = local
        self._file_columns = file_columns
        self._known: dict[int, list[Column] | None] = {}
        self._depth = 0

    def key(self, name: Name) -> str:
        """What names are compared by."""
        return name.key(self._dialect)

    # ── scopes ───────────────────────────────────────────────────────────────────────────

    def visible(self, spot: Spot) -> list[Shown]:
        """The sources that an expression at the caret may use, the innermost query's first."""
        shown: list[Shown] = []
        query: Query | None = spot.query
        limit: int | None = None
        if spot.clause in {"ON", "USING", "FROM"}:
            limit = spot.sources_before
        depth = 0
        while query is not None:
            sources = query.sources if limit is None else query.sources[:limit]
            shown += [self.shown(query, source, depth) for source in sources]
            limit, query, depth = query.outer_sources, query.parent, depth + 1
        return shown

    def shown(self, query: Query, source: Source, depth: int = 0) -> Shown:
        """One source with its columns."""
        columns = self.columns_of(query, source)
        return Shown(source, source.name, columns, self.relation_of(query, source), depth)

    def relation_of(self, query: Query, source: Source) -> Relation | None:
        """The catalogue's relation, or the script's own, that a source is."""
        if source.call is not None or source.query is not None or not source.path:
            return None
        if len(source.path) == 1:
            key = self.key(source.path[0])
            if query.find_cte(key, self.key) is not None:
                return None
            if key in self._local:
                return self._local[key]
        return self._snapshot.find(source.path)

    # ── columns ──────────────────────────────────────────────────────────────────────────

    def columns_of(self, query: Query, source: Source) -> list[Column] | None:
        """The columns of a source, None when they are unknown."""
        known = self._known
        if id(source) not in known:
            known[id(source)] = None  # a query that refers to itself finds nothing
            self._depth += 1
            if self._depth <= _MAX_DEPTH:
                known[id(source)] = _renamed(
                    self._columns(query, source), source.column_names, self._dialect
                )
            self._depth -= 1
        return known[id(source)]

    def _columns(self, query: Query, source: Source) -> list[Column] | None:
        if source.query is not None:
            return self.outputs_of(source.query)
        if source.file:
            return _listed(self._file_columns(source))
        if source.call is not None:
            found = _listed(self._file_columns(source))
            return self._call_columns(source) if found is None else found
        if not source.path:
            return []
        if len(source.path) == 1:
            cte = query.find_cte(self.key(source.path[0]), self.key)
            if cte is not None:
                inner = None if cte.query is None else self.outputs_of(cte.query)
                return _renamed(inner, cte.column_names, self._dialect)
        relation = self.relation_of(query, source)
        return None if relation is None else relation.columns

    def _call_columns(self, source: Source) -> list[Column] | None:
        """The columns of a table function, by the result type of its only signature."""
        name = source.path[-1]
        signatures = self._snapshot.functions_by_name.get(name.text.lower(), ())
        results = {function.result for function in signatures}
        if len(results) != 1:
            alias = source.alias or name
            return [Column(alias.text)] if results else None
        return self._result_columns(signatures[0], source)

    def _result_columns(self, function: Function, source: Source) -> list[Column] | None:
        result = function.result
        if result.upper().startswith("TABLE("):
            return [_declared(part) for part in split_arguments(result[6:-1])]
        outs = [a for a in function.arguments if a.split(" ", 1)[0] in {"OUT", "INOUT"}]
        if outs:
            return [_declared(argument.split(" ", 1)[1]) for argument in outs]
        type_ = result.removeprefix("SETOF ")
        relation = self._snapshot.find([Name(n.strip('"'), True) for n in type_.split(".")])
        if relation is not None:
            return relation.columns
        if type_ in {"record", ""}:
            return None
        return [Column((source.alias or source.path[-1]).text, type_)]

    def outputs_of(self, query: Query) -> list[Column] | None:
        """The columns that a query gives, None when they are unknown."""
        if not query.outputs:
            if query.kind == "TABLE" and query.sources:
                return self.columns_of(query, query.sources[0])
            if query.kind == "FROM":
                return self._star(query, None)
            return self.outputs_of(query.arms[0]) if query.arms else None
        if query.kind == "VALUES":
            first = 0 if self._dialect.name == "duckdb" else 1
            word = "col" if self._dialect.name == "duckdb" else "column"
            return [Column(f"{word}{n}") for n, _ in enumerate(query.outputs, first)]
        columns: list[Column] = []
        for items in query.outputs:
            columns += self._output(query, items)
        return columns

    def _output(self, query: Query, items: Sequence[Item]) -> Iterator[Column] | list[Column]:
        """The columns of one item of a select list; none for one that has no known name."""
        star = next((n for n, item in enumerate(items[:6]) if item.text == "*"), None)
        if star is not None and (star == 0 or items[star - 1].text == "."):
            path = [item.name for item in items[:star] if item.name is not None]
            return _starred(self._star(query, path or None) or [], items[star + 1 :], self._dialect)
        name = output_name(items)
        if name is not None:
            inner = items[:-2] if len(items) > 1 and items[-2].word == "AS" else items[:-1]
            return [Column(name.kept(self._dialect), self.type_of(query, inner or items))]
        column = self._column_at(query, items)
        if column is not None:
            return [column]
        return self._named_by_function(items)

    def _named_by_function(self, items: Sequence[Item]) -> list[Column]:
        if self._dialect.name != "postgres" or not items:
            return []
        if items[0].word == "CASE":
            return [Column("case")]
        if len(items) == 2 and items[0].name is not None and isinstance(items[1], Group):
            return [Column(items[0].name.text.lower(), self._result_type(items[0].name))]
        return []

    def _star(self, query: Query, path: Sequence[Name] | None) -> list[Column] | None:
        """The columns that `*` or `name.*` stands for."""
        columns: list[Column] = []
        joined: set[str] = set()
        for source in query.sources:
            if path is not None and not self.is_named(source, path):
                continue
            found = self.columns_of(query, source) or []
            joined_here = {self.key(name) for name in source.using} if path is None else set()
            columns += [c for c in found if self._snapshot.key(c.name) not in joined_here & joined]
            joined |= {self._snapshot.key(c.name) for c in found}
        return columns

    def is_named(self, source: Source, path: Sequence[Name]) -> bool:
        """Whether a qualifier means a source."""
        if source.alias is not None or len(path) == 1:
            name = source.name
            return len(path) == 1 and name is not None and self.key(name) == self.key(path[0])
        keys = [self.key(name) for name in path]
        return [self.key(name) for name in source.path[-len(keys) :]] == keys

    # ── types ────────────────────────────────────────────────────────────────────────────

    def type_of(self, query: Query, items: Sequence[Item]) -> str:
        """The type of an expression, where the text and the catalogue tell; else empty."""
        if len(items) >= 3 and items[-2].text == "::" and items[-1].name is not None:
            return items[-1].text
        column = self._column_at(query, items)
        if column is not None:
            return column.type
        if len(items) == 2 and items[0].name is not None and isinstance(items[1], Group):
            return self._result_type(items[0].name)
        return ""

    def _result_type(self, name: Name) -> str:
        found = self._snapshot.functions_by_name.get(name.text.lower(), ())
        results = {function.result for function in found}
        return results.pop() if len(results) == 1 else ""

    def _column_at(self, query: Query, items: Sequence[Item]) -> Column | None:
        """The column that an expression consists of, with a cast behind it perhaps."""
        cast = next((n for n, item in enumerate(items) if item.text == "::"), None)
        if cast is not None:
            column = self._column_at(query, items[:cast])
            return None if column is None else Column(column.name, items[-1].text)
        names = [item.name for item in items[::2] if item.name is not None]
        dots = [item for item in items[1::2] if item.text == "."]
        if not names or len(names) + len(dots) != len(items):
            return None
        if len(names) == 1 and items[0].word in _VALUE_WORDS:
            return None
        return self.column(query, names) or Column(names[-1].kept(self._dialect))

    def column(self, query: Query, path: Sequence[Name]) -> Column | None:
        """The column, or the field of one, that a name with dots means in a query."""
        for length in range(len(path) - 1, -1, -1):
            for source in query.sources:
                if length and not self.is_named(source, path[:length]):
                    continue
                found = find_column(self.columns_of(query, source), path[length], self._snapshot)
                for name in path[length + 1 :]:
                    fields = struct_fields(found.type) if found else []
                    found = find_column(fields, name, self._snapshot)
                if found is not None:
                    return found
        return None


def find_column(columns: Iterable[Column] | None, name: Name, snapshot: Snapshot) -> Column | None:
    """The column of a name."""
    key = name.key(snapshot.dialect)
    return next((c for c in columns or () if snapshot.key(c.name) == key), None)


def _listed(columns: Sequence[Column] | None) -> list[Column] | None:
    return None if columns is None else list(columns)


def _renamed(
    columns: list[Column] | None, names: Sequence[Name], dialect: Dialect
) -> list[Column] | None:
    """Columns with the names that an alias gives to the first of them."""
    if not names:
        return columns
    known = columns or []
    given = [
        Column(name.kept(dialect), known[n].type if n < len(known) else "")
        for n, name in enumerate(names)
    ]
    return [*given, *known[len(given) :]]


def _declared(text: str) -> Column:
    """A column from `name type`."""
    name, _, type_ = text.partition(" ")
    return Column(name.strip('"'), type_.strip())


def _starred(
    columns: Iterable[Column], behind: Sequence[Item], dialect: Dialect
) -> Iterator[Column]:
    """What is left of a star's columns by EXCLUDE (…) and RENAME (… AS …) behind it."""
    out: set[str] = set()
    names: dict[str, Name] = {}
    for at, item in enumerate(behind[:-1]):
        argument = behind[at + 1]
        parts = commas(argument.items) if isinstance(argument, Group) else iter([[argument]])
        if item.word in {"EXCLUDE", "EXCEPT"}:
            out |= {p[-1].name.key(dialect) for p in parts if p and p[-1].name is not None}
        elif item.word == "RENAME":
            for part in parts:
                if len(part) == 3 and part[0].name is not None and part[2].name is not None:
                    names[part[0].name.key(dialect)] = part[2].name
    for column in columns:
        found = Name(column.name, is_quoted=True).key(dialect)
        if found not in out:
            yield column._replace(name=names[found].kept(dialect)) if found in names else column


def ends_value(items: Sequence[Item]) -> bool:
    """Whether an expression may end with the last item, so that an operator may follow.

    Going by the item alone: a word in quotes and one that is no keyword are values.
    """
    if not items:
        return False
    last = items[-1]
    if isinstance(last, Group):
        return not (len(items) > 1 and items[-2].word == "ON" and items[0].word == "DISTINCT")
    if last.kind in {TokenKind.STRING, TokenKind.NUMBER, TokenKind.PARAMETER}:
        return True
    if last.kind is TokenKind.OTHER:
        return last.text == "*" and not ends_value(items[:-1])
    return last.word not in OPERATOR_WORDS or last.word in _VALUE_WORDS


OPERATOR_WORDS = words(
    "AND OR NOT IN LIKE ILIKE SIMILAR BETWEEN IS CASE WHEN THEN ELSE SELECT DISTINCT ALL FROM WHERE "
    "GROUP BY HAVING ORDER LIMIT OFFSET ON USING AS SET VALUES RETURNING JOIN UNION EXCEPT INTERSECT "
    "QUALIFY WINDOW PARTITION OVER FILTER ANY SOME EXISTS INTERVAL COLLATE ESCAPE GLOB REGEXP MATCH "
    "LEFT RIGHT FULL INNER CROSS NATURAL LATERAL ASOF WITH RECURSIVE ROWS RANGE GROUPS FETCH FOR "
    "INTO INSERT UPDATE DELETE CREATE TABLE CAST DATE TIMESTAMP TO CONFLICT DO KEY WITHIN ARRAY "
    "EXCLUDE REPLACE COLUMN ADD DROP ALTER RENAME CALL USE CHECK DEFAULT REFERENCES NULLS"
)


def output_name(items: Sequence[Item]) -> Name | None:
    """The alias of an item of a select list, None when it has none."""
    if len(items) < 2:
        return None
    last, before = items[-1], items[-2]
    if last.name is None or last.is_caret:
        return None
    if before.word == "AS":
        return last.name
    if before.text in {".", "::"} or last.word in OPERATOR_WORDS or last.word in _VALUE_WORDS:
        return None
    return last.name if ends_value(items[:-1]) else None
