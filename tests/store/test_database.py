"""tusk's own database: migrations, damage, other versions."""

from __future__ import annotations

import logging
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from tusk.core.errors import StorageError
from tusk.store import database
from tusk.store.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "workspace.db"


def layout(db: Database) -> dict[str, str]:
    with db.transaction() as connection:
        return dict(connection.execute("select name, value from layout"))


def put(db: Database, name: str, value: str = "x") -> None:
    with db.transaction() as connection:
        connection.execute("insert or replace into layout values (?, ?)", (name, value))


def test_a_new_database_and_its_companions_are_private_and_of_the_last_version(path: Path) -> None:
    db = Database.open(path)
    put(db, "a")
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"workspace.db", "workspace.db-wal"} <= set(modes)
    with db.transaction() as connection:
        assert connection.execute("pragma user_version").fetchone() == (
            database.migrations()[-1][0],
        )
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    db.close()
    db.close()


def test_what_was_written_is_there_after_opening_again(path: Path) -> None:
    db = Database.open(path)
    put(db, "a", "1")
    db.close()
    assert layout(Database.open(path)) == {"a": "1"}


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in database.migrations()] == list(
        range(1, len(database.migrations()) + 1)
    )


def test_an_older_database_is_migrated_and_keeps_its_rows(path: Path, monkeypatch) -> None:
    db = Database.open(path)
    put(db, "a", "1")
    db.close()
    known = database.migrations()
    extra = (known[-1][0] + 1, "alter table layout add column extra text default 'new';")
    monkeypatch.setattr(database, "migrations", lambda _kind: [*known, extra])
    db = Database.open(path)
    with db.transaction() as connection:
        assert connection.execute("select * from layout").fetchall() == [("a", "1", "new")]
        assert connection.execute("pragma user_version").fetchone() == (extra[0],)


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch) -> None:
    db = Database.open(path)
    put(db, "a", "1")
    db.close()
    known = database.migrations()
    broken = (known[-1][0] + 1, "alter table layout add column extra text; select * from nowhere;")
    with monkeypatch.context() as patch:
        patch.setattr(database, "migrations", lambda _kind: [*known, broken])
        with pytest.raises(StorageError, match="no such table: nowhere"):
            Database.open(path)
    assert layout(Database.open(path)) == {"a": "1"}


def test_a_database_of_a_newer_tusk_is_left_alone_and_said(path: Path, caplog) -> None:
    db = Database.open(path)
    put(db, "theirs")
    with db.transaction() as connection:
        connection.execute("pragma user_version = 999")
    content = path.read_bytes()
    with caplog.at_level(logging.WARNING):
        older = Database.open(path)
    assert "newer tusk" in caplog.text
    assert str(older.path) in caplog.text
    assert older.path != path
    assert layout(older) == {}
    put(older, "ours")
    older.close()
    assert path.read_bytes() == content
    assert layout(db) == {"theirs": "x"}
    assert layout(Database.open(path)) == {"ours": "x"}


@pytest.mark.parametrize(
    "content", [b"not a database at all", b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_file_is_set_aside_and_said(path: Path, content: bytes, caplog) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        db = Database.open(path)
    put(db, "a")
    aside = [p for p in path.parent.iterdir() if ".corrupt-" in p.name]
    assert [p.read_bytes() for p in aside] == [content]
    assert str(aside[0]) in caplog.text
    assert layout(db) == {"a": "x"}


def test_an_empty_file_is_a_new_database(path: Path, caplog) -> None:
    path.parent.mkdir()
    path.touch()
    put(Database.open(path), "a")
    assert caplog.text == ""


def test_damage_inside_is_found_and_set_aside_with_the_log_that_belongs_to_it(
    path: Path, caplog
) -> None:
    db = Database.open(path)
    for number in range(200):
        put(db, f"name {number}", "x" * 500)
    db.close()
    content = bytearray(path.read_bytes())
    content[5000:40000] = b"\x5a" * 35000
    path.write_bytes(content)
    path.with_name("workspace.db-wal").write_bytes(b"stale")
    with caplog.at_level(logging.WARNING):
        db = Database.open(path)
    assert layout(db) == {}
    aside = sorted(p.name.partition(".corrupt-")[0] for p in path.parent.glob("*.corrupt-*"))
    assert "workspace.db" in aside
    assert "is damaged" in caplog.text


def test_a_database_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(StorageError):
        Database.open(tmp_path / "state" / "workspace.db")


def test_a_failed_transaction_changes_nothing(path: Path) -> None:
    db = Database.open(path)
    with pytest.raises(ZeroDivisionError), db.transaction() as connection:
        connection.execute("insert into layout values ('a', 'x')")
        1 / 0  # noqa: B018
    with pytest.raises(StorageError, match="no such table"), db.transaction() as connection:
        connection.execute("insert into layout values ('b', 'x')")
        connection.execute("select * from nowhere")
    assert layout(db) == {}


def test_threads_take_turns(path: Path) -> None:
    db = Database.open(path)

    def put_some(thread: int) -> None:
        for number in range(20):
            put(db, f"{thread}-{number}")

    threads = [threading.Thread(target=put_some, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(layout(db)) == 100


def test_a_full_disk_is_said_and_what_was_saved_stays(path: Path) -> None:
    db = Database.open(path)
    put(db, "a")
    with db.transaction() as connection:
        pages = connection.execute("pragma page_count").fetchone()[0]
    # SQLite's own limit stands in for the disk's: it raises the same error.
    sqlite3.connect(path).close()
    db._connection.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(StorageError, match="full"):
        put(db, "big", "x" * 1_000_000)
    assert layout(db) == {"a": "x"}
