"""Find statements, parameters and their kinds in SQL text, without parsing SQL.

A small lexer that knows strings, comments, quoted identifiers and the few constructs in which
a semicolon does not end a statement. It never judges whether the SQL is valid: the engine does.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect


class TokenKind(enum.Enum):
    """What the lexer tells apart."""

    WORD = "word"
    IDENTIFIER = "quoted identifier"
    STRING = "string"
    NUMBER = "number"
    COMMENT = "comment"
    PARAMETER = "parameter"
    SEMICOLON = "semicolon"
    OPEN = "open parenthesis"
    CLOSE = "close parenthesis"
    SPACE = "space"
    OTHER = "other"


class Token(NamedTuple):
    """A token with its offsets (code points) in the source; `end` is exclusive."""

    kind: TokenKind
    start: int
    end: int


class StatementKind(enum.Enum):
    """What a statement does, as far as tusk must know before running it."""

    QUERY = "query"
    """Reads only, by its words: SELECT, VALUES, TABLE, SHOW, EXPLAIN without ANALYZE …"""
    DML = "dml"
    """Changes rows, or may (WITH … INSERT, CALL, EXPLAIN ANALYZE of DML, DO)."""
    DDL = "ddl"
    TRANSACTION = "transaction"
    COPY = "copy"
    UTILITY = "utility"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script.

    Args:
        text: Without the semicolon and without white space around it.
        start: Offset of `text` in the script, in code points.
        line: 1-based line of the script on which `text` starts.
        kind: What it does.
        data: Lines after `COPY … FROM STDIN;`, without the end mark; None where there are none.
    """

    text: str
    start: int = 0
    line: int = 1
    kind: StatementKind = StatementKind.QUERY
    data: str | None = None

    @property
    def end(self) -> int:
        """Offset just after `text` in the script."""
        return self.start + len(self.text)


_WORD = r"[^\W\d][\w$]*"
# ASCII letters, digits, `_`, `$`, and everything beyond ASCII but white space.
_WIDE_WORD = r"[^\x00-@\[-^`{-\x7f\s][^\x00-#%-/:-@\[-^`{-\x7f\s]*"
_DOLLAR_TAG = r"\$(?:[^\W\d]\w*)?\$"
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@cache
def _scanner(dialect: Dialect) -> re.Pattern[str]:
    """One pattern that matches at any offset; its alternatives are named after token kinds.

    Written as one, it is three times as fast as a pattern for each kind. What needs counting
    (nested comments) or a look back (parameters) is finished in code.
    """
    alternatives = [r"(?P<SPACE>\s+)"]
    if dialect.escape_strings:
        alternatives.append(r"(?P<STRING_E>[eE]'(?:[^'\\]+|''|\\[\s\S])*(?:'|\\?\Z))")
    alternatives += [
        rf"(?P<WORD>{_WIDE_WORD if dialect.wide_words else _WORD})",
        r"(?P<STRING>'[^']*(?:''[^']*)*(?:'|\Z))",
        r'(?P<IDENTIFIER>"[^"]*(?:""[^"]*)*(?:"|\Z))',
        r"(?P<COMMENT>--[^\r\n]*)",
        r"(?P<COMMENT_BLOCK>/\*)",
        r"(?P<NUMBER>0[xXoObB][0-9a-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)",
        r"(?P<SEMICOLON>;)",
        r"(?P<OPEN>\()",
        r"(?P<CLOSE>\))",
        # After a name, number or bracket it is a slice (`a[1:n]`) or a struct key.
        r"(?P<OTHER_PAIR>::|:=)",
        r"(?P<PARAMETER>:[^\W\d]\w*)",
    ]
    if dialect.backtick_identifiers:
        alternatives.append(r"(?P<IDENTIFIER_TICK>`[^`]*(?:``[^`]*)*(?:`|\Z))")
    if dialect.bracket_identifiers:
        alternatives.append(r"(?P<IDENTIFIER_BRACKET>\[[^\]]*(?:\]|\Z))")
    if dialect.dollar_quotes:
        alternatives.append(rf"(?P<STRING_DOLLAR>(?P<tag>{_DOLLAR_TAG})(?s:.*?)(?:(?P=tag)|\Z))")
    return re.compile("|".join([*alternatives, r"(?P<OTHER>[\s\S])"]))


def _block_comment_end(source: str, start: int, *, nested: bool) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(source, start):
        if edge.group() == "/*":
            depth += 1 if nested or depth == 0 else 0
        else:
            depth -= 1
            if depth == 0:
                return edge.end()
    return len(source)


