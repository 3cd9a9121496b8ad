"""Finding and replacing in texts, apart from the screen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tusk.tui.editing.change import Range, apply
from tusk.tui.editing.finding import PatternError, Query, find_all, replace_all, replace_one

LITERAL = st.text(alphabet="ab.*(\\n\\ß", min_size=1, max_size=3)


@settings(max_examples=100)
@given(st.text(alphabet="ab.*(\\n\nß", max_size=30), LITERAL, st.text(max_size=3))
def test_a_plain_text_is_found_and_replaced_as_str_does(text: str, wanted: str, new: str) -> None:
    query = Query(wanted, is_exact=True)
    found = find_all(text, query).matches
    assert [text[m.start : m.end] for m in found] == [wanted] * text.count(wanted)
    step, count = replace_all(text, query, new, 0)
    assert count == text.count(wanted)
    assert (apply(text, step.changes) if step else text) == text.replace(wanted, new)


@settings(max_examples=100)
@given(
    st.text(alphabet="ab 1\n", max_size=30),
    st.sampled_from([r"a+", r"(a)(b)?", r"^", r"$", r"\b", r"b*", r"a$", r"^\s", r"(?<=a)b"]),
)
def test_a_pattern_is_found_and_replaced_as_pythons_own_does(text: str, pattern: str) -> None:
    query = Query(pattern, is_regex=True, is_exact=True)
    spans = [m.span() for m in re.finditer(pattern, text, re.MULTILINE)]
    assert [(m.start, m.end) for m in find_all(text, query).matches] == spans
    step, _ = replace_all(text, query, r"<\g<0>>", 0)
    wanted = re.sub(pattern, r"<\g<0>>", text, flags=re.MULTILINE)
    assert (apply(text, step.changes) if step else text) == wanted


def test_whole_words_and_case() -> None:
    text = "id valid Id id_2 (id)"
    assert len(find_all(text, Query("id")).matches) == 5
    assert len(find_all(text, Query("id", is_exact=True)).matches) == 4
    assert len(find_all(text, Query("id", is_word=True)).matches) == 3
    assert find_all("a.b", Query(".b", is_word=True)).matches == ()
    assert len(find_all("(id", Query("(id", is_word=True)).matches) == 1


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("(a", "missing )"), ("a{2,1}", "min repeat"), ("[", "unterminated"), (r"\N{x}", "undefined")],
)
def test_what_is_no_pattern_is_said(pattern: str, words: str) -> None:
    with pytest.raises(PatternError, match="not a pattern") as caught:
        find_all("a", Query(pattern, is_regex=True))
    assert words in caught.value.message


def test_what_is_no_replacement_is_said_and_changes_nothing() -> None:
    with pytest.raises(PatternError, match="not a replacement"):
        replace_all("a", Query("a", is_regex=True), r"\2", 0)
    with pytest.raises(PatternError, match="not a replacement"):
        replace_one("a", Query("a", is_regex=True), Range(0, 1), r"\g<x>")
    assert replace_all("a", Query("a"), r"\2", 0)[0] is not None


def test_a_pattern_that_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tusk.tui.editing.finding.SEARCH_TIMEOUT_S", 0.05)
    query = Query("(a|aa)+$", is_regex=True)
    with pytest.raises(PatternError, match="takes more than"):
        find_all("a" * 80 + "!", query)
    with pytest.raises(PatternError, match="takes more than"):
        replace_all("a" * 80 + "!", query, "b", 0)


def test_matches_are_counted_up_to_a_bound_and_all_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tusk.tui.editing.finding.MOST_MATCHES", 10)
    found = find_all("a" * 25, Query("a"))
    assert (len(found.matches), found.has_more) == (10, True)
    step, count = replace_all("a" * 25, Query("a"), "b", 0)
    assert count == 25
    assert step is not None
    assert apply("a" * 25, step.changes) == "b" * 25


def test_a_text_does_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tusk.tui.editing.finding.MOST_CHARACTERS", 50)
    with pytest.raises(PatternError, match="more than 50 characters"):
        replace_all("a" * 20, Query("a"), "bbbb", 0)


def test_a_search_that_nobody_waits_for_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tusk.tui.editing.finding._STRIDE", 5)
    assert len(find_all("a" * 100, Query("a"), lambda: False).matches) == 5


def test_replacing_one_keeps_what_looks_around_it() -> None:
    query = Query("(?<=a)b", is_regex=True)
    step = replace_one("ab", query, Range(1, 2), "c")
    assert step is not None
    assert apply("ab", step.changes) == "ac"
    assert step.ranges == (Range.at(2),)
    assert replace_one("xb", query, Range(1, 2), "c") is None
