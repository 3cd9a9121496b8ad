"""SQLite: files, locks, places of errors, and statements that do not stop the whole program."""

from __future__ import annotations

import datetime as dt
import gc
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.support.waiting import wait_until
from tusk.core.errors import ConnectError, QueryCancelled, QueryError, QueryRefused, QueryTimeout
from tusk.core.schema import db_type_of
from tusk.core.statement import Statement
from tusk.engines.base import Session, TransactionState
from tusk.engines.sqlite.engine import SQLiteEngine
from tusk.engines.sqlite.session import SQLiteSession
from tusk.engines.target import parse_target

Connect = Callable[..., SQLiteSession]
ENDLESS = "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r"


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens targets, closed after the test."""
    made: list[SQLiteSession] = []

    def open_one(text: str = "sqlite://", *, read_only: bool = False) -> SQLiteSession:
        session = SQLiteEngine().connect(parse_target(text, read_only=read_only))
        made.append(session)
        return session

    yield open_one
    for session in made:
        session.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "create table t (a integer, b varchar(20), c); insert into t values (1, 'x', 2.5)"
    )
    connection.close()
    return path


def cancel_when_busy(session: SQLiteSession, cancelled: SQLiteSession | None = None) -> None:
    """Cancel, from another thread, what a session runs, or what another one does then."""

    def work() -> None:
        # The state alone does not tell inside of a transaction.
        wait_until(lambda: session._running is not None and not session._running.is_over, "busy")
        (cancelled or session).cancel()

    threading.Thread(target=work).start()


def run(session: Session, text: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    cursor = session.execute(Statement(text), parameters)
    return [
        row
        for batch in cursor.batches()
        for row in zip(*(c.to_pylist() for c in batch.columns), strict=True)
    ]


def failure(session: Session, text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        run(session, text)
    return caught.value


# ── files ────────────────────────────────────────────────────────────────────────────────────


def test_a_missing_database_is_not_made(tmp_path: Path, connect: Connect):
    missing = tmp_path / "typo.sqlite"
    with pytest.raises(ConnectError, match="there is no database file"):
        connect(str(missing))
    assert not missing.exists()
    run(connect(f"sqlite://{missing}?create=true"), "create table t (a)")
    assert missing.exists()


@pytest.mark.parametrize("name", ["a b.db", "what?.db", "100%.db", "#.db", "é漢🦆.db", "it's.db"])
def test_a_database_of_any_name_opens(path: Path, connect: Connect, name: str):
    odd = path.rename(path.with_name(name))
    for read_only in (False, True):
        assert run(connect(str(odd), read_only=read_only), "select a from t") == [(1,)]


def test_another_kind_of_file_is_no_database(tmp_path: Path, connect: Connect):
    other = tmp_path / "x.sqlite"
    other.write_text("this is no database, however long this text goes on" * 20)
    with pytest.raises(ConnectError, match="not a database"):
        connect(str(other))
    with pytest.raises(ConnectError, match="folder"):
        connect(f"sqlite://{tmp_path}")


def test_a_read_only_session_reads_its_own_facts(path: Path, connect: Connect):
    session = connect(str(path), read_only=True)
    for pragma in ("table_info(t)", "table_xinfo(t)", "index_list(t)", "foreign_key_list(t)",
                   "database_list", "user_version", "journal_mode", "integrity_check"):  # fmt: skip
        run(session, f"pragma {pragma}")
    assert run(session, "select name from pragma_table_info('t')") == [("a",), ("b",), ("c",)]
    assert run(session, "select name from sqlite_master") == [("t",)]
    session.begin()
    run(session, "savepoint s")
    session.rollback()


def test_a_read_only_memory_refuses_to_write(connect: Connect):
    session = connect("sqlite://", read_only=True)
    assert run(session, "select 1") == [(1,)]
    assert isinstance(failure(session, "create table t (a)"), QueryRefused)


# ── transactions and locks ───────────────────────────────────────────────────────────────────


def test_a_sibling_of_a_file_is_a_session_of_its_own(path: Path, connect: Connect):
    session = connect(str(path))
    sibling = session.sibling()
    session.begin()
    run(session, "insert into t (a) values (2)")
    assert sibling.transaction is TransactionState.IDLE
    assert run(sibling, "select count(*) from t") == [(1,)]
    session.rollback()
    session.close()
    assert run(sibling, "select count(*) from t") == [(1,)]
    sibling.close()


def test_a_sibling_of_a_memory_sees_the_same_tables_while_a_statement_runs(connect: Connect):
    session = connect()
    run(session, "create table t (a)")
    sibling = session.sibling()
    thread = threading.Thread(target=lambda: pytest.raises(QueryCancelled, run, session, ENDLESS))
    thread.start()
    wait_until(lambda: session.transaction is TransactionState.ACTIVE, "busy")
    # It waits for its turn; ending the other statement gives it one.
    cancel_when_busy(sibling, session)
    names: list[Any] = []
    for _ in range(50):
        try:
            names = run(sibling, "select name from sqlite_master")
            break
        except QueryCancelled:
            continue
    assert names == [("t",)]
    thread.join()
    sibling.close()
    assert run(session, "select count(*) from t") == [(0,)]


@pytest.fixture
def when_it_waits(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Has something done once a session has found the database locked for the third time."""

    def arrange(act: Callable[[], None]) -> None:
        polls: list[float] = []

        def sleep(seconds: float) -> None:
            polls.append(seconds)
            if len(polls) == 3:
                act()

        monkeypatch.setattr("tusk.engines.sqlite.session.time.sleep", sleep)

    return arrange


