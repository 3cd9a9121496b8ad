"""The reader that needs nothing but an engine's SQL files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tusk.catalog.ddl import DdlWriter, open_ddl, script
from tusk.catalog.details import UNREADABLE, general_sections, read_sections
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
    Relation,
    RelationParts,
    Schema,
    SchemaCounts,
    Section,
    SequenceInfo,
)
from tusk.catalog.rows import fetch
from tusk.catalog.sqlfiles import SqlFiles
from tusk.core.errors import QueryError, UsageError

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.engines.base import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Version:
    version: int


class SqlReader:
    """`CatalogReader` for engines whose catalogue is a set of views: all but SQLite.

    Args:
        session: Used by one call at a time; stays the caller's to close.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files = SqlFiles.load(session.dialect.name)
        self._version: int | None = None
        self._ddl: DdlWriter | None = None

    @property
    def dialect(self) -> Dialect:
        """See `CatalogReader`."""
        return self._session.dialect

    def databases(self) -> list[Database]:
        """See `CatalogReader`."""
        return self._read(Database, "databases")

    def schemas(self, database: str | None = None) -> list[Schema]:
        """See `CatalogReader`."""
        return self._read(Schema, "schemas", database=database)

    def counts(self, schema: str, *, database: str | None = None) -> SchemaCounts:
        """See `CatalogReader`."""
        found = self._read(SchemaCounts, "counts", database=database, schema=schema)
        return found[0] if found else SchemaCounts()

    def relations(
        self, schema: str | None = None, *, database: str | None = None
    ) -> list[Relation]:
        """See `CatalogReader`."""
        return self._read(Relation, "relations", database=database, schema=schema)

    def partitions(self, parent: Relation) -> list[Relation]:
        """See `CatalogReader`."""
        return self._read(
            Relation,
            "relations",
            database=parent.database,
            parent_schema=parent.schema,
            parent=parent.name,
        )

    def parts(self, relation: Relation) -> RelationParts:
        """See `CatalogReader`."""
        found = self._read(
            RelationParts,
            "parts",
            database=relation.database,
            schema=relation.schema,
            relation=relation.name,
        )
        return found[0] if found else RelationParts()

    def columns(
        self, schema: str | None = None, relation: str | None = None, *, database: str | None = None
    ) -> list[Column]:
        """See `CatalogReader`."""
        return self._read(Column, "columns", database=database, schema=schema, relation=relation)

    def keys(
        self, schema: str | None = None, relation: str | None = None, *, database: str | None = None
    ) -> list[Key]:
        """See `CatalogReader`."""
        return self._read(Key, "keys", database=database, schema=schema, relation=relation)

    def indexes(
        self, schema: str | None = None, relation: str | None = None, *, database: str | None = None
    ) -> list[Index]:
        """See `CatalogReader`."""
        return self._read(Index, "indexes", database=database, schema=schema, relation=relation)

    def functions(
        self, schema: str | None = None, *, database: str | None = None
    ) -> list[Function]:
        """See `CatalogReader`."""
        return self._read(Function, "functions", database=database, schema=schema)

    def sequences(
        self, schema: str | None = None, *, database: str | None = None
    ) -> list[SequenceInfo]:
        """See `CatalogReader`."""
        return self._read(SequenceInfo, "sequences", database=database, schema=schema)

    def enums(self, schema: str | None = None, *, database: str | None = None) -> list[EnumType]:
        """See `CatalogReader`."""
        return self._read(EnumType, "enums", database=database, schema=schema)

    def database_counts(self, database: str) -> DatabaseCounts:
        """See `CatalogReader`."""
        found = self._read(DatabaseCounts, "database_counts", database=database)
        return found[0] if found else DatabaseCounts()

    def items(
        self,
        kind: str,
        *,
        database: str | None = None,
        schema: str | None = None,
        relation: str | None = None,
    ) -> list[Item]:
        """See `CatalogReader`."""
        bare = kind.removeprefix("system_")
        return self._read(
            Item,
            f"items_{bare}",
            database=database,
            schema=schema,
            relation=relation,
            is_system="false" if bare == kind else "true",
        )

    def sections(self, object_: CatalogObject) -> list[Section]:
        """See `CatalogReader`."""
        has_number = bool(object_.oid)
        version = self._server_version() if has_number else 0
        sections = [] if has_number else general_sections(self, object_)
        sections += read_sections(self._session, self._files, version, object_)
        return sections + (self._definition(object_) if isinstance(object_, Item) else [])

    def _definition(self, item: Item) -> list[Section]:
        """What makes an object of a smaller kind: the most that can be told of it."""
        try:
            return [Section("Definition", ("statement",), [(script(self.ddl(item)),)])]
        except UsageError:
            return []
        except QueryError as exc:
            return [Section("Definition", UNREADABLE, [(exc.message,)])]

    def ddl(self, object_: CatalogObject, *, is_whole: bool = False) -> list[str]:
        """See `CatalogReader`."""
        if self._ddl is None:
            self._ddl = open_ddl(self, self._session, self._server_version)
        return self._ddl.statements(object_, is_whole=is_whole)

    def _read(self, cls: type[T], kind: str, **names: str | None) -> list[T]:
        """Run the query of a kind; names that are not given stand for all of them."""
        version = self._server_version() if self._files.depends_on_version(kind) else 0
        query = self._files.get(kind, version)
        if query is None:
            return []
        return fetch(self._session, query, names, cls)

    def _server_version(self) -> int:
        """The server's version as it counts itself; asked for once."""
        if self._version is None:
            query = self._files.queries["version.sql"]
            (answer,) = fetch(self._session, query, {}, _Version)
            self._version = answer.version
        return self._version
