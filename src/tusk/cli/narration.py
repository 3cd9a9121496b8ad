"""What the command says beside its data: always on stderr, always harmless text."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

from tusk.cli.streams import STDERR, silence
from tusk.core.errors import QueryError, TuskError
from tusk.core.text import cell_width, clip, safe

# Where there is no terminal to ask, as wide as most people's.
_DEFAULT_WIDTH = 80
_quiet = threading.Event()


def say(text: str) -> None:
    """Write a line to stderr. Nothing in it reaches a terminal as a command to it."""
    # What cannot be written is told where the data is written.
    with contextlib.suppress(OSError, ValueError, TuskError):
        sys.stdout.flush()
    put(safe(text, keep_lines=True) + "\n")


def put(text: str) -> None:
    """Write to stderr as it is. Where nobody listens (a full disk), the work goes on."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        # What is still buffered would fail once more at the end, and spoil the exit code.
        silence(STDERR)


def warn(text: str) -> None:
    """Say what went not as wished but stops nothing; with --quiet nothing."""
    if not _quiet.is_set():
        say(f"tusk: warning: {text}")


def be_quiet(is_asked: bool) -> bool:
    """What --quiet calls: from now on nothing is warned of, by no layer and no thread."""
    if is_asked:
        _quiet.set()
    return is_asked


def show_warnings_once() -> None:
    """Say what the layers below warn of."""
    from tusk.config.log import show_warnings

    show_warnings(warn)


def terminal_width() -> int:
    """Columns of the terminal behind stderr."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _DEFAULT_WIDTH
    except (OSError, ValueError):
        return _DEFAULT_WIDTH


def report(error: TuskError, source: SourcePlace | None = None) -> None:
    """Say what failed, where, and what to do next.

    Args:
        error: The error.
        source: The statement it is about, with its place in the script.
    """
    say("\n".join(error_lines(error, source, terminal_width())))


def report_defect(error: Exception) -> None:
    """Say that tusk itself failed; the traceback goes to the log file."""
    import logging

    from tusk.config.log import redact
    from tusk.config.log_file import write_log_file
    from tusk.config.paths import Paths

    file = Paths.find().log_file
    say(f"tusk: this is a defect of tusk: {redact(f'{type(error).__name__}: {error}')}")
    try:
        write_log_file(file, "info")
    except TuskError as exc:
        say(f"HINT: {exc.message}")
        return
    logging.getLogger(__name__).info("a defect", exc_info=error)
    say(f"HINT: what led to it is in {file}; please report it")


class SourcePlace:
    """A statement in the text it came from, for error messages.

    Args:
        script: The whole text.
        start: Offset of the statement in it, in code points.
        file: Name of the file it came from; empty for an argument.
    """

    def __init__(self, script: str, start: int, file: str = "") -> None:
        self.script = script
        self.start = start
        self.file = file

    def line_at(self, position: int) -> tuple[int, str, int]:
        """1-based line number, the line, and the offset in it, of an offset in the statement."""
        offset = min(self.start + position, len(self.script))
        begin = self.script.rfind("\n", 0, offset) + 1
        end = self.script.find("\n", offset)
        line = self.script[begin : len(self.script) if end < 0 else end].rstrip("\r")
        return self.script.count("\n", 0, offset) + 1, line, min(offset - begin, len(line))


def error_lines(error: TuskError, source: SourcePlace | None, width: int) -> list[str]:
    """The lines that describe an error, made safe.

    Args:
        error: The error.
        source: The statement it is about.
        width: Columns that the statement's line may take.
    """
    sqlstate = getattr(error, "sqlstate", "")
    lines = [f"tusk: {f'{sqlstate}: ' if sqlstate else ''}{error.message}"]
    if source is not None:
        position = error.position if isinstance(error, QueryError) else None
        number, line, offset = source.line_at(position or 0)
        lines += [f"file: {source.file}, line {number}"] if source.file else []
        shown, caret = caret_lines(f"LINE {number}: ", line, offset, width)
        lines += [shown] if position is None else [shown, caret]
    if isinstance(error, QueryError):
        lines += [f"DETAIL: {error.detail}"] if error.detail else []
        lines += [f"CONTEXT: {error.context}"] if error.context else []
    lines += [f"HINT: {error.hint}"] if error.hint else []
    return [safe(line, keep_lines=True) for line in lines]


def caret_lines(prefix: str, line: str, offset: int, width: int) -> tuple[str, str]:
    """A line of text and below it a caret under the character at `offset`.

    A line that is too long is cut to the surroundings of the caret.

    >>> caret_lines("LINE 1: ", "select 日本 form t", 10, 40)
    ('LINE 1: select 日本 form t', '                    ^')

    Args:
        prefix: Put before the line.
        line: One line of hostile text.
        offset: In code points, 0 … len(line).
        width: Columns to use.
    """
    before, after = safe(line[:offset]), safe(line[offset:])
    room = max(20, width - len(prefix))
    if cell_width(before) + cell_width(after) > room:
        before = _clip_left(before, room * 2 // 3)
        after = clip(after, room - cell_width(before))
    return f"{prefix}{before}{after}", " " * (len(prefix) + cell_width(before)) + "^"


def _clip_left(text: str, width: int) -> str:
    """Cut safe text at its left to `width` columns, beginning with `…` where something is gone."""
    if cell_width(text) <= width:
        return text
    kept = text[-(width - 1) :]
    while cell_width(kept) > width - 1:
        kept = kept[1:]
    return "…" + kept
