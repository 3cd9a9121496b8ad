"""What one must know of a table to change its rows, asked of each engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk.core.dialect import quote_identifier
from tusk.core.statement import Statement
from tusk.services.edits.shape import Name, NotEditable, only

if TYPE_CHECKING:
    from tusk.core.params import ParameterValue
    from tusk.engines.base import Session

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table.

    Args:
        name: As the database knows it.
        type: In the database's own words.
        is_nullable: Whether it takes NULL.
        is_generated: Whether the database alone decides on its values.
        is_hidden: Whether `*` leaves it out.
        compares_as_text: Whether its type knows no equality.
    """

    name: str
    type: str
    is_nullable: bool = True
    is_generated: bool = False
    is_hidden: bool = False
    compares_as_text: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows can be changed.

    Args:
        path: Database, schema and name, as far as the engine needs them.
        columns: In their order.
        keys: Columns that tell rows apart: the primary key first, then unique ones.
        kind: What else it is, such as `a view`; empty for a table.
    """

    path: tuple[str, ...]
    columns: tuple[TableColumn, ...]
    keys: tuple[tuple[str, ...], ...]
    kind: str = ""


def find_table(session: Session, name: Sequence[Name]) -> Table:
    """The table of a name, as it would be found by a statement of this session.

    Raises:
        NotEditable: There is none, or its rows cannot be changed.
    """
    found = find_relation(session, name)
    if found.kind:
        raise NotEditable(
            f"rows cannot be changed through this result: {found.path[-1]} is {found.kind}"
        )
    return found


def find_relation(session: Session, name: Sequence[Name]) -> Table:
    """The table or view of a name, as it would be found by a statement of this session.

    Raises:
        NotEditable: There is none.
    """
    match session.dialect.name:
        case "postgres":
            return _postgres(session, name)
        case "duckdb":
            return _duckdb(session, name)
        case _:
            return _sqlite(session, name)


def _ask(session: Session, sql: str, **values: ParameterValue) -> list[Row]:
    cursor = session.execute(Statement(sql), values or None)
    return [row for batch in cursor.batches() for row in batch.to_pylist()]


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────

_POSTGRES_TABLE = """
select c.oid::int8 as oid, n.nspname::text as schema, c.relname::text as name,
    c.relkind::text as kind
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = pg_catalog.to_regclass(:name)
"""
# Types from elsewhere than pg_catalog may lack an equality, or have one that means another thing.
_POSTGRES_COLUMNS = """
select a.attname::text as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    not a.attnotnull as is_nullable, a.attgenerated <> '' or a.attidentity = 'a' as is_generated,
    coalesce(e.typname, t.typname)::text = any (array['json', 'xml', 'point', 'line', 'lseg', 'box',
        'path', 'polygon', 'circle'])
    or (coalesce(e.typnamespace, t.typnamespace) <> 'pg_catalog'::regnamespace
        and coalesce(e.typtype, t.typtype) in ('b', 'c')) as compares_as_text
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
where a.attrelid = :oid::int8::oid and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_POSTGRES_KEYS = """
select i.indexrelid::int8 as id, a.attname::text as name
from pg_catalog.pg_index i
cross join lateral unnest(i.indkey::int2[]) with ordinality k (attnum, place)
join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = :oid::int8::oid and i.indisunique and i.indisvalid and i.indimmediate
    and i.indpred is null and i.indexprs is null and k.place <= i.indnkeyatts
    and not exists (
        select from unnest(i.indkey::int2[]) with ordinality n (attnum, place)
        join pg_catalog.pg_attribute b on b.attrelid = i.indrelid and b.attnum = n.attnum
        where n.place <= i.indnkeyatts and not b.attnotnull
    )
order by not i.indisprimary, i.indnkeyatts, i.indexrelid, k.place
"""
_POSTGRES_KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}


def _postgres(session: Session, name: Sequence[Name]) -> Table:
    written = ".".join(quote_identifier(p.text if p.is_quoted else p.text.lower()) for p in name)
    found = _ask(session, _POSTGRES_TABLE, name=written)
    if not found:
        raise NotEditable(f"there is no table {name[-1].text!r} to change rows in")
    (table,) = found
    kind = (
        "" if table["kind"] in ("r", "p") else _POSTGRES_KINDS.get(str(table["kind"]), "no table")
    )
    oid = int(str(table["oid"]))
    columns = [
        TableColumn(
            str(row["name"]),
            str(row["type"]),
            is_nullable=bool(row["is_nullable"]),
            is_generated=bool(row["is_generated"]),
            compares_as_text=bool(row["compares_as_text"]),
        )
        for row in _ask(session, _POSTGRES_COLUMNS, oid=oid)
    ]
    keys = _grouped(_ask(session, _POSTGRES_KEYS, oid=oid))
    return Table((str(table["schema"]), str(table["name"])), tuple(columns), keys, kind)


def _grouped(rows: Sequence[Row]) -> tuple[tuple[str, ...], ...]:
    """Names of columns, one tuple for each key, in the order they came."""
    keys: dict[object, list[str]] = {}
    for row in rows:
        keys.setdefault(row["id"], []).append(str(row["name"]))
    return tuple(tuple(names) for names in keys.values())


