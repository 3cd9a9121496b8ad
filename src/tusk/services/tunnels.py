"""Tunnels to a server through the system's `ssh`, with the user's own configuration and agent."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tusk.core.errors import ConnectError, UsageError
from tusk.core.text import safe
from tusk.services import tunnel_guard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tusk.engines.base import Target
    from tusk.store.connections import SshRoute

_log = logging.getLogger(__name__)

_START_S = 30.0
# ssh closes a connection and says why at the same time, on two ways.
_WORDS_S = 0.5
_REFUSED = "open failed"
_END_S = 3.0
_ATTEMPTS = 3
_KEPT_LINES = 20
_DEFAULT_PORT = "5432"
# What ssh says with -v when it is about to listen, and when it does. A jump host's ssh says the
# second, too, but before the first.
_LISTENS = "Local forwarding listening on"
_SERVES = "Entering interactive session"
# What it says with -v that is no trouble.
_CHATTER = (
    "debug", "OpenSSH", "Authenticated to", "Transferred:", "Bytes per second", "Warning: Permanently",
)  # fmt: skip
_PORT_TAKEN = "cannot listen to port"
# SQLSTATE for a connection that was refused for who asks: trying again does not help.
_REJECTED = "08004"
_HINTS = (
    (
        "IDENTIFICATION HAS CHANGED",
        "the host has another key than the known one: ask who runs it, then ssh-keygen -R forgets it",
    ),
    (
        "Host key verification failed",
        "log in once by hand, compare the key that ssh shows, and accept it: ssh {host}",
    ),
    (
        "Permission denied",
        "ssh must log in without a question: ssh-add loads a key into the agent; try ssh {host}",
    ),
)
_OPTIONS = (
    "BatchMode=yes",
    "ExitOnForwardFailure=yes",
    "StrictHostKeyChecking=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    # A shared connection would outlive this one, and keep the tunnel.
    "ControlMaster=no",
    "ControlPath=none",
    "PermitLocalCommand=no",
)


class Tunnel:
    """One `ssh -L`. `open` blocks; `close` may be called from any thread, also meanwhile.

    Args:
        route: Through which hosts.
        target: Where it leads in the end, seen from the last host.

    Raises:
        UsageError: The target is no single host, or a name could be taken for an option.
    """

    def __init__(self, route: SshRoute, target: Target) -> None:
        self._route = route
        self._target = target
        self._destination = _destination(target.parameters)
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._listens = self._is_ready = False
        self._is_closed = False
        self._moved = threading.Condition()

    @property
    def target(self) -> Target:
        """The target as it is reached from here. The name of the host stays, for its certificate."""
        parameters = {**self._target.parameters, "hostaddr": "127.0.0.1", "port": str(self._port)}
        parameters.setdefault("host", "localhost")
        return replace(self._target, parameters=parameters, ssh=None)

    @property
    def trouble(self) -> str:
        """What ssh said that was no chatter, the last lines."""
        with self._moved:
            return "\n".join(self._said)

    def open(self) -> None:
        """Start ssh and wait until the tunnel can be used.

        Raises:
            ConnectError: With ssh's own words.
        """
        for attempt in range(_ATTEMPTS):
            self._start()
            with self._moved:
                is_over = self._moved.wait_for(self._is_settled, _START_S)
                if self._is_ready and not self._is_closed:
                    return
            self._end()
            if _PORT_TAKEN in self.trouble and attempt + 1 < _ATTEMPTS:
                continue  # somebody was faster
            raise self._error("" if is_over else f"ssh did not connect within {_START_S:g} s")

    def _is_settled(self) -> bool:
        return self._is_ready or self._is_closed or self._process is None

    def _start(self) -> None:
        self._port = _free_port()
        with self._moved:
            self._said.clear()
            self._listens = self._is_ready = False
            if self._is_closed:
                return
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", tunnel_guard.__file__, *self._command()],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    # Without a terminal nothing of it, also not for a jump host, can ask there.
                    start_new_session=True,
                    env={**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"},
                )
            except OSError as exc:
                raise ConnectError(f"ssh cannot be started: {exc.strerror}") from exc
        threading.Thread(
            target=self._listen, args=[self._process], name="tusk ssh", daemon=True
        ).start()

    def _command(self) -> list[str]:
        host, port = _host_and_port(self._route.host)
        command = [_ssh(), "-v", "-N", "-T", "-x"]
        for option in _OPTIONS:
            command += ["-o", option]
        command += ["-L", f"127.0.0.1:{self._port}:{self._destination}"]
        if self._route.jump:
            command += ["-J", self._route.jump]
        if self._route.identity:
            command += ["-i", str(Path(self._route.identity).expanduser())]
        if port:
            command += ["-p", port]
        return [*command, "--", host]

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Read what ssh says, until its end."""
        if process.stderr is None or process.stdin is None:
            return
        with process.stderr as stream:
            for line in stream:
                self._take(safe(line.decode("utf-8", "replace").strip()))
        process.wait()
        with contextlib.suppress(OSError):
            process.stdin.close()
        with self._moved:
            if self._process is process:
                self._process = None
                self._is_ready = False
            self._moved.notify_all()

    def _take(self, line: str) -> None:
        with self._moved:
            self._listens = self._listens or _LISTENS in line
            if self._listens and _SERVES in line:
                self._is_ready = True
                self._moved.notify_all()
            elif line and not line.startswith(_CHATTER):
                self._said.append(line)
                self._moved.notify_all()

    def _error(self, otherwise: str) -> ConnectError:
        host = safe(self._route.host)
        if self._is_closed:
            return ConnectError(f"the SSH tunnel through {host} was given up")
        said = self.trouble
        words = said.rpartition("\n")[2] or otherwise or "ssh ended without a word"
        hint = next((hint for sign, hint in _HINTS if sign in said), "")
        return ConnectError(
            f"no SSH tunnel through {host}: {words}",
            hint=(hint or "try it by hand: ssh {host}").format(host=host),
            sqlstate=_REJECTED if hint else "",
        )

    def _is_refused(self) -> bool:
        return any(_REFUSED in line for line in self._said)

    def explain(self, error: ConnectError) -> ConnectError:
        """An error of the connection through it, with what ssh says about that."""
        with self._moved:
            self._moved.wait_for(self._is_refused, _WORDS_S)
            said = [line for line in self._said if _REFUSED in line]
        if not said:
            return error
        place = f"{safe(self._destination)} is not reached from {safe(self._route.host)}"
        return ConnectError(
            f"{place}: {said[-1]}", hint="host and port are meant as that machine sees them"
        )

    def close(self) -> None:
        """End ssh. Idempotent."""
        with self._moved:
            self._is_closed = True
            self._moved.notify_all()
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()  # ssh hears of it from the kernel
            process.wait()


