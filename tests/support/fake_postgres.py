"""A server that speaks PostgreSQL's protocol, and says what no honest server would."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Answer = Callable[[socket.socket, bytes], None]


def message(kind: bytes, body: bytes = b"") -> bytes:
    """One message of the protocol, see "Message Formats" in PostgreSQL's documentation."""
    return kind + struct.pack("!i", len(body) + 4) + body


def row_description(*names: bytes, oid: int = 25) -> bytes:
    """Columns of type text."""
    body = struct.pack("!h", len(names))
    for name in names:
        body += name + b"\0" + struct.pack("!ihihih", 0, 0, oid, -1, -1, 0)
    return message(b"T", body)


def data_row(*values: bytes) -> bytes:
    """A row."""
    body = struct.pack("!h", len(values))
    for value in values:
        body += struct.pack("!i", len(value)) + value
    return message(b"D", body)


def error(severity: bytes, sqlstate: bytes, text: bytes, *, kind: bytes = b"E") -> bytes:
    """An error, or a notice with kind N."""
    body = b"S" + severity + b"\0V" + severity + b"\0C" + sqlstate + b"\0M" + text + b"\0\0"
    return message(kind, body)


COMPLETE = message(b"C", b"SELECT 1\0")
READY = message(b"Z", b"I")
PARSED = message(b"1")
BOUND = message(b"2")
NO_PARAMETERS = message(b"t", b"\0\0")
_GREETING = (
    message(b"R", struct.pack("!i", 0))
    + message(b"S", b"server_version\x0016.0\0")
    + message(b"S", b"server_encoding\0UTF8\0")
    + message(b"S", b"client_encoding\0UTF8\0")
    + message(b"S", b"DateStyle\0ISO, MDY\0")
    + message(b"S", b"TimeZone\0UTC\0")
    + message(b"K", struct.pack("!ii", 1234, 5678))
    + READY
)


class FakePostgres:
    """Lets everybody in, and answers each batch of messages with bytes of the test's choice.

    with FakePostgres([described, answer]) as server:
        connect(host="127.0.0.1", port=server.port, sslmode="disable")

    Args:
        answers: One for each time the client has sent something and waits; the last is repeated.
        greeting: What it says instead of the usual at the start.
    """

    def __init__(self, answers: list[bytes], greeting: bytes = _GREETING) -> None:
        self._answers = answers
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Closing alone would not wake a thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client:
            try:
                client.recv(8192)
                client.sendall(self._greeting)
                for number in range(1_000_000):
                    if not client.recv(65536):
                        return
                    client.sendall(self._answers[min(number, len(self._answers) - 1)])
            except OSError:
                return
