"""The program that `benchmarks.grid` drives: one table widget, one result.

    python -m benchmarks.grid_app WIDGET DATA [ARGUMENT…]

WIDGET is `grid`, `datatable` or `fast` (textual-fastdatatable, if it is installed). DATA says
what to show; `r` starts it, and the last line of the screen says when it is done.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Static

from tusk.core.events import BatchArrived, Failed, Finished, ResultOpened
from tusk.core.result import DEFAULT_BUDGET_BYTES, ResultBuffer
from tusk.engines.arrow import batch_rows
from tusk.engines.base import BATCH_ROWS, Target
from tusk.services.connections import Connection
from tusk.services.queries import RunOptions
from tusk.tui.widgets.result_grid import ResultGrid

EVERYTHING = RunOptions(fetch_limit=None, budget_bytes=DEFAULT_BUDGET_BYTES)


def table_sql(rows: int, columns: int = 20) -> str:
    """A DuckDB query: whole numbers, texts and floats in turn."""
    kinds = ("(i * {n}) as c{n}", "'text ' || (i * {n}) as c{n}", "i / {n} as c{n}")
    listed = ", ".join(kinds[n % 3].format(n=n) for n in range(1, columns + 1))
    return f"select i as row_id, {listed} from range({rows}) t(i)"


def wide_batches(rows: int, columns: int) -> Iterator[pa.RecordBatch]:
    """Thousands of columns of whole numbers, in batches as an engine gives them."""
    names = [f"column_{number}" for number in range(columns)]
    most = batch_rows([pa.int64()] * columns)
    for start in range(0, rows, most):
        size = min(most, rows - start)
        first = pa.array(range(start, start + size), pa.int64())
        values = [pc.add(first, number) for number in range(columns)]
        yield pa.RecordBatch.from_arrays(values, names)


class GridBench(App[None]):
    """The widget and a line that says what happens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "Run", priority=True),
    ]
    CSS = "Static { height: 1; dock: bottom; }"

    def __init__(self, widget: str, data: str, arguments: list[str]) -> None:
        super().__init__()
        self._widget = widget
        self._data = data
        self._arguments = arguments
        self._connection: Connection | None = None

    def compose(self) -> ComposeResult:
        """The widget, and the line."""
        if self._widget == "grid":
            yield ResultGrid()
        elif self._widget == "datatable":
            yield DataTable()
        yield Static("STARTED", markup=False)

    def on_mount(self) -> None:
        """Connect and put the focus where keys are meant."""
        if self._data == "query":
            self._connect()  # as the real app, whose connection is open before a key runs anything
        if self._widget != "fast":
            self.screen.query("ResultGrid, DataTable").first().focus()

    def say(self, text: str) -> None:
        """Write to the last line."""
        self.query_one(Static).update(text)

    async def action_run(self) -> None:
        """Show the data."""
        if self._data == "query":
            self.run_worker(self._query(self._arguments[0]), exclusive=True)
        elif self._data == "wide":
            await self._wide(*map(int, self._arguments))
        else:
            await self._table(*map(int, self._arguments))

    # ── through the services, as the real app does ───────────────────────────────────────

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(Target("duckdb", "bench"))
            self._connection.open()
        return self._connection

    async def _query(self, sql: str) -> None:
        grid = self.query_one(ResultGrid)
        old = grid.buffer
        async with self._connect().run(sql, EVERYTHING) as run:
            async for event in run:
                match event:
                    case ResultOpened(buffer=ResultBuffer() as buffer):
                        grid.show(buffer)
                        old.close()
                    case BatchArrived():
                        grid.rows_arrived()
                    case Finished() | Failed():
                        self.say(f"ENDED {event.rows} rows")
                    case _:
                        pass

    # ── data without an engine ───────────────────────────────────────────────────────────

    async def _wide(self, rows: int, columns: int) -> None:
        grid = self.query_one(ResultGrid)
        batches = wide_batches(rows, columns)
        first = next(batches)
        buffer = ResultBuffer(first.schema)
        grid.show(buffer)

        def load() -> None:
            buffer.append(first)
            for batch in batches:
                buffer.append(batch)
                self.call_from_thread(grid.rows_arrived)
            self.call_from_thread(self.say, "ENDED")

        threading.Thread(target=load, daemon=True).start()

    async def _table(self, rows: int, columns: int) -> None:
        import duckdb

        table = duckdb.connect().sql(table_sql(rows, columns)).to_arrow_table()
        table = table.combine_chunks()
        self.say("LOADED")
        await asyncio.sleep(0.5)
        await self._fill(table)
        self.call_after_refresh(self.say, "ENDED")

    async def _fill(self, table: pa.Table) -> None:
        if self._widget == "grid":
            grid = self.query_one(ResultGrid)
            buffer = ResultBuffer(table.schema)
            grid.show(buffer)
            for batch in table.to_batches(BATCH_ROWS):
                buffer.append(batch)
                grid.rows_arrived()
        elif self._widget == "datatable":
            stock: DataTable[object] = self.query_one(DataTable)
            stock.add_columns(*table.column_names)
            for batch in table.to_batches(BATCH_ROWS):
                stock.add_rows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        else:
            from textual_fastdatatable import DataTable as FastTable

            found = FastTable(data=table)
            await self.mount(found)
            found.focus()


if __name__ == "__main__":
    widget, data, *arguments = sys.argv[1:]
    GridBench(widget, data, arguments).run()
