"""Widgets by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from tusk.core.dialect import POSTGRES
from tusk.core.errors import ConnectionLost, QueryError
from tusk.core.events import Notice, Timing
from tusk.engines.registry import ENGINES
from tusk.services.connections import ConnectionState
from tusk.tui.labels import ENGINES as ENGINE_LABELS
from tusk.tui.layout import Layout
from tusk.tui.run_status import Phase, RunStatus, fetch_state, outcome, times
from tusk.tui.widgets import sql_editor
from tusk.tui.widgets.lazy_tree import LazyTree, Line
from tusk.tui.widgets.message_log import (
    KEPT_ENTRIES,
    Entry,
    Level,
    MessageLog,
    error_entry,
    notice_entry,
)
from tusk.tui.widgets.splitter import Splitter
from tusk.tui.widgets.sql_editor import SqlEditor
from tusk.tui.widgets.sql_highlight import load_highlighter
from tusk.tui.widgets.tab_strip import TabLabel, TabStrip


class Host(App[None]):
    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_lazy_tree_opened(self, event: LazyTree.Opened) -> None:
        self.heard.append(event)

    def on_lazy_tree_chosen(self, event: LazyTree.Chosen) -> None:
        self.heard.append(event)

    def on_tab_strip_chosen(self, event: TabStrip.Chosen) -> None:
        self.heard.append(event.tab_id)

    def on_tab_strip_close_requested(self, event: TabStrip.CloseRequested) -> None:
        self.heard.append(("close", event.tab_id))

    def on_splitter_dragged(self, event: Splitter.Dragged) -> None:
        self.heard.append(event.cells)

    def text(self) -> str:
        return "\n".join(s.text.rstrip() for s in self.screen._compositor.render_strips())


@asynccontextmanager
async def hosted(widget: Widget, size: tuple[int, int] = (60, 12)) -> AsyncIterator[Pilot[None]]:
    app = Host(widget)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot


def shown(pilot: Pilot[None]) -> str:
    assert isinstance(pilot.app, Host)
    return pilot.app.text()


def heard(pilot: Pilot[None]) -> list[object]:
    assert isinstance(pilot.app, Host)
    return pilot.app.heard


class TestEditor:
    async def test_sql_is_highlighted(self) -> None:
        editor = SqlEditor("select 'a', 1 from t -- c")
        async with hosted(editor):
            assert editor.is_syntax_aware
            names = {name for _, _, name in editor._highlights[0]}
            assert {"keyword", "string", "number", "relation", "comment"} <= names

    async def test_it_is_plain_text_where_the_grammar_does_not_load(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sql_editor, "load_highlighter", lambda: None)
        editor = SqlEditor("select 1")
        async with hosted(editor) as pilot:
            assert not editor.is_syntax_aware
            editor.focus()
            await pilot.press("x")
            assert "x" in editor.text

    def test_a_grammar_that_cannot_be_imported_gives_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import sys

        load_highlighter.cache_clear()
        monkeypatch.setitem(sys.modules, "tree_sitter_sql", None)
        assert load_highlighter() is None
        load_highlighter.cache_clear()

    async def test_a_very_long_text_is_not_highlighted_and_comes_back(self) -> None:
        editor = SqlEditor("select 1;\n" * 10_000)
        async with hosted(editor) as pilot:
            assert not editor.is_syntax_aware
            editor.load_text("select 1")
            await pilot.pause()
            assert editor.is_syntax_aware

    async def test_enter_keeps_the_indent(self) -> None:
        editor = SqlEditor("  a")
        async with hosted(editor) as pilot:
            editor.focus()
            await pilot.press("end", "enter", "b")
            assert editor.text == "  a\n  b"

    async def test_tab_indents_and_escape_is_left_to_bindings(self) -> None:
        editor = SqlEditor("")
        async with hosted(editor) as pilot:
            editor.focus()
            await pilot.press("tab", "x", "escape")
            assert editor.text == "  x"
            assert pilot.app.focused is editor

    async def test_alt_chords_type_nothing(self) -> None:
        editor = SqlEditor("a")
        async with hosted(editor) as pilot:
            editor.focus()
            await pilot.press("alt+q", "alt+z")
            assert editor.text == "a"

    async def test_lines_become_comments_and_back(self) -> None:
        editor = SqlEditor("select 1,\n  2")
        async with hosted(editor) as pilot:
            editor.focus()
            await pilot.press("shift+down", "shift+end", "ctrl+underscore")
            assert editor.text == "-- select 1,\n--   2"
            await pilot.press("alt+c")
            assert editor.text == "select 1,\n  2"

    async def test_the_statement_at_the_cursor_can_be_selected(self) -> None:
        text = "select 1;\nselect $$;$$;\nselect 3"
        editor = SqlEditor(text, dialect=lambda: POSTGRES)
        async with hosted(editor) as pilot:
            editor.focus()
            await pilot.press("down", "alt+s")
            assert editor.selected_text == "select $$;$$"

    async def test_a_mark_at_the_end_of_the_text_is_seen(self) -> None:
        editor = SqlEditor("select ")
        async with hosted(editor):
            assert editor.mark_error(7) == (0, 7)
            line = editor.get_line(0)
            assert [(span.start, span.end) for span in line.spans] == [(7, 8)]

    async def test_offsets_count_code_points_not_bytes_or_cells(self) -> None:
        editor = SqlEditor("漢字\n👍 x")
        async with hosted(editor):
            editor.place_caret(5)
            assert editor.cursor_location == (1, 2)
            assert editor.caret == 5


class TestLazyTree:
    def lines(self) -> list[Line[str]]:
        return [Line(name, name, can_open=True) for name in ("a", "b", "c")]

    async def test_children_are_asked_for_once(self) -> None:
        tree = LazyTree[str]()
        async with hosted(tree) as pilot:
            tree.show(self.lines())
            tree.focus()
            await pilot.press("right", "right")
            assert len(heard(pilot)) == 1
            tree.fill(tree.lines[0], [Line("a1", "a1"), Line("a2", "a2")])
            await pilot.press("left", "right")
            assert len(heard(pilot)) == 1
            assert [line.text for line in tree.lines] == ["a", "a1", "a2", "b", "c"]

    async def test_left_goes_to_the_parent_then_closes_it(self) -> None:
        tree = LazyTree[str]()
        async with hosted(tree) as pilot:
            tree.show(self.lines())
            tree.focus()
            await pilot.press("right")
            tree.fill(tree.lines[0], [Line("a1", "a1")])
            await pilot.press("down", "left")
            assert tree.cursor_line is tree.lines[0]
            await pilot.press("left")
            assert [line.text for line in tree.lines] == ["a", "b", "c"]

    async def test_children_that_come_after_closing_wait_for_the_next_opening(self) -> None:
        tree = LazyTree[str]()
        async with hosted(tree) as pilot:
            tree.show(self.lines())
            tree.focus()
            await pilot.press("right", "space")
            tree.fill(tree.lines[0], [Line("a1", "a1")])
            assert [line.text for line in tree.lines] == ["a", "b", "c"]
            await pilot.press("space")
            assert [line.text for line in tree.lines] == ["a", "a1", "b", "c"]

    async def test_a_failed_reading_can_be_tried_again(self) -> None:
        tree = LazyTree[str]()
        async with hosted(tree) as pilot:
            tree.show(self.lines())
            tree.focus()
            await pilot.press("right")
            tree.unfill(tree.lines[0])
            await pilot.press("right")
            assert len(heard(pilot)) == 2

    async def test_a_hundred_thousand_lines_cost_what_is_in_sight(self) -> None:
        class Counted(LazyTree[str]):
            painted = 0

            def render_line(self, y: int) -> Strip:
                self.painted += 1
                return super().render_line(y)

        tree = Counted()
        async with hosted(tree) as pilot:
            tree.show([Line("s", "schema", can_open=True)])
            tree.focus()
            await pilot.press("right")
            children = [Line(str(n), f"table_{n}", can_open=True) for n in range(100_000)]
            tree.fill(tree.lines[0], children)
            await pilot.press("end")
            assert "table_99999" in shown(pilot)
            assert 0 < tree.painted < 20 * tree.size.height

    async def test_a_click_opens_and_a_double_click_chooses(self) -> None:
        tree = LazyTree[str]()
        async with hosted(tree) as pilot:
            tree.show(self.lines())
            await pilot.click(tree, offset=(3, 1))
            assert tree.lines[1].is_open
            await pilot.click(tree, offset=(3, 2), times=2)
            assert isinstance(heard(pilot)[-1], LazyTree.Chosen)


class TestTabStrip:
    LABELS = [TabLabel(str(n), f"tab number {n}") for n in range(8)]  # noqa: RUF012

    async def test_the_active_tab_is_in_sight(self) -> None:
        strip = TabStrip()
        async with hosted(strip, size=(40, 1)) as pilot:
            strip.styles.height = 1
            strip.show(self.LABELS, "7")
            await pilot.pause()
            assert "tab number 7" in shown(pilot)
            strip.show(self.LABELS, "0")
            await pilot.pause()
            assert "▌tab number 0" in shown(pilot)

    async def test_a_click_chooses_the_tab_under_it_also_when_scrolled(self) -> None:
        strip = TabStrip()
        async with hosted(strip, size=(40, 1)) as pilot:
            strip.styles.height = 1
            strip.show(self.LABELS, "7")
            await pilot.pause()
            x = shown(pilot).index("number 6")
            await pilot.click(strip, offset=(x, 0))
            await pilot.click(strip, offset=(x, 0), button=2)
            assert heard(pilot) == ["6", ("close", "6")]

    def test_a_state_is_told_by_a_sign(self) -> None:
        assert TabLabel("x", "sales", "5 rows", sign="◐").text == "◐ sales · 5 rows"


class TestSplitter:
    async def test_dragging_reports_cells(self) -> None:
        splitter = Splitter("columns")
        async with hosted(splitter) as pilot:
            splitter.styles.width = 1
            splitter.styles.offset = (20, 0)
            await pilot.pause()
            await pilot.mouse_down(splitter, offset=(0, 2))
            await pilot.hover(splitter, offset=(5, 2))
            await pilot.mouse_up(splitter, offset=(5, 2))
            assert sum(cells for cells in heard(pilot) if isinstance(cells, int)) == 5


class TestMessageLog:
    async def test_only_the_last_messages_are_kept(self) -> None:
        log = MessageLog()
        async with hosted(log) as pilot:
            for n in range(KEPT_ENTRIES + 50):
                log.add(Entry(Level.INFO, f"message {n}"))
            await pilot.pause()
            assert log.entries[0].text == "message 50"
            assert f"message {KEPT_ENTRIES + 49}" in shown(pilot)

    async def test_long_texts_wrap_to_the_width_also_after_a_resize(self) -> None:
        log = MessageLog()
        async with hosted(log, size=(40, 12)) as pilot:
            log.add(Entry(Level.ERROR, "word " * 20))
            await pilot.pause()
            narrow = sum("word" in line for line in shown(pilot).splitlines())
            await pilot.resize_terminal(110, 12)
            await pilot.pause()
            wide = sum("word" in line for line in shown(pilot).splitlines())
            assert narrow == 3
            assert wide == 1

    def test_an_error_tells_all_the_server_said(self) -> None:
        error = QueryError(
            "no such column", sqlstate="42703", detail="d", hint="h", context="c", position=3
        )
        assert error_entry(error, place="line 1, column 4").fields == (
            ("at", "line 1, column 4"),
            ("SQLSTATE", "42703"),
            ("detail", "d"),
            ("hint", "h"),
            ("context", "c"),
        )

    def test_a_lost_transaction_is_said_to_be_lost(self) -> None:
        fields = dict(error_entry(ConnectionLost("gone", transaction_lost=True)).fields)
        assert "transaction is lost" in fields["note"]
        fields = dict(error_entry(ConnectionLost("gone")).fields)
        assert "transaction" not in fields["note"]
        assert "F6" in fields["note"]

    def test_a_warning_is_not_a_notice(self) -> None:
        assert notice_entry(Notice("WARNING", "x")).level is Level.WARNING
        assert notice_entry(Notice("NOTICE", "x")).level is Level.NOTICE


class TestWords:
    def test_outcomes(self) -> None:
        assert outcome(RunStatus(Phase.DONE, rows=1)) == "1 row"
        assert outcome(RunStatus(Phase.DONE, affected=3)) == "3 rows changed"
        assert outcome(RunStatus(Phase.DONE, tag="CREATE TABLE")) == "CREATE TABLE"
        assert outcome(RunStatus(Phase.RUNNING)) == ""

    def test_times_of_a_statement_without_rows_have_no_first_row(self) -> None:
        timing = Timing(0.002, 0.004)
        assert times(RunStatus(Phase.DONE, timing=timing)) == "total 4 ms"
        assert times(RunStatus(Phase.DONE, rows=1, timing=timing)) == "first 2 ms · total 4 ms"
        assert times(RunStatus(Phase.PAUSED, rows=1, timing=timing)) == "first 2 ms"

    def test_fetch_states(self) -> None:
        assert fetch_state(RunStatus(Phase.PAUSED)) == "more on the server"
        assert fetch_state(RunStatus(Phase.PAUSED, is_held=False)) == "more: runs again"
        assert fetch_state(RunStatus(Phase.DONE, rows=5)) == "all rows"
        assert fetch_state(RunStatus(Phase.DONE, rows=5, is_complete=False)) == "rest not fetched"
        assert fetch_state(RunStatus(Phase.FAILED, rows=5)) == "failed: rows are partial"


class TestLayout:
    def test_it_survives_the_workspace(self) -> None:
        layout = Layout(41, 33, is_explorer_open=False)
        assert Layout.from_values(layout.to_values()) == layout

    @pytest.mark.parametrize("value", ["", "x", "-5", "99999", "1.5", "٣"])
    def test_nonsense_has_the_default_or_the_limit(self, value: str) -> None:
        layout = Layout.from_values({"query.explorer_width": value})
        assert 16 <= layout.explorer_width <= 80


def test_every_state_has_a_sign() -> None:
    from tusk.tui.labels import STATE_SIGNS

    assert set(STATE_SIGNS) == set(ConnectionState)


def test_every_engine_has_a_name_and_an_icon_of_its_own_of_one_cell() -> None:
    assert ENGINE_LABELS.keys() == ENGINES.keys()
    labels = ENGINE_LABELS.values()
    assert all(label.name and cell_len(label.icon) == 1 for label in labels)
    assert len({label.icon for label in labels}) == len(labels)
    assert len({label.name for label in labels}) == len(labels)
