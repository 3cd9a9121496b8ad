"""Marks on mistakes, brackets, layout and keyword case in the editor."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.desk import Desk, open_desk
from tests.tui.test_completion import until_known
from tusk.core.dialect import DUCKDB, Dialect
from tusk.services.sql_format import format_script
from tusk.tui.completion import editor as editor_module
from tusk.tui.completion.marks import Mark, moved
from tusk.tui.completion.rewriting import Progress, Rewritten, laid_out, recased, same_place
from tusk.tui.editing.change import Range


def marked(desk: Desk) -> list[str]:
    """The texts that are marked now."""
    editor = desk.pane.editor
    return [
        editor.document.get_line(mark.row)[mark.start : mark.end]
        for mark in editor._marker.in_sight
    ]


async def until_marked(desk: Desk, *texts: str) -> None:
    await desk.until(lambda: marked(desk) == list(texts), f"marks on {texts}")


def style_at(desk: Desk, row: int, column: int) -> str:
    """How a character of the editor's text is drawn."""
    editor = desk.pane.editor
    line = editor.get_line(row)
    return " ".join(str(span.style) for span in line.spans if span.start <= column < span.end)


class TestMarks:
    async def test_a_mistake_is_underlined_and_said_and_gone_when_it_is_mended(self) -> None:
        async with open_desk(size=(120, 24)) as desk:
            await until_known(desk)
            desk.write("select 1;\nselect 2 3 4;\nselect 5", caret=0)
            await until_marked(desk, "3")
            assert "underline" in style_at(desk, 1, 9)
            assert "underline" not in style_at(desk, 1, 7)
            await desk.until_shown("line 2: ")
            await desk.press("enter")  # above it: the mark goes down with its line
            assert marked(desk) == ["3"]
            assert desk.pane.editor._marker.in_sight[0].row == 2
            await desk.press("down", "end", "left", "backspace")
            assert marked(desk) == []  # at once: its statement is another one
            desk.pane.editor.place_caret(0)
            await until_marked(desk, "3")
            await desk.press("down", "down", "end", "left", "backspace", "backspace", "backspace")
            await desk.until(lambda: "select 2;" in desk.pane.editor.text, "the text")
            await desk.until(lambda: "line 3" not in desk.text(), "no note")
            assert marked(desk) == []

    async def test_what_only_lacks_its_end_is_marked_when_the_caret_has_left_it(self) -> None:
        async with open_desk(size=(120, 24)) as desk:
            await until_known(desk)
            desk.write("select (1 + ;\nselect 2")
            await until_marked(desk, "(")
            desk.pane.editor.place_caret(12)
            await until_marked(desk)
            desk.pane.editor.place_caret(20)
            await until_marked(desk, "(")
            desk.write("select (1 + \n\n  ")
            await desk.until(lambda: bool(desk.pane.editor._marker._marks), "the mistake")
            assert marked(desk) == []

    async def test_the_error_of_a_run_stays_the_only_one_in_its_place(self) -> None:
        async with open_desk(size=(120, 24)) as desk:
            await until_known(desk)
            desk.write("select 1;\nselect 2 3 4", caret=0)
            await until_marked(desk, "3")
            await desk.press("f8")
            await desk.until(lambda: desk.pane.editor.error_range is not None, "the error")
            assert marked(desk) == []
            await desk.press("ctrl+end", "space")
            await until_marked(desk, "3")

    async def test_without_a_connection_brackets_and_quotes_are_marked(self) -> None:
        async with open_desk("postgresql://nobody@127.0.0.1:1/x", size=(120, 24)) as desk:
            desk.write("select 1);\nselect 2 3 4", caret=0)
            await until_marked(desk, ")")

    async def test_undo_and_another_text_leave_no_mark_behind(self) -> None:
        async with open_desk(size=(120, 24)) as desk:
            await until_known(desk)
            desk.write("select 1 2 3")
            await desk.press("ctrl+home")
            await until_marked(desk, "2")
            await desk.press("ctrl+end", "backspace", "backspace", "backspace", "backspace")
            assert marked(desk) == []
            await desk.press("ctrl+z")
            assert marked(desk) == []
            await until_marked(desk, "2")
            desk.write("select 1")
            assert marked(desk) == []


