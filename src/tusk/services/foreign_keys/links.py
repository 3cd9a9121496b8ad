"""Where foreign keys lead from a row of a result: to what it refers to, and to what refers to it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.types as pat

from tusk.catalog.names import written
from tusk.catalog.overview import Overview, Row
from tusk.core.dialect import quote_identifier
from tusk.core.errors import UsageError
from tusk.core.params import ParameterValue, UntypedText
from tusk.core.render import render_column
from tusk.core.statement import Statement, StatementKind, first_word
from tusk.core.text import clip, safe
from tusk.services.edits.shape import Name, NotEditable
from tusk.services.edits.tables import Table, find_relation
from tusk.services.foreign_keys.tracing import Place, trace

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from tusk.core.dialect import Dialect
    from tusk.core.events import Event
    from tusk.core.result import ResultBuffer
    from tusk.engines.base import Session
    from tusk.services.queries import Pager, RunOptions

_WITH_KEYS = frozenset(["postgres", "duckdb", "sqlite"])
_LONGEST = 50_000
_READING = frozenset(["SELECT", "FROM", "TABLE", "WITH"])
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN_VALUE = 24


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key as it is seen from the rows of a result.

    Args:
        leads_out: Whether rows here refer to one over there; else rows there refer to those here.
        table: The table over there: database, schema and name, as far as the engine needs them.
        columns: Its columns of the key.
        own: The table here.
        own_columns: Its columns of the key, in the same order.
        own_types: Their types.
        places: Columns of the result with their values; None for those that it lacks.
    """

    leads_out: bool
    table: tuple[str, ...]
    columns: tuple[str, ...]
    own: Table
    own_columns: tuple[str, ...]
    own_types: tuple[str, ...]
    places: tuple[int | None, ...]

    @property
    def lacking(self) -> list[str]:
        """Columns of the key that the result does not have."""
        return [
            name for name, place in zip(self.own_columns, self.places, strict=True) if place is None
        ]

    @property
    def name(self) -> str:
        """The table over there, with its schema where that is another one than here."""
        if self.table[:-1] == self.own.path[:-1]:
            return self.table[-1]
        return ".".join(self.table[-2:])


@dataclass(frozen=True, slots=True)
class Target:
    """Rows that a key leads to.

    Args:
        statement: Reads them.
        parameters: Its values.
        name: Their table.
        condition: What they have in common: `id = 7`.
    """

    statement: Statement
    parameters: Mapping[str, ParameterValue]
    name: str
    condition: str


@dataclass(frozen=True, slots=True)
class Way:
    """A link as it is seen from one row.

    Args:
        link: The link.
        label: In words, for a choice; safe to show.
        target: Where it leads; None for nowhere.
        reason: Why it leads nowhere.
    """

    link: Link
    label: str
    target: Target | None
    reason: str = ""


class LinkFinder:
    """Finds the foreign keys that lead on from the rows of a result.

    `run` has the shape of `tusk.services.queries.run_statements`; afterwards `links` is there.

    Args:
        statement: What the result is of.
        schema: Of the result.
    """

    def __init__(self, statement: Statement, schema: pa.Schema) -> None:
        self.statement = statement
        self._names = schema.names
        self.links: list[Link] = []
        self.tables: list[Table] = []
        """Tables that the result's columns come from."""
        self._places: list[Place | None] = []

    def run(
        self,
        session: Session,
        statements: Sequence[Statement],
        sink: Callable[[Event], None],
        options: RunOptions,
        pager: Pager | None = None,
    ) -> bool:
        """Look at statement and catalogue, from this thread.

        Raises:
            UsageError: The engine has no keys, or it is not known where the rows come from.
            QueryError: The catalogue cannot be read.
        """
        del statements, sink, options, pager
        dialect = session.dialect
        _refuse(self.statement, dialect)
        found: dict[tuple[Name, ...], Table | None] = {}

        def find(name: Sequence[Name]) -> Table | None:
            if tuple(name) not in found:
                found[tuple(name)] = _relation(session, name)
            return found[tuple(name)]

        try:
            self._places = trace(self.statement, dialect, find, self._names)
        except NotEditable as exc:
            raise UsageError(exc.message) from exc
        if not any(self._places):
            raise UsageError("it cannot be told from which table these columns come")
        self.tables = list({p.table.path: p.table for p in self._places if p}.values())
        self.links = _links(_foreign_keys(session, self.tables), self._places, dialect)
        return True

    def at(self, column: int) -> list[Link]:
        """The keys by which a column of the result refers to other rows, with all they need."""
        here = self._places[column]
        return [
            link
            for link in self.links
            if link.leads_out
            and not link.lacking
            and any(p is not None and self._places[p] == here for p in link.places)
        ]


