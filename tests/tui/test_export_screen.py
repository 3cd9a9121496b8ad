"""Exports: what is offered, options by their declarations, files that are there, the background."""

from __future__ import annotations

import csv
import json
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from textual.widgets import Input, Select, Static

from tests.tui.desk import Desk, open_desk
from tusk.services.export_selection import export_buffer
from tusk.services.exports import formats, options_of
from tusk.tui.export_request import ExportChoices, Scope, file_stem
from tusk.tui.screens.confirm import ConfirmScreen
from tusk.tui.screens.export import ExportScreen
from tusk.tui.screens.export_progress import ExportProgressScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.widgets.options_form import OptionsForm
from tusk.tui.widgets.tick_box import TickBox


async def opened(desk: Desk, key: str = "alt+o") -> ExportScreen:
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, ExportScreen), "the dialog")
    screen = desk.app.screen
    assert isinstance(screen, ExportScreen)
    await desk.until(lambda: bool(screen.query(".option-row")), "the options")
    return screen


def scopes(screen: ExportScreen) -> list[str]:
    return [value for _, value in screen.query_one("#scope", Select)._options]  # type: ignore[misc]


def choose(screen: ExportScreen, path: Path, scope: Scope | None = None) -> None:
    screen.query_one("#path", Input).value = str(path)
    if scope is not None:
        screen.query_one("#scope", Select).value = scope.value


async def written(desk: Desk, path: Path) -> str:
    await desk.press("f2")
    await desk.until(lambda: path.exists() and not desk.screen.exports.jobs, f"{path}")
    return path.read_text()


async def test_rows_are_offered_as_they_are_selected_sorted_and_missing(tmp_path: Path) -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.run("select i, 30000 - i as j, 't' || i as t from range(30000) r(i)")
        await desk.press("f4")
        screen = await opened(desk, "x")
        assert scopes(screen) == ["everything", "loaded"], "most rows are on the server still"
        shown = desk.text()
        assert "everything: runs the statement again" in shown
        assert "delimiter" in shown
        choose(screen, tmp_path / "all.csv")
        assert (await written(desk, tmp_path / "all.csv")).count("\n") == 30_001
        await desk.until_told("30,000 rows")
        assert desk.pane.results.front is not None, "the result is still here"
        # A selection, in the order that is shown.
        await desk.press("f4", "s", "s", "shift+down", "shift+right")
        await desk.until(lambda: desk.pane.results.grid.view_state.work == "", "the sorting")  # type: ignore[union-attr]
        await desk.press("g", "home", "shift+down", "shift+right")
        screen = await opened(desk, "x")
        assert scopes(screen)[:2] == ["selection", "shown"]
        assert str(screen.query_one("#path", Input).value).endswith("result.csv")
        choose(screen, tmp_path / "some.csv")
        lines = (await written(desk, tmp_path / "some.csv")).splitlines()
        assert lines == ["i,j", "9999,20001", "9998,20002"]


async def test_options_are_those_of_the_format_with_their_help_and_are_remembered(
    tmp_path: Path,
) -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.run("select 1 as a, null as b, 'x;y' as c")
        screen = await opened(desk)
        form = screen.query_one(OptionsForm)
        form.query_one("#option-delimiter", Input).value = ";;"
        form.query_one("#option-header", TickBox).focus()
        await desk.until_shown("Begin with the column names.")
        choose(screen, tmp_path / "a.csv")
        await desk.press("f2")
        await desk.until_shown("one character")
        assert desk.focused is form.query_one("#option-delimiter"), "the focus is on what is wrong"
        form.query_one("#option-delimiter", Input).value = ";"
        form.query_one("#option-null", Input).value = "NULL"
        form.query_one("#option-header", TickBox).value = False
        assert await written(desk, tmp_path / "a.csv") == '1;NULL;"x;y"\n'
        screen = await opened(desk)
        form = screen.query_one(OptionsForm)
        assert form.values() == {"delimiter": ";", "null": "NULL", "header": "no"}
        assert Path(screen.query_one("#path", Input).value).expanduser().parent == tmp_path
        # The format changes the suffix, and the suffix the format.
        screen.query_one("#format", Select).value = "json"
        await desk.until(lambda: bool(form.query("#option-indent")), "options of JSON")
        assert screen.query_one("#path", Input).value.endswith("result.json")
        choose(screen, tmp_path / "b.parquet")
        screen.query_one("#path").focus()
        await desk.press("tab", "tab")
        await desk.until(lambda: screen.query_one("#format", Select).value == "parquet", "Parquet")
        await desk.press("f2")
        await desk.until((tmp_path / "b.parquet").exists, "the file")
        assert pq.read_table(tmp_path / "b.parquet").to_pylist()[0]["c"] == "x;y"
        await desk.until(lambda: not desk.screen.exports.jobs, "the end")
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running, "the end of the app")
    async with open_desk(size=(80, 24)) as desk:
        await desk.run("select 1")
        screen = await opened(desk)
        assert screen.query_one("#format", Select).value == "parquet"
        screen.query_one("#format", Select).value = "csv"
        await desk.until(lambda: bool(screen.query("#option-delimiter")), "options of CSV")
        assert screen.query_one("#option-delimiter", Input).value == ";"


