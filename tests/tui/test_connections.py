"""Adding, changing, importing and choosing connections."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from textual.widgets import Input

from tests.tui.desk import Desk, open_desk
from tusk.services import connections
from tusk.services.connections import (
    ConfirmWrites,
    ConnectionState,
    Profile,
    ServerInfo,
    SshRoute,
)
from tusk.tui.profile_fields import fields_of, profile_of
from tusk.tui.screens.connection_form import ConnectionForm, server_words
from tusk.tui.screens.import_connections import ImportScreen


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("create table item (name text)")
        db.executemany("insert into item values (?)", [["pen"], ["ink"]])
    return path


def names(desk: Desk) -> list[str]:
    return [entry.label for entry in desk.connections.entries]


async def form(desk: Desk) -> ConnectionForm:
    await desk.until(lambda: isinstance(desk.app.screen, ConnectionForm), "the form")
    assert isinstance(desk.app.screen, ConnectionForm)
    return desk.app.screen


async def saved(desk: Desk) -> None:
    await desk.press("f2")
    await desk.until(lambda: not isinstance(desk.app.screen, ConnectionForm), "the form to close")


class TestForm:
    async def test_a_pasted_path_fills_the_form_and_is_saved_and_used(self, shop: Path) -> None:
        async with open_desk() as desk:
            await desk.press("f2", "a")
            shown = await form(desk)
            shown.query_one("#url", Input).value = str(shop)
            await desk.press("enter")
            await desk.until(lambda: shown.query_one("#path", Input).value == str(shop), "the path")
            shown.query_one("#name", Input).value = "my shop"
            await saved(desk)
            assert connections.get_profile("my shop").engine == "sqlite"
            await desk.until(lambda: "my shop" in desk.status, "the connection in use")
            await desk.run("select name from item order by 1")
            assert desk.column() == ["ink", "pen"]

    async def test_a_pasted_url_keeps_its_password_out_of_sight_and_file(self) -> None:
        async with open_desk() as desk:
            await desk.press("f2", "a")
            shown = await form(desk)
            shown.query_one("#url", Input).value = "postgresql://ann:s3cret@db.example:5433/shop"
            await desk.press("enter")
            await desk.until(lambda: shown.query_one("#host", Input).value != "", "the host")
            assert shown.query_one("#port", Input).value == "5433"
            assert shown.query_one("#password", Input).value == "s3cret"
            assert shown.query_one("#url", Input).value == ""
            assert "s3cret" not in desk.text()
            await saved(desk)
            profile = connections.get_profile("shop")
            assert connections.target_of(profile).password == "s3cret"
            assert "s3cret" not in str(profile)

    async def test_testing_shows_what_the_server_tells(self, shop: Path) -> None:
        connections.add_profile(Profile("shop", "sqlite", {"path": str(shop)}))
        async with open_desk() as desk:
            await desk.press("f2", "down", "e")
            await form(desk)
            await desk.press("f5")
            await desk.until_shown("answers in")
            assert "SQLite 3." in desk.text()

    async def test_a_new_connection_is_tested_before_anything_of_it_is_stored(
        self, pg_db: str, tmp_path: Path
    ) -> None:
        where = {key: str(value) for key, value in conninfo_to_dict(pg_db).items()}
        async with open_desk(size=(120, 50)) as desk:
            await desk.press("f2", "a")
            shown = await form(desk)
            shown.query_one("#url", Input).value = "postgresql://localhost/x"
            await desk.press("enter")
            await desk.until(lambda: shown.query_one("#host", Input).value != "", "the host")
            for field in ("host", "port", "user", "dbname", "password"):
                shown.query_one(f"#{field}", Input).value = where[field]
            await desk.press("f5")
            await desk.until_shown("answers in")
            words = desk.text()
            assert isinstance(desk.app.screen, ConnectionForm)
        with psycopg.connect(pg_db) as connection:
            version = connection.execute("show server_version").fetchone()
        assert version is not None
        assert f"PostgreSQL {version[0].split()[0]}" in words
        assert "no TLS" in words
        assert f"{where['user']}@{where['dbname']}" in words
        assert connections.list_profiles() == []
        written = b"".join(p.read_bytes() for p in (tmp_path / "tusk").rglob("*") if p.is_file())
        assert where["password"].encode() not in written

    def test_a_standby_and_a_read_only_server_are_told(self) -> None:
        info = ServerInfo(
            "PostgreSQL", "17.2", 0.004, tls="TLSv1.3", is_standby=True, is_read_only=True
        )
        assert server_words(info).split(" · ")[2:] == ["TLS TLSv1.3", "standby", "read-only"]

    async def test_testing_what_cannot_be_reached_says_why(self) -> None:
        profile = Profile("gone", "postgres", {"host": "127.0.0.1", "port": "1"})
        connections.add_profile(profile)
        async with open_desk() as desk:
            await desk.press("f2", "down", "e")
            await form(desk)
            await desk.press("f5")
            await desk.until_shown("refused")

    async def test_a_wrong_field_is_told_and_nothing_is_saved(self) -> None:
        async with open_desk() as desk:
            await desk.press("f2", "a")
            shown = await form(desk)
            shown.query_one("#name", Input).value = "a/b"
            await desk.press("f2")
            await desk.until_shown("could be taken for a file")
            assert connections.list_profiles() == []

    async def test_colour_question_and_tunnel_are_chosen_by_keys(self) -> None:
        connections.add_profile(Profile("shop", "postgres", {"host": "db"}))
        async with open_desk(size=(80, 24)) as desk:
            await desk.press("f2", "down", "e")
            shown = await form(desk)
            shown.query_one("#color").focus()
            await desk.press("enter", "down", "enter")
            shown.query_one("#confirm_writes").focus()
            await desk.press("enter", "down", "enter")
            shown.query_one("#ssh_host").focus()
            await desk.type("bastion")
            await saved(desk)
            await desk.press("e")
            shown = await form(desk)
            assert fields_of(connections.get_profile("shop"))["ssh_host"] == "bastion"
            shown.query_one("#ssh_host", Input).value = ""
            shown.query_one("#ssh_jump", Input).value = "gate"
            await desk.press("f2")
            await desk.until_shown("need an SSH host")
        profile = connections.get_profile("shop")
        assert profile.color == "red"
        assert profile.confirm_writes is ConfirmWrites.ALL
        assert profile.ssh == SshRoute("bastion")

    async def test_a_taken_name_is_told(self) -> None:
        connections.add_profile(Profile("shop", "duckdb", {"path": ""}))
        async with open_desk() as desk:
            await desk.press("f2", "a")
            shown = await form(desk)
            shown.query_one("#name", Input).value = "shop"
            await desk.press("f2")
            await desk.until_shown("✗")
            assert "shop" in desk.text()
            assert isinstance(desk.app.screen, ConnectionForm)

    async def test_renaming_keeps_the_password(self) -> None:
        connections.add_profile(Profile("old", "postgres", {"host": "h"}), "pw")
        async with open_desk() as desk:
            await desk.press("f2", "down", "e")
            shown = await form(desk)
            shown.query_one("#name", Input).value = "new"
            await saved(desk)
            assert names(desk) == ["memory", "new"]
            assert connections.target_of(connections.get_profile("new")).password == "pw"

    async def test_escape_leaves_without_saving(self) -> None:
        async with open_desk() as desk:
            await desk.press("f2", "a")
            await form(desk)
            await desk.press("escape")
            await desk.until(lambda: not isinstance(desk.app.screen, ConnectionForm), "the end")
            assert connections.list_profiles() == []

    async def test_everything_is_in_sight_at_80_by_24(self) -> None:
        async with open_desk(size=(80, 24)) as desk:
            await desk.press("f2", "a")
            await form(desk)
            for text in ("URL", "Password", "Timeout", "[ ] Read-only", "F5 Test", "F2 Save"):
                assert text in desk.text(), text


class TestFields:
    def test_a_profile_survives_the_form(self) -> None:
        profile = Profile(
            "x",
            "postgres",
            {"host": "h", "dbname": "d", "application_name": "it's me", "options": "-c a=b"},
            group="prod",
            color="red",
            startup_sql=("set a = 1", "select ';'"),
            statement_timeout_s=2.5,
            confirm_writes=ConfirmWrites.ALL,
            ssh=SshRoute("ann@bastion:2222", "gate,wall", "~/my key"),
            search_path=("sales", "My Schema"),
            fetch_limit=500,
        )
        assert profile_of(profile, "postgres", fields_of(profile), read_only=False) == profile


class TestList:
    async def test_deleting_asks_first(self) -> None:
        connections.add_profile(Profile("shop", "duckdb", {"path": ""}), None)
        async with open_desk() as desk:
            await desk.press("f2", "down", "d")
            await desk.until_shown("Delete the connection shop?")
            await desk.press("escape")
            assert len(connections.list_profiles()) == 1
            await desk.press("d")
            await desk.until_shown("Delete the connection shop?")
            await desk.press("left", "enter")
            await desk.until(lambda: names(desk) == ["memory"], "the shorter list")
            assert connections.list_profiles() == []

    async def test_duplicating_makes_a_copy_with_a_name_of_its_own(self) -> None:
        connections.add_profile(Profile("shop", "postgres", {"host": "h"}), "pw")
        async with open_desk() as desk:
            await desk.press("f2", "down", "c")
            shown = await form(desk)
            assert shown.query_one("#name", Input).value == "shop 2"
            await saved(desk)
            copy = connections.get_profile("shop 2")
            assert copy.parameters == {"host": "h"}
            assert connections.target_of(copy).password == "pw"

    async def test_several_connections_are_open_at_once(self, shop: Path) -> None:
        connections.add_profile(Profile("shop", "sqlite", {"path": str(shop)}))
        async with open_desk() as desk:
            await desk.run("create table mine as select 42 as a")
            await desk.press("ctrl+n", "f2", "down", "enter")
            await desk.until(lambda: "shop" in desk.status, "the other connection")
            await desk.run("select count(*) from item")
            assert desk.column() == [2]
            await desk.press("ctrl+pageup")
            await desk.run("select a from mine")
            assert desk.column() == [42]
            states = {entry.state for entry in desk.app.book.entries}
            assert states == {ConnectionState.ONLINE}

    async def test_disconnecting_asks_when_a_transaction_is_open(self) -> None:
        async with open_desk() as desk:
            await desk.run("begin")
            await desk.press("f2", "x")
            await desk.until_shown("Disconnect memory?")
            await desk.press("left", "enter")
            await desk.until(lambda: "offline" in desk.status, "the closed connection")

    async def test_groups_are_sorted_and_can_be_folded(self) -> None:
        for name, group in (("z", ""), ("b", "work"), ("c", "Home"), ("a", "work"), ("y", "")):
            connections.add_profile(Profile(name, "duckdb", {"path": ""}, group=group))
        async with open_desk() as desk:
            assert names(desk) == ["memory", "y", "z", "c", "a", "b"]
            await desk.press("f2", "end", "left")
            assert "▸ work 2" in desk.text()
            assert names(desk) == ["memory", "y", "z", "c", "a", "b"]
            # Nothing is done with a heading but to fold it.
            await desk.press("e", "d", "x", "c")
            assert desk.connections.highlighted_entry is None
            await desk.press("enter", "down", "enter")
            await desk.until(lambda: "● ◆ a" in desk.status, "the first of the group in use")
            # The heading of a folded group tells that one of it is open.
            await desk.press("left")
            assert "▸ work 2, 1 open" in desk.text()
            await desk.run("select 1")
            assert "▸ work 2, 1 open" in desk.text()
            await desk.press("right", "down")
            assert desk.connections.highlighted_entry is desk.pane.entry

    async def test_folded_groups_are_still_folded_the_next_time(self) -> None:
        for name, group in (("a", "work, [old]"), ("b", "Home"), ("c", "more")):
            connections.add_profile(Profile(name, "duckdb", {"path": ""}, group=group))
        async with open_desk() as desk:
            await desk.press("f2", "end", "left", "up", "left")
            assert "▸ more 1" in desk.text()
            assert "▾ Home" in desk.text()
            await desk.press("ctrl+q")
            await desk.until(lambda: not desk.app.is_running, "the end")
        connections.remove_profile("c")
        async with open_desk() as desk:
            assert "▸ work, [old] 1" in desk.text()
            assert desk.connections.folded == ["work, [old]"]
            await desk.press("f2", "end", "right", "ctrl+q")
            await desk.until(lambda: not desk.app.is_running, "the end")
        async with open_desk() as desk:
            assert "▾ work, [old]" in desk.text()

    async def test_a_result_pauses_at_the_connections_own_limit(self) -> None:
        connections.add_profile(Profile("few", "duckdb", {"path": ""}, fetch_limit=5))
        async with open_desk("few") as desk:
            await desk.run("from range(20)")
            assert desk.column() == list(range(5))
            await desk.press("f9")
            await desk.until(lambda: desk.pane.status.rows == 10, "the next five")
            await desk.press("ctrl+n", "f2", "home", "enter", "f3")
            await desk.run("from range(20)")
            assert len(desk.column()) == 20

    async def test_a_colour_is_told_in_words_too(self) -> None:
        for name, group, color in (("a", "production", "red"), ("b", "", "blue")):
            profile = Profile(name, "duckdb", {"path": ""}, group=group, color=color)
            connections.add_profile(profile)
        async with open_desk("a", size=(120, 24)) as desk:
            assert "● ◆ a red" in desk.text()
            assert "○ ◆ b blue" in desk.text()
            assert "▌a · production" in desk.text()
            assert "◆ a │  production  │" in desk.status
            await desk.press("f2", "home", "down", "enter")
            await desk.until(lambda: "◆ b │  blue  │" in desk.status, "the other connection")
            await desk.until_shown("▌a · blue")

    async def test_a_state_is_told_in_words_and_by_a_sign(self) -> None:
        async with open_desk() as desk:
            await desk.run("begin")
            await desk.until_shown("◉ ◆ memory in transaction")


class TestImport:
    async def test_what_is_found_is_compared_chosen_and_stored(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service_file = tmp_path / "services"
        service_file.write_text("[shop]\nhost=db.example\n\n[stock]\nhost=db.example\n")
        monkeypatch.setenv("PGSERVICEFILE", str(service_file))
        monkeypatch.setenv("PGHOST", "/tmp")
        monkeypatch.setenv("PGDATABASE", "mine")
        monkeypatch.setenv("PGPASSWORD", "s3cret")
        (tmp_path / "home" / ".pgpass").write_text("db:5432:shop:ann:hidden\n*:*:*:ann:hidden\n")
        connections.add_profile(Profile("old", "postgres", {"service": "stock"}))
        async with open_desk(size=(80, 24)) as desk:
            await desk.press("f2", "i")
            await desk.until_shown("F2 Import 3")
            text = desk.text()
            for words in (
                "[x] shop@db  new · postgresql://ann@db:5432/shop",
                "[x] shop  new",
                "[ ] stock  stored as old",
                "[x] mine  new",
                "✗ line 2  cannot be taken: it stands for any host",
                "chmod 600",
                "[ ] Keep their passwords too (1)",
            ):
                assert words in text, words
            assert "s3cret" not in text
            assert "hidden" not in text
            # Of a line everything is told; one that cannot be taken is not ticked.
            await desk.press("end", "space")
            await desk.until_shown("it stands for any host, not for a certain connection")
            assert "F2 Import 3" in desk.text()
            await desk.press("up", "space")
            await desk.until(lambda: "Keep their" not in desk.text(), "no password to keep")
            await desk.press("space", "home", "space")
            await desk.until_shown("F2 Import 2")
            await desk.press("tab", "space", "f2")
            await desk.until(lambda: len(names(desk)) == 4, "the stored connections")
        stored = {profile.name: profile for profile in connections.list_profiles()}
        assert set(stored) == {"old", "shop", "mine"}
        assert stored["shop"].parameters == {"service": "shop"}
        assert connections.target_of(stored["mine"]).password == "s3cret"

    async def test_a_file_is_read_whosever_it_is_and_trouble_is_said(self, tmp_path: Path) -> None:
        server = {"Name": "[/x] \x1b[2J", "Group": "g", "Host": "db"}
        content = {"Servers": {"1": server, "2": {"Name": "bad", "Host": "a\x1bb"}}}
        (tmp_path / "servers.json").write_text(json.dumps(content))
        (tmp_path / "broken.json").write_text("{")
        async with open_desk(size=(80, 24)) as desk:
            await desk.press("f2", "i")
            await desk.until_shown("Nothing to import")
            assert "data-sources.json" in desk.text()
            field = desk.app.screen.query_one("#file", Input)
            assert field.has_focus
            field.value = str(tmp_path / "broken.json")
            await desk.press("enter")
            await desk.until_shown("is not valid JSON")
            field.value = str(tmp_path / "servers.json")
            await desk.press("enter")
            await desk.until_shown("F2 Import 1")
            assert "✗ bad  cannot be taken: its host holds characters" in desk.text()
            await desk.press("n")
            await desk.until_shown("F2 Import 0")
            await desk.press("f2", "a", "f2")
            await desk.until(lambda: len(names(desk)) == 2, "the stored connection")
            (profile,) = connections.list_profiles()
            assert (profile.group, profile.parameters) == ("g", {"host": "db"})
            # Escape stores nothing.
            await desk.press("i")
            await desk.until_shown("Nothing to import")
            await desk.press("escape")
            await desk.until(lambda: not isinstance(desk.app.screen, ImportScreen), "the end")


async def test_a_url_given_again_brings_its_password_to_the_one_of_the_last_time() -> None:
    async with open_desk() as desk:
        await desk.app.book.remember("postgresql://ann@127.0.0.1:1/shop")
        entry = await desk.app.book.add("postgresql://ann:secret@127.0.0.1:1/shop")
        assert names(desk).count(entry.label) == 1
        assert entry.target is not None
        assert entry.target.password == "secret"
        assert "secret" not in entry.reference
