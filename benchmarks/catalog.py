"""How long it takes to read a catalogue of 5,000 tables, beside other ways of reading it.

    python -m benchmarks.catalog [ROUNDS] [--quick] [--json FILE]

Each comparison names first what the others are measured by. They take turns, so that other work
on the machine hits all of them. The PostgreSQL server is the tests' one (TUSK_TEST_PG_DSN, else
what they find), in a database of its own.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.measurement import Measurement, options, save
from tusk.catalog import open_catalog
from tusk.core.statement import split
from tusk.engines.base import Session, Target
from tusk.engines.registry import load_engine
from tusk.engines.target import parse_target
from tusk.services.catalog import CatalogTree, describe_table

if TYPE_CHECKING:
    from tusk.catalog.objects import CatalogReader

ROUNDS, QUICK_ROUNDS = 5, 2
SCHEMAS = 10
TABLES = 500
"""In each schema."""
COLUMNS = ", ".join(f"c{n} integer" for n in range(8))
NAME = "tusk_benchmark"


@dataclass(frozen=True)
class Comparison:
    """Ways to find out the same; the first one is what the others are measured by."""

    title: str
    ways: dict[str, Callable[[], object]]


def fill_postgres(dsn: str) -> None:
    """Make 5,000 tables with 10 columns, a primary key and an index each."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for schema in range(SCHEMAS):
            connection.execute(f"create schema s{schema}")
            connection.execute(
                f"""do $$ begin for n in 1..{TABLES} loop
                    execute format(
                        'create table s{schema}.t%1$s (id integer primary key, d integer default 1,
                        {COLUMNS}); create index on s{schema}.t%1$s (c0)', n
                    );
                end loop; end $$"""
            )
        connection.execute("vacuum analyze")


def fill_duckdb(session: Session) -> None:
    """The same in DuckDB."""
    statements = "".join(
        f"create schema s{schema};"
        + "".join(
            f"create table s{schema}.t{n} (id integer primary key, d integer default 1, {COLUMNS});"
            for n in range(TABLES)
        )
        for schema in range(SCHEMAS)
    )
    for statement in split(statements, session.dialect):
        for _ in session.execute(statement).batches():
            pass


def postgres_comparisons(dsn: str, reader: CatalogReader) -> Iterator[Comparison]:
    """Against information_schema, which every tool can read, and psql."""
    connection = psycopg.connect(dsn, autocommit=True)

    def rows(query: str) -> Callable[[], object]:
        return lambda: connection.execute(query).fetchall()

    def psql(command: str) -> Callable[[], object]:
        arguments = ["psql", "--no-psqlrc", "--pset=pager=off", "--command", command, dsn]
        return lambda: subprocess.run(arguments, check=True, capture_output=True)

    has_psql = shutil.which("psql") is not None
    sizes = "select oid::regclass, pg_total_relation_size(oid) from pg_class where relkind = 'r'"
    yield Comparison(
        "PostgreSQL: 5,000 relations with rows and size",
        {
            "psql \\dt+" if has_psql else "pg_total_relation_size": (
                psql("\\dt+ s*.*") if has_psql else rows(sizes)
            ),
            "pg_total_relation_size alone": rows(sizes),
            "tusk": reader.relations,
        },
    )
    yield Comparison(
        "PostgreSQL: 50,000 columns",
        {
            "information_schema": rows(
                "select * from information_schema.columns where table_schema ~ '^s[0-9]'"
            ),
            "tusk": reader.columns,
        },
    )
    if has_psql:
        yield Comparison(
            "PostgreSQL: describe 500 tables",
            {
                "psql \\d": psql("\\d s3.*"),
                "tusk": lambda: describe_table(reader, "s3.*"),
            },
        )
    yield Comparison(
        "PostgreSQL: open the tree down to a table's columns",
        {
            "information_schema.columns of that table": rows(
                "select * from information_schema.columns "
                "where table_schema = 's3' and table_name = 't7'"
            ),
            "tusk, 8 statements": lambda: open_tree(reader, "s3", "t7"),
        },
    )


