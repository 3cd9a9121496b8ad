"""The history's database: what is written is found, pruned, forgotten; damage is survived."""

from __future__ import annotations

import logging
import multiprocessing
import sqlite3
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.hostile import HOSTILE, WITH_NUL
from tusk.core.errors import StorageError
from tusk.store.history import (
    HistoryEntry,
    HistoryFilter,
    HistoryStore,
    Retention,
    Status,
    search_words,
)

KEEP_ALL = Retention()
NOW = time.time()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.db"


@pytest.fixture
def store(path: Path):
    store = HistoryStore(path)
    yield store
    store.close()


def entry(text: str = "select 1", **changes: object) -> HistoryEntry:
    made = HistoryEntry(NOW, "shop", "", "postgres", text, Status.OK, 0.25)
    return replace(made, **changes)  # type: ignore[arg-type]


def put(store: HistoryStore, *entries: HistoryEntry, retention: Retention = KEEP_ALL) -> list[int]:
    return store.write(entries, retention)


def texts(store: HistoryStore, **wanted: object) -> list[str]:
    return [e.text for e in store.find(HistoryFilter(**wanted))]  # type: ignore[arg-type]


def test_an_entry_comes_back_as_it_was(store: HistoryStore) -> None:
    full = entry(
        "select :a",
        location="/data/ä.db",
        is_masked=True,
        is_cut=True,
        parameters=("a:int=5", "b=ü"),
        status=Status.FAILED,
        rows=3,
        affected=2,
        is_complete=False,
        sqlstate="42601",
        error="no\nsuch",
    )
    plain = entry()
    ids = put(store, full, plain)
    assert store.find(HistoryFilter()) == [replace(plain, id=ids[1]), replace(full, id=ids[0])]
    assert store.get(ids[0]) == replace(full, id=ids[0])
    assert store.get(ids[1] + 1) is None
    assert store.get(-1) is None
    assert store.get(1 << 70) is None


def test_the_file_is_private(store: HistoryStore, path: Path) -> None:
    put(store, entry())
    assert {stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()} == {0o600}


def test_an_entry_can_be_replaced_and_is_found_by_its_new_words(store: HistoryStore) -> None:
    [number] = put(store, entry("select pause", rows=10, is_complete=False))
    again = put(
        store, entry("select pause", id=number, rows=20, status=Status.FAILED, error="late")
    )
    assert again == [number]
    assert [(e.rows, e.error) for e in store.find(HistoryFilter())] == [(20, "late")]
    assert texts(store, text="late") == ["select pause"]


def test_an_entry_that_was_deleted_meanwhile_stays_deleted(store: HistoryStore) -> None:
    [number] = put(store, entry())
    store.delete([number])
    put(store, entry(id=number))
    assert store.find(HistoryFilter()) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("orders", ["select * from shop.orders_2026", "delete from ORDERS"]),
        ("ders_20", ["select * from shop.orders_2026"]),
        ("orders select", ["select * from shop.orders_2026"]),
        ('"from shop"', ["select * from shop.orders_2026"]),
        ('"shop from"', []),
        ("or", ["select * from shop.orders_2026", "delete from ORDERS"]),
        ("%", ["select 100 % 7"]),
        ("_2", ["select * from shop.orders_2026"]),
        ("straße", ["select 'STRASSE', 'straße'"]),
        ("deadlock", ["update stock"]),
        ("  ", ["select * from shop.orders_2026", "delete from ORDERS", "select 100 % 7",
                "select 'STRASSE', 'straße'", "update stock"]),
        ('"', ["select * from shop.orders_2026", "delete from ORDERS", "select 100 % 7",
               "select 'STRASSE', 'straße'", "update stock"]),
        ("orders OR stock", []),
        ("text:orders", []),
        ("NOT", []),
    ],
)  # fmt: skip
def test_search_finds_parts_of_words(store: HistoryStore, text: str, found: list[str]) -> None:
    put(
        store,
        entry("update stock", status=Status.FAILED, error="deadlock detected"),
        entry("select 'STRASSE', 'straße'"),
        entry("select 100 % 7"),
        entry("delete from ORDERS"),
        entry("select * from shop.orders_2026"),
    )
    assert texts(store, text=text) == found


