"""`tusk config` and `tusk doctor`."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import on_terminal, tusk
from tests.support.hostile import HOSTILE, unsafe_characters
from tusk.config.settings import describe
from tusk.core.installation import how_to_install, requirements


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tusk" / "config.toml"


def test_settings_are_set_read_shown_and_unset(file: Path) -> None:
    assert tusk("config", "path").out == f"{file}\n"
    assert tusk("config", "get", "query.fetch_limit").out == "10000\n"
    assert tusk("config", "set", "query.fetch_limit", "500").code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert tusk("config", "get", "query.fetch_limit").out == "500\n"
    row = json.loads(tusk("config", "show", "query.fetch_limit", "-F", "json").out)[0]
    assert (row["value"], row["default"], row["set_by"]) == ("500", "10000", str(file))
    assert tusk("config", "set", "query.fetch_limit", "--unset").code == 0
    assert tusk("config", "get", "query.fetch_limit").out == "10000\n"


def test_everything_is_shown() -> None:
    rows = json.loads(tusk("config", "show", "-F", "json").out)
    assert [row["setting"] for row in rows] == [info.key for info in describe()]


def test_what_get_prints_set_takes(file: Path) -> None:
    for key, text in (
        ("app.keymap", "query.run=f5,ctrl+r; app.quit=ctrl+x"),
        ("query.timeout_s", "2.5"),
        ("output.null", "  "),
    ):
        assert tusk("config", "set", key, text).code == 0
        assert tusk("config", "get", key).out == f"{text}\n"


def test_a_variable_that_goes_before_the_file_is_said(file: Path) -> None:
    env = {"TUSK_QUERY_FETCH_LIMIT": "7"}
    done = tusk("config", "set", "query.fetch_limit", "500", env=env)
    assert done.code == 0
    assert "TUSK_QUERY_FETCH_LIMIT is set" in done.err
    assert tusk("config", "get", "query.fetch_limit", env=env).out == "7\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["get", "query.fetchlimit"], "did you mean query.fetch_limit?"),
        (["show", "nonsense"], "no setting 'nonsense'"),
        (["set", "query.fetch_limit", "many"], "must be a whole number, not 'many'"),
        (["set", "query.fetch_limit", "0"], "at least 1"),
        (["set", "query.fetch_limit", "-7"], "at least 1, not -7"),
        (["set", "query.timeout_s", "-.5"], "at least 0, not -0.5"),
        (["set", "query.timeout_s", "inf"], "must be a number, not inf"),
        (["set", "--nonsense", "query.fetch_limit", "7"], "No such option: --nonsense"),
        (["set", "output.format", "nope"], "output.format: unknown format 'nope'"),
        (["set", "query.default_connection", "nope"], "'nope' is no connection"),
        (["set", "app.theme", "nope"], "there is no theme 'nope'"),
        (["set", "secrets.store", "cloud"], "one of auto, keyring, file"),
        (["set", "query.fetch_limit"], "give a value"),
        (["set", "query.fetch_limit", "5", "--unset"], "give a value"),
    ],
)
def test_what_makes_no_sense_ends_with_2(words: list[str], message: str, file: Path) -> None:
    done = tusk("config", *words)
    assert done.code == 2
    assert message in done.err
    assert not file.exists()


def test_names_that_there_are_can_be_set() -> None:
    assert tusk("connections", "add", "shop", "duckdb://").code == 0
    for key, value in (
        ("output.format", "json"),
        ("query.default_connection", "shop"),
        ("app.theme", "tusk-light"),
        ("query.default_connection", ""),
    ):
        assert tusk("config", "set", key, value).err == ""
        assert tusk("config", "get", key).out == f"{value}\n"


def test_an_error_that_comes_from_a_setting_names_it_and_its_file(file: Path) -> None:
    file.parent.mkdir(mode=0o700)
    file.write_text("[output]\nformat = 'nope'\n[query]\ndefault_connection = 'gone'\n")
    done = tusk("query", "select 1")
    assert (done.code, done.out) == (2, "")
    assert f"the setting output.format ({file}): unknown format 'nope'" in done.err
    done = tusk("query", "select 1", "-F", "csv")
    assert done.code == 2
    assert f"the setting query.default_connection ({file}): 'gone' is no connection" in done.err
    done = tusk("query", "select 1", "-F", "csv", env={"TUSK_QUERY_DEFAULT_CONNECTION": "x"})
    assert "(TUSK_QUERY_DEFAULT_CONNECTION): 'x' is no connection" in done.err


def test_a_wrong_setting_is_warned_of_by_every_command_and_stops_none(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("[query]\nfetch_limit = 'x'\n")
    done = tusk("query", "select 1 as a")
    assert (done.code, done.out) == (0, "a\n1\n")
    assert f"tusk: warning: {file}, line 2: query.fetch_limit must be" in done.err
    assert done.err.count("fetch_limit") == 1
    assert tusk("config", "show").code == 0


def test_settings_that_cannot_be_written_end_with_1(file: Path) -> None:
    file.parent.mkdir()
    file.mkdir()
    done = tusk("config", "set", "query.fetch_limit", "5")
    assert done.code == 1
    assert str(file) in done.err


# ── doctor ───────────────────────────────────────────────────────────────────────────────────


def report(**env: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    done = tusk("doctor", "-F", "json", env=env)
    return done.code, {s["section"]: s["items"] for s in json.loads(done.out)}


def test_the_doctor_finds_a_healthy_place_healthy() -> None:
    code, sections = report()
    assert code == 0
    assert list(sections) == [
        "tusk", "Extras", "DuckDB extensions", "PostgreSQL programs", "Terminal", "Files",
    ]  # fmt: skip
    assert not any(i["status"] == "problem" for items in sections.values() for i in items)
    versions = {i["label"]: i["value"] for i in sections["tusk"]}
    assert {"tusk", "Python", "duckdb", "psycopg", "pyarrow", "textual"} <= set(versions)
    built_in = {i["label"]: i["value"] for i in sections["DuckDB extensions"]}["built in"]
    assert "parquet" in built_in


def test_the_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "it's home"
    home.mkdir(mode=0o755)
    (home / "secrets.toml").write_text("[passwords]\n")
    (home / "secrets.toml").chmod(0o644)
    (home / "config.toml").write_text("[query]\nnonsense = 1\n")
    (home / "connections.toml").write_text("[x]\nengine = 'oracle'\n")
    (home / "old.toml.corrupt-1").touch()
    for path in home.iterdir():
        if path.name != "secrets.toml":
            path.chmod(0o600)
    code, sections = report(TUSK_HOME=str(home))
    assert code == 1
    wrong = [i for i in sections["Files"] if i["status"] != "ok"]
    advice = {i["advice"] for i in wrong}
    assert f"chmod 600 '{tmp_path}/it'\"'\"'s home/secrets.toml'" in advice
    assert f"chmod 700 '{tmp_path}/it'\"'\"'s home'" in advice
    texts = " ".join(i["value"] for i in wrong)
    assert "unknown setting query.nonsense" in texts
    assert "no engine 'oracle'" in texts
    assert "corrupt-1" in texts


def test_the_doctor_looks_at_every_place_for_owner_and_permissions(tmp_path: Path) -> None:
    home = tmp_path / "tusk"
    (home / "state").mkdir(mode=0o700, parents=True)
    wrong = {
        "History": (home / "state" / "history.db", 0o644, "warning"),
        "Plans": (home / "state" / "plans.db", 0o640, "warning"),
        "Snippets": (home / "snippets.toml", 0o400, "problem"),
    }
    for path, mode, _ in wrong.values():
        path.touch()
        path.chmod(mode)
    for folder in ("queries", "themes"):
        (home / folder).mkdir(mode=0o500)
    home.chmod(0o500)
    code, sections = report()
    home.chmod(0o700)
    items = {i["label"]: i for i in sections["Files"]}
    assert code == 1
    for label, (path, _, status) in wrong.items():
        assert (items[label]["status"], items[label]["advice"]) == (status, f"chmod 600 {path}")
    assert items["Configuration"]["advice"] == f"chmod 700 {home}"
    assert items["Saved queries"]["advice"] == f"chmod 700 {home / 'queries'}"
    assert items["Themes"]["advice"] == f"chmod 700 {home / 'themes'}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_doctor_names_the_owner_of_what_is_not_yours(tmp_path: Path) -> None:
    (tmp_path / "tusk").mkdir(mode=0o700)
    os.chown(tmp_path / "tusk", 12345, -1)
    code, sections = report()
    item = next(i for i in sections["Files"] if i["label"] == "Configuration")
    assert (code, item["status"]) == (1, "problem")
    assert "belongs to user 12345" in item["value"]
    assert item["advice"] == f"sudo chown 0 {tmp_path / 'tusk'}"


def test_the_doctor_lists_each_extra_and_how_to_add_what_is_missing(tmp_path: Path) -> None:
    everything = {i["label"]: i for i in report()[1]["Extras"]}
    assert set(everything) == {each.extra for each in requirements() if each.extra}
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_KEYRING)
    found = {i["label"]: i for i in report(PYTHONPATH=str(tmp_path))[1]["Extras"]}
    lacking = found["keyring"]
    assert (lacking["status"], lacking["value"]) == ("note", "not installed")
    assert lacking["advice"] == how_to_install("keyring")


WITHOUT_KEYRING = """
import importlib.metadata
version = importlib.metadata.version
def missing(name):
    if name == "keyring":
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = missing
"""


def test_the_doctor_warns_of_a_home_that_depends_on_the_current_folder(tmp_path: Path) -> None:
    done = tusk("doctor", env={"TUSK_HOME": "some"}, cwd=tmp_path)
    assert f"TUSK_HOME={tmp_path}/some" in done.out
    assert "TUSK_HOME is 'some', so another folder finds other files" in done.out
    assert "another folder" not in tusk("doctor", env={"TUSK_HOME": str(tmp_path)}).out


# Runs the doctor where one package that tusk needs was taken away.
WITHOUT_DUCKDB = """
import importlib.metadata, sys
sys.modules["duckdb"] = None  # an import of it fails
version = importlib.metadata.version
def missing(name):
    if name == "duckdb":
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = missing
sys.argv = ["tusk", "doctor", "-F", "json"]
from tusk.cli.main import main
main()
"""


def test_a_missing_package_is_a_problem_and_the_rest_is_still_told() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_DUCKDB], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    sections = {s["section"]: s["items"] for s in json.loads(done.stdout)}
    duckdb = next(i for i in sections["tusk"] if i["label"] == "duckdb")
    assert (duckdb["status"], duckdb["value"]) == ("problem", "missing")
    assert duckdb["advice"] == how_to_install()
    [extensions] = sections["DuckDB extensions"]
    assert extensions["status"] == "problem"
    assert "duckdb" in extensions["value"]
    assert sections["Files"]


def test_the_doctor_finds_programs_and_says_what_is_missing(tmp_path: Path) -> None:
    for name, text in (("psql", "echo 'psql (PostgreSQL) 17.4 (X)'"), ("pg_dump", "exit 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    _, sections = report(PATH=str(tmp_path))
    programs = {i["label"]: i for i in sections["PostgreSQL programs"]}
    assert programs["psql"]["value"] == f"17.4 ({tmp_path}/psql)"
    assert programs["pg_dump"]["status"] == "warning"
    assert programs["pg_restore"]["value"] == "not found"
    assert "apt-get install" in programs["pg_restore"]["advice"]


def test_the_doctor_on_a_terminal_is_harmless_and_tells_its_abilities(tmp_path: Path) -> None:
    home = tmp_path / ("h" + HOSTILE["esc-clear-screen"] + HOSTILE["bidi-override"])
    env = {"TUSK_HOME": str(home), "COLORTERM": "truecolor", "TMUX": "x", "LC_ALL": "C.UTF-8"}
    done = on_terminal("doctor", env=env)
    assert unsafe_characters(done.out) == []
    assert "16 million" in done.out
    assert "80 columns, 24 lines" in done.out
    assert "set-clipboard" in done.out


def test_the_doctor_knows_two_formats() -> None:
    done = tusk("doctor", "-F", "xml")
    assert (done.code, done.out) == (2, "")
    assert os.environ["TUSK_HOME"] in tusk("doctor").out


def test_keys_are_listed_with_those_in_force(file: Path) -> None:
    tusk("config", "set", "app.keys", "vim")
    (file.parent / "keymap.toml").write_text('"query.run" = "ctrl+enter"\n', "utf-8")
    rows = {row["id"]: row for row in json.loads(tusk("config", "keys", "-F", "json").out)}
    assert rows["query.run"]["keys"] == "ctrl+enter"
    assert rows["query.run"]["reach"] == "some"
    assert rows["tree.up"]["keys"] == "up,k"
    assert rows["app.quit"]["reach"] == "all"
    assert all(row["description"] and row["about"] for row in rows.values())
    changed = json.loads(tusk("config", "keys", "--changed", "-F", "json").out)
    assert {row["id"] for row in changed} < set(rows)
    assert "app.quit" not in {row["id"] for row in changed}


def test_check_tells_every_problem_of_settings_keys_and_themes(file: Path) -> None:
    done = tusk("config", "check")
    assert (done.code, done.err) == (0, "")
    (file.parent / "themes").mkdir(parents=True)
    file.write_text("[query]\nfetch_limit = 'x'\n", "utf-8")
    (file.parent / "keymap.toml").write_text('"query.rum" = "f9"\n"app.quit" = "f5"\n', "utf-8")
    (file.parent / "themes" / "own.toml").write_text('primary = "blu"\n', "utf-8")
    done = tusk("config", "check")
    assert done.code == 1
    for words in (
        "query.fetch_limit must be",
        "keymap.toml, line 1: there is no action 'query.rum'",
        "F5 is app.quit and query.run",
        "own.toml, line 1: primary is no colour",
    ):
        assert words in done.err
    # A theme of the user's can be the setting.
    (file.parent / "themes" / "own.toml").write_text('primary = "blue"\n', "utf-8")
    file.unlink()
    assert tusk("config", "set", "app.theme", "own").code == 0
    assert tusk("config", "set", "app.theme", "other").code != 0
