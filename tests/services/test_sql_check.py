"""Marks on what is surely wrong, and never on what the engine takes."""

from __future__ import annotations

import random
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.support import open_datafusion, open_duckdb, open_postgres, open_sqlite, run
from tests.services.sql_corpus import statements
from tusk.core.dialect import DIALECTS, DUCKDB, POSTGRES, SQLITE, Dialect
from tusk.core.statement import TokenKind, first_word, parameter_names, tokens
from tusk.engines.duckdb.grammar import DuckDBGrammar
from tusk.engines.grammar import Grammar, open_grammar
from tusk.engines.postgres.grammar import PostgresGrammar
from tusk.engines.sqlite.grammar import SQLiteGrammar
from tusk.services.sql_check import Checker, matching_bracket

GRAMMARS: dict[str, Grammar] = {
    "postgres": PostgresGrammar(),
    "duckdb": DuckDBGrammar(),
    "sqlite": SQLiteGrammar(),
}
CHECKERS = {name: Checker(DIALECTS[name], grammar) for name, grammar in GRAMMARS.items()}
ENGINES = list(GRAMMARS)


def marks(engine: str, text: str) -> list[tuple[str, bool]]:
    """The marked texts, and whether each problem is only an end that lacks."""
    return [(text[p.start : p.end], p.is_unfinished) for p in CHECKERS[engine].check(text)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("select 1", []),
        ("select (1", [("(", True)]),
        ("select 1)", [(")", False)]),
        ("select (1]", [("]", False)]),
        ("select 'a", [("'a", True)]),
        ('select "a', [('"a', True)]),
        ("select 1 /* x", [("/* x", True)]),
        ("select 1 -- it's fine (", []),
        ("select 'it''s (' , ')'", []),
        ("select 1; selec 2 3; select 3", [("selec", False)]),
        ("select é, 'x' fro m t where x", [("m", False)]),
        ("select * from t where", [("where", True)]),
        ("select 1;\n\nselect * from t group order by 1", [("order", False)]),
        ("insert into t values (:a, :b)", []),
        ("", []),
        ("-- nothing", []),
        (";;", []),
    ],
)
def test_marks_stand_on_what_is_wrong(
    engine: str, text: str, wanted: list[tuple[str, bool]]
) -> None:
    if engine == "sqlite" and "/*" in text:
        wanted = []
    assert marks(engine, text) == wanted


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        ("postgres", "select $$it's ($$, E'\\'(', U&'\\0061', a[1:2], x::text[] from t"),
        ("postgres", "select a[1 :n] from t"),
        ("postgres", "create function f() returns int begin atomic select 1; select 2; end"),
        ("postgres", "copy t from stdin;\n1\t)\n'\n\\.\nselect 1"),
        ("postgres", "select :a::int, :b"),
        ("duckdb", "from t select a, [1, 2][1], {'a': (1)}, x -> x + 1"),
        ("duckdb", "select struct_pack(a := 1), $$(')$$"),
        ("duckdb", "pragma table_info('x')"),
        ("duckdb", "pivot t on a using sum(b)"),
        ("sqlite", "select [a ( b], `c'`, x'00' from \"t)\""),
        ("sqlite", "create trigger x after insert on t begin select 1; end"),
        ("sqlite", "pragma foreign_keys = on"),
        ("sqlite", "select * from nosuch where nosuch(1)"),
    ],
)
def test_dialects_have_no_marks_on_their_own_sql(engine: str, text: str) -> None:
    assert CHECKERS[engine].check(text) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_quotes_and_brackets_make_no_mark_where_the_grammar_makes_none(engine: str) -> None:
    lexical = Checker(DIALECTS[engine])
    grammar = GRAMMARS[engine]
    # The grammar says nothing of those that are looked up.
    asked = [s for s in statements(DIALECTS[engine]) if not _is_looked_up(s)]
    taken = [s for s in asked if grammar.error(s) is None]
    assert len(taken) > 300
    assert [s for s in taken if lexical.check(s)] == []


def _mutated(dialect: Dialect, seed: int) -> Iterator[str]:
    """Statements with a token lost, doubled or moved."""
    chance = random.Random(seed)
    corpus = statements(dialect)
    for _ in range(400):
        text = chance.choice(corpus)
        parts = [text[t.start : t.end] for t in tokens(text, dialect)]
        at = chance.randrange(len(parts))
        match chance.randrange(3):
            case 0:
                del parts[at]
            case 1:
                parts.insert(at, chance.choice(["(", ")", "'", '"', "[", "/*", "*/", "$$", "{"]))
            case _:
                parts.insert(chance.randrange(len(parts)), parts.pop(at))
        yield "".join(parts)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(5))
def test_what_quotes_and_brackets_mark_the_grammar_refuses(engine: str, seed: int) -> None:
    dialect = DIALECTS[engine]
    lexical = Checker(dialect)
    for text in _mutated(dialect, seed):
        marked = [p for p in lexical.check(text) if not parameter_names(text, dialect)]
        if engine == "sqlite":
            # It stops at a missing table before it comes to the end.
            continue
        # The library takes texts for UTF-8, and so cannot tell about bytes that are none.
        if marked and "\0" not in text and "\\x" not in text and not _is_looked_up(text):
            assert GRAMMARS[engine].error(text) is not None, text


