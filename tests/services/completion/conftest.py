"""Desks over real engines, made once: completion only reads their snapshots."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.catalog.support import open_datafusion, open_duckdb, open_postgres, open_sqlite, run
from tests.services.completion.shop import (
    DATAFUSION_TABLES,
    DUCKDB_MORE,
    POSTGRES_MORE,
    TABLES,
    Desk,
)
from tusk.engines.base import Session
from tusk.services.completion.loading import load_snapshot


def _desk(session: Session, script: str) -> Desk:
    run(session, script)
    try:
        return Desk(load_snapshot(session), session.dialect)
    finally:
        session.close()


@pytest.fixture(scope="session")
def postgres_desk(pg_admin_dsn: str) -> Iterator[Desk]:
    name = f"tusk_test_completion_{os.getpid()}"
    with psycopg.connect(pg_admin_dsn, autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)")
        admin.execute(f"create database {name}")
    yield _desk(open_postgres(make_conninfo(pg_admin_dsn, dbname=name)), TABLES + POSTGRES_MORE)
    with psycopg.connect(pg_admin_dsn, autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def duckdb_desk() -> Desk:
    return _desk(open_duckdb(), TABLES + DUCKDB_MORE)


@pytest.fixture(scope="session")
def sqlite_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    path: Path = tmp_path_factory.mktemp("sqlite") / "shop.db"
    return _desk(open_sqlite(path), TABLES)


@pytest.fixture(scope="session")
def datafusion_desk() -> Desk:
    return _desk(open_datafusion(), DATAFUSION_TABLES)


@pytest.fixture
def desk_of(request: pytest.FixtureRequest) -> Callable[[str], Desk]:
    """The desk of an engine by name."""

    def find(engine: str) -> Desk:
        desk: Desk = request.getfixturevalue(f"{engine}_desk")
        return desk

    return find


@pytest.fixture(params=["postgres", "duckdb", "sqlite", "datafusion"])
def desk(request: pytest.FixtureRequest, desk_of: Callable[[str], Desk]) -> Desk:
    """Each engine's in turn."""
    return desk_of(request.param)
