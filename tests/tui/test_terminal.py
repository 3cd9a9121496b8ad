"""tusk in a real terminal: signals, small and poor terminals, raw bytes."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.support.hostile import HOSTILE
from tests.support.terminal import Terminal
from tests.support.waiting import is_alive, wait_until
from tusk.services import connections
from tusk.services.connections import Profile

TUSK = [sys.executable, "-m", "tusk"]
# The caret's place: the editor is there, and has the focus.
READY = r" 1:1\s*$"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """TUSK_HOME of the program in the terminal; the same as the test's own."""
    return Path(os.environ["TUSK_HOME"])


def tusk(*arguments: str, **options: object) -> Terminal:
    source = str(Path(__file__).resolve().parents[2] / "src")
    env = {"PYTHONPATH": source, **dict(options.pop("env", {}))}  # type: ignore[call-overload]
    return Terminal([*TUSK, *arguments], env=env, **options)  # type: ignore[arg-type]


def saved_texts(home: Path) -> set[str]:
    with sqlite3.connect(home / "state" / "workspace.db") as db:
        return {row[0] for row in db.execute("select text from tab")}


def frame(screen: str) -> list[list[int]]:
    """Where the lines between the panes stand."""
    return [[n for n, char in enumerate(line) if char in "│─"] for line in screen.splitlines()[:-2]]


