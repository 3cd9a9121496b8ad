"""A grid alone on a screen, under a pilot; what is on it, and what it says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import pyarrow as pa
from rich.style import Style
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from tusk.core.result import ResultBuffer
from tusk.core.schema import make_field
from tusk.tui.themes import THEMES
from tusk.tui.widgets.result_grid import ResultGrid
from tusk.tui.widgets.result_grid.messages import GridMessage

TIMEOUT_S = 30.0
"""Only ends a test that would hang."""
M = TypeVar("M", bound=Message)


class GridApp(App[None]):
    """Nothing but a grid."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[GridMessage] = []

    def compose(self) -> ComposeResult:
        yield ResultGrid()

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "tusk-dark"
        self.query_one(ResultGrid).focus()


@dataclass
class Stage:
    """A running grid, seen from outside."""

    app: GridApp
    pilot: Pilot[None]
    messages: list[Message] = field(default_factory=list)

    @property
    def grid(self) -> ResultGrid:
        return self.app.screen_stack[0].query_one(ResultGrid)

    async def show(self, buffer: ResultBuffer | pa.Table) -> ResultBuffer:
        """Show a result and wait until it is painted."""
        if isinstance(buffer, pa.Table):
            buffer = buffer_of(buffer)
        self.grid.show(buffer)
        await self.pilot.pause()
        return buffer

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        await self.pilot.press(*text)

    async def until(self, is_true: Callable[[], bool], what: str) -> None:
        """Wait for a fact."""
        deadline = time.monotonic() + TIMEOUT_S
        while not is_true():
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{what}: not within {TIMEOUT_S} s\n" + "\n".join(self.lines())
                )
            await asyncio.sleep(0.005)

    async def idle(self) -> None:
        """Wait until nothing is being sorted, filtered or searched."""
        await self.pilot.pause()
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    def styles(self, y: int, text: str = "") -> list[Style]:
        """Styles of the pieces of a line that hold a text."""
        return [
            piece.style
            for piece in self.grid.render_line(y)
            if piece.style is not None and text in piece.text
        ]

    def lines(self) -> list[str]:
        """The grid's lines as they are painted."""
        grid = self.grid
        region = grid.size.region
        return [strip.text for strip in grid.render_lines(region)]

    def screen_text(self) -> list[str]:
        """All lines of the screen."""
        screen = self.app.screen
        _width, height = screen.size
        return [
            "".join(segment.text for segment in line) for line in screen._compositor.render_strips()
        ][:height]

    def heard(self, kind: type[M]) -> list[M]:
        """Messages of a kind so far. The hook sees a message once for each that it bubbles to."""
        found = {id(message): message for message in self.messages if isinstance(message, kind)}
        return list(found.values())


@asynccontextmanager
async def staged(
    table: pa.Table | ResultBuffer | None = None, *, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Stage]:
    """Run a grid, showing a table."""
    app = GridApp()
    heard: list[Message] = []
    async with app.run_test(size=size, message_hook=heard.append) as pilot:
        stage = Stage(app, pilot, heard)
        await pilot.pause()
        if table is not None:
            await stage.show(table)
        heard.clear()
        yield stage


def buffer_of(table: pa.Table, *, rows: int = 1_000, budget: int = 10**9) -> ResultBuffer:
    """A buffer with a table's rows."""
    buffer = ResultBuffer(table.schema, budget_bytes=budget)
    for batch in table.to_batches(rows):
        buffer.append(batch)
    return buffer


def column_of(
    values: Iterable[object],
    type_: pa.DataType,
    name: str = "c",
    *,
    engine: str = "duckdb",
    db_type: str = "",
) -> pa.Table:
    """A table of one column."""
    made = make_field(name, type_, engine=engine, db_type=db_type or str(type_))
    return pa.Table.from_arrays([pa.array(values, type_)], schema=pa.schema([made]))


def numbers(rows: int, *, columns: int = 3) -> pa.Table:
    """A table of whole numbers that tell their row and column."""
    names = [f"c{column}" for column in range(columns)]
    return pa.table(
        [pa.array(range(c * 1_000_000, c * 1_000_000 + rows)) for c in range(columns)], names
    )
