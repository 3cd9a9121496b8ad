"""Dialogs of the grid: each asks, or shows, and the grid does what was answered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyarrow.types as pat

from tusk.core.errors import MissingExtraError, UsageError
from tusk.services.copying import CopyFormat, copy_rows
from tusk.services.export_selection import selected_batches, selected_schema
from tusk.services.results.charts import drawable_columns, make_chart
from tusk.services.results.statistics import column_statistics, value_counts
from tusk.tui.widgets.result_grid.clipboard import CLIPBOARD_BYTES
from tusk.tui.widgets.result_grid.columns_screen import ColumnChoice, ColumnsScreen
from tusk.tui.widgets.result_grid.copy_menu import CopyMenu
from tusk.tui.widgets.result_grid.filter_screen import LISTED, Chosen, FilterScreen
from tusk.tui.widgets.result_grid.prompt import GridPrompt
from tusk.tui.widgets.result_grid.record_screen import RecordScreen
from tusk.tui.widgets.result_grid.statistics_screen import StatisticsScreen, Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk.core.result import ResultBuffer
    from tusk.services.results.charts import Chart, ChartKind
    from tusk.services.results.job import Job
    from tusk.tui.widgets.result_grid.grid import ResultGrid


class GridTools:
    """What a grid can be asked about its columns and rows.

    Args:
        grid: Whose they are.
    """

    def __init__(self, grid: ResultGrid) -> None:
        self._grid = grid

    # ── filter, statistics ───────────────────────────────────────────────────────────────

    def filter_column(self) -> None:
        """Ask by what the current column shall be filtered."""
        grid = self._grid
        if not grid.column_count:
            return
        column = grid.buffer_column(grid.cursor_column)
        conditions = dict(grid.view_state.conditions)
        count = partial(value_counts, grid.buffer, column, most=LISTED)

        def apply(answer: Chosen | None) -> None:
            if answer is None or not grid.is_attached:
                return
            if answer.condition is None:
                conditions.pop(column, None)
            else:
                conditions[column] = answer.condition
            grid.filter_rows(conditions=conditions)

        field = grid.buffer.schema.field(column)
        grid.app.push_screen(FilterScreen(field, conditions.get(column), count), apply)

    def show_statistics(self) -> None:
        """Show what the current column holds."""
        if self._grid.column_count:
            self._grid.app.push_screen(StatisticsScreen(self._subject, self._grid.copy_text))

    def _subject(self, step: int) -> Subject:
        grid = self._grid
        grid.move_cursor(column=grid.cursor_column + step)
        column = grid.buffer_column(grid.cursor_column)
        some = grid.matched_rows
        total = grid.buffer.num_rows
        rows = f"{total:,} rows" if some is None else f"{len(some):,} of {total:,} rows: filtered"
        more = ", more on the server" if grid.has_more else ""
        compute = partial(column_statistics, grid.buffer, column, some=some)
        return Subject(grid.buffer.schema.field(column).name, rows + more, compute)

    # ── columns ──────────────────────────────────────────────────────────────────────────

    def choose_columns(self, *, searches: bool = False) -> None:
        """Ask which columns are shown, in which order, and which one to go to."""
        grid = self._grid
        if not grid.column_count:
            return

        def apply(answer: ColumnChoice | None) -> None:
            if answer is not None and grid.is_attached:
                grid.show_columns(answer.order)
                grid.go_to_column(answer.current)

        here = grid.buffer_column(grid.cursor_column)
        screen = ColumnsScreen(grid.buffer.schema, grid.shown_columns, here, searches=searches)
        grid.app.push_screen(screen, apply)

    def show_chart(self) -> None:
        """Draw the rows that are shown.

        Raises:
            MissingExtraError: The package that draws is not installed.
            UsageError: No column has numbers.
        """
        grid = self._grid
        schema, rows = grid.buffer.schema, grid.shown_rows
        numbers = drawable_columns(schema)
        if not numbers or not grid.row_count:
            raise UsageError("there are no numbers to draw in this result")
        try:
            from tusk.tui.widgets.result_grid.chart_screen import ChartScreen, Drawing
        except ImportError as exc:
            raise MissingExtraError("a chart", "charts") from exc
        here = grid.buffer_column(grid.cursor_column)
        moments = [number for number, field in enumerate(schema) if pat.is_temporal(field.type)]

        def make(kind: ChartKind, y: int, x: int | None, job: Job) -> Chart:
            return make_chart(grid.buffer, rows, kind, y, x, job)

        drawing = Drawing(
            names=schema.names,
            numbers=numbers,
            y=here if here in numbers else numbers[0],
            x=moments[0] if moments else None,
            make=make,
        )
        grid.app.push_screen(ChartScreen(drawing))

    # ── rows ─────────────────────────────────────────────────────────────────────────────

    def show_record(self) -> None:
        """Show the current row with a line for each column."""
        if self._grid.column_count:
            self._grid.app.push_screen(RecordScreen(self._grid))

    def copy_as(self) -> None:
        """Ask in which form the selection, or the current cell, shall be copied."""
        grid = self._grid
        if not grid.row_count or not grid.column_count:
            return
        rows, columns = grid.selected_cells
        cells = len(rows) * len(columns)

        def copy(form: str | None) -> None:
            if form == "raw":
                grid.copy_cells(*grid.current_cell)
            elif form == "insert":
                grid.app.push_screen(GridPrompt("Into table", grid.table_name), insert)
            elif form is not None:
                grid.copy_cells_as(form, rows, columns)

        def insert(table: str | None) -> None:
            if table is not None:
                grid.table_name = table
                grid.copy_cells_as("insert", rows, columns)

        what = "this cell" if cells == 1 else f"{len(rows):,} × {len(columns):,} cells"
        grid.app.push_screen(CopyMenu(what), copy)


def text_in_form(
    buffer: ResultBuffer, rows: Sequence[int], columns: Sequence[int], form: CopyFormat, table: str
) -> str:
    """Cells of a buffer as text for pasting.

    Raises:
        UsageError: It is more than a terminal's clipboard takes.
        IndexError: The buffer was closed.
    """
    return copy_rows(
        selected_schema(buffer.schema, columns),
        selected_batches(buffer, rows, columns),
        form,
        table=table,
        most_bytes=CLIPBOARD_BYTES,
    )
