"""A session with DataFusion in its own process."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from tusk.core.dialect import DATAFUSION, Dialect
from tusk.core.errors import ConnectionLost, QueryError
from tusk.core.statement import BoundText, bind
from tusk.engines.base import ServerInfo, TransactionState
from tusk.engines.datafusion.cursor import DataFusionCursor
from tusk.engines.datafusion.exchange import Exchange
from tusk.engines.datafusion.process import WorkerChannel, WorkerProcess
from tusk.engines.datafusion.values import parameter_row
from tusk.engines.embedded import EmbeddedSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tusk.core.events import Notice
    from tusk.core.params import ParameterValue
    from tusk.core.statement import Statement
    from tusk.engines.base import FetchMode, Target
    from tusk.engines.running import Running


class DataFusionSession(EmbeddedSession[DataFusionCursor]):
    """One session.

    Args:
        target: What it is connected to.
        process: Of another session to share, None to start one.
    """

    def __init__(self, target: Target, process: WorkerProcess | None = None) -> None:
        super().__init__(target)
        self._channel: WorkerChannel | None = (process or WorkerProcess(target)).open_channel()
        self._is_closed = False

    @property
    def dialect(self) -> Dialect:
        """DataFusion's lexical rules."""
        return DATAFUSION

    @property
    def transaction(self) -> TransactionState:
        """ACTIVE while a statement runs: DataFusion has no transactions."""
        if self._is_closed:
            return TransactionState.LOST
        return TransactionState.ACTIVE if self._is_busy else TransactionState.IDLE

    def sibling(self) -> DataFusionSession:
        """Another session in the same process, which sees the same tables."""
        return DataFusionSession(self._target, self._require().process)

    def _require(self) -> WorkerChannel:
        """The channel to a living process."""
        if self._is_closed:
            raise ConnectionLost("the connection is closed", hint="open it again")
        if self._channel is not None and not self._channel.process.is_alive:
            self._channel.close()
            self._channel = None
        if self._channel is None:
            self._channel = WorkerProcess(self._target).open_channel()
        return self._channel

    def _open(
        self,
        running: Running,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None,
        mode: FetchMode,
        on_notice: Callable[[Notice], None] | None,
    ) -> DataFusionCursor:
        # A cancel counts also while a new process starts.
        channel = self._require()
        given = parameters or {}
        bound = BoundText(statement.text, ())
        if given:
            bound = bind(statement.text, DATAFUSION, given, lambda _, name: f"${name}")
        row = parameter_row({name: given[name] for name in bound.names})
        return DataFusionCursor(Exchange(channel, running, bound, on_notice), row)

    def _interrupt(self) -> None:
        if self._channel is not None:
            self._channel.interrupt()

    def begin(self) -> None:
        """DataFusion has no transactions."""
        raise QueryError("DataFusion has no transactions")

    def commit(self) -> None:
        """DataFusion has no transactions."""
        raise QueryError("DataFusion has no transactions, so there is nothing to commit")

    def rollback(self) -> None:
        """Does nothing: no transaction can be open."""

    def savepoint(self, name: str) -> None:
        """DataFusion has no transactions."""
        raise QueryError(f"DataFusion has no transactions, so {name!r} cannot be set")

    def rollback_to(self, name: str) -> None:
        """DataFusion has no transactions."""
        raise QueryError(f"DataFusion has no transactions, so there is no {name!r} to go back to")

    def reopen(self) -> None:
        """Start again in a new process."""
        self.close()
        self._channel = WorkerProcess(self._target).open_channel()
        self._is_closed = False

    def test(self) -> ServerInfo:
        """Ask the process how it is."""
        self._let_go()
        channel = self._require()
        began = time.perf_counter()
        header, _ = channel.request({"do": "info"})
        latency = time.perf_counter() - began
        version = re.search(r"\d+(?:\.\d+)+", str(header["version"]))
        return ServerInfo(
            product="DataFusion",
            version=version[0] if version else str(header["version"]),
            latency_s=latency,
            is_read_only=self._target.read_only,
            encoding="UTF8",
            database=self._target.parameters.get("path", "") or "memory",
            details={f"not read: {name}": why for name, why in header["failures"].items()},
        )

    def close(self) -> None:
        """Close the session; its process ends with the last one."""
        self._let_go()
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        self._is_closed = True
