"""Editing a script: what keys do to the text, whatever its size, and undoing it again."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.pilot import Pilot

from tests.tui.desk import open_desk
from tests.tui.test_widgets import hosted
from tusk.services.workspace import Workspace
from tusk.tui.widgets.sql_editor import SqlEditor
from tusk.tui.workspace_saver import Snapshot, WorkspaceSaver

# Taller than the pane: it has a scrollbar, which goes when the text shrinks.
TALL = "\n".join(f"select {n} from a_table;" for n in range(60))


async def paste(pilot: Pilot[None], editor: SqlEditor, text: str) -> None:
    editor.focus()
    await pilot.pause()
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("ctrl+z",), ""),
        (("ctrl+z", "ctrl+y"), TALL),
        (("ctrl+a", "delete"), ""),
        (("ctrl+a", "delete", "ctrl+z"), TALL),
        (("ctrl+a", "delete", "ctrl+z", "ctrl+y"), ""),
        (("ctrl+a", "ctrl+x"), ""),
        (("ctrl+a", "ctrl+x", "ctrl+z"), TALL),
        (("ctrl+a", "backspace", "ctrl+z", "ctrl+y", "ctrl+z"), TALL),
        (("ctrl+a", "x"), "x"),
        (("ctrl+a", "x", "ctrl+z"), TALL),
    ],
)
async def test_a_text_taller_than_the_pane_goes_and_comes_back(
    keys: tuple[str, ...], text: str, wraps: bool
) -> None:
    editor = SqlEditor()
    async with hosted(editor) as pilot:
        editor.soft_wrap = wraps
        await paste(pilot, editor, TALL)
        await pilot.press(*keys)
        await pilot.pause()
        assert editor.text == text
        assert editor.virtual_size.height == len(text.split("\n"))
        assert editor.show_vertical_scrollbar == (text == TALL)


async def test_undoing_shows_where_the_change_was() -> None:
    editor = SqlEditor(TALL)
    async with hosted(editor) as pilot:
        editor.focus()
        await pilot.press("ctrl+end", "enter", "x", "ctrl+home", "ctrl+z", "ctrl+z")
        await pilot.pause()
        assert editor.scroll_offset.y > 0


class Model:
    """The text as a list of states: what an editor with undo should hold."""

    def __init__(self) -> None:
        self.text = ""

    def replace(self, start: int, end: int, new: str) -> None:
        self.text = self.text[:start] + new + self.text[end:]


def step(editor: SqlEditor, model: Model, source: random.Random) -> None:
    """Change the editor and the model in the same way."""
    offset = editor._text.get_location_from_index
    start, end = sorted(source.randint(0, len(model.text)) for _ in range(2))
    what = source.choice(["insert", "insert", "delete", "replace", "type", "move", "wrap"])
    new = source.choice(["", "x", "\n", "a\nb", TALL, TALL[:300], "\t漢字\n", "\n" * 30])
    match what:
        case "insert":
            editor.insert(new, offset(start))
            model.replace(start, start, new)
        case "delete":
            editor.delete(offset(start), offset(end))
            model.replace(start, end, "")
        case "replace":
            editor.replace(new, offset(start), offset(end), maintain_selection_offset=False)
            model.replace(start, end, new)
        case "type":
            editor.place_caret(start)
            editor.action_delete_left()
            model.replace(max(0, start - 1), start, "")
        case "move":
            editor.place_caret(start)
            editor.move_cursor(offset(end), select=True)
        case _:
            editor.action_toggle_wrap()


@pytest.mark.parametrize("seed", range(4))
async def test_the_text_is_that_of_a_plain_string_whatever_is_done(seed: int) -> None:
    source = random.Random(seed)
    editor = SqlEditor()
    model = Model()
    async with hosted(editor) as pilot:
        editor.focus()
        for _ in range(40):
            step(editor, model, source)
            assert editor.text == model.text
            if source.random() < 0.3:
                await undo_and_redo(editor, pilot, source)
                assert editor.text == model.text
            await pilot.pause()
            assert 0 <= editor.caret <= len(editor.text)
            assert editor.wrapped_document.height >= editor.document.line_count


async def undo_and_redo(editor: SqlEditor, pilot: Pilot[None], source: random.Random) -> None:
    """Take back some changes and do them again: the text is what it was."""
    steps = source.randint(1, 6)
    undone = 0
    for _ in range(steps):
        undone += bool(editor.history.undo_stack)
        await pilot.press("ctrl+z")
    for _ in range(undone):
        await pilot.press("ctrl+y")


KEYS = st.sampled_from(
    [
        "a",
        "(",
        "enter",
        "tab",
        "backspace",
        "delete",
        "ctrl+z",
        "ctrl+z",
        "ctrl+y",
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "ctrl+a",
        "ctrl+x",
        "ctrl+v",
        "ctrl+k",
        "ctrl+u",
        "ctrl+w",
        "ctrl+home",
        "ctrl+end",
        "pageup",
        "pagedown",
        "shift+up",
        "shift+down",
        "ctrl+underscore",
        "alt+s",
        "alt+w",
        "paste",
    ]
)


@settings(max_examples=6, deadline=None)
@given(st.lists(KEYS, min_size=5, max_size=30))
def test_no_keys_end_the_app_or_lose_the_way_back(keys: list[str]) -> None:
    async def press_all() -> None:
        editor = SqlEditor(TALL)
        async with hosted(editor) as pilot:
            await paste(pilot, editor, TALL)
            for key in keys:
                await (paste(pilot, editor, TALL) if key == "paste" else pilot.press(key))
                assert editor.text == editor.document.text
            while editor.history.undo_stack:
                await pilot.press("ctrl+z")
            assert editor.text == TALL

    asyncio.run(press_all())


async def test_a_defect_while_saving_is_logged_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks() -> Snapshot:
        raise ValueError("out of bounds")

    saver = WorkspaceSaver(cast("Workspace", None), breaks)
    await saver.save()
    await saver.save()
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in told] == ["tabs are not saved: out of bounds"]
    assert told[0].exc_info


async def test_undo_in_the_app_keeps_the_app() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.press("ctrl+n")
        await paste(desk.pilot, desk.pane.editor, TALL)
        await desk.press("ctrl+z")
        await desk.type("select 1")
        await desk.run(desk.pane.editor.text)
        assert desk.column() == [1]
