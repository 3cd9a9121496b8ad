"""connections.toml: changed under a lock, with what people wrote into it kept."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from tests.support.hostile import HOSTILE_TEXTS
from tusk.core.errors import ConfigError, UsageError
from tusk.core.text import safe
from tusk.store.connections import ConfirmWrites, ConnectionsFile, Profile, SshRoute, name_from

KILLS = int(os.environ.get("TUSK_TEST_KILLS", "25"))

FULL = Profile(
    "shop",
    "postgres",
    {"host": "db.example", "port": "5433", "dbname": "shöp", "options": "-c a='b \"c\"\\d'"},
    group="work",
    color="red",
    icon="🐘",
    read_only=True,
    startup_sql=("set a = 'x'", 'set b = "y"\n'),
    statement_timeout_s=2.5,
    confirm_writes=ConfirmWrites.ALL,
    ssh=SshRoute("ann@bastion:2222", jump="gate", identity="~/a key"),
    search_path=("sales", 'My "Schema', "$user"),
    fetch_limit=500,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "connections.toml"


def read(path: Path) -> list[Profile]:
    profiles, problems = ConnectionsFile(path).read()
    assert problems == []
    return profiles


def test_without_a_file_there_are_no_connections(path: Path) -> None:
    assert ConnectionsFile(path).read() == ([], [])
    assert not path.parent.exists()


def test_a_connection_comes_back_as_it_was_stored_in_a_private_file(path: Path) -> None:
    file = ConnectionsFile(path)
    file.add(FULL)
    file.add(Profile("plain", "duckdb"))
    assert read(path) == [FULL, Profile("plain", "duckdb")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_taken_name_and_a_missing_one_are_refused(path: Path) -> None:
    file = ConnectionsFile(path)
    file.add(FULL)
    file.add(Profile("other", "duckdb"))
    with pytest.raises(UsageError, match="already"):
        file.add(Profile("shop", "duckdb"))
    with pytest.raises(UsageError, match="already"):
        file.replace("shop", Profile("other", "duckdb"))
    with pytest.raises(UsageError, match="no connection 'none'"):
        file.replace("none", Profile("none", "duckdb"))
    with pytest.raises(UsageError, match="no connection 'none'"):
        file.remove("none")
    assert [p.name for p in read(path)] == ["shop", "other"]


def test_changing_one_keeps_comments_order_and_unknown_neighbours(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(
        "# production, careful\n"
        "[shop] # the shop\n"
        "engine = 'postgres'\n"
        "read_only = true # always\n"
        "group = 'work'\n\n"
        "[shop.parameters]\n"
        "host = 'db' # behind the firewall\n"
        "port = 5432\n\n"
        "[future]\nengine = 'postgres'\nsomething_new = 1\n\n"
        "[last]\nengine = 'duckdb'\n"
    )
    file = ConnectionsFile(path)
    profiles, problems = file.read()
    assert [p.name for p in profiles] == ["shop", "last"]
    assert profiles[0].parameters == {"host": "db", "port": "5432"}
    assert "line 11" in problems[0].message
    assert "unknown key something_new" in problems[0].message
    file.replace(
        "shop", Profile("shop", "postgres", {"host": "db2", "port": "5432"}, read_only=True)
    )
    file.add(Profile("new", "duckdb"))
    file.remove("last")
    text = path.read_text()
    assert text.startswith("# production, careful\n[shop] # the shop\nengine = 'postgres'\n")
    assert "read_only = true # always\n" in text
    assert "[future]\nengine = 'postgres'\nsomething_new = 1\n" in text
    assert "group" not in text
    assert tomllib.loads(text)["shop"]["parameters"] == {"host": "db2", "port": "5432"}
    assert list(tomllib.loads(text)) == ["shop", "future", "new"]


def test_renaming_keeps_everything_else(path: Path) -> None:
    file = ConnectionsFile(path)
    file.add(FULL)
    renamed = Profile("shop 2", "duckdb", {"path": "/x"})
    file.replace("shop", renamed)
    assert read(path) == [renamed]


@pytest.mark.parametrize("name", ["", " x", "x ", "a/b", "a\\b", "a:b", "a=b", "-x", "x" * 101])
def test_a_name_that_means_something_else_is_refused(path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        ConnectionsFile(path).add(Profile(name, "duckdb"))
    assert not path.exists()


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_hostile_name_is_stored_exactly_or_refused(path: Path, text: str) -> None:
    file = ConnectionsFile(path)
    try:
        file.add(Profile(text, "duckdb"))
    except UsageError as exc:
        assert safe(exc.message) == exc.message
    else:
        assert [p.name for p in read(path)] == [text]
    file.add(Profile(f"from {name_from(text, 'x')}"[:100].strip(), "duckdb", {"path": text}))
    assert read(path)[-1].parameters == {"path": text}


@pytest.mark.parametrize("secret", ["password", "sslpassword", "oauth_client_secret"])
def test_a_secret_parameter_is_never_written(path: Path, secret: str) -> None:
    with pytest.raises(UsageError, match=secret) as caught:
        ConnectionsFile(path).add(Profile("x", "postgres", {secret: "hunter2"}))
    assert "hunter2" not in caught.value.message + caught.value.hint
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[x]\nengine = 'oracle'\n", "no engine 'oracle'"),
        ("[x]\n", "no engine ''"),
        ("x = 1\n", "must be a table"),
        ("[x]\nengine = 'duckdb'\nread_only = 'yes'\n", "read_only must be true or false"),
        ("[x]\nengine = 'duckdb'\nstatement_timeout_s = 0\n", "more than 0"),
        ("[x]\nengine = 'duckdb'\nstatement_timeout_s = true\n", "must be a number"),
        ("[x]\nengine = 'duckdb'\nstartup_sql = 'x'\n", "startup_sql must be a list"),
        ("[x]\nengine = 'duckdb'\nparameters = {password = 'hunter2'}\n", "password is a secret"),
        ("[x]\nengine = 'duckdb'\nparameters = {password = ['hunter2']}\n", "parameters is not"),
        ("[x]\nengine = 'duckdb'\nfetch_limit = 0\n", "fetch limit must be a number of rows"),
        ("[x]\nengine = 'duckdb'\nfetch_limit = 1.5\n", "fetch_limit must be a whole number"),
        ("[x]\nengine = 'duckdb'\nfetch_limit = true\n", "fetch_limit must be a whole number"),
        ("[x]\nengine = 'duckdb'\nsearch_path = 'a'\n", "search_path must be a list"),
        ("[x]\nengine = 'duckdb'\nsearch_path = ['']\n", "identifier cannot be empty"),
        ("[x]\nengine = 'sqlite'\nsearch_path = ['a']\n", "sqlite has no search path"),
        ("['a/b']\nengine = 'duckdb'\n", "could be taken for a file"),
    ],
)
def test_a_wrong_entry_is_reported_and_the_others_are_usable(
    path: Path, text: str, message: str
) -> None:
    path.parent.mkdir()
    path.write_text(text + "[good]\nengine = 'duckdb'\n")
    profiles, (problem,) = ConnectionsFile(path).read()
    assert profiles == [Profile("good", "duckdb")]
    assert f"{path}, line 1: " in problem.message
    assert message in problem.message
    assert "hunter2" not in problem.message + problem.hint
    assert path.read_text().startswith(text)


@pytest.mark.parametrize("content", [b"[broken\n", b"\xff\xfe", b"[a]\n[a]\n"])
def test_a_file_that_is_no_toml_is_set_aside_and_a_new_one_begun(
    path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    file = ConnectionsFile(path)
    with pytest.raises(ConfigError, match="not valid TOML"):
        file.add(FULL)
    assert path.read_bytes() == content
    profiles, (problem,) = file.read()
    aside = list(path.parent.glob("*.corrupt-*"))
    assert profiles == []
    assert [p.read_bytes() for p in aside] == [content]
    assert str(aside[0]) in problem.hint
    file.add(FULL)
    assert read(path) == [FULL]


ADDER = """
import sys
from pathlib import Path
from tusk.store.connections import ConfirmWrites, ConnectionsFile, Profile, SshRoute
file = ConnectionsFile(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    file.add(Profile(f"{sys.argv[2]} {number}", "duckdb", {"path": "/" + "x" * 200}))
    print(number, flush=True)
"""


def adder(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ADDER, str(path), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    processes = [adder(path, name, 12) for name in "abc"]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert {p.name for p in read(path)} == {f"{n} {i}" for n in "abc" for i in range(12)}


def test_a_killed_writer_leaves_the_old_or_the_new_file(path: Path) -> None:
    stored: set[str] = set()
    for round_ in range(KILLS):
        process = adder(path, f"r{round_}", 1000)
        assert process.stdout is not None
        for number in range(round_ % 3 + 1):
            assert process.stdout.readline() == f"{number}\n"
            stored.add(f"r{round_} {number}")
        time.sleep(round_ % 7 * 0.0004)  # another moment of the writing each time
        process.kill()
        process.communicate()
        found = {p.name for p in read(path)}
        assert stored <= found
        stored = found
    assert list(path.parent.glob("*.corrupt-*")) == []