def test_a_locked_database_is_waited_for(
    path: Path, connect: Connect, when_it_waits: Callable[[Callable[[], None]], None]
):
    session, other = connect(str(path)), connect(str(path))
    other.begin()
    run(other, "update t set a = 5")
    when_it_waits(other.rollback)
    run(session, "update t set a = 6")
    assert other.transaction is TransactionState.IDLE
    assert run(session, "select a from t") == [(6,)]


def test_waiting_for_a_lock_can_be_cancelled(
    path: Path, connect: Connect, when_it_waits: Callable[[Callable[[], None]], None]
):
    session, other = connect(str(path)), connect(str(path))
    other.begin()
    run(other, "update t set a = 5")
    when_it_waits(session.cancel)
    with pytest.raises(QueryCancelled):
        run(session, "update t set a = 6")
    other.rollback()
    run(session, "update t set a = 6")


def test_waiting_for_a_lock_has_a_time_limit(path: Path, connect: Connect):
    session, other = connect(str(path)), connect(str(path))
    other.begin()
    run(other, "update t set a = 5")
    with pytest.raises(QueryTimeout):
        list(session.execute(Statement("update t set a = 6"), timeout_s=0.2).batches())
    other.rollback()
    run(session, "update t set a = 6")


def test_a_lock_that_stays_says_who_may_hold_it(
    path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tusk.engines.sqlite.session._LOCK_WAIT_S", 0.1)
    session, other = connect(str(path)), connect(str(path))
    other.begin()
    run(other, "update t set a = 5")
    error = failure(session, "update t set a = 6")
    assert "locked" in error.message
    assert "another connection" in error.hint


def test_a_cancelled_write_ends_its_transaction_and_says_so(path: Path, connect: Connect):
    session = connect(str(path))
    session.begin()
    run(session, "insert into t (a) values (2)")
    cancel_when_busy(session)
    with pytest.raises(QueryCancelled) as caught:
        run(session, f"insert into t (a) {ENDLESS.replace('count(*)', 'n')}")
    assert "rolled back" in caught.value.hint
    assert session.transaction is TransactionState.IDLE
    assert run(session, "select count(*) from t") == [(1,)]


def test_forgotten_results_do_not_stop_the_program(path: Path, connect: Connect):
    """A statement left to the garbage collector would wait for the one that runs.

    Whatever thread collects waits with it, which may be the one that draws the screen.
    """
    session = connect(str(path))
    for text in (
        "select nonsense",
        "select 'x",
        "insert into t values (1)",
        "select abs(-9223372036854775807 - 1)",
    ):
        error = failure(session, text)
        # A cycle, as an exception that somebody keeps makes it.
        error.__dict__["again"] = error
        del error
    thread = threading.Thread(target=lambda: pytest.raises(QueryCancelled, run, session, ENDLESS))
    thread.start()
    wait_until(lambda: session.transaction is TransactionState.ACTIVE, "busy")
    # Should it hang, something else must end the statement.
    rescue = threading.Timer(30, session.cancel)
    rescue.start()
    gc.collect()
    assert thread.is_alive()
    rescue.cancel()
    session.cancel()
    thread.join()


# ── errors ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("selec 1", "selec"),
        ("select 1 where a = = 2", "= 2"),
        ("select a, a, from t", "from"),
        ("select 'from' from t from t", "from t from t"),
        ("select 1 +", ""),
        ("select 'é漢', nope from t", "nope"),
        ("select x.a from t as y", "x.a"),
        ("select nope(1), a from t", "nope(1)"),
        ("select * from nope", "nope"),
        ('select * from "no pe"', '"no pe"'),
        ("select #", "#"),
        ("select 'unfinished", "'unfinished"),
        ("select a from t, t as u", "a from"),
        ("explain select a a a from t", "a from"),
    ],
)
def test_an_error_is_at_its_word(path: Path, connect: Connect, text: str, at: str):
    error = failure(connect(str(path)), text)
    assert error.position is not None
    expected = {"select 'from' from t from t": len(text) - len("from t")}.get(text)
    if expected is None:
        expected = len(text) if not at else text.index(at)
    assert error.position == expected


