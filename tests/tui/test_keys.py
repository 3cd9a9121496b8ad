"""Bindings are the one source of footer, help, palette and keymap: they must be complete."""

from __future__ import annotations

import re

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from tests.tui.desk import open_desk
from tusk.services.settings import change_setting
from tusk.tui.actions import actions_of, key_text
from tusk.tui.app import TuskApp
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.connection_form import ConnectionForm
from tusk.tui.screens.help import HelpScreen
from tusk.tui.screens.import_connections import ImportScreen
from tusk.tui.screens.password import PasswordScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.screens.transaction import TransactionScreen
from tusk.tui.widgets.catalog_pane import CatalogPane
from tusk.tui.widgets.connection_list import ConnectionList
from tusk.tui.widgets.lazy_tree import LazyTree
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_pane import ResultPane
from tusk.tui.widgets.sql_editor import SqlEditor

OURS: list[type[DOMNode]] = [
    TuskApp,
    QueryScreen,
    SqlEditor,
    ResultGrid,
    ResultPane,
    ConnectionList,
    CatalogPane,
    LazyTree,
    ConnectionForm,
    ConfirmScreen,
    TransactionScreen,
    PasswordScreen,
    ImportScreen,
    HelpScreen,
]
# What a terminal sends as bytes of its own, without an extended keyboard protocol, and what no
# usual terminal or desktop keeps for itself.
PASSES = re.compile(
    r"f[2-9]|f12|ctrl\+[a-z]|ctrl\+underscore|alt\+[a-z]|alt\+(up|down|left|right)|escape|enter|tab"
    r"|space|delete|insert|home|end|pageup|pagedown|up|down|left|right|[a-zA-Z0-9]|slash"
    r"|(left|right)_square_bracket|[<>=|$:/]|shift\+(up|down|left|right)|ctrl\+(left|right|home|end)"
)
# Extending a selection beyond a screen: GRID's visual mode (v, V) does it with plain keys.
VISUAL_MODE = re.compile(r"grid\.select-(page|first|last)")
# Every scroll view of Textual's has them; ours scroll by their cursor.
SIDEWAYS = {"page_left", "page_right"}


def bindings(kind: type[DOMNode]) -> list[Binding]:
    declared = kind.__dict__.get("BINDINGS", [])
    return [b for b in declared if isinstance(b, Binding) and not b.system]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_binding_has_an_id_a_description_and_a_tooltip(kind: type[DOMNode]) -> None:
    assert bindings(kind), "no binding at all"
    for binding in bindings(kind):
        assert binding.id, binding
        assert re.fullmatch(r"[a-z]+\.[a-z_-]+", binding.id), binding.id
        assert binding.description, binding.id
        assert len(binding.tooltip) > 5, binding.id


def test_ids_are_unique_but_for_dialogs() -> None:
    ids = [
        str(b.id) for kind in OURS for b in bindings(kind) if not str(b.id).startswith("dialog.")
    ]
    assert len(ids) == len(set(ids)), sorted({i for i in ids if ids.count(i) > 1})


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_action_has_a_key_that_passes_through_ssh_and_tmux(kind: type[DOMNode]) -> None:
    for binding in bindings(kind):
        if VISUAL_MODE.match(binding.id or ""):
            continue
        keys = [key.strip() for key in binding.key.split(",")]
        assert any(PASSES.fullmatch(key) for key in keys), f"{binding.id}: {keys}"


def test_no_key_has_two_meanings_in_one_place() -> None:
    for kind in OURS:
        keys = [key for b in bindings(kind) for key in b.key.split(",")]
        assert len(keys) == len(set(keys)), f"{kind.__name__}: {sorted(keys)}"


def test_keys_with_priority_leave_editor_grid_and_tree_theirs() -> None:
    """Priority goes before the focused widget: such a key must be free there, or be cancelled."""
    ours = {
        key.strip(): binding
        for kind in (TuskApp, QueryScreen)
        for binding in bindings(kind)
        for key in binding.key.split(",")
        if binding.priority
    }
    # Escape and Ctrl+C cancel only while something runs; F6 reopens only what is lost.
    sometimes = {"query.cancel", "connection.reopen"}
    for kind in (SqlEditor, ResultGrid, ResultPane, ConnectionList, CatalogPane, LazyTree):
        for action in actions_of(kind, {}):
            for key in set(action.keys) & set(ours):
                is_free = ours[key].id in sometimes or action.call in SIDEWAYS
                assert is_free, f"{key}: {ours[key].id} hides {action.call} of {kind.__name__}"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ctrl+q", "^Q"),
        ("shift+f9", "Shift+F9"),
        ("alt+up", "Alt+↑"),
        ("G", "G"),
        ("pageup", "PgUp"),
    ],
)
def test_keys_are_written_as_people_write_them(key: str, text: str) -> None:
    assert key_text(key) == text


