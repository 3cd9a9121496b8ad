"""Sorting by typed values: order, ties, NULLs and NaN, mixed types; in any number of steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.grid_pilot import buffer_of, column_of, numbers, staged
from tusk.core.result import ResultBuffer
from tusk.core.schema import make_field
from tusk.services.results import order, sorting
from tusk.services.results.order import RowIndex
from tusk.services.results.sorting import sort_steps
from tusk.tui.widgets.result_grid import ResultGrid, SortKey


def sorted_rows(
    buffer: ResultBuffer, keys: list[SortKey], some: RowIndex | None = None
) -> list[int]:
    steps = sort_steps(buffer, keys, some)
    return [int(row) for step in steps for row in step.rows.to_pylist() if row is not None]


def sorted_values(table: pa.Table, **options: bool) -> list[object]:
    values = table.column(0).to_pylist()
    return [values[row] for row in sorted_rows(buffer_of(table), [SortKey(0, **options)])]


@pytest.fixture(params=["one bucket", "many buckets"])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Everything at once, or in buckets of few rows read in several runs."""
    if request.param == "many buckets":
        monkeypatch.setattr(sorting, "_BUCKET_ROWS", 20)
        monkeypatch.setattr(sorting, "_ROWS_PER_SAMPLE", 2)
        monkeypatch.setattr(order, "RUN_ROWS", 37)
    return request.param == "many buckets"


def compare(keys: list[SortKey], rows: list[tuple]) -> Callable[[int, int], int]:
    """The order that is expected, said as simply as possible."""

    def one(key: SortKey, left: Any, right: Any) -> int:
        if left is None or right is None:
            if left is right:
                return 0
            return -1 if (left is None) == key.nulls_first else 1
        if isinstance(left, float) and (math.isnan(left) or math.isnan(right)):
            result = math.isnan(left) - math.isnan(right)
        else:
            result = (left > right) - (left < right)
        return -result if key.descending else result

    def both(a: int, b: int) -> int:
        for key in keys:
            if result := one(key, rows[a][key.column], rows[b][key.column]):
                return result
        return a - b

    return both


COLUMNS = st.tuples(
    st.one_of(st.none(), st.integers(-3, 3)),
    st.one_of(st.none(), st.floats(), st.sampled_from([0.0, math.nan, math.inf])),
    st.one_of(st.none(), st.text(max_size=3), st.just("b")),
    st.one_of(st.none(), st.booleans()),
)
TYPES = [pa.int64(), pa.float64(), pa.string(), pa.bool_()]
KEYS = st.lists(
    st.builds(SortKey, st.integers(0, 3), st.booleans(), st.booleans()),
    min_size=1,
    max_size=3,
    unique_by=lambda key: key.column,
)


@settings(max_examples=120)
@given(
    rows=st.lists(COLUMNS, max_size=120),
    keys=KEYS,
    bucket=st.sampled_from([5, 1_000]),
    run=st.sampled_from([7, 1_000]),
    some=st.one_of(st.none(), st.sets(st.integers(0, 119))),
)
def test_the_order_is_that_of_a_stable_sort(
    rows: list[tuple], keys: list[SortKey], bucket: int, run: int, some: set[int] | None
) -> None:
    names = list("abcd")
    table = pa.table(
        [pa.array([row[i] for row in rows], type_) for i, type_ in enumerate(TYPES)], names
    )
    buffer = buffer_of(table, rows=13, budget=500)
    wanted = range(len(rows)) if some is None else sorted(n for n in some if n < len(rows))
    index = None
    if some is not None:
        index = RowIndex()
        index.append(pa.array(wanted, pa.uint64()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "_BUCKET_ROWS", bucket)
        patch.setattr(sorting, "_ROWS_PER_SAMPLE", 1)
        patch.setattr(order, "RUN_ROWS", run)
        got = sorted_rows(buffer, keys, index)
    assert got == sorted(wanted, key=cmp_to_key(compare(keys, rows)))


def test_the_first_rows_come_long_before_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "_BUCKET_ROWS", 1_000)
    table = pa.table({"n": pa.array([(n * 7_919) % 100_003 for n in range(100_000)])})
    buffer = buffer_of(table, rows=5_000)
    steps = list(sort_steps(buffer, [SortKey(0)]))
    parts = [step for step in steps if len(step.rows)]
    assert len(parts) > 50
    assert 100 < len(parts[0].rows) < 2_000
    assert max(len(part.rows) for part in parts) < 10_000
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1.0)


