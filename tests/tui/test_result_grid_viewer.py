"""The cell viewer: whole values, however large or hostile."""

from __future__ import annotations

import json
import re
import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.hostile import HOSTILE, unsafe_characters
from tests.tui.grid_pilot import Stage, column_of, staged
from tusk.core.text import safe
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_grid.folding import FoldingLines, coloured
from tusk.tui.widgets.result_grid.lines import (
    HexLines,
    WindowLines,
    indented_lines,
    levelled_lines,
    structured_json,
    structured_xml,
)
from tusk.tui.widgets.result_grid.viewer import CellViewer, LinesView


def text_lines(text: str, width: int) -> list[str]:
    """All lines of a text, read from the last one to the first."""
    lines = WindowLines(memoryview(text.encode()), width)
    while lines.grow(1.0):
        pass
    return [lines[index] for index in reversed(range(len(lines)))][::-1]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\t")), st.integers(2, 12))
def test_lines_hold_all_of_a_text_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = text_lines(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines) == "".join(safe(line) for line in text.split("\n"))
    assert len(lines) >= text.count("\n") + 1


@pytest.mark.parametrize("name", HOSTILE)
def test_lines_are_safe(name: str) -> None:
    for make in (text_lines, indented_lines):
        for line in make(HOSTILE[name], 40):
            assert unsafe_characters(line, allow="") == []
            assert cell_len(line) <= 40


def test_tabs_become_spaces() -> None:
    assert text_lines("a\tb", 20) == ["a       b"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


@given(JSON)
def test_indenting_json_changes_only_white_space(value: object) -> None:
    text = json.dumps(value)
    lines = list(indented_lines(text, 10_000))
    assert json.loads("\n".join(lines)) == value
    if isinstance(value, (list, dict)) and value:
        assert "\n".join(lines) == json.dumps(value, indent=2)


def test_indenting_keeps_what_a_parser_would_lose() -> None:
    text = '{"a":1.00000000000000000000001,"a":2,"b":1e400}'
    assert list(indented_lines(text, 80)) == [
        "{",
        '  "a": 1.00000000000000000000001,',
        '  "a": 2,',
        '  "b": 1e400',
        "}",
    ]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '"' * 50_001, "{'a': 'it''s', 'b': [1, 2]}", "", "[[[]]]x}}}"]
)
def test_what_is_not_json_is_indented_all_the_same(text: str) -> None:
    lines = list(indented_lines(text, 100))
    joined = re.sub(r"\s", "", "".join(lines))
    assert joined == re.sub(r"\s", "", text)
    assert sum(map(len, lines)) < 100 * len(text) + 10


def test_bytes_are_shown_as_digits_and_characters() -> None:
    lines = HexLines(memoryview(bytes(range(250, 256)) + b"Hello, world!\x1b"))
    assert len(lines) == 2
    assert (
        lines[0] == "00000000  fa fb fc fd fe ff 48 65  6c 6c 6f 2c 20 77 6f 72  ······Hello, wor"
    )
    assert lines[1].split("  ")[:2] == ["00000010", "6c 64 21 1b"]
    assert lines[1].endswith("ld!·")
    assert len(HexLines(memoryview(b""))) == 0


def test_lines_of_a_large_text_come_in_turns() -> None:
    lines = WindowLines(memoryview(b"word " * 2_000_000), 80)
    assert lines.grow(0.005)
    assert 0 < len(lines) < 125_000
    while lines.grow(0.05):
        pass
    assert len(lines) == 125_000


# ── on the screen ────────────────────────────────────────────────────────────────────────────


async def opened(stage: Stage) -> str:
    """Open the viewer on the current cell; what it shows."""
    await stage.press("enter")
    await stage.pilot.pause()
    await stage.pilot.pause()
    assert isinstance(stage.app.screen, CellViewer)
    return "\n".join(stage.screen_text())


async def test_the_whole_text_is_shown_with_what_it_is() -> None:
    table = column_of(["x" * 100 + "\nsecond line"], pa.string(), "note", db_type="VARCHAR")
    async with staged(table) as stage:
        shown = await opened(stage)
        assert "note · VARCHAR · row 1 · 112 characters" in shown
        assert shown.count("x" * 30) > 2
        assert "second line" in shown
        assert stage.heard(ResultGrid.CellActivated)
        await stage.press("escape")
        assert stage.app.screen is stage.app.screen_stack[0]