def _refuse(statement: Statement, dialect: Dialect) -> None:
    if dialect.name not in _WITH_KEYS:
        raise UsageError(f"{dialect.name} has no foreign keys to follow")
    is_plain = first_word(statement.text, dialect) in _READING
    if not is_plain or statement.kind is not StatementKind.QUERY or len(statement.text) > _LONGEST:
        raise UsageError("keys are followed from the rows of a SELECT only")


def _relation(session: Session, name: Sequence[Name]) -> Table | None:
    try:
        return find_relation(session, name)
    except NotEditable:
        return None


# ── which keys there are ─────────────────────────────────────────────────────────────────────


# A partition has a copy of each key that its parent has, and of each that leads to its parent.
_POSTGRES_KEYS = """
select n.nspname::text as schema, c.relname::text as relation,
    pg_catalog.to_json(array(
        select a.attname::text
        from pg_catalog.unnest(k.conkey) with ordinality as key (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.attnum
        order by key.position
    ))::text as columns,
    rn.nspname::text as referenced_schema, r.relname::text as referenced,
    pg_catalog.to_json(array(
        select a.attname::text
        from pg_catalog.unnest(k.confkey) with ordinality as key (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = key.attnum
        order by key.position
    ))::text as referenced_columns
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class r on r.oid = k.confrelid
join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
left join pg_catalog.pg_constraint original on original.oid = k.conparentid
where k.contype = 'f'
  and (
    k.conrelid = pg_catalog.to_regclass(:name) and original.conrelid is distinct from k.conrelid
    or k.confrelid = pg_catalog.to_regclass(:name)
        and (k.conparentid = 0 or original.conrelid = k.conrelid)
  )
order by n.nspname, c.relname, k.conname
"""


def _foreign_keys(session: Session, tables: Sequence[Table]) -> Sequence[Row]:
    """Foreign keys of these tables and to them, maybe among others."""
    if session.dialect.name != "postgres":
        return Overview(session).foreign_keys()
    found: list[Row] = []
    for table in tables:
        name = ".".join(quote_identifier(part) for part in table.path)
        cursor = session.execute(Statement(_POSTGRES_KEYS), {"name": name})
        found += [row for batch in cursor.batches() for row in batch.to_pylist()]
    lists = ("columns", "referenced_columns")
    return [{**row, **{name: json.loads(row[name]) for name in lists}} for row in found]


def _links(rows: Sequence[Row], places: Sequence[Place | None], dialect: Dialect) -> list[Link]:
    """Links of all tables in a result, those that lead out first."""
    columns: dict[int, dict[str, int]] = {}
    tables: dict[int, Table] = {}
    for number, place in enumerate(places):
        if place is not None:
            tables[place.source] = place.table
            columns.setdefault(place.source, {}).setdefault(place.column, number)
    out: list[Link] = []
    back: list[Link] = []
    for row in rows:
        here = _path(row, "schema", "relation", dialect), row["columns"]
        there = _path(row, "referenced_schema", "referenced", dialect), row["referenced_columns"]
        for source, table in tables.items():
            for near, far, leads_out in ((here, there, True), (there, here, False)):
                if _is_same(near[0], table.path, dialect):
                    link = _link(table, near[1], far, columns[source], leads_out=leads_out)
                    (out if leads_out else back).extend([link] if link else [])
    return [*_without_copies(out), *_without_copies(back)]


def _link(
    table: Table,
    own: Sequence[str],
    far: tuple[tuple[str, ...], Sequence[str]],
    shown: Mapping[str, int],
    *,
    leads_out: bool,
) -> Link | None:
    """A key seen from one of its tables; None where it names columns that are not there."""
    # SQLite's keys may be written in another case than their columns.
    known = {column.name.lower(): column for column in table.columns}
    known |= {column.name: column for column in table.columns}
    kept = [known[name if name in known else name.lower()] for name in own if name.lower() in known]
    path, columns = far
    if not columns or not len(columns) == len(own) == len(kept):
        return None
    names = tuple(column.name for column in kept)
    types = tuple(column.type for column in kept)
    places = tuple(shown.get(name) for name in names)
    return Link(leads_out, path, tuple(columns), table, names, types, places)


