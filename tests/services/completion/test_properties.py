"""What holds for any text: nothing is raised, names come back as themselves, typing narrows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.catalog.support import HOSTILE_NAMES
from tests.services.completion.shop import Desk
from tests.services.sql_corpus import statements
from tusk.core.dialect import DATAFUSION, DIALECTS, DUCKDB, POSTGRES, SQLITE, Dialect
from tusk.core.statement import TokenKind, following, tokens
from tusk.services.completion import CandidateKind, complete
from tusk.services.completion.matching import Matcher
from tusk.services.completion.region import region_at
from tusk.services.completion.snapshot import ForeignKey, Function, Relation, Snapshot
from tusk.services.completion.tree import unquoted

NAMES = [name for name in HOSTILE_NAMES if "\0" not in name]


def hostile_snapshot(dialect: Dialect, names: list[str]) -> Snapshot:
    """A table for each name, each with a column for each name."""
    columns = tuple(dict.fromkeys(names))
    types = ("integer",) * len(columns)
    return Snapshot(
        dialect,
        tuple(Relation("public", name, "table", columns, types) for name in columns),
        ("public", *names),
        (),
        ("public",),
        tuple(Function("public", name, "function", ("x",), is_system=False) for name in columns),
        tuple(
            ForeignKey("public", name, (name,), "public", columns[0], (columns[0],))
            for name in columns
        ),
    )


SNAPSHOTS = {dialect.name: hostile_snapshot(dialect, NAMES) for dialect in DIALECTS.values()}
DIALECT = st.sampled_from(list(DIALECTS.values()))
WORDS = """
    select from where join on using group by order having with recursive as ( ) , . ; * = 'x' "a b"
    insert into values update set delete returning create table view union all lateral case when
    then end over partition cast :: [ ] { } -> lambda : $$ -- /* */ ' " ` plain Upper t1 1 read_csv
    copy explain merge conflict do exclude grant references not null in exists
