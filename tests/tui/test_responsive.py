"""Nothing that waits or works for long runs on the UI thread; `benchmarks/app.py` has the times."""

from __future__ import annotations

import re
import threading
from collections import Counter

import pyarrow as pa
import pytest

from tests.tui.desk import Desk, open_desk
from tusk.core.result import ResultBuffer
from tusk.tui.run_status import Phase
from tusk.tui.widgets.result_grid.cells import CellReader

SLOW = "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 1"
ROWS = 1_000_000


async def fetch_all(desk: Desk, sql: str) -> None:
    desk.write(sql)
    await desk.start()
    await desk.until_phase(Phase.PAUSED)
    await desk.press("shift+f9")
    await desk.ended()


async def test_the_ui_thread_touches_no_more_rows_than_it_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = threading.get_ident()
    kept: Counter[bool] = Counter()
    read = 0
    append, read_cells = ResultBuffer.append, CellReader.read

    def counted_append(buffer: ResultBuffer, batch: pa.RecordBatch) -> None:
        kept[threading.get_ident() == here] += batch.num_rows
        append(buffer, batch)

    def counted_read(reader: CellReader, rows: range, column: int) -> list[str | None]:
        nonlocal read
        texts = read_cells(reader, rows, column)
        read += len(texts)
        return texts

    monkeypatch.setattr(ResultBuffer, "append", counted_append)
    monkeypatch.setattr(CellReader, "read", counted_read)
    async with open_desk() as desk:
        await fetch_all(desk, f"select range a, 'text ' || range b from range({ROWS})")
        assert desk.pane.status.rows == ROWS
    assert kept == {False: ROWS}
    assert 0 < read < 10_000


async def test_typing_goes_on_while_a_query_runs() -> None:
    async with open_desk() as desk:
        desk.write(SLOW)
        await desk.start()
        await desk.until_phase(Phase.RUNNING)
        for number, char in enumerate("abcdefghij", 1):
            desk.app.simulate_key(char)
            wanted = SLOW + "abcdefghij"[:number]
            await desk.until(lambda: desk.pane.editor.text == wanted, "the character")  # noqa: B023
            assert desk.pane.is_running
        await desk.press("escape")
        await desk.until_phase(Phase.CANCELLED)


async def test_the_elapsed_time_moves_while_a_statement_runs() -> None:
    """Seen on the screen, with the query still going."""

    def elapsed() -> float:
        shown = re.search(r"running · (\d+\.\d) s", desk.text())
        return float(shown[1]) if shown else 0.0

    async with open_desk() as desk:
        desk.write(SLOW)
        await desk.start()
        seen = 0.0
        for _ in range(3):
            await desk.until(lambda: elapsed() > seen, "a later time")  # noqa: B023
            assert desk.pane.is_running
            seen = elapsed()
        await desk.press("escape")
        await desk.until_phase(Phase.CANCELLED)
        assert "running" not in desk.text()
