"""DDL of PostgreSQL objects, from what the server's own functions write.

The SQL files `ddl_*.sql` write the statements, with the server's own rules for quoting; here is
only in which order they must run. They are read with an empty search path, so that every name
comes with its schema, in one snapshot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

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
    SequenceInfo,
)
from tusk.catalog.rows import fetch
from tusk.catalog.sqlfiles import SqlFiles
from tusk.core.errors import QueryError
from tusk.core.statement import split

if TYPE_CHECKING:
    from tusk.engines.base import Session

T = TypeVar("T")


# Where the server keeps each kind of object; an oid means something only together with it.
_TABLES: Mapping[type[CatalogObject], str] = {
    Database: "pg_database",
    Schema: "pg_namespace",
    Relation: "pg_class",
    Column: "pg_class",
    Key: "pg_constraint",
    Index: "pg_class",
    Function: "pg_proc",
    SequenceInfo: "pg_class",
    EnumType: "pg_type",
}
_ITEM_TABLES: Mapping[ItemKind, str] = {
    ItemKind.DOMAIN: "pg_type",
    ItemKind.COMPOSITE_TYPE: "pg_type",
    ItemKind.RANGE_TYPE: "pg_type",
    ItemKind.BASE_TYPE: "pg_type",
    ItemKind.COLLATION: "pg_collation",
    ItemKind.OPERATOR: "pg_operator",
    ItemKind.DICTIONARY: "pg_ts_dict",
    ItemKind.CONFIGURATION: "pg_ts_config",
    ItemKind.TRIGGER: "pg_trigger",
    ItemKind.RULE: "pg_rewrite",
    ItemKind.POLICY: "pg_policy",
    ItemKind.STATISTICS: "pg_statistic_ext",
    ItemKind.EXTENSION: "pg_extension",
    ItemKind.FOREIGN_SERVER: "pg_foreign_server",
    ItemKind.EVENT_TRIGGER: "pg_event_trigger",
    ItemKind.PUBLICATION: "pg_publication",
}


@dataclass(frozen=True, slots=True)
class Address:
    """An object: the oid of its system table, and its own."""

    classid: str
    oid: str


@dataclass(frozen=True, slots=True)
class _Class:
    oid: str


@dataclass(frozen=True, slots=True)
class _Part:
    classid: str
    oid: str
    sql: str
    place: int = 0
    name: str = ""

    @property
    def address(self) -> Address:
        """Of the wanted object that this belongs to."""
        return Address(self.classid, self.oid)


@dataclass(frozen=True, slots=True)
class _Need:
    classid: str
    oid: str
    needs_class: str
    needs: str


# What makes objects; each one's statements stand where its dependencies allow.
_CREATE = (
    "ddl_schemas",
    "ddl_others",
    "ddl_types",
    "ddl_sequences",
    "ddl_functions",
    "ddl_tables",
    "ddl_views",
)
# What needs all of them, in this order. A partition has its indexes before it is attached, else
# its table would give it some; foreign keys need the unique indexes.
_COMPLETE = (
    "ddl_defaults",
    "ddl_constraints",
    "ddl_indexes",
    "ddl_attach",
    "ddl_settings",
    "ddl_statistics",
    "ddl_foreign_keys",
    "ddl_rules",
    "ddl_publications",
    "ddl_properties",
)
_BEGIN = (
    "set transaction isolation level repeatable read, read only",
    "set local search_path = ''",
    # Definitions need a lock; behind somebody's open ALTER TABLE they would never come.
    "set local lock_timeout = '3s'",
    # Numbers and dates in the texts as every server reads them.
    "set local datestyle = 'ISO'",
    "set local intervalstyle = 'postgres'",
    "set local quote_all_identifiers = off",
    "set local row_security = off",
)


class PostgresDdl:
    """Writes the statements that make objects again.

    Args:
        session: Used by one call at a time, in a transaction of its own.
        version: The server's version number.
    """

    def __init__(self, session: Session, version: int) -> None:
        self._session = session
        self._version = version
        self._files = SqlFiles.load("postgres")

    def statements(self, object_: CatalogObject, *, is_whole: bool = False) -> list[str]:
        """The statements for an object, in an order in which they can be run.

        A table comes with its indexes, triggers, policies, statistics and owned sequences, and
        everything with its owner, comments and grants. Data is not in it.

        Args:
            object_: What to make again.
            is_whole: Of a schema, everything in it too.

        Raises:
            QueryError: The server refused, or somebody has locked what must be read.
        """
        self._session.begin()
        try:
            for text in _BEGIN:
                self._run(text)
            return self._written(object_, is_whole=is_whole)
        finally:
            self._session.rollback()

    def _run(self, text: str) -> None:
        (statement,) = split(text, self._session.dialect)
        cursor = self._session.execute(statement)
        try:
            for _ in cursor.batches():
                pass
        finally:
            cursor.close()

    def _written(self, object_: CatalogObject, *, is_whole: bool) -> list[str]:
        asked = self._address(object_)
        wanted = [asked]
        if is_whole and isinstance(object_, Schema):
            wanted += self._fetch(Address, "ddl_members", {"oid": asked.oid})
        elif isinstance(object_, Relation | Column):
            wanted = [*self._fetch(Address, "ddl_owned", _listed(wanted)), asked]
        names = _listed(wanted)
        needs = _needs(self._fetch(_Need, "ddl_depends", names)) if len(wanted) > 1 else {}
        ordered, apart = _in_order(wanted, needs)
        names["apart"] = _array(a.oid for a in apart)
        # By object: the text depends on names, not on when something was made.
        places = {address: place for place, address in enumerate(ordered)}
        created = [part for kind in _CREATE for part in self._fetch(_Part, kind, names)]
        statements = [part.sql for part in sorted(created, key=lambda p: places[p.address])]
        for kind in _COMPLETE:
            parts = self._fetch(_Part, kind, names)
            statements += [part.sql for part in sorted(parts, key=lambda p: places[p.address])]
        if any(_is_function(s) for s in statements):
            # The body of a function may name what comes later.
            statements.insert(0, "SET check_function_bodies = off")
        return statements

    def _address(self, object_: CatalogObject) -> Address:
        table = _ITEM_TABLES[object_.kind] if isinstance(object_, Item) else _TABLES[type(object_)]
        (found,) = self._fetch(_Class, "ddl_class", {"name": table})
        return Address(found.oid, str(object_.oid))

    def _fetch(self, cls: type[T], kind: str, names: Mapping[str, str | None]) -> list[T]:
        query = self._files.get(kind, self._version)
        if query is None:
            raise QueryError(f"no query {kind} for a server of version {self._version}")
        return fetch(self._session, query, names, cls)


def _listed(wanted: Sequence[Address]) -> dict[str, str | None]:
    return {
        "classes": _array(address.classid for address in wanted),
        "oids": _array(address.oid for address in wanted),
        "apart": "{}",
    }


def _array(oids: Iterable[str]) -> str:
    return "{" + ",".join(oids) + "}"


def _needs(rows: Iterable[_Need]) -> dict[Address, list[Address]]:
    needs: dict[Address, list[Address]] = defaultdict(list)
    for row in rows:
        needs[Address(row.classid, row.oid)].append(Address(row.needs_class, row.needs))
    return needs


def _in_order(
    wanted: Sequence[Address], needs: Mapping[Address, Sequence[Address]]
) -> tuple[list[Address], list[Address]]:
    """Objects after what they need, and the tables that need themselves.

    A table whose default calls a function that takes the table's rows needs itself. It comes
    before the function then, and its defaults and checks are written apart, when all is there.
    """
    places = {address: place for place, address in enumerate(wanted)}
    left = {a: sorted(needs.get(a, ()), key=places.__getitem__) for a in wanted}
    apart: list[Address] = []
    while True:
        try:
            return list(TopologicalSorter(left).static_order()), apart
        except CycleError as exc:
            # Each one is needed by the next.
            cycle: Sequence[Address] = exc.args[1]
            pairs = list(pairwise(cycle))
            needed, address = next((p for p in pairs if p[1].classid == _RELATIONS), pairs[0])
            apart.append(address)
            left[address].remove(needed)


# The oid of pg_class in every PostgreSQL.
_RELATIONS = "1259"


def _is_function(statement: str) -> bool:
    return statement.startswith(("CREATE OR REPLACE FUNCTION", "CREATE OR REPLACE PROCEDURE"))
