"""The catalogue as completion needs it: small, immutable, indexed by name."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tusk.services.completion.tree import Name, name_key

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect


class Column(NamedTuple):
    """A column and its type, which is empty when unknown."""

    name: str
    type: str = ""
    comment: str = ""


_MOST_PATHS = 8
# What a function's name begins with; operators are listed by some engines too.
_WORD = re.compile(r"[^\W\d]")


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a view or what else has columns.

    Args:
        kind: In the catalogue's words (`table`, `view` …).
        names: Of its columns, in order.
        types: Of its columns.
        comments: Of those columns that have one, by name.
        generated: Columns that an INSERT cannot fill.
        is_system: It belongs to the engine.
    """

    schema: str
    name: str
    kind: str = "table"
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    database: str = ""
    comment: str = ""
    comments: Mapping[str, str] = field(default_factory=dict[str, str])
    generated: frozenset[str] = frozenset()
    is_system: bool = False

    @property
    def columns(self) -> list[Column]:
        """Its columns."""
        comments = self.comments
        pairs = zip(self.names, self.types, strict=True)
        return [Column(name, type_, comments.get(name, "")) for name, type_ in pairs]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that refer to those of another table."""

    schema: str
    relation: str
    columns: tuple[str, ...]
    referenced_schema: str
    referenced: str
    referenced_columns: tuple[str, ...]
    database: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """One signature of a function.

    Args:
        kind: `function`, `aggregate`, `window`, `procedure`, `table` or `macro`.
        arguments: As the catalogue writes them: names, types, defaults.
        result: Type; empty when unknown.
        options: Names of arguments that are given by name only.
    """

    schema: str
    name: str
    kind: str
    arguments: tuple[str, ...]
    result: str = ""
    comment: str = ""
    is_system: bool = True
    options: tuple[str, ...] = ()

    @property
    def returns_rows(self) -> bool:
        """Whether it can stand in FROM, as far as its result tells."""
        return self.kind == "table" or self.result.startswith(("SETOF ", "TABLE("))

    @property
    def signature(self) -> str:
        """As it is shown.

        >>> Function("", "abs", "function", ("x double",), "double").signature
        'abs(x double) → double'
        """
        result = f" → {self.result}" if self.result else ""
        return f"{self.name}({', '.join(self.arguments)}){result}"


@dataclass(frozen=True)
class Snapshot:
    """What a database holds at one moment. Never changed, so it may be read from any thread.

    Args:
        dialect: How its names are compared.
        relations: All of them.
        schemas: Names of schemas, system ones last.
        databases: Names that may stand before a schema's.
        search_path: Where names without a schema are looked for, in order.
        functions: All signatures.
        foreign_keys: All of them.
        types: Names of types, besides those that every database of the engine has.
        current_database: What names without a database mean.
        settings: Names of settings and what they are for.
    """

    dialect: Dialect
    relations: tuple[Relation, ...] = ()
    schemas: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    search_path: tuple[str, ...] = ()
    functions: tuple[Function, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    types: tuple[str, ...] = ()
    current_database: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    def with_search_path(self, path: Sequence[str]) -> Snapshot:
        """The same catalogue seen from a session with another search path.

        What the engine looks through before it (`pg_catalog`, temporary tables) stays. The answer is
        kept, with its indexes.
        """
        implicit = [s for s in self.search_path if s.startswith("pg_") and s not in path]
        wanted = (*implicit, *path)
        if wanted == self.search_path:
            return self
        found = self._seen_from.get(wanted)
        if found is None:
            found = self._seen_from[wanted] = replace(self, search_path=wanted)
            while len(self._seen_from) > _MOST_PATHS:
                self._seen_from.pop(next(iter(self._seen_from)))
        return found

    @cached_property
    def _seen_from(self) -> dict[tuple[str, ...], Snapshot]:
        return {}

    def key(self, name: str) -> str:
        """What the engine compares a name of the catalogue by."""
        return name_key(name, self.dialect)

    # ── relations ────────────────────────────────────────────────────────────────────────

    @cached_property
    def _by_name(self) -> dict[str, tuple[Relation, ...]]:
        found: dict[str, list[Relation]] = {}
        for relation in self.relations:
            found.setdefault(self.key(relation.name), []).append(relation)
        return {name: tuple(relations) for name, relations in found.items()}

    @cached_property
    def _path_keys(self) -> dict[str, int]:
        keys: dict[str, int] = {}
        for rank, schema in enumerate(self.search_path):
            keys.setdefault(self.key(schema), rank)
        return keys

    @cached_property
    def schema_keys(self) -> frozenset[str]:
        """Keys of all schemas."""
        return frozenset(map(self.key, self.schemas))

    @cached_property
    def database_keys(self) -> frozenset[str]:
        """Keys of all databases."""
        return frozenset(map(self.key, self.databases))

    def is_off_path(self, schema: str) -> bool:
        """Whether names in a schema need its name before them; empty for what has no schema."""
        return bool(schema and self._path_keys) and self.key(schema) not in self._path_keys

    def path_rank(self, relation: Relation) -> int | None:
        """The place of a relation's schema on the search path, None when it is not on it."""
        if relation.database and self.key(relation.database) != self.key(self.current_database):
            return None
        return self._path_keys.get(self.key(relation.schema))

    def find(self, path: Sequence[Name]) -> Relation | None:
        """The relation that a name with dots means, None when there is none."""
        if not path:
            return None
        keys = [name.key(self.dialect) for name in path]
        found = [r for r in self._by_name.get(keys[-1], ()) if self._is_in(r, keys[:-1])]
        if len(keys) == 1:
            placed = [(rank, r) for r in found if (rank := self.path_rank(r)) is not None]
            return min(placed, key=lambda pair: pair[0])[1] if placed else None
        found.sort(key=lambda r: self.key(r.database) != self.key(self.current_database))
        return found[0] if found else None

    def _is_in(self, relation: Relation, keys: Sequence[str]) -> bool:
        """Whether a relation is in the schema, and the database, that stand before a name."""
        schema, database = self.key(relation.schema), self.key(relation.database)
        if len(keys) == 1:
            # DuckDB: the default schema of a database can be left out.
            is_default = schema in {"main", "public"} and database == keys[0]
            return is_default or schema == keys[0]
        return not keys or [database, schema] == list(keys[-2:])

    def is_hidden(self, relation: Relation) -> bool:
        """Whether its name alone means another relation, or none."""
        found = self.find([Name(relation.name, is_quoted=True)])
        return found is not relation

    @cached_property
    def listed(self) -> list[tuple[Relation, int | None, str]]:
        """All relations with their place on the search path and the text that means them."""
        from tusk.services.completion.joins import qualified

        return [(each, self.path_rank(each), qualified(self, each)) for each in self.relations]

    def in_schema(self, keys: Sequence[str]) -> list[Relation]:
        """The relations of a schema, given by its key and, before it, the database's."""
        return [relation for relation in self.relations if self._is_in(relation, keys)]

    @cached_property
    def column_index(self) -> ColumnIndex:
        """All columns by the start of their name."""
        return ColumnIndex(self.relations, self.dialect)

    # ── foreign keys ─────────────────────────────────────────────────────────────────────

    @cached_property
    def _keys_of(self) -> dict[tuple[str, str], tuple[ForeignKey, ...]]:
        found: dict[tuple[str, str], list[ForeignKey]] = {}
        for foreign in self.foreign_keys:
            for end in {
                (foreign.schema, foreign.relation),
                (foreign.referenced_schema, foreign.referenced),
            }:
                found.setdefault((self.key(end[0]), self.key(end[1])), []).append(foreign)
        return {end: tuple(keys) for end, keys in found.items()}

    def keys_of(self, relation: Relation) -> tuple[ForeignKey, ...]:
        """Foreign keys from or to a relation."""
        found = self._keys_of.get((self.key(relation.schema), self.key(relation.name)), ())
        return tuple(k for k in found if k.database == relation.database)

    # ── functions ────────────────────────────────────────────────────────────────────────

    @cached_property
    def functions_by_name(self) -> dict[str, tuple[Function, ...]]:
        """Signatures by the key of their name."""
        found: dict[str, list[Function]] = {}
        for function in self.functions:
            found.setdefault(function.name.lower(), []).append(function)
        return {name: tuple(signatures) for name, signatures in found.items()}

    @cached_property
    def function_names(self) -> list[tuple[str, Function, int, frozenset[str]]]:
        """Names with their first signature, the number of others, and keys of their schemas."""
        # A name may be that of a function and of a table function.
        found: dict[tuple[str, str], list[Function]] = {}
        for function in self.functions:
            if _WORD.match(function.name):
                use = function.kind if function.kind in {"table", "procedure"} else ""
                found.setdefault((function.name, use), []).append(function)
        return [
            (name, same[0], len(same) - 1, frozenset(self.key(f.schema) for f in same))
            for (name, _), same in found.items()
        ]

    def warm(self) -> None:
        """Build the indexes now, so that no key press waits for them."""
        _ = (self._by_name, self._path_keys, self._keys_of, self.functions_by_name)
        _ = (self.schema_keys, self.database_keys, self.listed, self.function_names)
        self.column_index.starting_with("a", 1)


