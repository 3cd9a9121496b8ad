"""Pictures of the grid. Look at the picture before accepting a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.grid_pilot import GridApp, buffer_of, numbers
from tusk.core.schema import make_field
from tusk.tui.widgets.result_grid import ResultGrid

KINDS: list[tuple[str, pa.DataType, str, Callable[[int], object]]] = [
    ("id", pa.int64(), "bigint", lambda n: n * 37),
    ("amount", pa.decimal128(9, 2), "numeric(9,2)", lambda n: Decimal(n * 125) / 100),
    ("name", pa.string(), "text", lambda n: ["Ada", "李小龍", "", "a\nb", "NULL"][n % 5]),
    ("active", pa.bool_(), "boolean", lambda n: n % 3 == 0),
    ("since", pa.date32(), "date", lambda n: date(2024, 2, 27) + timedelta(n)),
    ("tags", pa.string(), "jsonb", lambda n: f'{{"n": {n}, "tags": ["x", "y"]}}'),
    ("data", pa.binary(), "bytea", lambda n: bytes([n, 255])),
]


def kinds() -> pa.Table:
    """A column of each kind of value, with a NULL in each."""
    fields = [
        make_field(name, type_, engine="postgres", db_type=db_type)
        for name, type_, db_type, _ in KINDS
    ]
    columns: list[pa.ChunkedArray] = []
    for place, (_, type_, _, make) in enumerate(KINDS):
        values = [None if n == place + 2 else make(n) for n in range(40)]
        columns.append(pa.chunked_array([pa.array(values, type_)]))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


@pytest.fixture
def picture(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., bool]:
    """Compares a grid, after some keys, with its picture."""
    monkeypatch.setattr(Input, "cursor_blink", False)

    def compare(
        table: pa.Table,
        *keys: str,
        size: tuple[int, int] = (80, 24),
        theme: str = "tusk-dark",
        then: Sequence[str] = (),
    ) -> bool:
        async def before(pilot: Pilot[None]) -> None:
            pilot.app.theme = theme
            pilot.app.query_one(ResultGrid).show(buffer_of(table))
            for some in (keys, then):
                await pilot.press(*some)
                await pilot.app.workers.wait_for_complete()
                await pilot.pause()

        return snap_compare(GridApp(), terminal_size=size, run_before=before)

    return compare


@pytest.mark.parametrize("theme", ["tusk-dark", "tusk-light"])
def test_kinds_of_values(picture: Callable[..., bool], theme: str) -> None:
    selected = ["down", "down", "right", "shift+down", "shift+down", "shift+right"]
    assert picture(kinds(), "t", *selected, size=(120, 20), theme=theme)


def test_without_colours(picture: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(kinds(), "right", "shift+down", "shift+right", size=(100, 12))


def test_sorted_frozen_and_searched(picture: Callable[..., bool]) -> None:
    table = numbers(2_000, columns=40)
    keys = ["s", "s"]
    assert picture(table, *keys, then=["z", "slash", "1", "9", "9", "enter", "end", "left"])


def test_filter_while_typing(picture: Callable[..., bool]) -> None:
    assert picture(numbers(2_000), "f", "7", "7", "7")


def test_viewer_of_json(picture: Callable[..., bool]) -> None:
    assert picture(kinds(), *["right"] * 5, "enter")
