"""The tests' own tools: a bad network and a real terminal."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.support.hostile import HOSTILE, HOSTILE_BYTES, unsafe_characters
from tests.support.localpg import LocalServer
from tests.support.proxy import HELD_LIMIT, TcpProxy
from tests.support.terminal import ScreenTimeout, Terminal
from tests.support.waiting import is_alive, wait_until

TIMEOUT_S = 20


class Echo(socketserver.BaseRequestHandler):
    """Sends back what it receives."""

    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A reset connection is what these tests are about."""


@pytest.fixture
def echo_port() -> Iterator[int]:
    with EchoServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def connect(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection((proxy.host, proxy.port), timeout=TIMEOUT_S)


def receive(connection: socket.socket, size: int) -> bytes:
    """Read exactly so much."""
    data = bytearray()
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        assert chunk, f"the connection ended after {len(data)} bytes"
        data += chunk
    return bytes(data)


class TestProxy:
    def test_forwards_in_both_directions(self, echo_port: int) -> None:
        data = bytes(range(256)) * 4096
        with TcpProxy("127.0.0.1", echo_port) as proxy, closing(connect(proxy)) as connection:
            sender = threading.Thread(target=connection.sendall, args=[data])
            sender.start()
            assert receive(connection, len(data)) == data
            sender.join()
            assert proxy.connections == 1

    def test_takes_bytes_but_forwards_none_while_stalled(self, echo_port: int) -> None:
        with TcpProxy("127.0.0.1", echo_port) as proxy, closing(connect(proxy)) as connection:
            connection.sendall(b"one")
            assert receive(connection, 3) == b"one"
            proxy.stall()
            connection.sendall(b"two")
            connection.sendall(b"three")
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.settimeout(TIMEOUT_S)
            proxy.resume()
            assert receive(connection, 8) == b"twothree"

    def test_takes_only_so_much_while_stalled(self, echo_port: int) -> None:
        with TcpProxy("127.0.0.1", echo_port) as proxy, closing(connect(proxy)) as connection:
            proxy.stall()
            connection.settimeout(0.5)
            with pytest.raises(TimeoutError):
                connection.sendall(bytes(HELD_LIMIT * 64))

    def test_stalls_after_so_many_bytes(self, echo_port: int) -> None:
        with TcpProxy("127.0.0.1", echo_port) as proxy, closing(connect(proxy)) as connection:
            proxy.stall_after(3)
            connection.sendall(b"one")
            assert receive(connection, 3) == b"one"
            connection.sendall(b"two")
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            assert proxy.is_stalled

    def test_cuts_connections_but_takes_new_ones(self, echo_port: int) -> None:
        with TcpProxy("127.0.0.1", echo_port) as proxy:
            with closing(connect(proxy)) as connection:
                connection.sendall(b"one")
                assert receive(connection, 3) == b"one"
                proxy.cut()
                with pytest.raises(OSError, match="reset"):
                    connection.recv(1)
            with closing(connect(proxy)) as connection:
                connection.sendall(b"two")
                assert receive(connection, 3) == b"two"

    def test_cuts_a_stalled_connection(self, echo_port: int) -> None:
        with TcpProxy("127.0.0.1", echo_port) as proxy, closing(connect(proxy)) as connection:
            connection.sendall(b"one")
            assert receive(connection, 3) == b"one"
            proxy.stall()
            connection.sendall(b"two")
            proxy.cut()
            with pytest.raises(OSError, match="reset"):
                connection.recv(1)

    def test_refuses_new_connections_when_told_so(self, echo_port: int) -> None:
        with TcpProxy("127.0.0.1", echo_port) as proxy:
            proxy.refuse()
            with pytest.raises(ConnectionRefusedError):
                connect(proxy)

    def test_passes_the_end_of_a_stream_on(self, echo_port: int) -> None:
        with TcpProxy("127.0.0.1", echo_port) as proxy, closing(connect(proxy)) as connection:
            connection.sendall(b"last")
            connection.shutdown(socket.SHUT_WR)
            assert receive(connection, 4) == b"last"
            assert connection.recv(1) == b""

    def test_stands_before_a_postgresql_server(self, pg_server: LocalServer) -> None:
        query = "select repeat('x', 1000) from generate_series(1, 1000)"
        with (
            TcpProxy("127.0.0.1", pg_server.port) as proxy,
            psycopg.connect(pg_server.dsn(), port=proxy.port) as connection,
        ):
            assert len(connection.execute(query).fetchall()) == 1000
            assert proxy.received > 1_000_000


needs_tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")


@needs_tmux
class TestTerminal:
    def test_shows_what_a_program_prints_and_how_it_ended(self) -> None:
        with Terminal(["sh", "-c", "printf 'h%s' ello; exit 3"]) as terminal:
            assert terminal.wait_for_exit() == 3
            assert terminal.wait_for("^hello").startswith("hello")
            assert not terminal.is_running

    def test_types_keys_and_text(self) -> None:
        with Terminal(["sh", "-c", 'read -r line; echo "got <$line>"; cat']) as terminal:
            terminal.send_text("a 'b'; é")
            terminal.send_keys("Enter")
            terminal.wait_for("got <a 'b'; é>")
            terminal.send_keys("C-d")
            assert terminal.wait_for_exit() == 0

    def test_has_the_size_it_is_given(self) -> None:
        program = (
            "import os, signal\n"
            "def show(*_): print(*os.get_terminal_size(), flush=True)\n"
            "signal.signal(signal.SIGWINCH, show)\n"
            "show()\n"
            "while True: signal.pause()"
        )
        with Terminal([sys.executable, "-c", program], width=101, height=31) as terminal:
            terminal.wait_for("^101 31$")
            terminal.resize(60, 20)
            terminal.wait_for("^60 20$")

    def test_keeps_the_raw_bytes(self) -> None:
        with Terminal(["printf", r"\033]52;c;eA==\007\033[31mred"]) as terminal:
            raw = terminal.wait_for_raw(b"red")
            assert raw == b"\x1b]52;c;eA==\x07\x1b[31mred"
            assert "\x1b[31mred" in terminal.capture(colours=True)
            assert terminal.capture().startswith("red\n")

    def test_gives_the_program_an_environment(self) -> None:
        with Terminal(["sh", "-c", 'echo "$TERM/$X"'], env={"X": "y"}, term="screen") as terminal:
            terminal.wait_for("^screen/y$")

    def test_reports_the_signal_that_ended_a_program(self) -> None:
        with Terminal(["sh", "-c", "echo ready; read x"]) as terminal:
            terminal.wait_for("ready")
            assert terminal.is_running
            os.kill(terminal.pid, signal.SIGKILL)
            assert terminal.wait_for_exit() == 128 + signal.SIGKILL

    def test_passes_ctrl_c_to_the_program_and_sees_how_it_ends(self) -> None:
        trap = 'trap "echo interrupted; exit 130" INT; echo ready; while :; do sleep 0.05; done'
        with Terminal(["sh", "-c", trap]) as terminal:
            terminal.wait_for("ready")
            terminal.send_keys("C-c")
            assert terminal.wait_for_exit() == 130
            terminal.wait_for("interrupted$")

    def test_hangs_up_as_a_dropped_connection_does(self, tmp_path: Path) -> None:
        trap = 'trap "echo HUP > seen.new; mv seen.new seen; exit" HUP; echo ready; while :; do sleep 0.05; done'
        with Terminal(["sh", "-c", trap], cwd=tmp_path) as terminal:
            terminal.wait_for("ready")
            pid = terminal.pid
            terminal.hang_up()
            wait_until(lambda: not is_alive(pid), "the end of the program")
            wait_until((tmp_path / "seen").exists, "the program's last act")

    def test_shows_the_screen_when_it_waits_in_vain(self) -> None:
        with Terminal(["sh", "-c", "echo something else; cat"]) as terminal:
            terminal.wait_for("else")
            with pytest.raises(ScreenTimeout, match="something else"):
                terminal.wait_for("never", timeout=0.1)


def test_hostile_texts_hold_what_they_promise() -> None:
    assert all("\x00" not in text for text in HOSTILE.values())
    for text in HOSTILE.values():
        text.encode()
    for data in HOSTILE_BYTES.values():
        with pytest.raises(UnicodeDecodeError):
            data.decode()
    assert unsafe_characters(HOSTILE["esc-clipboard"]) == ["U+001B", "U+0007"]
    assert unsafe_characters(HOSTILE["zwj-emoji"]) == []
