"""The app on a PostgreSQL server, also on one that goes away or falls silent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.proxy import TcpProxy
from tests.support.waiting import wait_until
from tests.tui.desk import Desk, open_desk
from tusk.services import connections
from tusk.services.connections import ConnectionState, Profile
from tusk.tui.run_status import Phase
from tusk.tui.screens.password import PasswordScreen
from tusk.tui.widgets.message_log import Level

pytestmark = pytest.mark.postgres


@pytest.fixture
def admin(pg_db: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        yield connection


def sleepers(admin: psycopg.Connection) -> int:
    query = (
        "select count(*) from pg_stat_activity where state = 'active'"
        " and datname = current_database() and pid <> pg_backend_pid()"
        " and query ilike '%%pg_sleep%%'"
    )
    row = admin.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def kill_backends(admin: psycopg.Connection) -> None:
    admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )


async def is_true_soon(check: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(wait_until, check, what)


def field(desk: Desk, name: str) -> str:
    return dict(desk.last_error.fields).get(name, "")


class TestCancelling:
    async def test_escape_ends_pg_sleep_on_the_server(
        self, pg_db: str, admin: psycopg.Connection
    ) -> None:
        async with open_desk(pg_db) as desk:
            desk.write("select pg_sleep(60)")
            await desk.start()
            await is_true_soon(lambda: sleepers(admin) == 1, "the statement on the server")
            await desk.press("escape")
            await desk.until_phase(Phase.CANCELLED)
            await is_true_soon(lambda: sleepers(admin) == 0, "the end on the server")
            await desk.run("select 1")
            assert desk.column() == [1]

    async def test_escape_ends_a_later_statement_of_a_script_and_skips_the_rest(
        self, pg_db: str, admin: psycopg.Connection
    ) -> None:
        admin.execute("create table t as select 1 as a")
        async with open_desk(pg_db) as desk:
            desk.write(
                "update t set a = 2 where a = 1; select pg_sleep(60); update t set a = 3 where a = 2"
            )
            await desk.start("f8")
            await is_true_soon(lambda: sleepers(admin) == 1, "the statement on the server")
            await desk.until(lambda: "running 2 of 3" in desk.status, "the spinner")
            await desk.press("escape")
            await desk.until_phase(Phase.CANCELLED)
            await is_true_soon(lambda: sleepers(admin) == 0, "the end on the server")
            assert admin.execute("select a from t").fetchone() == (2,)

    async def test_an_error_at_run_time_says_which_statement_failed(self, pg_db: str) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run("select 1;\nselect 1 / (a - a)\nfrom (values (1)) t(a)", key="f8")
            assert field(desk, "at") == "line 2"
            assert field(desk, "statement").startswith("select 1 / (a - a)")
            assert desk.pane.editor.cursor_location == (1, 0)

    async def test_running_again_cancels_on_the_server(
        self, pg_db: str, admin: psycopg.Connection
    ) -> None:
        async with open_desk(pg_db) as desk:
            desk.write("select pg_sleep(60)")
            await desk.start()
            await is_true_soon(lambda: sleepers(admin) == 1, "the statement on the server")
            await desk.run("select 'next'")
            assert desk.column() == ["next"]
            assert await asyncio.to_thread(sleepers, admin) == 0

    async def test_closing_the_tab_cancels_on_the_server(
        self, pg_db: str, admin: psycopg.Connection
    ) -> None:
        async with open_desk(pg_db) as desk:
            desk.write("select pg_sleep(60)")
            await desk.start()
            await is_true_soon(lambda: sleepers(admin) == 1, "the statement on the server")
            await desk.press("alt+x")
            await desk.until_shown("Close Query 1?")
            await desk.press("left", "enter")
            await is_true_soon(lambda: sleepers(admin) == 0, "the end on the server")

    async def test_a_paused_result_in_a_transaction_leaves_it_open(self, pg_db: str) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run("begin; create table t (a int); insert into t values (1)", key="f8")
            await desk.run("select * from generate_series(1, 50000)")
            assert desk.pane.status.phase is Phase.PAUSED
            await desk.run("select a from t")
            assert desk.column() == [1]
            assert "in transaction" in desk.status


class TestPausing:
    async def test_a_result_paused_for_long_is_let_go_and_says_that_it_runs_again(
        self, pg_db: str, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tusk.services.queries.HOLD_PAUSED_S", 0.3)
        async with open_desk(pg_db) as desk:
            await desk.run("select * from generate_series(1, 30000)")
            await desk.until(lambda: "runs again" in desk.status, "the release")
            busy = "select count(*) from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid() and datname = current_database()"
            await is_true_soon(lambda: admin.execute(busy).fetchone() == (0,), "no snapshot")
            await desk.press("f9")
            await desk.until(lambda: desk.pane.status.rows == 20_000, "20,000 rows")
            await desk.until_phase(Phase.PAUSED)
            assert desk.column() == list(range(1, 20_001))
            assert any("run again" in entry.text for entry in desk.messages)


class TestStrangeDatabases:
    async def test_bytes_that_are_no_text_are_shown_and_copied_as_psql_would(
        self, make_pg_db: Callable[..., str]
    ) -> None:
        """SQL_ASCII: the server keeps whatever it was given."""
        async with open_desk(make_pg_db(encoding="SQL_ASCII")) as desk:
            await desk.run(
                r"select e'caf\xe9' as latin, e'caf\xc3\xa9' as utf8, e'\xff\xfe' as neither"
            )
            assert desk.pane.status.phase is Phase.DONE
            assert "SQL_ASCII" in desk.status
            row = next(line for line in desk.text().splitlines() if "café" in line)
            assert re.search(r"caf\S+ +café +\S+", row), row
            await desk.press("f4", "enter")
            await desk.until_shown("latin · text")
            await desk.press("escape")
            await desk.run("select 'still' as here")
            assert desk.column() == ["still"]


class TestErrorsAndNotices:
    async def test_an_error_shows_what_the_server_says(self, pg_db: str) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run(
                "create table t (name text unique); insert into t values ('x')", key="f8"
            )
            await desk.run("insert into t values ('x')")
            assert field(desk, "SQLSTATE") == "23505"
            assert "already exists" in field(desk, "detail")
            await desk.run("select\n  nme from t")
            assert field(desk, "SQLSTATE") == "42703"
            assert 'column "t.name"' in field(desk, "hint")
            assert field(desk, "at") == "line 2, column 3"
            assert desk.pane.editor.cursor_location == (1, 2)
            await desk.until_shown("SQLSTATE: 42703")

    async def test_an_error_behind_wide_characters_is_marked_at_the_right_place(
        self, pg_db: str
    ) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run("select '漢字 👍', oops")
            assert desk.pane.editor.error_location == (0, "select '漢字 👍', oops".index("oops"))

    async def test_notices_come_in_order_and_are_not_markup(self, pg_db: str) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run(
                "do $$ begin raise notice 'one [/x]'; raise warning 'two'; end $$; select 1",
                key="f8",
            )
            texts = [e.text for e in desk.messages if e.level in (Level.NOTICE, Level.WARNING)]
            assert texts == ["NOTICE: one [/x]", "WARNING: two"]

    async def test_a_flood_of_notices_is_bounded(self, pg_db: str) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run(
                "do $$ begin for i in 1..5000 loop raise notice 'n %', i; end loop; end $$"
            )
            assert len(desk.messages) <= 500
            assert any("more notices" in entry.text for entry in desk.messages)

    async def test_a_failed_transaction_is_shown_and_only_rollback_is_offered(
        self, pg_db: str
    ) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run("begin; select 1/0", key="f8")
            assert "failed transaction" in desk.status
            await desk.press("ctrl+t")
            await desk.until_shown("Roll back")
            assert "Commit" not in desk.text()
            await desk.press("r")
            await desk.until(lambda: "autocommit" in desk.status, "the rollback")


class TestLoss:
    @pytest.fixture(autouse=True)
    def by_hand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TUSK_APP_RECONNECT", "false")

    async def test_a_backend_killed_in_a_transaction_is_told_and_f6_reopens(
        self, pg_db: str, admin: psycopg.Connection
    ) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run("create table t (a int)")
            await desk.run("begin; insert into t values (1)", key="f8")
            await asyncio.to_thread(kill_backends, admin)
            await desk.run("select 1")
            assert "transaction is lost" in field(desk, "note")
            assert "Nothing is run again" in field(desk, "note")
            assert "connection lost" in desk.status
            await desk.press("f6")
            await desk.until(lambda: "autocommit" in desk.status, "the open connection")
            await desk.run("select count(*) from t")
            assert desk.column() == [0]

    async def test_running_on_a_lost_connection_does_not_reopen_by_itself(
        self, pg_db: str, admin: psycopg.Connection
    ) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run("select 1")
            await asyncio.to_thread(kill_backends, admin)
            await desk.run("select 2")
            await desk.run("select 3")
            assert desk.pane.entry is not None
            assert desk.pane.entry.state is ConnectionState.LOST
            assert "F6" in field(desk, "hint")
            assert desk.column() == [1]

    async def test_a_backend_killed_while_rows_are_fetched_keeps_them(
        self, pg_db: str, admin: psycopg.Connection
    ) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run("select * from generate_series(1, 3000000)")
            assert desk.pane.status.phase is Phase.PAUSED
            await asyncio.to_thread(kill_backends, admin)
            await desk.press("shift+f9")
            await desk.until_phase(Phase.FAILED)
            assert desk.pane.status.rows is not None
            rows = desk.column()
            assert rows == list(range(1, len(rows) + 1))
            assert len(rows) == desk.pane.status.rows >= 10_000
            assert "partial" in desk.status


class TestBadNetwork:
    @pytest.fixture
    def proxy(self, pg_db: str) -> Iterator[TcpProxy]:
        where = conninfo_to_dict(pg_db)
        with TcpProxy(str(where["host"]), int(str(where["port"]))) as proxy:
            yield proxy

    def through(self, pg_db: str, proxy: TcpProxy) -> str:
        return make_conninfo(pg_db, host=proxy.host, port=proxy.port)

    async def test_cancel_returns_while_the_server_is_still_silent(
        self, pg_db: str, proxy: TcpProxy
    ) -> None:
        async with open_desk(self.through(pg_db, proxy)) as desk:
            await desk.run("select 1")
            desk.write("select pg_sleep(60)")
            await desk.start()
            await desk.until_phase(Phase.RUNNING)
            proxy.stall()
            await desk.press("escape")
            # The app answers meanwhile.
            await desk.press("x")
            assert desk.pane.editor.text.endswith("x")
            await desk.until(lambda: not desk.pane.is_running, "the end of the run")
            assert proxy.is_stalled
            await desk.until(lambda: "connection lost" in desk.status, "the loss")
            proxy.resume()
            await desk.press("f6")
            await desk.until(lambda: "autocommit" in desk.status, "the open connection")
            await desk.run("select 5")
            assert desk.column() == [5]

    async def test_a_second_escape_gives_the_server_up(self, pg_db: str, proxy: TcpProxy) -> None:
        async with open_desk(self.through(pg_db, proxy)) as desk:
            desk.write("select pg_sleep(60)")
            await desk.start()
            await desk.until_phase(Phase.RUNNING)
            proxy.stall()
            await desk.press("escape", "escape")
            await desk.until(lambda: not desk.pane.is_running, "the end of the run")
            assert proxy.is_stalled
            await desk.until(lambda: "connection lost" in desk.status, "the loss")

    async def test_connecting_to_a_silent_server_can_be_left(
        self, pg_db: str, proxy: TcpProxy
    ) -> None:
        proxy.stall()
        async with open_desk() as desk:
            entry = await desk.app.book.add(self.through(pg_db, proxy))
            desk.pane.use(entry.reference)
            desk.write("select 1")
            await desk.start()
            await desk.until_phase(Phase.CONNECTING)
            await desk.press("escape")
            await desk.until_phase(Phase.CANCELLED)
            assert entry.state is ConnectionState.OFFLINE

    async def test_connecting_from_the_list_can_be_left_too(
        self, pg_db: str, proxy: TcpProxy
    ) -> None:
        where = {k: str(v) for k, v in conninfo_to_dict(self.through(pg_db, proxy)).items()}
        password = where.pop("password")
        connections.add_profile(Profile("silent", "postgres", where), password)
        proxy.stall()
        async with open_desk() as desk:
            await desk.press("f2", "down", "enter")
            await desk.until(lambda: "connecting" in desk.status, "the attempt")
            await desk.press("escape")
            await desk.until(lambda: "offline" in desk.status, "the end of the attempt")
            proxy.resume()
            await desk.press("enter")
            await desk.until(lambda: "autocommit" in desk.status, "the open connection")

    async def test_a_stalled_server_does_not_stop_leaving(
        self, pg_db: str, proxy: TcpProxy
    ) -> None:
        async with open_desk(self.through(pg_db, proxy)) as desk:
            await desk.run("begin")
            proxy.stall()
            await desk.press("ctrl+q")
            await desk.until_shown("Leave tusk?")
            await desk.press("left", "enter")
            await desk.until(lambda: not desk.app.is_running, "the end")
            assert proxy.is_stalled


class TestCautions:
    async def test_a_superuser_who_asked_for_read_only_is_told_once_what_that_does_not_stop(
        self, pg_db: str
    ) -> None:
        where = {k: str(v) for k, v in conninfo_to_dict(pg_db).items()}
        password = where.pop("password")
        profile = Profile("careful", "postgres", where, read_only=True)
        connections.add_profile(profile, password)
        async with open_desk("careful") as desk:
            await desk.until_shown("superuser")
            assert [n.title for n in desk.app._notifications] == ["careful"]
            await desk.run("select 1")
            told = [e.text for e in desk.messages if e.level is Level.WARNING]
            assert len(told) == 1
            assert "superuser" in told[0]

    async def test_an_ordinary_session_says_nothing(self, pg_db: str) -> None:
        async with open_desk(pg_db) as desk:
            await desk.run("select 1")
            assert not desk.app._notifications
            assert all(e.level is not Level.WARNING for e in desk.messages)


class TestPasswords:
    async def test_a_missing_password_is_asked_for_and_kept_if_wanted(self, pg_db: str) -> None:
        where = {k: str(v) for k, v in conninfo_to_dict(pg_db).items()}
        password = where.pop("password")
        connections.add_profile(Profile("shop", "postgres", where))
        async with open_desk() as desk:
            await desk.press("f2", "down", "enter")
            await desk.until(lambda: isinstance(desk.app.screen, PasswordScreen), "the question")
            assert "Password for shop" in desk.text()
            await desk.type("wrong")
            await desk.press("enter")
            await desk.until(
                lambda: isinstance(desk.app.screen, PasswordScreen) and "failed" in desk.text(),
                "the second question",
            )
            await desk.type(password)
            await desk.press("tab", "space", "shift+tab", "enter")
            await desk.until(lambda: "autocommit" in desk.status, "the open connection")
        stored = connections.find_profile("shop")
        assert stored is not None
        assert connections.target_of(stored).password == password

    async def test_leaving_the_question_leaves_the_connection_closed(self, pg_db: str) -> None:
        where = {k: str(v) for k, v in conninfo_to_dict(pg_db).items() if k != "password"}
        connections.add_profile(Profile("shop", "postgres", where))
        async with open_desk() as desk:
            await desk.press("f2", "down", "enter")
            await desk.until(lambda: isinstance(desk.app.screen, PasswordScreen), "the question")
            await desk.press("escape")
            await desk.until(lambda: "cannot connect" in desk.status, "the failed connection")

    async def test_a_refused_connection_says_why(self) -> None:
        async with open_desk() as desk:
            entry = await desk.app.book.add("postgresql://nobody@127.0.0.1:1/none")
            desk.pane.use(entry.reference)
            await desk.run("select 1")
            assert "refused" in desk.last_error.text
            assert "cannot connect" in desk.status
            await desk.press("f6")
            await desk.until(lambda: bool(desk.app._notifications), "a second refusal")