def _path(row: Row, schema: str, relation: str, dialect: Dialect) -> tuple[str, ...]:
    path = (str(row[schema]), str(row[relation]))
    return (str(row["database"]), *path) if dialect.name == "duckdb" else path


def _is_same(path: Sequence[str], other: Sequence[str], dialect: Dialect) -> bool:
    if dialect.name == "postgres":
        return tuple(path) == tuple(other)
    return [part.lower() for part in path] == [part.lower() for part in other]


def _without_copies(links: Sequence[Link]) -> list[Link]:
    """One of those that say the same: two keys over the same columns, or a table joined twice."""
    kept: dict[object, Link] = {}
    for link in links:
        kept.setdefault(
            (link.table, link.columns, link.own.path, link.own_columns, link.places), link
        )
    return list(kept.values())


# ── the rows at the other end ────────────────────────────────────────────────────────────────


def ways_from(links: Sequence[Link], buffer: ResultBuffer, row: int, dialect: Dialect) -> list[Way]:
    """Where links lead from a row of the result; those that lead nowhere come last.

    Args:
        links: Which ones.
        buffer: The result.
        row: Of the buffer.
        dialect: Of the connection.

    Raises:
        IndexError: There is no such row, or the buffer was closed.
    """
    ways = [_way(link, buffer, row, dialect) for link in links]
    return sorted(ways, key=lambda way: way.target is None)


def _way(link: Link, buffer: ResultBuffer, row: int, dialect: Dialect) -> Way:
    own = f"{link.own.path[-1]}.{'/'.join(link.own_columns)}"
    try:
        target = target_of(link, buffer, row, dialect)
    except UsageError as exc:
        sign = f"→ {link.name}" if link.leads_out else f"← {link.name}.{'/'.join(link.columns)}"
        short = exc.message.partition(":")[0]
        return Way(link, safe(f"{sign}   ({short})"), None, exc.message)
    sign, how = ("→", "by") if link.leads_out else ("←", "they refer to")
    return Way(link, safe(f"{sign} {link.name}   {target.condition}   ({how} {own})"), target)


def target_of(link: Link, buffer: ResultBuffer, row: int, dialect: Dialect) -> Target:
    """The rows that a link leads to from a row of the result.

    Args:
        link: Which one.
        buffer: The result.
        row: Of the buffer.
        dialect: Of the connection.

    Raises:
        UsageError: There is nothing to follow: a column of the key is NULL, or not in the result.
        IndexError: There is no such row, or the buffer was closed.
    """
    if link.lacking:
        raise UsageError(f"select {', '.join(link.lacking)}, too: it belongs to this key")
    batch, offset = buffer.batch_at(row)
    conditions: list[str] = []
    shown: list[str] = []
    parameters: dict[str, ParameterValue] = {}
    parts = zip(link.columns, link.own_columns, link.own_types, link.places, strict=True)
    for column, own, type_, place in parts:
        array = batch.column(place or 0).slice(offset, 1)
        text = render_column(array, buffer.schema.field(place or 0))[0]
        if text is None:
            raise UsageError(_nothing(link, own))
        name = _parameter(column, parameters)
        value = array[0].as_py()
        is_native = dialect.name == "sqlite" or pat.is_integer(array.type)
        parameters[name] = value if is_native else UntypedText(text)
        # DuckDB compares no text with numbers; PostgreSQL infers the type from the column.
        is_cast = dialect.name == "duckdb" and not is_native
        mark = f"CAST(:{name} AS {type_})" if is_cast else f":{name}"
        conditions.append(f"{written(column, dialect)} = {mark}")
        shown.append(f"{safe(column)} = {clip(safe(text), _SHOWN_VALUE)}")
    table = ".".join(written(part, dialect) for part in link.table)
    sql = f"SELECT * FROM {table} WHERE {' AND '.join(conditions)}"  # noqa: S608 - quoted names
    statement = Statement(sql, kind=StatementKind.QUERY)
    return Target(statement, parameters, safe(link.name), ", ".join(shown))


def _nothing(link: Link, column: str) -> str:
    name = f"{link.own.path[-1]}.{column}"
    if link.leads_out:
        return f"{name} is NULL: there is nothing to follow"
    return f"{name} is NULL: nothing refers to it"


def _parameter(column: str, taken: Mapping[str, ParameterValue]) -> str:
    if _PARAMETER.fullmatch(column) and column not in taken:
        return column
    return f"key_{len(taken) + 1}"