async def test_null_is_said_in_words() -> None:
    async with staged(pa.table({"a": pa.array([None], pa.string())})) as stage:
        shown = await opened(stage)
        assert "NULL" in shown


async def test_json_is_indented_and_can_be_seen_as_it_is_or_in_hex() -> None:
    table = column_of(['{"a":[1,2]}'], pa.string(), "j", engine="postgres", db_type="jsonb")
    async with staged(table) as stage:
        assert '"a": [' in await opened(stage)
        await stage.press("r")
        await stage.pilot.pause()
        assert '{"a":[1,2]}' in "\n".join(stage.screen_text())
        await stage.press("x")
        await stage.pilot.pause()
        assert "7b 22 61 22" in "\n".join(stage.screen_text())
        await stage.press("i")
        await stage.pilot.pause()
        assert '"a": [' in "\n".join(stage.screen_text())
        await stage.press("c")
        assert stage.app.clipboard == '{"a":[1,2]}'
        await stage.press("q")
        assert not isinstance(stage.app.screen, CellViewer)


async def test_arrays_of_postgresql_have_a_line_for_each_element() -> None:
    values = ['{{1,NULL},{2,"a, b"}}', "{}", "[0:1]={1,2}"]
    table = column_of(values, pa.string(), "a", engine="postgres", db_type="text[]")
    async with staged(table) as stage:
        text = await opened(stage)
        lines = [line.strip(" │") for line in text.splitlines()]
        start = lines.index("1,")
        assert lines[start : start + 6] == ["1,", "NULL", "},", "{", "2,", '"a, b"']
        await stage.press("escape", "j", "j")
        assert "[0:1]={1,2}" in await opened(stage)


async def test_bytes_are_shown_in_hex_first() -> None:
    table = column_of([b"\x00\x01\xffabc"], pa.binary(), "b", engine="postgres", db_type="bytea")
    async with staged(table) as stage:
        shown = await opened(stage)
        assert "00 01 ff 61 62 63" in shown
        assert "6 bytes" in shown


@pytest.mark.parametrize("size", [(80, 24), (20, 5)])
async def test_a_value_of_ten_megabytes_opens_at_once_and_scrolls(size: tuple[int, int]) -> None:
    text = "".join(f"line {n:07} \u6f22{'.' * 90}\n" for n in range(100_000))
    async with staged(pa.table({"t": [text, "short"]}), size=size) as stage:
        assert stage.lines()[1].split()[:4] == ["▸", "1", "line", "0000000"]
        began = time.process_time()
        stage.grid.activate()
        await stage.until(lambda: bool(stage.app.screen.query(LinesView)), "the viewer")
        view = stage.app.screen.query_one(LinesView)
        await stage.until(lambda: len(view._lines) > 0, "the first lines")
        assert time.process_time() - began < 1.0  # 26 s in a viewer that lays all of it out
        await stage.until(lambda: view.has_focus and view.max_scroll_y > 1_000, "many lines")
        await stage.press("end")
        await stage.until(lambda: view.scroll_offset.y > 500, "a line far down")
        await stage.press("home", "pagedown", "escape")
        assert stage.app.screen is stage.app.screen_stack[0]


async def test_a_large_value_in_the_grid_costs_no_more_than_what_is_seen() -> None:
    table = pa.table({"t": ["x" * 10_000_000] * 3, "b": [b"y" * 10_000_000] * 3})
    async with staged(table) as stage:
        began = time.process_time()
        for _ in range(20):
            stage.grid._content_changed()
            stage.grid._reader._blocks.clear()
            stage.lines()
        assert time.process_time() - began < 2.0  # 6 s where the values are made whole
        assert "xxx…" in stage.lines()[1]


async def test_the_viewer_shows_hostile_names_and_values_safely() -> None:
    texts = list(HOSTILE.values())
    table = pa.table([pa.array([text]) for text in texts], texts)
    async with staged(table) as stage:
        for column in range(len(texts)):
            stage.grid.move_cursor(0, column)
            await opened(stage)
            for line in stage.screen_text():
                assert unsafe_characters(line, allow="") == []
            await stage.press("escape")


# ── folding, colours, XML ────────────────────────────────────────────────────────────────────


def folding(text: str, *, is_xml: bool = False, width: int = 40) -> FoldingLines:
    made = structured_xml(text) if is_xml else structured_json(text)
    lines = FoldingLines(levelled_lines(made, width), is_xml=is_xml)
    while lines.grow(1.0):
        pass
    return lines


def shown(lines: FoldingLines) -> list[str]:
    return [lines[place] for place in range(len(lines))]


