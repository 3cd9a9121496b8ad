"""Catalogue objects and the protocol of their readers.

A reader works over an engine's session by plain SQL (files beside this module, one folder per
engine); see `tusk.catalog.open_catalog`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect


def _oid() -> int:
    """A field for the server's own number of an object (of a column: its relation's).

    Zero on engines without such numbers. Only PostgreSQL's DDL and details need it.
    """
    return field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Database:
    """A database one could connect to (DuckDB: an attached one).

    Args:
        is_current: Names without a database mean this one.
        is_open: Its objects can be read through this session.
    """

    name: str
    is_current: bool
    is_open: bool
    comment: str = ""
    oid: int = _oid()


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema of a database."""

    database: str
    name: str
    comment: str = ""
    is_system: bool = False
    oid: int = _oid()


@dataclass(frozen=True, slots=True)
class SchemaCounts:
    """How many objects of each kind a schema holds; partitions count with their parent."""

    tables: int = 0
    views: int = 0
    materialized_views: int = 0
    foreign_tables: int = 0
    functions: int = 0
    sequences: int = 0
    types: int = 0
    collations: int = 0
    conversions: int = 0
    operators: int = 0
    operator_classes: int = 0
    text_search: int = 0


@dataclass(frozen=True, slots=True)
class DatabaseCounts:
    """How many objects a database has that belong to no schema.

    `system_…` counts those that came with the server, or are the program's; None when counting
    them would change what the program can still do. Roles and tablespaces are the server's,
    whichever database one looks from.
    """

    extensions: int = 0
    foreign_data_wrappers: int = 0
    foreign_servers: int = 0
    user_mappings: int = 0
    casts: int = 0
    languages: int = 0
    transforms: int = 0
    access_methods: int = 0
    event_triggers: int = 0
    publications: int = 0
    subscriptions: int = 0
    default_privileges: int = 0
    roles: int = 0
    tablespaces: int = 0
    system_casts: int = 0
    system_languages: int = 0
    system_access_methods: int = 0
    system_roles: int = 0
    system_extensions: int | None = 0
    system_secrets: int | None = 0


class RelationKind(enum.Enum):
    """Kinds of relation a catalogue shows."""

    TABLE = "table"
    PARTITIONED_TABLE = "partitioned table"
    PARTITION = "partition"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    FOREIGN_TABLE = "foreign table"
    VIRTUAL_TABLE = "virtual table"


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a view or what else has columns.

    Args:
        estimated_rows: The server's estimate, None when it has none.
        size_bytes: On disk, with indexes and TOAST, as of the last VACUUM or ANALYZE; None
            when unknown.
        parent_schema: Schema of `parent`.
        parent: The partitioned table this is a partition of. A partition that is partitioned
            itself, or a foreign table, has a parent too.
        inherits: Tables this one inherits from without being a partition, as the database
            writes them.
    """

    database: str
    schema: str
    name: str
    kind: RelationKind
    estimated_rows: int | None = None
    size_bytes: int | None = None
    comment: str = ""
    parent_schema: str = ""
    parent: str = ""
    inherits: Sequence[str] = ()
    oid: int = _oid()


@dataclass(frozen=True, slots=True)
class RelationParts:
    """How many parts of each kind a relation has."""

    columns: int = 0
    keys: int = 0
    indexes: int = 0
    partitions: int = 0
    triggers: int = 0
    rules: int = 0
    policies: int = 0
    statistics: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation, in the database's own type words.

    `default` is an expression, or `generated always as …` in full.
    """

    database: str
    schema: str
    relation: str
    position: int
    name: str
    type: str
    is_nullable: bool
    default: str = ""
    comment: str = ""
    is_primary_key: bool = False
    oid: int = _oid()


class KeyKind(enum.Enum):
    """Kinds of constraint."""

    PRIMARY = "primary key"
    FOREIGN = "foreign key"
    UNIQUE = "unique"
    CHECK = "check"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class Key:
    """A constraint. `definition` is the database's own text for it."""

    database: str
    schema: str
    relation: str
    name: str
    kind: KeyKind
    columns: Sequence[str]
    definition: str
    referenced_schema: str = ""
    referenced: str = ""
    referenced_columns: Sequence[str] = ()
    oid: int = _oid()


@dataclass(frozen=True, slots=True)
class Index:
    """An index. `definition` is the statement that creates it; `columns` may be expressions."""

    database: str
    schema: str
    relation: str
    name: str
    columns: Sequence[str]
    is_unique: bool
    is_primary: bool
    definition: str
    size_bytes: int | None = None
    oid: int = _oid()


@dataclass(frozen=True, slots=True)
class Function:
    """A function, procedure, aggregate or macro; `kind` says which."""

    database: str
    schema: str
    name: str
    kind: str
    arguments: str
    result: str
    comment: str = ""
    oid: int = _oid()