@pytest.mark.parametrize(
    "text", ["select nope, nope from t", "insert into t values (1)", "select 1 union select 1, 2"]
)
def test_a_place_that_is_not_certain_is_not_told(path: Path, connect: Connect, text: str):
    assert failure(connect(str(path)), text).position is None


def test_looking_for_the_place_of_an_error_changes_nothing(path: Path, connect: Connect):
    session = connect(str(path))
    failure(session, "delete from t where a = 1 where")
    failure(session, "insert into t (a) values (9) values")
    assert run(session, "select a from t") == [(1,)]


# ── parameters, counts and types ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Decimal("5"), 5),
        (Decimal("1.5"), 1.5),
        (Decimal("0.1"), 0.1),
        (Decimal("0.1000000000000000000001"), "0.1000000000000000000001"),
        (Decimal("9223372036854775808"), "9223372036854775808"),
        (Decimal("NaN"), "NaN"),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (dt.datetime(2024, 2, 29, 12, 30), "2024-02-29 12:30:00"),
        (dt.time(12, 30), "12:30:00"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (True, 1),
        (-(2**63), -(2**63)),
    ],
)
def test_a_parameter_is_stored_without_loss(connect: Connect, value: Any, stored: Any):
    ((got,),) = run(connect(), "select :p", {"p": value})
    assert got == stored
    assert type(got) is type(stored)


@pytest.mark.parametrize("value", [2**63, dt.timedelta(days=1), "\ud800"])
def test_a_parameter_that_does_not_fit_is_refused(connect: Connect, value: Any):
    session = connect()
    with pytest.raises(QueryError):
        run(session, "select :p", {"p": value})
    assert run(session, "select 1") == [(1,)]


