"""What a target named on the command line shows at once."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.tui.desk import Desk, open_desk


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


async def test_a_database_waits_for_the_user(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table sales as select 1 as n")
    async with open_desk(str(path)) as desk:
        await desk.until(lambda: desk.pane.editor.text != "", "the first query")
        await desk.app.workers.wait_for_complete()
        await desk.pilot.pause()
        assert "sales" in desk.pane.editor.text
        assert not desk.pane.results.results
