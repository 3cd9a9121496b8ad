"""SQLite's errors as tusk's, with the position it does not tell."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from tusk.core.dialect import SQLITE
from tusk.core.errors import ConnectionLost, QueryCancelled, QueryError, QueryRefused
from tusk.core.statement import TokenKind, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

# The driver raises OverflowError and UnicodeError for values, the others are SQLite's own.
DRIVER_ERRORS = (sqlite3.Error, OverflowError, UnicodeError)

_NEAR = re.compile(r'near "(.*)": syntax error', re.DOTALL)
_UNRECOGNIZED = re.compile(r'unrecognized token: "(.*)"', re.DOTALL)
_NAMED = re.compile(
    r"(?:no such (?:column|table|function|collation sequence|module|savepoint|index|trigger)"
    r"|ambiguous column name|no query solution|misuse of aggregate(?: function)?"
    r"|misuse of window function|unknown database): (.*)"
)
_REFUSALS = frozenset([sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM])
_BROKEN = frozenset([sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB])
_HINTS = {
    sqlite3.SQLITE_BUSY: "another connection holds the database: wait, or end its transaction",
    sqlite3.SQLITE_LOCKED: "another statement uses the table: let it end first",
    sqlite3.SQLITE_FULL: "the disk, or the database's size limit, is full",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: PRAGMA integrity_check tells more",
}


def primary_code(exc: BaseException) -> int:
    """SQLite's primary result code, 0 when the error is not SQLite's."""
    code: int = getattr(exc, "sqlite_errorcode", 0) or 0
    return code & 0xFF


def map_error(
    exc: BaseException, text: str, try_parse: Callable[[str], str], *, transaction_ended: bool
) -> QueryError:
    """The tusk error for a statement that failed.

    Args:
        exc: From the driver.
        text: The statement.
        try_parse: Has SQLite parse another text without running it, and gives its message.
        transaction_ended: The failure rolled the open transaction back.
    """
    code = primary_code(exc)
    message = str(exc)
    hint = "the transaction was rolled back" if transaction_ended else _HINTS.get(code, "")
    if code == sqlite3.SQLITE_INTERRUPT:
        return QueryCancelled("the statement was cancelled", hint=hint)
    if code in _REFUSALS or message in {"not authorized", "authorization denied"}:
        return QueryRefused(message, hint="the connection is read-only")
    if code in _BROKEN:
        return ConnectionLost(message, hint=hint)
    return QueryError(message, hint=hint, position=_position(message, text, try_parse))


def _position(message: str, text: str, try_parse: Callable[[str], str]) -> int | None:
    if message == "incomplete input":
        return len(text)
    if match := _NEAR.fullmatch(message) or _UNRECOGNIZED.fullmatch(message):
        return _position_of_token(message, match[1], text, try_parse)
    if match := _NAMED.fullmatch(message):
        return _position_of_name(match[1].removesuffix("()"), text)
    return None


def _position_of_token(
    message: str, token: str, text: str, try_parse: Callable[[str], str]
) -> int | None:
    """Where the parser stopped: at the first occurrence up to which it says the same.

    SQLite reads from left to right, so that the text up to the offending token fails in the
    same way, and any shorter text in another way or not at all.
    """
    starts = [t.start for t in tokens(text, SQLITE) if text.startswith(token, t.start)]
    if not starts:
        found = text.find(token)
        return found if found >= 0 else None
    for start in starts[:-1]:
        if try_parse(text[: start + len(token)]) == message:
            return start
    return starts[-1]


def _position_of_name(name: str, text: str) -> int | None:
    """Where a name stands that SQLite complains about, when it stands in one place only."""
    wanted = name.lower()
    last = wanted.rpartition(".")[2]
    words = [t for t in tokens(text, SQLITE) if t.kind in {TokenKind.WORD, TokenKind.IDENTIFIER}]
    qualified = [t.start for t in words if text[t.start :].lower().startswith(wanted)]
    plain = [t.start for t in words if text[t.start : t.end].strip('"`[]').lower() == last]
    for found in (qualified, plain):
        if len(found) == 1:
            return found[0]
    return None
