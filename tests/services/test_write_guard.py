"""What is asked before statements change something, and how many rows it says."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest

from tusk.core.dialect import DIALECTS
from tusk.core.statement import split
from tusk.services.connections import Connection, Profile, resolve
from tusk.services.write_guard import (
    ConfirmWrites,
    Write,
    asks_before,
    with_estimates,
    writes_of,
)


def asked(sql: str, ask: ConfirmWrites, dialect: str = "postgres") -> list[str]:
    lexical = DIALECTS[dialect]
    return [w.words for s in split(sql, lexical) for w in writes_of(s, lexical, ask)]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("update only s.t as x set a = 1", "UPDATE without WHERE touches every row of s.t"),
        ('delete from "Big T" using b', 'DELETE without WHERE takes every row of "Big T"'),
        ("(delete from t)", "DELETE without WHERE takes every row of t"),
        (
            "with a as (delete from t returning *) select * from a where x = 1",
            "DELETE without WHERE takes every row of t",
        ),
        (
            "with a as (select 1 where true) delete from t",
            "DELETE without WHERE takes every row of t",
        ),
        (
            "update t set a = (select b from c where c.x = t.x)",
            "UPDATE without WHERE touches every row of t",
        ),
        ("explain (analyze) delete from t", "DELETE without WHERE takes every row of t"),
        ("copy (delete from t returning *) to stdout", "DELETE without WHERE takes every row of t"),
        (
            "update t set a = 1 where true returning *",
            "UPDATE with a WHERE that is always true touches every row of t",
        ),
        ("delete /* where */ from t -- where", "DELETE without WHERE takes every row of t"),
        ("truncate table only a, b.c restart identity", "TRUNCATE takes every row of a, b.c"),
        ("drop table if exists a, b cascade", "DROP TABLE removes what depends on it and a, b"),
        ("drop materialized view x", "DROP MATERIALIZED VIEW removes x"),
        ("drop owned by ann", "DROP OWNED removes ann"),
        ("alter table if exists t drop column a", "ALTER TABLE … DROP takes a column of t"),
        (
            "create or replace table t as select 1",
            "CREATE OR REPLACE takes every row of an earlier t",
        ),
    ],
)
def test_what_reaches_every_row_or_removes_something_is_asked_about(sql: str, words: str) -> None:
    assert asked(sql, ConfirmWrites.UNBOUNDED) == [words]
    assert asked(sql, ConfirmWrites.ALL) == [words]
    assert asked(sql, ConfirmWrites.NEVER) == []


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("update t set a = 1 where b = 2", "UPDATE changes rows of t"),
        ("delete from t where current of c", "DELETE takes rows of t"),
        (
            "insert into t values (1) on conflict (a) do update set b = 2",
            "INSERT adds or changes rows of t",
        ),
        (
            "merge into t using s on a = b when matched then delete",
            "MERGE adds or changes rows of t",
        ),
        ("alter table t alter a drop not null", "alter table t alter a drop not null"),
        ("alter table t drop constraint c", "alter table t drop constraint c"),
        ("create index i on t (a)", "create index i on t (a)"),
        ("call p()", "call p()"),
        ("copy t from stdin", "COPY adds rows to t"),
        ("with w as (update t set a = 1 where b) insert into x select 1", "with w as"),
    ],
)
def test_other_writes_are_asked_about_where_all_are(sql: str, words: str) -> None:
    assert asked(sql, ConfirmWrites.UNBOUNDED) == []
    (found,) = asked(sql, ConfirmWrites.ALL)
    assert words in found


@pytest.mark.parametrize(
    "sql",
    [
        "select * from t for update",
        "select 'delete from t', \"update\" from t",
        "explain delete from t",
        "copy t to stdout",
        "with x as (select 1) select * from x",
        "begin",
        "set search_path = a",
        "show all",
    ],
)
def test_what_only_reads_is_never_asked_about(sql: str) -> None:
    assert asked(sql, ConfirmWrites.ALL) == []


def test_other_dialects_write_their_names_in_their_own_ways() -> None:
    assert asked("delete from [my t]", ConfirmWrites.UNBOUNDED, "sqlite") == [
        "DELETE without WHERE takes every row of [my t]"
    ]
    assert asked("update or ignore `t` set a = 1", ConfirmWrites.UNBOUNDED, "sqlite") == [
        "UPDATE without WHERE touches every row of `t`"
    ]


@pytest.mark.parametrize(
    "sql", ["update", "delete from", "truncate", "drop", "drop table", "alter"]
)
def test_half_a_statement_is_left_to_the_engine(sql: str) -> None:
    assert asked(sql, ConfirmWrites.UNBOUNDED) == []


def test_stored_connections_and_servers_ask_and_files_that_were_just_named_do_not() -> None:
    assert asks_before(Profile("x", "sqlite"), "sqlite") is ConfirmWrites.UNBOUNDED
    assert asks_before(None, "postgres") is ConfirmWrites.UNBOUNDED
    assert asks_before(None, "duckdb") is ConfirmWrites.NEVER


def estimates(target: str, setup: str, *names: str) -> list[int | None]:
    connection = Connection(resolve(target))
    connection.open()
    try:
        session = connection.session
        for statement in split(setup, session.dialect):
            cursor = session.execute(statement)
            list(cursor.batches())
            cursor.close()
        writes = [Write("DELETE takes", (name,), counts=True) for name in names]
        return [write.rows for write in with_estimates(writes, connection)]
    finally:
        connection.close()


def test_duckdb_estimates_from_its_catalogue_and_runs_no_view() -> None:
    setup = (
        "create table t as select range as a from range(5000);"
        'create schema s; create table s."T 2" as select 1 as a;'
        "create view v as select error('run')"
    )
    names = ["t", "T", 's."T 2"', "v", "none"]
    assert estimates("duckdb://", setup, *names) == [5000, 5000, 1, None, None]


def test_sqlite_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as db:
        db.execute('create table "a b" (x)')
        db.executemany('insert into "a b" values (?)', [[n] for n in range(7)])
    assert estimates(str(path), "", '"a b"', "[a b]", "none") == [7, 7, None]


def test_postgres_asks_the_planner_also_before_the_first_analyze(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute("create table t as select generate_series(1, 20000) as a")
        admin.execute("create table part (a int) partition by range (a)")
        admin.execute("create table part1 partition of part for values from (0) to (99999)")
        admin.execute("insert into part select generate_series(1, 500)")
        admin.execute("analyze")
    analyzed, parts, missing = estimates(pg_db, "", "t", "part", "none")
    assert analyzed == 20000
    assert parts == 500
    assert missing is None
    (fresh,) = estimates(pg_db, "create table f as select generate_series(1, 20000) as a", "f")
    assert fresh is not None
    assert fresh > 1000


def test_a_table_that_somebody_has_locked_has_no_number(pg_db: str) -> None:
    with psycopg.connect(pg_db) as admin:
        admin.execute("create table t (a int)")
        admin.commit()
        admin.execute("lock table t")
        assert estimates(pg_db, "", "t") == [None]
