"""The palette finds every action by its words; the footer shows as many as fit; notices stay."""

from __future__ import annotations

import re

import pytest
from textual.dom import DOMNode

from tests.tui.desk import Desk, open_desk
from tusk.tui.actions import Action, actions_of
from tusk.tui.keymap import classes_with_bindings, own_bindings
from tusk.tui.notices import NoticeLog
from tusk.tui.palette import score_of
from tusk.tui.screens.jump import JumpScreen
from tusk.tui.screens.notices import NoticesScreen
from tusk.tui.widgets.key_footer import KeyFooter

KINDS = classes_with_bindings()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_action_is_found_by_its_name_its_sentence_its_id_and_its_keys(
    kind: type[DOMNode],
) -> None:
    actions = {action.call: action for action in actions_of(kind, {})}
    for binding in own_bindings(kind):
        action = actions[binding.action]
        assert action.tooltip, binding.id
        assert score_of(action.description, action) > 0
        assert score_of(re.findall(r"[^\W_]+", action.tooltip)[-1], action) > 0
        assert score_of(action.id.partition(".")[0], action) > 0
        assert all(score_of(key, action) > 0 for key in action.keys), action


def test_the_name_goes_before_the_sentence() -> None:
    run = Action("query.run", "Run", "Run the selection", ("f5",), "run")
    run_all = Action("query.run_all", "Run all", "Run every statement", ("f8",), "run_all")
    other = Action("x.y", "Repeat", "Run it again and again", (), "repeat")
    assert score_of("run", run) > score_of("run", run_all) > score_of("run", other) > 0
    assert score_of("all run", run_all) > 0
    assert score_of("run never", run) == score_of("  ", run) == 0


async def test_it_has_the_actions_of_the_focused_widget_with_the_keys_in_force() -> None:
    async with open_desk(size=(100, 30)) as desk:
        await desk.run("select 7 as seven")
        await desk.press("f4", "ctrl+p")
        await desk.type("statistics")
        await desk.until_shown("Statistics  I")
        await desk.press("down", "enter")
        await desk.until(lambda: len(desk.app.screen_stack) == 2, "the statistics")


async def test_the_footer_cuts_no_key_and_keeps_what_matters() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.run("select 1")
        for key in ("f3", "f4", "f2"):
            await desk.press(key)
            for width in (80, 60, 40, 20):
                await desk.pilot.resize_terminal(width, 24)
                await desk.pilot.pause()
                footer = desk.screen.query_one(KeyFooter)
                await desk.until(lambda: footer.size.width == width, "the new width")  # noqa: B023
                await desk.pilot.pause()
                assert all(
                    child.region.right <= width and child.region.width > 3
                    for child in footer.children
                )
                line = desk.text().splitlines()[-1]
                assert "F1 Help" in line, width
                assert ("F5 Run" in line and "^P Commands" in line) or width < 40, line


async def test_notices_can_be_read_again_and_copied() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.press("alt+shift+h")
        await desk.until_shown("Nothing was told yet")
        await desk.press("escape")
        desk.app.notify("disk [/x] \x1b[31mfull\nreally", title="sda", severity="error")
        for _ in range(3):
            desk.app.notify("saved")
        await desk.press("alt+shift+h")
        await desk.until(lambda: isinstance(desk.app.screen, NoticesScreen), "the notices")
        await desk.until_shown("✗ sda: disk [/x]")
        await desk.until_shown("saved  ×3")
        await desk.press("down", "c")
        copied = desk.app.clipboard
        assert "error: sda: disk [/x] " in copied
        assert "\x1b" not in copied
        await desk.press("C")
        assert desk.app.clipboard.endswith("information: saved (3 times)\n")
        await desk.press("escape")


def test_notices_are_bounded() -> None:
    log = NoticeLog()
    for number in range(2_000):
        log.add(f"{number} " + "x" * 20_000, "", "warning")
    kept = log.newest_first
    assert kept[0].text.startswith("1999 ")
    assert len(kept) == 500
    assert sum(len(notice.text) for notice in kept) <= 5_000_000


async def test_a_letter_jumps_to_panes_and_tabs() -> None:
    async with open_desk(size=(120, 30)) as desk:
        await desk.run("select 1 as one")
        await desk.press("ctrl+n")
        first, second = (pane.tab_id for pane in desk.screen.documents.panes)
        assert desk.pane.tab_id == second
        await jump_to(desk, "Query 1")
        await desk.until(lambda: desk.pane.tab_id == first, "the first tab")
        await jump_to(desk, "     one")
        await desk.until(lambda: desk.focused is desk.pane.results.grid, "the grid")
        before = desk.focused
        for key in ("escape", "0"):
            await desk.press("alt+shift+g")
            await desk.until(lambda: isinstance(desk.app.screen, JumpScreen), "the letters")
            await desk.press(key)
            await desk.until(lambda: len(desk.app.screen_stack) == 1, "the way back")
        assert desk.focused is before


async def jump_to(desk: Desk, text: str) -> None:
    """Press the letter of what begins where a text is shown."""
    lines = desk.text().splitlines()
    y, line = next((y, line) for y, line in enumerate(lines) if text in line)
    await desk.press("alt+shift+g")
    await desk.until(lambda: isinstance(desk.app.screen, JumpScreen), "the letters")
    await desk.until_shown("[a]")
    labels = desk.text().splitlines()[y]
    starts = list(re.finditer(r"\[([a-z])\]", labels))
    letter = max((s for s in starts if s.start() <= line.index(text)), key=lambda s: s.start())
    await desk.press(letter.group(1))
