"""INSERT statements: each engine runs its own and gets the same values back."""

from __future__ import annotations

import math
import sqlite3

import duckdb
import psycopg
import pyarrow as pa
import pytest

from tests.formats.support import SAMPLES, batch, hostile, postgres, texts, write
from tests.support.hostile import WITH_NUL
from tusk.core.render import render_column
from tusk.core.schema import db_type_of
from tusk.formats.writer import WriterOptions


def test_postgres_runs_it_and_has_the_same_values(pg_db: str):
    rows = postgres()
    names = rows.schema.names
    types = [db_type_of(field) for field in rows.schema]
    columns = ", ".join(f'"{n}" {t}' for n, t in zip(names, types, strict=True))
    with psycopg.connect(pg_db) as connection:
        connection.execute("set timezone = 'Europe/Berlin'")
        connection.execute(f'create temp table "result" (n serial, {columns})')
        connection.execute(write("insert", [rows]))
        for name, field, column in zip(names, rows.schema, rows.columns, strict=True):
            query = f'select "{name}"::text from "result" order by n'
            found = [row[0] for row in connection.execute(query).fetchall()]
            expected = render_column(column, field)
            if field.type == pa.bool_():  # text says `true` where psql says `t`
                expected = [{"t": "true", "f": "false"}.get(str(t)) for t in expected]
            assert found == expected, name


def test_the_sign_of_zero_and_nan_survive(pg_db: str):
    values = [0.0, -0.0, math.nan, math.inf, 1e-300, 5e-324]
    rows = batch("postgres", {"x": ("float8", pa.array(values))})
    with psycopg.connect(pg_db) as connection:
        connection.execute("create temp table result (x float8)")
        connection.execute(write("insert", [rows]))
        found = [row[0] for row in connection.execute("select x from result").fetchall()]
    assert [repr(value) for value in found] == [repr(value) for value in values]


def test_duckdb_runs_it_and_has_the_same_values():
    rows = SAMPLES["duckdb"]()
    with duckdb.connect() as connection:
        connection.register("sample", pa.Table.from_batches([rows]))
        connection.execute("create table result as select * from sample limit 0")
        connection.execute(write("insert", [rows]).decode())
        query = "select columns(*)::varchar from {}"
        found = connection.execute(query.format("result")).fetchall()
        assert found == connection.execute(query.format("sample")).fetchall()


def test_sqlite_runs_it_and_has_the_same_values():
    rows = SAMPLES["sqlite"]()
    with sqlite3.connect(":memory:") as connection:
        connection.execute('create table result (id integer, real real, mixed, "column" text)')
        connection.executescript(write("insert", [rows]).decode())
        found = connection.execute('select real, mixed, "column" from result').fetchall()
    assert [row[0] for row in found] == rows.column(1).to_pylist()
    assert [row[1] for row in found] == [5, 0.1 + 0.2, "tëxt", b"\xff\x00", None]
    assert [row[2] for row in found] == rows.column(3).to_pylist()


def test_datafusion_runs_it():
    datafusion = pytest.importorskip("datafusion")
    values = {
        "f": ("", pa.array([1.5, math.inf, None])),
        "b": ("", pa.array([b"\xff", b"", None])),
        "t": ("", pa.array(["it's", "a\nb", None])),
    }
    rows = batch("datafusion", values)
    context = datafusion.SessionContext()
    context.sql("create table result (f double, b bytea, t varchar)").collect()
    context.sql(write("insert", [rows]).decode()).collect()
    (found,) = context.sql("select * from result").collect()
    assert [found.column(n).to_pylist() for n in range(3)] == [c.to_pylist() for c in rows.columns]


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_hostile_texts_are_only_values(engine: str):
    values = [*hostile().column("t").to_pylist(), WITH_NUL, "'; drop table result; --"]
    content = write("insert", [texts(values, engine)]).decode()
    if engine == "duckdb":
        with duckdb.connect() as connection:
            connection.execute("create table result (n bigint, t varchar)")
            connection.execute(content)
            found = connection.execute("select t from result order by n").fetchall()
    else:
        with sqlite3.connect(":memory:") as connection:
            connection.execute("create table result (n, t)")
            connection.executescript(content)
            found = connection.execute("select t from result order by n").fetchall()
    assert [row[0] for row in found] == values


def test_statements_have_so_many_rows_however_they_arrive():
    rows = texts([str(n) for n in range(1203)])
    content = write("insert", [rows])
    assert content.count(b"INSERT INTO") == 3
    assert content.count(b";\n") == 3
    pieces = [rows.slice(start, 7) for start in range(0, 1203, 7)]
    assert write("insert", pieces) == content


def test_another_dialect_may_be_asked_for():
    rows = SAMPLES["duckdb"]()
    content = write("insert", [rows], WriterOptions(dialect="postgres", table="s.t")).decode()
    assert content.startswith('INSERT INTO "s"."t" ("i", ')
    assert "'\\x61ff'" in content
    assert """'["a b",null,"x,y"]'""" in content
    assert "'NaN'" in content


def test_a_name_in_quotes_is_used_as_it_is():
    content = write("insert", [texts(["a"])], WriterOptions(table='"odd.name"')).decode()
    assert content.startswith('INSERT INTO "odd.name" (')
