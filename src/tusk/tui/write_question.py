"""The question before statements change something on a connection that asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tusk.core.statement import StatementKind
from tusk.services.connections import ConnectionState
from tusk.services.write_guard import Write, asks_before, with_estimates, writes_of
from tusk.tui.screens.confirm import Answer, ConfirmScreen

if TYPE_CHECKING:
    from textual.app import App

    from tusk.core.statement import Statement
    from tusk.tui.connection_book import Entry

# The question comes after this in any case, with the numbers that are here by then.
_ESTIMATES_S = 2.0
_SHOWN = 6


async def writes_to_ask(entry: Entry, statements: Sequence[Statement]) -> list[Write]:
    """What is to be asked before statements run on an open connection; usually nothing."""
    connection = entry.connection
    changing = [s for s in statements if s.kind is not StatementKind.QUERY]
    if connection is None or entry.is_read_only or not changing:
        return []
    ask = asks_before(entry.profile, entry.engine)
    dialect = connection.dialect
    # A script may be as long as a dump.
    return await asyncio.to_thread(
        lambda: [write for s in changing for write in writes_of(s, dialect, ask)]
    )


async def may_run(app: App[object], entry: Entry, writes: Sequence[Write]) -> bool:
    """Ask once for all of them, and return whether to run; call it from a worker."""
    shown = await _estimated(writes[:_SHOWN], entry)
    answer = await app.push_screen_wait(
        ConfirmScreen(
            f"Run this on {_place(entry)}?",
            _details(shown, len(writes) - len(shown), entry.state),
            [Answer("run", "Run", is_dangerous=True), Answer("leave", "Run nothing")],
        )
    )
    return answer == "run"


async def knows_of_loss(app: App[object], entry: Entry, statements: Sequence[Statement]) -> bool:
    """Ask before changes in a session that came by itself after one with a transaction, once.

    Whoever goes on as in that transaction would change something for good. Call it from a worker.
    """
    if not entry.has_lost_transaction or all(s.kind is StatementKind.QUERY for s in statements):
        return True
    answer = await app.push_screen_wait(
        ConfirmScreen(
            f"Run this in the new session on {_place(entry)}?",
            "The connection was lost with an open transaction, and what that had done. In the new "
            "session no transaction is open: what changes now is changed for good.\n"
            "Esc runs nothing.",
            [Answer("run", "Run", is_dangerous=True), Answer("leave", "Run nothing")],
        )
    )
    entry.has_lost_transaction = answer != "run"
    return answer == "run"


async def _estimated(writes: Sequence[Write], entry: Entry) -> Sequence[Write]:
    connection = entry.connection
    if connection is None:
        return writes
    reading = asyncio.ensure_future(asyncio.to_thread(with_estimates, writes, connection))
    # Left alone, it ends by its own time limits.
    done, _ = await asyncio.wait({reading}, timeout=_ESTIMATES_S)
    return reading.result() if done else writes


def _place(entry: Entry) -> str:
    group = entry.profile.group if entry.profile else ""
    return f"{entry.label} ({group})" if group else entry.label


def _details(writes: Sequence[Write], others: int, state: ConnectionState) -> str:
    lines = [f"{write.words}." for write in writes]
    if others:
        lines.append(f"… and {others:,} more of this kind.")
    if state is ConnectionState.IN_TRANSACTION:
        lines.append("A transaction is open: until COMMIT, ROLLBACK takes it back.")
    return "\n".join([*lines, "Esc runs nothing."])
