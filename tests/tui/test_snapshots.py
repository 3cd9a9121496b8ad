"""Pictures of the screens. Look at the picture before accepting a new one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.tui.desk import Desk
from tests.tui.test_completion import until_known, until_listed
from tests.tui.test_files import wrote
from tests.tui.test_running import SLOW
from tusk.services import connections
from tusk.services.connections import Profile
from tusk.tui.app import TuskApp
from tusk.tui.run_status import Phase

Act = Callable[[Desk], Awaitable[None]]


@pytest.fixture(autouse=True)
def fixed_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every duration is the same, and no cursor blinks."""
    monkeypatch.setattr("tusk.tui.run_status.seconds", lambda _: "5 ms")
    monkeypatch.setattr("tusk.tui.run_view.seconds", lambda _: "5 ms")
    monkeypatch.setattr("textual.widgets.TextArea.cursor_blink", False)
    monkeypatch.setattr("textual.widgets.Input.cursor_blink", False)


@pytest.fixture
def picture(snap_compare: Callable[..., bool]) -> Callable[..., bool]:
    """Compares the app, after some acts, with its picture."""

    def compare(
        act: Act, *, demo: bool = False, theme: str = "tusk-dark", size: tuple[int, int] = (120, 40)
    ) -> bool:
        app = TuskApp(demo=demo)

        async def before(pilot: Pilot[None]) -> None:
            desk = Desk(app, pilot)
            await desk.until(lambda: app.has_begun, "the first tab")
            if demo:
                await desk.until(lambda: bool(desk.pane.results.results), "the first result")
                await desk.ended()
            if size[0] >= 100:
                await desk.until_shown("ports" if demo else "main")
            app.theme = theme
            await act(desk)
            await settled(desk)

        return snap_compare(app, terminal_size=size, run_before=before)

    return compare


async def settled(desk: Desk) -> None:
    """Wait until the picture stays as it is; what is below a dialog is drawn after it."""
    before = ""
    while (now := desk.app.export_screenshot()) != before:
        before = now
        await desk.pilot.pause(0.1)


async def nothing(desk: Desk) -> None:
    await desk.pilot.pause()


def test_demo(picture: Callable[..., bool]) -> None:
    assert picture(nothing, demo=True)


def test_demo_light(picture: Callable[..., bool]) -> None:
    assert picture(nothing, demo=True, theme="tusk-light")


def test_demo_16_colours(picture: Callable[..., bool]) -> None:
    assert picture(nothing, demo=True, theme="tusk-16")


def test_demo_80x24(picture: Callable[..., bool]) -> None:
    assert picture(nothing, demo=True, size=(80, 24))


def test_demo_200x60(picture: Callable[..., bool]) -> None:
    assert picture(nothing, demo=True, size=(200, 60))


def test_empty(picture: Callable[..., bool]) -> None:
    assert picture(nothing, size=(100, 30))


