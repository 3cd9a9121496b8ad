"""`tusk connections`: stored, shown, changed, forgotten, tested."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.cli.commands import InTerminal, tusk
from tests.support.hostile import HOSTILE


def show(name: str) -> dict[str, object]:
    done = tusk("connections", "show", name, "-F", "json")
    assert done.code == 0, done.err
    row: dict[str, object] = json.loads(done.out)[0]
    return row


def add(*words: str | Path, stdin: str = "") -> None:
    done = tusk("connections", "add", *words, stdin=stdin)
    assert done.code == 0, done.err


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "tusk" / "secrets.toml"


def test_a_connection_is_added_listed_shown_changed_and_removed(tmp_path: Path) -> None:
    add("shop", "postgresql://ann@db.example:5433/shop?sslmode=require", "--group", "work")
    add("memory", "duckdb://", "--startup-sql", "set threads = 1", "--timeout", "2.5")
    listed = json.loads(tusk("connections", "list", "-F", "json").out)
    assert [row["name"] for row in listed] == ["shop", "memory"]
    assert listed[0]["location"] == "postgresql://ann@db.example:5433/shop?sslmode=require"
    assert show("shop")["parameter.sslmode"] == "require"
    assert show("memory")["startup_sql"] == "set threads = 1"
    assert show("memory")["statement_timeout_s"] == 2.5

    words = ["--set", "port=5432", "--unset", "sslmode", "--read-only", "--rename", "old shop"]
    assert tusk("connections", "edit", "shop", *words).code == 0
    changed = show("old shop")
    assert changed["location"] == "postgresql://ann@db.example:5432/shop"
    assert changed["read_only"] is True
    assert changed["group"] == "work"
    assert tusk("connections", "edit", "memory", "--timeout", "0").code == 0
    assert show("memory")["statement_timeout_s"] is None

    assert tusk("connections", "remove", "old shop").code == 0
    assert json.loads(tusk("connections", "list", "-F", "json").out)[0]["name"] == "memory"
    path = tmp_path / "tusk" / "connections.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_marks_questions_and_tunnels_are_set_changed_and_taken_away(tmp_path: Path) -> None:
    url = "postgresql://ann@10.0.0.5/shop"
    words = ["--color", "red", "--group", "production", "--confirm-writes", "all"]
    add("live", url, *words, "--ssh", "ann@bastion:2222", "--ssh-jump", "gate")
    row = show("live")
    assert (row["color"], row["group"], row["confirm_writes"]) == ("red", "production", "all")
    assert row["ssh"] == "gate → ann@bastion:2222"
    (listed,) = json.loads(tusk("connections", "list", "-F", "json").out)
    assert listed["color"] == "red"

    assert tusk("connections", "edit", "live", "--ssh-identity", "~/key").code == 0
    assert show("live")["ssh_identity"] == "~/key"
    assert show("live")["ssh"] == "gate → ann@bastion:2222"
    words = ["--ssh", "", "--color", "", "--confirm-writes", "never"]
    assert tusk("connections", "edit", "live", *words).code == 0
    row = show("live")
    assert (row["ssh"], row["color"], row["confirm_writes"]) == (None, None, "never")


def test_search_path_and_fetch_limit_are_set_changed_and_taken_away() -> None:
    words = ["--search-path", 'Sales, "My Schema",$user', "--fetch-limit", "500"]
    add("live", "postgresql://ann@10.0.0.5/shop", *words)
    row = show("live")
    assert (row["search_path"], row["fetch_limit"]) == ('sales, "My Schema", $user', 500)
    assert tusk("connections", "edit", "live", "--search-path", "", "--fetch-limit", "0").code == 0
    row = show("live")
    assert (row["search_path"], row["fetch_limit"]) == (None, None)


def test_a_search_path_is_used_and_a_wrong_one_is_said(tmp_path: Path) -> None:
    startup = "create schema s; create table s.t as select 7 as n"
    add("x", "duckdb://", "--startup-sql", startup, "--search-path", "s")
    assert tusk("query", "select n from t", "-c", "x", "-F", "csv").out == "n\n7\n"
    tested = json.loads(tusk("connections", "test", "x", "-F", "json").out)[0]
    assert tested["search path"] == "s"
    assert tusk("connections", "edit", "x", "--search-path", "nowhere").code == 0
    done = tusk("connections", "test", "x")
    assert done.code == 3
    assert "the search path of x cannot be set" in done.err
    assert "HINT: change the connection's search path (nowhere)" in done.err


def test_a_command_runs_unasked_what_the_app_asks_about(tmp_path: Path) -> None:
    add("x", f"duckdb://{tmp_path}/x.duckdb?create=true", "--confirm-writes", "all")
    sql = "create table t as select 1 as a; delete from t; select count(*) from t"
    done = tusk("query", sql, "-c", "x", "-F", "csv")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == "0"


def test_without_connections_it_says_how_to_add_one() -> None:
    done = tusk("connections", "list")
    assert done.code == 0
    assert "tusk connections add" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "none"], "no connection 'none'"),
        (["edit", "none", "--read-only"], "no connection 'none'"),
        (["remove", "none"], "no connection 'none'"),
        (["add", "shop", "duckdb://"], "already"),
        (["add", "a/b", "duckdb://"], "could be taken for"),
        (["add", "x", "oracle://db"], "oracle"),
        (["add", "", "duckdb:///x"], "the name is empty"),
        (["add", "x", "duckdb://", "--timeout", "inf"], "must be a number of seconds"),
        (["edit", "shop"], "nothing to change"),
        (["edit", "shop", "--set", "port"], "not KEY=VALUE"),
        (["edit", "shop", "--unset", "none"], "no parameter 'none'"),
        (["edit", "shop", "--set", "password=x"], "password is a secret"),
        (["edit", "shop", "--color", "#cc0000"], "there is no colour"),
        (["edit", "shop", "--search-path", "a b"], "the search path 'a b' cannot be read"),
        (["add", "x", "sqlite:///x.db", "--search-path", "a"], "sqlite has no search path"),
        (["edit", "shop", "--fetch-limit", "-1"], "the fetch limit must be"),
        (["edit", "shop", "--confirm-writes", "often"], "cannot ask before 'often' writes"),
        (["edit", "shop", "--ssh", "-oProxyCommand=x"], "is no host for ssh"),
        (["edit", "shop", "--ssh-jump", "gate"], "need --ssh"),
        (["add", "x", "duckdb://", "--ssh", "gate"], "only connections to a server"),
        (["edit", "shop", "--password", "--forget-password"], "not both"),
        (["edit", "shop", "--password"], "no password was given"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_changes_nothing(
    words: list[str], message: str, tmp_path: Path
) -> None:
    add("shop", "postgresql://db/shop")
    before = (tmp_path / "tusk" / "connections.toml").read_bytes()
    done = tusk("connections", *words)
    assert done.code == 2
    assert message in done.err
    assert (tmp_path / "tusk" / "connections.toml").read_bytes() == before


def test_a_password_comes_from_stdin_and_moves_with_the_name(secrets: Path) -> None:
    add("shop", "postgresql://db/shop", "--password", stdin='it\'s "hunter2"\n')
    assert show("shop")["password"] == "kept"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert tusk("connections", "edit", "shop", "--rename", "shop 2").code == 0
    assert show("shop 2")["password"] == "kept"
    assert "shop 2" in secrets.read_text()
    assert tusk("connections", "edit", "shop 2", "--forget-password").code == 0
    assert show("shop 2")["password"] is None
    assert "hunter2" not in secrets.read_text()


def test_removing_a_connection_forgets_its_password(secrets: Path) -> None:
    add("shop", "postgresql://db/shop", "--password", stdin="hunter2")
    assert tusk("connections", "remove", "shop").code == 0
    assert "hunter2" not in secrets.read_text()


def test_a_password_in_a_url_is_kept_apart_with_a_warning(tmp_path: Path, secrets: Path) -> None:
    done = tusk("connections", "add", "shop", "postgresql://ann:hunter2@db/shop")
    assert done.code == 0
    assert "can be seen by others" in done.err
    assert "hunter2" not in done.err + (tmp_path / "tusk" / "connections.toml").read_text()
    assert "hunter2" in secrets.read_text()


def test_a_password_is_asked_for_on_a_terminal_and_not_shown(secrets: Path) -> None:
    with InTerminal("connections", "add", "shop", "postgresql://db/x", "--password") as terminal:
        terminal.wait_for("Password for shop: ")
        terminal.type("hunter2\n")
        done = terminal.finish()
    assert done.code == 0
    assert "hunter2" not in done.out
    assert "hunter2" in secrets.read_text()


def test_removing_asks_on_a_terminal(tmp_path: Path) -> None:
    add("shop", "duckdb://")
    for answer, code, left in (("n", 130, 1), ("y", 0, 0)):
        with InTerminal("connections", "remove", "shop") as terminal:
            terminal.wait_for("Forget 'shop'?")
            terminal.type(answer + "\n")
            assert terminal.finish().code == code
        listed = json.loads(tusk("connections", "list", "-F", "json").out)
        assert len(listed) == left


def test_a_readable_secrets_file_is_refused_with_the_command_that_repairs_it(
    secrets: Path,
) -> None:
    add("shop", "postgresql://127.0.0.1:1/x", "--password", stdin="hunter2")
    secrets.chmod(0o644)
    done = tusk("query", "select 1", "-c", "shop")
    assert done.code == 2
    assert "mode 0644" in done.err
    assert f"HINT: chmod 600 {secrets}" in done.err
    assert "hunter2" not in done.err
    secrets.chmod(0o600)
    assert tusk("query", "select 1", "-c", "shop").code == 3


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (
            "postgresql://u@127.0.0.1:notaport/x",
            2,
            "not a number\nHINT: write it as postgresql://USER@HOST:PORT/DATABASE\n",
        ),
        ("postgresql://u@127.0.0.1/x?nonsense=1", 3, "HINT: what follows ? in a URL"),
        ("shpo", 2, "; stored connections: shop\n"),
    ],
)
def test_a_wrong_url_has_a_hint_and_only_an_unknown_name_the_known_ones(
    text: str, code: int, said: str
) -> None:
    add("shop", "postgresql://db/shop")
    done = tusk("connections", "test", text)
    assert done.code == code
    assert said in done.err
    assert ("stored connections" in done.err) is (text == "shpo")


def test_memory_is_known_by_the_name_that_the_app_shows(tmp_path: Path) -> None:
    statement = "select current_database() as d"
    assert tusk("query", statement, "-c", "memory").out == "d\nmemory\n"
    assert tusk("connections", "test", "memory").code == 0
    add("memory", f"duckdb://{tmp_path}/stored.duckdb?create=true")
    assert tusk("query", statement, "-c", "memory").out == "d\nstored\n"


def test_a_file_is_tested(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    done = tusk("connections", "test", path, "-F", "json")
    assert done.code == 0
    info = json.loads(done.out)[0]
    assert info["product"] == "DuckDB"
    assert 0 < info["latency_ms"] < 5_000
    assert tusk("connections", "test", tmp_path / "none.duckdb").code == 3


def test_a_server_is_tested(pg_socket_dsn: str) -> None:
    done = tusk("connections", "test", pg_socket_dsn, "-F", "json")
    info = json.loads(done.out)[0]
    assert (info["product"], info["standby"]) == ("PostgreSQL", False)


@pytest.mark.parametrize("text", [HOSTILE["esc-clear-screen"], HOSTILE["bidi-isolate"]])
def test_hostile_values_in_the_file_are_listed_harmlessly(text: str, tmp_path: Path) -> None:
    from tests.cli.commands import on_terminal
    from tests.support.hostile import unsafe_characters

    add("shop", "duckdb://", "--group", text)
    assert show("shop")["group"] == text
    for words in (["list"], ["show", "shop"]):
        done = on_terminal("connections", *words, width=200)
        assert done.code == 0
        assert unsafe_characters(done.out) == []
