"""Values for `:name` parameters: asked once, remembered, changed by a key."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input, Select

from tests.tui.desk import Desk, open_desk
from tusk.core.dialect import POSTGRES
from tusk.core.errors import UsageError
from tusk.core.params import PARAMETER_TYPES, format_parameter
from tusk.core.statement import split
from tusk.services.saved import SavedParameter
from tusk.tui.parameter_values import Parameter, ParameterValues, describe, names_in
from tusk.tui.screens.parameters import ParametersScreen
from tusk.tui.screens.query import QueryScreen


async def asked(desk: Desk) -> ParametersScreen:
    await desk.until(lambda: isinstance(desk.app.screen, ParametersScreen), "the question")
    assert isinstance(desk.app.screen, ParametersScreen)
    return desk.app.screen


async def test_values_are_asked_once_typed_remembered_and_changed_by_a_key() -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.write("select :n + 1 as a, :day as b, :who as c")
        await desk.press("f5")
        screen = await asked(desk)
        await desk.type("41")
        await desk.until_shown(":n is 41, or what the server takes it for")
        await desk.press("enter")
        screen.query_one("#type-1", Select).value = "date"
        await desk.type("2026-13-01")
        await desk.until_shown("'2026-13-01' is not a date")
        await desk.press("f5")
        assert desk.app.screen is screen, "a wrong value runs nothing"
        assert desk.focused is screen.query_one("#value-1")
        screen.query_one("#value-1", Input).value = "2026-01-31"
        await desk.press("enter", "ctrl+n")
        await desk.until_shown(":who is NULL")
        await desk.press("f5")
        await desk.until(lambda: bool(desk.pane.results.results), "a result")
        await desk.ended()
        assert [desk.column(n) for n in range(3)] == [[42], [dt.date(2026, 1, 31)], [None]]
        # Known by now.
        await desk.start()
        await desk.ended()
        assert desk.column() == [42]
        await desk.press("alt+v")
        screen = await asked(desk)
        assert [field.value for field in screen.query(Input)] == ["41", "2026-01-31", ""]
        screen.query_one("#value-0", Input).value = "1"
        await desk.press("f5")
        await desk.until(lambda: desk.column() == [2], "the run with another value")
        # What has nothing to ask for says so.
        await desk.run("select 1")
        await desk.press("alt+v")
        await desk.until_told("has no :parameter")


async def test_escape_runs_nothing_and_leaves_what_is_there() -> None:
    async with open_desk() as desk:
        await desk.run("select * from range(30000)")
        assert desk.pane.can_fetch
        desk.write("select :x")
        await desk.press("f5")
        await asked(desk)
        await desk.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")
        assert desk.pane.can_fetch, "the paused result can still be fetched on"
        assert desk.pane.parameters.lack(["x"])


async def test_every_tab_has_values_of_its_own_and_a_script_asks_for_all_of_them() -> None:
    async with open_desk() as desk:
        desk.write("select :a as x; select :b as x, ':c' as no -- :d")
        await desk.press("f8")
        screen = await asked(desk)
        assert len(screen.query(Input)) == 2
        await desk.type("1")
        await desk.press("enter")
        await desk.type("2")
        await desk.press("enter")
        await desk.until(lambda: len(desk.pane.results.results) == 2, "two results")
        await desk.ended()
        assert [desk.column(result=n) for n in range(2)] == [[1], [2]]
        await desk.press("ctrl+n")
        desk.write("select :a")
        await desk.press("f5")
        screen = await asked(desk)
        assert screen.query_one("#value-0", Input).value == ""


@pytest.mark.postgres
async def test_the_server_finds_the_type_and_a_chosen_one_is_kept(pg_db: str) -> None:
    async with open_desk(pg_db) as desk:
        desk.write("select :d::date + 1 as a, :s as b")
        await desk.press("f5")
        screen = await asked(desk)
        screen.query_one("#value-0", Input).value = "2026-01-31"
        screen.query_one("#value-1", Input).value = "00501"
        screen.query_one("#type-1", Select).value = "text"
        await desk.press("f5")
        await desk.until(lambda: bool(desk.pane.results.results), "a result")
        await desk.ended()
        assert desk.column(0) == [dt.date(2026, 2, 1)]
        assert desk.column(1) == ["00501"]


def test_a_saved_query_proposes_and_what_was_given_stays() -> None:
    known = ParameterValues()
    known.declare([SavedParameter("day", "date", "2026-01-31", "which day")])
    (day,) = known.of(["day"])
    assert (day.text, day.description, day.is_given) == ("2026-01-31", "which day", False)
    assert known.lack(["day"]), "a proposal is asked about"
    known.remember([day])
    known.declare([SavedParameter("day", "date", "1999-01-01")])
    assert known.values(["day"]) == {"day": dt.date(2026, 1, 31)}


def test_what_the_history_kept_comes_back_and_what_it_did_not_is_asked() -> None:
    known = ParameterValues()
    known.recall(["n:int=5", "who=x=y", "secret", "odd:thing=1"])
    assert known.values(["n", "who"]) == {"n": 5, "who": "x=y"}
    assert known.lack(["secret"])
    assert known.lack(["odd"])


@given(
    name=st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
    value=st.none() | st.booleans() | st.integers() | st.text() | st.dates() | st.binary(),
)
def test_recalled_values_are_those_that_were_given(name: str, value: object) -> None:
    known = ParameterValues()
    known.recall([format_parameter(name, value)])  # type: ignore[arg-type]
    assert known.values([name]) == {name: value}


def test_names_of_a_script_come_in_order_and_once() -> None:
    script = "select :b, ':x'; select :a, :b, x::int, a[1:n] -- :c"
    assert names_in(split(script, POSTGRES), POSTGRES) == ["b", "a"]


@pytest.mark.parametrize("kind", sorted(PARAMETER_TYPES))
def test_every_type_says_what_it_is_or_what_is_wrong(kind: str) -> None:
    texts = {
        "int": "5", "float": "1.5", "decimal": "1.10", "text": "x", "bool": "yes", "bytes": "00ff",
        "date": "2026-01-31", "time": "12:30", "timestamp": "2026-01-31 12:30",
        "uuid": "12345678-1234-5678-1234-567812345678", "json": "[1]", "null": "",
    }  # fmt: skip
    assert describe(Parameter("p", kind, texts[kind]))
    if kind != "text":
        with pytest.raises(UsageError):
            describe(Parameter("p", kind, "no such value"))
