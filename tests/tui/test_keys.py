"""Bindings are the one source of footer, help, palette and keymap: they must be complete."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding
from textual.dom import DOMNode

from tests.tui.desk import open_desk
from tusk.config.paths import Paths
from tusk.core.errors import ConfigError
from tusk.services.keymap import load_keymap
from tusk.services.settings import change_setting, load_settings
from tusk.tui.actions import actions_of, key_text
from tusk.tui.app import TuskApp
from tusk.tui.completion.editor import AssistedEditor
from tusk.tui.completion.popup import CompletionPopup
from tusk.tui.key_names import UNBOUND, Reach, read_keys
from tusk.tui.key_presets import PRESETS, Preset
from tusk.tui.keymap import (
    all_keys,
    check_keymap,
    classes_with_bindings,
    doubled_keys,
    keys_in_force,
)
from tusk.tui.screens.changes import CellInput, ChangesScreen
from tusk.tui.screens.changes_dialogs import CellTextScreen, ChangesPreview
from tusk.tui.screens.choice import ChoiceScreen
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.connection_form import ConnectionForm
from tusk.tui.screens.export import ExportScreen
from tusk.tui.screens.export_progress import ExportProgressScreen
from tusk.tui.screens.file_difference import FileDifferenceScreen
from tusk.tui.screens.help import HelpScreen
from tusk.tui.screens.history import HistoryScreen
from tusk.tui.screens.import_connections import ImportScreen
from tusk.tui.screens.jump import JumpScreen
from tusk.tui.screens.notices import NoticesScreen
from tusk.tui.screens.object_view import ObjectScreen
from tusk.tui.screens.open_file import OpenFileScreen
from tusk.tui.screens.parameters import ParametersScreen
from tusk.tui.screens.password import PasswordScreen
from tusk.tui.screens.plan import PlanScreen
from tusk.tui.screens.plan_compare import PlanCompareScreen
from tusk.tui.screens.plan_saved import SavedPlansScreen
from tusk.tui.screens.prompt import PromptScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.screens.save_query import SaveQueryScreen
from tusk.tui.screens.saved import SavedScreen
from tusk.tui.screens.snippets import SnippetScreen
from tusk.tui.screens.themes import ThemeScreen
from tusk.tui.screens.transaction import TransactionScreen
from tusk.tui.widgets.catalog_pane import CatalogPane
from tusk.tui.widgets.connection_list import ConnectionList
from tusk.tui.widgets.editing_area import EditingArea
from tusk.tui.widgets.empty_results import StepList
from tusk.tui.widgets.find_bar import FindBar
from tusk.tui.widgets.lazy_tree import LazyTree
from tusk.tui.widgets.path_input import PathInput
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_grid.columns_screen import ColumnList, ColumnsScreen
from tusk.tui.widgets.result_grid.compare_screens import CompareScreen, KeyChoice, ResultChoice
from tusk.tui.widgets.result_grid.copy_menu import CopyMenu
from tusk.tui.widgets.result_grid.filter_screen import FilterScreen, ValueList
from tusk.tui.widgets.result_grid.record_screen import RecordScreen, RecordView
from tusk.tui.widgets.result_grid.statistics_screen import StatisticsScreen
from tusk.tui.widgets.result_grid.viewer import CellViewer, LinesView
from tusk.tui.widgets.result_pane import ResultPane
from tusk.tui.widgets.sql_editor import SqlEditor
from tusk.tui.widgets.sql_view import SqlView
from tusk.tui.widgets.staged_table import StagedTable
from tusk.tui.widgets.tick_list import TickList

OURS: list[type[DOMNode]] = [
    TuskApp,
    QueryScreen,
    SqlEditor,
    AssistedEditor,
    CompletionPopup,
    EditingArea,
    FindBar,
    ResultGrid,
    ResultPane,
    StepList,
    ConnectionList,
    CatalogPane,
    LazyTree,
    ConnectionForm,
    ConfirmScreen,
    TransactionScreen,
    PasswordScreen,
    ImportScreen,
    TickList,
    HelpScreen,
    FilterScreen,
    ValueList,
    StatisticsScreen,
    ColumnsScreen,
    ColumnList,
    RecordScreen,
    RecordView,
    CopyMenu,
    ResultChoice,
    KeyChoice,
    CompareScreen,
    CellViewer,
    LinesView,
    PlanScreen,
    PlanCompareScreen,
    SavedPlansScreen,
    ChangesScreen,
    ChangesPreview,
    CellTextScreen,
    CellInput,
    StagedTable,
    HistoryScreen,
    SavedScreen,
    SaveQueryScreen,
    SnippetScreen,
    ExportScreen,
    ExportProgressScreen,
    ParametersScreen,
    PromptScreen,
    ChoiceScreen,
    JumpScreen,
    NoticesScreen,
    ThemeScreen,
    OpenFileScreen,
    FileDifferenceScreen,
    ObjectScreen,
    PathInput,
    SqlView,
]
# Alt with b and f are the keys of a word's width: Textual reads them as Ctrl+Left and Ctrl+Right.
# What a terminal sends as bytes of its own, without an extended keyboard protocol, and what no
# usual terminal or desktop keeps for itself.
PASSES = re.compile(
    r"f[2-9]|f12|ctrl\+[a-z@]|ctrl\+underscore|alt\+[ac-eg-z]|alt\+(up|down|left|right)|escape|enter|(shift\+)?tab"
    r"|space|delete|insert|home|end|pageup|pagedown|up|down|left|right|[a-zA-Z0-9]|slash"
    r"|(left|right)_(square_bracket|parenthesis)|minus|semicolon|[<>=|$:/]|shift\+(up|down|left|right)|ctrl\+(left|right|up|down|home|end)"
    r"|alt\+shift\+[a-z]"
)
# Extending a selection beyond a screen: GRID's visual mode (v, V) does it with plain keys.
VISUAL_MODE = re.compile(r"grid\.select-(page|first|last)")
# Every scroll view of Textual's has them; ours scroll by their cursor.
SIDEWAYS = {"page_left", "page_right"}
# Done once, if ever: found in the palette, and a user can give them keys.
PALETTE_ONLY = {"query.first_steps"}


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
        if VISUAL_MODE.match(binding.id or "") or binding.id in PALETTE_ONLY:
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
    for kind in (AssistedEditor, ResultGrid, ResultPane, ConnectionList, CatalogPane, LazyTree):
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
        async with open_desk(size=(160, 360)) as desk:
            await desk.press("f1")
            await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the help")
            shown = desk.text()
            for kind in (
                QueryScreen, SqlEditor, AssistedEditor, CompletionPopup, ResultGrid, ConnectionList,
                TuskApp,
            ):  # fmt: skip
                for binding in bindings(kind):
                    if binding.id in PALETTE_ONLY:
                        continue
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
        async with open_desk(size=(160, 360)) as desk:
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
            await desk.type("pg_service")
            await desk.until_shown("Take connections from DBeaver")
            await desk.press("down", "enter")
            await desk.until_shown("Nothing to import")

    async def test_it_lists_commands_and_no_cursor_keys(self) -> None:
        async with open_desk(size=(120, 320)) as desk:
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
        async with open_desk(size=(160, 360)) as desk:
            desk.write("select 3")
            await desk.press("f7")
            await desk.until(lambda: bool(desk.pane.results.results), "a result")
            await desk.press("f1")
            await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the help")
            line = next(line for line in desk.text().splitlines() if "query.run " in f"{line} ")
            assert "F7" in line
            assert "F5" not in line


class TestKeyNames:
    @pytest.mark.parametrize(
        ("text", "keys"),
        [
            ("F5, Ctrl+R", ("f5", "ctrl+r")),
            ("^Q", ("ctrl+q",)),
            ("alt+L", ("alt+shift+l",)),
            ("shift+a", ("A",)),
            ("?", ("question_mark",)),
            ("+", ("plus",)),
            ("PgUp,esc", ("pageup", "escape")),
            ("ctrl+space", ("ctrl+space", "ctrl+@")),
            ("shift+ctrl+left", ("ctrl+shift+left",)),
            ("ctrl+/", ("ctrl+slash", "ctrl+underscore")),
            ("", (UNBOUND,)),
        ],
    )
    def test_keys_are_read_as_people_write_them(self, text: str, keys: tuple[str, ...]) -> None:
        assert read_keys(text) == keys

    @pytest.mark.parametrize(
        ("text", "message", "hint"),
        [
            ("f99", "'f99' is no key", "f9"),
            ("ctl+x", "'ctl' is none of ctrl, alt and shift", ""),
            ("super+s", "no terminal sends 'super+s'", "keep super"),
            ("shift+1", "no terminal sends 'shift+1'", "another character"),
            ("\x1b", "is no key", ""),
            ("a,,b", "is no key", ""),
        ],
    )
    def test_what_is_no_key_is_refused(self, text: str, message: str, hint: str) -> None:
        with pytest.raises(ConfigError) as caught:
            read_keys(text)
        assert message in caught.value.message
        assert hint in caught.value.hint

    @given(st.text(max_size=20))
    def test_any_text_is_keys_or_an_error_and_what_was_read_is_read_the_same(
        self, text: str
    ) -> None:
        try:
            keys = read_keys(text)
        except ConfigError:
            return
        if keys != (UNBOUND,) and text.isascii():
            assert read_keys(",".join(keys)) == keys


class TestPresets:
    @pytest.mark.parametrize("preset", sorted(PRESETS))
    def test_a_preset_names_actions_and_keys_that_pass_and_makes_no_clash(
        self, preset: Preset
    ) -> None:
        keymap = PRESETS[preset]
        infos = {info.id: info for info in all_keys(keymap)}
        assert set(keymap) <= set(infos)
        for name, keys in keymap.items():
            assert ",".join(read_keys(keys)) == keys, name
            assert infos[name].reach is Reach.ALL, name
        before = {(key, pair) for key, pair, _ in doubles({})}
        assert {(key, pair) for key, pair, _ in doubles(keymap)} - before == set()

    async def test_vims_keys_walk_through_panes_and_lists(self, tmp_path: Path) -> None:
        change_setting("app.keys", "vim")
        async with open_desk() as desk:
            await desk.app.book.add(str(tmp_path / "other.duckdb"))
            await desk.until(lambda: len(desk.connections.entries) > 1, "two connections")
            await desk.press("alt+h")
            assert desk.focused is desk.connections
            await desk.press("home")
            before = desk.connections.highlighted
            await desk.press("j")
            assert desk.connections.highlighted != before
            await desk.press("alt+k")
            assert desk.focused is desk.pane.editor

    async def test_emacs_keys_move_the_cursor_and_find_commands(self) -> None:
        change_setting("app.keys", "emacs")
        async with open_desk() as desk:
            desk.write("one\ntwo", 0)
            await desk.press("ctrl+n", "ctrl+f", "x")
            assert desk.pane.editor.text == "one\ntxwo"
            await desk.press("alt+x")
            await desk.until(lambda: len(desk.app.screen_stack) == 2, "the palette")


class TestOwnKeys:
    def write(self, text: str) -> None:
        path = Paths.find().keymap_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def problems(self) -> list[str]:
        settings = load_settings()
        return [
            f"{problem.message}; {problem.hint}"
            for problem in check_keymap(settings, load_keymap(settings))
        ]

    def test_the_file_takes_texts_lists_and_plain_names_and_the_setting_goes_before_it(
        self,
    ) -> None:
        self.write('query.run = "f8"\n"query.run_all" = ["f5", "alt+a"]\n"app.theme" = ""\n')
        change_setting("app.keymap", "query.run=f4")
        change_setting("app.keys", "vim")
        keys = keys_in_force(load_settings(), load_keymap(load_settings()))
        assert (keys["query.run"], keys["query.run_all"]) == ("f4", "f5,alt+a")
        assert keys["app.theme"] == UNBOUND
        assert keys["tree.up"] == "up,k"
        infos = {info.id: info for info in all_keys(keys)}
        assert infos["app.theme"].keys == ()
        assert infos["app.theme"].reach is Reach.NONE

    def test_changing_two_keys_with_each_other_is_no_clash(self) -> None:
        self.write('"query.run" = "f8"\n"query.run_all" = "f5"\n')
        assert self.problems() == []

    def test_every_problem_is_told_with_its_line(self) -> None:
        self.write(
            '"query.run" = "f8,f99"\n"query.rum" = "f4"\n"grid.copy" = "p"\n'
            '"query.save" = "super+s"\nx = 5\n'
        )
        found = "\n".join(self.problems())
        for words in (
            "line 1: query.run: 'f99' is no key; did you mean f9?",
            "line 2: there is no action 'query.rum'; did you mean query.run?",
            "line 1: F8 is query.run and query.run_all",
            "line 3: p is grid.copy and result.pin",
            "line 4: query.save: no terminal sends 'super+s'",
            "line 5: x needs a text",
        ):
            assert words in found
        keys = keys_in_force(load_settings(), load_keymap(load_settings()))
        assert keys["query.run"] == "f8"
        assert "query.save" not in keys

    @pytest.mark.parametrize("text", ["x = [", "\x00", "[query]\nrun = {a = 1}"])
    def test_a_broken_file_is_left_as_it_is_and_told(self, text: str) -> None:
        self.write(text)
        assert self.problems()
        assert Paths.find().keymap_file.read_text("utf-8") == text

    async def test_they_are_told_once_at_the_start_and_the_rest_works(self) -> None:
        self.write('"query.run" = "f9"\n"no.[/x]" = "f4"\n')
        async with open_desk() as desk:
            await desk.until_shown("keys: 2 problems")
            await desk.until_shown("there is no action 'no.[/x]'")
            desk.write("select 5")
            await desk.start("f9")
            await desk.ended()
            assert desk.column() == [5]


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


def doubles(keymap: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str], str]]:
    return doubled_keys(keymap, classes_with_bindings())