class TestHelp:
    async def test_it_lists_every_key_of_the_query_screen(self) -> None:
        async with open_desk(size=(160, 220)) as desk:
            await desk.press("f1")
            await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the help")
            shown = desk.text()
            for kind in (QueryScreen, SqlEditor, ResultGrid, ConnectionList, TuskApp):
                for binding in bindings(kind):
                    assert binding.description in shown, binding.id
                    assert str(binding.id) in shown, binding.id
            await desk.press("escape")
            await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")

    async def test_it_lists_no_key_that_does_something_else(self) -> None:
        async with open_desk(size=(160, 260)) as desk:
            await desk.press("f1")
            await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the help")
            shown = desk.text()
            for words in ("Scroll Up", "Page Left", "Scroll Home"):
                assert words not in shown, words
            keys = [line.split("  ")[0] for line in re.findall(r"│ *(\S.*)", shown)]
            for key in ("F6", "^PgDn", "^PgUp"):
                assert sum(key in words.split() for words in keys) <= 1, key

    async def test_f6_does_nothing_to_the_text(self) -> None:
        async with open_desk() as desk:
            desk.write("select 1")
            await desk.press("f6", "x")
            assert desk.pane.editor.text == "select 1x"

    async def test_where_the_focus_is_comes_before_the_rest(self) -> None:
        async with open_desk(size=(160, 220)) as desk:
            await desk.press("f2", "f1")
            await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the help")
            shown = desk.text()
            assert shown.index("Use the connection in this tab") < shown.index("Comment lines")

    async def test_alt_h_opens_it_where_f1_is_kept_by_the_terminal(self) -> None:
        async with open_desk() as desk:
            await desk.press("alt+h")
            await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the help")


class TestPalette:
    async def test_it_finds_actions_of_the_screen_and_of_widgets_without_focus(self) -> None:
        async with open_desk() as desk:
            await desk.press("ctrl+p")
            await desk.type("import")
            await desk.until_shown("Take connections from pg_service.conf")
            await desk.press("down", "enter")
            await desk.until_shown("Nothing to import")

    async def test_it_lists_commands_and_no_cursor_keys(self) -> None:
        async with open_desk(size=(120, 200)) as desk:
            await desk.run("select 1")
            await desk.press("f4", "ctrl+p")
            await desk.until_shown("Run every statement")
            shown = desk.text()
            for words in ("Fetch all", "Transaction", "Copy row", "Dark/light", "Import"):
                assert words in shown, words
            for words in ("One row up", "To the last row", "One line down"):
                assert words not in shown, words

    async def test_it_runs_an_action(self) -> None:
        async with open_desk() as desk:
            desk.write("select 99")
            await desk.press("ctrl+p")
            await desk.type("run all")
            await desk.until_shown("Run every statement of the tab")
            await desk.press("down", "enter")
            await desk.until(lambda: bool(desk.pane.results.results), "a result")
            assert desk.column() == [99]


class TestKeymap:
    async def test_the_users_keys_replace_ours_everywhere(self) -> None:
        change_setting("app.keymap", "query.run=f7")
        async with open_desk(size=(160, 220)) as desk:
            desk.write("select 3")
            await desk.press("f7")
            await desk.until(lambda: bool(desk.pane.results.results), "a result")
            await desk.press("f1")
            await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the help")
            line = next(line for line in desk.text().splitlines() if "query.run " in f"{line} ")
            assert "F7" in line
            assert "F5" not in line


class TestThemes:
    async def test_alt_d_changes_between_dark_and_light(self) -> None:
        async with open_desk() as desk:
            assert desk.app.theme == "tusk-dark"
            await desk.press("alt+d")
            assert desk.app.theme == "tusk-light"

    async def test_the_theme_is_remembered(self) -> None:
        async with open_desk() as desk:
            await desk.press("alt+d")
            await desk.press("ctrl+q")
            await desk.until(lambda: not desk.app.is_running, "the end")
        async with open_desk() as desk:
            assert desk.app.theme == "tusk-light"

    async def test_a_theme_that_does_not_exist_is_told(self) -> None:
        change_setting("app.theme", "pink [/x]")
        async with open_desk() as desk:
            await desk.until_shown("there is no theme 'pink [/x]'")
