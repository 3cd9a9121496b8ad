"""`tusk query` on PostgreSQL: cancelling, losing, refusing, notices, scripts, secrets."""

from __future__ import annotations

import os
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from tests.cli.commands import InTerminal, finish, start, tusk
from tests.support.localpg import LocalServer
from tests.support.proxy import TcpProxy
from tests.support.waiting import wait_until


def sleeping(dsn: str) -> list[int]:
    """Backends that run our sleep."""
    query = (
        "select pid from pg_stat_activity where state = 'active'"
        " and query like '%pg_sleep(60)%' and pid <> pg_backend_pid()"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        return [row[0] for row in connection.execute(query)]


def without(dsn: str, keyword: str) -> str:
    """A connection string less one of its parts."""
    parts = {k: str(v) for k, v in conninfo_to_dict(dsn).items() if k != keyword}
    return make_conninfo("", **parts)


@pytest.fixture
def dsn(pg_socket_dsn: str) -> str:
    return pg_socket_dsn


# ── signals ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_cancels_on_the_server_and_sets_the_exit_code(
    dsn: str, number: int, code: int
) -> None:
    process = start("query", "select pg_sleep(60); select 1", "-c", dsn)
    wait_until(lambda: bool(sleeping(dsn)), "the statement runs")
    process.send_signal(number)
    done = finish(process)
    assert done.code == code
    assert done.out == ""
    assert "Traceback" not in done.err
    assert sleeping(dsn) == []


def test_a_signal_in_a_transaction_says_that_it_is_rolled_back(dsn: str) -> None:
    process = start("query", "begin; create table t (a int); select pg_sleep(60)", "-c", dsn)
    wait_until(lambda: bool(sleeping(dsn)), "the statement runs")
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.code == 130
    assert done.err.count("still open is rolled back") == 1


