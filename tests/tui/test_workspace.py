"""What comes back the next time, however tusk ended."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.tui.desk import TIMEOUT_S, Desk, open_desk
from tusk.services import connections
from tusk.services.connections import Profile
from tusk.tui.workspace_saver import SAVE_AFTER_S


async def leave(desk: Desk) -> None:
    await desk.press("ctrl+q")
    await desk.until(lambda: not desk.app.is_running, "the end")


def titles(desk: Desk) -> list[str]:
    return [tab.title for tab in desk.screen.documents.snapshot()]


async def test_tabs_texts_caret_connection_and_sizes_come_back(tmp_path: Path) -> None:
    connections.add_profile(Profile("mine", "duckdb", {"path": ""}))
    async with open_desk() as desk:
        await desk.type("select 1;\nselect 2")
        await desk.press("ctrl+n", "f2", "down", "enter")
        await desk.until(lambda: "mine" in desk.status, "the other connection")
        await desk.press("f3")
        desk.write("-- my title\nselect 'x'", caret=15)
        await desk.press("alt+right", "alt+up")
        layout = desk.screen.layout_sizes
        await leave(desk)
    async with open_desk() as desk:
        assert titles(desk) == ["Query 1", "my title"]
        assert desk.pane.editor.text == "-- my title\nselect 'x'"
        assert desk.pane.editor.caret == 15
        assert desk.pane.entry is not None
        assert desk.pane.entry.label == "mine"
        assert desk.screen.layout_sizes == layout
        await desk.press("ctrl+pageup")
        assert desk.pane.editor.text == "select 1;\nselect 2"
        assert desk.pane.entry.label == "memory"


async def test_typing_is_saved_while_it_goes_on_without_a_pause(tmp_path: Path) -> None:
    def saved() -> str:
        """What another process would find after a crash."""
        with contextlib.closing(
            sqlite3.connect(tmp_path / "tusk" / "state" / "workspace.db")
        ) as db:
            row = db.execute("select text from tab").fetchone()
        return str(row[0]) if row else ""

    async with open_desk() as desk:
        finds: list[str] = []

        async def typed_and_saved_again() -> None:
            before = saved()
            while saved() == before:
                await desk.press("x")
            finds.append(saved())

        for _ in range(2):
            await asyncio.wait_for(typed_and_saved_again(), TIMEOUT_S)
        assert 0 < len(finds[0]) < len(finds[1]) <= len(desk.pane.editor.text)
    assert SAVE_AFTER_S < 2


async def test_two_tusks_keep_their_own_tabs_and_lose_nothing() -> None:
    async with open_desk() as one:
        await one.type("first")
        async with open_desk() as two:
            assert two.pane.editor.text == ""
            await two.type("second")
            await leave(two)
        await leave(one)
    async with open_desk() as desk:
        texts = {tab.text for tab in desk.screen.documents.snapshot()}
        assert texts == {"first", "second"}


async def test_a_closed_tab_stays_closed() -> None:
    async with open_desk() as desk:
        await desk.type("select 1")
        await desk.press("ctrl+n", "alt+x")
        await desk.until(lambda: desk.screen.documents.count == 1, "one tab")
        assert desk.pane.editor.text == "select 1"
        await leave(desk)
    async with open_desk() as desk:
        assert titles(desk) == ["Query 1"]


async def test_the_last_tab_leaves_an_empty_one() -> None:
    async with open_desk() as desk:
        await desk.type("select 1")
        await desk.press("alt+x")
        await desk.until_shown("Close Query 1?")
        await desk.press("left", "enter")
        await desk.until(lambda: desk.pane.editor.text == "", "the empty tab")
        assert desk.screen.documents.count == 1


async def test_the_last_connection_is_where_an_empty_workspace_begins() -> None:
    connections.add_profile(Profile("mine", "duckdb", {"path": ""}))
    async with open_desk("mine") as desk:
        await desk.until(lambda: "mine" in desk.status, "the connection")
        await desk.press("alt+x")  # nothing is left but the memory of it
        await leave(desk)
    async with open_desk() as desk:
        assert desk.pane.editor.text == ""
        await desk.until(lambda: "mine" in desk.status, "the connection of the last time")
        assert desk.pane.entry is not None
        assert desk.pane.entry.label == "mine"


async def test_a_corrupt_workspace_is_set_aside_and_tusk_starts(tmp_path: Path) -> None:
    async with open_desk() as desk:
        await desk.type("select 1")
        await leave(desk)
    state = tmp_path / "tusk" / "state"
    (state / "workspace.db").write_bytes(b"this is no database" * 100)
    for extra in state.glob("workspace.db-*"):
        extra.unlink()
    async with open_desk() as desk:
        await desk.run("select 5")
        assert desk.column() == [5]
        aside = [p.name for p in state.iterdir() if p.name.startswith("workspace.db")]
        assert len(aside) > 1, aside
        await desk.until(lambda: bool(desk.app._notifications), "a word about it")


async def test_a_corrupt_connections_file_is_set_aside_and_tusk_starts(tmp_path: Path) -> None:
    connections.add_profile(Profile("mine", "duckdb", {"path": ""}))
    (file,) = (tmp_path / "tusk").rglob("connections.toml")
    file.write_text('[mine]\nengine = "duckdb\n')
    async with open_desk() as desk:
        await desk.until(lambda: bool(desk.app._notifications), "a word about it")
        assert any("connections.toml" in n.message for n in desk.app._notifications)
        await desk.run("select 5")
        assert desk.column() == [5]
    aside = [path for path in file.parent.iterdir() if path.name.startswith("connections.toml")]
    assert any('engine = "duckdb\n' in path.read_text() for path in aside if path != file)


async def test_loose_secrets_are_refused_and_corrupt_settings_set_aside(tmp_path: Path) -> None:
    server = Profile("shop", "postgres", {"host": "127.0.0.1", "port": "1", "user": "ann"})
    connections.add_profile(server, "s3cret")
    folder = tmp_path / "tusk"
    (folder / "secrets.toml").chmod(0o644)
    (folder / "config.toml").write_text("[query")
    async with open_desk(size=(120, 40)) as desk:
        await desk.until_told("config.toml.corrupt-")
        await desk.run("select 5")
        assert desk.column() == [5]
        await desk.press("f2", "home", "down", "enter")
        await desk.until_told("others may read it (mode 0644)")
        await desk.until_shown("hint: chmod 600")
    assert [p.read_text() for p in folder.glob("config.toml.corrupt-*")] == ["[query"]


async def test_a_connection_that_is_gone_is_told_when_it_is_used() -> None:
    connections.add_profile(Profile("gone", "duckdb", {"path": ""}))
    async with open_desk("gone") as desk:
        await desk.type("select 1")
        await leave(desk)
    connections.remove_profile("gone")
    async with open_desk() as desk:
        assert desk.pane.editor.text == "select 1"
        await desk.press("f5")
        await desk.until_shown("gone")
        assert "✗" in desk.text()


async def test_a_data_file_opens_with_its_first_rows_shown(tmp_path: Path) -> None:
    (tmp_path / "My Sales.csv").write_text("day,total\n2024-01-01,5\n2024-01-02,7\n")
    async with open_desk(str(tmp_path / "My Sales.csv")) as desk:
        await desk.until(lambda: desk.pane.editor.text != "", "the first query")
        assert desk.pane.editor.text.startswith("select *\nfrom ")
        await desk.until(lambda: bool(desk.pane.results.results), "a result")
        await desk.ended()
        assert desk.column(1) == [5, 7]


async def test_opening_the_same_file_again_comes_back_to_its_tab(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("a\n1\n")
    async with open_desk(str(file)) as desk:
        await desk.until(lambda: desk.pane.editor.text != "", "the first query")
        desk.write("select a + 1 from sales")
        await leave(desk)
    async with open_desk(str(file)) as desk:
        assert desk.pane.editor.text == "select a + 1 from sales"
        assert desk.screen.documents.count == 1


async def test_a_file_in_a_folder_with_an_equals_sign_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "year=2024" / "sales.csv"
    file.parent.mkdir()
    file.write_text("a\n7\n")
    async with open_desk(str(file)) as desk:
        await desk.until(lambda: desk.pane.editor.text != "", "the first query")
        await leave(desk)
    async with open_desk() as desk:
        await desk.press("f5")
        await desk.until(lambda: bool(desk.pane.results.results), "a result")
        await desk.ended()
        assert desk.column() == [7]


async def test_the_demo_has_run_its_first_query_and_leaves_the_workspace_alone() -> None:
    async with open_desk() as desk:
        await desk.type("mine")
        await leave(desk)
    async with open_desk(demo=True) as desk:
        await desk.until(lambda: bool(desk.pane.results.results), "a result")
        await desk.ended()
        assert desk.pane.status.rows == 18
        await desk.press("x")
        await leave(desk)
    async with open_desk() as desk:
        assert [tab.text for tab in desk.screen.documents.snapshot()] == ["mine"]


async def test_tabs_are_safe_when_the_connections_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_desk() as desk:
        await desk.type("precious")
        await leave(desk)

    def fail() -> list[Profile]:
        raise RuntimeError("a defect at the start")

    with monkeypatch.context() as patched:
        patched.setattr(connections, "list_profiles", fail)
        async with open_desk() as desk:
            assert desk.pane.editor.text == "precious"
            await desk.until_shown("a defect at the start")
            await desk.press("x")
            await leave(desk)
    async with open_desk() as desk:
        assert "precious" in desk.pane.editor.text
