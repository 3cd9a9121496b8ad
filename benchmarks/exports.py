r"""A table of a million rows to every format, beside what people use for that format.

    python -m benchmarks.exports [--quick] [--json FILE] [FORMAT…]

10 columns of mixed kinds in a DuckDB file. The peer is DuckDB's COPY where it writes the format, else
what a Python program does: XlsxWriter's write_row, sqlite3's executemany, a loop over texts. CSV from
PostgreSQL is compared with psql's `\copy`, with and without options that COPY has. They take turns;
every measurement is a process of its own, from its start to its end.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchmarks.facts import QUERY, make
from benchmarks.measurement import Measurement, options, save
from benchmarks.postgres_transport import database
from benchmarks.rows import Run, measure
from benchmarks.startup import TUSK

ROWS, QUICK_ROWS = 1_000_000, 100_000
ROUNDS, QUICK_ROUNDS = 3, 1
# The whole time is hardly more than the server's own; a few rounds more tell noise from it.
POSTGRES_ROUNDS = 7

_OPEN = (
    "import duckdb, sys; source, sink = sys.argv[1:3]; c = duckdb.connect(source, read_only=True)\n"
)
_COPY = _OPEN + "c.execute(f\"copy facts to '{{sink}}' ({how})\")"
_EXCEL = (
    "from duckdb_extension_excel import __path__ as p; import pathlib, duckdb\n"
    "file = next(pathlib.Path(p[0]).rglob('*.duckdb_extension'))\n"
    + _OPEN.replace("import duckdb, sys;", "import sys;")
    + "c.execute(f\"load '{file}'\")\nc.execute(f\"copy facts to '{sink}' (format xlsx, header true)\")"
)
_XLSXWRITER = (
    _OPEN
    + """
