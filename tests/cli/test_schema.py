"""`tusk schema`."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from tests.cli.commands import on_terminal, tusk
from tests.support.hostile import HOSTILE, unsafe_characters


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.duckdb"
    script = (
        "create table orders (id int primary key, total decimal(10,2) not null default 0);"
        "create view big as from orders where total > 100; create schema s; create table s.t (a int)"
    )
    assert tusk("query", script, "-c", f"duckdb://{path}?create=true").code == 0
    return path


def rows(*words: str | Path) -> list[dict[str, object]]:
    done = tusk("schema", *words, "-F", "json")
    assert done.code == 0, done.err
    found: list[dict[str, object]] = json.loads(done.out)
    return found


def test_tables_and_views_are_listed(shop: Path) -> None:
    listed = {(r["schema"], r["name"], r["kind"]) for r in rows("-c", shop)}
    assert listed == {("main", "orders", "table"), ("main", "big", "view"), ("s", "t", "table")}
    assert [r["name"] for r in rows("o*", "-c", shop)] == ["orders"]
    assert [r["name"] for r in rows("s.*", "-c", shop)] == ["t"]


def test_one_table_is_described(shop: Path) -> None:
    parts = rows("orders", "-c", shop)
    columns = {r["name"]: r for r in parts if r["part"] == "column"}
    assert columns["total"]["type"] == "DECIMAL(10,2)"
    assert columns["total"]["nullable"] is False
    assert any(r["part"] == "key" and r["type"] == "primary key" for r in parts)


def test_nothing_that_matches_ends_with_1(shop: Path) -> None:
    done = tusk("schema", "nope", "-c", shop)
    assert (done.code, done.out) == (1, "")
    assert "nothing matches nope" in done.err


def test_a_wrong_pattern_ends_with_2(shop: Path) -> None:
    assert tusk("schema", "a.b.c.d", "-c", shop).code == 2


def test_ddl_makes_it_again(shop: Path, tmp_path: Path) -> None:
    done = tusk("schema", "--ddl", "main", "-c", shop)
    assert done.code == 0, done.err
    again = tmp_path / "again.duckdb"

    assert tusk("query", done.out, "-c", f"duckdb://{again}?create=true").code == 0

    assert rows("orders", "-c", again) == [
        {**row, "database": "again"} for row in rows("orders", "-c", shop)
    ]
    assert tusk("schema", "--ddl", "big", "-c", shop).out.startswith("CREATE VIEW big")


def test_ddl_without_a_name_is_that_of_everything(shop: Path) -> None:
    done = tusk("schema", "--ddl", "-c", shop)
    assert done.code == 0
    for text in (
        "CREATE SCHEMA s;",
        "CREATE TABLE orders(",
        "CREATE TABLE s.",
        "CREATE VIEW big AS",
    ):
        assert text in done.out


def test_ddl_needs_a_name_that_something_has(shop: Path) -> None:
    done = tusk("schema", "--ddl", "nope", "-c", shop)
    assert done.code == 2
    assert "nothing is called nope" in done.err


def test_hostile_names_of_a_server_are_exact_in_a_pipe_and_harmless_on_a_terminal(
    pg_socket_dsn: str,
) -> None:
    names = [t for t in HOSTILE.values() if 0 < len(t.encode()) < 60]
    with psycopg.connect(pg_socket_dsn, autocommit=True) as connection:
        for name in names:
            quoted = name.replace('"', '""')
            connection.execute(f'create table "{quoted}" ("{quoted}" int)')
    assert {r["name"] for r in rows("-c", pg_socket_dsn)} == set(names)
    for words in ([], [f'"{HOSTILE["esc-title"]}"']):
        done = on_terminal("schema", *words, "-c", pg_socket_dsn, width=200)
        assert done.code == 0
        assert unsafe_characters(done.out) == []
