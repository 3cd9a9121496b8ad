"""Error messages and carets, for any text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import HOSTILE_TEXTS, unsafe_characters
from tusk.cli.narration import SourcePlace, caret_lines, error_lines
from tusk.core.errors import QueryError, TuskError
from tusk.core.text import cell_width

texts = st.text() | st.sampled_from(HOSTILE_TEXTS)


@given(line=texts, offset=st.integers(0, 100), width=st.integers(0, 200))
def test_the_caret_is_below_the_place_and_the_line_fits(line: str, offset: int, width: int) -> None:
    line = line.replace("\n", " ")
    offset = min(offset, len(line))
    shown, caret = caret_lines("LINE 1: ", line, offset, width)
    assert unsafe_characters(shown) == []
    assert cell_width(shown) <= max(28, width) + 1
    assert caret.strip() == "^"
    assert len(caret) - 1 <= cell_width(shown)


def test_a_caret_behind_the_end_of_the_text_has_a_place() -> None:
    assert caret_lines("", "select", 6, 80) == ("select", "      ^")


@given(script=texts, start=st.integers(0, 50), position=st.integers(0, 5000))
def test_any_position_in_any_script_has_a_line(script: str, start: int, position: int) -> None:
    number, line, offset = SourcePlace(script, start, "x.sql").line_at(position)
    assert 1 <= number <= script.count("\n") + 1
    assert 0 <= offset <= len(line)
    assert line in script


@given(
    message=texts, detail=texts, hint=texts, script=texts, position=st.none() | st.integers(0, 99)
)
def test_no_part_of_an_error_acts_on_a_terminal(
    message: str, detail: str, hint: str, script: str, position: int | None
) -> None:
    error = QueryError(message, detail=detail, hint=hint, context=detail, position=position)
    lines = error_lines(error, SourcePlace(script, 0, message), 80)
    assert unsafe_characters("".join(lines), allow="\n\t") == []


def test_an_error_without_a_statement_has_its_message_and_hint() -> None:
    assert error_lines(TuskError("no", hint="do"), None, 80) == ["tusk: no", "HINT: do"]


def test_a_statement_in_the_middle_of_a_script_has_the_line_of_the_script() -> None:
    script = "select 1;\r\nselect\r\n  nope;\r\n"
    place = SourcePlace(script, script.index("select\r"), "x.sql")
    error = QueryError("bad", position=len("select\r\n  "))
    assert error_lines(error, place, 80) == [
        "tusk: bad",
        "file: x.sql, line 3",
        "LINE 3:   nope;",
        "          ^",
    ]
