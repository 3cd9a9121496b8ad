"""Every hostile text through every place that shows data: no crash, nothing raw, no markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from tests.support.hostile import HOSTILE, WITH_NUL, unsafe_characters
from tests.tui.desk import Desk, open_desk
from tusk.core.dialect import quote_identifier, quote_text
from tusk.core.errors import QueryError
from tusk.core.events import Notice
from tusk.core.text import clip, safe
from tusk.services.connections import ConnectionState, Profile
from tusk.tui.app import TuskApp
from tusk.tui.connection_book import Entry
from tusk.tui.line_filter import SafeText
from tusk.tui.screens.confirm import Answer, ConfirmScreen
from tusk.tui.screens.connection_form import ConnectionForm
from tusk.tui.screens.import_connections import ImportScreen
from tusk.tui.screens.password import PasswordScreen
from tusk.tui.screens.transaction import TransactionScreen
from tusk.tui.widgets.lazy_tree import Line
from tusk.tui.widgets.message_log import Level, error_entry, notice_entry
from tusk.tui.widgets.status_line import Field
from tusk.tui.widgets.tab_strip import TITLE_WIDTH, TabLabel

TEXTS = {**HOSTILE, "nul": WITH_NUL}
# Where each text costs a second: all that are short, together, and those that could be markup.
TOGETHER = " ".join(text for text in TEXTS.values() if len(text) < 300)
MARKUP = [text for name, text in TEXTS.items() if name.startswith("markup")]


def assert_harmless(desk: Desk) -> None:
    assert unsafe_characters(desk.text()) == []


async def test_in_values_and_column_names() -> None:
    values = ", ".join(f"({quote_text(t)})" for t in HOSTILE.values())
    async with open_desk(size=(100, 80)) as desk:
        await desk.run(f"select * from (values {values}) v(x)")
        assert desk.pane.status.rows == len(HOSTILE)
        assert_harmless(desk)
        assert "[@click=app.bell]x[/]" in desk.text()
        names = ", ".join(f"1 as {quote_identifier(t[:60] or '?')}" for t in HOSTILE.values())
        await desk.run(f"select {names}")
        await desk.press("f4")
        for _ in range(12):
            assert_harmless(desk)
            await desk.press("ctrl+right")


async def test_in_the_editor_and_its_tab_title() -> None:
    async with open_desk() as desk:
        for hostile in TEXTS.values():
            desk.write(f"-- {hostile}", caret=0)
            await desk.pilot.pause()
            assert_harmless(desk)


async def test_the_text_itself_is_kept_exactly() -> None:
    script = "-- " + HOSTILE["esc-title"] + HOSTILE["bidi-override"] + HOSTILE["zero-width"]
    async with open_desk() as desk:
        desk.write(script)
        assert desk.screen.documents.snapshot()[0].text == script


async def test_in_errors_notices_and_notifications() -> None:
    async with open_desk(size=(100, 60)) as desk:
        for hostile in (TOGETHER, *MARKUP, TEXTS["many-lines"], TEXTS["long-wide"]):
            error = QueryError(hostile, detail=hostile, hint=hostile, context=hostile)
            desk.pane.results.say(error_entry(error), in_front=True)
            desk.pane.results.say(notice_entry(Notice("NOTICE", hostile, detail=hostile)))
            desk.app.notify(hostile, title=hostile[:50], timeout=60)
            await desk.pilot.pause()
            assert_harmless(desk)
            desk.app.clear_notifications()


async def test_in_statements_that_fail() -> None:
    async with open_desk() as desk:
        for hostile in (TOGETHER.replace("\0", ""), *MARKUP):
            await desk.run(f"select error({quote_text(hostile)})")
            assert_harmless(desk)
            assert desk.last_error.level is Level.ERROR


async def test_in_connection_names_groups_and_icons() -> None:
    async with open_desk() as desk:
        for number, hostile in enumerate(TEXTS.values()):
            profile = Profile("x", "duckdb", group=hostile, icon=hostile, color=hostile)
            entry = Entry(f"x{number}", hostile, hostile[:20], profile)
            desk.connections.show([entry], entry)
            desk.screen._show_status()
            await desk.pilot.pause()
            assert_harmless(desk)


async def test_in_the_catalogue() -> None:
    tables = [
        f"create table {quote_identifier(t[:60])} ({quote_identifier(t[:60])} int)"
        for t in HOSTILE.values()
        if t and "\0" not in t
    ]
    async with open_desk(size=(100, 80)) as desk:
        await desk.run("; ".join(dict.fromkeys(tables)), key="f8")
        await desk.press("f2", "tab", "tab", "r")
        await desk.until(lambda: "Tables" in desk.text(), "the tables")
        assert_harmless(desk)
        await desk.press("end", "right", "right", "right")
        await desk.pilot.pause()
        assert_harmless(desk)


def dialogs(text: str) -> list[ModalScreen[Any]]:
    profile = Profile(text, "postgres", {"host": text, "dbname": text})
    return [
        ConfirmScreen(text, text, [Answer("keep", "Keep")]),
        PasswordScreen(text, text, can_keep=True),
        TransactionScreen(text, ConnectionState.ONLINE),
        ConnectionForm(profile, old_name=text),
    ]


async def test_in_dialogs() -> None:
    async with open_desk() as desk:
        for hostile in (TOGETHER, *MARKUP):
            for screen in dialogs(hostile):
                await desk.app.push_screen(screen)
                assert_harmless(desk)
                await desk.app.pop_screen()


async def test_in_an_import(tmp_path: Path) -> None:
    texts = [TOGETHER, *MARKUP]
    servers = [{"Name": text, "Group": text, "Host": "db"} for text in texts]
    servers += [{"Name": text, "Group": text, "Host": text + "\x1b"} for text in texts]
    content = {"Servers": {str(n): server for n, server in enumerate(servers)}}
    (tmp_path / "servers.json").write_text(json.dumps(content))
    async with open_desk() as desk:
        screen = ImportScreen()
        await desk.app.push_screen(screen)
        await desk.until_shown("Nothing to import")
        screen.query_one("#file", Input).value = str(tmp_path / "servers.json")
        await desk.press("enter")
        await desk.until_shown("same as")
        for _ in servers[1:]:
            assert_harmless(desk)
            await desk.press("down")
        assert "cannot be taken" in desk.text()
        assert_harmless(desk)


async def test_a_cell_with_an_action_in_it_runs_nothing() -> None:
    rung: list[bool] = []
    async with open_desk() as desk:
        desk.app.bell = lambda: rung.append(True)  # type: ignore[method-assign]
        await desk.run("select '[@click=app.bell]xxxxxxxxxxxxxx[/]' as a")
        lines = desk.text().splitlines()
        row = next(y for y, line in enumerate(lines) if "@click" in line and "1  [@" in line)
        column = lines[row].index("@click")
        for x in range(column, column + 20):
            await desk.pilot.click(offset=(x, row))
        assert rung == []


class _Plain(App[None]):
    """Widgets of Textual's own with raw text in them: the last gate alone must hold."""

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), SafeText()]

    def compose(self) -> ComposeResult:
        yield Static(markup=False)
        yield TextArea()

    def show(self, text: str) -> None:
        self.query_one(Static).update(text)
        self.query_one(TextArea).load_text(text)


async def test_the_last_gate_holds_for_widgets_that_show_raw_text() -> None:
    app = _Plain()
    async with app.run_test(size=(80, 30)) as pilot:
        for hostile in TEXTS.values():
            app.show(hostile[:2000])
            await pilot.pause()
            shown = "\n".join(s.text for s in app.screen._compositor.render_strips())
            assert unsafe_characters(shown) == []


@pytest.mark.parametrize("hostile", MARKUP)
def test_labels_show_markup_as_it_is(hostile: str) -> None:
    assert TabLabel("x", hostile).text == clip(safe(hostile), TITLE_WIDTH)
    assert Field(hostile, 0).text == hostile
    assert Line("x", hostile).text == hostile


def test_a_defect_shows_neither_locals_nor_raw_text() -> None:
    app = TuskApp()
    try:
        secret = "s3cret"
        raise ValueError(f"broken \x1b]0;owned\x07 {len(secret)}")
    except ValueError:
        app._fatal_error()
    with app.console.capture() as captured:
        for renderable in app._exit_renderables:
            app.console.print(renderable)
    shown = captured.get()
    assert "broken" in shown
    assert "s3cret" not in shown
    assert "\x1b]0" not in shown
