"""Whose turn it is on a connection: tabs share its one session, and no tab ends another's run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from tusk.tui.run_status import RunStatus, seconds
from tusk.tui.screens.confirm import Answer, ConfirmScreen

if TYPE_CHECKING:
    from textual.app import App

    from tusk.tui.connection_book import ConnectionBook, Entry


class Runner(Protocol):
    """Who has something run: an editor tab."""

    status: RunStatus

    @property
    def title(self) -> str:
        """What the user calls it."""
        ...

    def make_way(self, other: str) -> None:
        """Its run is about to be ended, for the runner of that title."""
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
