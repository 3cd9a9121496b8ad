"""Statements to begin with, made from a relation's columns."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tusk.catalog.names import written

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogReader, Column, Relation
    from tusk.core.dialect import Dialect

# What `:name` parameters can be called.
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Template(enum.Enum):
    """Kinds of statement."""

    SELECT = "SELECT"
    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


def template(reader: CatalogReader, relation: Relation, name: str, kind: Template) -> str:
    """A statement over a relation, with a parameter for each value.

    Args:
        reader: See `tusk.catalog.open_catalog`.
        relation: Whose columns to name.
        name: Its name as it is written in statements.
        kind: Which statement.

    Raises:
        QueryError: The columns cannot be read.
    """
    columns = reader.columns(relation.schema, relation.name, database=relation.database)
    return fill(kind, name, columns, reader.dialect)


def fill(kind: Template, name: str, columns: Sequence[Column], dialect: Dialect) -> str:
    r"""A statement over these columns.

    Generated columns get no values; rows are found by the primary key, without one by all columns.

    >>> from tusk.catalog.objects import Column
    >>> from tusk.core.dialect import POSTGRES
    >>> columns = [Column("d", "s", "t", 1, "id", "int", False, is_primary_key=True),
    ...            Column("d", "s", "t", 2, "Full name", "text", True)]
    >>> print(fill(Template.UPDATE, "s.t", columns, POSTGRES))
    UPDATE s.t
    SET "Full name" = :full_name
    WHERE id = :id;
    <BLANKLINE>
    """
    key = [c for c in columns if c.is_primary_key] or list(columns)
    given = [c for c in columns if not c.default.startswith("generated always")]
    changed = [c for c in given if c not in key] or given
    parameters = _parameters(columns)

    def equal(some: Sequence[Column]) -> list[str]:
        return [f"{written(c.name, dialect)} = {parameters[c.position]}" for c in some]

    where = "\n  AND ".join(equal(key))
    match kind:
        case Template.SELECT:
            names = _listed([written(c.name, dialect) for c in columns]) or "*"
            return f"SELECT\n    {names}\nFROM {name}\nLIMIT 100;\n"
        case Template.INSERT:
            if not given:
                return f"INSERT INTO {name} DEFAULT VALUES;\n"
            names = _listed([written(c.name, dialect) for c in given])
            values = _listed([parameters[c.position] for c in given])
            return f"INSERT INTO {name} (\n    {names}\n)\nVALUES (\n    {values}\n);\n"
        case Template.UPDATE:
            return f"UPDATE {name}\nSET {_listed(equal(changed))}\nWHERE {where};\n"
        case Template.DELETE:
            return f"DELETE FROM {name}\nWHERE {where};\n"  # noqa: S608 - shown, not run


def _listed(items: Sequence[str]) -> str:
    return ",\n    ".join(items)


def _parameters(columns: Sequence[Column]) -> dict[int, str]:
    """`:name` for each column's position, made of what a parameter's name may hold; all differ."""
    found: dict[int, str] = {}
    for column in columns:
        name = re.sub(r"\W+", "_", column.name, flags=re.ASCII).strip("_").lower()
        parameter = f":{name}" if _PARAMETER.fullmatch(name) else f":c{column.position}"
        if parameter in found.values():
            parameter += f"_{column.position}"
        found[column.position] = parameter
    return found
