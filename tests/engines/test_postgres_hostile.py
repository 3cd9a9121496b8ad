"""Servers and data that mean harm, or are merely enormous."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from tests.support.fake_postgres import (
    BOUND,
    COMPLETE,
    NO_PARAMETERS,
    PARSED,
    READY,
    FakePostgres,
    data_row,
    error,
    message,
    row_description,
)
from tests.support.hostile import HOSTILE_TEXTS
from tests.support.postgres import opened, run, statement, target_of
from tusk.core.errors import ConnectError, ConnectionLost, QueryError, UsageError
from tusk.core.events import Notice
from tusk.engines.base import FetchMode
from tusk.engines.postgres import PostgresEngine
from tusk.engines.postgres.session import PostgresSession
from tusk.engines.postgres.wire import MAX_NOTICES

DESCRIBED = PARSED + NO_PARAMETERS + row_description(b"a", b"b") + READY
BEGUN = PARSED + BOUND + row_description(b"a", b"b")


@pytest.fixture
def session(pg_db: str) -> Iterator[PostgresSession]:
    with opened(pg_db) as session:
        yield session


def ask(*answers: bytes, mode: FetchMode = FetchMode.PAGE) -> tuple[list[Notice], int]:
    notices: list[Notice] = []
    with (
        FakePostgres(list(answers)) as server,
        opened(f"host=127.0.0.1 port={server.port} user=x sslmode=disable") as session,
    ):
        result = run(session, "select a, b from t", timeout_s=20, notices=notices, mode=mode)
        return notices, result.num_rows


def test_the_fake_server_can_be_honest() -> None:
    assert ask(DESCRIBED, BEGUN + data_row(b"1", b"2") + COMPLETE + READY) == ([], 1)


@pytest.mark.parametrize("columns", [1, 3])
def test_rows_with_another_number_of_columns_are_an_error(columns: int) -> None:
    rows = data_row(b"1", b"2") + data_row(*[b"x"] * columns)
    with pytest.raises(QueryError, match=r"field count|insufficient data|lost synch"):
        ask(DESCRIBED, BEGUN + rows + COMPLETE + READY)


@pytest.mark.parametrize("block", [b"1\n", b"1,2,3\n", b'"1,2\n'])
def test_csv_of_another_shape_is_an_error(block: bytes) -> None:
    copy = PARSED + BOUND + message(b"H", b"\0" + struct.pack("!hhh", 2, 0, 0))
    rows = message(b"d", b"1,2\n") + message(b"d", block)
    tail = message(b"c") + message(b"C", b"COPY 2\0") + READY
    with pytest.raises(QueryError, match="another shape"):
        ask(DESCRIBED, copy + rows + tail, mode=FetchMode.BULK)


def test_a_field_of_four_gigabytes_is_not_waited_for() -> None:
    row = b"D" + struct.pack("!ihi", 30, 1, 2**31 - 1) + b"x" * 20
    with pytest.raises(QueryError):
        ask(DESCRIBED, BEGUN + row + COMPLETE + READY)


def test_a_message_of_impossible_size_loses_the_connection() -> None:
    with pytest.raises(ConnectionLost):
        ask(DESCRIBED, BEGUN + b"D" + struct.pack("!i", 2))


def test_rubbish_loses_the_connection() -> None:
    with pytest.raises(ConnectionLost):
        ask(b"\xff" * 64 + b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_an_end_in_the_middle_of_a_row_loses_the_connection() -> None:
    with pytest.raises(QueryError):
        ask(DESCRIBED, BEGUN + data_row(b"1", b"2")[:9] + READY * 3)


def test_a_flood_of_notices_with_hostile_text_is_bounded() -> None:
    text = b"\x1b]52;c;x\x07[/x] \xff\xfe"
    flood = error(b"NOTICE", b"00000", text, kind=b"N") * 100_000
    notices, rows = ask(DESCRIBED, flood + BEGUN + data_row(b"1", b"2") + COMPLETE + READY)
    assert rows == 1
    assert len(notices) == MAX_NOTICES + 1
    assert "\ufffd" in notices[0].message


def test_text_and_names_that_are_not_utf8_do_not_stop_anything() -> None:
    described = PARSED + NO_PARAMETERS + row_description(b"caf\xe9", b"\xff") + READY
    begun = PARSED + BOUND + row_description(b"caf\xe9", b"\xff")
    assert ask(described, begun + data_row(b"\xe9", b"2") + COMPLETE + READY)[1] == 1


def test_an_error_with_bytes_of_any_kind_is_readable() -> None:
    with pytest.raises(QueryError, match="caf\ufffd"):
        ask(error(b"ERROR", b"XX000", b"caf\xe9 [/x] \x1b[2J") + READY)


def test_a_listener_that_is_no_server_is_said() -> None:
    with FakePostgres([b""], greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        target = target_of(f"host=127.0.0.1 port={server.port} user=x sslmode=disable")
        with pytest.raises(ConnectError, match="cannot connect to test"):
            PostgresEngine().connect(target)


def test_hostile_values_come_as_they_are(session: PostgresSession) -> None:
    for mode in FetchMode:
        for text in HOSTILE_TEXTS:
            assert run(session, "select :t", {"t": text}, mode=mode).value() == text


def test_hostile_names_come_as_they_are(session: PostgresSession) -> None:
    names = ['a"b', "new\nline", "é" * 31, "\x1b[2J", "[/x]", " ", "'", "%s", "日" * 21]
    columns = ", ".join('1 as "' + name.replace('"', '""') + '"' for name in names)
    for mode in FetchMode:
        schema = run(session, f"select {columns}", mode=mode).schema
        assert schema is not None
        assert schema.names == names


def test_duplicate_names_are_kept(session: PostgresSession) -> None:
    for mode in FetchMode:
        result = run(session, "select 1 as a, 2 as a, 3, 4", mode=mode)
        assert result.schema is not None
        assert result.schema.names == ["a", "a", "?column?", "?column?"]
        assert result.texts() == [("1", "2", "3", "4")]


def test_nul_is_refused_where_postgresql_cannot_have_it(session: PostgresSession) -> None:
    with pytest.raises(UsageError, match=":name"):
        run(session, "select :name", {"name": "a\0b"})
    with pytest.raises(QueryError, match="NUL") as caught:
        run(session, "select 'a\0b'")
    assert caught.value.position == 9
    assert run(session, "select :b", {"b": b"a\0b"}).value() == b"a\0b"


def test_a_lone_surrogate_is_refused(session: PostgresSession) -> None:
    with pytest.raises(QueryError, match="encoding") as caught:
        run(session, "select '\ud800'")
    assert caught.value.position == 8
    with pytest.raises(UsageError):
        run(session, "select :a", {"a": "\ud800"})


def test_as_many_columns_as_there_can_be(session: PostgresSession) -> None:
    columns = ", ".join(f"{n} as c{n}, 'x{n}'" for n in range(832))
    for mode in FetchMode:
        result = run(session, f"select {columns} from generate_series(1, 300)", mode=mode)
        assert result.schema is not None
        assert len(result.schema) == 1664
        assert result.num_rows == 300
        assert result.texts()[299][1662:] == ("831", "x831")


def test_a_cell_of_ten_megabytes(session: PostgresSession) -> None:
    for mode in FetchMode:
        value = run(session, "select repeat('é\n\"', 2500000)", mode=mode).value()
        assert value == 'é\n"' * 2_500_000


def test_many_parameters(session: PostgresSession) -> None:
    values = {f"p{n}": n for n in range(2000)}
    text = "select " + " + ".join(f":p{n}::bigint" for n in range(2000))
    for mode in FetchMode:
        assert run(session, text, values, mode=mode).value() == sum(range(2000))


def test_a_statement_of_megabytes(session: PostgresSession) -> None:
    text = "select '" + "x" * 3_000_000 + "'"
    assert len(run(session, text).value()) == 3_000_000
    assert session.execute(statement("/* " + "é" * 1_000_000 + " */ select 1")).schema is not None
