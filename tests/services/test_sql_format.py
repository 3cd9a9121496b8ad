"""Other line breaks, the same statement; or a refusal that says why."""

from __future__ import annotations

import json

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.sql_corpus import statements
from tests.services.test_sql_check import GRAMMARS
from tusk.core.dialect import DATAFUSION, DIALECTS, DUCKDB, POSTGRES, SQLITE, Dialect
from tusk.core.statement import TokenKind, tokens
from tusk.services.sql_case import change_keywords
from tusk.services.sql_format import FormatRefused, format_script, format_statement


def code(text: str, dialect: Dialect) -> list[str]:
    """Tokens and comments, words in one case."""
    return [
        text[t.start : t.end].upper()
        if t.kind is TokenKind.WORD
        else text[t.start : t.end].rstrip()
        for t in tokens(text, dialect)
        if t.kind is not TokenKind.SPACE
    ]


def test_a_query_is_laid_out_with_its_comments_and_spellings() -> None:
    text = (
        "/* who buys */ select o.id, sum(o.total::numeric) total, o.data->>'x' -- the json\n"
        "from orders o left outer join customers c on c.id=o.customer_id -- by id\n"
        "where o.status in ('a','b') and o.t != $1\n"
        "-- one line per order\n"
        "group by 1 order by 2 desc nulls last limit 10"
    )
    assert format_statement(text, POSTGRES) == (
        "/* who buys */ SELECT\n"
        "  o.id,\n"
        "  sum(o.total::numeric) total,\n"
        "  o.data ->> 'x' -- the json\n"
        "FROM orders o\n"
        "LEFT OUTER JOIN customers c\n"
        "  ON c.id = o.customer_id -- by id\n"
        "WHERE\n"
        "  o.status IN ('a', 'b') AND o.t != $1\n"
        "-- one line per order\n"
        "GROUP BY\n"
        "  1\n"
        "ORDER BY\n"
        "  2 DESC NULLS LAST\n"
        "LIMIT 10"
    )


@pytest.mark.parametrize(
    ("keyword_case", "wanted"),
    [
        ("upper", "SELECT\n  Coalesce(A, now())\nFROM T"),
        ("lower", "select\n  Coalesce(A, now())\nfrom T"),
        ("keep", "Select\n  Coalesce(A, now())\nfrom T"),
    ],
)
def test_keywords_get_the_wanted_case_and_names_keep_theirs(keyword_case, wanted: str) -> None:
    text = "Select Coalesce(A, now()) from T"
    assert format_statement(text, DUCKDB, keyword_case=keyword_case) == wanted


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("select 'a'\n  'b', 1", POSTGRES),
        ("select b'101', x'ff', date '2024-01-01', interval '1' day", POSTGRES),
        ("select a - -1, - - 1, a->-1, @ -5, a[1:2], a[lo:hi] from t", POSTGRES),
        ("select $1, $2::int from t where a = $1", POSTGRES),
        ("select ?1, @name, :named, $x from t", SQLITE),
        ('select [a b], `c d`, "e f" from t', SQLITE),
        ("select {'a': 1}, [1,2,3][1], x -> x + 1, a.b.c from t", DUCKDB),
        ("select 1e5, .5, 5., 0x1F, 1_000 from t", DUCKDB),
        ("select e'a\\'b', $$x$$, $t$it's$t$", POSTGRES),
        ("select a from t --last", POSTGRES),
        ("select --first\n a from t", POSTGRES),
        ("select a /* 1 */ /* 2 */ -- 3\n -- 4\n from t", POSTGRES),
    ],
)
def test_what_white_space_means_stays(text: str, dialect: Dialect) -> None:
    try:
        result = format_statement(text, dialect)
    except FormatRefused:
        return
    assert code(result, dialect) == code(text, dialect)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("select (1", "there is no ) for this ("),
        ("select 'a", "this quote is not closed"),
        ("vacuum full t", "does not know this one"),
        ("select from where group", "cannot read"),
        ("from t select a, b, c", "in another way"),
    ],
)
def test_a_refusal_says_why(text: str, reason: str) -> None:
    dialect = DUCKDB if text.startswith("from") else POSTGRES
    with pytest.raises(FormatRefused, match=reason.replace("(", r"\(").replace(")", r"\)")):
        format_statement(text, dialect)


