"""All that can be told about one object, as titled tables of text."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tusk.catalog.objects import (
    CatalogObject,
    Column,
    Database,
    EnumType,
    Function,
    Index,
    Item,
    ItemKind,
    Key,
    Relation,
    Schema,
    Section,
    SequenceInfo,
)
from tusk.catalog.system_tables import system_table
from tusk.core.errors import QueryError
from tusk.core.statement import split

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogReader
    from tusk.catalog.sqlfiles import Query, SqlFiles
    from tusk.engines.base import Session

# Heading of a section that could not be read, above the reason.
UNREADABLE = ("not readable",)
# How long to wait for a lock, and how long once one was waited for.
_PATIENCE_MS, _IMPATIENCE_MS = 2_000, 50

# Titles of sections and the SQL files that read them.
_Files = Sequence[tuple[str, str]]

_RELATIONS: _Files = (("Needs", "about_needs"), ("Used by", "about_used_by"))
_RELATION: _Files = (
    ("About", "about_relation"),
    ("Columns", "about_columns"),
    ("Query", "about_view"),
    ("Constraints", "about_constraints"),
    ("Indexes", "about_indexes"),
    ("Triggers, rules and policies", "about_triggers"),
    ("Referenced by", "about_referenced_by"),
    ("Partitions", "about_partitions"),
    ("Grants", "about_grants"),
    ("Column grants", "about_column_grants"),
    ("Use", "about_use"),
    *_RELATIONS,
)
_TYPE: _Files = (
    ("About", "about_type"),
    ("Attributes", "about_type_columns"),
    ("Grants", "about_grants"),
    *_RELATIONS,
)
_FILES: Mapping[type[CatalogObject], _Files] = {
    Relation: _RELATION,
    Column: (
        ("About", "about_column"),
        ("Values, as the planner knows them", "about_column_values"),
        ("Constraints", "about_constraints"),
        ("Indexes", "about_indexes"),
        ("Grants of the column", "about_column_grants"),
        ("Used by", "about_used_by"),
    ),
    Key: (("About", "about_constraint"), *_RELATIONS),
    Index: (("About", "about_index"),),
    Function: (
        ("About", "about_function"),
        ("Source", "about_source"),
        ("Grants", "about_grants"),
        *_RELATIONS,
    ),
    SequenceInfo: (
        ("About", "about_sequence"),
        ("Grants", "about_grants"),
        *_RELATIONS,
    ),
    EnumType: _TYPE,
    Schema: (
        ("About", "about_schema"),
        ("Grants", "about_grants"),
        ("Default grants", "about_schema_defaults"),
    ),
    Database: (
        ("About", "about_database"),
        ("Grants", "about_grants"),
        ("Settings", "about_database_settings"),
    ),
}
_ITEM: _Files = (("About", "about_object"), ("Grants", "about_grants"), *_RELATIONS)
_ITEM_FILES: Mapping[ItemKind, _Files] = {
    ItemKind.DOMAIN: _TYPE,
    ItemKind.COMPOSITE_TYPE: _TYPE,
    ItemKind.RANGE_TYPE: _TYPE,
    ItemKind.BASE_TYPE: _TYPE,
    ItemKind.EXTENSION: (*_ITEM, ("Members", "about_extension_members")),
    ItemKind.ROLE: (
        ("About", "about_object"),
        ("Memberships", "about_role_members"),
        ("Objects", "about_role_objects"),
    ),
}


def read_sections(
    session: Session, files: SqlFiles, version: int, object_: CatalogObject
) -> list[Section]:
    """Read what an engine's SQL files tell about an object.

    What cannot be read, since somebody has locked it or has not granted it, is told in its place.

    Args:
        session: Where to read.
        files: Its engine's.
        version: The server's version number.
        object_: What to tell about.
    """
    if isinstance(object_, Item):
        kinds = _ITEM_FILES.get(object_.kind, _ITEM)
    else:
        kinds = _FILES[type(object_)]
    sections: list[Section] = []
    patience_ms = _PATIENCE_MS
    for title, kind in kinds:
        query = files.get(kind, version)
        if query is not None:
            sections.append(_read(session, query, title, _names(object_), patience_ms))
            if tuple(sections[-1].columns) == UNREADABLE:
                # The same lock is in the way of others.
                patience_ms = _IMPATIENCE_MS
    return [section for section in sections if section.rows]


def general_sections(reader: CatalogReader, object_: CatalogObject) -> list[Section]:
    """What every reader can tell without SQL files of its own."""
    match object_:
        case Column():
            place = (object_.database, object_.schema, object_.relation)
            sections = _relation_sections(reader, *place)
        case Relation():
            place = (object_.database, object_.schema, object_.name)
            sections = _relation_sections(reader, *place)
        case Index():
            facts = [
                ("table", object_.relation),
                ("columns", ", ".join(object_.columns)),
                ("unique", "yes" if object_.is_unique else ""),
                ("definition", object_.definition),
            ]
            sections = [Section("About", _FACTS, [fact for fact in facts if fact[1]])]
        case Key():
            facts = [
                ("table", object_.relation),
                ("kind", object_.kind.value),
                ("definition", object_.definition),
                ("references", object_.referenced),
            ]
            sections = [Section("About", _FACTS, [fact for fact in facts if fact[1]])]
        case Item():
            facts = [
                ("kind", object_.kind.value),
                ("about", object_.detail),
                ("comment", object_.comment),
            ]
            sections = [Section("About", _FACTS, [fact for fact in facts if fact[1]])]
        case EnumType():
            sections = [Section("Labels", ("label",), [(label,) for label in object_.labels])]
        case Schema():
            counts = dataclasses.asdict(reader.counts(object_.name, database=object_.database))
            held = [(kind.replace("_", " "), f"{n:,}") for kind, n in counts.items() if n]
            sections = [Section("Holds", _FACTS, held)]
        case _:
            sections = []
    return [section for section in sections if section.rows]


_FACTS = ("fact", "value")


def _relation_sections(
    reader: CatalogReader, database: str, schema: str, name: str
) -> list[Section]:
    return [
        Section(
            "Columns",
            ("name", "type", "null", "default", "comment"),
            [
                (c.name, c.type, "" if c.is_nullable else "not null", c.default, c.comment)
                for c in reader.columns(schema, name, database=database)
            ],
        ),
        Section(
            "Constraints",
            ("name", "definition"),
            [(key.name, key.definition) for key in reader.keys(schema, name, database=database)],
        ),
        Section(
            "Indexes",
            ("name", "unique", "columns", "definition"),
            [
                (i.name, "unique" if i.is_unique else "", ", ".join(i.columns), i.definition)
                for i in reader.indexes(schema, name, database=database)
            ],
        ),
    ]


def _names(object_: CatalogObject) -> dict[str, str | None]:
    return {
        "class": f"pg_catalog.{system_table(object_)}" if object_.oid else None,
        "oid": str(object_.oid),
        "column": object_.name if isinstance(object_, Column) else None,
        "database": getattr(object_, "database", object_.name),
        "schema": getattr(object_, "schema", None),
        "name": getattr(object_, "relation", "") or object_.name,
    }


def _read(
    session: Session,
    query: Query,
    title: str,
    names: Mapping[str, str | None],
    patience_ms: int,
) -> Section:
    parameters = {name: names.get(name) for name in query.parameters}
    try:
        with _soon(session, patience_ms):
            cursor = session.execute(query.statement, parameters)
            try:
                batches = list(cursor.batches())
                columns = list(cursor.schema.names) if cursor.schema is not None else []
            finally:
                cursor.close()
    except QueryError as exc:
        return Section(title, UNREADABLE, [(exc.message,)])
    rows = [
        [_text(value) for value in row.values()] for batch in batches for row in batch.to_pylist()
    ]
    return Section(title, columns, rows)


def _text(value: Any) -> str:
    """A value as text. Any: as Arrow gives it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return "" if value is None else str(value)


@contextmanager
def _soon(session: Session, patience_ms: int) -> Generator[None]:
    """On PostgreSQL, do not wait long behind a lock: sizes and definitions need one."""
    if session.dialect.name != "postgres":
        yield
        return
    session.begin()
    try:
        (statement,) = split(f"set local lock_timeout = {patience_ms}", session.dialect)
        session.execute(statement).close()
        yield
    finally:
        session.rollback()
