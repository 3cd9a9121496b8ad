"""`tusk explain`: formats, consent, exit codes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.commands import InTerminal, tusk
from tusk.services.history import History

SQL = "select g, count(*) from (select range % 7 as g from range(10000)) group by g"


def test_each_format_goes_to_stdout() -> None:
    tree = tusk("explain", SQL, "--analyze")
    assert tree.code == 0, tree.err
    assert "Rows est." in tree.out
    assert "▶" in tree.out
    text = tusk("explain", SQL, "-F", "text")
    assert "->  " in text.out
    document = json.loads(tusk("explain", SQL, "-F", "json").out)
    assert document[0]["name"]
    parameters = tusk("explain", "from range(9) where range = :n", "-p", "n:int=4")
    assert parameters.code == 0, parameters.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["selec"], 1, "LINE 1: selec"),
        (["select 1; select 2"], 2, "takes one statement, and these are 2"),
        (["--", "-- nothing"], 2, "takes one statement, and there is none"),
        (["select 1", "--timeout", "0"], 2, "--timeout"),
        (["create table x as select 1", "--analyze"], 2, "--yes agrees"),
        (["commit"], 2, "COMMIT has no plan"),
        (["select 1", "-c", "postgresql://127.0.0.1:1/x"], 3, "127.0.0.1"),
    ],
    ids=["error", "two", "none", "timeout", "consent", "planless", "unreachable"],
)
def test_errors_have_the_exit_codes_of_query(arguments: list[str], code: int, said: str) -> None:
    done = tusk("explain", *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_change_is_executed_after_consent_and_undone(tmp_path: Path) -> None:
    file = tmp_path / "t.duckdb"
    tusk("query", "-c", f"duckdb://{file}?create=true", "create table t as select 1 as a")
    change = ["explain", "-c", str(file), "delete from t", "--analyze"]
    done = tusk(*change, "--yes")
    assert done.code == 0, done.err
    assert "DELETE" in done.out
    with InTerminal(*change) as terminal:
        terminal.wait_for("Execute it?")
        terminal.type("n\n")
        refused = terminal.finish()
    assert refused.code != 0
    assert "rolled back" in refused.out
    assert "Rows est." not in refused.out
    assert tusk("query", "-c", str(file), "select count(*) from t").out.split()[-1] == "1"


def test_only_what_is_executed_goes_into_the_history(tmp_path: Path) -> None:
    file = tmp_path / "t.sqlite"
    sqlite3.connect(file).close()
    tusk("explain", "-c", str(file), "select 1")
    tusk("explain", "select 1")
    tusk("explain", "select 2", "-a", "--no-history")
    tusk("explain", "select 3", "-a")
    history = History()
    texts = [entry.text for entry in history.find()]
    history.close()
    assert len(texts) == 1
    assert texts[0].endswith("select 3")


def test_a_notice_and_a_note_go_to_stderr(tmp_path: Path) -> None:
    file = tmp_path / "t.sqlite"
    sqlite3.connect(file).close()
    done = tusk("explain", "-c", str(file), "create table t (a)")
    assert done.code == 0
    assert "no plan for this statement" in done.err
