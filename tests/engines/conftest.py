"""The engines of the contract suite, and what each of them cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.kits import (
    Kit,
    datafusion_kit,
    duckdb_kit,
    opened,
    postgres_kit,
    sqlite_kit,
)
from tusk.engines.base import Session

ENGINES = ["duckdb", "postgres", "sqlite", "datafusion"]

# Tests of the contract that an engine fails by its nature. One that starts to pass fails the
# run, so that it is taken off this list.
GAPS: dict[tuple[str, str], str] = {
    ("duckdb", "test_a_column_may_have_an_empty_name"): "DuckDB has no empty names",
    ("postgres", "test_a_column_may_have_an_empty_name"): "PostgreSQL has no empty names",
    ("duckdb", "test_savepoints_undo_a_part"): "DuckDB has no savepoints",
    ("datafusion", "test_columns_may_have_the_same_name"): "DataFusion refuses them",
    ("datafusion", "test_updates_and_deletes_are_counted"): "DataFusion only inserts",
    ("datafusion", "test_returned_rows_are_a_result_that_cannot_be_paused"): "no RETURNING",
    **{
        ("datafusion", name): "DataFusion has no transactions"
        for name in (
            "test_a_commit_keeps_and_shows",
            "test_a_rollback_undoes",
            "test_transactions_by_statement_are_followed",
            "test_a_transaction_in_a_transaction_is_refused_and_harmless",
            "test_savepoints_undo_a_part",
            "test_a_failed_statement_leaves_a_transaction_that_can_be_rolled_back",
            "test_a_cancelled_statement_in_a_transaction_leaves_it_to_be_rolled_back",
            "test_closing_early_leaves_the_transaction_usable",
            "test_closing_rolls_back",
        )
    },
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the gaps, and the tests that need a PostgreSQL server."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        engine = callspec.params.get("kit") if callspec else None
        if engine == "postgres":
            item.add_marker(pytest.mark.postgres)
        name = getattr(item, "originalname", item.name)
        if (reason := GAPS.get((str(engine), name))) is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.fixture(params=ENGINES)
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    """Each engine in turn, with a new, empty database."""
    match request.param:
        case "postgres":
            made = postgres_kit(request.getfixturevalue("pg_db"))
        case "duckdb":
            made = duckdb_kit(str(tmp_path / "test.duckdb"))
        case "sqlite":
            made = sqlite_kit(str(tmp_path / "test.sqlite"))
        case _:
            pytest.importorskip("datafusion")
            made = datafusion_kit()
    with opened(made):
        yield made


@pytest.fixture
def session(kit: Kit) -> Session:
    """A session of the engine."""
    return kit.connect()
