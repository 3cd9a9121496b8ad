"""The statements that make an object of the catalogue again."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from tusk.catalog.ddl import script
from tusk.catalog.objects import Schema, SchemaCounts
from tusk.core.errors import UsageError
from tusk.services.catalog.patterns import parse_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.catalog.objects import (
        CatalogObject,
        CatalogReader,
        Database,
        EnumType,
        Function,
        Index,
        Item,
        Relation,
        SequenceInfo,
    )
    from tusk.services.catalog.patterns import Pattern


def ddl_of(reader: CatalogReader, object_: CatalogObject, *, is_whole: bool = False) -> str:
    """A script that makes an object again, with owner, comments and grants; no data.

    What a script cannot carry is said in its comments.

    Args:
        reader: See `tusk.catalog.open_catalog`.
        object_: What to make; of a column, its relation.
        is_whole: Of a schema, everything in it too, in an order that works; of a database, what is
            in it.

    Raises:
        UsageError: The engine has no statement for it.
        QueryError: The server refused, or somebody has locked the object.
    """
    return script(reader.ddl(object_, is_whole=is_whole))


def ddl_of_name(reader: CatalogReader, name: str) -> str:
    """The same for what a user names: an object of a schema, a schema, or one of the database.

    Args:
        reader: See `tusk.catalog.open_catalog`.
        name: `[[database.]schema.]name`; everything of that name is written. Empty for all that is
            in the database in use. See `tusk.services.catalog.patterns.parse_pattern`.

    Raises:
        UsageError: Nothing has this name, or the engine has no statement for it.
        QueryError: The server refused.
    """
    if not name:
        return script(reader.ddl(_current_database(reader), is_whole=True))
    found = _named(reader, parse_pattern(name, reader.dialect))
    if not found:
        raise UsageError(f"nothing is called {name}", hint="`tusk schema` lists what there is")
    statements: list[str] = []
    for object_ in found:
        statements += reader.ddl(object_, is_whole=isinstance(object_, Schema))
    return script(dict.fromkeys(statements))


def _current_database(reader: CatalogReader) -> Database:
    return next(database for database in reader.databases() if database.is_current)


def _named(reader: CatalogReader, pattern: Pattern) -> Sequence[CatalogObject]:
    """What a pattern means: in a schema first, then a schema, then what belongs to none."""
    schemas = reader.schemas()
    found = _in_schemas(reader, pattern, schemas)
    if found or pattern.has_schema:
        return found
    return [s for s in schemas if pattern.name.fullmatch(s.name)] or _in_database(reader, pattern)


def _in_database(reader: CatalogReader, pattern: Pattern) -> list[Item]:
    database = _current_database(reader).name
    counts = dataclasses.asdict(reader.database_counts(database))
    return [
        item
        for kind, count in counts.items()
        if count
        for item in reader.items(kind, database=database)
        if pattern.name.fullmatch(item.name)
    ]


def _in_schemas(
    reader: CatalogReader, pattern: Pattern, schemas: Sequence[Schema]
) -> list[CatalogObject]:
    places: list[tuple[str | None, str | None]] = [(None, None)]
    hidden = {(s.name, s.database) for s in schemas if s.is_system}
    if pattern.has_schema:
        # System schemas count only where the pattern says something about schemas.
        meant = {(s.name, s.database) for s in schemas if pattern.matches_schema(s)}
        places += sorted(hidden & meant)
        hidden -= meant
    reads = (reader.relations, reader.functions, reader.sequences, reader.enums, reader.indexes)
    objects: list[Relation | Function | SequenceInfo | EnumType | Index | Item] = [
        object_
        for read in reads
        for schema, database in places
        for object_ in read(schema, database=database)
    ]
    objects += [
        item
        for kind in (field.name for field in dataclasses.fields(SchemaCounts))
        for item in reader.items(kind)
        if (item.schema, item.database) not in hidden
    ]
    return [object_ for object_ in objects if pattern.matches(object_)]
