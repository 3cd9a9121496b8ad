"""The part of a script that belongs to the statement at the caret, found fast.

`core.statement.split` cuts and classifies a whole script: 90 ms for 2,000 lines. A key press needs
one statement only, so this hops from one string, comment or semicolon to the next (3 ms).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tusk.core.statement import TokenKind, following, tokens

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect


def words(text: str) -> frozenset[str]:
    """The words of a list.

    >>> sorted(words("AND OR"))
    ['AND', 'OR']
    """
    return frozenset(text.split())


class Region(NamedTuple):
    """Offsets of a part of a script; `end` is exclusive."""

    start: int
    end: int


_NESTED_EDGE = re.compile(r"/\*|\*/")
# Statements that may hold semicolons, or are followed by data; read with the slow lexer.
_WITH_INNER_SEMICOLONS = frozenset(["CREATE", "COPY"])
# Words that begin a statement, and what may stand before them inside of one.
_STARTERS = words(
    "SELECT WITH INSERT UPDATE DELETE MERGE CREATE ALTER DROP TRUNCATE EXPLAIN BEGIN COMMIT "
    "ROLLBACK COPY GRANT REVOKE VACUUM CALL PRAGMA ATTACH DETACH SUMMARIZE DESCRIBE"
)
_CONTINUES = words(
    "AS UNION ALL EXCEPT INTERSECT DISTINCT EXPLAIN ANALYZE ANALYSE VERBOSE PLAN DO THEN ON FOR "
    "BEFORE AFTER OF OR AND NOT INSTEAD GRANT REVOKE OPTION NAME RECURSIVE INTO FROM "
    "BY EXISTS IN ANY SOME SUMMARIZE DESCRIBE PREPARE EXECUTE KEY ATOMIC ROW STATEMENT"
)

# What a word begins with, and what it goes on with; see `core.statement`.
_LETTERS = (r"[^\W\d]", r"[\w$]")
_WIDE = (r"[^\x00-@\[-^`{-\x7f\s]", r"[^\x00-#%-/:-@\[-^`{-\x7f\s]")
# Statements that hold a query of their own.
_AWAITING = words("WITH INSERT REPLACE EXPLAIN CREATE COPY PREPARE DECLARE")


@cache
def _events(dialect: Dialect) -> re.Pattern[str]:
    """Matches what can hide a semicolon, and semicolons."""
    alternatives = [r"(?P<end>;)", r"'[^']*(?:''[^']*)*(?:'|\Z)", r'"[^"]*(?:""[^"]*)*(?:"|\Z)']
    if dialect.escape_strings:
        alternatives.insert(1, r"(?<![\w$])[eE]'(?:[^'\\]+|''|\\[\s\S])*(?:'|\\?\Z)")
    alternatives += [r"--[^\r\n]*", r"(?P<comment>/\*)"]
    if dialect.backtick_identifiers:
        alternatives.append(r"`[^`]*(?:``[^`]*)*(?:`|\Z)")
    if dialect.bracket_identifiers:
        alternatives.append(r"\[[^\]]*(?:\]|\Z)")
    if dialect.dollar_quotes:
        # A dollar in a word is a part of it, one behind a parameter or a number is not.
        first, more = _WIDE if dialect.wide_words else _LETTERS
        alternatives.append(r"(?<![\w)\]'\":]):[^\W\d]\w*")
        alternatives.append(rf"(?<!{more}){first}(?:(?!\$){more})*\${more}*")
        alternatives.append(r"(?P<tag>\$(?:[^\W\d]\w*)?\$)(?s:.*?)(?:(?P=tag)|\Z)")
    return re.compile("|".join(alternatives))


_FIRST_WORD = re.compile(r"(?:\s+|--[^\r\n]*|/\*[\s\S]*?\*/|\()*([^\W\d]\w*)?")


def region_at(source: str, caret: int, dialect: Dialect) -> Region | None:
    """The statement that the caret is in, with the white space around it.

    That is from behind the semicolon before it to the semicolon after it. Without semicolons, a
    word that only begins a statement does so behind an empty line too.

    >>> from tusk.core.dialect import POSTGRES
    >>> region_at("select 1; select ';'; x", 12, POSTGRES)
    Region(start=9, end=20)

    Args:
        source: The script.
        caret: 0 … len(source).
        dialect: Whose lexical rules apply.

    Returns:
        None when the caret is in the data of COPY … FROM STDIN.
    """
    start = 0
    while True:
        end, after = _next_end(source, start, dialect)
        if caret <= end:
            return _by_empty_lines(source, Region(start, end), caret, dialect)
        if caret < after:
            return None
        if end >= len(source):
            # The caret is behind the data that ends the script.
            return Region(len(source), len(source))
        start = after


def _next_end(source: str, start: int, dialect: Dialect) -> tuple[int, int]:
    """Offset of the semicolon that ends the statement at `start`, and where the next one begins."""
    first = _FIRST_WORD.match(source, start)
    word = (first[1] or "").upper() if first else ""
    if word in _WITH_INNER_SEMICOLONS:
        after = following(source, start, dialect)
        if source[after - 1 : after] == ";":
            return after - 1, after
        # The end of the script, or data behind the semicolon.
        semicolon = source.find(";", start, after) if word == "COPY" else -1
        return (after, after) if semicolon < 0 else (semicolon, after)
    position = start
    find = _events(dialect).search
    while event := find(source, position):
        position = event.end()
        if event.lastgroup == "end":
            return event.start(), position
        if event.lastgroup == "comment":
            position = _comment_end(source, event.start(), nested=dialect.nested_comments)
    return len(source), len(source)


def _comment_end(source: str, start: int, *, nested: bool) -> int:
    if not nested:
        close = source.find("*/", start + 2)
        return len(source) if close < 0 else close + 2
    depth = 0
    for edge in _NESTED_EDGE.finditer(source, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(source)


_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")
_STARTER_AFTER_EMPTY_LINE = re.compile(
    rf"\n[ \t\r]*\n\s*(?=(?:{'|'.join(_STARTERS)})\b)", re.IGNORECASE
)


def _by_empty_lines(source: str, region: Region, caret: int, dialect: Dialect) -> Region:
    """Narrow a region in which a statement is written above or below another, unfinished one."""
    if not _STARTER_AFTER_EMPTY_LINE.search(source, region.start, region.end):
        return region
    start, end = region
    starts = _Starts()
    gap: int | None = None
    for token in tokens(source[:end], dialect, start):
        if token.kind in {TokenKind.SPACE, TokenKind.COMMENT}:
            is_empty_line = _EMPTY_LINE.search(source, token.start, token.end)
            if gap is None and token.kind is TokenKind.SPACE and is_empty_line:
                gap = token.start
            continue
        is_start = starts.feed(
            source[token.start : token.end].upper(), is_behind_gap=gap is not None
        )
        if is_start and token.start > caret:
            # White space behind the first statement belongs to it as far as the caret is in it.
            return Region(start, max(gap or 0, caret))
        if is_start:
            start = token.start
        gap = None
    return Region(start, end)


class _Starts:
    """Tells which words begin a statement, where no semicolon says so."""

    def __init__(self) -> None:
        self._depth = 0
        self._previous = ""
        self._awaits_query = False

    def feed(self, text: str, *, is_behind_gap: bool) -> bool:
        """Take the next token in upper case; whether a statement begins with it."""
        is_first = not self._previous
        is_starter = self._depth <= 0 and text in _STARTERS
        is_start = is_starter and not is_first and is_behind_gap and not self._continues()
        if is_first or is_start:
            self._awaits_query = text in _AWAITING
        elif is_starter or text == "VALUES":
            self._awaits_query = False
        self._depth += {"(": 1, ")": -1}.get(text, 0)
        self._previous = text
        return is_start

    def _continues(self) -> bool:
        """Whether the statement so far needs more, as a WITH does."""
        return self._awaits_query or self._previous in _CONTINUES or self._previous in "(,="
