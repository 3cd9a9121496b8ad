"""Secrets in statements: none survives, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import HOSTILE
from tusk.core.dialect import DIALECTS, DUCKDB, POSTGRES, SQLITE, Dialect, quote_text
from tusk.core.masking import MASK, mask_message, mask_secrets

SECRET = "hunter2"

# ``{}`` is a place for a string, ``<>`` for the bare secret, ``()`` stay as they are.
QUOTED = [
    "alter role ann password {}",
    "create role ann login encrypted password {} valid until '2030-01-01'",
    "create user ann with superuser password {} in role staff",
    "alter user ann identified by {}",
    "grant all on t to ann identified by {}",
    "set password for 'ann'@'%' = {}",
    "set password = {}",
    "create user mapping for ann server s options (user 'ann', password {})",
    "alter user mapping for ann server s options (set password {})",
    "create secret s (type postgres, host 'db', password {})",
    "create or replace persistent secret if not exists s (type s3, key_id 'a', secret {})",
    "create secret s (type http, extra_http_headers map {{'Authorization': {}}})",
    "create secret s (type azure, connection_string {}, scope 'az://x')",
    "set s3_secret_access_key = {}",
    "set local app.jwt_secret to {}",
    "set session \"app.api_key\" = {}",
    "select set_config('app.api_key', {}, false)",
    "copy t from 's3://bucket/key' credentials {} csv",
    "copy t from 's3://b' access_key_id 'AKIA' secret_access_key {} session_token 'tok'",
    "copy into t from @stage credentials = (aws_key_id = 'x' aws_secret_key = {})",
    "create external table t stored as parquet options ('aws.secret_access_key' {})",
    "attach 'a.db' as other key {}",
    "attach 'a.duckdb' as other (encryption_key {})",
    "pragma key = {}",
    "pragma rekey({})",
    "update users set password = crypt({}, gen_salt('bf')) where id = 1",
    "update users set token = {}, name = 'ann'",
    "select * from users where name = 'ann' and password = {} and true",
    "select * from users where password in ('x', {}, 'y')",
    "insert into users (name, password, age) values ('ann', {}, 7), ('bob', 'x', 8)",
    "insert into users (password) select {}",
    "select pgp_sym_decrypt(data, {}) from t",
    "select json_build_object('name', 'ann', 'password', {})",
    "select {{'password': {}, 'name': 'ann'}}",
    "select api_key := {}",
    "do $$ begin alter role ann password {}; end $$",
    "do $outer$ begin execute $$alter role ann password {}$$; end $outer$",
    "select 'alter role ann password ' || quote_literal({})",
    "do $$ begin execute format('alter role %I password %L', 'ann', {}); end $$",
    "select 1 /* alter role ann password {} */",
    "alter role ann passsword password {}",
]  # fmt: skip
IN_STRING = [
    "host=db user=ann password=<>",
    "host=db password = '<>' user=ann",
    "postgresql://ann:<>@db.example/shop?sslmode=require",
    "postgresql://db.example/shop?user=ann&password=<>",
    "Server=db;Uid=ann;Pwd=<>;",
    "aws_access_key_id=AKIA;aws_secret_access_key=<>",
    '{"user": "ann", "password": "<>"}',
    "password: <>",
    "Authorization: Bearer <>",
    "mysql:host=db passwd=<>",
]
STRING_PLACES = [
    "create subscription s connection {} publication p",
    "alter subscription s connection {}",
    "select * from dblink({}, 'select 1') as t(a int)",
    "select dblink_connect('name', {})",
    "attach {} as pg (type postgres, read_only)",
    "create secret s (type http, bearer_token {})",
    "select {}::jsonb",
    "select 1 as a -- {}",
]


def escaped(text: str) -> str:
    return "E'" + "".join(f"\\U{ord(char):08x}" for char in text) + "'"


def backslashed(text: str) -> str:
    return "e'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def unicode_escaped(text: str) -> str:
    return "U&'" + "".join(f"\\+{ord(char):06x}" for char in text) + "'"


def octal(text: str) -> str:
    return "E'" + "".join(f"\\{b:03o}" for b in text.encode()) + "'"


QUOTES = {
    "plain": quote_text,
    "national": lambda text: "N" + quote_text(text),
    "escaped": escaped,
    "backslashed": backslashed,
    "unicode": unicode_escaped,
    "dollar": lambda text: f"$${text}$$",
    "tagged": lambda text: f"$q${text}$q$",
    "continued": lambda text: quote_text(text[:2]) + "\n  " + quote_text(text[2:]),
    "joined": lambda text: quote_text(text[:2]) + " || " + quote_text(text[2:]),
}
# Characters that no template holds, so that finding one afterwards means a leak.
secrets = st.text("ΩΨ§¤¶0123456789 '\"\\;:@/=%$,()-*", min_size=1, max_size=20).filter(
    lambda text: any(char in "ΩΨ§¤¶" for char in text)
)
dialects = st.sampled_from(sorted(DIALECTS.values(), key=lambda d: d.name))


def marks(text: str) -> set[str]:
    return set(text) & set("ΩΨ§¤¶")


def respelled(draw: st.DrawFn, template: str) -> str:
    """The same words in any case, with any space and comments between them."""
    case = draw(st.sampled_from([str.lower, str.upper, str.title, str.swapcase]))
    space = draw(st.sampled_from([" ", "\n", "\t  ", " /* it's */ ", " -- it's\n"]))
    if "--" in template or "/*" in template or "'alter" in template:
        space = " "
    words = [w if "'" in w or "$" in w or "{" in w else case(w) for w in template.split(" ")]
    return space.join(words)


@st.composite
def statements(draw: st.DrawFn) -> str:
    template = draw(st.sampled_from(QUOTED))
    secret = draw(secrets)
    quote = draw(st.sampled_from(sorted(QUOTES)))
    if "$$" in template and quote in ("dollar", "tagged"):
        quote = "plain"
    if "/*" in template:
        secret = secret.replace("*/", "")
    if "$$" in template or quote in ("dollar", "tagged"):
        secret = secret.replace("$", "")
    assert "{}" in template.replace("{{", "").replace("}}", "")
    spelled = respelled(draw, template)
    return spelled.format(QUOTES[quote](secret + "Ω"))


@given(statements(), dialects)
def test_a_secret_never_survives_whatever_the_words_case_quotes_and_engine(
    statement: str, dialect: Dialect
) -> None:
    masked = mask_secrets(statement, dialect)
    assert masked.secrets
    assert not marks(masked.text), masked.text
    assert mask_secrets(masked.text, dialect).text == masked.text


@given(
    st.sampled_from(STRING_PLACES),
    st.sampled_from(IN_STRING),
    st.text("ΩΨ§¤¶abc0123456789%:;", min_size=1, max_size=12).map(lambda text: "Ω" + text),
    st.sampled_from(["plain", "escaped", "unicode", "dollar", "tagged", "national"]),
    dialects,
)
def test_a_connection_string_with_a_password_never_survives(
    place: str, text: str, secret: str, quote: str, dialect: Dialect
) -> None:
    quoted = QUOTES[quote](text.replace("<>", secret))
    masked = mask_secrets(place.format(quoted), dialect)
    assert not marks(masked.text), masked.text
    assert masked.secrets


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=str)
@pytest.mark.parametrize("template", QUOTED)
@pytest.mark.parametrize("quote", ["plain", "escaped", "backslashed", "unicode", "dollar"])
def test_each_known_place_of_a_secret(template: str, quote: str, dialect: Dialect) -> None:
    if "$$" in template and quote == "dollar":
        quote = "plain"
    masked = mask_secrets(template.format(QUOTES[quote](SECRET)), dialect)
    assert SECRET not in masked.text
    assert "\\U0000" not in masked.text
    assert MASK in masked.text


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("alter role ann password hunter2", "alter role ann password '***'"),
        ("alter role ann password hunter2!x$ valid", "alter role ann password '***' valid"),
        ("create user ann identified by hunter2; drop x", "create user ann identified by '***'; drop x"),
        ('create user ann identified by "hunter2"', 'create user ann identified by "***"'),
        ("create user ann identified by `hunter2`", "create user ann identified by ***"),
        ("alter role ann password 'hunter2", "alter role ann password '***'"),
        ("alter role ann password $$hunter2", "alter role ann password '***'"),
        ("create secret s (type s3, secret hunter2)", "create secret s (type s3, secret '***')"),
        ("pragma key = hunter2", "pragma key = '***'"),
        ("select 1 -- password: hunter2\n, 2", "select 1 -- ***\n, 2"),
        ("select * from t where password = \"hunter2\"", "select * from t where password = \"***\""),
    ],
)  # fmt: skip
def test_secrets_without_proper_quotes(statement: str, kept: str) -> None:
    masked = mask_secrets(statement, POSTGRES).text
    assert SECRET not in masked
    if "`" not in statement:
        assert masked == kept


def test_in_the_body_of_a_routine_only_the_secret_is_masked() -> None:
    body = "begin alter role ann password 'hunter2'; perform 'keep'; end"
    kept = body.replace(SECRET, MASK)
    for text, wanted in (
        (f"do $q$ {body} $q$ language plpgsql", f"do $q$ {kept} $q$ language plpgsql"),
        (f"do $$ {body}", f"do $$ {kept}"),
        (f"do $a$ {body} $$ x $$ $a$", f"do $a$ {kept} $$ x $$ $a$"),
    ):
        assert mask_secrets(text, POSTGRES).text == wanted


def test_a_quote_that_a_backslash_may_have_escaped_hides_the_rest() -> None:
    masked = mask_secrets(r"alter role ann password 'it\'s hunter2' valid until 'x'", SQLITE)
    assert SECRET not in masked.text


HARMLESS = [
    "select 1",
    "select password, 'x' as kind from users order by password desc limit 5",
    "select * from information_schema.columns where column_name in ('password', 'email')",
    "select 'password' as label, 'none' as value",
    "create table users (id int, password text not null, note text default 'none')",
    "select * from users where password is null and name = 'ann'",
    "alter role ann password null",
    "select max_tokens, 'x' from calls where secretary = 'ann' and tokens > 5",
    "attach 'other.db' as other",
    "select * from dblink('dbname=shop', 'select 1') as t(a int)",
    "create subscription s connection 'host=db dbname=shop' publication p",
    "copy t from 's3://bucket/key' csv",
    "select u.password = o.\"password\", 'x' from users u, users o",
    "insert into users (name, age) values ('ann', 7)",
    "create function f(password text) returns int language sql as $$ select 1 $$",
    "select 'http://example.com:8080/a', 'ann@example.com'",
    "create secret s (type s3, provider credential_chain, region 'eu')",
    "select key, 'value' from settings where key = 'x'",
]  # fmt: skip


@pytest.mark.parametrize("statement", HARMLESS)
def test_statements_without_a_secret_stay_as_they_are(statement: str) -> None:
    for dialect in (POSTGRES, DUCKDB):
        assert mask_secrets(statement, dialect) == mask_secrets(statement, dialect)
        assert mask_secrets(statement, dialect).text == statement
        assert mask_secrets(statement, dialect).secrets == ()


@given(st.text(st.characters(codec="utf-8")), dialects)
def test_any_text_can_be_masked_again_and_again(text: str, dialect: Dialect) -> None:
    once = mask_secrets(text, dialect)
    assert mask_secrets(once.text, dialect).text == once.text
    if not once.secrets:
        assert once.text == text


@given(
    st.lists(
        st.sampled_from(
            ["password", "'", '"', "$$", "$q$", "E'", "\\", "(", ")", ";", "=", ",", ":", "{", "]",
             "create", "secret", "alter", "role", "set", "insert", "into", "values", "x", " ",
             "--", "/*", "*/", "\n", "%L", "://a:b@c", "identified by", "pragma key", "U&'", "0"]
        )
    ).map("".join),
    dialects,
)  # fmt: skip
def test_broken_sql_around_secrets_breaks_nothing(text: str, dialect: Dialect) -> None:
    once = mask_secrets(text, dialect).text
    assert mask_secrets(once, dialect).text == once


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_text_without_secrets_is_kept(text: str) -> None:
    statement = f"select {quote_text(text)}"
    assert mask_secrets(statement, POSTGRES).text == statement


def test_nesting_beyond_measure_ends_soon() -> None:
    text = SECRET
    for number in range(40):
        text = f"$t{number}$ alter role ann password '{text}' $t{number}$"
    assert SECRET not in mask_secrets(f"do {text}", POSTGRES).text
    quoted = f"alter role ann password '{SECRET}'"
    for _ in range(12):
        quoted = f"select {quote_text(quoted)}"
    assert SECRET not in mask_secrets(quoted, POSTGRES).text


@pytest.mark.parametrize(
    "part",
    [
        "password(", "crypt(", "password", "password ", "'password', ", "begin attach ", "://a:",
        "password 'x\\' ", "insert into t (password) ", "(", "$$password ", "create secret s (",
        "'password ' || ", "authorization ", "password = 'x', ", '"password" : ', "alter role by ",
    ],
)  # fmt: skip
def test_long_texts_of_many_names_are_masked_in_one_go(part: str) -> None:
    text = part * (100_000 // len(part))
    assert SECRET not in mask_secrets(text + f" password '{SECRET}'", POSTGRES).text


def test_messages_lose_what_servers_quote() -> None:
    secrets = mask_secrets("alter role ann passwort password 'hunter2 und mehr'", POSTGRES).secrets
    assert secrets
    for message in (
        'syntax error at or near "passwort"\nLINE 1: alter role ann passwort password \'hunter2 u',
        "bad value hunter2 und mehr here",
        "unterminated 'hunter2",
    ):
        assert "hunter2" not in mask_message(message, secrets)
    assert mask_message("near hunter2\nLINE", ()) == "near hunter2\nLINE"
    assert mask_message("role a is missing", ("a",)) == MASK