@pytest.mark.parametrize(
    ("text", "affected"),
    [
        ("with s as (select 1 union select 2) insert into t (a) select * from s", 2),
        ("replace into t (a) values (1)", 1),
        ("update t set a = 1 where false", 0),
        ("insert into t (a) values (1) on conflict do nothing returning a", 1),
        ("create table u as select * from t", None),
        ("pragma user_version = 5", None),
    ],
)
def test_changed_rows_are_counted(path: Path, connect: Connect, text: str, affected: int | None):
    session = connect(str(path))
    run(session, "insert into t (a) values (7), (8), (9)")
    cursor = session.execute(Statement(text))
    list(cursor.batches())
    assert cursor.affected_rows == affected


def test_rows_changed_by_a_trigger_are_not_counted(path: Path, connect: Connect):
    session = connect(str(path))
    run(session, "create table log (a)")
    run(session, "create trigger x after insert on t begin insert into log values (1), (2); end")
    cursor = session.execute(Statement("insert into t (a) values (5)"))
    assert cursor.affected_rows == 1


def test_the_first_rows_decide_and_later_ones_may_differ(connect: Connect):
    text = """with recursive r(n) as (select 1 union all select n + 1 from r where n < 20000)
        select case when n = 15000 then 'text' when n = 16000 then null else n end as v from r"""
    cursor = connect().execute(Statement(text))
    assert cursor.schema is not None
    assert cursor.schema.field("v").type == pa.int64()
    batches = list(cursor.batches())
    values = [v for b in batches for v in b.column(0).to_pylist()]
    assert values == ["text" if n == 15000 else None if n == 16000 else n for n in range(1, 20001)]
    types = {b.schema.field("v").type for b in batches}
    assert len(types) == 2
    assert {db_type_of(b.schema.field("v")) for b in batches} == {"INTEGER"}


def test_columns_without_values_take_their_declared_type(path: Path, connect: Connect):
    session = connect(str(path))
    run(session, "create view v as select a, b from t")
    for source in ("t", "v"):
        cursor = session.execute(Statement(f"select a, b, null as c from {source} where 0"))
        assert cursor.schema is not None
        assert [str(f.type) for f in cursor.schema] == ["int64", "string", "string"]
        assert [db_type_of(f) for f in cursor.schema] == ["INTEGER", "varchar(20)", ""]


def test_text_that_is_not_utf_8_arrives_wherever_it_comes(connect: Connect):
    text = """with recursive r(n) as (select 1 union all select n + 1 from r where n < 20000)
        select case when n % 5000 = 0 then cast(x'ff61' as text) else 'x' || n end as v from r"""
    values = [v for (v,) in run(connect(), text)]
    assert len(values) == 20000
    assert [i + 1 for i, v in enumerate(values) if v == b"\xffa"] == [5000, 10000, 15000, 20000]
    assert {v if isinstance(v, str) else v.decode("latin-1") for v in values[:3]} == {
        "x1",
        "x2",
        "x3",
    }


def test_big_cells_come_in_small_batches(connect: Connect):
    text = """with recursive r(n) as (select 1 union all select n + 1 from r where n < 60)
        select case when n > 20 then {big} else 1 end as v from r"""
    for big in ("zeroblob(4000000)", "hex(zeroblob(2000000))"):
        batches = list(connect().execute(Statement(text.format(big=big))).batches())
        assert sum(b.num_rows for b in batches) == 60
        assert max(b.nbytes for b in batches[1:]) < 20_000_000


def test_slow_rows_do_not_wait_for_a_full_batch(connect: Connect):
    # Each row takes a while.
    text = """with recursive r(n) as (select 1 union all select n + 1 from r where n < 300),
        s(n) as (select 1 union all select n + 1 from s where n < 40000)
        select n, (select count(*) from s where s.n > r.n) as c from r"""
    cursor = connect().execute(Statement(text))
    batches = cursor.batches()
    first = next(batches)
    second = next(batches)
    assert 0 < first.num_rows < 200
    assert 0 < second.num_rows < 200
    cursor.close()
