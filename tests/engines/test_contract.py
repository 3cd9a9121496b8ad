"""What every engine promises, each promise asked of all of them."""

from __future__ import annotations

import datetime as dt
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.engines.kits import WRITES, Kit
from tests.support.hostile import HOSTILE, WITH_NUL
from tusk.core.dialect import DIALECTS, quote_identifier, quote_text
from tusk.core.errors import (
    ConnectionLost,
    PermissionDenied,
    QueryCancelled,
    QueryError,
    QueryRefused,
    QueryTimeout,
)
from tusk.core.params import ParameterValue, UntypedText
from tusk.core.schema import db_type_of, engine_of
from tusk.core.statement import split
from tusk.engines.base import Cursor, FetchMode, Session, TransactionState
from tusk.engines.registry import load_engine

# What a cancel may take, from the call on.
SOON_S = 1.0


def cancel_while_running(session: Session) -> tuple[threading.Thread, list[float]]:
    """Cancel as soon as the session is busy; the list tells when that was."""
    cancelled_at: list[float] = []

    def work() -> None:
        deadline = time.monotonic() + 30
        while session.transaction is not TransactionState.ACTIVE and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.2)
        cancelled_at.append(time.monotonic())
        session.cancel()

    thread = threading.Thread(target=work)
    thread.start()
    return thread, cancelled_at


def start_transaction(kit: Kit, session: Session) -> None:
    kit.run(session, "create table t (a integer)")
    session.begin()
    kit.run(session, "insert into t values (1)")


def count(kit: Kit, session: Session, table: str = "t") -> Any:
    return kit.run(session, f"select count(*) as c from {table}").value


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
    assert 0 < info.latency_s < 10
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
    assert count(kit, session, "s") == 0


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
    assert count(kit, session) == 2


def test_several_statements_run_in_order_with_their_own_results(kit: Kit, session: Session):
    script = "create table t (a integer); insert into t values (5); select a from t; select 'x;'"
    results = [kit.run(session, s.text) for s in split(script, session.dialect)]
    assert [r.schema is not None for r in results] == [False, False, True, True]
    assert results[2].rows == [(5,)]
    assert results[3].rows == [("x;",)]


def test_a_cursor_tells_the_time_to_its_first_and_last_row(kit: Kit, session: Session):
    cursor = session.execute(kit.statement(kit.rows(50_000)))
    for _ in cursor.batches():
        time.sleep(0.001)
    timing = cursor.timing
    assert 0 < timing.first_row_s <= timing.total_s


def test_explain_shows_a_plan(kit: Kit, session: Session):
    assert kit.run(session, "explain select 1 as a").rows


# ── parameters ───────────────────────────────────────────────────────────────────────────────

VALUES: dict[str, ParameterValue] = {
    "small": 7,
    "negative": -(2**31),
    "big": 2**62,
    "float": 0.1,
    "text": "plain",
    "unicode": "é漢🦆",
    "empty": "",
    "null": None,
    "bytes": b"\x00\xffab",
}


def test_a_parameter_arrives_as_it_was_given(kit: Kit, session: Session):
    for name, value in VALUES.items():
        assert kit.run(session, "select :p as v", {"p": value}).value == value, name


def test_text_in_a_parameter_is_never_sql(kit: Kit, session: Session):
    for text in [*HOSTILE.values(), "'", "''; drop table t; --", "\\", "$1", ":p", "?1"]:
        query = "select :p as v, 'x' as w where :p = :p"
        assert kit.run(session, query, {"p": text}).rows == [(text, "x")], text


@pytest.mark.parametrize(
    ("type_name", "value", "shown"),
    [
        ("bool", True, "true"),
        ("decimal", Decimal("12345678901234567890.12"), "12345678901234567890.12"),
        ("date", dt.date(2024, 2, 29), "2024-02-29"),
        ("timestamp", dt.datetime(2024, 2, 29, 12, 30, 0, 5), "2024-02-29 12:30:00.000005"),
        ("time", dt.time(12, 30, 1), "12:30:01"),
    ],
)
def test_typed_parameters_keep_their_type(
    kit: Kit, session: Session, type_name: str, value: ParameterValue, shown: str
):
    got = kit.run(session, "select :p as v", {"p": value}).value
    if kit.name == "sqlite":
        # SQLite has none of these types: a truth value is a number, the others are text.
        assert got == (1 if value is True else shown)
    elif kit.name == "postgres" and type_name == "decimal":
        # An unconstrained numeric has more digits than an Arrow decimal holds.
        assert got == shown
    else:
        assert got == value
        assert type(got) is type(value)