def test_many_rows_of_one_value_are_sorted_by_the_next_key(many: bool) -> None:
    table = pa.table({"a": [1] * 500, "b": [(n * 7) % 500 for n in range(500)]})
    rows = sorted_rows(buffer_of(table, rows=60), [SortKey(0), SortKey(1, descending=True)])
    assert [table["b"][row].as_py() for row in rows] == list(range(499, -1, -1))
    assert sorted_rows(buffer_of(table, rows=60), [SortKey(0)]) == list(range(500))


def numeric(texts: Sequence[str | None], name: str = "numeric") -> pa.Table:
    return column_of(texts, pa.string(), engine="postgres", db_type=name)


def test_numbers_that_travel_as_text_sort_as_numbers(many: bool) -> None:
    long = "1" * 60
    wanted = [
        "-Infinity", "-1" + "0" * 400, "-12.5", "-2", "-0.001", "0", "0.00", "9", "10", "10.5",
        "100.000000000000000000000000000001", "100.000000000000000000000000000002",
        long + ".5", "1" + "0" * 300, "Infinity", "NaN", None,
    ]  # fmt: skip
    mixed = [wanted[(n * 5 + 3) % len(wanted)] for n in range(len(wanted))]
    got = sorted_values(numeric(mixed))
    assert [text for text in got if text not in ("0", "0.00")] == [
        text for text in wanted if text not in ("0", "0.00")
    ]


def test_money_sorts_by_amount_in_any_locale(many: bool) -> None:
    dollars = ["-$1,000.00", "-$2.50", "$0.00", "$9.99", "$10.00", "$1,234,567.89", None]
    assert sorted_values(numeric(dollars[::-1], "money")) == dollars
    euros = ["-1.000,00 €", "9,99 €", "10,00 €", "1.234,00 €"]
    assert sorted_values(numeric(euros[::-1], "money")) == euros


def test_decimals_sort_exactly(many: bool) -> None:
    values = [Decimal(f"12345678901234567890123456789.{n:08}") for n in range(50)]
    table = column_of(values[::-1], pa.decimal128(38, 8))
    assert sorted_values(table) == values


def test_intervals_sort_by_length(many: bool) -> None:
    wanted = [
        "-1 years -2 mons", "-3 days", "-00:00:01", "00:00:00", "00:00:00.5", "23:59:59",
        "1 day", "1 day 02:00:00", "29 days", "1 mon", "31 days", "1 year", "1 year 1 day", None,
    ]  # fmt: skip
    table = column_of(wanted[::-1], pa.string(), engine="postgres", db_type="interval")
    assert sorted_values(table) == wanted


def test_other_intervals_sort_as_they_are_shown(many: bool) -> None:
    texts = ["P1D", "P1Y", "P2D"]
    table = column_of(texts[::-1], pa.string(), engine="postgres", db_type="interval")
    assert sorted_values(table) == texts


