"""A network that vanishes: no packet goes out or comes in, and nobody says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.localpg import PgBinaries

ROOT = Path(__file__).resolve().parents[2]


def why_not() -> str:
    """Why no network namespace can be made here; empty when it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root on Linux can take a network down in a namespace of its own"
    for program in ("ip", "unshare"):
        if shutil.which(program) is None:
            return f"there is no program {program!r}"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True)
    return tried.stderr.strip() or ("unshare failed" if tried.returncode else "")


@pytest.mark.slow
@pytest.mark.postgres
def test_a_network_that_vanishes_is_a_lost_connection_and_can_come_back(
    pg_binaries: PgBinaries,
) -> None:
    if reason := why_not():
        if os.environ.get("CI") and os.geteuid() == 0:
            pytest.fail(f"this has to run in CI: {reason}")
        pytest.skip(reason)
    command = ["unshare", "--net", sys.executable, "-m", "tests.engines.blackhole"]
    # Without the limits that tusk sets, Linux would send again for a quarter of an hour.
    done = subprocess.run(
        [*command, pg_binaries.version.partition(".")[0]],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    sleeping, streaming = found["outcomes"]
    for outcome in (sleeping, streaming):
        assert outcome["error"] == "ConnectionLost"
        assert "nothing comes through the network" in outcome["message"]
        assert outcome["state"] == "connection lost"
    assert sleeping["transaction_lost"]
    assert "the open transaction is lost" in sleeping["message"]
    assert streaming["rows"] > 0
    assert found["answers"] == [[1], [1]]
