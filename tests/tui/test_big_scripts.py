"""Large scripts in the editor: a key costs the same as in a small one."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from tests.tui.desk import Desk, open_desk
from tusk.tui.widgets.sql_editor import HIGHLIGHT_LIMIT, HIGHLIGHT_LINE_LIMIT


async def lines_run(desk: Desk, *keys: str) -> int:
    """How many lines of Python (also those of comprehensions) keys take."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    await desk.pilot.pause()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        await desk.press(*keys)
        await desk.pilot.pause()
    finally:
        sys.settrace(None)
    return count


async def test_a_key_does_not_look_at_every_line() -> None:
    async with open_desk() as desk:
        counts = []
        for lines in (2_000, 20_000):
            desk.write("select 1\n" * lines + "union ")
            await desk.press("a")
            counts.append(await lines_run(desk, "b", "left", "c", "backspace"))
        # 2.5 million for the larger one, where each line on screen counts all of them.
        assert counts[1] < counts[0] * 2 + 20_000


async def test_a_line_number_with_another_digit_wraps_nothing_anew() -> None:
    async with open_desk() as desk:
        editor = desk.pane.editor
        editor.soft_wrap = True
        desk.write("select 1\n" * 9_998)
        before = editor.gutter_width
        first = await lines_run(desk, "enter")
        second = await lines_run(desk, "enter")
        assert editor.document.line_count == 10_001
        assert editor.gutter_width == before
        assert "10000" in desk.text()
        assert first < second * 2 + 20_000


async def test_the_text_is_what_was_typed_undone_and_redone() -> None:
    async with open_desk() as desk:
        editor = desk.pane.editor
        text = "select 1\n" * 3_000
        desk.write(text)
        assert editor.text == text
        await desk.press("x", "y")
        assert editor.text == text + "xy"
        editor.undo()
        assert editor.text == editor.document.text != text + "xy"
        editor.redo()
        assert editor.text == text + "xy"
        editor.text = "other"
        assert editor.text == "other"


@pytest.mark.parametrize("wrap", [False, True])
async def test_the_room_to_scroll_follows_the_text(wrap: bool) -> None:
    async with open_desk() as desk:
        editor = desk.pane.editor
        editor.soft_wrap = wrap
        desk.write("select 1\n" * 3_000)
        editor.insert("w" * 5_000 + "\nand\n")
        await desk.pilot.pause()
        sections = sum(len(offsets) + 1 for offsets in editor.wrapped_document._wrap_offsets)
        assert editor.virtual_size.height == editor.wrapped_document.height == sections
        assert wrap or editor.virtual_size.width > 5_000


@pytest.mark.parametrize(
    "text", ["select 1\n" * (HIGHLIGHT_LIMIT // 8), "select " + "1, " * HIGHLIGHT_LINE_LIMIT]
)
async def test_a_text_too_large_for_colours_says_so(text: str) -> None:
    async with open_desk(size=(160, 40)) as desk:
        await desk.until(lambda: "autocommit" in desk.text(), "the connection")
        desk.write("select 1")
        await desk.pilot.pause()
        assert desk.pane.editor.language is not None
        assert "no colours" not in desk.text()
        desk.write(text)
        await desk.until(lambda: "no colours" in desk.text(), "a word about it")
        assert desk.pane.editor.language is None
        desk.write("select 1")
        await desk.until(lambda: "no colours" not in desk.text(), "colours again")
