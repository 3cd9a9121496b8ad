"""The question before writes, as it comes in an editor tab."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from textual.widgets import Static

from tests.tui.desk import Desk, open_desk
from tusk.services import connections
from tusk.services.connections import ConfirmWrites, Profile
from tusk.tui.run_status import Phase
from tusk.tui.screens.confirm import ConfirmScreen


async def question(desk: Desk, key: str = "f5") -> str:
    """Run what is in the editor; what is asked."""
    await desk.start(key)
    await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
    await desk.pilot.pause()
    assert "Run nothing" in desk.text()
    return "\n".join(str(static.render()) for static in desk.app.screen.query(Static))


@pytest.mark.postgres
async def test_a_server_asks_with_its_name_and_the_number_of_rows(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute("create table orders as select generate_series(1, 30000) as a")
        admin.execute("analyze orders")
        async with open_desk(pg_db, size=(80, 24)) as desk:
            desk.write("update orders set a = 0")
            shown = await question(desk)
            assert "UPDATE without WHERE touches every row of orders: about 30,000 rows." in shown
            assert f"Run this on {desk.pane.entry.label}?" in shown  # type: ignore[union-attr]

            await desk.press("escape")
            await desk.until_phase(Phase.CANCELLED)
            assert desk.messages[-1].text == "Nothing was run."
            assert admin.execute("select count(*) from orders where a = 0").fetchone() == (0,)

            # The careful answer has the focus.
            await question(desk)
            await desk.press("enter")
            await desk.until_phase(Phase.CANCELLED)
            assert admin.execute("select count(*) from orders where a = 0").fetchone() == (0,)

            await question(desk)
            await desk.press("left", "enter")
            await desk.until_phase(Phase.DONE)
            assert admin.execute("select count(*) from orders where a = 0").fetchone() == (30000,)

            # With a WHERE nothing is asked.
            await desk.run("update orders set a = 1 where a = 0")
            assert desk.pane.status.affected == 30000

            # A script asks once for all; in a transaction it says what takes it back.
            await desk.run("begin")
            desk.write("delete from orders; insert into orders values (1); drop table orders")
            shown = await question(desk, "f8")
            assert "DELETE without WHERE takes every row of orders" in shown
            assert "DROP TABLE removes orders" in shown
            assert "ROLLBACK takes it back" in shown
            await desk.press("left", "enter")
            await desk.until_phase(Phase.DONE)
            await desk.run("rollback")
            assert admin.execute("select count(*) from orders").fetchone() == (30000,)


async def test_a_stored_connection_asks_as_it_was_told(tmp_path: Path) -> None:
    path = str(tmp_path / "x.duckdb")
    options = {"path": path, "create": "true"}
    connections.add_profile(
        Profile("shop", "duckdb", options, group="EU", confirm_writes=ConfirmWrites.ALL)
    )
    async with open_desk("shop") as desk:
        desk.write("create table t (a int)")
        shown = await question(desk)
        assert "Run this on shop (EU)?" in shown
        assert "create table t (a int)" in shown
        await desk.press("left", "enter")
        await desk.until_phase(Phase.DONE)
        await desk.run("select * from t")

        # Another tab, in memory, is not asked about.
        await desk.press("ctrl+n", "f2", "home", "enter")
        await desk.until(lambda: "memory" in desk.status, "the database in memory")
        await desk.run("create table t (a int); delete from t; drop table t", key="f8")
        assert desk.pane.status.phase is Phase.DONE


async def test_many_statements_are_one_question_that_fits_the_screen(tmp_path: Path) -> None:
    options = {"path": str(tmp_path / "x.duckdb"), "create": "true"}
    connections.add_profile(Profile("shop", "duckdb", options))
    async with open_desk("shop", size=(80, 24)) as desk:
        desk.write(";\n".join(f"drop table if exists t{n}" for n in range(500)))
        shown = await question(desk, "f8")
        assert "and 494 more" in shown
        await desk.press("escape")
        await desk.until_phase(Phase.CANCELLED)
