"""A DuckDB file that another program has open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tusk.core.errors import ConnectError
from tusk.engines.registry import load_engine
from tusk.engines.target import parse_target

HOLDER = """
import sys, duckdb
with duckdb.connect(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.duckdb"


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the file open."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process


@pytest.mark.parametrize("read_only", [False, True])
def test_who_has_the_file_open_is_named_with_program_and_process(
    path: Path, holder: subprocess.Popen[str], read_only: bool
) -> None:
    target = parse_target(str(path), read_only=read_only)
    with pytest.raises(ConnectError) as caught:
        load_engine("duckdb").connect(target)
    program = Path(f"/proc/{holder.pid}/exe").resolve()
    assert f"{path} is open in another program: {program}, process {holder.pid}" in str(
        caught.value
    )
    assert "close it there" in caught.value.hint


def test_it_opens_once_the_other_program_has_closed_it(
    path: Path, holder: subprocess.Popen[str]
) -> None:
    holder.communicate()
    session = load_engine("duckdb").connect(parse_target(str(path)))
    session.close()
