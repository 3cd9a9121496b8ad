"""The list of completions in the app: when it opens, what it shows, what is taken."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from textual.geometry import Offset, Region, Size

from tests.support.hostile import HOSTILE, unsafe_characters
from tests.tui.desk import Desk, open_desk
from tusk.core.dialect import quote_identifier
from tusk.core.statement import Statement, StatementKind
from tusk.services.completion import Snapshot
from tusk.services.connections import Connection, Target
from tusk.services.settings import change_setting
from tusk.tui.completion.knowledge import Knowledge
from tusk.tui.completion.placing import place
from tusk.tui.completion.popup import CompletionPopup

SHOP = """
create table customers (id integer primary key, name varchar, email varchar);
create table orders (
    id integer primary key, customer_id integer references customers (id), total decimal(10, 2));
"""


def popup(desk: Desk) -> CompletionPopup:
    return desk.pane.editor.popup


def labels(desk: Desk) -> list[str]:
    """What can be taken now."""
    return [item.label for item in popup(desk).offer.items] if popup(desk).has_items else []


def chosen(desk: Desk) -> str:
    """What would be taken."""
    item = popup(desk).chosen
    return item.label if item is not None else ""


def argument(desk: Desk) -> int | None:
    """The number of the argument that the caret is in, from 0."""
    call = popup(desk).offer.call if popup(desk).is_open else None
    return call.argument if call is not None else None


def knowledge(desk: Desk) -> Knowledge:
    found = desk.app.book.knowledge.of(desk.pane.entry)
    assert found is not None
    return found


async def until_known(desk: Desk) -> None:
    """Wait until the catalogue is read, with all that was changed."""
    await desk.until(lambda: desk.app.book.knowledge.of(desk.pane.entry) is not None, "knowledge")
    await desk.until(lambda: knowledge(desk).is_loaded and not knowledge(desk).is_loading, "names")


async def prepare(desk: Desk, sql: str = SHOP) -> None:
    """Run a script, and wait until completion knows what it made."""
    await desk.run(sql, key="f8")
    assert desk.pane.status.phase.name == "DONE", desk.messages
    await until_known(desk)
    desk.write("")


async def type_behind(desk: Desk, text: str, typed: str) -> None:
    """Type behind a text that is there already."""
    desk.write(text)
    await desk.type(typed)


async def until_listed(desk: Desk, label: str) -> None:
    await desk.until(lambda: label in labels(desk), f"{label!r} in the list")


async def until_closed(desk: Desk) -> None:
    await desk.until(lambda: not popup(desk).is_open, "the end of the list")


async def test_it_opens_by_itself_narrows_and_is_taken_by_keys() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await prepare(desk)
        editor = desk.pane.editor
        await type_behind(desk, "select * from ", "o")
        await desk.pilot.pause()
        assert not popup(desk).is_open  # one letter only
        await desk.type("r")
        await until_listed(desk, "orders")
        assert "orders" in desk.text()
        await desk.press("enter")
        assert editor.text == "select * from orders"
        assert not popup(desk).is_open
        await type_behind(desk, "select * from orders o where ", "o")
        assert not popup(desk).is_open
        await desk.press("full_stop")
        await until_listed(desk, "customer_id")
        assert labels(desk) == ["id", "customer_id", "total"]
        await desk.press("t")
        await desk.until(lambda: labels(desk)[:1] == ["total"], "fewer")
        await desk.press("tab")
        assert editor.text == "select * from orders o where o.total"
        await desk.press("ctrl+z")
        assert editor.text == "select * from orders o where o.t"
        await desk.press("ctrl+y")
        assert editor.text == "select * from orders o where o.total"


async def test_keys_move_in_the_list_and_escape_closes_it_until_the_next_word() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await prepare(desk)
        editor = desk.pane.editor
        desk.write("select  from orders", caret=7)
        await desk.press("ctrl+@")
        await until_listed(desk, "total")
        shown = labels(desk)
        await desk.press("down", "down")
        assert chosen(desk) == shown[2]
        await desk.press("up", "up", "up")
        assert chosen(desk) == shown[-1]
        await desk.press("pageup", "pagedown", "home")
        await until_closed(desk)
        assert editor.text == "select  from orders"
        assert editor.cursor_location == (0, 0)
        desk.write("select ")
        await desk.type("to")
        await until_listed(desk, "to_base64")
        await desk.press("escape")
        assert not popup(desk).is_open
        await desk.type("_b")
        await desk.pilot.pause()
        assert not popup(desk).is_open
        await desk.press("ctrl+@")
        await until_listed(desk, "to_base64")
        await desk.press("escape")
        await desk.type(", to_")
        await until_listed(desk, "to_base64")


async def test_enter_breaks_the_line_behind_a_word_that_is_written_in_full() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await prepare(desk)
        await type_behind(desk, "select * from orde", "rs")
        await desk.pilot.pause()
        await desk.press("enter", "w", "h", "e", "r", "e", "enter", "x")
        assert desk.pane.editor.text == "select * from orders\nwhere\nx"


async def test_what_is_typed_fast_is_what_the_list_is_about() -> None:
    """Keys in one piece, as over a slow line: Tab takes what fits the text, not an older list."""
    async with open_desk(size=(80, 24)) as desk:
        await prepare(desk)
        for _ in range(2):
            await type_behind(desk, "select * from ", "cu")
            await until_listed(desk, "customers")
            desk.write("select * from ")
            await desk.press("o", "r", "d", "tab")
            await desk.pilot.pause()
            assert desk.pane.editor.text in (
                "select * from orders",
                "select * from ord ",  # no list was open yet
            )


async def test_the_call_around_the_caret_is_shown_with_its_argument() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await prepare(desk)
        await type_behind(desk, "select lpad", "(")
        await desk.until_shown("lpad(")
        assert argument(desk) == 0
        assert not popup(desk).has_items
        await type_behind(desk, "select lpad('x'", ", ")
        await desk.until(lambda: argument(desk) == 1, "the second argument")
        await desk.press("down", "enter")
        assert desk.pane.editor.document.line_count == 2  # these are the editor's
        await desk.type(") ")
        await until_closed(desk)


async def test_it_stays_closed_where_the_setting_says_so() -> None:
    change_setting("editor.completion", "false")
    async with open_desk(size=(80, 24)) as desk:
        await prepare(desk)
        await type_behind(desk, "select * from orders where orders.", "to")
        await desk.pilot.pause()
        assert not popup(desk).is_open
        await desk.press("ctrl+space")
        await until_listed(desk, "total")
        await desk.press("backspace")
        await desk.until(lambda: popup(desk).offer.items[0].end == 35, "the shorter word")
        await desk.press("tab")
        assert desk.pane.editor.text.endswith("orders.total")


async def test_the_catalogue_follows_what_is_run() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await prepare(desk)
        await prepare(desk, "create table brand_new (one integer)")
        await type_behind(desk, "select * from ", "br")
        await until_listed(desk, "brand_new")
        await desk.press("escape", "ctrl+n")
        await desk.until(lambda: desk.screen.documents.count == 2, "another tab")
        await type_behind(desk, "select * from ", "br")
        await until_listed(desk, "brand_new")


async def test_what_is_made_in_a_transaction_is_known_after_its_commit(pg_db: str) -> None:
    async with open_desk(pg_db, size=(80, 24)) as desk:
        await until_known(desk)
        await desk.run("begin; create table made_within (a int)", key="f8")
        await until_known(desk)
        await desk.run("commit")
        await until_known(desk)
        await type_behind(desk, "select * from ", "ma")
        await until_listed(desk, "made_within")


async def test_a_catalogue_that_is_read_is_said_and_its_names_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tusk.tui.completion.knowledge._LOAD_AFTER_S", 1000.0)
    gate = asyncio.Event()
    load = Knowledge._refresh

    async def waits(self: Knowledge) -> None:
        await gate.wait()
        await load(self)

    monkeypatch.setattr(Knowledge, "_refresh", waits)
    async with open_desk(size=(80, 24)) as desk:
        await desk.until(lambda: desk.app.book.knowledge.of(desk.pane.entry) is not None, "it")
        desk.write("select ")
        await desk.press("ctrl+@")
        await desk.until_shown("The catalogue is being read")
        assert "date_trunc" not in labels(desk)
        gate.set()
        await until_listed(desk, "date_trunc")
        assert "being read" not in desk.text()


async def test_what_changes_during_a_reading_is_read_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection = Connection(Target("duckdb", "d", {"path": ""}))
    connection.open()
    known = Knowledge(connection, lambda: None)
    read, has_read, may_end = known.catalog.refresh, threading.Event(), threading.Event()

    def slow() -> Snapshot:
        snapshot = read()
        has_read.set()
        assert may_end.wait(30)
        return snapshot

    monkeypatch.setattr(known.catalog, "refresh", slow)
    known.load()
    await asyncio.to_thread(has_read.wait, 30)
    statement = Statement("create table late (a int)", kind=StatementKind.DDL)
    connection.session.execute(statement).close()
    known.follow(statement)
    may_end.set()
    await known.loaded()
    assert "late" in [relation.name for relation in known.catalog.snapshot.relations]
    connection.close()


async def test_files_and_their_columns(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("alpha,beta\n1,2\n")
    (tmp_path / "sub").mkdir()
    async with open_desk(size=(80, 24)) as desk:
        await until_known(desk)
        await type_behind(desk, f"select * from '{tmp_path}", "/")
        await until_listed(desk, "rows.csv")
        await desk.type("ro")
        await desk.until(lambda: labels(desk) == ["rows.csv"], "one file")
        await desk.press("tab")
        text = desk.pane.editor.text
        assert text.startswith(f"select * from '{tmp_path}/rows.csv")
        desk.write(f"select  from '{tmp_path}/rows.csv'", caret=7)
        await desk.press("ctrl+@")
        await until_listed(desk, "beta")


async def test_the_mouse_takes_and_other_places_close() -> None:
    async with open_desk(size=(80, 24)) as desk:
        await prepare(desk)
        await type_behind(desk, "select * from ", "or")
        await until_listed(desk, "orders")
        await desk.pilot.click(popup(desk), offset=(4, 0))
        await desk.until(lambda: desk.pane.editor.text == "select * from orders", "the item")
        assert desk.focused is desk.pane.editor
        await type_behind(desk, "select * from orders where ", "to")
        await until_listed(desk, "total")
        await desk.press("f4")
        await until_closed(desk)


async def test_escape_closes_the_list_before_it_cancels_a_run(pg_db: str) -> None:
    async with open_desk(pg_db, size=(80, 24)) as desk:
        await prepare(desk)
        desk.write("select pg_sleep(600)")
        await desk.start()
        await type_behind(desk, "select * from ", "or")
        await until_listed(desk, "orders")
        await desk.press("escape")
        assert not popup(desk).is_open
        assert desk.pane.is_running
        await desk.press("escape")
        await desk.ended()


async def test_names_that_are_hostile_fit_any_room() -> None:
    async with open_desk(size=(80, 24)) as desk:
        names = [text[:50] for text in HOSTILE.values() if text.strip("\0")]
        columns = ", ".join(
            f"{number} as {quote_identifier(f'{number}{name}')}"
            for number, name in enumerate(dict.fromkeys(names))
        )
        await prepare(desk, f"create table hostile as select {columns}")
        for size in ((20, 7), (40, 10), (80, 24)):
            await desk.pilot.resize_terminal(*size)
            desk.write("select  from hostile", caret=7)
            await desk.press("ctrl+@")
            await desk.pilot.pause()
            for _ in range(1 + len(names) // 7):
                assert unsafe_characters(desk.text()) == []
                await desk.press("pagedown")
            assert not popup(desk).is_open or popup(desk).region in desk.pane.region
        await desk.press("enter")
        assert desk.pane.editor.text != "select  from hostile"
        assert unsafe_characters(desk.text()) == []


def test_the_list_is_beside_the_line_and_in_its_room() -> None:
    for width in (1, 10, 80):
        for height in (0, 1, 5, 22):
            room = Region(3, 2, width, height)
            for y in range(room.y, room.bottom):
                for x in (room.x - 2, room.x, room.right - 1, room.right + 5):
                    region = place(Offset(x, y), Size(30, 9), room)
                    if region.area:
                        assert region in room
                        assert not region.y <= y < region.bottom
                    else:
                        assert height == 1
