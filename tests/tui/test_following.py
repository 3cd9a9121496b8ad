"""Foreign keys followed by keys of the keyboard, and back to where one was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from textual.pilot import Pilot

from tests.tui.desk import Desk, open_desk
from tusk.services.history import History, HistoryFilter
from tusk.services.settings import change_setting
from tusk.tui.app import TuskApp
from tusk.tui.run_status import Phase
from tusk.tui.screens.choice import ChoiceScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_grid.record_screen import RecordScreen

SHOP = """
create table regions (id integer primary key, name varchar(20));
create table customers (
    id integer primary key, name varchar(20), region_id integer references regions (id)
);
create table orders (
    id integer primary key, customer_id integer references customers (id),
    replaces integer references orders (id)
);
create table payments (id integer primary key, order_id integer references orders (id));
insert into regions values (1, 'North'), (2, 'South');
insert into customers values (7, 'Ann', 2), (8, 'Bob', null);
insert into orders values (1, 7, null), (2, 8, 1), (3, 7, null), (4, null, null);
insert into payments values (1, 2), (2, 2), (3, 1);
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as made:
        made.executescript(SHOP)
    made.close()
    return path


def grid(desk: Desk) -> ResultGrid:
    found = desk.pane.results.grid
    assert found is not None
    return found


def titles(desk: Desk) -> list[str]:
    return [result.title for result in desk.pane.results.with_tabs]


async def opened(desk: Desk, sql: str) -> None:
    await desk.until(lambda: bool(desk.pane.entry and desk.pane.entry.is_open), "the connection")
    await desk.run(sql)
    await desk.press("f4")


async def until_walked(desk: Desk, trail: str) -> None:
    def is_there() -> bool:
        front = desk.pane.results.front
        return front is not None and " › ".join(front.trail) == trail and not desk.pane.is_running

    await desk.until(is_there, f"the way {trail}")
    await desk.pilot.pause()


async def choose(desk: Desk, key: str, words: str) -> None:
    """Choose a key among those of the row."""
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, ChoiceScreen), "the choice")
    await desk.type(words)
    await desk.press("enter")


async def test_a_walk_there_and_back_keeps_how_each_result_was_looked_at(shop: Path) -> None:
    async with open_desk(str(shop), size=(80, 24)) as desk:
        await opened(desk, "select * from orders order by id")
        # Sorted backwards, without the last column, only rows with a customer.
        await desk.press("s", "s", "end", "minus", "home", "right", "w")
        await desk.type("!null")
        await desk.press("enter")
        await desk.until(lambda: grid(desk).row_count == 3, "the filter")
        await desk.press("g", "down")
        assert grid(desk).cell_text() == "8"
        await desk.press("a")
        await until_walked(desk, "orders › customers id = 8")
        assert titles(desk) == ["select * from orders order by id", "orders › customers id = 8"]
        assert "orders › customers id = 8  ‹ b: back" in desk.text()
        assert all(len(line) <= 80 for line in desk.text().splitlines())
        assert desk.column(1, 1) == ["Bob"]
        # NULL leads nowhere, and says so with the row still in front.
        await desk.press("end", "a")
        await desk.until_told("customers.region_id is NULL")
        assert grid(desk).cell_text() is None
        await desk.press("b")
        assert desk.pane.results.front is desk.pane.results.results[0]
        assert (grid(desk).cursor_row, grid(desk).cursor_column, grid(desk).row_count) == (1, 1, 3)
        assert grid(desk).view_state.sort_keys[0].descending
        assert grid(desk).view_state.hidden_columns == 1
        assert titles(desk) == ["select * from orders order by id"]

        # Two steps, and the same tab again for another walk.
        await desk.press("down", "a")
        await until_walked(desk, "orders › customers id = 7")
        await desk.press("end", "a")
        await until_walked(desk, "orders › customers id = 7 › regions id = 2")
        assert titles(desk)[1] == "… › regions id = 2"
        await desk.press("left_square_bracket", "a")
        await until_walked(desk, "orders › customers id = 7")
        assert len(desk.pane.results.results) == 2
        await desk.press("end", "a")
        await until_walked(desk, "orders › customers id = 7 › regions id = 2")
        await desk.press("b", "b", "b")
        await desk.until_told("nothing to go back to")
        assert len(desk.pane.results.results) == 1


async def test_a_menu_has_every_way_from_a_row(shop: Path) -> None:
    async with open_desk(str(shop), size=(80, 24)) as desk:
        await opened(desk, "select * from orders where id = 2")
        await desk.press("a")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceScreen), "the choice")
        shown = desk.text()
        for words in (
            "→ customers   id = 8   (by orders.customer_id)",
            "→ orders   id = 1   (by orders.replaces)",
            "← payments   order_id = 2   (they refer to orders.id",
            "← orders   replaces = 2",
        ):
            assert words in shown
        await desk.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        assert not desk.pane.is_running
        await desk.press("right")
        await choose(desk, "B", "paym")
        await until_walked(desk, "orders › payments order_id = 2")
        assert desk.column(0, 1) == [1, 2]
        # From the record, too; and closing the walk closes all of it.
        await desk.press("right", "r")
        await desk.until(lambda: isinstance(desk.app.screen, RecordScreen), "the record")
        await desk.press("a")
        await until_walked(desk, "orders › payments order_id = 2 › orders id = 2")
        assert len(desk.pane.results.results) == 3
        await desk.press("delete")
        assert len(desk.pane.results.results) == 1
        assert desk.focused is grid(desk)


