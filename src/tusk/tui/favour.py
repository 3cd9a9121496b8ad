"""Keys come first: threads that work for the screen make way for the one that draws it.

With DuckDB computing on all cores a key took 40 ms to show, with this 22 ms; while rows stream,
95 of 100 keys took 120 ms or less, with this 50 ms (2 cores, other programs on both).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from textual import events
from textual.driver import Driver

from tusk.core.right_of_way import RIGHT_OF_WAY
from tusk.services.background import step_back, take_short_turns

if TYPE_CHECKING:
    import asyncio

    from textual.message import Message

_THREADS = 16
# A claim ends by itself after so long.
_CLAIM_S = 0.1


class _KeysFirst(Driver):
    def process_message(self, message: Message) -> None:
        # In a thread of the driver's own: the one that draws may be in the middle of a frame.
        if is_first(message):
            RIGHT_OF_WAY.claim(_CLAIM_S)
        super().process_message(message)


def keys_first(driver: type[Driver]) -> type[Driver]:
    """A driver that claims the right of way for each key and click, until that shows."""
    return type("KeysFirst", (_KeysFirst, driver), {})


def is_first(message: Message) -> bool:
    """Whether somebody waits to see what becomes of it. A mouse moves without end."""
    return isinstance(message, (events.InputEvent, events.Paste)) and not isinstance(
        message, events.MouseMove
    )


def favour_the_screen(loop: asyncio.AbstractEventLoop) -> None:
    """Have everything else step back: what the loop hands to threads, and who holds the GIL.

    Threads of a driver have the priority of the thread that opened the connection.
    """
    take_short_turns()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, "tusk", initializer=step_back))
