"""A row is found again by its values, wherever it is now."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tusk.core.result import ResultBuffer
from tusk.services.results.finding import find_row, texts_of

Row = tuple[int | None, str | None]
ROWS = st.lists(st.tuples(st.none() | st.integers(-3, 3), st.none() | st.text(max_size=2)))


def buffer_of(rows: list[Row], batch: int = 3) -> ResultBuffer:
    types: list[tuple[str, pa.DataType]] = [("n", pa.int64()), ("t", pa.string())]
    schema = pa.schema(types)
    buffer = ResultBuffer(schema)
    for start in range(0, len(rows), batch):
        columns = [list(values) for values in zip(*rows[start : start + batch], strict=True)]
        buffer.append(pa.record_batch(columns, schema=schema))
    return buffer


@given(rows=ROWS, near=st.integers(0, 20), data=st.data())
def test_it_is_a_row_with_these_values_and_near_where_it_was(
    rows: list[Row], near: int, data: st.DataObject
) -> None:
    buffer = buffer_of(rows)
    wanted: Row = data.draw(st.sampled_from(rows) if rows else st.just((1, "x")))
    texts = texts_of(buffer_of([wanted]), 0, (0, 1))
    found = find_row(buffer, (0, 1), texts, near)
    if near < len(rows) and rows[near] == wanted:
        assert found == near
    else:
        assert found == (rows.index(wanted) if wanted in rows else None)


def test_numbers_are_the_same_whatever_their_digits_and_nothing_is_found_by_nothing() -> None:
    field = pa.field("n", pa.string(), metadata={"db_type": "numeric"})
    buffer = ResultBuffer(pa.schema([field]))
    assert find_row(buffer, (0,), ["1"]) is None
    assert find_row(buffer, (), []) is None
    buffer.close()
    with pytest.raises(IndexError):
        texts_of(buffer, 0, (0,))
