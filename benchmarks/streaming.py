"""Millions of rows through each engine's cursor: memory, and how soon the first batch comes.

    python -m benchmarks.streaming [--quick] [--json FILE] [ENGINE…]

5 million rows of 10 columns, read to their end once, in a process of its own. DataFusion runs in a
process beside it, whose memory counts too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psutil

from benchmarks.facts import QUERY, make
from benchmarks.measurement import Measurement, options, save
from benchmarks.postgres_transport import database
from benchmarks.ptydrive import peak_mb

ROWS, QUICK_ROWS = 5_000_000, 500_000
ENGINES = ("duckdb", "sqlite", "datafusion", "postgres")
MODES = ("page", "bulk")
MEMORY_LIMIT_MB = 400
FIRST_BATCH_LIMIT = 10
"""Per cent of the whole time: the small fraction that is promised."""


@contextlib.contextmanager
def source(engine: str, rows: int) -> Iterator[str]:
    """What to connect to for the rows."""
    with contextlib.ExitStack() as stack:
        if engine == "postgres":
            yield stack.enter_context(database(rows))
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kind = "parquet" if engine == "datafusion" else engine
        yield f"{engine}://{make(kind, folder, rows)}"


def read(target: str, mode: str) -> dict[str, float]:
    """Read all rows in this process."""
    from tusk.core.statement import split
    from tusk.engines.base import FetchMode
    from tusk.engines.registry import load_engine
    from tusk.engines.target import parse_target

    parsed = parse_target(target)
    with closing(load_engine(parsed.engine).connect(parsed)) as session:
        (statement,) = split(QUERY, session.dialect)
        began = time.perf_counter()
        first_s, rows = 0.0, 0
        with closing(session.execute(statement, mode=FetchMode(mode))) as cursor:
            for batch in cursor.batches():
                first_s = first_s or time.perf_counter() - began
                rows += batch.num_rows
        total_s = time.perf_counter() - began
        this = psutil.Process()
        memory = sum(peak_mb(process.pid) for process in (this, *this.children(recursive=True)))
    return {"rows": rows, "first_s": first_s, "total_s": total_s, "peak_mb": memory}


def read_apart(target: str, mode: str, rows: int) -> dict[str, float]:
    """Read all rows in a process of its own; the target goes through its standard input."""
    command = [sys.executable, "-m", "benchmarks.streaming", "--one", mode]
    done = subprocess.run(command, input=target, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    if found["rows"] != rows:
        raise SystemExit(f"{found['rows']} rows instead of {rows}")
    return found


def measure(engine: str, rows: int) -> Iterator[Measurement]:
    """Both ways to read."""
    with source(engine, rows) as target:
        runs = {mode: read_apart(target, mode, rows) for mode in MODES}
    for mode, run in runs.items():
        what, share = f"{engine}, {mode}", run["first_s"] / run["total_s"] * 100
        # Of fewer rows, the start of a statement is a larger share of the whole.
        share_limit = FIRST_BATCH_LIMIT if rows == ROWS else None
        yield Measurement("streaming", f"{what}: all rows", run["total_s"], "s")
        yield Measurement(
            "streaming", f"{what}: most memory", run["peak_mb"], "MB", limit=MEMORY_LIMIT_MB
        )
        yield Measurement(
            "streaming", f"{what}: first batch after", share, "% of the time", limit=share_limit
        )


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(ENGINES))
    parser.add_argument("--one", choices=MODES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(read(sys.stdin.read(), arguments.one)))
        return
    rows = QUICK_ROWS if arguments.quick else ROWS
    print(f"{rows:,} rows × 10 columns, load {os.getloadavg()[0]:.1f}")
    engines: Sequence[str] = arguments.engines or ENGINES
    for engine in engines:
        for measured in measure(engine, rows):
            print(f"{measured.what:<40}{measured.value:>8.1f} {measured.unit}", flush=True)
            save(arguments.json, [measured])


if __name__ == "__main__":
    main()