def test_a_parameter_without_a_type_takes_the_one_it_looks_like(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer, b varchar)")
    kit.run(session, "insert into t values (5, '00501')")
    values = {"a": UntypedText("5"), "b": UntypedText("00501")}
    assert kit.run(session, "select b from t where a = :a and b = :b", values).value == "00501"


def test_a_parameter_may_occur_again_and_beside_what_looks_like_one(kit: Kit, session: Session):
    query = "select :a as x, ':b' as y, :a as z, :b as w /* :c */ -- :d"
    assert kit.run(session, query, {"a": 1, "b": 2}).rows == [(1, ":b", 1, 2)]


def test_without_parameters_the_text_is_sent_as_it_is(kit: Kit, session: Session):
    assert kit.run(session, "select ':p' as v").value == ":p"
    with pytest.raises(QueryError):
        kit.run(session, "select :p as v")


def test_an_error_behind_a_parameter_is_still_at_the_right_word(kit: Kit, session: Session):
    text = "select :a_rather_long_name as a, nonsense_column as b"
    with pytest.raises(QueryError) as caught:
        kit.run(session, text, {"a_rather_long_name": 1})
    assert caught.value.position == text.index("nonsense_column")


def test_parameters_stream_like_any_query(kit: Kit, session: Session):
    cursor = session.execute(
        kit.statement(f"select * from ({kit.endless_rows}) q where q.n > :p"), {"p": 0}
    )
    assert next(cursor.batches()).num_rows > 0
    cursor.close()


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


# ── transactions ─────────────────────────────────────────────────────────────────────────────


def test_outside_of_a_transaction_each_statement_is_kept(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer)")
    kit.run(session, "insert into t values (1)")
    assert session.transaction is TransactionState.IDLE
    assert count(kit, kit.second(session)) == 1


def test_a_commit_keeps_and_shows(kit: Kit, session: Session):
    start_transaction(kit, session)
    assert session.transaction is TransactionState.IN_TRANSACTION
    session.commit()
    assert session.transaction is TransactionState.IDLE
    assert count(kit, kit.second(session)) == 1


def test_a_rollback_undoes(kit: Kit, session: Session):
    start_transaction(kit, session)
    assert count(kit, session) == 1
    session.rollback()
    assert session.transaction is TransactionState.IDLE
    assert count(kit, session) == 0


def test_transactions_by_statement_are_followed(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer)")
    kit.run(session, "begin")
    assert session.transaction is TransactionState.IN_TRANSACTION
    kit.run(session, "insert into t values (1)")
    kit.run(session, "rollback")
    assert session.transaction is TransactionState.IDLE
    assert count(kit, session) == 0
    kit.run(session, "begin")
    kit.run(session, "commit")
    assert session.transaction is TransactionState.IDLE


def test_a_transaction_in_a_transaction_is_refused_and_harmless(kit: Kit, session: Session):
    start_transaction(kit, session)
    with pytest.raises(QueryError):
        session.begin()
    session.commit()
    assert count(kit, session) == 1


def test_without_a_transaction_commit_fails_and_rollback_does_nothing(kit: Kit, session: Session):
    with pytest.raises(QueryError):
        session.commit()
    session.rollback()
    assert session.transaction is TransactionState.IDLE


def test_savepoints_undo_a_part(kit: Kit, session: Session):
    start_transaction(kit, session)
    name = 'odd "name" é'
    session.savepoint(name)
    kit.run(session, "insert into t values (2)")
    session.rollback_to(name)
    kit.run(session, "insert into t values (3)")
    session.rollback_to(name)
    kit.run(session, "insert into t values (4)")
    session.commit()
    assert [row[0] for row in kit.run(session, "select a from t order by a").rows] == [1, 4]


def test_a_savepoint_needs_a_transaction(kit: Kit, session: Session):
    with pytest.raises(QueryError):
        session.savepoint("s")


