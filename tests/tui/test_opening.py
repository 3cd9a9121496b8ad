"""What a target named on the command line shows at once."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import duckdb
import pytest

from tests.tui.desk import Desk, open_desk
from tusk.tui.widgets.result_pane import MESSAGES


def write(path: Path) -> str:
    """A file with the numbers 1 to 3, in the format that its suffix says; or a folder of two."""
    if not path.suffix:
        path.mkdir()
        for name in ("a", "b"):
            write(path / f"{name}.parquet")
    elif path.suffix == ".json":
        path.write_text('[{"n": 1}, {"n": 2}, {"n": 3}]')
    else:
        duckdb.sql("select range + 1 as n from range(3)").write_parquet(str(path))
    return str(path)


async def leave(desk: Desk) -> None:
    await desk.press("ctrl+q")
    await desk.until(lambda: not desk.app.is_running, "the end")


@pytest.mark.parametrize(
    ("name", "rows"), [("My sales.parquet", 3), ("sales.json", 3), ("many", 6)]
)
async def test_data_files_show_their_rows_at_once(tmp_path: Path, name: str, rows: int) -> None:
    async with open_desk(write(tmp_path / name)) as desk:
        await desk.until(lambda: bool(desk.pane.results.results), "a result nobody asked for")
        await desk.ended()
        assert desk.pane.status.rows == rows
        assert set(desk.column()) == {1, 2, 3}
        assert desk.pane.editor.text.startswith("select *\nfrom ")


async def test_a_file_opened_again_shows_its_rows_again(tmp_path: Path) -> None:
    target = write(tmp_path / "sales.parquet")
    for _ in range(2):
        async with open_desk(target) as desk:
            await desk.until(lambda: bool(desk.pane.results.results), "a result")
            await desk.ended()
            assert desk.screen.documents.count == 1
            await leave(desk)


async def test_what_somebody_wrote_is_not_run_unasked(tmp_path: Path) -> None:
    target = write(tmp_path / "sales.parquet")
    async with open_desk(target) as desk:
        await desk.until(lambda: bool(desk.pane.results.results), "a result")
        await desk.ended()
        desk.write("delete from sales")
        await leave(desk)
    async with open_desk(target) as desk:
        await desk.until(lambda: bool(desk.pane.entry and desk.pane.entry.info), "the connection")
        await desk.app.workers.wait_for_complete()
        await desk.pilot.pause()
        assert desk.pane.editor.text == "delete from sales"
        assert desk.pane.status.started_at == 0
        assert not desk.pane.results.results


def database(path: Path, script: str) -> str:
    """A database file of the engine that its suffix says."""
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path)) as connection:
            connection.execute(script)
    else:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
    return str(path)


@pytest.mark.parametrize("suffix", [".duckdb", ".db"])
async def test_a_database_file_shows_the_rows_of_its_first_table(
    tmp_path: Path, suffix: str
) -> None:
    script = (
        "create view a_view as select 7 as n; create table sales as select 1 as n;"
        "create table towns as select 2 as n"
    )
    async with open_desk(database(tmp_path / f"shop{suffix}", script)) as desk:
        await desk.until(lambda: bool(desk.pane.results.results), "a result nobody asked for")
        await desk.ended()
        assert desk.column() == [1]
        assert desk.pane.title == f"shop{suffix}"


@pytest.mark.parametrize("suffix", [".duckdb", ".db"])
async def test_a_view_of_a_strangers_file_is_not_run_unasked(tmp_path: Path, suffix: str) -> None:
    path = database(tmp_path / f"shop{suffix}", "create view a_view as select 7 as n")
    async with open_desk(path) as desk:
        await desk.until_shown("F5 runs the statement")
        await desk.app.workers.wait_for_complete()
        await desk.pilot.pause()
        assert "a_view" in desk.pane.editor.text
        assert desk.pane.status.started_at == 0
        assert not desk.pane.results.results


async def test_an_empty_database_file_waits_for_the_user(tmp_path: Path) -> None:
    async with open_desk(database(tmp_path / "shop.db", "")) as desk:
        assert not desk.pane.editor.text
        assert desk.pane.status.started_at == 0


async def test_tabs_of_files_are_titled_after_them_and_used_again(tmp_path: Path) -> None:
    for name in ("sales", "towns", "sales"):
        target = str(tmp_path / f"{name}.parquet")
        async with open_desk(target if Path(target).exists() else write(Path(target))) as desk:
            await desk.until(lambda: bool(desk.pane.results.results), "a result")
            await desk.ended()
            assert desk.pane.title == f"{name}.parquet"
            titles = [tab.title for tab in desk.screen.documents.snapshot()]
            await leave(desk)
    assert titles == ["sales.parquet", "towns.parquet"]


async def test_the_unedited_tab_of_a_file_is_taken_rather_than_an_edited_one(
    tmp_path: Path,
) -> None:
    target = write(tmp_path / "sales.parquet")
    async with open_desk(target) as desk:
        await desk.until(lambda: bool(desk.pane.results.results), "a result")
        await desk.ended()
        await desk.press("ctrl+n")
        desk.write("delete from sales")
        await desk.pilot.pause()
        await leave(desk)
    async with open_desk(target) as desk:
        await desk.until(lambda: bool(desk.pane.results.results), "a result")
        await desk.ended()
        assert desk.column() == [1, 2, 3]
        assert desk.pane.title == "sales.parquet"
        assert desk.screen.documents.count == 2


async def test_why_a_file_does_not_open_stays_to_be_read(tmp_path: Path) -> None:
    path = tmp_path / "broken.duckdb"
    path.write_bytes(b"this is not a database" * 1000)
    async with open_desk(str(path)) as desk:
        assert desk.last_error.text
        assert desk.pane.results.active == MESSAGES
        (toast,) = desk.app._notifications
        assert "\n" not in toast.message
        assert desk.last_error.text.startswith(toast.message)
