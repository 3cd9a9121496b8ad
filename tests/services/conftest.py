"""What the tests of services start with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tusk.engines.base import Session, Target
from tusk.engines.registry import load_engine


@pytest.fixture
def session() -> Iterator[Session]:
    # With one thread, since with more DuckDB at times calls an error an interruption.
    target = Target("duckdb", "memory", {"path": ""}, startup_sql=["set threads = 1"])
    session = load_engine("duckdb").connect(target)
    yield session
    session.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for exports."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def roles(pg_admin_dsn: str) -> Iterator[tuple[str, str]]:
    """Two roles with hostile names, for this test."""
    names = (f'tusk "reader" {os.getpid()}', f"Tusk writer's {os.getpid()}")
    with psycopg.connect(pg_admin_dsn, autocommit=True) as admin:
        for name in names:
            admin.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
    yield names
    # Their databases are dropped after this: what they own goes first.
    with psycopg.connect(pg_admin_dsn, autocommit=True) as admin:
        databases = admin.execute(
            "select datname from pg_database where datname like %s", [f"tusk_test_{os.getpid()}_%"]
        ).fetchall()
    for (database,) in databases:
        with psycopg.connect(pg_admin_dsn, dbname=database, autocommit=True) as connection:
            for name in names:
                connection.execute(sql.SQL("drop owned by {} cascade").format(sql.Identifier(name)))
    with psycopg.connect(pg_admin_dsn, autocommit=True) as admin:
        for name in names:
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))