async def test_a_file_that_is_there_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    async with open_desk() as desk:
        await desk.run("select 2 as a")

        async def asked() -> None:
            choose(await opened(desk), path)
            await desk.press("f2")
            await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")

        await asked()
        assert "a-2.csv" in desk.text()
        await desk.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, ExportScreen), "the dialog")
        assert path.read_text() == "a\n1\n"
        await desk.press("f2")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.pilot.click("#append")
        await desk.until(lambda: path.read_text() == "a\n1\n2\n", "the row at the end")
        await desk.until(lambda: not desk.screen.exports.jobs, "the end")
        await asked()
        await desk.pilot.click("#number")
        await desk.until((tmp_path / "a-2.csv").exists, "the other file")
        await desk.until(lambda: not desk.screen.exports.jobs, "the end")
        await asked()
        await desk.pilot.click("#replace")
        await desk.until(lambda: path.read_text() == "a\n2\n", "the new one")
        await desk.until(lambda: not desk.screen.exports.jobs, "the end")
        # Appending to another header fails, and is told.
        await desk.run("select 3 as other")
        await asked()
        await desk.pilot.click("#append")
        await desk.until_told("it does not begin with these columns")
        assert path.read_text() == "a\n2\n"
        # What cannot be written is said in the dialog, where it can be mended.
        screen = await opened(desk)
        choose(screen, tmp_path / "no" / "such.csv")
        await desk.press("f2")
        await desk.until_shown("make the folder first")
        choose(screen, tmp_path)
        await desk.press("f2")
        await desk.until_shown("add the name of a file")
        assert desk.app.screen is screen


async def test_everything_runs_in_the_background_and_is_cancelled(tmp_path: Path) -> None:
    tmp_path = tmp_path / "here"
    tmp_path.mkdir()
    path = tmp_path / "big.csv"
    path.write_text("as it was")
    async with open_desk(size=(80, 24)) as desk:
        desk.write("select i, md5(i::text) from range(500_000_000) r(i)")
        screen = await opened(desk)
        assert scopes(screen) == ["everything"]
        choose(screen, path)
        await desk.press("f2")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.pilot.click("#replace")
        await desk.until(lambda: bool(desk.screen.exports.jobs), "the export")
        (job,) = desk.screen.exports.jobs
        await desk.until(lambda: job.progress is not None, "progress")
        await desk.until_shown("⇣ big.csv")
        await desk.press("ctrl+q")
        await desk.until_shown("big.csv: its export is cancelled.")
        await desk.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")
        assert desk.screen.exports.jobs == [job]
        # The connection is taken: another statement on it is asked about.
        desk.write("select 1")
        await desk.press("f5")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "whose turn it is")
        assert "export to big.csv" in desk.text()
        await desk.press("escape")
        await desk.press("alt+o")
        await desk.until(lambda: isinstance(desk.app.screen, ExportProgressScreen), "the progress")
        await desk.until_shown("rows/s")
        await desk.press("c")
        await desk.until(lambda: not desk.screen.exports.jobs, "the end")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")
        await desk.until_told("Cancelled: nothing was written")
        assert path.read_text() == "as it was"
        assert [each.name for each in tmp_path.iterdir()] == ["big.csv"]
        await desk.run("select 1")
        assert desk.column() == [1]


