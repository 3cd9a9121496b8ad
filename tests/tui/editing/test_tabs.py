"""Tabs: renamed, moved, closed and brought back."""

from __future__ import annotations

from tests.tui.desk import Desk, open_desk
from tusk.tui.screens.prompt import PromptScreen


def titles(desk: Desk) -> list[str]:
    return [tab.title for tab in desk.screen.documents.snapshot()]


async def rename(desk: Desk, title: str) -> None:
    await desk.press("alt+shift+r")
    await desk.until(lambda: isinstance(desk.app.screen, PromptScreen), "the question")
    await desk.press("ctrl+u")
    await desk.type(title)
    await desk.press("enter")


async def test_tabs_are_renamed_moved_closed_and_brought_back_where_they_were() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.press("f3")
        await desk.type("select 1")
        await rename(desk, "one [/x]")
        await desk.until_shown("one [/x]")
        await desk.press("ctrl+n")
        await desk.type("select 2")
        await desk.press("ctrl+n")
        one, two, three = titles(desk)
        assert one == "one [/x]"
        await desk.press("alt+shift+b", "alt+shift+b", "alt+shift+b")
        assert titles(desk) == [three, one, two]
        await desk.press("alt+shift+n")
        assert titles(desk) == [one, three, two]
        await desk.press("alt+shift+p", "alt+x")
        await desk.until_shown("Alt+Shift+T brings it back")
        await desk.press("left", "enter")
        await desk.until(lambda: titles(desk) == [three, two], "the close")
        await desk.press("alt+shift+t")
        await desk.until(lambda: titles(desk) == [one, three, two], "the tab")
        assert desk.pane.editor.text == "select 1"
        assert desk.focused is desk.pane.editor
        await desk.press("alt+shift+t")
        await desk.until_shown("No tab was closed")


async def test_a_title_in_a_comment_is_changed_there_and_an_empty_one_is_refused() -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.write("-- daily\nselect 1")
        await desk.press("f3")
        await rename(desk, "weekly")
        await desk.until(lambda: desk.pane.editor.text == "-- weekly\nselect 1", "the comment")
        assert titles(desk) == ["weekly"]
        await desk.press("ctrl+z")
        assert titles(desk) == ["daily"]
        await rename(desk, "")
        await desk.until_shown("a tab needs a title")
        await desk.press("escape")
        assert titles(desk) == ["daily"]
