"""Completion at a key press with 5,000 tables of 20 columns, beside pgcli's completer.

    python -m benchmarks.completion [ROUNDS] [--quick] [--json FILE]

The catalogue is a real PostgreSQL database (as in benchmarks.catalog), read by each in its own way.
Both complete the same statements at the same caret, in turns; tusk also in the middle of a script of
2,000 lines. What is promised is 50 ms for the 95th percentile of all key presses.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

import psycopg

from benchmarks.catalog import database
from benchmarks.measurement import Measurement, options, save
from tusk.core.dialect import POSTGRES
from tusk.engines.registry import load_engine
from tusk.engines.target import parse_target
from tusk.services.completion import Snapshot, Usage, complete
from tusk.services.completion.loading import load_snapshot

ROUNDS, QUICK_ROUNDS = 15, 3
TABLES, COLUMNS = 5000, 20
LIMIT_MS = 50.0
SCRIPT_LINES = 2000
# A statement being typed, with the caret as `|`. Each prefix of a name is a key press.
STATEMENTS = {
    "a statement's first word": "sel|",
    "tables, nothing typed": "select * from |",
    "tables, the start of all": "select * from orders_ar|",
    "tables, few": "select * from orders_archive_49|",
    "tables, scattered letters": "select * from oa49|",
    "a join": "select * from orders_archive_7 o join |",
    "a join's condition": "select * from orders_archive_7 o join orders_archive_6 p on |",
    "columns behind a dot": "select o.| from orders_archive_7 o",
    "columns and functions": "select co| from orders_archive_7 o join orders_archive_8 p on true",
    "columns without FROM": "select column_1|",
    "functions": "select date_tr|",
    "a nested query": (
        "with a as (select * from orders_archive_7), b as (select a.*, 1 as one from a) "
        "select * from b where exists (select 1 from orders_archive_9 x where x.column_1 = b.co|)"
    ),
}


@dataclass(frozen=True)
class Times:
    """Milliseconds of many key presses."""

    taken: list[float]

    @property
    def median(self) -> float:
        """Half of them took less."""
        return statistics.median(self.taken)

    @property
    def percentile(self) -> float:
        """The 95th."""
        return statistics.quantiles(self.taken, n=20)[-1]


def fill(dsn: str) -> None:
    """Make the tables, each with a foreign key to the one before."""
    columns = ", ".join(f"column_{n} integer" for n in range(COLUMNS - 2))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            f"""do $$ begin for n in 1..{TABLES} loop
                execute format(
                    'create table orders_archive_%1$s (id integer primary key,
                    parent_id integer %2$s, {columns})',
                    n, case when n > 1 then format('references orders_archive_%s', n - 1) end
                );
                -- A transaction that makes all of them would need a lock for each.
                if n % 100 = 0 then commit; end if;
            end loop; end $$"""
        )
        connection.execute("vacuum analyze")


def timed(run: Callable[[], object], rounds: int) -> Times:
    """Run it once for the caches, then as often as wanted."""
    run()
    taken: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        taken.append((time.perf_counter() - began) * 1000)
    return Times(taken)


def split_caret(marked: str) -> tuple[str, int]:
    """The text without its mark, and where that was."""
    caret = marked.index("|")
    return marked[:caret] + marked[caret + 1 :], caret


def script_around(statement: str) -> str:
    """A script of many lines with the statement in its last part."""
    filler = (
        "select o.id, p.column_3, count(*) as many -- how many there are\n"
        "from orders_archive_10 o\njoin orders_archive_11 p on p.parent_id = o.id\n"
        "where o.column_1 > 5 and p.column_2 in (select column_2 from orders_archive_12)\n"
        "group by 1, 2;\n\n"
    )
    parts = SCRIPT_LINES // filler.count("\n")
    return filler * (parts - 20) + statement + ";\n\n" + filler * 20


def key_presses(snapshot: Snapshot, rounds: int) -> Iterator[Measurement]:
    """Each statement alone, beside pgcli, and all of them in a script."""
    usage = Usage()
    peer = pgcli_completer(snapshot)
    everything: list[float] = []
    print(f"\n{'completion at a key press':<34}{'ms':>8}{'95 %':>8}{'pgcli':>8}{'ratio':>8}")
    for what, marked in STATEMENTS.items():
        text, caret = split_caret(marked)
        mine = timed(lambda: complete(text, caret, snapshot, POSTGRES, usage=usage), rounds)  # noqa: B023
        theirs = timed(lambda: peer(text, caret), max(2, rounds // 3)) if peer else None  # noqa: B023
        everything += mine.taken
        ratio = mine.median / theirs.median if theirs else None
        shown = f"{theirs.median:>8.1f}{ratio:>8.2f}" if theirs else ""
        print(f"  {what:<32}{mine.median:>8.2f}{mine.percentile:>8.2f}{shown}")
        yield Measurement(
            "completion", what, mine.median, "ms", "pgcli" if theirs else "", ratio, LIMIT_MS
        )
    yield worst("all of these, 95th percentile", Times(everything))
    everything = []
    for marked in STATEMENTS.values():
        text, caret = split_caret(script_around(marked))
        everything += timed(
            lambda: complete(text, caret, snapshot, POSTGRES, usage=usage),  # noqa: B023
            rounds,
        ).taken
    yield worst(
        f"the same in a script of {SCRIPT_LINES:,} lines, 95th percentile", Times(everything)
    )


def worst(what: str, times: Times) -> Measurement:
    """Print and keep the 95th percentile."""
    print(f"  {what:<66}{times.median:>8.2f}{times.percentile:>8.2f}")
    return Measurement("completion", what, times.percentile, "ms", limit=LIMIT_MS)


def pgcli_completer(snapshot: Snapshot) -> Callable[[str, int], object] | None:
    """The completer of pgcli, filled with the same names; None where pgcli is not installed."""
    try:
        from pgcli.packages.parseutils.meta import FunctionMetadata
        from pgcli.pgcompleter import PGCompleter
        from prompt_toolkit.document import Document
    except ImportError:
        return None
    completer = PGCompleter(smart_completion=True)
    mine = [r for r in snapshot.relations if not r.is_system]
    completer.extend_schemata(list(snapshot.schemas))
    completer.extend_relations([(r.schema, r.name) for r in mine], kind="tables")
    completer.extend_columns(
        [
            (r.schema, r.name, name, type_, False, None)
            for r in mine
            for name, type_ in zip(r.names, r.types, strict=True)
        ],
        kind="tables",
    )
    completer.extend_functions(
        FunctionMetadata(
            f.schema, f.name, [], [], [], f.result, f.kind == "aggregate", f.kind == "window",
            f.returns_rows, False, [],
        )
        for f in snapshot.functions
    )  # fmt: skip
    completer.set_search_path(["public", "pg_catalog"])
    return lambda text, caret: list(completer.get_completions(Document(text, caret), None))


def loading(dsn: str, rounds: int) -> tuple[Snapshot, list[Measurement]]:
    """Read the catalogue, and how much memory a snapshot of it keeps."""
    with closing(load_engine("postgres").connect(parse_target(dsn))) as session:
        times = timed(lambda: load_snapshot(session), max(2, rounds // 5))
        gc.collect()
        tracemalloc.start()
        snapshot = load_snapshot(session)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] / 2**20
        tracemalloc.stop()
    print(
        f"\nreading {len(snapshot.relations):,} relations: {times.median:.0f} ms, {kept:.1f} MiB kept"
    )
    return snapshot, [
        Measurement("completion", "reading the catalogue in the background", times.median, "ms"),
        Measurement("completion", "memory of the snapshot", kept, "MiB"),
    ]


def main() -> None:
    """Fill a database, load it and press keys."""
    parser = options(__doc__)
    parser.add_argument("rounds", nargs="?", type=int, metavar="ROUNDS")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    print(f"{rounds} rounds, load {os.getloadavg()[0]:.1f}")
    with database() as dsn:
        print(f"making {TABLES:,} tables …", file=sys.stderr)
        fill(dsn)
        snapshot, measured = loading(dsn, rounds)
        save(arguments.json, [*measured, *key_presses(snapshot, rounds)])


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
