"""Embedded databases to files by `tusk query -o`, beside the tools made for each of them.

    python -m benchmarks.rows [--quick] [--json FILE]

5 million rows of 10 columns. DuckDB's peer is COPY in its Python package, SQLite's its own program.
They take turns; every measurement is a process of its own, from its start to its end.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.facts import QUERY, make
from benchmarks.measurement import Measurement, options, save
from benchmarks.postgres_transport import peak_mb
from benchmarks.startup import TUSK

ROWS, QUICK_ROWS = 5_000_000, 500_000
ROUNDS = 3
COPY = (
    "import duckdb, sys; source, sink, how = sys.argv[1:]; "
    "duckdb.connect(source, read_only=True).execute(f\"copy facts to '{sink}' ({how})\")"
)


@dataclass(frozen=True)
class Comparison:
    """Two commands that write the same rows to files.

    Args:
        what: From what to what.
        tusk: The command that is measured.
        peer: The other one's name and command; the command writes to its standard output where
            it has no option for a file.
        sink: Where both write.
    """

    what: str
    tusk: Sequence[str]
    peer: tuple[str, Sequence[str]]
    sink: Path


@dataclass(frozen=True)
class Run:
    """One run of a command."""

    seconds: float
    peak_mb: float


def comparisons(folder: Path, rows: int) -> Iterator[Comparison]:
    """What is measured, over files that are made here."""
    source = make("duckdb", folder, rows)
    for suffix, how in [("csv", "format csv, header"), ("parquet", "format parquet")]:
        sink = folder / f"duckdb.{suffix}"
        copy = [sys.executable, "-c", COPY, str(source), str(sink), how]
        yield Comparison(
            f"DuckDB → {suffix}", tusk(source, sink), ("COPY in DuckDB's package", copy), sink
        )
    source.unlink()
    if not shutil.which("sqlite3"):
        print("no sqlite3 program found: that part is left out")
        return
    source, sink = make("sqlite", folder, rows), folder / "sqlite.csv"
    dump = ["sqlite3", "-readonly", "-csv", "-header", str(source), QUERY]
    yield Comparison("SQLite → csv", tusk(source, sink), ("sqlite3 -csv", dump), sink)


def tusk(source: Path, sink: Path) -> list[str]:
    """The command that exports the table."""
    return [TUSK, "query", QUERY, "-c", str(source), "-o", str(sink), "--quiet"]


def measure(command: Sequence[str], sink: Path) -> Run:
    """Run a command once."""
    with tempfile.TemporaryDirectory() as home, sink.with_suffix(".out").open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, env=os.environ | {"TUSK_HOME": home})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        written = output.tell() or sink.stat().st_size
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or not written:
        raise SystemExit(f"{command[0]} failed")
    sink.unlink(missing_ok=True)
    return Run(seconds, peak_mb(usage))


def compare(comparison: Comparison, rounds: int) -> Iterator[Measurement]:
    """Both commands in turn."""
    name, command = comparison.peer
    ours: list[Run] = []
    theirs: list[Run] = []
    for _ in range(rounds):
        theirs.append(measure(command, comparison.sink))
        ours.append(measure(comparison.tusk, comparison.sink))
    seconds = statistics.median(run.seconds for run in ours)
    ratio = seconds / statistics.median(run.seconds for run in theirs)
    yield Measurement("rows", comparison.what, seconds, "s", name, ratio)
    memory = max(run.peak_mb for run in ours)
    ratio = memory / max(run.peak_mb for run in theirs)
    yield Measurement("rows", f"{comparison.what}: most memory", memory, "MB", name, ratio)


def main() -> None:
    """Measure and print."""
    arguments = options(__doc__).parse_args()
    rows = QUICK_ROWS if arguments.quick else ROWS
    print(f"{rows:,} rows × 10 columns, {ROUNDS} rounds, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        for comparison in comparisons(Path(folder), rows):
            for measured in compare(comparison, ROUNDS):
                print(
                    f"{measured.what:<32}{measured.value:>8.2f} {measured.unit:<3}"
                    f"{measured.ratio:>6.2f} of {measured.peer}",
                    flush=True,
                )
                save(arguments.json, [measured])


if __name__ == "__main__":
    main()
