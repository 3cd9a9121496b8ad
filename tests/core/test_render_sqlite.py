"""SQLite's values look as the sqlite3 program shows them."""

from __future__ import annotations

import math
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from tests.core.render_support import differences, floats
from tusk.core.render import render_column, render_data
from tusk.core.schema import make_field

REAL = make_field("x", pa.float64(), engine="sqlite", db_type="REAL")
needs_program = pytest.mark.skipif(not shutil.which("sqlite3"), reason="no sqlite3 program")


def shown(path: Path, values: list[float]) -> list[str]:
    connection = sqlite3.connect(path)
    connection.execute("create table t (i integer primary key, x real)")
    connection.executemany("insert into t values (?, ?)", enumerate(values))
    connection.commit()
    connection.close()
    program = subprocess.run(
        ["sqlite3", path, "select x from t order by i"], capture_output=True, text=True, check=True
    )
    return program.stdout.splitlines()


@needs_program
def test_real_has_fifteen_digits(tmp_path: Path):
    # Far from 1, older versions of SQLite get the last digit wrong.
    values = [v for v in floats(3000) if v == 0 or math.isinf(v) or 1e-30 < abs(v) < 1e30]
    values = [v for v in values if v == v]
    expected = shown(tmp_path / "t.db", values)
    wrong = differences(pa.array(values), "sqlite", expected)
    assert [d for d in wrong if not _is_a_near_tie(d)] == []
    assert len(wrong) < len(values) / 1000


def _is_a_near_tie(texts: tuple[str | None, str | None, str | None]) -> bool:
    """Whether two texts are neighbours in the 15th digit; ours comes from exact arithmetic."""
    theirs, ours, short = (float(str(text)) for text in texts)
    return ours == short and math.isclose(theirs, ours, rel_tol=2e-14)


def test_halves_are_rounded_up():
    assert render_column(pa.array([569800593555564.5, 0.5]), REAL) == ["569800593555565.0", "0.5"]


def test_a_zero_has_no_sign():
    assert render_column(pa.array([-0.0, 0.0] * 40), REAL) == ["0.0"] * 80


def test_a_file_gets_all_digits_of_a_real():
    values = [v for v in floats(1000) if v == v]
    for array in (pa.array(values), pa.array(values[:5])):
        texts = render_data(array, REAL).to_pylist()
        assert [float(str(text).replace("Inf", "inf")) for text in texts] == array.to_pylist()
    assert render_data(pa.array([0.1 + 0.2]), REAL).to_pylist() == ["0.30000000000000004"]


UNION = pa.UnionArray.from_dense(
    pa.array([0, 1, 2, 3, 2, 0, 1], pa.int8()),
    pa.array([0, 0, 0, 0, 1, 1, 1], pa.int32()),
    [
        pa.array([5, None]),
        pa.array([0.1 + 0.2, 1e20]),
        pa.array(["text", "é"]),
        pa.array([b"\xff\x00a"]),
    ],
    ["integer", "real", "text", "blob"],
)
MIXED = make_field("x", pa.int64(), engine="sqlite", db_type="INTEGER")


def test_each_value_of_a_mixed_column_looks_as_its_own_type_does():
    expected = ["5", "0.3", "text", "\\xff\x00a", "é", None, "1.0e+20"]
    assert render_column(UNION, MIXED) == expected
    for start in range(len(UNION)):
        assert render_column(UNION.slice(start, 3), MIXED) == expected[start : start + 3]


def test_a_file_gets_the_bytes_of_a_blob():
    data = render_data(UNION, MIXED)
    assert data.to_pylist() == [
        b"5",
        b"0.30000000000000004",
        b"text",
        b"\xff\x00a",
        "é".encode(),
        None,
        b"1.0e+20",
    ]