def sqlite_column(values: list[object]) -> Iterator[pa.RecordBatch]:
    """Batches as the SQLite engine makes them: whole numbers first, then any type per value."""
    first = [value for value in values if isinstance(value, int)][:3]
    field = make_field("v", pa.int64(), engine="sqlite", db_type="")
    yield pa.record_batch([pa.array(first, pa.int64())], schema=pa.schema([field]))
    children: list[list[object]] = [[], [], [], []]
    codes: list[int] = []
    offsets: list[int] = []
    for value in values:
        kinds = {int: 0, float: 1, str: 2, bytes: 3}
        code = kinds.get(type(value), 0)
        codes.append(code)
        offsets.append(len(children[code]))
        children[code].append(value)
    types = [pa.int64(), pa.float64(), pa.string(), pa.binary()]
    union = pa.UnionArray.from_dense(
        pa.array(codes, pa.int8()),
        pa.array(offsets, pa.int32()),
        [pa.array(child, type_) for child, type_ in zip(children, types, strict=True)],
    )
    wide = pa.record_batch([union], schema=pa.schema([field.with_type(union.type)]))
    yield from (wide.slice(0, 5), wide.slice(5))


def test_mixed_sqlite_values_sort_as_sqlite_sorts_them(many: bool) -> None:
    values = ["b", 2, 1.5, None, b"\x00", "a", 10, b"", -1, 2.5, "B", None, 3]
    batches = list(sqlite_column(values))
    buffer = ResultBuffer(batches[0].schema, budget_bytes=0)
    for batch in batches:
        buffer.append(batch)
    flat = [value for batch in batches for value in batch.column(0).to_pylist()]
    got = [flat[row] for row in sorted_rows(buffer, [SortKey(0)])]
    numbers_ = [-1, 1.5, 2, 2, 2.5, 3, 10, 10]
    assert flat[:3] == [2, 10, -1]
    assert got == [-1, *numbers_, "B", "a", "b", b"", b"\x00", None, None]


def test_a_column_that_became_wider_sorts_as_one(many: bool) -> None:
    field = make_field("n", pa.decimal128(5, 2), engine="postgres", db_type="numeric(5,2)")
    schema = pa.schema([field])
    narrow = pa.record_batch([pa.array([Decimal("5.00"), None], field.type)], schema=schema)
    texts = pa.array(["NaN", "10.50", "-3.00"])
    wide = pa.record_batch([texts], schema=pa.schema([field.with_type(pa.string())]))
    buffer = ResultBuffer(schema)
    for batch in (narrow, wide, narrow):
        buffer.append(batch)
    assert sorted_rows(buffer, [SortKey(0)]) == [4, 0, 5, 3, 2, 1, 6]
    assert sorted_rows(buffer, [SortKey(0, True, True)]) == [1, 6, 2, 3, 0, 5, 4]


def test_other_types_sort_by_what_is_shown(many: bool) -> None:
    table = column_of([[2], [1, 3], None, [1]], pa.list_(pa.int64()), db_type="BIGINT[]")
    assert sorted_values(table) == [[1, 3], [1], [2], None]
    uuids = [bytes([n]) * 16 for n in (200, 3, 100)]
    assert sorted_rows(buffer_of(column_of(uuids, pa.uuid())), [SortKey(0)]) == [1, 2, 0]
    words = pa.table({"d": pa.array(["b", None, "a"]).dictionary_encode()})
    assert sorted_rows(buffer_of(words), [SortKey(0)]) == [2, 0, 1]
    views = pa.table({"v": pa.array(["b", None, "a"], pa.string_view())})
    assert sorted_rows(buffer_of(views), [SortKey(0)]) == [2, 0, 1]


def test_dates_with_infinity_sort_at_the_ends(many: bool) -> None:
    days = [2**31 - 1, 0, -(2**31) + 1, -719_528, None]
    table = column_of(days, pa.int32(), engine="postgres", db_type="date")
    dates = table.column(0).cast(pa.date32())
    schema = pa.schema([table.schema.field(0).with_type(pa.date32())])
    table = pa.Table.from_arrays([dates], schema=schema)
    assert sorted_rows(buffer_of(table), [SortKey(0)]) == [2, 3, 1, 0, 4]


# ── in the grid ──────────────────────────────────────────────────────────────────────────────


