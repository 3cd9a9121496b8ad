"""How every engine stops a statement, asked of all of them."""

from __future__ import annotations

import threading

import pytest

from tests.engines.kits import Kit, start_transaction
from tusk.core.errors import (
    QueryCancelled,
    QueryError,
    QueryTimeout,
)
from tusk.engines.base import Session, TransactionState


def test_a_cancel_ends_a_statement_that_works(kit: Kit, session: Session):
    thread = kit.cancel_while_working(session)
    with pytest.raises(QueryCancelled):
        kit.run(session, kit.endless_work)
    thread.join()
    assert kit.run(session, "select 1 as a").value == 1


def test_a_cancel_ends_a_statement_that_gives_rows(kit: Kit, session: Session):
    cursor = session.execute(kit.statement(kit.endless_rows))
    read = 0
    with pytest.raises(QueryCancelled):
        for _ in cursor.batches():
            read += 1
            if read == 3:
                session.cancel()
    assert read >= 3
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
    with pytest.raises(QueryTimeout) as caught:
        kit.run(session, kit.endless_work, timeout_s=0.3)
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
    thread = kit.cancel_while_working(session)
    with pytest.raises(QueryCancelled):
        kit.run(session, kit.endless_work)
    thread.join()
    assert session.transaction in {TransactionState.IN_TRANSACTION, TransactionState.FAILED}
    session.rollback()
    assert kit.count(session) == 0


def test_rows_arrive_long_before_the_end(kit: Kit, session: Session):
    cursor = session.execute(kit.statement(kit.endless_rows))
    batches = cursor.batches()
    rows = sum(next(batches).num_rows for _ in range(3))
    assert 0 < rows < 100_000
    cursor.close()


def test_closing_early_leaves_the_session_usable(kit: Kit, session: Session):
    for _ in range(3):
        cursor = session.execute(kit.statement(kit.endless_rows))
        batches = cursor.batches()
        next(batches)
        cursor.close()
        cursor.close()
        assert session.transaction is TransactionState.IDLE
        assert kit.run(session, "select 1 as a").value == 1


def test_closing_early_leaves_the_transaction_usable(kit: Kit, session: Session):
    start_transaction(kit, session)
    cursor = session.execute(kit.statement(kit.endless_rows))
    batches = cursor.batches()
    next(batches)
    cursor.close()
    assert session.transaction is TransactionState.IN_TRANSACTION
    kit.run(session, "insert into t values (2)")
    session.commit()
    assert kit.count(session) == 2


def test_executing_while_rows_are_left_ends_the_earlier_statement(kit: Kit, session: Session):
    batches = session.execute(kit.statement(kit.endless_rows)).batches()
    next(batches)
    assert kit.run(session, "select 1 as a").value == 1
    # Never an end that looks as if all rows had been there.
    with pytest.raises(QueryError):
        for _ in batches:
            pass
