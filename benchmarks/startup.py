"""How long `tusk query 'select 1'` takes, beside Python doing the same with the driver alone.

    python -m benchmarks.startup [ROUNDS] [--quick] [--json FILE]

The commands of a comparison take turns, so that other work on the machine hits all of them. The
PostgreSQL part needs a server: TUSK_TEST_PG_DSN, else the tests' own way of finding one.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurement import Measurement, options, save

ROUNDS, QUICK_ROUNDS = 15, 5
LIMITS = {"DuckDB": 3.0, "PostgreSQL": 3.0}
"""How many times as long as its peer `tusk query` may take at most."""
TUSK = str(Path(sys.executable).with_name("tusk"))
DUCKDB = "import duckdb; print(duckdb.sql('select 1'))"
PSYCOPG = (
    "import psycopg, sys; "
    "print(psycopg.connect(sys.argv[1], autocommit=True).execute('select 1').fetchall())"
)


@dataclass(frozen=True)
class Comparison:
    """Commands that do the same; the first one is what the others are measured by."""

    title: str
    commands: dict[str, Sequence[str]]


@dataclass(frozen=True)
class Run:
    """One start: seconds on the clock, and of processor time."""

    wall: float
    cpu: float


def comparisons(dsn: str | None) -> list[Comparison]:
    """What is measured."""
    python = sys.executable
    found = [
        Comparison(
            "nothing to do",
            {
                "python -c pass": [python, "-c", "pass"],
                "tusk --version": [TUSK, "--version"],
                "tusk --help": [TUSK, "--help"],
            },
        ),
        Comparison(
            "DuckDB",
            {
                "python, duckdb": [python, "-c", DUCKDB],
                "tusk query": [TUSK, "query", "select 1"],
                "tusk query --no-history": [TUSK, "query", "select 1", "--no-history"],
                "tusk query -F table": [TUSK, "query", "select 1", "-F", "table"],
            },
        ),
    ]
    if dsn is not None:
        found.append(
            Comparison(
                "PostgreSQL",
                {
                    "python, psycopg": [python, "-c", PSYCOPG, dsn],
                    "tusk query": [TUSK, "query", "select 1", "-c", dsn],
                    "tusk query -F table": [TUSK, "query", "select 1", "-F", "table", "-c", dsn],
                },
            )
        )
    return found


def measure(command: Sequence[str], environment: dict[str, str]) -> Run:
    """Start a command once."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu)


def compare(comparison: Comparison, rounds: int) -> dict[str, list[Run]]:
    """Start every command in turn, after one start each that fills the caches."""
    runs: dict[str, list[Run]] = {name: [] for name in comparison.commands}
    with tempfile.TemporaryDirectory() as home:
        # Byte code as an installed tusk has it, wherever this runs.
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"TUSK_HOME": home}
        for number in range(rounds + 1):
            for name, command in comparison.commands.items():
                run = measure(command, environment)
                if number:
                    runs[name].append(run)
    return runs


def show(comparison: Comparison, runs: dict[str, list[Run]]) -> None:
    """Print medians and ratios."""
    print(f"\n{comparison.title:<24}{'wall ms':>10}{'ratio':>8}{'cpu ms':>10}{'ratio':>8}")
    baseline = next(iter(runs.values()))
    for name, of_name in runs.items():
        cells = ""
        for part in ("wall", "cpu"):
            median = statistics.median(getattr(run, part) for run in of_name)
            ratio = median / statistics.median(getattr(run, part) for run in baseline)
            cells += f"{median * 1000:>10.0f}{ratio:>8.2f}"
        print(f"{name:<24}{cells}")


def measurements(comparison: Comparison, runs: dict[str, list[Run]]) -> Iterator[Measurement]:
    """Medians of tusk on the clock beside the first command's."""
    walls = {name: statistics.median(run.wall for run in of_name) for name, of_name in runs.items()}
    peer, *ours = walls
    for name in ours:
        limit = LIMITS.get(comparison.title) if name == "tusk query" else None
        yield Measurement(
            "startup", f"{name}, {comparison.title}", walls[name] * 1000, "ms", peer,
            walls[name] / walls[peer], limit=limit, limits="ratio",
        )  # fmt: skip


@contextmanager
def server() -> Iterator[str | None]:
    """The connection string of a PostgreSQL server, None when there is none."""
    if given := os.environ.get("TUSK_TEST_PG_DSN"):
        yield given
        return
    from tests.support.localpg import find_binaries, start_server

    binaries = find_binaries(os.environ.get("TUSK_TEST_PG"))
    if not binaries:
        print("no PostgreSQL server found: that part is left out")
        yield None
        return
    with start_server(binaries[0]) as started:
        yield started.dsn()


def main() -> None:
    """Run all comparisons and print them."""
    parser = options(__doc__)
    parser.add_argument("rounds", nargs="?", type=int, metavar="ROUNDS")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    with server() as dsn:
        print(f"{rounds} rounds, load {os.getloadavg()[0]:.1f}")
        for comparison in comparisons(dsn):
            runs = compare(comparison, rounds)
            show(comparison, runs)
            save(arguments.json, measurements(comparison, runs))


if __name__ == "__main__":
    main()
