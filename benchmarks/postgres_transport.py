r"""PostgreSQL to files: tusk against `psql \copy … csv`, in one run, with peak memory.

    python -m benchmarks.postgres_transport [rows] [--rounds N] [--quick] [--json FILE]

Uses TUSK_TEST_PG_DSN, else starts a server as the tests do. Prints medians, the ratio to psql and
the most memory that each needed. Every measurement is a process of its own; tusk's time is from
connecting to the closed file, psql's includes its own start of some 0.03 s.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchmarks.measurement import Measurement, options, save

ROWS, QUICK_ROWS = 1_000_000, 200_000
ROUNDS, QUICK_ROUNDS = 5, 3
LIMITS = {"csv": 1.25, "arrow": 1.6, "parquet": 2.0}
"""How many times as long as psql they may take at most."""
DATABASE = "tusk_benchmark"
QUERY = "select * from facts"
TABLE = """
create unlogged table facts as
select i::int4 as id, i::int8 * 7919 as big, i * 0.37::float8 as ratio,
       (i / 100.0)::numeric(12, 2) as amount, i % 2 = 0 as flag, 'name ' || i as name,
       md5(i::text) as hash, date '2020-01-01' + i % 3000 as day,
       timestamptz '2020-01-01 00:00+00' + i * interval '1 minute' as at,
       case when i % 10 <> 0 then 'note ' || i % 1000 end as note
from generate_series(1, {rows}) i
"""
CANDIDATES = ("psql", "csv", "arrow", "parquet", "page", "bulk")
LABELS = {
    "psql": r"psql \copy … csv",
    "csv": "tusk → CSV",
    "arrow": "tusk → Arrow IPC",
    "parquet": "tusk → Parquet",
    "page": "tusk, rows in pages",
    "bulk": "tusk, rows in bulk",
}


@contextlib.contextmanager
def database(rows: int) -> Iterator[str]:
    """A database with the table."""
    with contextlib.ExitStack() as stack:
        admin = os.environ.get("TUSK_TEST_PG_DSN")
        if not admin:
            from tests.support.localpg import find_binaries, start_server

            binaries = find_binaries(os.environ.get("TUSK_TEST_PG"))[0]
            admin = stack.enter_context(start_server(binaries)).dsn()
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"drop database if exists {DATABASE} with (force)".encode())
            connection.execute(f"create database {DATABASE}".encode())
        conninfo = make_conninfo(admin, dbname=DATABASE)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(TABLE.format(rows=rows).encode())
            connection.execute("vacuum analyze facts")
        try:
            yield conninfo
        finally:
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute(f"drop database {DATABASE} with (force)".encode())


def run_tusk(candidate: str, conninfo: str, path: Path) -> None:
    """One measurement, in a process of its own; prints seconds and rows."""
    from tests.support.postgres import statement, target_of
    from tusk.engines.base import FetchMode
    from tusk.engines.postgres import PostgresEngine
    from tusk.services.background import take_short_turns
    from tusk.services.exports import export

    take_short_turns()
    began = time.perf_counter()
    session = PostgresEngine().connect(target_of(conninfo))
    if candidate in ("page", "bulk"):
        cursor = session.execute(statement(QUERY), mode=FetchMode(candidate))
        rows = sum(batch.num_rows for batch in cursor.batches())
    else:
        rows = export(session, statement(QUERY), path, candidate).rows
    session.close()
    seconds = time.perf_counter() - began
    sys.stdout.write(json.dumps({"seconds": seconds, "rows": rows}))


def measure(candidate: str, conninfo: str, folder: Path) -> tuple[float, float]:
    """Seconds and peak memory in MB of one run."""
    path = folder / f"out.{candidate}"
    if candidate == "psql":
        copy = rf"\copy ({QUERY}) to '{path}' csv"
        command = ["psql", "-X", "-q", "-d", conninfo, "-c", copy]
    else:
        module = "benchmarks.postgres_transport"
        command = [sys.executable, "-m", module, "--one", candidate, conninfo, str(path)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{candidate} failed")
    path.unlink(missing_ok=True)
    seconds = json.loads(output)["seconds"] if output else seconds
    return seconds, peak_mb(usage)


def peak_mb(usage: resource.struct_rusage) -> float:
    """Most memory that was resident, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 1e6


def measurements(
    seconds: Mapping[str, Sequence[float]], memory: Mapping[str, float]
) -> Iterator[Measurement]:
    """Medians and peaks of tusk beside psql's."""
    base = statistics.median(seconds["psql"])
    for name in CANDIDATES[1:]:
        median, what, peer = statistics.median(seconds[name]), LABELS[name], LABELS["psql"]
        yield Measurement(
            "postgres_transport", what, median, "s", peer, median / base,
            limit=LIMITS.get(name), limits="ratio",
        )  # fmt: skip
        yield Measurement("postgres_transport", f"{what}: most memory", memory[name], "MB")


def main() -> None:
    """Measure all candidates in turn and print a table."""
    parser = options(__doc__)
    parser.add_argument("rows", nargs="?", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        candidate, conninfo, path = arguments.one
        run_tusk(candidate, conninfo, Path(path))
        return
    rows = arguments.rows or (QUICK_ROWS if arguments.quick else ROWS)
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    seconds: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    memory: dict[str, float] = dict.fromkeys(CANDIDATES, 0.0)
    with database(rows) as conninfo, tempfile.TemporaryDirectory() as folder:
        parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
        # Not in the arguments of the programs that are measured.
        os.environ["PGPASSWORD"] = parts.pop("password", "")
        for _ in range(rounds):
            for name in CANDIDATES:
                took, peak = measure(name, make_conninfo(**parts), Path(folder))
                seconds[name].append(took)
                memory[name] = max(memory[name], peak)
    base = statistics.median(seconds["psql"])
    print(
        f"{rows:,} rows × 10 columns, {rounds} rounds, "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n"
    )
    print("| | median s | of psql | best s | peak MB |\n| --- | ---: | ---: | ---: | ---: |")
    for name in CANDIDATES:
        median = statistics.median(seconds[name])
        print(
            f"| {LABELS[name]} | {median:.2f} | {median / base:.2f} | {min(seconds[name]):.2f} "
            f"| {memory[name]:.0f} |"
        )
    save(arguments.json, measurements(seconds, memory))


if __name__ == "__main__":
    main()
