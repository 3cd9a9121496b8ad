"""The catalogue as a lazy tree, for the app's side pane and for looking things up by name.

    database → schema → Tables (12) → orders → Columns (5) → id

Each level is read when it is opened, by one statement, and kept until it is refreshed.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from tusk.catalog.names import written
from tusk.catalog.objects import (
    CatalogObject,
    Column,
    Database,
    EnumType,
    Function,
    Item,
    Key,
    Relation,
    Schema,
    SequenceInfo,
)
from tusk.services.catalog.nodes import (
    GROUP_OF,
    Group,
    Node,
    NodeKind,
    child_id,
    column_node,
    database_node,
    function_node,
    group_node,
    group_nodes,
    index_node,
    item_node,
    key_nodes,
    relation_node,
    schema_node,
    sequence_node,
    type_node,
)
from tusk.services.catalog.search import Candidate, SearchIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tusk.catalog.objects import CatalogReader


class CatalogTree:
    """The catalogue of one connection, read as it is looked at.

    Methods may be called from any thread; while one reads, the others wait.

    Args:
        reader: See `tusk.catalog.open_catalog`.
    """

    def __init__(self, reader: CatalogReader) -> None:
        self._reader = reader
        self._lock = threading.RLock()
        self._roots: list[Node] | None = None
        self._children: dict[str, list[Node]] = {}
        self._schemas: dict[str, list[Schema]] = {}
        self._relations: dict[tuple[str, str], list[Relation]] = {}
        self._found: list[Candidate[Node]] | None = None
        self._index: SearchIndex[Node] | None = None

    def roots(self) -> list[Node]:
        """The databases; only open ones have children."""
        with self._lock:
            if self._roots is None:
                self._roots = [database_node(d) for d in self._reader.databases()]
            return self._roots

    def children(self, node: Node) -> list[Node]:
        """What is directly below a node.

        Raises:
            QueryError: The server refused, or the connection is gone. Nothing is kept then.
        """
        with self._lock:
            if node.id not in self._children:
                self._children[node.id] = self._load(node)
                if node.group is Group.COLUMNS:
                    self._index = None
            return self._children[node.id]

    def refresh(self, node: Node | None = None) -> None:
        """Forget what was read below a node, or everything."""
        with self._lock:
            self._found = self._index = None
            if node is None:
                self._roots = None
                self._children.clear()
                self._schemas.clear()
                self._relations.clear()
                return
            for known in list(self._children):
                if known == node.id or known.startswith(f"{node.id}/"):
                    del self._children[known]
            match node.object:
                case Database(name=database):
                    self._schemas.pop(database, None)
                    for place in [place for place in self._relations if place[0] == database]:
                        del self._relations[place]
                case Schema(database=database, name=schema):
                    self._relations.pop((database, schema), None)
                case _:
                    pass

    def search(self, text: str, limit: int = 50) -> list[Node]:
        """Find what non-system schemas hold by its name, and columns that were looked at before.

        The first call reads all relations, functions, sequences and types at once. The nodes found have the ids that they have
        in the tree: open their `ancestor_ids` one after the other to show them there.

        Args:
            text: A part of the name, or of `schema.name` or `relation.column`.
            limit: At most so many, best first.
        """
        with self._lock:
            if self._index is None:
                self._index = SearchIndex([*self._all_objects(), *self._known_columns()])
            index = self._index
        return index.best(text, limit)

    def quoted_name(self, object_: CatalogObject) -> str:
        """The name to put into a statement: quoted where it must be, qualified where it helps.

        PostgreSQL names are qualified by their schema, since the search path of the user's
        session is not known here. Elsewhere the default schema of the current database is left
        out. Columns and constraints have their name alone, a constraint without one its
        definition. Once `roots` was called this reads nothing and waits for nobody.
        """
        dialect = self._reader.dialect
        match object_:
            case Key(name=""):
                return object_.definition
            case Item(identity=identity) if identity:
                return identity
            case Database() | Column() | Key():
                return written(object_.name, dialect)
            case Item(name=name, schema=schema, relation=relation) if relation or not schema:
                return written(name, dialect)
            case Schema(database=database):
                names = [object_.name]
            case _:
                database = object_.database
                names = [object_.schema, object_.name]
        is_current = database == self._current_database()
        if is_current and len(names) == 2 and names[0] == _DEFAULT_SCHEMA.get(dialect.name):
            del names[0]
        elif not is_current:
            names.insert(0, database)
        return ".".join(written(name, dialect) for name in names)

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def _load(self, node: Node) -> list[Node]:
        match node.object:
            case Database() as database if node.has_children:
                return self._in_database(node, database)
            case Schema() as schema if node.kind is NodeKind.SCHEMA:
                counts = self._reader.counts(schema.name, database=schema.database)
                return group_nodes(node, counts)
            case Schema() as schema if node.group is not None:
                return self._in_schema(node.id, node.group, schema)
            case Relation() as relation if node.kind is NodeKind.RELATION:
                return group_nodes(node, self._reader.parts(relation))
            case Relation() as relation if node.group is not None:
                return self._in_relation(node.id, node.group, relation)
            case _:
                return []

    def _in_database(self, node: Node, database: Database) -> list[Node]:
        """The schemas and what belongs to none; what is the system's in a group."""
        if node.group not in (None, Group.SYSTEM):
            return self._items(node.id, node.group, database.name)
        if database.name not in self._schemas:
            self._schemas[database.name] = self._reader.schemas(database.name)
        schemas = self._schemas[database.name]
        groups = group_nodes(node, self._reader.database_counts(database.name))
        system: list[Node] = [schema_node(node.id, s) for s in schemas if s.is_system]
        system += [group for group in groups if _is_system(group)]
        if node.group is not None:
            return system
        nodes = [schema_node(node.id, schema) for schema in schemas if not schema.is_system]
        if system:
            nodes.append(group_node(node, Group.SYSTEM, len(system)))
        return nodes + [group for group in groups if not _is_system(group)]

    def _in_schema(self, parent: str, group: Group, schema: Schema) -> list[Node]:
        reader, name, database = self._reader, schema.name, schema.database
        match group:
            case Group.FUNCTIONS:
                return [function_node(parent, f) for f in reader.functions(name, database=database)]
            case Group.SEQUENCES:
                return [sequence_node(parent, s) for s in reader.sequences(name, database=database)]
            case Group.TYPES:
                enums = [type_node(parent, t) for t in reader.enums(name, database=database)]
                return enums + self._items(parent, group, database, name)
            case _ if group in GROUP_OF.values():
                return [
                    relation_node(child_id(parent, relation.name), relation)
                    for relation in self._relations_of(schema)
                    if GROUP_OF[relation.kind] is group and not relation.parent
                ]
            case _:
                return self._items(parent, group, database, name)

    def _in_relation(self, parent: str, group: Group, relation: Relation) -> list[Node]:
        reader, schema, name, database = (
            self._reader, relation.schema, relation.name, relation.database,
        )  # fmt: skip
        match group:
            case Group.COLUMNS:
                return [
                    column_node(parent, c) for c in reader.columns(schema, name, database=database)
                ]
            case Group.KEYS:
                return key_nodes(parent, reader.keys(schema, name, database=database))
            case Group.INDEXES:
                return [
                    index_node(parent, i) for i in reader.indexes(schema, name, database=database)
                ]
            case Group.PARTITIONS:
                return [
                    relation_node(child_id(parent, part.schema, part.name), part)
                    for part in reader.partitions(relation)
                ]
            case _:
                return self._items(parent, group, database, schema, name)

    def _items(
        self,
        parent: str,
        group: Group,
        database: str,
        schema: str | None = None,
        relation: str | None = None,
    ) -> list[Node]:
        found = self._reader.items(
            group.name.lower(), database=database, schema=schema, relation=relation
        )
        return [item_node(parent, item) for item in found]

    def _relations_of(self, schema: Schema) -> list[Relation]:
        """All relations of a schema: four groups share one statement."""
        key = (schema.database, schema.name)
        if key not in self._relations:
            self._relations[key] = self._reader.relations(schema.name, database=schema.database)
        return self._relations[key]

    # ── searching ────────────────────────────────────────────────────────────────────────

    def _all_objects(self) -> list[Candidate[Node]]:
        if self._found is None:
            reader = self._reader
            self._found = [
                *_placed(reader.relations()),
                *(_in_group(o, Group.FUNCTIONS, function_node) for o in reader.functions()),
                *(_in_group(o, Group.SEQUENCES, sequence_node) for o in reader.sequences()),
                *(_in_group(o, Group.TYPES, type_node) for o in reader.enums()),
                *(_in_group(o, Group.TYPES, item_node) for o in self._named_types()),
            ]
        return self._found

    def _named_types(self) -> list[Item]:
        system = {(s.database, s.name) for s in self._reader.schemas() if s.is_system}
        return [t for t in self._reader.items("types") if (t.database, t.schema) not in system]

    def _known_columns(self) -> Iterable[Candidate[Node]]:
        for nodes in self._children.values():
            for node in nodes:
                if isinstance(node.object, Column):
                    yield Candidate(node.label, node.object.relation, node)

    def _current_database(self) -> str | None:
        databases = (root.object for root in self._roots or self.roots())
        return next((d.name for d in databases if isinstance(d, Database) and d.is_current), None)


