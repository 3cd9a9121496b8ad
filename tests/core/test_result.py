"""`ResultBuffer`: what comes back is what went in, whatever the memory, the disk and the types."""

from __future__ import annotations

import gc
import os
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tusk.core import result
from tusk.core.errors import StorageError
from tusk.core.result import ResultBuffer
from tusk.core.schema import make_field

TYPES: dict[str, pa.DataType] = {"n": pa.int64(), "t": pa.string()}
NUMBERS = pa.schema(TYPES)


def numbers(start: int, rows: int) -> pa.RecordBatch:
    values = range(start, start + rows)
    texts = pa.array([None if n % 7 == 0 else f"text {n}" for n in values], pa.string())
    return pa.record_batch([pa.array(values, pa.int64()), texts], schema=NUMBERS)


def without_columns(rows: int) -> pa.RecordBatch:
    structs: Any = pa.array([{}] * rows, pa.struct([]))
    return pa.RecordBatch.from_struct_array(structs)


def values_of(buffer: ResultBuffer, start: int = 0, stop: int | None = None) -> list[dict]:
    return [row for batch in buffer.batches(start, stop) for row in batch.to_pylist()]


@pytest.fixture(params=[0, 10**9], ids=["spilled", "in memory"])
def budget(request: pytest.FixtureRequest) -> int:
    return request.param


ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.one_of(st.none(), st.text(max_size=30)),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.lists(st.integers(0, 255), max_size=4)),
    ),
    max_size=40,
)
MIXED = pa.schema({**TYPES, "b": pa.bool_(), "l": pa.list_(pa.uint8())})


@settings(max_examples=150)
@given(
    chunks=st.lists(ROWS, max_size=8),
    limit=st.sampled_from([0, 700, 2_000, 10**9]),
    data=st.data(),
)
def test_reads_equal_a_table_of_the_same_batches(
    chunks: list[list[tuple]], limit: int, data: st.DataObject
) -> None:
    buffer = ResultBuffer(MIXED, budget_bytes=limit)
    batches: list[pa.RecordBatch] = []
    for rows in chunks:
        columns = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(MIXED)]
        batch = pa.record_batch(columns, schema=MIXED)
        offset = data.draw(st.integers(0, len(rows)), "offset of the slice")
        batches.append(batch.slice(offset))
        buffer.append(batches[-1])
    table = pa.Table.from_batches(batches, MIXED)

    assert buffer.num_rows == table.num_rows
    assert pa.Table.from_batches(buffer.batches(), MIXED).equals(table)
    for _ in range(5):
        start = data.draw(st.integers(0, table.num_rows), "start")
        stop = data.draw(st.integers(0, table.num_rows + 3), "stop")
        part = pa.Table.from_batches(buffer.batches(start, stop), MIXED)
        assert part.equals(table.slice(start, max(0, stop - start)))
    if table.num_rows:
        row = data.draw(st.integers(0, table.num_rows - 1), "row")
        batch, offset = buffer.batch_at(row)
        assert batch.slice(offset, 1).to_pylist() == table.slice(row, 1).to_pylist()
    buffer.close()


def test_rows_outside_are_refused(budget: int) -> None:
    buffer = ResultBuffer(NUMBERS, budget_bytes=budget)
    buffer.append(numbers(0, 3))
    for row in (-1, 3, 10**12):
        with pytest.raises(IndexError):
            buffer.batch_at(row)


def test_memory_stays_within_the_budget_and_the_rest_goes_to_the_file() -> None:
    buffer = ResultBuffer(NUMBERS, budget_bytes=200_000)
    for start in range(0, 100_000, 1_000):
        buffer.append(numbers(start, 1_000))
    assert 0 < buffer.memory_bytes <= 200_000
    assert buffer.spilled_bytes > 1_000_000
    assert values_of(buffer, 99_998) == numbers(99_998, 2).to_pylist()


def test_a_batch_larger_than_the_budget_is_cut_so_that_a_row_costs_little() -> None:
    buffer = ResultBuffer(NUMBERS, budget_bytes=1_000)
    huge = numbers(0, 1_000_000)
    buffer.append(huge)
    assert buffer.memory_bytes == 0
    batch, offset = buffer.batch_at(654_321)
    assert batch.nbytes <= 5 * 1024 * 1024
    assert batch.column(0)[offset].as_py() == 654_321
    assert pa.Table.from_batches(buffer.batches()).equals(pa.Table.from_batches([huge]))


