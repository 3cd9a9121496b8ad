"""The result grid in a real terminal: key to painted, memory, and a stock DataTable beside it.

    python -m benchmarks.grid [--quick] [--json FILE] [PART…]

Parts: first, loaded, wide, busy, sort, compare (all without an argument). `--quick` uses a tenth
of the rows. textual-fastdatatable takes part in `compare` when it is installed.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from benchmarks.grid_app import table_sql
from benchmarks.measurement import Measurement, options, save
from benchmarks.ptydrive import Driven, median, percentile95

SIZES = [(160, 50), (80, 24)]
CURSOR = "▸".encode()
NUMBER = rb" *%d\b"
_IDLE_S = 2.0
KEY_MS, KEY_95_MS = 50, 100
"""The most that a key takes at the median, and at the 95th percentile."""
FIRST_MS = 300
MEMORY_MB = 600


def row_painted(number: int) -> bytes:
    """What the row numbers show when the cursor is on a row."""
    return CURSOR + NUMBER % number


class Report:
    """Lines of a table, printed as they come."""

    measured: ClassVar[list[Measurement]] = []
    """Of all reports, in the order in which they were made."""

    def __init__(self, title: str, columns: Sequence[str]) -> None:
        self._title = title
        print(f"\n## {title}\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}", flush=True)

    def add(self, *cells: object) -> None:
        """Add a line; numbers get one digit after the point."""
        shown = [f"{cell:,.1f}" if isinstance(cell, float) else str(cell) for cell in cells]
        print(f"| {' | '.join(shown)} |", flush=True)

    def measure(self, what: str, value: float, unit: str, limit: float | None = None) -> None:
        """Keep a number for the summary of all benchmarks."""
        self.measured.append(
            Measurement("grid", f"{self._title}: {what}", value, unit, limit=limit)
        )


def start(*arguments: str, size: tuple[int, int]) -> Driven:
    """The program of `benchmarks.grid_app`, ready for a key."""
    command = [sys.executable, "-m", "benchmarks.grid_app", *arguments]
    driven = Driven(command, width=size[0], height=size[1])
    driven.wait_for(b"STARTED")
    driven.drain(0.3)
    return driven


def times(driven: Driven, keys: Iterable[tuple[str, bytes]]) -> list[float]:
    """Press keys one after the other; milliseconds until each is painted."""
    return [driven.press(key, pattern) * 1000 for key, pattern in keys]


def ask(driven: Driven, key: str, question: bytes, answer: str, pattern: bytes) -> float:
    """Press a key that asks for something, answer it; seconds until that is painted."""
    driven.press(key, question)
    return driven.press(f"{answer}\r", pattern)


def add_times(
    report: Report,
    what: str,
    measured: list[float],
    *,
    limit: float | None = None,
    limit95: float | None = None,
) -> None:
    """A line of a report for one kind of key, and what is promised of it in milliseconds."""
    report.add(what, len(measured), median(measured), percentile95(measured), max(measured))
    report.measure(what, median(measured), "ms", limit)
    report.measure(f"{what}, 95th percentile", percentile95(measured), "ms", limit95)


def add_key(report: Report, what: str, measured: list[float]) -> None:
    """The same for a key that moves."""
    add_times(report, what, measured, limit=KEY_MS, limit95=KEY_95_MS)


TIMES = ("key", "presses", "median ms", "95 % ms", "max ms")


# ── parts ────────────────────────────────────────────────────────────────────────────────────


def first(scale: int) -> None:
    """First rows of a result that goes on for millions more."""
    rows = 5_000_000 // scale
    report = Report(f"First rows of {rows:,} × 21 from DuckDB", (*TIMES, "peak MB"))
    for size in SIZES:
        with start("grid", "query", table_sql(rows), size=size) as driven:
            measured: list[float] = []
            for _ in range(7):
                measured.append(driven.press("r", row_painted(1)) * 1000)
                driven.wait_for(b"ENDED")
                driven.press("down", row_painted(2))
                driven.drain(0.3)
            name = f"run → first rows, {size[0]}x{size[1]}"
            report.add(
                name, 7, median(measured), percentile95(measured), max(measured), driven.peak_mb()
            )
            report.measure(name, median(measured), "ms", FIRST_MS)
            report.measure(f"{name}, most memory", driven.peak_mb(), "MB", MEMORY_MB)


def loaded(scale: int) -> None:
    """Moving in a result that is larger than its memory budget."""
    rows = 10_000_000 // scale
    for size in SIZES:
        report = Report(f"{rows:,} rows × 21 columns loaded, {size[0]}x{size[1]}", TIMES)
        with start("grid", "query", table_sql(rows), size=size) as driven:
            began = time.perf_counter()
            driven.press("r", b"ENDED")
            load_s = time.perf_counter() - began
            driven.drain(0.5)
            at_rest = driven.memory_mb()
            middle, page = rows // 2, size[1] - 3  # header, scroll bar, last line
            for what, keys in _moves(rows, page):
                add_key(report, what, times(driven, keys))
                driven.drain(0.1)
            went = ask(driven, ":", b"Go to row", str(middle), row_painted(middle)) * 1000
            add_times(report, "go to the middle", [went])
            for what, keys in _moves_from(middle, page):
                add_key(report, what, times(driven, keys))
                driven.drain(0.1)
            print(
                f"\nLoaded in {load_s:.1f} s; resident {at_rest:,.0f} MB after loading, "
                f"{driven.memory_mb():,.0f} MB after moving, at most {driven.peak_mb():,.0f} MB."
            )
            report.measure("most memory", driven.peak_mb(), "MB", MEMORY_MB)


def _moves(rows: int, page: int) -> Iterable[tuple[str, list[tuple[str, bytes]]]]:
    down = [("pagedown", row_painted(1 + page * n)) for n in range(1, 61)]
    yield "Page Down", down
    yield "Page Up", [("pageup", row_painted(1 + page * n)) for n in range(59, -1, -1)]
    ends = [("ctrl+end", row_painted(rows)), ("ctrl+home", row_painted(1))]
    yield "Ctrl+End, Ctrl+Home", ends * 15
    columns = [("end", row_painted(1)), ("home", row_painted(1))]
    yield "End, Home", columns * 15


def _moves_from(middle: int, page: int) -> Iterable[tuple[str, list[tuple[str, bytes]]]]:
    yield "Page Down, spilled", [("pagedown", row_painted(middle + page * n)) for n in range(1, 61)]
    yield "Down", [("down", row_painted(middle + page * 60 + n)) for n in range(1, 61)]
    here = row_painted(middle + page * 60 + 60)
    yield "Right", [("right", here)] * 20


def wide(scale: int) -> None:
    """Moving over thousands of columns."""
    rows, columns = 100_000 // scale, 2_000
    report = Report(f"{rows:,} rows × {columns:,} columns, 160x50", TIMES)
    with start("grid", "wide", str(rows), str(columns), size=(160, 50)) as driven:
        driven.press("r", b"ENDED")
        driven.drain(0.5)
        here = row_painted(1)
        add_key(report, "Right", times(driven, [("right", here)] * 300))
        add_key(report, "a screen to the right (L)", times(driven, [("L", here)] * 60))
        add_key(report, "End, Home", times(driven, [("end", here), ("home", here)] * 15))
        pages = [("pagedown", row_painted(1 + 47 * n)) for n in range(1, 41)]
        add_key(report, "Page Down", times(driven, pages))
        print(f"\nResident {driven.memory_mb():,.0f} MB, at most {driven.peak_mb():,.0f} MB.")
        report.measure("most memory", driven.peak_mb(), "MB", MEMORY_MB)


def busy(scale: int) -> None:
    """Keys while the grid itself works. Those while a query runs are in `benchmarks.app`."""
    report = Report("Down, every 50 ms, while the grid works", TIMES)
    with start("grid", "query", table_sql(10_000_000 // scale), size=(160, 50)) as driven:
        driven.press("r", b"ENDED")
        driven.drain(0.5)
        driven.press("down", CURSOR)  # so that Ctrl+Home paints something
        add_times(report, "nothing works", _while(driven, "", b"", presses=60))
        add_times(report, "it sorts", _while(driven, "llls", rb"%", presses=40))
        _until_idle(driven)
        driven.press("s", CURSOR)
        _until_idle(driven)
        driven.press("s", CURSOR)
        driven.drain(0.5)
        ask(driven, "f", b"Filter", "77777", rb"%")
        add_times(report, "it filters", _while(driven, "", b"", presses=40))


def _while(driven: Driven, key: str, begun: bytes, *, presses: int = 100) -> list[float]:
    """Start something with a key, then press Down again and again."""
    if key:
        driven.press(key, begun)
    driven.press("ctrl+home", CURSOR)
    measured: list[float] = []
    for _ in range(presses):
        time.sleep(0.05)
        measured.append(driven.press("down", CURSOR) * 1000)
    return measured


def sort(scale: int) -> None:
    """Sorting and filtering: the first screen, and all of it."""
    rows = 10_000_000 // scale
    report = Report(f"Sort and filter {rows:,} rows × 21", ("what", "first screen s", "all s"))
    with start("grid", "query", table_sql(rows), size=(160, 50)) as driven:
        driven.press("r", b"ENDED")
        driven.drain(0.5)
        before = driven.memory_mb()
        for what, column, key, shown in [
            ("whole numbers, descending", 0, "ss", row_painted(rows)),
            ("text", 2, "s", row_painted(1)),
        ]:
            if column:
                driven.press("l" * column, CURSOR)
                driven.drain(0.5)
            began = time.perf_counter()
            driven.press(key, rb"%")
            to_first = driven.wait_for(shown) - began
            _until_idle(driven)
            report.add(what, to_first, time.perf_counter() - began - _IDLE_S)
            report.measure(f"{what}, first screen", to_first, "s")
            driven.press("s" * (3 - len(key)), CURSOR)
            _until_idle(driven)
        to_first = ask(driven, "f", b"Filter", "9999999", CURSOR)
        began = time.perf_counter() - to_first
        _until_idle(driven)
        report.add("filter by a number", to_first, time.perf_counter() - began - _IDLE_S)
        report.measure("filter by a number, first screen", to_first, "s")
        print(
            f"\nResident {before:,.0f} MB before, {driven.memory_mb():,.0f} MB after, "
            f"at most {driven.peak_mb():,.0f} MB."
        )


def _until_idle(driven: Driven) -> None:
    """Wait until the grid paints nothing more: while it works, its corner counts percents."""
    driven.drain(_IDLE_S)


def compare(scale: int) -> None:
    """The same table in other widgets."""
    rows, columns = 100_000 // scale, 20
    headings = ("widget", "load and paint s", "Page Down ms", "95 % ms", "resident MB", "ratio")
    report = Report(f"{rows:,} rows × {columns + 1} columns, 160x50", headings)
    widgets = ["grid", "datatable"]
    if importlib.util.find_spec("textual_fastdatatable"):
        widgets.append("fast")
    base = 0.0
    figures: dict[str, tuple[float, ...]] = {}
    for widget in widgets:
        with start(widget, "table", str(rows), str(columns), size=(160, 50)) as driven:
            driven.press("r", b"LOADED")
            before = driven.memory_mb()
            began = time.perf_counter()
            driven.wait_for(b"ENDED")
            driven.drain(1.0)
            load_s = time.perf_counter() - began - 1.5  # its own pause, and that of the drain
            pages = [_quiet(driven, "pagedown") for _ in range(30)]
            base = base or median(pages)
            used = driven.memory_mb() - before
            report.add(
                widget, load_s, median(pages), percentile95(pages), used, median(pages) / base
            )
            figures[widget] = (load_s, median(pages), used)
    Report.measured += _beside(f"{rows:,} rows × {columns + 1} columns", figures)
    if "fast" not in widgets:
        print("\ntextual-fastdatatable is not installed.")


def _beside(table: str, figures: Mapping[str, tuple[float, ...]]) -> Iterable[Measurement]:
    """The grid's figures beside those of the other widgets."""
    names = {"datatable": "DataTable", "fast": "textual-fastdatatable"}
    kinds = [("load and paint", "s"), ("Page Down", "ms"), ("memory", "MB")]
    for widget in (name for name in figures if name != "grid"):
        for (what, unit), ours, theirs in zip(kinds, figures["grid"], figures[widget], strict=True):
            ratio = ours / theirs if theirs > 0 else None
            yield Measurement("grid", f"{table}: {what}", ours, unit, names[widget], ratio)


def _quiet(driven: Driven, key: str) -> float:
    """Milliseconds from a key to the last byte before a tenth of a second without any."""
    driven.drain(0.1)
    began = time.perf_counter()
    last = driven.press(key, rb".")
    while driven._read(0.1):
        last = time.perf_counter() - began
    return last * 1000


PARTS: dict[str, Callable[[int], None]] = {
    "first": first,
    "loaded": loaded,
    "wide": wide,
    "busy": busy,
    "sort": sort,
    "compare": compare,
}


def main() -> None:
    """Run the parts that were asked for."""
    parser = options(__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name in arguments.parts or PARTS:
        Report.measured.clear()
        PARTS[name](10 if arguments.quick else 1)
        save(arguments.json, Report.measured)


if __name__ == "__main__":
    main()