def test_lines_are_folded_and_unfolded_with_what_is_inside() -> None:
    lines = folding('{"a":[1,[2,3]],"b":{},"c":{"d":4}}')
    whole = shown(lines)
    assert lines.fold(1) == 1
    assert shown(lines) == [
        "{",
        '  "a": [ … ],',
        '  "b": {},',
        '  "c": {',
        '    "d": 4',
        "  }",
        "}",
    ]
    assert lines.fold(4) == 3  # a line without anything inside folds the one around it
    assert shown(lines)[3] == '  "c": { … }'
    assert lines.fold(3) == 0  # a folded one, that around it
    assert shown(lines) == ["{ … }"]
    lines.unfold(0)
    assert len(shown(lines)) == 5
    assert lines.unfold_all(2) == len(whole) - 5
    assert shown(lines) == whole
    assert lines.fold_all(4) == 1
    assert shown(lines) == ["{", '  "a": [ … ],', '  "b": {},', '  "c": { … }', "}"]


def test_a_long_line_is_folded_with_the_line_that_it_goes_on_with() -> None:
    lines = folding('{"name":"' + "x" * 50 + '","l":[1]}', width=20)
    assert lines.fold(2) == 0
    assert shown(lines) == ["{ … }"]


@given(
    value=st.recursive(
        st.none() | st.integers() | st.text(max_size=30),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
        ),
        max_leaves=20,
    ),
    folds=st.lists(st.integers(0, 60), max_size=8),
)
def test_whatever_is_folded_comes_back(value: object, folds: list[int]) -> None:
    lines = folding(json.dumps(value, ensure_ascii=False))
    whole = shown(lines)
    for place in folds:
        here = lines.fold(place % len(lines))
        assert 0 <= here < len(lines) <= len(whole)
        lines.unfold((place + 1) % len(lines))
    lines.unfold_all(0)
    assert shown(lines) == whole


@pytest.mark.parametrize(
    ("xml", "lines"),
    [
        ("<a><b>x</b><c/></a>", ["<a>", "  <b>x</b>", "  <c/>", "</a>"]),
        ('<?xml version="1.0"?>\n<a b="1>2"/>', ['<?xml version="1.0"?>', '<a b="1>2"/>']),
        ("<a>t<b/>u</a>", ["<a>", "  t", "  <b/>", "  u", "</a>"]),
        (
            "<a><!-- <x> --><![CDATA[<y>]]></a>",
            ["<a>", "  <!-- <x> -->", "  <![CDATA[<y>]]>", "</a>"],
        ),
        ("</a></b>x<", ["</a>", "</b>", "x", "<"]),
        ("<a>", ["<a>"]),
    ],
)
def test_xml_has_a_line_for_each_element(xml: str, lines: list[str]) -> None:
    assert list(structured_xml(xml)) == lines


@given(st.text("<>/ab \"'=!-?x\n", max_size=40))
def test_indenting_xml_changes_only_white_space(text: str) -> None:
    made = "".join(structured_xml(text))
    assert made.split() == text.split() or "".join(made.split()) == "".join(text.split())


@given(st.text(max_size=60), st.booleans())
def test_colours_change_no_character(text: str, is_xml: bool) -> None:
    assert "".join(part for part, _ in coloured(text, is_xml=is_xml)) == text


async def test_structure_is_found_folded_and_coloured_on_screen() -> None:
    table = pa.table(
        {
            "xml": ["<a><b>one</b><b>two</b></a>", "plain"],
            "text": ['{"k": [1, 2], "z": true}', "{not json}"],
        }
    )
    async with staged(table) as stage:
        text = await opened(stage)
        assert "  <b>one</b>" in text
        await stage.press("down", "left")
        await stage.pilot.pause()
        assert "<a> … </a>" in "\n".join(stage.screen_text())
        await stage.press("escape", "l")
        text = await opened(stage)
        assert '"k": [' in text
        view = stage.app.screen.query_one(LinesView)
        colours = {str(piece.style.color) for piece in view.render_line(1) if piece.style}
        assert len(colours) > 1
        await stage.press("z")
        await stage.pilot.pause()
        assert '"k": [ … ]' in "\n".join(stage.screen_text())
        await stage.press("Z", "end", "home", "pagedown", "escape", "j")
        assert "{not json}" in await opened(stage)
        assert stage.app.screen.check_action("look", ())
        assert not stage.app.screen.query_one(LinesView).check_action("fold", ())