_GROUP_KINDS = {
    **{kind.name: kind for kind in TokenKind},
    "STRING_E": TokenKind.STRING,
    "STRING_DOLLAR": TokenKind.STRING,
    "COMMENT_BLOCK": TokenKind.COMMENT,
    "OTHER_PAIR": TokenKind.OTHER,
    "IDENTIFIER_TICK": TokenKind.IDENTIFIER,
    "IDENTIFIER_BRACKET": TokenKind.IDENTIFIER,
}


def tokens(source: str, dialect: Dialect, start: int = 0) -> Iterator[Token]:
    """Cut source text into tokens that cover it without gaps.

    An unterminated string or comment reaches to the end of the text.

    Args:
        source: Any text.
        dialect: Whose lexical rules apply.
        start: Offset to start from, which must be between two tokens.
    """
    match_at = _scanner(dialect).match
    position, size = start, len(source)
    while position < size:
        match = match_at(source, position)
        if match is None:  # never: the last alternative takes any character
            return
        group = match.lastgroup or ""
        kind, end = _GROUP_KINDS[group], match.end()
        if group == "COMMENT_BLOCK":
            end = _block_comment_end(source, position, nested=dialect.nested_comments)
        elif group == "PARAMETER" and position:
            previous = source[position - 1]
            if previous.isalnum() or previous in "_)]'\":":
                kind, end = TokenKind.OTHER, position + 1
        yield Token(kind, position, end)
        position = end


def _word(source: str, token: Token) -> str:
    return source[token.start : token.end].upper()