"""
SQL = st.lists(st.sampled_from([*WORDS.split(), "\n", "\n\n"]), max_size=30).map(" ".join)


@settings(max_examples=300)
@given(SQL | st.text(st.characters(codec="utf-8"), max_size=80), DIALECT, st.data())
def test_nothing_is_raised_for_any_text_and_caret(
    text: str, dialect: Dialect, data: st.DataObject
) -> None:
    caret = data.draw(st.integers(0, len(text)))
    found = complete(text, caret, SNAPSHOTS[dialect.name], dialect)
    for item in found.items:
        assert 0 <= item.start <= caret <= item.end <= len(text)
        assert 0 <= item.caret <= len(item.insert)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda d: d.name)
def test_nothing_is_raised_anywhere_in_real_statements(dialect: Dialect, desk: Desk) -> None:
    if desk.dialect != dialect:
        pytest.skip("another engine's desk")
    for number, text in enumerate(statements(dialect)[::9]):
        for caret in range(number % 7, min(len(text), 400), 7):
            complete(text, caret, desk.snapshot, dialect)


def deep(n: int) -> list[str]:
    return [
        "(" * n, "select " * n, "select (" * n, "select * from (" * n, "with a as (" * n,
        "[" * n, "case when " * n, "a." * n, "select a from b join c on (" * n, "a, " * n,
        "select f(" * n + "|" + ")" * n, "/*" * n, "x" * n, "select * from t where a = (select " * n,
        "select * from " + "(" * n, "create table t (a " + "(" * n, "insert into t (" * n,
        "with a as (select * from a) " * n, "union select a from b " * n,
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(19))
def test_deep_and_endless_statements_raise_nothing(number: int) -> None:
    text = deep(3000)[number]
    for caret in (len(text), len(text) // 2):
        complete(text, caret, SNAPSHOTS["postgres"], POSTGRES)


def test_very_long_texts_are_looked_at_near_the_caret(postgres_desk: Desk) -> None:
    filler = "insert into orders (id, status) values (1, 'it''s;');\n" * 12_000
    marked = f"{filler}select o.st| from orders o;\n{filler}"
    assert postgres_desk.ask(marked).taken("status") == marked.replace("o.st|", "o.status|")
    rows = "(1, 'x'),\n" * 60_000
    assert postgres_desk.ask(f"insert into orders values {rows} (cou|").labels[0] == "count"


# ── names ────────────────────────────────────────────────────────────────────────────────────

ANY_NAME = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)
PLACES = ["select * from |", "select t.| from {0} t", "update {0} set |", "insert into {0} (x, |"]


def _read_back(text: str, dialect: Dialect) -> list[str]:
    """The names in a text as the engine reads them."""
    folds = dialect.name in {"postgres", "datafusion"}
    names = []
    for kind, start, end in tokens(text, dialect):
        piece = text[start:end]
        if kind is TokenKind.WORD:
            names.append(piece.lower() if folds else piece)
        elif kind is TokenKind.IDENTIFIER:
            names.append(unquoted(piece))
        else:
            names.append(piece)
    return names


@given(ANY_NAME, DIALECT, st.sampled_from(PLACES))
def test_what_is_inserted_is_read_as_the_objects_name(
    name: str, dialect: Dialect, place: str
) -> None:
    snapshot = hostile_snapshot(dialect, [name])
    marked = place.format('"' + name.replace('"', '""') + '"')
    caret = marked.rindex("|") if "|" not in name else marked.index("|", 14)
    text = marked[:caret] + marked[caret + 1 :]
    found = complete(text, caret, snapshot, dialect)
    kinds = {CandidateKind.COLUMN, CandidateKind.RELATION}
    inserted = [item.insert for item in found.items if item.kind in kinds and item.label == name]
    for insert in inserted:
        assert _read_back(insert, dialect) == [name]
    if place.startswith(("select * from", "update")) and marked.count("|") == 1:
        assert inserted


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda d: d.name)
@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_survive_in_joins_and_conditions(dialect: Dialect, name: str) -> None:
    snapshot = SNAPSHOTS[dialect.name]
    table = '"' + name.replace('"', '""') + '"'
    for text in (f"select * from {table} join ", f"select * from {table} x join plain y on "):
        found = complete(text, len(text), snapshot, dialect)
        joins = [item.insert for item in found.items if item.kind is CandidateKind.JOIN]
        assert joins
        allowed = {*NAMES, "on", "=", ".", "x", "y", " "}
        for insert in joins:
            strange = set(_read_back(insert, dialect)) - allowed
            # Aliases are made of letters; schemas are written where a name is hidden.
            assert all(word.isidentifier() and word.isascii() for word in strange), strange


@given(st.sampled_from([POSTGRES, DUCKDB, SQLITE, DATAFUSION]), st.sampled_from(NAMES), st.data())
def test_a_candidate_stays_while_its_start_is_typed(
    dialect: Dialect, name: str, data: st.DataObject
) -> None:
    typed = name[: data.draw(st.integers(0, len(name)))]
    text = f'select * from "{typed.replace(chr(34), chr(34) * 2)}'
    found = complete(text, len(text), SNAPSHOTS[dialect.name], dialect, limit=500)
    assert name in [item.label for item in found.items]


@given(st.text(max_size=8), st.text(max_size=20))
def test_a_name_that_starts_with_what_is_typed_fits_better_than_others(
    typed: str, rest: str
) -> None:
    tier = Matcher(typed).tier(typed + rest)
    assert tier is not None
    assert (
        tier <= 1
        or len((typed + rest).lower()) != len(typed + rest)
        or (not (typed + rest).lower().startswith(typed.lower()))
    )


def test_matching_takes_no_time_with_names_made_to_take_it() -> None:
    name = "a_" * 5000 + "b"
    assert Matcher("a" * 30 + "c").tier(name) is None
    assert Matcher("a" * 30 + "b").tier(name) == 2


# ── the statement at the caret ───────────────────────────────────────────────────────────────

SCRIPT_WORDS = """
    select a , 'x;' "y;" ; ( ) -- /* */ $$;$$ e'\\';' `z;` [w;] create trigger begin end atomic
    copy t from stdin
"""
SCRIPT = st.lists(st.sampled_from([*SCRIPT_WORDS.split(), "\n"]), max_size=25).map(" ".join)


@given(SCRIPT, DIALECT)
def test_statements_end_where_the_lexer_says(text: str, dialect: Dialect) -> None:
    position, wanted = 0, []
    while position < len(text):
        position = following(text, position, dialect)
        wanted.append(position)
    for end in wanted[:-1]:
        before = region_at(text, end - 1, dialect)
        behind = region_at(text, end, dialect)
        assert before is None or before.end <= end
        assert behind is None or behind.start >= end - 1 or behind.end >= end
