"""What the script itself does before the caret: the tables it makes, the search path it sets."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tusk.core.statement import TokenKind, tokens
from tusk.services.completion.region import Region, region_at, words
from tusk.services.completion.resolve import Resolver
from tusk.services.completion.scanner import Scanner
from tusk.services.completion.snapshot import Column, Relation, Snapshot
from tusk.services.completion.tree import Group, Item, Name, commas, read_tree, unquoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.core.dialect import Dialect
    from tusk.services.completion.scope import Query

_MOST = 30
_CREATE = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:(?:global|local)\s+)?(?:(temp|temporary|unlogged)\s+)?"
    r"(table|view)\b",
    re.IGNORECASE,
)
_CONSTRAINTS = words("PRIMARY FOREIGN UNIQUE CHECK CONSTRAINT EXCLUDE LIKE")


def local_relations(text: str, end: int, dialect: Dialect) -> dict[str, Relation]:
    """What CREATE TABLE and CREATE VIEW before an offset make, by the key of the name.

    Args:
        text: The script.
        end: Offset of the statement at the caret.
        dialect: Of the text.
    """
    found: dict[str, Relation] = {}
    matches = list(_CREATE.finditer(text, 0, end))[-_MOST:]
    for match in matches:
        region = region_at(text[match.start() : end], 0, dialect)
        if region is None:
            continue
        statement = text[match.start() + region.start : match.start() + region.end]
        kind = f"{'temporary ' if match[1] and match[1][0] in 'tT' else ''}{match[2].lower()}"
        relation = _read(statement, kind, dialect)
        if relation is not None:
            found[Name(relation.name, is_quoted=True).key(dialect)] = relation
    return found


_SET_PATH = re.compile(
    r"\bset\s+(?:session\s+|local\s+)?(?:search_path|schema)\s*(?:=|\bto\b)\s*([^;]*)",
    re.IGNORECASE,
)


def search_path_of(text: str, dialect: Dialect) -> tuple[str, ...] | None:
    """The search path that the last SET in a text sets; empty for the default one.

    >>> from tusk.core.dialect import POSTGRES
    >>> search_path_of('set search_path to sales, "Odd", $user', POSTGRES)
    ('sales', 'Odd')
    >>> search_path_of("select 1", POSTGRES) is None
    True
    """
    if dialect.name not in {"postgres", "duckdb"}:
        return None
    matches = list(_SET_PATH.finditer(text))
    if not matches:
        return None
    names: list[str] = []
    for kind, start, end in tokens(matches[-1][1], dialect):
        piece = matches[-1][1][start:end]
        if kind is TokenKind.STRING:
            names += [part.strip().strip('"') for part in piece.strip("'").split(",")]
        elif kind is TokenKind.IDENTIFIER:
            names.append(unquoted(piece))
        elif kind is TokenKind.WORD:
            names.append(Name(piece).key(dialect))
    is_default = [name.lower() for name in names] == ["default"]
    skipped = {"user", "$user", ""}
    return () if is_default else tuple(name for name in names if name not in skipped)


@lru_cache(maxsize=64)
def _read(statement: str, kind: str, dialect: Dialect) -> Relation | None:
    """The relation that a statement makes; None when it has a schema, or no name."""
    tree = read_tree(statement, Region(0, len(statement)), len(statement), dialect)
    scanner = Scanner(dialect.name)
    root = scanner.statement(tree.items)
    items = [item for item in tree.items if not item.is_caret]
    at = next((n for n, i in enumerate(items) if i.word in {"TABLE", "VIEW"}), len(items)) + 1
    if [item.word for item in items[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        at += 3
    if at >= len(items) or (name := items[at].name) is None:
        return None
    if at + 1 < len(items) and items[at + 1].text == ".":
        return None
    columns = _columns(items[at + 1 :], root, dialect)
    names, types = tuple(c.name for c in columns), tuple(c.type for c in columns)
    return Relation("", name.kept(dialect), kind, names, types)


def _columns(items: Sequence[Item], root: Query, dialect: Dialect) -> list[Column]:
    if items and isinstance(items[0], Group) and not root.arms:
        found = (_definition(part, dialect) for part in commas(items[0].items))
        return [column for column in found if column is not None]
    resolver = Resolver(Snapshot(dialect), {}, lambda _: None)
    return (resolver.outputs_of(root.arms[0]) if root.arms else None) or []


def _definition(part: Sequence[Item], dialect: Dialect) -> Column | None:
    """The column that a part of a table's definition defines."""
    if not part or part[0].name is None or part[0].word in _CONSTRAINTS:
        return None
    type_ = part[1].text.lower() if len(part) > 1 and part[1].name is not None else ""
    return Column(part[0].name.kept(dialect), type_)
