"""tusk and Harlequin in the same terminal: start, a result of a million rows, memory.

    python -m benchmarks.harlequin [--quick] [--json FILE]

Harlequin is installed from PyPI into a folder of its own below the user's cache: what it depends on
is not what tusk does. Both open the same DuckDB file, in turn, each time anew and without anybody's
settings.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from benchmarks.facts import QUERY, make
from benchmarks.measurement import Measurement, options, save
from benchmarks.ptydrive import Driven, median
from benchmarks.startup import TUSK

PACKAGES = ("harlequin==2.17.0",)
ROWS, QUICK_ROWS = 1_000_000, 100_000
ROUNDS, QUICK_ROUNDS = 5, 2
START_LIMIT, ROWS_LIMIT, MEMORY_LIMIT = 1.0, 0.25, 0.5
"""How much of Harlequin's time or memory tusk is to take at most: what is aimed at."""
WIDTH, HEIGHT = 160, 50
_SCREEN = rb"\x1b\[\?1049h"
_MARK = "§"  # stands in no program's own text
_AGAIN_S = 0.05
_SELECT_ALL = "\x01"
_FIRST_HASH = rb"c4ca4238a0b9238"  # the md5 of 1 begins so, and no column is narrower
_QUIET_S = 0.5


@dataclass(frozen=True)
class Client:
    """One of the two programs.

    Args:
        name: In the table.
        run: The key that runs the statement at the cursor.
        command: Opens the file.
    """

    name: str
    run: str
    command: Sequence[str]


@dataclass(frozen=True)
class Session:
    """What one start of a program showed.

    Args:
        start_s: From the command until something typed shows.
        rows_s: From the key until the first of all rows shows.
        peak_mb: Its processes' resident memory after that, at most.
    """

    start_s: float
    rows_s: float
    peak_mb: float


def installed() -> str:
    """Harlequin's command, installed where it is not."""
    folder = user_cache_path("tusk-benchmarks") / "-".join(PACKAGES)
    command = folder / "bin" / "harlequin"
    if not command.exists():
        print(f"Installing {', '.join(PACKAGES)} into {folder} …", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(pip, check=True)
    return str(command)


def clients(file: Path) -> tuple[Client, Client]:
    """Both programs."""
    other = [installed(), "--no-download-tzdata", str(file)]
    return Client("tusk", "\x1b[15~", [TUSK, str(file)]), Client("Harlequin", "\n", other)


def use(client: Client) -> Session:
    """Start a program, write a statement, run it, and leave."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "TUSK_HOME": f"{home}/tusk", "XDG_CONFIG_HOME": home,
                       "XDG_DATA_HOME": home, "XDG_CACHE_HOME": home}  # fmt: skip
        began = time.perf_counter()
        with Driven(client.command, width=WIDTH, height=HEIGHT, environment=environment) as driven:
            driven.wait_for(_SCREEN)
            start_s = _typing_shows(driven) - began
            driven.drain(_QUIET_S)
            driven.write(_SELECT_ALL)
            driven.drain(_QUIET_S)
            driven.write(f"{QUERY} ")
            driven.drain(_QUIET_S)
            rows_s = driven.press(client.run, _FIRST_HASH, 120)
            driven.drain(_QUIET_S)
            return Session(start_s, rows_s, driven.peak_mb())


def _typing_shows(driven: Driven) -> float:
    """Type until it shows: what comes too early may go nowhere. The time of the first that does."""
    while True:
        driven.write(_MARK)
        with contextlib.suppress(TimeoutError):
            return driven.wait_for(_MARK.encode(), _AGAIN_S)


def measure(*, quick: bool) -> Iterator[Measurement]:
    """The programs in turn."""
    rows = QUICK_ROWS if quick else ROWS
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = clients(make("duckdb", Path(folder), rows))
        pairs = [(use(ours), use(theirs)) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]

    def of(what: str, name: str, unit: str, scale: float, limit: float) -> Measurement:
        mine, other = (
            median([getattr(each, name) for each in p]) for p in zip(*pairs, strict=True)
        )
        return Measurement(
            "harlequin", what, mine * scale, unit, theirs.name, mine / other, limit, "ratio"
        )

    yield of("start → what is typed shows", "start_s", "ms", 1000, START_LIMIT)
    yield of(f"key → first of {rows:,} rows", "rows_s", "ms", 1000, ROWS_LIMIT)
    yield of("most memory", "peak_mb", "MB", 1, MEMORY_LIMIT)


def main() -> None:
    """Measure and print."""
    arguments = options(__doc__).parse_args()
    for measured in measure(quick=arguments.quick):
        print(
            f"{measured.what:<44}{measured.value:>10,.1f} {measured.unit:<3}"
            f"{measured.ratio:>6.2f} of {measured.peer}",
            flush=True,
        )
        save(arguments.json, [measured])


if __name__ == "__main__":
    main()
