"""Parameters: typed, bound by the driver, the same by every transport."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.postgres import opened, psql, run, statement
from tusk.core.errors import QueryError
from tusk.core.params import ParameterValue, UntypedText
from tusk.engines.base import FetchMode
from tusk.engines.postgres.session import PostgresSession

VALUES: list[tuple[ParameterValue, str]] = [
    (True, "boolean"),
    (0, "integer"),
    (-(2**31), "integer"),
    (2**31, "bigint"),
    (2**63, "numeric"),
    (1.5, "double precision"),
    (float("nan"), "double precision"),
    (float("-inf"), "double precision"),
    (Decimal("1.10"), "numeric"),
    (Decimal("NaN"), "numeric"),
    (Decimal("-1E+30"), "numeric"),
    ("", "text"),
    ("O'Reilly \\ $$ :x %s é", "text"),
    (b"", "bytea"),
    (bytes(range(256)), "bytea"),
    (dt.date(2024, 2, 29), "date"),
    (dt.date(1, 1, 1), "date"),
    (dt.time(12, 34, 56, 789), "time without time zone"),
    (dt.datetime.fromisoformat("2024-02-29 12:34:56.000789"), "timestamp without time zone"),
    (dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC), "timestamp with time zone"),
    (dt.timedelta(days=-1, microseconds=5), "interval"),
    (uuid.UUID(int=7), "uuid"),
]


@pytest.fixture
def session(pg_db: str) -> Iterator[PostgresSession]:
    with opened(pg_db) as session:
        yield session


@pytest.mark.parametrize("mode", FetchMode)
@pytest.mark.parametrize(("value", "type_name"), VALUES, ids=lambda v: repr(v)[:30])
def test_a_value_has_the_type_of_its_python_type(
    session: PostgresSession, mode: FetchMode, value: ParameterValue, type_name: str
) -> None:
    result = run(session, "select :v as v, pg_typeof(:v)::text", {"v": value}, mode=mode)
    assert result.texts()[0][1] == type_name
    shown = run(session, "select :v = :v", {"v": value}, mode=mode)
    assert shown.value() is True


@pytest.mark.parametrize("mode", FetchMode)
@pytest.mark.parametrize(
    "value",
    [True, -5, 2**40, 1.5, "x'\\", b"\0\xff", dt.date(2024, 2, 29), uuid.UUID(int=7)],
    ids=repr,
)
def test_a_value_comes_back_as_it_was(
    session: PostgresSession, mode: FetchMode, value: Any
) -> None:
    found = run(session, "select :v", {"v": value}, mode=mode).value()
    assert found == (str(value) if isinstance(value, uuid.UUID) else value)


def test_untyped_text_takes_the_type_of_where_it_is_used(session: PostgresSession) -> None:
    run(session, "create table t (i int, d date, z text)")
    run(session, "insert into t values (5, '2024-01-01', '00501')")
    values: dict[str, ParameterValue] = {
        "i": UntypedText("5"), "d": UntypedText("2024-01-01"), "z": UntypedText("00501"),
    }  # fmt: skip
    for mode in FetchMode:
        text = "select count(*) from t where i = :i and d = :d and z = :z"
        assert run(session, text, values, mode=mode).value() == 1
    assert run(session, "select * from t limit :n", {"n": UntypedText("1")}).num_rows == 1
    assert run(session, "select :free", {"free": UntypedText("x")}).value() == "x"


def test_text_is_text_and_not_a_number(session: PostgresSession) -> None:
    for mode in FetchMode:
        with pytest.raises(QueryError) as caught:
            run(session, "select 1 = :v", {"v": "1"}, mode=mode)
        assert caught.value.sqlstate == "42883"


def test_small_numbers_do_not_overflow(session: PostgresSession) -> None:
    for mode in FetchMode:
        assert run(session, "select :a * :b", {"a": 300, "b": 300}, mode=mode).value() == 90_000


def test_null_fits_everywhere(session: PostgresSession) -> None:
    for mode in FetchMode:
        assert run(session, "select coalesce(:v, 3)", {"v": None}, mode=mode).value() == 3


def test_the_same_name_twice_is_one_value(session: PostgresSession) -> None:
    for mode in FetchMode:
        result = run(session, "select :a, :b, :a::int + 1", {"a": 1, "b": 2}, mode=mode)
        assert result.texts() == [("1", "2", "2")]


def test_the_position_of_an_error_is_in_the_text_as_written(session: PostgresSession) -> None:
    text = "select :a_rather_long_name + :b, 'é', nope from t"
    run(session, "create table t ()")
    for mode in FetchMode:
        with pytest.raises(QueryError) as caught:
            run(session, text, {"a_rather_long_name": 1, "b": 2}, mode=mode)
        assert caught.value.position == text.index("nope")


def test_without_values_the_text_is_sent_as_it_is(session: PostgresSession) -> None:
    with pytest.raises(QueryError) as caught:
        run(session, "select :a")
    assert caught.value.position == 7
    assert run(session, "select (array[1,2,3])[1:2]", {"a": 1}).texts() == [("{1,2}",)]


def test_parameters_in_changes(session: PostgresSession) -> None:
    run(session, "create table t (i int, s text)")
    assert run(session, "insert into t values (:i, :s)", {"i": 1, "s": "a"}).affected == 1
    run(session, "begin")
    assert run(session, "select s from t where i = :i", {"i": 1}).value() == "a"


def test_copy_csv_takes_parameters_without_changing_types(
    session: PostgresSession, pg_db: str
) -> None:
    text = """select :n as n, :f as f, :s as s, :d as d, :u::int[] as u, :x as x
              from generate_series(1, :n)"""
    values: dict[str, ParameterValue] = {
        "n": 2, "f": 0.1, "s": "it's \\ \"q\"", "d": Decimal("1.10"),
        "u": UntypedText("{1,2}"), "x": None,
    }  # fmt: skip
    out = io.BytesIO()
    assert session.copy_csv(statement(text), values, out) == 2
    literal = r"""select 2 as n, 0.1::float8 as f, 'it''s \ "q"' as s, 1.10 as d,
        '{1,2}'::int[] as u, null as x from generate_series(1, 2)""".replace("\n", " ")
    assert out.getvalue() == psql(pg_db, rf"\copy ({literal}) to stdout csv header").stdout


def test_bulk_gives_the_same_schema_as_page(session: PostgresSession) -> None:
    values: dict[str, ParameterValue] = {f"v{n}": value for n, (value, _) in enumerate(VALUES)}
    text = "select " + ", ".join(f":v{n}" for n in range(len(VALUES)))
    page = run(session, text, values)
    bulk = run(session, text, values, mode=FetchMode.BULK)
    assert page.schema is not None
    assert bulk.schema is not None
    assert page.schema.equals(bulk.schema, check_metadata=True)
    assert page.texts() == bulk.texts()
