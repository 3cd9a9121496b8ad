"""The statements that make an object of the catalogue again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk.catalog.ddl import script
from tusk.catalog.objects import Schema
from tusk.core.errors import UsageError
from tusk.services.catalog.patterns import parse_pattern

if TYPE_CHECKING:
    from tusk.catalog.objects import (
        CatalogObject,
        CatalogReader,
        EnumType,
        Function,
        Relation,
        SequenceInfo,
    )


def ddl_of(reader: CatalogReader, object_: CatalogObject, *, is_whole: bool = False) -> str:
    """A script that makes an object again, with owner, comments and grants; no data.

    What a script cannot carry is said in its comments.

    Args:
        reader: See `tusk.catalog.open_catalog`.
        object_: What to make; of a column, its relation.
        is_whole: Of a schema, everything in it too, in an order that works.

    Raises:
        UsageError: The engine has no statement for it.
        QueryError: The server refused, or somebody has locked the object.
    """
    return script(reader.ddl(object_, is_whole=is_whole))


def ddl_of_name(reader: CatalogReader, name: str) -> str:
    """The same for what a user names: a relation, a function, sequence or type, or a schema.

    Args:
        reader: See `tusk.catalog.open_catalog`.
        name: `[[database.]schema.]name`; everything of that name is written. See
            `tusk.services.catalog.patterns.parse_pattern`.

    Raises:
        UsageError: Nothing has this name, or the engine has no statement for it.
        QueryError: The server refused.
    """
    found = _named(reader, name)
    if not found:
        raise UsageError(f"nothing is called {name}", hint="`tusk schema` lists what there is")
    statements: list[str] = []
    for object_ in found:
        statements += reader.ddl(object_, is_whole=isinstance(object_, Schema))
    return script(dict.fromkeys(statements))


def _named(reader: CatalogReader, name: str) -> list[CatalogObject]:
    pattern = parse_pattern(name, reader.dialect)
    relations: list[Relation] = reader.relations()
    if pattern.has_schema:
        for schema in reader.schemas():
            if schema.is_system and pattern.matches_schema(schema):
                relations += reader.relations(schema.name, database=schema.database)
    others: list[Relation | Function | SequenceInfo | EnumType] = [
        *relations, *reader.functions(), *reader.sequences(), *reader.enums(),
    ]  # fmt: skip
    found: list[CatalogObject] = [o for o in others if pattern.matches(o)]
    if not found and not pattern.has_schema:
        found = [s for s in reader.schemas() if pattern.name.fullmatch(s.name)]
    return found