def test_error(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        await desk.run("select 1;\n\nselect pasengers\nfrom crossings")

    assert picture(act, demo=True)


@pytest.mark.parametrize("shown", ["first result", "messages"])
def test_two_results(picture: Callable[..., bool], shown: str) -> None:
    async def act(desk: Desk) -> None:
        await desk.run("select 1 as a; select 2 as b", key="f8")
        if shown == "messages":
            await desk.press("f4", "left_square_bracket")

    assert picture(act, size=(80, 24))


def test_another_tab_runs(picture: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tusk.tui.turns.seconds", lambda _: "0:42")
    monkeypatch.setattr("tusk.tui.run_status._SPINNER", "⠋")

    async def act(desk: Desk) -> None:
        desk.write(SLOW)
        await desk.start()
        await desk.until_phase(Phase.RUNNING)
        await desk.press("ctrl+n")
        desk.write("select 2")
        await desk.press("f5")
        await desk.until_shown("Wait for the other tab?")

    assert picture(act, size=(80, 24))


def test_explorer(picture: Callable[..., bool]) -> None:
    for name, group in (("shop", "production"), ("shop test", "test")):
        profile = Profile(name, "postgres", {"host": "db"}, group=group, read_only=group != "test")
        connections.add_profile(profile)

    async def act(desk: Desk) -> None:
        await desk.press("f2", "tab", "tab", "down", "down", "down", "right")
        await desk.until(lambda: "captain" in desk.text() or "Columns" in desk.text(), "columns")

    assert picture(act, demo=True)


def test_transaction(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        await desk.run("begin")
        await desk.press("ctrl+t")
        await desk.until_shown("A transaction is open")

    assert picture(act, size=(80, 24))


def test_connection_form(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        await desk.press("f2", "a")
        await desk.until_shown("New connection")
        desk.app.screen.query_one("#url", Input).value = "postgresql://ann@db.example/shop"
        await desk.press("enter")
        await desk.until_shown("Filled in")

    assert picture(act, size=(80, 24))


def test_help(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        await desk.press("f1")
        await desk.until_shown("every key")

    assert picture(act, size=(100, 40))


def test_leaving_with_an_open_transaction(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        await desk.run("begin")
        await desk.press("ctrl+q")
        await desk.until_shown("Leave tusk?")

    assert picture(act, size=(80, 24))


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with SQL below the user's own, which tusk runs in."""
    folder = tmp_path / "home" / "reports"
    (folder / "old").mkdir(parents=True)
    for name in ("daily.sql", "weekly.sql", "notes.txt"):
        (folder / name).write_text("select *\nfrom crossings;\n")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("tusk.tui.screens.query.WATCH_S", 0.02)
    monkeypatch.setattr("tusk.tui.files._TYPING_S", 0.0)
    return folder


def test_open_file(picture: Callable[..., bool], own_folder: Path) -> None:
    async def act(desk: Desk) -> None:
        await desk.press("ctrl+o", "down", "down")

    assert picture(act, size=(80, 24))


def test_a_file_that_was_changed_outside(picture: Callable[..., bool], own_folder: Path) -> None:
    async def act(desk: Desk) -> None:
        await desk.press("ctrl+o", *"daily.sql", "enter")
        await desk.until_shown("from crossings")
        await desk.press("x")
        wrote(own_folder / "daily.sql", "select 1\n")
        await desk.until_shown("changed by another program")

    assert picture(act, size=(80, 24))


def test_list_of_completions(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        await until_known(desk)
        desk.write("select sum(c.) from crossings c", caret=13)
        await desk.press("ctrl+@")
        await until_listed(desk, "passengers")
        await desk.press("down", "down")

    assert picture(act, demo=True, size=(80, 24))


def test_marks_and_brackets(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        await until_known(desk)
        desk.write("select round(avg(takings), 2)\nfrom crossings;\n\nselect 1 2 3 4;\n", caret=29)
        await desk.until(lambda: bool(desk.pane.editor.note), "a mark")

    assert picture(act, demo=True, theme="tusk-light", size=(80, 24))


def test_find_and_replace(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        desk.write("select id, name\nfrom users\nwhere id = 1\n  and id > 0;\n", 0)
        await desk.press("f3", "ctrl+r", "alt+k", "alt+w")
        await desk.type("i(d)")
        await desk.until_shown("1 of 3")
        await desk.press("tab")
        await desk.type("x")

    assert picture(act, size=(80, 24))


def test_several_carets(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        desk.write("select id, name\nfrom users\nwhere id = 1\n  and id > 0;\n", 8)
        await desk.press("f3", "alt+shift+l", "shift+left")

    assert picture(act, size=(80, 24), theme="tusk-light")


def test_first_steps(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        await desk.until_shown("Try the sample data")
        await desk.press("down")

    assert picture(act, size=(80, 24), theme="tusk-light")


def test_snippets(picture: Callable[..., bool]) -> None:
    async def act(desk: Desk) -> None:
        await desk.press("alt+shift+m")
        await desk.until_shown("Snippets · 13")
        await desk.press("down", "down", "down")
        # Its path is another one each time.
        desk.app.screen.query_one("#list-title", Static).update("Snippets · 13")

    assert picture(act, size=(80, 24))
