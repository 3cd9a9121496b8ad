"""The statements to run: from an argument, files, or standard input."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tusk.cli.narration import SourcePlace
from tusk.core.dialect import Dialect
from tusk.core.errors import UsageError
from tusk.core.statement import Statement, StatementKind, reads_stdin, split

_STDIN = "-"
_STDIN_NAME = "standard input"
_NOTHING = "give SQL, -f FILE, or pipe it in; `tusk` alone opens the app"


@dataclass(frozen=True, slots=True)
class Script:
    """A text with statements, and the file it came from (empty for an argument)."""

    text: str
    file: str


def read_scripts(sql: str | None, files: Sequence[str]) -> list[Script]:
    """The scripts that a command line names, in order.

    Raises:
        UsageError: It names none, or both an argument and files, or one that cannot be read.
    """
    if sql is not None and files:
        raise UsageError("give SQL or -f FILE, not both")
    if files:
        if files.count(_STDIN) > 1:
            raise UsageError("standard input can be read only once")
        return [_read_stdin() if name == _STDIN else _read_file(name) for name in files]
    if sql is None and sys.stdin.isatty():
        raise UsageError("there is nothing to run", hint=_NOTHING)
    if sql is None or sql == _STDIN:
        return [_read_stdin()]
    return [Script(sql, "")]


def _read_stdin() -> Script:
    try:
        content = sys.stdin.buffer.read()
    except OSError as exc:
        closed = exc.errno == errno.EBADF
        reason = "it is closed" if closed else (exc.strerror or str(exc)).lower()
        raise UsageError(f"cannot read {_STDIN_NAME}: {reason}", hint=_NOTHING) from exc
    return Script(_decode(content, _STDIN_NAME), _STDIN_NAME)


def _read_file(name: str) -> Script:
    try:
        content = Path(name).read_bytes()
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise UsageError(f"cannot read {name}: {reason}") from exc
    return Script(_decode(content, name), name)


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise UsageError(
            f"{name}, line {line}: not UTF-8", hint="convert it, as with iconv"
        ) from exc


def statements_of(
    scripts: Sequence[Script], dialect: Dialect
) -> list[tuple[Statement, SourcePlace]]:
    """All statements in order, each with the place it came from.

    Raises:
        UsageError: One would read data from where its own text came from.
    """
    found = [
        (statement, SourcePlace(script.text, statement.start, script.file))
        for script in scripts
        for statement in split(script.text, dialect)
    ]
    if any(script.file == _STDIN_NAME for script in scripts):
        _refuse_reading_twice([statement for statement, _ in found], dialect)
    return found


def _refuse_reading_twice(statements: Sequence[Statement], dialect: Dialect) -> None:
    """DuckDB's COPY reads standard input itself, and would find nothing left there."""
    if dialect.name != "duckdb":
        return
    for statement in statements:
        if statement.kind is StatementKind.COPY and reads_stdin(statement.text, dialect):
            raise UsageError(
                "COPY … FROM STDIN finds no data: the SQL itself came from standard input",
                hint="give the SQL as an argument or with -f FILE, or name a file: FROM 'data.csv'",
            )
