"""What is read from the text of SQLite's CREATE statements."""

from __future__ import annotations

import sqlite3

import pytest

from tusk.catalog.objects import KeyKind
from tusk.catalog.sqlite_text import index_items, read_table


def read(sql: str):
    """Read a statement that SQLite itself accepts, as SQLite keeps it."""
    connection = sqlite3.connect(":memory:")
    connection.execute("create table p (x primary key, y, z, unique (y, z))")
    connection.execute(sql)
    (kept,) = connection.execute("select sql from sqlite_master where name = 't'").fetchone()
    connection.close()
    return read_table(kept)


@pytest.mark.parametrize(
    ("sql", "checks"),
    [
        ("create table t (a int check (a > 0))", [("", "CHECK (a > 0)", ("a",))]),
        ("create table t (a, b, check (b > a))", [("", "CHECK (b > a)", ("b", "a"))]),
        ("create table t (a constraint c check (a))", [("c", "CHECK (a)", ("a",))]),
        ('create table t (a, constraint "c ""d" check (a))', [('c "d', "CHECK (a)", ("a",))]),
        ("create table t (a, constraint [c d] check (a))", [("c d", "CHECK (a)", ("a",))]),
        ("create table t (a, constraint `c``d` check (a))", [("c`d", "CHECK (a)", ("a",))]),
        (
            "create table t (a check (a > 1) check (a < 9) unique)",
            [("", "CHECK (a > 1)", ("a",)), ("", "CHECK (a < 9)", ("a",))],
        ),
        (
            "create table t (a, check (a > 1) constraint u unique (a) check (a < 9))",
            [("", "CHECK (a > 1)", ("a",)), ("", "CHECK (a < 9)", ("a",))],
        ),
        (
            "create table t (a, check (a in (1, 2) or (a = ')' and a <> '(')))",
            [("", "CHECK (a in (1, 2) or (a = ')' and a <> '('))", ("a",))],
        ),
        ("create table t (\"check\" int, 'unique' text, [primary] x)", []),
        ("create table t (a default (1 + 2) check (a), b)", [("", "CHECK (a)", ("a",))]),
        ("create table t (a text default 'check (x)' , b)", []),
        ("create table t (a, -- check (a)\n b /* , check (b) */)", []),
        ("create table t (A int, check (a > 0 and \"A\" < 9))", [
            ("", "CHECK (a > 0 and \"A\" < 9)", ("A",))
        ]),
        ("create table t as select 1 as a, 2 as b", []),
    ],
)  # fmt: skip
def test_checks_are_found_with_their_names_and_columns(
    sql: str, checks: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    found = [(check.name, check.definition, check.columns) for check in read(sql).checks]

    assert found == checks


def test_names_of_keys_are_found() -> None:
    text = read(
        """create table t (
            a int constraint pk primary key constraint fk1 references p (x),
            b int constraint uq1 unique constraint "not null" not null unique,
            c decimal (10, 2) default (abs(-1)) collate nocase,
            constraint uq2 unique (a, "b"),
            constraint fk2 foreign key (b, c) references p (y, z) on delete cascade
            constraint fk3 foreign key (b) references p
        )"""
    )

    assert text.names == {
        (KeyKind.PRIMARY, ("a",), ""): "pk",
        (KeyKind.FOREIGN, ("a",), "p"): "fk1",
        (KeyKind.UNIQUE, ("b",), ""): "uq1",
        (KeyKind.UNIQUE, ("a", "b"), ""): "uq2",
        (KeyKind.FOREIGN, ("b", "c"), "p"): "fk2",
        (KeyKind.FOREIGN, ("b",), "p"): "fk3",
    }


def test_the_name_of_something_else_is_not_the_keys() -> None:
    text = read(
        "create table t (a int constraint n1 not null unique, b int constraint n2 default 3 unique,"
        "c text constraint n3 collate nocase check (c <> ''))"
    )

    assert text.names == {}
    assert [check.name for check in text.checks] == [""]


def test_of_two_names_for_the_same_the_first_counts() -> None:
    text = read("create table t (a int constraint one unique, constraint two unique (a))")

    assert text.names == {(KeyKind.UNIQUE, ("a",), ""): "one"}


def test_two_foreign_keys_of_one_column_keep_their_names() -> None:
    text = read(
        "create table t (a constraint one references p (x), "
        "constraint two foreign key (a) references q)"
    )

    assert text.names == {
        (KeyKind.FOREIGN, ("a",), "p"): "one",
        (KeyKind.FOREIGN, ("a",), "q"): "two",
    }


def test_expressions_of_generated_columns_are_found() -> None:
    text = read(
        "create table t (a int, b int as (a * (1 + 2)), "
        "c text generated always as (a || ')') stored check (c <> ''))"
    )

    assert text.generated == {"b": "a * (1 + 2)", "c": "a || ')'"}


@pytest.mark.parametrize(
    "sql",
    ["", "create table", "create table t", "create table t (", "create table t (a check", "(", ")"],
)
def test_text_that_is_no_table_gives_nothing(sql: str) -> None:
    text = read_table(sql)

    assert not text.checks
    assert not text.names


def test_a_virtual_table_gives_nothing() -> None:
    assert not read_table("CREATE VIRTUAL TABLE t USING x(check (a), unique (b))").checks


@pytest.mark.parametrize(
    ("sql", "items"),
    [
        ("create index i on t (a, b)", ["a", "b"]),
        ('create unique index "i(x" on "t(y" ("a,b" desc)', ['"a,b" desc']),
        ("create index i on t (lower(a || ','), b collate nocase)",
         ["lower(a || ',')", "b collate nocase"]),
        ("create index i on t (a) where (a > 1)", ["a"]),
    ],
)  # fmt: skip
def test_index_items_are_cut_at_their_own_commas(sql: str, items: list[str]) -> None:
    assert index_items(sql) == items