import xlsxwriter
book = xlsxwriter.Workbook(sink, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
sheet = book.add_worksheet()
cursor = c.execute("select * from facts")
sheet.write_row(0, 0, [d[0] for d in cursor.description])
row = 0
while rows := cursor.fetchmany(8192):
    for values in rows:
        row += 1
        sheet.write_row(row, 0, values)
book.close()
"""
)
_EXECUTEMANY = (
    _OPEN
    + """
import sqlite3
out = sqlite3.connect(sink)
out.execute("pragma synchronous = off")
out.execute("create table facts (id, big, ratio, amount, flag, name, hash, day, at, note)")
cursor = c.execute('select * replace (amount::text as amount, day::text as day, "at"::text as "at") from facts')
while rows := cursor.fetchmany(8192):
    out.executemany("insert into facts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
out.commit()
"""
)
_DUCKDB = """
import duckdb, sys
source, sink = sys.argv[1:3]
c = duckdb.connect(sink)
c.execute(f"attach '{source}' as s (read_only)")
c.execute("create table facts as from s.facts")
"""
_ARROW = (
    _OPEN
    + """
import pyarrow as pa
reader = c.execute("select * from facts").to_arrow_reader(122880)
with pa.OSFile(sink, "wb") as file, pa.ipc.new_file(file, reader.schema) as out:
    for batch in reader:
        out.write_batch(batch)
"""
)
_LOOP = (
    _OPEN
    + """
import html
cursor = c.execute("select columns(*)::varchar from facts")
escape = html.escape if sink.endswith("html") else lambda t: t.replace("'", "''").replace("|", "\\\\|")
with open(sink, "w") as out:
    while rows := cursor.fetchmany(8192):
        out.writelines("BEFORE" + "BETWEEN".join("NULL" if v is None else escape(v) for v in row) + "AFTER\\n" for row in rows)
"""
)


def loop(before: str, between: str, after: str) -> str:
    """A program that puts texts together in Python."""
    return _LOOP.replace("BEFORE", before).replace("BETWEEN", between).replace("AFTER", after)


@dataclass(frozen=True)
class Peer:
    """What people use for a format.

    Args:
        name: In the table.
        program: Python, with the database file and the sink as arguments.
        limit: How many times as long tusk may take at most; None promises nothing.
    """

    name: str
    program: str
    limit: float | None = None


COPY = "COPY in DuckDB's package"
PEERS = {
    "csv": Peer(COPY, _COPY.format(how="format csv, header")),
    "csv.gz": Peer(COPY, _COPY.format(how="format csv, header, compression gzip")),
    "csv.zst": Peer(COPY, _COPY.format(how="format csv, header, compression zstd")),
    "tsv": Peer(COPY, _COPY.format(how="format csv, header, delimiter '\\t'")),
    "json": Peer(COPY, _COPY.format(how="format json, array true")),
    "jsonl": Peer(COPY, _COPY.format(how="format json")),
    "parquet": Peer(COPY, _COPY.format(how="format parquet, compression zstd")),
    "arrow": Peer("pyarrow from DuckDB", _ARROW),
    "duckdb": Peer("CREATE TABLE in another file", _DUCKDB),
    "sqlite": Peer("sqlite3's executemany", _EXECUTEMANY),
    "xlsx": Peer("XlsxWriter's write_row", _XLSXWRITER, limit=1.0),
    "insert": Peer("a loop in Python", loop("insert into facts values ('", "', '", "');")),
    "markdown": Peer("a loop in Python", loop("| ", " | ", " |")),
    "html": Peer("a loop in Python", loop("<tr><td>", "</td><td>", "</td></tr>")),
}
SUFFIXES = {"insert": "sql", "markdown": "md"}
POSTGRES = {
    "PostgreSQL → csv": ([], "format csv, header", 1.25),
    "PostgreSQL → arrow": (["--format", "arrow"], "format csv, header", 1.6),
    "PostgreSQL → parquet": (["--format", "parquet"], "format csv, header", 2.0),
    "PostgreSQL → csv, options that COPY has": (
        ["--option", "delimiter=;", "--option", "null=NULL"],
        "format csv, header, delimiter ';', null 'NULL'",
        1.25,
    ),
    "PostgreSQL → csv, options of tusk": (
        ["--option", "line_end=crlf"],
        "format csv, header",
        None,
    ),
}


@dataclass(frozen=True)
class Comparison:
    """Two commands that write the same rows."""

    what: str
    tusk: Sequence[str]
    peer: tuple[str, Sequence[str]]
    sinks: tuple[Path, Path]
    limit: float | None = None


def from_duckdb(folder: Path, rows: int, names: Sequence[str]) -> Iterator[Comparison]:
    """Every format, from a DuckDB file."""
    source = make("duckdb", folder, rows)
    for name in names:
        peer = PEERS[name]
        suffix = SUFFIXES.get(name, name)
        ours, theirs = folder / f"ours.{suffix}", folder / f"theirs.{suffix}"
        command = [sys.executable, "-c", peer.program, str(source), str(theirs)]
        yield Comparison(
            f"→ {name}", export(source, ours), (peer.name, command), (ours, theirs), peer.limit
        )
        if name == "xlsx":
            command = [sys.executable, "-c", _EXCEL, str(source), str(theirs)]
            yield Comparison(f"→ {name}", export(source, ours), (COPY, command), (ours, theirs))


def from_postgres(folder: Path, conninfo: str) -> Iterator[Comparison]:
    """CSV from PostgreSQL."""
    psql = shutil.which("psql")
    if psql is None:
        print("no psql found: that part is left out")
        return
    ours, theirs = folder / "ours.csv", folder / "theirs.csv"
    for what, (words, form, limit) in POSTGRES.items():
        copy = f"\\copy ({QUERY}) to '{theirs}' ({form})"
        command = [psql, conninfo, "--quiet", "--no-psqlrc", "-c", copy]
        tusk = [*export(conninfo, ours), *words]
        yield Comparison(what, tusk, ("psql \\copy", command), (ours, theirs), limit)


def export(source: str | Path, sink: Path) -> list[str]:
    """The command that is measured."""
    return [TUSK, "export", "facts", "-c", str(source), "-o", str(sink), "--quiet", "--no-history"]


def compare(comparison: Comparison, rounds: int) -> Iterator[Measurement]:
    """Both commands in turn."""
    name, command = comparison.peer
    ours: list[Run] = []
    theirs: list[Run] = []
    for _ in range(rounds):
        theirs.append(measure(command, comparison.sinks[1]))
        ours.append(measure(comparison.tusk, comparison.sinks[0]))
    seconds = statistics.median(run.seconds for run in ours)
    ratio = seconds / statistics.median(run.seconds for run in theirs)
    yield Measurement(
        "exports", comparison.what, seconds, "s", name, ratio, comparison.limit, "ratio"
    )
    memory = max(run.peak_mb for run in ours)
    ratio = memory / max(run.peak_mb for run in theirs)
    yield Measurement("exports", f"{comparison.what}: most memory", memory, "MB", name, ratio)


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument(
        "formats", nargs="*", metavar="FORMAT", help=", ".join([*PEERS, "postgres"])
    )
    arguments = parser.parse_args()
    known = [*PEERS, "postgres"]
    if unknown := set(arguments.formats) - set(known):
        parser.error(f"there is no {', '.join(sorted(unknown))}: {', '.join(known)}")
    wanted = [name for name in known if name in (arguments.formats or known)]
    rows = QUICK_ROWS if arguments.quick else ROWS
    rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    print(f"{rows:,} rows × 10 columns, {rounds} rounds, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        names = [name for name in wanted if name != "postgres"]
        if names:
            report(from_duckdb(Path(folder), rows, names), rounds, arguments.json)
        if "postgres" in wanted:
            with database(rows) as conninfo:
                parts = conninfo_to_dict(conninfo)
                # On a command line it would be seen; libpq takes it from here, for both programs.
                os.environ["PGPASSWORD"] = str(parts.pop("password", ""))
                place = make_conninfo(**{name: str(value) for name, value in parts.items()})
                more = QUICK_ROUNDS if arguments.quick else POSTGRES_ROUNDS
                report(from_postgres(Path(folder), place), more, arguments.json)


def report(comparisons: Iterator[Comparison], rounds: int, path: Path | None) -> None:
    """Measure, print and save one after the other."""
    for comparison in comparisons:
        for measured in compare(comparison, rounds):
            print(
                f"{measured.what:<44}{measured.value:>8.2f} {measured.unit:<3}"
                f"{measured.ratio:>6.2f} of {measured.peer}",
                flush=True,
            )
            save(path, [measured])


if __name__ == "__main__":
    main()
