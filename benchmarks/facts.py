"""A table of 10 columns of mixed kinds as DuckDB, SQLite and Parquet files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

QUERY = "select * from facts"
_DUCKDB = """
select i::integer as id, i * 7919 as big, i * 0.37::double as ratio,
       (i / 100)::decimal(12, 2) as amount, i % 2 = 0 as flag, 'name ' || i as name,
       md5(i::varchar) as hash, date '2020-01-01' + (i % 3000)::integer as day,
       timestamp '2020-01-01' + to_minutes(i) as at,
       case when i % 10 <> 0 then 'note ' || i % 1000 end as note
from range(1, {rows} + 1) t(i)
"""
_SQLITE = """
create table facts as
with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < {rows})
select i as id, i * 7919 as big, i * 0.37 as ratio, i / 100.0 as amount, i % 2 = 0 as flag,
       'name ' || i as name, printf('%032x', i * 7919) as hash,
       date('2020-01-01', (i % 3000) || ' days') as day,
       datetime('2020-01-01', i || ' minutes') as at,
       case when i % 10 <> 0 then 'note ' || i % 1000 end as note
from numbers
"""


def make(kind: str, folder: Path, rows: int) -> Path:
    """Make a file with the table `facts`: `duckdb`, `sqlite` or `parquet`.

    A process of its own makes it, so that its memory is not counted: on Linux a program starts with
    the peak of the process that started it.
    """
    path = folder / f"facts.{kind}"
    command = [sys.executable, "-m", "benchmarks.facts", kind, str(path), str(rows)]
    subprocess.run(command, check=True)
    return path


def _make_sqlite(path: str, rows: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma synchronous = off")
        connection.execute(_SQLITE.format(rows=rows))
        connection.commit()


def _make_duckdb(path: str, rows: int) -> None:
    import duckdb

    with duckdb.connect(path) as connection:
        connection.execute(f"create table facts as {_DUCKDB.format(rows=rows)}")


def _make_parquet(path: str, rows: int) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"copy ({_DUCKDB.format(rows=rows)}) to '{path}'")


_MAKERS = {"duckdb": _make_duckdb, "sqlite": _make_sqlite, "parquet": _make_parquet}

if __name__ == "__main__":
    kind, path, rows = sys.argv[1:]
    _MAKERS[kind](path, int(rows))
