"""Memory stays bounded, however many rows there are and however large they get."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MANY_ROWS = """select i, i::bigint * 7919, i * 0.37::float8, (i / 100.0)::numeric(12,2), i % 2 = 0,
    'name ' || i, md5(i::text), date '2020-01-01' + i % 3000, now(), repeat('x', i % 50)
    from (select generate_series(1, 400000) i) s"""
LARGE_ROWS = "select generate_series(1, 60), repeat('x', 10000000)"

# In a process of its own: what others left behind would hide the growth.
CHILD = """
import resource, sys
from pathlib import Path
from tests.support.postgres import opened, statement
from tusk.engines.base import FetchMode

def peak_mb():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000

conninfo, way, text = sys.argv[1:]
with opened(conninfo) as session, open("/dev/null", "wb") as out:
    def read(text):
        if way == "copy_csv":
            return session.copy_csv(statement(text), None, out)
        cursor = session.execute(statement(text), mode=FetchMode(way))
        return sum(batch.num_rows for batch in cursor.batches())

    read("select 1, 'x'")
    before = peak_mb()
    rows = read(text)
    print(rows, peak_mb() - before)
"""


def growth_mb(conninfo: str, way: str, text: str, rows: int) -> float:
    child = subprocess.run(
        [sys.executable, "-c", CHILD, conninfo, way, text],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        check=False,
    )
    assert child.returncode == 0, child.stderr
    counted, grown = child.stdout.split()
    assert int(counted) == rows
    return float(grown)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("way", ["page", "bulk", "copy_csv"])
def test_many_rows_take_little_memory(pg_db: str, way: str) -> None:
    # 80 MB of values in all, of which no more than a few batches are ever here.
    assert growth_mb(pg_db, way, MANY_ROWS, 400_000) < 90


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("way", ["page", "bulk", "copy_csv"])
def test_large_rows_take_bounded_memory(pg_db: str, way: str) -> None:
    assert growth_mb(pg_db, way, LARGE_ROWS, 60) < 450
