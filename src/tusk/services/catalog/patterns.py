r"""Patterns for names as in psql's \d: `or*`, `public.or*`, `"Order Lines"`, `shop.public.*`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.core.errors import UsageError

if TYPE_CHECKING:
    from tusk.catalog.objects import (
        EnumType,
        Function,
        Index,
        Item,
        Relation,
        Schema,
        SequenceInfo,
    )
    from tusk.core.dialect import Dialect

# DuckDB and SQLite compare names without case, quoted or not.
_CASELESS = frozenset({"duckdb", "sqlite"})
_ANY = ".*"
_PIECE = re.compile(r'"(?:[^"]|"")*(?:"|\Z)|[^".]+|\.')


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern for relations, compiled.

    Args:
        database: What the database's name must match.
        schema: What the schema's name must match.
        name: What the relation's name must match.
        has_schema: Whether the pattern says anything about schemas; system schemas are looked
            at only then.
    """

    database: re.Pattern[str]
    schema: re.Pattern[str]
    name: re.Pattern[str]
    has_schema: bool

    def matches(
        self, object_: Relation | Function | SequenceInfo | EnumType | Index | Item
    ) -> bool:
        """Whether an object of a schema is meant."""
        return bool(
            self.database.fullmatch(object_.database)
            and self.schema.fullmatch(object_.schema)
            and self.name.fullmatch(object_.name)
        )

    def matches_schema(self, schema: Schema) -> bool:
        """Whether relations of a schema may be meant."""
        return bool(self.database.fullmatch(schema.database) and self.schema.fullmatch(schema.name))


def parse_pattern(text: str, dialect: Dialect) -> Pattern:
    r"""Read `[[database.]schema.]relation`.

    `*` stands for any characters and `?` for one. Outside of double quotes upper case is read
    as the engine reads it; inside, everything stands for itself and `""` for a quote.

    >>> from tusk.core.dialect import POSTGRES
    >>> pattern = parse_pattern('Public."Or*"', POSTGRES)
    >>> pattern.schema.pattern, pattern.name.pattern
    ('public', 'Or\\*')

    Args:
        text: The pattern; empty for every relation.
        dialect: Whose rules for case apply.

    Raises:
        UsageError: It has more than three parts.
    """
    parts: list[str | None] = [None]
    folds = dialect.name not in _CASELESS
    for piece in _PIECE.findall(text):
        if piece == ".":
            parts.append(None)
        elif piece.startswith('"'):
            literal = piece[1:-1] if piece.endswith('"') and len(piece) > 1 else piece[1:]
            parts[-1] = (parts[-1] or "") + re.escape(literal.replace('""', '"'))
        else:
            wild = re.escape(piece.lower() if folds else piece)
            wild = wild.replace(r"\*", ".*").replace(r"\?", ".")
            parts[-1] = (parts[-1] or "") + wild
    if len(parts) > 3:
        raise UsageError(
            f"the pattern {text!r} has too many dots",
            hint='write [[database.]schema.]relation; put "a.b" in quotes if dots are in a name',
        )
    texts = [_ANY] * (3 - len(parts)) + [_ANY if part is None else part for part in parts]
    flags = re.DOTALL if folds else re.DOTALL | re.IGNORECASE
    database, schema, name = (re.compile(part, flags) for part in texts)
    return Pattern(database, schema, name, has_schema=schema.pattern != _ANY)
