"""Runs the whole suite: `python -m tests [pytest's arguments]`.

First everything, with the PostgreSQL that is found first; then what is marked `postgres` once
more, with the next major version found (on Debian 12: the system's 15, then the wheel's 18).
TUSK_TEST_PG or TUSK_TEST_PG_DSN choose a server, and then there is one run. Where only one major
version is found there is one run too, but with CI set nothing runs and that is an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.localpg import PgBinaries, find_binaries

ROOT = Path(__file__).resolve().parent.parent
# The tests of the app wait much of their time: three workers keep two cores busy.
WORKERS = ("--numprocesses=3", "--dist=worksteal")


def second_server(found: Sequence[PgBinaries]) -> PgBinaries | None:
    """The first of another major version than the first of all."""
    return next((b for b in found if b.major != found[0].major), None)


def run(arguments: Sequence[str], env: dict[str, str] | None = None) -> int:
    """Run pytest and return its exit code."""
    command = [sys.executable, "-m", "pytest", *WORKERS, *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **(env or {})}).returncode


def main(arguments: Sequence[str]) -> int:
    """Run the suite, and its PostgreSQL part on a second server; return an exit code."""
    if os.environ.get("TUSK_TEST_PG") or os.environ.get("TUSK_TEST_PG_DSN"):
        return run(arguments)
    found = find_binaries()
    other = second_server(found)
    if other is None:
        versions = ", ".join(f"{b.version} ({b.source})" for b in found) or "none"
        print(f"PostgreSQL of two major versions is wanted, found: {versions}", file=sys.stderr)
        if os.environ.get("CI"):
            return pytest.ExitCode.USAGE_ERROR
        return run(arguments)
    first = run(arguments)
    if first == pytest.ExitCode.INTERRUPTED:
        return first
    print(f"\nOnce more with PostgreSQL {other.version} ({other.source})", flush=True)
    # What this server must offer is known of the first one only.
    env = {"TUSK_TEST_PG": str(other.major), "TUSK_TEST_REQUIRE_EXTENSIONS": ""}
    second = run([*arguments, "-m", "postgres"], env)
    if second == pytest.ExitCode.NO_TESTS_COLLECTED:
        second = pytest.ExitCode.OK
    return first or second


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
