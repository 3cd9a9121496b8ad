"""Editing with keys: carets, lines, snippets, one step for undo, drawn as it is."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult

from tests.support.terminal import Terminal
from tests.tui.test_widgets import hosted, shown
from tusk.core.errors import TuskError
from tusk.services.snippets import Snippet, load_snippets
from tusk.tui.editing.change import Change, Range, Step
from tusk.tui.editing.external import edit_outside, editor_command
from tusk.tui.editing.history import StepHistory
from tusk.tui.widgets.sql_editor import SqlEditor

THREE = "select id from t\nwhere id = 1\nand id > 0"


class EditorApp(App[None]):
    """An editor with the options of an app."""

    def __init__(self, editor: SqlEditor, keys: str = "standard") -> None:
        super().__init__()
        self.editor = editor
        self.editor_keys = keys
        self.snippets: Mapping[str, Snippet] = load_snippets()[0]

    def compose(self) -> ComposeResult:
        yield self.editor


async def test_several_carets_type_delete_and_undo_as_one() -> None:
    editor = SqlEditor(THREE)
    async with hosted(editor) as pilot:
        editor.focus()
        editor.place_caret(8)
        await pilot.press("ctrl+l", "ctrl+l", "ctrl+l")
        assert editor.selected_text == "id"
        assert editor.mode_words == "3 carets"
        await pilot.press("k", "e", "y")
        assert editor.text == THREE.replace("id", "key")
        await pilot.press("backspace", "left", "delete", "end", "enter", "x")
        assert editor.text == "select k from t\nx\nwhere k = 1\nx\nand k > 0\nx"
        await pilot.press("ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z")
        assert editor.text == THREE
        assert len(editor.selections) == 3
        await pilot.press("ctrl+y")
        assert editor.text == THREE.replace("id", "key")
        await pilot.press("escape", "z")
        assert editor.text.count("z") == 1


async def test_carets_go_with_the_keys_that_move_and_select() -> None:
    editor = SqlEditor("aa bb\ncc dd\nee ff")
    async with hosted(editor) as pilot:
        editor.focus()
        await pilot.press("ctrl+down", "ctrl+down", "ctrl+right", "shift+end", "ctrl+c")
        assert pilot.app.clipboard == " bb\n dd\n ff"
        await pilot.press("ctrl+x", "home")
        pilot.app.post_message(events.Paste("1\r\n2\r\n3"))
        await pilot.pause()
        assert editor.text == "1aa\n2cc\n3ee"
        await pilot.press("ctrl+up")
        assert len(editor.selections) == 3
        await pilot.press("ctrl+home")
        assert not editor.has_many_carets


async def test_all_the_same_at_once_and_a_click_leaves_one_caret() -> None:
    editor = SqlEditor(THREE)
    async with hosted(editor) as pilot:
        editor.focus()
        editor.place_caret(8)
        await pilot.press("alt+shift+l", "x")
        assert editor.text == THREE.replace("id", "x")
        await pilot.click(editor, offset=(8, 1))
        await pilot.press("y")
        assert editor.text.count("y") == 1
        assert editor.mode_words == ""


async def test_further_carets_are_drawn() -> None:
    editor = SqlEditor("ab\nab\n")
    async with hosted(editor) as pilot:
        editor.focus()
        await pilot.press("ctrl+down", "end")
        line = editor.get_line(0)
        assert line.plain == "ab "
        assert [span for span in line.spans if (span.start, span.end) == (2, 3)]
        await pilot.press("escape")
        assert editor.get_line(0).plain == "ab"
        assert "ab" in shown(pilot)


async def test_lines_are_duplicated_moved_and_indented() -> None:
    editor = SqlEditor("a\nb\nc")
    async with hosted(editor) as pilot:
        editor.focus()
        await pilot.press("alt+u", "x")
        assert editor.text == "a\nxa\nb\nc"
        await pilot.press("ctrl+z", "ctrl+z", "alt+j", "alt+j", "alt+j")
        assert editor.text == "b\nc\na"
        await pilot.press("alt+k")
        editor.select_all()
        await pilot.press("tab")
        assert editor.text == "  b\n  a\n  c"
        await pilot.press("tab", "shift+tab", "shift+tab", "shift+tab")
        assert editor.text == "b\na\nc"
        await pilot.press("ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z")
        assert editor.text == "a\nb\nc"
        await pilot.press("ctrl+home", "tab")
        assert editor.text == "  a\nb\nc"


async def test_a_line_and_column_can_be_gone_to() -> None:
    editor = SqlEditor("\n".join(f"line {n}" for n in range(100)))
    async with hosted(editor) as pilot:
        editor.focus()
        for written, place in (("40:3", (39, 2)), ("-1", (99, 0)), ("5:99", (4, 6)), ("x", (4, 6))):
            await pilot.press(
                "ctrl+g",
                *(":" if c == ":" else "minus" if c == "-" else c for c in written),
                "enter",
            )
            await pilot.pause()
            assert editor.cursor_location == place
        await pilot.press("ctrl+g", "escape")
        assert editor.cursor_location == (4, 6)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
async def test_other_line_ends_are_kept_and_offsets_right(newline: str) -> None:
    editor = SqlEditor(newline.join(["id", "x id", "id"]))
    async with hosted(editor) as pilot:
        editor.focus()
        await pilot.press("alt+shift+l", "k", "end", "enter", "z")
        assert editor.text == newline.join(["k", "z", "x k", "z", "k", "z"])
        await pilot.press("ctrl+z", "ctrl+z", "ctrl+z")
        assert editor.text == newline.join(["id", "x id", "id"])


# ── snippets ────────────────────────────────────────────────────────────────────────────


async def test_a_snippet_is_written_and_filled_in() -> None:
    editor = SqlEditor()
    async with EditorApp(editor).run_test() as pilot:
        editor.focus()
        await pilot.press(*"sel", "tab")
        assert editor.text == "select *\nfrom table;"
        assert editor.selected_text == "*"
        await pilot.press(*"a", "tab", *"users", "tab", "x")
        assert editor.text == "select a\nfrom usersx;"
        await pilot.press("tab")
        assert editor.text == "select a\nfrom usersx ;"
        for _ in range(9):
            await pilot.press("ctrl+z")
        assert editor.text == ""


async def test_the_same_stop_in_two_places_is_written_once() -> None:
    editor = SqlEditor("  ")
    async with EditorApp(editor).run_test() as pilot:
        editor.focus()
        editor.place_caret(2)
        await pilot.press(*"cte", "tab", *"new", "tab", *"1", "tab", "!")
        assert editor.text == "  with new as (\n    1\n  )\n  select *\n  from new!;"


async def test_escape_and_going_away_end_a_snippet_and_back_goes_back() -> None:
    editor = SqlEditor()
    async with EditorApp(editor).run_test() as pilot:
        editor.focus()
        await pilot.press(*"cnt", "tab", "escape", "tab")
        assert editor.text == "select count(*)\nfrom   ;"
        editor.load_text("\n")
        await pilot.press(*"sel", "tab", "tab", "shift+tab", "b")
        assert editor.text.startswith("select b")
        await pilot.press("ctrl+end", "tab")
        assert editor.text.endswith("\n  ")


async def test_a_word_that_is_no_snippet_and_one_behind_a_dot_are_left_alone() -> None:
    editor = SqlEditor()
    async with EditorApp(editor).run_test() as pilot:
        editor.focus()
        await pilot.press(*"xyz", "tab")
        assert editor.text == "xyz "
        await pilot.press(*"t.sel", "tab")
        assert editor.text == "xyz t.sel "


# ── the user's own editor ───────────────────────────────────────────────────────────────


def test_the_users_editor_is_found_as_programs_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert editor_command({"VISUAL": "sh -c 'x y'", "EDITOR": "ed"}) == ["sh", "-c", "x y"]
    assert editor_command({"VISUAL": " ", "EDITOR": "sh"}) == ["sh"]
    for wrong in ("no-such-editor-here", "sh 'unclosed"):
        with pytest.raises(TuskError):
            editor_command({"EDITOR": wrong})
    monkeypatch.setenv("PATH", "")
    with pytest.raises(TuskError, match="no editor is found"):
        editor_command({})


def test_an_outside_editor_gets_a_private_file_that_is_gone_afterwards(tmp_path: Path) -> None:
    note = tmp_path / "note"
    script = f'stat -c "%a %n" "$0" > {note}; printf %s "$(cat "$0") ü" > "$0"'
    assert edit_outside(["sh", "-c", script], "select 'é'") == "select 'é' ü"
    mode, name = note.read_text().split()
    assert mode == "600"
    assert name.endswith(".sql")
    assert not Path(name).parent.exists()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 3", "exit code 3"),
        ("kill -9 $$", "signal 9"),
        ('rm "$0"', "no such file"),
        ("printf '\\377' > \"$0\"", "something else than UTF-8"),
    ],
)
def test_what_goes_wrong_outside_is_said(script: str, words: str) -> None:
    with pytest.raises(TuskError, match=words):
        edit_outside(["sh", "-c", script], "select 1")
    with pytest.raises(TuskError, match="permission denied"):
        edit_outside(["/"], "select 1")


def test_a_real_terminal_is_given_to_the_users_editor_and_taken_back(tmp_path: Path) -> None:
    program = tmp_path / "editor"
    program.write_text("#!/bin/sh\necho EDITING; read line; printf 'select 2' > \"$1\"\n")
    program.chmod(0o700)
    source = str(Path(__file__).resolve().parents[3] / "src")
    env = {"PYTHONPATH": source, "VISUAL": str(program)}
    with Terminal([sys.executable, "-m", "tusk"], env=env, width=80, height=24) as terminal:
        terminal.wait_for(r" 1:1\s*$")
        terminal.send_text("select 1")
        terminal.wait_for("select 1")
        terminal.send_keys("M-E")
        terminal.wait_for("EDITING")
        terminal.send_keys("Enter")
        terminal.wait_for("1  select 2")
        terminal.send_keys("C-z")
        terminal.wait_for("1  select 1")
        # The snippets' file, too, which is made then and read again afterwards.
        program.write_text('#!/bin/sh\necho \'mine = "select 3"\' >> "$1"\n')
        terminal.send_keys("M-M")
        terminal.wait_for("Snippets · 13")
        terminal.send_keys("e")
        terminal.wait_for("Snippets · 14")
        terminal.send_keys("Enter")
        terminal.wait_for("1  select 1select 3")


async def test_a_text_from_outside_is_one_step() -> None:
    editor = SqlEditor("select 1")
    async with hosted(editor) as pilot:
        editor.focus()
        editor.take_text("select 2\r\nfrom t\n")
        assert editor.text == "select 2\nfrom t"
        editor.take_text("select 2\nfrom t\n")
        await pilot.press("ctrl+z")
        assert editor.text == "select 1"
        await pilot.press("alt+shift+e")  # a terminal of a test cannot be given away
        assert editor.text == "select 1"


# ── undo ────────────────────────────────────────────────────────────────────────────────


def test_old_steps_are_forgotten_when_they_hold_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        monkeypatch.setattr("tusk.tui.editing.history.MOST_CHARACTERS", 1_000)
        editor = SqlEditor()
        async with hosted(editor) as pilot:
            editor.focus()
            for number in range(10):
                editor.take_step(
                    Step((Change(0, len(editor.text), str(number) * 300),), (Range.at(0),))
                )
            assert isinstance(editor.history, StepHistory)
            assert 1 <= len(editor.history.undo_stack) <= 2
            await pilot.press("ctrl+z")
            assert editor.text == "8" * 300

    asyncio.run(run())


KEYS = st.sampled_from(
    [
        "a", " ", "(", "enter", "tab", "shift+tab", "backspace", "delete", "ctrl+w", "ctrl+k",
        "ctrl+u", "left", "right", "up", "down", "shift+left", "shift+down", "home", "end",
        "ctrl+left", "ctrl+right", "ctrl+l", "ctrl+l", "alt+shift+l", "ctrl+up", "ctrl+down", "alt+u",
        "alt+j", "alt+k", "ctrl+z", "ctrl+y", "ctrl+x", "ctrl+v", "escape", "pagedown",
        "ctrl+underscore",
    ]
)  # fmt: skip
VIM_KEYS = st.sampled_from(
    [*"hjklwbdcyxpPJuvViaoO.G0$2<>~", "escape", "escape", "ctrl+r", "enter", "ctrl+z", "ctrl+l"]
)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["standard", "vim"]), st.data())
def test_no_keys_lose_the_way_back(mode: str, data: st.DataObject) -> None:
    text = "select a, b\n  from t\n\nwhere a = 1;"
    keys = data.draw(st.lists(KEYS if mode == "standard" else VIM_KEYS | KEYS, max_size=40))

    async def press_all() -> None:
        editor = SqlEditor(text)
        async with EditorApp(editor, mode).run_test() as pilot:
            editor.focus()
            for key in keys:
                await pilot.press(key)
                assert editor.text == editor.document.text
                assert all(0 <= r.start <= r.end <= len(editor.text) for r in editor.ranges)
                rows = editor.wrapped_document.height
                assert rows == editor.document.line_count
            await pilot.press("escape", "escape")
            while editor.history.undo_stack:
                editor.undo()
            assert editor.text == text

    asyncio.run(press_all())


# ── vim ─────────────────────────────────────────────────────────────────────────────────


async def test_vim_keys_edit_and_undo_by_commands() -> None:
    editor = SqlEditor("select a\nfrom t")
    async with EditorApp(editor, "vim").run_test() as pilot:
        editor.focus()
        assert editor.mode_words == "NORMAL"
        await pilot.press(*"wcwid", "comma", "b", "escape")
        assert editor.text == "select id,b\nfrom t"
        await pilot.press("j", ".", "d")
        assert editor.mode_words == "NORMAL d"
        await pilot.press("d", "u", "u", "u")
        assert editor.text == "select a\nfrom t"
        await pilot.press("ctrl+r", "G", "O")
        assert editor.mode_words == "INSERT"
        await pilot.press("x", "enter", "y", "left", "z", "escape")
        assert editor.text == "select id,b\nx\nzy\nfrom t"
        await pilot.press("u")
        assert editor.text == "select id,b\nfrom t"
        await pilot.press("V")
        assert editor.selected_text == "from t"
        await pilot.press("k")
        assert editor.selected_text == editor.text
        await pilot.press("quotation_mark", "plus", "y")
        assert pilot.app.clipboard == "select id,b\nfrom t\n"


async def test_vim_leaves_other_keys_to_the_editor_and_follows_the_mouse() -> None:
    editor = SqlEditor("select a\nfrom t")
    async with EditorApp(editor, "vim").run_test() as pilot:
        editor.focus()
        await pilot.press("alt+u", "ctrl+z")
        assert editor.text == "select a\nfrom t"
        await pilot.click(editor, offset=(4, 1))
        await pilot.press("x")
        assert editor.text == "select a\nrom t"
        await pilot.press("q", "Q", "at", "space")
        assert editor.text == "select a\nrom t"


def test_random_steps_and_undo_agree_with_plain_strings() -> None:
    async def run(seed: int) -> None:
        source = random.Random(seed)
        editor = SqlEditor("ab\ncd\n" * 4)
        texts = [editor.text]
        async with hosted(editor):
            for _ in range(25):
                text = editor.flat_text
                cuts = sorted(source.choices(range(len(text) + 1), k=4))
                new = source.choice(["", "x", "y\nz", "\n"])
                changes = (Change(cuts[0], cuts[1], new), Change(cuts[2], cuts[3], new))
                editor.soft_wrap = source.random() < 0.5
                editor.take_step(Step(changes, (Range.at(cuts[0]),)))
                if editor.text != texts[-1]:
                    texts.append(editor.text)
            for text in reversed(texts):
                assert editor.text == text
                editor.undo()

    for seed in range(2):
        asyncio.run(run(seed))
