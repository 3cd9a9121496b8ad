"""The history: found by typing, shown whole, loaded, run again, pinned, forgotten."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from textual.widgets import Input, OptionList

from tests.support.hostile import HOSTILE, WITH_NUL, unsafe_characters
from tests.tui.desk import Desk, open_desk
from tusk.config.paths import Paths
from tusk.services import connections
from tusk.services.connections import Profile
from tusk.services.history import History, HistoryEntry, Status
from tusk.services.settings import change_setting
from tusk.store.history import HistoryStore, Retention
from tusk.tui.screens.choice import ChoiceScreen
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.connection_form import ConnectionForm
from tusk.tui.screens.history import HistoryScreen
from tusk.tui.screens.parameters import ParametersScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.widgets.history_list import HistoryList
from tusk.tui.widgets.sql_view import SqlView
from tusk.tui.widgets.tick_box import TickBox

NOW = time.time()


def put(*entries: HistoryEntry) -> None:
    store = HistoryStore(Paths.find().history_file)
    store.write(entries, Retention())
    store.close()


def entry(text: str, **facts: object) -> HistoryEntry:
    values = {
        "started_at": NOW, "connection": "memory", "location": "", "engine": "duckdb",
        "status": Status.OK, "duration_s": 0.012, "rows": 1, **facts,
    }  # fmt: skip
    return HistoryEntry(text=text, **values)  # type: ignore[arg-type]


def kept() -> list[HistoryEntry]:
    history = History()
    found = history.find()
    history.close()
    return found


async def opened(desk: Desk) -> HistoryScreen:
    await desk.press("alt+y")
    await desk.until(lambda: isinstance(desk.app.screen, HistoryScreen), "the history")
    screen = desk.app.screen
    assert isinstance(screen, HistoryScreen)
    await desk.until(lambda: "statement" in desk.text(), "the list")
    return screen


def texts(screen: HistoryScreen) -> list[str]:
    return [line.data.text for line in screen.query_one(HistoryList).lines]


def has_lines(entries: HistoryList, count: int) -> bool:
    return len(entries.lines) == count


async def left(desk: Desk) -> None:
    await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")


async def test_what_was_run_is_found_shown_loaded_and_run_again() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.run("select 11 as eleven")
        await desk.run("select *\nfrom no_such_table")
        screen = await opened(desk)
        await desk.until(lambda: len(texts(screen)) == 2, "both statements")
        shown = desk.text()
        assert "✗ failed" in shown, "the status in words"
        assert "Table with name no_such_table does not exist" in shown, "the error below"
        assert screen.query_one(SqlView).text == "select *\nfrom no_such_table"
        # Typing searches, in the statement and in its error.
        await desk.type("eleven")
        await desk.until(lambda: texts(screen) == ["select 11 as eleven"], "the one")
        await desk.until_shown("✓ ok")
        await desk.press("enter")
        await left(desk)
        # The tab has text: another one gets the statement.
        assert desk.screen.documents.count == 2
        assert desk.pane.editor.text == "select 11 as eleven"
        assert not desk.pane.results.results, "loading runs nothing"
        await desk.press("alt+y")
        await desk.until(lambda: isinstance(desk.app.screen, HistoryScreen), "the history")
        await desk.type("eleven")
        screen = desk.app.screen  # type: ignore[assignment]
        await desk.until(lambda: texts(screen) == ["select 11 as eleven"], "the one")
        await desk.press("f5")
        await left(desk)
        await desk.until(lambda: bool(desk.pane.results.results), "the run")
        await desk.ended()
        assert desk.column() == [11]
        await desk.until(lambda: len(kept()) == 3, "the second run in the history")


async def test_filters_pin_delete_clear_and_copy_by_their_keys() -> None:
    put(
        entry("select 'old'", is_pinned=False),
        entry("select 'shop'", connection="shop"),
        entry("update t", status=Status.CANCELLED, rows=None, affected=3),
        entry("select 'dup'"),
        entry("select 'dup'"),
    )
    async with open_desk() as desk:
        screen = await opened(desk)
        await desk.until(lambda: len(texts(screen)) == 5, "all")
        await desk.press("tab")
        assert desk.focused is screen.query_one(HistoryList)
        await desk.press("u")
        await desk.until(lambda: texts(screen).count("select 'dup'") == 1, "each once")
        await desk.press("u", "s", "s", "s")
        await desk.until(lambda: texts(screen) == ["update t"], "the cancelled ones")
        await desk.until_shown("⊘ cancelled only")
        await desk.press("s", "n")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceScreen), "the connections")
        await desk.type("sho")
        await desk.press("enter")
        await desk.until(lambda: texts(screen) == ["select 'shop'"], "one connection")
        await desk.until_shown("on shop")
        await desk.press("p")
        await desk.until(lambda: any(e.is_pinned for e in kept()), "the pin")
        await desk.until_shown("◈")
        await desk.press("c")
        await desk.until(lambda: desk.app.clipboard == "select 'shop'", "the copy")
        await desk.press("n")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceScreen), "the connections")
        await desk.press("up", "up", "enter")
        await desk.until(lambda: len(texts(screen)) == 5, "all again")
        await desk.press("P")
        await desk.until(lambda: texts(screen) == ["select 'shop'"], "pinned ones")
        await desk.press("P")
        await desk.until(lambda: len(texts(screen)) == 5, "all again")
        await desk.press("d")
        await desk.until(lambda: len(texts(screen)) == 4, "one less")
        assert len(kept()) == 4
        await desk.press("D")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is screen, "the history")
        assert len(kept()) == 4, "Escape clears nothing"
        await desk.press("D", "left", "enter")
        await desk.until(lambda: texts(screen) == ["select 'shop'"], "what is pinned")
        await desk.press("d")
        await desk.until_shown("Nothing is kept yet")
        await desk.press("slash")
        await desk.type("nothing")
        await desk.until_shown("No statement is like that")
        await desk.press("escape")
        await left(desk)


async def test_a_long_history_is_read_as_one_scrolls_and_one_page_at_first() -> None:
    put(*(entry(f"select {n}") for n in range(1_000)))
    async with open_desk(size=(80, 24)) as desk:
        screen = await opened(desk)
        await desk.until_shown("1,000 statements")
        entries = screen.query_one(HistoryList)
        await desk.until(lambda: len(entries.lines) == 200, "a page")
        await desk.press("tab")
        for shown in range(400, 1_001, 200):
            await desk.press("end")
            await desk.until(partial(has_lines, entries, shown), "the next page")
        assert texts(screen) == [f"select {n}" for n in reversed(range(1_000))]


async def test_what_cannot_run_as_it_is_and_where_it_ran_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone" / "shop.sqlite"
    put(
        entry("create role a password '***'", is_masked=True),
        entry("select 7", connection="shop", engine="sqlite", location=str(gone)),
        entry("select :n + 1", parameters=("n:int=41",)),
        entry("select :secret", parameters=("secret",)),
    )
    async with open_desk() as desk:
        await opened(desk)
        await desk.type("role")
        await desk.until_shown("secrets masked")
        await desk.press("f5")
        await left(desk)
        await desk.until_told("secrets were masked")
        assert not desk.pane.results.results
        assert desk.pane.editor.text.startswith("create role")
        # Loaded all the same, where its connection is no more.
        await opened(desk)
        await desk.type('"select 7"')
        await desk.until_shown("1 statement")
        await desk.press("enter")
        await left(desk)
        await desk.until(lambda: desk.pane.editor.text == "select 7", "the statement")
        # Values that were kept are not asked for.
        await opened(desk)
        await desk.type('":n + 1"')
        await desk.until_shown("1 statement")
        await desk.press("f5")
        await left(desk)
        await desk.until(lambda: bool(desk.pane.results.results), "the result")
        await desk.ended()
        assert desk.column() == [42]
        # Those that were not are.
        await opened(desk)
        await desk.type(":secret")
        await desk.until_shown("1 statement")
        await desk.press("f5")
        await desk.until(lambda: isinstance(desk.app.screen, ParametersScreen), "the question")


async def test_a_connection_can_keep_no_history() -> None:
    connections.add_profile(Profile("quiet", "duckdb", {}))
    async with open_desk("quiet") as desk:
        await desk.press("f2", "e")
        await desk.until(lambda: isinstance(desk.app.screen, ConnectionForm), "the form")
        desk.app.screen.query_one("#no_history", TickBox).value = True
        await desk.press("f2")
        await left(desk)
        assert not connections.get_profile("quiet").history
    async with open_desk("quiet") as desk:
        await desk.run("select 'in private'")
        await opened(desk)
        await desk.until_shown("Nothing is kept yet")


async def test_hostile_text_stays_text() -> None:
    put(
        *(
            entry(text[:5_000], connection=text[:40] or "x", error=text[:200], status=Status.FAILED)
            for text in [*HOSTILE.values(), WITH_NUL]
        )
    )
    async with open_desk(size=(100, 40)) as desk:
        screen = await opened(desk)
        await desk.press("tab")
        for _ in range(len(HOSTILE) + 1):
            assert unsafe_characters(desk.text()) == []
            await desk.press("down")
        await desk.press("n")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceScreen), "the connections")
        assert desk.app.screen.query_one(OptionList).option_count > 1
        assert unsafe_characters(desk.text()) == []
        await desk.press("escape")
        screen.query_one("#list-search", Input).value = '"[/x] ' + WITH_NUL
        await desk.until_shown("No statement is like that")


async def test_a_history_that_is_off_is_empty_and_says_why() -> None:
    change_setting("history.enabled", "false")
    async with open_desk() as desk:
        await desk.run("select 1")
        await opened(desk)
        await desk.until_shown("history.enabled")
