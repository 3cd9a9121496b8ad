"""Tabs of several processes in one database."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.hostile import HOSTILE, WITH_NUL
from tusk.core.errors import StorageError
from tusk.services.workspace import KeptFile, Tab, Workspace
from tusk.store.database import Database
from tusk.store.workspace import WorkspaceStore

# Times a writer is killed: a few here, many by hand.
KILLS = int(os.environ.get("TUSK_TEST_KILLS", "50"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def open_store(folder: Path) -> WorkspaceStore:
    return WorkspaceStore(Database.open(folder / "workspace.db"), folder / "instances")


def tab(name: str, text: str = "select 1", **more: object) -> Tab:
    return Tab(name, name.title(), text, **more)  # type: ignore[arg-type]


def test_tabs_come_back_as_they_were(folder: Path) -> None:
    store = open_store(folder)
    assert store.adopt() == []
    tabs = [
        tab("a", caret=3, connection="shop"),
        tab("b", "", is_active=True),
        tab("c", "select 'ü' -- 日本\n"),
    ]
    store.save_tabs(tabs)
    store.close()
    assert open_store(folder).adopt() == tabs


def test_only_what_changed_is_written_and_what_is_gone_is_removed(folder: Path) -> None:
    store = open_store(folder)
    store.save_tabs([tab("a"), tab("b"), tab("c", is_active=True)])
    store.save_tabs([tab("c", is_active=True), tab("a", "select 2")])
    changes = store._database._connection.total_changes
    store.save_tabs([tab("c", is_active=True), tab("a", "select 2")])
    assert store._database._connection.total_changes == changes
    store.close()
    assert open_store(folder).adopt() == [tab("c", is_active=True), tab("a", "select 2")]


def test_hostile_texts_come_back_unchanged(folder: Path) -> None:
    store = open_store(folder)
    texts = [*HOSTILE.values(), WITH_NUL]
    tabs = [Tab(str(n), text[:200], text, is_active=n == 0) for n, text in enumerate(texts)]
    store.save_tabs(tabs)
    store.close()
    assert open_store(folder).adopt() == tabs


def test_files_behind_tabs_come_back_whatever_their_names(folder: Path) -> None:
    store = open_store(folder)
    name = os.fsdecode(b"/data/caf\xe9 \x1b[31m\n.sql")
    file = KeptFile(name, "utf-16-le", True, "\r\n", "0" * 32, True)
    tabs = [tab("a", "", is_active=True), tab("b", "", file=file), tab("c", "x", file=file)]
    store.save_tabs(tabs)
    tabs[2] = tab("c", "y", file=replace(file, is_modified=False))
    store.save_tabs(tabs)
    store.close()
    again = open_store(folder)
    assert again.adopt() == tabs
    again.save_tabs([tab("a", is_active=True), tab("b", "")])
    with again._database.transaction() as db:
        assert db.execute("select count(*) from tab_file").fetchone() == (0,)


def test_recent_files_are_ordered_and_bounded(folder: Path) -> None:
    store = open_store(folder)
    store.remember_files({f"/{number}.sql": float(number) for number in range(60)})
    store.remember_files({os.fsdecode(b"/caf\xe9.sql"): 100.0, "/30.sql": 99.0})
    assert store.recent_files()[:3] == [os.fsdecode(b"/caf\xe9.sql"), "/30.sql", "/59.sql"]
    assert len(store.recent_files()) == 50


def test_half_a_surrogate_pair_does_not_keep_the_rest_from_being_saved(folder: Path) -> None:
    store = open_store(folder)
    store.save_tabs([tab("a", "x\ud800y", is_active=True), tab("b")])
    store.close()
    assert open_store(folder).adopt() == [tab("a", "x?y", is_active=True), tab("b")]


def test_two_processes_keep_their_own_tabs_and_the_next_start_gets_both(folder: Path) -> None:
    first, second = open_store(folder), open_store(folder)
    assert first.adopt() == []
    first.save_tabs([tab("a", is_active=True), tab("a2", "")])
    assert second.adopt() == []
    second.save_tabs([tab("b", is_active=True), tab("b2", "  \n")])
    first.save_tabs([tab("a", "select 'later'", is_active=True), tab("a2", "")])
    third = open_store(folder)
    assert third.adopt() == []
    second.close()
    assert third.adopt() == [tab("b", is_active=True), tab("b2", "  \n")]
    first.close()
    fourth = open_store(folder)
    assert [t.id for t in fourth.adopt()] == ["a", "a2"]
    third.close()
    assert [t.id for t in open_store(folder).adopt()] == ["b", "b2"]


def test_the_one_that_saved_last_comes_first_and_whole_and_one_tab_is_active(folder: Path) -> None:
    first, second = open_store(folder), open_store(folder)
    first.save_tabs([tab("a", is_active=True), tab("a2", "")])
    second.save_tabs([tab("b", is_active=True), tab("b2", "")])
    first.close()
    second.close()
    assert open_store(folder).adopt() == [
        tab("b", is_active=True),
        tab("b2", ""),
        tab("a", is_active=False),
    ]


def test_nothing_is_left_of_ended_processes(folder: Path) -> None:
    for number in range(5):
        store = open_store(folder)
        store.adopt()
        store.save_tabs([tab("a", str(number), is_active=True)])
        store.close()
    store = open_store(folder)
    store.adopt()
    with store._database.transaction() as db:
        assert db.execute("select count(*) from instance").fetchone() == (1,)
        assert db.execute("select count(*) from tab").fetchone() == (1,)
    assert len(list((folder / "instances").iterdir())) == 1


def test_a_process_that_ended_before_it_was_known_leaves_nothing(folder: Path) -> None:
    open_store(folder).close()
    (folder / "instances" / "0123456789abcdef.lock").touch()
    store = open_store(folder)
    store.adopt()
    assert [p.stem for p in (folder / "instances").iterdir()] == [store._instance.id]


def test_layout_of_two_windows_is_merged_by_name(folder: Path) -> None:
    first, second = open_store(folder), open_store(folder)
    first.save_layout({"left": "30", "bottom": "12"})
    second.save_layout({"left": "40"})
    assert first.layout() == {"left": "40", "bottom": "12"}


def test_recent_connections_are_ordered_unique_and_bounded(folder: Path) -> None:
    store = open_store(folder)
    for number in range(60):
        store.remember_connection(f"c{number}")
    store.remember_connection("c30")
    recent = store.recent_connections()
    assert recent[:3] == ["c30", "c59", "c58"]
    assert len(recent) == len(set(recent)) == 50


def test_saving_writes_the_tab_that_changed_and_no_other(folder: Path) -> None:
    store = open_store(folder)
    connection = store._database._connection
    tabs = [tab(str(n), "select 1;\n" * 2000) for n in range(10)]
    store.save_tabs(tabs)
    written: list[str] = []
    connection.set_trace_callback(written.append)
    tabs[3] = tab("3", "select 3")
    store.save_tabs(tabs)
    store.save_tabs(tabs)
    # SQLite names a statement once more for the rows that go with the replaced one.
    (insert,) = {statement for statement in written if "into tab" in statement}
    assert "'select 3'" in insert
    assert written.count("COMMIT") == 1
    connection.set_trace_callback(None)


def test_without_a_place_to_write_the_app_still_has_a_workspace(
    tmp_path: Path, monkeypatch, caplog
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "file"))
    workspace = Workspace.open()
    assert "tabs will not be kept" in caplog.text
    assert workspace.load().tabs == []
    workspace.save_tabs([tab("a")])
    workspace.close()


def test_the_service_brings_everything_back(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "home"))
    workspace = Workspace.open()
    workspace.save_tabs([tab("a", is_active=True)])
    workspace.save_layout({"left": "30"})
    workspace.remember_connection("shop")
    workspace.remember_connection("sales")
    workspace.close()
    state = Workspace.open().load()
    assert state.tabs == [tab("a", is_active=True)]
    assert state.layout == {"left": "30"}
    assert state.last_connection == "sales"


def test_saving_that_fails_says_so_and_keeps_what_was_saved(folder: Path) -> None:
    store = open_store(folder)
    store.save_tabs([tab("a", is_active=True)])
    store._database._connection.execute("pragma query_only = on")
    with pytest.raises(StorageError, match="readonly"):
        store.save_tabs([tab("a", "select 2", is_active=True)])
    store._database._connection.execute("pragma query_only = off")
    store.save_tabs([tab("a", "select 2", is_active=True)])
    store.close()
    assert open_store(folder).adopt() == [tab("a", "select 2", is_active=True)]


WRITER = """
import sys
from pathlib import Path
from tusk.store.database import Database
from tusk.store.workspace import Tab, WorkspaceStore
folder = Path(sys.argv[1])
store = WorkspaceStore(Database.open(folder / "workspace.db"), folder / "instances")
number = max([int(t.text[:8]) for t in store.adopt()], default=0)
print(number, flush=True)
while True:
    number += 1
    text = f"{number:08d}" * 2000
    store.save_tabs([Tab("a", "A", text, number, "", True), Tab("b", "B", text, number)])
    store.save_layout({"left": str(number)})
    print(number, flush=True)
"""


def test_a_killed_process_leaves_the_old_or_the_new_tabs_never_torn_ones(folder: Path) -> None:
    last = 0
    for round_ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        began = int(process.stdout.readline())
        # A save may have been complete before the number was printed; none may be lost.
        assert began >= last
        for _ in range(round_ % 7 + 1):
            last = int(process.stdout.readline())
        time.sleep(round_ % 5 * 0.0007)  # another moment of the writing each time
        process.kill()
        last = max([last, *map(int, process.stdout.read().split())])
        process.stdout.close()
        process.wait()
    with sqlite3.connect(folder / "workspace.db") as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    db.close()
    a, b = open_store(folder).adopt()
    assert a.text == b.text == f"{a.caret:08d}" * 2000
    assert a.caret == b.caret >= last
    assert list(folder.glob("*.corrupt-*")) == []
