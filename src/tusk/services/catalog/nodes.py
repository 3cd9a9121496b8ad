"""The nodes of the catalogue tree: what they are called and what stands beside their names."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from urllib.parse import quote

from tusk.catalog.objects import (
    CatalogObject,
    Column,
    Database,
    DatabaseCounts,
    EnumType,
    Function,
    Index,
    Item,
    ItemKind,
    Key,
    Relation,
    RelationKind,
    RelationParts,
    Schema,
    SchemaCounts,
    SequenceInfo,
)


class NodeKind(enum.Enum):
    """What a node stands for."""

    DATABASE = "database"
    SCHEMA = "schema"
    GROUP = "group"
    RELATION = "relation"
    COLUMN = "column"
    KEY = "key"
    INDEX = "index"
    FUNCTION = "function"
    SEQUENCE = "sequence"
    TYPE = "type"
    ITEM = "item"


class Group(enum.Enum):
    """The groups below a database, a schema or a relation, with their titles.

    `SYSTEM` holds the system's schemas and the other `SYSTEM_…` groups.
    """

    SYSTEM = "System"
    TABLES = "Tables"
    VIEWS = "Views"
    MATERIALIZED_VIEWS = "Materialized views"
    FOREIGN_TABLES = "Foreign tables"
    FUNCTIONS = "Functions"
    SEQUENCES = "Sequences"
    TYPES = "Types"
    COLLATIONS = "Collations"
    CONVERSIONS = "Conversions"
    OPERATORS = "Operators"
    OPERATOR_CLASSES = "Operator classes"
    TEXT_SEARCH = "Text search"
    COLUMNS = "Columns"
    KEYS = "Keys"
    INDEXES = "Indexes"
    TRIGGERS = "Triggers"
    RULES = "Rules"
    POLICIES = "Policies"
    STATISTICS = "Statistics"
    PARTITIONS = "Partitions"
    EXTENSIONS = "Extensions"
    FOREIGN_DATA_WRAPPERS = "Foreign-data wrappers"
    FOREIGN_SERVERS = "Foreign servers"
    USER_MAPPINGS = "User mappings"
    CASTS = "Casts"
    LANGUAGES = "Languages"
    TRANSFORMS = "Transforms"
    ACCESS_METHODS = "Access methods"
    EVENT_TRIGGERS = "Event triggers"
    PUBLICATIONS = "Publications"
    SUBSCRIPTIONS = "Subscriptions"
    DEFAULT_PRIVILEGES = "Default privileges"
    ROLES = "Roles of the server"
    TABLESPACES = "Tablespaces of the server"
    SYSTEM_CASTS = "The system's casts"
    SYSTEM_LANGUAGES = "The system's languages"
    SYSTEM_ACCESS_METHODS = "The system's access methods"
    SYSTEM_ROLES = "The system's roles"
    SYSTEM_EXTENSIONS = "Extensions of the program"
    SYSTEM_SECRETS = "Secrets"


GROUP_OF = {
    RelationKind.TABLE: Group.TABLES,
    RelationKind.PARTITIONED_TABLE: Group.TABLES,
    RelationKind.PARTITION: Group.TABLES,
    RelationKind.VIEW: Group.VIEWS,
    RelationKind.MATERIALIZED_VIEW: Group.MATERIALIZED_VIEWS,
    RelationKind.FOREIGN_TABLE: Group.FOREIGN_TABLES,
    RelationKind.VIRTUAL_TABLE: Group.TABLES,
}


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree.

    Args:
        id: Stable over refreshes and sessions: the parent's id, `/`, and its own percent-encoded
            part, so that any names give different ids.
        kind: What it stands for.
        label: Its name as the database has it: hostile until it went through `core.text.safe`.
        detail: A few words to stand beside the label, as hostile.
        has_children: Whether it can be opened.
        object: What it stands for; for a group, what the group belongs to.
        group: Which group it is, for `NodeKind.GROUP`.
    """

    id: str
    kind: NodeKind
    label: str
    detail: str = ""
    has_children: bool = False
    object: CatalogObject | None = None
    group: Group | None = None

    @property
    def ancestor_ids(self) -> list[str]:
        """Ids of what to open, from the root on, until this node shows.

        >>> Node("shop/public/TABLES/orders", NodeKind.RELATION, "orders").ancestor_ids
        ['shop', 'shop/public', 'shop/public/TABLES']
        """
        parts = self.id.split("/")
        return ["/".join(parts[:count]) for count in range(1, len(parts))]


def child_id(parent: str, *names: str) -> str:
    """Id of a node below another.

    >>> child_id("shop/a%2Fb", "x", "y:z")
    'shop/a%2Fb/x:y%3Az'
    """
    part = ":".join(quote(name, safe="", errors="surrogatepass") for name in names)
    return f"{parent}/{part}" if parent else part


def database_node(database: Database) -> Node:
    """A root."""
    return Node(
        id=child_id("", database.name),
        kind=NodeKind.DATABASE,
        label=database.name,
        detail=database.comment,
        has_children=database.is_open,
        object=database,
    )


def schema_node(parent: str, schema: Schema) -> Node:
    """A schema; it is opened to learn whether it is empty."""
    return Node(
        id=child_id(parent, schema.name),
        kind=NodeKind.SCHEMA,
        label=schema.name,
        detail=schema.comment,
        has_children=True,
        object=schema,
    )


def group_node(parent: Node, group: Group, count: int | None) -> Node:
    """A group below a database, schema or relation, with the number of its members if known."""
    return Node(
        id=child_id(parent.id, group.name),
        kind=NodeKind.GROUP,
        label=group.value if count is None else f"{group.value} ({count:,})",
        has_children=True,
        object=parent.object,
        group=group,
    )


