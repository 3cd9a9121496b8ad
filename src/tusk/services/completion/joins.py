"""Join conditions from foreign keys, and from names where there are no keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from tusk.catalog.names import written
from tusk.core.dialect import quote_identifier
from tusk.services.completion.tree import Name

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.services.completion.resolve import Shown
    from tusk.services.completion.snapshot import ForeignKey, Relation, Snapshot


@dataclass(frozen=True, slots=True)
class Proposal:
    """A condition, or a table with one. `is_key` says that a foreign key is behind it."""

    text: str
    why: str
    is_key: bool
    relation: Relation | None = None


def spelled(name: Name, dialect: Dialect) -> str:
    """A name as it can be written again: as it was typed."""
    return quote_identifier(name.text) if name.is_quoted else written_as_typed(name.text, dialect)


def written_as_typed(text: str, dialect: Dialect) -> str:
    """A name without quotes keeps its case; where that is folded, the engine folds it again."""
    folded = text.lower()
    return text if written(folded, dialect) == folded else written(text, dialect)


def conditions(
    snapshot: Snapshot, new: Shown, others: Sequence[Shown], *, and_: str
) -> Iterator[Proposal]:
    """Conditions that join a source to those to the left of it, keys first.

    Args:
        snapshot: The catalogue.
        new: The source that is joined.
        others: Those to the left of it.
        and_: The word AND as the user writes it.
    """
    found = False
    for other in others:
        for text, why in _by_keys(snapshot, new, other, and_):
            found = True
            yield Proposal(text, why, is_key=True)
    if found:
        return
    for other in others:
        for text in _by_names(snapshot, new, other):
            yield Proposal(text, "columns of the same name", is_key=False)


def _by_keys(snapshot: Snapshot, new: Shown, other: Shown, and_: str) -> Iterator[tuple[str, str]]:
    if new.relation is None or other.relation is None:
        return
    for foreign in snapshot.keys_of(new.relation):
        if _is_end(snapshot, foreign, new.relation, other.relation):
            yield _condition(snapshot, foreign, (new.name, other.name), and_), _described(foreign)
        if _is_end(snapshot, foreign, other.relation, new.relation):
            yield _condition(snapshot, foreign, (other.name, new.name), and_), _described(foreign)


def _is_end(snapshot: Snapshot, key: ForeignKey, holder: Relation, referenced: Relation) -> bool:
    ends = (key.schema, key.relation, key.referenced_schema, key.referenced)
    mine = (holder.schema, holder.name, referenced.schema, referenced.name)
    return all(snapshot.key(a) == snapshot.key(b) for a, b in zip(ends, mine, strict=True))


def _condition(
    snapshot: Snapshot, key: ForeignKey, ends: tuple[Name | None, Name | None], and_: str
) -> str:
    """The columns of a key joined; `ends` are the names of its holder and of what it refers to."""
    dialect = snapshot.dialect
    holder, referenced = ends
    left = "" if holder is None else f"{spelled(holder, dialect)}."
    right = "" if referenced is None else f"{spelled(referenced, dialect)}."
    pairs = zip(key.columns, key.referenced_columns, strict=False)
    return f" {and_} ".join(
        f"{left}{written(a, dialect)} = {right}{written(b, dialect)}" for a, b in pairs
    )


def _described(key: ForeignKey) -> str:
    return f"{key.relation} → {key.referenced}"


def _by_names(snapshot: Snapshot, new: Shown, other: Shown) -> Iterator[str]:
    """`x.customer_id = customers.id`, and columns that both have and that are no plain `id`."""
    if new.name is None or other.name is None:
        return
    dialect = snapshot.dialect
    mine = {snapshot.key(c.name): c.name for c in new.columns or ()}
    theirs = {snapshot.key(c.name): c.name for c in other.columns or ()}
    left, right = spelled(other.name, dialect), spelled(new.name, dialect)
    for key, name in mine.items():
        if key in theirs and key.lower() not in {
            "id",
            "name",
            "comment",
            "created_at",
            "updated_at",
        }:
            yield f"{left}.{written(theirs[key], dialect)} = {right}.{written(name, dialect)}"
    for holder, columns, target, keys in ((left, theirs, new, mine), (right, mine, other, theirs)):
        table = target.relation.name if target.relation else ""
        id_ = next((name for key, name in keys.items() if key.lower() == "id"), None)
        for key, name in columns.items():
            if id_ and table and key.lower() == f"{_singular(table.lower())}_id":
                referenced = right if target is new else left
                yield f"{holder}.{written(name, dialect)} = {referenced}.{written(id_, dialect)}"


def _singular(table: str) -> str:
    """The usual singular of a table's name.

    >>> [_singular(name) for name in ("orders", "companies", "address", "person")]
    ['order', 'company', 'address', 'person']
    """
    if table.endswith("ies"):
        return f"{table[:-3]}y"
    return table[:-1] if table.endswith("s") and not table.endswith("ss") else table


def joined_tables(
    snapshot: Snapshot, others: Sequence[Shown], *, on: str, and_: str
) -> Iterator[Proposal]:
    """Tables that foreign keys lead to from those in FROM, each with an alias and its condition.

    Args:
        snapshot: The catalogue.
        others: What is in FROM so far.
        on: The word ON as the user writes it.
        and_: The word AND.
    """
    taken = {shown.name.text.lower() for shown in others if shown.name is not None}
    for shown in others:
        if shown.relation is None:
            continue
        for foreign in snapshot.keys_of(shown.relation):
            for other, holds in _other_ends(snapshot, foreign, shown.relation):
                alias = Name(alias_of(other.name, taken, snapshot.dialect))
                ends = (alias, shown.name) if holds else (shown.name, alias)
                condition = _condition(snapshot, foreign, ends, and_)
                table = qualified(snapshot, other)
                text = f"{table} {alias.text} {on} {condition}"
                yield Proposal(text, _described(foreign), is_key=True, relation=other)


def _other_ends(
    snapshot: Snapshot, key: ForeignKey, relation: Relation
) -> Iterator[tuple[Relation, bool]]:
    """The relations at the other end of a key, and whether they are its holder."""
    for schema, name, holds in (
        (key.schema, key.relation, True),
        (key.referenced_schema, key.referenced, False),
    ):
        path = [Name(part, is_quoted=True) for part in (key.database, schema, name) if part]
        found = snapshot.find(path)
        mine = key.referenced if holds else key.relation
        if found is not None and snapshot.key(mine) == snapshot.key(relation.name):
            yield found, holds


def qualified(snapshot: Snapshot, relation: Relation) -> str:
    """A relation's name, with its schema and database where it needs them."""
    parts = [relation.name]
    if snapshot.is_hidden(relation):
        parts.insert(0, relation.schema)
        if relation.database and relation.database != snapshot.current_database:
            parts.insert(0, relation.database)
    return ".".join(written(part, snapshot.dialect) for part in parts if part)


_WORD = re.compile(r"[^\W_]+")
_WORD_STARTS = re.compile(r"(?<![^\W_])[^\W_]|(?<=[a-z0-9])[A-Z]")


def alias_of(name: str, taken: set[str], dialect: Dialect) -> str:
    """A short name for a table: the first letters of its words, with a number if need be.

    >>> from tusk.core.dialect import POSTGRES
    >>> alias_of("order_items", {"o"}, POSTGRES), alias_of("orders", {"o"}, POSTGRES)
    ('oi', 'o2')
    >>> alias_of("OrderItems", set(), POSTGRES), alias_of("a_s", set(), POSTGRES)
    ('oi', 'as2')
    """
    letters = "".join(_WORD_STARTS.findall(name)).lower()
    base = letters if letters.isascii() and letters.isalpha() else "t"
    for number in count(1):
        alias = base if number == 1 else f"{base}{number}"
        if alias not in taken and written(alias, dialect) == alias:
            return alias
    raise AssertionError  # count never ends
