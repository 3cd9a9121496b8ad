"""Sessions to explain statements on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tusk.core.events import Event, Failed
from tusk.core.statement import split
from tusk.engines.base import Session, Target
from tusk.engines.registry import load_engine
from tusk.services.plans import Explainer, ExplainOptions, Plan
from tusk.services.queries import RunOptions

Explain = Callable[..., Plan]


def explained(session: Session, sql: str, **options: object) -> Plan:
    """The plan of a statement; what the runner says of a failure is raised."""
    events: list[Event] = []
    (statement,) = split(sql, session.dialect)
    explainer = Explainer(statement, ExplainOptions(**options))  # type: ignore[arg-type]
    explainer.run(session, (), events.append, RunOptions())
    for event in events:
        if isinstance(event, Failed):
            raise event.error
    assert explainer.plan is not None
    return explainer.plan


def rows(session: Session, sql: str) -> list[dict[str, object]]:
    """Run a statement to its end."""
    (statement,) = split(sql, session.dialect)
    cursor = session.execute(statement)
    return [row for batch in cursor.batches() for row in batch.to_pylist()]


def connect(engine: str, **parameters: str) -> Session:
    return load_engine(engine).connect(Target(engine, "test", parameters))


@pytest.fixture
def duck() -> Iterator[Session]:
    session = connect("duckdb", path="")
    rows(session, "create table t as select range as i, range % 7 as g from range(10000)")
    yield session
    session.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Session]:
    session = connect("sqlite", path=str(tmp_path / "t.sqlite"), create="true")
    rows(session, "create table t (a integer primary key, b)")
    yield session
    session.close()