def test_a_signal_during_an_export_leaves_no_file(dsn: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    sql = "select g, repeat('x', 100) from generate_series(1, 100000000) g"
    process = start("query", sql, "-c", dsn, "-o", folder / "x.parquet")
    wait_until(lambda: _is_exporting(dsn), "the export runs")
    process.send_signal(signal.SIGINT)
    assert finish(process).code == 130
    assert list(folder.iterdir()) == []
    assert not _is_exporting(dsn)


def _is_exporting(dsn: str) -> bool:
    query = (
        "select count(*) from pg_stat_activity where state = 'active'"
        " and query like '%100000000%' and pid <> pg_backend_pid()"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        return bool(connection.execute(query).fetchone()[0])  # type: ignore[index]


def test_an_ignored_signal_stays_ignored(dsn: str) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = start("query", "select pg_sleep(0.5), 1 as a", "-c", dsn, preexec_fn=ignore)
    wait_until(lambda: process.poll() is not None or bool(_backends(dsn)), "connected")
    process.send_signal(signal.SIGHUP)
    done = finish(process)
    assert done.code == 0
    assert done.out.endswith("1\n")


def _backends(dsn: str) -> list[int]:
    query = "select pid from pg_stat_activity where query like '%pg_sleep(0.5)%' and state='active'"
    with psycopg.connect(dsn, autocommit=True) as connection:
        return [r[0] for r in connection.execute(query + " and pid <> pg_backend_pid()")]


def test_a_stalled_network_is_left(pg_db: str, pg_server: LocalServer) -> None:
    with TcpProxy("127.0.0.1", pg_server.port) as proxy:
        dsn = make_conninfo(pg_db, host=proxy.host, port=proxy.port)
        env = {"PGPASSWORD": str(conninfo_to_dict(pg_db)["password"])}
        dsn = without(dsn, "password")
        process = start("query", "select pg_sleep(60)", "-c", dsn, env={**os.environ, **env})
        wait_until(lambda: bool(sleeping(pg_db)), "the statement runs")
        proxy.stall()
        process.send_signal(signal.SIGINT)
        assert finish(process).code == 130


def test_ctrl_c_while_connecting_ends_at_once() -> None:
    # Nothing answers on a port that only listens.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        # Without a limit of its own, libpq would wait for ever.
        dsn = f"host=127.0.0.1 port={silent.getsockname()[1]} connect_timeout=0"
        process = start("query", "select 1", "-c", dsn)
        accepted, _ = silent.accept()
        with accepted:
            process.send_signal(signal.SIGINT)
            assert finish(process).code == 130


# ── what the server says ─────────────────────────────────────────────────────────────────────


def test_notices_come_with_their_parts_and_quiet_drops_them(dsn: str) -> None:
    sql = "do $$ begin raise warning 'careful' using detail = 'd', hint = 'h'; end $$"
    done = tusk("query", sql, "-c", dsn)
    assert done.code == 0
    assert "WARNING: careful\nDETAIL: d\nHINT: h\n(DO, " in done.err
    assert tusk("query", sql, "-c", dsn, "-q").err == ""


def test_an_error_has_its_code_place_detail_and_hint(dsn: str) -> None:
    done = tusk("query", "select 1;\nselect '日本', now(1) from pg_class", "-c", dsn)
    assert done.code == 1
    lines = done.err.splitlines()
    assert any(line.startswith("tusk: 42883: function now(integer)") for line in lines)
    shown = next(n for n, line in enumerate(lines) if line.startswith("LINE 2: "))
    assert lines[shown + 1].index("^") == lines[shown].index("now(1)") + 2
    assert any(line.startswith("HINT: No function matches") for line in lines)


def test_copy_from_stdin_reads_its_lines_from_the_script(dsn: str) -> None:
    script = (
        "create table t (a int, b text);\ncopy t from stdin;\n1\tit's; --\n2\t\\N\n\\.\n"
        "select * from t order by a;\n"
    )
    done = tusk("query", "-c", dsn, stdin=script)
    assert (done.code, done.out) == (0, "a,b\n1,it's; --\n2,\n")


@contextmanager
def role_of(dsn: str, *grants: str) -> Iterator[str]:
    """A connection string for a new role that may do what its grants say."""
    name = f"tusk_plain_{secrets.token_hex(4)}"
    role = Identifier(name)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(SQL("create role {} login").format(role))
        for grant in grants:
            owner.execute(SQL("grant {} to {}").format(Identifier(grant), role))
        try:
            yield make_conninfo(dsn, user=name)
        finally:
            owner.execute(SQL("drop owned by {0}; drop role {0}").format(role))


def test_a_role_without_a_right_is_refused_with_5_and_told_who_can_grant_it(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("create table secret as select 1 as a")
    with role_of(dsn) as plain:
        for text in ("table secret", "drop table secret", "alter system set work_mem = '1MB'"):
            done = tusk("query", f"{text}; select 2", "-c", plain)
            assert (done.code, done.out) == (5, ""), text
            assert "tusk: 42501: " in done.err
            assert "a superuser can GRANT it" in done.err


def test_a_monitor_sees_what_others_run_and_none_of_their_rows(dsn: str) -> None:
    running = "select count(*) > 0 as seen from pg_stat_activity where query = 'table secret'"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("create table secret as select 1 as a")
        owner.execute("table secret")
        for grants, seen in ((["pg_monitor"], "t"), ([], "f")):
            with role_of(dsn, *grants) as role:
                assert tusk("query", running, "-c", role).out == f"seen\n{seen}\n"
                refused = tusk("query", "table secret", "-c", role)
            assert (refused.code, refused.out) == (5, "")


def test_read_only_is_enforced_by_the_server(dsn: str) -> None:
    for sql in ("create table t (a int)", "select nextval('s')", "begin read write"):
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("create sequence if not exists s")
        done = tusk("query", f"{sql}; create table t2 (a int)", "-c", dsn, "--read-only")
        assert done.code == 5, sql
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select to_regclass('t2')").fetchone() == (None,)


def test_a_read_only_superuser_is_warned_once_on_stderr(dsn: str) -> None:
    arguments = ("query", "select 1 as a; select 2 as a", "-c", dsn)
    plain, warned = tusk(*arguments), tusk(*arguments, "--read-only")
    assert (warned.code, warned.out) == (0, plain.out)
    assert "warning" not in plain.err
    (line,) = [line for line in warned.err.splitlines() if "warning" in line]
    assert "superuser" in line
    assert tusk(*arguments, "--read-only", "-q").err == ""


def test_a_read_only_superuser_cannot_copy_to_a_program(dsn: str) -> None:
    done = tusk("query", "copy (select 1) to program 'true'", "-c", dsn, "--read-only")
    assert (done.code, done.out) == (5, "")
    assert "TO STDOUT" in done.err
    done = tusk("query", "copy (select 1) to stdout", "-c", dsn, "--read-only")
    assert done.code == 0


def test_time_limits_of_both_sides_end_with_4(dsn: str) -> None:
    assert tusk("query", "select pg_sleep(60)", "-c", dsn, "--timeout", "0.3").code == 4
    script = "set statement_timeout = 100; select pg_sleep(60)"
    assert tusk("query", script, "-c", dsn).code == 4


def test_a_lost_connection_ends_with_3_and_nothing_is_run_again(dsn: str) -> None:
    process = start(
        "query", "create table if not exists n (a int); insert into n values (1);"
        " select pg_sleep(60)", "-c", dsn,
    )  # fmt: skip
    wait_until(lambda: bool(sleeping(dsn)), "the statement runs")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s)", sleeping(dsn))
        done = finish(process)
        assert connection.execute("select count(*) from n").fetchone() == (1,)
    assert done.code == 3
    assert "57P01" in done.err


def test_no_server_and_no_database_end_with_3(dsn: str) -> None:
    done = tusk("query", "select 1", "-c", "postgresql://127.0.0.1:1/x")
    assert (done.code, done.out) == (3, "")
    done = tusk("query", "select 1", "-c", make_conninfo(dsn, dbname="no such"))
    assert done.code == 3
    assert "no such" in done.err


def test_a_flood_of_notices_is_bounded(dsn: str) -> None:
    sql = (
        "do $$ begin for n in 1..20000 loop raise notice '%', repeat('x', 1000); end loop; end $$;"
        " select 1 as a"
    )
    done = tusk("query", sql, "-c", dsn)
    assert (done.code, done.out) == (0, "a\n1\n")
    assert done.err.count("NOTICE") == 1000
    assert "19,000 more notices are not shown" in done.err


# ── secrets ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def password(pg_db: str) -> str:
    return str(conninfo_to_dict(pg_db)["password"])


@pytest.fixture
def without_password(pg_db: str) -> str:
    return without(pg_db, "password")


def test_a_password_in_the_command_works_with_a_warning(pg_db: str, password: str) -> None:
    done = tusk("query", "select 1 as a", "-c", pg_db)
    assert (done.code, done.out) == (0, "a\n1\n")
    assert "other users of this machine can see" in done.err
    assert password not in done.err
    assert tusk("query", "select 1 as a", "-c", pg_db, "--quiet").err == ""


def test_a_missing_password_is_asked_for_on_a_terminal_and_not_shown(
    without_password: str, password: str
) -> None:
    with InTerminal("query", "select 42 as answer", "-c", without_password) as terminal:
        terminal.wait_for("Password for postgresql://")
        terminal.type(password + "\n")
        done = terminal.finish()
    assert done.code == 0
    assert "42" in done.out
    assert password not in done.out


def test_a_missing_password_in_a_script_ends_with_3(without_password: str) -> None:
    done = tusk("query", "select 1", "-c", without_password)
    assert done.code == 3
    assert "password" in done.err


def test_a_stored_password_is_nowhere_to_be_seen(
    without_password: str, password: str, tmp_path: Path
) -> None:
    added = tusk(
        "connections", "add", "shop", without_password, "--password", stdin=password + "\n"
    )
    assert added.code == 0
    process = start("query", "select pg_sleep(60)", "-c", "shop")
    try:
        wait_until(lambda: bool(sleeping(without_password + f" password={password}")), "it runs")
        folder = Path(f"/proc/{process.pid}")
        seen = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        assert password.encode() not in seen
    finally:
        process.send_signal(signal.SIGINT)
        done = finish(process)
    texts = [done.err, added.err]
    for words in (["list"], ["show", "shop"], ["show", "shop", "-F", "json"], ["test", "shop"]):
        shown = tusk("connections", *words)
        assert shown.code == 0
        texts += [shown.out, shown.err]
    doctor = tusk("doctor")
    texts += [doctor.out, doctor.err]
    assert password not in "".join(texts)
    holders = [p for p in (tmp_path / "tusk").rglob("*") if p.is_file() and _holds(p, password)]
    assert holders == [tmp_path / "tusk" / "secrets.toml"]


def _holds(path: Path, text: str) -> bool:
    return text.encode() in path.read_bytes()


@pytest.mark.parametrize(
    "template",
    [
        "postgresql://tusk:hunter2@127.0.0.1:{port}/x",
        "postgresql://tusk:hunter2@127.0.0.1:{port}/x?application_name=hunter",
        "host=127.0.0.1 port={port} user=tusk password=hunter2 dbname=x",
        "host=127.0.0.1 port={port} user=tusk password='hunter2' nonsense=1",
        "postgresql://tusk:hunter2@127.0.0.1:1/x",
        "postgresql://tusk:hunter2@127.0.0.1:{port}/x?sslmode=verify-full",
        "postgresql://tusk:hunter2@no-such-host.invalid/x",
        "postgresql://tusk:hunter2@127.0.0.1:99999/x",
        "postgresql://tusk:hunter2@127.0.0.1:{port}/x?sslmode=nonsense",
        "host=127.0.0.1 password='hunter2",
        "oracle://tusk:hunter2@127.0.0.1/x",
    ],
)
@pytest.mark.parametrize("command", ["query", "test", "add"])
def test_no_error_repeats_a_password(
    template: str, command: str, pg_server: LocalServer, tmp_path: Path
) -> None:
    target = template.format(port=pg_server.port)
    words = {
        "query": ["query", "select 1", "-c", target],
        "test": ["connections", "test", target],
        "add": ["connections", "add", "x", target],
    }[command]
    done = tusk(*words)
    assert done.code in (0, 2, 3)
    assert "hunter2" not in done.out + done.err
    for path in (tmp_path / "tusk").rglob("*"):
        if path.is_file() and path.name != "secrets.toml":
            assert not _holds(path, "hunter2")
