"""The history for front ends: what can be run again, where, and with what."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tusk.config.paths import Paths
from tusk.core.errors import UsageError
from tusk.services.connections import Profile, Target, add_profile, resolve
from tusk.services.history import (
    History,
    HistoryEntry,
    HistoryFilter,
    Status,
    check_repeatable,
    connection_of,
    parameters_of,
    parse_moment,
)
from tusk.store.history import HistoryStore, Retention

ENTRY = HistoryEntry(time.time(), "shop", "", "postgres", "select 1", Status.OK, 0.1, id=7)


@pytest.fixture
def history():
    store = HistoryStore(Paths.find().history_file)
    entries = [replace(ENTRY, id=0, text=f"select {n}") for n in range(3)]
    store.write(entries, Retention())
    store.close()
    history = History()
    yield history
    history.close()
    history.close()


def test_entries_are_read_page_by_page(history: History) -> None:
    first = history.find(limit=2)
    rest = history.find(HistoryFilter(before_id=first[-1].id), limit=2)
    assert [e.text for e in first + rest] == ["select 2", "select 1", "select 0"]
    assert history.count() == 3
    assert history.connections() == ["shop"]


def test_clearing_without_a_filter_keeps_what_is_pinned(history: History) -> None:
    pinned = history.find()[1].id
    assert history.pin([pinned]) == 1
    assert history.clear() == 2
    assert [e.id for e in history.find()] == [pinned]
    assert history.pin([pinned], pinned=False) == 1
    assert history.delete([pinned]) == 1
    with pytest.raises(UsageError, match=f"no statement {pinned}"):
        history.get(pinned)


def test_what_is_not_what_was_run_cannot_be_run_again() -> None:
    check_repeatable(ENTRY)
    with pytest.raises(UsageError, match="masked"):
        check_repeatable(replace(ENTRY, is_masked=True))
    with pytest.raises(UsageError, match="beginning"):
        check_repeatable(replace(ENTRY, is_cut=True))


def test_parameters_without_a_kept_value_must_be_given() -> None:
    entry = replace(ENTRY, parameters=("a:int=5", "b"))
    assert parameters_of(entry, ["b=x"]) == ["a:int=5", "b=x"]
    assert parameters_of(entry, ["b=x", "a=6"]) == ["b=x", "a=6"]
    with pytest.raises(UsageError, match="of :b was not kept"):
        parameters_of(entry, ["a=1"])


@pytest.mark.parametrize(
    "text", ["", ":memory:", "duckdb://", "sqlite://", "datafusion://", "postgresql://ann@db/shop"]
)
def test_what_has_no_file_is_found_again(text: str) -> None:
    target = resolve(text)
    entry = replace(ENTRY, connection=target.name, engine=target.engine)
    again = resolve(connection_of(entry))
    assert (again.engine, again.parameters) == (target.engine, target.parameters)


@pytest.mark.parametrize("name", ["a.duckdb", "ä b.sqlite", "100%.csv", "folder"])
def test_a_file_is_found_again_from_anywhere(name: str, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / name
    if path.suffix:
        path.write_bytes(b"")
    else:
        path.mkdir()
    monkeypatch.chdir(tmp_path)
    target = resolve(name)
    location = target.parameters.get("path") or target.parameters["files"]
    entry = replace(ENTRY, connection=target.name, engine=target.engine, location=location)
    monkeypatch.chdir("/")
    again = resolve(connection_of(entry))
    assert (again.engine, again.parameters) == (target.engine, target.parameters)


def test_a_stored_connection_is_found_by_its_name(tmp_path: Path) -> None:
    add_profile(Profile("shop", "duckdb", {"path": str(tmp_path / "new.duckdb")}))
    assert connection_of(replace(ENTRY, engine="duckdb", location="/old.duckdb")) == "shop"


def test_a_connections_wish_not_to_be_recorded_reaches_its_target() -> None:
    add_profile(Profile("private", "duckdb", {"path": ""}, history=False))
    add_profile(Profile("open", "duckdb", {"path": ""}))
    assert resolve("private").keeps_history is False
    assert resolve("open").keeps_history is True
    assert Target("duckdb", "x").keeps_history is True


def test_moments_are_ages_or_dates() -> None:
    now = time.time()
    for text, age in (("90min", 5400), ("2h", 7200), (" 30 D ", 2_592_000), ("1.5h", 5400)):
        assert parse_moment(text) == pytest.approx(now - age, abs=30)
    local = dt.datetime(2026, 1, 31).timestamp()
    assert parse_moment("2026-01-31") == local
    assert parse_moment("2026-01-31T12:00:00+00:00") == 1769860800
    for wrong in ("", "yesterday", "5", "5x", "h", "2026-13-01"):
        with pytest.raises(UsageError, match="no age"):
            parse_moment(wrong)