def test_a_failed_statement_leaves_a_transaction_that_can_be_rolled_back(
    kit: Kit, session: Session
):
    kit.run(session, "create table t (a integer primary key)")
    session.begin()
    kit.run(session, "insert into t values (1)")
    with pytest.raises(QueryError):
        kit.run(session, "insert into t values (1)")
    expected = TransactionState.IN_TRANSACTION if kit.name == "sqlite" else TransactionState.FAILED
    assert session.transaction is expected
    if expected is TransactionState.FAILED:
        with pytest.raises(QueryError):
            kit.run(session, "select 1 as a")
        assert session.transaction is TransactionState.FAILED
    session.rollback()
    assert session.transaction is TransactionState.IDLE
    assert count(kit, session) == 0


def test_closing_rolls_back(kit: Kit, session: Session):
    start_transaction(kit, session)
    other = kit.second(session)
    session.close()
    assert count(kit, other) == 0


# ── reading only ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kit", "write"),
    [(engine, text) for engine, texts in WRITES.items() for text in texts],
    indirect=["kit"],
)
def test_a_read_only_session_refuses_to_write(kit: Kit, tmp_path: Path, write: str):
    if kit.name != "datafusion":
        writer = kit.connect()
        kit.run(writer, "create table kept (a integer)")
        kit.run(writer, "insert into kept values (1)")
        if kit.name == "postgres":
            kit.run(writer, "create sequence kept_numbers")
        writer.close()
    folder = tmp_path / "out"
    folder.mkdir()
    text = write.replace("{folder}", str(folder))
    setup = ["create table kept as select 1 as a"] if kit.name == "datafusion" else []
    session = kit.connect(read_only=True, startup_sql=setup)
    with pytest.raises((QueryRefused, QueryError)) as caught:
        kit.run(session, text)
    assert isinstance(caught.value, PermissionDenied), caught.value.message
    assert list(folder.iterdir()) == []
    session.rollback()
    assert count(kit, session, "kept") == 1


def test_a_read_only_session_reads(kit: Kit, session: Session):
    kit.run(session, "create table kept (a integer)")
    session.close()
    reader = kit.connect(read_only=True)
    assert kit.run(reader, kit.rows(10)).rows[9][0] == 9
    assert kit.run(reader, "explain select 1 as a").rows


# ── stopping ─────────────────────────────────────────────────────────────────────────────────


def test_a_cancel_ends_a_statement_that_works(kit: Kit, session: Session):
    thread, cancelled_at = cancel_while_running(session)
    with pytest.raises(QueryCancelled):
        kit.run(session, kit.endless_work)
    ended_at = time.monotonic()
    thread.join()
    assert ended_at - cancelled_at[0] < SOON_S
    assert kit.run(session, "select 1 as a").value == 1


def test_a_cancel_ends_a_statement_that_gives_rows(kit: Kit, session: Session):
    cursor = session.execute(kit.statement(kit.endless_rows))
    cancelled_at = 0.0
    with pytest.raises(QueryCancelled):
        for number, _ in enumerate(cursor.batches()):
            if number == 2:
                cancelled_at = time.monotonic()
                session.cancel()
    assert time.monotonic() - cancelled_at < SOON_S
    assert kit.run(session, "select 1 as a").value == 1


def test_a_cancel_between_statements_does_not_hit_the_next(kit: Kit, session: Session):
    for _ in range(50):
        session.cancel()
        assert kit.run(session, "select 1 as a").value == 1


def test_many_cancels_at_any_moment_never_hit_another_statement(kit: Kit, session: Session):
    outcomes = []
    for number in range(60):
        timer = threading.Timer(number * 0.0002, session.cancel)
        timer.start()
        try:
            outcomes.append(kit.run(session, kit.rows(300)).rows[-1][0])
        except QueryCancelled:
            outcomes.append(None)
        timer.join()
        assert kit.run(session, "select 42 as a").value == 42
    assert set(outcomes) <= {None, 299}


def test_a_time_limit_is_not_a_cancel_and_the_session_goes_on(kit: Kit, session: Session):
    began = time.monotonic()
    with pytest.raises(QueryTimeout) as caught:
        kit.run(session, kit.endless_work, timeout_s=0.3)
    assert time.monotonic() - began < 0.3 + SOON_S
    assert not isinstance(caught.value, QueryCancelled)
    assert "limit" in caught.value.message or "timeout" in caught.value.message
    assert kit.run(session, "select 1 as a").value == 1


