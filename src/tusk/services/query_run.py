"""`QueryRun`: the bridge from the synchronous runner to asyncio.

Apart from `tusk.services.queries`, because importing asyncio costs a command line 15 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Literal, Self

from tusk.core.errors import QueryCancelled
from tusk.core.events import Event, Paused, Started
from tusk.core.result import DEFAULT_BUDGET_BYTES
from tusk.core.right_of_way import RIGHT_OF_WAY
from tusk.services.background import step_back
from tusk.services.queries import DEFAULT_FETCH_LIMIT, RunOptions, run_statements

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from types import TracebackType

    from tusk.core.statement import Statement
    from tusk.engines.base import Session

INTERACTIVE = RunOptions(fetch_limit=DEFAULT_FETCH_LIMIT, budget_bytes=DEFAULT_BUDGET_BYTES)
"""How statements run for a screen when nothing else is said."""
# Batches that may wait for a slow screen before the fetching thread waits for it.
_UNREAD_EVENTS = 16
_INSIST_S = 0.1
_INSIST_AT_MOST_S = 2.0


class QueryRun:
    """A script being run, as an async context manager and async iterator of events.

    Leaving the context cancels in the driver what has not finished and waits until the
    session is free again. Made inside a running event loop.

        async with QueryRun(session, statements, options) as run:
            async for event in run:
                match event: …

    Args:
        session: Used by one run at a time; see `tusk.services.connections.Connection`.
        statements: In order.
        options: See `RunOptions`; rows are kept in buffers of `budget_bytes`.
        after: An earlier run of the same session, cancelled and waited for before this starts.
        how: Runs them in the thread; see `run_statements`.
    """

    def __init__(
        self,
        session: Session,
        statements: Sequence[Statement],
        options: RunOptions | None = None,
        *,
        after: QueryRun | None = None,
        how: Callable[..., bool] = run_statements,
    ) -> None:
        self._after = after
        self._how = how
        self._session = session
        self._statements = statements
        self._options = options or INTERACTIVE
        self._events: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._credit = threading.Semaphore(_UNREAD_EVENTS)
        self._answer = threading.Condition()
        self._requested: int | Literal["stop", "none"] | None = "none"
        self._is_cancelled = False
        self._is_paused = False
        self._is_over = False
        self._loop = asyncio.get_running_loop()
        self._thread: threading.Thread | None = None
        self._done = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """True when the last event has been produced."""
        return self._is_over

    @property
    def is_paused(self) -> bool:
        """True while it waits at the fetch limit for `fetch` or `stop_fetching`."""
        return self._is_paused

    async def __aenter__(self) -> Self:
        if self._after is not None:
            self._after.cancel()
            await self._after.finished()
            self._after = None
        self._thread = threading.Thread(target=self._work, name="tusk-query", daemon=True)
        self._thread.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._is_over:
            self.cancel()
        await self.finished()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        item = await self._events.get()
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, BaseException):
            raise item
        self._credit.release()
        return item

    def cancel(self) -> None:
        """End the run: cancel the statement on the server, skip the rest. Any thread."""
        with self._answer:
            if self._is_cancelled or self._is_over:
                return
            self._stop()
        threading.Thread(target=self._insist, name="tusk-cancel", daemon=True).start()

    def _insist(self) -> None:
        """Cancel until the run is over: one cancel may come just before a statement starts."""
        pause = _INSIST_S
        while True:
            with self._answer:
                # Over, the session belongs to the next run.
                if self._is_over:
                    return
                self._session.cancel()
                self._answer.wait_for(lambda: self._is_over, pause)
            pause = min(2 * pause, _INSIST_AT_MOST_S)

    def abandon(self) -> None:
        """End the run without waiting for a server that no longer answers. Any thread."""
        with self._answer:
            if not self._is_over:
                self._stop()
                self._session.abandon()

    def _stop(self) -> None:
        """Let the thread end soon."""
        self._is_cancelled = True
        self._requested = "stop"
        self._answer.notify_all()
        self._credit.release()

    async def finished(self) -> None:
        """Wait until the session is free again."""
        if self._thread is not None:
            await self._done.wait()

    def join(self, timeout_s: float | None = None) -> bool:
        """Block until the session is free again; False when that took too long. Any thread."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def fetch(self, rows: int | None) -> None:
        """Fetch on after `Paused`: that many rows more, None for all of them."""
        with self._answer:
            self._requested = rows
            self._answer.notify_all()

    def stop_fetching(self) -> None:
        """After `Paused`: let go of the rest of the rows."""
        with self._answer:
            self._requested = "stop"
            self._answer.notify_all()

    # ── in the thread ────────────────────────────────────────────────────────────────────

    def wait(self, rows: int, timeout_s: float | None) -> int | Literal["stop", "expired"] | None:
        """`Pager.wait`: block the fetching thread until `fetch` or `stop_fetching`."""
        with self._answer:
            if self._is_cancelled:
                return "stop"
            try:
                if not self._answer.wait_for(lambda: self._requested != "none", timeout_s):
                    return "expired"
            finally:
                self._is_paused = False
            answer, self._requested = self._requested, "none"
        return "stop" if isinstance(answer, str) else answer

    def _push(self, event: Event) -> None:
        if isinstance(event, Paused):
            self._is_paused = True  # whoever hears of it may act on it at once
        RIGHT_OF_WAY.give()
        # Without credit a fast server would fill the queue faster than a screen empties it.
        while not self._is_cancelled and not self._credit.acquire(timeout=1.0):
            pass
        if self._is_cancelled and isinstance(event, Started):
            raise QueryCancelled("cancelled before it started", sqlstate="57014")
        self._post(event)

    def _post(self, item: Event | BaseException | None) -> None:
        self._call(self._events.put_nowait, item)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        # A loop that was closed in the middle of a run has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    def _work(self) -> None:
        step_back()
        try:
            self._how(self._session, self._statements, self._push, self._options, self)
        except QueryCancelled:
            pass
        except BaseException as exc:  # noqa: BLE001 - handed to the awaiting side
            self._post(exc)
        finally:
            with self._answer:
                self._is_over = True
                self._answer.notify_all()
            self._post(None)
            self._call(self._done.set)
