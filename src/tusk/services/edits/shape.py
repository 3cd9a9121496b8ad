"""What a statement selects: whether from one table, and which column each of its columns is."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tusk.core.errors import UsageError
from tusk.core.statement import StatementKind, first_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.core.dialect import Dialect
    from tusk.core.statement import Statement

_SQLGLOT_NAMES = {"postgres": "postgres", "duckdb": "duckdb", "sqlite": "sqlite"}
_LONGEST = 50_000
# Clauses that leave each row of the table a row of the result.
_HARMLESS = frozenset(
    ["expressions", "from_", "where", "order", "limit", "offset", "locks", "kind"]
)
_REASONS = {
    "joins": "it joins several tables",
    "laterals": "it joins several tables",
    "group": "its rows are groups",
    "having": "its rows are groups",
    "distinct": "DISTINCT puts rows together",
    "with_": "it has a WITH",
    "windows": "it has a WINDOW clause",
    "into": "it makes a table",
}


class NotEditable(UsageError):
    """The rows of a result cannot be changed through it; the message says why."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it was written."""

    text: str
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """A plain selection from one table.

    Args:
        table: Parts of its name: database, schema and table, as far as given.
        columns: For each column of the select list its name; None for an expression, and
            `ALL` for all columns of the table.
    """

    table: tuple[Name, ...]
    columns: tuple[Name | None, ...]


ALL = Name("*", is_quoted=False)


def shape_of(statement: Statement, dialect: Dialect) -> Shape:
    """The shape of a statement.

    Raises:
        NotEditable: It is no plain selection from one table.
    """
    if dialect.name not in _SQLGLOT_NAMES:
        raise NotEditable(f"{dialect.name} changes no rows")
    if statement.kind is not StatementKind.QUERY or len(statement.text) > _LONGEST:
        raise NotEditable("the result is not that of a plain SELECT")
    if first_word(statement.text, dialect) not in ("SELECT", "FROM", "TABLE", "WITH"):
        raise NotEditable("the result is not that of a plain SELECT")
    return _shape(parsed(as_select(statement.text, dialect), dialect))


def as_select(text: str, dialect: Dialect) -> str:
    """`TABLE t` in full, which sqlglot does not know."""
    if first_word(text, dialect) != "TABLE":
        return text
    at = text.upper().index("TABLE")
    return f"{text[:at]}SELECT * FROM{text[at + len('TABLE') :]}"


def parsed(text: str, dialect: Dialect) -> Any:
    """The syntax tree; sqlglot's classes have no types that say more."""
    import sqlglot  # 100 ms to import
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        return sqlglot.parse_one(text, read=_SQLGLOT_NAMES[dialect.name])
    except (SqlglotError, RecursionError) as exc:
        raise NotEditable("the statement is not plain enough to tell where its rows are") from exc


def _shape(tree: Any) -> Shape:
    from sqlglot import exp

    if not isinstance(tree, exp.Select):
        raise NotEditable("the result is not that of a plain SELECT")
    for clause, value in tree.args.items():
        if value and clause not in _HARMLESS:
            reason = _REASONS.get(clause, f"it has {clause.strip('_').upper()}")
            raise NotEditable(f"rows cannot be changed through this result: {reason}")
    table = _table(tree)
    names = {table[-1].text, tree.args["from_"].this.alias_or_name}
    columns = tuple(_column(each, names) for each in tree.expressions)
    return Shape(table, columns)


def _table(tree: Any) -> tuple[Name, ...]:
    from sqlglot import exp

    source = tree.args.get("from_")
    table = source.this if source is not None else None
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        raise NotEditable("rows cannot be changed through this result: it is not from a table")
    alias = table.args.get("alias")
    is_renamed = alias is not None and bool(alias.args.get("columns"))
    if is_renamed or any(
        table.args.get(each) for each in ("joins", "pivots", "sample", "laterals")
    ):
        raise NotEditable("rows cannot be changed through this result: its table is not plain")
    parts = [table.args.get("catalog"), table.args.get("db"), table.this]
    return tuple(Name(part.name, bool(part.args.get("quoted"))) for part in parts if part)


def _column(expression: Any, names: set[str]) -> Name | None:
    from sqlglot import exp

    inner = expression.this if isinstance(expression, exp.Alias) else expression
    if _is_star(inner):
        if any(inner.args.get(each) for each in ("except_", "replace", "rename", "except")):
            raise NotEditable("rows cannot be changed through this result: it has * EXCLUDE …")
        return ALL
    for function in inner.find_all(exp.AggFunc):
        if function.find_ancestor(exp.Window, exp.Subquery) is None:
            raise NotEditable("rows cannot be changed through this result: its rows are groups")
    if not isinstance(inner, exp.Column) or not isinstance(inner.this, exp.Identifier):
        return None
    lowered = {name.lower() for name in names}
    if inner.table and inner.table.lower() not in lowered:
        return None
    return Name(inner.this.name, bool(inner.this.args.get("quoted")))


def _is_star(expression: Any) -> bool:
    from sqlglot import exp

    if isinstance(expression, exp.Star):
        return True
    return isinstance(expression, exp.Column) and isinstance(expression.this, exp.Star)


def matches(name: Name, known: str, dialect: Dialect) -> bool:
    """Whether a name means an object of that name.

    >>> from tusk.core.dialect import DUCKDB, POSTGRES
    >>> matches(Name("Id", False), "id", POSTGRES), matches(Name("Id", True), "id", POSTGRES)
    (True, False)
    >>> matches(Name("Id", True), "id", DUCKDB)
    True
    """
    if dialect.name == "postgres":
        return (name.text if name.is_quoted else name.text.lower()) == known
    return name.text.lower() == known.lower()


def only(found: Sequence[tuple[str, ...]], table: Name) -> tuple[str, ...]:
    """The one table of a name. Raises NotEditable for none and for several."""
    if not found:
        raise NotEditable(f"there is no table {table.text!r} to change rows in")
    if len(found) > 1:
        raise NotEditable(f"there are several tables {table.text!r}: write its schema, too")
    return found[0]
