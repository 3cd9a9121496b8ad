"""The find bar in the app."""

from __future__ import annotations

import pytest
from textual import events

from tests.tui.desk import Desk, open_desk
from tusk.services.settings import change_setting
from tusk.tui.editing.finding import Query
from tusk.tui.screens.query import QueryScreen
from tusk.tui.widgets.sql_editor import SqlEditor

SCRIPT = "select id\nfrom t\nwhere id = 1\n  and Id > 0;\n-- valid\n"


def count(desk: Desk) -> str:
    return str(desk.pane.find_bar.query_one("#find-count").render()).strip()


async def until_count(desk: Desk, words: str) -> None:
    await desk.until(lambda: words in count(desk), f"{words!r} in {count(desk)!r}")


async def until_row(desk: Desk, row: int) -> None:
    editor = desk.pane.editor
    await desk.until(lambda: editor.cursor_location[0] == row, f"row {row}")


async def find(desk: Desk, text: str) -> None:
    await desk.press("ctrl+f", "ctrl+u")
    await desk.type(text)


async def test_it_finds_as_one_types_and_goes_round() -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.write(SCRIPT, 0)
        await desk.press("f3")
        await find(desk, "id")
        await until_count(desk, "1 of 4")
        assert desk.pane.editor.selected_text == "id"
        assert "Find" in desk.text()
        for key, words in (
            ("enter", "2 of 4"), ("down", "3 of 4"), ("down", "4 of 4"), ("down", "1 of 4"),
            ("up", "4 of 4"), ("alt+c", "3"), ("alt+c", "4"), ("alt+w", "3"),
        ):  # fmt: skip
            await desk.press(key)
            await until_count(desk, words)
        await desk.press("alt+w", "ctrl+u")
        await desk.type("zzz")
        await until_count(desk, "not found")
        await desk.press("escape")
        assert desk.focused is desk.pane.editor
        assert "Find" not in desk.text()


async def test_patterns_that_are_none_or_too_slow_are_said_and_nothing_freezes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tusk.tui.editing.finding.SEARCH_TIMEOUT_S", 0.3)
    async with open_desk(size=(80, 24)) as desk:
        desk.write("a" * 80 + "!", 0)
        await desk.press("f3", "ctrl+f", "alt+k")
        await desk.type("(a")
        await until_count(desk, "not a pattern: missing )")
        await desk.type("|aa)+$")
        await until_count(desk, "takes more than 0.3 s")
        await desk.press("ctrl+u")
        await desk.type("a!")
        await until_count(desk, "1 of 1")


async def test_one_and_all_are_replaced_each_as_one_step() -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.write(SCRIPT, 0)
        editor = desk.pane.editor
        await desk.press("f3", "ctrl+r", "alt+w")
        await desk.type("id")
        await until_count(desk, "1 of 3")
        await desk.press("tab")
        await desk.type("key")
        await desk.press("enter")
        await until_count(desk, "1 of 2")
        assert editor.text == SCRIPT.replace("id", "key", 1)
        assert (editor.selected_text, editor.cursor_location[0]) == ("id", 2)
        await desk.press("ctrl+r")
        await desk.until_shown("Replaced in 2 places.")
        assert "key > 0" in editor.text
        assert "valid" in editor.text
        await desk.press("escape", "ctrl+z")
        assert editor.text == SCRIPT.replace("id", "key", 1)
        await desk.press("ctrl+z")
        assert editor.text == SCRIPT


async def test_groups_of_a_pattern_are_put_and_a_bad_replacement_is_said() -> None:
    async with open_desk() as desk:
        desk.write("a=1, b=2", 0)
        await desk.press("f3", "ctrl+r", "alt+k")
        await desk.type(r"(\w)=(\d)")
        await until_count(desk, "of 2")
        await desk.press("tab")
        await desk.type(r"\3")
        await desk.press("ctrl+r")
        await desk.until_shown("not a replacement")
        assert desk.pane.editor.text == "a=1, b=2"
        await desk.press("ctrl+u")
        await desk.type(r"\2=\1")
        await desk.press("ctrl+r")
        await desk.until(lambda: desk.pane.editor.text == "1=a, 2=b", "the replacement")


