"""A result that waits at its fetch limit, while something else is asked of its connection."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import duckdb
import psycopg
import pytest

from tests.tui.desk import Desk, open_desk
from tusk.services.settings import change_setting
from tusk.tui.run_status import Phase
from tusk.tui.screens.changes import CellInput, ChangesScreen
from tusk.tui.screens.changes_dialogs import ChangesPreview
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.plan import PlanScreen
from tusk.tui.screens.query import QueryScreen

LIMIT = 100
ROWS = 350
TABLE = "create table numbers (id integer primary key, word varchar(20))"
ENGINES = ["duckdb", pytest.param("postgres", marks=pytest.mark.postgres), "sqlite"]


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with a table of more rows than are fetched at once."""
    rows = [(n, f"word {n}") for n in range(ROWS)]
    if request.param == "postgres":
        dsn = str(request.getfixturevalue("pg_db"))
        with psycopg.connect(dsn, autocommit=True) as admin:
            admin.execute(TABLE)
            admin.cursor().executemany("insert into numbers values (%s, %s)", rows)
        return dsn
    path = tmp_path / f"numbers.{request.param}"
    with sqlite3.connect(path) if request.param == "sqlite" else duckdb.connect(path) as made:
        made.execute(TABLE)
        made.executemany("insert into numbers values (?, ?)", rows)
    made.close()
    return str(path)


@asynccontextmanager
async def waiting(database: str, before: str = "") -> AsyncIterator[Desk]:
    """A desk with a result that waits for its rest."""
    change_setting("query.fetch_limit", str(LIMIT))
    async with open_desk(database) as desk:
        await desk.until(
            lambda: bool(desk.pane.entry and desk.pane.entry.is_open), "the connection"
        )
        if before:
            await desk.run(before, key="f8")
        await desk.run("select id, word from numbers order by id")
        assert desk.pane.status.phase is Phase.PAUSED
        yield desk


async def explained(desk: Desk) -> PlanScreen:
    """Wait for the plan, and leave it."""
    await desk.until(
        lambda: isinstance(desk.app.screen, PlanScreen) and desk.app.screen.kept is not None,
        "the plan",
    )
    screen = desk.app.screen
    assert isinstance(screen, PlanScreen)
    await desk.until(lambda: not screen.is_working, "the end of it")
    await desk.press("escape")
    await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
    return screen


async def asked(desk: Desk) -> str:
    """Wait for the question about the rows that wait; what it says."""
    await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
    await desk.until_shown("Let go of the rows that wait?")
    return desk.text()


async def fetches_on(desk: Desk) -> None:
    """The rest comes by the same run."""
    await desk.press("f9")
    await desk.until(lambda: len(desk.column()) == 2 * LIMIT, "the next rows")
    assert desk.column() == list(range(2 * LIMIT))
    assert not any("run again" in entry.text for entry in desk.messages)


async def change_word(desk: Desk, text: str) -> None:
    """Change the second column's cell, and see what would be run."""
    screen = desk.app.screen
    assert isinstance(screen, ChangesScreen)
    await desk.until(lambda: screen.check_action("apply", ()) is True, "the origin of the rows")
    await desk.press("home", "right", "e")
    await desk.until(lambda: isinstance(desk.focused, CellInput), "the cell's input")
    await desk.type(text)
    await desk.press("enter")
    await desk.until(lambda: not screen.staging.is_empty, "the change")
    await desk.press("f5")
    await desk.until(lambda: isinstance(desk.app.screen, ChangesPreview), "the SQL")
    await desk.press("enter")


async def test_plans_and_looking_at_rows_leave_it_waiting(database: str) -> None:
    async with waiting(database) as desk:
        await desk.press("f7")
        await explained(desk)
        assert desk.pane.status.phase is Phase.PAUSED
        await desk.press("f4", "e")
        await desk.until(lambda: isinstance(desk.app.screen, ChangesScreen), "the table")
        screen = desk.app.screen
        assert isinstance(screen, ChangesScreen)
        await desk.until(lambda: screen.check_action("apply", ()) is True, "the origin")
        await desk.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        await fetches_on(desk)


