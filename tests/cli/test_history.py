"""`tusk history`, and what `tusk query` and `tusk export` leave in it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.commands import InTerminal, finish, on_terminal, start, tusk
from tests.support.hostile import HOSTILE, unsafe_characters
from tests.support.waiting import wait_until
from tusk.config.paths import Paths


def history(*words: str) -> list[dict[str, Any]]:
    done = tusk("history", *(words or ("list",)), "-F", "json")
    assert done.code == 0, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


def test_what_is_run_is_listed_newest_first(tmp_path: Path) -> None:
    tusk("query", "select 1 as a; select 2 as b")
    tusk("query", "selec")
    tusk("query", "from range(5)", "-o", tmp_path / "a.parquet")
    tusk("query", "from range(9)", "--limit", "3")
    rows = history()
    assert [(row["statement"], row["status"], row["rows"]) for row in rows] == [
        ("from range(9)", "ok", 3),
        ("from range(5)", "ok", 5),
        ("selec", "failed", None),
        ("select 2 as b", "ok", 1),
        ("select 1 as a", "ok", 1),
    ]
    assert [row["id"] for row in rows] == [5, 4, 3, 2, 1]
    assert all(row["connection"] == "memory" and row["seconds"] > 0 for row in rows)


def test_the_file_is_private() -> None:
    tusk("query", "select 1")
    path = Paths.find().history_file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "words", [["--no-history"], ["TUSK_HISTORY_ENABLED=false"], ["setting"], ["connection"]]
)
def test_nothing_is_kept_when_that_is_not_wanted(words: list[str], tmp_path: Path) -> None:
    env: dict[str, str] = {}
    arguments: list[str] = []
    match words[0]:
        case "--no-history":
            arguments = words
        case "setting":
            tusk("config", "set", "history.enabled", "false")
        case "connection":
            tusk("connections", "add", "private", "duckdb://")
            tusk("connections", "edit", "private", "--no-history")
            arguments = ["-c", "private"]
        case assignment:
            env = dict([assignment.split("=")])
    assert tusk("query", "select 1", *arguments, env=env).code == 0
    assert history() == []


def test_secrets_are_in_no_file_of_tusk() -> None:
    tusk("query", "create secret s (type s3, key_id 'a', secret 'hunter2')")
    tusk("query", "create role x password 'hunter2'")
    tusk("query", "select :a as a", "-p", "a=hunter2")
    home = Path(os.environ["TUSK_HOME"])
    assert not [p for p in home.rglob("*") if p.is_file() and b"hunter2" in p.read_bytes()]
    done = tusk("history", "run", "1")
    assert done.code == 2
    assert "masked" in done.err


def test_search_finds_parts_of_words_and_says_when_there_is_nothing() -> None:
    tusk("query", "select 'alpha beta' as words")
    tusk("query", "select 'gamma' as words")
    assert [row["id"] for row in history("search", "alp", "words")] == [1]
    assert [row["id"] for row in history("search", '"a beta"')] == [1]
    assert [row["id"] for row in history("search", "words", "--limit", "1")] == [2]
    done = tusk("history", "search", "delta")
    assert (done.code, done.err) == (1, "tusk: nothing in the history matches\n")


def test_filters_narrow_the_list(tmp_path: Path) -> None:
    tusk("query", "selec")
    path = tmp_path / "other.duckdb"
    tusk("query", "select 1", "-c", f"duckdb://{path}?create=true")
    tusk("query", "select 1")
    assert [row["id"] for row in history("list", "--status", "failed")] == [1]
    assert [row["id"] for row in history("list", "-c", "memory")] == [3, 1]
    assert [row["id"] for row in history("list", "-c", str(path))] == [2]
    assert [row["id"] for row in history("list", "--since", "1h")] == [3, 2, 1]
    assert history("list", "--until", "1h") == []
    assert tusk("history", "list", "--since", "yesterday").code == 2
    assert tusk("history", "list", "--status", "late").code == 2
    tusk("query", "select 1")
    assert [row["id"] for row in history("list", "--unique")] == [4, 2, 1]
    done = tusk("history", "list", "-n", "2")
    assert "there are more" in done.err


def test_show_prints_all_that_is_known_or_just_the_statement() -> None:
    tusk("query", "select\n  1 as a\n, x")
    done = tusk("history", "show", "1", "-F", "json")
    [row] = json.loads(done.out)
    assert row["statement"] == "select\n  1 as a\n, x"
    assert "x" in row["error"]
    assert (row["status"], row["engine"], row["masked"]) == ("failed", "duckdb", False)
    assert tusk("history", "show", "1", "--sql").out == "select\n  1 as a\n, x\n"
    missing = tusk("history", "show", "99")
    assert missing.code == 2
    assert "no statement 99" in missing.err
    assert tusk("history", "show", "99999999999999999999").code == 2


def test_a_statement_runs_again_where_it_ran(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    tusk("query", "create table t as select 42 as a", "-c", f"duckdb://{folder}/a.db?create=true")
    tusk("query", "select a from t", "-c", "a.db", cwd=folder)
    done = tusk("history", "run", "2", cwd=tmp_path)
    assert (done.code, done.out) == (0, "a\n42\n")
    assert history()[0]["statement"] == "select a from t"
    assert tusk("history", "run", "2", "--no-history", "-F", "json").out == '[\n{"a":42}\n]\n'
    assert len(history()) == 3


def test_parameters_must_be_given_again_unless_they_are_kept() -> None:
    tusk("query", "select :a as a", "-p", "a:int=1")
    missing = tusk("history", "run", "1")
    assert missing.code == 2
    assert ":a was not kept" in missing.err
    assert tusk("history", "run", "1", "-p", "a=7").out == "a\n7\n"
    tusk("config", "set", "history.keep_parameters", "true")
    tusk("query", "select :a as a", "-p", "a:int=1")
    assert tusk("history", "run", str(history()[0]["id"])).out == "a\n1\n"


def test_statements_are_pinned_and_forgotten() -> None:
    for number in range(4):
        tusk("query", f"select {number}")
    assert tusk("history", "pin", "1", "2").err == "pinned 2 statements\n"
    assert [row["id"] for row in history("list", "--pinned")] == [2, 1]
    assert tusk("history", "pin", "1", "--remove").err == "unpinned 1 statement\n"
    assert tusk("history", "pin", "99").code == 2
    assert tusk("history", "clear").code == 2
    assert tusk("history", "clear", "1", "--all").code == 2
    assert tusk("history", "clear", "4").err == "forgot 1 statement\n"
    assert tusk("history", "clear", "--older-than", "1h").err == "forgot 0 statements\n"
    assert tusk("history", "clear", "-c", "memory").err == "forgot 2 statements\n"
    assert [row["id"] for row in history()] == [2]
    assert tusk("history", "clear", "--all", "--pinned").err == "forgot 1 statement\n"
    assert history() == []


def test_on_a_terminal_it_asks_before_it_forgets() -> None:
    tusk("query", "select 1")
    with InTerminal("history", "clear", "--all") as terminal:
        terminal.wait_for("Forget 1 statement?")
        terminal.type("n\n")
        assert terminal.finish().code == 130
    assert len(history()) == 1
    with InTerminal("history", "clear", "--all") as terminal:
        terminal.wait_for("Forget 1 statement?")
        terminal.type("y\n")
        assert terminal.finish().code == 0
    assert history() == []


@pytest.mark.parametrize("name", ["esc-title", "bidi-override", "newlines", "combining-many"])
def test_hostile_statements_reach_no_terminal(name: str) -> None:
    text = HOSTILE[name].replace("'", "")
    tusk("query", f"select '{text}' as a")
    for words in (["list"], ["show", "1"], ["show", "1", "--sql"], ["search", "select"]):
        done = on_terminal("history", *words)
        assert done.code == 0
        assert unsafe_characters(done.out) == []


def test_a_reader_that_has_seen_enough_is_recorded() -> None:
    process = start("query", "from range(100000000)")
    with process:
        assert process.stdout is not None
        process.stdout.read(10)
    [row] = history()
    assert (row["statement"], row["status"]) == ("from range(100000000)", "cancelled")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_statement_is_recorded(number: int) -> None:
    long = "select count(*) from range(100000000000) a, range(1000) b where hash(a.range) = 1"
    process = start("query", f"select 1 as a; {long}")
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"(1 row")
        worked = psutil.Process(process.pid).cpu_times().user
        wait_until(
            lambda: psutil.Process(process.pid).cpu_times().user > worked + 0.3, "it computes"
        )
        process.send_signal(number)
        finish(process)
    finally:
        process.kill()
    newest, first = history()
    assert (newest["statement"], newest["status"]) == (long, "cancelled")
    assert first["status"] == "ok"


def test_a_history_that_cannot_be_written_is_a_warning_and_nothing_else() -> None:
    path = Paths.find().history_file
    path.mkdir(parents=True)
    done = tusk("query", "select 1 as a")
    assert (done.code, done.out) == (0, "a\n1\n")
    assert "warning" in done.err
    assert "not recorded" in done.err
    assert tusk("history", "list").code == 1


def test_a_locked_history_stops_no_statement() -> None:
    tusk("query", "select 1")
    lock = sqlite3.connect(Paths.find().history_file, isolation_level=None)
    lock.execute("begin immediate")
    done = tusk("query", "select 2 as a")
    lock.execute("rollback")
    lock.close()
    assert (done.code, done.out) == (0, "a\n2\n")
    assert "does not answer" in done.err


def test_a_damaged_history_is_set_aside() -> None:
    path = Paths.find().history_file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    done = tusk("query", "select 1 as a")
    assert (done.code, done.out) == (0, "a\n1\n")
    assert "damaged" in done.err
    assert len(history()) == 1


def test_many_commands_at_once_are_all_recorded() -> None:
    running = [start("query", f"select {number} as a") for number in range(6)]
    for process in running:
        assert finish(process).err.startswith("(1 row")
    assert sorted(row["statement"] for row in history()) == [f"select {n} as a" for n in range(6)]
