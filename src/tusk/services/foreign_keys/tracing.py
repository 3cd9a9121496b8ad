"""From which column of which table each column of a result comes, through joins and subqueries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tusk.services.edits.shape import Name, as_select, matches, parsed

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.core.statement import Statement
    from tusk.services.edits.tables import Table

FindTable: TypeAlias = "Callable[[Sequence[Name]], Table | None]"


@dataclass(frozen=True, slots=True)
class Place:
    """A column of a table in a FROM.

    Args:
        source: Which of all tables in the statement: one that joins itself is there twice.
        table: The table.
        column: The column's name.
    """

    source: int
    table: Table
    column: str


@dataclass(frozen=True, slots=True)
class Output:
    """A column that a SELECT brings.

    Args:
        name: What it is called; None where only the engine knows.
        place: Where its values come from; None for those that are computed.
    """

    name: str | None
    place: Place | None = None


# None where it is not known which columns there are.
_Outputs: TypeAlias = "Sequence[Output] | None"


def trace(
    statement: Statement, dialect: Dialect, find: FindTable, names: Sequence[str]
) -> list[Place | None]:
    """Where the columns of a result come from; None for those that are computed.

    Where that cannot be told for sure, it is None for all of them.

    Args:
        statement: What the result is of.
        dialect: Whose SQL it is.
        find: Finds a table by its name; None for what has no columns that are known.
        names: Of the result's columns.

    Raises:
        NotEditable: The statement cannot be read.
    """
    tree = parsed(as_select(statement.text, dialect), dialect)
    try:
        outputs = _Tracer(dialect, find).of_query(tree, {})
    except RecursionError:
        outputs = None
    if outputs is None or len(outputs) != len(names):
        return [None] * len(names)
    return [output.place for output in outputs]


@dataclass(frozen=True, slots=True)
class _Source:
    """Something in a FROM: what it is called there, and its columns."""

    name: str
    outputs: _Outputs


class _Tracer:
    """Follows names through one statement. Syntax trees are sqlglot's, which have no types."""

    def __init__(self, dialect: Dialect, find: FindTable) -> None:
        self._dialect = dialect
        self._find = find
        self._sources = 0

    def of_query(self, tree: Any, known: Mapping[str, _Outputs]) -> _Outputs:
        """Columns of a SELECT.

        Args:
            tree: The query.
            known: Queries of WITH that can be named here, by lower-case name.
        """
        from sqlglot import exp

        if isinstance(tree, exp.Subquery) and not _is_joined(tree):
            return self.of_query(tree.this, known)
        if not isinstance(tree, exp.Select) or tree.args.get("pivots"):
            return None
        known = self._with_ctes(tree, known)
        source = tree.args.get("from_")
        joins = tree.args.get("joins") or []
        if source is None or tree.args.get("laterals"):
            return None
        sources = [self._source(each.this, known) for each in (source, *joins)]
        merges = any(join.args.get("using") or join.args.get("method") for join in joins)
        found: list[Output] = []
        for expression in tree.expressions:
            outputs = self._item(expression, sources, merges=merges)
            if outputs is None:
                return None
            found += outputs
        return found

    def _with_ctes(self, tree: Any, known: Mapping[str, _Outputs]) -> dict[str, _Outputs]:
        found = dict(known)
        clause = tree.args.get("with_")
        if clause is None:
            return found
        # SQLite lets any of them name itself.
        is_recursive = bool(clause.args.get("recursive")) or self._dialect.name == "sqlite"
        for each in clause.expressions:
            if is_recursive:
                # Its own rows come from no table.
                found[each.alias.lower()] = None
            outputs = self.of_query(each.this, found)
            found[each.alias.lower()] = _renamed(outputs, each.args.get("alias"))
        return found

    def _source(self, tree: Any, known: Mapping[str, _Outputs]) -> _Source:
        from sqlglot import exp

        alias = tree.args.get("alias")
        if isinstance(tree, exp.Subquery):
            return _Source(tree.alias, _renamed(self.of_query(tree, known), alias))
        is_plain = isinstance(tree, exp.Table) and isinstance(tree.this, exp.Identifier)
        if not is_plain or _is_joined(tree):
            return _Source(tree.alias_or_name, None)
        parts = [tree.args.get("catalog"), tree.args.get("db"), tree.this]
        name = [Name(part.name, bool(part.args.get("quoted"))) for part in parts if part]
        if len(name) == 1 and name[0].text.lower() in known:
            outputs = known[name[0].text.lower()]
        else:
            outputs = self._of_table(name)
        return _Source(tree.alias_or_name, _renamed(outputs, alias))

    def _of_table(self, name: Sequence[Name]) -> _Outputs:
        table = self._find(name)
        if table is None:
            return None
        self._sources += 1
        source = self._sources
        return [
            Output(column.name, Place(source, table, column.name))
            for column in table.columns
            if not column.is_hidden
        ]

    # ── the select list ──────────────────────────────────────────────────────────────────

    def _item(self, expression: Any, sources: Sequence[_Source], *, merges: bool) -> _Outputs:
        """What one expression of the select list brings; None where that is not known."""
        from sqlglot import exp

        inner = expression.this if isinstance(expression, exp.Alias) else expression
        is_star = isinstance(inner, exp.Star)
        if is_star or (isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star)):
            star = inner if is_star else inner.this
            if any(star.args.values()) or (is_star and merges):
                return None
            return _all_of(sources if is_star else self._called(inner.table, sources))
        place = None
        if isinstance(inner, exp.Column) and isinstance(inner.this, exp.Identifier):
            place = self._place(inner, sources)
        return [Output(expression.alias_or_name or None, place)]

    def _called(self, name: str, sources: Sequence[_Source]) -> list[_Source]:
        return [source for source in sources if source.name.lower() == name.lower()]

    def _place(self, column: Any, sources: Sequence[_Source]) -> Place | None:
        """Where a column comes from that is named alone or with its table."""
        asked = self._called(column.table, sources) if column.table else sources
        name = Name(column.this.name, bool(column.this.args.get("quoted")))
        places: list[Place | None] = []
        for source in asked:
            if source.outputs is None:
                return None
            places += [
                output.place
                for output in source.outputs
                if output.name is not None and matches(name, output.name, self._dialect)
            ]
        return places[0] if len(places) == 1 else None


def _all_of(sources: Sequence[_Source]) -> _Outputs:
    found: list[Output] = []
    for source in sources:
        if source.outputs is None:
            return None
        found += source.outputs
    return found if sources else None


def _renamed(outputs: _Outputs, alias: Any) -> _Outputs:
    """The same with the names of `AS t (a, b)`, which may be fewer than there are columns."""
    names = [each.name for each in (alias.args.get("columns") or [])] if alias is not None else []
    if outputs is None or not names:
        return outputs
    first = [Output(name, output.place) for name, output in zip(names, outputs, strict=False)]
    return [*first, *outputs[len(first) :]]


def _is_joined(tree: Any) -> bool:
    """Whether a table or subquery brings more columns than its own."""
    return any(tree.args.get(each) for each in ("joins", "pivots", "laterals", "sample"))
