"""One statement under way, from being sent until the connection is free again."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

import psycopg

from tusk.core.errors import ConnectionLost, QueryError, TuskError
from tusk.core.statement import Statement, StatementKind
from tusk.engines.postgres.errors import Diagnosis, is_error, query_error
from tusk.engines.postgres.shelter import Shelter, can_stop_in_transaction
from tusk.engines.postgres.wire import Wire, has_rows

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg.pq.abc import PGresult

    from tusk.engines.postgres.binding import Message
    from tusk.engines.postgres.stopping import Watch

_CHANGES = frozenset(["INSERT", "UPDATE", "DELETE", "MERGE"])


class Closable(Protocol):
    """Reads rows until it is closed."""

    def close(self) -> None:
        """Read no more."""
        ...


class Execution:
    """The state of one statement, shared by everything that sends and reads for it.

    Args:
        wire: The connection.
        watch: The statement's clock and stop.
        shelter: What is around the statement.
        statement: What runs.
        message: What is sent for it.
    """

    def __init__(
        self, wire: Wire, watch: Watch, shelter: Shelter, statement: Statement, message: Message
    ) -> None:
        self.wire = wire
        self.watch = watch
        self.message = message
        self.tag = ""
        self.affected: int | None = None
        self.is_over = False
        self._is_answered = False
        self._shelter = shelter
        # What changes something runs to its end, so that stopping to read does not undo it.
        self.can_pause = statement.kind is StatementKind.QUERY and (
            not wire.in_transaction or can_stop_in_transaction(statement)
        )

    @contextmanager
    def working(self) -> Generator[None, None, None]:
        """Around everything that waits for the server; an error ends the statement."""
        try:
            with self.watch.working():
                yield
        except QueryError as exc:
            self._clear(by_us=self.watch.is_interrupted)
            stopped = self.watch.error(exc.sqlstate)
            if stopped is None or isinstance(exc, ConnectionLost):
                raise
            # A server that cannot even be asked to stop may have been found out only now.
            raise (self.wire.lose() if self.wire.is_lost else stopped) from exc
        except BaseException:
            # A handler of notices that fails would fail again.
            self.wire.on_notice = None
            self._clear(by_us=True)
            raise

    def set_up(self) -> None:
        """Set up what the statement needs around it."""
        self._shelter.before()

    def set_aside(self) -> None:
        """Leave the statement unsent."""
        self._end()
        self._shelter.after_success()

    def send(self, part_rows: int) -> PGresult:
        """Send the statement and receive its first result.

        Args:
            part_rows: So many rows make a result; the others follow in more of them.

        Raises:
            QueryError: The statement failed.
        """
        pgconn, message = self.wire.pgconn, self.message
        self.wire.send(pgconn.send_query_params, message.sql, message.values, list(message.oids))
        if psycopg.capabilities.has_stream_chunked():
            pgconn.set_chunked_rows_mode(part_rows)
        else:
            pgconn.set_single_row_mode()
        return self.require(self.wire.next_result())

    def require(self, result: PGresult | None) -> PGresult:
        """The result, unless it is an error.

        Raises:
            QueryError: It is.
        """
        if result is None:
            raise QueryError("the server ended the statement without a result")
        if is_error(result):
            self._is_answered = True
            in_block = self._shelter.is_read_only_block
            found = Diagnosis(result, self.wire.codec)
            raise query_error(found, self.message.locate, in_read_only_block=in_block)
        return result

    def note_tag(self, result: PGresult) -> None:
        """Take the command tag, which libpq puts on a result's last part with rows."""
        tag = (result.command_status or b"").decode("ascii", "replace")
        if not tag:
            return
        self.tag = tag
        # Of a SELECT it is the number of rows read; CREATE TABLE AS has that tag, too.
        if tag.partition(" ")[0] in _CHANGES or not has_rows(result):
            self.affected = result.command_tuples

    def succeed(self, result: PGresult) -> None:
        """Take the statement's last result, and free the connection."""
        self.note_tag(result)
        while (more := self.wire.next_result()) is not None:
            self.note_tag(self.require(more))
        self._end()
        self._shelter.after_success()
        self.wire.finish_notices()

    def leave(self, source: Closable) -> None:
        """End the statement with rows left: cancelled, or read where that would undo work.

        Args:
            source: What reads the rows; closed.

        Raises:
            QueryError: It failed while the rest was read.
        """
        if self.can_pause and not self.is_over:
            self.watch.interrupt()
        source.close()
        if self.is_over:
            return
        if self.can_pause:
            self._clear(by_us=True)
        else:
            with self.working():
                self.succeed(self.require(self.wire.drain()))

    def _clear(self, *, by_us: bool) -> None:
        """Make the connection usable again after an error or an early end."""
        if self.is_over:
            return
        # The error that brought us here says more than one of the clearing up.
        with suppress(TuskError):
            if self.wire.is_busy:
                if not self._is_answered:
                    self.watch.interrupt()
                self.wire.drain()
        self._end()
        with suppress(TuskError):
            self._shelter.after_failure(by_us=by_us)
            self.wire.finish_notices()

    def _end(self) -> None:
        self.is_over = True
        self.watch.finish(is_lost=self.wire.is_lost)
        self.wire.watch = None
