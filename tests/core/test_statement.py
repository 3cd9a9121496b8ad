"""Splitting, classifying and binding, on statements as people and machines write them."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tusk.core.dialect import DATAFUSION, DIALECTS, DUCKDB, POSTGRES, SQLITE, Dialect
from tusk.core.statement import (
    BoundText,
    StatementKind,
    TokenKind,
    bind,
    classify,
    first_word,
    following,
    parameter_names,
    split,
    statement_at,
    tokens,
)

ALL = list(DIALECTS.values())
dialects = st.sampled_from(ALL)
# Texts made of the pieces that lexers stumble over, more likely than by chance.
PIECES = [
    "select", "SELECT", "create", "begin", "end", "case", "atomic", "trigger", "copy", "from stdin",
    "explain", "analyze", "with", "insert", ";", "'", "''", '"', '""', "`", "[", "]", "(", ")",
    "--", "\n", "/*", "*/", "$$", "$a$", "$1", ":a", "::", ":=", "E'", "e'", "\\", "\\.", "1", ".5",
    "1e", "0x", "é", "漢", "🦆", " ", "\t", "\0", "\r\n", "\ud800", "²", "_", "a", "x y", "=",
]  # fmt: skip
tricky = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text()

STATEMENTS = [
    "select 1",
    "select ';', '--', '/*', 'it''s'",
    'select ";" as "a""b;"',
    "select 1 /* ; */ + 1 -- ;\n, 2",
    "update t set a = ':x' where b = :x",
    "select '漢字🦆;\n' as \"é;\"",
    "values (1, (2)), (3, 4)",
    "x",
]
PER_DIALECT = {
    "postgres": [
        "select $$;$$, $a$ $$ ; $a$",
        r"select E'\';', e'\\'",
        "select 1 /* a /* ; */ ; */ + 1",
        "create function f() returns int language sql begin atomic select 1; select 2; end",
        "create function f(a int) returns int as $f$ begin; return case when 1=1 then 2 end; end $f$",
        "create procedure p() begin atomic insert into t select case when a then 1 end; end",
        "create rule r as on insert to t do (insert into a values (1); delete from b)",
        "do $do$ begin perform 1; end $do$",
    ],
    "duckdb": ["select $$;$$", "select {'a': 1, 'b;': [1;2]}".replace("1;2", "1, 2")],
    "sqlite": [
        "create trigger t after insert on a begin update b set c = 1; delete from d; end",
        (
            "create temp trigger if not exists t after update on a when new.x = 1 begin "
            "select case when 1 then 2 else 3 end; end"
        ),
        "select [a;b], `c;d`",
    ],
    "datafusion": ["select 1 /* a /* ; */ ; */ + 1", "select $$;$$"],
}


def statements_of(dialect: Dialect) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(STATEMENTS + PER_DIALECT[dialect.name]), max_size=8)


@given(tricky, dialects)
@example("\\.", POSTGRES)
@example("select '", POSTGRES)
@example("select E'\\", POSTGRES)
@example("select $a$ x", POSTGRES)
def test_tokens_cover_any_text_without_gaps(text: str, dialect: Dialect):
    end = 0
    for token in tokens(text, dialect):
        assert token.start == end
        assert token.end > token.start
        end = token.end
    assert end == len(text)


@given(tricky, dialects, st.data())
def test_any_text_is_split_into_parts_that_are_where_they_say(
    text: str, dialect: Dialect, data: st.DataObject
):
    end = 0
    for statement in split(text, dialect):
        assert statement.start >= end
        assert text[statement.start : statement.end] == statement.text
        # An unterminated string or name takes the white space behind it along.
        assert statement.text.lstrip() == statement.text != ""
        assert statement.line == text.count("\n", 0, statement.start) + 1
        end = statement.end
    caret = data.draw(st.integers(0, len(text)))
    at_caret = statement_at(text, caret, dialect)
    assert (at_caret is None) == (not split(text, dialect))
    parameter_names(text, dialect)
    classify(text, dialect)


@given(st.data(), dialects)
def test_joined_statements_come_apart_again(data: st.DataObject, dialect: Dialect):
    parts = data.draw(statements_of(dialect))
    glue = st.sampled_from([";", " ;\n", ";\n\n-- note; with 'quote\n", ";;/* a; b */", "\n;\t"])
    script = "".join(part + data.draw(glue) for part in parts)
    assert [s.text for s in split(script, dialect)] == parts


@given(st.data(), dialects)
def test_bound_texts_map_every_offset_back(data: st.DataObject, dialect: Dialect):
    words = st.sampled_from(["select", ":a", ":bcd", "'x:a'", "::int", " ", "\n", "漢", ","])
    text = " ".join(data.draw(st.lists(words, max_size=12)))
    bound = bind(text, dialect, {"a", "bcd"}, lambda n, _: f"${n}")
    for offset, char in enumerate(bound.text):
        original = bound.original_offset(offset)
        assert 0 <= original < len(text)
        is_placeholder = text[original] == ":" and char in "$12"
        assert text[original] == char or is_placeholder
    assert bound.original_offset(len(bound.text)) == len(text)


def test_splitting_takes_time_in_proportion_to_the_text():
    def seconds(count: int) -> float:
        script = "select 1, 'text'; -- comment\n" * count
        best = 9e9
        for _ in range(3):
            began = time.process_time()
            assert len(split(script, POSTGRES)) == count
            best = min(best, time.process_time() - began)
        return best

    # Eight times the text: 64 times the time if each statement looked at the whole script.
    assert seconds(8000) < 24 * seconds(1000)


def test_many_copies_from_stdin_do_not_nest():
    script = "copy t from stdin;\n1\n\\.\n" * 3000
    found = split(script, POSTGRES)
    assert len(found) == 3000
    assert {s.data for s in found} == {"1\n"}
    assert found[-1].line == 2999 * 3 + 1


def test_a_string_of_megabytes_is_one_token():
    text = "select '" + "it''s ; " * 1_000_000 + "'"
    assert [s.text for s in split(text, POSTGRES)] == [text]


class TestCopy:
    def test_data_lines_belong_to_copy_from_stdin(self):
        script = "copy t (a) from stdin;\nit's; -- x\n\\.\nselect 1"
        copy, select = split(script, POSTGRES)
        assert copy.text == "copy t (a) from stdin"
        assert copy.data == "it's; -- x\n"
        assert select.text == "select 1"
        assert select.line == 4

    def test_data_without_an_end_mark_reaches_to_the_end(self):
        (copy,) = split("copy t from STDIN;\n1\n2", POSTGRES)
        assert copy.data == "1\n2"

    @pytest.mark.parametrize("rest", ["", ";", "; ", ";\n", "; select 1"])
    def test_nothing_behind_it_is_no_data(self, rest: str):
        assert split("copy t from stdin" + rest, POSTGRES)[0].data is None

    def test_the_end_mark_alone_is_data_of_no_lines(self):
        assert split("copy t from stdin;\n\\.\n", POSTGRES)[0].data == ""

    def test_windows_line_ends_are_understood(self):
        copy, select = split("copy t from stdin;\r\n1\r\n\\.\r\nselect 1", POSTGRES)
        assert copy.data == "1\r\n"
        assert select.text == "select 1"

    @pytest.mark.parametrize(
        "text",
        ["copy (select 'from stdin') to stdout", "copy t to stdout", "copy t from '/x'"],
    )
    def test_other_copies_have_no_data(self, text: str):
        copy, select = split(text + ";\nselect 1", POSTGRES)
        assert copy.data is None
        assert select.text == "select 1"

    def test_other_engines_have_no_data_lines(self):
        assert len(split("copy t from stdin;\nselect 1", DUCKDB)) == 2


class TestBodies:
    def test_words_in_a_body_are_only_counted_where_they_nest(self):
        script = "create function f() begin atomic select case a when 1 then 2 end; end; select 1"
        assert len(split(script, POSTGRES)) == 2

    def test_begin_alone_opens_no_body(self):
        assert [s.text for s in split("begin; select 1; end", POSTGRES)] == [
            "begin", "select 1", "end",
        ]  # fmt: skip

    def test_a_table_named_trigger_does_not_matter(self):
        script = "create table x (a text default 'trigger'); begin; commit"
        assert len(split(script, SQLITE)) == 3


class TestStatementAt:
    SCRIPT = "select 1; select 2;\n\n-- between\nselect 3;\n"

    @pytest.mark.parametrize(
        ("marked", "expected"),
        [
            ("|select 1; select 2", "select 1"),
            ("sel|ect 1; select 2", "select 1"),
            ("select 1|; select 2", "select 1"),
            ("select 1;| select 2", "select 1"),
            ("select 1; |select 2", "select 2"),
            ("select 1; select 2;|", "select 2"),
            ("select 1;\n|\nselect 2", "select 2"),
            ("select 1;\n\n-- about| two\nselect 2", "select 2"),
            ("select 1;\n\n|", "select 1"),
            ("|\n\nselect 1", "select 1"),
            ("  -- nothing|", None),
            ("|", None),
        ],
    )
    def test_the_caret_finds_its_statement(self, marked: str, expected: str | None):
        offset = marked.index("|")
        found = statement_at(marked.replace("|", ""), offset, DUCKDB)
        assert (found.text if found else None) == expected


class TestClassify:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("select 1", "query"),
            ("  /* x */ (select 1) union select 2", "query"),
            ("from t", "query"),
            ("values (1)", "query"),
            ("table t", "query"),
            ("pragma table_info(t)", "query"),
            ("pragma user_version = 3", "utility"),
            ("with a as (select 1) select * from a for update", "query"),
            ("with a as (select 1) select * from a for no key update", "query"),
            ("with a as (select 'insert') select \"delete\" from a", "query"),
            ("with a as (insert into t values (1) returning 1) select * from a", "dml"),
            ("with a as (select 1) update t set b = 1", "dml"),
            ("select * into t from u", "dml"),
            ("explain delete from t", "query"),
            ("explain analyze delete from t", "dml"),
            ("explain (costs off, analyze) delete from t", "dml"),
            ("explain (costs off) delete from t", "query"),
            ("explain analyze select replace(a, 'x', 'y') from t", "query"),
            ("explain analyze create table x as select 1", "dml"),
            ("explain query plan select 1", "query"),
            ("explain", "query"),
            ("insert into t values (1)", "dml"),
            ("truncate t", "dml"),
            ("call p()", "dml"),
            ("create table t (a int)", "ddl"),
            ("grant select on t to u", "ddl"),
            ("begin", "transaction"),
            ("start transaction", "transaction"),
            ("rollback to x", "transaction"),
            ("prepare transaction 'x'", "transaction"),
            ("prepare p as select 1", "utility"),
            ("copy t to stdout", "copy"),
            ("set x = 1", "utility"),
            ("vacuum", "utility"),
            ("", "utility"),
            ("-- nothing", "utility"),
        ],
    )
    def test_kind(self, text: str, kind: str):
        assert classify(text, POSTGRES) is StatementKind(kind)

    def test_explain_of_explain_does_not_recurse(self):
        assert classify("explain " * 100_000, POSTGRES) is StatementKind.QUERY

    def test_the_first_word_is_behind_comments_and_parentheses(self):
        assert first_word("-- x\n ((Select 1))", DUCKDB) == "SELECT"
        assert first_word("'x'", DUCKDB) == ""


class TestParameters:
    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("select :a", ["a"]),
            ("select :b, :a, :b", ["b", "a"]),
            ("select a::int, ':b', \":c\", $$:d$$ /* :e */ -- :f", []),
            ("select x[1:n], y[a:b]", []),
            ("select 1 where a=:größe", ["größe"]),
            ("select (:a)::int, :b::text", ["a", "b"]),
            ("x := :y", ["y"]),
            ("select :1, : a, :'b'", []),
            ("insert into t values(:a,:b)", ["a", "b"]),
        ],
    )
    def test_names(self, text: str, names: list[str]):
        assert parameter_names(text, POSTGRES) == names

    def test_the_same_name_gets_the_same_placeholder(self):
        bound = bind("select :a, :b, :a", POSTGRES, {"a", "b"}, lambda n, _: f"${n}")
        assert (bound.text, bound.names) == ("select $1, $2, $1", ("a", "b"))

    def test_names_without_a_value_stay(self):
        bound = bind("select :a, :b", SQLITE, {"b"}, lambda n, name: f"?{n}")
        assert (bound.text, bound.names) == ("select :a, ?1", ("b",))

    def test_text_without_parameters_is_not_touched(self):
        bound = BoundText("select 'é' x", ())
        assert [bound.original_offset(i) for i in (0, 5, 12)] == [0, 5, 12]

    def test_an_offset_behind_a_parameter_is_shifted(self):
        bound = bind("select :long_name, foo", POSTGRES, {"long_name"}, lambda n, _: f"${n}")
        assert bound.text == "select $1, foo"
        assert bound.original_offset(bound.text.index("foo")) == 19
        assert bound.original_offset(bound.text.index("$1")) == 7


class TestTokens:
    @pytest.mark.parametrize(
        ("text", "dialect", "kinds"),
        [
            ("a1_$", POSTGRES, [TokenKind.WORD]),
            ("1.5e-3", POSTGRES, [TokenKind.NUMBER]),
            ("0xFF", POSTGRES, [TokenKind.NUMBER]),
            ("`a`", SQLITE, [TokenKind.IDENTIFIER]),
            ("`a`", POSTGRES, [TokenKind.OTHER, TokenKind.WORD, TokenKind.OTHER]),
            ("[a b]", SQLITE, [TokenKind.IDENTIFIER]),
            ("$$a$$", DUCKDB, [TokenKind.STRING]),
            ("$$a$$", SQLITE, [TokenKind.OTHER, TokenKind.OTHER, TokenKind.WORD]),
            (r"'\'", DUCKDB, [TokenKind.STRING]),
            (r"e'\''", POSTGRES, [TokenKind.STRING]),
            ("/* /* */ */", DATAFUSION, [TokenKind.COMMENT]),
            ("/* /* */", SQLITE, [TokenKind.COMMENT]),
        ],
    )
    def test_kinds(self, text: str, dialect: Dialect, kinds: list[TokenKind]):
        assert [t.kind for t in tokens(text, dialect)][: len(kinds)] == kinds


settings.register_profile("thorough", max_examples=2000, deadline=None)


@pytest.mark.parametrize("dialect", [POSTGRES, DUCKDB, SQLITE], ids=lambda d: d.name)
def test_whatever_is_beyond_ascii_is_a_part_of_words(dialect: Dialect) -> None:
    text = "select €$$, 🙂x as ٣, “b²” -- €"
    words = [text[t.start : t.end] for t in tokens(text, dialect) if t.kind is TokenKind.WORD]
    assert words == ["select", "€$$", "🙂x", "as", "٣", "“b²”"]


def test_where_the_script_goes_on_behind_a_statement() -> None:
    text = "copy t from stdin;\n1;\n\\.\nselect 1; select 2"
    ends = []
    position = 0
    while position < len(text):
        position = following(text, position, POSTGRES)
        ends.append(text[:position][-9:])
    assert ends == ["in;\n1;\n\\.", "select 1;", " select 2"]
