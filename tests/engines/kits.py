"""What the contract suite must know about each engine to ask all of them the same things."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psutil
import psycopg
import pyarrow as pa

from tests.support.waiting import wait_until
from tusk.core.dialect import DIALECTS
from tusk.core.events import Notice
from tusk.core.params import ParameterValue
from tusk.core.statement import Statement, split
from tusk.engines.base import FetchMode, Session, Target
from tusk.engines.registry import load_engine


@dataclass(frozen=True)
class Result:
    """All of a statement's result."""

    schema: pa.Schema | None
    batches: Sequence[pa.RecordBatch]
    affected: int | None
    tag: str

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """Rows as tuples, so that columns of the same name stay apart."""
        return [
            row
            for batch in self.batches
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        ]

    @property
    def value(self) -> Any:
        """The only value."""
        ((value,),) = self.rows
        return value


@dataclass
class Kit:
    """One engine with the words of its SQL.

    Args:
        name: Registered name.
        target: A new, empty database that can be written.
        rows: A query of `n` rows with the columns `n` (0 …) and `t` (text).
        endless_rows: A query that gives rows for hours.
        endless_work: A query that works for hours before its first row.
        conninfo: Of PostgreSQL's database.
    """

    name: str
    target: Target
    rows: Callable[[int], str]
    endless_rows: str
    endless_work: str
    conninfo: str = ""
    _opened: list[Session] = field(default_factory=list)

    def connect(self, **changes: Any) -> Session:
        """Open a session, closed after the test."""
        session = load_engine(self.name).connect(replace(self.target, **changes))
        self._opened.append(session)
        return session

    def second(self, session: Session) -> Session:
        """A second session of the same database, while the first one is open."""
        sibling = getattr(session, "sibling", None)
        if sibling is None:
            return self.connect()
        made: Session = sibling()
        self._opened.append(made)
        return made

    def close(self) -> None:
        """Close what was opened."""
        for session in self._opened:
            session.close()

    def statement(self, text: str) -> Statement:
        """The one statement of a text."""
        (found,) = split(text, DIALECTS[self.name])
        return found

    def run(
        self,
        session: Session,
        text: str,
        parameters: Mapping[str, ParameterValue] | None = None,
        *,
        mode: FetchMode = FetchMode.PAGE,
        timeout_s: float | None = None,
        on_notice: Callable[[Notice], None] | None = None,
    ) -> Result:
        """Run one statement to its end."""
        cursor = session.execute(
            self.statement(text), parameters, mode=mode, timeout_s=timeout_s, on_notice=on_notice
        )
        with contextlib.closing(cursor):
            batches = list(cursor.batches())
        return Result(cursor.schema, batches, cursor.affected_rows, cursor.tag)

    def count(self, session: Session, table: str = "t") -> Any:
        """Rows of a table."""
        return self.run(session, f"select count(*) as c from {table}").value

    def wait_until_working(self) -> None:
        """Wait until the engine computes what takes it hours; called beside that statement."""
        if self.conninfo:
            with psycopg.connect(self.conninfo, autocommit=True) as observer:
                wait_until(lambda: bool(observer.execute(_WORKING).fetchone()), "the server works")
        else:
            enough = _cpu_s() + _MUCH_CPU_S
            wait_until(lambda: _cpu_s() > enough, "the engine works")

    def cancel_while_working(self, session: Session) -> threading.Thread:
        """Cancel, from another thread, as soon as the engine computes."""

        def work() -> None:
            self.wait_until_working()
            session.cancel()

        thread = threading.Thread(target=work)
        thread.start()
        return thread


def start_transaction(kit: Kit, session: Session) -> None:
    """Make the table `t`, and open a transaction that has put a row into it."""
    kit.run(session, "create table t (a integer)")
    session.begin()
    kit.run(session, "insert into t values (1)")


# More than sending a statement takes.
_MUCH_CPU_S = 0.2
_WORKING = """
select 1 from pg_stat_activity
where state = 'active' and pid <> pg_backend_pid() and datname = current_database()
"""


def _cpu_s() -> float:
    """What this process and the ones it started have used of the processors."""
    this = psutil.Process()
    return sum(sum(p.cpu_times()[:2]) for p in (this, *this.children(recursive=True)))


_CROSS = "(select {n} as n from {series}) a, (select {n} as n from {series}) b"
_NO_SUCH_SUM = "a.n + b.n < 0"

