"""Saved queries: saved from the editor, found, loaded, run, arranged, changed meanwhile."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from tests.support.hostile import unsafe_characters
from tests.tui.desk import Desk, open_desk
from tusk.services.saved import SavedFile, SavedParameter, SavedQuery, open_saved
from tusk.tui.path_completion import complete_path
from tusk.tui.query_saving import difference_of
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.parameters import ParametersScreen
from tusk.tui.screens.prompt import PromptScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.screens.save_query import SaveQueryScreen
from tusk.tui.screens.saved import SavedScreen, tree_lines
from tusk.tui.widgets.lazy_tree import LazyTree
from tusk.tui.widgets.path_input import PathInput


async def shown(desk: Desk, kind: type) -> None:
    await desk.until(lambda: isinstance(desk.app.screen, kind), kind.__name__)


async def opened(desk: Desk) -> SavedScreen:
    await desk.press("alt+q")
    await shown(desk, SavedScreen)
    assert isinstance(desk.app.screen, SavedScreen)
    await desk.until_shown("Saved queries")
    return desk.app.screen


def lines(screen: SavedScreen) -> list[str]:
    return [line.text for line in screen.query_one(LazyTree).lines]


def names() -> list[str]:
    return [file.name for file in open_saved().find()[0]]


def field(desk: Desk, name: str) -> Input:
    return desk.app.screen.query_one(f"#{name}", Input)


async def test_a_tab_is_saved_found_run_with_its_values_and_saved_again() -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.write("select :day as day")
        await desk.press("ctrl+s")
        await shown(desk, SaveQueryScreen)
        await desk.type("sales/bad?name")
        await desk.press("f2")
        await desk.until_shown("cannot be a name")
        field(desk, "name").value = "sales/daily"
        field(desk, "description").value = "Orders of a day"
        field(desk, "tags").value = "sales, daily, sales"
        field(desk, "parameters").value = "day:date=2026-01-31"
        await desk.press("f2")
        await shown(desk, QueryScreen)
        await desk.until_told("Saved sales/daily")
        saved = open_saved().get("sales/daily").query
        assert saved == SavedQuery(
            "select :day as day", "Orders of a day", ("sales", "daily"), "",
            (SavedParameter("day", "date", "2026-01-31"),),
        )  # fmt: skip
        assert desk.pane.title == "sales/daily"
        # Found and run in a tab of its own, where its default is proposed.
        await desk.press("ctrl+n")
        screen = await opened(desk)
        await desk.until(lambda: lines(screen) == ["sales/", "daily"], "the tree")
        await desk.press("slash")
        await desk.type("orders")
        await desk.until(lambda: lines(screen) == ["sales/daily"], "the search")
        await desk.until_shown("Orders of a day")
        await desk.press("f5")
        await shown(desk, ParametersScreen)
        assert field(desk, "value-0").value == "2026-01-31"
        await desk.press("enter")
        await desk.until(lambda: bool(desk.pane.results.results), "the result")
        await desk.ended()
        assert str(desk.column()[0]) == "2026-01-31"
        # Written again, where it came from, without a question.
        desk.write("select :day as day, 1 as one")
        await desk.press("ctrl+s")
        await desk.until(
            lambda: open_saved().get("sales/daily").query.sql.endswith("one"), "the change"
        )
        assert open_saved().get("sales/daily").query.description == "Orders of a day"


async def test_a_change_by_somebody_else_is_said_and_nothing_is_lost() -> None:
    open_saved().add("q", SavedQuery("select 1"))
    async with open_desk() as desk:
        await opened(desk)
        await desk.press("enter")
        await shown(desk, QueryScreen)
        await desk.until(lambda: desk.pane.editor.text == "select 1", "the query")
        theirs = open_saved()
        theirs.change("q", SavedQuery("select 'theirs'"), theirs.get("q").version)
        desk.write("select 'mine'")
        await desk.press("ctrl+s")
        await shown(desk, ConfirmScreen)
        assert "-select 'theirs'" in desk.text()
        assert "+select 'mine'" in desk.text()
        await desk.press("escape")
        await shown(desk, QueryScreen)
        assert open_saved().get("q").query.sql == "select 'theirs'"
        assert desk.pane.editor.text == "select 'mine'"
        await desk.press("ctrl+s")
        await shown(desk, ConfirmScreen)
        await desk.press("left", "enter")
        await desk.until(lambda: open_saved().get("q").query.sql == "select 'mine'", "mine")
        # Removed meanwhile: it is asked for a name, with the old one proposed.
        open_saved().remove("q")
        desk.write("select 'again'")
        await desk.press("ctrl+s")
        await shown(desk, SaveQueryScreen)
        assert field(desk, "name").value == "q"
        await desk.press("f2")
        await shown(desk, QueryScreen)
        assert open_saved().get("q").query.sql == "select 'again'"
        # A name that is taken is asked about.
        await desk.press("ctrl+n")
        desk.write("select 'other'")
        await desk.press("ctrl+s")
        await shown(desk, SaveQueryScreen)
        await desk.type("q")
        await desk.press("f2")
        await shown(desk, ConfirmScreen)
        await desk.press("escape")
        await shown(desk, SaveQueryScreen)
        assert open_saved().get("q").query.sql == "select 'again'"


async def test_folders_moves_edits_deletes_and_their_undo() -> None:
    for name in ("a/one", "a/two", "top"):
        open_saved().add(name, SavedQuery(f"select '{name}'"))
    async with open_desk() as desk:
        screen = await opened(desk)
        await desk.until(lambda: lines(screen) == ["a/", "one", "two", "top"], "the tree")
        await desk.press("down", "m")
        await shown(desk, PromptScreen)
        field_ = desk.app.screen.query_one(Input)
        field_.value = "top"
        await desk.press("enter")
        await desk.until_shown("there is 'top")
        field_.value = "b/"
        await desk.press("enter")
        await desk.until(lambda: names() == ["a/two", "b/one", "top"], "the move")
        await desk.until(lambda: screen._node is not None and screen._node.name == "b/one", "b/one")
        await desk.press("e")
        await shown(desk, SaveQueryScreen)
        field(desk, "description").value = "the first"
        field(desk, "name").value = "b/first"
        await desk.press("f2")
        await desk.until(lambda: "b/first" in names(), "the new name")
        assert open_saved().get("b/first").query.description == "the first"
        await desk.until(lambda: screen._node is not None and screen._node.name == "b/first", "it")
        await desk.press("d")
        await desk.until(lambda: names() == ["a/two", "top"], "the removal")
        await desk.until_told("Removed b/first. U brings it back.")
        await desk.press("u")
        await desk.until(lambda: "b/first" in names(), "what was removed")
        await desk.until(lambda: screen._node is not None and screen._node.name == "b/first", "it")
        await desk.press("n")
        await shown(desk, PromptScreen)
        assert desk.app.screen.query_one(Input).value == "b/"
        await desk.type("deep")
        await desk.press("enter")
        await desk.until(lambda: "b/deep" in open_saved().folders(), "the folder")
        await desk.until(lambda: screen._node is not None and screen._node.name == "b/deep", "it")
        await desk.press("d")
        await desk.until(lambda: "b/deep" not in open_saved().folders(), "the folder to go")
        # One that is not empty stays.
        await desk.press("home", "d")
        await desk.until_told("is not empty")
        await desk.press("escape")
        await shown(desk, QueryScreen)


async def test_sql_files_come_in_and_go_out(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "one.sql").write_text("select 1")
    (source / "deep" / "two.sql").write_text(
        '-- /// tusk\n-- description = "zwei"\n-- ///\nselect 2'
    )
    (source / "bad.sql").write_text("-- /// tusk\n-- no end")
    async with open_desk(size=(100, 40)) as desk:
        await opened(desk)
        await desk.until_shown("Nothing is saved yet")
        await desk.press("i")
        await shown(desk, PromptScreen)
        path = desk.app.screen.query_one(PathInput)
        path.value = f"{tmp_path}/sou"
        path.cursor_position = len(path.value)
        await desk.press("tab")
        await desk.until(lambda: path.value == f"{source}/", "the completion")
        await desk.press("enter")
        await desk.until_told("Took in 2 queries, 1 not")
        assert names() == ["deep/two", "one"]
        assert open_saved().get("deep/two").query.description == "zwei"
        # Again: those that are there are asked about.
        (source / "one.sql").write_text("select 'new'")
        await desk.until(lambda: isinstance(desk.app.screen, SavedScreen), "the list")
        await desk.press("home", "i")
        await shown(desk, PromptScreen)
        await desk.press("escape")
        await shown(desk, SavedScreen)
        screen = desk.app.screen
        assert isinstance(screen, SavedScreen)
        await desk.until(lambda: "one" in lines(screen), "the tree")
        screen.query_one(LazyTree).cursor = lines(screen).index("one")
        await desk.press("i")
        await shown(desk, PromptScreen)
        desk.app.screen.query_one(PathInput).value = str(source / "one.sql")
        await desk.press("enter")
        await shown(desk, ConfirmScreen)
        await desk.press("left", "enter")
        await desk.until(lambda: open_saved().get("one").query.sql == "select 'new'", "the new one")
        await shown(desk, SavedScreen)
        await desk.press("x")
        await shown(desk, PromptScreen)
        target = tmp_path / "target"
        desk.app.screen.query_one(PathInput).value = str(target)
        await desk.press("enter")
        await desk.until((target / "one.sql").exists, "the file")
        assert (target / "one.sql").read_text().strip() == "select 'new'"


async def test_a_broken_file_is_told_and_hostile_words_stay_words(tmp_path: Path) -> None:
    saved = open_saved()
    saved.add("evil", SavedQuery("select '\x1b[2J' -- [/x]", "[/x] [b]\x1b[31mred", ("[/y]",)))
    (saved.root / "broken.sql").write_text("-- /// tusk\n-- tags = 5\n-- ///\nselect 1")
    async with open_desk(size=(90, 30)) as desk:
        await opened(desk)
        await desk.until_told("tags must be a list of texts")
        await desk.until_shown("[/x] [b]")
        assert unsafe_characters(desk.text()) == []
        await desk.press("e")
        await shown(desk, SaveQueryScreen)
        assert unsafe_characters(desk.text()) == []


def test_the_tree_shows_folders_first_and_what_is_open() -> None:
    files = [
        SavedFile(name, Path(), SavedQuery("select 1", "about"), "", 0.0)
        for name in ("a/b/x", "a/y", "z")
    ]
    folders = ["a", "a/b", "empty"]
    every = tree_lines(files, folders, {"a", "a/b"})
    assert [(line.depth, line.text) for line in every] == [
        (0, "a/"), (1, "b/"), (2, "x"), (1, "y"), (0, "empty/"), (0, "z"),
    ]  # fmt: skip
    assert [line.text for line in tree_lines(files, folders, ())] == ["a/", "empty/", "z"]
    assert [line.text for line in tree_lines(files, folders, (), "a")] == ["b/", "y"]


def test_a_difference_is_short_whatever_the_texts() -> None:
    assert difference_of("select 1", "select 1").startswith("The SQL is the same")
    long = "\n".join(f"line {n} {'x' * 500}" for n in range(500))
    assert len(difference_of(long, "select 1").splitlines()) == 11
    assert "3,000 lines" in difference_of("a\n" * 3_000, "b")


def test_paths_complete_as_in_a_shell(tmp_path: Path) -> None:
    tmp_path = tmp_path / "here"  # beside the home of the test
    tmp_path.mkdir()
    for name in ("orders.csv", "orders.parquet", ".hidden", "bad\x1bname"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    found = complete_path(f"{tmp_path}/o")
    assert found.text == f"{tmp_path}/orders."
    assert list(found.names) == ["orders.csv", "orders.parquet"]
    assert complete_path(f"{tmp_path}/fo").text == f"{tmp_path}/folder/"
    assert list(complete_path(f"{tmp_path}/").names) == ["folder/", "orders.csv", "orders.parquet"]
    assert complete_path(f"{tmp_path}/.h").text == f"{tmp_path}/.hidden"
    assert complete_path("/no/such/x").text == "/no/such/x"
    assert complete_path("~").text == "~/"
