"""One statement's talk with the process in which DataFusion runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tusk.core.dialect import DATAFUSION
from tusk.core.errors import ConnectionLost, QueryCancelled, QueryError
from tusk.core.events import Notice
from tusk.core.statement import BoundText, StatementKind, classify
from tusk.engines.datafusion.errors import map_error
from tusk.engines.datafusion.wire import WorkerLost, pack_row

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from tusk.engines.datafusion.process import WorkerChannel
    from tusk.engines.running import Running

Reply = tuple[dict[str, Any], memoryview]  # Any: JSON

_PROCESS_ENDED = (
    "DataFusion did not stop by itself, so its process was ended: tables, views and settings "
    "made in this session are gone"
)


class Exchange:
    """A statement from `run` to `close`.

    Args:
        channel: The session's.
        running: The statement's clock and stop.
        bound: The statement.
        on_notice: Told when the process had to be ended without an error to say so.
    """

    def __init__(
        self,
        channel: WorkerChannel,
        running: Running,
        bound: BoundText,
        on_notice: Callable[[Notice], None] | None,
    ) -> None:
        self.running = running
        self.kind = classify(bound.text, DATAFUSION)
        self._channel = channel
        self._bound = bound
        self._on_notice = on_notice
        self._is_open = True

    @property
    def text(self) -> str:
        """The statement as it was sent."""
        return self._bound.text

    def run(self, row: pa.RecordBatch) -> Reply:
        """Execute the statement with a row of parameters."""
        counts = self.kind in {StatementKind.DML, StatementKind.COPY}
        header = {"text": self._bound.text, "counts": counts}
        payload = pack_row(row) if row.num_columns else b""
        return self._guard(lambda: self._channel.run(header, payload))

    def next(self) -> Reply:
        """Ask for the next batch."""
        return self._guard(lambda: self._channel.request({"do": "next"}))

    def _guard(self, ask: Callable[[], Reply]) -> Reply:
        try:
            with self.running.working():
                header, payload = ask()
        except WorkerLost as exc:
            self._is_open = False
            self.running.finish()
            raise self._lost() from exc
        except QueryError:
            self.close()
            raise
        if header["is"] in {"cancelled", "failed"}:
            error = self._error(header)
            if self._end_if_stuck():
                error.hint = _PROCESS_ENDED
            raise error
        return header, payload

    def _error(self, header: dict[str, Any]) -> QueryError:
        if (stopped := self.running.error()) is not None:
            return stopped
        if header["is"] == "cancelled":
            return QueryCancelled("the statement was cancelled")
        error = map_error(str(header["message"]), self._bound.text)
        if error.position is not None:
            error.position = self._bound.original_offset(error.position)
        return error

    def _lost(self) -> QueryError:
        stopped = self.running.error()
        if stopped is None:
            return ConnectionLost(
                "DataFusion's process ended unexpectedly",
                hint="open the connection again; tables made in this session are gone",
            )
        stopped.hint = _PROCESS_ENDED
        return stopped

    def close(self) -> None:
        """End the statement, and the process if it goes on computing."""
        if self._is_open and self._end_if_stuck() and self._on_notice is not None:
            self._on_notice(Notice("WARNING", _PROCESS_ENDED))

    def finish(self) -> None:
        """The statement has ended by itself."""
        self._is_open = False
        self.running.finish()

    def _end_if_stuck(self) -> bool:
        self.finish()
        try:
            header, _ = self._channel.request({"do": "close"})
        except WorkerLost:
            return True
        if header["stuck"]:
            self._channel.process.kill()
        return bool(header["stuck"])
