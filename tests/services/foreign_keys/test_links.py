"""Foreign keys followed from rows of results, on real engines: to exactly the right rows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import HOSTILE
from tests.support.postgres import target_of as pg_target
from tusk.core.errors import UsageError
from tusk.core.result import ResultBuffer
from tusk.core.statement import split
from tusk.core.text import is_safe
from tusk.engines.base import Session
from tusk.engines.base import Target as SessionTarget
from tusk.engines.registry import load_engine
from tusk.services.foreign_keys import LinkFinder, ways_from
from tusk.services.foreign_keys.links import Link, target_of
from tusk.services.queries import RunOptions

ENGINES = ["duckdb", "postgres", "sqlite"]
SHOP = """
create table customers (id integer primary key, name varchar(20));
create table orders (
    id integer primary key, customer_id integer references customers (id),
    replaces integer references orders (id), placed date
);
create table stock (shop varchar(10), item integer, left_over integer, primary key (shop, item));
create table "Line items" (
    order_id integer references orders (id), "No." integer, shop varchar(10), item integer,
    primary key (order_id, "No."), foreign key (shop, item) references stock (shop, item)
);
insert into customers values (7, 'Ann'), (8, 'Bob');
insert into orders values (1, 7, null, '2024-01-01');
insert into orders values (2, 7, 1, null), (3, null, null, null);
insert into stock values ('x''; --', 1, 5), ('x''; --', 2, 6), ('y', 1, 7);
insert into "Line items" values (1, 1, 'x''; --', 2), (1, 2, 'y', 1), (2, 1, 'y', null);
"""


def run(session: Session, script: str) -> None:
    for statement in split(script, session.dialect):
        for _ in session.execute(statement).batches():
            pass


class Rows:
    """A result, and where keys lead from it."""

    def __init__(self, session: Session, sql: str) -> None:
        self.session = session
        (statement,) = split(sql, session.dialect)
        cursor = session.execute(statement)
        assert cursor.schema is not None
        self.buffer = ResultBuffer(cursor.schema)
        for batch in cursor.batches():
            self.buffer.append(batch)
        self.finder = LinkFinder(statement, self.buffer.schema)
        self.finder.run(session, (), lambda _: None, RunOptions())

    def at(self, column: str) -> list[str]:
        return [link.name for link in self.finder.at(self.buffer.schema.names.index(column))]

    def link(self, name: str, *, out: bool) -> Link:
        return next(
            link for link in self.finder.links if link.name == name and link.leads_out is out
        )

    def follow(self, link: Link, row: int = 0) -> list[tuple[object, ...]]:
        target = target_of(link, self.buffer, row, self.session.dialect)
        cursor = self.session.execute(target.statement, target.parameters)
        return [
            tuple(values.values()) for batch in cursor.batches() for values in batch.to_pylist()
        ]

    def labels(self, row: int = 0) -> list[str]:
        dialect = self.session.dialect
        return [way.label for way in ways_from(self.finder.links, self.buffer, row, dialect)]


@pytest.fixture
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    engine = request.param
    if engine == "postgres":
        target = pg_target(request.getfixturevalue("pg_db"))
    else:
        target = SessionTarget(engine, "test", {"path": str(tmp_path / "t"), "create": "true"})
    session: Session = load_engine(engine).connect(target)
    yield session
    session.close()


def all_engines(test: Callable[..., None]) -> Callable[..., None]:
    marks = [
        pytest.param(e, marks=[pytest.mark.postgres] if e == "postgres" else []) for e in ENGINES
    ]
    return pytest.mark.parametrize("session", marks, indirect=True)(test)


@all_engines
def test_keys_lead_out_and_back_over_one_column_and_several(session: Session) -> None:
    run(session, SHOP)
    orders = Rows(session, "select * from orders order by id")
    assert orders.at("customer_id") == ["customers"]
    assert orders.at("replaces") == ["orders"]
    assert orders.at("placed") == orders.at("id") == []
    assert orders.follow(orders.link("customers", out=True)) == [(7, "Ann")]
    assert orders.follow(orders.link("orders", out=True), 1)[0][0] == 1
    lines = orders.follow(orders.link("Line items", out=False))
    assert [line[1] for line in lines] == [1, 2]
    assert [row[0] for row in orders.follow(orders.link("orders", out=False))] == [2]
    assert any("they refer to orders.id" in label for label in orders.labels())

    items = Rows(session, 'select * from "Line items" order by order_id, "No."')
    assert items.at("shop") == items.at("item") == ["stock"]
    assert items.follow(items.link("stock", out=True)) == [("x'; --", 2, 6)]
    stock = Rows(session, "select item, shop from stock where left_over = 7")
    assert [row[:2] for row in stock.follow(stock.link("Line items", out=False))] == [(1, 2)]


@all_engines
def test_null_and_what_is_not_selected_lead_nowhere_and_say_why(session: Session) -> None:
    run(session, SHOP)
    orders = Rows(session, "select * from orders order by id")
    with pytest.raises(UsageError, match=r"orders\.replaces is NULL"):
        orders.follow(orders.link("orders", out=True))
    items = Rows(session, 'select shop from "Line items" where order_id = 2')
    assert items.at("shop") == []
    with pytest.raises(UsageError, match="select item, too"):
        items.follow(items.link("stock", out=True))
    assert any("select item, too" in label for label in items.labels())
    half = Rows(session, 'select shop, item from "Line items" where order_id = 2')
    with pytest.raises(UsageError, match="item is NULL"):
        half.follow(half.link("stock", out=True))


@all_engines
def test_columns_are_traced_through_joins_subqueries_and_groups(session: Session) -> None:
    run(session, SHOP)
    joined = Rows(
        session,
        "with late as (select id as number, o.* from orders o) "
        "select l.number, c.*, upper(c.name) as shout, l.customer_id as buyer "
        "from (select * from late where number = 1) l join customers c on c.id = l.customer_id",
    )
    assert joined.at("buyer") == ["customers"]
    assert joined.at("shout") == []
    for link in joined.finder.links:
        if link.columns == ("replaces",) and not link.leads_out:
            assert [row[0] for row in joined.follow(link)] == [2]
        elif link.columns == ("customer_id",):
            assert [row[0] for row in joined.follow(link)] == [1, 2]
    if session.dialect.name == "postgres":
        shadow = "with orders as (select customer_id c from orders) select c from orders"
        renamed = Rows(session, shadow)
        assert renamed.at("c") == ["customers"]
    grouped = Rows(session, "select customer_id, count(*) from orders where id = 1 group by 1")
    assert grouped.follow(grouped.link("customers", out=True)) == [(7, "Ann")]
    twice = Rows(
        session,
        "select new.replaces, old.id, old.customer_id from orders new, orders old"
        " where new.replaces = old.id",
    )
    assert twice.at("replaces") == ["orders"]
    assert twice.at("customer_id") == ["customers"]


@all_engines
def test_what_cannot_be_traced_for_sure_is_not_traced(session: Session) -> None:
    run(session, SHOP)
    for sql in (
        "select customer_id from orders union all select id from customers",
        "select customer_id + 0 as customer_id from orders",
        "select * from orders join customers using (id)",
        "with recursive r as (select 1 n union all select n + 1 from r where n < 3) select n from r",
        "select customer_id from (select 5 as customer_id) orders",
        "with orders as (select 5 as customer_id) select customer_id from orders",
    ):
        with pytest.raises(UsageError, match="cannot be told"):
            Rows(session, sql)
    ambiguous = Rows(session, "select c.id, 1 as one from orders o, customers c")
    assert [link.name for link in ambiguous.finder.links] == ["orders"]
    with pytest.raises(UsageError, match="SELECT only"):
        Rows(session, "values (1)")


@all_engines
def test_hostile_names_and_values_are_only_names_and_values(session: Session) -> None:
    run(session, 'create table "far ""away" (k varchar(200) primary key)')
    own = "a'b [/x] :id; drop table x"
    run(session, f'create table near ("{own}" varchar(200) references "far ""away" (k))')
    for value in sorted(set(HOSTILE.values())):
        text = value.encode("utf-8", "replace").decode().replace("\0", "")[:200]
        (insert,) = split(
            'insert into "far ""away" select :v where not exists'
            ' (select 1 from "far ""away" where k = :v)',
            session.dialect,
        )
        for _ in session.execute(insert, {"v": text}).batches():
            pass
    run(session, 'insert into near select k from "far ""away"')
    near = Rows(session, "select * from near")
    link = near.link('far "away', out=True)
    for row in range(near.buffer.num_rows):
        batch, offset = near.buffer.batch_at(row)
        assert near.follow(link, row) == [(batch.column(0)[offset].as_py(),)]
        assert is_safe(near.labels(row)[0])


@pytest.mark.postgres
@pytest.mark.parametrize("session", ["postgres"], indirect=True)
def test_partitions_schemas_views_and_types_of_postgresql(session: Session) -> None:
    run(
        session,
        """
        create schema "Other";
        create table "Other".kinds (code uuid primary key, amount numeric(30, 10) unique);
        create table events (
            id bigint, kind uuid references "Other".kinds (code),
            amount numeric(30, 10) references "Other".kinds (amount), primary key (id)
        ) partition by range (id);
        create table events_1 partition of events for values from (0) to (10);
        create table notes (event bigint references events (id));
        create view seen as select * from events;
        insert into "Other".kinds values
            ('00000000-0000-0000-0000-000000000001', 12345678901234567890.0000000001);
        insert into events values
            (1, '00000000-0000-0000-0000-000000000001', 12345678901234567890.0000000001);
        insert into notes values (1);
        """,
    )
    kinds = Rows(session, 'select * from "Other".kinds')
    assert [link.name for link in kinds.finder.links] == ["public.events"] * 2
    for sql in ("select * from events", "select * from events_1"):
        events = Rows(session, sql)
        assert [link.name for link in events.finder.links] == ["Other.kinds"] * 2 + ["notes"]
        assert all(len(events.follow(link)) == 1 for link in events.finder.links)
    seen = Rows(session, "select s.*, e.kind as k from seen s join events e using (id)")
    assert (seen.at("kind"), seen.at("k")) == ([], ["Other.kinds"])
    # A value that the other column cannot hold is no row, and no error.
    run(session, "create table small (id smallint primary key, up bigint)")
    run(session, "alter table small add foreign key (up) references events (id)")
    run(session, "create table tiny (up smallint references events (id))")
    run(session, "create table events_2 partition of events for values from (10) to (9999999999)")
    run(session, "insert into events values (5000000000)")
    events = Rows(session, "select id from events where id = 5000000000")
    assert events.follow(events.link("tiny", out=False)) == []


@pytest.mark.parametrize("session", ["sqlite"], indirect=True)
def test_keys_that_sqlite_takes_in_any_case_and_shorthand(session: Session) -> None:
    run(
        session,
        "create table Artists (Id integer primary key, name);"
        "create table songs (title, artist references ARTISTS);"
        "create table lost (x references nowhere (y));"
        "insert into Artists values (1, 'A'); insert into songs values ('s', 1), ('t', 'word')",
    )
    songs = Rows(session, "select * from songs")
    assert songs.follow(songs.link("ARTISTS", out=True)) == [(1, "A")]
    assert songs.follow(songs.link("ARTISTS", out=True), 1) == []
    artists = Rows(session, "select ID from artists")
    assert artists.follow(artists.link("songs", out=False)) == [("s", 1)]


@pytest.mark.parametrize("session", ["duckdb"], indirect=True)
def test_types_that_duckdb_does_not_compare_with_text(session: Session) -> None:
    run(
        session,
        "create table days (d date primary key, u uuid unique, h hugeint unique, t timestamptz unique);"
        "create table uses (d date references days (d), u uuid references days (u),"
        " h hugeint references days (h), t timestamptz references days (t));"
        "insert into days values ('2024-02-29', '00000000-0000-0000-0000-000000000001',"
        " 170141183460469231731687303715884105727, '2024-01-01 00:00:00+00');"
        "insert into uses from days",
    )
    uses = Rows(session, "from uses")
    assert len(uses.finder.links) == 4
    assert all(len(uses.follow(link)) == 1 for link in uses.finder.links)


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_leads_to_its_row_alone(text: str) -> None:
    session: Session = load_engine("sqlite").connect(SessionTarget("sqlite", "m", {"path": ""}))
    with contextlib.closing(session):
        run(session, "create table a (k text primary key); create table b (k text references a)")
        for sql in ("insert into a values (:v), ('other')", "insert into b values (:v)"):
            (insert,) = split(sql, session.dialect)
            for _ in session.execute(insert, {"v": text}).batches():
                pass
        rows = Rows(session, "select * from b")
        assert rows.follow(rows.link("a", out=True)) == [(text,)]


def test_datafusion_has_no_keys() -> None:
    pytest.importorskip("datafusion")
    target = SessionTarget("datafusion", "test", {"path": ""})
    session: Session = load_engine("datafusion").connect(target)
    with contextlib.closing(session), pytest.raises(UsageError, match="has no foreign keys"):
        Rows(session, "select 1")
