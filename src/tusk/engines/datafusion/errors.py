"""DataFusion's errors as tusk's.

The driver raises plain `Exception` with Rust's debug notation of the error in it:
`DataFusion error: Plan("…")`, nested, with texts as Rust string literals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tusk.core.errors import QueryError, QueryRefused

_PREFIX = "DataFusion error: "
_RUST_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_RUST_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_DIAGNOSTIC = re.compile(r'\ADiagnostic\(Diagnostic \{ kind: \w+, message: "((?:[^"\\]|\\.)*)"')
_HELP = re.compile(r'DiagnosticHelp \{ message: "((?:[^"\\]|\\.)*)"')
_SPAN = re.compile(r"span: Some\(Span\(Location\((\d+),(\d+)\)")
_AT_LINE = re.compile(r",? at Line: (\d+), Column: (\d+)")
_OUT_OF_MEMORY = re.compile(r"\bResourcesExhausted\(")
_VARIANTS = re.compile(r"[A-Z]\w+")
_MEMORY_HINT = "raise it with SET datafusion.runtime.memory_limit = '4G', or ask for less"
_REFUSED = re.compile(r"\A(DDL|DML|Statement) not supported: (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Report:
    """What DataFusion said.

    Args:
        message: One readable text.
        place: 1-based line and column in the statement, or None.
        help: Its advice.
    """

    message: str
    place: tuple[int, int] | None = None
    help: str = ""


def _unescape(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _ESCAPED.get(match[2], match[2])

    return _RUST_ESCAPE.sub(replace, text)


def readable(text: str) -> Report:
    r"""Find the message, the place and the advice in the debug notation.

    >>> readable('DataFusion error: Plan("table \'t\' not found")').message
    "table 't' not found"
    >>> readable('DataFusion error: ArrowError(DivideByZero, Some(""))').message
    'divide by zero'
    """
    body = text.removeprefix(_PREFIX)
    if match := _DIAGNOSTIC.match(body):
        message = _unescape(match[1])
    else:
        texts = [t for t in _RUST_TEXT.findall(body) if t]
        # The innermost error comes last: Context("while …", ArrowError(CastError("…"))).
        message = _unescape(texts[-1]) if texts else _variant_words(body)
    place = _SPAN.search(body) or _AT_LINE.search(body)
    message = _AT_LINE.sub("", message)
    advice = _HELP.search(body)
    return Report(
        message,
        (int(place[1]), int(place[2])) if place else None,
        _unescape(advice[1]) if advice else "",
    )


def _variant_words(body: str) -> str:
    """An error that is only a name, in words: `DivideByZero`."""
    names = [name for name in _VARIANTS.findall(body) if name not in {"Some", "None"}]
    if "(" not in body or not names:
        return body
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", names[-1]).lower()


def map_error(text: str, statement: str) -> QueryError:
    """The tusk error for a message of DataFusion's.

    Args:
        text: The message.
        statement: The text that DataFusion got; the position refers to it.
    """
    report = readable(text)
    if _OUT_OF_MEMORY.search(text):
        # After a list of who has how much of it.
        reason = report.message.rpartition("\nError: ")[2]
        return QueryError(f"out of memory: {reason}", hint=_MEMORY_HINT)
    if match := _REFUSED.match(report.message):
        return QueryRefused(f"{match[2]} was refused", hint="the connection is read-only")
    position = None if report.place is None else _offset(statement, *report.place)
    return QueryError(report.message, position=position, hint=report.help)


def _offset(text: str, line: int, column: int) -> int | None:
    lines = text.split("\n")
    if not 1 <= line <= len(lines) or column < 1:
        return None
    start = sum(len(earlier) + 1 for earlier in lines[: line - 1])
    return min(start + column - 1, start + len(lines[line - 1]))
