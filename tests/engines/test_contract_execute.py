"""What every engine promises of sessions, results and errors, asked of all of them."""

from __future__ import annotations

import contextlib

import pyarrow as pa
import pytest

from tests.engines.kits import Kit
from tests.support.hostile import WITH_NUL
from tusk.core.dialect import DIALECTS, quote_text
from tusk.core.errors import (
    ConnectError,
    ConnectionLost,
    QueryCancelled,
    QueryError,
)
from tusk.core.schema import db_type_of, engine_of
from tusk.core.statement import Statement, split
from tusk.engines.base import Cursor, FetchMode, Session, TransactionState
from tusk.engines.registry import load_engine

# ── sessions ─────────────────────────────────────────────────────────────────────────────────


def test_an_engine_and_its_session_are_what_the_protocols_say(kit: Kit, session: Session):
    engine = load_engine(kit.name)
    assert engine.name == kit.name
    assert engine.dialect is session.dialect is DIALECTS[kit.name]
    assert session.target.engine == kit.name
    cursor = session.execute(kit.statement("select 1 as a"))
    assert isinstance(cursor, Cursor)
    cursor.close()


def test_a_session_tells_who_it_talks_to(kit: Kit, session: Session):
    info = session.test()
    assert info.product.lower().startswith(kit.name)
    assert info.version[0].isdigit()
    assert info.latency_s > 0
    assert not info.is_read_only
    session.close()
    assert kit.connect(read_only=True).test().is_read_only


def test_closing_twice_is_harmless_and_a_closed_session_says_so(kit: Kit, session: Session):
    session.close()
    session.close()
    assert session.transaction is TransactionState.LOST
    with pytest.raises(ConnectionLost):
        kit.run(session, "select 1 as a")


def test_a_closed_session_can_be_opened_again(kit: Kit, session: Session):
    session.close()
    session.reopen()
    assert kit.run(session, "select 1 as a").value == 1


def test_startup_statements_run_in_each_new_session(kit: Kit):
    session = kit.connect(startup_sql=["create table s (a integer)"])
    assert kit.count(session, "s") == 0


# ── results ──────────────────────────────────────────────────────────────────────────────────


def test_a_query_has_a_schema_and_rows(kit: Kit, session: Session):
    result = kit.run(session, kit.rows(3))
    assert result.schema is not None
    assert result.schema.names == ["n", "t"]
    assert result.rows == [(0, "text 0"), (1, "text 1"), (2, "text 2")]
    for column in result.schema:
        assert engine_of(column) == kit.name
        assert db_type_of(column)
    assert result.affected is None
    assert result.tag.endswith(" 3")


def test_the_schema_is_known_before_the_first_batch(kit: Kit, session: Session):
    cursor = session.execute(kit.statement(kit.rows(3)))
    assert cursor.schema is not None
    assert cursor.schema.names == ["n", "t"]
    assert cursor.can_pause
    cursor.close()


@pytest.mark.parametrize("mode", list(FetchMode))
def test_all_rows_arrive_in_order_and_once(kit: Kit, session: Session, mode: FetchMode):
    query = f"select * from ({kit.rows(30_000)}) q order by n"
    result = kit.run(session, query, mode=mode)
    assert [row[0] for row in result.rows] == list(range(30_000))
    assert len(result.batches) > 1
    assert result.schema is not None
    for batch in result.batches:
        assert batch.schema.equals(result.schema, check_metadata=True)


def test_no_rows_still_have_a_schema(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer, b varchar)")
    result = kit.run(session, "select a, b from t")
    assert result.schema is not None
    assert [(c.name, str(c.type)) for c in result.schema][1] == ("b", "string")
    assert pa.types.is_integer(result.schema.field("a").type)
    assert result.rows == []


def test_a_statement_without_a_result_has_no_schema(kit: Kit, session: Session):
    result = kit.run(session, "create table t (a integer)")
    assert result.schema is None
    assert result.batches == []
    assert result.tag.startswith("CREATE")


def test_null_is_not_the_empty_text(kit: Kit, session: Session):
    text = "select '' as a, cast(null as varchar(5)) as b, 'NULL' as c"
    assert kit.run(session, text).rows == [("", None, "NULL")]


def test_columns_may_have_the_same_name(kit: Kit, session: Session):
    result = kit.run(session, "select 1 as a, 2 as a, 3 as b")
    assert result.schema is not None
    assert result.schema.names == ["a", "a", "b"]
    assert result.rows == [(1, 2, 3)]


def test_a_column_may_have_an_empty_name(kit: Kit, session: Session):
    result = kit.run(session, 'select 1 as ""')
    assert result.schema is not None
    assert result.schema.names == [""]


def test_changed_rows_are_counted(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer)")
    result = kit.run(session, "insert into t values (1), (2), (3)")
    assert (result.affected, result.schema) == (3, None)
    assert result.tag.split()[0] == "INSERT"
    assert result.tag.endswith("3")


def test_updates_and_deletes_are_counted(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer)")
    kit.run(session, "insert into t values (1), (2), (3)")
    assert kit.run(session, "update t set a = a + 1 where a > 1").affected == 2
    assert kit.run(session, "update t set a = 0 where a > 99").affected == 0
    assert kit.run(session, "delete from t").affected == 3


