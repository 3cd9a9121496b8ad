"""Panes: sizes by keys and mouse, zoom, small screens, the catalogue."""

from __future__ import annotations

import pytest
from textual.geometry import Offset
from textual.widget import Widget

from tests.tui.desk import Desk, open_desk
from tusk.tui.widgets.connection_list import ConnectionList
from tusk.tui.widgets.lazy_tree import LazyTree
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.splitter import Splitter
from tusk.tui.widgets.sql_editor import SqlEditor


def width(desk: Desk) -> int:
    return desk.screen.query_one("#explorer").outer_size.width


def has_focus(desk: Desk, kind: type[Widget]) -> bool:
    return isinstance(desk.focused, kind)


def is_shown(desk: Desk, selector: str) -> bool:
    return desk.screen.query_one(selector).display


def results_height(desk: Desk) -> int:
    return desk.pane.results.outer_size.height


class TestSizes:
    async def test_keys_move_the_bars(self) -> None:
        async with open_desk() as desk:
            before = width(desk), results_height(desk)
            await desk.press("alt+right", "alt+up")
            assert width(desk) == before[0] + 4
            assert results_height(desk) > before[1]
            await desk.press("alt+left", "alt+left", "alt+down", "alt+down")
            assert width(desk) == before[0] - 4
            assert results_height(desk) < before[1]

    async def test_the_mouse_drags_the_bars(self) -> None:
        async with open_desk() as desk:
            before = width(desk), results_height(desk)
            for splitter, x, y in (("#explorer-splitter", 10, 0), ("DocumentPane Splitter", 0, -5)):
                bar = desk.screen.query_one(splitter, Splitter)
                start = bar.region.offset
                await desk.pilot.mouse_down(offset=start)
                await desk.pilot.hover(offset=start + Offset(x, y))
                await desk.pilot.mouse_up(offset=start + Offset(x, y))
            assert width(desk) == before[0] + 10
            assert abs(results_height(desk) - before[1] - 5) <= 1

    async def test_the_bars_stop_where_a_pane_would_vanish(self) -> None:
        async with open_desk() as desk:
            await desk.press(*["alt+left"] * 20, *["alt+down"] * 20)
            assert width(desk) == 16
            assert results_height(desk) >= 3
            await desk.press(*["alt+up"] * 20)
            assert desk.pane.editor.outer_size.height >= 1

    async def test_zoom_gives_the_focused_half_everything_and_back(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1")
            await desk.press("f4", "alt+z")
            assert results_height(desk) > 30
            assert not is_shown(desk, "SqlEditor")
            await desk.press("alt+z")
            assert is_shown(desk, "SqlEditor")
            await desk.press("f3", "f12")
            assert not is_shown(desk, "ResultPane")
            await desk.press("f4")
            assert is_shown(desk, "ResultPane")


class TestExplorer:
    async def test_f2_goes_there_and_once_more_hides_it(self) -> None:
        async with open_desk() as desk:
            await desk.press("f2")
            assert has_focus(desk, ConnectionList)
            await desk.press("f2")
            assert not is_shown(desk, "#explorer")
            assert has_focus(desk, SqlEditor)
            await desk.press("f2")
            assert is_shown(desk, "#explorer")

    @pytest.mark.parametrize(("columns", "is_open"), [(80, False), (99, False), (100, True)])
    async def test_it_shows_where_there_is_room(self, columns: int, is_open: bool) -> None:
        async with open_desk(size=(columns, 24)) as desk:
            assert is_shown(desk, "#explorer") is is_open

    async def test_it_can_be_shown_at_80_columns_too(self) -> None:
        async with open_desk(size=(80, 24)) as desk:
            await desk.press("f2")
            assert "Connections" in desk.text()
            await desk.press("enter", "f3")
            await desk.run("select 1")
            assert desk.column() == [1]


class TestFocus:
    async def test_f3_and_f4_go_to_editor_and_results(self) -> None:
        async with open_desk() as desk:
            await desk.run("select 1")
            await desk.press("f4")
            assert has_focus(desk, ResultGrid)
            await desk.press("f3")
            assert has_focus(desk, SqlEditor)

    async def test_what_is_typed_right_after_a_new_tab_goes_into_it(self) -> None:
        async with open_desk() as desk:
            await desk.press("f2", "ctrl+n", "x", "y")
            assert desk.pane.editor.text == "xy"
            assert desk.screen.documents.count == 2


class TestCatalogue:
    async def tables(self, desk: Desk) -> LazyTree[object]:
        await desk.run(
            'create table item (id int, name text); create table "Odd Name" (a int);'
            "create schema other; create table other.far_away (needle int)",
            key="f8",
        )
        await desk.press("f2", "tab", "tab", "r")
        await desk.until(lambda: "other" in desk.text(), "the schemas")
        tree: LazyTree[object] = desk.screen.query_one("#catalog-tree", LazyTree)
        return tree

    async def go_to(self, desk: Desk, tree: LazyTree[object], text: str) -> None:
        await desk.until(lambda: text in [line.text for line in tree.lines], text)
        place = [line.text for line in tree.lines].index(text)
        await desk.press("home", *["down"] * place)
        assert tree.cursor_line is not None
        assert tree.cursor_line.text == text

    async def test_it_opens_level_by_level(self) -> None:
        async with open_desk() as desk:
            tree = await self.tables(desk)
            await self.go_to(desk, tree, "item")
            await desk.press("right")
            await desk.until(lambda: "name  VARCHAR" in desk.text(), "the columns")

    async def test_view_runs_a_select_in_a_tab_of_its_own(self) -> None:
        async with open_desk() as desk:
            tree = await self.tables(desk)
            desk.write("select 1")
            await self.go_to(desk, tree, "Odd Name")
            await desk.press("v")
            await desk.until(lambda: desk.screen.documents.count == 2, "a tab")
            await desk.until(lambda: bool(desk.pane.results.results), "a result")
            await desk.ended()
            assert desk.pane.editor.text.startswith("select *\nfrom ")
            assert '"Odd Name"' in desk.pane.editor.text
            assert "Odd Name" in desk.pane.title
            assert desk.pane.status.rows == 0
            assert desk.screen.documents.snapshot()[0].text == "select 1"

    async def test_view_uses_a_tab_that_is_empty(self) -> None:
        async with open_desk() as desk:
            tree = await self.tables(desk)
            desk.write("")
            await self.go_to(desk, tree, "item")
            await desk.press("v")
            await desk.until(lambda: "item" in desk.pane.editor.text, "the select")
            await desk.until(lambda: desk.pane.status.rows == 0, "its result")
            assert desk.screen.documents.count == 1

    async def test_a_name_is_written_at_the_cursor_with_its_quotes(self) -> None:
        async with open_desk() as desk:
            tree = await self.tables(desk)
            desk.write("select * from ")
            await self.go_to(desk, tree, "Odd Name")
            await desk.press("n")
            assert desk.pane.editor.text.endswith('"Odd Name"')
            assert has_focus(desk, SqlEditor)

    async def test_search_finds_what_was_not_opened(self) -> None:
        async with open_desk() as desk:
            tree = await self.tables(desk)
            await desk.press("slash")
            await desk.type("far")
            await desk.until(lambda: "far_away" in desk.text(), "the match")
            await desk.press("enter")
            assert desk.focused is tree
            await desk.press("escape")
            await desk.until(lambda: tree.lines[0].text == "memory", "the whole tree")

    async def test_what_a_statement_makes_or_drops_is_seen_and_open_nodes_stay_open(self) -> None:
        async with open_desk() as desk:
            tree = await self.tables(desk)
            await self.go_to(desk, tree, "item")
            await desk.press("f3")
            await desk.run("create table another (a int)")
            await desk.until(lambda: "another" in [line.text for line in tree.lines], "the table")
            assert tree.cursor_line is not None
            assert tree.cursor_line.text == "item"
            await desk.run("drop table another")
            await desk.until(
                lambda: "another" not in [line.text for line in tree.lines], "the drop"
            )

    async def test_search_without_a_match_says_so(self) -> None:
        async with open_desk() as desk:
            await self.tables(desk)
            await desk.press("slash")
            await desk.type("zzz")
            await desk.until_shown("Nothing is called like zzz")

    async def test_without_a_connection_it_says_what_to_do(self) -> None:
        async with open_desk() as desk:
            await desk.press("f2", "x")
            await desk.until_shown("Not connected")
