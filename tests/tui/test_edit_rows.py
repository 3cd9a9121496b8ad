"""Rows of a result changed by keys: staged, undone, looked at as SQL, applied, refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from textual.pilot import Pilot

from tests.support.hostile import HOSTILE
from tests.tui.desk import Desk, open_desk
from tusk.tui.app import TuskApp
from tusk.tui.screens.changes import CellInput, ChangesScreen
from tusk.tui.screens.changes_dialogs import CellTextScreen, ChangesPreview
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.query import QueryScreen

TABLE = (
    "create table people (id integer primary key, name varchar(10) not null, born date,"
    " salary real default 7.5)"
)
ROWS = "insert into people values (1, 'Ann', null, 1.5), (2, 'Bob', '2001-02-03', 2), (3, '', null, null)"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.sqlite"
    with sqlite3.connect(path) as made:
        made.execute(TABLE)
        made.execute(ROWS)
    made.close()
    return path


def people(file: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(file) as opened:
        rows = opened.execute("select * from people order by id").fetchall()
    opened.close()
    return rows


async def until_editing(desk: Desk, sql: str = "select * from people order by id") -> ChangesScreen:
    await desk.until(lambda: bool(desk.pane.entry and desk.pane.entry.is_open), "the connection")
    await desk.run(sql)
    return await edit(desk)


async def edit(desk: Desk) -> ChangesScreen:
    await desk.press("f4", "e")
    await desk.until(lambda: isinstance(desk.app.screen, ChangesScreen), "the table")
    screen = desk.app.screen
    assert isinstance(screen, ChangesScreen)
    await desk.until(lambda: screen.check_action("apply", ()) is True, "the origin of the rows")
    await desk.pilot.pause()
    return screen


async def type_into_cell(desk: Desk, text: str, *, end: str = "enter") -> None:
    await desk.press("e")
    await desk.until(lambda: isinstance(desk.focused, CellInput), "the cell's input")
    await desk.type(text)
    await desk.press(end)


async def until_closed(desk: Desk) -> None:
    await desk.until(lambda: not isinstance(desk.focused, CellInput), "the cell to be taken")
    await desk.pilot.pause()


async def test_cells_rows_undo_preview_and_apply_at_80x24(file: Path) -> None:
    async with open_desk(str(file), size=(80, 24)) as desk:
        screen = await until_editing(desk)
        await desk.press("right")
        await type_into_cell(desk, "Anna")
        await until_closed(desk)
        assert "•Anna" in desk.text()
        await desk.press("u")
        assert screen.staging.is_empty
        await desk.press("U")
        assert screen.staging.value(0, 1) == "Anna"
        # Tab takes a text and goes on to the right.
        await desk.press("down")
        await type_into_cell(desk, "Rob", end="tab")
        await desk.until(lambda: isinstance(desk.focused, CellInput), "the next cell's input")
        await desk.press("escape")
        await until_closed(desk)
        await desk.press("x")  # born, of Bob
        await desk.press("down", "left", "D", "o")
        await type_into_cell(desk, "Zed")
        await until_closed(desk)
        assert "2 rows changed, 1 new, 1 deleted" in desk.text()
        assert people(file)[0][1] == "Ann"

        await desk.press("f5")
        await desk.until(lambda: isinstance(desk.app.screen, ChangesPreview), "the SQL")
        assert "DELETE FROM" in desk.text()
        assert all(len(line) <= 80 for line in desk.text().splitlines())
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        await desk.ended()
        after = people(file)
        assert after[:2] == [(1, "Anna", None, 1.5), (2, "Rob", None, 2.0)]
        assert after[2][1:] == ("Zed", None, 7.5)
        # The result shows the rows as they are now.
        assert desk.column(1) == ["Anna", "Rob", "Zed"]


async def test_a_conflict_changes_nothing_and_leaving_asks(file: Path) -> None:
    async with open_desk(str(file)) as desk:
        screen = await until_editing(desk)
        await desk.press("right")
        await type_into_cell(desk, "first")
        await until_closed(desk)
        await desk.press("down")
        await type_into_cell(desk, "second")
        await until_closed(desk)
        with sqlite3.connect(file) as other:
            other.execute("update people set name = 'theirs' where id = 2")
        other.close()
        await desk.press("f5")
        await desk.until(lambda: isinstance(desk.app.screen, ChangesPreview), "the SQL")
        await desk.press("enter")
        await desk.until_shown("name is theirs, not Bob")
        assert [row[1] for row in people(file)] == ["Ann", "theirs", ""]
        assert not screen.staging.is_empty

        await desk.press("ctrl+q")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        assert "not applied: 2 rows changed" in desk.text()
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is screen, "the table again")
        await desk.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is screen, "the table again")
        await desk.press("X", "escape")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")


async def test_what_cannot_be_changed_is_told(file: Path) -> None:
    async with open_desk(str(file)) as desk:
        await desk.until(lambda: bool(desk.pane.entry and desk.pane.entry.is_open), "the file")
        await desk.run("select a.id from people a join people b on a.id = b.id")
        await desk.press("f4", "e")
        await desk.until_shown("it joins several tables")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        await desk.press("f3")
        screen = await until_editing(desk, "select id, id + 1 as next, name from people")
        await desk.press("right", "enter")
        await desk.until_shown("this column is computed")
        # What was staged before that was known is taken back.
        screen.staging.set(0, 1, "5")
        screen.staging.set(0, 2, "Anna")
        screen._drop_what_cannot_be(screen._origin)  # type: ignore[arg-type]
        assert [list(screen.staging.values(row)) for row in (0, 1)] == [[(2, "Anna")], []]


async def test_keys_typed_before_the_table_is_known_are_not_lost(file: Path) -> None:
    async with open_desk(str(file)) as desk:
        await desk.until(lambda: bool(desk.pane.entry and desk.pane.entry.is_open), "the file")
        await desk.run("select * from people order by id")
        await desk.press("f4", "right", "e", "e")
        await desk.type("Anna")
        await desk.press("enter")
        await desk.until_shown("1 row changed")
        assert "•Anna" in desk.text()


async def test_hostile_values_and_texts_of_several_lines(file: Path) -> None:
    with sqlite3.connect(file) as made:
        for number, text in enumerate(HOSTILE.values()):
            value = text.encode("utf-8", "replace").decode()
            made.execute("insert into people (id, name) values (?, ?)", (100 + number, value))
        made.execute("insert into people (id, name) values (99, 'one' || char(10) || 'two')")
    made.close()
    async with open_desk(str(file)) as desk:
        screen = await until_editing(desk, "select * from people where id >= 99 order by id")
        await desk.press("right", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, CellTextScreen), "the lines")
        await desk.press("x", "f5")
        await desk.until(lambda: desk.app.screen is screen, "the table")
        assert screen.staging.value(0, 1) == "xone\ntwo"
        await desk.press("G", "D", "pageup", "end", "home", "f5")
        await desk.until(lambda: isinstance(desk.app.screen, ChangesPreview), "the SQL")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
        assert len(people(file)) == 3 + len(HOSTILE)


@pytest.mark.postgres
async def test_an_error_of_the_server_is_told_at_its_cell(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute(TABLE)
        admin.execute(ROWS)
        async with open_desk(pg_db) as desk:
            screen = await until_editing(desk)
            await desk.press("right")
            await type_into_cell(desk, "fine")
            await until_closed(desk)
            await desk.press("down")
            await type_into_cell(desk, "far too long")
            await until_closed(desk)
            await desk.press("up", "left", "f5")
            await desk.until(lambda: isinstance(desk.app.screen, ChangesPreview), "the SQL")
            await desk.press("enter")
            await desk.until_shown("value too long")
            await desk.until(lambda: not screen.is_working, "the end of the work")
            assert screen.query_one("StagedTable").cell == (1, 1)  # type: ignore[attr-defined]
            assert admin.execute("select name from people where id = 1").fetchone() == ("Ann",)
            await desk.press("backspace", "f5")
            await desk.until(lambda: isinstance(desk.app.screen, ChangesPreview), "the SQL")
            await desk.press("enter")
            await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the result")
            assert admin.execute("select name from people where id = 1").fetchone() == ("fine",)


@pytest.mark.parametrize("theme", ["tusk-dark", "tusk-light"])
def test_picture_of_staged_changes(
    snap_compare: Callable[..., bool], file: Path, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textual.widgets.Input.cursor_blink", False)
    app = TuskApp(str(file))

    async def show(pilot: Pilot[None]) -> None:
        desk = Desk(app, pilot)
        await desk.until(lambda: app.has_begun, "the first tab")
        app.theme = theme
        await until_editing(desk)
        await desk.press("right")
        await type_into_cell(desk, "Anna")
        await until_closed(desk)
        await desk.press("right", "down", "x", "down", "D", "o", "left")
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.focused, CellInput), "the cell's input")
        await desk.type("Zed")
        await pilot.pause()

    assert snap_compare(app, terminal_size=(80, 24), run_before=show)
