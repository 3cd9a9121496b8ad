"""Which keywords can stand where, for each dialect."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect


def _list(text: str) -> tuple[str, ...]:
    """Keywords of a list with commas, which may be of several words."""
    return tuple(" ".join(part.split()) for part in text.split(",") if part.strip())


_STATEMENTS = _list(
    "SELECT, WITH, INSERT INTO, UPDATE, DELETE FROM, EXPLAIN, EXPLAIN ANALYZE, CREATE TABLE, "
    "CREATE VIEW, CREATE INDEX, CREATE SCHEMA, ALTER TABLE, DROP TABLE, DROP VIEW, VALUES, BEGIN, "
    "COMMIT, ROLLBACK, SAVEPOINT"
)
_MORE_STATEMENTS = {
    "postgres": _list(
        "COPY, MERGE INTO, TRUNCATE, ANALYZE, VACUUM, SET, SHOW, CALL, GRANT, REVOKE, LOCK TABLE, "
        "CREATE MATERIALIZED VIEW, CREATE FUNCTION, CREATE EXTENSION, CREATE TYPE, CREATE ROLE, "
        "REFRESH MATERIALIZED VIEW, COMMENT ON, REINDEX, TABLE, DISCARD ALL, RESET, DO, LISTEN"
    ),
    "duckdb": _list(
        "FROM, COPY, ATTACH, DETACH, DESCRIBE, SUMMARIZE, SHOW TABLES, PIVOT, UNPIVOT, PRAGMA, SET, "
        "USE, INSTALL, LOAD, EXPORT DATABASE, IMPORT DATABASE, CREATE MACRO, CREATE OR REPLACE TABLE, "
        "CREATE SEQUENCE, CREATE TYPE, CHECKPOINT, CALL, TRUNCATE, VACUUM, ANALYZE, MERGE INTO"
    ),
    "sqlite": _list(
        "EXPLAIN QUERY PLAN, PRAGMA, ATTACH, DETACH, VACUUM, ANALYZE, REINDEX, REPLACE INTO, "
        "CREATE TRIGGER, CREATE VIRTUAL TABLE"
    ),
    "datafusion": _list("COPY, CREATE EXTERNAL TABLE, SHOW TABLES, DESCRIBE, SET"),
}
_NOT_STATEMENTS = {
    "sqlite": {"EXPLAIN ANALYZE", "CREATE SCHEMA"},
    "duckdb": {"SAVEPOINT"},
    "datafusion": {
        "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "UPDATE", "DELETE FROM", "CREATE INDEX",
        "ALTER TABLE",
    },
}  # fmt: skip

_OPERANDS = _list("CASE, CAST, EXISTS, NOT, NULL, TRUE, FALSE, CURRENT_DATE, CURRENT_TIMESTAMP")
_MORE_OPERANDS = {
    "postgres": _list("INTERVAL, ARRAY, CURRENT_TIME, CURRENT_USER, LOCALTIMESTAMP, EXTRACT"),
    "duckdb": _list("INTERVAL, TRY_CAST, COLUMNS, LAMBDA, EXTRACT"),
    "sqlite": _list("CURRENT_TIME, RAISE"),
    "datafusion": _list("INTERVAL, TRY_CAST, EXTRACT"),
}
_OPERATORS = _list("AND, OR, IN, NOT IN, LIKE, NOT LIKE, BETWEEN, IS NULL, IS NOT NULL, COLLATE")
_MORE_OPERATORS = {
    "postgres": _list(
        "ILIKE, NOT ILIKE, SIMILAR TO, IS DISTINCT FROM, IS NOT DISTINCT FROM, AT TIME ZONE, OVER, FILTER"
    ),
    "duckdb": _list(
        "ILIKE, NOT ILIKE, SIMILAR TO, IS DISTINCT FROM, IS NOT DISTINCT FROM, GLOB, AT TIME ZONE, OVER, "
        "FILTER"
    ),
    "sqlite": _list("GLOB, REGEXP, MATCH, IS, IS NOT, ESCAPE, OVER, FILTER, IS DISTINCT FROM"),
    "datafusion": _list(
        "ILIKE, SIMILAR TO, IS DISTINCT FROM, IS NOT DISTINCT FROM, OVER, FILTER, AT TIME ZONE"
    ),
}
_JOINS = _list(
    "JOIN, LEFT JOIN, INNER JOIN, CROSS JOIN, RIGHT JOIN, FULL JOIN, NATURAL JOIN, LEFT OUTER JOIN"
)
_MORE_JOINS = {
    "postgres": _list("JOIN LATERAL, LEFT JOIN LATERAL, CROSS JOIN LATERAL, TABLESAMPLE"),
    "duckdb": _list(
        "ASOF JOIN, SEMI JOIN, ANTI JOIN, POSITIONAL JOIN, TABLESAMPLE, USING SAMPLE, PIVOT, UNPIVOT"
    ),
    "datafusion": _list("LEFT SEMI JOIN, LEFT ANTI JOIN"),
}
# Clauses in the order in which they are written.
_CLAUSES = ("FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY", "ORDER", "LIMIT", "OFFSET")
_CLAUSE_WORDS = {
    "FROM": ("FROM",),
    "WHERE": ("WHERE",),
    "GROUP": ("GROUP BY",),
    "HAVING": ("HAVING",),
    "WINDOW": ("WINDOW",),
    "QUALIFY": ("QUALIFY",),
    "ORDER": ("ORDER BY",),
    "LIMIT": ("LIMIT",),
    "OFFSET": ("OFFSET",),
}
_SET_OPERATORS = _list("UNION, UNION ALL, EXCEPT, INTERSECT")
_SORTS = _list("ASC, DESC, NULLS FIRST, NULLS LAST")

# What may follow a word, when only that may: (dialects, words). The last word typed decides.
_FOLLOW: dict[str, tuple[str, ...]] = {
    "GROUP": ("BY",),
    "ORDER": ("BY",),
    "PARTITION": ("BY",),
    "INSERT": ("INTO",),
    "REPLACE": ("INTO",),
    "MERGE": ("INTO",),
    "DELETE": ("FROM",),
    "INNER": ("JOIN",),
    "OUTER": ("JOIN",),
    "CROSS": ("JOIN",),
    "SEMI": ("JOIN",),
    "ANTI": ("JOIN",),
    "POSITIONAL": ("JOIN",),
    "ASOF": _list("JOIN, LEFT JOIN"),
    "LEFT": _list("JOIN, OUTER JOIN"),
    "RIGHT": _list("JOIN, OUTER JOIN"),
    "FULL": _list("JOIN, OUTER JOIN"),
    "NATURAL": _list("JOIN, LEFT JOIN, INNER JOIN, RIGHT JOIN, FULL JOIN"),
    "IS": _list(
        "NULL, NOT NULL, TRUE, FALSE, NOT TRUE, NOT FALSE, DISTINCT FROM, NOT DISTINCT FROM"
    ),
    "NULLS": _list("FIRST, LAST"),
    "PRIMARY": ("KEY",),
    "FOREIGN": ("KEY",),
    "CREATE": _list(
        "TABLE, VIEW, INDEX, UNIQUE INDEX, SCHEMA, TEMP TABLE, OR REPLACE, FUNCTION, SEQUENCE, TYPE, "
        "MATERIALIZED VIEW, TRIGGER, EXTENSION, ROLE, DATABASE, MACRO, VIRTUAL TABLE, EXTERNAL TABLE"
    ),
    "DROP": _list(
        "TABLE, VIEW, INDEX, SCHEMA, FUNCTION, SEQUENCE, TYPE, MATERIALIZED VIEW, TRIGGER, EXTENSION, "
        "ROLE, DATABASE, MACRO, COLUMN, CONSTRAINT"
    ),
    "ALTER": _list(
        "TABLE, VIEW, INDEX, SCHEMA, SEQUENCE, TYPE, ROLE, DATABASE, SYSTEM, COLUMN, EXTENSION"
    ),
    "CONFLICT": _list("DO NOTHING, DO UPDATE SET"),
    "DO": _list("NOTHING, UPDATE SET"),
    "TIME": ("ZONE",),
    "SIMILAR": ("TO",),
    "MATERIALIZED": ("VIEW",),
    "EXPORT": ("DATABASE",),
    "IMPORT": ("DATABASE",),
}
_ONLY = {
    "MATERIALIZED VIEW": {"postgres"}, "EXTENSION": {"postgres"}, "ROLE": {"postgres"},
    "SYSTEM": {"postgres"}, "MACRO": {"duckdb"}, "VIRTUAL TABLE": {"sqlite"},
    "EXTERNAL TABLE": {"datafusion"}, "TRIGGER": {"postgres", "sqlite"},
    "FUNCTION": {"postgres", "datafusion", "duckdb"}, "SEQUENCE": {"postgres", "duckdb"},
    "TYPE": {"postgres", "duckdb"}, "DATABASE": {"postgres", "datafusion"},
    "SCHEMA": {"postgres", "duckdb", "datafusion"},
}  # fmt: skip

_TYPES = {
    "postgres": _list(
        "integer, bigint, text, boolean, numeric, timestamptz, timestamp, date, jsonb, uuid, "
        "double precision, real, smallint, varchar, char, time, timetz, interval, bytea, json, inet, "
        "cidr, macaddr, xml, money, bit, tsvector, tsquery, int4range, int8range, numrange, tsrange, "
        "tstzrange, daterange, oid, regclass, serial, bigserial, point, polygon, name"
    ),
    "duckdb": _list(
        "INTEGER, BIGINT, VARCHAR, BOOLEAN, DOUBLE, DECIMAL, DATE, TIMESTAMP, TIMESTAMPTZ, TIME, "
        "INTERVAL, JSON, UUID, BLOB, FLOAT, REAL, SMALLINT, TINYINT, HUGEINT, UBIGINT, UINTEGER, "
        "USMALLINT, UTINYINT, UHUGEINT, STRUCT, MAP, UNION, BIT, TEXT, TIMESTAMP_NS, TIMESTAMP_MS, "
        "TIMESTAMP_S, GEOMETRY"
    ),
    "sqlite": _list("INTEGER, TEXT, REAL, BLOB, NUMERIC, ANY"),
    "datafusion": _list(
        "INT, BIGINT, VARCHAR, BOOLEAN, DOUBLE, DECIMAL, DATE, TIMESTAMP, TIME, INTERVAL, FLOAT, "
        "SMALLINT, TINYINT, BYTEA, INT UNSIGNED, BIGINT UNSIGNED"
    ),
}
_COLUMN_CONSTRAINTS = _list(
    "NOT NULL, PRIMARY KEY, DEFAULT, REFERENCES, UNIQUE, CHECK, GENERATED ALWAYS AS, COLLATE"
)


def statements(dialect: Dialect) -> tuple[str, ...]:
    """What begins a statement."""
    without = _NOT_STATEMENTS.get(dialect.name, set[str]())
    common = tuple(word for word in _STATEMENTS if word not in without)
    return common + _MORE_STATEMENTS.get(dialect.name, ())


def operands(dialect: Dialect) -> tuple[str, ...]:
    """What may begin a part of an expression."""
    return _OPERANDS + _MORE_OPERANDS.get(dialect.name, ())


def operators(dialect: Dialect) -> tuple[str, ...]:
    """What may go on behind a part of an expression."""
    return _OPERATORS + _MORE_OPERATORS.get(dialect.name, ())


def joins(dialect: Dialect) -> tuple[str, ...]:
    """What may follow an item of FROM, before the next clause."""
    return _JOINS + _MORE_JOINS.get(dialect.name, ())


def types(dialect: Dialect) -> tuple[str, ...]:
    """Types that every database of the engine has."""
    return _TYPES.get(dialect.name, ())


def column_constraints() -> tuple[str, ...]:
    """What may follow a column's type where it is defined."""
    return _COLUMN_CONSTRAINTS


