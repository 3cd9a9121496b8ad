"""Reading that may take long, in a session of its own: it holds up nobody and can be cancelled."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from tusk.core.errors import QueryCancelled
from tusk.core.statement import split
from tusk.services.completion.loading import spare_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk.engines.base import Session
    from tusk.services.connection import Connection

T = TypeVar("T")


class Aside(Generic[T]):
    """One reading. `run` blocks; `cancel` may be called from any thread, at any time.

    Args:
        connection: Open.
        read: What to do with the session.
    """

    def __init__(self, connection: Connection, read: Callable[[Session], T]) -> None:
        self._connection = connection
        self._read = read
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._is_cancelled = False

    def run(self) -> T:
        """Read.

        Raises:
            QueryCancelled: `cancel` was called.
            TuskError: As `read` does, or there can be no further session.
        """
        session = spare_session(self._connection)
        try:
            with self._lock:
                if self._is_cancelled:
                    raise QueryCancelled("the reading was cancelled")
                self._session = session
            return self._read(session)
        finally:
            with self._lock:
                self._session = None
            session.close()

    def cancel(self) -> None:
        """End it. Returns at once."""
        with self._lock:
            self._is_cancelled = True
            if self._session is not None:
                self._session.cancel()


def count_rows(session: Session, name: str) -> int:
    """Count the rows of a relation.

    Args:
        session: Where to count.
        name: As it is written in statements, see `CatalogTree.quoted_name`.

    Raises:
        QueryError: The server refused.
    """
    sql = f"select count(*) as found from {name}"  # noqa: S608 - quoted where it must be
    (statement,) = split(sql, session.dialect)
    cursor = session.execute(statement)
    try:
        return sum(v or 0 for batch in cursor.batches() for v in batch.column(0).to_pylist())
    finally:
        cursor.close()
