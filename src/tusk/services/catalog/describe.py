"""The catalogue as tables, for `tusk schema` in any output format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tusk.services.catalog.patterns import parse_pattern

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogReader, Column, Index, Key, Relation

# A row of a table: values by column name.
_Row = dict[str, Any]
# Database and schema.
_Place = tuple[str, str]
# Beyond so many schemas, one statement that reads them all is cheaper than one for each.
_FEW_SCHEMAS = 3

_RELATIONS: list[tuple[str, pa.DataType]] = [
    ("database", pa.string()),
    ("schema", pa.string()),
    ("name", pa.string()),
    ("kind", pa.string()),
    ("estimated_rows", pa.int64()),
    ("size_bytes", pa.int64()),
    ("comment", pa.string()),
]
_PARTS: list[tuple[str, pa.DataType]] = [
    ("database", pa.string()),
    ("schema", pa.string()),
    ("relation", pa.string()),
    ("part", pa.string()),
    ("position", pa.int32()),
    ("name", pa.string()),
    ("type", pa.string()),
    ("nullable", pa.bool_()),
    ("definition", pa.string()),
    ("comment", pa.string()),
]


def list_table(reader: CatalogReader, pattern: str = "") -> pa.Table:
    """The relations that match a pattern, one row each.

    Args:
        reader: See `tusk.catalog.open_catalog`.
        pattern: See `tusk.services.catalog.patterns.parse_pattern`; empty for everything that
            is not in a system schema.

    Raises:
        UsageError: The pattern makes no sense.
        QueryError: The server refused.
    """
    rows = [
        {
            "database": relation.database,
            "schema": relation.schema,
            "name": relation.name,
            "kind": relation.kind.value,
            "estimated_rows": relation.estimated_rows,
            "size_bytes": relation.size_bytes,
            "comment": relation.comment or None,
        }
        for relation in _matching(reader, pattern)[0]
    ]
    return _table(rows, _RELATIONS)


def describe_table(reader: CatalogReader, pattern: str) -> pa.Table:
    """Columns, keys and indexes of the relations that match a pattern, one row each.

    The rows of a relation stand together, in the order of `list_table`. `type` is a column's
    type, a key's kind, `index` or `unique index`; `definition` is a column's default, or the
    text of a key or index.

    Args:
        reader: See `tusk.catalog.open_catalog`.
        pattern: See `list_table`.

    Raises:
        UsageError: The pattern makes no sense.
        QueryError: The server refused.
    """
    relations, system = _matching(reader, pattern)
    rows: dict[tuple[str, str, str], list[_Row]] = {
        (r.database, r.schema, r.name): [] for r in relations
    }
    for scope in _scopes(relations, system):
        parts = [
            *map(
                _column_row, reader.columns(scope.schema, scope.relation, database=scope.database)
            ),
            *map(_key_row, reader.keys(scope.schema, scope.relation, database=scope.database)),
            *map(_index_row, reader.indexes(scope.schema, scope.relation, database=scope.database)),
        ]
        for row in parts:
            found = rows.get((row["database"], row["schema"], row["relation"]))
            if found is not None:
                found.append(row)
    return _table([row for found in rows.values() for row in found], _PARTS)


def _matching(reader: CatalogReader, text: str) -> tuple[list[Relation], set[_Place]]:
    """Relations that match, and which system schemas they were looked for in.

    System schemas count only where the pattern says something about schemas.
    """
    pattern = parse_pattern(text, reader.dialect)
    found = reader.relations()
    system: set[_Place] = set()
    if pattern.has_schema:
        for schema in reader.schemas():
            if schema.is_system and pattern.matches_schema(schema):
                system.add((schema.database, schema.name))
                found += reader.relations(schema.name, database=schema.database)
    return [relation for relation in found if pattern.matches(relation)], system


@dataclass(frozen=True, slots=True)
class _Scope:
    """What to read with one statement per kind."""

    database: str | None = None
    schema: str | None = None
    relation: str | None = None


def _scopes(relations: list[Relation], system: set[_Place]) -> list[_Scope]:
    """Few reads that cover the relations without reading much else."""
    if len(relations) == 1:
        (only,) = relations
        return [_Scope(only.database, only.schema, only.name)]
    schemas = dict.fromkeys((r.database, r.schema) for r in relations)
    ordinary = [place for place in schemas if place not in system]
    if len(ordinary) <= _FEW_SCHEMAS:
        return [_Scope(*place) for place in schemas]
    return [_Scope(), *(_Scope(*place) for place in schemas if place in system)]


def _column_row(column: Column) -> _Row:
    return {
        **_place(column),
        "part": "column",
        "position": column.position,
        "type": column.type,
        "nullable": column.is_nullable,
        "definition": column.default or None,
        "comment": column.comment or None,
    }


def _key_row(key: Key) -> _Row:
    return {**_place(key), "part": "key", "type": key.kind.value, "definition": key.definition}


def _index_row(index: Index) -> _Row:
    return {
        **_place(index),
        "part": "index",
        "type": "unique index" if index.is_unique else "index",
        "definition": index.definition or None,
    }


def _place(part: Column | Key | Index) -> _Row:
    return {
        "database": part.database,
        "schema": part.schema,
        "relation": part.relation,
        "name": part.name or None,
    }


def _table(rows: list[_Row], fields: list[tuple[str, pa.DataType]]) -> pa.Table:
    columns = [pa.array([_storable(row.get(name)) for row in rows], kind) for name, kind in fields]
    return pa.Table.from_arrays(columns, names=[name for name, _ in fields])


def _storable(value: Any) -> Any:
    """Arrow text is UTF-8: bytes that are none, kept in a name as surrogates, become U+FFFD."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return value
