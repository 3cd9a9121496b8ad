"""`tusk query` on DuckDB and files: input, output, formats, options, errors."""

from __future__ import annotations

import gzip
import json
import os
import resource
import signal
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.commands import TUSK, Done, finish, on_terminal, start, tusk


def query(*arguments: str | Path, stdin: str | bytes = b"", **env: str) -> Done:
    return tusk("query", *arguments, stdin=stdin, env=env)


def rows(done: Done) -> str:
    assert done.code == 0, done.err
    return done.out


# ── what runs ────────────────────────────────────────────────────────────────────────────────


def test_rows_go_to_stdout_and_what_is_said_to_stderr() -> None:
    done = query("select 1 as a, 'x,y' as b")
    assert done.out == 'a,b\n1,"x,y"\n'
    assert done.err.startswith("(1 row, ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["-"], ["-f", "-"]])
def test_sql_comes_from_standard_input(words: list[str]) -> None:
    assert rows(query(*words, stdin="\ufeffselect 'ü' as a\n")) == "a\nü\n"


def test_scripts_run_in_order_in_one_session(tmp_path: Path) -> None:
    one, two = tmp_path / "one.sql", tmp_path / "two.sql"
    one.write_text("create table t (a int); -- first\n")
    two.write_text("insert into t values (7);\nselect * from t")
    assert rows(query("-f", one, "-f", two)) == "a\n7\n"
    assert rows(query("-f", one, "-f", "-", stdin="select count(*) as n from t")) == "n\n0\n"


def test_sql_may_begin_with_a_comment() -> None:
    assert rows(query("-- a comment\nselect 1 as a")) == "a\n1\n"


@pytest.mark.parametrize(
    ("words", "stdin", "message"),
    [
        (["select 1", "-f", "x.sql"], b"", "not both"),
        (["-f", "-", "-f", "-"], b"", "only once"),
        ([], b"select 1;\nselect '\xff'", "standard input, line 2: not UTF-8"),
        (["select 1", "--timeout", "0"], b"", "more than 0"),
        (["select 1", "-F", "xml"], b"", "unknown format 'xml'"),
        (["select 1", "-o", "result.xyz"], b"", "'.xyz'"),
        (["select 1", "-c", "no-such-thing"], b"", "no-such-thing"),
        (["select 1", "-p", "nonsense"], b"", "not NAME=VALUE"),
        (["select :a", "-p", "a=1", "-p", "a=2"], b"", "given twice"),
        (["select :a, :b", "-p", "a=1"], b"", "no value for :b"),
    ],
)
def test_what_makes_no_sense_ends_with_2(words: list[str], stdin: bytes, message: str) -> None:
    done = query(*words, stdin=stdin)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_script_that_is_not_there_is_said() -> None:
    done = query("-f", "no/such.sql")
    assert (done.code, done.out) == (2, "")
    assert "cannot read no/such.sql: no such file" in done.err


def test_without_sql_on_a_terminal_it_says_what_to_do() -> None:
    done = on_terminal("query")
    assert done.code == 2
    assert "nothing to run" in done.out


def test_an_empty_script_is_no_failure() -> None:
    done = query(stdin="-- nothing\n;;\n")
    assert (done.code, done.out) == (0, "")
    assert "no statement" in done.err


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text("id,name\n1,ann\n2,bo\n")
    return path


def test_a_file_is_a_connection(sales: Path) -> None:
    assert rows(query("select name from sales order by 1", "-c", sales)) == "name\nann\nbo\n"
    packed = sales.with_name("packed.csv.gz")
    packed.write_bytes(gzip.compress(sales.read_bytes()))
    assert rows(query("select count(*) as n from packed", "-c", packed)) == "n\n2\n"


def test_the_default_connection_is_a_setting(sales: Path) -> None:
    done = query("select count(*) as n from sales", TUSK_QUERY_DEFAULT_CONNECTION=str(sales))
    assert rows(done) == "n\n2\n"


def test_a_stored_connection_is_found_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    assert (
        tusk("query", "create table t as select 5 as a", "-c", f"duckdb://{path}?create=true").code
        == 0
    )
    assert tusk("connections", "add", "my shop", path, "--read-only").code == 0
    assert rows(query("from t", "-c", "my shop")) == "a\n5\n"
    assert query("drop table t", "-c", "my shop").code == 5


# ── parameters and limits ────────────────────────────────────────────────────────────────────


def test_parameters_are_bound_with_their_types() -> None:
    done = query(
        "select :t as t, :n + 1 as n, :d::date + 1 as d, :x is null as x, :z as z",
        *("-p", "t:text='; drop table t; --", "-p", "n:int=41", "-p", "d:date=2024-02-28"),
        *("-p", "x:null=", "-p", "z:decimal=1.10"),
    )
    assert rows(done) == "t,n,d,x,z\n'; drop table t; --,42,2024-02-29,true,1.10\n"


def test_a_parameter_that_nothing_uses_is_said() -> None:
    done = query("select 1 as a", "-p", "b=1")
    assert rows(done) == "a\n1\n"
    assert "no statement uses :b" in done.err


def test_a_limit_stops_and_says_that_there_is_more() -> None:
    done = query("select * from range(1000) t(i)", "--limit", "2")
    assert rows(done) == "i\n0\n1\n"
    assert "(the first 2 rows, there are more, " in done.err
    assert "there are more" not in query("select * from range(2) t(i)", "--limit", "2").err
    assert rows(query("select * from range(2) t(i)", "--limit", "0")) == "i\n"


LONG = "select count(*) from range(100000000000) a, range(1000) b where hash(a.range) = 1"


def test_a_time_limit_ends_with_4() -> None:
    done = query(LONG, "--timeout", "0.3")
    assert (done.code, done.out) == (4, "")
    assert "0.3" in done.err


def test_the_time_limit_may_be_a_setting() -> None:
    assert query(LONG, TUSK_QUERY_TIMEOUT_S="0.3").code == 4


def test_read_only_is_enforced_by_the_engine_and_ends_with_5(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    assert query("create table t (a int)", "-c", f"duckdb://{path}?create=true").code == 0
    done = query("insert into t values (1)", "-c", path, "--read-only")
    assert done.code == 5
    assert rows(query("select count(*) as n from t", "-c", path, "--read-only")) == "n\n0\n"


# ── several statements ───────────────────────────────────────────────────────────────────────

SCRIPT = "select 1 as a; create table t (b int); select 2 as b; insert into t values (1)"


def test_each_result_is_written_in_order() -> None:
    out = rows(query(SCRIPT, "-F", "markdown"))
    assert out == "| a |\n| ---: |\n| 1 |\n\n| b |\n| ---: |\n| 2 |\n"


def test_a_format_that_holds_one_takes_the_last_and_says_so(tmp_path: Path) -> None:
    done = query(SCRIPT)
    assert rows(done) == "b\n2\n"
    assert "csv holds one result: the last of 2 was written" in done.err
    done = query(SCRIPT, "-o", tmp_path / "x.parquet")
    assert pq.read_table(tmp_path / "x.parquet").to_pydict() == {"b": [2]}
    assert "parquet holds one result" in done.err


def test_after_an_error_it_stops_or_goes_on() -> None:
    script = "select 1 as a; select * from nowhere; select 3 as a"
    stopped = query(script, "-F", "vertical")
    assert stopped.code == 1
    assert "a | 1" in stopped.out
    assert "3" not in stopped.out
    going = query(script, "-F", "vertical", "--on-error", "continue")
    assert going.code == 1
    assert "a | 1" in going.out
    assert "a | 3" in going.out
    for done in (stopped, going):
        assert done.err.count("nowhere does not exist") == 1
        assert "LINE 1: select 1 as a; select * from nowhere; select 3 as a\n" in done.err


def test_the_first_error_decides_the_exit_code() -> None:
    script = f"{LONG}; select * from nowhere"
    assert query(script, "--timeout", "0.3", "--on-error", "continue").code == 4


def test_a_transaction_left_open_is_rolled_back_and_said(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    done = query("begin; create table t (a int)", "-c", f"duckdb://{path}?create=true")
    assert done.code == 0
    assert "still open is rolled back" in done.err
    assert query("from t", "-c", path).code == 1


@pytest.mark.parametrize(
    ("words", "code"), [(["select * from nowhere"], 1), ([LONG, "--timeout", "0.3"], 4)]
)
def test_a_script_that_fails_says_that_its_open_transaction_is_rolled_back(
    words: list[str], code: int, tmp_path: Path
) -> None:
    path = tmp_path / "x.duckdb"
    sql, *options = words
    script = f"begin; create table t (a int); {sql}; commit"
    done = query(script, "-c", f"duckdb://{path}?create=true", *options)
    assert done.code == code
    assert done.err.count("still open is rolled back") == 1
    assert query("from t", "-c", path).code == 1


def test_a_script_that_fails_outside_a_transaction_says_nothing_of_one() -> None:
    done = query("begin; create table t (a int); commit; select * from nowhere")
    assert done.code == 1
    assert "rolled back" not in done.err


# ── output ───────────────────────────────────────────────────────────────────────────────────


def test_header_null_and_silence() -> None:
    assert rows(query("select 1 as a, null as b", "--no-header")) == "1,\n"
    assert rows(query("select 1 as a, null as b", "--null", "-")) == "a,b\n1,-\n"
    done = query("select 1 as a; select 2 as a", "-q")
    assert (done.out, done.err) == ("a\n2\n", "")
    done = query("select * from nowhere", "-q")
    assert "nowhere" in done.err


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        (["select 1 as a", "-p", "b=1"], "no statement uses :b"),
        (["begin; select 1 as a"], "still open is rolled back"),
        (["-- nothing"], "there is no statement to run"),
        # From a layer below, which only logs it.
        (["select 1 as a", "-c", "duckdb://"], "no engine 'oracle'"),
    ],
)
def test_quiet_drops_every_warning(words: list[str], warning: str) -> None:
    home = Path(os.environ["TUSK_HOME"])
    home.mkdir(mode=0o700)
    (home / "connections.toml").write_text("[shop]\nengine = 'oracle'\n")
    told, quiet = query(*words), query(*words, "-q")
    assert warning in told.err
    assert (quiet.code, quiet.out, quiet.err) == (told.code, told.out, "")


def test_settings_choose_the_format_and_the_text_for_null() -> None:
    done = query("select 1 as a", TUSK_OUTPUT_FORMAT="jsonl")
    assert json.loads(rows(done)) == {"a": 1}
    done = query("select null as a", "-F", "vertical", TUSK_OUTPUT_NULL="∅")
    assert "∅" in rows(done)
    assert rows(query("select null as a", TUSK_OUTPUT_NULL="∅")) == "a\n\n"


def test_the_suffix_chooses_the_format(tmp_path: Path) -> None:
    for name in ("x.csv", "x.tsv", "x.json", "x.jsonl", "x.md", "x.sql", "x.parquet", "x.arrow"):
        done = query("select 42 as answer", "-o", tmp_path / name)
        assert (done.code, done.out) == (0, "")
        assert f"wrote {tmp_path / name}: 1 row, " in done.err
    assert (tmp_path / "x.csv").read_text() == "answer\n42\n"
    assert json.loads((tmp_path / "x.json").read_text()) == [{"answer": 42}]
    assert pa.ipc.open_file(str(tmp_path / "x.arrow")).read_all().to_pydict() == {"answer": [42]}
    assert query("select 1 as a", "-o", tmp_path / "x.csv.gz").code == 0
    assert gzip.decompress((tmp_path / "x.csv.gz").read_bytes()) == b"a\n1\n"


def test_a_dash_is_stdout_and_a_named_format_goes_before_the_suffix(tmp_path: Path) -> None:
    assert rows(query("select 1 as a", "-o", "-")) == "a\n1\n"
    assert query("select 1 as a", "-o", tmp_path / "x.json", "-F", "csv").code == 0
    assert (tmp_path / "x.json").read_text() == "a\n1\n"


def test_an_export_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "x.csv"
    path.write_text("old")
    script = "select i, case when i > 50000 then error('boom') end as e from range(100000) t(i)"
    done = query(script, "-o", path)
    assert done.code == 1
    assert "boom" in done.err
    assert path.read_text() == "old"
    assert list(folder.iterdir()) == [path]


def test_without_a_result_no_file_is_made(tmp_path: Path) -> None:
    done = query("create table t (a int)", "-o", tmp_path / "x.csv")
    assert done.code == 0
    assert "was not written" in done.err
    assert not (tmp_path / "x.csv").exists()


def test_a_size_limit_is_told_in_words_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    process = start(
        "query", "select * from range(1000000)", "-o", folder / "x.csv", preexec_fn=limit
    )
    done = finish(process)
    assert done.code == 1
    assert "HINT: see `ulimit -f`" in done.err
    assert "LINE" not in done.err
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = query("select 1", "-o", tmp_path / "no" / "x.csv")
    assert done.code == 1
    assert "folder does not exist" in done.err


@pytest.mark.parametrize("format_name", ["csv", "table", "jsonl", "vertical"])
def test_a_closed_pipe_ends_quietly(format_name: str) -> None:
    command = f"{TUSK} query 'select * from range(3000000)' -F {format_name} | head -n 2"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 2


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
def test_a_time_limit_is_a_number_of_seconds(seconds: str) -> None:
    done = query("select 1", "--timeout", seconds)
    assert (done.code, done.out) == (2, "")
    assert "--timeout must be a number of seconds, and more than 0" in done.err


def test_what_psql_knows_and_a_missing_value_have_hints_in_every_format() -> None:
    for format_name in ("csv", "table"):
        done = query("\\dt", "-F", format_name)
        assert (done.code, "HINT: \\dt is psql's: `tusk schema NAME`" in done.err) == (1, True)
        done = query("select :a", "-F", format_name)
        assert "HINT: :a has no value; `tusk query` takes one with -p a=VALUE" in done.err


def test_results_that_were_announced_and_are_not_written_are_told_of(tmp_path: Path) -> None:
    done = query("select 1 as a; select nope", "-F", "csv")
    assert (done.code, done.out) == (1, "")
    assert "(1 row, " in done.err
    assert "tusk: nothing was written: csv holds one result, the last" in done.err
    done = query("select 1 as a; select nope", "-o", tmp_path / "x.csv")
    assert f"tusk: {tmp_path}/x.csv was not written" in done.err
    for words in (["-F", "table"], ["--on-error", "continue"]):
        done = query("select 1 as a; select nope", *words)
        assert "1" in done.out
        assert "not" not in done.err.replace("was not found", "")
    assert "written" not in query("select nope", "-F", "csv").err


def test_copy_does_not_read_where_the_sql_came_from() -> None:
    table = "create table t (a int);\n"
    done = query(stdin=f"{table}copy t from stdin;\n1\n2\n")
    assert (done.code, done.out) == (2, "")
    assert "the SQL itself came from standard input" in done.err
    assert "FROM 'data.csv'" in done.err
    done = query(f"{table}copy t from stdin; select sum(a) as s from t", stdin="1\n2\n")
    assert rows(done) == "s\n3\n"


@pytest.mark.parametrize("name", ["latin.csv", "it's.csv", "a[1]$x.csv"])
def test_a_file_that_is_not_utf8_is_told_with_the_command_that_reads_it(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes("name,n\ncafé,1\n".encode("latin-1"))
    done = tusk("query", "select 1", "-c", name, cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    message, hint, end = done.err.split("\n")
    assert (message, end) == (f"tusk: {tmp_path}/{name}, line 2: not UTF-8", "")
    command = hint.removeprefix("HINT: say its encoding: tusk ")
    advised = subprocess.run(
        ["sh", "-c", f"{TUSK} {command}"], capture_output=True, text=True, cwd=tmp_path
    )
    assert (advised.returncode, advised.stdout) == (0, "name,n\ncafé,1\n")


def test_a_statement_over_a_file_that_is_not_utf8_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("name,n\ncafé,1\n".encode("latin-1"))
    done = tusk("query", "from 'latin.csv'", cwd=tmp_path)
    assert done.code == 1
    assert done.err == (
        "tusk: latin.csv, line 2: not UTF-8\n"
        "LINE 1: from 'latin.csv'\n"
        "HINT: say its encoding, as in: from read_csv('latin.csv', encoding = 'latin-1')\n"
    )


@pytest.mark.parametrize(("scheme", "name"), [("duckdb", "a b.duckdb"), ("sqlite", "it's.db3")])
def test_a_missing_database_is_told_with_the_url_that_makes_it(
    scheme: str, name: str, tmp_path: Path
) -> None:
    done = tusk("query", "select 1 as a", "-c", name, cwd=tmp_path)
    assert done.code == 3
    url = done.err.split("to make a new database: ")[1].strip()
    made = subprocess.run(
        ["sh", "-c", f'{TUSK} query "create table t (a int)" -c {url}'], capture_output=True
    )
    assert made.returncode == 0
    assert (tmp_path / name).exists()
    assert scheme in url


@pytest.mark.parametrize("scheme", ["duckdb", "sqlite"])
def test_a_url_of_the_root_for_a_file_that_is_here_is_explained(
    scheme: str, tmp_path: Path
) -> None:
    (tmp_path / "only-here.bin").touch()
    done = tusk("query", "select 1", "-c", f"{scheme}:///only-here.bin", cwd=tmp_path)
    assert done.code == 3
    assert (
        "HINT: " + f"{scheme}:///only-here.bin begins at the root; here is only-here.bin"
        in done.err
    )


def test_a_full_device_is_an_error() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [TUSK, "query", "select * from range(100000)"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 1
    assert b"disk is full" in done.stderr or b"No space left" in done.stderr


def test_rows_come_out_while_the_query_runs() -> None:
    process = start("query", f"select 1 as a; {LONG}", "-F", "markdown")
    try:
        assert process.stdout is not None
        assert b"a" in process.stdout.readline()
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


# ── errors ───────────────────────────────────────────────────────────────────────────────────


def test_an_error_shows_file_line_and_a_caret_under_the_place(tmp_path: Path) -> None:
    script = tmp_path / "report.sql"
    script.write_text("select 1;\n\n-- 日本\nselect '日本',\n       nmae from range(3) t(name);\n")
    done = query("-f", script)
    assert done.code == 1
    lines = done.err.splitlines()
    at = lines.index(f"file: {script}, line 5")
    assert lines[at + 1] == "LINE 5:        nmae from range(3) t(name);"
    assert lines[at + 2].index("^") == lines[at + 1].index("nmae")


def test_the_caret_counts_wide_characters_twice() -> None:
    lines = query("select '日本語' as \"表\", nope from range(3) t(x)").err.splitlines()
    shown = next(line for line in lines if line.startswith("LINE 1: "))
    caret = lines[lines.index(shown) + 1]
    assert caret.index("^") == shown.index("nope") + len("日本語表")


def test_a_long_line_is_cut_around_the_place() -> None:
    padding = ", ".join(f"{n} as c{n}" for n in range(2000))
    lines = query(f"select {padding}, nope, {padding}").err.splitlines()
    shown = next(line for line in lines if line.startswith("LINE 1: "))
    caret = lines[lines.index(shown) + 1]
    assert len(shown) <= 80
    assert shown[len(caret) - 1 :].startswith("nope")
    assert shown.startswith("LINE 1: …")
    assert shown.endswith("…")


def test_errors_are_said_once_and_stdout_stays_empty() -> None:
    done = query("selec 1")
    assert done.out == ""
    assert done.err.count("selec") == 2  # in the message, and the line
    assert "Traceback" not in done.err


def test_a_database_file_that_is_not_there_is_never_made(tmp_path: Path) -> None:
    done = query("select 1", "-c", tmp_path / "typo.duckdb")
    assert done.code == 3
    assert "create=true" in done.err
    assert not (tmp_path / "typo.duckdb").exists()


def test_a_corrupt_settings_file_is_set_aside_and_the_query_runs(tmp_path: Path) -> None:
    home = tmp_path / "corrupt"
    home.mkdir()
    (home / "config.toml").write_text("[query")
    (home / "connections.toml").write_text("\0\0")
    done = query("select 1 as a", TUSK_HOME=str(home))
    assert rows(done) == "a\n1\n"
    assert done.err.count("config.toml.corrupt-") == 1
    assert {p.name.partition("-")[0] for p in home.iterdir()} >= {"config.toml.corrupt"}


def test_demo_without_a_terminal_prints_the_first_query_as_a_table() -> None:
    done = tusk("demo")
    assert done.code == 0
    assert "Håkonsvik → Port Mara" in done.out
    assert "│" in done.out
    assert "(18 rows, " in done.err


@pytest.mark.parametrize(
    ("target", "sql"),
    [
        ("duckdb://", LONG),
        (
            "sqlite://",
            "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
        ),
        (
            "datafusion://",
            "with s as (select value as x from generate_series(1, 10000000))"  # noqa: ISC004
            " select count(*) from s a, s b where (a.x * b.x) % 7 = 3",
        ),
    ],
)
def test_an_interrupt_ends_embedded_engines_with_130(target: str, sql: str) -> None:
    process = start("query", f"select 1 as a; {sql}", "-c", target, "-F", "markdown")
    try:
        assert process.stdout is not None
        while b"1" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        done = finish(process)
    finally:
        process.kill()
    assert done.code == 130
    assert "Traceback" not in done.err
