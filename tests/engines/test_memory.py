"""Every engine streams: memory stays bounded, and the first rows do not wait for the last."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.engines.kits import Kit
from tusk.engines.arrow import batch_rows, cut
from tusk.engines.base import BATCH_BYTES, BATCH_ROWS, FetchMode, Session

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


@pytest.mark.parametrize("mode", FetchMode)
def test_batches_of_many_columns_have_fewer_rows(kit: Kit, session: Session, mode: FetchMode):
    columns = ", ".join(f"n + {i} as c{i}" for i in range(600))
    result = kit.run(session, f"select {columns} from ({kit.rows(9_000)}) s", mode=mode)
    sizes = [batch.nbytes for batch in result.batches]
    assert sum(batch.num_rows for batch in result.batches) == 9_000
    assert max(sizes) <= 2 * BATCH_BYTES
    # Nor are they so small that their number costs.
    assert len(sizes) <= 40


@pytest.mark.parametrize("mode", FetchMode)
def test_batches_of_large_cells_have_few_rows(kit: Kit, session: Session, mode: FetchMode):
    cell = "hex(zeroblob(1000000 + n))" if kit.name == "sqlite" else "repeat('xy', 1000000 + n)"
    result = kit.run(session, f"select n, {cell} as t from ({kit.rows(40)}) s", mode=mode)
    assert max(batch.nbytes for batch in result.batches) <= 2 * BATCH_BYTES
    lengths = [(n, len(text)) for n, text in result.rows]
    assert sorted(lengths) == [(n, 2_000_000 + 2 * n) for n in range(40)]


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([], id="no rows"),
        pytest.param(["x" * 3 * BATCH_BYTES], id="a row larger than a batch"),
        pytest.param(["x"] * 5_000, id="small"),
        pytest.param(["x" * 5_000] * 10_000, id="all alike"),
        pytest.param(["x"] * 9_990 + ["x" * BATCH_BYTES] * 10, id="large ones at the end"),
        pytest.param([None] * 100 + ["x" * 3 * BATCH_BYTES, None], id="a large one among nulls"),
    ],
)
def test_a_batch_that_is_too_large_is_cut(texts: list[str | None]):
    batch = pa.record_batch({"n": range(len(texts)), "t": pa.array(texts, pa.large_string())})
    parts = list(cut(batch))
    assert pa.Table.from_batches(parts, batch.schema).equals(pa.Table.from_batches([batch]))
    assert all(part.nbytes <= 2 * BATCH_BYTES or part.num_rows == 1 for part in parts)
    assert len(parts) < 40


def test_a_small_batch_is_passed_on_as_it_is():
    batch = pa.record_batch({"a": [1, 2, 3]})
    (part,) = cut(batch)
    assert part is batch


def test_rows_without_columns_are_not_cut():
    nothing: Any = pa.array([{}] * 10_000, pa.struct([]))  # not a StructArray for the stubs
    batch = pa.RecordBatch.from_struct_array(nothing)
    assert [part.num_rows for part in cut(batch)] == [10_000]


@pytest.mark.parametrize(
    ("types", "rows"),
    [
        ([], BATCH_ROWS),
        ([pa.null(), pa.bool_()], BATCH_ROWS),
        ([pa.string()] * 64, BATCH_ROWS),
        ([pa.int64()] * 1_000, 1_048),
        ([pa.int64()] * 100_000, 1_024),
        ([pa.struct([("a", pa.int64()), ("b", pa.decimal128(38, 0))])] * 1_000, 349),
        ([pa.binary(BATCH_BYTES + 1)], 1),
    ],
)
def test_rows_are_asked_for_by_their_width(types: list[pa.DataType], rows: int):
    assert batch_rows(types) == rows