def test_the_target_may_set_the_time_limit(kit: Kit):
    session = kit.connect(statement_timeout_s=0.3)
    with pytest.raises(QueryTimeout):
        kit.run(session, kit.endless_work)
    assert kit.run(session, kit.rows(1000)).rows[-1][0] == 999


def test_a_cancelled_statement_in_a_transaction_leaves_it_to_be_rolled_back(
    kit: Kit, session: Session
):
    start_transaction(kit, session)
    thread = cancel_while_in(session)
    with pytest.raises(QueryCancelled):
        kit.run(session, kit.endless_work)
    thread.join()
    assert session.transaction in {TransactionState.IN_TRANSACTION, TransactionState.FAILED}
    session.rollback()
    assert count(kit, session) == 0


def cancel_while_in(session: Session) -> threading.Thread:
    """Cancel in a moment: inside a transaction the state does not tell what runs."""
    thread = threading.Timer(0.4, session.cancel)
    thread.start()
    return thread


def test_rows_arrive_long_before_the_end(kit: Kit, session: Session):
    cursor = session.execute(kit.statement(kit.endless_rows))
    batches = cursor.batches()
    rows = sum(next(batches).num_rows for _ in range(3))
    assert 0 < rows < 100_000
    cursor.close()


def test_closing_early_leaves_the_session_usable(kit: Kit, session: Session):
    for _ in range(3):
        cursor = session.execute(kit.statement(kit.endless_rows))
        next(cursor.batches())
        began = time.monotonic()
        cursor.close()
        cursor.close()
        assert time.monotonic() - began < SOON_S
        assert session.transaction is TransactionState.IDLE
        assert kit.run(session, "select 1 as a").value == 1


def test_closing_early_leaves_the_transaction_usable(kit: Kit, session: Session):
    start_transaction(kit, session)
    cursor = session.execute(kit.statement(kit.endless_rows))
    next(cursor.batches())
    cursor.close()
    assert session.transaction is TransactionState.IN_TRANSACTION
    kit.run(session, "insert into t values (2)")
    session.commit()
    assert count(kit, session) == 2


def test_executing_while_rows_are_left_ends_the_earlier_statement(kit: Kit, session: Session):
    batches = session.execute(kit.statement(kit.endless_rows)).batches()
    next(batches)
    assert kit.run(session, "select 1 as a").value == 1
    # Never an end that looks as if all rows had been there.
    with pytest.raises(QueryError):
        for _ in batches:
            pass


# ── hostile names and values ─────────────────────────────────────────────────────────────────

NAMES = ['a"b', "a'b", "a b", "new\nline", "tab\t", "é漢🦆", "select", "semi;colon", "--", "/*",
         "[x]", "`x`", "$$", "%s", "{x}", "a.b", "\u202ebidi", "x" * 63]  # fmt: skip


def test_any_name_makes_the_round_trip(kit: Kit, session: Session):
    for name in NAMES:
        quoted = quote_identifier(name)
        kit.run(session, f"create table {quoted} ({quoted} integer)")
        kit.run(session, f"insert into {quoted} values (1)")
        result = kit.run(session, f"select {quoted} from {quoted}")
        assert result.schema is not None
        assert result.schema.names == [name]
        assert result.rows == [(1,)]


def test_hostile_text_makes_the_round_trip(kit: Kit, session: Session):
    for name, text in HOSTILE.items():
        assert kit.run(session, f"select {quote_text(text)} as v").value == text, name


def test_a_cell_of_ten_megabytes_arrives(kit: Kit, session: Session):
    size = 10 * 1024 * 1024
    text = (
        f"select replace(hex(zeroblob({size // 2})), '00', 'xx') as v"
        if kit.name == "sqlite"
        else f"select repeat('x', {size}) as v"
    )
    assert len(kit.run(session, text).value) == size


def test_two_thousand_columns_arrive(kit: Kit, session: Session):
    columns = ", ".join(f"{i} as c{i}" for i in range(1600 if kit.name == "postgres" else 2000))
    result = kit.run(session, f"select {columns}")
    assert result.rows[0] == tuple(range(len(result.rows[0])))
