"""Paths in strings, and the columns of files, without a key press ever waiting for a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.catalog.support import open_datafusion, open_duckdb, run
from tests.services.completion.shop import Asked, Desk
from tusk.core.dialect import DUCKDB, POSTGRES, SQLITE
from tusk.core.errors import QueryError
from tusk.engines.base import Session
from tusk.services.completion import CandidateKind, FileCatalog, Snapshot, describe_source
from tusk.services.completion.candidates import WantedColumns, WantedFolder
from tusk.services.completion.loading import load_snapshot
from tusk.services.completion.snapshot import Column


@pytest.fixture
def session() -> Iterator[Session]:
    session = open_duckdb()
    yield session
    session.close()


@pytest.fixture
def folder(tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with data."""
    folder = tmp_path / "work"
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / ".secret.csv").write_text("a\n1\n")
    (folder / "notes.txt").write_text("x")
    (folder / "it's.csv").write_text("a\n1\n")
    (folder / "sales.csv").write_text("day,amount,Odd Name\n2024-01-01,1,x\n")
    (folder / "semi.csv").write_text("x;y\n1;2\n")
    run(session, f"copy (select 1 as id, 'x' as label) to '{folder}/data/big.parquet'")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def desk(session: Session, folder: Path) -> Desk:
    files = FileCatalog(lambda source: describe_source(session, source))
    return Desk(load_snapshot(session), DUCKDB, files)


def settled(desk: Desk, marked: str) -> Asked:
    """What is offered once everything wanted has been loaded."""
    asked = desk.ask(marked)
    for _ in range(3):
        if not asked.found.wanted:
            break
        assert desk.files is not None
        desk.files.fetch(asked.found.wanted)
        asked = desk.ask(marked)
    return asked


def test_a_folder_is_asked_for_and_offered_once_it_is_known(desk: Desk) -> None:
    asked = desk.ask("select * from '|")
    assert (asked.labels, asked.found.wanted) == ([], (WantedFolder(""),))
    labels = settled(desk, "select * from '|").labels
    assert labels == [
        "data/",
        "it's.csv",
        "sales.csv",
        "semi.csv",
        "notes.txt",
        ".hidden/",
        ".secret.csv",
    ]


@pytest.mark.parametrize(
    ("statement", "label", "taken"),
    [
        ("select * from 'sa|", "sales.csv", "select * from 'sales.csv'|"),
        ("select * from 'sa|'", "sales.csv", "select * from 'sales.csv'|"),
        ("select * from 'sa|les.csv' where 1", "sales.csv", "select * from 'sales.csv'| where 1"),
        ("select * from 'da|", "data/", "select * from 'data/|"),
        ("select * from 'data/|", "big.parquet", "select * from 'data/big.parquet'|"),
        ("select * from './data/b|", "big.parquet", "select * from './data/big.parquet'|"),
        ("select * from 'it|", "it's.csv", "select * from 'it''s.csv'|"),
        ("select * from read_csv('sa|", "sales.csv", "select * from read_csv('sales.csv'|"),
        ("select * from read_csv(['semi.csv', 'sa|", "sales.csv", "select * from read_csv(['semi.csv', 'sales.csv'|"),
        ("copy t from 'sa|", "sales.csv", "copy t from 'sales.csv'|"),
        ("copy (select 1) to 'da|", "data/", "copy (select 1) to 'data/|"),
        ("from 'sa|", "sales.csv", "from 'sales.csv'|"),
        ("select * from '.s|", ".secret.csv", "select * from '.secret.csv'|"),
        ("select * from x join 'sa|", "sales.csv", "select * from x join 'sales.csv'|"),
    ],
)  # fmt: skip
def test_taking_a_path(desk: Desk, statement: str, label: str, taken: str) -> None:
    assert settled(desk, statement).taken(label) == taken


def test_the_home_folder_and_absolute_paths_are_read(desk: Desk, folder: Path) -> None:
    (Path.home() / "at_home.csv").write_text("a\n")
    assert "at_home.csv" in settled(desk, "from '~/|").labels
    assert "sales.csv" in settled(desk, f"from '{folder}/|").labels


@pytest.mark.parametrize(
    "statement",
    [
        "select '|", "select * from t where a = '|", "select * from 's3://bucket/|",
        "select * from 'https://x.invalid/|", "select * from 'data/*/|", "select lower('|",
        "select * from read_csv('x', delim = '|", "select * from '~|", "insert into t values ('|",
        "set x = '|", "select * from generate_series('|",
    ],
)  # fmt: skip
def test_other_strings_offer_and_read_nothing(desk: Desk, statement: str) -> None:
    asked = desk.ask(statement)
    assert (asked.labels, asked.found.wanted) == ([], ())