class TestEnds:
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
    def test_all_that_is_two_seconds_old_comes_back(
        self, home: Path, number: signal.Signals
    ) -> None:
        connections.add_profile(Profile("mine", "duckdb", {"path": ""}))
        with tusk(width=120, height=40) as terminal:
            terminal.wait_for(READY)
            terminal.send_text("select 1111")
            terminal.send_keys("Enter")
            terminal.send_text("+ 2222")
            terminal.wait_for("2222")
            terminal.send_keys("C-n")
            terminal.wait_for("Query 2")
            terminal.send_text("select 3333")
            terminal.send_keys("F2", "Down", "Enter")
            terminal.wait_for("◆ mine │ DuckDB .* │ autocommit")
            terminal.send_keys("F3", "M-Up", "M-Up", "M-Right", "C-PgUp")
            terminal.wait_for("2222")
            terminal.send_keys("Up", "Left", "Left", "Left")
            terminal.wait_for(r" 1:4\s*$")
            # What the promise allows to be lost; nothing else may be waited for.
            time.sleep(2)
            before = terminal.capture()
            os.kill(terminal.pid, number)
            assert terminal.wait_for_exit() == 128 + number
        with sqlite3.connect(home / "state" / "workspace.db") as db:
            tabs = db.execute("select text, connection from tab order by position").fetchall()
        assert tabs[0][0] == "select 1111\n+ 2222"
        assert tabs[1] == ("select 3333", "mine")
        with tusk(width=120, height=40) as terminal:
            terminal.wait_for(r" 1:4\s*$")
            wait_until(lambda: frame(terminal.capture()) == frame(before), "the same screen")

    def test_a_tab_knows_after_sigkill_that_its_file_was_not_saved(
        self, home: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "report.sql"
        file.write_text("select 1")
        with tusk(str(file)) as terminal:
            terminal.wait_for("report.sql ")
            terminal.send_text("-- kept ")
            terminal.wait_for(r"report.sql\*")
            wait_until(lambda: "-- kept select 1" in saved_texts(home), "the saving", 20)
            os.kill(terminal.pid, signal.SIGKILL)
            assert terminal.wait_for_exit() == 128 + signal.SIGKILL
        with tusk() as terminal:
            terminal.wait_for(r"report.sql\*")
            terminal.wait_for("-- kept select 1")
            terminal.send_keys("C-s")
            terminal.wait_for("Saved report.sql")
        assert file.read_text() == "-- kept select 1"

    def test_what_was_typed_just_before_a_dropped_connection_comes_back(self, home: Path) -> None:
        with tusk() as terminal:
            terminal.wait_for(READY)
            pid = terminal.pid
            terminal.send_text("select 'dropped'")
            terminal.wait_for("select 'dropped'")
            terminal.hang_up()
            wait_until(lambda: not is_alive(pid), "the end of the process", 10)
        with tusk() as terminal:
            terminal.wait_for("select 'dropped'")

    @pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
    def test_a_signal_rolls_back_saves_and_restores_the_terminal(
        self, number: signal.Signals, pg_db: str
    ) -> None:
        connections.add_profile(Profile("shop", "postgres", _parameters(pg_db)), _password(pg_db))
        with tusk("shop") as terminal, psycopg.connect(pg_db, autocommit=True) as admin:
            terminal.wait_for(r"autocommit")
            terminal.send_text("create table t (a int); begin; insert into t values (1)")
            terminal.send_keys("F8")
            terminal.wait_for("in transaction")
            os.kill(terminal.pid, number)
            assert terminal.wait_for_exit() == 128 + number
            raw = terminal.raw_bytes()
            assert raw.rindex(b"\x1b[?1049l") > raw.rindex(b"\x1b[?1049h")
            assert raw.rindex(b"\x1b[?25h") > raw.rindex(b"\x1b[?25l")
            query = (
                "select count(*) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
                " and backend_type = 'client backend'"
            )
            wait_until(lambda: admin.execute(query).fetchone() == (0,), "no session left", 10)
            assert admin.execute("select count(*) from t").fetchone() == (0,)

    def test_quit_restores_the_terminal_and_exits_0(self) -> None:
        with tusk("demo") as terminal:
            terminal.wait_for("18 rows")
            terminal.send_keys("C-q")
            assert terminal.wait_for_exit() == 0
            raw = terminal.raw_bytes()
            assert raw.rindex(b"\x1b[?1049l") > raw.rindex(b"\x1b[?1049h")


def _parameters(dsn: str) -> dict[str, str]:
    found = psycopg.conninfo.conninfo_to_dict(dsn)
    return {k: str(v) for k, v in found.items() if k != "password" and v is not None}


def _password(dsn: str) -> str | None:
    password = psycopg.conninfo.conninfo_to_dict(dsn).get("password")
    return str(password) if password is not None else None


class TestSizes:
    @pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
    def test_the_first_query_has_run_and_shows(self, width: int, height: int) -> None:
        with tusk("demo", width=width, height=height) as terminal:
            terminal.wait_for("18 rows")
            screen = terminal.wait_for("Håkonsvik")
            assert "F5 Run" in screen
            assert ("Connections" in screen) == (width >= 100)

    def test_any_size_down_to_20x5_is_survived(self) -> None:
        with tusk("demo") as terminal:
            terminal.wait_for("18 rows")
            for width, height in [(20, 5), (300, 80), (10, 2), (40, 10), (80, 24)]:
                terminal.resize(width, height)
                terminal.send_keys("F2")
                terminal.send_keys("F3")
            terminal.send_text("x")
            terminal.wait_for("18 rows")
            assert terminal.is_running


class TestBursts:
    """Keys that come in one piece, as over a slow line: what the first one opens gets the rest."""

    SHOWN = "18 rows"

    def test_a_search_in_the_grid_gets_its_text(self) -> None:
        with tusk("demo", width=100, height=30) as terminal:
            terminal.wait_for(self.SHOWN)
            terminal.send_keys("F4")
            terminal.send_text("/shiomi\r")
            terminal.wait_for(r"▸ +11 ")

    @pytest.mark.parametrize(
        ("keys", "shown"),
        [("/vprx", "Search vprx"), ("f" + "vprx", "Filter vprx"), (":17\r", "▸ +17 ")],
    )
    def test_prompts_of_the_grid_get_every_key(self, keys: str, shown: str) -> None:
        with tusk("demo", width=100, height=30) as terminal:
            terminal.wait_for(self.SHOWN)
            terminal.send_keys("F4")
            terminal.send_text(keys)
            terminal.wait_for(shown)

    def test_a_search_in_the_catalogue_gets_letters_that_are_keys_there(self) -> None:
        with tusk("demo", width=120, height=30) as terminal:
            terminal.wait_for("crossings\n|crossings +│")
            terminal.send_keys("F2", "Tab", "Tab")
            terminal.wait_for("View rows")
            terminal.send_text("/vrn")
            terminal.wait_for("Nothing is called like vrn")

    def test_a_new_tab_gets_all_of_a_text_in_its_order(self) -> None:
        text = "select 'abcdefghijklmnopqrstuvwxyz' as letters"
        with tusk("demo", width=120, height=30) as terminal:
            terminal.wait_for(self.SHOWN)
            terminal.send_keys("F4")
            terminal.send_text("\x0e" + text)
            terminal.wait_for(re.escape(text))

    def test_the_command_palette_gets_what_is_typed_after_its_key(self) -> None:
        with tusk("demo", width=100, height=30) as terminal:
            terminal.wait_for(self.SHOWN)
            terminal.send_text("\x10Wrap lines")
            terminal.wait_for("Wrap lines +Alt\\+W|Wrap long lines")


class TestPoorTerminals:
    @pytest.mark.parametrize("term", ["screen", "xterm", "linux", "vt100"])
    def test_it_works_with_few_colours(self, term: str) -> None:
        with tusk("demo", term=term) as terminal:
            terminal.wait_for("18 rows")
            terminal.send_keys("F2")
            terminal.wait_for("Connections")
            terminal.send_keys("C-q")
            assert terminal.wait_for_exit() == 0

    def test_no_color_sends_no_hue(self) -> None:
        with tusk("demo", env={"NO_COLOR": "1", "COLORTERM": "truecolor"}) as terminal:
            terminal.wait_for("18 rows")
            raw = terminal.raw_bytes()
        true_colour = rb"[34]8;2;(\d+);(\d+);(\d+)"
        for sequence in re.findall(rb"\x1b\[([0-9;]*)m", raw):
            for colour in re.findall(true_colour, sequence):
                assert len(set(colour)) == 1, sequence
            rest = re.sub(true_colour, b"", sequence).split(b";")
            assert not {b"%d" % n for n in (*range(31, 37), *range(41, 47))} & set(rest), sequence


_HARMLESS = rb"\x1b\[.*[mHJKABCDhlupcqt]|\x1b[78=>M\\(]|\x1b\]22;[a-z-]+\x07"


class TestHostileBytes:
    """Whatever data holds, the terminal gets none of it as a command."""

    FORBIDDEN = (
        b"\x1b]52",
        b"\x1b]0;owned",
        b"\x1b]8;;http://example",
        b"\x1b[31mred",
        b"\x1b[6n",
        b"\x1bP$q",
        "\x9d".encode(),
        "\x9b".encode(),
        "\u202e".encode(),
        "\u2066".encode(),
        "\u200b".encode(),
    )

    def test_values_names_errors_and_notices_stay_harmless(self, pg_db: str) -> None:
        with psycopg.connect(pg_db, autocommit=True) as admin:
            admin.execute("create table texts (name text, value text)")
            for name, text in HOSTILE.items():
                admin.execute("insert into texts values (%s, %s)", [name, text])
            admin.execute(
                psycopg.sql.SQL("create table {} ({} int)").format(
                    psycopg.sql.Identifier(HOSTILE["esc-clipboard"][:30]),
                    psycopg.sql.Identifier(HOSTILE["bidi-override"]),
                )
            )
        connections.add_profile(Profile("evil", "postgres", _parameters(pg_db)), _password(pg_db))
        with tusk("evil", width=120, height=60) as terminal:
            terminal.wait_for("autocommit")
            terminal.send_text("select value, name from texts")
            terminal.send_keys("F5")
            terminal.wait_for("rows")
            terminal.send_keys("F4", "End", "C-End", "C-Home")
            terminal.send_keys("C-n")
            terminal.wait_for("Query 2")
            terminal.send_text(
                "do $$ declare t text; begin for t in select value from texts loop"
                " raise notice '%', t; end loop; raise exception '%', "
                "(select value from texts where name = 'esc-clipboard'); end $$"
            )
            terminal.send_keys("F5")
            terminal.wait_for("P0001")
            terminal.send_keys("F2", "Tab", "Tab", "End", "Right")
            terminal.send_keys("C-n")
            terminal.wait_for("Query 3")
            terminal.paste("-- " + HOSTILE["c1-osc"] + HOSTILE["bidi-override"] + "\nselect 1")
            terminal.wait_for("select 1")
            terminal.send_keys("C-q")
            terminal.wait_for_exit()
            raw = terminal.raw_bytes()
        for forbidden in self.FORBIDDEN:
            assert forbidden not in raw, forbidden
        # Every escape sequence there is, is one that draws, or gives the mouse pointer its shape.
        for sequence in re.findall(
            rb"\x1b(?:\[[0-9;?<>=$]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)", raw, re.DOTALL
        ):
            assert re.fullmatch(_HARMLESS, sequence), sequence

    def test_a_hostile_file_name_stays_harmless(self, tmp_path: Path) -> None:
        file = tmp_path / "a\x1b]0;owned\x07[bold]\u202eb.csv"
        file.write_text("a\n1\n")
        with tusk(str(file)) as terminal:
            terminal.wait_for("select")
            terminal.send_keys("F5")
            terminal.wait_for("1 row")
            raw = terminal.raw_bytes()
        assert b"\x1b]0;owned" not in raw
        assert "\u202e".encode() not in raw
