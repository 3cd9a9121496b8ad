"""The real `tusk` in a real terminal: from F5 to the first row, and keys while a query runs.

    python -m benchmarks.app [--quick] [--json FILE]

A stock DataTable over rows of the same kind is driven in the same run.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import cycle, islice

import duckdb
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchmarks.grid import CURSOR, row_painted
from benchmarks.grid_app import table_sql
from benchmarks.measurement import Measurement, options, save
from benchmarks.postgres_transport import database
from benchmarks.ptydrive import Driven, median, percentile95
from benchmarks.startup import TUSK
from tests.support.proxy import TcpProxy

WIDTH, HEIGHT = 160, 50
F2, F4, F5 = "\x1bOQ", "\x1bOS", "\x1b[15~"
ROWS = 5_000_000
TABLE_ROWS = 20_000
"""For the DataTable, which holds Python objects: with millions it takes minutes and gigabytes."""
COLUMNS = 9
"""Besides the number of the row."""
TABLES = 100_000
"""Of a database whose catalogue is read."""
MANY_ROWS, MANY_COLUMNS = 10_000_000, 20
"""Of a result that is fetched to its end; it does not fit into memory."""
CANCELS = 5
FACTS = 200_000
"""Rows of PostgreSQL's table, which is sent again and again."""
PressKeys = Callable[[Driven, int], list[float]]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PAUSE_S = 0.05
"""Between two keys: a fast typist's."""
_RUNNING = rb" (running|fetching)"
_SETTLED_S = 0.5  # the footer and the frames around the panes follow the focus
_QUIET_S = 0.3  # the caret blinks every half second, so it is never quiet for longer


@dataclass(frozen=True, slots=True)
class Place:
    """Where statements run.

    Args:
        name: The engine, as the status line shows it.
        target: What tusk is to open.
        work: A statement that computes for minutes.
        rows: A statement that gives rows for minutes.
        environment: Variables on top of this process's.
    """

    name: str
    target: str
    work: str
    rows: str
    environment: Mapping[str, str] = field(default_factory=dict)


DUCKDB = Place(
    "DuckDB",
    ":memory:",
    "select sum(hash(a.i * b.i)) from range(1000000) a(i), range(1000000) b(i)",
    f"select a.* from ({table_sql(10_000_000, COLUMNS)}) a, range(1000) b",
)
DATAFUSION = Place(
    "DataFusion",
    "datafusion://",
    "select sum(a.value * b.value % 7) from range(1000000) a, range(1000000) b",
    "select value, value * 2, 'text ' || value, value / 7.0 from range(1000000000)",
)
SQLITE = Place(
    "SQLite",
    "sqlite://",
    "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n",
    "with recursive n(i) as (select 1 union all select i + 1 from n) "
    "select i, i * 2, 'text ' || i, i / 7.0 from n",
)


@contextlib.contextmanager
def postgres() -> Iterator[Place]:
    """A PostgreSQL server with a table."""
    with database(FACTS) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            # A database's only table would be written into the editor by itself.
            connection.execute("create table other ()")
        where = conninfo_to_dict(conninfo)
        password = str(where.pop("password", ""))
        yield Place(
            "PostgreSQL",
            make_conninfo("", **{name: str(value) for name, value in where.items()}),
            "select count(*) from facts a, facts b where a.id * b.big % 7 = 1",
            "select f.* from facts f, generate_series(1, 10000)",
            {"PGPASSWORD": password},
        )