async def test_the_selection_is_looked_for_and_matches_become_carets() -> None:
    async with open_desk() as desk:
        desk.write(SCRIPT, 8)
        await desk.press("f3", "ctrl+l", "ctrl+f")
        await until_count(desk, "1 of 4")
        assert desk.pane.find_bar.query_now == Query("id")
        await desk.press("ctrl+l", "x")
        assert desk.pane.editor.text.count("x") == 4
        assert desk.focused is desk.pane.editor


async def test_what_changes_meanwhile_is_found_too_and_marks_go_with_the_bar() -> None:
    async with open_desk() as desk:
        desk.write("id", 0)
        await desk.press("f3")
        await find(desk, "id")
        await until_count(desk, "1 of 1")
        await desk.press("f3", "end")
        await desk.type(" id")
        await until_count(desk, "2")
        assert desk.pane.editor._matches
        await desk.press("ctrl+f", "escape")
        assert not desk.pane.editor._matches


async def test_escape_closes_the_bar_while_nothing_runs_and_text_is_no_markup() -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.write("[/x] \x1b[31m", 0)
        await desk.press("f3", "ctrl+f")
        await desk.type("[/x]")
        await until_count(desk, "1 of 1")
        await desk.press("alt+k")
        await until_count(desk, "of")
        await desk.press("escape")
        assert isinstance(desk.app.screen, QueryScreen)


async def test_escape_in_the_bar_closes_it_before_it_cancels_what_runs() -> None:
    async with open_desk() as desk:
        desk.write("select count(*) from range(100000000000)")
        await desk.press("f3")
        await desk.start()
        await desk.press("ctrl+f", "escape")
        assert not desk.pane.find_bar.display
        assert desk.pane.is_running
        await desk.press("escape")
        await desk.ended()


class TestVim:
    async def test_search_and_modes_in_the_app(self) -> None:
        change_setting("editor.keys", "vim")
        async with open_desk(size=(80, 24)) as desk:
            desk.write(SCRIPT, 0)
            await desk.press("f3")
            await desk.until_shown("NORMAL")
            await desk.press("slash")
            await desk.type("id")
            await until_count(desk, "1 of 4")
            await desk.press("enter")
            editor = desk.pane.editor
            for key, row in (("n", 2), ("n", 3), ("n", 4), ("n", 0), ("N", 4)):
                await desk.press(key)
                await until_row(desk, row)
            await desk.press("g", "g", "question_mark", "enter")
            await until_row(desk, 4)
            await desk.press("g", "g", "w", "asterisk")
            await desk.until(lambda: editor.cursor_location == (2, 6), "the next word")
            await desk.press("v", "slash")
            await desk.type("1")
            await desk.press("enter")
            await desk.until(lambda: editor.selected_text == "id = 1", "the selection")
            await desk.until_shown("VISUAL")
            await desk.press("escape", "i", "x", "escape")
            assert "id = x1" in editor.text

    async def test_escape_leaves_insert_mode_before_it_cancels(self) -> None:
        change_setting("editor.keys", "vim")
        async with open_desk() as desk:
            desk.write("select count(*) from range(100000000000)", 0)
            await desk.press("f3", "i")
            await desk.start()
            await desk.press("escape")
            assert desk.pane.is_running
            assert isinstance(desk.focused, SqlEditor)
            await desk.press("escape")
            await desk.ended()
            assert "Cancelled" in str(desk.messages[-1])

    async def test_escape_and_a_letter_that_come_as_one_chord_leave_insert_mode(self) -> None:
        change_setting("editor.keys", "vim")
        async with open_desk() as desk:
            await desk.press("f3", "i", "a", "b")
            desk.app.post_message(events.Key("alt+x", "x"))
            await desk.until(lambda: desk.pane.editor.text == "a", "the deletion")
            assert desk.pane.editor.mode_words == "NORMAL"

    async def test_what_is_yanked_in_one_tab_is_put_in_another(self) -> None:
        change_setting("editor.keys", "vim")
        async with open_desk() as desk:
            desk.write("select 1", 0)
            await desk.press("f3", "y", "y", "ctrl+n", "p")
            assert desk.pane.editor.text == "\nselect 1"
