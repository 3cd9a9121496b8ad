"""Connections through ssh: a stand-in that forwards, and a real sshd where there is one."""

from __future__ import annotations

import getpass
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.waiting import wait_until
from tusk.core.errors import ConnectError, UsageError
from tusk.core.statement import split
from tusk.engines.base import Target
from tusk.services import connections
from tusk.services.connections import Connection, ConnectionState, Profile, SshRoute
from tusk.services.tunnels import Tunnel, tunnelled
from tusk.store.connections import check_profile

STAND_IN = Path(__file__).parents[1] / "support" / "fake_ssh.py"
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def wrapper(folder: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `ssh` be something else."""
    folder.mkdir(exist_ok=True)
    program = folder / "ssh"
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the stand-in for ssh was started with."""
    log = tmp_path / "ssh.log"
    monkeypatch.setenv("FAKE_SSH_LOG", str(log))
    wrapper(tmp_path / "bin", f"{sys.executable} -S {STAND_IN}", monkeypatch)
    return log


def starts(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def last_process(log: Path) -> psutil.Process:
    return psutil.Process(int(str(starts(log)[-1]["pid"])))


def is_over(log: Path) -> bool:
    """Whether the stand-in that was started last has ended."""
    try:
        process = last_process(log)
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def target(dsn: str, route: SshRoute) -> Target:
    return replace(connections.resolve(dsn), ssh=route)


def answer(connection: Connection, sql: str) -> object:
    (statement,) = split(sql, connection.dialect)
    cursor = connection.session.execute(statement)
    rows = [value for batch in cursor.batches() for value in batch.column(0).to_pylist()]
    cursor.close()
    return rows[0]


class TestStandIn:
    def test_a_connection_goes_through_it_and_ends_it(self, pg_db: str, log: Path) -> None:
        route = SshRoute("ann@bastion:2222", jump="a,b@c:22", identity="~/key")
        connection = Connection(target(pg_db, route))
        connection.open()
        try:
            assert answer(connection, "select 40 + 2") == 42
            assert connection.catalog().schemas()
            (start,) = starts(log)
            words = start["arguments"]
            assert isinstance(words, list)
            assert words[-2:] == ["--", "ann@bastion"]
            for pair in (("-J", "a,b@c:22"), ("-p", "2222"), ("-i", str(Path.home() / "key"))):
                assert words[words.index(pair[0]) + 1] == pair[1]
            for option in (
                "BatchMode=yes", "ExitOnForwardFailure=yes", "StrictHostKeyChecking=yes",
                "ServerAliveInterval=15",
            ):  # fmt: skip
                assert option in words
            # The name stays for the certificate; the address is ours.
            reached = connection.session.target.parameters
            assert reached["host"] == "127.0.0.1"
            assert reached["port"] != conninfo_to_dict(pg_db)["port"]
            assert not is_over(log)
        finally:
            connection.close()
        wait_until(lambda: is_over(log), "the end of ssh")

    def test_a_test_tells_through_what(self, pg_db: str, log: Path) -> None:
        info = connections.test_target(target(pg_db, SshRoute("bastion", jump="gate")))
        assert info.details["SSH tunnel"] == "gate → bastion"
        assert info.latency_s > 0
        wait_until(lambda: is_over(log), "the end of ssh")

    def test_a_lost_tunnel_is_opened_anew_by_reconnecting(self, pg_db: str, log: Path) -> None:
        connection = Connection(target(pg_db, SshRoute("bastion")))
        connection.open()
        try:
            last_process(log).kill()
            with pytest.raises(ConnectError):
                wait_until(lambda: answer(connection, "select 1") is None, "the loss")
            assert connection.state is ConnectionState.LOST
            connection.reopen()
            assert answer(connection, "select 1") == 1
            assert len(starts(log)) == 2
        finally:
            connection.close()

    @pytest.mark.parametrize(
        ("host", "message", "hint"),
        [
            ("unknown", "Host key verification failed", "ssh unknown"),
            ("refusing", "Permission denied (publickey)", "ssh-add"),
        ],
    )
    def test_a_refusal_is_told_in_the_words_of_ssh(
        self, host: str, message: str, hint: str, pg_db: str, log: Path
    ) -> None:
        connection = Connection(target(pg_db, SshRoute(host)))
        with pytest.raises(ConnectError) as caught:
            connection.open()
        assert f"no SSH tunnel through {host}: " in caught.value.message
        assert message in caught.value.message
        assert hint in caught.value.hint
        assert connection.state is ConnectionState.FAILED
        wait_until(lambda: is_over(log), "the end of ssh")

    def test_a_server_that_the_last_host_does_not_reach_is_told(self, log: Path) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            dsn = f"postgresql://ann@127.0.0.1:{unused.getsockname()[1]}/x"
            with pytest.raises(ConnectError, match="is not reached from bastion") as caught:
                connections.test_target(target(dsn, SshRoute("bastion")))
        assert "as that machine sees them" in caught.value.hint

    def test_a_silent_host_is_given_up_at_once_when_the_connection_is_closed(
        self, log: Path
    ) -> None:
        connection = Connection(target("postgresql://db/x", SshRoute("silent")))
        errors: list[ConnectError] = []

        def connect() -> None:
            with pytest.raises(ConnectError) as caught:
                connection.open()
            errors.append(caught.value)

        thread = threading.Thread(target=connect)
        thread.start()
        wait_until(lambda: len(starts(log)) == 1, "ssh")
        connection.close()
        thread.join(20)
        assert "given up" in errors[0].message
        wait_until(lambda: is_over(log), "the end of ssh")

    @pytest.mark.parametrize("victim", ["tusk", "guard"])
    def test_ssh_does_not_outlive_a_kill(self, victim: str, log: Path) -> None:
        script = (
            "import sys; from tusk.engines.base import Target;"
            "from tusk.services.tunnels import Tunnel; from tusk.services.connections import SshRoute;"
            "t = Tunnel(SshRoute('bastion'), Target('postgres', 'x', {'host': 'db'})); t.open();"
            "print(t._process.pid, flush=True); sys.stdin.read()"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        with child:
            assert child.stdout is not None
            guard = int(child.stdout.readline())
            assert not is_over(log)
            os.kill(guard if victim == "guard" else child.pid, signal.SIGKILL)
            wait_until(lambda: is_over(log), "the end of ssh")
            child.kill()

    def test_without_ssh_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        with (
            pytest.raises(ConnectError, match="no ssh program") as caught,
            tunnelled(SshRoute("x"), Target("postgres", "x", {"host": "db"})),
        ):
            pass
        assert "openssh-client" in caught.value.hint


@pytest.mark.parametrize(
    "route",
    [
        SshRoute("-oProxyCommand=touch x"),
        SshRoute("ann@-x"),
        SshRoute("a b"),
        SshRoute(""),
        SshRoute("a\x1b[0m"),
        SshRoute("a", jump="b,-x"),
        SshRoute("a", jump="b,,c"),
        SshRoute("a", identity="-x"),
    ],
)
def test_what_ssh_could_take_for_an_option_is_refused(route: SshRoute) -> None:
    with pytest.raises(UsageError):
        check_profile(Profile("x", "postgres", {"host": "db"}, ssh=route))


@pytest.mark.parametrize(
    "parameters",
    [
        {"host": "a,b"},
        {"host": "/run/postgresql"},
        {"service": "shop"},
        {"host": "a b"},
        {"host": "db", "port": "1:x"},
    ],
)
def test_where_a_tunnel_cannot_lead_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        Tunnel(SshRoute("x"), Target("postgres", "x", parameters))


# ── a real one ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An sshd on loopback that `ssh bastion` reaches; the file of host keys that are known."""
    if SSHD is None or shutil.which("ssh-keygen") is None:
        if os.environ.get("TUSK_TEST_REQUIRE_SSHD"):
            pytest.fail("no sshd, and TUSK_TEST_REQUIRE_SSHD is set", pytrace=False)
        pytest.skip("there is no sshd")
    folder = tmp_path / "sshd"
    folder.mkdir()
    if os.geteuid() == 0:
        # What its package has made, and its start script makes.
        if "sshd" not in {user.pw_name for user in pwd.getpwall()}:
            pytest.skip("sshd is not installed whole: there is no user sshd")
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "authorized").write_text((folder / "key.pub").read_text())
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nUsePAM no\n"
    )
    known = folder / "known"
    key = (folder / "host.pub").read_text()
    known.write_text(f"[127.0.0.1]:{port} {key}")
    (folder / "config").write_text(
        f"Host bastion\nHostName 127.0.0.1\nPort {port}\nUser {getpass.getuser()}\n"
        f"IdentityFile {folder}/key\nIdentitiesOnly yes\nUserKnownHostsFile {known}\n"
        "GlobalKnownHostsFile none\n"
    )
    wrapper(folder / "bin", f"{shutil.which('ssh')} -F {folder}/config", monkeypatch)
    server = subprocess.Popen(
        [SSHD, "-D", "-f", str(folder / "sshd_config")], stderr=subprocess.DEVNULL
    )

    def is_listening() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(is_listening, "sshd")
        yield known
    finally:
        server.terminate()
        server.wait()


class TestSshd:
    def test_a_connection_goes_through_a_real_sshd(self, pg_db: str, sshd: Path) -> None:
        connection = Connection(target(pg_db, SshRoute("bastion")))
        connection.open()
        try:
            assert answer(connection, "select inet_client_port() is not null") is True
            assert connection.catalog().schemas()
        finally:
            connection.close()

    def test_an_unknown_host_key_is_refused_with_what_to_do(self, pg_db: str, sshd: Path) -> None:
        sshd.write_text("")
        with pytest.raises(ConnectError, match="Host key verification failed") as caught:
            connections.test_target(target(pg_db, SshRoute("bastion")))
        assert "ssh bastion" in caught.value.hint
        assert sshd.read_text() == ""

    def test_a_changed_host_key_is_refused(self, pg_db: str, sshd: Path) -> None:
        known = sshd.read_text().split()
        other = (sshd.parent / "key.pub").read_text()
        sshd.write_text(f"{known[0]} {other}")
        with pytest.raises(ConnectError) as caught:
            connections.test_target(target(pg_db, SshRoute("bastion")))
        assert "another key than the known one" in caught.value.hint

    def test_what_the_host_does_not_reach_is_told(self, sshd: Path) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            dsn = f"postgresql://ann@127.0.0.1:{unused.getsockname()[1]}/x"
            with pytest.raises(ConnectError, match="is not reached from bastion"):
                connections.test_target(target(dsn, SshRoute("bastion")))