# ── DuckDB ───────────────────────────────────────────────────────────────────────────────────

_DUCKDB_TABLES = """
select database_name as db, schema_name as schema, table_name as name, table_oid as oid,
    database_name = current_database() and schema_name = current_schema() as is_near, temporary
from duckdb_tables() where lower(table_name) = lower(:name) and not internal
"""
_DUCKDB_COLUMNS = """
select column_name as name, data_type as type, is_nullable
from duckdb_columns() where table_oid = :oid and database_name = :db order by column_index
"""
_DUCKDB_KEYS = """
select constraint_index as id, constraint_column_names as names, constraint_type as kind
from duckdb_constraints() where table_oid = :oid and database_name = :db
    and constraint_type in ('PRIMARY KEY', 'UNIQUE')
order by constraint_type, constraint_index
"""


def _duckdb(session: Session, name: Sequence[Name]) -> Table:
    table = _duckdb_table(_ask(session, _DUCKDB_TABLES, name=name[-1].text), name)
    where: dict[str, ParameterValue] = {"oid": int(str(table["oid"])), "db": str(table["db"])}
    rows = _ask(session, _DUCKDB_COLUMNS, **where)
    columns = tuple(
        TableColumn(
            str(row["name"]),
            str(row["type"]),
            is_nullable=bool(row["is_nullable"]),
            compares_as_text=_is_nested(str(row["type"])),
        )
        for row in rows
    )
    solid = {column.name for column in columns if not column.is_nullable}
    keys: list[tuple[str, ...]] = []
    for row in _ask(session, _DUCKDB_KEYS, **where):
        names = row["names"]
        key = tuple(str(each) for each in names) if isinstance(names, list) else ()
        if key and (row["kind"] == "PRIMARY KEY" or solid.issuperset(key)):
            keys.append(key)
    path = (str(table["db"]), str(table["schema"]), str(table["name"]))
    return Table(path, columns, tuple(keys))


def _is_nested(type_: str) -> bool:
    """Whether values hold others, whose text DuckDB may read as something else."""
    return type_.endswith("]") or type_.startswith(("STRUCT(", "MAP(", "UNION("))


def _duckdb_table(found: Sequence[Row], name: Sequence[Name]) -> Row:
    """The table that a statement means; a name of two parts may lack the database or the schema."""
    given = [part.text.lower() for part in name[:-1]]
    if not given:
        near = [row for row in found if row["temporary"]] or [
            row for row in found if row["is_near"]
        ]
    else:
        near = [
            row
            for row in found
            if given in ([str(row["db"]).lower(), str(row["schema"]).lower()],
                         [str(row["schema"]).lower()], [str(row["db"]).lower()])
        ]  # fmt: skip
    only([(str(row["name"]),) for row in near], name[-1])
    return near[0]


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────

_SQLITE_TABLES = """
select schema, name, type from pragma_table_list
where lower(name) = lower(:name) and name not like 'sqlite\\_%' escape '\\'
"""
_SQLITE_COLUMNS = (
    'select name, type, "notnull", pk, hidden from pragma_table_xinfo(:name, :schema) order by cid'
)
_SQLITE_KEYS = """
select l.seq as id, i.name as name
from pragma_index_list(:name, :schema) l, pragma_index_info(l.name, :schema) i
where l."unique" and not l.partial
order by l.seq, i.seqno
"""
_SQLITE_KINDS = {"table": "", "view": "a view"}


def _sqlite(session: Session, name: Sequence[Name]) -> Table:
    found = _ask(session, _SQLITE_TABLES, name=name[-1].text)
    wanted = [name[-2].text.lower()] if len(name) > 1 else ["temp", "main"]
    near = [row for schema in wanted for row in found if str(row["schema"]).lower() == schema]
    # Without a schema the temporary table is found first, an attached one last.
    near = near[:1] or ([] if len(name) > 1 else found)
    only([(str(row["name"]),) for row in near], name[-1])
    table = near[0]
    kind = _SQLITE_KINDS.get(str(table["type"]), f"a {table['type']} table")
    where = {"name": str(table["name"]), "schema": str(table["schema"])}
    rows = _ask(session, _SQLITE_COLUMNS, **where)
    columns = tuple(
        TableColumn(
            str(row["name"]),
            str(row["type"]),
            is_nullable=not row["notnull"],
            is_generated=row["hidden"] in (2, 3),
            is_hidden=row["hidden"] == 1,
        )
        for row in rows
    )
    primary = sorted((int(str(row["pk"])), str(row["name"])) for row in rows if row["pk"])
    solid = {column.name for column in columns if not column.is_nullable}
    unique = _grouped([row for row in _ask(session, _SQLITE_KEYS, **where) if row["name"]])
    keys = [tuple(name for _, name in primary)] if primary else []
    keys += [key for key in unique if solid.issuperset(key) and key not in keys]
    return Table((str(table["schema"]), str(table["name"])), columns, tuple(keys), kind)