@given(
    st.integers(0, 20), st.integers(0, 5), st.integers(0, 20), st.integers(0, 5), st.integers(-5, 5)
)
def test_marks_stay_with_their_statement_or_go(
    top: int, height: int, first: int, changed: int, by: int
) -> None:
    by = max(by, -changed)
    mark = Mark("?", top, 0, 1, False, ((top, 0), (top + height, 3)))
    kept = moved([mark], first, first + changed, by)
    touches = top <= first + changed and top + height >= first
    assert bool(kept) is not touches
    if kept:
        assert kept[0].row == (top + by if top > first else top)
        assert kept[0].statement[1][0] - kept[0].row == height


class TestBrackets:
    async def test_the_partner_is_shown_and_reached_by_a_key(self) -> None:
        async with open_desk(size=(80, 24)) as desk:
            text = "select f(a, ')', g(b));\nselect 1"
            desk.write(text, caret=8)
            await desk.pilot.pause()
            assert "reverse" in style_at(desk, 0, 21)
            await desk.press("ctrl+b")
            assert desk.pane.editor.caret == 21
            assert "reverse" in style_at(desk, 0, 8)
            await desk.press("ctrl+b")
            assert desk.pane.editor.caret == 8
            desk.pane.editor.place_caret(22)  # behind the last bracket
            await desk.press("ctrl+b")
            assert desk.pane.editor.caret == 9
            desk.pane.editor.place_caret(11)  # between brackets
            await desk.press("ctrl+b")
            assert desk.pane.editor.caret == 8
            desk.pane.editor.place_caret(30)
            await desk.press("ctrl+b")
            await desk.until_shown("There is no bracket here")
            assert "reverse" not in style_at(desk, 0, 8)


