"""A session for each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.catalog.support import open_datafusion, open_duckdb, open_postgres, open_sqlite
from tusk.engines.base import Session


@pytest.fixture
def postgres(pg_db: str) -> Iterator[Session]:
    """A superuser's session on a fresh database."""
    session = open_postgres(pg_db)
    yield session
    session.close()


@pytest.fixture
def duckdb() -> Iterator[Session]:
    """A session on a database in memory."""
    session = open_duckdb()
    yield session
    session.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Session]:
    """A session on a new file, `shop.db`."""
    session = open_sqlite(tmp_path / "shop.db")
    yield session
    session.close()


@pytest.fixture
def datafusion() -> Iterator[Session]:
    """A session on an empty DataFusion."""
    session = open_datafusion()
    yield session
    session.close()
