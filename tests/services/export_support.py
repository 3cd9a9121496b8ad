"""Statements, folders and processes of the export tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from tusk.core.statement import Statement

OLD = b"what was there before"
ROWS = Statement("select i, 'text ' || i as t from range(3000) r(i) order by i")
FAILS = Statement(
    "select case when i = 250000 then error('late') else i end as i from range(500000) r(i)"
)
PRELUDE = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
import pyarrow as pa
from tusk.services.exports import export_rows
rows = pa.record_batch({{"i": range(100_000), "t": ["some text"] * 100_000}})
"""


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in the folder, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run_python(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, **options
    )


def script(*texts: str) -> list[Statement]:
    return [Statement(text) for text in texts]


MANY = script("select 1 as a", "create table t (x int)", "select 2 as b", "select 3 as c limit 0")
