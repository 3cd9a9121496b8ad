"""Comparing two results, beside a plain comparison in Python."""

from __future__ import annotations

import random
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.results.random_rows import random_table
from tests.tui.grid_pilot import buffer_of
from tusk.core.errors import QueryCancelled
from tusk.core.schema import make_field
from tusk.services.results.comparison import Comparison, Pair, common_columns, compare
from tusk.services.results.job import Job

ROWS = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, None]), st.sampled_from(["a", "b", None])), max_size=12
)


def compared(left: pa.Table, right: pa.Table, keys: int = 1) -> Comparison:
    pairs = common_columns(left.schema, right.schema)
    return compare(
        buffer_of(left, rows=3, budget=500),
        buffer_of(right, rows=5),
        pairs[:keys],
        pairs[keys:],
        Job(),
    )


def rows_of(found: Comparison) -> list[tuple]:
    return [tuple(row.values()) for batch in found.rows.batches() for row in batch.to_pylist()]


def expected(left: list[tuple], right: list[tuple]) -> Counter[tuple]:
    """Pair rows of a key in their order."""
    wanted: Counter[tuple] = Counter()
    for key in {row[0] for row in left + right}:
        olds = [row[1] for row in left if row[0] == key]
        news = [row[1] for row in right if row[0] == key]
        for old, new in zip(olds, news, strict=False):
            if old != new:
                wanted["changed", key, f"{old or 'NULL'} → {new or 'NULL'}"] += 1
        for old in olds[len(news) :]:
            wanted["removed", key, old] += 1
        for new in news[len(olds) :]:
            wanted["added", key, new] += 1
    return wanted


@settings(max_examples=30, deadline=None)
@given(left=ROWS, right=ROWS)
def test_every_difference_is_found_once(left: list[tuple], right: list[tuple]) -> None:
    older, newer = (
        pa.table(
            {
                "k": pa.array([row[0] for row in rows], pa.int64()),
                "v": pa.array([row[1] for row in rows], pa.string()),
            }
        )
        for rows in (left, right)
    )
    found = compared(older, newer)
    assert Counter(rows_of(found)) == expected(left, right)
    kinds = Counter(row[0] for row in rows_of(found))
    assert (found.added, found.removed, found.changed) == (
        kinds["added"],
        kinds["removed"],
        kinds["changed"],
    )
    assert found.same == len(left) - found.removed - found.changed


def test_values_of_every_type_are_the_same_when_nothing_changed() -> None:
    table = random_table(3, 300)
    table = table.add_column(0, "id", pa.array(range(300)))
    shuffled = list(range(300))
    random.Random(1).shuffle(shuffled)
    found = compared(table, table.take(pa.array(shuffled)))
    assert (found.added, found.removed, found.changed, found.same) == (0, 0, 0, 300)


def test_each_changed_cell_of_every_type_is_found() -> None:
    table = random_table(4, 200).add_column(0, "id", pa.array(range(200)))
    other = random_table(5, 200).add_column(0, "id", pa.array(range(200)))
    found = compared(table, other)
    lefts, rights = table.to_pylist(), other.to_pylist()

    def differs(old: dict, new: dict) -> bool:
        pairs = [(old[name], new[name]) for name in table.column_names if name != "numeric"]
        return any(repr(a) != repr(b) and a != b for a, b in pairs) or (
            old["numeric"] != new["numeric"] and {old["numeric"], new["numeric"]} != {"1", "1.0"}
        )

    wanted = sum(differs(a, b) for a, b in zip(lefts, rights, strict=True))
    assert (found.changed, found.same) == (wanted, 200 - wanted)


def test_the_same_number_of_another_type_is_the_same() -> None:
    numeric = make_field("n", pa.string(), engine="postgres", db_type="numeric")
    left = pa.table({"k": [1, 2], "n": pa.array([5, 6], pa.int32())})
    right = pa.Table.from_arrays(
        [pa.array([1, 2]), pa.array(["5.00", "6.5"])],
        schema=pa.schema([pa.field("k", pa.int64()), numeric]),
    )
    found = compared(left, right)
    assert rows_of(found) == [("changed", 2, "6 → 6.5")]


def test_keys_keep_their_types_and_may_be_many() -> None:
    table = pa.table({"a": [1, 1], "b": ["x", "y"], "v": [1.5, 2.5]})
    other = pa.table({"b": ["x", "y"], "v": [1.5, 3.5], "a": [1, 1]})
    found = compared(table, other, keys=2)
    assert rows_of(found) == [("changed", 1, "y", "2.5 → 3.5")]
    assert found.rows.schema.field(1).type == pa.int64()
    assert found.repeated == 0


def test_columns_are_paired_by_name_and_order() -> None:
    left = pa.schema([("a", pa.int8()), ("b", pa.int8()), ("a", pa.int8())])
    right = pa.schema([("c", pa.int8()), ("a", pa.int8()), ("a", pa.int8())])
    assert common_columns(left, right) == [Pair(0, 1), Pair(2, 2)]


def test_it_stops() -> None:
    table = pa.table({"k": [1]})
    job = Job()
    job.stop()
    with pytest.raises(QueryCancelled):
        compare(buffer_of(table), buffer_of(table), [Pair(0, 0)], [], job)
