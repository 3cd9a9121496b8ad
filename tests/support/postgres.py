"""PostgreSQL sessions for tests, and what the real psql shows for the same statement."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from psycopg.conninfo import conninfo_to_dict

from tusk.core.dialect import POSTGRES
from tusk.core.events import Notice
from tusk.core.params import ParameterValue
from tusk.core.render import render_column
from tusk.core.statement import Statement, split
from tusk.engines.base import FetchMode, Target, TransactionState
from tusk.engines.postgres import PostgresEngine
from tusk.engines.postgres.session import PostgresSession

NULL = "‹null›"
_RECORD_END = "\x1e"


def target_of(conninfo: str, **overrides: Any) -> Target:
    """A target for a connection string, its password apart."""
    parameters = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    parameters |= overrides.pop("parameters", {})
    password = overrides.pop("password", parameters.pop("password", None))
    return Target("postgres", "test", parameters, password, **overrides)


@contextlib.contextmanager
def opened(conninfo: str, **overrides: Any) -> Iterator[PostgresSession]:
    """A session, closed in the end."""
    session = PostgresEngine().connect(target_of(conninfo, **overrides))
    try:
        yield session
    finally:
        session.close()


def statement(text: str) -> Statement:
    """The one statement of a text."""
    (found,) = split(text, POSTGRES)
    return found


def run(
    session: PostgresSession,
    text: str,
    parameters: Mapping[str, ParameterValue] | None = None,
    *,
    mode: FetchMode = FetchMode.PAGE,
    timeout_s: float | None = None,
    notices: list[Notice] | None = None,
) -> Result:
    """Run one statement to its end."""
    cursor = session.execute(
        statement(text),
        parameters,
        mode=mode,
        timeout_s=timeout_s,
        on_notice=None if notices is None else notices.append,
    )
    batches = list(cursor.batches())
    return Result(cursor.schema, batches, cursor.tag, cursor.affected_rows)


def transaction(session: PostgresSession) -> TransactionState:
    """The session's state, which type checkers take for constant when it is a property."""
    return session.transaction


class Result:
    """All of a statement's result."""

    def __init__(
        self,
        schema: pa.Schema | None,
        batches: Sequence[pa.RecordBatch],
        tag: str,
        affected: int | None,
    ) -> None:
        self.schema = schema
        self.batches = batches
        self.tag = tag
        self.affected = affected

    @property
    def num_rows(self) -> int:
        """Rows in all batches."""
        return sum(batch.num_rows for batch in self.batches)

    def texts(self) -> list[tuple[str, ...]]:
        """The rows as psql shows them, NULL marked."""
        assert self.schema is not None
        rows: list[tuple[str, ...]] = []
        for batch in self.batches:
            columns = [
                render_column(batch.column(i), self.schema.field(i))
                for i in range(batch.num_columns)
            ]
            rows += [
                tuple(NULL if v is None else v for v in row) for row in zip(*columns, strict=True)
            ]
        return rows

    def value(self) -> Any:
        """The only value, as Python has it."""
        (batch,) = self.batches
        assert batch.num_rows == 1
        assert batch.num_columns == 1
        return batch.column(0)[0].as_py()


def psql(
    conninfo: str, *commands: str, program: str = "psql", settings: str = "", check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    """Run psql on commands, with nothing of the user's own configuration."""
    environment = dict(os.environ, PGCLIENTENCODING="UTF8", PGOPTIONS=settings)
    arguments = [argument for command in commands for argument in ("-c", command)]
    return subprocess.run(
        [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", *_OUTPUT, "-d", conninfo, *arguments],
        env=environment,
        capture_output=True,
        check=check,
        timeout=60,
    )


_OUTPUT = ("-A", "-t", "-P", f"null={NULL}", "-R", _RECORD_END)


def psql_texts(
    conninfo: str, query: str, *, program: str = "psql", settings: str = ""
) -> list[str]:
    """The values that psql shows for a query of one column."""
    output = psql(conninfo, query, program=program, settings=settings).stdout
    return output.decode().removesuffix("\n").split(_RECORD_END)