def test_a_script_keeps_what_cannot_be_laid_out() -> None:
    text = "-- start\nselect  1;\n\nvacuum full   t; select\n2 ;; -- end"
    formatted = format_script(text, POSTGRES)
    assert formatted.text == ("-- start\nSELECT\n  1;\n\nvacuum full   t; SELECT\n  2 ;; -- end")
    (refusal,) = formatted.refusals
    assert (refusal.statement.text, refusal.statement.line) == ("vacuum full   t", 4)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda d: d.name)
def test_the_corpus_keeps_its_meaning(dialect: Dialect) -> None:
    done = 0
    for text in statements(dialect):
        try:
            result = format_statement(text, dialect)
        except FormatRefused:
            continue
        done += 1
        assert code(result, dialect) == code(text, dialect)
        grammar = GRAMMARS.get(dialect.name)
        if grammar is not None:
            assert (grammar.error(result) is None) == (grammar.error(text) is None), text
        assert code(format_statement(result, dialect), dialect) == code(text, dialect)
    assert done > len(statements(dialect)) / 3


def _duckdb_tree(connection: duckdb.DuckDBPyConnection, text: str) -> object:
    """The parse tree without its places; None for what is no SELECT."""
    found = connection.execute("select json_serialize_sql($1::varchar)", [text]).fetchone()
    assert found is not None
    tree = json.loads(found[0])
    return None if tree["error"] else _without_places(tree)


def _without_places(tree: object) -> object:
    """Names of types, which the trees keep as they are written, in one case."""
    if isinstance(tree, str):
        return tree.lower()
    if isinstance(tree, dict):
        return {k: _without_places(v) for k, v in tree.items() if "location" not in k}
    return [_without_places(item) for item in tree] if isinstance(tree, list) else tree


def test_duckdb_parses_the_result_as_the_same_query() -> None:
    connection = duckdb.connect()
    compared = 0
    for text in statements(DUCKDB):
        if not text.isprintable() and "\n" not in text:
            continue
        try:
            result = format_statement(text, DUCKDB)
            tree = _duckdb_tree(connection, text)
        except (FormatRefused, duckdb.Error):
            continue
        if tree is not None:
            compared += 1
            assert _duckdb_tree(connection, result) == tree, text
    assert compared > 100


def test_postgres_parses_the_result_as_the_same_statement() -> None:
    import pgparse

    compared = 0
    for text in statements(POSTGRES):
        try:
            result = format_statement(text, POSTGRES)
            tree = pgparse.parse(text)
        except (FormatRefused, pgparse.PGQueryError, UnicodeEncodeError):
            continue
        compared += 1
        before = [_without_places(statement["stmt"]) for statement in tree]
        after = [_without_places(statement["stmt"]) for statement in pgparse.parse(result)]
        assert after == before, text
    assert compared > 200


WORDS = """
    select from where a b.c 'x' "Y" -- /*c*/ , ( ) + - * :: int and or 1 .5 e'z' $1 [ ] ; as case
    when then end count in
"""
PIECES = st.lists(st.sampled_from([*WORDS.split(), "\n"]), max_size=25)


@given(PIECES, st.sampled_from([POSTGRES, DUCKDB, SQLITE, DATAFUSION]))
def test_any_text_is_laid_out_without_a_change_or_refused(
    pieces: list[str], dialect: Dialect
) -> None:
    text = "select " + " ".join(pieces)
    assert code(format_script(text, dialect).text, dialect) == code(text, dialect)


# ── upper and lower case ─────────────────────────────────────────────────────────────────────


def test_keywords_change_their_case_and_nothing_else_does() -> None:
    text = "select Name, 'select', \"from\", x.from /* select */ from Orders where a is not null"
    assert change_keywords(text, POSTGRES, "upper") == (
        "SELECT Name, 'select', \"from\", x.from /* select */ FROM Orders WHERE a IS NOT NULL"
    )
    upper = change_keywords(text, POSTGRES, "upper")
    assert change_keywords(upper, POSTGRES, "lower") == text


@given(st.text(st.characters(codec="utf-8"), max_size=80), st.sampled_from(list(DIALECTS.values())))
def test_changing_the_case_changes_no_token(text: str, dialect: Dialect) -> None:
    changed = change_keywords(text, dialect, "upper")
    assert code(changed, dialect) == code(text, dialect)
