"""DuckDB's errors as tusk's, with type, position and reason.

Sessions run with `errors_as_json`: DuckDB then tells the exact position (a byte offset into the
statement, the shell's `LINE 1: … ^` cut long lines) instead of drawing it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from tusk.core.errors import (
    ConnectionLost,
    QueryCancelled,
    QueryError,
    QueryRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_READ_ONLY = re.compile(r"attached in read-only mode|Cannot launch in-memory database in read-only")
_LOCKED = re.compile(r"configuration has been locked|is disabled through configuration")
_PREFIX = re.compile(r"\A[\w ]+ Error: ")
_LINE_BLOCK = re.compile(r"\n\nLINE \d+: .*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Report:
    """What DuckDB said: type (`Binder`), message without position, byte offset or None."""

    kind: str
    message: str
    position: int | None = None

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
            return Report(str(said.get("exception_type", "")), message, offset)
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


def map_error(exc: BaseException, locate: Callable[[int], int | None]) -> QueryError:
    """The tusk error for a statement that failed.

    Args:
        exc: From DuckDB, or from Arrow reading a DuckDB stream.
        locate: Turns DuckDB's byte offset into an offset into the statement's own text.
    """
    report = read_report(exc)
    position = None if report.position is None else locate(report.position)
    if isinstance(exc, duckdb.InterruptException) or report.kind == "INTERRUPT":
        return QueryCancelled("the statement was cancelled")
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
