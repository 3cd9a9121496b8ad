"""One libpq connection, driven without blocking.

Every wait can be ended by a time limit, a cancel request or by breaking the connection, and
notices are handed on as they come. psycopg's cursors wait inside the driver and make Python
objects of every value; here only libpq's own calls are used.
"""

from __future__ import annotations

import contextlib
import copy
import errno
import math
import os
import select
import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq

from tusk.core.events import Notice
from tusk.engines.postgres.errors import Diagnosis, is_error, lost, query_error
from tusk.engines.postgres.types import SessionText, arrow_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg.pq import PGnotify
    from psycopg.pq.abc import PGresult

    from tusk.core.errors import ConnectionLost
    from tusk.engines.postgres.stopping import Watch

# Notices per statement that are handed on; a server may send them without end.
MAX_NOTICES = 1000
# How long the server may take for a command of tusk's own, such as ROLLBACK.
_OWN_COMMAND_S = 10.0
# A C int.
_LONGEST_POLL_MS = 2**31 - 1

_SILENCE = "the connection to the server broke: nothing comes through the network any more"

_Status = pq.ExecStatus
_FAILED = _Status.FATAL_ERROR
_IN_TRANSACTION = (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)
_COPIES = (_Status.COPY_OUT, _Status.COPY_IN, _Status.COPY_BOTH)
_ROWS = (_Status.TUPLES_OK, _Status.TUPLES_CHUNK, _Status.SINGLE_TUPLE)


def has_rows(result: PGresult) -> bool:
    """Whether a result is (a part of) a result set."""
    return result.status in _ROWS


def _milliseconds(seconds: float) -> int:
    """What to give `poll`; a longer wait is one in several turns.

    >>> _milliseconds(0.0001), _milliseconds(1e12)
    (1, 2147483647)
    """
    # Rounded up: a wait that ends a moment early would be repeated with no time left.
    return math.ceil(min(seconds * 1000, _LONGEST_POLL_MS))


def _poll_for(fileno: int, events: int) -> select.poll:
    poll = select.poll()
    poll.register(fileno, events)
    return poll


