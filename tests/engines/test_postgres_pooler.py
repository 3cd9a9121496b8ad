"""Through PgBouncer in transaction mode, where the next statement may reach another server."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.postgres import opened, run, statement
from tests.support.waiting import wait_until
from tusk.core.errors import QueryCancelled, QueryError, QueryTimeout
from tusk.engines.base import FetchMode, TransactionState

CONFIG = """
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def unprivileged() -> str | None:
    """Whom to run as: PgBouncer refuses root, as PostgreSQL does."""
    return "nobody" if os.geteuid() == 0 else None


@pytest.fixture
def pooled(pg_db: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The test's database by way of PgBouncer."""
    program = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        if os.environ.get("TUSK_TEST_REQUIRE_PGBOUNCER"):
            pytest.fail("no pgbouncer, and TUSK_TEST_REQUIRE_PGBOUNCER is set", pytrace=False)
        pytest.skip("no pgbouncer here")
    folder = Path(f"/tmp/tusk-bouncer-{os.getpid()}")
    folder.mkdir(mode=0o700)
    config = folder / "pgbouncer.ini"
    parts = conninfo_to_dict(pg_db)
    listen = free_port()
    config.write_text(CONFIG.format(**parts, listen=listen))
    user = unprivileged()
    if user is not None:
        for path in (folder, config):
            os.chown(path, pwd.getpwnam(user).pw_uid, -1)
    process = subprocess.Popen(
        [program, "-q", str(config)],
        user=user,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    conninfo = make_conninfo(pg_db, host="127.0.0.1", port=listen)
    try:
        wait_until(lambda: can_connect(conninfo), "pgbouncer answers")
        yield conninfo
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def can_connect(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_pooler_is_noticed_and_the_servers_process_is_shown(pooled: str) -> None:
    with opened(pooled) as session:
        info = session.test()
        assert "connection pooler" in info.details
        session.begin()
        pid = run(session, "select pg_backend_pid()").value()
        assert session.test().details["server process"] == str(pid)


def test_no_setting_of_ours_leaks_to_others(pooled: str) -> None:
    # PgBouncer itself carries application_name from client to client.
    watched = """select name, setting from pg_settings
        where source in ('session', 'client') and name <> 'application_name'"""
    with psycopg.connect(pooled) as other:
        before = other.execute(watched).fetchall()
    for read_only in (False, True):
        with opened(pooled, statement_timeout_s=20, read_only=read_only) as session:
            run(session, "select 1", timeout_s=10)
            with pytest.raises(QueryTimeout):
                run(session, "select pg_sleep(60)", timeout_s=0.3)
            session.execute(statement("select generate_series(1, 1000000)")).close()
    for _ in range(4):
        with psycopg.connect(pooled) as other:
            found = other.execute(watched).fetchall()
            assert [row for row in found if row not in before] == []
            assert other.execute("show transaction_read_only").fetchone() == ("off",)


def test_statements_of_two_sessions_do_not_get_in_each_others_way(pooled: str) -> None:
    def work(number: int) -> None:
        with opened(pooled) as session:
            for turn in range(30):
                value = number * 1000 + turn
                for mode in FetchMode:
                    found = run(session, "select :v + 0", {"v": value}, mode=mode).value()
                    if found != value:
                        wrong.append(found)

    wrong: list[object] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_cancel_and_transactions_work(pooled: str) -> None:
    with opened(pooled) as session:
        run(session, "create table t (i int)")
        threading.Timer(0.3, session.cancel).start()
        with pytest.raises(QueryCancelled):
            run(session, "select pg_sleep(60)")
        session.begin()
        run(session, "insert into t values (1)")
        for mode in FetchMode:
            text = "select generate_series(1, 5000000), repeat('x', 50)"
            session.execute(statement(text), mode=mode).close()
        assert session.transaction is TransactionState.IN_TRANSACTION
        session.commit()
        assert run(session, "select count(*) from t").value() == 1


def test_a_read_only_session_stays_read_only(pooled: str) -> None:
    with opened(pooled) as owner, opened(pooled, read_only=True) as session:
        run(owner, "create table t (i int)")
        for _ in range(5):
            for text in ("set default_transaction_read_only = off", "insert into t values (1)"):
                try:
                    run(session, text)
                except QueryError:
                    continue
                assert text.startswith("set")
        assert run(owner, "select count(*) from t").value() == 0
