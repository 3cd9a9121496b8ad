"""Finding formats, without loading them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tusk.core.errors import UsageError
from tusk.formats.encoding import TextOptions
from tusk.formats.options import Option, declared
from tusk.formats.registry import (
    FORMATS,
    compression_of_path,
    find_format,
    format_of_path,
    make_writer,
    options_class,
)
from tusk.formats.writer import WriterOptions

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats.md"


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
    text = DOCUMENT.read_text()
    described = dict(section.split("`\n", 1) for section in text.split("\n### `")[1:])
    assert list(described) == list(FORMATS)
    for name, section in described.items():
        assert all(f"`{suffix}`" in section for suffix in FORMATS[name].suffixes)


def options_table(name: str) -> str:
    """The options of a format as its section shows them, without those of every text format."""
    common = {each.name for each in declared(TextOptions)}
    is_text = issubclass(options_class(FORMATS[name]), TextOptions)
    lines = [
        f"| `{each.name}` | {_values(each)} | {_default(each)} | {each.help} |"
        for each in declared(options_class(FORMATS[name]))
        if not (is_text and each.name in common)
    ]
    head = ["| option | value | default | |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *lines]) if lines else ""


def _values(option: Option) -> str:
    return ", ".join(f"`{choice}`" for choice in option.choices) or option.kind


def _default(option: Option) -> str:
    return f"`{option.default}`" if option.default else ""


@pytest.mark.parametrize("name", FORMATS)
def test_every_option_is_described(name: str):
    """TUSK_TEST_UPDATE_GOLDEN=1 writes the tables anew."""
    text = DOCUMENT.read_text()
    mark = f"<!-- options: {name} -->\n"
    assert mark in text
    before, after = text.split(mark)
    table, _, rest = after.partition("\n### `")
    expected = f"\n{options_table(name)}\n"
    if os.environ.get("TUSK_TEST_UPDATE_GOLDEN"):
        DOCUMENT.write_text(before + mark + expected + ("\n### `" + rest if rest else ""))
        return
    assert table == expected


def test_the_options_of_every_text_format_are_described():
    text = DOCUMENT.read_text()
    for each in declared(TextOptions):
        assert f"| `{each.name}` | {_values(each)} | {_default(each)} | {each.help} |" in text