@contextlib.contextmanager
def tusk(place: Place = DUCKDB, *, fetch_limit: int | None = None) -> Iterator[Driven]:
    """A new tusk that knows nobody's settings, connected."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"TUSK_HOME": home, **place.environment}
        if fetch_limit is not None:
            setting = ["config", "set", "query.fetch_limit", str(fetch_limit)]
            subprocess.run([TUSK, *setting], env=os.environ | environment, check=True)
        command = [TUSK, place.target]
        with Driven(command, width=WIDTH, height=HEIGHT, environment=environment) as driven:
            driven.wait_for(rf"{place.name} \d".encode())
            driven.drain(_QUIET_S)
            yield driven


def first_rows(rounds: int) -> tuple[list[float], float]:
    """Milliseconds from F5 to the first row of five million, and the most memory in MB."""
    measured: list[float] = []
    with tusk() as driven:
        type_text(driven, table_sql(ROWS, COLUMNS))
        for number in range(rounds):
            measured.append(driven.press(F5, row_painted(1)) * 1000)
            driven.drain(_QUIET_S)
            if not number:
                driven.press(F4, rb".")
            # So that the next time the mark before the first row cannot be the present one.
            driven.press("down", row_painted(2))
            driven.drain(_QUIET_S)
        return measured, driven.peak_mb()


def type_text(driven: Driven, text: str) -> None:
    """Write into the editor, and wait until the end of it shows."""
    driven.press(f"{text} --z", rb"--z")
    driven.press("\r", rb".")
    driven.drain(_QUIET_S)


def typing(driven: Driven, presses: int) -> list[float]:
    """Type a comment letter by letter; milliseconds until each of them shows."""
    measured: list[float] = []
    driven.press("\r--", rb"--")
    shown = "--"
    for letter in islice(cycle(LETTERS), presses):
        time.sleep(PAUSE_S)
        shown += letter
        measured.append(driven.press(letter, shown[-5:].encode()) * 1000)
    return measured


def moving(driven: Driven, presses: int) -> list[float]:
    """Press Down in the rows; milliseconds until each of them shows."""
    measured: list[float] = []
    for number in range(2, presses + 2):
        time.sleep(PAUSE_S)
        measured.append(driven.press("down", row_painted(number)) * 1000)
    return measured


def keys_while(
    place: Place, sql: str, begun: bytes, press_keys: PressKeys, presses: int
) -> tuple[list[float], list[float]]:
    """Times of keys before a statement runs and while it does."""
    with tusk(place, fetch_limit=1_000_000_000) as driven:
        idle = typing(driven, presses)
        driven.press("\r", rb".")
        type_text(driven, sql)
        driven.press(F5, begun)
        if press_keys is moving:
            driven.press(F4, CURSOR)
            time.sleep(_SETTLED_S)
        busy = press_keys(driven, presses)
        driven.wait_for(_RUNNING, 5)  # else the times say nothing
        # A server works on for a client that is gone, on all processors.
        driven.press("escape", rb"cancelled")
        return idle, busy


def many_tables(presses: int) -> tuple[list[float], list[float]]:
    """Times of keys while a catalogue of 100,000 tables is read, and of keys in its tree."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/many.duckdb"
        with duckdb.connect(file) as connection:
            tables = "".join(f"create table t{n:06} (a int, b int);" for n in range(TABLES))
            connection.execute(f"begin; {tables} commit")
        with tusk(replace(DUCKDB, target=file)) as driven:
            reading = typing(driven, presses)
            driven.press(F2, rb".")
            driven.press("\t", rb".")
            driven.press("\t", rb".")
            driven.wait_for(rb"Tables \(")
            driven.drain(_QUIET_S)
            keys = islice(cycle(["end", "home", "pagedown", "up"]), presses)
            return reading, [driven.press(key, rb".") * 1000 for key in keys]


def everything_fetched(presses: int) -> tuple[list[float], float, list[float]]:
    """Ten million rows in the grid.

    Returns:
        Milliseconds of Page Down, End, Home and Right; the most memory in MB; milliseconds from
        Escape to the end of fetching them once more, while they go to disk.
    """
    sql = table_sql(MANY_ROWS, MANY_COLUMNS)
    with tusk(fetch_limit=1_000_000_000) as driven:
        type_text(driven, sql)
        driven.press(F5, f"{MANY_ROWS:,} rows".encode())
        driven.drain(_QUIET_S)
        driven.press(F4, CURSOR)
        driven.drain(_QUIET_S)
        keys = islice(cycle(["pagedown", "end", "home", "right"]), presses)
        measured = [driven.press(key, rb".") * 1000 for key in keys]
        peak = driven.peak_mb()
    with tusk(fetch_limit=1_000_000_000) as driven:
        type_text(driven, sql)
        cancels: list[float] = []
        for _ in range(CANCELS):
            driven.press(F5, row_painted(1))
            driven.wait_for(rb"[3-9],\d{3},\d{3} rows")
            cancels.append(driven.press("escape", rb"cancelled") * 1000)
            driven.drain(_QUIET_S)
    return measured, peak, cancels


def cancel_without_network(place: Place) -> float:
    """Milliseconds from Escape to the end of a run whose server can no longer be reached."""
    where = conninfo_to_dict(place.target)
    with TcpProxy(str(where["host"]), int(str(where["port"]))) as proxy:
        behind = replace(
            place, target=make_conninfo(place.target, host=proxy.host, port=proxy.port)
        )
        with tusk(behind) as driven:
            type_text(driven, "select pg_sleep(600)")
            driven.press(F5, b"running")
            proxy.stall()
            return driven.press("escape", rb"cancelled|connection lost") * 1000


