"""Hostile text: nothing that a terminal acts on survives, and widths are right."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcswidth

from tests.support.hostile import HOSTILE, WITH_NUL, unsafe_characters
from tusk.core.text import cell_width, clip, escape_unsafe, is_safe, safe, safe_clip

# Every assigned kind of character, with more of the troublesome ones than chance would give.
TROUBLE = "\x00\x07\x1b\t\n\r\x7f\x85\x9b\xad\u0301\u034f\u061c\u200b\u200d\u200e\u202e\u2028\ufe0f"
EMOJI = "👩👍🏽❤🚀🏳\U0001f1e9\U0001f1ea"
TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cn", "Cs"]),
        st.sampled_from(TROUBLE + EMOJI),
        st.sampled_from("abc 日本é"),
    ),
    max_size=40,
)
ZERO_WIDTH = set("\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u3164\ufe0e\ufe0f")
FLAGS = range(0x1F1E6, 0x1F200)
TONES = range(0x1F3FB, 0x1F400)


@pytest.mark.parametrize("text", [*HOSTILE.values(), WITH_NUL], ids=[*HOSTILE, "nul"])
def test_no_hostile_text_survives(text: str):
    shown = safe(text)
    assert unsafe_characters(shown, allow="") == []
    assert not ZERO_WIDTH & set(shown)
    assert is_safe(shown)


@given(TEXTS)
def test_nothing_a_terminal_acts_on_survives(text: str):
    assert unsafe_characters(safe(text), allow="") == []
    assert not ZERO_WIDTH & set(safe(text))


@given(TEXTS)
def test_lines_and_tabs_survive_only_where_they_are_kept(text: str):
    kept = safe(text, keep_lines=True)
    assert unsafe_characters(kept, allow="\n\t") == []
    assert kept.count("\n") == text.count("\n")
    assert kept.count("\t") == text.count("\t")


@given(TEXTS)
def test_offsets_stay_right_where_the_length_is_kept(text: str):
    shown = safe(text, keep_length=True)
    assert len(shown) == len(text)
    assert unsafe_characters(shown, allow="") == []


@given(TEXTS)
def test_safe_text_stays_as_it_is(text: str):
    assert safe(safe(text)) == safe(text)


@given(TEXTS)
def test_screens_measure_the_same_width(text: str):
    assert cell_width(safe(text)) == cell_len(safe(text))


def _is_contested(char: str) -> bool:
    """Whether the width depends on what stands before: half flags, skin tones, vowel signs."""
    return ord(char) in FLAGS or ord(char) in TONES or unicodedata.category(char) == "Mc"


@given(TEXTS.filter(lambda text: not any(map(_is_contested, text))))
def test_terminals_measure_the_same_width(text: str):
    assert cell_width(safe(text)) == wcswidth(safe(text))


@pytest.mark.parametrize("text", ["🇩🇪", "👍🏽", "☝🏽", "日本", "각", "e\u0301"])
def test_pairs_have_the_width_of_what_they_show(text: str):
    assert cell_width(text) == wcswidth(text)


@given(TEXTS, st.integers(0, 30))
def test_what_is_clipped_fits_and_says_so(text: str, width: int):
    whole = safe(text)
    shown = clip(whole, width)
    assert cell_width(shown) <= width
    assert shown == whole or shown.endswith("…") or width == 0
    assert (shown == whole) == (cell_width(whole) <= width) or not whole


@given(TEXTS, st.integers(0, 30))
def test_clipping_hostile_text_is_clipping_safe_text(text: str, width: int):
    assert safe_clip(text, width) == clip(safe(text), width)


@pytest.mark.parametrize("name", HOSTILE)
def test_clipping_long_hostile_text_is_clipping_safe_text(name: str):
    long = HOSTILE[name] * 50
    assert safe_clip(long, 20) == clip(safe(long), 20)


@pytest.mark.parametrize("unit", ["x", "日", "\u0301"])
def test_clipping_looks_at_the_beginning_only(unit: str, monkeypatch: pytest.MonkeyPatch):
    looked_at: list[int] = []

    def watched(text: str) -> str:
        looked_at.append(len(text))
        return safe(text)

    monkeypatch.setattr("tusk.core.text.safe", watched)
    shown = safe_clip(unit * 10_000_000, 80)
    assert looked_at
    assert sum(looked_at) < 50_000
    assert cell_width(shown) <= 80
    assert shown.endswith("…")


def test_emoji_come_apart_rather_than_being_marked():
    assert safe("👩\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 1\ufe0f\u20e3") == "👩👩👧 🏳🌈 1\u20e3"


def test_scripts_that_use_joiners_can_be_read():
    assert safe("می\u200cخواهم") == "میخواهم"
    assert "\ufffd" in safe("pass\u200cword")


def test_a_letter_carries_so_many_marks_and_no_more():
    assert safe("Z\u0351\u036b\u0343") == "Z\u0351\u036b\u0343"
    tower = safe("a" + "\u0301" * 200 + "b")
    assert tower == "a" + "\u0301" * 8 + "\ufffdb"
    assert safe("a" + "\U0001d167" * 200).count("\U0001d167") == 8


def test_a_mark_does_not_join_what_stands_before_the_text():
    assert safe("\u0301x") == "◌\u0301x"


@given(TEXTS)
def test_escaped_json_holds_the_same_text(text: str):
    import json

    shown = escape_unsafe(json.dumps(text, ensure_ascii=False))
    assert unsafe_characters(shown, allow="") == []
    assert json.loads(shown) == text
