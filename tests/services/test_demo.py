"""The sample data and its first query."""

from __future__ import annotations

import runpy
from pathlib import Path

import pyarrow.parquet as pq

from tusk.core.statement import Statement, split
from tusk.services.connections import open_session
from tusk.services.demo import FIRST_QUERY, demo_connection, demo_files

MAKER = Path(__file__).resolve().parents[2] / "tools" / "make_demo_data.py"


def test_the_files_are_small_and_are_what_their_maker_makes(tmp_path: Path) -> None:
    runpy.run_path(str(MAKER))["main"](tmp_path / "data")
    assert [p.name for p in demo_files()] == sorted(p.name for p in (tmp_path / "data").iterdir())
    assert sum(p.stat().st_size for p in demo_files()) < 300_000
    for file in demo_files():
        made = tmp_path / "data" / file.name
        if file.suffix == ".parquet":
            assert pq.read_table(file).equals(pq.read_table(made))
        else:
            assert file.read_bytes() == made.read_bytes()


def test_every_file_is_a_view_and_the_first_query_has_something_to_show() -> None:
    session = open_session(demo_connection())
    (statement,) = split(FIRST_QUERY, session.dialect)
    rows = sum(batch.num_rows for batch in session.execute(statement).batches())
    assert 10 <= rows <= 30
    for file in demo_files():
        cursor = session.execute(Statement(f"select count(*) from {file.stem}"))
        (count,) = [n for b in cursor.batches() for n in b.column(0).to_pylist()]
        assert int(str(count)) >= 6
    session.close()


def test_the_data_has_what_a_demo_should_show() -> None:
    crossings = pq.read_table(next(p for p in demo_files() if p.stem == "crossings"))
    types = {str(t) for t in crossings.schema.types}
    assert {"timestamp[ms]", "decimal128(9, 2)", "string"} <= types
    assert crossings.column("arrived").null_count > 0
    ports = pq.read_table(next(p for p in demo_files() if p.stem == "ports"))
    assert any(not str(name).isascii() for name in ports.column("name").to_pylist())
    assert {"latitude", "longitude"} <= set(ports.column_names)
