"""Write a name so that the engine reads exactly that name, with quotes only where it needs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tusk.core.dialect import quote_identifier

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect

# PostgreSQL and DataFusion fold what is not quoted to lower case; DuckDB and SQLite keep it and
# compare without case.
_FOLDED = re.compile(r"[a-z_][a-z0-9_]*")
_KEPT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that cannot be the name of a table or column everywhere. Those that an engine lets stand
# in some places count too, as for PostgreSQL's quote_ident. The tests compare with the engines.
_ALL = _words(
    """
    all and as between case cast check collate constraint create default deferrable distinct
    else except exists foreign from group having in intersect into is isnull join limit not
    notnull null on or order primary references returning select table then to union unique
    using values when where
    """
)
_POSTGRES = _words(
    """
    analyse analyze any array asc asymmetric authorization bigint binary bit boolean both char
    character coalesce collation column concurrently cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user dec decimal desc
    do end extract false fetch float for freeze full grant greatest grouping ilike initially
    inner inout int integer interval json json_array json_arrayagg json_exists json_object
    json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading
    least left like localtime localtimestamp merge_action national natural nchar none
    normalize nullif numeric offset only out outer overlaps overlay placing position precision
    real right row session_user setof similar smallint some substring symmetric system_user
    tablesample time timestamp trailing treat trim true user varchar variadic verbose window
    with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi
    xmlroot xmlserialize xmltable
    """
)
_DUCKDB = _words(
    """
    analyse analyze anti any array asc asof asymmetric at authorization bigint binary bit
    boolean both by char character coalesce collation column columns concurrently cross dec
    decimal desc describe do end extract false fetch float for freeze full generated glob
    grouping grouping_id ilike initially inner inout int integer interval lambda lateral
    leading left like map national natural nchar none nullif numeric offset only out outer
    overlaps overlay pivot pivot_longer pivot_wider placing position positional precision
    qualify real right row semi setof show similar smallint some struct substring summarize
    symmetric tablesample time timestamp trailing treat trim true try_cast unpack unpivot
    varchar variadic verbose window with xmlattributes xmlconcat xmlelement xmlexists
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    """
)
_SQLITE = _words(
    """
    add alter autoincrement commit current_date current_time current_timestamp delete drop
    escape if index insert nothing raise set transaction update
    """
)
_RESERVED = {
    "postgres": _ALL | _POSTGRES,
    "duckdb": _ALL | _DUCKDB,
    "sqlite": _ALL | _SQLITE,
    "datafusion": _ALL | _POSTGRES | {"cube", "rollup", "struct"},
}


def written(name: str, dialect: Dialect) -> str:
    """The name as it must stand in a statement.

    >>> from tusk.core.dialect import DUCKDB, POSTGRES
    >>> [written(n, POSTGRES) for n in ("orders", "Orders", "order", 'a"b')]
    ['orders', '"Orders"', '"order"', '"a""b"']
    >>> [written(n, DUCKDB) for n in ("Orders", "order line")]
    ['Orders', '"order line"']
    """
    plain = _KEPT if dialect.name in {"duckdb", "sqlite"} else _FOLDED
    if plain.fullmatch(name) and name.lower() not in _RESERVED.get(dialect.name, _ALL | _POSTGRES):
        return name
    return quote_identifier(name)
