"""`.sql` files behind tabs: opened, saved, closed, restored, and changed by other programs."""

from __future__ import annotations

import itertools
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import unsafe_characters
from tests.tui.desk import Desk, open_desk
from tests.tui.test_workspace import leave
from tusk.services import connections
from tusk.services.connections import Profile
from tusk.tui.difference import difference_lines
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.file_difference import FileDifferenceScreen
from tusk.tui.screens.open_file import OpenFileScreen
from tusk.tui.screens.prompt import PromptScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.widgets.tab_strip import TabLabel

TIMES = itertools.count(1_000_000_000)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that tusk runs in. Files are looked at all the time, and questions not put off."""
    monkeypatch.setattr("tusk.tui.screens.query.WATCH_S", 0.05)
    monkeypatch.setattr("tusk.tui.files._TYPING_S", 0.0)
    folder = tmp_path / "home" / "sql"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def wrote(path: Path, text: str) -> Path:
    """Write a file as another program does, some time ago, each time a little later."""
    at = next(TIMES)
    part = path.with_name(".part")
    part.write_bytes(text.encode())
    os.utime(part, (at, at))
    return part.replace(path)


def labels(desk: Desk) -> list[TabLabel]:
    return list(desk.screen.documents._strip.labels)


def titles(desk: Desk) -> list[str]:
    return [label.text for label in labels(desk)]


async def shown(desk: Desk, kind: type) -> None:
    await desk.until(lambda: isinstance(desk.app.screen, kind), f"a {kind.__name__}")
    await desk.pilot.pause()


async def back(desk: Desk) -> None:
    await shown(desk, QueryScreen)


def enter(desk: Desk) -> None:
    """Press Enter in a dialog that ends at some time after it: a pilot would wait for it in vain."""
    desk.app.simulate_key("enter")


async def open_file(desk: Desk, text: str) -> None:
    await desk.press("ctrl+o")
    await shown(desk, OpenFileScreen)
    await desk.type(text)
    enter(desk)


async def opened(desk: Desk, name: str) -> None:
    await open_file(desk, name)
    await back(desk)
    assert desk.pane.file is not None
    assert desk.pane.file.path.name == name


async def save_as(desk: Desk, text: str) -> None:
    await desk.press("alt+shift+s")
    await shown(desk, PromptScreen)
    await desk.press("ctrl+u")
    await desk.type(text)
    enter(desk)


async def saved(desk: Desk) -> None:
    await desk.until(lambda: not desk.pane.is_modified, "the saving")


class TestOpening:
    async def test_a_file_is_opened_edited_saved_and_gone_to_again(self, folder: Path) -> None:
        path = folder / "daily.sql"
        path.write_bytes(b"\xef\xbb\xbfselect 1;\r\nselect 2;\r\n")
        path.chmod(0o640)
        async with open_desk() as desk:
            await opened(desk, "daily.sql")
            assert desk.focused is desk.pane.editor
            assert desk.screen.documents.count == 1  # the empty tab was taken
            assert desk.pane.editor.text == "select 1;\nselect 2;\n"
            assert titles(desk) == ["daily.sql"]
            assert labels(desk)[0].place == "~/sql/daily.sql"
            await desk.pilot.hover("#document-tabs", offset=(3, 0))
            assert str(desk.screen.documents._strip.tooltip) == "~/sql/daily.sql"
            assert "UTF-8 with BOM · CRLF" in desk.status
            await desk.type("-- x\n")
            await desk.until(lambda: titles(desk) == ["daily.sql*"], "the star")
            await desk.press("ctrl+z", "ctrl+z")
            await desk.until(lambda: titles(desk) == ["daily.sql"], "no star")
            await desk.type("-- y")
            await desk.press("ctrl+s")
            await saved(desk)
            assert path.read_bytes() == b"\xef\xbb\xbf-- yselect 1;\r\nselect 2;\r\n"
            assert stat.S_IMODE(path.stat().st_mode) == 0o640
            await desk.until(lambda: titles(desk) == ["daily.sql"], "no star")
            # A title in the text does not count in a tab that has a file.
            await desk.press("alt+shift+r")
            await desk.until_told("called what its file is called")
            # Open already: gone to, by whatever name.
            (folder / "link.sql").symlink_to("daily.sql")
            await desk.press("ctrl+n")
            await open_file(desk, "../sql/link.sql")
            await back(desk)
            assert titles(desk) == ["daily.sql", "Query 1"]
            assert desk.pane.file is not None
            assert desk.pane.file.path == path

    async def test_what_cannot_be_opened_is_said_and_can_be_typed_again(self, folder: Path) -> None:
        (folder / "data").mkdir()
        (folder / "b.sql").write_bytes(b"x\0y")
        (folder / "good.sql").write_text("select 7")
        async with open_desk(size=(80, 24)) as desk:
            for name, words in [
                ("none.sql", "there is no file"),
                ("data", "is a folder"),
                ("b.sql", "binary"),
                ("~nobody-here/x.sql", "there is no user"),
            ]:
                await open_file(desk, name)
                await desk.until_shown(words)
                await desk.press("escape")
                await back(desk)
            # Down goes through what the path may become; a folder is gone into.
            await desk.press("ctrl+o")
            await shown(desk, OpenFileScreen)
            await desk.until_shown("good.sql")
            await desk.press("up", "enter")
            await desk.until(lambda: "data/" in desk.text(), "the folder")
            await desk.until_shown("Nothing begins like that")
            await desk.press("ctrl+u")
            await desk.type("go")
            await desk.press("tab")
            await desk.until_shown("good.sql")
            await desk.press("enter")
            await back(desk)
            assert desk.pane.editor.text == "select 7"
            # Now it is among those opened lately.
            await desk.press("ctrl+n", "ctrl+o")
            await desk.until_shown("Opened lately")
            await desk.press("down", "enter")
            await back(desk)
            assert titles(desk) == ["good.sql", "Query 1"]

    async def test_the_shell_opens_files_on_a_connection(self, folder: Path) -> None:
        connections.add_profile(Profile("mine", "duckdb", {"path": ""}))
        one, two = folder / "one.sql", folder / "a" / "one.sql"
        one.write_text("select 1 as one")
        two.parent.mkdir()
        two.write_text("")
        async with open_desk("mine", files=[one, two]) as desk:
            await desk.until(lambda: "mine" in desk.status, "the connection")
            assert titles(desk) == ["sql/one.sql", "a/one.sql"]
            await desk.press("ctrl+pageup", "f5")
            await desk.until(lambda: bool(desk.pane.results.results), "a result")
            await desk.ended()
            assert desk.column() == [1]
            # An empty tab that belongs to a file is not one to put something else into.
            await desk.press("ctrl+pagedown", "ctrl+o")
            await shown(desk, OpenFileScreen)
            await desk.press("escape")
            await desk.screen.open_text("select 3")
            assert len(titles(desk)) == 3
            await leave(desk)
        async with open_desk(files=[two]) as desk:
            assert titles(desk) == ["sql/one.sql", "a/one.sql", "Query 1"]
            assert desk.pane.file is not None
            assert desk.pane.file.path == two

    async def test_hostile_names_are_shown_safely(self, folder: Path) -> None:
        name = "a\x1b]0;owned\x07[bold]\u202eb\udce9.sql"
        path = folder / name
        path.write_text("select 1")
        async with open_desk(files=[path]) as desk:
            assert desk.pane.title == name
            await desk.type("x")
            await desk.press("alt+x")
            await shown(desk, ConfirmScreen)
            assert unsafe_characters(desk.text()) == []
            await desk.press("escape", "ctrl+s")
            await saved(desk)
            assert path.read_text() == "xselect 1"
            await desk.press("ctrl+o")
            await desk.until_shown("Opened lately")
            assert unsafe_characters(desk.text()) == []
            await desk.press("escape")
            await back(desk)
            path.unlink()
            await desk.until_told("deleted or renamed")
            assert unsafe_characters(desk.text()) == []
            await leave(desk)
        async with open_desk() as desk:
            assert desk.pane.title == name
            await desk.until(lambda: titles(desk)[0].endswith("*"), "the star")


class TestSaving:
    async def test_a_tab_is_saved_to_a_file_and_then_belongs_to_it(self, folder: Path) -> None:
        (folder / "old.sql").write_text("keep")
        async with open_desk() as desk:
            desk.write("-- Sales / day\nselect 1\n")
            await desk.press("alt+shift+s")
            await shown(desk, PromptScreen)
            await desk.until_shown("~/sql/Sales - day.sql")
            await desk.press("escape")
            for name, words in [("no/x.sql", "there is no folder"), (".", "is a folder")]:
                await save_as(desk, name)
                await desk.until_shown(words)
                await desk.press("escape")
                await back(desk)
            # A file that is there is not replaced unasked.
            await save_as(desk, "old.sql")
            await shown(desk, ConfirmScreen)
            await desk.press("enter")
            await desk.until_shown("old.sql is left as it is")
            assert (folder / "old.sql").read_text() == "keep"
            await desk.press("enter")
            await shown(desk, ConfirmScreen)
            await desk.press("left", "enter")
            await back(desk)
            assert (folder / "old.sql").read_text() == "-- Sales / day\nselect 1\n"
            assert titles(desk) == ["old.sql"]
            # Ctrl+S is the file's now, and Alt+Shift+S takes the tab elsewhere.
            await desk.type("x")
            await desk.press("ctrl+s")
            await saved(desk)
            await save_as(desk, "new.sql")
            await back(desk)
            assert titles(desk) == ["new.sql"]
            await desk.press("ctrl+n")
            await desk.type("y")
            await save_as(desk, "new.sql")
            await desk.until_shown("open in another tab")
            await desk.press("escape")
            await back(desk)
            # Without a file it is still the saved query's form.
            await desk.press("ctrl+s")
            await desk.until_shown("Save")
            assert not isinstance(desk.app.screen, (QueryScreen, PromptScreen))

    async def test_what_cannot_be_saved_is_said_and_stays_in_the_tab(self, folder: Path) -> None:
        path = folder / "a" / "a.sql"
        path.parent.mkdir()
        path.write_bytes(b"select 'caf\xe9'")
        async with open_desk(files=[path]) as desk:
            await desk.until_told("not UTF-8")
            await desk.press("ctrl+end")
            desk.pane.editor.insert("→")
            await desk.press("ctrl+s")
            await shown(desk, ConfirmScreen)
            assert "Windows-1252" in desk.text()
            await desk.press("enter")
            await back(desk)
            assert path.read_bytes() == b"select 'caf\xe9'"
            await desk.press("ctrl+s")
            await shown(desk, ConfirmScreen)
            await desk.press("left", "enter")
            await saved(desk)
            assert path.read_bytes() == "select 'café'→".encode()
            await desk.type("more")
            path.unlink()
            path.parent.rmdir()
            await desk.press("ctrl+s")
            await desk.until(
                lambda: any("cannot write" in e.text for e in desk.messages), "the error"
            )
            assert desk.pane.editor.text == "select 'café'→more"
            assert desk.pane.is_modified


class TestClosing:
    async def test_changes_are_asked_about(self, folder: Path) -> None:
        (folder / "a.sql").write_text("select 1")
        async with open_desk(files=[folder / "a.sql"]) as desk:
            await desk.press("ctrl+n", "alt+shift+p", "alt+x")
            await desk.until(lambda: titles(desk) == ["Query 1"], "the end of the tab")
            await desk.press("alt+shift+t")
            await desk.until(lambda: "a.sql" in titles(desk), "the tab again")
            await desk.type("x")
            await desk.press("alt+x")
            await shown(desk, ConfirmScreen)
            assert "Save a.sql before closing?" in desk.text()
            await desk.press("enter")
            await back(desk)
            assert "a.sql*" in titles(desk)
            await desk.press("alt+x")
            await shown(desk, ConfirmScreen)
            await desk.press("left", "left", "enter")
            await desk.until(lambda: titles(desk) == ["Query 1"], "the end of the tab")
            assert (folder / "a.sql").read_text() == "xselect 1"
            await desk.press("alt+shift+t")
            await desk.until(lambda: "a.sql" in titles(desk), "the tab again")
            await desk.type("y")
            await desk.press("alt+x")
            await shown(desk, ConfirmScreen)
            await desk.press("left", "enter")
            await desk.until(lambda: titles(desk) == ["Query 1"], "the end of the tab")
            assert (folder / "a.sql").read_text() == "xselect 1"
            # What was discarded is not gone yet.
            await desk.press("alt+shift+t")
            await desk.until(lambda: "a.sql*" in titles(desk), "the tab again")
            assert desk.pane.editor.text == "xyselect 1"


class TestOtherPrograms:
    async def test_a_tab_without_changes_shows_what_they_wrote(self, folder: Path) -> None:
        path = wrote(folder / "a.sql", "select 1;\nselect 2;\nselect 3;\n")
        async with open_desk(files=[path]) as desk:
            desk.pane.editor.place_caret(len("select 1;\nselect 2;\nsel"))
            wrote(path, "-- new\r\nselect 1;\r\nselect 2;\r\nselect 3;\r\n")
            await desk.until_told("changed by another program")
            assert desk.pane.editor.text == "-- new\nselect 1;\nselect 2;\nselect 3;\n"
            assert desk.pane.editor.cursor_location == (3, 3)
            await desk.until(lambda: "CRLF" in desk.status, "the line ends")
            assert titles(desk) == ["a.sql"]
            await desk.press("ctrl+z")
            await desk.until(lambda: titles(desk) == ["a.sql*"], "the star")
            assert desk.pane.editor.text == "select 1;\nselect 2;\nselect 3;\n"
            await desk.press("ctrl+y")
            await desk.until(lambda: titles(desk) == ["a.sql"], "no star")
            # Gone, and back.
            path.unlink()
            await desk.until_told("deleted or renamed by another program")
            await desk.until(lambda: titles(desk) == ["a.sql*"], "the star")
            await desk.until(lambda: "deleted on the disk" in desk.status, "the mark")
            wrote(path, "back")
            await desk.until(lambda: desk.pane.editor.text == "back", "the new file")
            await desk.until(lambda: titles(desk) == ["a.sql"], "no star")
            path.unlink()
            await desk.until(lambda: titles(desk) == ["a.sql*"], "the star")
            await desk.press("ctrl+s")
            await saved(desk)
            assert path.read_text() == "back"

    async def test_a_tab_with_changes_asks_which_text_stays(self, folder: Path) -> None:
        path = wrote(folder / "a.sql", "select 1\n")
        async with open_desk(files=[path], size=(80, 24)) as desk:
            await desk.type("-- mine\n")
            wrote(path, "select 2\n")
            await shown(desk, ConfirmScreen)
            assert "a.sql was changed by another program" in desk.text()
            await desk.press("left", "left", "enter")
            await shown(desk, FileDifferenceScreen)
            await desk.until_shown("-select 2")
            assert "+-- mine" in desk.text()
            await desk.press("escape")
            await shown(desk, ConfirmScreen)
            await desk.press("escape")
            await back(desk)
            # Not settled: said, not asked again, and not written over.
            await desk.until(lambda: "changed on the disk" in desk.status, "the mark")
            await desk.press("ctrl+s")
            await shown(desk, ConfirmScreen)
            await desk.press("enter")
            await back(desk)
            assert path.read_text() == "select 2\n"
            await desk.press("ctrl+s")
            await shown(desk, ConfirmScreen)
            await desk.press("left", "enter")
            await saved(desk)
            assert path.read_text() == "-- mine\nselect 1\n"
            # Theirs, which undo takes back.
            await desk.type("-- more\n")
            wrote(path, "select 3\n")
            await shown(desk, ConfirmScreen)
            await desk.press("left", "left", "left", "enter")
            await back(desk)
            assert desk.pane.editor.text == "select 3\n"
            assert not desk.pane.is_modified
            await desk.press("ctrl+z")
            assert "-- more" in desk.pane.editor.text
            # Mine, of which the file knows nothing before it is saved.
            wrote(path, "select 4\n")
            await shown(desk, ConfirmScreen)
            await desk.press("left", "enter")
            await back(desk)
            assert path.read_text() == "select 4\n"
            assert desk.pane.is_modified
            await desk.press("ctrl+s")
            await saved(desk)
            assert "-- more" in path.read_text()

    async def test_a_file_is_reloaded_by_hand(self, folder: Path) -> None:
        path = wrote(folder / "a.sql", "select 1\n")
        async with open_desk() as desk:
            await desk.press("alt+shift+i")
            await desk.until_told("this tab has no file")
            await opened(desk, "a.sql")
            await desk.press("alt+shift+i")
            await desk.until_told("the tab is what is on the disk")
            await desk.type("x")
            await desk.press("alt+shift+i")
            await shown(desk, ConfirmScreen)
            await desk.press("enter")
            await back(desk)
            assert desk.pane.is_modified
            await desk.press("alt+shift+i")
            await shown(desk, ConfirmScreen)
            await desk.press("left", "left", "enter")
            await saved(desk)
            assert desk.pane.editor.text == path.read_text() == "select 1\n"

    async def test_a_file_that_becomes_something_else_is_said_and_left_alone(
        self, folder: Path
    ) -> None:
        path = wrote(folder / "a.sql", "select 1\n")
        async with open_desk(files=[path]) as desk:
            wrote(path, "\0\0")
            await desk.until_told("binary")
            await desk.until(lambda: "cannot be read" in desk.status, "the mark")
            await desk.type("x")
            await desk.press("ctrl+s")
            await desk.until(lambda: any("binary" in e.text for e in desk.messages), "the error")
            assert path.read_bytes() == b"\0\0"
            assert desk.pane.editor.text == "xselect 1\n"


class TestRestart:
    async def test_tabs_know_their_files_when_they_come_back(self, folder: Path) -> None:
        names = ("same", "mine", "theirs", "both", "gone")
        paths = {name: wrote(folder / f"{name}.sql", f"{name}\n") for name in names}
        async with open_desk(files=list(paths.values())) as desk:
            for name in ("mine", "both"):
                await opened(desk, f"{name}.sql")
                await desk.type("x")
            await opened(desk, "same.sql")
            await leave(desk)
        wrote(paths["theirs"], "new\n")
        wrote(paths["both"], "other\n")
        paths["gone"].unlink()
        async with open_desk() as desk:
            stars = {label.title: label.is_modified for label in labels(desk)}
            assert stars == {f"{name}.sql": name in ("mine", "both") for name in names}
            assert desk.pane.title == "same.sql"
            await opened(desk, "mine.sql")
            assert desk.pane.editor.text == "xmine\n"
            await desk.press("ctrl+z")
            await desk.press("home", "delete")
            await desk.until(lambda: "mine.sql" in titles(desk), "no star: it is the file's text")
            await opened(desk, "theirs.sql")
            await desk.until(lambda: desk.pane.editor.text == "new\n", "their text")
            await opened(desk, "gone.sql")
            await desk.until_told("deleted or renamed")
            await open_file(desk, "both.sql")
            await shown(desk, ConfirmScreen)
            assert "both.sql was changed by another program" in desk.text()
            await desk.press("escape")
            await back(desk)
            assert desk.pane.editor.text == "xboth\n"


@given(
    st.lists(st.sampled_from(["", "a", "b", "-a", "@@ x", "+"]), max_size=12),
    st.lists(st.sampled_from(["", "a", "b", "-a", "@@ x", "+"]), max_size=12),
)
def test_a_difference_makes_one_text_of_the_other(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)
    old, new = before.split("\n"), after.split("\n")
    made: list[str] = []
    at = 0
    for line in difference_lines(before, after):
        if line.startswith("@@ -"):
            start, comma, count = line.split(" ")[1][1:].partition(",")
            first = int(start) - (1 if not comma or int(count) else 0)
            made += old[at:first]
            at = first
        elif line.startswith(" "):
            assert old[at] == line[1:]
            made.append(line[1:])
            at += 1
        elif line.startswith("-"):
            assert old[at] == line[1:]
            at += 1
        else:
            made.append(line[1:])
    assert made + old[at:] == new