def test_one_value_larger_than_a_part_of_the_file_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result, "_EXTENT_BYTES", 1024 * 1024)
    buffer = ResultBuffer(pa.schema([("t", pa.string())]), budget_bytes=0)
    texts = ["a" * 10, "b" * 3_000_000, "c" * 10]
    for text in texts:
        buffer.append(pa.record_batch([pa.array([text])], schema=buffer.schema))
    assert [row["t"] for row in values_of(buffer)] == texts


def test_a_small_slice_does_not_keep_its_large_parent() -> None:
    before = pa.total_allocated_bytes()
    buffer = ResultBuffer(NUMBERS)
    parent = numbers(0, 500_000)
    buffer.append(parent.slice(400_000, 10))
    buffer.append(parent.slice(400_010, 10))
    del parent
    gc.collect()
    assert pa.total_allocated_bytes() - before < 100_000
    assert buffer.memory_bytes < 100_000
    assert values_of(buffer) == numbers(400_000, 20).to_pylist()


def test_slices_of_one_parent_are_counted_once() -> None:
    parent = numbers(0, 100_000)
    buffer = ResultBuffer(NUMBERS)
    for start in range(0, 100_000, 10_000):
        buffer.append(parent.slice(start, 10_000))
    assert buffer.memory_bytes < 1.6 * parent.nbytes


def odd_batches() -> Iterator[tuple[str, pa.RecordBatch]]:
    words = pa.array(["red", None, "green", "red"])
    yield "dictionary", pa.record_batch([words.dictionary_encode()], names=["d"])
    lists = pa.ListArray.from_arrays([0, 1, 3, 3, 4], words.dictionary_encode())
    yield "list of dictionary", pa.record_batch([lists], names=["d"])
    yield "string view", pa.record_batch([words.cast(pa.string_view())], names=["v"])
    yield "binary view", pa.record_batch([words.cast(pa.binary_view())], names=["v"])
    codes, offsets = pa.array([0, 1, 0, 2], pa.int8()), pa.array([0, 0, 1, 0], pa.int32())
    children: list[Any] = [pa.array([1, 2]), pa.array(["x"]), pa.array([b"\xff"])]
    union = pa.UnionArray.from_dense(codes, offsets, children)
    yield "dense union", pa.record_batch([union], names=["u"])
    yield "null", pa.record_batch([pa.nulls(4)], names=["n"])
    yield (
        "map",
        pa.record_batch(
            [pa.array([[("a", 1)], None, [], [("b", None)]], pa.map_(pa.string(), pa.int8()))],
            names=["m"],
        ),
    )
    yield (
        "wide decimal",
        pa.record_batch(
            [pa.array([Decimal("1e60"), None, Decimal(-1), Decimal(0)], pa.decimal256(76, 2))],
            names=["d"],
        ),
    )
    yield "uuid", pa.record_batch([pa.array([b"0" * 16, None] * 2, pa.uuid())], names=["u"])
    yield "same names", pa.record_batch([words, words], names=["", ""])


@pytest.mark.parametrize(("kind", "batch"), odd_batches(), ids=lambda value: str(value)[:20])
def test_every_kind_of_column_survives(kind: str, batch: pa.RecordBatch, budget: int) -> None:
    buffer = ResultBuffer(batch.schema, budget_bytes=budget)
    for part in (batch, batch.slice(1), batch.slice(2, 1)):
        buffer.append(part)
    wanted = [batch.columns, batch.slice(1).columns, batch.slice(2, 1).columns]
    for got, columns in zip(buffer.batches(), wanted, strict=True):
        assert [column.to_pylist() for column in got.columns] == [c.to_pylist() for c in columns]


def test_dictionaries_may_differ_from_batch_to_batch(budget: int) -> None:
    batches = [
        pa.record_batch([pa.array(words).dictionary_encode()], names=["d"])
        for words in (["a", "b"], ["c", "a"], ["b"])
    ]
    buffer = ResultBuffer(batches[0].schema, budget_bytes=budget)
    for batch in batches:
        buffer.append(batch)
    assert [row["d"] for row in values_of(buffer)] == ["a", "b", "c", "a", "b"]


