"""A program that looks like `ssh -v -N -L …` to whoever starts it, and forwards by itself.

What it does with a host is in the name: `unknown` has a key that nobody knows, `refusing` takes no
key, `far` reaches nothing. Each start is noted in the file that `FAKE_SSH_LOG` names.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time

_REFUSALS = {
    "unknown": "No ED25519 host key is known for unknown and you have requested strict checking.\n"
    "Host key verification failed.",
    "refusing": "ann@refusing: Permission denied (publickey).",
}


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def _forward(client: socket.socket, host: str, port: int) -> None:
    try:
        server = socket.create_connection((host, port))
    except OSError as exc:
        say(f"channel 2: open failed: connect failed: {exc.strerror}")
        client.close()
        return
    threading.Thread(target=_pump, args=[client, server], daemon=True).start()
    threading.Thread(target=_pump, args=[server, client], daemon=True).start()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    with open(os.environ["FAKE_SSH_LOG"], "a") as log:  # noqa: PTH123 - started by -S
        print(json.dumps({"pid": os.getpid(), "arguments": arguments}), file=log)
    host = arguments[-1].rpartition("@")[2]
    say("OpenSSH_9.9\ndebug1: Connecting")
    if host in _REFUSALS:
        say(_REFUSALS[host])
        return 255
    if host == "silent":
        time.sleep(600)
    _, port, server, server_port = arguments[arguments.index("-L") + 1].split(":")
    listener = socket.create_server(("127.0.0.1", int(port)))
    say(f"debug1: Local forwarding listening on 127.0.0.1 port {port}.")
    say("debug1: Entering interactive session.")
    while True:
        client, _ = listener.accept()
        _forward(client, server, int(server_port))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
