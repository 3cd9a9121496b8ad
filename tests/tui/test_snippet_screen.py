"""The list of snippets: found, shown with what is to be filled in, written; the user's file."""

from __future__ import annotations

import stat

from tests.support.hostile import HOSTILE, unsafe_characters
from tests.tui.desk import Desk, open_desk
from tusk.core.errors import ConfigError
from tusk.services.settings import change_setting
from tusk.services.snippets import BUILT_IN, snippets_path
from tusk.tui.screens.query import QueryScreen
from tusk.tui.screens.snippets import SnippetList, SnippetScreen, SnippetView


async def opened(desk: Desk) -> SnippetScreen:
    await desk.press("alt+shift+m")
    await desk.until(lambda: isinstance(desk.app.screen, SnippetScreen), "the snippets")
    screen = desk.app.screen
    assert isinstance(screen, SnippetScreen)
    await desk.until(lambda: bool(screen.query_one(SnippetList).lines), "the list")
    await desk.pilot.pause()
    return screen


async def left(desk: Desk) -> None:
    await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")


def names(screen: SnippetScreen) -> list[str]:
    return [
        "✗" if isinstance(line.data, ConfigError) else line.data.trigger
        for line in screen.query_one(SnippetList).lines
    ]


def marked(screen: SnippetScreen) -> list[str]:
    """What is underlined in the preview, line by line."""
    view = screen.query_one(SnippetView)
    lines = [view.get_line(row) for row in range(view.document.line_count)]
    return [
        line.plain[span.start : span.end]
        for line in lines
        for span in line.spans
        if getattr(span.style, "underline", False)
    ]


async def test_a_snippet_is_found_shown_and_written_with_its_stops_to_fill_in() -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.write("  x")
        screen = await opened(desk)
        assert names(screen) == [snippet.trigger for snippet in BUILT_IN]
        assert "tusk's" in desk.text()
        assert str(snippets_path())[:20] in desk.text()
        # Looking for it, with the list's keys working in the search, too.
        await desk.press("slash")
        await desk.type("join t")
        await desk.until(lambda: names(screen) == ["ij", "lj"], "the joins")
        assert "2 of 13" in desk.text()
        await desk.press("down")
        await desk.until_shown("lj and Tab write it")
        assert screen.query_one(SnippetView).text == "left join table t on condition"
        assert marked(screen) == ["table", "t", "condition"]
        await desk.press("enter")
        await left(desk)
        editor = desk.pane.editor
        assert editor.text == "  xleft join table t on condition"
        await desk.type("orders")
        await desk.press("tab", "o", "tab")
        await desk.type("1")
        assert editor.text == "  xleft join orders o on 1"
        # What is selected gives way; further lines are as far to the right; undo is one step.
        await desk.press("shift+home")
        await opened(desk)
        await desk.press("down", "down", "enter")
        await left(desk)
        assert editor.text == "  select count(*)\n  from table;"
        assert editor.selected_text == "table"
        await desk.press("ctrl+z")
        assert editor.text == "  xleft join orders o on 1"
        # Escape leaves the search, then the list, and writes nothing.
        screen = await opened(desk)
        await desk.press("slash", "z", "z", "z")
        await desk.until_shown("No snippet has all of these words.")
        await desk.press("escape")
        await desk.until(lambda: len(names(screen)) == len(BUILT_IN), "all")
        await desk.press("c")
        assert desk.app.clipboard == BUILT_IN[0].body
        await desk.press("escape")
        await left(desk)
        assert editor.text == "  xleft join orders o on 1"


async def until_previewed(desk: Desk, text: str) -> None:
    """Wait for a text beside the list; where its lines break depends on the path in it."""

    def preview() -> str:
        lines = (line.rpartition("│")[2].strip() for line in desk.text().splitlines())
        return " ".join(filter(None, lines))

    await desk.until(lambda: text in preview(), f"{text!r} in the preview")


async def test_the_users_own_come_first_and_broken_ones_are_told_with_their_line() -> None:
    path = snippets_path()
    async with open_desk(size=(120, 40)) as desk:
        await opened(desk)
        # The terminal of a test cannot be given away: the file is there all the same.
        await desk.press("e")
        await desk.until_told("cannot be given away")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text("utf-8").startswith("# Your own snippets")
        await desk.press("escape")
        await left(desk)
        path.write_text('top = "limit $1$0 -- ${2:[/x]}"\nbad = 5\ncte = "mine"\n', "utf-8")
        screen = await opened(desk)
        shown = names(screen)
        assert shown[:2] == ["cte", "top"] or shown[:2] == ["top", "cte"]
        assert shown.count("cte") == 1
        assert shown[-1] == "✗"
        assert "✗ 1 cannot be read" in desk.text()
        await desk.press(*["down"] * shown.index("top"))
        await desk.until_shown("limit $1 -- [/x]")
        assert marked(screen) == ["$1", "[/x]"]
        await desk.press("end")
        await until_previewed(desk, "line 2: the snippet bad has no body")
        await until_previewed(desk, 'write sel = "select $1 from $2"')
        await desk.press("enter")
        assert isinstance(desk.app.screen, SnippetScreen), "there is nothing to write"
        await desk.press("escape")
        await left(desk)
        # What was read is what Tab writes from now on.
        await desk.type("top")
        await desk.press("tab", "7")
        assert desk.pane.editor.text == "limit 7 -- [/x]"
        desk.write("")
        path.write_text("x = [", "utf-8")
        await opened(desk)
        await desk.press("end")
        await until_previewed(desk, "is not valid TOML")
        await desk.press("escape")
        await left(desk)


async def test_hostile_snippets_are_shown_safely_and_vims_normal_mode_writes_them_too() -> None:
    change_setting("editor.keys", "vim")
    body = "".join(HOSTILE.values()).encode("utf-8", "replace").decode()
    quoted = "".join(f"\\U{ord(char):08x}" for char in body + "${1:name}")
    path = snippets_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'evil = {{ body = "{quoted}", description = "{quoted}" }}\n', "utf-8")
    async with open_desk(size=(80, 24)) as desk:
        desk.write("a = 1", 0)
        screen = await opened(desk)
        assert names(screen)[0] == "evil"
        assert not unsafe_characters(desk.text())
        assert marked(screen) == ["name"]
        await desk.press("escape")
        await left(desk)
        # In visual mode the selection gives way, and what is typed fills the stops in.
        await desk.press("v", "l", "l")
        await opened(desk)
        await desk.press("slash", "c", "n", "t")
        await desk.press("enter")
        await left(desk)
        await desk.type("users")
        assert desk.pane.editor.text == "select count(*)\nfrom users; 1"
        await desk.press("escape", "escape", "u")  # the first one may be for completions
        assert desk.pane.editor.text == "a = 1"
