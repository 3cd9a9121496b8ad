"""What front ends show of a database's catalogue: a lazy tree, search, and tables of it."""

from __future__ import annotations

from tusk.catalog.objects import RelationKind
from tusk.services.catalog.describe import describe_table, list_table
from tusk.services.catalog.nodes import CatalogObject, Group, Node, NodeKind
from tusk.services.catalog.tree import CatalogTree

__all__ = [
    "CatalogObject",
    "CatalogTree",
    "Group",
    "Node",
    "NodeKind",
    "RelationKind",
    "describe_table",
    "list_table",
]
