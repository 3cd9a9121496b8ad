"""DuckDB's errors as tusk's, with type, position and reason.

Sessions run with `errors_as_json`: DuckDB then tells the exact position (an offset into the
statement, the shell's `LINE 1: … ^` cut long lines) instead of drawing it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from tusk.core.dialect import quote_text
from tusk.core.errors import (
    ConnectionLost,
    QueryError,
    QueryRefused,
)
from tusk.engines.duckdb.files import as_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

_READ_ONLY = re.compile(r"attached in read-only mode|Cannot launch in-memory database in read-only")
_LOCKED = re.compile(r"configuration has been locked|is disabled through configuration")
_PREFIX = re.compile(r"\A[\w ]+ Error: ")
_NOT_UTF8 = re.compile(
    r"CSV Error on Line: (?P<line>\d+)\n.*\nInvalid unicode .*\n  file = (?P<file>.*?)\n  delimiter =",
    re.DOTALL,
)
_LINE_BLOCK = re.compile(r"\n\nLINE \d+: .*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Report:
    """What DuckDB said.

    Args:
        kind: Its type of error (`Binder`).
        message: Without type and position.
        position: Offset into the statement, None where DuckDB tells none.
        counts_bytes: What `position` counts: bytes, or code points.
    """

    kind: str
    message: str
    position: int | None = None
    counts_bytes: bool = True

    def offset_in(self, text: str) -> int | None:
        """The position as an offset into the statement in code points."""
        if self.position is None or not self.counts_bytes:
            return self.position
        return code_point_offset(text, self.position)

    @property
    def text(self) -> str:
        """The message as DuckDB's shell begins it."""
        return f"{self.kind} Error: {self.message}" if self.kind else self.message


def read_report(exc: BaseException) -> Report:
    """Take an exception of DuckDB, or of Arrow carrying one, apart."""
    text = str(exc)
    # An Arrow stream and some exception classes give the JSON without the usual prefix.
    body = _PREFIX.sub("", text, count=1)
    if body.startswith("{"):
        try:
            # Any: a JSON object.
            said: dict[str, Any] = json.loads(body)
        except ValueError:
            pass
        else:
            position = str(said.get("position", ""))
            message = str(said.get("exception_message", body)).strip()
            offset = int(position) if position.isdigit() else None
            # The parser, which is PostgreSQL's, counts characters; what comes after it, bytes.
            counts_bytes = said.get("error_subtype") != "SYNTAX_ERROR"
            return Report(str(said.get("exception_type", "")), message, offset, counts_bytes)
    text = _LINE_BLOCK.sub("", text)
    prefix = _PREFIX.match(text)
    if prefix is None:
        return Report("", text)
    return Report(prefix.group()[: -len(" Error: ")], text[prefix.end() :])


def code_point_offset(text: str, byte_offset: int) -> int:
    """Turn a byte offset into UTF-8 text into one in code points.

    >>> code_point_offset("é漢x", 5)
    2
    """
    if text.isascii():
        return min(byte_offset, len(text))
    return len(text.encode("utf-8", "surrogatepass")[:byte_offset].decode("utf-8", "ignore"))


def encoding_trouble(message: str) -> tuple[str, str] | None:
    """What to say of a CSV file that is not UTF-8: in one line, and the call that reads it.

    DuckDB answers with seventeen lines of what it tried.
    """
    found = _NOT_UTF8.match(message)
    if found is None:
        return None
    call = f"read_csv({quote_text(as_pattern(found['file']))}, encoding = 'latin-1')"
    return f"{found['file']}, line {found['line']}: not UTF-8", call


def map_error(exc: BaseException, locate: Callable[[Report], int | None]) -> QueryError:
    """The tusk error for a statement that failed, and that nobody stopped.

    Args:
        exc: From DuckDB, or from Arrow reading a DuckDB stream.
        locate: The place in the statement's own text that a report refers to.
    """
    report = read_report(exc)
    position = locate(report)
    if (trouble := encoding_trouble(report.message)) is not None:
        text, call = trouble
        return QueryError(text, position=position, hint=f"say its encoding, as in: from {call}")
    if isinstance(exc, duckdb.InterruptException) or report.kind == "INTERRUPT":
        return QueryError(
            "DuckDB gave the statement up without saying why, although nobody cancelled it",
            hint="one of its threads may have failed: SET threads = 1 may show its error",
        )
    if isinstance(exc, duckdb.FatalException) or report.kind == "FATAL":
        return ConnectionLost(
            report.text, hint="the database stopped working: open the connection again"
        )
    if report.kind == "Permission" or _LOCKED.search(report.message):
        return QueryRefused(report.text, position=position, hint=_refusal_hint(report.message))
    if _READ_ONLY.search(report.message):
        return QueryRefused(report.text, position=position, hint="the connection is read-only")
    return QueryError(report.text, position=position, hint=_hint(report))


def _refusal_hint(message: str) -> str:
    if "extension" in message:
        return (
            "a read-only connection loads extensions only when it is opened: put LOAD into its "
            "startup SQL"
        )
    return "the connection is read-only: it neither reads other files nor changes settings"


def _hint(report: Report) -> str:
    if report.kind == "Out of Memory":
        return "raise it with SET memory_limit = '…', or ask for less"
    if report.kind == "TransactionContext" and "aborted" in report.message:
        return "roll the transaction back"
    return ""
