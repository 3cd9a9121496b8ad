"""Databases and sessions in other encodings, and settings that change how values are written."""

from __future__ import annotations

import io
from collections.abc import Callable

import psycopg
import pyarrow as pa
import pytest

from tests.support.postgres import opened, psql_texts, run, statement
from tusk.core.errors import QueryError
from tusk.core.events import Notice
from tusk.engines.base import FetchMode

MakeDb = Callable[..., str]


def test_a_latin1_database_is_read_and_written(make_pg_db: MakeDb) -> None:
    with opened(make_pg_db(encoding="LATIN1")) as session:
        assert session.test().encoding == "LATIN1"
        run(session, 'create table t ("größe" text)')
        run(session, "insert into t values ('é'), (:v)", {"v": "ÿ"})
        for mode in FetchMode:
            result = run(session, "select * from t", mode=mode)
            assert result.texts() == [("é",), ("ÿ",)]
            assert result.schema is not None
            assert result.schema.names == ["größe"]
        out = io.BytesIO()
        session.copy_csv(statement("select * from t"), None, out)
        assert out.getvalue() == "größe\né\nÿ\n".encode()


def test_what_a_latin1_database_lacks_is_an_error_at_its_place(make_pg_db: MakeDb) -> None:
    with opened(make_pg_db(encoding="LATIN1")) as session:
        with pytest.raises(QueryError) as caught:
            run(session, "select '€'")
        assert caught.value.sqlstate == "22P05"
        with pytest.raises(QueryError) as caught:
            run(session, "select 'é', nope")
        assert caught.value.position == 12


def test_a_sql_ascii_database_gives_text_or_bytes(make_pg_db: MakeDb) -> None:
    conninfo = make_pg_db(encoding="SQL_ASCII")
    with opened(conninfo) as session:
        run(session, "create table t (n int, s text)")
        run(session, "insert into t values (1, 'é'), (2, :v)", {"v": "日本"})
        for mode in FetchMode:
            result = run(session, "select s from t order by n", mode=mode)
            assert result.texts() == [("é",), ("日本",)]
        run(session, r"insert into t values (3, E'caf\xe9 [/x] \x1b')")
        for mode in FetchMode:
            result = run(session, "select n, s from t order by n", mode=mode)
            assert result.schema is not None
            assert result.schema.field("s").type == pa.string()
            (batch,) = result.batches
            assert batch.column(1).to_pylist()[2] == b"caf\xe9 [/x] \x1b"
            assert [row[0] for row in result.texts()] == ["1", "2", "3"]
        out = io.BytesIO()
        session.copy_csv(statement("select s from t order by n"), None, out)
        assert out.getvalue() == "s\né\n日本\n".encode() + b"caf\xe9 [/x] \x1b\n"


def test_names_and_messages_of_a_sql_ascii_database_are_readable(make_pg_db: MakeDb) -> None:
    with opened(make_pg_db(encoding="SQL_ASCII")) as session:
        result = run(session, 'select 1 as "größe"')
        assert result.schema is not None
        assert result.schema.names == ["größe"]
        notices: list[Notice] = []
        run(session, r"do $$begin raise notice '%', E'caf\xe9'; end$$", notices=notices)
        assert notices[0].message == "caf\ufffd"
        with pytest.raises(QueryError) as caught:
            run(session, "select 'é日', nope")
        assert caught.value.position == 13
        with pytest.raises(QueryError, match="caf\ufffd"):
            run(session, r"do $$begin raise '%', E'caf\xe9'; end$$")


@pytest.mark.parametrize("encoding", ["LATIN1", "SJIS", "EUC_JP", "WIN1252"])
def test_a_session_in_another_encoding_is_read(pg_db: str, encoding: str) -> None:
    text = "é ÿ" if encoding in ("LATIN1", "WIN1252") else "日本ソ表\\n"
    with opened(pg_db) as session:
        run(session, f"set client_encoding = '{encoding}'")
        for mode in FetchMode:
            result = run(session, f"select '{text}' as \"{text[0]}\", 5", mode=mode)
            assert result.texts() == [(text, "5")]
            assert result.schema is not None
            assert result.schema.names[0] == text[0]
            assert run(session, "select :v", {"v": text}, mode=mode).value() == text
        out = io.BytesIO()
        assert session.copy_csv(statement(f"select '{text}'"), None, out) is None
        assert out.getvalue() == b""
        with pytest.raises(QueryError, match="encoding"):
            run(session, "select '🐘'")
        run(session, "reset client_encoding")
        assert run(session, "select '🐘'").value() == "🐘"


SETTINGS = [
    "DateStyle = 'German'",
    "DateStyle = 'SQL, DMY'",
    "DateStyle = 'Postgres, MDY'",
    "IntervalStyle = 'sql_standard'",
    "IntervalStyle = 'iso_8601'",
    "bytea_output = 'escape'",
    "extra_float_digits = -4",
    "TimeZone = '<+0530>-05:30'",
    "TimeZone = 'FOO-3:30'",
    "TimeZone = 'America/Caracas'",
    "TimeZone = '-11.5'",
    "lc_monetary = 'C'",
    "xmloption = 'document'",
]
VALUES = [
    "date '2024-03-01'",
    "timestamp '2024-03-01 12:34:56.5'",
    "timestamptz '2024-03-01 12:34:56.5+00'",
    "timestamptz 'infinity'",
    "interval '1 year -2 days 03:04:05.6'",
    r"'\xde00ad5c'::bytea",
    "''::bytea",
    "1.0::float8 / 3",
    "1.0::float4 / 3",
    "5::money",
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_values_look_as_the_session_wants_them(pg_db: str, setting: str) -> None:
    name, _, value = setting.partition(" = ")
    with opened(pg_db) as session:
        run(session, f"set {setting}")
        for expression in VALUES:
            query = f"select v from (values ({expression}), (null)) t (v)"
            with psycopg.connect(pg_db) as owner:
                database = owner.info.dbname
                owner.execute(f"alter database {database} set {name} = {value}".encode())
            expected = psql_texts(pg_db, query)
            for mode in FetchMode:
                assert [row[0] for row in run(session, query, mode=mode).texts()] == expected


def test_the_time_zone_of_a_result_is_the_sessions(pg_db: str) -> None:
    with opened(pg_db) as session:
        run(session, "set timezone = 'Asia/Tokyo'")
        result = run(session, "select timestamptz '2024-01-01 00:00+00'")
        assert result.schema is not None
        assert result.schema.field(0).type == pa.timestamp("us", "Asia/Tokyo")
        run(session, "set time zone interval '+05:45' hour to minute")
        result = run(session, "select timestamptz '2024-01-01 00:00+00'")
        assert result.schema is not None
        assert result.schema.field(0).type == pa.timestamp("us", "+05:45")
        assert result.texts() == [("2024-01-01 05:45:00+05:45",)]
