"""Every engine streams: memory stays bounded, and the first rows do not wait for the last."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.kits import Kit
from tusk.engines.base import FetchMode, Session

ROOT = Path(__file__).resolve().parents[2]
ROWS = 500_000
LIMIT_MB = 150

# Ten columns of 250 MB in all, which no engine may hold.
QUERIES = {
    "postgres": """select i a, i * 2 b, 'text ' || i c, i / 3.0::float8 d, i % 7 = 0 e,
        repeat('x', 400) f, date '2020-01-01' + i % 1000 g, i h, 'x' j, i::text k
        from generate_series(1, {rows}) t(i)""",
    "duckdb": """select i a, i * 2 b, 'text ' || i c, i / 3.0 d, i % 7 = 0 e, repeat('x', 400) f,
        date '2020-01-01' + (i % 1000)::int g, i h, 'x' j, i::varchar k from range({rows}) t(i)""",
    "sqlite": """with recursive r(i) as (select 1 union all select i + 1 from r where i < {rows})
        select i a, i * 2 b, 'text ' || i c, i / 3.0 d, i % 7 = 0 e, hex(zeroblob(200)) f,
        date('2020-01-01') g, i h, 'x' j, cast(i as text) k from r""",
    "datafusion": """select value a, value * 2 b, 'text ' || value c, value / 3.0 d,
        value % 7 = 0 e, repeat('x', 400) f, date '2020-01-01' g, value h, 'x' j,
        cast(value as varchar) k from generate_series(1, {rows})""",
}

# In a process of its own: what others left behind would hide the growth. DataFusion has one more.
CHILD = """
import json, sys
from pathlib import Path
from tusk.core.dialect import DIALECTS
from tusk.core.statement import split
from tusk.engines.base import FetchMode, Target
from tusk.engines.registry import load_engine

def peaks_mb():
    tasks = Path("/proc/self/task").iterdir()
    children = [pid for task in tasks for pid in (task / "children").read_text().split()]
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in ["self", *children]]
    return sum(int(s.split("VmHWM:")[1].split()[0]) / 1000 for s in statuses)

target, query, mode = json.load(sys.stdin)
session = load_engine(target["engine"]).connect(Target(**target))
def read(text):
    (statement,) = split(text, DIALECTS[target["engine"]])
    cursor = session.execute(statement, mode=FetchMode(mode))
    return sum(batch.num_rows for batch in cursor.batches())
read(query.format(rows=50_000))
before = peaks_mb()
print(read(query.format(rows=ROWS)), peaks_mb() - before)
session.close()
""".replace("ROWS", str(ROWS))


@pytest.mark.skipif(
    not Path("/proc/thread-self/children").exists(), reason="reads memory from Linux's /proc"
)
@pytest.mark.parametrize("mode", FetchMode)
def test_many_rows_take_little_memory(kit: Kit, mode: FetchMode):
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([dataclasses.asdict(kit.target), QUERIES[kit.name], mode.value]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}"},
        check=False,
    )
    assert child.returncode == 0, child.stderr
    counted, grown_mb = child.stdout.split()
    assert int(counted) == ROWS
    assert float(grown_mb) < LIMIT_MB


@pytest.mark.parametrize("mode", FetchMode)
def test_the_first_rows_come_long_before_the_last(kit: Kit, session: Session, mode: FetchMode):
    # Ten thousand million rows and more: whoever waited for more than a sliver of them would not come back.
    cursor = session.execute(kit.statement(kit.endless_rows), mode=mode)
    batches = cursor.batches()
    for _ in range(3):
        assert 0 < next(batches).num_rows <= 1_000_000
    cursor.close()
    assert kit.run(session, "select 1 as a").value == 1
