"""All benchmarks one after another, with what is promised beside each number.

    python -m benchmarks [--quick] [--write] [--no-fail] [NAME…]

Each runs in a process of its own and says what it finds. At the end comes one table; `--write`
puts it into docs/benchmarks.md, where benchmarks that did not run keep their part. The exit code is 1 when a number is over its limit or a benchmark did not get to its end.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.measurement import Measurement, load, options

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
BENCHMARKS = {
    "startup": "From the command to its end, beside Python doing the same with the driver alone",
    "postgres_transport": r"A PostgreSQL table to a file, beside psql's `\copy … csv`",
    "rows": "DuckDB and SQLite tables to files, beside DuckDB's package and the `sqlite3` program",
    "exports": "A table of a million rows to every format, beside what people use for it",
    "streaming": "A table of 5 million rows through the cursor: memory, and when the first batch comes",
    "stopping": "From a cancel, a time limit or a stalled network to a session that is usable again",
    "app": "The real `tusk` in a terminal, beside a stock DataTable",
    "harlequin": "tusk and Harlequin in the same terminal: start, a million rows, memory",
    "grid": "The result grid alone in a terminal, beside a stock DataTable",
    "results": "Sort, filter and count values of 1 and 10 million rows, beside Polars and DuckDB",
    "catalog": "The catalogue of 5,000 tables, beside information_schema and psql",
    "completion": "Completion at a key press with 5,000 tables of 20 columns, beside pgcli's",
}
PACKAGES = ("duckdb", "psycopg", "pyarrow", "datafusion", "textual")
INTRODUCTION = """\
# Benchmarks

What tusk takes for its main jobs, beside other tools doing the same in the same run, and beside what
is promised. `make bench` measures again and prints these tables; `make bench ARGS=--write` also
writes this file, `ARGS="grid --write"` one section of it, `--quick` takes fewer rows.

Numbers are medians unless a line says otherwise. The ratio is tusk's number divided by the peer's:
below 1 tusk takes less. A limit with × is one of the ratio. Tools that are compared take turns, so
that other work on the machine hits all of them; ratios say more than times do.
"""


@dataclass(frozen=True)
class Outcome:
    """What one benchmark gave."""

    measurements: Sequence[Measurement]
    exit_code: int
    seconds: float
    load_average: float = 0.0

    @property
    def is_good(self) -> bool:
        """It got to its end, measured something, and nothing is over its limit."""
        done = self.exit_code == 0 and bool(self.measurements)
        return done and not any(each.is_over for each in self.measurements)


def run(name: str, *, quick: bool) -> Outcome:
    """Run one benchmark in a process of its own."""
    print(f"\n━━ {name}: {BENCHMARKS[name]}", flush=True)
    began, load_average = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "measurements.jsonl")
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(path)]
        done = subprocess.run([*command, *["--quick"] * quick], cwd=ROOT, check=False)
        return Outcome(load(path), done.returncode, time.monotonic() - began, load_average)


# ── tables ───────────────────────────────────────────────────────────────────────────────────


def number(value: float) -> str:
    """Three digits that count, no more than needed.

    >>> [number(value) for value in (0.01234, 1.234, 12.34, 1234.5)]
    ['0.0123', '1.23', '12.3', '1,234']
    """
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 1:
        return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return f"{value:.3g}"


def cells(measured: Measurement) -> list[str]:
    """A line of a table."""
    ratio = "" if measured.ratio is None else f"{measured.ratio:.2f}"
    return [
        measured.what,
        f"{number(measured.value)} {measured.unit}",
        measured.peer,
        ratio,
        measured.promise,
        measured.verdict,
    ]


HEADINGS = ["what", "measured", "beside", "ratio", "promised", ""]
_ALIGNED = ["---", "---:", "---", "---:", "---:", "---"]


def plain_table(measurements: Iterable[Measurement]) -> Iterator[str]:
    """Lines for a terminal."""
    lines = [["benchmark", *HEADINGS]]
    lines += [[each.benchmark, *cells(each)] for each in measurements]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        yield "  ".join(padded).rstrip()


def markdown_table(measurements: Iterable[Measurement]) -> Iterator[str]:
    """Lines for the document."""
    for line in [HEADINGS, _ALIGNED, *map(cells, measurements)]:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |"


# ── the document ─────────────────────────────────────────────────────────────────────────────


def document(outcomes: Mapping[str, Outcome], before: str, *, quick: bool) -> str:
    """The text of docs/benchmarks.md.

    Args:
        outcomes: What was measured now, by the benchmark's name.
        before: The present text, whose other sections stay.
        quick: Whether this was measured with fewer rows and rounds.
    """
    sections = sections_of(before)
    sections |= {name: section(name, outcome, quick=quick) for name, outcome in outcomes.items()}
    lines = [INTRODUCTION, *(f"- {fact}" for fact in machine()), ""]
    return "\n".join(lines) + "\n" + "\n".join(sections[n] for n in BENCHMARKS if n in sections)


def sections_of(text: str) -> dict[str, str]:
    """The parts of a document, by the benchmark's name; of benchmarks that there are no more, none."""
    _, *parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    names = {title: name for name, title in BENCHMARKS.items()}
    found = {names.get(part.partition("\n")[0].removeprefix("## ")): part for part in parts}
    return {name: f"{part.rstrip()}\n" for name, part in found.items() if name is not None}


def section(name: str, outcome: Outcome, *, quick: bool) -> str:
    """What one benchmark gave."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    how = f"`python -m benchmarks.{name}`, {today}, at a load of {outcome.load_average:.1f}"
    how += ", with `--quick`: fewer rows and rounds, rough numbers" if quick else ""
    lines = [f"## {BENCHMARKS[name]}", "", f"{how}.", ""]
    lines += markdown_table(outcome.measurements)
    if outcome.exit_code:
        lines += ["", f"It ended early, with exit code {outcome.exit_code}."]
    return "\n".join(lines) + "\n"


def machine() -> Iterator[str]:
    """Where this was measured; nothing that tells whose machine it is."""
    memory_gib = psutil.virtual_memory().total / 2**30
    yield f"{processor()}, {os.cpu_count()} processors, {memory_gib:.0f} GiB of memory."
    yield f"{platform.system()} {platform.machine()}, Python {platform.python_version()}."
    yield f"{', '.join(f'{package} {version(package)}' for package in PACKAGES)}."


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> int:
    """Run what was asked for; the exit code."""
    parser = options(__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.relative_to(ROOT)}")
    parser.add_argument("--no-fail", action="store_true", help="exit with 0 whatever comes out")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: {', '.join(BENCHMARKS)}")
    names = [name for name in BENCHMARKS if name in (arguments.names or BENCHMARKS)]
    outcomes = {name: run(name, quick=arguments.quick) for name in names}
    print("\n━━ all\n")
    for line in plain_table(each for outcome in outcomes.values() for each in outcome.measurements):
        print(line)
    if arguments.write:
        before = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
        DOCUMENT.write_text(document(outcomes, before, quick=arguments.quick), encoding="utf-8")
    exit_code = report(outcomes)
    return 0 if arguments.no_fail else exit_code


def report(outcomes: Mapping[str, Outcome]) -> int:
    """Say what is wrong; 1 when something is."""
    print()
    for name, outcome in outcomes.items():
        over = sum(each.is_over for each in outcome.measurements)
        state = f"{len(outcome.measurements)} numbers, {over} over the limit"
        ended = f", ended early with exit code {outcome.exit_code}" if outcome.exit_code else ""
        print(f"{name}: {state} ({outcome.seconds:.0f} s){ended}")
    return 0 if all(outcome.is_good for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
