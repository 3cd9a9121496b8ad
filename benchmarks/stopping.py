"""How soon a statement ends that is cancelled, runs out of time, or waits for a dead network.

    python -m benchmarks.stopping [--quick] [--json FILE] [ENGINE…]

A cancel is measured from the call in another thread until the statement has ended and the session
has answered `select 1`; a time limit by how much later than the limit that is; a network that stands
still until the statement has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from operator import methodcaller

import psycopg

from benchmarks.measurement import Measurement, options, save
from benchmarks.postgres_transport import database
from tests.support.proxy import TcpProxy
from tusk.core.errors import ConnectionLost, QueryCancelled, QueryTimeout, TuskError
from tusk.core.statement import Statement, classify
from tusk.engines.base import FetchMode, Session, Target
from tusk.engines.registry import load_engine
from tusk.engines.target import parse_target

ROUNDS, QUICK_ROUNDS = 10, 3
CANCEL_LIMIT_S = 1.0
OVERSHOOT_LIMIT_S = 1.0
ABANDON_LIMIT_S = 1.0
STALLED_LIMIT_S = 2.0
VANISHED_LIMIT_S = 15.0
TIMEOUT_S = 0.5
RUNS_FOR_S = 0.4
"""How long a statement has been running when it is stopped."""


@dataclass(frozen=True)
class Endless:
    """A statement that would run for hours."""

    what: str
    text: str
    mode: FetchMode = FetchMode.PAGE


_PAIRS = "select count(*) from {0} a, {0} b where {1} < 0"
_PG_ROWS = "select generate_series(1, 2000000000) i, repeat('x', 100)"
SLEEP = Endless("pg_sleep", "select pg_sleep(3600)")
STREAM = Endless("rows in bulk", _PG_ROWS, FetchMode.BULK)
STATEMENTS = {
    "postgres": (
        SLEEP,
        Endless("a join", _PAIRS.format("generate_series(1, 1000000)", "a + b")),
        Endless("rows in pages", _PG_ROWS),
        STREAM,
    ),
    "duckdb": (
        Endless("an aggregate", _PAIRS.format("range(1000000)", "a.range + b.range")),
        Endless("rows", "select a.range, b.range from range(1000000) a, range(1000000) b"),
    ),
    "sqlite": (
        Endless(
            "a recursive query",
            "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
        ),
        Endless(
            "rows",
            "with recursive r(n) as (select 1 union all select n + 1 from r) select n from r",
        ),
    ),
    "datafusion": (
        Endless(
            "a join that costs its process",
            _PAIRS.format("generate_series(1, 1000000)", "a.value + b.value"),
        ),
        Endless(
            "a table of that join",
            "create table t as "
            + _PAIRS.format("generate_series(1, 1000000)", "a.value + b.value"),
        ),
        Endless(
            "rows of a join",
            "select a.value, b.value from generate_series(1, 1000000) a, "
            "generate_series(1, 1000000) b",
        ),
    ),
}


def read(session: Session, endless: Endless, timeout_s: float | None = None) -> None:
    """Run a statement to an end that it does not reach."""
    statement = Statement(endless.text, kind=classify(endless.text, session.dialect))
    with closing(session.execute(statement, mode=endless.mode, timeout_s=timeout_s)) as cursor:
        for _ in cursor.batches():
            pass


def check(session: Session) -> None:
    """Have the session answer."""
    (batch,) = session.execute(Statement("select 1")).batches()
    if batch.column(0).to_pylist() != [1]:
        raise SystemExit("the session is not usable")


def ends_with(error: type[TuskError], work: Callable[[], None]) -> None:
    """See that a statement ends in the right way."""
    try:
        work()
    except error:
        return
    raise SystemExit(f"the statement ended without {error.__name__}")


# ── each of these takes one time ─────────────────────────────────────────────────────────────


def cancelled(session: Session, endless: Endless) -> float:
    """Seconds from a cancel until the session is usable again."""
    with calling(session.cancel) as called:
        ends_with(QueryCancelled, lambda: read(session, endless))
        check(session)
        return time.perf_counter() - called[0]


def timed_out(session: Session, endless: Endless) -> float:
    """Seconds from the end of the time limit until the session is usable again."""
    began = time.perf_counter()
    ends_with(QueryTimeout, lambda: read(session, endless, TIMEOUT_S))
    check(session)
    return time.perf_counter() - began - TIMEOUT_S


def left(target: Target, endless: Endless, how: Callable[[Session], None]) -> float:
    """Seconds from `cancel` or `abandon` until a statement on a stalled network has ended."""
    with stalling(target) as (session, proxy):

        def stop() -> None:
            proxy.stall()
            stopped[0] = time.perf_counter()
            how(session)

        stopped = [0.0]
        with calling(stop):
            ends_with(ConnectionLost, lambda: read(session, endless))
            return time.perf_counter() - stopped[0]


def timed_out_on_stalled_network(target: Target) -> float:
    """Seconds from the end of the time limit until a statement on a stalled network has ended."""
    with stalling(target) as (session, proxy):
        proxy.stall()
        began = time.perf_counter()
        ends_with(ConnectionLost, lambda: read(session, SLEEP, TIMEOUT_S))
        return time.perf_counter() - began - TIMEOUT_S


@contextlib.contextmanager
def calling(function: Callable[[], None]) -> Generator[Sequence[float]]:
    """Call something in another thread, a moment after the block has begun; tells when."""
    called = [0.0]

    def work() -> None:
        called[0] = time.perf_counter()
        function()

    timer = threading.Timer(RUNS_FOR_S, work)
    timer.start()
    try:
        yield called
    finally:
        timer.join()


@contextlib.contextmanager
def stalling(target: Target) -> Generator[tuple[Session, TcpProxy]]:
    """A session behind a proxy that can stop forwarding."""
    host, port = target.parameters["host"], target.parameters["port"]
    with TcpProxy(host, int(port)) as proxy:
        behind = {"host": proxy.host, "port": str(proxy.port)}
        parameters = {**target.parameters, **behind}
        moved = Target("postgres", target.name, parameters, target.password)
        with closing(load_engine("postgres").connect(moved)) as session:
            yield session, proxy


# ── measuring ────────────────────────────────────────────────────────────────────────────────


def repeated(
    what: str, take: Callable[[], float], rounds: int, limit_s: float
) -> Iterator[Measurement]:
    """The median and the worst of several."""
    taken = [take() for _ in range(rounds)]
    yield Measurement("stopping", what, max(0.0, statistics.median(taken)), "s", limit=limit_s)
    yield Measurement("stopping", f"{what}, worst", max(0.0, *taken), "s", limit=limit_s)


def measure(engine: str, target: Target, rounds: int) -> Iterator[Measurement]:
    """Cancels and time limits of one engine."""
    with closing(load_engine(engine).connect(target)) as session:
        check(session)
        for each in STATEMENTS[engine]:
            yield from repeated(
                f"{engine}, {each.what}: cancelled and usable again",
                partial(cancelled, session, each),
                rounds,
                CANCEL_LIMIT_S,
            )
        first = STATEMENTS[engine][0]
        yield from repeated(
            f"{engine}, {first.what}: usable again after its time limit",
            partial(timed_out, session, first),
            rounds,
            OVERSHOOT_LIMIT_S,
        )


def measure_stalled(target: Target, rounds: int) -> Iterator[Measurement]:
    """PostgreSQL on a network that forwards nothing any more."""
    for each in (SLEEP, STREAM):
        for name, how, limit_s in (
            ("cancelled", methodcaller("cancel"), STALLED_LIMIT_S),
            ("given up", methodcaller("abandon"), ABANDON_LIMIT_S),
        ):
            yield from repeated(
                f"stalled network, {each.what}: {name}",
                partial(left, target, each, how),
                rounds,
                limit_s,
            )
    yield from repeated(
        "stalled network: ended after its time limit",
        partial(timed_out_on_stalled_network, target),
        rounds,
        STALLED_LIMIT_S,
    )


def measure_vanished(rounds: int) -> Iterator[Measurement]:
    """PostgreSQL on a network that is gone, in a network namespace of its own."""
    command = ["unshare", "--net", sys.executable, "-m", "tests.engines.blackhole"]
    taken: list[float] = []
    for _ in range(rounds):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"no network can be taken down here, that is left out: {done.stderr[-200:]}")
            return
        taken += [outcome["seconds"] for outcome in json.loads(done.stdout)["outcomes"]]
    what = "a network that vanishes: connection lost, worst"
    yield Measurement("stopping", what, max(taken), "s", limit=VANISHED_LIMIT_S)


def all_of(engine: str, rounds: int) -> Iterator[Measurement]:
    """Everything about one engine."""
    if engine != "postgres":
        yield from measure(engine, parse_target(f"{engine}://"), rounds)
        return
    with database(rows=1) as conninfo:
        target = parse_target(conninfo)
        yield from measure(engine, target, rounds)
        if tcp := over_tcp(conninfo, target):
            yield from measure_stalled(tcp, rounds)
        else:
            print("the server is reached by a socket: the stalled network is left out")
    yield from measure_vanished(1 + rounds // 5)


def over_tcp(conninfo: str, target: Target) -> Target | None:
    """The target with its host and port, None for a socket."""
    with psycopg.connect(conninfo) as connection:
        host, port = connection.info.host, connection.info.port
    if host.startswith("/"):
        return None
    parameters = {**target.parameters, "host": host, "port": str(port)}
    return Target("postgres", target.name, parameters, target.password)


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(STATEMENTS))
    arguments = parser.parse_args()
    rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    print(f"{rounds} rounds, load {os.getloadavg()[0]:.1f}")
    for engine in arguments.engines or STATEMENTS:
        for measured in all_of(engine, rounds):
            print(
                f"{measured.what:<76}{measured.value:>6.3f} {measured.unit}  "
                f"{measured.promise} {measured.verdict}",
                flush=True,
            )
            save(arguments.json, [measured])


if __name__ == "__main__":
    main()