@contextlib.contextmanager
def tunnelled(route: SshRoute, target: Target) -> Generator[Target]:
    """The target as it is reached through a tunnel, which is closed at the end of the block.

    Raises:
        UsageError, ConnectError: The tunnel cannot be opened.
    """
    tunnel = Tunnel(route, target)
    try:
        tunnel.open()
        yield tunnel.target
    except ConnectError as exc:
        explained = tunnel.explain(exc)
        if explained is exc:
            raise
        raise explained from exc
    finally:
        tunnel.close()


def _ssh() -> str:
    from shutil import which

    found = which("ssh")
    if found is None:
        raise ConnectError(
            "there is no ssh program, which the tunnel needs",
            hint="on Debian and Ubuntu: apt install openssh-client",
        )
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _destination(parameters: Mapping[str, str]) -> str:
    host = parameters.get("hostaddr") or parameters.get("host", "")
    port = parameters.get("port") or _DEFAULT_PORT
    if not host and "service" in parameters:
        raise UsageError(
            "a tunnel needs the host, which a service file does not tell tusk",
            hint="fill in host and port beside the service",
        )
    if "," in host or "," in port:
        raise UsageError("a tunnel leads to one host, not to several")
    if host.startswith("/"):
        raise UsageError("a tunnel leads to a host and port, not to a socket in a folder")
    # From the last host's point of view, as libpq means it without a host.
    host = host or "localhost"
    if re.search(r"[\s\[\]]", host) or safe(host) != host or not port.isdecimal():
        raise UsageError(f"a tunnel cannot lead to {safe(host)!r}, port {safe(port)!r}")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _host_and_port(text: str) -> tuple[str, str]:
    """What ssh takes as its destination, and a port; see `check_ssh`.

    >>> _host_and_port("ann@bastion:2222"), _host_and_port("[::1]:22"), _host_and_port("fe80::1")
    (('ann@bastion', '2222'), ('::1', '22'), ('fe80::1', ''))
    """
    found = re.fullmatch(r"(.*@)?(?:\[([^\]]*)\]|([^:@]*))(?::(\d+))?", text)
    if found is None:
        return text, ""
    return (found[1] or "") + (found[2] or found[3]), found[4] or ""
