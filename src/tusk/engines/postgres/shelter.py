"""What is put around a statement so that ending it early, or a write, does no harm.

- In a transaction of the user's, a query runs behind a savepoint: when its rows are not read to
  the end, it is cancelled and rolled back, and the transaction goes on (docs/adr/0003).
- In a read-only session, each statement runs in a read-only transaction of tusk's own, and the
  user's own transactions are made read-only before anything else happens in them
  (docs/adr/0004). The server enforces it; the text is never trusted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from psycopg import pq

from tusk.core.dialect import POSTGRES
from tusk.core.errors import QueryRefused
from tusk.core.statement import Statement, StatementKind, TokenKind, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk.engines.postgres.wire import Wire

_Status = pq.TransactionStatus

# The first query takes the snapshot, after which SET TRANSACTION READ WRITE is refused.
_BEGIN_READ_ONLY = "BEGIN READ ONLY; SELECT 1"
_MAKE_READ_ONLY = "SET TRANSACTION READ ONLY; SELECT 1"
_IS_READ_ONLY = "SELECT pg_catalog.current_setting('transaction_read_only')"
_SAVEPOINT = '"tusk query"'

_SELECT_WORDS = frozenset(["SELECT", "VALUES", "TABLE", "WITH"])
# Words with which the grammar knows only transaction control, when nothing but words follow.
_TRANSACTION_WORDS = frozenset(
    ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"]
)
# Changes of the session, which a rollback would undo.
_SESSION_WORDS = frozenset(["SET", "RESET", "LISTEN", "UNLISTEN"])
_LOCKING_WORDS = frozenset(["UPDATE", "SHARE", "NO", "KEY"])


class Shelter(Protocol):
    """Surroundings of one statement."""

    is_read_only_block: bool

    def before(self) -> None:
        """Set up, before the statement is sent."""
        ...

    def after_success(self) -> None:
        """Take down, when it has ended well."""
        ...

    def after_failure(self, *, by_us: bool) -> None:
        """Take down, when it failed; `by_us` when tusk ended it."""
        ...


def words(text: str) -> Iterator[str]:
    """The words of a statement in upper case."""
    for token in tokens(text, POSTGRES):
        if token.kind is TokenKind.WORD:
            yield text[token.start : token.end].upper()


def first_word(text: str) -> str:
    """The word that a statement begins with, in upper case."""
    return next(words(text), "")


def is_select(statement: Statement) -> bool:
    """Whether a statement is a query that a subquery or COPY may hold."""
    return statement.kind is StatementKind.QUERY and first_word(statement.text) in _SELECT_WORDS


def must_run_to_end(text: str) -> bool:
    """Whether a query does something that ending it early, or a savepoint, would undo.

    >>> must_run_to_end("select 1 from t for no key update"), must_run_to_end("select 1")
    (True, False)
    """
    before = ""
    for word in words(text):
        # A snapshot cannot be exported from behind a savepoint.
        if word == "PG_EXPORT_SNAPSHOT" or (before == "FOR" and word in _LOCKING_WORDS):
            return True
        before = word
    return False


def shelter_for(wire: Wire, statement: Statement, *, read_only: bool) -> Shelter:
    """The surroundings that a statement needs now."""
    if read_only and wire.status is _Status.IDLE:
        if _is_transaction_control(statement.text):
            return _ReadOnlyBegin(wire)
        return _ReadOnlyBlock(wire, first_word(statement.text))
    inner: Shelter = Open()
    if wire.status is _Status.INTRANS and can_stop_in_transaction(statement):
        inner = _Savepoint(wire)
    return _ReadOnlyCheck(wire, inner) if read_only else inner


def can_stop_in_transaction(statement: Statement) -> bool:
    """Whether a statement may run behind a savepoint, and so be ended early."""
    return is_select(statement) and not must_run_to_end(statement.text)


def _is_transaction_control(text: str) -> bool:
    found = [
        t for t in tokens(text, POSTGRES) if t.kind not in (TokenKind.SPACE, TokenKind.COMMENT)
    ]
    is_plain = all(
        token.kind in (TokenKind.WORD, TokenKind.IDENTIFIER) or text[token.start] == ","
        for token in found
    )
    return is_plain and first_word(text) in _TRANSACTION_WORDS


class Open:
    """Nothing around."""

    is_read_only_block = False

    def before(self) -> None:
        """Nothing to do."""

    def after_success(self) -> None:
        """Nothing to do."""

    def after_failure(self, *, by_us: bool) -> None:
        """Nothing to do."""


class _Savepoint(Open):
    """A savepoint to go back to."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._is_set = False

    def before(self) -> None:
        self._wire.command(f"SAVEPOINT {_SAVEPOINT}")
        self._is_set = True

    def after_success(self) -> None:
        self._wire.command(f"RELEASE SAVEPOINT {_SAVEPOINT}")

    def after_failure(self, *, by_us: bool) -> None:
        # Whatever else fails makes the transaction fail, as the user expects of the server.
        if by_us and self._is_set:
            self._wire.command(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
            self._wire.command(f"RELEASE SAVEPOINT {_SAVEPOINT}")


class _ReadOnlyBlock(Open):
    """A read-only transaction for one statement."""

    is_read_only_block = True

    def __init__(self, wire: Wire, word: str) -> None:
        self._wire = wire
        self._is_setting = word in _SESSION_WORDS

    def before(self) -> None:
        self._wire.command(_BEGIN_READ_ONLY)

    def after_success(self) -> None:
        self._end("COMMIT" if self._is_setting else "ROLLBACK")

    def after_failure(self, *, by_us: bool) -> None:
        self._end("ROLLBACK")

    def _end(self, command: str) -> None:
        # The statement may have ended the transaction itself (PREPARE TRANSACTION).
        if self._wire.status is not _Status.IDLE:
            self._wire.command(command)


class _ReadOnlyBegin(Open):
    """Makes the transaction read-only that the statement opens, if it does."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def after_success(self) -> None:
        if self._wire.status is _Status.INTRANS:
            self._wire.command(_MAKE_READ_ONLY)


class _ReadOnlyCheck:
    """Makes sure that the user's transaction is still read-only, and stays it.

    COMMIT AND CHAIN opens another one, which could be made writable before its first query.
    """

    is_read_only_block = False

    def __init__(self, wire: Wire, inner: Shelter) -> None:
        self._wire = wire
        self._inner = inner

    def before(self) -> None:
        if self._wire.status is _Status.INTRANS and self._wire.ask(_IS_READ_ONLY) != [("on",)]:
            self._wire.command("ROLLBACK")
            raise QueryRefused(
                "the transaction was not read-only, and has been rolled back",
                sqlstate="25006",
                hint="this connection is read-only",
            )
        self._inner.before()

    def after_success(self) -> None:
        self._inner.after_success()

    def after_failure(self, *, by_us: bool) -> None:
        self._inner.after_failure(by_us=by_us)
