"""What a user types, as a target: URLs and strings as libpq reads them, files by kind and content."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.hostile import HOSTILE
from tusk.core.errors import ConnectError, UsageError
from tusk.core.statement import Statement
from tusk.engines.base import Target
from tusk.engines.registry import load_engine
from tusk.engines.target import parse_target, postgres_url

SECRET = "s3cret"


def rows(target: Target, sql: str) -> list[dict[str, object]]:
    """What a query gives on a new session."""
    session = load_engine(target.engine).connect(target)
    try:
        batches = list(session.execute(Statement(sql)).batches())
    finally:
        session.close()
    return [row for batch in batches for row in batch.to_pylist()]


def libpq(text: str) -> dict[str, str]:
    """What libpq itself reads; ports that are all empty say nothing."""
    found = {k: str(v) for k, v in conninfo_to_dict(text).items()}
    if not found.get("port", "x").strip(","):
        del found["port"]
    return found


def parameters(target: Target) -> dict[str, str]:
    secret = {} if target.password is None else {"password": target.password}
    return {**target.parameters, **secret}


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://",
        "postgresql:///shop",
        "postgres://ann@db.example/shop",
        "postgresql://ann:s3cret@db.example:5433/shop?sslmode=require&application_name=x",
        "postgresql://:s3cret@db/shop",
        "postgresql://ann:a:b@db/shop",
        "postgresql://ann:s%403%2Fcr%25t@db/sh%20op",
        "postgresql://h1,h2:5433,h3/shop?target_session_attrs=read-write",
        "postgresql://h1:1,h2:2/shop",
        "postgresql://h1,h2/shop",
        "postgresql://[::1]:5433/shop",
        "postgresql://[2001:db8::1],[fe80::1%25eth0]:5433/shop",
        "postgresql://%2Fvar%2Frun%2Fpostgresql:5433/shop",
        "postgresql:///shop?host=/var/run/postgresql&port=5433",
        "postgresql://db/shop?options=-c%20statement_timeout%3D5s",
        "postgresql://db/shop?application_name=a+b",
        "postgresql://db?dbname=shop&user=ann&password=s3cret",
        "postgresql://db/shop?ssl=true",
        "postgresql://db/%E6%BC%A2?user=%C3%A9",
        "postgresql://db/a/b",
        "postgresql:///?service=reports",
    ],
)
def test_a_url_is_read_as_libpq_reads_it(text: str) -> None:
    target = parse_target(text)
    assert target.engine == "postgres"
    assert parameters(target) == libpq(text)


@pytest.mark.parametrize(
    "text",
    [
        "host=db user=ann dbname=shop",
        "  host = db\n\tport\t=\t5433 ",
        "host=db password='a b'",
        r"host=db password='it\'s a \\ b'",
        r"host=db password=a\ b\'c",
        "host=db password=it's",
        "host='db'port=5433",
        "host=db password='' dbname=",
        "host=db password=a=b",
        "host=a host=b",
        "password='a\nb' host=db",
        "host=/tmp/x:y port=1",
        "host=db password=a\u00a0b\u3000c",
        "service=reports",
    ],
)
def test_a_connection_string_is_read_as_libpq_reads_it(text: str) -> None:
    target = parse_target(text)
    assert target.engine == "postgres"
    assert parameters(target) == conninfo_to_dict(text)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
HOSTS = st.one_of(
    st.from_regex(r"[a-z][a-z.-]{0,9}", fullmatch=True),
    st.ip_addresses(v=6).map(str),
    st.just("fe80::1%eth0"),
    TEXTS.filter(lambda host: "," not in host).map("/tmp/".__add__),
)
SERVERS = st.lists(st.tuples(HOSTS, st.integers(1, 65535)), min_size=1, max_size=3).map(
    lambda pairs: {
        "host": ",".join(host for host, _ in pairs),
        "port": ",".join(str(port) for _, port in pairs),
    }
)
OTHERS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("user", "dbname", "options", "application_name", "sslrootcert"), TEXTS),
)


@given(SERVERS, OTHERS)
def test_the_url_shown_reads_back_as_the_same(
    servers: dict[str, str], others: dict[str, str]
) -> None:
    made = {**servers, **others}
    url = postgres_url(made)
    assert conninfo_to_dict(url) == made
    target = parse_target(url)
    assert (target.parameters, target.name) == (made, url)


@given(SERVERS, OTHERS, TEXTS)
def test_a_connection_string_made_by_psycopg_reads_back_as_the_same(
    servers: dict[str, str], others: dict[str, str], password: str
) -> None:
    made = {**servers, **others, "password": password}
    assert parameters(parse_target(make_conninfo(**made))) == made


def test_one_port_for_several_hosts_is_shown_with_each() -> None:
    assert postgres_url({"host": "a,b", "port": "5433"}) == "postgresql://a:5433,b:5433"


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://ann:{SECRET}@db/shop",
        f"postgresql://ann@db/shop?password={SECRET}",
        f"postgresql://ann:{SECRET}@h1,h2:5433/shop?sslmode=require",
        f"host=db password={SECRET}",
        f"host=db password = '{SECRET}' user=ann",
    ],
)
def test_a_password_is_kept_apart(text: str) -> None:
    target = parse_target(text)
    assert target.password == SECRET
    assert SECRET not in target.name
    assert SECRET not in repr(target)
    assert SECRET not in str(target.parameters)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"postgresql://ann:{SECRET}/shop", "port in the connection URL"),
        (f"postgresql://ann:{SECRET}%@db/shop", "two hexadecimal digits"),
        (f"postgresql://ann:{SECRET}%00@db/shop", "two hexadecimal digits"),
        (f"postgresql://ann:{SECRET}%FF@db/shop", "not UTF-8"),
        (f"postgresql://ann:{SECRET}@db/shop?application_name=%zz", "two hexadecimal digits"),
        (f"postgresql://ann:{SECRET}@db/shop?sslmode", "NAME=VALUE"),
        (f"postgresql://ann:{SECRET}@db/shop?a=b&", "NAME=VALUE"),
        (f"postgresql://ann:{SECRET}@[::1/shop", "USER@HOST:PORT/DATABASE"),
        (f"postgresql://ann:{SECRET}@[::1]x/shop", "USER@HOST:PORT/DATABASE"),
        (f"host=db password={SECRET} x", "KEYWORD=VALUE"),
        (f"host=db password='{SECRET}", "KEYWORD=VALUE"),
        (f"host=db password={SECRET} user=\udcff", "UTF-8"),
        (f"host=db password={SECRET}\0", "NUL"),
        (f"oracle://ann:{SECRET}@db/shop", "no oracle:// connections"),
        (f"duckdb:///x.duckdb?password={SECRET}", "no parameter 'password'"),
        ("sqlite:///x.sqlite?create=maybe", "no parameter 'create=maybe'"),
        ("duckdb:///a%0", "two hexadecimal digits"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(text)
    assert message in caught.value.message
    assert SECRET not in caught.value.message + caught.value.hint


# ── databases in files ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["", "  ", ":memory:", "duckdb://", "duckdb:///", "DuckDB://"])
def test_nothing_is_duckdb_in_memory(text: str) -> None:
    target = parse_target(text, read_only=True)
    assert (target.engine, target.parameters, target.read_only) == ("duckdb", {"path": ""}, True)


@pytest.mark.parametrize("scheme", ["sqlite", "datafusion"])
def test_a_url_without_a_path_is_in_memory(scheme: str) -> None:
    target = parse_target(f"{scheme}://")
    assert (target.engine, target.parameters) == (scheme, {"path": ""})


def make_database(path: Path, engine: str) -> None:
    if engine == "sqlite":
        with sqlite3.connect(path) as connection:
            connection.execute("create table t as select 7 as a")
        connection.close()
    else:
        with duckdb.connect(str(path)) as database:
            database.execute("create table t as select 7 as a")


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("x.duckdb", "duckdb"),
        ("x.DDB", "duckdb"),
        ("x.sqlite", "sqlite"),
        ("x.sqlite3", "sqlite"),
        ("x.db3", "sqlite"),
        ("x.db", "duckdb"),
        ("x.db", "sqlite"),
        ("no-suffix", "duckdb"),
        ("no-suffix", "sqlite"),
        ("a=b.db", "sqlite"),
        ("it's a \u202e\x1b[2J 漢.db", "duckdb"),
        ("100%41.db", "sqlite"),
        (f"{HOSTILE['bidi-override']}.sqlite", "sqlite"),
    ],
)
def test_a_database_file_is_known_by_name_or_content(
    name: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_database(tmp_path / name, engine)
    monkeypatch.chdir(tmp_path)
    target = parse_target(name)
    assert (target.engine, target.name) == (engine, name)
    assert target.parameters == {"path": str(tmp_path / name)}
    assert rows(target, "select a from t") == [{"a": 7}]


def test_a_url_reads_its_path_with_escapes(tmp_path: Path) -> None:
    make_database(tmp_path / "a b?.duckdb", "duckdb")
    target = parse_target(f"duckdb://{tmp_path}/a%20b%3F.duckdb")
    assert rows(target, "select a from t") == [{"a": 7}]


def test_a_path_may_begin_with_the_home_folder(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_target("~/x.duckdb").parameters == {"path": str(tmp_path / "x.duckdb")}
    with pytest.raises(UsageError, match="unknown user"):
        parse_target("~nobody-of-that-name/x.duckdb")


@pytest.mark.parametrize("scheme", ["duckdb", "sqlite"])
def test_a_typo_makes_no_file_unless_a_new_one_is_asked_for(scheme: str, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    path = folder / f"new.{scheme}"
    for text in (str(path), f"{scheme}://{path}", f"{scheme}://{path}?create=false"):
        with pytest.raises(ConnectError, match="there is no database file"):
            rows(parse_target(text), "select 1 as a")
        assert list(folder.iterdir()) == []
    assert rows(parse_target(f"{scheme}://{path}?create=true"), "select 1 as a") == [{"a": 1}]
    assert path.exists()


@pytest.mark.parametrize("text", ["x.db", "nowhere/x", "x" * 300 + ".db", "/" + "x/" * 3000])
def test_a_file_that_is_not_there_is_said(text: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConnectError, match="there is no file") as caught:
        parse_target(text)
    assert "?create=true" in caught.value.hint


def test_what_is_no_connection_is_said(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UsageError, match="cannot tell what is in the file"):
        parse_target("notes.txt")
    with pytest.raises(UsageError, match="no connection that tusk knows"):
        parse_target("notes")


def test_a_long_connection_string_is_no_file_name() -> None:
    target = parse_target(f"host=db application_name={'x' * 5000}")
    assert target.engine == "postgres"


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch) -> None:
    def refuse(self: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(ConnectError, match=r"cannot read .*x\.db.*Permission denied"):
        parse_target(str(tmp_path / "x.db"))


# ── data files ───────────────────────────────────────────────────────────────────────────────

TEXT_FILES = {
    "csv": "a,b\n1,x\n2,y\n",
    "tsv": "a\tb\n1\tx\n2\ty\n",
    "json": '[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]',
    "jsonl": '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n',
    "ndjson": '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n',
}
EXPECTED = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def zstd(data: bytes) -> bytes:
    return pa.compress(data, "zstd", asbytes=True)


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd}


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("kind", TEXT_FILES)
def test_a_text_file_is_a_table(kind: str, compression: str, tmp_path: Path) -> None:
    path = tmp_path / f"2024 sales.{kind}{compression}"
    path.write_bytes(COMPRESSIONS[compression](TEXT_FILES[kind].encode()))
    target = parse_target(str(path))
    assert target.parameters == {"path": "", "files": str(path)}
    assert rows(target, "select a, b from _2024_sales order by a") == EXPECTED


@pytest.mark.parametrize("read_only", [False, True])
def test_a_name_with_wildcards_is_that_file_only(read_only: bool, tmp_path: Path) -> None:
    for name, value in (("x[1]*?.csv", 7), ("x1yz.csv", 8), ("x[1]yz.csv", 9)):
        (tmp_path / name).write_text(f"a\n{value}\n")
    target = parse_target(str(tmp_path / "x[1]*?.csv"), read_only=read_only)
    assert rows(target, "select a from x_1") == [{"a": 7}]


def write_parquet(path: Path, value: int) -> None:
    duckdb.sql(f"select {value} as a").write_parquet(str(path))


@pytest.mark.parametrize("name", ["x.parquet", "X.PARQUET", "part-0"])
def test_a_parquet_file_is_a_table_by_name_or_content(name: str, tmp_path: Path) -> None:
    write_parquet(tmp_path / name, 1)
    table = {"part-0": "part_0"}.get(name, name[0])
    assert rows(parse_target(str(tmp_path / name)), f"select a from {table}") == [{"a": 1}]


def test_a_folder_of_parquet_is_a_table(tmp_path: Path) -> None:
    folder = tmp_path / "it's sales"
    (folder / "deeper").mkdir(parents=True)
    write_parquet(folder / "1.parquet", 1)
    write_parquet(folder / "deeper" / "2.parquet", 2)
    found = rows(parse_target(str(folder)), "select a from it_s_sales order by a")
    assert found == [{"a": 1}, {"a": 2}]


def test_datafusion_reads_the_same_files(tmp_path: Path) -> None:
    pytest.importorskip("datafusion")
    path = tmp_path / "sales.csv"
    path.write_text(TEXT_FILES["csv"])
    target = parse_target(f"datafusion://{path}")
    assert target.engine == "datafusion"
    assert rows(target, "select a, b from sales order by a") == EXPECTED