async def test_rows_are_changed_and_as_many_are_read_again(database: str) -> None:
    async with waiting(database) as desk:
        await fetches_on(desk)
        await desk.press("f4", "s", "s")
        grid = desk.pane.results.grid
        assert grid is not None
        await desk.until(lambda: grid.cell_text(0, 0) == "199", "the sort")
        await desk.press("j", "j", "e")
        await desk.until(lambda: isinstance(desk.app.screen, ChangesScreen), "the table")
        await change_word(desk, "other")
        is_sqlite = database.endswith("sqlite")
        if is_sqlite:  # one that reads there keeps everybody from writing
            assert "SQLite changes" in await asked(desk)
            await desk.press("left", "left", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        await desk.until(lambda: "other" in desk.column(1), "the rows as they are now")
        await desk.ended()
        assert desk.column() == list(range(2 * LIMIT))
        assert grid.view_state.sort_keys[0].descending
        await desk.until(lambda: grid.cell_text(column=0) == "197", "the cursor on its row")
        assert (grid.cursor_row, grid.cursor_column) == (2, 0)
        assert "200+ rows" in desk.text()
        # The rest is read with what there is, and the cursor stays on its row.
        await desk.press("shift+f9")
        await desk.until(lambda: desk.column() == list(range(ROWS)), "all rows")
        await desk.until(lambda: grid.cell_text(column=0) == "197", "the cursor on its row")
        assert "350 rows" in desk.text()


async def test_a_refused_change_leaves_it_waiting(database: str) -> None:
    if database.endswith("sqlite"):
        pytest.skip("there the rows that wait are asked about before anything is changed")
    async with waiting(database) as desk:
        await desk.press("f4", "e")
        await desk.until(lambda: isinstance(desk.app.screen, ChangesScreen), "the table")
        if "dbname" in database:
            with psycopg.connect(database, autocommit=True) as other:
                other.execute("update numbers set word = 'theirs' where id = 0")
        else:
            browser = desk.pane.entry.connection.session.sibling()  # type: ignore[union-attr]
            from tusk.core.statement import Statement

            for _ in browser.execute(
                Statement("update numbers set word = 'theirs' where id = 0")
            ).batches():
                pass
            browser.close()
        await change_word(desk, "mine")
        await desk.until_told("word is theirs, not word 0")
        await desk.press("X", "escape")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        assert desk.pane.status.phase is Phase.PAUSED
        await fetches_on(desk)


@pytest.mark.postgres
async def test_what_needs_the_session_itself_asks_first(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute(TABLE)
        admin.execute(f"insert into numbers select n, 'w' from generate_series(0, {ROWS - 1}) n")
    async with waiting(pg_db, before="begin; create temp table mine (a int)") as desk:
        # Nothing is changed: the rows wait as before.
        await desk.press("f7")
        assert "Query 1 has 100 rows of a result" in await asked(desk)
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        assert desk.pane.status.phase is Phase.PAUSED
        await fetches_on(desk)

        # They are fetched first.
        await desk.press("f7")
        await asked(desk)
        await desk.press("left", "enter")
        await explained(desk)
        assert desk.column() == list(range(ROWS))
        assert desk.pane.status.is_complete

        # They are let go of, which is said; the transaction lives.
        await desk.run("select id, word from numbers order by id")
        await desk.press("f4", "e")
        await asked(desk)
        await desk.press("left", "left", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, ChangesScreen), "the table")
        await change_word(desk, "inside")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        await desk.until(lambda: "inside" in desk.column(1), "the rows as they are now")
        await desk.ended()
        assert any("The rest was given up: changing rows" in e.text for e in desk.messages)
        await desk.run("rollback")
        await desk.run("select word from numbers where id = 0")
        assert desk.column() == ["w"]


async def test_temporary_tables_of_an_embedded_session_are_seen(tmp_path: Path) -> None:
    change_setting("query.fetch_limit", str(LIMIT))
    async with open_desk() as desk:
        await desk.run("create temp table mine as select range as id from range(350)")
        await desk.run("select * from mine")
        assert desk.pane.status.phase is Phase.PAUSED
        await desk.press("f7")
        await asked(desk)
        await desk.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        await fetches_on(desk)