_COMMON_WRITES = [
    "insert into kept values (2)",
    "create table made (a integer)",
    "create view made as select 1 as a",
    "drop table kept",
]
_MORE_WRITES = [
    *_COMMON_WRITES,
    "update kept set a = 2",
    "delete from kept",
    "alter table kept add column b integer",
    "create index made on kept (a)",
]
WRITES: dict[str, list[str]] = {
    "postgres": [
        *_MORE_WRITES,
        "with d as (delete from kept returning a) select * from d",
        "explain analyze insert into kept values (2)",
        "select a from kept for update",
        "select nextval('kept_numbers')",
        "create temporary table made (a int)",
        "copy kept from stdin",
        "copy kept to '{folder}/out.csv'",
        "copy (select 1) to '{folder}/out.csv'",
        "copy kept to program 'touch {folder}/out.csv'",
        "copy kept from program 'touch {folder}/out.csv'",
        "do $$ begin insert into kept values (2); end $$",
        "vacuum kept",
    ],
    "duckdb": [
        *_MORE_WRITES,
        "truncate kept",
        "merge into kept using (select 1 as a) s on kept.a = s.a when matched then delete",
        "insert into kept values (2) returning a",
        "explain analyze insert into kept values (2)",
        "copy kept to '{folder}/out.csv'",
        "copy (select 1) to '{folder}/out.parquet'",
        "explain analyze copy kept to '{folder}/out.csv'",
        "prepare p as copy kept to '{folder}/out.csv'",
        "export database '{folder}/out'",
        "attach '{folder}/out.duckdb' as made",
        "attach ':memory:' as made",
        "from read_text('/etc/passwd')",
        "from glob('/etc/*')",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "install excel",
        "load excel",
        "create sequence made",
        "create macro made(a) as a",
        "create persistent secret made (type s3)",
    ],
    "sqlite": [
        *_MORE_WRITES,
        "insert into kept values (2) returning a",
        "replace into kept values (2)",
        "with s as (select 2) insert into kept select * from s",
        "create temporary table made (a int)",
        "create trigger made after insert on kept begin delete from kept; end",
        "attach '{folder}/out.db' as made",
        "attach ':memory:' as made",
        "vacuum",
        "vacuum into '{folder}/out.db'",
        "pragma user_version = 3",
        "pragma query_only = off",
        "pragma journal_mode = wal",
        "pragma writable_schema = on",
        "pragma wal_checkpoint",
        "analyze",
    ],
    "datafusion": [
        *_COMMON_WRITES,
        "explain analyze insert into kept values (2)",
        "copy (select 1) to '{folder}/out.csv'",
        "explain analyze copy (select 1) to '{folder}/out.csv'",
        "create external table made stored as csv location '{folder}/out.csv'",
        "set datafusion.execution.batch_size = 10",
        "prepare p as insert into kept values (2)",
        "create schema made",
    ],
}
"""Statements that a read-only session refuses; the table `kept` exists, `{folder}` is a folder
that can be written."""


def _sqlite_rows(n: int) -> str:
    return (
        "with recursive r(n) as (select 0 union all select n + 1 from r where n + 1 < "
        f"{n}) select n, 'text ' || n as t from r where {n} > 0"
    )


def postgres_kit(conninfo: str) -> Kit:
    """PostgreSQL, in a fresh database."""
    from tests.support.postgres import target_of

    cross = _CROSS.format(n="g", series="generate_series(1, 1000000) g")
    return Kit(
        name="postgres",
        target=target_of(conninfo),
        conninfo=conninfo,
        rows=lambda n: f"select g::int as n, 'text ' || g as t from generate_series(0, {n} - 1) g",
        endless_rows=f"select a.n, b.n as m from {cross}",
        endless_work=f"select count(*) as c from {cross} where {_NO_SUCH_SUM}",
    )


def duckdb_kit(path: str) -> Kit:
    """DuckDB, in a fresh file."""
    cross = _CROSS.format(n="range", series="range(1000000)")
    return Kit(
        name="duckdb",
        target=Target("duckdb", "test", {"path": path, "create": "true"}),
        rows=lambda n: f"select range::int as n, 'text ' || range as t from range({n})",
        endless_rows=f"select a.n, b.n as m from {cross}",
        endless_work=f"select count(*) as c from {cross} where {_NO_SUCH_SUM}",
    )


def sqlite_kit(path: str) -> Kit:
    """SQLite, in a fresh file."""
    series = "(with recursive r(n) as (select 1 union all select n + 1 from r where n < 100000) select n from r)"
    cross = f"{series} a, {series} b"
    return Kit(
        name="sqlite",
        target=Target("sqlite", "test", {"path": path, "create": "true"}),
        rows=_sqlite_rows,
        endless_rows=f"select a.n, b.n as m from {cross}",
        endless_work=f"select count(*) as c from {cross} where {_NO_SUCH_SUM}",
    )


def datafusion_kit() -> Kit:
    """DataFusion, with nothing in it."""
    cross = _CROSS.format(n="value", series="generate_series(1, 1000000)")
    return Kit(
        name="datafusion",
        target=Target("datafusion", "test", {"path": ""}),
        rows=lambda n: (
            "select cast(value as int) as n, 'text ' || cast(value as varchar) as t "
            f"from generate_series(0, {n} - 1)"
        ),
        endless_rows=f"select a.n, b.n as m from {cross}",
        endless_work=f"select count(*) as c from {cross} where {_NO_SUCH_SUM}",
    )


@contextlib.contextmanager
def opened(kit: Kit) -> Iterator[Kit]:
    """A kit whose sessions are closed in the end."""
    try:
        yield kit
    finally:
        kit.close()