class _BodyTracker:
    """Knows when a semicolon is inside a routine or trigger body, or inside parentheses."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._words: list[str] = []
        self._depth = 0
        self._parens = 0

    def feed(self, source: str, token: Token) -> None:
        if token.kind is TokenKind.OPEN:
            self._parens += 1
        elif token.kind is TokenKind.CLOSE:
            self._parens = max(0, self._parens - 1)
        if token.kind is not TokenKind.WORD:
            return
        word = _word(source, token)
        previous = self._words[-1] if self._words else ""
        if len(self._words) < 12 or self._depth:
            self._words.append(word)
        else:
            self._words[-1] = word
        if not self._words or self._words[0] != "CREATE":
            return
        if self._depth:
            if word in {"BEGIN", "CASE"}:
                self._depth += 1
            elif word == "END":
                self._depth -= 1
        elif (self._dialect.atomic_bodies and word == "ATOMIC" and previous == "BEGIN") or (
            self._dialect.trigger_bodies and word == "BEGIN" and "TRIGGER" in self._words[:4]
        ):
            self._depth = 1

    @property
    def is_inside(self) -> bool:
        # CREATE RULE … DO (a; b) keeps semicolons in parentheses.
        return self._depth > 0 or (self._parens > 0 and self._words[:1] == ["CREATE"])


_COPY_END = re.compile(r"^\\\.\r?$", re.MULTILINE)


def split(source: str, dialect: Dialect) -> list[Statement]:
    r"""Split a script into its statements, in order; comments alone are no statement.

    Joining `source[s.start:s.end]` gives every statement's text back unchanged.

    >>> from tusk.core.dialect import DUCKDB
    >>> [s.text for s in split("select ';' ; -- x;\n select 2", DUCKDB)]
    ["select ';'", 'select 2']

    Args:
        source: The script.
        dialect: Whose lexical rules apply.
    """
    found: list[Statement] = []
    position, line, counted = 0, 1, 0
    while (span := _next_span(source, position, dialect)) is not None:
        start, end, position = span
        text = source[start:end]
        line += source.count("\n", counted, start)
        counted = start
        kind = classify(text, dialect)
        data: str | None = None
        if kind is StatementKind.COPY and dialect.copy_stdin and reads_stdin(text, dialect):
            data, position = _copy_data(source, position)
        found.append(Statement(text, start, line, kind, data))
    return found


def _next_span(source: str, position: int, dialect: Dialect) -> tuple[int, int, int] | None:
    """Start and end of the next statement, and where to look for the one after it."""
    tracker = _BodyTracker(dialect)
    start: int | None = None
    end = position
    for token in tokens(source, dialect, position):
        if token.kind in {TokenKind.SPACE, TokenKind.COMMENT}:
            continue
        if token.kind is TokenKind.SEMICOLON and not tracker.is_inside:
            if start is not None:
                return start, end, token.end
            continue
        tracker.feed(source, token)
        start = token.start if start is None else start
        end = token.end
    return None if start is None else (start, end, len(source))


def following(source: str, position: int, dialect: Dialect) -> int:
    """Where the script goes on behind the statement after `position`, and behind its data.

    >>> from tusk.core.dialect import DUCKDB
    >>> following("select ';'; select 2", 0, DUCKDB)
    11

    Args:
        source: The script.
        position: Offset between two statements.
        dialect: Whose lexical rules apply.
    """
    span = _next_span(source, position, dialect)
    if span is None:
        return len(source)
    start, end, after = span
    text = source[start:end]
    is_copy = dialect.copy_stdin and first_word(text, dialect) == "COPY"
    return _copy_data(source, after)[1] if is_copy and reads_stdin(text, dialect) else after


def reads_stdin(text: str, dialect: Dialect) -> bool:
    """Whether a COPY takes its data from the client.

    >>> from tusk.core.dialect import POSTGRES
    >>> reads_stdin("copy t from stdin", POSTGRES), reads_stdin("copy t from '/x'", POSTGRES)
    (True, False)
    """
    words = list(_significant_words(text, dialect))
    return ("FROM", "STDIN") in pairwise(words)


def _copy_data(source: str, position: int) -> tuple[str | None, int]:
    """The lines of data behind `COPY … FROM STDIN;`, and where the script goes on.

    No lines and no end mark are no data: with the mark alone, a dump loads an empty table.
    """
    newline = source.find("\n", position)
    start = len(source) if newline < 0 else newline + 1
    mark = _COPY_END.search(source, start)
    if mark is None:
        return source[start:] if source[start:].strip() else None, len(source)
    return source[start : mark.start()], mark.end()


def statement_at(source: str, offset: int, dialect: Dialect) -> Statement | None:
    """The statement to run when the caret is at `offset`.

    That is the one the caret is in or just after; between two statements on one line the
    earlier one, on a line of its own the next one; at the end of the script the last one.

    Args:
        source: The script.
        offset: Caret position in code points, 0 … len(source).
        dialect: Whose lexical rules apply.
    """
    statements = split(source, dialect)
    before: Statement | None = None
    for statement in statements:
        if statement.start <= offset <= statement.end:
            return statement
        if statement.start > offset:
            if before is not None and "\n" not in source[before.end : offset]:
                return before
            return statement
        before = statement
    return before


_KINDS = {
    word: kind
    for kind, words in {
        StatementKind.QUERY: "SELECT VALUES TABLE SHOW DESCRIBE DESC SUMMARIZE FROM PRAGMA PIVOT "
        "UNPIVOT WITH FETCH",
        StatementKind.DML: "INSERT UPDATE DELETE MERGE REPLACE TRUNCATE CALL EXECUTE DO UPSERT",
        StatementKind.DDL: "CREATE ALTER DROP COMMENT GRANT REVOKE REINDEX REFRESH IMPORT",
        StatementKind.TRANSACTION: "BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE",
        StatementKind.COPY: "COPY",
    }.items()
    for word in words.split()
}
_EXPLAIN_WORDS = frozenset(["EXPLAIN", "ANALYZE", "ANALYSE", "VERBOSE", "QUERY", "PLAN"])


def _significant_words(text: str, dialect: Dialect) -> Iterator[str]:
    """Upper-case words; other tokens as they are, but empty where they could hold a word."""
    for token in tokens(text, dialect):
        if token.kind in {TokenKind.SPACE, TokenKind.COMMENT, TokenKind.OPEN}:
            continue
        is_opaque = token.kind in {TokenKind.STRING, TokenKind.IDENTIFIER}
        yield "" if is_opaque else _word(text, token)


def first_word(text: str, dialect: Dialect) -> str:
    """The statement's first word in upper case, empty when it has none.

    >>> from tusk.core.dialect import POSTGRES
    >>> first_word("/* x */ (select 1)", POSTGRES)
    'SELECT'
    """
    found = (_word(text, t) for t in tokens(text, dialect) if t.kind is TokenKind.WORD)
    return next(found, "")


def classify(text: str, dialect: Dialect) -> StatementKind:
    """Tell what one statement does, from its words.

    Used to choose a transport and to warn, never to enforce: read-only sessions are enforced
    by the engine. In doubt it answers DML, the careful kind.

    >>> from tusk.core.dialect import POSTGRES
    >>> classify("with d as (delete from t returning *) select * from d", POSTGRES).value
    'dml'
    >>> classify("(select 1)", POSTGRES).value
    'query'
    """
    words = _significant_words(text, dialect)
    head = next(words, "")
    if head == "EXPLAIN":
        return _classify_explain(text, dialect)
    if head == "PREPARE":
        is_two_phase = next(words, "") == "TRANSACTION"
        return StatementKind.TRANSACTION if is_two_phase else StatementKind.UTILITY
    if head == "PRAGMA" and "=" in words:
        return StatementKind.UTILITY
    if head in {"WITH", "SELECT"} and _changes_rows(head, words):
        return StatementKind.DML
    return _KINDS.get(head, StatementKind.UTILITY)


def _classify_explain(text: str, dialect: Dialect) -> StatementKind:
    """EXPLAIN runs what it explains when it ANALYZEs."""
    runs = False
    is_option = True
    depth = 0
    for token in tokens(text, dialect):
        if token.kind in {TokenKind.OPEN, TokenKind.CLOSE}:
            depth += 1 if token.kind is TokenKind.OPEN else -1
        if token.kind is not TokenKind.WORD:
            continue
        word = _word(text, token)
        runs = runs or (is_option and word in {"ANALYZE", "ANALYSE"})
        is_option = depth > 0 or word in _EXPLAIN_WORDS
        if not is_option:
            inner = classify(text[token.start :], dialect) if runs else StatementKind.QUERY
            return StatementKind.QUERY if inner is StatementKind.QUERY else StatementKind.DML
    return StatementKind.QUERY


def _changes_rows(head: str, words: Iterator[str]) -> bool:
    """Whether a WITH holds a data-changing statement, or a SELECT makes a table (INTO)."""
    previous = head
    for word in words:
        if head == "WITH" and word in {"INSERT", "DELETE", "MERGE"}:
            return True
        # SELECT … FOR UPDATE and FOR NO KEY UPDATE only lock.
        if head == "WITH" and word == "UPDATE" and previous not in {"FOR", "KEY"}:
            return True
        if word == "INTO":
            return True
        previous = word or previous
    return False


@dataclass(frozen=True, slots=True)
class BoundText:
    """A statement's text with the engine's own placeholders.

    Args:
        text: What is sent.
        names: Parameter names in the order of the placeholders (1-based in `placeholder`).
    """

    text: str
    names: tuple[str, ...]
    _edits: tuple[tuple[int, int, int], ...] = ()

    def original_offset(self, offset: int) -> int:
        """Map an offset into `text` back to the statement's own text (code points)."""
        shift = 0
        for start, old_size, new_size in self._edits:
            # `start` is where the placeholder begins in the sent text.
            if offset < start:
                break
            if offset < start + new_size:
                return start + shift
            shift += old_size - new_size
        return offset + shift


