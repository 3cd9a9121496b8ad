"""The bytes that each format makes of each engine's values do not change unnoticed.

After a change that is meant: TUSK_TEST_UPDATE_GOLDEN=1 pytest tests/formats/test_golden.py,
then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from tests.formats.support import SAMPLES, write
from tests.support.hostile import unsafe_characters
from tusk.formats.registry import FORMATS
from tusk.formats.writer import WriterOptions

GOLDEN = Path(__file__).parent / "golden"
TEXT_FORMATS = [name for name, format_ in FORMATS.items() if not format_.is_binary]


def check(path: Path, content: bytes) -> None:
    if os.environ.get("TUSK_TEST_UPDATE_GOLDEN"):
        path.write_bytes(content)
    assert path.read_bytes() == content


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_the_bytes_are_those_of_the_golden_file(name: str, sample: str):
    check(GOLDEN / f"{sample}.{name}", write(name, [SAMPLES[sample]()]))


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_the_bytes_do_not_depend_on_how_rows_arrive(name: str):
    for make in SAMPLES.values():
        batch = make()
        whole = write(name, [batch])
        single = [batch.slice(row, 1) for row in range(batch.num_rows)]
        if batch.num_rows and batch.num_columns:
            assert write(name, [*single, batch.slice(0, 0)]) == whole


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_a_terminal_gets_nothing_that_it_acts_on(name: str):
    options = WriterOptions(for_terminal=True, width=100)
    content = write(name, [SAMPLES["hostile"]()], options).decode()
    assert unsafe_characters(content, allow="\n\t" if name == "tsv" else "\n") == []
    check(GOLDEN / f"terminal.{name}", content.encode())


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_options(name: str):
    options = WriterOptions(header=False, null="∅", ascii=True, width=60, table='a.b"c', index=1)
    check(GOLDEN / f"options.{name}", write(name, [SAMPLES["postgres"]()], options))


@pytest.mark.parametrize("name", TEXT_FORMATS)
@pytest.mark.parametrize("sample", sorted(SAMPLES.keys() - {"no_rows", "no_columns"}))
def test_many_rows_are_written_as_few_are(name: str, sample: str):
    batch = SAMPLES[sample]()
    many = pa.Table.from_batches([batch] * (200 // batch.num_rows)).combine_chunks()
    (whole,) = many.to_batches()
    parts = [whole.slice(start, 10) for start in range(0, whole.num_rows, 10)]
    assert write(name, [whole]) == write(name, parts)
