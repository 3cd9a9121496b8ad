"""Saved queries as text: what is written reads the same, what is wrong is said with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import HOSTILE
from tusk.core.errors import UsageError
from tusk.core.params import PARAMETER_TYPES
from tusk.store.saved_format import (
    FrontMatterError,
    SavedParameter,
    SavedQuery,
    parse,
    render,
)

any_text = st.text(st.characters(codec="utf-8"))
names = st.from_regex(r"[^\W\d]\w{0,8}", fullmatch=True).filter(str.isidentifier)
parameters = st.builds(
    SavedParameter,
    names,
    st.sampled_from(["", "text"]),
    st.none() | any_text,
    any_text,
)
looks_like_front_matter = st.lists(
    st.sampled_from(
        ["-- /// tusk", "-- ///", "\n", "\r\n", " ", "--", "\ufeff", "select 1", "x = 1"]
    )
).map("".join)
queries = st.builds(
    SavedQuery,
    any_text | looks_like_front_matter,
    any_text,
    st.lists(any_text, unique=True, max_size=3).map(tuple),
    any_text,
    st.lists(parameters, unique_by=lambda p: p.name, max_size=3).map(tuple),
)

FULL = """\
-- /// tusk
-- # who asks: the shop
-- description = "Orders of one day"
-- tags = ["sales", "daily"]
-- connection = "shop"
-- owner = "ann"  # not ours
--
-- [parameters.day]
-- type = "date"
-- default = 2026-01-31
-- unit = "days"
--
-- [parameters.limit]
-- ///
select * from orders
where day = :day limit :limit
"""
QUERY = SavedQuery(
    "select * from orders\nwhere day = :day limit :limit",
    "Orders of one day",
    ("sales", "daily"),
    "shop",
    (SavedParameter("day", "date", "2026-01-31"), SavedParameter("limit")),
)


@given(queries)
def test_a_query_that_was_written_reads_as_it_was(query: SavedQuery) -> None:
    assert parse(render(query)) == query


@given(queries, queries)
def test_a_query_can_replace_any_other(query: SavedQuery, before: SavedQuery) -> None:
    assert parse(render(query, render(before))) == query


@given(queries)
def test_writing_what_was_read_changes_nothing(query: SavedQuery) -> None:
    text = render(query)
    assert render(parse(text), text) == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_texts_come_back(text: str) -> None:
    query = SavedQuery(text, text, (text,), text, (SavedParameter("a", "", text, text),))
    assert parse(render(query)) == query


def test_a_full_example_is_read() -> None:
    assert parse(FULL) == QUERY
    assert parse("\ufeff" + FULL) == QUERY
    assert parse("\n \n" + FULL) == QUERY
    windows = parse(FULL.replace("\n", "\r\n"))
    assert windows.parameters == QUERY.parameters
    assert windows.sql.split() == QUERY.sql.split()


def test_comments_and_unknown_keys_stay_when_a_query_changes() -> None:
    changed = SavedQuery(
        "select 2", "New", (), "", (SavedParameter("limit", "int", "5", "how many"),)
    )
    assert render(changed, FULL) == (
        "-- /// tusk\n"
        "-- # who asks: the shop\n"
        '-- description = "New"\n'
        '-- owner = "ann"  # not ours\n'
        "--\n"
        "-- [parameters.limit]\n"
        '-- type = "int"\n'
        '-- description = "how many"\n'
        '-- default = "5"\n'
        "-- ///\n"
        "select 2\n"
    )
    assert parse(render(changed, FULL)) == changed


def test_nothing_that_did_not_change_is_touched() -> None:
    assert render(QUERY, FULL) == FULL


def test_sql_without_front_matter_is_a_query() -> None:
    assert parse("select 1") == parse("select 1\n") == SavedQuery("select 1")
    assert parse("-- a comment\nselect 1\n").sql == "-- a comment\nselect 1"
    assert parse("") == SavedQuery("")


def test_defaults_may_be_written_as_they_are_meant() -> None:
    values = {
        "a": ("int", "5", "5"),
        "b": ("bool", "true", "true"),
        "c": ("timestamp", "2026-01-31T12:00:00", "2026-01-31T12:00:00"),
        "d": ("decimal", "1.5", "1.5"),
        "e": ("", '"x"', "x"),
    }
    lines = [
        f'-- {name} = {{ type = "{kind}", default = {value} }}'
        for name, (kind, value, _) in values.items()
    ]
    text = "\n".join(["-- /// tusk", "-- [parameters]", *lines, "-- ///", "select 1"])
    assert [(p.name, p.default) for p in parse(text).parameters] == [
        (name, default) for name, (_, _, default) in values.items()
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("-- /// tusk\n", 1, "no end"),
        ("-- /// tusk\n-- tags = []\nselect 1\n-- ///\n", 1, "no end"),
        ("\n\n-- /// tusk\nselect 1", 3, "no end"),
        ("-- /// tusk\n-- a = 1\n-- tags = [\n-- ///\n", 4, "Invalid value"),
        ("-- /// tusk\n--\n-- description = 'a\n-- ///\n", 4, "Expected"),
        ("-- /// tusk\n-- description = 5\n-- ///\n", 2, "description must be a text"),
        ("-- /// tusk\n--\n-- tags = 'a'\n-- ///\n", 3, "tags must be a list"),
        ("-- /// tusk\n-- tags = [1]\n-- ///\n", 2, "tags must be a list"),
        ("-- /// tusk\n-- connection = []\n-- ///\n", 2, "connection must be a text"),
        ("-- /// tusk\n-- parameters = 1\n-- ///\n", 2, "must be a table"),
        ("-- /// tusk\n-- [parameters]\n-- day = 1\n-- ///\n", 3, "must be a table"),
        ("-- /// tusk\n-- [parameters.'a b']\n-- ///\n", 2, "no name of a parameter"),
        ("-- /// tusk\n-- [parameters.a]\n-- type = 'x'\n-- ///\n", 3, "unknown type 'x'"),
        (
            "-- /// tusk\n-- [parameters.a]\n-- type = 'int'\n-- default = 'x'\n-- ///\n",
            4,
            "'x' is not an int",
        ),
        ("-- /// tusk\n-- [parameters.a]\n-- type = []\n-- ///\n", 3, "must be a text"),
    ],
)
def test_broken_front_matter_is_said_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        parse(text)
    assert caught.value.line == line
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        (SavedParameter("a b"), "no name"),
        (SavedParameter("a", "thing"), "unknown type"),
        (SavedParameter("a", "int", "x"), "'a': 'x' is not an int"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(parameter: SavedParameter, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        render(SavedQuery("select 1", parameters=(parameter,)))


@given(any_text | looks_like_front_matter)
def test_any_text_is_a_query_or_an_error_with_a_line(text: str) -> None:
    try:
        query = parse(text)
    except FrontMatterError as error:
        assert 1 <= error.line <= text.count("\n") + 1
    else:
        assert parse(render(query)) == query


def test_every_type_can_be_declared() -> None:
    for name in PARAMETER_TYPES:
        query = SavedQuery("x", parameters=(SavedParameter("a", name),))
        assert parse(render(query)) == query
