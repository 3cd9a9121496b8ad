"""A password is typed once, and is then nowhere but where it belongs."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.tui.desk import open_desk
from tusk.services import connections
from tusk.services.connections import Profile
from tusk.services.settings import change_setting
from tusk.tui.screens.password import PasswordScreen

SECRET = "correct-horse-battery-staple"


@pytest.fixture
def profile(pg_db: str) -> Profile:
    """A connection of a user who has a password of his own."""
    where = {k: str(v) for k, v in conninfo_to_dict(pg_db).items() if k != "password"}
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute("drop role if exists tusk_secret")
        admin.execute(sql.SQL("create role tusk_secret login password {}").format(SECRET))
    return Profile("shop", "postgres", where | {"user": "tusk_secret"})


@pytest.fixture(autouse=True)
def every_word_is_logged() -> None:
    change_setting("log.level", "debug")


def holders(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"workspace.db", "tusk.log"} <= {path.name for path in files}
    return [path.name for path in files if SECRET.encode() in path.read_bytes()]


async def test_a_password_that_is_asked_for_is_in_no_file(profile: Profile, tmp_path: Path) -> None:
    connections.add_profile(profile)
    async with open_desk() as desk:
        await desk.press("f2", "down", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, PasswordScreen), "the question")
        await desk.type(SECRET)
        assert SECRET not in desk.text()
        await desk.press("enter")
        await desk.until(lambda: "autocommit" in desk.status, "the open connection")
        await desk.run("select 1; select oops", key="f8")
        assert holders(tmp_path) == []
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running, "the end")
    assert holders(tmp_path) == []


async def test_a_password_in_a_url_is_in_no_file_and_not_on_the_screen(
    profile: Profile, tmp_path: Path
) -> None:
    p = profile.parameters
    url = f"postgresql://{p['user']}:{SECRET}@{p['host']}:{p['port']}/{p['dbname']}"
    async with open_desk(url) as desk:
        await desk.until(lambda: "autocommit" in desk.status, "the open connection")
        await desk.run("select oops")
        assert SECRET not in desk.text() + desk.status + repr(desk.messages)
        assert holders(tmp_path) == []
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running, "the end")
    assert holders(tmp_path) == []
