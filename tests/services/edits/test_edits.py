"""Rows changed through a result, on real engines: exactly these, all or none, never blindly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.postgres import target_of
from tusk.core.errors import QueryError, UsageError
from tusk.core.events import Event
from tusk.core.result import ResultBuffer
from tusk.core.statement import split
from tusk.engines.base import Session, Target, TransactionState
from tusk.engines.registry import load_engine
from tusk.services.edits import (
    DEFAULT,
    NULL,
    Applier,
    Conflict,
    NotEditable,
    Origin,
    OriginFinder,
    Staging,
    changes_of,
    preview,
)
from tusk.services.queries import RunOptions

ENGINES = ["duckdb", "postgres", "sqlite"]
TABLE = (
    "create table people (id integer primary key, name varchar(10) not null, born date,"
    " salary numeric(10, 2) default 7.5)"
)
ROWS = "insert into people values (1, 'Ann', null, 1.10), (2, 'Bob', '2001-02-03', 2), (3, '', null, null)"


def run(session: Session, *texts: str) -> None:
    for text in texts:
        for statement in split(text, session.dialect):
            for _ in session.execute(statement).batches():
                pass


class Result:
    """A result with what is staged for it."""

    def __init__(self, session: Session, sql: str) -> None:
        self.session = session
        (self.statement,) = split(sql, session.dialect)
        cursor = session.execute(self.statement)
        assert cursor.schema is not None
        self.buffer = ResultBuffer(cursor.schema)
        for batch in cursor.batches():
            self.buffer.append(batch)
        self.staging = Staging()

    def origin(self) -> Origin:
        finder = OriginFinder(self.statement, self.buffer.schema)
        finder.run(self.session, (), lambda _: None, RunOptions())
        assert finder.origin is not None
        return finder.origin

    def apply(self) -> Applier:
        origin = self.origin()
        changes = changes_of(self.staging, origin, self.buffer, self.session.dialect.name)
        self.preview = preview(changes)
        events: list[Event] = []
        self.applier = Applier(changes, origin)
        self.applier.run(self.session, (), events.append, RunOptions())
        return self.applier


@pytest.fixture
def open_session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Session]]:
    """Opens sessions on one database of the engine."""
    engine = request.param
    sessions: list[Session] = []
    dsn = request.getfixturevalue("pg_db") if engine == "postgres" else ""

    def connect() -> Session:
        if engine == "postgres":
            session: Session = load_engine(engine).connect(target_of(dsn))
        else:
            parameters = {"path": str(tmp_path / f"t.{engine}"), "create": "true"}
            if sessions and engine == "duckdb":
                session = sessions[0].sibling()  # type: ignore[attr-defined]
            else:
                session = load_engine(engine).connect(Target(engine, "test", parameters))
        sessions.append(session)
        return session

    yield connect
    for session in reversed(sessions):
        session.close()


@pytest.fixture
def session(open_session: Callable[[], Session]) -> Session:
    session = open_session()
    run(session, TABLE, ROWS)
    return session


def all_engines(test: Callable[..., None]) -> Callable[..., None]:
    marks = [
        pytest.param(e, marks=[pytest.mark.postgres] if e == "postgres" else []) for e in ENGINES
    ]
    return pytest.mark.parametrize("open_session", marks, indirect=True)(test)


def people(session: Session) -> list[tuple[object, ...]]:
    result = Result(session, "select id, name, born, salary from people order by id")
    return [
        tuple(None if value is None else str(value) for value in row.values())
        for batch in result.buffer.batches()
        for row in batch.to_pylist()
    ]


@all_engines
def test_cells_rows_and_new_rows_are_changed_together(session: Session) -> None:
    result = Result(session, "select * from people order by id")
    staging = result.staging
    staging.set(0, 1, "")
    staging.set(0, 2, "1999-12-31")
    staging.set(1, 2, NULL)
    staging.flip_deleted(2)
    row = staging.add_row()
    staging.set(row, 0, "9")
    staging.set(row, 1, "O'Neil; --")
    staging.set(row, 3, DEFAULT)
    result.apply()
    after = people(session)
    assert [r[:3] for r in after] == [
        ("1", "", "1999-12-31"),
        ("2", "Bob", None),
        ("9", "O'Neil; --", None),
    ]
    assert float(str(after[2][3])) == 7.5
    assert session.transaction is TransactionState.IDLE
    # What is shown holds no value in its SQL.
    assert "O'Neil" not in "".join(
        line for line in result.preview.splitlines() if not line.startswith("--")
    )
    assert ":new_1" in result.preview


@all_engines
def test_a_row_that_was_changed_meanwhile_is_a_conflict_that_names_it(
    session: Session, open_session: Callable[[], Session]
) -> None:
    result = Result(session, "select id, name, salary from people order by id")
    other = open_session()
    run(other, "update people set salary = 99 where id = 2")
    result.staging.set(0, 1, "new")
    result.staging.set(1, 2, "3")
    with pytest.raises(Conflict) as caught:
        result.apply()
    assert "id = 2" in caught.value.message
    assert "salary is 99" in caught.value.message
    assert result.applier.failed is not None
    assert result.applier.failed.row == 1
    # The first change is undone with the second, and another column's change is no conflict.
    assert people(session)[0][1] == "Ann"
    assert session.transaction is TransactionState.IDLE
    result.staging.reset(1, 2)
    result.staging.set(1, 1, "Rob")
    result.apply()
    assert people(session)[1][1] == "Rob"
    run(other, "delete from people where id = 1")
    result.staging.clear()
    result.staging.flip_deleted(0)
    with pytest.raises(Conflict, match="is gone"):
        result.apply()


@all_engines
def test_what_the_engine_refuses_undoes_everything(session: Session) -> None:
    result = Result(session, "select * from people order by id")
    result.staging.set(0, 1, "changed")
    result.staging.set(1, 1, NULL)
    with pytest.raises(QueryError):
        result.apply()
    assert people(session)[0][1] == "Ann"
    assert session.transaction is TransactionState.IDLE


@all_engines
def test_null_and_empty_text_are_kept_apart(session: Session) -> None:
    run(session, "update people set born = null")
    result = Result(session, "select id, born, name from people order by id")
    result.staging.set(2, 2, "x")  # was ''
    result.staging.set(0, 1, "2020-01-01")  # was NULL
    result.apply()
    after = people(session)
    assert after[2][1] == "x"
    assert after[0][2] == "2020-01-01"


@all_engines
def test_in_the_users_transaction_changes_wait_for_its_commit(session: Session) -> None:
    session.begin()
    run(session, "update people set salary = 5 where id = 3")
    result = Result(session, "select * from people order by id")
    result.staging.set(0, 1, "mine")
    if session.dialect.name == "duckdb":
        with pytest.raises(UsageError, match="no savepoints"):
            result.apply()
    else:
        assert result.apply().stays_open
        result.staging.clear()
        result.staging.set(1, 1, NULL)
        with pytest.raises(QueryError):
            result.apply()
    assert session.transaction is TransactionState.IN_TRANSACTION
    session.rollback()
    assert people(session)[0][1] == "Ann"


@all_engines
def test_hostile_names_are_only_names(session: Session) -> None:
    run(
        session,
        'create table "a ""b;:x" ("k:1" integer primary key, "drop ""t" varchar)',
        'insert into "a ""b;:x" values (1, \'x\')',
    )
    result = Result(session, 'select * from "a ""b;:x"')
    result.staging.set(0, 1, "y")
    result.apply()
    check = Result(session, 'select * from "a ""b;:x"')
    assert next(check.buffer.batches()).to_pylist() == [{"k:1": 1, 'drop "t': "y"}]


@all_engines
@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select name from people", "select its key, too: id"),
        ("select distinct id from people", "DISTINCT"),
        ("select id, count(*) from people group by id", "groups"),
        ("select max(id) as id from people", "groups"),
        ("select p.* from people p join people q on p.id = q.id", "several tables"),
        ("with c as (select * from people) select * from c", "WITH"),
        ("select * from people union all select * from people", "plain SELECT"),
        ("select * from (select * from people) x", "not from a table"),
        ("select * from looked", "is a"),
        ("select a from keyless", "neither a primary key"),
    ],
)
def test_results_that_cannot_be_changed_say_why(session: Session, sql: str, reason: str) -> None:
    run(session, "create view looked as select * from people", "create table keyless (a integer)")
    if session.dialect.name == "duckdb" and "looked" in sql:
        reason = "no table"
    with pytest.raises(NotEditable, match=reason):
        Result(session, sql).origin()


@all_engines
def test_columns_are_found_behind_aliases_stars_and_expressions(session: Session) -> None:
    sql = "select p.name as n, p.*, p.id + 1 as next from people as p where p.id > 0 limit 2"
    origin = Result(session, sql).origin()
    names = [column.name if column else None for column in origin.columns]
    assert names == ["name", "id", None, "born", "salary", None]
    assert origin.key == (1,)
    assert origin.why_not(5)
    assert not origin.why_not(0)


@all_engines
def test_a_unique_key_without_null_will_do_and_one_with_null_will_not(session: Session) -> None:
    run(session, "create table u (a integer not null unique, b integer)")
    assert Result(session, "select * from u").origin().key == (0,)
    run(session, "create table v (a integer unique, b integer)")
    with pytest.raises(NotEditable, match="neither a primary key"):
        Result(session, "select * from v").origin()


@pytest.mark.parametrize(
    "open_session", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
class TestPostgres:
    def test_types_without_equality_and_odd_values_are_compared_and_written(
        self, session: Session
    ) -> None:
        run(
            session,
            "create type mood as enum ('ok', 'bad')",
            "create table odd (id uuid primary key, j json, p point, f float8, t timestamptz,"
            " a int[], b bytea, m mood, r int4range, n numeric, g int generated always as (1) stored,"
            " js jsonb, iv interval)",
            "insert into odd values ('00000000-0000-0000-0000-000000000001', '{\"a\" : 1}', '(1,2)',"
            " 'NaN', 'infinity', '{1,NULL}', '\\x00ff', 'ok', '[1,5)', 'NaN', default,"
            " '{\"b\": [1]}', '1 mon 2 days')",
        )
        new = ["", '{"a": 2}', "(3,4)", "1e-300", "2020-01-01 00:00+02", "{2,3}", "\\x01", "bad",
               "[2,3]", "12345678901234567890.5", "", "[]", "3 days"]  # fmt: skip
        result = Result(session, "select * from odd")
        assert result.origin().why_not(10) == "g is generated by the database"
        for column, value in enumerate(new):
            if value:
                result.staging.set(0, column, value)
        result.apply()
        again = Result(session, "select * from odd")
        again.staging.flip_deleted(0)
        again.apply()
        assert Result(session, "select * from odd").buffer.num_rows == 0

    def test_a_value_that_is_too_long_is_refused_not_cut(self, session: Session) -> None:
        result = Result(session, "table people")
        result.staging.set(0, 1, "x" * 11)
        with pytest.raises(QueryError, match="too long"):
            result.apply()
        assert result.applier.failed is not None
        assert result.applier.failed.columns == (1,)

    def test_the_search_path_and_temporary_tables_of_the_session_count(
        self, session: Session
    ) -> None:
        run(session, "create temp table people (id int primary key, x text)")
        run(session, "insert into people values (1, 'temporary')")
        result = Result(session, "select * from people")
        result.staging.set(0, 1, "changed")
        result.apply()
        assert Result(session, "select name from public.people where id = 1").buffer.num_rows == 1
        run(session, "create view w as select * from public.people", "drop table pg_temp.people")
        assert people(session)[0][1] == "Ann"

    def test_partitions_are_reached_through_their_parent(self, session: Session) -> None:
        run(
            session,
            "create table parted (id int primary key, x text) partition by range (id)",
            "create table parted_1 partition of parted for values from (0) to (10)",
            "insert into parted values (1, 'a')",
        )
        result = Result(session, "select * from parted")
        result.staging.set(0, 1, "b")
        result.apply()
        assert next(Result(session, "table parted").buffer.batches()).to_pylist()[0]["x"] == "b"


@pytest.mark.parametrize("open_session", ["sqlite"], indirect=True)
class TestSQLite:
    def test_values_keep_their_storage_class(self, session: Session) -> None:
        run(
            session,
            "create table loose (id integer primary key, a, b blob, c text, d real)",
            "insert into loose values (1, 5, x'00ff', '007', 0.1), (2, 'text', 'x', 'y', 2)",
        )
        result = Result(session, "select * from loose order by id")
        for column, value in ((1, "6"), (2, "\\x01"), (3, "008"), (4, "0.25")):
            result.staging.set(0, column, value)
        result.staging.set(1, 1, "7")
        result.apply()
        kinds = Result(
            session, "select typeof(a) a, typeof(b) b, typeof(c) c, typeof(d) d from loose"
        )
        found = [row for batch in kinds.buffer.batches() for row in batch.to_pylist()]
        assert found[0] == {"a": "integer", "b": "blob", "c": "text", "d": "real"}
        assert found[1]["a"] == "text"
        result = Result(session, "select * from loose order by id")
        result.staging.set(0, 2, "zz")
        with pytest.raises(UsageError, match="hexadecimal"):
            result.apply()
        result.staging.set(0, 2, DEFAULT)
        with pytest.raises(UsageError, match="DEFAULT"):
            result.apply()


ODD = """
create table odd (id uuid primary key, f float, d double, h hugeint, n decimal(9, 3), b blob,
    i interval, t time, ts timestamp, tz timestamptz, l integer[], s struct(a integer, b varchar),
    m map(varchar, integer), e mood, bits bit, j json, ll varchar[], bo boolean)
