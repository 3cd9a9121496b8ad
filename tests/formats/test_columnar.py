"""Parquet and Arrow files: exact types, columns that widen midway, other readers."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.formats.support import SAMPLES, batch, hostile, write
from tusk.core.render import render_column
from tusk.formats.columnar import wider
from tusk.formats.registry import find_format, make_writer
from tusk.formats.writer import WriterOptions

FORMATS = ["parquet", "arrow"]


def read(name: str, content: bytes) -> pa.Table:
    if name == "parquet":
        return pyarrow.parquet.read_table(io.BytesIO(content))
    return pa.ipc.open_file(content).read_all()


class Pipe(io.RawIOBase):
    """A stream that can only be written."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        self.content += bytes(data)  # type: ignore[call-overload]
        return len(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("sample", sorted(set(SAMPLES) - {"no_columns"}))
def test_every_value_comes_back(name: str, sample: str):
    rows = SAMPLES[sample]()
    table = read(name, write(name, [rows]))
    assert table.num_rows == rows.num_rows
    for before, column, field in zip(rows.columns, table.columns, rows.schema, strict=True):
        after = column.combine_chunks()
        if after.type == before.type:
            # Unlike `equals`, this holds for NaN, too.
            assert render_column(after, field) == render_column(before, field)
        elif sample != "sqlite":  # its reals have all digits in a file
            assert after.to_pylist() == render_column(before, field)


@pytest.mark.parametrize("name", FORMATS)
def test_metadata_is_kept(name: str):
    rows = SAMPLES["postgres"]()
    table = read(name, write(name, [rows]))
    for before, after in zip(rows.schema, table.schema, strict=True):
        assert (before.metadata or {}).items() <= (after.metadata or {}).items()


def test_parquet_gets_names_of_its_own():
    table = read("parquet", write("parquet", [SAMPLES["duplicates"]()]))
    assert table.column_names == ["a", "a_3", "column", "a_2"]
    assert table.to_pylist() == [{"a": 1, "a_3": 2, "column": 3, "a_2": 4}]


def test_parquet_has_the_text_of_what_it_cannot_hold():
    table = read("parquet", write("parquet", [SAMPLES["duckdb"]()]))
    assert table.column("iv").to_pylist() == ["1 year 2 months 3 days 00:00:05", None]
    table = read("parquet", write("parquet", [SAMPLES["sqlite"]()]))
    mixed = ["5", "0.30000000000000004", "tëxt", "\\xff\x00", None]
    assert table.column("mixed").to_pylist() == mixed


def widening() -> list[pa.RecordBatch]:
    """A column that gets text after decimals, bytes after text; another gets several types."""
    mixed = pa.UnionArray.from_dense(
        pa.array([1, 2], pa.int8()),
        pa.array([0, 0], pa.int32()),
        [
            pa.array([], pa.int64()),
            pa.array([1.5]),
            pa.array(["x"]),
            pa.array([], pa.binary()),
        ],
        ["integer", "real", "text", "blob"],
    )
    number = pa.array([Decimal("0.0000001"), None], pa.decimal128(20, 7))
    first = batch(
        "postgres",
        {
            "n": ("numeric(20,7)", number),
            "t": ("text", pa.array(["a", None])),
            "m": ("", pa.array([7, None])),
            "none": ("", pa.nulls(2)),
        },
    )

    def like(*arrays: pa.Array) -> pa.RecordBatch:
        fields = [f.with_type(a.type) for f, a in zip(first.schema, arrays, strict=True)]
        return pa.RecordBatch.from_arrays(list(arrays), schema=pa.schema(fields))

    return [
        first,
        like(number, pa.array(["b", "c"]), pa.array([8, 9]), pa.array([None, 5])),
        like(pa.array(["NaN", None]), pa.array([b"\xff", None]), mixed, pa.array([6, 7])),
        first,
    ]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("is_pipe", [False, True])
def test_a_column_that_widens_midway_loses_nothing(name: str, is_pipe: bool):
    out = Pipe() if is_pipe else io.BytesIO()
    writer = make_writer(find_format(name), out, WriterOptions())  # type: ignore[arg-type]
    batches = widening()
    writer.open(batches[0].schema)
    for rows in batches:
        writer.write(rows)
    writer.close()
    table = read(name, out.content if isinstance(out, Pipe) else out.getvalue())
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    numbers = ["0.0000001", None]
    assert columns["n"] == [*numbers, *numbers, "NaN", None, *numbers]
    assert columns["t"] == [b"a", None, b"b", b"c", b"\xff", None, b"a", None]
    mixed = [7, None, 8, 9, 1.5, "x", 7, None]
    as_text = ["7", None, "8", "9", "1.5", "x", "7", None]
    assert columns["m"] == (mixed if name == "arrow" else as_text)
    assert columns["none"] == [None, None, None, 5, 6, 7, None, None]


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_anew_is_not_longer_than_it_must_be(name: str, tmp_path: Path):
    path = tmp_path / "t"
    numbers = batch("postgres", {"x": ("numeric", pa.array([Decimal(1)] * 5000))})
    text = batch("postgres", {"x": ("numeric", pa.array(["NaN"]))})
    with path.open("w+b") as out:
        writer = make_writer(find_format(name), out, WriterOptions())
        writer.open(numbers.schema)
        writer.write(numbers)
        writer.write(text)
        writer.close()
    assert read(name, path.read_bytes()).num_rows == 5001


@pytest.mark.parametrize("name", FORMATS)
def test_dictionaries_that_change_become_plain_values(name: str):
    first = pa.array(["a", "b"]).dictionary_encode()
    second = pa.array(["c", None, "b"]).dictionary_encode()
    batches = [batch("duckdb", {"e": ("ENUM", values)}) for values in (first, second)]
    table = read(name, write(name, batches))
    assert table.column("e").to_pylist() == ["a", "b", "c", None, "b"]


def test_rows_without_columns():
    rows = SAMPLES["no_columns"]()
    assert read("arrow", write("arrow", [rows])).num_rows == 3
    # Parquet has no rows where it has no columns.
    assert read("parquet", write("parquet", [rows])).num_columns == 0


@pytest.mark.parametrize(
    ("known", "new", "expected"),
    [
        (pa.int64(), pa.int64(), pa.int64()),
        (pa.null(), pa.int64(), pa.int64()),
        (pa.int64(), pa.null(), pa.int64()),
        (pa.int64(), pa.string(), pa.string()),
        (pa.int64(), pa.large_string(), pa.large_string()),
        (pa.string(), pa.binary(), pa.large_binary()),
        (pa.int64(), pa.date32(), pa.string()),
    ],
)
def test_the_wider_type(known: pa.DataType, new: pa.DataType, expected: pa.DataType):
    assert wider(known, new) == expected


def test_timestamps_in_seconds_stay_infinite_in_parquet():
    values = pa.array([2**63 - 1, -(2**63) + 1, 5, None]).cast(pa.timestamp("s"))
    rows = batch("duckdb", {"t": ("TIMESTAMP_S", values)})
    column = read("parquet", write("parquet", [rows])).column("t").combine_chunks()
    assert column.view(pa.int64()).to_pylist() == [2**63 - 1, -(2**63) + 1, 5000, None]


def test_row_groups_have_a_bounded_size_however_rows_arrive():
    rows = batch("duckdb", {"n": ("BIGINT", pa.array(range(300_000)))})
    pieces = [rows.slice(start, 7000) for start in range(0, 300_000, 7000)]
    for batches in ([rows], pieces):
        file = pyarrow.parquet.ParquetFile(io.BytesIO(write("parquet", batches)))
        sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        assert sizes == [122_880, 122_880, 54_240]


def test_large_values_make_row_groups_small():
    rows = batch("duckdb", {"t": ("VARCHAR", pa.array(["x" * 40_000_000] * 4))})
    content = write("parquet", [rows.slice(n, 1) for n in range(4)])
    assert pyarrow.parquet.ParquetFile(io.BytesIO(content)).num_row_groups == 2


def test_duckdb_reads_parquet(tmp_path: Path):
    path = tmp_path / "t.parquet"
    for sample in ("postgres", "duckdb", "hostile"):
        rows = SAMPLES[sample]()
        path.write_bytes(write("parquet", [rows]))
        with duckdb.connect() as connection:
            found = connection.read_parquet(str(path))
            assert found.shape[0] == rows.num_rows
    with duckdb.connect() as connection:
        query = "select t from read_parquet(?) order by n"
        texts = [row[0] for row in connection.execute(query, [str(path)]).fetchall()]
    assert texts == hostile().column("t").to_pylist()


def test_duckdb_reads_infinity_as_infinity(tmp_path: Path):
    path = tmp_path / "t.parquet"
    path.write_bytes(write("parquet", [SAMPLES["postgres"]()]))
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        query = "select day::varchar, zoned::varchar, moment::varchar from read_parquet(?)"
        rows = connection.execute(query, [str(path)]).fetchall()
    assert rows[1] == ("infinity", "-infinity", "0003-12-17 (BC) 14:13:20")