def sorts() -> tuple[str, ...]:
    """What may follow an expression of ORDER BY."""
    return _SORTS


def following(word: str, dialect: Dialect) -> tuple[str, ...]:
    """What may follow a word, when nothing else may; empty when other things may."""
    found = _FOLLOW.get(word, ())
    return tuple(w for w in found if dialect.name in _ONLY.get(w, {dialect.name}))


def later_clauses(clause: str, dialect: Dialect) -> tuple[str, ...]:
    """The clauses that may follow one of SELECT."""
    if clause in {"ON", "USING"}:
        clause = "FROM"
    at = _CLAUSES.index(clause) + 1 if clause in _CLAUSES else 0
    words: list[str] = []
    for name in _CLAUSES[at:]:
        if name == "QUALIFY" and dialect.name != "duckdb":
            continue
        words += _CLAUSE_WORDS[name]
    if dialect.name == "postgres" and clause not in {"SELECT", ""}:
        words += ["FETCH FIRST", "FOR UPDATE"]
    return (*words, *_SET_OPERATORS) if clause not in {"LIMIT", "OFFSET"} else tuple(words)


@cache
def all_words(dialect: Dialect) -> frozenset[str]:
    """Every single word of the keywords above."""
    phrases = [
        *statements(dialect), *operands(dialect), *operators(dialect), *joins(dialect), *_SORTS,
        *_SET_OPERATORS, *_COLUMN_CONSTRAINTS, *_CLAUSES, *(w for f in _FOLLOW.values() for w in f),
        "BY ON USING AS SET VALUES RETURNING DISTINCT INTO WHEN THEN ELSE END RECURSIVE LATERAL",
    ]  # fmt: skip
    return frozenset(word for phrase in phrases for word in phrase.split())
