"""Tabs share a connection: none ends what another runs, unless the user says so."""

from __future__ import annotations

from tests.tui.desk import Desk, open_desk
from tests.tui.test_running import SLOW
from tusk.tui.run_status import Phase
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.widgets.document_pane import DocumentPane
from tusk.tui.widgets.message_log import Level


async def run_slowly(desk: Desk) -> DocumentPane:
    """Start what does not end by itself, and open another tab on the same connection."""
    slow = desk.pane
    # One core is left for the screen.
    await desk.run("set threads = 1")
    desk.write(SLOW)
    await desk.start()
    await desk.until_phase(Phase.RUNNING)
    await desk.press("ctrl+n")
    await desk.until(lambda: desk.pane is not slow, "another tab")
    return slow


async def ask_to_run(desk: Desk, sql: str) -> None:
    desk.write(sql)
    await desk.press("f5")
    await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
    await desk.pilot.pause()


async def answered(desk: Desk, *keys: str) -> None:
    await desk.press(*keys)
    await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")


def warnings(pane: DocumentPane) -> str:
    entries = pane.results.messages.entries
    return " ".join(entry.text for entry in entries if entry.level is Level.WARNING)


async def test_escape_runs_nothing_and_leaves_the_other_tab_alone() -> None:
    async with open_desk() as desk:
        slow = await run_slowly(desk)
        await ask_to_run(desk, "select 2")
        assert "Query 1 has been running on memory" in desk.text()
        await answered(desk, "escape")
        await desk.pilot.pause()
        assert slow.status.phase is Phase.RUNNING
        assert desk.pane.status.phase is Phase.IDLE
        assert not desk.pane.results.results


async def test_waiting_is_what_enter_chooses_and_runs_when_the_other_has_ended() -> None:
    async with open_desk() as desk:
        slow = await run_slowly(desk)
        await ask_to_run(desk, "select 2")
        await answered(desk, "enter")
        await desk.until_phase(Phase.WAITING)
        await desk.until(lambda: "waiting for Query 1" in desk.status, "who is waited for")
        assert "Esc cancels" in desk.status
        assert slow.status.phase is Phase.RUNNING
        slow.cancel()
        await desk.until(lambda: bool(desk.pane.results.results), "the result")
        await desk.ended()
        assert desk.column() == [2]
        assert slow.status.phase is Phase.CANCELLED
        assert "by Query 2" not in warnings(slow)


async def test_escape_leaves_the_queue() -> None:
    async with open_desk() as desk:
        slow = await run_slowly(desk)
        await ask_to_run(desk, "create table made (a int)")
        await answered(desk, "enter")
        await desk.until_phase(Phase.WAITING)
        await desk.press("escape")
        await desk.until_phase(Phase.CANCELLED)
        assert slow.status.phase is Phase.RUNNING
        slow.cancel()
        await desk.until(lambda: not slow.is_running, "the end of the other")
        await desk.run("select count(*) from duckdb_tables() where table_name = 'made'")
        assert desk.column() == [0]


async def test_cancelling_it_says_in_its_tab_who_did() -> None:
    async with open_desk() as desk:
        slow = await run_slowly(desk)
        await ask_to_run(desk, "select 2")
        await answered(desk, "left", "enter")
        await desk.until(lambda: bool(desk.pane.results.results), "the result")
        await desk.ended()
        assert desk.column() == [2]
        await desk.until(lambda: slow.status.phase is Phase.CANCELLED, "the other tab to know")
        assert "by Query 2" in warnings(slow)


def ended(panes: list[DocumentPane]) -> int:
    return sum(pane.status.phase is Phase.DONE for pane in panes)


async def test_those_who_wait_come_one_after_the_other() -> None:
    async with open_desk() as desk:
        slow = await run_slowly(desk)
        panes: list[DocumentPane] = []
        for number in range(3):
            await ask_to_run(desk, f"select {number}")
            await answered(desk, "enter")
            await desk.until_phase(Phase.WAITING)
            panes.append(desk.pane)
            await desk.press("ctrl+n")
            await desk.until(lambda: desk.pane not in panes, "another tab")
        slow.cancel()
        await desk.until(lambda: ended(panes) == len(panes), "everyone's turn")
        for number, pane in enumerate(panes):
            (result,) = pane.results.results
            assert [batch.column(0).to_pylist() for batch in result.buffer.batches()] == [[number]]