def test_filters_apply_together(store: HistoryStore) -> None:
    a, b, c = put(
        store,
        entry("a", connection="shop", started_at=100.0),
        entry("b", connection="other", status=Status.FAILED, started_at=200.0),
        entry("c", connection="shop", status=Status.CANCELLED, started_at=300.0),
    )
    store.pin([b], pinned=True)
    assert texts(store, connections=["shop"]) == ["c", "a"]
    assert texts(store, statuses=[Status.FAILED, Status.CANCELLED]) == ["c", "b"]
    assert texts(store, since=200.0) == ["c", "b"]
    assert texts(store, until=200.0) == ["a"]
    assert texts(store, pinned=True) == ["b"]
    assert texts(store, pinned=False) == ["c", "a"]
    assert texts(store, before_id=c) == ["b", "a"]
    assert texts(store, connections=["shop"], statuses=[Status.OK], text="a") == ["a"]
    assert store.count(HistoryFilter(connections=["shop"])) == 2
    assert store.connections() == ["shop", "other"]
    assert [e.id for e in store.find(HistoryFilter(), limit=2)] == [c, b]
    assert a < b < c


def test_unique_shows_each_statement_once_and_its_last_run(store: HistoryStore) -> None:
    ids = put(store, entry("a"), entry("b"), entry("a"), entry("a", connection="other"))
    found = store.find(HistoryFilter(unique=True))
    assert [e.id for e in found] == [ids[3], ids[2], ids[1]]
    assert texts(store, unique=True, connections=["shop"], text="a") == ["a"]
    assert texts(store, unique=True, before_id=ids[2]) == ["b"], "the older equal one is no other"


def test_the_oldest_go_and_pinned_ones_stay(store: HistoryStore) -> None:
    [pinned, *_] = put(store, entry("pinned"), entry("old"))
    store.pin([pinned], pinned=True)
    put(store, *(entry(f"new {n}") for n in range(3)), retention=Retention(statements=2))
    assert texts(store) == ["new 2", "new 1", "pinned"]
    put(store, entry("aged", started_at=NOW - 3 * 86_400), retention=Retention(days=2))
    assert texts(store) == ["new 2", "new 1", "pinned"]
    store.pin([pinned], pinned=False)
    put(store, entry("last"), retention=Retention(statements=1, days=1))
    assert texts(store) == ["last"]


def test_deleted_ids_are_not_given_again(store: HistoryStore) -> None:
    [first] = put(store, entry())
    assert store.delete([first, first + 7]) == 1
    assert put(store, entry()) > [first]


def test_clearing_leaves_no_word_in_the_files(store: HistoryStore, path: Path) -> None:
    put(store, *(entry(f"select 'xyzzy{n}'") for n in range(50)), entry("select 'keep'"))
    assert store.clear(HistoryFilter(text="xyzzy")) == 50
    left = b"".join(p.read_bytes() for p in path.parent.iterdir())
    assert b"xyzzy" not in left
    assert b"yzz" not in left
    assert b"keep" in left
    assert texts(store, text="keep") == ["select 'keep'"]


def test_deleting_and_pruning_leave_no_statement_readable(store: HistoryStore, path: Path) -> None:
    ids = put(store, entry("select 'xyzzy'" + " " * 20_000), entry("select 'plugh'"), entry("z"))
    store.delete(ids[:1])
    put(store, entry("last"), retention=Retention(statements=1))
    store.close()
    left = b"".join(p.read_bytes() for p in path.parent.iterdir())
    assert b"'xyzzy'" not in left
    assert b"'plugh'" not in left