def test_returned_rows_are_a_result_that_cannot_be_paused(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer)")
    cursor = session.execute(kit.statement("insert into t values (1), (2) returning a"))
    assert not cursor.can_pause
    assert [b.to_pydict() for b in cursor.batches()] == [{"a": [1, 2]}]
    assert cursor.tag.split()[0] == "INSERT"
    assert kit.count(session) == 2


def test_several_statements_run_in_order_with_their_own_results(kit: Kit, session: Session):
    script = "create table t (a integer); insert into t values (5); select a from t; select 'x;'"
    results = [kit.run(session, s.text) for s in split(script, session.dialect)]
    assert [r.schema is not None for r in results] == [False, False, True, True]
    assert results[2].rows == [(5,)]
    assert results[3].rows == [("x;",)]


def test_a_cursor_tells_the_time_to_its_first_and_last_row(kit: Kit, session: Session):
    cursor = session.execute(kit.statement(kit.rows(50_000)))
    for _ in cursor.batches():
        pass
    timing = cursor.timing
    assert 0 < timing.first_row_s <= timing.total_s


def test_explain_shows_a_plan(kit: Kit, session: Session):
    assert kit.run(session, "explain select 1 as a").rows


# ── errors ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("select 1 as a frm t", "t"),
        ("select nonsense_column as a", "nonsense_column"),
        ("select * from nonsense_table", "nonsense_table"),
        ("select nonsense_function(1) as a", "nonsense_function"),
        ("selec 1 as a", "selec"),
        ("select 'é漢🦆' as a,\n  'x' as b,\n  nonsense_column as c", "nonsense_column"),
        ("select 1 as a,\n -- comment é\n 2 as b from nonsense_table", "nonsense_table"),
    ],
)
def test_an_error_points_at_the_wrong_word(kit: Kit, session: Session, text: str, word: str):
    with pytest.raises(QueryError) as caught:
        kit.run(session, text)
    error = caught.value
    assert error.message
    assert "LINE 1" not in error.message
    # DataFusion's parser stops one word later or earlier than the others.
    expected = {i for i in range(len(text)) if text.startswith(word, i)}
    if word == "t":
        expected = {text.rindex("t"), text.index("frm")}
    assert error.position in expected
    assert kit.run(session, "select 1 as a").value == 1


def test_an_error_in_the_middle_of_the_rows_comes_after_the_rows_before_it(
    kit: Kit, session: Session
):
    queries = {
        "sqlite": f"select case when n < 20000 then n else abs(-9223372036854775807 - 1) end as v "
        f"from ({kit.rows(30_000)}) q",
        "datafusion": "select 1 / (2000000 - value) as v from generate_series(0, 3000000)",
        "postgres": f"select 1 / (20000 - n) as v from ({kit.rows(30_000)}) q",
        "duckdb": f"select case when n = 2000000 then error('zero') else n end as v "
        f"from ({kit.rows(3_000_000)}) q",
    }
    seen = 0
    with pytest.raises(QueryError) as caught:
        cursor = session.execute(kit.statement(queries[kit.name]))
        for batch in cursor.batches():
            seen += batch.num_rows
    assert not isinstance(caught.value, QueryCancelled)
    # In DuckDB and DataFusion, threads work ahead: the error overtakes what they have ready, and
    # rows after the bad one may come.
    is_ahead = kit.name in {"duckdb", "datafusion"}
    assert 0 < seen <= (3_000_000 if is_ahead else 20_000)
    assert kit.run(session, "select 1 as a").value == 1


def test_text_that_cannot_be_sent_is_an_error_like_any_other(kit: Kit, session: Session):
    for text in ("select '\ud800' as a", f"select {quote_text(WITH_NUL)} as a"):
        try:
            kit.run(session, text)
        except QueryError as error:
            assert error.message
    assert kit.run(session, "select 1 as a").value == 1


@pytest.mark.parametrize("limit_s", [1e10, 1e12, 1e300])
def test_a_time_limit_may_be_longer_than_any_timer_can_run(kit: Kit, limit_s: float):
    session = kit.connect(statement_timeout_s=limit_s)
    assert kit.run(session, "select 1 as a").value == 1
    assert kit.run(session, "select 2 as a", timeout_s=limit_s).value == 2


def test_no_statement_is_cut_off_at_a_nul(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer)")
    kit.run(session, "insert into t values (1), (2)")
    for text in ("delete from t \0 where a = 1", "select 1 \0 + 5 as x", "\0 select 2 as x"):
        with pytest.raises(QueryError) as caught:
            session.execute(Statement(text))
        if kit.name in {"duckdb", "postgres"}:
            assert "NUL character" in caught.value.message
            assert caught.value.position == text.index("\0")
    assert kit.count(session) == 2
    # DataFusion lets one stand in a comment, where it changes nothing.
    with contextlib.suppress(QueryError):
        assert kit.run(session, "select 1 -- \0\n + 5 as x").value == 6


def test_a_nul_in_startup_sql_is_an_error_too(kit: Kit):
    with pytest.raises(ConnectError):
        kit.connect(startup_sql=["create table s (a integer) \0 as select 1 as b"])
