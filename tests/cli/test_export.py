"""`tusk export`: tables and results to files, options, and files that are there already."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest

from tests.cli.commands import Done, InTerminal, tusk


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(
            "create table orders as select i as id, 'n' || i as name from range(3) t(i)"
        )
        connection.execute('create table "Order Lines" as select 7 as n')
        connection.execute("create view recent as select * from orders where id > 0")
        connection.execute("create schema s; create table s.t as select 5 as five")
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def export(shop: Path, *arguments: str | Path, **options: object) -> Done:
    return tusk("export", *arguments, "-c", shop, **options)  # type: ignore[arg-type]


def done(ended: Done) -> Done:
    assert ended.code == 0, ended.err
    return ended


# ── what ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("orders", b"id,name\n0,n0\n1,n1\n2,n2\n"),
        ("recent", b"id,name\n1,n1\n2,n2\n"),
        ("s.t", b"five\n5\n"),
        ("shop.s.t", b"five\n5\n"),
        ('"Order Lines"', b"n\n7\n"),
        ('main."Order Lines"', b"n\n7\n"),
        ("select 1 as a; select 2 as b", b"b\n2\n"),
    ],
)
def test_a_table_a_view_or_a_statement_goes_to_a_file(
    shop: Path, out: Path, item: str, expected: bytes
) -> None:
    ended = done(export(shop, item, "-o", out / "a.csv"))
    assert (out / "a.csv").read_bytes() == expected
    assert ended.out == ""
    assert "wrote " in ended.err


def test_without_a_file_rows_go_to_stdout(shop: Path) -> None:
    assert done(export(shop, "s.t")).out == "five\n5\n"
    assert json.loads(done(export(shop, "s.t", "-F", "json")).out) == [{"five": 5}]


def test_statements_may_come_from_files_and_standard_input(shop: Path, out: Path) -> None:
    (out / "a.sql").write_text("select count(*) as n from orders")
    done(export(shop, "-f", out / "a.sql", "-o", out / "a.csv"))
    assert (out / "a.csv").read_text() == "n\n3\n"
    done(export(shop, "-", "-o", out / "b.csv", stdin="select 4 as x"))
    assert (out / "b.csv").read_text() == "x\n4\n"


def test_parameters_limits_and_names_of_words(shop: Path, out: Path) -> None:
    done(export(shop, "select :n + 1 as x", "-p", "n:int=41", "-o", out / "a.csv"))
    assert (out / "a.csv").read_text() == "x\n42\n"
    done(export(shop, "orders", "--limit", "1", "-o", out / "b.csv"))
    assert (out / "b.csv").read_text() == "id,name\n0,n0\n"
    done(tusk("query", 'create table "select" as select 1 as a', "-c", shop))
    assert done(export(shop, "select")).out == "a\n1\n"


def test_a_table_that_is_not_there_is_an_error_and_no_file(shop: Path, out: Path) -> None:
    ended = export(shop, "no_such", "-o", out / "a.csv")
    assert ended.code == 1
    assert "no_such" in ended.err
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to export"),
        (["orders", "recent", "-o", "a.csv"], "csv holds one result, and there are 2"),
        (["orders", "-o", "a.csv", "-o", "b.csv"], "1 tables or statements cannot go to 2 files"),
        (["orders", "recent", "-o", "a.csv", "-o", "a.csv"], "the same file is given twice"),
        (["orders", "-o", "a.xyz"], "does not tell the format"),
        (["orders", "-o", "a.csv", "--option", "delimitr=;"], "csv has no option 'delimitr'"),
        (["orders", "-o", "a.csv", "--option", "quoting=some"], "one of minimal, all"),
        (["orders", "-o", "a.xlsx", "--if-exists", "append"], "cannot be appended to a file"),
        (["orders", "-o", "a.csv", "--timeout", "0"], "more than 0"),
        (["-- nothing", "-o", "a.csv"], "no statement"),
    ],
)
def test_what_makes_no_sense_ends_with_2(
    shop: Path, out: Path, arguments: list[str], message: str
) -> None:
    ended = export(shop, *arguments, cwd=out)
    assert (ended.code, ended.out) == (2, ""), ended.err
    assert message in ended.err
    assert list(out.iterdir()) == []


# ── where ────────────────────────────────────────────────────────────────────────────────────


def test_several_tables_go_to_several_files(shop: Path, out: Path) -> None:
    files: list[str | Path] = ["-o", out / "a.csv", "-o", out / "b.parquet"]
    done(export(shop, "orders", "s.t", *files))
    assert (out / "a.csv").read_text().startswith("id,name\n")
    assert pq.read_table(out / "b.parquet").to_pylist() == [{"five": 5}]


def test_several_tables_go_to_sheets_and_tables_of_one_file(shop: Path, out: Path) -> None:
    items = ["orders", '"Order Lines"', "select 9 as nine"]
    for suffix in ("xlsx", "sqlite", "duckdb", "html"):
        done(export(shop, *items, "-o", out / f"all.{suffix}"))
    book = openpyxl.load_workbook(out / "all.xlsx")
    assert book.sheetnames == ["orders", "Order Lines", "all"]
    assert [cell.value for cell in book["orders"]["B"]] == ["name", "n0", "n1", "n2"]
    with sqlite3.connect(out / "all.sqlite") as file:
        assert file.execute('select n from "Order Lines"').fetchall() == [(7,)]
        assert file.execute('select nine from "all"').fetchall() == [(9,)]
    file.close()
    with duckdb.connect(out / "all.duckdb", read_only=True) as connection:
        assert connection.execute("select count(*) from orders").fetchall() == [(3,)]
    page = (out / "all.html").read_text()
    assert page.count("<table>") == 3
    assert "<caption>Order Lines</caption>" in page


def test_the_second_failing_leaves_the_first_and_no_part_of_itself(shop: Path, out: Path) -> None:
    files: list[str | Path] = ["-o", out / "a.csv", "-o", out / "b.csv"]
    ended = export(shop, "orders", "no_such", *files)
    assert ended.code == 1
    assert [path.name for path in out.iterdir()] == ["a.csv"]


# ── options ──────────────────────────────────────────────────────────────────────────────────


def test_options_of_formats_are_the_same_for_query_and_export(shop: Path, out: Path) -> None:
    options = ["--option", "delimiter=;", "--option", "quoting=all", "--option", "line-end=crlf"]
    done(export(shop, "orders", "-o", out / "a.csv", *options))
    query: list[str | Path] = ["query", "from orders", "-c", shop, "-o", out / "b.csv", *options]
    done(tusk(*query))
    assert (out / "a.csv").read_bytes() == (out / "b.csv").read_bytes()
    with (out / "a.csv").open(newline="") as file:
        assert list(csv.reader(file, delimiter=";"))[1] == ["0", "n0"]
    assert (out / "a.csv").read_bytes().startswith(b'"id";"name"\r\n"0";"n0"\r\n')


def test_a_warning_tells_of_formulas(shop: Path, out: Path) -> None:
    formula = "select '=1+1' as t"
    ended = done(export(shop, formula, "-o", out / "a.csv"))
    assert "tusk: warning: row 1, column 't' begins with a character" in ended.err
    ended = done(export(shop, formula, "-o", out / "b.csv", "--option", "formulas=guard"))
    assert "warning:" not in ended.err
    assert (out / "b.csv").read_text() == "t\n'=1+1\n"
    assert "warning:" not in done(export(shop, formula, "-o", out / "c.csv", "-q")).err


def test_a_character_that_does_not_fit_is_named(shop: Path, out: Path) -> None:
    ended = export(shop, "select '€' as t", "-o", out / "a.csv", "--option", "encoding=latin-1")
    assert ended.code == 1
    assert "row 1, column 't' holds '€' (U+20AC), which latin-1 has not" in ended.err
    assert list(out.iterdir()) == []


# ── files that are there ─────────────────────────────────────────────────────────────────────


@pytest.fixture
def old(out: Path) -> Path:
    path = out / "a.csv"
    path.write_text("five\n4\n")
    return path


def test_without_a_terminal_a_file_is_not_replaced_unless_asked_for(shop: Path, old: Path) -> None:
    for arguments in ([], ["--if-exists", "fail"]):
        ended = export(shop, "s.t", "-o", old, *arguments)
        assert ended.code == 1
        assert "exists already" in ended.err
        assert "--if-exists replace" in ended.err
        assert old.read_text() == "five\n4\n"
    done(export(shop, "s.t", "-o", old, "--if-exists", "append"))
    assert old.read_text() == "five\n4\n5\n"
    ended = done(export(shop, "s.t", "-o", old, "--if-exists", "number"))
    assert "wrote " in ended.err
    assert (old.parent / "a-2.csv").read_text() == "five\n5\n"
    done(export(shop, "s.t", "-o", old, "--if-exists", "replace"))
    assert old.read_text() == "five\n5\n"


@pytest.mark.parametrize(
    ("keys", "code", "names"),
    [
        ("r\n", 0, {"a.csv": "five\n5\n"}),
        ("x\nk\n", 0, {"a.csv": "five\n4\n", "a-2.csv": "five\n5\n"}),
        ("c\n", 130, {"a.csv": "five\n4\n"}),
        ("\x04", 130, {"a.csv": "five\n4\n"}),
    ],
)
def test_on_a_terminal_it_asks(
    shop: Path, old: Path, keys: str, code: int, names: dict[str, str]
) -> None:
    with InTerminal("export", "s.t", "-c", shop, "-o", old) as terminal:
        shown = terminal.wait_for("[c]ancel?")
        assert "[k]eep both (a-2.csv)" in shown
        terminal.type(keys)
        ended = terminal.finish()
    assert ended.code == code, ended.out
    assert {path.name: path.read_text() for path in old.parent.iterdir()} == names


def test_nothing_is_asked_where_nothing_is_in_the_way(shop: Path, out: Path) -> None:
    with InTerminal("export", "s.t", "-c", shop, "-o", out / "a.csv") as terminal:
        ended = terminal.finish()
    assert ended.code == 0
    assert "exists" not in ended.out


def test_ctrl_c_leaves_nothing(shop: Path, out: Path) -> None:
    endless = "select i, hash(i) as h from range(100000000000) t(i)"
    for suffix in ("csv", "xlsx"):
        words: list[str | Path] = ["export", endless, "-c", shop, "-o", out / f"a.{suffix}"]
        with InTerminal(*words) as terminal:
            terminal.wait_for("rows/s")
            terminal.type("\x03")
            ended = terminal.finish()
        assert ended.code == 130
        assert list(out.iterdir()) == []