def test_a_slice_of_views_is_written_without_the_text_of_its_parent() -> None:
    texts = pa.array([f"{n:0100}" for n in range(10_000)], pa.string_view())
    batch = pa.record_batch([texts], names=["v"])
    buffer = ResultBuffer(batch.schema, budget_bytes=0)
    for start in range(0, 10_000, 100):
        buffer.append(batch.slice(start, 100))
    assert buffer.spilled_bytes < 2_000_000
    assert values_of(buffer, 9_999) == [{"v": f"{9_999:0100}"}]


def test_a_batch_may_be_wider_than_the_schema_and_says_so(budget: int) -> None:
    field = make_field("n", pa.decimal128(5, 2), engine="postgres", db_type="numeric(5,2)")
    buffer = ResultBuffer(pa.schema([field]), budget_bytes=budget)
    narrow = pa.record_batch([pa.array([Decimal("1.50")], field.type)], schema=buffer.schema)
    wide = pa.record_batch([pa.array(["NaN"])], schema=pa.schema([field.with_type(pa.string())]))
    for batch in (narrow, wide, narrow):
        buffer.append(batch)
    assert [buffer.batch_at(row)[0].schema for row in range(3)] == [
        narrow.schema,
        wide.schema,
        narrow.schema,
    ]
    assert [batch.schema.field(0).metadata for batch in buffer.batches()] == [field.metadata] * 3
    assert [row["n"] for row in values_of(buffer)] == [Decimal("1.50"), "NaN", Decimal("1.50")]


def test_rows_without_columns_are_counted(budget: int) -> None:
    empty = without_columns(3)
    buffer = ResultBuffer(empty.schema, budget_bytes=budget)
    buffer.append(empty)
    buffer.append(empty.slice(1))
    assert buffer.num_rows == 5
    assert [batch.num_rows for batch in buffer.batches(2)] == [1, 2]


def test_empty_batches_are_nothing(budget: int) -> None:
    buffer = ResultBuffer(NUMBERS, budget_bytes=budget)
    buffer.append(numbers(0, 0))
    assert (buffer.num_rows, values_of(buffer)) == (0, [])


def test_the_file_has_no_name_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "spill"
    buffer = ResultBuffer(NUMBERS, budget_bytes=0, folder=folder)
    before = open_files()
    buffer.append(numbers(0, 10))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == []
    assert open_files() > before
    buffer.close()
    gc.collect()
    assert open_files() == before


def open_files() -> int:
    return psutil.Process().num_fds()


def test_many_parts_of_the_file_read_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result, "_EXTENT_BYTES", 64 * 1024)
    monkeypatch.setattr(result, "_RECENT_BYTES", 100_000)
    buffer = ResultBuffer(NUMBERS, budget_bytes=0)
    for start in range(0, 50_000, 500):
        buffer.append(numbers(start, 500))
    for row in (0, 49_999, 25_000, 12_345, 0, 49_999):
        assert values_of(buffer, row, row + 1) == numbers(row, 1).to_pylist()
    assert values_of(buffer) == numbers(0, 50_000).to_pylist()


def test_close_leaves_batches_that_were_handed_out_valid() -> None:
    buffer = ResultBuffer(NUMBERS, budget_bytes=0)
    buffer.append(numbers(0, 5_000))
    batch, _ = buffer.batch_at(0)
    buffer.close()
    buffer.close()
    gc.collect()
    assert batch.to_pylist() == numbers(0, 5_000).to_pylist()
    assert (buffer.num_rows, buffer.memory_bytes, values_of(buffer)) == (0, 0, [])
    with pytest.raises(IndexError):
        buffer.batch_at(0)
    buffer.append(numbers(0, 1))
    assert buffer.num_rows == 0


def test_reading_while_another_thread_appends() -> None:
    buffer = ResultBuffer(NUMBERS, budget_bytes=300_000)
    total = 60_000
    errors: list[object] = []

    def read() -> None:
        step = 0
        while (known := buffer.num_rows) < total or step < 100:
            step += 1
            if known:
                row = (step * 7_919) % known
                batch, offset = buffer.batch_at(row)
                if batch.column(0)[offset].as_py() != row:
                    errors.append(row)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for start in range(0, total, 600):
        buffer.append(numbers(start, 600))
    for reader in readers:
        reader.join()
    assert errors == []