"""
ODD_ROW = r"""
insert into odd values ('00000000-0000-0000-0000-000000000001', 0.1, 'nan', 170141183460469, 1.5,
    '\x00\xFFa', interval '1 month 2 days', '10:11:12.5', '2020-01-02 03:04:05.678',
    '2020-01-02 03:04:05+00', [1, null], {'a': 1, 'b': 'x, ''y'''}, map {'k': 1}, 'it''s bad',
    '0101', '{"a": [1]}', ['a, b', '', null], true)
"""


@pytest.mark.parametrize("open_session", ["duckdb"], indirect=True)
def test_every_type_of_duckdb_is_compared_and_written(session: Session) -> None:
    run(session, "create type mood as enum ('ok', 'it''s bad')", ODD, ODD_ROW)
    values = ["", "2.5", "inf", "-5", "2.25", r"\x01", "3 days", "01:02:03", "1999-12-31 00:00:00",
              "1999-12-31 00:00:00+00", "[2, 3]", "{'a': 2, 'b': z}", "{q=7}", "ok", "111", "[]",
              "[x, y]", "false"]  # fmt: skip
    result = Result(session, "select * from odd")
    for column, value in enumerate(values):
        if value:
            result.staging.set(0, column, value)
    result.apply()
    after = Result(session, "select f, d, b, l, s.b as sb, e, ll, bo from odd")
    (row,) = next(after.buffer.batches()).to_pylist()
    assert (row["f"], row["d"], row["bo"]) == (2.5, float("inf"), False)
    assert (row["b"], row["l"], row["sb"], row["e"]) == (b"\x01", [2, 3], "z", "ok")
    assert row["ll"] == ["x", "y"]
    again = Result(session, "select * from odd")
    again.staging.flip_deleted(0)
    again.apply()
    assert Result(session, "select * from odd").buffer.num_rows == 0