def _is_looked_up(text: str) -> bool:
    """What DuckDB's grammar is not asked about."""
    looked_up = {"PRAGMA", "IMPORT", "EXPORT", "LOAD", "INSTALL"}
    is_text = not any(0xD800 <= ord(char) < 0xE000 for char in text)
    return first_word(text, DUCKDB) in looked_up or not is_text


def _server_refuses(connection: psycopg.Connection, text: str) -> bool:
    """Whether PostgreSQL's parser refuses: two statements pass it, and are refused behind it."""
    result = connection.pgconn.prepare(b"", f"{text}\n;select 1".encode(), None)
    return result.error_field(ord("P")) is not None


def test_the_library_refuses_nothing_that_the_server_takes(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        if connection.info.server_version // 10000 not in range(14, 18):
            pytest.skip("the grammar is not used for this version")
        corpus = [s for s in statements(POSTGRES) if "\0" not in s]
        corpus += [s for s in _mutated(POSTGRES, 99) if "\0" not in s and s.isprintable()]
        wrong = [
            s for s in corpus
            if (CHECKERS["postgres"].check(s)) and not _server_refuses(connection, s)
        ]  # fmt: skip
    # `:name` is tusk's own; the server sees something else in its place.
    assert [s for s in wrong if not parameter_names(s, POSTGRES)] == []


def test_a_grammar_is_used_only_when_it_is_the_sessions(pg_db: str, tmp_path) -> None:
    postgres = open_postgres(pg_db)
    with psycopg.connect(pg_db) as connection:
        is_known = connection.info.server_version // 10000 in range(14, 18)
    assert (open_grammar(postgres) is not None) == is_known
    postgres.close()
    sqlite = open_sqlite(tmp_path / "x.db")
    assert open_grammar(sqlite) is not None
    sqlite.close()
    datafusion = open_datafusion()
    assert open_grammar(datafusion) is None
    assert Checker.of(datafusion).check("selec 1") == []
    assert len(Checker.of(datafusion).check("select (1")) == 1
    datafusion.close()
    duckdb = open_duckdb()
    assert open_grammar(duckdb) is not None
    run(duckdb, "create view duckdb_extensions as select 'prql' extension_name, true loaded")
    duckdb.close()


def test_checking_runs_nothing(tmp_path) -> None:
    target = tmp_path / "made.db"
    for text in (
        f"attach '{target}' as x",
        f"vacuum into '{target}'",
        f"copy (select 1) to '{target}'",
        f"export database '{target}'",
        "pragma temp_store_directory = '/nowhere'",
    ):
        CHECKERS["sqlite"].check(text)
        CHECKERS["duckdb"].check(text)
    assert list(tmp_path.glob("made*")) == []


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.sampled_from(ENGINES))
def test_any_text_can_be_checked(text: str, engine: str) -> None:
    for problem in CHECKERS[engine].check(text):
        assert 0 <= problem.start < problem.end <= len(text)


BRACKETS = st.text(st.sampled_from(list("()[]{}'\"a ;-\n")), max_size=40)


@given(BRACKETS, st.sampled_from([POSTGRES, DUCKDB, SQLITE]), st.data())
def test_partners_of_brackets_find_each_other(
    text: str, dialect: Dialect, data: st.DataObject
) -> None:
    caret = data.draw(st.integers(0, len(text)))
    found = matching_bracket(text, caret, dialect)
    if found is not None:
        at, partner = found
        assert at in {caret, caret - 1}
        assert {text[at], text[partner]} in ({"(", ")"}, {"[", "]"}, {"{", "}"})
        assert partner in (matching_bracket(text, partner, dialect) or ()) or (
            # The bracket behind the caret counts first.
            text[partner] in "()[]{}"
        )


@pytest.mark.parametrize(
    ("marked", "wanted"),
    [
        ("|(a)", (0, 2)),
        ("(a)|", (2, 0)),
        ("(|a)", (0, 2)),
        ("(a|b)", None),
        ("select ')' |(1, ')')", (11, 18)),
        ("select 1; f|(x); g(y)", (11, 13)),
        ("f(a|]", None),
    ],
)
def test_brackets(marked: str, wanted: tuple[int, int] | None) -> None:
    caret = marked.index("|")
    assert matching_bracket(marked.replace("|", ""), caret, POSTGRES) == wanted


def test_strings_and_comments_are_finished_as_the_lexer_says() -> None:
    for engine, dialect in DIALECTS.items():
        for text in statements(dialect):
            found = list(tokens(text, dialect))
            quoted = {TokenKind.STRING, TokenKind.IDENTIFIER, TokenKind.COMMENT}
            inner = [t for t in found[:-1] if t.kind in quoted]
            checker = Checker(dialect)
            for token in inner:
                # What another token follows has an end.
                piece = text[token.start : token.end]
                assert checker.check(piece) == [] or piece[:2] == "--", (engine, piece)