def _is_system(node: Node) -> bool:
    return node.group is not None and node.group.name.startswith("SYSTEM_")


# Where an unqualified name is looked for first.
_DEFAULT_SCHEMA = {"duckdb": "main", "sqlite": "main", "datafusion": "public"}


T = TypeVar("T", Function, SequenceInfo, EnumType, Item)


def _in_group(object_: T, group: Group, make: Callable[[str, T], Node]) -> Candidate[Node]:
    """A node under the id that an object of a schema has in the tree."""
    schema = child_id(child_id("", object_.database), object_.schema)
    node = make(child_id(schema, group.name), object_)
    return Candidate(object_.name, object_.schema, node)


def _placed(relations: list[Relation]) -> list[Candidate[Node]]:
    """Nodes under the ids that the relations have in the tree: partitions below their parents."""
    by_name = {(r.database, r.schema, r.name): r for r in relations}

    def place(relation: Relation) -> str:
        parent = by_name.get((relation.database, relation.parent_schema, relation.parent))
        if parent is not None:
            group = child_id(place(parent), Group.PARTITIONS.name)
            return child_id(group, relation.schema, relation.name)
        schema = child_id(child_id("", relation.database), relation.schema)
        return child_id(child_id(schema, GROUP_OF[relation.kind].name), relation.name)

    return [
        Candidate(relation.name, relation.schema, relation_node(place(relation), relation))
        for relation in relations
    ]
