"""SQLite's own parser, on an empty database in memory."""

from __future__ import annotations

import re
import sqlite3
import threading
from typing import TYPE_CHECKING

from tusk.core.dialect import SQLITE
from tusk.core.statement import first_word
from tusk.engines.grammar import GrammarError
from tusk.engines.sqlite.errors import DRIVER_ERRORS, map_error

if TYPE_CHECKING:
    from tusk.engines.base import Session
    from tusk.engines.grammar import Grammar

# What the parser says; all other errors are about tables, columns and the like.
_OF_THE_PARSER = re.compile(
    r'near "(?s:.*)": syntax error|incomplete input|unrecognized token: "(?s:.*)"'
)


class SQLiteGrammar:
    """The grammar of the SQLite that runs in this process."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        # Some PRAGMAs act while they are parsed, and for the whole process.
        self._connection.set_authorizer(_deny_pragmas)
        self._lock = threading.Lock()

    def error(self, text: str) -> GrammarError | None:
        """See `Grammar.error`."""
        with self._lock:
            message = self._try_parse(text)
            if not _OF_THE_PARSER.fullmatch(message):
                return None
            found = map_error(
                sqlite3.OperationalError(message), text, self._try_parse, transaction_ended=False
            )
        return GrammarError(message, found.position)

    def _try_parse(self, text: str) -> str:
        """What SQLite says to a text; EXPLAIN parses it without running it."""
        explain = "" if first_word(text, SQLITE) == "EXPLAIN" else "EXPLAIN "
        try:
            self._connection.execute(explain + text).close()
        except DRIVER_ERRORS as exc:
            return str(exc)
        return ""


def _deny_pragmas(
    action: int, _first: str | None, _second: str | None, _database: str | None, _by: str | None, /
) -> int:
    is_denied = action in {sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_ATTACH}
    return sqlite3.SQLITE_DENY if is_denied else sqlite3.SQLITE_OK


def open_grammar(session: Session) -> Grammar | None:
    """The grammar; the session's own SQLite is the same."""
    return SQLiteGrammar()
