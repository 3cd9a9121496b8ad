"""What the export tests start with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
