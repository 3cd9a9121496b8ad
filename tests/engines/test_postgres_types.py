"""Every type, by every transport, looks as in psql and loses nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator

import psycopg
import pytest

from tests.engines.pg_types import CASES, TypeCase
from tests.support.postgres import opened, psql, psql_texts, run, statement
from tusk.engines.base import FetchMode

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu")


@pytest.fixture(scope="module")
def conninfo(pg_admin_dsn: str) -> Iterator[str]:
    """A database for all types of this file."""
    with psycopg.connect(pg_admin_dsn, autocommit=True) as admin:
        admin.execute("drop database if exists tusk_types")
        admin.execute("create database tusk_types")
        yield psycopg.conninfo.make_conninfo(pg_admin_dsn, dbname="tusk_types")
        admin.execute("drop database tusk_types with (force)")


def prepare(conninfo: str, case: TypeCase) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if connection.info.server_version // 10_000 < case.since:
            pytest.skip(f"needs PostgreSQL {case.since}")
        connection.execute("drop schema public cascade; create schema public")
        if case.setup:
            connection.execute(case.setup.encode())
        try:
            connection.execute(case.query().encode())
        except psycopg.errors.FeatureNotSupported as exc:
            pytest.skip(str(exc))


def ids() -> list[str]:
    return [f"{index}-{case.type}" for index, case in enumerate(CASES)]


@pytest.mark.parametrize("case", CASES, ids=ids())
def test_a_type_looks_as_in_psql(conninfo: str, case: TypeCase) -> None:
    prepare(conninfo, case)
    zones = ZONES if "time zone" in case.type or "tstz" in case.type else ZONES[:1]
    for zone in zones:
        settings = f"-c TimeZone={zone}"
        expected = psql_texts(conninfo, case.query(), settings=settings)
        assert len(expected) == len(case.values) + 1
        with opened(conninfo, parameters={"options": settings}) as session:
            for mode in FetchMode:
                result = run(session, case.query(), mode=mode)
                assert [row[0] for row in result.texts()] == expected, (mode, zone)
                if case.arrow is not None:
                    assert {b.schema.field(0).type for b in result.batches} == {case.arrow}
            out = io.BytesIO()
            assert session.copy_csv(statement(case.query()), None, out) == len(expected)
            copied = psql(
                conninfo, rf"\copy ({case.query()}) to stdout csv header", settings=settings
            )
            assert out.getvalue() == copied.stdout


def test_every_type_looks_as_in_psql_inside_of_arrays_and_rows(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        nested = [
            expression
            for case in CASES
            if not case.setup and is_known(connection, case)
            for expression in case.nested()
        ]
    columns = ", ".join(f"{expression} as c{n}" for n, expression in enumerate(nested))
    query = f"select {columns}"
    settings = "-c TimeZone=UTC"
    shown = psql(conninfo, r"\pset fieldsep_zero on", query, settings=settings).stdout.decode()
    expected = shown.removesuffix("\n").split("\0")
    assert len(expected) == len(nested) > 200
    with opened(conninfo, parameters={"options": settings}) as session:
        for mode in FetchMode:
            (texts,) = run(session, query, mode=mode).texts()
            seen = zip(nested, texts, expected, strict=True)
            assert [each for each in seen if each[1] != each[2]] == [], mode
        out = io.BytesIO()
        session.copy_csv(statement(query), None, out)
    copied = psql(conninfo, rf"\copy ({query}) to stdout csv header", settings=settings)
    assert out.getvalue() == copied.stdout


def is_known(connection: psycopg.Connection, case: TypeCase) -> bool:
    """Whether the server has a type with all the values of the case."""
    if connection.info.server_version // 10_000 < case.since:
        return False
    try:
        connection.execute(case.query().encode())
    except psycopg.errors.FeatureNotSupported:
        return False
    return True
