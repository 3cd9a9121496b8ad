"""What every engine promises of transactions and read-only sessions, asked of all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines.kits import WRITES, Kit, start_transaction
from tusk.core.errors import (
    PermissionDenied,
    QueryError,
    QueryRefused,
)
from tusk.engines.base import Session, TransactionState

# ── transactions ─────────────────────────────────────────────────────────────────────────────


def test_outside_of_a_transaction_each_statement_is_kept(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer)")
    kit.run(session, "insert into t values (1)")
    assert session.transaction is TransactionState.IDLE
    assert kit.count(kit.second(session)) == 1


def test_a_commit_keeps_and_shows(kit: Kit, session: Session):
    start_transaction(kit, session)
    assert session.transaction is TransactionState.IN_TRANSACTION
    session.commit()
    assert session.transaction is TransactionState.IDLE
    assert kit.count(kit.second(session)) == 1


def test_a_rollback_undoes(kit: Kit, session: Session):
    start_transaction(kit, session)
    assert kit.count(session) == 1
    session.rollback()
    assert session.transaction is TransactionState.IDLE
    assert kit.count(session) == 0


def test_transactions_by_statement_are_followed(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer)")
    kit.run(session, "begin")
    assert session.transaction is TransactionState.IN_TRANSACTION
    kit.run(session, "insert into t values (1)")
    kit.run(session, "rollback")
    assert session.transaction is TransactionState.IDLE
    assert kit.count(session) == 0
    kit.run(session, "begin")
    kit.run(session, "commit")
    assert session.transaction is TransactionState.IDLE


def test_a_transaction_in_a_transaction_is_refused_and_harmless(kit: Kit, session: Session):
    start_transaction(kit, session)
    with pytest.raises(QueryError):
        session.begin()
    session.commit()
    assert kit.count(session) == 1


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
    assert kit.count(session) == 0


def test_closing_rolls_back(kit: Kit, session: Session):
    start_transaction(kit, session)
    other = kit.second(session)
    session.close()
    assert kit.count(other) == 0


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
    assert kit.count(session, "kept") == 1


def test_a_read_only_session_reads(kit: Kit, session: Session):
    kit.run(session, "create table kept (a integer)")
    session.close()
    reader = kit.connect(read_only=True)
    assert kit.run(reader, kit.rows(10)).rows[9][0] == 9
    assert kit.run(reader, "explain select 1 as a").rows