async def test_only_queries_run_anew_and_nothing_at_all_is_said(tmp_path: Path) -> None:
    async with open_desk() as desk:
        await desk.press("alt+o")
        await desk.until_told("there is nothing to export")
        desk.write("create table t as select 1 as a")
        await desk.press("alt+o")
        await desk.until_told("only a query is exported")
        await desk.run("create table t as select 1 as a")
        await desk.run("insert into t values (2) returning a")
        screen = await opened(desk)
        assert scopes(screen) == ["loaded"], "the INSERT is not run once more"
        choose(screen, tmp_path / "x.json")
        screen.query_one("#format", Select).value = "json"
        await desk.until(lambda: bool(screen.query("#option-indent")), "options of JSON")
        assert json.loads(await written(desk, tmp_path / "x.json")) == [{"a": 2}]
        await desk.run("select count(*) from t")
        assert desk.column() == [2]


async def test_rows_stay_until_they_are_written_though_their_result_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()
    real = export_buffer

    def slowly(*arguments: object, **how: object) -> object:
        may_go_on.wait(30)
        return real(*arguments, **how)  # type: ignore[arg-type]

    monkeypatch.setattr("tusk.tui.export_job.export_buffer", slowly)
    path = tmp_path / "a.csv"
    async with open_desk() as desk:
        await desk.run("select i as a from range(3) r(i)")
        choose(await opened(desk), path, Scope.LOADED)
        await desk.press("f2")
        await desk.until(lambda: bool(desk.screen.exports.jobs), "the export")
        await desk.run("select 'other'")
        assert len(desk.pane.results.results) == 1
        may_go_on.set()
        await desk.until(lambda: not desk.screen.exports.jobs, "the end")
        assert path.read_text() == "a\n0\n1\n2\n"


@pytest.mark.postgres
async def test_a_servers_rows_stream_with_the_values_of_the_run(pg_db: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    async with open_desk(pg_db) as desk:
        await desk.run("create temp table t as select generate_series(1, 25000) as n")
        desk.write("select n, n * 2 as d from t where n <= :most order by n")
        await desk.press("f5")
        await desk.until_shown("Values for this run")
        await desk.type("20000")
        await desk.press("enter")
        await desk.until(lambda: bool(desk.pane.results.results), "the result")
        await desk.ended()
        assert desk.pane.can_fetch
        choose(await opened(desk), path)
        await desk.press("f2")
        await desk.until(lambda: path.exists() and not desk.screen.exports.jobs, "the file")
        with path.open() as file:
            rows = list(csv.reader(file))
        assert len(rows) == 20_001
        assert rows[-1] == ["20000", "40000"]
        assert desk.pane.status.lacks_rest, "the rest was given up for the export, as status says"
        await desk.run("select 1 / 0")
        desk.write("select 1 / (n - 3) from t")
        await desk.press("alt+o")
        await desk.until(lambda: isinstance(desk.app.screen, ExportScreen), "the dialog")
        screen = desk.app.screen
        assert isinstance(screen, ExportScreen)
        choose(screen, tmp_path / "never.csv")
        await desk.press("f2")
        await desk.until_told("division by zero")
        assert not (tmp_path / "never.csv").exists()


@pytest.mark.parametrize("name", sorted(each.name for each in formats()))
async def test_every_option_of_every_format_has_a_field(name: str) -> None:
    (format_,) = [each for each in formats() if each.name == name]
    options = options_of(format_)
    from textual.app import App, ComposeResult

    class FormApp(App[None]):
        def compose(self) -> ComposeResult:
            yield OptionsForm()

    async with FormApp().run_test() as pilot:
        form = pilot.app.query_one(OptionsForm)
        await form.show(options, {})
        assert form.values() == {}, "defaults are no choices"
        for option in options:
            assert form.query(f"#option-{option.name}"), option.name
            form.focus_on(option.name)
        assert not pilot.app.query(Static).filter(".-error")


def test_choices_come_back_and_what_is_wrong_is_forgotten() -> None:
    choices = ExportChoices("json", "/tmp", {"csv": {"delimiter": ";"}})
    assert ExportChoices.from_values(choices.to_values()) == choices
    wrong = {"export.options.csv": "[1]", "export.options.json": "{", "export.format": ""}
    assert ExportChoices.from_values(wrong) == ExportChoices()


def test_files_are_named_after_the_tab() -> None:
    assert file_stem("daily sales: [2026]/x") == "daily-sales-2026-x"
    assert file_stem("../../etc/passwd") == "etc-passwd"
    assert file_stem("…") == "result"
