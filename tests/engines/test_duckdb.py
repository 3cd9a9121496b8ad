"""DuckDB: files as views, extensions without a network, locks, and what a session remembers."""

from __future__ import annotations

import dataclasses
import gzip
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.kits import Kit, opened
from tusk.core.errors import ConnectError, QueryCancelled, QueryError, QueryRefused
from tusk.core.installation import how_to_install
from tusk.core.statement import Statement
from tusk.engines.base import Session, Target, TransactionState
from tusk.engines.duckdb import extensions
from tusk.engines.duckdb.engine import DuckDBEngine
from tusk.engines.duckdb.session import DuckDBSession
from tusk.engines.target import parse_target

Connect = Callable[..., DuckDBSession]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens targets, closed after the test."""
    made: list[Session] = []

    def open_one(target: Target | str = "", **changes: Any) -> DuckDBSession:
        if isinstance(target, str):
            target = parse_target(target, **changes)
        session = DuckDBEngine().connect(target)
        made.append(session)
        return session

    yield open_one
    for session in made:
        session.close()


def run(session: Session, text: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    cursor = session.execute(Statement(text), parameters)
    return [
        row
        for batch in cursor.batches()
        for row in zip(*(c.to_pylist() for c in batch.columns), strict=True)
    ]


def failure(session: Session, text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        run(session, text)
    return caught.value


# ── data files ───────────────────────────────────────────────────────────────────────────────

NAMES = ["plain.csv", "with space.csv", "it's.csv", 'dou"ble.csv', "new\nline.csv", "é漢🦆.csv",
         "br[a]ck*t?.csv", "a;b--c.csv", "{x,y}.csv", "$HOME.csv", "per%20cent.csv", "select.csv",
         "-dash.csv", "#hash.csv"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_any_name_is_a_view(tmp_path: Path, connect: Connect, name: str, read_only: bool):
    path = tmp_path / name
    path.write_text("a,b\n1,x\n")
    session = connect(str(path), read_only=read_only)
    ((view,),) = run(session, "select view_name from duckdb_views() where not internal")
    assert run(session, f'select a, b from "{view}"') == [(1, "x")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b"a,b\n1,x\n2,y\n"),
        ("x.tsv", b"a\tb\n1\tx\n2\ty\n"),
        ("x.json", b'[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]'),
        ("x.jsonl", b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n'),
        ("x.ndjson", b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n'),
        ("x.csv.gz", gzip.compress(b"a,b\n1,x\n2,y\n", mtime=0)),
        ("x.jsonl.gz", gzip.compress(b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', mtime=0)),
    ],
)
def test_every_kind_of_text_file_is_read(
    tmp_path: Path, connect: Connect, name: str, content: bytes
):
    (tmp_path / name).write_bytes(content)
    session = connect(str(tmp_path / name))
    assert run(session, "select a, b from x order by a") == [(1, "x"), (2, "y")]


def test_zstd_and_parquet_files_are_read(tmp_path: Path, connect: Connect):
    table = pa.table({"a": [1, 2]})
    pq.write_table(table, tmp_path / "p.parquet")
    with pa.CompressedOutputStream(tmp_path / "z.csv.zst", "zstd") as out:
        out.write(b"a\n1\n2\n")
    assert run(connect(str(tmp_path / "p.parquet")), "from p") == [(1,), (2,)]
    assert run(connect(str(tmp_path / "z.csv.zst")), "from z") == [(1,), (2,)]


@pytest.mark.parametrize("folder_name", ["parts", "odd [x] *", "it's"])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_folder_of_parquet_files_is_one_view(
    tmp_path: Path, connect: Connect, folder_name: str, read_only: bool
):
    folder = tmp_path / folder_name
    (folder / "year=2024").mkdir(parents=True)
    pq.write_table(pa.table({"a": [1]}), folder / "one.parquet")
    pq.write_table(pa.table({"a": [2], "b": ["x"]}), folder / "year=2024" / "two.parquet")
    session = connect(str(folder), read_only=read_only)
    ((view,),) = run(session, "select view_name from duckdb_views() where not internal")
    assert run(session, f'select a, b from "{view}" order by a') == [(1, None), (2, "x")]


def test_a_file_is_read_when_queried_not_when_opened(tmp_path: Path, connect: Connect):
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    session = connect(str(path))
    assert run(session, "from x") == [(1,)]
    path.write_text("a\n1\n2\n")
    assert run(session, "from x") == [(1,), (2,)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.csv", None, "there is no file"),
        ("broken.parquet", b"PAR1 but not really", "broken.parquet"),
        ("empty.parquet", b"", "empty.parquet"),
        ("broken.json", b"{", "broken.json"),
        ("broken.csv.gz", b"not gzipped", "broken.csv.gz"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_connect_error(
    tmp_path: Path, connect: Connect, name: str, content: bytes | None, said: str
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConnectError) as caught:
        connect(str(tmp_path / name))
    assert said in caught.value.message
    assert "LINE 1" not in caught.value.message


def test_a_folder_without_parquet_files_says_so(tmp_path: Path, connect: Connect):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConnectError, match="no Parquet file"):
        connect(str(tmp_path / "folder"))


@pytest.mark.parametrize(
    "text",
    [
        "copy (select 1 as a) to '{path}' (use_tmp_file false)",
        "copy (select 1 as a) to '{path}'",
        "explain analyze copy (select 1 as a) to '{path}' (use_tmp_file false)",
        "prepare p as copy (select 1 as a) to '{path}' (use_tmp_file false)",
        "export database '{folder}'",
        "from read_csv('{other}')",
        "create table t (a int)",
        "set allowed_paths = ['{other}']",
    ],
)
def test_a_file_opened_for_reading_cannot_be_written(tmp_path: Path, connect: Connect, text: str):
    path, other = tmp_path / "x.csv", tmp_path / "other.csv"
    path.write_text("a\n7\n")
    other.write_text("a\n8\n")
    session = connect(str(path), read_only=True)
    text = text.format(path=path, other=other, folder=tmp_path)
    assert isinstance(failure(session, text), QueryRefused)
    assert path.read_text() == "a\n7\n"
    assert run(session, "from x") == [(7,)]


def test_a_read_only_memory_leaves_nothing_behind(
    tmp_path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    session = connect("", read_only=True)
    assert run(session, "select 1") == [(1,)]
    session.close()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("tusk-")] == []


def test_what_does_not_fit_in_memory_goes_to_a_private_folder(
    tmp_path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch
):
    here, scratch = tmp_path / "here", tmp_path / "scratch"
    here.mkdir()
    scratch.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("TMPDIR", str(scratch))
    session = connect("")
    run(session, "set memory_limit = '60MB'")
    run(session, "set threads = 1")
    query = "select a, b from (select range a, 'text' || range b from range(1500000)) order by b"
    cursor = session.execute(Statement(query))
    next(cursor.batches())
    (folder,) = scratch.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.rglob("*.tmp")) or list(folder.rglob("*.block"))
    cursor.close()
    assert list(here.iterdir()) == []
    session.close()
    assert list(scratch.iterdir()) == []


# ── database files ───────────────────────────────────────────────────────────────────────────


def test_a_missing_database_is_not_made(tmp_path: Path, connect: Connect):
    path = tmp_path / "typo.duckdb"
    with pytest.raises(ConnectError, match="there is no database file"):
        connect(str(path))
    assert not path.exists()
    run(connect(f"duckdb://{path}?create=true"), "create table t (a int)")
    assert path.exists()


def test_a_missing_database_is_not_made_for_reading(tmp_path: Path, connect: Connect):
    with pytest.raises(ConnectError, match="there is no database file"):
        connect(f"duckdb://{tmp_path / 'x.duckdb'}?create=true", read_only=True)


def test_another_kind_of_file_is_no_database(tmp_path: Path, connect: Connect):
    path = tmp_path / "x.duckdb"
    path.write_bytes(b"SQLite format 3\0" + bytes(4096))
    with pytest.raises(ConnectError) as caught:
        connect(str(path))
    assert "x.duckdb" in caught.value.message


def test_the_same_file_opened_for_reading_and_writing_is_explained(
    tmp_path: Path, connect: Connect
):
    path = tmp_path / "x.duckdb"
    connect(f"duckdb://{path}?create=true")
    with pytest.raises(ConnectError) as caught:
        connect(str(path), read_only=True)
    assert "same file is open" in caught.value.hint


# ── what a session remembers ─────────────────────────────────────────────────────────────────


def test_a_session_keeps_its_temporary_tables_settings_and_variables(connect: Connect):
    session = connect("")
    run(session, "create temp table t as select 7 as a")
    run(session, "set variable x = 8")
    run(session, "prepare p as select $1 + 1 as b")
    assert run(session, "select a, getvariable('x') from t") == [(7, 8)]
    assert run(session, "execute p(1)") == [(2,)]


def test_a_sibling_sees_the_same_database_but_not_the_open_transaction(connect: Connect):
    session = connect("")
    run(session, "create table t as select 1 as a")
    sibling = session.sibling()
    session.begin()
    run(session, "insert into t values (2)")
    assert run(sibling, "select count(*) from t") == [(1,)]
    assert sibling.transaction is TransactionState.IDLE
    session.commit()
    assert run(sibling, "select count(*) from t") == [(2,)]
    session.close()
    assert run(sibling, "select count(*) from t") == [(2,)]
    sibling.close()


def test_names_of_python_variables_are_no_tables(connect: Connect):
    table = pa.table({"a": [1]})
    assert "does not exist" in failure(connect(""), "from table_").message
    assert "does not exist" in failure(connect(""), "select * from tusk_table").message
    assert table.num_rows == 1


def test_pivot_shows_its_rows(connect: Connect):
    session = connect("")
    run(session, "create table t as select * from (values (1, 'x', 5), (1, 'y', 6)) v(k, c, v)")
    assert [tuple(map(int, r)) for r in run(session, "pivot t on c using sum(v)")] == [(1, 5, 6)]


@pytest.mark.parametrize(
    ("text", "affected", "has_rows"),
    [
        ("create table u as select 1 as a from range(3)", 3, False),
        ("copy t to '{folder}/x.csv'", 2, False),
        ("merge into t using (select 1 as k) s on t.a = s.k when matched then delete", 1, False),
        ("truncate t", 2, False),
        ('insert into t values (3) returning a as "Count"', None, True),
        ("checkpoint", None, False),
        ("call pragma_version()", None, True),
        ("set threads = 1", None, False),
        ("show tables", None, True),
        ("summarize t", None, True),
        ("describe t", None, True),
        ("pragma table_info('t')", None, True),
        ("explain analyze select 1", None, True),
    ],
)
def test_results_and_counts_are_told_apart(
    tmp_path: Path, connect: Connect, text: str, affected: int | None, has_rows: bool
):
    session = connect("")
    run(session, "create table t as select unnest([1, 2]) as a")
    cursor = session.execute(Statement(text.format(folder=tmp_path)))
    rows = sum(batch.num_rows for batch in cursor.batches())
    assert cursor.affected_rows == affected
    assert (cursor.schema is not None) == has_rows
    assert bool(rows) == has_rows


@pytest.mark.parametrize("value", ["1e40", "1234567890123456789012345678901234567890", "1e-40"])
def test_a_decimal_that_duckdb_would_round_is_refused(connect: Connect, value: str):
    from decimal import Decimal

    with pytest.raises(QueryError, match="38 digits"):
        run(connect(""), "select :p", {"p": Decimal(value)})


@pytest.mark.parametrize("value", ["99999999999999999999999999999999999999", "1e-37", "-0.001"])
def test_a_decimal_of_38_digits_arrives(connect: Connect, value: str):
    from decimal import Decimal

    assert run(connect(""), "select :p", {"p": Decimal(value)}) == [(Decimal(value),)]


def test_an_integer_of_any_size_arrives_or_is_refused(connect: Connect):
    session = connect("")
    for value in (2**63, 2**100, -(2**127)):
        ((got,),) = run(session, "select :p", {"p": value})
        assert int(got) == value
    with pytest.raises(QueryError):
        run(session, "select :p", {"p": 2**200})


# ── errors ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "kind", "at"),
    [
        ("select 1 +", "Parser Error", "+"),
        ("select 'é漢🦆', nope from range(1)", "Binder Error", "nope"),
        ("select 'x'::int", "Conversion Error", "::int"),
        ("select 1, nope(2)", "Catalog Error", "nope"),
        (f"select {'1, ' * 500} nope", "Binder Error", "nope"),
    ],
)
def test_errors_tell_kind_and_place(connect: Connect, text: str, kind: str, at: str):
    error = failure(connect(""), text)
    assert error.message.startswith(kind)
    assert "LINE 1" not in error.message
    assert "^" not in error.message
    assert "{" not in error.message
    assert error.position is not None
    assert text[error.position :].startswith(at) or text[: error.position].endswith(at)
    assert error.sqlstate == ""


# What comes before an error; DuckDB counts bytes up to most of them, but characters up to some.
BEFORE = [
    "1",
    "'é漢😀'",
    "'e\u0301👩‍💻'",
    "'é\n漢\r\n😀'\n",
    "/* é漢😀 */ 1",
    "-- é漢😀\n 1",
    ":p",
    ":p || 'é漢😀' || :long_name || :p",
]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize(
    ("text", "at"),
    [
        pytest.param("select {} as a,, 1", ", 1", id="syntax"),
        pytest.param("select {} as a frm range(1)", "frm", id="syntax of a word"),
        pytest.param("select {} as a, 'abc", "'abc", id="an open quote"),
        pytest.param("select {} from (select 1", "", id="the end"),
        pytest.param("select {} as a,\n nope from range(1)", "nope", id="column"),
        pytest.param("select {} as a, 1 + [2]", "+ [2]", id="types"),
        pytest.param("select {} as a from missing", "missing", id="table"),
        pytest.param("select {} as a, nofunc(1)", "nofunc", id="function"),
        pytest.param('select {} as "é漢😀", nope from range(1)', "nope", id="after a name"),
        pytest.param("select {} as a, 'z'::int as b", "::int", id="a value"),
        pytest.param(
            "select {} as a, interval '1' day, 'z'::int as b", "::int", id="a value, cast as text"
        ),
    ],
)
def test_an_error_is_at_its_word_whatever_comes_before(
    connect: Connect, text: str, at: str, before: str
):
    text = text.format(before)
    values = {name: "ab😀" for name in ("p", "long_name") if f":{name}" in text}
    with pytest.raises(QueryError) as caught:
        run(connect(""), text, values or None)
    assert caught.value.position == (text.rindex(at) if at else len(text))


def test_an_interruption_that_nobody_asked_for_is_not_called_cancelled(connect: Connect):
    session = connect("")
    inner = session._connection
    assert inner is not None
    is_over = threading.Event()

    def interrupt() -> None:
        while not is_over.wait(0.01):
            inner.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    error = failure(session, "select count(*) from range(1000000) a, range(1000000) b where a < b")
    is_over.set()
    thread.join()
    assert not isinstance(error, QueryCancelled)
    assert "gave the statement up" in error.message
    assert run(session, "select 1") == [(1,)]


def test_running_out_of_memory_says_what_to_do(connect: Connect):
    session = connect("")
    run(session, "set memory_limit = '10MB'")
    run(session, "set max_temp_directory_size = '0KB'")
    error = failure(session, "select list(range) from range(10000000)")
    assert "memory" in error.message.lower()
    assert error.hint


def test_an_unfinished_reader_does_not_look_complete(connect: Connect):
    session = connect("")
    cursor = session.execute(Statement("select range from range(1000000)"))
    batches = cursor.batches()
    next(batches)
    run(session, "select 1")
    with pytest.raises(QueryError):
        list(batches)


# ── extensions ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["select st_astext(st_point(1, 2))"], "POINT (1 2)"),
        (["load spatial", "select st_astext(st_point(1, 2))"], "POINT (1 2)"),
        (["install spatial", "load spatial", "select st_astext(st_point(1, 2))"], "POINT (1 2)"),
        (["attach '{folder}/x.db' as x (type sqlite)", "select a from x.t"], 7),
        (["load postgres", "select 1"], 1),
        (["copy (select 5 as a) to '{folder}/x.xlsx'", "select \"A1\" from '{folder}/x.xlsx'"], 5),
    ],
)
def test_packaged_extensions_work_without_a_network(
    tmp_path: Path, connect: Connect, texts: list[str], expected: Any
):
    import sqlite3

    database = sqlite3.connect(tmp_path / "x.db")
    database.executescript("create table t (a integer); insert into t values (7)")
    database.close()
    session = connect("")
    for text in texts:
        rows = run(session, text.format(folder=tmp_path))
    assert rows == [(expected,)]
    # Links only, in tusk's own folder: nothing is copied to ~/.duckdb.
    assert not Path(os.environ["HOME"], ".duckdb").exists()
    links = list(Path(os.environ["TUSK_HOME"]).rglob("*.duckdb_extension"))
    assert links
    assert all(link.is_symlink() for link in links)


def test_a_link_to_a_package_that_went_away_is_made_anew(tmp_path: Path, connect: Connect):
    run(connect(""), "load excel")
    (link,) = Path(os.environ["TUSK_HOME"]).rglob("excel.duckdb_extension")
    link.unlink()
    link.symlink_to(tmp_path / "gone")
    assert run(connect(""), "load excel") == []
    assert link.exists()


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ("select st_point(1, 2)", "geo"),
        ("load spatial", "geo"),
        ("from read_xlsx('x.xlsx')", "excel"),
        ("attach 'x.db' (type sqlite)", "sqlite"),
        ("load postgres", "postgres"),
        ("from 'https://example.invalid/x.csv'", "http"),
    ],
)
def test_a_missing_extension_names_the_extra(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, text: str, extra: str
):
    monkeypatch.setattr(extensions, "packaged_file", lambda name: None)
    error = failure(connect(""), text)
    assert error.hint == how_to_install(extra)


def test_an_extension_that_tusk_does_not_bring_is_an_ordinary_error(connect: Connect):
    error = failure(connect(""), "load nonsense")
    assert "nonsense" in error.message


def test_a_read_only_session_says_how_to_load_an_extension(tmp_path: Path, connect: Connect):
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    session = connect(str(path), read_only=True)
    error = failure(session, "load spatial")
    assert isinstance(error, QueryRefused)
    assert "startup SQL" in error.hint
    target = parse_target(str(path), read_only=True)
    ready = connect(dataclasses.replace(target, startup_sql=["load spatial"]))
    assert run(ready, "select st_astext(st_point(1, 2)) from x") == [("POINT (1 2)",)]


def test_several_statements_in_one_are_refused_and_none_is_run(connect: Connect):
    session = connect("")
    run(session, "create table t (a int)")
    assert "one by one" in failure(session, "insert into t values (1); select 1").message
    assert run(session, "from t") == []


# ── start-up ─────────────────────────────────────────────────────────────────────────────────


def test_the_engine_imports_little(tmp_path: Path):
    program = textwrap.dedent("""
        import sys
        from tusk.core.statement import Statement
        from tusk.engines.registry import load_engine
        from tusk.engines.target import parse_target
        session = load_engine("duckdb").connect(parse_target(""))
        list(session.execute(Statement("select 1")).batches())
        print(*{name.partition(".")[0] for name in sys.modules})
    """)
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    third_party = {"numpy", "pandas", "psycopg", "textual", "rich", "typer", "platformdirs",
                   "datafusion", "asyncio", "sqlite3", "pytz", "polars"}  # fmt: skip
    assert {"duckdb", "pyarrow"} <= set(loaded)
    assert third_party.isdisjoint(loaded)


def test_the_version_is_the_one_of_the_extensions():
    assert duckdb.__version__ == "1.5.5"


def test_kits_close_what_they_open(tmp_path: Path):
    from tests.engines.kits import duckdb_kit

    with opened(duckdb_kit(str(tmp_path / "x.duckdb"))) as kit:
        session = kit.connect()
        assert isinstance(kit, Kit)
    assert session.transaction is TransactionState.LOST


# ── search path ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("read_only", [False, True])
def test_each_session_begins_with_the_search_path(
    tmp_path: Path, connect: Connect, read_only: bool
):
    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute('create schema "a, ""b"; create table "a, ""b".t as select 7 as n')
        db.execute("create table t as select 8 as n")
    target = Target(
        "duckdb", "x", {"path": str(path)}, read_only=read_only, search_path=('a, "b', "main")
    )
    session = connect(target)
    assert run(session, "select n from t") == [(7,)]
    assert session.test().details == {"search path": '"a, ""b", main'}
    sibling = session.sibling()
    assert run(sibling, "select n from t") == [(7,)]
    sibling.close()
    session.close()
    session.reopen()
    assert run(session, "select n from t") == [(7,)]


def test_the_search_path_may_name_what_the_startup_sql_makes(connect: Connect):
    startup = ("attach ':memory:' as other", "create table other.t as select 7 as n")
    target = Target("duckdb", "x", {"path": ""}, startup_sql=startup, search_path=("other",))
    assert run(connect(target), "select n from t") == [(7,)]
    with pytest.raises(
        ConnectError, match=r'search path of x cannot be set: .*"nowhere"'
    ) as caught:
        connect(dataclasses.replace(target, search_path=("other", "nowhere")))
    assert caught.value.hint == "change the connection's search path (other, nowhere)"
