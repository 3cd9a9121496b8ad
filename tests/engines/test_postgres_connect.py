"""Connecting: libpq's own words honoured, clear errors, nothing secret in them."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.fake_postgres import FakePostgres, error
from tests.support.localpg import LocalServer, PgBinaries, start_server
from tests.support.postgres import opened, run, statement, target_of
from tests.support.proxy import TcpProxy
from tests.support.waiting import wait_until
from tusk.core.errors import ConnectError, QueryRefused
from tusk.engines.base import FetchMode, Target
from tusk.engines.postgres import PostgresEngine
from tusk.engines.postgres.session import PostgresSession
from tusk.engines.registry import load_engine

SECRET = "s3cret-pässword"


def refusal(target: Target) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        PostgresEngine().connect(target)
    shown = "".join(traceback.format_exception(caught.value)) + repr(target)
    assert SECRET not in shown + caught.value.message + caught.value.hint
    return caught.value


def test_the_registry_has_the_engine() -> None:
    engine = load_engine("postgres")
    assert engine.name == "postgres"
    assert engine.dialect.name == "postgres"


def test_the_password_file_at_home_is_used_unless_others_may_read_it(
    pg_db: str, capfd: pytest.CaptureFixture[str]
) -> None:
    where = {key: str(value) for key, value in conninfo_to_dict(pg_db).items()}
    file = Path.home() / ".pgpass"
    file.write_text(f"*:{where['port']}:*:{where['user']}:{where.pop('password')}\n")
    file.chmod(0o600)
    session = PostgresEngine().connect(Target("postgres", "test", where))
    assert run(session, "select 1").value() == 1
    session.close()

    file.chmod(0o644)
    assert "password" in refusal(Target("postgres", "test", where)).message
    assert capfd.readouterr().err == ""


def test_a_session_tells_who_and_how_the_server_is(pg_db: str) -> None:
    with opened(pg_db) as session:
        info = session.test()
        version = psycopg.connect(pg_db)
        with version:
            assert info.version == version.execute("show server_version").fetchone()[0].split()[0]  # type: ignore[index]
        assert info.product == "PostgreSQL"
        assert 0 < info.latency_s < 1
        assert (info.tls, info.encoding, info.is_standby, info.is_read_only) == (
            "off", "UTF8", False, False,
        )  # fmt: skip
        assert info.database == conninfo_to_dict(pg_db)["dbname"]
        assert info.user == "tusk"
        assert info.details["server process"] == str(
            run(session, "select pg_backend_pid()").value()
        )
        assert "connection pooler" not in info.details


def test_a_session_can_be_tested_in_a_failed_transaction(pg_db: str) -> None:
    with opened(pg_db) as session:
        session.begin()
        with pytest.raises(Exception, match="division"):
            run(session, "select 1/0")
        assert session.test().encoding == "UTF8"


def test_tls_is_told(pg_tls_server: tuple[LocalServer, Path]) -> None:
    server, authority = pg_tls_server
    secure = {"sslmode": "verify-full", "sslrootcert": str(authority)}
    with opened(server.dsn(), parameters=secure) as session:
        assert session.test().tls.startswith("TLSv1.")


def test_tls_that_fails_is_said(pg_tls_server: tuple[LocalServer, Path], pg_db: str) -> None:
    server, authority = pg_tls_server
    wrong = refusal(target_of(server.dsn(), parameters={"sslmode": "disable"}))
    assert "pg_hba.conf" in wrong.message
    secure = {"sslmode": "verify-full", "sslrootcert": str(authority.with_name("none.pem"))}
    missing = refusal(target_of(server.dsn(), parameters=secure))
    assert "sslrootcert" in missing.hint
    other = {"sslmode": "verify-full", "sslrootcert": str(authority)}
    other |= {"host": "another.example", "hostaddr": "127.0.0.1"}
    name = refusal(target_of(server.dsn(), parameters=other))
    assert "certificate" in name.message
    plain = refusal(target_of(pg_db, parameters={"sslmode": "require"}))
    assert "SSL" in plain.message
    assert plain.hint


def test_a_refused_connection_is_said() -> None:
    error = refusal(target_of("host=127.0.0.1 port=1 user=x", password=SECRET))
    assert "refused" in error.message
    assert "127.0.0.1" in error.message
    assert error.hint


def test_a_wrong_password_is_said_without_the_password(pg_db: str) -> None:
    error = refusal(target_of(pg_db, password=SECRET))
    assert "password authentication failed" in error.message
    assert error.sqlstate == "28P01"
    missing = refusal(target_of(pg_db, password=None))
    assert "no password supplied" in missing.message


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"dbname": "tusk_nope"}, 'database "tusk_nope" does not exist'),
        ({"host": "no-such-host.invalid"}, "no-such-host.invalid"),
        ({"host": "/nonexistent"}, "/nonexistent"),
        ({"service": "nope"}, 'service "nope" not found'),
        ({"nonsense": "x"}, "nonsense"),
        ({"sslmode": "nonsense"}, "sslmode"),
        ({"port": "99999999"}, "99999999"),
        ({"sslrootcert": "/nonexistent", "sslmode": "verify-ca"}, ""),
    ],
)
def test_other_mistakes_are_said(pg_db: str, parameters: dict[str, str], text: str) -> None:
    error = refusal(target_of(pg_db, parameters=parameters))
    assert text in error.message
    assert error.message.startswith("cannot connect to test: ")
    assert "\n" not in error.message


@pytest.mark.parametrize(
    ("sqlstate", "text"),
    [
        ("53300", b"sorry, too many clients already"),
        (
            "53300",
            b"remaining connection slots are reserved for roles with the SUPERUSER attribute",
        ),
        ("53300", b'too many connections for role "x"'),
        ("57P03", b"the database system is starting up"),
        ("57P03", b"the database system is in recovery mode"),
        ("57P03", b"the database system is not yet accepting connections"),
        ("57P03", b"the database system is shutting down"),
        ("28000", b'role "x" does not exist'),
        ("42501", b'permission denied for database "x"'),
    ],
)
def test_what_the_server_says_is_understood(sqlstate: str, text: bytes) -> None:
    greeting = error(b"FATAL", sqlstate.encode(), text)
    with FakePostgres([], greeting=greeting) as server:
        found = refusal(target_of(f"host=127.0.0.1 port={server.port} user=x sslmode=disable"))
    assert found.sqlstate == sqlstate
    assert text.decode() in found.message
    assert found.hint


def test_a_server_that_does_not_answer_is_not_waited_for(
    pg_server: LocalServer, pg_db: str
) -> None:
    with TcpProxy("127.0.0.1", pg_server.port) as proxy:
        proxy.stall()
        slow = {"port": str(proxy.port), "connect_timeout": "2"}
        assert "timeout" in refusal(target_of(pg_db, parameters=slow)).message


def test_a_password_file_that_others_may_read_is_ignored_quietly(
    pg_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    passfile = tmp_path / "pass"
    passfile.write_text(f"*:*:*:*:{conninfo_to_dict(pg_db)['password']}\n")
    passfile.chmod(0o644)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    error = refusal(target_of(pg_db, password=None))
    assert f"chmod 600 {passfile}" in error.hint
    assert capfd.readouterr() == ("", "")
    passfile.chmod(0o600)
    with opened(pg_db, password=None) as session:
        assert run(session, "select 1").value() == 1


def test_passwords_services_and_defaults_come_by_libpq(
    pg_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {key: str(value) for key, value in conninfo_to_dict(pg_db).items()}
    passfile = tmp_path / "passfile"
    passfile.touch(0o600)
    passfile.write_text(f"*:*:*:*:{parts['password']}\n")
    service = tmp_path / "services"
    keys = ("host", "port", "user", "dbname")
    lines = [f"{key}={parts[key]}" for key in keys]
    service.write_text("\n".join(["# one", "[mine]", *lines, "connect_timeout=77"]))
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    session = PostgresEngine().connect(Target("postgres", "s", {"service": "mine"}))
    assert effective(session)["connect_timeout"] == "77"
    assert effective(session)["keepalives_idle"] == "6"
    session.close()
    monkeypatch.setenv("PGSERVICE", "mine")
    monkeypatch.setenv("PGAPPNAME", "other")
    session = PostgresEngine().connect(Target("postgres", "s", {"keepalives_idle": "33"}))
    assert effective(session)["connect_timeout"] == "77"
    assert effective(session)["keepalives_idle"] == "33"
    assert run(session, "show application_name").texts() == [("other",)]
    session.close()


def effective(session: PostgresSession) -> dict[str, str]:
    link = session._link
    assert link is not None
    return {
        option.keyword.decode(): option.val.decode()
        for option in link.wire.pgconn.info
        if option.val is not None
    }


def test_tusk_names_itself_and_waits_for_ten_seconds(
    pg_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(pg_db) as session:
        assert run(session, "show application_name").texts() == [("tusk",)]
        assert effective(session)["connect_timeout"] == "10"
    with opened(pg_db, parameters={"application_name": "mine"}) as session:
        assert run(session, "show application_name").texts() == [("mine",)]
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "33")
    with opened(pg_db) as session:
        assert effective(session)["connect_timeout"] == "33"


def test_the_local_socket_works(pg_socket_dsn: str) -> None:
    with opened(pg_socket_dsn) as session:
        assert session.test().tls == "off"


def test_startup_sql_runs_in_order_and_its_errors_are_said(pg_db: str) -> None:
    with opened(
        pg_db,
        startup_sql=["create temp table t (i int); insert into t values (0)", "update t set i = 1"],
    ) as s:
        assert run(s, "select i from t").value() == 1
    error = refusal(target_of(pg_db, startup_sql=["select 1", "nonsense"]))
    assert "startup SQL" in error.message
    assert "nonsense" in error.message


def test_a_session_that_cannot_start_leaves_no_connection(pg_db: str) -> None:
    refusal(target_of(pg_db, startup_sql=["nonsense"], parameters={"application_name": "zombie"}))
    with psycopg.connect(pg_db) as other:
        alive = "select 1 from pg_stat_activity where application_name = 'zombie'"
        wait_until(lambda: other.execute(alive).fetchone() is None, "the session ends")


def test_a_standby_is_told_and_refuses_with_a_reason(standby: LocalServer) -> None:
    with opened(standby.dsn()) as session:
        info = session.test()
        assert info.is_standby
        assert info.is_read_only
        with pytest.raises(QueryRefused) as caught:
            run(session, "create table t (i int)")
        assert caught.value.hint
        assert run(session, "select 1").value() == 1
        for mode in FetchMode:
            session.begin()
            session.execute(statement("select generate_series(1, 10000000)"), mode=mode).close()
            session.rollback()


@pytest.fixture
def standby(pg_binaries: PgBinaries) -> Iterator[LocalServer]:
    """A server that recovers for ever, as one that follows a primary does."""
    with start_server(pg_binaries) as server:
        (server.data_dir / "standby.signal").touch(0o600)
        owner = server.data_dir.stat()
        os.chown(server.data_dir / "standby.signal", owner.st_uid, owner.st_gid)
        server.restart()
        yield server


# ── search path ──────────────────────────────────────────────────────────────────────────────


def test_a_search_path_is_set_on_each_session_and_after_each_loss(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute('create schema "a, ""b"; create table "a, ""b".t as select 7 as n')
        admin.execute("create table t as select 8 as n")
    path = ('a, "b', "$user", "pg_temp", "public")
    startup = ("create temp table x as select n from t",)
    with opened(pg_db, search_path=path, startup_sql=startup) as session:
        assert run(session, "select t.n + x.n from t, x").value() == 14
        assert session.test().details["search path"] == '"a, ""b", $user, pg_temp, public'
        session.abandon()
        session.reopen()
        assert run(session, "select t.n + x.n from t, x").value() == 14
    with opened(pg_db, search_path=path, read_only=True) as session:
        assert run(session, "select n from t").value() == 7


def test_a_search_path_that_cannot_be_meant_is_said_and_leaves_no_connection(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as admin:
        admin.execute("create schema locked; create schema theirs")
        admin.execute("grant usage on schema theirs to pg_monitor")
        missing = refusal(target_of(pg_db, search_path=("public", "sales")))
        assert "names a schema that is not there: sales" in missing.message
        assert "public, sales" in missing.hint
        stranger = {"options": "-c role=pg_monitor"}
        refused = refusal(target_of(pg_db, parameters=stranger, search_path=("theirs", "locked")))
        assert "may not be used by this user: locked" in refused.message
        assert refused.sqlstate == "42501"
        with opened(pg_db, parameters=stranger, search_path=("theirs",)) as session:
            assert run(session, "select current_schema").value() == "theirs"
        name = conninfo_to_dict(pg_db)["dbname"]
        query = "select count(*) from pg_stat_activity where datname = %s"
        wait_until(lambda: admin.execute(query, [name]).fetchone() == (1,), "no other session")
