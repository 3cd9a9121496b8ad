"""DDL of the engines that run in this process: they keep the statements, or their parts.

DuckDB's own text has faults that are mended here (1.5): foreign keys name their table without
quotes, sequences lack their schema. Macros' default values it does not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from tusk.catalog.names import written
from tusk.catalog.objects import (
    CatalogObject,
    Column,
    Database,
    EnumType,
    Function,
    Index,
    Item,
    Key,
    KeyKind,
    Relation,
    Schema,
    SequenceInfo,
)
from tusk.catalog.rows import fetch
from tusk.catalog.sqlfiles import Query, SqlFiles
from tusk.core.dialect import DUCKDB, quote_text
from tusk.core.errors import UsageError
from tusk.core.statement import split

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogReader
    from tusk.engines.base import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """A statement that the engine keeps."""

    sql: str
    oid: int = 0


@dataclass(frozen=True, slots=True)
class _Sequence:
    name: str
    start_value: int
    min_value: int
    max_value: int
    increment_by: int
    cycle: bool


@dataclass(frozen=True, slots=True)
class _Macro:
    name: str
    is_table: bool
    definition: str
    parameters: Sequence[str] = field(default=())


class KeptDdl:
    """DDL of DataFusion: what it keeps of views.

    Args:
        session: Used by one call at a time.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files = SqlFiles.load(session.dialect.name)

    def statements(self, object_: CatalogObject, *, is_whole: bool = False) -> list[str]:
        """See `CatalogReader.ddl`."""
        relation = relation_of(object_)
        if relation is None:
            raise no_ddl(object_)
        database, schema, name = relation
        names = {"database": database, "schema": schema, "name": name}
        query = self._files.queries["ddl_relation.sql"]
        found = [kept.sql for kept in fetch(self._session, query, names, Kept)]
        if not found:
            raise no_ddl(object_)
        return found


