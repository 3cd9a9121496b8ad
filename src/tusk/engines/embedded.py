"""What the sessions of embedded engines have in common: one statement at a time, and its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

from tusk.engines.base import Cursor, FetchMode
from tusk.engines.running import Running, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tusk.core.events import Notice
    from tusk.core.params import ParameterValue
    from tusk.core.statement import Statement
    from tusk.engines.base import Target

C = TypeVar("C", bound=Cursor)


class EmbeddedSession(ABC, Generic[C]):
    """A session whose statements run in the caller's thread; see `tusk.engines.base.Session`.

    Args:
        target: What it is connected to.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._running: Running | None = None
        self._cursor: C | None = None

    @abstractmethod
    def _open(
        self,
        running: Running,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None,
        mode: FetchMode,
        on_notice: Callable[[Notice], None] | None,
    ) -> C:
        """Send a statement; what else is open has been closed.

        Args:
            running: Its clock and stop, to be told when it has ended.
            statement: As for `execute`, like the others.
            parameters: For the statement.
            mode: How the rows will be read.
            on_notice: Told of notices.
        """

    @abstractmethod
    def _interrupt(self) -> None:
        """Have the driver give up what it does now. Any thread."""

    @property
    def target(self) -> Target:
        """What this session is connected to."""
        return self._target

    @property
    def _is_busy(self) -> bool:
        return self._running is not None and not self._running.is_over

    def execute(
        self,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None = None,
        *,
        mode: FetchMode = FetchMode.PAGE,
        timeout_s: float | None = None,
        on_notice: Callable[[Notice], None] | None = None,
    ) -> C:
        """Send one statement; see `tusk.engines.base.Session.execute`."""
        self._let_go()
        limit = self._target.statement_timeout_s if timeout_s is None else timeout_s
        # From here on a cancel counts.
        running = self._running = Running(self._interrupt, limit)
        try:
            cursor = self._open(running, statement, parameters, mode, on_notice)
        except BaseException:
            running.finish()
            raise
        self._cursor = cursor
        return cursor

    def _let_go(self) -> None:
        """End what is still open: a session has one result, which may hold locks."""
        if self._running is not None:
            self._running.stop(StopReason.REPLACED)
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None

    def cancel(self) -> None:
        """Ask the running statement to end."""
        if self._running is not None:
            self._running.stop()

    def abandon(self) -> None:
        """The same as `cancel`: there is no server to lose."""
        self.cancel()