def stock_table(presses: int) -> tuple[float, list[float]]:
    """A DataTable: milliseconds from the key to its first row, and of Down in it at rest."""
    command = [sys.executable, "-m", "benchmarks.grid_app", "datatable", "table"]
    command += [str(TABLE_ROWS), str(COLUMNS)]
    with Driven(command, width=WIDTH, height=HEIGHT) as driven:
        driven.wait_for(b"STARTED")
        driven.drain(_QUIET_S)
        loaded_ms = driven.press("r", b"LOADED") * 1000
        began = time.perf_counter()
        painted_ms = (driven.wait_for(b"ENDED") - began) * 1000 - 500  # its own pause
        driven.drain(_QUIET_S)
        downs: list[float] = []
        for _ in range(presses):
            time.sleep(PAUSE_S)
            downs.append(driven.press("down", rb".") * 1000)
        return loaded_ms + painted_ms, downs


def measure(*, quick: bool) -> Iterator[Measurement]:
    """All of it."""
    rounds, presses = (3, 20) if quick else (9, 60)
    table_first, table_downs = stock_table(presses)
    first, peak = first_rows(rounds)
    peer = f"DataTable, {TABLE_ROWS:,} rows"
    yield Measurement(
        "app", f"F5 → first of {ROWS:,} rows", median(first), "ms", peer,
        median(first) / table_first, limit=300,
    )  # fmt: skip
    yield Measurement("app", "the same, the slowest", max(first), "ms")
    yield Measurement("app", "most memory of tusk", peak, "MB", limit=600)
    yield from _everything_measurements(*everything_fetched(presses))
    with postgres() as server:
        for place in (DUCKDB, server, SQLITE, DATAFUSION):
            for what, sql, begun, press_keys in [
                (f"typing while {place.name} computes", place.work, _RUNNING, typing),
                (f"typing while {place.name} sends rows", place.rows, row_painted(1), typing),
                (f"Down while {place.name} sends rows", place.rows, row_painted(1), moving),
            ]:
                idle, busy = keys_while(place, sql, begun, press_keys, presses)
                yield from _key_measurements(what, idle, busy, table_downs)
        yield from _many_tables_measurements(*many_tables(presses))
        stalled = [cancel_without_network(server) for _ in range(rounds)]
        what = "Escape → end of a run, the network stalled, the slowest"
        yield Measurement("app", what, max(stalled), "ms", limit=2_000)


def _key_measurements(
    what: str, idle: list[float], busy: list[float], table: list[float]
) -> Iterator[Measurement]:
    peer, ratio = "Down in a DataTable at rest", median(busy) / median(table)
    yield Measurement("app", f"{what}: a key", median(busy), "ms", peer, ratio, limit=50)
    yield Measurement("app", f"{what}: 95th percentile", percentile95(busy), "ms", limit=100)
    late = max(busy) - median(idle)
    yield Measurement("app", f"{what}: latest key against typing at rest", late, "ms", limit=50)


def _everything_measurements(
    keys: list[float], peak: float, cancels: list[float]
) -> Iterator[Measurement]:
    what = f"{MANY_ROWS:,} rows × {MANY_COLUMNS + 1} columns fetched"
    yield Measurement("app", f"{what}: a key in the grid", median(keys), "ms", limit=50)
    yield Measurement("app", f"{what}: 95th percentile", percentile95(keys), "ms", limit=100)
    yield Measurement("app", f"{what}: most memory of tusk", peak, "MB", limit=600)
    what = "Escape while rows go to disk → end of the run, the slowest"
    yield Measurement("app", what, max(cancels), "ms", limit=1_000)


def _many_tables_measurements(
    reading: list[float], moving_in_tree: list[float]
) -> Iterator[Measurement]:
    for what, times in [
        (f"typing while a catalogue of {TABLES:,} tables is read", reading),
        (f"End, Home, Page Down and Up among {TABLES:,} tables", moving_in_tree),
    ]:
        yield Measurement("app", f"{what}: a key", median(times), "ms", limit=50)
        yield Measurement("app", f"{what}: 95th percentile", percentile95(times), "ms", limit=100)


def main() -> None:
    """Measure and print."""
    arguments = options(__doc__).parse_args()
    for measured in measure(quick=arguments.quick):
        print(f"{measured.what:<60}{measured.value:>10,.1f} {measured.unit}", flush=True)
        save(arguments.json, [measured])


if __name__ == "__main__":
    main()
