"""Saved queries for front ends: finding them, their parameters, import and export."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path

import pytest

from tusk.config.paths import Paths
from tusk.core.dialect import POSTGRES
from tusk.core.errors import ConfigError, StorageError, UsageError
from tusk.core.params import UntypedText
from tusk.services.saved import (
    SavedParameter,
    SavedQuery,
    arguments_of,
    export_queries,
    find_queries,
    import_queries,
    open_saved,
    parameters_of,
    parse_query,
    read_parameters,
    values_of,
)

QUERY = SavedQuery(
    "select :day, :n, ':no', :extra::int",
    parameters=(SavedParameter("n", "int"), SavedParameter("day", "date", "2026-01-31"),
                SavedParameter("unused", "int")),
)  # fmt: skip


def found(text: str = "", **options: object) -> list[str]:
    return [file.name for file in find_queries(text, **options)]  # type: ignore[arg-type]


def test_queries_are_found_by_words_tags_and_folder(caplog) -> None:
    saved = open_saved()
    saved.add("sales/daily", SavedQuery("select * from orders", "One day", ("Sales", "daily")))
    saved.add("sales/top", SavedQuery("select total from orders", "", ("sales",)))
    saved.add("stock", SavedQuery("select 1", "What is left"))
    broken = saved.root / "broken.sql"
    broken.write_text("-- /// tusk\n")
    assert found() == ["sales/daily", "sales/top", "stock"]
    assert found("ORDERS") == ["sales/daily", "sales/top"]
    assert found("orders day") == ["sales/daily"]
    assert found("left stock") == ["stock"]
    assert found(tags=["sales"]) == ["sales/daily", "sales/top"]
    assert found(tags=["SALES", "daily"], folder="sales") == ["sales/daily"]
    assert found("nothing") == []
    assert f"{broken}, line 1" in caplog.text


def test_the_folder_is_below_the_configuration() -> None:
    assert open_saved().root == Paths.find().config_dir / "queries"


def test_parameters_are_those_declared_and_those_used() -> None:
    asked = [(p.name, p.type) for p in parameters_of(QUERY, POSTGRES)]
    assert asked == [("n", "int"), ("day", "date"), ("extra", "")]


def test_values_are_read_as_their_type_says() -> None:
    given = {"n": UntypedText("5"), "extra": UntypedText("7")}
    values = values_of(QUERY, POSTGRES, given)
    assert values == {"n": 5, "day": dt.date(2026, 1, 31), "extra": "7"}
    assert type(values["extra"]) is UntypedText
    assert values_of(QUERY, POSTGRES, {"n": 5, "extra": "x", "day": None})["day"] is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"extra": "1"}, "no value for :n"),
        ({}, "no value for :n, :extra"),
        ({"n": UntypedText("x"), "extra": "1"}, "parameter 'n': 'x' is not an int"),
        ({"n": 1, "extra": "1", "other": 1}, "no parameter :other"),
    ],
)
def test_values_that_are_missing_or_wrong(given: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        values_of(QUERY, POSTGRES, given)


def test_arguments_of_a_command_get_the_declared_types() -> None:
    assert arguments_of(QUERY, "postgres", ["n=5", "extra:text=7"]) == [
        "n:int=5", "day:date=2026-01-31", "extra:text=7",
    ]  # fmt: skip
    assert arguments_of(SavedQuery("select 1"), "duckdb", []) == []
    with pytest.raises(UsageError, match="given twice"):
        arguments_of(QUERY, "postgres", ["n=5", "n=6"])


def test_declarations_of_parameters() -> None:
    assert read_parameters(["a", "b:int", "c:date=2026-01-31", "d=x=y", "e="]) == (
        SavedParameter("a"),
        SavedParameter("b", "int"),
        SavedParameter("c", "date", "2026-01-31"),
        SavedParameter("d", "", "x=y"),
        SavedParameter("e", "", ""),
    )
    for wrong in (["a b"], ["=1"], [":int"], ["a", "a:int"]):
        with pytest.raises(UsageError):
            read_parameters(wrong)


def test_broken_front_matter_names_its_source() -> None:
    with pytest.raises(ConfigError, match=r"a\.sql, line 2"):
        parse_query("-- /// tusk\n-- tags = 1\n-- ///\n", "a.sql")
    with pytest.raises(ConfigError, match=r"^line 2"):
        parse_query("-- /// tusk\n-- tags = 1\n-- ///\n")


def test_what_was_exported_can_be_imported(tmp_path: Path) -> None:
    saved = open_saved()
    text = '-- /// tusk\n-- tags = ["a"]\n-- owner = "ann"\n-- ///\r\nselect \'ä\'\n\n'
    saved.add_text("sales/daily", text)
    saved.add("top", SavedQuery("select 1"))
    out = tmp_path / "out"
    assert export_queries([], out) == [out / "sales" / "daily.sql", out / "top.sql"]
    assert (out / "sales" / "daily.sql").read_bytes().decode() == text
    done = import_queries([out], "copy")
    assert [(each.name, each.error) for each in done] == [
        ("copy/top", None),
        ("copy/sales/daily", None),
    ]
    assert saved.text("copy/sales/daily")[0] == text
    assert saved.get("copy/top").query == saved.get("top").query


def test_files_that_are_there_are_replaced_only_when_that_is_said(tmp_path: Path) -> None:
    saved = open_saved()
    saved.add("a", SavedQuery("select 1"))
    out = tmp_path / "out"
    export_queries(["a"], out)
    (out / "a.sql").write_text("mine")
    with pytest.raises(StorageError, match="already"):
        export_queries(["a"], out)
    assert (out / "a.sql").read_text() == "mine"
    export_queries(["a"], out, replace=True)
    assert (out / "a.sql").read_text() == "select 1\n"
    with pytest.raises(UsageError, match="no saved query"):
        export_queries(["b"], out)


def test_imports_on_conflict(tmp_path: Path) -> None:
    saved = open_saved()
    saved.add("a", SavedQuery("old"))
    source = tmp_path / "A.sql"
    source.write_text("new")
    [failed] = import_queries([source])
    assert isinstance(failed.error, UsageError)
    [skipped] = import_queries([source], on_conflict="skip")
    assert skipped.was_there
    assert saved.get("a").query.sql == "old"
    import_queries([source], on_conflict="replace")
    assert saved.get("a").query.sql == "new"


def test_a_wrong_file_stops_no_other(tmp_path: Path, caplog) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.sql").write_text("-- /// tusk\n-- tags = 1\n-- ///\n")
    (folder / "c.sql").write_bytes(b"\xff")
    (folder / "d:e.sql").write_text("select 1")
    (folder / "deep" / "good.sql").write_bytes(b"\xef\xbb\xbfselect 1")
    (folder / ".hidden.sql").write_text("select 1")
    (folder / "link.sql").symlink_to("/etc/passwd")
    (folder / "notes.txt").write_text("no")
    with caplog.at_level(logging.WARNING):
        done = import_queries([folder, tmp_path / "gone.sql"])
    assert [(each.name, each.error is None) for each in done] == [
        ("b", False),
        ("c", False),
        ("d:e.sql", False),
        ("deep/good", True),
        ("gone", False),
    ]
    said = [each.error.message for each in done if each.error]
    assert f"{folder / 'b.sql'}, line 2" in said[0]
    assert "not UTF-8" in said[1]
    assert found() == ["deep/good"]
    assert open_saved().get("deep/good").query.sql == "select 1"
