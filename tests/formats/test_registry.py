"""Finding formats, without loading them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tusk.core.errors import UsageError
from tusk.formats.registry import (
    FORMATS,
    compression_of_path,
    find_format,
    format_of_path,
    make_writer,
)
from tusk.formats.writer import WriterOptions


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_listing_loads_nothing():
    loaded = loaded_after("from tusk.formats.registry import FORMATS; list(FORMATS)")
    assert not {name for name in loaded if name.startswith(("pyarrow", "tusk.formats."))} - {
        "tusk.formats.registry"
    }


def test_csv_does_not_load_parquet():
    code = """
import io
from tusk.formats.registry import find_format, make_writer
from tusk.formats.writer import WriterOptions
make_writer(find_format("csv"), io.BytesIO(), WriterOptions())
"""
    loaded = loaded_after(code)
    assert "tusk.formats.csv" in loaded
    assert not loaded & {"pyarrow.parquet", "pyarrow.csv", "tusk.formats.parquet", "numpy"}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_writer_and_words(name: str, tmp_path: Path):
    with (tmp_path / "t").open("w+b") as out:
        writer = make_writer(find_format(name), out, WriterOptions())
    assert callable(writer.write)
    assert FORMATS[name].summary
    assert FORMATS[name].name == name


def test_no_suffix_means_two_formats():
    suffixes = [suffix for format_ in FORMATS.values() for suffix in format_.suffixes]
    assert len(suffixes) == len(set(suffixes))


@pytest.mark.parametrize(
    ("name", "format_", "compression"),
    [
        ("a.csv", "csv", ""),
        ("a.b.CSV", "csv", ""),
        ("a.csv.gz", "csv", "gzip"),
        ("a.jsonl.zst", "jsonl", "zstd"),
        ("a.ndjson", "jsonl", ""),
        ("a.parquet", "parquet", ""),
        ("a.sql", "insert", ""),
        ("a.md", "markdown", ""),
        ("a.gz", None, "gzip"),
        ("csv", None, ""),
        ("a.xyz", None, ""),
    ],
)
def test_suffixes(name: str, format_: str | None, compression: str):
    found = format_of_path(Path(name))
    assert (found.name if found else None) == format_
    assert compression_of_path(Path(name)) == compression


def test_an_unknown_format_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="unknown format 'xml'") as caught:
        find_format("xml")
    assert "parquet" in caught.value.hint


def test_every_format_is_described_with_its_suffixes():
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    described = dict(section.split("`\n", 1) for section in text.split("\n### `")[1:])
    assert list(described) == list(FORMATS)
    for name, section in described.items():
        assert all(f"`{suffix}`" in section for suffix in FORMATS[name].suffixes)
