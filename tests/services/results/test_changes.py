"""Which row was which in the run before."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.tui.grid_pilot import buffer_of, numbers
from tusk.services.results import changes
from tusk.services.results.changes import earlier_rows


def found(before: list, after: list) -> tuple[list, int, int, int | None]:
    earlier, later = (buffer_of(pa.table({"k": values}), rows=2) for values in (before, after))
    rows = earlier_rows(earlier, later, 0)
    assert rows is not None
    return rows.rows.to_pylist(), rows.new, rows.gone, rows.key


def test_rows_are_found_by_a_key_that_tells_them_apart() -> None:
    assert found([1, 2, 3], [3, 4, 1]) == ([2, None, 0], 1, 1, 0)
    assert found([], [1]) == ([None], 1, 0, 0)


@pytest.mark.parametrize("before", [[1, 1, 2], [1, None, 2]])
def test_rows_without_such_a_key_are_taken_by_their_places(before: list) -> None:
    assert found(before, [1, 2, 3, 4]) == ([0, 1, 2, None], 1, 0, None)
    assert found([1, 2, 3, 4], before) == ([0, 1, 2], 0, 1, None)


def test_too_many_rows_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_ROWS", 9)
    assert earlier_rows(buffer_of(numbers(10)), buffer_of(numbers(1)), 0) is None