@pytest.mark.parametrize("text", [*HOSTILE.values(), WITH_NUL, "\ud800 half"])
def test_hostile_texts_are_kept_and_found(store: HistoryStore, text: str) -> None:
    put(store, entry("other"), entry(f"select '{text}'", connection=text, error=text))
    [found] = store.find(HistoryFilter(text="select"))
    if text.isprintable():
        assert found.text == f"select '{text}'"
    assert store.find(HistoryFilter(text=text)) is not None
    assert len(store.find(HistoryFilter(connections=[found.connection], text="select"))) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_any_text_can_be_searched_for(store: HistoryStore, text: str) -> None:
    store.find(HistoryFilter(text=text))
    store.count(HistoryFilter(text=text, unique=True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), st.data())
def test_every_part_of_a_statement_finds_it(store: HistoryStore, text: str, data: st.DataObject):
    [number] = put(store, entry(text))
    begin = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(begin + 1, len(text)))
    part = text[begin:end].replace('"', " ")
    words = [f'"{word}"' for word in part.split(" ") if word]
    found = store.find(HistoryFilter(text=" ".join(words)))
    store.delete([number])
    assert number in [e.id for e in found]


@given(st.text())
def test_search_words_are_never_empty(text: str) -> None:
    assert all(search_words(text))


def _write_many(path: Path, name: str, count: int) -> None:
    store = HistoryStore(path, is_checked=False)
    for number in range(count):
        store.write([entry(f"select {number}", connection=name)], Retention(statements=1_000))
    store.close()


def test_several_processes_write_and_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    names = ["a", "b", "c"]
    workers = [context.Process(target=_write_many, args=(path, name, 40)) for name in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    store = HistoryStore(path)
    for name in names:
        found = store.find(HistoryFilter(connections=[name]))
        assert sorted(e.text for e in found) == sorted(f"select {n}" for n in range(40))
    store.close()


def test_a_damaged_file_is_set_aside_even_when_it_was_not_looked_through(
    path: Path, caplog
) -> None:
    store = HistoryStore(path)
    put(store, *(entry(f"select {n}" + "x" * 3_000) for n in range(50)))
    store.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    store = HistoryStore(path, is_checked=False)
    with caplog.at_level(logging.WARNING):
        put(store, entry("after"))
    assert texts(store) == ["after"]
    store.close()
    aside = [p for p in path.parent.iterdir() if ".corrupt-" in p.name]
    assert aside[0].read_bytes()[4096:] == content[4096:]
    assert str(aside[0]) in caplog.text


def test_a_damaged_index_is_built_again_and_no_statement_is_lost(path: Path) -> None:
    store = HistoryStore(path)
    put(store, *(entry(f"select {n}, 'some words'") for n in range(20)))
    store.close()
    with sqlite3.connect(path) as raw:
        raw.execute("update statement_search_data set block = x'00ff00ff' where id > 10")
    raw.close()
    store = HistoryStore(path)
    store.find(HistoryFilter(text="words"))
    put(store, entry("select 'new words'"))
    assert len(store.find(HistoryFilter(text="words"))) == 21
    store.close()


def test_a_locked_file_is_an_error_in_words(path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tusk.store.database._BUSY_TIMEOUT_S", 0.05)
    store = HistoryStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StorageError, match="locked"):
        put(store, entry())
    other.execute("rollback")
    other.close()
    assert put(store, entry())
    store.close()


def test_a_file_of_a_newer_tusk_is_left_alone(path: Path, caplog) -> None:
    store = HistoryStore(path)
    put(store, entry("theirs"))
    store.close()
    with sqlite3.connect(path) as raw:
        raw.execute("pragma user_version = 999")
    raw.close()
    content = path.read_bytes()
    with caplog.at_level(logging.WARNING):
        older = HistoryStore(path)
    put(older, entry("ours"))
    assert texts(older) == ["ours"]
    older.close()
    assert path.read_bytes() == content
    assert "newer tusk" in caplog.text