def group_nodes(parent: Node, counts: DatabaseCounts | SchemaCounts | RelationParts) -> list[Node]:
    """The groups of a database, schema or relation that have something in them."""
    return [
        group_node(parent, group, count)
        for group in Group
        if (count := getattr(counts, group.name.lower(), 0)) != 0
    ]


def relation_node(node_id: str, relation: Relation) -> Node:
    """A table, view … under an id that depends on where it is shown."""
    facts: list[str] = []
    if relation.kind is RelationKind.PARTITIONED_TABLE:
        facts.append("partitioned")
    if relation.kind is RelationKind.VIRTUAL_TABLE:
        facts.append("virtual")
    if relation.inherits:
        facts.append(f"inherits {', '.join(relation.inherits)}")
    if relation.estimated_rows is not None:
        facts.append(f"~{count_text(relation.estimated_rows)} rows")
    if relation.size_bytes is not None:
        facts.append(size_text(relation.size_bytes))
    return Node(
        id=node_id,
        kind=NodeKind.RELATION,
        label=relation.name,
        detail=" · ".join(facts),
        has_children=True,
        object=relation,
    )


def column_node(parent: str, column: Column) -> Node:
    """A column with its type."""
    facts = [column.type]
    if column.is_primary_key:
        facts.append("primary key")
    elif not column.is_nullable:
        facts.append("not null")
    detail = " ".join(filter(None, facts))
    return Node(child_id(parent, column.name), NodeKind.COLUMN, column.name, detail, object=column)


def key_nodes(parent: str, keys: list[Key]) -> list[Node]:
    """Constraints with their definitions, which stand for the names of those that have none.

    SQLite lets the same constraint be written twice.
    """
    seen: Counter[str] = Counter()
    nodes: list[Node] = []
    for key in keys:
        own = key.name or key.definition
        seen[own] += 1
        node_id = child_id(parent, own, *[str(seen[own])] * (seen[own] > 1))
        detail = key.definition if key.name else ""
        nodes.append(Node(node_id, NodeKind.KEY, own, detail, object=key))
    return nodes


def index_node(parent: str, index: Index) -> Node:
    """An index with its columns and size."""
    facts = ["primary" if index.is_primary else "unique" if index.is_unique else ""]
    facts.append(f"({', '.join(index.columns)})")
    detail = " ".join(filter(None, facts))
    if index.size_bytes is not None:
        detail += f" · {size_text(index.size_bytes)}"
    return Node(child_id(parent, index.name), NodeKind.INDEX, index.name, detail, object=index)


def function_node(parent: str, function: Function) -> Node:
    """A function; those with the same name differ in their arguments."""
    detail = function.kind + (f" → {function.result}" if function.result else "")
    return Node(
        id=child_id(parent, function.name, function.arguments),
        kind=NodeKind.FUNCTION,
        label=f"{function.name}({function.arguments})",
        detail=detail,
        object=function,
    )


def sequence_node(parent: str, sequence: SequenceInfo) -> Node:
    """A sequence with its last value."""
    detail = sequence.type
    if sequence.last_value is not None:
        detail += f" · last {sequence.last_value:,}"
    return Node(
        child_id(parent, sequence.name), NodeKind.SEQUENCE, sequence.name, detail, object=sequence
    )


def type_node(parent: str, type_: EnumType) -> Node:
    """An enumerated type with its labels."""
    detail = f"enum: {', '.join(type_.labels)}"
    return Node(child_id(parent, type_.name), NodeKind.TYPE, type_.name, detail, object=type_)


def item_node(parent: str, item: Item) -> Node:
    """An object of one of the smaller kinds."""
    # What shares a group may share a name, too: a dictionary and a configuration, or operator
    # classes of two access methods.
    names = (item.kind.name, item.name, item.detail) if item.kind in _SHARING else (item.name,)
    detail = f"{item.kind.value} · {item.detail}" if item.kind in _MIXED else item.detail
    return Node(child_id(parent, *names), NodeKind.ITEM, item.name, detail, object=item)


# Kinds that share a group with others, whose names differ from theirs or may be the same.
_SHARING = {
    ItemKind.OPERATOR_CLASS,
    ItemKind.OPERATOR_FAMILY,
    ItemKind.DICTIONARY,
    ItemKind.CONFIGURATION,
    ItemKind.PARSER,
    ItemKind.TEMPLATE,
}
_MIXED = _SHARING | {
    ItemKind.DOMAIN,
    ItemKind.COMPOSITE_TYPE,
    ItemKind.RANGE_TYPE,
    ItemKind.BASE_TYPE,
    ItemKind.ALIAS_TYPE,
}


def count_text(count: int) -> str:
    """A number of rows in few characters.

    >>> [count_text(n) for n in (7, 12_345, 1_234_567, 98_765_432_100)]
    ['7', '12,345', '1.2 M', '98.8 G']
    """
    for limit, unit in ((10**9, "G"), (10**6, "M")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count:,}"


def size_text(size_bytes: int) -> str:
    """A size in few characters, in the units of PostgreSQL's pg_size_pretty.

    >>> [size_text(n) for n in (512, 8192, 10 * 1024**2, 3 * 1024**4)]
    ['512 bytes', '8 kB', '10 MB', '3 TB']
    """
    value, unit = float(size_bytes), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1024, larger
    digits = 1 if value < 10 and not value.is_integer() else 0
    return f"{value:.{digits}f} {unit}"
