"""`tusk saved`: queries kept under a name."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import InTerminal, on_terminal, tusk
from tests.support.hostile import HOSTILE, unsafe_characters
from tusk.config.paths import Paths

DAILY = "select :day as day, :n + 1 as n"
TEXT = """\
-- /// tusk
-- description = "One day"
-- tags = ["sales", "daily"]
--
-- [parameters.day]
-- type = "date"
-- default = "2026-01-31"
--
-- [parameters.n]
-- type = "int"
-- ///
select :day as day, :n + 1 as n
"""


def root() -> Path:
    return Paths.find().saved_dir


def add_daily() -> None:
    done = tusk(
        "saved", "add", "sales/daily", DAILY, "-d", "One day", "-t", "sales", "-t", "daily",
        "-p", "day:date=2026-01-31", "-p", "n:int",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "saved sales/daily\n")


def names(*words: str) -> list[str]:
    done = tusk("saved", "list", *words, "-F", "json")
    assert done.code == 0, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return [row["name"] for row in rows]


def test_a_query_is_saved_shown_and_run() -> None:
    add_daily()
    assert (root() / "sales" / "daily.sql").read_text() == TEXT
    assert tusk("saved", "show", "sales/daily").out == TEXT
    assert tusk("saved", "show", "sales/daily", "--sql").out == f"{DAILY}\n"
    done = tusk("saved", "run", "sales/daily", "-p", "n=1")
    assert (done.code, done.out) == (0, "day,n\n2026-01-31,2\n")
    done = tusk("saved", "run", "sales/daily", "-p", "n=1", "-p", "day=2026-02-01", "-F", "json")
    assert done.out == '[\n{"day":"2026-02-01","n":2}\n]\n'


def test_a_list_says_what_is_known() -> None:
    assert "nothing is saved yet" in tusk("saved", "list").err
    add_daily()
    tusk("saved", "add", "top", "select 1", "-c", "shop")
    [daily, top] = json.loads(tusk("saved", "list", "-F", "json").out)
    assert daily == {
        "name": "sales/daily",
        "description": "One day",
        "tags": "sales, daily",
        "connection": None,
        "parameters": "day:date=2026-01-31, n:int",
    }
    assert top["connection"] == "shop"
    assert names("sales") == ["sales/daily"]
    assert names("--tag", "Daily") == ["sales/daily"]
    assert names("--search", "SELECT top") == ["top"]
    assert names("--search", "nothing") == []
    assert tusk("saved", "list", "nowhere").code == 2


def test_values_that_are_missing_or_wrong_are_said_before_anything_runs() -> None:
    add_daily()
    for words, said in (
        ([], "no value for :n"),
        (["-p", "n=x"], "'x' is not an int"),
        (["-p", "n=1", "-p", "other=1"], "no parameter :other"),
        (["-p", "n=1", "-p", "n=2"], "given twice"),
    ):
        done = tusk("saved", "run", "sales/daily", *words)
        assert (done.code, done.out) == (2, "")
        assert said in done.err
    tusk("saved", "add", "free", "select :a as a")
    assert "no value for :a" in tusk("saved", "run", "free").err
    assert tusk("saved", "run", "free", "-p", "a=7").out == "a\n7\n"


def test_an_error_names_the_file_and_its_line() -> None:
    add_daily()
    assert tusk("saved", "edit", "sales/daily", "select 1,\n nope").code == 0
    done = tusk("saved", "run", "sales/daily")
    assert done.code == 1
    assert f"file: {root() / 'sales' / 'daily.sql'}, line 13" in done.err


def test_a_query_runs_where_it_says_unless_told_otherwise(tmp_path: Path) -> None:
    for name in ("one", "two"):
        location = f"sqlite://{tmp_path / name}.sqlite?create=true"
        tusk("query", f"create table t as select '{name}' as a", "-c", location)
    one, two = tmp_path / "one.sqlite", tmp_path / "two.sqlite"
    tusk("saved", "add", "where", "select a from t", "-c", str(one))
    assert tusk("saved", "run", "where").out == "a\none\n"
    assert tusk("saved", "run", "where", "-c", two).out == "a\ntwo\n"
    out = tmp_path / "a.json"
    assert tusk("saved", "run", "where", "-o", out, "--no-history", "-q").code == 0
    assert json.loads(out.read_text()) == [{"a": "one"}]
    history = json.loads(tusk("history", "list", "-F", "json").out)
    assert [row["statement"] for row in history][:2] == ["select a from t", "select a from t"]
    refused = tusk("saved", "run", "where", "--read-only", "-o", out)
    assert refused.code == 0


def test_a_saved_query_cannot_write_read_only(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    tusk("query", "create table t (a int)", "-c", f"sqlite://{path}?create=true")
    tusk("saved", "add", "write", "insert into t values (1)", "-c", str(path))
    assert tusk("saved", "run", "write", "--read-only").code == 5


def test_a_query_comes_from_a_file_or_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "daily.sql"
    file.write_text(TEXT)
    tusk("saved", "add", "a", "-f", file, "-d", "Changed")
    assert tusk("saved", "show", "a").out == TEXT.replace("One day", "Changed")
    tusk("saved", "add", "b", stdin=TEXT)
    assert tusk("saved", "show", "b").out == TEXT
    tusk("saved", "edit", "b", "-", "-t", "new", stdin="select 2\n")
    assert tusk("saved", "show", "b", "--sql").out == "select 2\n"
    file.write_text("-- /// tusk\n-- tags = 1\n-- ///\n")
    done = tusk("saved", "add", "c", "-f", file)
    assert done.code == 2
    assert f"{file}, line 2: tags must be a list" in done.err


def test_names_are_taken_once_and_checked() -> None:
    add_daily()
    done = tusk("saved", "add", "Sales/Daily", "select 1")
    assert done.code == 2
    assert "already" in done.err
    assert tusk("saved", "add", "sales/daily", "select 1", "--replace").code == 0
    assert tusk("saved", "show", "sales/daily").out == "select 1\n"
    for name in ("../up", "-x", "a:b", ""):
        assert tusk("saved", "add", "--", name, "select 1").code == 2
    assert tusk("saved", "add", "a", "select 1", "-p", "n:nonsense").code == 2
    assert tusk("saved", "run", "nowhere").code == 2
    assert names() == ["sales/daily"]


def test_queries_move_go_and_come_back() -> None:
    add_daily()
    assert tusk("saved", "move", "sales/daily", "archive/").err == "moved to archive/daily\n"
    assert tusk("saved", "move", "archive", "old").err == "moved to old\n"
    removed = tusk("saved", "remove", "old/daily")
    assert removed.code == 0
    assert removed.err.endswith("tusk saved restore old/daily\n")
    assert names() == []
    assert tusk("saved", "restore", "old/daily").err == "restored old/daily\n"
    assert tusk("saved", "show", "old/daily").out == TEXT
    assert tusk("saved", "restore", "old/daily").code == 2
    assert tusk("saved", "remove", "old/daily", "nowhere").code == 2
    assert names() == ["old/daily"]


def test_on_a_terminal_it_asks_before_it_removes() -> None:
    add_daily()
    with InTerminal("saved", "remove", "sales/daily") as terminal:
        terminal.wait_for("Remove sales/daily?")
        terminal.type("n\n")
        assert terminal.finish().code == 130
    assert names() == ["sales/daily"]


def test_export_and_import(tmp_path: Path) -> None:
    add_daily()
    out = tmp_path / "out"
    assert tusk("saved", "export", out).err == f"wrote {out / 'sales' / 'daily.sql'}\n"
    assert (out / "sales" / "daily.sql").read_text() == TEXT
    assert tusk("saved", "export", out).code == 1
    assert tusk("saved", "export", out, "sales/daily", "--replace").code == 0
    (out / "broken.sql").write_text("-- /// tusk\n")
    done = tusk("saved", "import", out, "--into", "new")
    assert done.code == 1
    assert "saved new/sales/daily" in done.err
    assert "broken.sql, line 1" in done.err
    (out / "broken.sql").unlink()
    assert tusk("saved", "import", out, "--into", "new", "--on-conflict", "skip").err == (
        "left out new/sales/daily\n"
    )
    assert names() == ["new/sales/daily", "sales/daily"]
    assert tusk("saved", "import", tmp_path / "home").code == 1


def editor(path: Path, code: str) -> dict[str, str]:
    """An `$EDITOR` that changes the file `name` by some code."""
    script = path / "editor.py"
    script.write_text(f"import pathlib, sys\nname = pathlib.Path(sys.argv[1])\n{code}\n")
    return {"EDITOR": f"{shlex.quote(sys.executable)} {shlex.quote(str(script))}", "VISUAL": ""}


def test_a_query_is_changed_in_an_editor(tmp_path: Path) -> None:
    add_daily()
    code = "name.write_text(name.read_text().replace('One day', 'Another'))"
    done = on_terminal("saved", "edit", "sales/daily", env=editor(tmp_path, code))
    assert (done.code, done.out) == (0, "changed sales/daily\n")
    assert tusk("saved", "show", "sales/daily").out == TEXT.replace("One day", "Another")
    done = on_terminal("saved", "edit", "sales/daily", env=editor(tmp_path, "pass"))
    assert done.out == "nothing was changed\n"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("name.write_text('-- /// tusk\\n-- tags = 1\\n-- ///\\nselect 1')", "tags must be"),
        ("name.write_bytes(b'\\xff')", "not UTF-8"),
        ("pathlib.Path(TARGET).write_text('theirs'); name.write_text('mine')", "somebody else"),
    ],
)
def test_what_an_editor_left_that_cannot_be_saved_is_kept(
    tmp_path: Path, code: str, said: str
) -> None:
    add_daily()
    target = root() / "sales" / "daily.sql"
    code = code.replace("TARGET", repr(str(target)))
    env = {**editor(tmp_path, code), "TMPDIR": str(tmp_path)}
    done = on_terminal("saved", "edit", "sales/daily", width=200, env=env)
    assert done.code == 2
    assert said in done.out
    [kept] = tmp_path.glob("tusk-*.sql")
    assert str(kept) in done.out
    assert target.read_text() == ("theirs" if "theirs" in code else TEXT)


@pytest.mark.parametrize(
    ("command", "said"),
    [("no-such-editor", "cannot run"), ("false", "ended with 1"), ("'", "cannot")],
)
def test_an_editor_that_fails_changes_nothing(tmp_path: Path, command: str, said: str) -> None:
    add_daily()
    env = {"EDITOR": command, "VISUAL": "", "TMPDIR": str(tmp_path)}
    done = on_terminal("saved", "edit", "sales/daily", env=env)
    assert done.code == 2
    assert said in done.out
    assert list(tmp_path.glob("tusk-*.sql")) == []
    assert tusk("saved", "show", "sales/daily").out == TEXT


def test_without_a_terminal_there_is_no_editor() -> None:
    add_daily()
    done = tusk("saved", "edit", "sales/daily")
    assert done.code == 2
    assert "needs a terminal" in done.err


@pytest.mark.parametrize("name", ["esc-title", "bidi-override", "newlines"])
def test_hostile_queries_reach_no_terminal(name: str) -> None:
    text = HOSTILE[name]
    tusk("saved", "add", "a", f"select '{text}'", "-d", text, "-t", text)
    for words in (["list"], ["show", "a"], ["show", "a", "--sql"], ["show", "a", "-F", "vertical"]):
        done = on_terminal("saved", *words)
        assert done.code == 0
        assert unsafe_characters(done.out) == []


def test_the_shell_completes_names() -> None:
    add_daily()
    env = {"_TUSK_COMPLETE": "complete_bash", "COMP_WORDS": "tusk saved run sa", "COMP_CWORD": "3"}
    assert "sales/daily" in tusk(env=env).out
