"""Nothing that waits or works for long runs on the UI thread; `benchmarks/app.py` has the times."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pytest
from textual import events
from textual.drivers.headless_driver import HeadlessDriver

from tests.tui.desk import Desk, open_desk
from tusk.core.result import ResultBuffer
from tusk.core.right_of_way import RIGHT_OF_WAY
from tusk.tui import favour
from tusk.tui.run_status import Phase
from tusk.tui.widgets.result_grid.cells import CellReader

SLOW = "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 1"
ROWS = 1_000_000
AN_HOUR_S = 3600.0


@pytest.fixture(autouse=True)
def end_of_claims() -> Iterator[None]:
    """A claim that a failing test leaves behind would hold up all that come after it."""
    yield
    RIGHT_OF_WAY.end_claim()


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


def mouse(kind: type[events.MouseEvent], button: int) -> events.MouseEvent:
    return kind(None, 5, 5, 0, 0, button, shift=False, meta=False, ctrl=False)


@pytest.mark.parametrize(
    "event",
    [events.Key("a", "a"), events.Paste("a"), mouse(events.MouseDown, 1)],
    ids=["key", "paste", "click"],
)
async def test_what_somebody_waits_for_has_the_right_of_way_until_it_shows(
    monkeypatch: pytest.MonkeyPatch, event: events.Event
) -> None:
    monkeypatch.setattr(favour, "_CLAIM_S", AN_HOUR_S)
    async with open_desk() as desk:
        favour.keys_first(HeadlessDriver)(desk.app).process_message(event)
        assert RIGHT_OF_WAY.is_claimed
        await desk.until(lambda: not RIGHT_OF_WAY.is_claimed, "others to go on")


async def test_a_moving_mouse_holds_nobody_up() -> None:
    async with open_desk() as desk:
        driver = favour.keys_first(HeadlessDriver)(desk.app)
        driver.process_message(mouse(events.MouseMove, 0))
        assert not RIGHT_OF_WAY.is_claimed
