"""Run statements: one synchronous runner for every front end.

`run_statements` pushes events to a sink from the calling thread; `tusk.services.query_run`
drives it in a thread for asyncio.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from tusk.config.scratch import scratch_root
from tusk.core.errors import QueryCancelled, TuskError, UsageError
from tusk.core.events import (
    BatchArrived,
    Event,
    Failed,
    Finished,
    Notice,
    NoticeArrived,
    Paused,
    ResultOpened,
    Started,
    Timing,
)
from tusk.core.result import ResultBuffer
from tusk.core.statement import Statement, parameter_names
from tusk.engines.base import Cursor, FetchMode, Session
from tusk.services.hints import add_hint
from tusk.services.history_recorder import recorded

if TYPE_CHECKING:
    import pyarrow as pa

    from tusk.core.params import ParameterValue
    from tusk.services.history_recorder import Recorder

DEFAULT_FETCH_LIMIT = 10_000
# A paused PostgreSQL cursor holds a snapshot that keeps vacuum from removing dead tuples.
HOLD_PAUSED_S = 60.0


class Pager(Protocol):
    """Decides what happens when the fetch limit is reached."""

    def wait(self, rows: int, timeout_s: float | None) -> int | Literal["stop", "expired"] | None:
        """Block until told how many more rows to fetch (None: all), to stop, or time is up."""
        ...


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run a script.

    Args:
        parameters: Values for `:name` parameters; None sends the text untouched.
        mode: How rows will be read.
        fetch_limit: Rows after which to pause (or to stop, without a pager); None: no limit.
        timeout_s: Time limit per statement.
        stop_on_error: Whether an error ends the script.
        budget_bytes: Memory per result set before it spills; None keeps no buffer.
        recorder: Keeps the statements in the history; None keeps none.
    """

    parameters: Mapping[str, ParameterValue] | None = None
    mode: FetchMode = FetchMode.PAGE
    fetch_limit: int | None = None
    timeout_s: float | None = None
    stop_on_error: bool = True
    budget_bytes: int | None = None
    recorder: Recorder | None = None


def check_parameters(session: Session, statements: Sequence[Statement], names: set[str]) -> None:
    """Refuse a script whose `:name` parameters lack a value.

    Raises:
        UsageError: Names the missing ones.
    """
    used = {n for s in statements for n in parameter_names(s.text, session.dialect)}
    if missing := sorted(used - names):
        listed = ", ".join(f":{n}" for n in missing)
        raise UsageError(f"no value for {listed}", hint=f"give one with -p {missing[0]}=VALUE")


def run_statements(
    session: Session,
    statements: Sequence[Statement],
    sink: Callable[[Event], None],
    options: RunOptions,
    pager: Pager | None = None,
) -> bool:
    """Run statements in order and push what happens to `sink`, from this thread.

    Args:
        session: Where to run them.
        statements: In order.
        sink: Gets every event; an exception of its own ends the run and is passed on.
        options: See `RunOptions`.
        pager: Asked when the fetch limit is reached; None stops there.

    Returns:
        True when every statement succeeded.
    """
    succeeded = True
    for index, statement in enumerate(statements):
        sink(Started(statement, index))
        with recorded(options.recorder, session, statement, options.parameters, sink) as follow:
            failure = _StatementRun(session, statement, follow, options, pager).run()
        if failure is not None:
            succeeded = False
            if options.stop_on_error or isinstance(failure, QueryCancelled):
                break
    return succeeded