@pytest.mark.parametrize("dialect", [POSTGRES, SQLITE])
def test_engines_without_files_offer_none(dialect, folder: Path) -> None:
    def never(source: str) -> list[Column]:
        raise AssertionError(source)

    desk = Desk(Snapshot(dialect), dialect, FileCatalog(never))
    assert settled(desk, "select * from '|").labels == []
    assert settled(desk, "select x.| from read_csv('sales.csv') x").labels == []


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("select | from 'sales.csv'", ["day", "amount", "Odd Name"]),
        ("select s.| from 'sales.csv' s", ["day", "amount", "Odd Name"]),
        ("select sales.| from 'sales.csv'", ["day", "amount", "Odd Name"]),
        ("from 'sales.csv' select am|", ["amount"]),
        ("select big.| from 'data/big.parquet'", ["id", "label"]),
        ("select p.| from read_parquet('data/big.parquet') p", ["id", "label"]),
        ("select p.| from read_csv('semi.csv', delim = ';', header = true) p", ["x", "y"]),
        ("select p.| from read_csv(['semi.csv'], delim = ';') p", ["x", "y"]),
        ("with q as (select * from 'sales.csv') select q.| from q", ["day", "amount", "Odd Name"]),
        ("select * from 'sales.csv' s join 'data/big.parquet' b on b.|", ["id", "label"]),
        ("select * from 'sales.csv' where |", ["day", "amount", "Odd Name"]),
        ("select s.| from 'it''s.csv' s", ["a"]),
    ],
)
def test_the_columns_of_files(desk: Desk, statement: str, wanted: list[str]) -> None:
    assert settled(desk, statement).labels[: len(wanted)] == wanted


def test_columns_come_with_their_types(desk: Desk) -> None:
    assert settled(desk, "select s.| from 'sales.csv' s").item("day").detail == "DATE · s"


@pytest.mark.parametrize(
    "source",
    [
        "'https://x.invalid/x.csv'", "'s3://b/x.parquet'", "read_csv('https://x.invalid/x')",
        "read_csv((select 'x.csv'))", "read_csv(getenv('X'))", "glob('*')", "query('drop table t')",
        "read_csv(:name)", "read_csv('x.csv'", "read_csv()", "main.read_csv('x.csv')",
    ],
)  # fmt: skip
def test_nothing_but_local_literals_is_described(desk: Desk, source: str) -> None:
    asked = desk.ask(f"select s.| from {source} s")
    assert [w for w in asked.found.wanted if isinstance(w, WantedColumns)] == []


def test_what_cannot_be_read_offers_nothing(desk: Desk, folder: Path) -> None:
    assert settled(desk, "from 'nowhere/|").labels == []
    assert settled(desk, "select s.| from 'nowhere.csv' s").labels == []
    assert settled(desk, "from 'notes.txt/|").labels == []
    (folder / "closed").mkdir(mode=0)
    if os.geteuid() != 0:
        assert settled(desk, "from 'closed/|").labels == []


def test_what_was_read_stays_while_it_is_read_again(folder: Path) -> None:
    now = [0.0]
    asked: list[str] = []

    def describe(source: str) -> list[Column]:
        asked.append(source)
        if len(asked) > 1:
            raise QueryError("gone")
        return [Column("a", "INTEGER")]

    desk = Desk(Snapshot(DUCKDB), DUCKDB, FileCatalog(describe, clock=lambda: now[0]))
    statement = "select s.| from 'sales.csv' s"
    assert settled(desk, statement).labels[0] == "a"
    assert desk.ask(statement).found.wanted == ()
    now[0] = 60.0
    stale = desk.ask(statement)
    assert stale.labels[0] == "a"
    assert stale.found.wanted == (WantedColumns("'sales.csv'"),)
    assert settled(desk, statement).labels == []


def test_new_files_are_seen(desk: Desk, folder: Path) -> None:
    now = [0.0]
    files = FileCatalog(lambda _: [], clock=lambda: now[0])
    desk = replace(desk, files=files)
    assert "later.csv" not in settled(desk, "from '|").labels
    (folder / "later.csv").touch()
    now[0] = 60.0
    assert "later.csv" in settled(desk, "from '|").labels


def test_a_folder_of_very_many_files_is_cut(desk: Desk, folder: Path) -> None:
    many = folder / "many"
    many.mkdir()
    for number in range(5100):
        (many / f"f{number}.csv").touch()
    asked = settled(desk, "from 'many/f50|")
    assert 0 < len(asked.labels) <= 100


@pytest.mark.parametrize("name", ["new\nline.csv", "esc\x1b[31m.csv", "bidi\u202evsc.csv"])
def test_names_that_no_text_should_hold_are_left_out(desk: Desk, folder: Path, name: str) -> None:
    (folder / name).touch()
    (folder / os.fsdecode(b"bad\xff.csv")).touch()
    labels = settled(desk, "from '|").labels
    assert name not in labels
    assert not any("bad" in label for label in labels)


def test_datafusion_completes_files_too(folder: Path) -> None:
    session = open_datafusion()
    desk = Desk(
        load_snapshot(session),
        session.dialect,
        FileCatalog(lambda source: describe_source(session, source)),
    )
    assert "sales.csv" in settled(desk, "select * from '|").labels
    asked = settled(desk, f"select s.| from '{folder}/sales.csv' s")
    assert asked.labels[:2] == ["day", "amount"]
    assert asked.item("day").kind is CandidateKind.COLUMN
    session.close()
