"""Starting the process in which DataFusion runs, and talking to it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from tusk.config.scratch import ScratchFolder
from tusk.core.errors import ConnectError
from tusk.engines.datafusion.errors import readable
from tusk.engines.datafusion.wire import Header, WorkerLost, pack, unpack

if TYPE_CHECKING:
    from tusk.engines.base import Target

_START_S = 60.0
# After this long without an answer to a cancel the process is ended.
_CANCEL_GRACE_S = 0.3


class WorkerProcess:
    """A process that runs DataFusion for the sessions of one connection.

    Args:
        target: What to open in it.

    Raises:
        ConnectError: It does not start, or cannot open the target.
    """

    def __init__(self, target: Target) -> None:
        # Not in the process's own care: it may be killed at any time.
        self._scratch = ScratchFolder()
        setup = {
            "path": target.parameters.get("path", ""),
            "read_only": target.read_only,
            "startup_sql": list(target.startup_sql),
            "spill": str(self._scratch.path),
        }
        self._control, theirs = socket.socketpair()
        environment = dict(os.environ)
        # A given-up statement occupies a thread until the process has been ended.
        environment.setdefault("TOKIO_WORKER_THREADS", str(max(8, 4 * (os.cpu_count() or 1))))
        # Its allocator gives memory back at once: 210 instead of 330 MB for 5 million rows.
        environment.setdefault("MIMALLOC_PURGE_DELAY", "0")
        with theirs:
            self._process = subprocess.Popen(
                # -P: what lies in the current folder is not imported.
                [sys.executable, "-P", "-m", "tusk.engines.datafusion.worker",
                 str(theirs.fileno()), json.dumps(setup)],
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # A panic of DataFusion's prints there.
                stderr=subprocess.DEVNULL,
                # A Ctrl+C in the terminal is tusk's to handle.
                start_new_session=True,
            )  # fmt: skip
        self._wait_until_ready(target)
        self._users = 0

    def _wait_until_ready(self, target: Target) -> None:
        self._control.settimeout(_START_S)
        try:
            answer = self._control.recv(65536)
            header, _ = unpack(answer)
        except (OSError, ValueError) as exc:
            self.kill()
            raise ConnectError("DataFusion's process did not start") from exc
        self._control.settimeout(None)
        if header["is"] != "ready":
            self.kill()
            message = readable(str(header["message"])).message
            raise ConnectError(f"cannot open {target.name}: {message}")

    @property
    def is_alive(self) -> bool:
        """False once it ended."""
        return self._process.poll() is None

    def open_channel(self) -> WorkerChannel:
        """A connection for one more session."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            except OSError as exc:
                ours.close()
                raise WorkerLost("DataFusion's process is gone") from exc
        self._users += 1
        return WorkerChannel(self, Connection(ours.detach()))

    def release(self) -> None:
        """A session has closed its channel; the process ends after the last one."""
        self._users -= 1
        if self._users <= 0:
            self.kill()

    def kill(self) -> None:
        """End it now. Any thread."""
        self._process.kill()
        self._process.wait()
        self._control.close()
        self._scratch.close()


class WorkerChannel:
    """One session's connection to the process."""

    def __init__(self, process: WorkerProcess, connection: Connection) -> None:
        self.process = process
        self._connection = connection
        self._lock = threading.Lock()
        self._cancel_sent: float | None = None
        self._run = 0

    def run(self, header: Header, payload: bytes | memoryview) -> tuple[Header, memoryview]:
        """Execute a statement; see `worker`."""
        self._run += 1
        self._cancel_sent = None
        return self.request({**header, "do": "run", "run": self._run}, payload)

    def request(
        self, header: Header, payload: bytes | memoryview = b""
    ) -> tuple[Header, memoryview]:
        """Send a request and wait for its reply.

        Raises:
            WorkerLost: The process ended.
        """
        try:
            with self._lock:
                self._connection.send_bytes(pack(header, payload))
            return unpack(self._connection.recv_bytes())
        except (EOFError, OSError) as exc:
            raise WorkerLost("DataFusion's process is gone") from exc

    def interrupt(self) -> None:
        """Ask the running statement to end; insist when asked again later. Any thread."""
        now = time.monotonic()
        if self._cancel_sent is None:
            self._cancel_sent = now
            # A process that is gone has nothing to cancel.
            with self._lock, contextlib.suppress(OSError):
                self._connection.send_bytes(pack({"do": "cancel", "run": self._run}))
        elif now - self._cancel_sent > _CANCEL_GRACE_S:
            self.process.kill()

    def close(self) -> None:
        """Close it, and the process when nobody else uses it."""
        self._connection.close()
        self.process.release()