async def test_pinned_steps_stay_and_a_new_run_ends_the_walk(shop: Path) -> None:
    async with open_desk(str(shop)) as desk:
        await opened(desk, "select * from orders order by id")
        await desk.press("right", "a")
        await until_walked(desk, "orders › customers id = 7")
        await desk.press("p", "end", "a")
        await until_walked(desk, "orders › customers id = 7 › regions id = 2")
        assert len(titles(desk)) == 3
        await desk.run("select 1 as one")
        assert titles(desk) == ["orders › customers id = 7", "select 1 as one"]
        await desk.press("f4", "left_square_bracket", "b")
        await desk.until_told("nothing to go back to")
        await desk.press("right_square_bracket", "a")
        await desk.until_told("cannot be told from which table")


async def test_rows_behind_the_limit_are_read_with_the_cursor_kept(shop: Path) -> None:
    with sqlite3.connect(shop) as made:
        made.execute("delete from payments")
        made.executemany("insert into payments values (?, 2)", [(n,) for n in range(250)])
    made.close()
    change_setting("query.fetch_limit", "100")
    async with open_desk(str(shop)) as desk:
        await opened(desk, "select * from orders where id = 2")
        await choose(desk, "B", "paym")
        await until_walked(desk, "orders › payments order_id = 2")
        assert "100+ rows" in desk.text()
        assert "rest not fetched" in desk.status
        await desk.press("s", "s")
        await desk.until(lambda: grid(desk).cell_text(0, 0) == "99", "the sort")
        await desk.press("j", "f9")
        await desk.until(lambda: len(desk.column(0, 1)) == 200, "more rows")
        await desk.until(lambda: grid(desk).cell_text() == "98", "the cursor on its row")
        assert grid(desk).cursor_row == 101
        await desk.press("shift+f9")
        await desk.until(lambda: len(desk.column(0, 1)) == 250, "all rows")
        await desk.until(lambda: "all rows" in desk.status, "the end")
        await desk.until(lambda: grid(desk).cell_text() == "98", "the cursor on its row")
        await desk.press("b")
        assert desk.pane.results.front is desk.pane.results.results[0]
        history = History()
        history.settle()
        entries = history.find(HistoryFilter(text="payments"))
        history.close()
        sql = "SELECT * FROM main.payments WHERE order_id = :order_id"
        assert [entry.text for entry in entries] == [sql] * 3


@pytest.mark.postgres
async def test_a_walk_beside_a_result_that_waits_and_in_a_transaction(pg_db: str) -> None:
    change_setting("query.fetch_limit", "100")
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute(SHOP)
        admin.execute("insert into orders select n, 7 from generate_series(10, 309) n")
    async with open_desk(pg_db) as desk:
        await opened(desk, "select * from orders order by id")
        assert desk.pane.status.phase is Phase.PAUSED
        await desk.press("right", "a")
        await until_walked(desk, "orders › customers id = 7")
        await desk.press("b")
        assert desk.pane.status.phase is Phase.PAUSED
        await desk.press("f9")
        await desk.until(lambda: len(desk.column()) == 200, "the next rows, of the same run")
        assert not any("run again" in entry.text for entry in desk.messages)

        # What is not committed is seen from its own session.
        await desk.run("begin; insert into customers values (9, 'New', 1)", key="f8")
        await desk.run("select * from customers where id = 9")
        await desk.press("f4", "end", "a")
        await until_walked(desk, "customers › regions id = 1")
        await desk.press("b", "home")
        await choose(desk, "a", "orders")
        await until_walked(desk, "customers › orders customer_id = 9")
        assert grid(desk).row_count == 0


@pytest.mark.postgres
async def test_escape_cancels_a_walk_and_an_error_is_told(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute(SHOP)
        async with open_desk(pg_db) as desk:
            await opened(desk, "select * from orders order by id")
            with psycopg.connect(pg_db) as other:
                other.execute("lock table customers in access exclusive mode")
                await desk.press("right", "a")
                await desk.until(lambda: desk.pane.reading.status.phase is Phase.RUNNING, "it runs")
                await desk.until_shown("Esc cancels")
                waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                await desk.until(
                    lambda: admin.execute(waiting).fetchone() == (1,), "the server to wait"
                )
                await desk.press("escape")
                await desk.until(lambda: not desk.pane.is_running, "the end of it")
                assert len(desk.pane.results.results) == 1
                other.rollback()
            await desk.press("a")
            await until_walked(desk, "orders › customers id = 7")
            admin.execute("drop table regions cascade")
            await desk.press("home", "a")
            await desk.until(lambda: isinstance(desk.app.screen, ChoiceScreen), "the choice")
            admin.execute("drop table orders cascade")
            await desk.press("enter")
            await desk.until_told("does not exist")
            assert grid(desk).cell_text() == "7"


@pytest.mark.parametrize("theme", ["tusk-dark", "tusk-light"])
def test_picture_of_a_walk(
    snap_compare: Callable[..., bool], shop: Path, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tusk.tui.run_status.seconds", lambda _: "5 ms")
    monkeypatch.setattr("textual.widgets.TextArea.cursor_blink", False)
    app = TuskApp(str(shop))

    async def show(pilot: Pilot[None]) -> None:
        desk = Desk(app, pilot)
        await desk.until(lambda: app.has_begun, "the first tab")
        app.theme = theme
        await opened(desk, "select * from payments order by id")
        await desk.press("right", "a")
        await until_walked(desk, "payments › orders id = 2")
        await desk.press("right", "a")
        await until_walked(desk, "payments › orders id = 2 › customers id = 8")

    assert snap_compare(app, terminal_size=(80, 24), run_before=show)
