"""What front ends show of a database's catalogue: a lazy tree, search, details, and tables of it."""

from __future__ import annotations

from tusk.catalog.objects import (
    CatalogObject,
    CatalogReader,
    Database,
    Function,
    Item,
    Relation,
    RelationKind,
    Schema,
)
from tusk.services.catalog.ddl import ddl_of, ddl_of_name
from tusk.services.catalog.describe import describe_table, list_table
from tusk.services.catalog.details import details_of
from tusk.services.catalog.diagram import ForeignKeys, read_foreign_keys
from tusk.services.catalog.nodes import Group, Node, NodeKind, count_text
from tusk.services.catalog.templates import Template, template
from tusk.services.catalog.tree import CatalogTree

__all__ = [
    "CatalogObject",
    "CatalogReader",
    "CatalogTree",
    "Database",
    "ForeignKeys",
    "Function",
    "Group",
    "Item",
    "Node",
    "NodeKind",
    "Relation",
    "RelationKind",
    "Schema",
    "Template",
    "count_text",
    "ddl_of",
    "ddl_of_name",
    "describe_table",
    "details_of",
    "list_table",
    "read_foreign_keys",
    "template",
]
