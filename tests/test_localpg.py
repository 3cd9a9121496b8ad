"""The throw-away PostgreSQL servers, and that a crash leaves nothing of them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support import guardian
from tests.support.localpg import (
    LocalServer,
    LocalServerError,
    PgBinaries,
    find_binaries,
    start_server,
)
from tests.support.waiting import is_alive, wait_until

ROOT = Path(__file__).resolve().parent.parent

# A program that starts a server, says where it is, and waits to be killed.
PARENT = """
import json, sys
from pathlib import Path
from tests.support.localpg import PgBinaries, start_server

bindir, version, source, *roots = sys.argv[1:]
binaries = PgBinaries(Path(bindir), version, source, tuple(map(Path, roots)))
with start_server(binaries) as server:
    facts = {
        "directory": str(server.directory),
        "server": server.pid,
        "guardian": server.guardian.pid,
    }
    print(json.dumps(facts), flush=True)
    sys.stdin.read()
"""


class Parent:
    """A program that owns a server and can be killed."""

    def __init__(self, binaries: PgBinaries) -> None:
        arguments = [binaries.bindir, binaries.version, binaries.source, *binaries.copy_roots]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        assert self.process.stdout
        facts = json.loads(self.process.stdout.readline())
        self.directory = Path(facts["directory"])
        self.server: int = facts["server"]
        self.guardian: int = facts["guardian"]

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.guardian, signal.SIGTERM)
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def parent(pg_binaries: PgBinaries) -> Iterator[Parent]:
    parent = Parent(pg_binaries)
    yield parent
    parent.end()


pytestmark = pytest.mark.postgres


def test_loads_what_the_tests_rely_on(pg_server: LocalServer) -> None:
    with psycopg.connect(pg_server.dsn()) as connection:
        preloaded = connection.execute("show shared_preload_libraries").fetchone()
        running = connection.execute("show server_version").fetchone()
    assert preloaded == ("pg_stat_statements",)
    assert running
    assert running[0].startswith(pg_server.binaries.version)


def test_counts_statements(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute("create extension pg_stat_statements")
        connection.execute("select 42 as answer")
        # Without texts: those of databases in other encodings may not be readable in this one.
        counted = connection.execute(
            "select sum(calls) from pg_stat_statements(showtext => false) where dbid ="
            " (select oid from pg_database where datname = current_database())"
        ).fetchone()
        assert counted
        assert counted[0] >= 2


def test_logs_as_csv_and_json(pg_server: LocalServer, pg_db: str) -> None:
    with psycopg.connect(pg_db) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("select * from table_that_is_not_there")

    def logged(suffix: str) -> bool:
        texts = (path.read_text(errors="replace") for path in pg_server.log_dir.glob("*" + suffix))
        return any("from table_that_is_not_there" in text for text in texts)

    wait_until(lambda: logged(".csv"), "the CSV log")
    if pg_server.binaries.major >= 15:
        wait_until(lambda: logged(".json"), "the JSON log")


def test_refuses_a_wrong_password(pg_server: LocalServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(pg_server.dsn(), password="wrong")


def test_asks_no_password_on_its_socket(pg_socket_dsn: str) -> None:
    with psycopg.connect(pg_socket_dsn) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_is_private_and_does_not_run_as_root(pg_server: LocalServer) -> None:
    assert pg_server.directory.stat().st_mode & 0o777 == 0o700
    assert pg_server.log_dir.stat().st_uid != 0


@pytest.mark.parametrize("run", range(3))
def test_gives_each_test_an_empty_database(pg_db: str, run: int) -> None:
    with psycopg.connect(pg_db) as connection:
        connection.execute("create table t (i int)")
        assert connection.execute("select count(*) from t").fetchone() == (0,)


def test_makes_databases_in_another_encoding(make_pg_db: Callable[..., str]) -> None:
    with psycopg.connect(make_pg_db(encoding="SQL_ASCII")) as connection:
        assert connection.info.parameter_status("server_encoding") == "SQL_ASCII"


def test_has_postgis_where_it_is_installed(
    pg_db: str, needs_extension: Callable[[str], None]
) -> None:
    needs_extension("postgis")
    with psycopg.connect(pg_db) as connection:
        connection.execute("create extension postgis")
        version = connection.execute("select postgis_version()").fetchone()
    assert version
    assert re.match(r"\d+\.\d+", version[0])


def test_needs_extension_skips_or_fails_as_told(
    needs_extension: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(pytest.skip.Exception, match="has no extension 'nonesuch'"):
        needs_extension("nonesuch")
    monkeypatch.setenv("TUSK_TEST_REQUIRE_EXTENSIONS", "postgis,nonesuch")
    with pytest.raises(pytest.fail.Exception, match="TUSK_TEST_REQUIRE_EXTENSIONS names it"):
        needs_extension("nonesuch")


def test_accepts_tls_only_where_told_so(pg_tls_server: tuple[LocalServer, Path]) -> None:
    server, ca_file = pg_tls_server
    with psycopg.connect(
        server.dsn(), sslmode="verify-full", sslrootcert=str(ca_file)
    ) as connection:
        query = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
        assert connection.execute(query).fetchone() == (True,)
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(server.dsn(), sslmode="disable")


@pytest.mark.parametrize("how", ["SIGINT", "SIGQUIT"])
def test_restarts_on_the_same_port_with_its_data(pg_own_server: LocalServer, how: str) -> None:
    server = pg_own_server
    with psycopg.connect(server.dsn()) as connection:
        connection.execute("create table kept as select 1 as one")
        connection.commit()
        first = server.pid
        server.restart(how)  # type: ignore[arg-type]  # the parameters above are its values
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    assert server.pid != first
    with psycopg.connect(server.dsn()) as connection:
        assert connection.execute("select one from kept").fetchone() == (1,)


def test_stop_removes_everything(pg_own_server: LocalServer) -> None:
    pg_own_server.stop()
    assert not pg_own_server.directory.exists()
    assert not is_alive(pg_own_server.pid)


def test_says_why_a_server_does_not_start(pg_binaries: PgBinaries) -> None:
    before = set(guardian.base_directory().glob(guardian.PREFIX + "*"))
    with pytest.raises(LocalServerError, match="max_connections"):
        start_server(pg_binaries, settings={"max_connections": "many"})
    if "PYTEST_XDIST_WORKER" not in os.environ:
        assert set(guardian.base_directory().glob(guardian.PREFIX + "*")) <= before


def test_finds_binaries_by_major_version_and_source() -> None:
    found = find_binaries()
    assert found
    for binaries in found:
        assert binaries in find_binaries(str(binaries.major))
        assert binaries in find_binaries(binaries.source)
    assert len({binaries.bindir for binaries in found}) == len(found)


def test_leaves_out_binaries_that_do_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in ("initdb", "postgres", "pg_ctl"):
        broken = tmp_path / program
        broken.write_text("#!/bin/sh\nexit 127\n")
        broken.chmod(0o755)
    monkeypatch.setenv("TUSK_PG_BINDIR", str(tmp_path))
    assert all(binaries.source != "env" for binaries in find_binaries())


class TestCrash:
    def test_when_the_parent_is_killed_everything_goes(self, parent: Parent) -> None:
        parent.process.kill()
        wait_until(lambda: not is_alive(parent.server), "the end of the server")
        wait_until(lambda: not parent.directory.exists(), "the end of the directory")
        wait_until(lambda: not is_alive(parent.guardian), "the end of the guardian")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_when_the_parent_is_asked_to_end_everything_goes(
        self, parent: Parent, number: signal.Signals
    ) -> None:
        os.killpg(parent.process.pid, number)
        wait_until(lambda: not is_alive(parent.server), "the end of the server")
        wait_until(lambda: not parent.directory.exists(), "the end of the directory")

    def test_when_the_guardian_is_asked_to_end_everything_goes(self, parent: Parent) -> None:
        os.kill(parent.guardian, signal.SIGTERM)
        wait_until(lambda: not is_alive(parent.server), "the end of the server")
        wait_until(lambda: not parent.directory.exists(), "the end of the directory")

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a parent-death signal")
    def test_when_the_guardian_is_killed_the_server_goes_and_the_next_start_sweeps(
        self, parent: Parent
    ) -> None:
        os.kill(parent.guardian, signal.SIGKILL)
        wait_until(lambda: not is_alive(parent.server), "the end of the server")
        self.assert_swept(parent)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a parent-death signal")
    def test_when_both_are_killed_the_server_goes_and_the_next_start_sweeps(
        self, parent: Parent
    ) -> None:
        parent.process.kill()
        # The guardian may have seen the end of its input by now: then nothing is left to sweep.
        with contextlib.suppress(ProcessLookupError):
            os.kill(parent.guardian, signal.SIGKILL)
        wait_until(lambda: not is_alive(parent.server), "the end of the server")
        self.assert_swept(parent)

    @staticmethod
    def assert_swept(parent: Parent) -> None:
        wait_until(lambda: not is_alive(parent.guardian), "the end of the guardian")
        # Another test's server may start and sweep at the same time.
        guardian.sweep(guardian.base_directory())
        wait_until(lambda: not parent.directory.exists(), "the end of the directory")


class TestSweep:
    @pytest.fixture
    def base(self, tmp_path: Path) -> Path:
        return tmp_path

    def test_keeps_a_directory_whose_guardian_lives(self, base: Path) -> None:
        directory, lock = guardian.locked_directory(base)
        guardian.sweep(base)
        assert directory.exists()
        os.close(lock)
        guardian.sweep(base)
        assert not directory.exists()

    def test_keeps_a_directory_that_is_just_being_made(self, base: Path) -> None:
        directory = base / (guardian.PREFIX + "new")
        directory.mkdir()
        guardian.sweep(base)
        assert directory.exists()
        os.utime(directory, (0, 0))
        guardian.sweep(base)
        assert not directory.exists()

    def test_never_shows_a_lock_that_is_free(
        self, base: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held: list[bool] = []
        rename = Path.rename

        def look_then_rename(source: Path, target: Path) -> Path:
            other = os.open(source, os.O_RDWR)
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(True)
            finally:
                os.close(other)
            return rename(source, target)

        monkeypatch.setattr(Path, "rename", look_then_rename)
        _directory, lock = guardian.locked_directory(base)
        os.close(lock)
        assert held == [True]

    def test_follows_no_link_and_touches_nothing_else(self, base: Path) -> None:
        kept = base / "kept"
        kept.mkdir()
        (kept / guardian.LOCK).touch()
        (base / (guardian.PREFIX + "link")).symlink_to(kept)
        (base / "other").mkdir()
        guardian.sweep(base)
        assert (kept / guardian.LOCK).exists()
        assert (base / "other").exists()
