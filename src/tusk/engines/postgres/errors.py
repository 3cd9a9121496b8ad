"""What the server or libpq says about a failure → the errors of `tusk.core.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg.errors
from psycopg import pq

from tusk.core.errors import ConnectionLost, QueryCancelled, QueryError, QueryRefused, QueryTimeout
from tusk.core.events import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.pq.abc import PGresult

# A hostile server may send texts without end.
MAX_TEXT = 100_000

REOPEN = "reopen the connection to go on"

_LOST = {
    "25P03": "the server closed the connection: idle in a transaction for longer than "
    "idle_in_transaction_session_timeout",
    "25P04": "the server closed the connection: the transaction took longer than "
    "transaction_timeout",
    "57P01": "the server closed the connection: an administrator terminated it, or the server is "
    "shutting down",
    "57P02": "the server closed the connection: another server process crashed",
    "57P03": "the server does not accept connections now",
    "57P04": "the server closed the connection: its database was dropped",
    "57P05": "the server closed the connection: idle for longer than idle_session_timeout",
}
_HINTS = {
    "22021": "the text does not fit the encoding of the database",
    "22P05": "the text has a character that the encoding of the database lacks",
    "25P02": "roll the transaction back, or back to a savepoint",
    "25006": "the session or the server is read-only",
    "40001": "run the transaction again",
    "40P01": "run the transaction again",
    "42501": "your role lacks the right; the owner of the object or a superuser can GRANT it",
    "53300": "other connections have to end first",
    "55P03": "another session holds the lock; wait, or raise lock_timeout",
}
_ERRORS = frozenset(
    [pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE, pq.ExecStatus.PIPELINE_ABORTED]
)
_READ_ONLY = "25006"
_NO_PERMISSION = "42501"
_NOT_IN_TRANSACTION = "25001"
_CANCELLED = "57014"
_LOCK_NOT_AVAILABLE = "55P03"


class Diagnosis:
    """The fields of an error or notice, as text whatever bytes they are made of.

    Args:
        result: The server's message.
        codec: Python's name of the client encoding.
    """

    def __init__(self, result: PGresult, codec: str) -> None:
        self._diagnostic = psycopg.errors.Diagnostic(result, "utf-8" if codec == "ascii" else codec)
        diagnostic = self._diagnostic
        self.sqlstate = diagnostic.sqlstate or ""
        self.severity = diagnostic.severity_nonlocalized or diagnostic.severity or ""
        self.message = _cut(diagnostic.message_primary) or _cut(
            result.get_error_message(codec if codec != "ascii" else "utf-8")
        )
        self.detail = _cut(diagnostic.message_detail)
        self.hint = _cut(diagnostic.message_hint)
        self.context = _cut(diagnostic.context)
        self.position = int(diagnostic.statement_position or 0)
        if diagnostic.internal_query:
            inner = f"inner statement: {_cut(diagnostic.internal_query)}"
            self.context = f"{self.context}\n{inner}" if self.context else inner

    @property
    def is_fatal(self) -> bool:
        """The server closes the connection with this message."""
        return self.severity in ("FATAL", "PANIC")

    def notice(self) -> Notice:
        """The message as a notice."""
        return Notice(self.severity, self.message, self.sqlstate, self.detail, self.hint)


def _cut(text: str | None) -> str:
    if text is None or len(text) <= MAX_TEXT:
        return (text or "").strip("\n")
    return f"{text[:MAX_TEXT]} … ({len(text):,} characters)"


def query_error(
    found: Diagnosis, locate: Callable[[int], int | None], *, in_read_only_block: bool = False
) -> QueryError:
    """The error for a statement that the server refused or gave up.

    Args:
        found: What the server says.
        locate: From a position in the sent text (1-based) to one in the statement.
        in_read_only_block: tusk put the statement into a read-only transaction of its own.
    """
    kind, message, hint = _judge(found, in_read_only_block)
    return kind(
        message,
        hint=found.hint or hint,
        sqlstate=found.sqlstate,
        position=locate(found.position) if found.position else None,
        detail=found.detail,
        context=found.context,
    )


def _judge(found: Diagnosis, in_read_only_block: bool) -> tuple[type[QueryError], str, str]:
    state, message = found.sqlstate, found.message
    hint = _HINTS.get(state, "")
    if state in (_READ_ONLY, _NO_PERMISSION):
        return QueryRefused, message, hint
    if state == _NOT_IN_TRANSACTION and in_read_only_block:
        return QueryRefused, message, "this connection is read-only"
    if state == _CANCELLED:
        # The server's texts are translated; in another language it stays a cancellation.
        if "statement timeout" in message:
            return QueryTimeout, "the statement ran into the server's statement_timeout", hint
        return QueryCancelled, f"the server ended the statement: {message}", hint
    if state == _LOCK_NOT_AVAILABLE and "lock timeout" in message:
        return QueryTimeout, "waiting for a lock ran into lock_timeout", hint
    return QueryError, message, hint


def lost(
    found: Diagnosis | None,
    *,
    in_transaction: bool,
    is_committing: bool = False,
    reason: str = "",
) -> ConnectionLost:
    """The error for a connection that broke.

    Args:
        found: The server's last words, if it had any.
        in_transaction: A transaction was open, and is lost.
        is_committing: It may have been committed just before.
        reason: What happened, where the server did not say.
    """
    message = reason or "the connection to the server broke"
    sqlstate = ""
    if found is not None:
        sqlstate = found.sqlstate
        message = _LOST.get(sqlstate, f"the server closed the connection: {found.message}")
    if in_transaction:
        message += "; the open transaction is lost"
    if in_transaction and is_committing:
        message += ", or was committed: look before you do it again"
    return ConnectionLost(message, hint=REOPEN, sqlstate=sqlstate, transaction_lost=in_transaction)


def is_error(result: PGresult) -> bool:
    """Whether a result is an error."""
    return result.status in _ERRORS
