"""`tusk connections import`: what is shown, stored and left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import Done, on_terminal, tusk
from tests.support.hostile import HOSTILE, unsafe_characters


def rows(done: Done) -> list[dict[str, object]]:
    assert done.code == 0, done.err
    found: list[dict[str, object]] = json.loads(done.out)
    return found


def stored() -> list[str]:
    return [str(row["name"]) for row in rows(tusk("connections", "list", "-F", "json"))]


@pytest.fixture
def servers(tmp_path: Path) -> Path:
    path = tmp_path / "servers.json"
    server = {"Name": "shop", "Group": "work", "Host": "db", "Port": 5432, "Username": "ann"}
    content = {"Servers": {"1": server, "2": {**server, "Name": "stock", "Host": "db2"}, "3": {}}}
    path.write_text(json.dumps(content))
    return path


def test_a_dry_run_shows_and_stores_nothing_and_what_is_stored_stays(servers: Path) -> None:
    command = ["connections", "import", "pgadmin", str(servers), "-F", "json"]
    done = tusk(*command, "--dry-run")
    shop, stock, refused = rows(done)
    assert (shop["name"], shop["state"], shop["group"]) == ("shop", "new", "work")
    assert shop["location"] == "postgresql://ann@db:5432"
    assert stock["state"] == "new"
    assert (refused["state"], refused["note"]) == (
        "cannot be taken",
        "it names no host and no service",
    )
    assert "would store 2 of 3" in done.err
    assert stored() == []

    done = tusk(*command, "--only", "stock")
    assert [row["state"] for row in rows(done)] == ["new", "imported", "cannot be taken"]
    assert stored() == ["stock"]
    assert tusk("connections", "edit", "stock", "--rename", "mine").code == 0
    done = tusk(*command)
    assert [row["state"] for row in rows(done)] == ["imported", "stored as mine", "cannot be taken"]
    assert "stored 1 of 3" in done.err
    assert stored() == ["mine", "shop"]


def test_passwords_are_kept_on_request_only(tmp_path: Path) -> None:
    environment = {"PGHOST": "db", "PGUSER": "ann", "PGPASSWORD": "hunter2"}
    command = ["connections", "import", "environment", "-F", "json"]
    (row,) = rows(tusk(*command, env=environment))
    assert (row["name"], row["state"], row["password"]) == ("db", "imported", "not taken")
    assert not (tmp_path / "tusk" / "secrets.toml").exists()
    assert tusk("connections", "remove", "db").code == 0
    done = tusk(*command, "--with-passwords", env=environment)
    assert rows(done)[0]["password"] == "taken"
    assert "hunter2" not in done.out + done.err
    assert "hunter2" in (tmp_path / "tusk" / "secrets.toml").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["oracle"], 2, "it knows: dbeaver, pgadmin, pgpass, service, environment"),
        (["pgadmin"], 0, "nothing to import: name the file that pgAdmin has exported"),
        (["dbeaver"], 0, "there is no data-sources.json"),
        (["pgpass"], 0, "no ~/.pgpass"),
        (["environment", "x"], 2, "the environment is no file"),
        (["pgadmin", "none.json"], 1, "no file 'none.json'"),
        (["dbeaver", "servers.json", "--only", "x"], 2, "no new connection 'x'"),
    ],
)
def test_what_cannot_be_imported_is_said(
    words: list[str], code: int, said: str, servers: Path
) -> None:
    done = tusk("connections", "import", *words, cwd=servers.parent)
    assert said in done.err
    assert done.code == code


def test_hostile_names_and_reasons_are_shown_harmlessly(tmp_path: Path) -> None:
    text = HOSTILE["esc-clear-screen"] + HOSTILE["bidi-isolate"]
    good = {"Name": text, "Group": text, "Host": "db"}
    content = {"Servers": {text: good, "b": {"Name": text, "Host": text}}}
    path = tmp_path / "servers.json"
    path.write_text(json.dumps(content))
    done = on_terminal("connections", "import", "pgadmin", path, "--dry-run", width=200)
    assert done.code == 0
    assert unsafe_characters(done.out) == []
    assert "cannot be taken" in done.out