class TestLayout:
    async def test_the_statement_at_the_caret_is_laid_out_in_one_step(self) -> None:
        async with open_desk(size=(80, 24)) as desk:
            text = "select 1;\nselect a,b from t where x=1;\nselect 2"
            desk.write(text, caret=text.index("x=1"))
            await desk.press("alt+f")
            editor = desk.pane.editor
            await desk.until(lambda: "where\n  x = 1" in editor.text, "the layout")
            assert editor.text.startswith("select 1;\nselect\n  a,\n")
            assert editor.text[editor.caret :].startswith("x = 1")
            await desk.press("ctrl+z")
            assert editor.text == text
            assert editor.text[editor.caret :].startswith("x=1")
            await desk.press("ctrl+y", "alt+f")
            await desk.until_shown("It is laid out already")

    async def test_a_selection_takes_whole_statements_and_all_takes_all(self) -> None:
        async with open_desk(size=(80, 24)) as desk:
            desk.write("select 1 ,2; select 3 ,4", caret=8)
            editor = desk.pane.editor
            await desk.press("shift+right", "alt+f")
            await desk.until(lambda: editor.text.startswith("select\n  1,\n  2;"), "the first")
            assert editor.text.endswith("; select 3 ,4")
            editor.select_all()
            await desk.press("alt+f")
            await desk.until(lambda: editor.text.count("select\n") == 2, "both")
            desk.write("select 1 ,2; select 3 ,4")
            await desk.press("alt+f")
            await desk.until(lambda: editor.text.endswith("select\n  3,\n  4"), "one")
            await desk.press("alt+f")
            await desk.until_shown("laid out already.")
            assert editor.text.startswith("select 1 ,2")
            await desk.press("alt+f")
            await desk.until(lambda: editor.text.count("select\n") == 2, "both")

    async def test_a_refusal_is_said_with_its_reason(self) -> None:
        async with open_desk(size=(120, 24)) as desk:
            desk.write("select (1")
            await desk.press("alt+f")
            await desk.until_shown("Left as it is: there is no )")
            desk.write("select 1 ,2;\nselect (1")
            desk.pane.editor.select_all()
            await desk.press("alt+f")
            await desk.until_shown("1 of 2 statements are left as they are. Line 2:")
            assert desk.pane.editor.text.startswith("select\n  1")
            desk.write("-- nothing")
            await desk.press("alt+f")
            await desk.until_shown("There is no statement at the cursor")

    async def test_it_says_how_far_it_is_and_escape_stops_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = threading.Event()

        def slow(
            text: str, chosen: Range, dialect: Dialect, progress: Progress, *, keyword_case: str
        ) -> Rewritten | None:
            def waits(done: int, count: int) -> None:
                progress(done, count)
                if done:
                    gate.wait(30)
                    progress(done, count)

            return laid_out(text, chosen, dialect, waits)

        monkeypatch.setattr(editor_module, "laid_out", slow)
        async with open_desk(size=(120, 24)) as desk:
            text = "select 1; select 2; select 3"
            desk.write(text)
            desk.pane.editor.select_all()
            await desk.press("alt+f")
            await desk.until_shown("Laying out: 1 of 3, Esc stops")
            await desk.press("escape")
            gate.set()
            await desk.until_shown("Stopped: nothing was changed")
            await desk.pilot.pause()
            assert desk.pane.editor.text == text

    async def test_keywords_change_their_case_and_back(self) -> None:
        async with open_desk(size=(80, 24)) as desk:
            text = "select Name from T; select 'from' from u"
            desk.write(text, caret=3)
            await desk.press("alt+shift+u")
            editor = desk.pane.editor
            await desk.until(lambda: editor.text.startswith("SELECT Name FROM T;"), "capitals")
            assert editor.caret == 3
            assert editor.text.endswith("select 'from' from u")
            await desk.press("alt+shift+u")
            await desk.until(lambda: editor.text == text, "small letters")
            editor.select_all()
            await desk.press("alt+shift+u")
            await desk.until(lambda: editor.text.endswith("SELECT 'from' FROM u"), "all")
            await desk.press("ctrl+z")
            assert editor.text == text


@given(st.text("ab1 ,\n\t(x)'", max_size=40), st.data())
def test_the_same_place_is_before_the_same_token(text: str, data: st.DataObject) -> None:
    other = "".join(f"\n {char} " for char in text if not char.isspace())
    offset = data.draw(st.integers(0, len(text)))
    found = same_place(text, other, offset)
    assert other[:found].split() == list("".join(text[:offset].split()))
    if offset < len(text) and not text[offset].isspace():
        assert other[found] == text[offset]


@given(st.data())
def test_a_selection_changes_no_case_outside_of_its_words(data: st.DataObject) -> None:
    text = "select a, 'from x' from t where b = 'select'; select 1 from u -- from"
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    found = recased(text, Range(start, end), DUCKDB, lambda done, count: None)
    if found is None:
        return
    new = text[: found.start] + found.new + text[found.end :]
    assert new.lower() == text.lower()
    assert "'from x'" in new
    assert "'select'" in new
    assert new.endswith("-- from")
    touched = [index for index in range(len(text)) if new[index] != text[index]]
    assert all(_word(text, index, start, end) for index in touched)


def _word(text: str, index: int, start: int, end: int) -> bool:
    """Whether the word at an index shares a letter with a selection, or the caret is in it."""
    first = last = index
    while first > 0 and text[first - 1].isalnum():
        first -= 1
    while last < len(text) and text[last].isalnum():
        last += 1
    return start == end or (first < end and last > start) or first < start < last


def test_laying_out_does_what_the_service_does() -> None:
    text = "select a,b from t;  select c"
    found = laid_out(text, Range(0, len(text)), DUCKDB, lambda done, count: None)
    assert found is not None
    assert found.new == format_script(text, DUCKDB, keyword_case="keep").text
