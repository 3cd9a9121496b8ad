"""DDL of PostgreSQL objects, from what the server's own functions write.

The SQL files `ddl_*.sql` write the statements, with the server's own rules for quoting; here is
only in which order they must run. They are read with an empty search path, so that every name
comes with its schema, in one snapshot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from tusk.catalog.objects import CatalogObject, Database, Schema
from tusk.catalog.rows import fetch
from tusk.catalog.sqlfiles import SqlFiles
from tusk.catalog.system_tables import system_table
from tusk.core.errors import QueryError, UsageError
from tusk.core.statement import split

if TYPE_CHECKING:
    from tusk.engines.base import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Address:
    """An object: the oid of its system table, and its own."""

    classid: str
    oid: str


@dataclass(frozen=True, slots=True)
class _SystemTable:
    name: str
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


# Files that write statements, with the system tables whose objects they write; none of another
# kind is run. What comes before everything else:
_BEFORE: Mapping[str, Sequence[str]] = {
    "ddl_schemas": ("pg_namespace",),
    "ddl_shells": ("pg_type",),
}
# What makes objects; each one's statements stand where its dependencies allow.
_CREATE: Mapping[str, Sequence[str]] = {
    "ddl_cluster": ("pg_authid", "pg_database", "pg_tablespace"),
    "ddl_languages": ("pg_extension", "pg_language", "pg_am"),
    "ddl_collations": ("pg_collation", "pg_conversion"),
    "ddl_types": ("pg_type",),
    "ddl_sequences": ("pg_class",),
    "ddl_functions": ("pg_proc",),
    "ddl_casts": ("pg_cast", "pg_transform"),
    "ddl_operators": ("pg_operator", "pg_opfamily", "pg_opclass"),
    "ddl_text_search": ("pg_ts_dict", "pg_ts_config", "pg_ts_parser", "pg_ts_template"),
    "ddl_foreign": ("pg_foreign_data_wrapper", "pg_foreign_server", "pg_user_mapping"),
    "ddl_tables": ("pg_class",),
    "ddl_views": ("pg_class",),
}
# What needs all of them, in this order. A partition has its indexes before it is attached, else
# its table would give it some; foreign keys need the unique indexes; rights that new objects get
# must not be given to those that are made here, and event triggers would run for them.
_COMPLETE: Mapping[str, Sequence[str]] = {
    "ddl_family_members": ("pg_opfamily",),
    "ddl_defaults": ("pg_class",),
    "ddl_constraints": ("pg_class", "pg_constraint", "pg_type"),
    "ddl_indexes": ("pg_class",),
    "ddl_attach": ("pg_class",),
    "ddl_settings": ("pg_class",),
    "ddl_statistics": ("pg_class", "pg_statistic_ext"),
    "ddl_foreign_keys": ("pg_class",),
    "ddl_rules": ("pg_class", "pg_rewrite", "pg_trigger", "pg_policy"),
    "ddl_publications": ("pg_publication",),
    "ddl_subscriptions": ("pg_subscription",),
    "ddl_properties": (),
    "ddl_role_properties": ("pg_authid", "pg_database"),
    "ddl_default_privileges": ("pg_default_acl", "pg_namespace"),
    "ddl_event_triggers": ("pg_event_trigger",),
}
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

        A table comes with its indexes, triggers, policies, statistics and owned sequences, a base
        type with its functions, and everything with its owner, comments and grants. Data is not
        in it, nor are passwords.

        Args:
            object_: What to make again.
            is_whole: Of a schema, everything in it too; of a database, what is in it instead.

        Raises:
            UsageError: What is in another database is asked for.
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
        tables = {t.name: t.oid for t in self._fetch(_SystemTable, "ddl_system_tables", {})}
        asked = Address(tables[system_table(object_)], str(object_.oid))
        wanted = self._wanted(object_, asked, is_whole=is_whole)
        names = _listed(wanted)
        needs = _needs(self._fetch(_Need, "ddl_depends", names)) if len(wanted) > 1 else {}
        ordered, apart = _in_order(wanted, needs, tables)
        names["apart"] = _array(a.oid for a in apart)
        # By object: the text depends on names, not on when something was made.
        places = {address: place for place, address in enumerate(ordered)}
        classes = {address.classid for address in wanted}

        def parts(files: Mapping[str, Sequence[str]]) -> Iterator[list[_Part]]:
            for kind, written in files.items():
                if not written or classes & {tables[name] for name in written}:
                    yield self._fetch(_Part, kind, names)

        def place(part: _Part) -> int:
            return places[part.address]

        before = [part for some in parts(_BEFORE) for part in some]
        created = sorted((part for some in parts(_CREATE) for part in some), key=place)
        completed = [part for some in parts(_COMPLETE) for part in sorted(some, key=place)]
        statements = [part.sql for part in (*before, *created, *completed)]
        if any(_is_function(s) for s in statements):
            # The body of a function may name what comes later.
            statements.insert(0, "SET check_function_bodies = off")
        return statements

    def _wanted(self, object_: CatalogObject, asked: Address, *, is_whole: bool) -> list[Address]:
        """What to write for an object: with what belongs to it, or with what is in it."""
        if is_whole and isinstance(object_, Schema):
            return [asked, *self._fetch(Address, "ddl_members", {"oid": asked.oid})]
        if is_whole and isinstance(object_, Database):
            if not object_.is_open:
                raise UsageError(
                    f"what the database {object_.name} holds can be read only there",
                    hint="connect to it",
                )
            return [
                *self._fetch(Address, "ddl_database_members", {}),
                *self._fetch(Address, "ddl_members", {}),
            ]
        return [*self._fetch(Address, "ddl_owned", _listed([asked])), asked]

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
    wanted: Sequence[Address],
    needs: Mapping[Address, Sequence[Address]],
    tables: Mapping[str, str],
) -> tuple[list[Address], list[Address]]:
    """Objects after what they need, and the tables and domains that need themselves.

    A table whose default calls a function that takes the table's rows needs itself. It comes
    before the function then, and its defaults and checks are written apart, when all is there.
    """
    divisible = {tables["pg_class"], tables["pg_type"]}
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
            needed, address = next((p for p in pairs if p[1].classid in divisible), pairs[0])
            apart.append(address)
            left[address].remove(needed)


def _is_function(statement: str) -> bool:
    return statement.startswith(("CREATE OR REPLACE FUNCTION", "CREATE OR REPLACE PROCEDURE"))
