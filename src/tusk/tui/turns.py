"""Whose turn it is on a connection: tabs share its one session, and no tab ends another's run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tusk.tui.run_status import RunStatus, rows_words, seconds
from tusk.tui.screens.confirm import Answer, ConfirmScreen

if TYPE_CHECKING:
    from textual.app import App

    from tusk.tui.connection_book import ConnectionBook, Entry


class Runner(Protocol):
    """Who has something run: an editor tab."""

    @property
    def status(self) -> RunStatus:
        """How far its run is."""
        ...

    @property
    def title(self) -> str:
        """What the user calls it."""
        ...

    def make_way(self, other: str) -> None:
        """Its run is about to be ended, for the runner of that title."""
        ...


@runtime_checkable
class Waiter(Runner, Protocol):
    """A runner whose result may wait at its fetch limit."""

    def fetch_rest(self) -> None:
        """Fetch all rows of the result that waits."""
        ...


async def ask_for_turn(
    app: App[object], book: ConnectionBook, entry: Entry, runner: Runner
) -> bool:
    """Ask what shall become of another tab's run, if there is one; call it from a worker.

    Returns:
        Whether to run, when the connection is free; False when the user would rather not.
    """
    occupant = book.occupant(entry, runner)
    if occupant is None:
        return True
    elapsed = seconds(time.monotonic() - occupant.status.started_at)
    answer = await app.push_screen_wait(
        ConfirmScreen(
            "Wait for the other tab?",
            f"{occupant.title} has been running on {entry.label} for {elapsed}.\n"
            "A connection runs one thing at a time. Esc runs nothing.",
            [
                Answer("cancel", f"Cancel {occupant.title}", is_dangerous=True),
                Answer("wait", "Wait for it"),
            ],
        )
    )
    if answer == "cancel" and book.occupant(entry, runner) is occupant:
        await book.release(entry, for_runner=runner)
    return bool(answer)


async def ask_about_rest(
    app: App[object], entry: Entry, runner: Runner, why: str, waits: Callable[[str], None]
) -> bool:
    """Ask what shall become of a result that waits for its rest; call it from a worker.

    Args:
        app: Where to ask.
        entry: The connection, whose session must be free for the runner.
        runner: Who wants it.
        why: Why it must be that session; a sentence.
        waits: Called with the title of the tab whose rows are fetched first.

    Returns:
        Whether to go on: nothing waits, or the user lets its rest go.
    """
    run, waiting = entry.run, entry.runner
    if run is None or run.is_over or not run.is_paused or not isinstance(waiting, Waiter):
        return True
    rows = rows_words(waiting.status.rows or 0)
    answer = await app.push_screen_wait(
        ConfirmScreen(
            "Let go of the rows that wait?",
            f"{waiting.title} has {rows} of a result; the others wait on {entry.label}.\n"
            f"{runner.title[:1].upper()}{runner.title[1:]} needs the same session. {why}",
            [
                Answer("drop", "Let them go", is_dangerous=True),
                Answer("fetch", "Fetch them first"),
                Answer("leave", "Change nothing"),
            ],
        )
    )
    if answer == "fetch" and run.is_paused:
        waits(waiting.title)
        waiting.fetch_rest()
        await run.finished()
    return answer in ("drop", "fetch")
