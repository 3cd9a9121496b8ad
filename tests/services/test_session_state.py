"""What statements leave in their session, as far as their words tell."""

from __future__ import annotations

import pytest

from tusk.core.dialect import DIALECTS
from tusk.core.statement import split
from tusk.services.session_state import leaves_state

LEAVES = {
    "postgres": [
        "set search_path to s", "reset all", "prepare p as select 1", "listen x", "discard all",
        "create temporary table t (a int)", "create table pg_temp.t (a int)", "load 'x'",
        "select set_config('a.b', 'c', false)", "select 1 into temp t", "call p()", "do $$ $$",
        "declare c cursor with hold for select 1", "create temp view v as select 1",
    ],
    "duckdb": ["use other", "set threads = 1", "create temp macro m() as 1", "attach 'x' as y"],
    "sqlite": ["create temp table t (a)", "attach 'x' as y", "pragma foreign_keys = on"],
}  # fmt: skip
LEAVES_NOT = {
    "postgres": [
        "select 1", "table t", "insert into t values ('temp')", "update t set temporary = 1",
        "create table t (a int)", "begin", "commit", "vacuum t", "explain select 1", "show all",
        "with a as (select 1) select temp from a", "copy t to stdout", "analyze t", "",
    ],
    "duckdb": ["from t", "summarize t", "describe t", "checkpoint"],
    "sqlite": ["select * from t", "pragma table_info(t)", "vacuum"],
}  # fmt: skip


@pytest.mark.parametrize("engine", sorted(LEAVES))
def test_settings_temporary_objects_and_code_leave_something(engine: str) -> None:
    dialect = DIALECTS[engine]
    for sql in LEAVES[engine]:
        assert all(leaves_state(each, dialect) for each in split(sql, dialect)), sql
    for sql in LEAVES_NOT[engine]:
        assert not any(leaves_state(each, dialect) for each in split(sql, dialect)), sql