async def test_who_waits_goes_on_when_the_other_tab_is_closed() -> None:
    async with open_desk() as desk:
        slow = await run_slowly(desk)
        await ask_to_run(desk, "select 2")
        await answered(desk, "enter")
        await desk.until_phase(Phase.WAITING)
        await desk.screen.documents.close(slow.tab_id)
        await desk.until(lambda: bool(desk.pane.results.results), "the result")
        await desk.ended()
        assert desk.column() == [2]


async def test_a_paused_result_is_let_go_and_its_tab_says_so() -> None:
    async with open_desk() as desk:
        await desk.run("select * from range(35000)")
        paused = desk.pane
        assert paused.status.phase is Phase.PAUSED
        await desk.press("ctrl+n")
        await desk.run("select 2")
        assert desk.column() == [2]
        await desk.until(lambda: paused.status.phase is Phase.DONE, "the other tab to know")
        await desk.press("alt+shift+p")
        await desk.until(lambda: desk.pane is paused, "the first tab")
        assert "Query 2 ran on the same connection" in warnings(paused)
        await desk.until(lambda: "rest given up for Query 2" in desk.status, "the status")
        assert desk.pane.status.rows == 10_000
        # The rest is not lost: the result is read again, with more of its rows.
        await desk.press("f9")
        await desk.until(lambda: len(desk.column()) == 20_000, "the next rows")
        assert paused.results.results[0].is_cut


async def test_running_again_in_the_same_tab_asks_nothing() -> None:
    async with open_desk() as desk:
        desk.write(SLOW)
        await desk.start()
        await desk.until_phase(Phase.RUNNING)
        await desk.run("select 3")
        assert desk.column() == [3]


class TestScripts:
    async def test_a_later_statement_shows_that_it_runs_and_escape_cancels_it(self) -> None:
        async with open_desk() as desk:
            script = f"create table t as select 1 as a; update t set a = 2; {SLOW}; select 4"
            desk.write(script)
            await desk.start("f8")
            await desk.until(lambda: desk.pane.status.number == 3, "the third statement")
            assert desk.pane.is_running
            await desk.until(lambda: "running 3 of 4" in desk.status, "the spinner")
            assert "Esc cancels" in desk.status
            assert "UPDATE" not in desk.status
            assert "changed" not in desk.status
            await desk.press("escape")
            await desk.until_phase(Phase.CANCELLED)
            assert "in statement 3 of 4" in warnings(desk.pane)
            await desk.run("select a from t")
            assert desk.column() == [2]

    async def test_messages_show_while_there_is_no_result_yet(self) -> None:
        async with open_desk() as desk:
            desk.write(f"create table t (a int); {SLOW}")
            await desk.start("f8")
            await desk.until_shown("create table t (a int)\n")
            await desk.until(lambda: desk.pane.status.number == 2, "the second statement")
            assert "No result yet" not in desk.text()
            await desk.press("escape")
            await desk.ended()

    async def test_exactly_one_thing_is_shown_whatever_comes(self) -> None:
        async with open_desk() as desk:
            shown: set[int] = set()

            def count() -> int:
                children = desk.pane.results._switcher.children
                return sum(child.display for child in children)

            desk.write("select 1 as a; select 2 as b; create table t (a int); select 3 as c")
            await desk.start("f8")
            while desk.pane.is_running:
                shown.add(count())
                await desk.pilot.pause()
            await desk.press("f4")
            for _ in range(5):
                await desk.press("right_square_bracket")
                shown.add(count())
            assert shown == {1}


class TestErrorsWithoutAPosition:
    async def test_the_statement_is_named_and_marked(self) -> None:
        sql = "select 1;\n\nselect error('no place')\nfrom range(2);\nselect 3"
        async with open_desk() as desk:
            await desk.run(sql, key="f8")
            fields = dict(desk.last_error.fields)
            assert fields["statement"] == "select error('no place') from range(2)"
            assert fields["at"] == "line 3"
            assert desk.pane.editor.cursor_location == (2, 0)
            assert desk.pane.editor.error_location == (2, 0)