class ColumnIndex:
    """Names of columns in order, for a prefix to be found by bisection."""

    def __init__(self, relations: Iterable[Relation], dialect: Dialect) -> None:
        first: dict[str, tuple[str, Relation]] = {}
        for relation in relations:
            if not relation.is_system:
                for name in relation.names:
                    first.setdefault(name, (name, relation))
        ordered = sorted(first.items(), key=lambda item: item[0].lower())
        self._keys = [name.lower() for name, _ in ordered]
        self._columns = [column for _, column in ordered]

    def starting_with(self, prefix: str, limit: int) -> Iterator[tuple[str, Relation]]:
        """Distinct column names that start with a text, each with one relation that has it."""
        wanted = prefix.lower()
        at = bisect_left(self._keys, wanted)
        while limit and at < len(self._keys) and self._keys[at].startswith(wanted):
            yield self._columns[at]
            at += 1
            limit -= 1


_STRUCT = re.compile(r"\s*STRUCT\s*\(", re.IGNORECASE)


def struct_fields(type_: str) -> list[Column]:
    """The fields of a DuckDB STRUCT type.

    >>> [f.name for f in struct_fields('STRUCT(a INTEGER, "b c" STRUCT(d DECIMAL(4,2), e TEXT))')]
    ['a', 'b c']
    >>> struct_fields("INTEGER")
    []
    """
    match = _STRUCT.match(type_)
    if match is None or type_.rstrip().endswith("]"):
        return []
    return [
        _field(part) for part in split_arguments(type_[match.end() : type_.rstrip().rfind(")")])
    ]


_FIELD_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"|(\S+))\s*')


def _field(text: str) -> Column:
    match = _FIELD_NAME.match(text)
    if match is None:
        return Column(text.strip())
    name = match[2] if match[1] is None else match[1].replace('""', '"')
    return Column(name, text[match.end() :].strip())


def split_arguments(text: str) -> list[str]:
    """The parts of a list at its commas outside of brackets and quotes.

    >>> split_arguments("a numeric(10,2), b text DEFAULT 'x,y'::text")
    ['a numeric(10,2)', "b text DEFAULT 'x,y'::text"]
    >>> split_arguments(" ")
    []
    """
    parts: list[str] = []
    depth, start, quote = 0, 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    parts.append(text[start:].strip())
    return parts if parts != [""] else []