class Wire:
    """Sends statements over a connection and receives what comes back.

    One thread at a time, except for `abandon`.

    Args:
        connection: Open; owned from now on.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.pgconn = connection.pgconn
        self.watch: Watch | None = None
        self.in_transaction = False
        """A transaction of the user's was open before the statement under way."""
        self.is_committing = False
        """The statement under way is a COMMIT."""
        self.on_notice: Callable[[Notice], None] | None = None
        self._notices: deque[Notice] = deque()
        self._noticed = 0
        self._last_words: Diagnosis | None = None
        self._lost: ConnectionLost | None = None
        self._abandoned = threading.Event()
        self._gate = threading.Lock()
        # A descriptor of our own, so that breaking the connection never hits a reused one.
        self._socket: socket.socket | None = socket.socket(fileno=os.dup(self.pgconn.socket))
        self._input = _poll_for(self.pgconn.socket, select.POLLIN)
        self._any = _poll_for(self.pgconn.socket, select.POLLIN | select.POLLOUT)
        self.pgconn.notice_handler = self._take_notice

    # ── state ────────────────────────────────────────────────────────────────────────────

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone."""
        is_broken = self._lost is not None or self._abandoned.is_set()
        return is_broken or self.pgconn.status != pq.ConnStatus.OK

    @property
    def status(self) -> pq.TransactionStatus:
        """State of the transaction, as the server said last."""
        return pq.TransactionStatus(self.pgconn.transaction_status)

    @property
    def is_busy(self) -> bool:
        """Whether a statement is under way."""
        return not self.is_lost and self.status is pq.TransactionStatus.ACTIVE

    @property
    def codec(self) -> str:
        """Python's name of the client encoding; `ascii` stands for bytes of any kind."""
        return self.connection.info.encoding

    def setting(self, name: str) -> str:
        """A setting that the server reports by itself, empty when it does not."""
        return (self.pgconn.parameter_status(name.encode()) or b"").decode("ascii", "replace")

    def session_text(self) -> SessionText:
        """How the session writes values now."""
        return SessionText(
            codec=self.codec,
            has_iso_dates=self.setting("DateStyle").startswith("ISO"),
            zone=arrow_zone(self.setting("TimeZone")),
        )

    # ── notices ──────────────────────────────────────────────────────────────────────────

    def _take_notice(self, result: PGresult) -> None:
        # Called by libpq in the middle of its work, where nothing may be raised.
        if self._noticed < MAX_NOTICES:
            found = Diagnosis(result, self.codec)
            if found.is_fatal:
                self._last_words = found
            self._notices.append(found.notice())
        self._noticed += 1

    def hand_on_notices(self) -> None:
        """Give the notices that have come to `on_notice`."""
        while self._notices:
            notice = self._notices.popleft()
            if self.on_notice is not None:
                self.on_notice(notice)

    def finish_notices(self) -> None:
        """Hand on the last notices and notifications, and how many were left out."""
        while (notify := self.pgconn.notifies()) is not None:
            if self._noticed < MAX_NOTICES:
                self._notices.append(self._notification(notify))
            self._noticed += 1
        if (more := self._noticed - MAX_NOTICES) > 0:
            self._notices.append(Notice("WARNING", f"{more:,} more notices are not shown"))
        self._noticed = 0
        self.hand_on_notices()

    def _notification(self, notify: PGnotify) -> Notice:
        session = self.session_text()
        channel, payload = session.decode(notify.relname), session.decode(notify.extra)
        text = f"notification on {channel} from process {notify.be_pid}"
        return Notice("NOTIFY", f"{text}: {payload}" if payload else text)

    # ── waiting ──────────────────────────────────────────────────────────────────────────

    def wait(self, *, for_write: bool = False, at_most_s: float | None = None) -> bool:
        """Wait until the socket is ready; False when that took longer than `at_most_s`.

        The time limit of the statement under way is watched over here.
        """
        poll = self._any if for_write else self._input
        end = None if at_most_s is None else time.monotonic() + at_most_s
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            limit = None if self.watch is None else self.watch.remaining_s()
            times = [seconds for seconds in (left, limit) if seconds is not None]
            if poll.poll(_milliseconds(min(times)) if times else None):
                return True
            if self.watch is not None:
                self.watch.check_time()
            if left == 0:
                return False

    def _receive(self, at_most_s: float | None = None) -> bool:
        """Wait for bytes and take them in; False when none came in time."""
        if not self._input.poll(0):
            if self.watch is None and at_most_s is None:
                self._wait_for_own_command()
            elif not self.wait(at_most_s=at_most_s):
                return False
        try:
            self.pgconn.consume_input()
        except psycopg.OperationalError as exc:
            raise self._broken(exc) from exc
        return True

    def _wait_for_own_command(self) -> None:
        if not self.wait(at_most_s=_OWN_COMMAND_S):
            self.abandon()
            raise self.lose(f"the server did not answer within {_OWN_COMMAND_S:.0f} s")

    # ── losing the connection ────────────────────────────────────────────────────────────

    def lose(self, reason: str = "") -> ConnectionLost:
        """Note that the connection is gone; the error to raise, with the server's last words."""
        if self._lost is None:
            self._read_last_words()
            if self._abandoned.is_set():
                reason = reason or "the connection was given up: the server did not answer"
            self._lost = lost(
                self._last_words,
                in_transaction=self.in_transaction,
                is_committing=self.is_committing,
                reason=reason,
            )
        # One object for each raise: they collect tracebacks.
        return copy.copy(self._lost)

    def _broken(self, exc: psycopg.OperationalError) -> ConnectionLost:
        """The error to raise when libpq could not go on."""
        is_silence = os.strerror(errno.ETIMEDOUT) in str(exc)
        return self.lose(_SILENCE if is_silence else "")

    def _read_last_words(self) -> None:
        with contextlib.suppress(psycopg.Error):
            while (result := self.pgconn.get_result()) is not None:
                if result.status in _COPIES:
                    # It would be given again and again.
                    return
                self.note_last_words(result)

    def note_last_words(self, result: PGresult) -> Diagnosis | None:
        """Remember the error with which the server closes the connection."""
        if not is_error(result):
            return None
        found = Diagnosis(result, self.codec)
        if found.is_fatal and self._last_words is None:
            self._last_words = found
        return found

    def check_alive(self) -> None:
        """Before a statement: look for a connection that broke while nothing was asked of it.

        Raises:
            ConnectionLost: It did.
        """
        self.is_committing = False
        self.in_transaction = self.status in _IN_TRANSACTION
        if self.is_lost:
            raise self.lose()
        if self._input.poll(0):
            self._receive()
            # An error that comes while nothing runs is a notice for libpq.
            self.pgconn.is_busy()
            if self.pgconn.status != pq.ConnStatus.OK:
                raise self.lose()

    def abandon(self) -> None:
        """Break the connection. Any thread; whoever waits for the server stops doing so."""
        self._abandoned.set()
        with self._gate, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def cancel(self, timeout_s: float) -> None:
        """Ask the server to cancel what it does, over TLS where the connection is. Any thread."""
        self.connection.cancel_safe(timeout=timeout_s)

    def close(self) -> None:
        """Close the connection."""
        self.pgconn.notice_handler = None
        self.connection.close()
        with self._gate:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    # ── sending and receiving ────────────────────────────────────────────────────────────

    def send(self, call: Callable[..., object], *args: Any) -> None:
        """Call one of libpq's functions that send something, and see it off."""
        if self._lost is not None:
            raise self.lose()
        try:
            call(*args)
            self.flush()
        except psycopg.OperationalError as exc:
            raise self._broken(exc) from exc

    def flush(self) -> None:
        """Send what libpq holds back; the server may talk meanwhile."""
        while self.pgconn.flush():
            self.wait(for_write=True)
            if self._input.poll(0):
                self._receive()

    def next_result(self) -> PGresult | None:
        """The next result of what was sent, None after the last one. Errors are results."""
        while self._is_waiting():
            self._receive()
        return self._fetch_result()

    def next_result_soon(self, seconds: float) -> tuple[bool, PGresult | None]:
        """Like `next_result`, but `(False, None)` when it does not come in time."""
        while self._is_waiting():
            if not self._receive(at_most_s=seconds):
                return False, None
        return True, self._fetch_result()

    def _is_waiting(self) -> bool:
        """Whether the next result is not here yet; looks for notices in what has come."""
        is_waiting = bool(self.pgconn.is_busy())
        if self._notices:
            self.hand_on_notices()
        return is_waiting

    def _fetch_result(self) -> PGresult | None:
        result = self.pgconn.get_result()
        if result is not None and result.status == _FAILED:
            found = self.note_last_words(result)
            if found is not None and (found.is_fatal or self.pgconn.status != pq.ConnStatus.OK):
                raise self.lose()
        return result

    def drain(self) -> PGresult | None:
        """Read what is left of the statement under way; its last result, or its first error."""
        last: PGresult | None = None
        while (result := self.next_result()) is not None:
            if result.status == _Status.COPY_OUT:
                self._skip_copy()
            elif result.status == _Status.COPY_IN:
                self.send(self.pgconn.put_copy_end, b"given up")
            elif result.status == _Status.COPY_BOTH:
                self.abandon()
                raise self.lose("the server started a replication protocol")
            if last is None or not is_error(last):
                last = result
        return last

    def _skip_copy(self) -> None:
        for _ in self.copy_rows(1 << 20, 1 << 20):
            pass

    # ── commands of tusk's own ───────────────────────────────────────────────────────────

    def command(self, sql: str) -> None:
        """Run constant statements of tusk's own, in one round trip.

        Raises:
            QueryError: One failed.
        """
        self.send(self.pgconn.send_query, sql.encode())
        self._all_results()

    def ask(self, sql: str, *parameters: str) -> list[tuple[str | None, ...]]:
        """Run a query of tusk's own with text parameters; its rows as text."""
        values = [parameter.encode() for parameter in parameters]
        self.send(self.pgconn.send_query_params, sql.encode(), values)
        rows: list[tuple[str | None, ...]] = []
        session = self.session_text()
        for result in self._all_results():
            for row in range(result.ntuples):
                cells = (result.get_value(row, column) for column in range(result.nfields))
                rows.append(tuple(None if c is None else session.decode(c) for c in cells))
        return rows

    def _all_results(self) -> list[PGresult]:
        results: list[PGresult] = []
        while (result := self.next_result()) is not None:
            results.append(result)
        for result in results:
            if is_error(result):
                raise query_error(Diagnosis(result, self.codec), lambda _: None)
        return results

    def describe(self, sql: bytes, oids: Sequence[int]) -> PGresult:
        """Have a statement analysed, not run; the columns and parameters it would have.

        Returns:
            Its description, or the error.
        """
        pgconn = self.pgconn
        pgconn.enter_pipeline_mode()
        try:
            self.send(pgconn.send_prepare, b"", sql, list(oids))
            self.send(pgconn.send_describe_prepared, b"")
            self.send(pgconn.pipeline_sync)
            results = self._results_until_sync()
        except BaseException:
            # Half of a pipeline cannot be left: the connection would never be idle again.
            self.abandon()
            raise
        pgconn.exit_pipeline_mode()
        failed = [result for result in results if result.status == _Status.FATAL_ERROR]
        return failed[0] if failed else results[-1]

    def _results_until_sync(self) -> list[PGresult]:
        results: list[PGresult] = []
        while True:
            result = self.next_result()
            if result is None:
                continue
            if result.status == _Status.PIPELINE_SYNC:
                return results
            results.append(result)

    # ── COPY ─────────────────────────────────────────────────────────────────────────────

    def copy_rows(self, first_size: int, size: int) -> Iterator[list[memoryview | bytes]]:
        """Messages of a COPY … TO STDOUT, one a row, in lists of about so many bytes.

        The statement's result follows, by `next_result`.
        """
        get = self.pgconn.get_copy_data
        rows: list[memoryview | bytes] = []
        append = rows.append
        taken, limit = 0, first_size
        while True:
            # A turn for every row of the result: nothing here but what has to be.
            try:
                count, data = get(1)
            except psycopg.OperationalError as exc:
                raise self._broken(exc) from exc
            if count > 0:
                append(data)
                taken += count
                if taken >= limit:
                    yield rows
                    rows = []
                    append = rows.append
                    taken, limit = 0, size
            elif count == 0:
                self.hand_on_notices()
                self._receive()
            else:
                if rows:
                    yield rows
                return