@dataclass(frozen=True, slots=True)
class SequenceInfo:
    """A sequence. `last_value` is None before its first use or without permission."""

    database: str
    schema: str
    name: str
    type: str
    last_value: int | None = None
    oid: int = _oid()


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enumerated type with its labels in order."""

    database: str
    schema: str
    name: str
    labels: Sequence[str]
    oid: int = _oid()


class ItemKind(enum.Enum):
    """Kinds of object that are shown by their name and a few words."""

    DOMAIN = "domain"
    COMPOSITE_TYPE = "composite type"
    RANGE_TYPE = "range type"
    BASE_TYPE = "base type"
    ALIAS_TYPE = "alias type"
    COLLATION = "collation"
    CONVERSION = "conversion"
    OPERATOR = "operator"
    OPERATOR_CLASS = "operator class"
    OPERATOR_FAMILY = "operator family"
    DICTIONARY = "text search dictionary"
    CONFIGURATION = "text search configuration"
    PARSER = "text search parser"
    TEMPLATE = "text search template"
    TRIGGER = "trigger"
    RULE = "rule"
    POLICY = "policy"
    STATISTICS = "statistics"
    EXTENSION = "extension"
    FOREIGN_DATA_WRAPPER = "foreign-data wrapper"
    FOREIGN_SERVER = "foreign server"
    USER_MAPPING = "user mapping"
    CAST = "cast"
    LANGUAGE = "language"
    TRANSFORM = "transform"
    ACCESS_METHOD = "access method"
    EVENT_TRIGGER = "event trigger"
    PUBLICATION = "publication"
    SUBSCRIPTION = "subscription"
    DEFAULT_PRIVILEGES = "default privileges"
    SECRET = "secret"  # noqa: S105 - a kind of object
    ROLE = "role"
    TABLESPACE = "tablespace"


@dataclass(frozen=True, slots=True)
class Item:
    """An object of one of the smaller kinds.

    Args:
        schema: Empty when it belongs to the database.
        relation: Empty when it belongs to no relation.
        detail: A few words about it.
        identity: How statements name it, where that is not its quoted name: a cast by its types.
    """

    database: str
    schema: str
    relation: str
    name: str
    kind: ItemKind
    detail: str = ""
    comment: str = ""
    identity: str = ""
    oid: int = _oid()


CatalogObject = (
    Database | Schema | Relation | Column | Key | Index | Function | SequenceInfo | EnumType | Item
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of what can be told about an object: rows under column names.

    Args:
        title: What the rows are.
        columns: Names of the columns.
        rows: As text, as the engine shows it.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class CatalogReader(Protocol):
    """Introspection. Each call reads one kind in one round trip.

    `schema=None` means all non-system schemas, `relation=None` every relation of the schema,
    `database=None` every open database. Results are in name order (columns in position order).
    An engine without a kind gives an empty list. Names that are not valid UTF-8 (SQL_ASCII
    databases, SQLite) hold surrogate escapes and can be passed back as they came.

    Every method raises QueryError when the server refuses or the connection is gone.
    """

    @property
    def dialect(self) -> Dialect:
        """How names are written."""
        ...

    def databases(self) -> list[Database]:
        """Databases one could connect to (DuckDB: attached ones)."""
        ...

    def schemas(self, database: str | None = None) -> list[Schema]:
        """Schemas, system ones marked."""
        ...

    def counts(self, schema: str, *, database: str | None = None) -> SchemaCounts:
        """How many objects of each kind a schema holds."""
        ...

    def relations(
        self, schema: str | None = None, *, database: str | None = None
    ) -> list[Relation]:
        """Tables, views, materialised views, foreign tables, partitions."""
        ...

    def partitions(self, parent: Relation) -> list[Relation]:
        """Direct partitions of a partitioned table, in whichever schema they are."""
        ...

    def parts(self, relation: Relation) -> RelationParts:
        """How many parts of each kind a relation has."""
        ...

    def columns(
        self, schema: str | None = None, relation: str | None = None, *, database: str | None = None
    ) -> list[Column]:
        """Columns."""
        ...

    def keys(
        self, schema: str | None = None, relation: str | None = None, *, database: str | None = None
    ) -> list[Key]:
        """Primary, foreign, unique, check and exclusion constraints."""
        ...

    def indexes(
        self, schema: str | None = None, relation: str | None = None, *, database: str | None = None
    ) -> list[Index]:
        """Indexes."""
        ...

    def functions(
        self, schema: str | None = None, *, database: str | None = None
    ) -> list[Function]:
        """Functions and procedures of non-system schemas."""
        ...

    def sequences(
        self, schema: str | None = None, *, database: str | None = None
    ) -> list[SequenceInfo]:
        """Sequences."""
        ...

    def enums(self, schema: str | None = None, *, database: str | None = None) -> list[EnumType]:
        """Enumerated types."""
        ...

    def database_counts(self, database: str) -> DatabaseCounts:
        """How many objects a database has that belong to no schema."""
        ...

    def items(
        self,
        kind: str,
        *,
        database: str | None = None,
        schema: str | None = None,
        relation: str | None = None,
    ) -> list[Item]:
        """Objects of the smaller kinds.

        Args:
            kind: What to list, named as the field of the counts: `types`, `system_casts` ….
            database: Where they are.
            schema: None for what belongs to the database, or to any schema.
            relation: None for what belongs to the schema.
        """
        ...

    def sections(self, object_: CatalogObject) -> list[Section]:
        """All that can be told about an object; what there is nothing of is left out."""
        ...

    def ddl(self, object_: CatalogObject, *, is_whole: bool = False) -> list[str]:
        """The statements that make an object again, see `tusk.catalog.ddl.script`.

        Args:
            object_: Of a column, its relation's statements.
            is_whole: Of a schema, everything in it too; of a database, what is in it.

        Raises:
            UsageError: There are none for this kind of object.
        """
        ...