def duckdb_comparisons(session: Session, reader: CatalogReader) -> Iterator[Comparison]:
    """Against information_schema again."""

    def rows(query: str) -> Callable[[], object]:
        (statement,) = split(query, session.dialect)
        return lambda: [batch.to_pylist() for batch in session.execute(statement).batches()]

    yield Comparison(
        "DuckDB: 50,000 columns",
        {
            "information_schema": rows("select * from information_schema.columns"),
            "tusk": reader.columns,
        },
    )
    yield Comparison(
        "DuckDB: open the tree down to a table's columns",
        {
            "information_schema.columns of that table": rows(
                "select * from information_schema.columns "
                "where table_schema = 's3' and table_name = 't7'"
            ),
            "tusk, 6 statements": lambda: open_tree(reader, "s3", "t7"),
        },
    )


def search_comparison(reader: CatalogReader) -> Comparison:
    """A key press in the tree's search field, beside the plainest way to look for it."""
    tree = CatalogTree(reader)
    tree.search("t")
    names = [relation.name for relation in reader.relations()]
    return Comparison(
        "Search 5,000 relations",
        {
            "[n for n in names if 't49' in n]": lambda: [n for n in names if "t49" in n],
            "tusk, a part of the name": lambda: tree.search("t49"),
            "tusk, scattered letters": lambda: tree.search("t4z"),
            "tusk, schema and name": lambda: tree.search("s3.t49"),
        },
    )


def open_tree(reader: CatalogReader, schema: str, table: str) -> None:
    """Open a new tree from its root to the columns of a table."""
    tree = CatalogTree(reader)
    level = [root for root in tree.roots() if root.has_children]
    for label in (schema, "Tables", table, "Columns"):
        level = tree.children(level[0])
        level = [node for node in level if node.label.partition(" (")[0] == label]
    assert tree.children(level[0])


def show(comparison: Comparison, rounds: int) -> list[Measurement]:
    """Run all ways in turn, after one run each that fills the caches, and print medians."""
    taken: dict[str, list[float]] = {name: [] for name in comparison.ways}
    for number in range(rounds + 1):
        for name, run in comparison.ways.items():
            began = time.perf_counter()
            run()
            if number:
                taken[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(seconds) * 1000 for name, seconds in taken.items()}
    peer = next(iter(medians))
    print(f"\n{comparison.title:<52}{'ms':>10}{'ratio':>8}")
    for name, median in medians.items():
        print(f"  {name:<50}{median:>10.1f}{median / medians[peer]:>8.2f}")
    return [
        Measurement(
            "catalog", f"{comparison.title} ({name})", median, "ms", peer, median / medians[peer]
        )
        for name, median in medians.items()
        if name.startswith("tusk")
    ]


@contextmanager
def database() -> Iterator[str]:
    """The connection string of a new database."""
    with server() as admin:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"drop database if exists {NAME}")
            connection.execute(f"create database {NAME}")
        try:
            yield make_conninfo(admin, dbname=NAME)
        finally:
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute(f"drop database {NAME} with (force)")


@contextmanager
def server() -> Iterator[str]:
    """The connection string of a PostgreSQL server."""
    if given := os.environ.get("TUSK_TEST_PG_DSN"):
        yield given
        return
    from tests.support.localpg import find_binaries, start_server

    with start_server(find_binaries(os.environ.get("TUSK_TEST_PG"))[0]) as started:
        yield started.dsn()


def main() -> None:
    """Run all comparisons and print them."""
    parser = options(__doc__)
    parser.add_argument("rounds", nargs="?", type=int, metavar="ROUNDS")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    print(f"{rounds} rounds, load {os.getloadavg()[0]:.1f}")
    for comparison in comparisons():
        save(arguments.json, show(comparison, rounds))


def comparisons() -> Iterator[Comparison]:
    """All of them, each while its database is open."""
    with database() as dsn:
        print(f"filling {NAME} …", file=sys.stderr)
        fill_postgres(dsn)
        with closing(load_engine("postgres").connect(parse_target(dsn))) as session:
            reader = open_catalog(session)
            yield from postgres_comparisons(dsn, reader)
            yield search_comparison(reader)
    with closing(
        load_engine("duckdb").connect(Target("duckdb", "memory", {"path": ""}))
    ) as session:
        fill_duckdb(session)
        yield from duckdb_comparisons(session, open_catalog(session))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
