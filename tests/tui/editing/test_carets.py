"""Carets, lines and snippets apart from the screen."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tusk.config.paths import Paths
from tusk.services.snippets import BUILT_IN, load_snippets
from tusk.tui.editing import carets, lines
from tusk.tui.editing.change import Change, Range, apply, difference, joined, moved
from tusk.tui.editing.places import Places
from tusk.tui.editing.snippets import Session, expand

TEXT = st.text(alphabet="ab_ (\n\t", max_size=30)


@st.composite
def texts_with_ranges(draw: st.DrawFn) -> tuple[str, tuple[Range, ...]]:
    text = draw(TEXT)
    place = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(place, place), min_size=1, max_size=5))
    return text, carets.merged(tuple(Range(*pair) for pair in pairs))


@given(TEXT, TEXT, st.integers(0, 30))
def test_the_difference_of_two_texts_makes_the_one_of_the_other(
    before: str, after: str, latest: int
) -> None:
    for change in (difference(before, after), difference(before, after, latest)):
        assert (apply(before, [change]) if change else before) == after
    change = difference(before, after, latest)
    assert change is None or change.start <= latest


@given(texts_with_ranges(), st.text(alphabet="xy\n", max_size=4))
def test_typing_at_all_carets_does_what_typing_at_each_would(
    text_and_ranges: tuple[str, tuple[Range, ...]], new: str
) -> None:
    text, ranges = text_and_ranges
    step = carets.typed(text, ranges, new)
    one_by_one = text
    texts = new.split("\n") if len(new) > 1 else []
    places = sorted(ranges, key=lambda r: r.start)
    each = texts if len(texts) == len(places) else [new] * len(places)
    for place, piece in reversed(list(zip(places, each, strict=True))):
        one_by_one = one_by_one[: place.start] + piece + one_by_one[place.end :]
    after = apply(text, step.changes)
    assert after == one_by_one
    assert apply(text, [joined(text, step.changes)]) == one_by_one
    assert all(r.is_empty and 0 <= r.caret <= len(after) for r in step.ranges)


@given(texts_with_ranges(), st.sampled_from(
    ["left", "right", "up", "down", "line_start", "line_end", "word_left", "word_right"]
), st.booleans())  # fmt: skip
def test_carets_stay_in_the_text_and_apart(
    text_and_ranges: tuple[str, tuple[Range, ...]], way: carets.Way, select: bool
) -> None:
    text, ranges = text_and_ranges
    after = carets.move_all(text, ranges, way, select=select)
    places = sorted(after, key=lambda r: r.start)
    assert all(a.end <= b.start for a, b in itertools.pairwise(places))
    assert places[0].start >= 0
    assert places[-1].end <= len(text)
    deleted = carets.deleted(text, ranges, way)
    assert len(apply(text, deleted.changes)) <= len(text)


def test_the_next_same_is_a_whole_word_only_if_the_first_one_is() -> None:
    text = "id valid id"
    ranges = carets.with_next(text, (Range.at(1),))
    assert ranges == (Range(0, 2),)
    ranges = carets.with_next(text, ranges)
    assert ranges == (Range(9, 11), Range(0, 2))
    assert carets.with_next(text, ranges) == ranges
    assert len(carets.with_next("xid valid", (Range(1, 3),))) == 2
    assert carets.with_next("()", (Range.at(1),)) == (Range.at(1),)


def test_every_same_is_found_and_bounded() -> None:
    assert len(carets.everywhere("a b a ab a", (Range.at(0),))) == 3
    assert len(carets.everywhere("a " * 5_000, (Range.at(0),))) == carets.MOST_CARETS
    assert carets.everywhere("  ", (Range.at(1),)) == (Range.at(1),)


@given(TEXT, st.integers(0, 30), st.integers(0, 30))
def test_lines_move_there_and_back_and_in_and_out(text: str, anchor: int, caret: int) -> None:
    place = Range(min(anchor, len(text)), min(caret, len(text)))
    step = lines.move(text, place, down=True)
    if step is not None:
        after = apply(text, step.changes)
        assert sorted(after.split("\n")) == sorted(text.split("\n"))
        # Where an empty line became the last one, its selection reads as one of the line above
        # with its end: both end at the same offset.
        if place.is_empty or not after.endswith("\n"):
            back = lines.move(after, step.ranges[0], down=False)
            assert back is not None
            assert apply(after, back.changes) == text
            if place.is_empty:
                assert back.ranges[0] == place
    inside = lines.indent(text, place, 2)
    after = apply(text, inside.changes)
    out = lines.outdent(after, inside.ranges[0], 2)
    assert apply(after, out.changes) == text
    copied = apply(text, lines.duplicate(text, place).changes)
    assert len(copied) >= len(text)


@given(st.lists(st.text(alphabet="ab", max_size=4), min_size=1, max_size=8), st.data())
def test_places_and_offsets_are_each_others(rows: list[str], data: st.DataObject) -> None:
    places = Places(rows)
    text = "\n".join(rows)
    offset = data.draw(st.integers(0, len(text)))
    assert places.offset(places.place(offset)) == offset
    assert places.offset((len(rows), 0)) == len(text)


def test_an_offset_in_what_is_replaced_stays_in_it() -> None:
    assert moved(5, [Change(3, 8, "ab")]) == 5
    assert moved(7, [Change(3, 8, "ab")]) == 5
    assert moved(8, [Change(3, 8, "ab")]) == 5


class TestSnippets:
    @pytest.mark.parametrize("snippet", BUILT_IN, ids=lambda snippet: snippet.trigger)
    def test_those_that_come_with_tusk_have_stops(self, snippet) -> None:
        expansion = expand(snippet.body)
        assert len(expansion.stops) >= 2
        assert "$" not in expansion.text
        assert snippet.description

    def test_dollars_that_are_no_stops_stay(self) -> None:
        assert expand(r"$$ body $$ \$1 $x ${y} \\").text == "$$ body $$ $1 $x ${y} \\"
        assert expand(r"${1:a\}b\$}").text == "a}b$"

    def test_further_lines_are_as_far_to_the_right_as_the_first(self) -> None:
        assert expand("a\n  b", "    ").text == "a\n      b"

    def test_stops_stay_where_they_belong_while_one_writes(self) -> None:
        expansion = expand("$1$2 ${1:x} $0")
        session = Session(10, expansion)
        assert [r.start for r in session.ranges] == [10, 12]
        session.follow([Change(10, 11, "long"), Change(12, 13, "long")])
        session.go(1)
        assert session.ranges == (Range.at(14),)
        session.follow([Change(14, 14, "y")])
        session.go(-1)
        assert [r.start for r in session.ranges] == [10, 16]
        session.go(5)
        assert session.is_done

    def write(self, text: str) -> Path:
        path = Paths.find().snippets_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def test_the_users_own_go_before_those_that_come_with_tusk(self) -> None:
        self.write('sel = "select 1"\n[mine]\nbody = "a\\r\\nb"\ndescription = "d"\n')
        found, problems = load_snippets()
        assert not problems
        assert found["sel"].body == "select 1"
        assert found["mine"].is_own
        assert (found["mine"].body, found["mine"].description) == ("a\nb", "d")
        assert "cte" in found

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("sel = ", "not valid TOML"),
            ("sel = 1", "line 1: the snippet sel has no body"),
            ("[x]\ntext = 'a'", "line 1: the snippet x has no body"),
            ("[x]\nbody = 'a'\nkey = 'b'", "line 1: the snippet x has an unknown 'key'"),
            ("'two words' = 'a'", "'two words' can have no such name"),
            ("x = ''", "needs a text"),
        ],
    )
    def test_what_is_wrong_is_told_and_the_rest_is_there(self, text: str, words: str) -> None:
        path = self.write(text)
        found, problems = load_snippets()
        assert [words in each.message and str(path) in each.message for each in problems] == [True]
        assert found["sel"] in BUILT_IN
        assert path.read_text() == text