class DuckDbDdl:
    """DDL of DuckDB.

    Args:
        reader: Over the same session.
        session: Used by one call at a time.
    """

    def __init__(self, reader: CatalogReader, session: Session) -> None:
        self._reader = reader
        self._session = session
        self._files = SqlFiles.load("duckdb")

    def statements(self, object_: CatalogObject, *, is_whole: bool = False) -> list[str]:
        """See `CatalogReader.ddl`. A database has no statement, so it is always what is in it."""
        if isinstance(object_, Database):
            return list(self._database(object_))
        if isinstance(object_, Schema):
            return list(self._schema(object_, is_whole=is_whole))
        if isinstance(object_, Index) and object_.definition:
            return [object_.definition]
        relation = relation_of(object_)
        if relation is not None:
            return list(self._relations(*relation))
        writers: dict[type[CatalogObject], Callable[[str, str, str], Iterator[str]]] = {
            SequenceInfo: self._sequences,
            Function: self._macros,
            EnumType: self._enums,
            Item: self._aliases,
        }
        writer = writers.get(type(object_))
        found = list(writer(*_place(object_), object_.name)) if writer else []
        if not found:
            raise no_ddl(object_)
        return found

    def _database(self, database: Database) -> Iterator[str]:
        schemas = [s for s in self._reader.schemas(database.name) if not s.is_system]
        for schema in schemas:
            yield from self._schema(schema, is_whole=False)
        for schema in schemas:
            yield from self._without_relations(database.name, schema.name)
        # A view may read tables of any schema.
        yield from self._relations(database.name, None)

    def _schema(self, schema: Schema, *, is_whole: bool) -> Iterator[str]:
        if schema.name == "main":
            yield "-- Every database has a schema main."
        else:
            yield f"CREATE SCHEMA {written(schema.name, DUCKDB)}"
        if is_whole:
            yield from self._without_relations(schema.database, schema.name)
            yield from self._relations(schema.database, schema.name)

    def _without_relations(self, *place: str) -> Iterator[str]:
        yield from self._enums(*place)
        yield from self._aliases(*place)
        yield from self._sequences(*place)
        yield from self._macros(*place)

    def _relations(
        self, database: str, schema: str | None, name: str | None = None
    ) -> Iterator[str]:
        keys = self._reader.keys(schema, name, database=database)
        foreign = [key for key in keys if key.kind is KeyKind.FOREIGN]
        for kept in self._fetch(Kept, "ddl_relation", database, schema, name):
            yield _with_quotes(kept.sql, foreign)
        for index in self._reader.indexes(schema, name, database=database):
            yield index.definition
        for relation in self._reader.relations(schema, database=database):
            if relation.comment and name in (None, relation.name):
                kind = "VIEW" if relation.kind.value == "view" else "TABLE"
                yield _comment(kind, (relation.schema, relation.name), relation.comment)
        for column in self._reader.columns(schema, name, database=database):
            if column.comment:
                place = (column.schema, column.relation, column.name)
                yield _comment("COLUMN", place, column.comment)

    def _sequences(self, database: str, schema: str, name: str | None = None) -> Iterator[str]:
        for s in self._fetch(_Sequence, "ddl_sequence", database, schema, name):
            yield (
                f"CREATE SEQUENCE {_dotted(schema, s.name)} INCREMENT BY {s.increment_by}"
                f" MINVALUE {s.min_value} MAXVALUE {s.max_value} START {s.start_value}"
                f" {'CYCLE' if s.cycle else 'NO CYCLE'}"
            )

    def _macros(self, database: str, schema: str, name: str | None = None) -> Iterator[str]:
        rows = self._fetch(_Macro, "ddl_macro", database, schema, name)
        for macro, ways in groupby(rows, lambda row: row.name):
            calls = [
                f"({', '.join(written(p, DUCKDB) for p in way.parameters)}) AS"
                f"{' TABLE' if way.is_table else ''} {way.definition}"
                for way in ways
            ]
            yield (
                "-- Default values of a macro's parameters are not in DuckDB's catalogue.\n"
                f"CREATE MACRO {_dotted(schema, macro)}{', '.join(calls)}"
            )

    def _enums(self, database: str, schema: str, name: str | None = None) -> Iterator[str]:
        for enum in self._reader.enums(schema, database=database):
            if name in (None, enum.name):
                labels = ", ".join(map(quote_text, enum.labels))
                yield f"CREATE TYPE {_dotted(schema, enum.name)} AS ENUM ({labels})"

    def _aliases(self, database: str, schema: str, name: str | None = None) -> Iterator[str]:
        """Types that stand for others. Only a value of one tells what for."""
        for item in self._reader.items("types", database=database, schema=schema):
            if name in (None, item.name):
                type_ = _dotted(database, schema, item.name)
                text = f"select typeof(cast(null as {type_})) as sql"
                (statement,) = split(text, DUCKDB)
                (kept,) = fetch(self._session, Query(statement, ()), {}, Kept)
                yield f"CREATE TYPE {_dotted(schema, item.name)} AS {kept.sql}"

    def _fetch(
        self, cls: type[T], kind: str, database: str, schema: str | None, name: str | None
    ) -> list[T]:
        names = {"database": database, "schema": schema, "name": name}
        return fetch(self._session, self._files.queries[f"{kind}.sql"], names, cls)


def relation_of(object_: CatalogObject) -> tuple[str, str, str] | None:
    """Database, schema and name of a relation, or of what an object belongs to."""
    if isinstance(object_, Relation):
        return object_.database, object_.schema, object_.name
    if isinstance(object_, Column | Key | Index):
        return object_.database, object_.schema, object_.relation
    return None


def no_ddl(object_: CatalogObject) -> UsageError:
    """The error for what has no statement."""
    return UsageError(
        f"the engine keeps no statement that makes {object_.name!r}",
        hint="its columns are in its details" if isinstance(object_, Relation) else "",
    )


def _place(object_: CatalogObject) -> tuple[str, str]:
    return getattr(object_, "database", ""), getattr(object_, "schema", "")


def _with_quotes(sql: str, foreign: Sequence[Key]) -> str:
    for key in foreign:
        bare = f" REFERENCES {key.referenced_schema}.{key.referenced}("
        quoted = f" REFERENCES {_dotted(key.referenced_schema, key.referenced)}("
        sql = sql.replace(bare, quoted)
        sql = sql.replace(f" REFERENCES {key.referenced}(", quoted)
    return sql


def _dotted(*names: str) -> str:
    return ".".join(written(name, DUCKDB) for name in names)


def _comment(kind: str, names: Sequence[str], text: str) -> str:
    return f"COMMENT ON {kind} {_dotted(*names)} IS {quote_text(text)}"
