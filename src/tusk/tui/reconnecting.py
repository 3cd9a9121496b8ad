"""Opening a lost connection again by itself, with growing pauses; nothing is run again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TYPE_CHECKING

from tusk.services.connections import ConnectionState, may_pass
from tusk.tui.defects import as_tusk_error

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.worker import Worker

    from tusk.core.errors import TuskError
    from tusk.tui.connection_book import Entry

PAUSES_S = (1, 2, 4, 8, 15, 30, 60)
"""Before each attempt; the last one is repeated."""
MOST_ATTEMPTS = 30
_TICK_S = 1.0


@dataclass(eq=False, slots=True)
class Retry:
    """A lost connection that is being opened again.

    Args:
        attempt: Its number, from 1: the one under way, or the next one.
        left_s: Seconds until it begins; 0 while it is under way.
        reason: Why the one before failed.
    """

    attempt: int = 1
    left_s: int = 0
    reason: str = ""
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    worker: Worker[None] | None = None

    @property
    def words(self) -> str:
        """What comes, short.

        >>> Retry(3, 8).words, Retry(3).words
        ('attempt 3 in 8 s', 'attempt 3')
        """
        return f"attempt {self.attempt}" + (f" in {self.left_s} s" if self.left_s else "")


def _pauses() -> Iterator[int]:
    return chain(PAUSES_S, repeat(PAUSES_S[-1]))


class Reconnector:
    """Opens lost connections to servers again, until they are open or it is pointless.

    Args:
        owner: Whose workers do it, so that they end with it.
        reopen: Connects again; raises TuskError.
        ticked: Called when a countdown went on, or ended.
        ended: Called with the error, when a connection is given up; with None when it is open.
    """

    def __init__(
        self,
        owner: DOMNode,
        reopen: Callable[[Entry], Awaitable[None]],
        ticked: Callable[[Entry], None],
        ended: Callable[[Entry, TuskError | None], None],
    ) -> None:
        self._owner = owner
        self._reopen = reopen
        self._ticked = ticked
        self._ended = ended
        self.is_active = True
        """Whether lost connections are opened again at all."""

    def look_at(self, entry: Entry) -> None:
        """Begin when a connection has been lost. A loss that was given up is left alone."""
        if entry.state is not ConnectionState.LOST:
            entry.is_known_lost = entry.is_known_lost and not entry.is_settled
        elif not entry.is_known_lost:
            entry.is_known_lost = True
            # What is embedded in this process does not come back by waiting.
            if self.is_active and entry.engine == "postgres":
                self._begin(entry)

    def _begin(self, entry: Entry) -> None:
        entry.retry = retry = Retry()
        retry.worker = self._owner.run_worker(self._work(entry, retry), group="reconnect")

    async def _work(self, entry: Entry, retry: Retry) -> None:
        error: TuskError | None = None
        try:
            error = await self._try(entry, retry)
        finally:
            if entry.retry is retry:
                entry.retry = None
            self._ticked(entry)
        self._ended(entry, error)

    async def _try(self, entry: Entry, retry: Retry) -> TuskError | None:
        """Try until it is open, which is None, or the error that ends it."""
        for retry.attempt, pause_s in enumerate(_pauses(), start=1):
            await self._wait(entry, retry, pause_s)
            try:
                await self._reopen(entry)
            except Exception as exc:  # noqa: BLE001 - the boundary of the worker
                error = as_tusk_error(exc)
                retry.reason = _reason(error.message)
                if not may_pass(error) or retry.attempt >= MOST_ATTEMPTS:
                    return error
            else:
                return None
        return None

    async def _wait(self, entry: Entry, retry: Retry, pause_s: int) -> None:
        retry.hurry.clear()
        for retry.left_s in range(pause_s, 0, -1):
            self._ticked(entry)
            try:
                await asyncio.wait_for(retry.hurry.wait(), _TICK_S)
            except TimeoutError:
                continue
            break
        retry.left_s = 0

    def hurry(self, entry: Entry) -> bool:
        """Try at once, instead of after the pause; whether anything is tried at all."""
        if entry.retry is not None:
            entry.retry.hurry.set()
        return entry.retry is not None

    def stop(self, entry: Entry) -> bool:
        """Try no more; whether anything was under way."""
        retry, entry.retry = entry.retry, None
        if retry is None:
            return False
        if retry.worker is not None:
            retry.worker.cancel()
        return True


def _reason(message: str) -> str:
    """What libpq says after all that is known already.

    >>> _reason('cannot connect to db: connection to "::1", port 1 failed: Connection refused')
    'Connection refused'
    """
    return message.partition("\n")[0].rpartition(" failed: ")[2]


def reopened_words(entry: Entry, error: TuskError | None) -> str:
    """What to tell when a connection was opened again by itself, or was given up."""
    if error is not None:
        hint = f" {error.hint[:1].upper()}{error.hint[1:]}." if error.hint else ""
        return f"{error.message}{hint} It is not tried again by itself; F6 does."
    lost = " The transaction that was open is lost." if entry.has_lost_transaction else ""
    return f"{entry.label} is open again, in a new session.{lost} Nothing was run again."