class _Feed:
    """The rows of a cursor, cut at limits, looking one batch ahead."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._batches = iter(cursor.batches())
        self._rest: pa.RecordBatch | None = None

    @property
    def timing(self) -> Timing:
        """Times so far."""
        return self._cursor.timing

    def _next(self) -> pa.RecordBatch | None:
        batch, self._rest = self._rest, None
        return batch if batch is not None else next(self._batches, None)

    def take(self, limit: int | None) -> Iterator[pa.RecordBatch]:
        """Yield batches of at most `limit` rows in all."""
        while limit is None or limit > 0:
            batch = self._next()
            if batch is None:
                return
            if limit is not None:
                if batch.num_rows > limit:
                    self._rest = batch.slice(limit)
                    batch = batch.slice(0, limit)
                limit -= batch.num_rows
            yield batch

    def has_more(self) -> bool:
        """Whether at least one more row follows."""
        while self._rest is None or self._rest.num_rows == 0:
            self._rest = next(self._batches, None)
            if self._rest is None:
                return False
        return True


class _StatementRun:
    """One statement on its way through execute, batches, pause and end."""

    def __init__(
        self,
        session: Session,
        statement: Statement,
        sink: Callable[[Event], None],
        options: RunOptions,
        pager: Pager | None,
    ) -> None:
        self._session = session
        self._statement = statement
        self._sink = sink
        self._options = options
        self._pager = pager
        self._rows = 0
        self._cursor: Cursor | None = None
        self._buffer: ResultBuffer | None = None

    def run(self) -> TuskError | None:
        """Run to the end; the error, when there was one, has been reported to the sink."""
        start = time.perf_counter()
        try:
            cursor = self._execute()
            if cursor.schema is not None:
                self._open_result(cursor.schema)
            is_complete = self._fetch(cursor)
        except TuskError as exc:
            add_hint(exc, self._statement.text, self._session.dialect, self._options.parameters)
            elapsed = time.perf_counter() - start
            timing = self._cursor.timing if self._cursor else Timing(elapsed, elapsed)
            self._close()
            self._sink(Failed(exc, self._rows, timing))
            return exc
        finally:
            self._close()
        # Fetching on after a long pause has made another cursor.
        cursor = self._cursor or cursor
        rows = self._rows if cursor.schema is not None else None
        self._sink(Finished(rows, cursor.affected_rows, cursor.tag, cursor.timing, is_complete))
        return None

    def _execute(self) -> Cursor:
        self._cursor = self._session.execute(
            self._statement,
            self._options.parameters,
            mode=self._options.mode,
            timeout_s=self._options.timeout_s,
            on_notice=self._on_notice,
        )
        return self._cursor

    def _close(self) -> None:
        if self._cursor is not None:
            self._cursor.close()

    def _on_notice(self, notice: Notice) -> None:
        self._sink(NoticeArrived(notice))

    def _open_result(self, schema: pa.Schema) -> None:
        if self._options.budget_bytes is not None:
            self._buffer = ResultBuffer(
                schema,
                budget_bytes=self._options.budget_bytes,
                folder=scratch_root(),
            )
        self._sink(ResultOpened(schema, self._buffer))

    def _keep(self, batch: pa.RecordBatch) -> None:
        if self._buffer is not None:
            self._buffer.append(batch)
        self._rows += batch.num_rows
        self._sink(BatchArrived(batch))

    def _fetch(self, cursor: Cursor) -> bool:
        """Read the rows, pausing at the limit; False when some were left behind."""
        feed = _Feed(cursor)
        limit = self._options.fetch_limit if cursor.can_pause else None
        while True:
            for batch in feed.take(limit):
                self._keep(batch)
            if limit is None or not feed.has_more():
                return True
            if self._pager is None:
                return False
            answer = self._pause(feed.timing, self._pager)
            if isinstance(answer, str):
                return False
            if self._cursor is None:
                feed = self._run_again()
            limit = answer

    def _pause(self, timing: Timing, pager: Pager) -> int | Literal["stop"] | None:
        """Wait for the pager: how many rows to fetch on (None: all), or to stop.

        A cursor that would hold a snapshot on a server is let go of after a while.
        """
        self._sink(Paused(self._rows, timing))
        is_server = self._session.dialect.name == "postgres"
        answer = pager.wait(self._rows, HOLD_PAUSED_S if is_server else None)
        if answer == "expired":
            self._close()
            self._cursor = None
            self._sink(Paused(self._rows, timing, is_held=False))
            answer = pager.wait(self._rows, None)
        return "stop" if isinstance(answer, str) else answer

    def _run_again(self) -> _Feed:
        """Execute the statement anew and skip the rows that are here already."""
        text = f"the statement was run again to fetch on after row {self._rows:,}"
        self._sink(NoticeArrived(Notice("INFO", text)))
        feed = _Feed(self._execute())
        for _ in feed.take(self._rows):
            pass
        return feed
