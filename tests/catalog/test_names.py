"""Names are quoted where the engine needs it, and only there."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.catalog.support import (
    HOSTILE_NAMES,
    open_datafusion,
    open_duckdb,
    rows,
    run,
)
from tusk.catalog.names import written
from tusk.core.dialect import DATAFUSION, DUCKDB, POSTGRES, SQLITE, quote_identifier
from tusk.engines.base import Session

# From the manual: https://www.sqlite.org/lang_keywords.html
_SQLITE_KEYWORDS = """
abort action add after all alter always analyze and as asc attach autoincrement before begin
between by cascade case cast check collate column commit conflict constraint create cross current
current_date current_time current_timestamp database default deferrable deferred delete desc
detach distinct do drop each else end escape except exclude exclusive exists explain fail filter
first following for foreign from full generated glob group groups having if ignore immediate in
index indexed initially inner insert instead intersect into is isnull join key last left like
limit match materialized natural no not nothing notnull null nulls of offset on or order others
outer over partition plan pragma preceding primary query raise range recursive references regexp
reindex release rename replace restrict returning right rollback row rows savepoint select set
table temp temporary then ties to transaction trigger unbounded union unique update using vacuum
values view virtual when where window with without
"""
SQLITE_KEYWORDS = _SQLITE_KEYWORDS.split()


def test_postgres_names_are_written_as_quote_ident_writes_them(postgres: Session) -> None:
    """On the newest server; older ones reserve a few words less."""
    words = [str(word) for (word,) in rows(postgres, "select word from pg_get_keywords()")]
    names = [*HOSTILE_NAMES, *words, "a1", "_x", "1a", "a$b", "é", ""]

    for name in names:
        literal = "'" + name.replace("'", "''") + "'"
        ((quoted,),) = rows(postgres, f"select quote_ident({literal})")
        ours = written(name, POSTGRES)
        assert ours in {quoted, quote_identifier(name)}
        assert quoted == ours or name.startswith("json") or name in {"merge_action", "system_user"}


def test_every_keyword_of_duckdb_can_be_a_name(duckdb: Session) -> None:
    words = [str(word) for (word,) in rows(duckdb, "select keyword_name from duckdb_keywords()")]
    assert len(words) > 400
    for word in words:
        name = written(word, DUCKDB)
        run(duckdb, f"create table {name} ({name} integer); insert into {name} values (7)")
        assert rows(duckdb, f"select t.{name} from main.{name} t where {name} = 7") == [(7,)]
        assert rows(duckdb, f"select {name} from {name} group by {name}") == [(7,)]


def test_every_keyword_of_sqlite_can_be_a_name() -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for word in SQLITE_KEYWORDS:
            name = written(word, SQLITE)
            connection.execute(f"create table {name} ({name} integer)")
            connection.execute(f"insert into {name} ({name}) values (7)")
            select = f"select t.{name}, max({name}) from main.{name} t group by {name}"
            assert connection.execute(select).fetchall() == [(7, 7)]


def test_every_keyword_that_datafusion_may_have_can_be_a_name(
    datafusion: Session, postgres: Session
) -> None:
    words = [str(word) for (word,) in rows(postgres, "select word from pg_get_keywords()")]
    for word in [*words, *SQLITE_KEYWORDS, "struct", "cube", "rollup", "qualify"]:
        name, quoted = written(word, DATAFUSION), quote_identifier(word)
        run(datafusion, f"create or replace table {quoted} ({quoted} int) as values (7)")
        assert rows(datafusion, f"select t.{name} from {name} t where {name} = 7") == [(7,)]


@pytest.mark.parametrize("name", ["orders", "order_items", "_x1", "key", "name", "data", "value"])
@pytest.mark.parametrize("dialect", [POSTGRES, DUCKDB, SQLITE, DATAFUSION], ids=lambda d: d.name)
def test_ordinary_names_have_no_quotes(name: str, dialect) -> None:
    assert written(name, dialect) == name


NAMES = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)


@settings(max_examples=30)
@given(NAMES | st.sampled_from(HOSTILE_NAMES))
def test_any_name_reaches_duckdb_and_sqlite_as_it_is(name: str) -> None:
    duckdb = open_duckdb()
    quoted = written(name, DUCKDB)
    run(duckdb, f"create table {quoted} ({quoted} integer)")
    assert rows(duckdb, "select table_name, column_name from duckdb_columns() where not internal") \
        == [(name, name)]  # fmt: skip
    duckdb.close()
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        quoted = written(f"t{name}", SQLITE)
        connection.execute(f"create table {quoted} ({written(name, SQLITE)} integer)")
        found = connection.execute(
            "select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c"
        )
        assert found.fetchall() == [(f"t{name}", name)]


@pytest.fixture(scope="module")
def lasting_datafusion() -> Iterator[Session]:
    """One for many examples: each is a process of its own."""
    session = open_datafusion()
    yield session
    session.close()


@settings(max_examples=15)
@given(name=NAMES | st.sampled_from(HOSTILE_NAMES))
def test_any_name_reaches_datafusion_as_it_is(lasting_datafusion: Session, name: str) -> None:
    ours, quoted = written(name, DATAFUSION), quote_identifier(name)
    run(lasting_datafusion, f"create or replace table {quoted} ({quoted} int) as values (7)")
    assert rows(lasting_datafusion, f"select {ours} from {ours}") == [(7,)]


def test_hostile_names_reach_postgres_as_they_are(postgres: Session) -> None:
    for name in HOSTILE_NAMES:
        run(postgres, f"create table {written(name, POSTGRES)} ()")

    found = rows(
        postgres, "select relname from pg_class where relnamespace = 'public'::regnamespace"
    )

    assert {name for (name,) in found} == set(HOSTILE_NAMES)
