"""A result far larger than memory: kept on disk, readable meanwhile, and cancelled at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPILLED_MB = 1500
LIMIT_MB = 350

# In a process of its own: what others left behind would hide the growth.
CHILD = """
import asyncio, json
from pathlib import Path
from tusk.core.events import BatchArrived, Failed, Finished, ResultOpened
from tusk.services.connections import Connection, resolve
from tusk.services.queries import RunOptions

QUERY = "select i, i * 2 as j, 'text ' || i as k, i / 3.0 as l from range(1000000000000) r(i)"

def memory_mb(field):
    status = Path("/proc/self/status").read_text()
    return int(status.split(field + ":")[1].split()[0]) / 1000

async def main():
    connection = Connection(resolve("duckdb://"))
    connection.open()
    said = {}
    async with connection.run("select 1") as run:
        async for _ in run:
            pass
    before = memory_mb("VmRSS")
    buffer = None
    async with connection.run(QUERY, RunOptions(budget_bytes=32_000_000)) as run:
        async for event in run:
            match event:
                case ResultOpened(_, buffer):
                    pass
                case BatchArrived() if buffer.spilled_bytes > SPILLED_MB * 1_000_000:
                    connection.cancel()
                case Failed(error):
                    said["error"] = type(error).__name__
                case Finished():
                    said["error"] = "none: it came to its end"
    rows = buffer.num_rows
    places = [0, rows // 2, rows - 1]
    found = [buffer.batch_at(place) for place in places]
    said["kept"] = [batch.column("i")[offset].as_py() for batch, offset in found] == places
    said["spilled_mb"] = buffer.spilled_bytes / 1_000_000
    said["grown_mb"] = memory_mb("VmHWM") - before
    buffer.close()
    connection.close()
    print(json.dumps(said))

asyncio.run(main())
""".replace("SPILLED_MB", str(SPILLED_MB))


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from Linux's /proc")
def test_cancelling_while_rows_go_to_disk_keeps_them_and_memory_stays_bounded(
    tmp_path: Path,
) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src"), "TUSK_HOME": str(tmp_path)},
        timeout=300,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    said = json.loads(child.stdout)
    assert said["error"] == "QueryCancelled"
    assert said["kept"]
    assert SPILLED_MB <= said["spilled_mb"] < SPILLED_MB * 2
    assert said["grown_mb"] < LIMIT_MB
    assert list((tmp_path / "cache" / "scratch").rglob("*")) == []
