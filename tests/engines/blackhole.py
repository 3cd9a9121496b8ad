"""A network that vanishes: run in a network namespace of its own, of which it takes `lo` down.

    unshare --net python -m tests.engines.blackhole [VERSION]

Prints what becomes of two statements that are under way, as JSON.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from typing import Any

import psycopg

from tests.support.localpg import find_binaries, start_server
from tests.support.postgres import opened, statement
from tests.support.waiting import wait_until
from tusk.core.errors import QueryError
from tusk.engines.base import FetchMode
from tusk.engines.postgres.session import PostgresSession

SLEEP = "select pg_sleep(3600)"
STREAM = "select generate_series(1, 2000000000) i, repeat('x', 100)"


class Run:
    """A statement that runs in a thread until the network is gone."""

    def __init__(self, session: PostgresSession, text: str, mode: FetchMode) -> None:
        self.rows = 0
        self.error: QueryError | None = None
        self._ended_at = 0.0
        self._session = session
        self._text = text
        self._mode = mode
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        try:
            for batch in self._session.execute(statement(self._text), mode=self._mode).batches():
                self.rows += batch.num_rows
        except QueryError as error:
            self.error = error
        self._ended_at = time.monotonic()

    def outcome(self, gone_at: float) -> dict[str, Any]:
        """What became of it, and how many seconds after the network was gone."""
        self.thread.join()
        error = self.error
        return {
            "error": type(error).__name__,
            "message": error.message if error else "",
            "transaction_lost": getattr(error, "transaction_lost", False),
            "state": self._session.transaction.value,
            "rows": self.rows,
            "seconds": self._ended_at - gone_at,
        }


def set_link(state: str) -> None:
    """Switch the only interface of this namespace."""
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def is_asleep(socket_dsn: str) -> bool:
    """Whether the server runs the sleep; asked over its socket, which needs no network."""
    with psycopg.connect(socket_dsn) as observer:
        query = "select 1 from pg_stat_activity where wait_event = 'PgSleep'"
        return observer.execute(query).fetchone() is not None


def answer(session: PostgresSession) -> Any:
    """What a session says that has been opened again."""
    session.reopen()
    (batch,) = session.execute(statement("select 1")).batches()
    return batch.column(0).to_pylist()


def main() -> None:
    """Lose the network and find it again."""
    set_link("up")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(start_server(find_binaries(*sys.argv[1:])[0]))
        sessions = [stack.enter_context(opened(server.dsn())) for _ in range(2)]
        sessions[0].begin()
        sleeping = Run(sessions[0], SLEEP, FetchMode.PAGE)
        streaming = Run(sessions[1], STREAM, FetchMode.BULK)
        wait_until(lambda: is_asleep(server.socket_dsn()), "the statement runs")
        wait_until(lambda: streaming.rows > 0, "rows come")
        set_link("down")
        gone_at = time.monotonic()
        outcomes = [run.outcome(gone_at) for run in (sleeping, streaming)]
        set_link("up")
        answers = [answer(session) for session in sessions]
    json.dump({"outcomes": outcomes, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
