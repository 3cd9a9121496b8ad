"""The reader for SQLite, whose catalogue is one table per attached database and pragmas."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tusk.catalog.ddl.embedded import Kept, no_ddl, relation_of
from tusk.catalog.details import general_sections
from tusk.catalog.names import written
from tusk.catalog.objects import (
    CatalogObject,
    Column,
    Database,
    DatabaseCounts,
    EnumType,
    Function,
    Index,
    Item,
    Key,
    KeyKind,
    Relation,
    RelationParts,
    Schema,
    SchemaCounts,
    Section,
    SequenceInfo,
)
from tusk.catalog.rows import fetch
from tusk.catalog.sqlfiles import SqlFiles
from tusk.catalog.sqlite_text import TableText, index_items, read_table
from tusk.core.dialect import SQLITE, check_identifier, quote_identifier
from tusk.core.errors import QueryError

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.engines.base import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Count:
    found: int


@dataclass(frozen=True, slots=True)
class _Statistic:
    relation: str
    rows: int


@dataclass(frozen=True, slots=True)
class _ColumnRow:
    relation: str
    position: int
    name: str
    type: str
    is_nullable: bool
    default: str
    is_primary_key: bool
    hidden: int
    sql: str


@dataclass(frozen=True, slots=True)
class _KeyRow:
    relation: str
    kind: KeyKind
    id: str
    position: int
    name: str
    referenced: str
    referenced_column: str
    actions: str


@dataclass(frozen=True, slots=True)
class _TableRow:
    relation: str
    sql: str


@dataclass(frozen=True, slots=True)
class _IndexRow:
    relation: str
    name: str
    position: int
    column_name: str | None
    is_unique: bool
    is_primary: bool
    definition: str


class SqliteReader:
    """`CatalogReader` for SQLite: `main`, `temp` and attached databases are its schemas.

    It sends a statement per kind and schema, not one for all schemas: SQLite has no view over
    several of them.

    Args:
        session: Used by one call at a time; stays the caller's to close.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files = SqlFiles.load("sqlite")
        path = session.target.parameters.get("path", "")
        self._database = Path(path).name or ":memory:"

    @property
    def dialect(self) -> Dialect:
        """See `CatalogReader`."""
        return self._session.dialect

    def databases(self) -> list[Database]:
        """See `CatalogReader`."""
        return [Database(self._database, is_current=True, is_open=True)]

    def schemas(self, database: str | None = None) -> list[Schema]:
        """See `CatalogReader`."""
        return self._read(Schema, "schemas") if self._is_mine(database) else []

    def counts(self, schema: str, *, database: str | None = None) -> SchemaCounts:
        """See `CatalogReader`."""
        found = self._each_schema(
            schema, database, lambda name: self._read(SchemaCounts, "counts", name)
        )
        return found[0] if found else SchemaCounts()

    def relations(
        self, schema: str | None = None, *, database: str | None = None
    ) -> list[Relation]:
        """See `CatalogReader`."""
        return self._each_schema(schema, database, self._relations)

    def partitions(self, parent: Relation) -> list[Relation]:
        """Nothing: SQLite has none."""
        return []

    def parts(self, relation: Relation) -> RelationParts:
        """See `CatalogReader`."""
        names = (relation.schema, relation.name)
        return RelationParts(
            columns=len(self.columns(*names)),
            keys=len(self.keys(*names)),
            indexes=len(self.indexes(*names)),
            triggers=len(self.items("triggers", schema=relation.schema, relation=relation.name)),
        )

    def columns(
        self, schema: str | None = None, relation: str | None = None, *, database: str | None = None
    ) -> list[Column]:
        """See `CatalogReader`."""
        return self._each_schema(schema, database, lambda name: self._columns(name, relation))

    def keys(
        self, schema: str | None = None, relation: str | None = None, *, database: str | None = None
    ) -> list[Key]:
        """See `CatalogReader`."""
        return self._each_schema(schema, database, lambda name: self._keys(name, relation))

    def indexes(
        self, schema: str | None = None, relation: str | None = None, *, database: str | None = None
    ) -> list[Index]:
        """See `CatalogReader`."""
        return self._each_schema(schema, database, lambda name: self._indexes(name, relation))

    def functions(
        self, schema: str | None = None, *, database: str | None = None
    ) -> list[Function]:
        """Nothing: functions belong to the program, not to the database."""
        return []

    def sequences(
        self, schema: str | None = None, *, database: str | None = None
    ) -> list[SequenceInfo]:
        """Nothing: SQLite has none."""
        return []

    def enums(self, schema: str | None = None, *, database: str | None = None) -> list[EnumType]:
        """Nothing: SQLite has none."""
        return []

    def database_counts(self, database: str) -> DatabaseCounts:
        """Nothing: all that SQLite has is in a schema."""
        return DatabaseCounts()

    def items(
        self,
        kind: str,
        *,
        database: str | None = None,
        schema: str | None = None,
        relation: str | None = None,
    ) -> list[Item]:
        """Triggers; SQLite has none of the others."""
        if kind != "triggers" or not self._is_mine(database) or not schema:
            return []
        return self._read(Item, "items_triggers", schema, relation)

    def sections(self, object_: CatalogObject) -> list[Section]:
        """See `CatalogReader`."""
        sections = general_sections(self, object_)
        if isinstance(object_, Relation | Item):
            kept = [(sql,) for sql in self.ddl(object_)]
            sections.append(Section("Statements", ("as SQLite keeps them",), kept))
        return sections

    def ddl(self, object_: CatalogObject, *, is_whole: bool = False) -> list[str]:
        """See `CatalogReader`. A database has no statement, so it is always what is in it."""
        if isinstance(object_, Database):
            found = self._read(Kept, "ddl", "main")
        elif isinstance(object_, Schema):
            found = self._read(Kept, "ddl", object_.name) if is_whole else []
        elif isinstance(object_, Index | Item) and object_.name:
            found = self._read(Kept, "ddl", object_.schema, name=object_.name)
        else:
            found = []
        relation = relation_of(object_)
        if not found and relation is not None:
            found = self._read(Kept, "ddl", relation[1], relation[2])
        if not found:
            raise no_ddl(object_)
        return [kept.sql for kept in found]

    # ── per schema ───────────────────────────────────────────────────────────────────────

    def _relations(self, schema: str) -> list[Relation]:
        found = self._read(Relation, "relations", schema)
        (statistics,) = self._read(_Count, "has_statistics", schema)
        if not statistics.found:
            return found
        rows = {s.relation: s.rows for s in self._read(_Statistic, "statistics", schema)}
        return [dataclasses.replace(r, estimated_rows=rows.get(r.name)) for r in found]

    def _columns(self, schema: str, relation: str | None) -> list[Column]:
        rows = self._read_parts(_ColumnRow, "columns", schema, relation)
        return [self._column(schema, row) for row in rows]

    def _column(self, schema: str, row: _ColumnRow) -> Column:
        default = row.default
        if row.hidden:
            expression = read_table(row.sql).generated.get(row.name.lower(), "")
            default = f"generated always as ({expression})" + " stored" * (row.hidden == 3)
        return Column(
            database=self._database,
            schema=schema,
            relation=row.relation,
            position=row.position,
            name=row.name,
            type=row.type,
            is_nullable=row.is_nullable,
            default=default,
            is_primary_key=row.is_primary_key,
        )

    def _keys(self, schema: str, relation: str | None) -> list[Key]:
        rows = self._read_parts(_KeyRow, "keys", schema, relation)
        texts = {
            table.relation: read_table(table.sql)
            for table in self._read(_TableRow, "tables", schema, relation)
        }
        found = [
            self._key(schema, list(parts), texts)
            for _, parts in groupby(rows, lambda row: (row.relation, row.kind, row.id))
        ]
        for name, text in texts.items():
            found += [
                Key(
                    database=self._database,
                    schema=schema,
                    relation=name,
                    name=check.name,
                    kind=KeyKind.CHECK,
                    columns=check.columns,
                    definition=check.definition,
                )
                for check in text.checks
            ]
        return sorted(found, key=lambda key: (key.relation, key.name, key.definition))

    def _key(self, schema: str, parts: list[_KeyRow], texts: dict[str, TableText]) -> Key:
        first = parts[0]
        columns = tuple(part.name for part in parts)
        definition = f"{first.kind.value.upper()} ({_listed(columns)})"
        referenced_columns = tuple(p.referenced_column for p in parts if p.referenced_column)
        if first.kind is KeyKind.FOREIGN:
            definition += f" REFERENCES {written(first.referenced, SQLITE)}"
            definition += f" ({_listed(referenced_columns)})" if referenced_columns else ""
            definition += first.actions
        names = texts[first.relation].names
        lowered = tuple(column.lower() for column in columns)
        return Key(
            database=self._database,
            schema=schema,
            relation=first.relation,
            name=names.get((first.kind, lowered, first.referenced.lower()), ""),
            kind=first.kind,
            columns=columns,
            definition=definition,
            referenced_schema=schema if first.referenced else "",
            referenced=first.referenced,
            referenced_columns=referenced_columns,
        )

    def _indexes(self, schema: str, relation: str | None) -> list[Index]:
        rows = self._read_parts(_IndexRow, "indexes", schema, relation)
        return [
            self._index(schema, list(parts))
            for _, parts in groupby(rows, lambda row: (row.relation, row.name))
        ]

    def _index(self, schema: str, parts: list[_IndexRow]) -> Index:
        first = parts[0]
        items = index_items(first.definition)
        return Index(
            database=self._database,
            schema=schema,
            relation=first.relation,
            name=first.name,
            columns=tuple(
                items[part.position] if part.column_name is None else part.column_name
                for part in parts
            ),
            is_unique=first.is_unique,
            is_primary=first.is_primary,
            definition=first.definition,
        )

    # ── statements ───────────────────────────────────────────────────────────────────────

    def _is_mine(self, database: str | None) -> bool:
        return database is None or database == self._database

    def _each_schema(
        self, schema: str | None, database: str | None, read: Callable[[str], list[T]]
    ) -> list[T]:
        if not self._is_mine(database):
            return []
        names = [s.name for s in self.schemas()] if schema is None else [schema]
        return [item for name in names for item in read(name)]

    def _read_parts(self, cls: type[T], kind: str, schema: str, relation: str | None) -> list[T]:
        """Read what relations have; for all of them, leave out those that cannot be read.

        One view of a table that is gone, a virtual table without its module or a name that is
        no UTF-8 would fail the statement for all.
        """
        try:
            return self._read(cls, kind, schema, relation)
        except QueryError:
            if relation is not None:
                raise
        found: list[T] = []
        for readable in self._read(Relation, "relations", schema):
            with suppress(QueryError):
                found += self._read(cls, kind, schema, readable.name)
        return found

    def _read(
        self,
        cls: type[T],
        kind: str,
        schema: str = "",
        relation: str | None = None,
        name: str | None = None,
    ) -> list[T]:
        query = self._files.queries[f"{kind}.sql"]
        if schema:
            # The one place where a name goes into SQL: no pragma reads the schema table of an
            # attached database, and the driver has no way to compose identifiers.
            place = quote_identifier(check_identifier(schema, self.dialect))
            query = query.replace("{schema}", place)
        names = {
            "database": self._database, "schema": schema, "relation": relation, "name": name,
        }  # fmt: skip
        return fetch(self._session, query, names, cls)


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(written(column, SQLITE) for column in columns)