def parameter_names(text: str, dialect: Dialect) -> list[str]:
    """Names of the `:name` parameters of a statement, each once, in order of appearance.

    >>> from tusk.core.dialect import POSTGRES
    >>> parameter_names("select :a::int, a[1:n], ':x', :b, :a", POSTGRES)
    ['a', 'b']
    """
    names = [
        text[t.start + 1 : t.end] for t in tokens(text, dialect) if t.kind is TokenKind.PARAMETER
    ]
    return list(dict.fromkeys(names))


def bind(
    text: str,
    dialect: Dialect,
    names: Collection[str],
    placeholder: Callable[[int, str], str],
) -> BoundText:
    """Replace `:name` parameters by the engine's placeholders.

    Args:
        text: One statement.
        dialect: Whose lexical rules apply.
        names: Parameters that have a value; others stay as they are.
        placeholder: Makes the text for a parameter from its 1-based number and its name.

    >>> from tusk.core.dialect import POSTGRES
    >>> bind("select :a + :b + :a", POSTGRES, {"a", "b"}, lambda n, _: f"${n}").text
    'select $1 + $2 + $1'
    """
    order: dict[str, int] = {}
    parts: list[str] = []
    edits: list[tuple[int, int, int]] = []
    copied = sent = 0
    for token in tokens(text, dialect):
        name = text[token.start + 1 : token.end]
        if token.kind is not TokenKind.PARAMETER or name not in names:
            continue
        number = order.setdefault(name, len(order) + 1)
        mark = placeholder(number, name)
        parts += [text[copied : token.start], mark]
        sent += token.start - copied
        edits.append((sent, token.end - token.start, len(mark)))
        sent += len(mark)
        copied = token.end
    parts.append(text[copied:])
    return BoundText("".join(parts), tuple(order), tuple(edits))