def test_closing_while_another_thread_appends_gives_everything_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The writer is inside a write when the buffer is closed; it must not write elsewhere."""
    before = open_files()
    buffer = ResultBuffer(NUMBERS, budget_bytes=0)
    buffer.append(numbers(0, 10))
    is_writing, may_go_on = threading.Event(), threading.Event()
    pwrite = os.pwrite

    def slow_pwrite(fd: int, data: memoryview, offset: int) -> int:
        is_writing.set()
        may_go_on.wait(10)
        return pwrite(fd, data, offset)

    monkeypatch.setattr(os, "pwrite", slow_pwrite)
    writer = threading.Thread(target=buffer.append, args=[numbers(10, 10)])
    writer.start()
    assert is_writing.wait(10)
    buffer.close()  # must not wait for the disk
    assert buffer.num_rows == 0
    may_go_on.set()
    writer.join(10)
    gc.collect()
    assert open_files() == before
    assert buffer.num_rows == 0


def test_a_slow_disk_does_not_hold_readers_up(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = ResultBuffer(NUMBERS, budget_bytes=0)
    buffer.append(numbers(0, 10))
    is_writing, may_go_on = threading.Event(), threading.Event()
    pwrite = os.pwrite

    def slow_pwrite(fd: int, data: memoryview, offset: int) -> int:
        is_writing.set()
        may_go_on.wait(10)
        return pwrite(fd, data, offset)

    monkeypatch.setattr(os, "pwrite", slow_pwrite)
    writer = threading.Thread(target=buffer.append, args=[numbers(10, 10)])
    writer.start()
    assert is_writing.wait(10)
    assert values_of(buffer) == numbers(0, 10).to_pylist()
    may_go_on.set()
    writer.join(10)
    assert values_of(buffer) == numbers(0, 20).to_pylist()


def test_a_file_size_limit_ends_it_with_all_earlier_rows(tmp_path: Path) -> None:
    """In a process of its own, since the limit cannot be raised again."""
    script = textwrap.dedent("""
        import resource
        from tests.core.test_result import NUMBERS, numbers, values_of
        from tusk.core.errors import StorageError
        from tusk.core.result import ResultBuffer

        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
        buffer = ResultBuffer(NUMBERS, budget_bytes=0)
        failures = []
        for start in range(0, 1_000_000, 1_000):
            try:
                buffer.append(numbers(start, 1_000))
            except StorageError as exc:
                failures.append(exc)
                if len(failures) == 2:
                    break
        assert len(failures) == 2, failures
        assert "limit for file sizes" in failures[0].message, failures
        assert failures[0].hint
        assert buffer.num_rows == start - 1_000, (buffer.num_rows, start)
        assert buffer.spilled_bytes > 1_500_000
        assert values_of(buffer) == numbers(0, buffer.num_rows).to_pylist()
    """)
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])


def test_a_full_disk_ends_it_with_all_earlier_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    room = 500_000
    pwrite = os.pwrite

    def on_a_small_disk(fd: int, data: memoryview, offset: int) -> int:
        if offset >= room:
            raise OSError(28, "No space left on device")
        return pwrite(fd, data[: room - offset], offset)

    monkeypatch.setattr(os, "pwrite", on_a_small_disk)
    buffer = ResultBuffer(NUMBERS, budget_bytes=100_000)
    with pytest.raises(StorageError, match="the disk is full"):
        for start in range(0, 1_000_000, 1_000):
            buffer.append(numbers(start, 1_000))
    rows = buffer.num_rows
    assert rows > 10_000
    monkeypatch.undo()
    with pytest.raises(StorageError, match="the disk is full"):  # no gap in the rows, ever
        buffer.append(numbers(0, 1))
    assert values_of(buffer) == numbers(0, rows).to_pylist()


def test_a_folder_that_cannot_be_used_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    buffer = ResultBuffer(NUMBERS, budget_bytes=0, folder=tmp_path / "file")
    with pytest.raises(StorageError, match="cannot keep more rows"):
        buffer.append(numbers(0, 1))


def test_resident_memory_follows_what_is_read_not_what_was_fetched() -> None:
    buffer = ResultBuffer(NUMBERS, budget_bytes=0)
    batch = numbers(0, 200_000)
    for _ in range(60):
        buffer.append(batch)
    assert buffer.spilled_bytes > 200_000_000
    gc.collect()
    before = psutil.Process().memory_info().rss
    peak = 0
    for number, part in enumerate(buffer.batches()):
        part.validate(full=True)
        if number % 10 == 0:
            peak = max(peak, psutil.Process().memory_info().rss)
    assert peak - before < 120_000_000
