"""The first run: from nothing to rows in a key or two, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.desk import Desk, open_desk
from tusk.services import connections
from tusk.services.connections import Profile
from tusk.services.demo import FIRST_QUERY
from tusk.services.settings import change_setting
from tusk.tui.connection_book import DEMO
from tusk.tui.run_status import Phase
from tusk.tui.screens.connection_form import ConnectionForm
from tusk.tui.screens.import_connections import ImportScreen
from tusk.tui.screens.prompt import PromptScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.widgets.empty_results import FirstStep, StepList

OFFER = "Try the sample data"


def is_offering(desk: Desk) -> bool:
    return desk.pane.results.empty.is_offering


async def left(desk: Desk) -> None:
    await desk.press("ctrl+q")
    await desk.until(lambda: not desk.app.is_running, "the end")


@pytest.mark.parametrize("size", [(80, 24), (60, 14), (200, 60)])
async def test_one_key_leads_to_rows_and_they_are_not_asked_for_again(
    size: tuple[int, int],
) -> None:
    async with open_desk(size=size) as desk:
        await desk.until_shown(OFFER)
        assert desk.focused is desk.pane.editor
        await desk.press("enter")
        await desk.until_phase(Phase.DONE)
        assert len(desk.column()) == 18
        assert desk.pane.editor.text == FIRST_QUERY
        assert desk.pane.entry is not None
        assert desk.pane.entry.reference == DEMO
        assert not is_offering(desk)
        # Everything taken away again: there was something once.
        await desk.press("ctrl+a", "delete", "down", "enter")
        assert desk.pane.editor.text == "\n"
        await left(desk)
    async with open_desk(size=size) as desk:
        assert OFFER not in desk.text()


async def test_the_first_character_ends_it_and_the_palette_brings_it_back() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.until_shown(OFFER)
        shown = desk.text()
        for step in FirstStep:
            assert step.value[0] in shown
        for key in ("F1 help", "^P commands", "or write SQL above"):
            assert key in shown
        await desk.type("s")
        assert desk.pane.editor.text == "s"
        assert OFFER not in desk.text()
        await desk.press("backspace")
        await desk.pilot.pause()
        assert OFFER not in desk.text()
        await desk.press("ctrl+p")
        await desk.type("first steps")
        await desk.until_shown("Offer in an empty tab")
        await desk.press("down", "enter")
        await desk.until_shown(OFFER)
        assert desk.screen.documents.count == 1, "in the tab that is empty"
        await desk.press("escape")
        await desk.until(lambda: OFFER not in desk.text(), "no offer")
        await desk.until_shown("No result yet")
        desk.write("select 1")
        await desk.screen.run_action("first_steps")
        await desk.until_shown(OFFER)
        assert desk.screen.documents.count == 2, "a text is left alone"
        # What is pasted ends it too.
        await desk.press("down")
        desk.app.copy_to_clipboard("select 2")
        await desk.press("ctrl+v")
        assert desk.pane.editor.text == "select 2"
        assert not is_offering(desk)
        await left(desk)


async def test_a_file_is_asked_for_until_it_can_be_read(tmp_path: Path) -> None:
    data = tmp_path / "sales.csv"
    data.write_text("day,total\n2026-01-01,12\n2026-01-02,30\n")
    query = tmp_path / "daily.sql"
    query.write_text("select 'from a file';\n")
    async with open_desk(size=(80, 24)) as desk:
        await desk.until_shown(OFFER)
        await desk.press("down", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, PromptScreen), "the question")
        await desk.type(str(tmp_path / "no.csv"))
        await desk.press("enter")
        await desk.until_shown("✗ there is no such file")
        await desk.press(*["backspace"] * len("no.csv"))
        await desk.type(data.name)
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")
        await desk.until_phase(Phase.DONE)
        assert desk.column(1) == [12, 30]
        # A script is shown, and not run.
        await desk.screen.run_action("first_steps")
        await desk.until_shown(OFFER)
        await desk.pilot.click(desk.pane.query_one(StepList), offset=(4, 1))
        await desk.until(lambda: isinstance(desk.app.screen, PromptScreen), "the question")
        await desk.type(str(query))
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")
        await desk.until(lambda: "from a file" in desk.pane.editor.text, "the script")
        assert not desk.pane.results.results
        assert not is_offering(desk)


async def test_questions_that_are_left_lead_back_to_the_offer() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.until_shown(OFFER)
        await desk.press("down", "down", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, ConnectionForm), "the form")
        await desk.press("escape")
        await desk.until_shown(OFFER)
        await desk.press("down", "down", "down", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, ImportScreen), "the import")
        await desk.press("escape")
        await desk.until_shown(OFFER)
        # Going to the messages is going on, too.
        await desk.press("f4")
        assert OFFER not in desk.text()
        await desk.press("f3", "enter")
        assert desk.pane.editor.text == "\n"


async def test_imported_connections_are_gone_to() -> None:
    (Path.home() / ".pg_service.conf").write_text("[shop]\nhost=db.example\n")
    async with open_desk(size=(80, 24)) as desk:
        await desk.until_shown(OFFER)
        await desk.press("down", "down", "down", "enter")
        await desk.until_shown("Import connections")
        await desk.until_shown("[x] shop")
        await desk.press("f2")
        await desk.until(lambda: desk.focused is desk.connections, "the list of connections")
        await desk.until_shown("shop")
        assert not is_offering(desk)


async def test_whoever_has_something_is_not_asked(tmp_path: Path) -> None:
    async with open_desk(str(tmp_path / "new.duckdb")) as desk:
        assert OFFER not in desk.text()
    async with open_desk(demo=True) as desk:
        assert OFFER not in desk.text()
    connections.add_profile(Profile("shop", "postgres", {"host": "db"}), "")
    async with open_desk() as desk:
        assert OFFER not in desk.text()
    connections.remove_profile("shop")
    async with open_desk() as desk:
        await desk.until_shown(OFFER)
    change_setting("query.default_connection", str(tmp_path / "new.duckdb"))
    async with open_desk() as desk:
        assert OFFER not in desk.text()