async def test_a_key_sorts_up_down_and_no_more() -> None:
    table = pa.table({"n": [3, 1, None, 2], "t": ["c", "a", "d", "b"]})
    async with staged(table) as stage:
        seen = []
        for _ in range(3):
            await stage.press("s")
            await stage.idle()
            seen.append(
                (stage.lines()[0].split(), [line.split()[-2] for line in stage.lines()[1:5]])
            )
        assert seen == [
            (["n", "▲", "t"], ["1", "2", "3", "∅"]),
            (["n", "▼", "t"], ["3", "2", "1", "∅"]),
            (["n", "t"], ["3", "1", "∅", "2"]),
        ]


async def test_rows_keep_their_numbers_when_sorted() -> None:
    async with staged(pa.table({"n": [30, 10, 20]})) as stage:
        await stage.press("s")
        await stage.idle()
        rows = [line.replace("▸", " ").split() for line in stage.lines()[1:4]]
        assert rows == [["2", "10"], ["3", "20"], ["1", "30"]]
        assert [stage.grid.buffer_row(row) for row in range(3)] == [1, 2, 0]


async def test_several_columns_and_nulls_first() -> None:
    table = pa.table({"a": [1, None, 1, 0], "b": ["x", "y", "a", "z"]})
    async with staged(table) as stage:
        await stage.press("s", "l", "S", "S")
        await stage.idle()
        assert stage.lines()[0].split() == ["a", "▲1", "b", "▼2"]
        assert shown_b(stage.lines()) == ["z", "x", "a", "y"]
        await stage.press("o")
        await stage.idle()
        assert shown_b(stage.lines()) == ["y", "z", "x", "a"]
        assert stage.lines()[0].split() == ["a", "▲1∅", "b", "▼2∅"]
        assert stage.grid.view_state.sort_keys == (
            SortKey(0, nulls_first=True),
            SortKey(1, descending=True, nulls_first=True),
        )


def shown_b(lines: list[str]) -> list[str]:
    return [line.split()[-1] for line in lines[1:5]]


async def test_the_screen_is_told_while_it_is_sorted() -> None:
    async with staged(numbers(1_000)) as stage:
        await stage.press("s")
        await stage.idle()
        assert stage.heard(ResultGrid.ViewChanged)
        assert stage.heard(ResultGrid.CursorMoved)  # another cell is under the cursor now
        state = stage.grid.view_state
        assert (state.work, state.done, state.rows_shown) == ("", 1.0, 1_000)


async def test_rows_that_arrive_later_are_sorted_in() -> None:
    table = pa.table({"n": [5, 3]})
    async with staged() as stage:
        buffer = await stage.show(table)
        await stage.press("s")
        await stage.idle()
        buffer.append(pa.record_batch([pa.array([4, 1])], schema=table.schema))
        stage.grid.rows_arrived()
        await stage.until(lambda: stage.grid.row_count == 4, "the new rows")
        await stage.idle()
        assert [stage.grid.cell_text(row) for row in range(4)] == ["1", "3", "4", "5"]


async def test_sorting_large_results_leaves_the_keys_alive_and_escape_stops_it() -> None:
    table = pa.table({"t": [f"{(n * 7_919) % 1_000_003:07}" for n in range(1_000_000)]})
    async with staged(buffer_of(table, rows=8_192)) as stage:
        await stage.press("s")
        await stage.press("down", "down")
        await stage.until(lambda: stage.grid.cell_text(0) == "0000000", "the first rows")
        await stage.idle()
        assert stage.grid.row_count == 1_000_000
        stage.grid.action_sort()
        await stage.until(lambda: stage.grid.view_state.work == "sorting", "sorting again")
        stage.grid.action_clear_marks()
        await stage.idle()
        assert stage.grid.view_state.work == ""
        assert stage.grid.view_state.sort_keys == ()
        assert stage.grid.cell_text(0) == "0000000"
        assert stage.grid.cell_text(1) == "0007919"
