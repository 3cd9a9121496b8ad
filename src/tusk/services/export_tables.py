"""Tables and views by name, as something to export."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.core.dialect import Dialect, quote_identifier
from tusk.core.errors import TuskError
from tusk.core.statement import Statement

if TYPE_CHECKING:
    from tusk.engines.base import Session

_PART = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_NAME = re.compile(rf"\s*{_PART}(?:\.{_PART}){{0,2}}\s*")
# DuckDB and SQLite find names whatever their case; the others fold them unless they are quoted.
_CASELESS = frozenset({"duckdb", "sqlite"})


@dataclass(frozen=True, slots=True)
class TableName:
    """The name of a table or view as it was written.

    Args:
        parts: Database, schema and name, as far as given, with their double quotes.
    """

    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last part, without its quotes."""
        return _plain(self.parts[-1])


def find_table(text: str) -> TableName | None:
    """The table that a text names, None when it is anything else, such as a statement.

    >>> find_table('shop."Order ""x"" Lines"').name
    'Order "x" Lines'
    >>> find_table("select 1") is None
    True
    """
    if not _NAME.fullmatch(text):
        return None
    return TableName(tuple(re.findall(_PART, text)))


def table_statement(table: TableName, dialect: Dialect) -> Statement:
    """The statement that reads all of a table.

    A name without quotes means what it means to the engine, even if it is a word of its SQL.

    >>> from tusk.core.dialect import POSTGRES
    >>> table_statement(find_table("Public.Order"), POSTGRES).text
    'select * from "public"."order"'
    """
    parts = [_quoted(part, dialect) for part in table.parts]
    return Statement(f"select * from {'.'.join(parts)}")  # noqa: S608 - quoted


def _plain(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def _quoted(part: str, dialect: Dialect) -> str:
    if part.startswith('"'):
        return part
    return quote_identifier(part if dialect.name in _CASELESS else part.lower())


def estimated_rows(session: Session, tables: Sequence[TableName]) -> int | None:
    """About how many rows some tables have, as far as the engine knows without counting."""
    from tusk.services.catalog.patterns import parse_pattern
    from tusk.services.connections import open_catalog

    try:
        relations = open_catalog(session).relations()
    except TuskError:
        return None  # an export goes without
    total = 0
    for table in tables:
        pattern = parse_pattern(".".join(table.parts), session.dialect)
        found = [relation for relation in relations if pattern.matches(relation)]
        if len(found) != 1 or found[0].estimated_rows is None:
            return None
        total += found[0].estimated_rows
    return total
