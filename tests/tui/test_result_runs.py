"""Results of several runs: titles, differences, repetition with changes marked, charts."""

from __future__ import annotations

import pytest

from tests.tui.desk import Desk, open_desk
from tests.tui.grid_pilot import numbers, staged
from tusk.core.text import is_safe
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_grid.compare_screens import CompareScreen, KeyChoice, ResultChoice


def grid(desk: Desk) -> ResultGrid:
    found = desk.pane.results.grid
    assert found is not None
    return found


async def test_results_are_renamed_pinned_and_compared() -> None:
    async with open_desk() as desk:
        await desk.run("select i as id, 'v' || i as name, i * 1.5 as price from range(6) t(i)")
        await desk.press("f4", "D")
        await desk.until_shown("no other result")
        await desk.press("p", "R", "ctrl+u", *"before", "enter")
        await desk.until_shown("◈ before")
        await desk.run(
            "select i as id, case i when 2 then 'new' else 'v' || i end as name, true as flag"
            " from range(1, 8) t(i) order by id desc"
        )
        await desk.press("f4", "D")
        await desk.until(lambda: isinstance(desk.app.screen, ResultChoice), "the other results")
        await desk.until_shown("before (6 rows)")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, KeyChoice), "the keys")
        await desk.until_shown("☑ id")
        await desk.press("enter")
        await desk.until_shown("2 added · 1 removed · 1 changed · 4 the same")
        assert isinstance(desk.app.screen, CompareScreen)
        assert "not in both: price, flag" in desk.text()
        assert "v2 → new" in desk.text()
        await desk.press("s", "q")
        await desk.until(lambda: desk.app.screen is desk.screen, "the results again")


async def test_a_comparison_without_a_key_is_refused_and_left_with_escape() -> None:
    async with open_desk() as desk:
        await desk.run("select 1 as a, '\x1b[31m[/x]' as b; select 1 as a, 'c' as b", key="f8")
        await desk.press("f4", "D", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, KeyChoice), "the keys")
        await desk.press("space", "enter")
        await desk.until_shown("Tick at least one column")
        await desk.press("up", "space", "enter")
        await desk.until_shown("1 changed")
        assert is_safe(desk.text().replace("\n", ""))
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.screen, "the results again")


async def test_a_statement_is_repeated_with_changes_marked_until_it_is_ended() -> None:
    async with open_desk() as desk:
        await desk.run("create sequence calls")
        await desk.run(
            "with s as (select nextval('calls') as n) "
            "select i as id, n + i as changing, 'same' as same from s, range(3 + n) t(i)"
        )
        await desk.press("f4", "l", "s", "s")
        await desk.until(lambda: grid(desk).cell_text(0, 0) == "3", "the sort")
        await desk.press("j")
        rows = grid(desk).row_count
        await desk.press("W", "backspace", "1", "enter")
        await desk.until_shown("↻ 1 s")
        await desk.until_shown("1 new since the run before")
        await desk.until(lambda: grid(desk).row_count > rows + 1, "another run")
        assert grid(desk).view_state.sort_keys[0].descending
        await desk.until(
            lambda: (grid(desk).cursor_row, grid(desk).cursor_column) == (1, 1), "cursor"
        )
        assert [result.is_current for result in desk.pane.results.results] == [True]
        await desk.press("W", "ctrl+u", "0", "enter")
        await desk.until(lambda: "↻ 1 s" not in desk.text(), "the end of it")
        await desk.run("select 2")
        assert "since the run before" not in desk.text()


async def test_only_what_reads_is_repeated_and_an_error_ends_it() -> None:
    async with open_desk() as desk:
        await desk.run("select 1 as a; create table t as select 1 as a", key="f8")
        await desk.press("f4", "W", "enter")
        await desk.until_shown("Only statements that just read are repeated")
        await desk.run("select a from t")
        await desk.press("f4", "W", "backspace", "1", "enter")
        await desk.until_shown("↻ 1 s")
        await desk.until_shown("the same rows since the run before")
        await desk.run("drop table t")
        assert "↻ 1 s" not in desk.text()


async def test_rows_are_drawn_in_every_way() -> None:
    pytest.importorskip("textual_plotext")
    async with staged(numbers(300), size=(80, 24)) as stage:
        await stage.press("P")
        for key, name in [("l", "line"), ("s", "scatter"), ("b", "bar"), ("h", "histogram")]:
            await stage.press(key)
            await stage.app.workers.wait_for_complete()
            await stage.pilot.pause()
            assert stage.screen_text()[0].strip().startswith(f"{name} · c0")
        assert "the first 40 of 300 rows" not in "\n".join(stage.screen_text())
        await stage.press("y", "x", "l")
        await stage.app.workers.wait_for_complete()
        await stage.pilot.pause()
        assert stage.screen_text()[0].strip() == "line · c1 by c0"
        await stage.press("escape")
        assert stage.app.screen is stage.app.screen_stack[0]
