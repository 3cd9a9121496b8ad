"""CSV by COPY: the same bytes as psql's \\copy, and as tusk's own writer."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from tests.support.hostile import HOSTILE_TEXTS
from tests.support.postgres import opened, psql, run, statement
from tusk.core.errors import QueryError
from tusk.engines.base import FetchMode, TransactionState
from tusk.engines.postgres.session import PostgresSession
from tusk.formats.registry import find_format, make_writer
from tusk.formats.writer import WriterOptions

QUERY = """select i, i % 3 = 0 as flag, 'name, "' || i || '"' as "na,me", nullif(i % 5, 0) as n,
  case i % 4 when 0 then '' when 1 then E'a\\nb' when 2 then null else ' x ' end as s,
  i / 3.0::float8 as f, (i / 7.0)::numeric(10,3) as d, now() - now() as iv, date '2024-01-01' + i
  from generate_series(1, 20000) i""".replace("\n", " ")


@pytest.fixture
def session(pg_db: str) -> Iterator[PostgresSession]:
    with opened(pg_db) as session:
        yield session


def written(session: PostgresSession, text: str, mode: FetchMode) -> bytes:
    """The same rows by tusk's own CSV writer."""
    out = io.BytesIO()
    cursor = session.execute(statement(text), mode=mode)
    assert cursor.schema is not None
    writer = make_writer(find_format("csv"), out, WriterOptions())
    writer.open(cursor.schema)
    for batch in cursor.batches():
        writer.write(batch)
    writer.close()
    return out.getvalue()


def copied(session: PostgresSession, text: str, *, header: bool = True) -> bytes:
    out = io.BytesIO()
    rows = session.copy_csv(statement(text), None, out, header=header)
    assert rows is not None
    return out.getvalue()


def test_copy_equals_psql_and_our_own_writer(session: PostgresSession, pg_db: str) -> None:
    data = copied(session, QUERY)
    assert data == psql(pg_db, rf"\copy ({QUERY}) to stdout csv header").stdout
    for mode in FetchMode:
        assert data == written(session, QUERY, mode)
    headless = copied(session, QUERY, header=False)
    assert data == data.partition(b"\n")[0] + b"\n" + headless


def test_hostile_texts_are_written_alike(session: PostgresSession) -> None:
    run(session, "create table t (n int, s text)")
    texts = [*HOSTILE_TEXTS, "\\.", "\\", "\r", '"', "\n"]
    for number, text in enumerate(texts):
        run(session, "insert into t values (:n, :s)", {"n": number, "s": text})
    for query in ("select s from t order by n", "select n, s from t order by n"):
        for mode in FetchMode:
            assert copied(session, query) == written(session, query, mode)


def test_rows_and_progress_are_counted(session: PostgresSession) -> None:
    seen: list[int] = []
    text = "select i, repeat('x' || chr(10), 50) from generate_series(1, 50000) i"
    rows = session.copy_csv(statement(text), None, io.BytesIO(), on_progress=seen.append)
    assert rows == 50_000
    assert seen == sorted(seen)
    assert len(seen) > 2
    assert seen[-1] <= 50_000


@pytest.mark.parametrize(
    "text",
    ["explain select 1", "show work_mem", "select from generate_series(1, 3)",
     "insert into t values (1) returning i", "fetch 1 from c", "create table x ()",
     "with d as (delete from t returning *) select * from d"],
)  # fmt: skip
def test_what_copy_cannot_do_is_left_alone(session: PostgresSession, text: str) -> None:
    run(session, "create table t (i int)")
    if "from c" in text:
        session.begin()
        run(session, "declare c cursor for select 1")
    out = io.BytesIO()
    assert session.copy_csv(statement(text), None, out) is None
    assert out.getvalue() == b""
    assert run(session, "select count(*) from t").value() == 0
    assert run(session, "select to_regclass('x')").texts() == [("‹null›",)]


def test_a_locking_query_in_a_transaction_is_left_alone(session: PostgresSession) -> None:
    run(session, "create table t (i int)")
    session.begin()
    assert session.copy_csv(statement("select * from t for update"), None, io.BytesIO()) is None
    assert session.transaction is TransactionState.IN_TRANSACTION


def test_an_error_is_reported_where_it_is(session: PostgresSession) -> None:
    text = "select 1, nope"
    with pytest.raises(QueryError) as caught:
        session.copy_csv(statement(text), None, io.BytesIO())
    assert caught.value.position == text.index("nope")


@pytest.mark.parametrize("in_transaction", [False, True])
def test_a_full_disk_stops_the_server_and_leaves_the_session_usable(
    session: PostgresSession, in_transaction: bool
) -> None:
    class Full(io.RawIOBase):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    if in_transaction:
        session.begin()
    text = statement("select generate_series(1, 50000000), repeat('x', 100)")
    with pytest.raises(OSError, match="No space"):
        session.copy_csv(text, None, Full())  # type: ignore[arg-type]  # as little as needed
    assert run(session, "select 1").value() == 1
    assert (session.transaction is TransactionState.IN_TRANSACTION) == in_transaction


def test_text_cannot_break_out_of_the_copy(session: PostgresSession) -> None:
    from tusk.core.statement import Statement

    run(session, "create table t (i int)")
    for text in ("select 1) to program 'touch /tmp/x' --", "select 1) to stdout; drop table t; --"):
        with pytest.raises(QueryError) as caught:
            session.copy_csv(Statement(text), None, io.BytesIO())
        assert caught.value.sqlstate == "42601"
    assert copied(session, "select 1 as a -- comment") == b"a\n1\n"
    assert copied(session, "select 1 as a /* comment */") == b"a\n1\n"
