"""Running statements from the editor, on the embedded DuckDB."""

from __future__ import annotations

from tests.tui.desk import open_desk
from tusk.tui.run_status import Phase
from tusk.tui.widgets.message_log import Level
from tusk.tui.widgets.result_pane import MESSAGES

SLOW = "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 1"


class TestWhatIsRun:
    async def test_f5_runs_the_statement_at_the_cursor(self) -> None:
        async with open_desk() as desk:
            desk.write("select 1 as a;\nselect 2 as b;\nselect 3 as c;", caret=20)
            await desk.start()
            await desk.ended()
            assert desk.column() == [2]
            assert len(desk.pane.results.results) == 1

    async def test_the_selection_goes_before_the_statement(self) -> None:
        async with open_desk() as desk:
            desk.write("select 1 + 10 as a", caret=0)
            await desk.press(*["shift+right"] * len("select 1"))
            await desk.start()
            await desk.ended()
            assert desk.column() == [1]

    async def test_f8_runs_all_and_shows_a_tab_for_each_result(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1; create table t (a int); select 2; select 3", key="f8")
            assert [desk.column(result=n) for n in range(3)] == [[1], [2], [3]]
            assert desk.pane.results.active == desk.pane.results.results[0].id
            assert sum(e.level is Level.DONE for e in desk.messages) == 4

    async def test_ctrl_j_runs_where_terminals_swallow_ctrl_enter(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 7", key="ctrl+j")
            assert desk.column() == [7]

    async def test_keys_typed_before_f5_are_part_of_what_runs(self) -> None:
        async with open_desk() as desk:
            await desk.press(*"select", "space", *"12345", "f5")
            await desk.until(lambda: bool(desk.pane.results.results), "a result")
            await desk.ended()
            assert desk.column() == [12345]

    async def test_an_empty_tab_says_that_there_is_nothing_to_run(self) -> None:
        async with open_desk() as desk:
            await desk.press("f5")
            await desk.until_shown("There is no statement")

    async def test_a_run_connects_first_where_that_is_needed(self) -> None:
        async with open_desk() as desk:
            assert desk.pane.entry is not None
            await desk.app.book.close(desk.pane.entry)
            assert not desk.pane.entry.is_open
            await desk.run("select 5")
            assert desk.column() == [5]


class TestResults:
    async def test_results_of_an_earlier_run_stay_until_the_next_one_opens(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1 as first_result")
            desk.write(SLOW)
            await desk.start()
            await desk.until_phase(Phase.RUNNING)
            assert desk.column() == [1]
            assert "first_result" in desk.text()
            assert not desk.pane.results.results[0].is_current
            await desk.press("escape")
            await desk.ended()
            assert desk.column() == [1]
            await desk.run("select 2")
            assert [desk.column(result=n) for n in range(len(desk.pane.results.results))] == [[2]]

    async def test_a_pinned_result_stays_longer(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1")
            await desk.press("f4", "p")
            await desk.run("select 2")
            assert [desk.column(result=n) for n in (0, 1)] == [[1], [2]]
            await desk.press("f4", "left_square_bracket", "p")
            await desk.run("select 3")
            assert len(desk.pane.results.results) == 1

    async def test_closing_a_result_gives_its_memory_back(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1; select 2", key="f8")
            buffer = desk.pane.results.results[0].buffer
            await desk.press("f4", "delete")
            await desk.until(lambda: len(desk.pane.results.results) == 1, "one result")
            assert buffer.num_rows == 0
            assert desk.column() == [2]

    async def test_brackets_go_from_result_to_result_and_to_the_messages(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1; select 2", key="f8")
            await desk.press("f4")
            seen = [desk.pane.results.active]
            for _ in range(3):
                await desk.press("right_square_bracket")
                seen.append(desk.pane.results.active)
            assert seen[2] == MESSAGES
            assert len(set(seen[:3])) == 3
            assert seen[3] == seen[0]
            await desk.press("left_square_bracket")
            assert desk.pane.results.active == MESSAGES

    async def test_a_statement_without_rows_shows_what_it_did(self) -> None:
        async with open_desk() as desk:
            await desk.run("create table t as select * from range(5) r(a)")
            await desk.run("delete from t where a < 3")
            assert desk.pane.results.active == MESSAGES
            assert "3 rows changed" in desk.text()
            assert "3 rows changed" in desk.status

    async def test_a_result_without_rows_is_a_result(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1 as a where false")
            assert desk.pane.results.grid is not None
            assert "0 rows" in desk.status

    async def test_only_the_last_results_are_kept(self) -> None:
        async with open_desk() as desk:
            await desk.run(";".join(f"select {n}" for n in range(15)), key="f8")
            assert [desk.column(result=n) for n in (0, 9)] == [[5], [14]]


class TestFetching:
    async def test_a_big_result_pauses_at_the_limit_and_says_how_to_go_on(self) -> None:
        async with open_desk() as desk:
            await desk.run("select * from range(35000)")
            assert desk.pane.status.phase is Phase.PAUSED
            assert desk.pane.status.rows == 10_000
            assert "10,000+ rows" in desk.status
            assert "F9 fetches on" in desk.status

    async def test_in_memory_there_is_no_server_with_more(self) -> None:
        async with open_desk() as desk:
            await desk.run("select * from range(35000)")
            assert "more to fetch: F9 fetches on" in desk.status
            assert "server" not in desk.status

    async def test_a_filter_says_how_many_of_the_rows_it_shows(self) -> None:
        async with open_desk() as desk:
            await desk.run("select range as n from range(1000)")
            grid = desk.pane.results.grid
            assert grid is not None
            grid.arrange_rows(filter_text="777")
            await desk.until(lambda: "1 of 1,000 rows" in desk.status, "the count")
            grid.arrange_rows()
            await desk.until(lambda: "of 1,000 rows" not in desk.status, "all rows")
            assert "1,000 rows" in desk.status

    async def test_f9_fetches_the_next_page(self) -> None:
        async with open_desk() as desk:
            await desk.run("select * from range(35000)")
            await desk.press("f9")
            await desk.until(lambda: desk.pane.status.rows == 20_000, "20,000 rows")
            await desk.until_phase(Phase.PAUSED)

    async def test_shift_f9_fetches_all(self) -> None:
        async with open_desk() as desk:
            await desk.run("select * from range(35000)")
            await desk.press("shift+f9")
            await desk.until_phase(Phase.DONE)
            assert desk.column() == list(range(35_000))
            assert "35,000 rows" in desk.status
            assert "all rows" in desk.status

    async def test_going_to_the_last_row_fetches_on(self) -> None:
        async with open_desk() as desk:
            await desk.run("select * from range(12000)")
            await desk.press("f4", "pagedown", "ctrl+end")
            await desk.until_phase(Phase.DONE)
            assert desk.pane.status.rows == 12_000

    async def test_a_script_does_not_wait_for_somebody_to_scroll(self) -> None:
        async with open_desk() as desk:
            await desk.run("select * from range(20000); select 5", key="f8")
            assert desk.column(result=1) == [5]
            assert desk.pane.results.results[0].buffer.num_rows == 10_000

    async def test_running_again_lets_go_of_a_paused_result(self) -> None:
        async with open_desk() as desk:
            await desk.run("select * from range(20000)")
            await desk.run("select 5")
            assert desk.column() == [5]
            assert desk.pane.status.phase is Phase.DONE


class TestCancelling:
    async def test_escape_cancels_and_the_connection_can_be_used_at_once(self) -> None:
        async with open_desk() as desk:
            desk.write(SLOW)
            await desk.start()
            await desk.until_phase(Phase.RUNNING)
            assert "Esc cancels" in desk.status
            await desk.press("escape")
            await desk.until_phase(Phase.CANCELLED)
            await desk.run("select 1")
            assert desk.column() == [1]

    async def test_ctrl_c_cancels_and_copies_nothing(self) -> None:
        async with open_desk() as desk:
            desk.write(SLOW)
            await desk.start()
            await desk.until_phase(Phase.RUNNING)
            await desk.press("ctrl+c")
            await desk.until_phase(Phase.CANCELLED)
            assert desk.app.clipboard == ""

    async def test_ctrl_c_copies_when_nothing_runs(self) -> None:
        async with open_desk() as desk:
            desk.write("select 1", caret=0)
            await desk.press("shift+end", "ctrl+c")
            assert desk.app.clipboard == "select 1"

    async def test_running_again_supersedes_what_runs(self) -> None:
        async with open_desk() as desk:
            desk.write(SLOW)
            await desk.start()
            await desk.until_phase(Phase.RUNNING)
            await desk.run("select 'new' as a")
            assert desk.column() == ["new"]
            assert desk.pane.status.phase is Phase.DONE


class TestErrors:
    async def test_a_message_that_comes_behind_a_result_is_as_wide_as_the_pane(self) -> None:
        async with open_desk() as desk:
            await desk.run("selec 1")
            await desk.run("select 1")
            assert desk.pane.results.grid is not None
            await desk.run("select no_such_column_as_this")
            await desk.until_shown('Referenced column "no_such_column_as_this" was not found')

    async def test_the_place_is_marked_and_has_the_caret(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1;\nselect\n  nothing_here\nfrom range(3)")
            assert desk.pane.editor.error_location == (2, 2)
            assert desk.pane.editor.cursor_location == (2, 2)
            assert desk.pane.results.active == MESSAGES
            assert ("at", "line 3, column 3") in desk.last_error.fields
            assert "nothing_here" in desk.last_error.text

    async def test_the_mark_goes_with_the_next_key_and_with_the_next_run(self) -> None:
        async with open_desk() as desk:
            await desk.run("select nothing_here")
            marks = [desk.pane.editor.error_location]
            await desk.press("x")
            marks.append(desk.pane.editor.error_location)
            await desk.run("select nothing_here")
            marks.append(desk.pane.editor.error_location)
            await desk.run("select 1")
            marks.append(desk.pane.editor.error_location)
            assert marks == [(0, 7), None, (0, 7), None]

    async def test_an_error_in_a_selection_is_marked_where_it_is_in_the_text(self) -> None:
        async with open_desk() as desk:
            desk.write("select 1;\n\nselect oops", caret=0)
            await desk.press("down", "down", *["shift+right"] * len("select oops"), "f5")
            await desk.until_phase(Phase.FAILED)
            assert desk.pane.editor.error_location == (2, 7)

    async def test_a_text_that_changed_meanwhile_is_not_marked(self) -> None:
        async with open_desk() as desk:
            slow = SLOW.replace("1000000", "20000")
            desk.write(f"{slow}; select nothing_here")
            await desk.start("f8")
            desk.pane.editor.load_text("something else entirely")
            await desk.until_phase(Phase.FAILED)
            assert desk.pane.editor.error_location is None

    async def test_rows_that_came_before_an_error_stay_and_are_called_partial(self) -> None:
        async with open_desk() as desk:
            await desk.run("select * from range(1000)")
            await desk.run("select if(range < 500000, range, error('late')) from range(900000)")
            await desk.press("shift+f9")
            await desk.until_phase(Phase.FAILED)
            rows = desk.pane.results.results[-1].buffer.num_rows
            assert 0 < rows <= 500_000
            assert "partial" in desk.status

    async def test_a_script_stops_at_the_first_error(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1; select oops; select 3", key="f8")
            assert len(desk.pane.results.results) == 1
            assert desk.pane.status.phase is Phase.FAILED


class TestTransactions:
    async def test_begin_and_rollback_by_keys_show_their_state(self) -> None:
        async with open_desk() as desk:
            await desk.run("create table t (a int)")
            await desk.press("ctrl+t")
            await desk.until_shown("No transaction is open")
            await desk.press("b")
            await desk.until(lambda: "in transaction" in desk.status, "the open transaction")
            await desk.run("insert into t values (1)")
            await desk.press("ctrl+t")
            await desk.until_shown("A transaction is open")
            await desk.press("r")
            await desk.until(lambda: "autocommit" in desk.status, "the end of the transaction")
            await desk.run("select count(*) from t")
            assert desk.column() == [0]

    async def test_commit_keeps_the_changes(self) -> None:
        async with open_desk() as desk:
            await desk.run("create table t (a int); begin; insert into t values (1)", key="f8")
            assert "in transaction" in desk.status
            await desk.press("ctrl+t", "c")
            await desk.until(lambda: "autocommit" in desk.status, "the end of the transaction")
            await desk.run("rollback; select count(*) from t", key="f8")
            assert desk.pane.status.phase is Phase.FAILED
            await desk.run("select count(*) from t")
            assert desk.column() == [1]

    async def test_leaving_asks_only_when_something_would_be_lost(self) -> None:
        async with open_desk() as desk:
            await desk.run("begin")
            await desk.press("ctrl+q")
            await desk.until_shown("Leave tusk?")
            await desk.until_shown("rolled back")
            await desk.press("escape")
            assert desk.app.is_running
            await desk.run("rollback")
            desk.write(SLOW)
            await desk.start()
            await desk.press("ctrl+q")
            await desk.until_shown("The statement that runs on it is cancelled.")
            await desk.press("escape")
            assert desk.pane.is_running
            await desk.press("escape")
            await desk.ended()
            # What is written in the editor is kept anyway.
            assert desk.pane.editor.text == SLOW
            await desk.press("ctrl+q")
            await desk.until(lambda: not desk.app.is_running, "the end")
